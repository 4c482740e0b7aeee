/*
 * Waiting: a process parks until it is woken, or its time has come.
 *
 * The timer of a wait stays in its wheel when the wait is over: it looks at the
 * deadline again when it fires. So a process that waits with the same timeout
 * again and again touches the wheel once per timeout and not once per wait.
 */
#include <errno.h>

#include "process/history.h"
#include "process/mailbox.h"
#include "process/runtime.h"
#include "sys/loop.h"

struct process *process_self(void)
{
	struct worker *w = worker_here();

	return w ? w->current : NULL;
}

reeve_pid reeve_self(void)
{
	struct process *p = process_self();

	return p ? atomic_load_explicit(&p->pid, memory_order_relaxed)
		 : REEVE_PID_NONE;
}

bool reeve_is_alive(reeve_pid pid)
{
	struct process *p = table_at(pid);

	return pid && p &&
	       atomic_load_explicit(&p->pid, memory_order_relaxed) == pid;
}

int process_may_wait(void)
{
	const struct process *p = process_self();

	if (!p)
		return -EPERM;
	return p->is_handler || p->is_ending ? -EDEADLK : 0;
}

static inline void process_check(struct process *p)
{
	if ((mailbox_has_news(p) ||
	     __builtin_expect(atomic_load_explicit(&runtime->is_stopping,
						   memory_order_relaxed),
			      0)) &&
	    process_drain(p))
		process_end(p->exit_reason);
}

void process_look(void)
{
	struct process *p = process_self();

	if (!p || p->is_ending || p->is_handler)
		return;
	process_check(p);
}

void worker_park(struct worker *w, const char *what, int number)
{
	struct process *p = w->current;

	if (mailbox_has_news(p))
		return;
	atomic_store_explicit(&p->waits_for, what, memory_order_relaxed);
	atomic_store_explicit(&p->waits_number, number, memory_order_relaxed);
	atomic_store_explicit(&p->state, REEVE_PROCESS_WAITING,
			      memory_order_relaxed);
	worker_leave(w, AFTER_PARK);
}

void process_park(const char *what, int number)
{
	struct worker *w = worker_here();
	struct process *p = w->current;

	worker_park(w, what, number);
	/* What was handed to it while it was parked is in its queue already. */
	process_check(p);
}

void reeve_yield(void)
{
	struct worker *w = worker_here();
	struct process *p = w ? w->current : NULL;

	if (!p || process_may_wait())
		return;
	if (!queue_has_any(&w->queue) && w->n_until_look > 1) {
		w->n_until_look--;
	} else {
		atomic_store_explicit(&p->state, REEVE_PROCESS_RUNNABLE,
				      memory_order_relaxed);
		worker_leave(w, AFTER_YIELD);
	}
	process_look();
}

/* ---- time ---- */

uint64_t process_deadline(int timeout_ms)
{
	if (timeout_ms < 0)
		return WAIT_FOREVER;
	return timeout_ms ? runtime_now() + (uint64_t)timeout_ms * NS_PER_MS
			  : 0;
}

/* Whether it is in a wheel is known only under that wheel's lock: whoever looks
 * at the time takes it out and may set it again. */
static void timer_set(struct process *p, uint64_t deadline)
{
	struct worker *w = worker_here(), *before;
	bool is_set = false;

	if (p->has_timer) {
		before = &runtime->workers[p->timer_worker];
		pthread_mutex_lock(&before->wheel_lock);
		is_set = wheel_entry_is_set(&p->timer);
		if (is_set && p->timer.at > deadline) {
			wheel_unset(&before->wheel, &p->timer);
			is_set = false;
		}
		pthread_mutex_unlock(&before->wheel_lock);
	}
	/* It fires earlier, and looks at the deadline then. */
	if (is_set)
		return;
	pthread_mutex_lock(&w->wheel_lock);
	p->timer_worker = (uint8_t)w->number;
	p->has_timer = true;
	wheel_set(&w->wheel, &p->timer, deadline);
	atomic_store(&w->wheel_next, wheel_next(&w->wheel));
	pthread_mutex_unlock(&w->wheel_lock);
	runtime_expect(deadline);
}

void process_wait_until(uint64_t deadline)
{
	struct process *p = process_self();

	atomic_store_explicit(&p->deadline, deadline, memory_order_relaxed);
	if (deadline && deadline != WAIT_FOREVER)
		timer_set(p, deadline);
}

bool process_is_late(void)
{
	uint64_t deadline = atomic_load_explicit(&process_self()->deadline,
						 memory_order_relaxed);

	return deadline != WAIT_FOREVER &&
	       (!deadline || runtime_now() >= deadline);
}
