/*
 * One queue of jobs behind a lock. A job lies on the stack of the process that
 * waits for it, and what it works on perhaps as well: so this wait is the only
 * one that signals do not end. They are looked at meanwhile, and a process that
 * has to end does so when the job is done.
 */
#include "process/blocking.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "process/runtime.h"
#include "sys/loop.h"

struct job {
	struct job *next;
	void (*fn)(void *arg);
	void *arg;
	reeve_pid pid;
	_Atomic bool is_done;
};

enum thread_state {
	THREAD_NONE,
	THREAD_RUNS,
	THREAD_ENDED, /* to be joined */
};

struct thread {
	pthread_t id;
	enum thread_state state;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t come; /* by the monotonic clock */
	struct job *first, **end;
	unsigned n_jobs, n_idle;
	bool is_ready, is_over;
	struct thread threads[BLOCKING_MAX];
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- the threads ---- */

static struct job *job_take(void)
{
	struct job *j = pool.first;

	if (!j)
		return NULL;
	pool.first = j->next;
	if (!pool.first)
		pool.end = &pool.first;
	pool.n_jobs--;
	return j;
}

/* Locked, and locked again afterwards. */
static void job_run(struct job *j)
{
	reeve_pid pid = j->pid;

	pthread_mutex_unlock(&pool.lock);
	j->fn(j->arg);
	/* From here on it may be gone. */
	atomic_store_explicit(&j->is_done, true, memory_order_release);
	process_wake(pid);
	pthread_mutex_lock(&pool.lock);
}

/* False if nothing came for too long. Locked. */
static bool idle_wait(void)
{
	uint64_t until = loop_now() + BLOCKING_IDLE_MS * NS_PER_MS;
	struct timespec t = {
		.tv_sec = (time_t)(until / NS_PER_SECOND),
		.tv_nsec = (long)(until % NS_PER_SECOND),
	};
	int r = 0;

	pool.n_idle++;
	while (!pool.first && !pool.is_over && r == 0)
		r = pthread_cond_timedwait(&pool.come, &pool.lock, &t);
	pool.n_idle--;
	return pool.first;
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	struct job *j;

	pthread_mutex_lock(&pool.lock);
	do {
		while ((j = job_take()))
			job_run(j);
	} while (idle_wait());
	t->state = THREAD_ENDED;
	pthread_mutex_unlock(&pool.lock);
	return NULL;
}

/* Signals are for the threads of the program; but for those that are faults. */
static int thread_begin(struct thread *t)
{
	static const int faults[] = { SIGSEGV, SIGBUS,	SIGFPE,
				      SIGILL,  SIGABRT, SIGTRAP };
	sigset_t blocked, before;
	pthread_attr_t attributes;
	int r;

	sigfillset(&blocked);
	for (size_t i = 0; i < N_ELEMENTS(faults); i++)
		sigdelset(&blocked, faults[i]);
	if (pthread_attr_init(&attributes) != 0)
		return -ENOMEM;
	pthread_attr_setstacksize(&attributes, BLOCKING_STACK);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	r = -pthread_create(&t->id, &attributes, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (r == 0)
		t->state = THREAD_RUNS;
	return r;
}

/* One more, unless there are all that may be. Locked. */
static int thread_add(void)
{
	for (int i = 0; i < BLOCKING_MAX; i++) {
		struct thread *t = &pool.threads[i];

		if (t->state == THREAD_RUNS)
			continue;
		if (t->state == THREAD_ENDED)
			pthread_join(t->id, NULL);
		t->state = THREAD_NONE;
		return thread_begin(t);
	}
	return 0;
}

static bool any_runs(void)
{
	for (int i = 0; i < BLOCKING_MAX; i++)
		if (pool.threads[i].state == THREAD_RUNS)
			return true;
	return false;
}

static void pool_prepare(void)
{
	pthread_condattr_t monotonic;

	if (pool.is_ready)
		return;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pool.come, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pool.end = &pool.first;
	pool.is_ready = true;
}

/* It may be about to end. */
static bool thread_is_there(const struct thread *t)
{
	bool is_there;

	pthread_mutex_lock(&pool.lock);
	is_there = t->state != THREAD_NONE;
	pthread_mutex_unlock(&pool.lock);
	return is_there;
}

void blocking_fini(void)
{
	pthread_mutex_lock(&pool.lock);
	if (!pool.is_ready) {
		pthread_mutex_unlock(&pool.lock);
		return;
	}
	pool.is_over = true;
	pthread_cond_broadcast(&pool.come);
	pthread_mutex_unlock(&pool.lock);
	for (int i = 0; i < BLOCKING_MAX; i++) {
		if (thread_is_there(&pool.threads[i]))
			pthread_join(pool.threads[i].id, NULL);
		pool.threads[i].state = THREAD_NONE;
	}
	pthread_cond_destroy(&pool.come);
	pool.is_ready = pool.is_over = false;
}

/* ---- the processes ---- */

static int job_put(struct job *j)
{
	int r = 0;

	pthread_mutex_lock(&pool.lock);
	pool_prepare();
	if (pool.n_jobs >= pool.n_idle)
		r = thread_add();
	/* Whoever is there will come to it. */
	if (r < 0 && any_runs())
		r = 0;
	if (r == 0) {
		*pool.end = j;
		pool.end = &j->next;
		pool.n_jobs++;
		pthread_cond_signal(&pool.come);
	}
	pthread_mutex_unlock(&pool.lock);
	return r;
}

static void job_wait(struct job *j)
{
	struct process *p = process_self();
	bool has_to_end = false;
	int reason = 0;

	while (!atomic_load_explicit(&j->is_done, memory_order_acquire)) {
		worker_park(worker_here(), "a thread", -1);
		if (process_drain(p) && !has_to_end) {
			has_to_end = true;
			reason = p->exit_reason;
		}
	}
	if (has_to_end)
		process_end(reason);
	/* What came at the very end counts as well. */
	process_look();
}

int reeve_block(void (*fn)(void *arg), void *arg)
{
	struct job j = { .fn = fn, .arg = arg, .pid = reeve_self() };
	int r = process_may_wait();

	if (r < 0)
		return r;
	process_look();
	r = job_put(&j);
	if (r == 0)
		job_wait(&j);
	return r;
}
