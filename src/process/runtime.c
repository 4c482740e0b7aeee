/* The runtime as a whole: its start and its end. */
#include "process/runtime.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "process/blocking.h"
#include "process/channel_wait.h"
#include "process/fault.h"
#include "process/history.h"
#include "process/mailbox.h"
#include "process/names.h"
#include "process/timer.h"
#include "sys/loop.h"

enum {
	PROCESSES_MAX = 4194304,
	MAILBOX_USUAL = 65536,
	STACK_USUAL = 65536,
};

struct runtime *runtime;

uint64_t runtime_now(void)
{
	return runtime->seed ? atomic_load_explicit(&runtime->now,
						    memory_order_relaxed)
			     : loop_now();
}

/* ---- the end ---- */

void runtime_stop(void)
{
	uint32_t i, n;

	atomic_store(&runtime->is_stopping, true);
	/* They look at it whenever they wake up. Who is spawned meanwhile is
	 * found here, or finds this: its PID is set first, and then looked. */
	n = table_end();
	for (i = 0; i < n; i++)
		process_wake(atomic_load(&table_places[i].pid));
}

void runtime_check_done(void)
{
	uint64_t n_ended = 0, n_spawned = 0;
	unsigned k;

	/* Of two that end at once, one sees the end of the other. */
	atomic_thread_fence(memory_order_seq_cst);
	/* Ends first: one that spawns has not ended. */
	for (k = 0; k < runtime->n_workers; k++)
		n_ended += atomic_load(&runtime->workers[k].n_ended);
	for (k = 0; k < runtime->n_workers; k++)
		n_spawned += atomic_load(&runtime->workers[k].n_spawned);
	if (n_ended != n_spawned)
		return;
	atomic_store(&runtime->is_done, true);
	for (k = 0; k < runtime->n_workers; k++)
		runtime_kick();
}

/* ---- the beginning ---- */

static unsigned n_processors(void)
{
	const char *asked = getenv("REEVE_WORKERS");
	unsigned long n = asked ? strtoul(asked, NULL, 10) : 0;
	cpu_set_t set;

	if (!n && !sched_getaffinity(0, sizeof(set), &set))
		n = (unsigned long)CPU_COUNT(&set);
	if (!n)
		n = 1;
	return n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static int options_check(const struct reeve_runtime_options *o)
{
	if (o->n_workers > WORKERS_MAX || o->n_processes > PROCESSES_MAX ||
	    o->mailbox > MAILBOX_MAX ||
	    (o->stack_size &&
	     (o->stack_size < STACK_MIN || o->stack_size % 4096)))
		return -EINVAL;
	return 0;
}

static void worker_fini(struct worker *w)
{
	if (w->base_stack)
		stack_put(NULL, w->base_stack, BASE_STACK_SIZE);
	stack_cache_fini(&w->stacks);
	table_cache_fini(&w->places);
	envelope_cache_free(w->envelopes);
	history_free(w->history);
	pthread_mutex_destroy(&w->wheel_lock);
	pthread_mutex_destroy(&w->queue.lock);
}

static int worker_init(struct worker *w, struct runtime *r, unsigned number,
		       uint64_t seed)
{
	int e;

	*w = (struct worker){
		.runtime = r,
		.number = number,
		/* Of nothing it would make nothing for ever. */
		.random = seed + number + 1 ?: 1,
		.is_alone = r->n_workers == 1,
		.is_seeded = r->seed,
	};
	queue_init(&w->queue);
	pthread_mutex_init(&w->wheel_lock, NULL);
	wheel_init(&w->wheel, runtime_now());
	atomic_store(&w->wheel_next, WHEEL_NEVER);
	e = stack_get(NULL, BASE_STACK_SIZE, &w->base_stack);
	if (!e)
		e = envelope_cache_new(&w->envelopes);
	if (!e)
		e = history_new(&w->history);
	return e;
}

static int workers_init(struct runtime *r, uint64_t seed)
{
	unsigned k;
	int e = 0;

	r->workers = calloc(r->n_workers, sizeof(*r->workers));
	if (!r->workers)
		return -ENOMEM;
	for (k = 0; !e && k < r->n_workers; k++)
		e = worker_init(&r->workers[k], r, k,
				seed ? seed : UINT64_C(0x9e3779b97f4a7c15));
	return e;
}

static void *on_thread(void *arg)
{
	fault_thread_init();
	worker_run(arg);
	fault_thread_fini();
	return NULL;
}

/* The first worker is the caller's thread. */
static int threads_start(struct runtime *r)
{
	unsigned k;
	int e;

	for (k = 1; k < r->n_workers; k++) {
		e = pthread_create(&r->workers[k].thread, NULL, on_thread,
				   &r->workers[k]);
		if (e)
			return -e;
		r->workers[k].has_thread = true;
	}
	return 0;
}

static void threads_end(struct runtime *r)
{
	unsigned k;

	for (k = 1; k < r->n_workers; k++)
		if (r->workers[k].has_thread)
			pthread_join(r->workers[k].thread, NULL);
}

static void runtime_fini(struct runtime *r)
{
	unsigned k;

	channel_waits_end();
	blocking_fini();
	timers_fini();
	for (k = 0; r->workers && k < r->n_workers; k++)
		worker_fini(&r->workers[k]);
	free(r->workers);
	stack_free_all();
	envelope_depot_free();
	names_fini();
	if (table_places)
		table_fini();
	poller_free(r->poller);
	pthread_mutex_destroy(&r->poller_lock);
	runtime = NULL;
}

static int runtime_init(struct runtime *r,
			const struct reeve_runtime_options *o)
{
	int e;

	*r = (struct runtime){
		.n_workers = o->seed	    ? 1
			     : o->n_workers ? o->n_workers
					    : n_processors(),
		.mailbox = o->mailbox ? o->mailbox : MAILBOX_USUAL,
		.stack_size = o->stack_size ? o->stack_size : STACK_USUAL,
		.seed = o->seed,
	};
	/* Not 0, so that no deadline is. */
	atomic_store(&r->now, 1);
	pthread_mutex_init(&r->poller_lock, NULL);
	runtime = r;
	stack_set_usual(r->stack_size);
	e = table_init(o->n_processes ? o->n_processes : PROCESSES_MAX);
	if (!e)
		e = poller_new(&r->poller);
	if (!e)
		e = workers_init(r, o->seed);
	if (!e) {
		timers_init(runtime_now());
		channel_waits_begin();
	}
	return e;
}

int reeve_processes_run(const struct reeve_runtime_options *options,
			reeve_process_fn fn, void *arg)
{
	static const struct reeve_runtime_options none;
	const struct reeve_runtime_options *o = options ? options : &none;
	struct runtime r;
	int e = options_check(o);

	if (e < 0)
		return e;
	if (runtime)
		return -EBUSY;
	e = runtime_init(&r, o);
	if (!e)
		e = process_spawn(&r.workers[0], fn, arg,
				  &(struct reeve_spawn_options){}, &r.first);
	if (!e) {
		fault_init();
		fault_thread_init();
		e = threads_start(&r);
		/* Those that did start run what there is, to its end. */
		if (e < 0)
			runtime_stop();
		worker_run(&r.workers[0]);
		threads_end(&r);
		fault_thread_fini();
		fault_fini();
		if (!e)
			e = r.result;
	}
	runtime_fini(&r);
	return e;
}
