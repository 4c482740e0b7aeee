/*
 * What a worker does that has nothing to do: look round, steal, sleep.
 *
 * One of those that sleep waits in the poller, with the next timer as its
 * timeout; the others wait in futexes. While any worker is awake, sleep lasts a
 * millisecond at most, so whatever was missed meanwhile is found then. Only
 * when all sleep has everything to be exact; then work can only come from
 * threads that are no workers, from the poller and from time, and these pay for
 * their fences. Modelled in test/model/idle.pml.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "process/mailbox.h"
#include "process/runtime.h"
#include "process/timer.h"
#include "sys/loop.h"

enum {
	/* Rounds of looking for work before it goes to sleep. */
	SPINS = 64,
	ROUND_NS = 1000000,
	/* Of a worker that always has something to run. */
	LOOKS_PER_POLL = 16,
	/* So long after a worker was woken to look out for timers and
	 * descriptors, nobody sleeps for longer than a round: else each event
	 * would wake two. */
	LOOKOUT_NS = 5000000,
};

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* ---- waking ---- */

static void futex_wait(_Atomic uint32_t *word, uint64_t timeout_ns)
{
	const struct timespec t = {
		.tv_sec = (time_t)(timeout_ns / NS_PER_SECOND),
		.tv_nsec = (long)(timeout_ns % NS_PER_SECOND),
	};

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0,
		timeout_ns == UINT64_MAX ? NULL : &t, NULL, 0);
}

static void worker_wake(struct worker *w)
{
	atomic_store(&w->is_notified, 1);
	if (atomic_load(&w->is_polling))
		poller_interrupt(w->runtime->poller);
	else
		syscall(SYS_futex, &w->is_notified, FUTEX_WAKE_PRIVATE, 1, NULL,
			NULL, 0);
}

/* Wake one of @among; false if none of them is idle (any more). */
static bool wake_one(uint64_t among)
{
	uint64_t idle = atomic_load(&runtime->idle) & among, bit;

	while (idle) {
		bit = idle & -idle;
		if (atomic_fetch_and(&runtime->idle, ~bit) & bit) {
			worker_wake(&runtime->workers[__builtin_ctzll(bit)]);
			return true;
		}
		idle &= ~bit;
	}
	return false;
}

void runtime_kick(void)
{
	unsigned k;

	/* Who waits in the poller keeps the time. */
	for (k = 0; k < runtime->n_workers; k++)
		if (atomic_load(&runtime->workers[k].is_polling) &&
		    wake_one(UINT64_C(1) << k))
			return;
	(void)wake_one(UINT64_MAX);
}

void runtime_expect(uint64_t at)
{
	if (at < atomic_load(&runtime->sleeps_until))
		runtime_kick();
}

static void inject(struct process *p)
{
	struct process *newest = atomic_load(&runtime->injected);

	do {
		p->run_next = newest;
	} while (!atomic_compare_exchange_weak(&runtime->injected, &newest, p));
	/* In the deterministic mode the worker is not among the idle ones. */
	if (runtime->seed)
		poller_interrupt(runtime->poller);
	else
		runtime_kick();
}

void worker_share(struct worker *w)
{
	/* One that waits alone is sooner run here. */
	if (queue_n_stealable(&w->queue) > 1)
		(void)wake_one(UINT64_MAX);
}

void runtime_ready(struct process *p)
{
	struct worker *w = worker_here();

	if (w) {
		worker_ready(w, p);
		return;
	}
	atomic_store_explicit(&p->state, REEVE_PROCESS_RUNNABLE,
			      memory_order_relaxed);
	inject(p);
}

/* ---- looking round ---- */

static void injected_take(struct worker *w)
{
	struct process *p = atomic_exchange(&w->runtime->injected, NULL);
	struct process *oldest = NULL, *next;

	for (; p; p = next) {
		next = p->run_next;
		p->run_next = oldest;
		oldest = p;
	}
	for (p = oldest; p; p = next) {
		next = p->run_next;
		queue_put(&w->queue, p);
	}
}

/* The waits in that worker's wheel whose time has come. */
static void wheel_run(struct worker *of, uint64_t now)
{
	struct wheel_entry *e;
	reeve_pid pids[32];
	struct process *p;
	uint64_t deadline;
	unsigned n, i;

	do {
		n = 0;
		pthread_mutex_lock(&of->wheel_lock);
		while (n < N_ELEMENTS(pids) &&
		       (e = wheel_take(&of->wheel, now))) {
			p = container_of(e, struct process, timer);
			deadline = atomic_load_explicit(&p->deadline,
							memory_order_relaxed);
			/* It waits longer, or not at all, by now. */
			if (deadline > now && deadline != WAIT_FOREVER)
				wheel_set(&of->wheel, e, deadline);
			else if (deadline != WAIT_FOREVER)
				pids[n++] = atomic_load_explicit(
					&p->pid, memory_order_relaxed);
		}
		atomic_store(&of->wheel_next, wheel_next(&of->wheel));
		pthread_mutex_unlock(&of->wheel_lock);
		for (i = 0; i < n; i++)
			process_wake(pids[i]);
	} while (n == N_ELEMENTS(pids));
}

static void time_look(uint64_t now)
{
	unsigned k;

	for (k = 0; k < runtime->n_workers; k++)
		if (now >= atomic_load_explicit(&runtime->workers[k].wheel_next,
						memory_order_relaxed))
			wheel_run(&runtime->workers[k], now);
	if (now >= timers_next())
		timers_run(now);
}

void worker_look(struct worker *w)
{
	struct runtime *r = w->runtime;
	uint64_t now = runtime_now();

	w->look_took = now - w->looked_at;
	w->looked_at = now;
	if (atomic_load_explicit(&r->injected, memory_order_relaxed))
		injected_take(w);
	time_look(now);
	/* Who was woken by a descriptor and did not run yet would be reported
	 * again. */
	if (queue_has_any(&w->queue) && ++w->n_looks % LOOKS_PER_POLL &&
	    now - w->polled_at < ROUND_NS)
		return;
	w->polled_at = now;
	if (poller_is_wanted(r->poller) &&
	    !pthread_mutex_trylock(&r->poller_lock)) {
		(void)poller_poll(r->poller, 0);
		pthread_mutex_unlock(&r->poller_lock);
	}
}

/* ---- stealing ---- */

static struct process *steal(struct worker *w, uint32_t at_least)
{
	struct runtime *r = w->runtime;
	unsigned k, first = (unsigned)(random_next(&w->random) % r->n_workers);
	struct worker *from;
	struct process *p;

	for (k = 0; k < r->n_workers; k++) {
		from = &r->workers[(first + k) % r->n_workers];
		if (from == w || queue_n_stealable(&from->queue) < at_least)
			continue;
		p = queue_steal(&w->queue, &from->queue);
		if (!p)
			continue;
		count_up(&w->n_steals, 1);
		return p;
	}
	return NULL;
}

/* ---- sleeping ---- */

static uint64_t next_time(void)
{
	uint64_t next = timers_next(), at;
	unsigned k;

	for (k = 0; k < runtime->n_workers; k++) {
		at = atomic_load(&runtime->workers[k].wheel_next);
		if (at < next)
			next = at;
	}
	return next;
}

/* In the deterministic mode time passes when nobody can do anything else. */
static void time_jump(struct worker *w)
{
	uint64_t next = next_time();

	if (poller_is_wanted(w->runtime->poller)) {
		(void)poller_poll(w->runtime->poller,
				  next == UINT64_MAX ? UINT64_MAX : 0);
		if (queue_has_any(&w->queue))
			return;
	} else if (next == UINT64_MAX) {
		/* Only another thread can bring something. */
		(void)poller_poll(w->runtime->poller, UINT64_MAX);
		return;
	}
	if (next != UINT64_MAX && next > atomic_load(&w->runtime->now))
		atomic_store(&w->runtime->now, next);
}

static bool others_are_awake(const struct worker *w)
{
	uint64_t all = UINT64_MAX >> (64 - w->runtime->n_workers);

	return (atomic_load(&w->runtime->idle) & all) != all;
}

static bool is_needed(struct worker *w)
{
	struct runtime *r = w->runtime;
	unsigned k;

	if (atomic_load(&r->injected) || atomic_load(&r->is_done))
		return true;
	for (k = 0; k < r->n_workers; k++)
		if (queue_n_stealable(&r->workers[k].queue) > 1)
			return true;
	return false;
}

/* In the poller: descriptors, and the time. */
static void sleep_polling(struct worker *w, bool is_short)
{
	struct runtime *r = w->runtime;
	uint64_t now, next;

	atomic_store(&w->is_polling, true);
	/* What is set from now on is either seen here, or sees this. */
	atomic_store(&r->sleeps_until, UINT64_MAX);
	next = next_time();
	now = runtime_now();
	if (is_short && next > now + ROUND_NS)
		next = now + ROUND_NS;
	atomic_store(&r->sleeps_until, next);
	if (!atomic_load(&w->is_notified) && next > now)
		(void)poller_poll(r->poller,
				  next == UINT64_MAX ? next : next - now);
	else
		(void)poller_poll(r->poller, 0);
	atomic_store(&r->sleeps_until, 0);
	atomic_store(&w->is_polling, false);
}

/* Was somebody woken for that just now? */
static bool lookout_is_due(const struct runtime *r)
{
	return loop_now() - atomic_load(&r->looked_out_at) < LOOKOUT_NS;
}

static void worker_sleep(struct worker *w)
{
	struct runtime *r = w->runtime;
	uint64_t bit = UINT64_C(1) << w->number;
	bool is_short;

	atomic_fetch_or(&r->idle, bit);
	/* First this, then a look who is awake; who gets up does the reverse.
	 */
	atomic_fetch_or(&r->idle_for_long, bit);
	is_short =
		r->n_workers > 1 && (others_are_awake(w) || lookout_is_due(r) ||
				     atomic_load(&r->is_stopping));
	if (is_short)
		atomic_fetch_and(&r->idle_for_long, ~bit);
	if (is_needed(w))
		;
	else if (!pthread_mutex_trylock(&r->poller_lock)) {
		sleep_polling(w, is_short);
		pthread_mutex_unlock(&r->poller_lock);
	} else
		futex_wait(&w->is_notified, is_short ? ROUND_NS : UINT64_MAX);
	atomic_store(&w->is_notified, 0);
	atomic_fetch_and(&r->idle_for_long, ~bit);
	atomic_fetch_and(&r->idle, ~bit);
}

/* About to work, and perhaps for long: somebody has to look out meanwhile. */
static void lookout_wake(struct worker *w)
{
	struct runtime *r = w->runtime;
	uint64_t idle;

	if (r->n_workers == 1)
		return;
	idle = atomic_load(&r->idle);
	/* Who sleeps for a round looks out after it. */
	if (!idle || idle & ~atomic_load(&r->idle_for_long))
		return;
	atomic_store(&r->looked_out_at, loop_now());
	(void)wake_one(UINT64_MAX);
}

static struct process *spin(struct worker *w)
{
	struct process *p = NULL;
	unsigned n;

	if (w->runtime->n_workers == 1)
		return NULL;
	for (n = 0; !p && n < SPINS; n++) {
		relax();
		p = steal(w, 2);
	}
	return p;
}

struct process *worker_find(struct worker *w)
{
	struct runtime *r = w->runtime;
	struct process *p;
	bool has_slept = false;

	while (!atomic_load(&r->is_done)) {
		worker_look(w);
		p = queue_take(&w->queue, w->is_alone);
		/* A round has passed: who waits alone waits for too long. */
		if (!p)
			p = has_slept ? steal(w, 1) : spin(w);
		if (p) {
			if (has_slept)
				lookout_wake(w);
			w->n_until_look = w->n_per_look;
			return p;
		}
		if (atomic_load(&r->is_stopping))
			runtime_check_done();
		if (r->seed)
			time_jump(w);
		else if (!queue_has_any(&w->queue))
			worker_sleep(w);
		has_slept = true;
	}
	return NULL;
}
