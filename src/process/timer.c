/*
 * Places lie in chunks that never move, linked when they are free. One thread
 * at a time sends, in the order of the wheel; it holds the lock of the table
 * only to take some timers out.
 */
#include "process/timer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "process/process.h"
#include "process/runtime.h"

enum {
	CHUNK_TIMERS = 1024,
	N_CHUNKS = TIMERS_MAX / CHUNK_TIMERS,
	BATCH = 32,
};

#define REFERENCE_TIMER UINT64_C(0x8000000000000000)
#define GENERATION_MASK UINT32_C(0x7fffffff)

struct timer {
	struct wheel_entry entry;
	struct timer *next_free;
	struct envelope *envelope; /* NULL: the place is free, or being set */
	reeve_pid to;
	uint32_t index;
	uint32_t generation;
	bool is_notice;
};

struct due {
	struct envelope *envelope;
	reeve_pid to;
	bool is_notice;
};

static struct {
	pthread_mutex_t lock;
	pthread_mutex_t sending;
	struct wheel wheel;
	struct timer *chunks[N_CHUNKS];
	struct timer *free;
	uint32_t n_chunks;
	_Atomic uint64_t next;
} timers = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.sending = PTHREAD_MUTEX_INITIALIZER,
	.next = WHEEL_NEVER,
};

/* ---- places; all of it locked ---- */

static bool chunk_add(void)
{
	struct timer *chunk;

	if (timers.n_chunks == N_CHUNKS)
		return false;
	chunk = calloc(CHUNK_TIMERS, sizeof(*chunk));
	if (!chunk)
		return false;
	for (uint32_t i = CHUNK_TIMERS; i-- > 0;) {
		chunk[i].index = timers.n_chunks * CHUNK_TIMERS + i;
		chunk[i].next_free = timers.free;
		timers.free = &chunk[i];
	}
	timers.chunks[timers.n_chunks++] = chunk;
	return true;
}

static int timer_take(struct timer **ret)
{
	struct timer *t;

	if (!timers.free && !chunk_add())
		return timers.n_chunks == N_CHUNKS ? -ENOSPC : -ENOMEM;
	t = timers.free;
	timers.free = t->next_free;
	t->generation = (t->generation + 1) & GENERATION_MASK;
	*ret = t;
	return 0;
}

/* Its reference means nothing from now on. */
static void timer_put(struct timer *t)
{
	t->envelope = NULL;
	t->next_free = timers.free;
	timers.free = t;
}

static uint64_t timer_reference(const struct timer *t)
{
	return REFERENCE_TIMER | (uint64_t)t->generation << 32 | t->index;
}

static struct timer *timer_find(uint64_t reference)
{
	uint32_t index = (uint32_t)reference;
	struct timer *t;

	if (index / CHUNK_TIMERS >= timers.n_chunks)
		return NULL;
	t = &timers.chunks[index / CHUNK_TIMERS][index % CHUNK_TIMERS];
	return t->envelope && timer_reference(t) == reference ? t : NULL;
}

static void next_note(void)
{
	atomic_store(&timers.next, wheel_next(&timers.wheel));
}

/* ---- with the runtime ---- */

void timers_init(uint64_t now)
{
	wheel_init(&timers.wheel, now);
	next_note();
}

void timers_fini(void)
{
	struct wheel_entry *e;

	while ((e = wheel_take(&timers.wheel, UINT64_MAX)))
		envelope_free(container_of(e, struct timer, entry)->envelope);
	for (uint32_t i = 0; i < timers.n_chunks; i++) {
		/* Those that are set for never. */
		for (uint32_t k = 0; k < CHUNK_TIMERS; k++)
			if (wheel_entry_is_set(&timers.chunks[i][k].entry))
				envelope_free(timers.chunks[i][k].envelope);
		free(TAKE(timers.chunks[i]));
	}
	timers.n_chunks = 0;
	timers.free = NULL;
	atomic_store(&timers.next, WHEEL_NEVER);
}

uint64_t timers_next(void)
{
	return atomic_load(&timers.next);
}

static unsigned due_take(uint64_t now, struct due *ret_due)
{
	struct wheel_entry *e;
	unsigned n = 0;

	pthread_mutex_lock(&timers.lock);
	while (n < BATCH && (e = wheel_take(&timers.wheel, now))) {
		struct timer *t = container_of(e, struct timer, entry);

		ret_due[n++] = (struct due){ t->envelope, t->to, t->is_notice };
		timer_put(t);
	}
	next_note();
	pthread_mutex_unlock(&timers.lock);
	return n;
}

/* A notice is past the bound of the mailbox: it is the receiver's own, and
 * timers are bounded themselves. */
static void due_send(const struct due *d)
{
	if (d->is_notice)
		(void)process_signal(d->to, d->envelope);
	else if (process_push(d->to, d->envelope) != 0)
		envelope_free(d->envelope);
}

void timers_run(uint64_t now)
{
	struct due due[BATCH];
	unsigned n;

	if (pthread_mutex_trylock(&timers.sending))
		return;
	do {
		n = due_take(now, due);
		for (unsigned i = 0; i < n; i++)
			due_send(&due[i]);
	} while (n == BATCH);
	pthread_mutex_unlock(&timers.sending);
}

/* ---- the public functions ---- */

/* Locked. */
static void timer_set(struct timer *t, reeve_pid to, struct envelope *take_e,
		      uint64_t deadline)
{
	t->to = to;
	t->envelope = take_e;
	wheel_set(&timers.wheel, &t->entry, deadline);
	next_note();
}

int reeve_send_after(reeve_pid pid, const struct reeve_message *message,
		     int timeout_ms, uint64_t *ret)
{
	uint64_t deadline = 0, reference = 0;
	struct envelope *e;
	struct timer *t;
	int r;

	if (reeve_self() != REEVE_PID_NONE)
		deadline = process_deadline(timeout_ms);
	r = envelope_copy(message, &e);
	if (r < 0)
		return r;
	e->from = reeve_self();
	if (e->from == REEVE_PID_NONE || !reeve_is_alive(pid)) {
		r = e->from == REEVE_PID_NONE ? -EPERM : -ESRCH;
		envelope_free(e);
		return r;
	}
	pthread_mutex_lock(&timers.lock);
	r = timer_take(&t);
	if (r == 0) {
		t->is_notice = false;
		timer_set(t, pid, e, deadline);
		reference = timer_reference(t);
	}
	pthread_mutex_unlock(&timers.lock);
	if (r < 0) {
		envelope_free(e);
		return r;
	}
	runtime_expect(deadline);
	*ret = reference;
	/* Not before: handles are passed whatever comes. */
	process_look();
	return 0;
}

int reeve_notify_after(int timeout_ms, uint64_t *ret)
{
	struct reeve_notice notice = { .pid = reeve_self() };
	struct envelope *e;
	uint64_t deadline;
	struct timer *t;
	int r;

	if (notice.pid == REEVE_PID_NONE)
		return -EPERM;
	process_look();
	deadline = process_deadline(timeout_ms);
	pthread_mutex_lock(&timers.lock);
	r = timer_take(&t);
	if (r == 0) {
		notice.reference = timer_reference(t);
		e = envelope_signal(ENVELOPE_MESSAGE, REEVE_NOTICE_TIMER,
				    &notice);
		t->is_notice = true;
		if (e)
			timer_set(t, notice.pid, e, deadline);
		else
			timer_put(t);
		r = e ? 0 : -ENOMEM;
	}
	pthread_mutex_unlock(&timers.lock);
	if (r < 0)
		return r;
	runtime_expect(deadline);
	*ret = notice.reference;
	return 0;
}

int reeve_cancel_timer(uint64_t reference)
{
	struct envelope *e = NULL;
	struct timer *t;

	if (reeve_self() == REEVE_PID_NONE)
		return -EPERM;
	process_look();
	pthread_mutex_lock(&timers.lock);
	t = timer_find(reference);
	if (t) {
		e = t->envelope;
		wheel_unset(&timers.wheel, &t->entry);
		timer_put(t);
		next_note();
	}
	pthread_mutex_unlock(&timers.lock);
	envelope_free(e);
	return t ? 0 : -ENOENT;
}

int reeve_sleep(int timeout_ms)
{
	int r = process_may_wait();

	if (r < 0)
		return r;
	if (!timeout_ms) {
		reeve_yield();
		return 0;
	}
	process_wait_until(process_deadline(timeout_ms));
	while (!process_is_late())
		process_park("time", -1);
	process_wait_until(WAIT_FOREVER);
	return 0;
}
