#include "stand_in.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "sys/loop.h"

enum {
	N = 256,
};

static struct stand_in {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_alive, is_parked, is_woken, is_killed;
	void (*fn)(void *arg);
	void *arg;
} stand_ins[N];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t n_run;
static _Thread_local reeve_pid self;
static _Thread_local uint64_t wait_deadline = WAIT_FOREVER;

/* Places are used again, PIDs are not. */
static struct stand_in *at(reeve_pid pid)
{
	return &stand_ins[pid % N];
}

static void *thread_main(void *arg)
{
	struct stand_in *s;

	self = (reeve_pid)(uintptr_t)arg;
	s = at(self);
	s->fn(s->arg);
	pthread_mutex_lock(&s->lock);
	s->is_alive = false;
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

reeve_pid stand_in_run(void (*fn)(void *arg), void *arg)
{
	pthread_condattr_t monotonic;
	struct stand_in *s;
	reeve_pid pid;

	pthread_mutex_lock(&lock);
	pid = ++n_run;
	pthread_mutex_unlock(&lock);
	s = at(pid);
	*s = (struct stand_in){ .fn = fn, .arg = arg, .is_alive = true };
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &monotonic);
	assert_int_equal(pthread_create(&s->thread, NULL, thread_main,
					(void *)(uintptr_t)pid),
			 0);
	return pid;
}

void stand_in_join(reeve_pid pid)
{
	assert_int_equal(pthread_join(at(pid)->thread, NULL), 0);
}

void stand_in_kill(reeve_pid pid)
{
	struct stand_in *s = at(pid);

	pthread_mutex_lock(&s->lock);
	s->is_killed = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void stand_in_until_parked(reeve_pid pid)
{
	struct stand_in *s = at(pid);

	pthread_mutex_lock(&s->lock);
	while (!s->is_parked)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

void stand_in_be(reeve_pid pid)
{
	self = pid;
}

/* ---- what the units call ---- */

reeve_pid reeve_self(void)
{
	return self;
}

bool reeve_is_alive(reeve_pid pid)
{
	struct stand_in *s = at(pid);
	bool is;

	pthread_mutex_lock(&s->lock);
	is = s->is_alive;
	pthread_mutex_unlock(&s->lock);
	return is;
}

int process_may_wait(void)
{
	return self ? 0 : -EPERM;
}

void process_wait_until(uint64_t deadline)
{
	wait_deadline = deadline;
}

bool process_is_late(void)
{
	return wait_deadline != WAIT_FOREVER && loop_now() >= wait_deadline;
}

void process_park(const char *what, int number)
{
	struct stand_in *s = at(self);
	struct timespec t = {
		.tv_sec = (time_t)(wait_deadline / NS_PER_SECOND),
		.tv_nsec = (long)(wait_deadline % NS_PER_SECOND),
	};

	bool has_to_end;

	(void)what;
	(void)number;
	pthread_mutex_lock(&s->lock);
	s->is_parked = true;
	pthread_cond_broadcast(&s->changed);
	while (!s->is_woken && !s->is_killed && !process_is_late()) {
		if (wait_deadline == WAIT_FOREVER)
			pthread_cond_wait(&s->changed, &s->lock);
		else
			pthread_cond_timedwait(&s->changed, &s->lock, &t);
	}
	s->is_woken = s->is_parked = false;
	has_to_end = s->is_killed;
	if (has_to_end)
		s->is_alive = false;
	pthread_mutex_unlock(&s->lock);
	if (has_to_end)
		pthread_exit(NULL);
}

void process_wake(reeve_pid pid)
{
	struct stand_in *s = at(pid);

	pthread_mutex_lock(&s->lock);
	s->is_woken = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}
