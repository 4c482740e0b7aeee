/*
 * The runtime: its workers, and what goes to sleep and wakes up.
 */
#pragma once

#include <pthread.h>

#include "process/poller.h"
#include "process/process.h"
#include "process/queue.h"
#include "process/stack.h"
#include "process/table.h"
#include "process/wheel.h"

enum {
	WORKERS_MAX = 64,
	MAILBOX_MAX = 1048576,
	STACK_MIN = 8192,
	/* Of a worker's loop, where handlers run as well. */
	BASE_STACK_SIZE = 256 * 1024,
	/* Switches between two looks at timers, descriptors, other threads, and
	 * the time that may pass for them: there are fewer where each is long.
	 */
	SWITCHES_PER_LOOK = 64,
	LOOK_NS = 2000000,
};

/* What is to be done with the process that was left, by who runs next: before
 * that it is still on its stack. */
enum after {
	AFTER_NOTHING,
	AFTER_PARK,
	AFTER_YIELD,
	AFTER_END,
};

struct worker {
	struct runtime *runtime;
	unsigned number;
	struct process *current; /* NULL: the loop itself */
	struct process *previous;
	enum after after;
	bool is_alone;	/* there are no other workers */
	bool is_seeded; /* the deterministic mode */
	/* The loop, on a stack of its own. It keeps nothing there between two
	 * turns, so that it can be begun anew. */
	struct context base;
	struct annotation base_annotation;
	void *base_stack;
	struct context outside; /* the thread */
	struct annotation outside_annotation;
	struct queue queue;
	struct table_cache places;
	struct stack_cache stacks;
	struct cache *envelopes;
	struct history *history;
	uint64_t random;
	uint64_t switched_at; /* while processor time is counted */
	unsigned n_until_look, n_per_look, n_looks;
	/* The last look, the time since the one before, the last poll. */
	uint64_t looked_at, look_took, polled_at;
	_Atomic uint64_t n_switches, n_spawned, n_ended, n_steals;
	pthread_t thread;
	bool has_thread, is_restarting;

	/* ---- sleeping ---- */
	_Atomic uint32_t is_notified; /* a futex */
	_Atomic bool is_polling;

	/* ---- timers of waits ---- */
	pthread_mutex_t wheel_lock;
	struct wheel wheel;
	_Atomic uint64_t wheel_next;
};

struct runtime {
	struct worker *workers;
	unsigned n_workers;
	uint32_t mailbox, stack_size;
	struct poller *poller;
	pthread_mutex_t poller_lock;
	/* Made runnable by threads that are no workers; newest first. */
	_Atomic(struct process *) injected;
	_Atomic uint64_t idle; /* a bit per worker */
	/* Of these, who sleeps until it is woken. */
	_Atomic uint64_t idle_for_long;
	_Atomic uint64_t sleeps_until; /* who waits in the poller */
	_Atomic uint64_t looked_out_at;
	_Atomic bool is_stopping, is_done, is_counting;
	reeve_pid first;
	int result;
	_Atomic uint64_t references;
	/* The deterministic mode. */
	uint64_t seed;
	_Atomic uint64_t now;
};

/* NULL while none runs. */
extern struct runtime *runtime;

/* Marsaglia's xorshift: for choices that need only be spread. */
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Add to a number that only one thread writes. */
static inline void count_up(_Atomic uint64_t *n, uint64_t more)
{
	uint64_t before = atomic_load_explicit(n, memory_order_relaxed);

	atomic_store_explicit(n, before + more, memory_order_relaxed);
}

/* The worker of this thread; NULL for another thread. To be asked again after
 * every wait: the process may be on another thread then. */
struct worker *worker_here(void);

/* Monotonic nanoseconds; in the deterministic mode, its own. */
uint64_t runtime_now(void);

/* Put @p, which the caller owns, into a run queue. Any thread. */
void runtime_ready(struct process *p);

/* Others are idle: wake one if there is enough to do. */
void worker_share(struct worker *w);

/* As runtime_ready(), for who knows its worker. */
static inline void worker_ready(struct worker *w, struct process *p)
{
	atomic_store_explicit(&p->state, REEVE_PROCESS_RUNNABLE,
			      memory_order_relaxed);
	queue_put(&w->queue, p);
	if (__builtin_expect(atomic_load_explicit(&w->runtime->idle,
						  memory_order_relaxed) != 0,
			     0))
		worker_share(w);
}

/* Wake one idle worker, so that it looks at timers and queues again. Any
 * thread.
 */
void runtime_kick(void);

/* Something is to happen at @at: whoever sleeps longer is woken. */
void runtime_expect(uint64_t at);

/* All processes are to end. */
void runtime_stop(void);
/* After that: was this the last one? Who asks right after an end may miss one
 * on another worker: each asks again before it sleeps. */
void runtime_check_done(void);

/* ---- worker.c ---- */

/* Run processes until the runtime is done; on @w's thread. */
void worker_run(struct worker *w);
/* Leave the current process, which has a stack. Returns when it runs again, on
 * whatever thread; never after AFTER_END. */
void worker_leave(struct worker *w, enum after after);
/* While processor time is counted: @from (NULL: nobody) had it until now. */
void time_charge(struct worker *w, struct process *from);
/* Begin the loop anew: nothing on its stack is needed any more. */
_Noreturn void worker_restart(struct worker *w);
/* The first context of a process with a stack. */
void process_make_context(struct process *p);
/* In the deterministic mode: interrupt the current process here, perhaps. */
void worker_interrupt(struct worker *w);

static inline void worker_chance(struct worker *w)
{
	if (__builtin_expect(w->is_seeded, 0))
		worker_interrupt(w);
}

/* ---- idle.c ---- */

/* Look at what other threads, time and descriptors bring. */
void worker_look(struct worker *w);
/* Something to run; it sleeps until there is. NULL: the runtime is done. */
struct process *worker_find(struct worker *w);

/* ---- park.c ---- */

/* As process_park(), for @w's process; what came is not looked at. */
void worker_park(struct worker *w, const char *what, int number);

/* ---- life.c ---- */

/* As reeve_spawn(), also for what the runtime starts itself; with all options.
 */
int process_spawn(struct worker *w, reeve_process_fn fn, void *arg,
		  const struct reeve_spawn_options *o, reeve_pid *ret);

/* The end of @p, the current process: all but leaving its stack and place. */
void process_finish(struct process *p, int reason);
/* Tell standard error of it, with what it did last. */
void end_report(struct process *p, const char *why);
/* Its stack and place; nobody is on it any more. */
void process_release(struct worker *w, struct process *p);
_Noreturn void process_end(int reason);

/* ---- mail.c ---- */

/* Take what came and handle signals. 0, or 1: @p is to end, with
 * @p->exit_reason. */
int process_drain(struct process *p);
/* Tell who asked by @take_e (SIGNAL_ROOM) that there is room, or nobody. */
void room_tell(struct envelope *take_e);
/* Keep @take_e (SIGNAL_ROOM) until there is room. */
void room_wait(struct process *p, struct envelope *take_e);
/* Who has waited longest; there is one. */
struct envelope *room_take(struct process *p);
/* Wake who waits for room, if there is. */
void room_check(struct process *p);

/* ---- handler.c ---- */

/* Give a handler process its turn. */
void handler_run(struct worker *w, struct process *p);
/* Its end, in the middle of its function. */
_Noreturn void handler_exit(struct process *p, int reason);

/*
 * For the handler of SIGSEGV, on its own stack: if @address is in the guard of
 * the stack in use, the thread may go on at *ret_sp by calling *ret_entry.
 */
bool runtime_overflow_landing(void *address, void **ret_sp,
			      void (**ret_entry)(void));
