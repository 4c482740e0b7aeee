/* The mailbox's word: recorded histories of many threads on a few mailboxes. */
#include "mailbox_rig.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As assert_true(), in any thread. */
#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, \
				__LINE__, #condition);                         \
			abort();                                               \
		}                                                              \
	} while (0)

enum {
	PLACES_MAX = 4,
	PRODUCERS_MAX = 6,
	N_CONSUMERS = 2,
};

enum fate { PENDING, REFUSED, TAKEN, FREED };

struct item {
	_Alignas(16) struct envelope e;
	unsigned producer, number, place;
	reeve_pid pid;
	uint64_t begun, done; /* when it was sent, by the common clock */
	/* Who writes it owns the message. */
	enum fate fate;
	reeve_pid taken_by;
};

struct life {
	reeve_pid pid;
	uint64_t closing, closed;
};

struct place {
	struct process p;
	_Atomic reeve_pid known; /* what producers may know */
	/* Only for who owns the process: a data race is a finding. */
	struct item **taken;
	size_t n_taken;
	struct life *lives;
	size_t n_lives;
	uint64_t random;
	uint64_t n_seen;
	bool is_owned;
	_Atomic uint64_t n_asked; /* wakes; stored before each of them */
};

struct shape {
	unsigned n_places, n_producers, n_items; /* of each producer */
	unsigned wakes_of_16, ends_of_64;
	bool is_timed; /* the common clock orders what is not ordered */
};

static struct scene {
	struct shape shape;
	struct place places[PLACES_MAX];
	struct item *items;
	_Atomic uint64_t clock;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_barrier_t start;
	unsigned ready[PLACES_MAX], n_ready, n_busy;
	bool is_over;
} scene;

static uint64_t now(void)
{
	return scene.shape.is_timed
		       ? atomic_fetch_add_explicit(&scene.clock, 1,
						   memory_order_relaxed) +
				 1
		       : 0;
}

static uint64_t chance(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 8;
}

static void own(struct place *at)
{
	MUST(!at->is_owned);
	at->is_owned = true;
}

static void make_runnable(struct place *at)
{
	MUST(at->is_owned);
	at->is_owned = false;
	pthread_mutex_lock(&scene.lock);
	MUST(scene.n_ready < scene.shape.n_places);
	scene.ready[scene.n_ready++] = (unsigned)(at - scene.places);
	pthread_cond_signal(&scene.changed);
	pthread_mutex_unlock(&scene.lock);
}

static struct place *wait_for_runnable(void)
{
	struct place *at = NULL;

	pthread_mutex_lock(&scene.lock);
	while (!scene.n_ready && !scene.is_over)
		pthread_cond_wait(&scene.changed, &scene.lock);
	if (scene.n_ready) {
		at = &scene.places[scene.ready[0]];
		memmove(scene.ready, scene.ready + 1,
			--scene.n_ready * sizeof(scene.ready[0]));
		scene.n_busy++;
	}
	pthread_mutex_unlock(&scene.lock);
	return at;
}

static void runnable_done(void)
{
	pthread_mutex_lock(&scene.lock);
	scene.n_busy--;
	pthread_cond_broadcast(&scene.changed);
	pthread_mutex_unlock(&scene.lock);
}

static void queue_append(struct process *p, struct envelope *e)
{
	*p->queue_end = e;
	while (*p->queue_end)
		p->queue_end = &(*p->queue_end)->next;
}

static void producer_send(struct item *m)
{
	struct place *at = &scene.places[m->place];

	m->begun = now();
	switch (mailbox_push(&at->p, m->pid, &m->e)) {
	case MAILBOX_GONE:
		m->fate = REFUSED;
		break;
	case MAILBOX_OWNED:
		own(at);
		m->e.next = NULL;
		queue_append(&at->p, &m->e);
		make_runnable(at);
		break;
	default:
		break;
	}
	/* Whoever takes it does not look at this. */
	m->done = now();
}

static void producer_wake(struct place *at, reeve_pid pid)
{
	atomic_fetch_add_explicit(&at->n_asked, 1, memory_order_relaxed);
	if (mailbox_notify(&at->p, pid) == MAILBOX_OWNED) {
		own(at);
		make_runnable(at);
	}
}

static void *produce(void *arg)
{
	unsigned producer = (unsigned)(uintptr_t)arg, i, place;
	uint64_t random = 88172645463325252u + producer * 7919;
	reeve_pid known[PLACES_MAX] = {};
	struct item *m;

	pthread_barrier_wait(&scene.start);
	for (i = 0; i < scene.shape.n_items; i++) {
		/* Else each has its turn alone where processors are few. */
		if (chance(&random) % 32 == 0)
			sched_yield();
		place = (unsigned)(chance(&random) % scene.shape.n_places);
		/* What it knows may be old. */
		if (!known[place] || chance(&random) % 4 == 0)
			known[place] =
				atomic_load_explicit(&scene.places[place].known,
						     memory_order_acquire);
		m = &scene.items[producer * scene.shape.n_items + i];
		m->producer = producer;
		m->number = i;
		m->place = place;
		m->pid = known[place];
		producer_send(m);
		if (chance(&random) % 16 < scene.shape.wakes_of_16)
			producer_wake(&scene.places[place], known[place]);
	}
	return NULL;
}

static void consume(struct place *at, struct envelope *e, enum fate fate,
		    reeve_pid self)
{
	struct envelope *next;
	struct item *m;

	for (; e; e = next) {
		next = e->next;
		m = container_of(e, struct item, e);
		MUST(m->fate == PENDING);
		m->fate = fate;
		m->taken_by = self;
		at->taken[at->n_taken++] = m;
	}
}

static void life_end(struct place *at, reeve_pid self)
{
	struct life *life = &at->lives[at->n_lives++];
	reeve_pid next = self + (UINT64_C(1) << 32);

	life->pid = self;
	life->closing = now();
	consume(at, envelope_reverse(mailbox_close(&at->p)), FREED, self);
	life->closed = now();
	atomic_store(&at->p.pid, next);
	atomic_store_explicit(&at->known, next, memory_order_release);
}

/* As a process on a worker: until it parks. */
static void place_run(struct place *at)
{
	struct process *p = &at->p;
	reeve_pid self;

	own(at);
	do {
		self = atomic_load(&p->pid);
		queue_append(p, envelope_reverse(mailbox_take(p)));
		at->n_seen = atomic_load_explicit(&at->n_asked,
						  memory_order_relaxed);
		consume(at, p->queue, TAKEN, self);
		p->queue = NULL;
		p->queue_end = &p->queue;
		if (chance(&at->random) % 64 < scene.shape.ends_of_64)
			life_end(at, self);
		at->is_owned = false;
		if (mailbox_park(p))
			return;
		own(at);
	} while (true);
}

static void *consume_all(void *arg)
{
	struct place *at;

	(void)arg;
	while ((at = wait_for_runnable())) {
		place_run(at);
		runnable_done();
	}
	return NULL;
}

/* ---- what the histories say ---- */

static void check_order_of_senders(const struct place *at)
{
	unsigned next[PRODUCERS_MAX] = {};
	const struct item *m;
	size_t i;

	for (i = 0; i < at->n_taken; i++) {
		m = at->taken[i];
		assert_true(m->number >= next[m->producer]);
		next[m->producer] = m->number + 1;
	}
}

/* A queue: what was sent before another was begun is taken before it. */
static void check_order_of_time(const struct place *at)
{
	uint64_t earliest_done = UINT64_MAX;
	size_t i;

	for (i = at->n_taken; i--;) {
		assert_true(at->taken[i]->begun < earliest_done);
		if (at->taken[i]->done < earliest_done)
			earliest_done = at->taken[i]->done;
	}
}

static const struct life *life_of(const struct place *at, reeve_pid pid)
{
	size_t i = (size_t)((pid >> 32) - (somebody >> 32));

	if (i >= at->n_lives)
		return NULL;
	assert_int_equal(at->lives[i].pid, pid);
	return &at->lives[i];
}

static void check_item(const struct item *m)
{
	const struct life *life = life_of(&scene.places[m->place], m->pid);

	assert_int_not_equal(m->fate, PENDING);
	if (m->fate == REFUSED) {
		/* Refused only by one that had ended, */
		assert_non_null(life);
		assert_true(m->done >= life->closing);
		return;
	}
	assert_int_equal(m->taken_by, m->pid);
	/* and always by one that had. */
	if (life && scene.shape.is_timed)
		assert_true(m->begun < life->closed);
}

static void scene_check(void)
{
	size_t n = (size_t)scene.shape.n_producers * scene.shape.n_items;
	size_t n_refused = 0, n_taken = 0, i;

	for (i = 0; i < n; i++) {
		check_item(&scene.items[i]);
		n_refused += scene.items[i].fate == REFUSED;
	}
	for (i = 0; i < scene.shape.n_places; i++) {
		n_taken += scene.places[i].n_taken;
		check_order_of_senders(&scene.places[i]);
		if (scene.shape.is_timed)
			check_order_of_time(&scene.places[i]);
		if (!scene.shape.ends_of_64)
			assert_int_equal(scene.places[i].n_seen,
					 atomic_load(&scene.places[i].n_asked));
	}
	assert_int_equal(n_taken + n_refused, n);
	/* The scene was what it is meant to be. */
	assert_int_equal(n_refused > 0, scene.shape.ends_of_64 > 0);
}

static void place_prepare(unsigned i, size_t n)
{
	struct place *at = &scene.places[i];

	memset(at, 0, sizeof(*at));
	process_prepare(&at->p, somebody);
	assert_true(mailbox_park(&at->p));
	atomic_store(&at->known, somebody);
	at->random = 0x9e3779b97f4a7c15 + i;
	at->taken = calloc(n, sizeof(struct item *));
	at->lives = calloc(n * 2 + 64, sizeof(struct life));
	assert_non_null(at->taken);
	assert_non_null(at->lives);
}

static void scene_play(struct shape shape)
{
	pthread_t producers[PRODUCERS_MAX], consumers[N_CONSUMERS];
	size_t n = (size_t)shape.n_producers * shape.n_items;
	unsigned i;

	memset(&scene, 0, sizeof(scene));
	scene.shape = shape;
	pthread_mutex_init(&scene.lock, NULL);
	pthread_cond_init(&scene.changed, NULL);
	pthread_barrier_init(&scene.start, NULL, shape.n_producers);
	scene.items = aligned_alloc(16, n * sizeof(struct item));
	assert_non_null(scene.items);
	memset(scene.items, 0, n * sizeof(struct item));
	for (i = 0; i < shape.n_places; i++)
		place_prepare(i, n);

	for (i = 0; i < N_CONSUMERS; i++)
		assert_int_equal(
			pthread_create(&consumers[i], NULL, consume_all, NULL),
			0);
	for (i = 0; i < shape.n_producers; i++)
		assert_int_equal(pthread_create(&producers[i], NULL, produce,
						(void *)(uintptr_t)i),
				 0);
	for (i = 0; i < shape.n_producers; i++)
		pthread_join(producers[i], NULL);
	/* Whatever is awake goes on until it parks. */
	pthread_mutex_lock(&scene.lock);
	while (scene.n_ready || scene.n_busy)
		pthread_cond_wait(&scene.changed, &scene.lock);
	scene.is_over = true;
	pthread_cond_broadcast(&scene.changed);
	pthread_mutex_unlock(&scene.lock);
	for (i = 0; i < N_CONSUMERS; i++)
		pthread_join(consumers[i], NULL);

	scene_check();
	for (i = 0; i < shape.n_places; i++) {
		free(scene.places[i].taken);
		free(scene.places[i].lives);
	}
	free(scene.items);
}

static void many_producers_on_one_mailbox(void **state)
{
	(void)state;
	scene_play((struct shape){ .n_places = 1,
				   .n_producers = 6,
				   .n_items = 15000,
				   .wakes_of_16 = 4,
				   .is_timed = true });
}

static void many_producers_without_a_common_clock(void **state)
{
	(void)state;
	scene_play((struct shape){ .n_places = 1,
				   .n_producers = 4,
				   .n_items = 30000,
				   .wakes_of_16 = 8 });
}

static void many_producers_on_several_mailboxes(void **state)
{
	(void)state;
	scene_play((struct shape){ .n_places = 4,
				   .n_producers = 4,
				   .n_items = 20000,
				   .wakes_of_16 = 2,
				   .is_timed = true });
}

static void many_producers_on_places_that_change_hands(void **state)
{
	(void)state;
	scene_play((struct shape){ .n_places = 3,
				   .n_producers = 4,
				   .n_items = 20000,
				   .wakes_of_16 = 4,
				   .ends_of_64 = 12,
				   .is_timed = true });
}

static void wakes_alone_are_not_lost(void **state)
{
	(void)state;
	scene_play((struct shape){ .n_places = 2,
				   .n_producers = 4,
				   .n_items = 15000,
				   .wakes_of_16 = 16 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_producers_on_one_mailbox),
		cmocka_unit_test(many_producers_without_a_common_clock),
		cmocka_unit_test(many_producers_on_several_mailboxes),
		cmocka_unit_test(many_producers_on_places_that_change_hands),
		cmocka_unit_test(wakes_alone_are_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
