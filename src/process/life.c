/*
 * How processes begin and end.
 *
 * An end is one sequence, on the stack of whoever ends (of a handler: the
 * loop's): what was deferred, the name, the mailbox, those who are to be told.
 * All that is told was allocated before. The stack and the place are given back
 * by who runs next.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/history.h"
#include "process/link.h"
#include "process/mailbox.h"
#include "process/names.h"
#include "process/runtime.h"

enum { ARG_MAX_SIZE = 65536 };

/* ---- beginning ---- */

static const struct reeve_spawn_options default_options;

static int options_check(const struct reeve_spawn_options *o, size_t n_state)
{
	if (o->flags & ~(uint32_t)(REEVE_SPAWN_LINK | REEVE_SPAWN_MONITOR |
				   REEVE_SPAWN_TRAP_EXIT) ||
	    o->arg_size > ARG_MAX_SIZE || n_state > ARG_MAX_SIZE ||
	    o->mailbox > MAILBOX_MAX ||
	    (o->stack_size &&
	     (o->stack_size < STACK_MIN || o->stack_size % 4096)))
		return -EINVAL;
	if (atomic_load_explicit(&runtime->is_stopping, memory_order_relaxed))
		return -ECANCELED;
	return 0;
}

/* A place, all fields of it set; nobody knows it yet. Of @n_arg bytes of @arg
 * it has a copy, which is freed with it; of 0, @arg itself. */
static int process_new(struct worker *w, const struct reeve_spawn_options *o,
		       const void *arg, size_t n_arg, struct process **ret,
		       reeve_pid *ret_pid)
{
	struct process *p;
	void *copy = NULL;
	int r;

	if (n_arg) {
		copy = malloc(n_arg);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, arg, n_arg);
	}
	r = table_take(&w->places, &p, ret_pid);
	if (r < 0) {
		free(copy);
		return r;
	}
	atomic_store_explicit(&p->n_pushed, 0, memory_order_relaxed);
	atomic_store_explicit(&p->n_taken, 0, memory_order_relaxed);
	atomic_store_explicit(&p->n_queued, 0, memory_order_relaxed);
	atomic_store_explicit(&p->mailbox_max,
			      o->mailbox ? o->mailbox : runtime->mailbox,
			      memory_order_relaxed);
	p->traps_exit = o->flags & REEVE_SPAWN_TRAP_EXIT;
	p->is_ending = false;
	p->queue = NULL;
	p->queue_end = &p->queue;
	p->held = NULL;
	__atomic_store_n(&p->stack, NULL, __ATOMIC_RELAXED);
	p->exit_reason = REEVE_EXIT_NORMAL;
	p->exit_detail = 0;
	p->has_room = false;
	p->room_asked = 0;
	p->served = NULL;
	p->arg = n_arg ? copy : (void *)arg;
	p->owns_arg = n_arg;
	p->deferred = NULL;
	p->links = NULL;
	p->room_waiters = NULL;
	p->timer = (struct wheel_entry){};
	p->has_timer = false;
	atomic_store_explicit(&p->deadline, WAIT_FOREVER, memory_order_relaxed);
	atomic_store_explicit(&p->parent, reeve_self(), memory_order_relaxed);
	p->is_calling = false;
	p->n_calls = 0;
	atomic_store_explicit(&p->waits_for, NULL, memory_order_relaxed);
	atomic_store_explicit(&p->n_received, 0, memory_order_relaxed);
	atomic_store_explicit(&p->n_sent, 0, memory_order_relaxed);
	atomic_store_explicit(&p->cpu_ns, 0, memory_order_relaxed);
	*ret = p;
	return 0;
}

/* From here on there is a process of that PID. Nobody can own it but us: it is
 * not parked yet. */
static void process_publish(struct process *p, reeve_pid pid)
{
	atomic_store_explicit(&p->state,
			      p->is_handler ? REEVE_PROCESS_WAITING
					    : REEVE_PROCESS_RUNNABLE,
			      memory_order_relaxed);
	atomic_store_explicit(&p->inbox, inbox_tag(pid >> 32),
			      memory_order_release);
	/* Before it is looked whether all are to end: see runtime_stop(). */
	atomic_store(&p->pid, pid);
}

static int process_bind(struct process *p, reeve_pid pid,
			const struct reeve_spawn_options *o)
{
	struct process *self = process_self();
	int r = 0;

	if (o->flags & REEVE_SPAWN_LINK)
		r = link_newborn(self, p, pid);
	if (!r && o->flags & REEVE_SPAWN_MONITOR)
		r = monitor_newborn(self, p, pid);
	if (!r && o->name)
		r = names_register(o->name, pid);
	return r;
}

/* It never ran; its parent forgets it. */
static void process_undo(struct worker *w, struct process *p, reeve_pid pid)
{
	struct process *self = process_self();

	if (self)
		link_forget(self, pid);
	p->exit_reason = REEVE_EXIT_NO_PROCESS;
	signals_refuse(p, pid, mailbox_close(p));
	names_forget(p);
	link_free_all(p);
	if (p->stack) {
		annotate_stack_freed(&p->annotation);
		stack_put(&w->stacks, p->stack, p->stack_size);
	}
	if (p->owns_arg)
		free(p->arg);
	free(TAKE(p->deferred));
	table_give(&w->places, p);
}

/* The first that it defers, and so the last that is called. */
static int process_defer_first(struct process *p, void (*on_end)(void *arg))
{
	if (!on_end)
		return 0;
	p->deferred = malloc(sizeof(*p->deferred));
	if (!p->deferred)
		return -ENOMEM;
	*p->deferred = (struct deferred){ NULL, on_end, p->arg };
	return 0;
}

static int process_start(struct worker *w, struct process *p, reeve_pid pid,
			 const struct reeve_spawn_options *o, reeve_pid *ret)
{
	int r = 0;

	process_publish(p, pid);
	if (__builtin_expect(o->flags || o->name, 0))
		r = process_bind(p, pid, o);
	if (r < 0) {
		process_undo(w, p, pid);
		return r;
	}
	p->n_noted = 0;
	history_note(w->history, p, HISTORY_SPAWNED, 0,
		     atomic_load_explicit(&p->parent, memory_order_relaxed));
	count_up(&w->n_spawned, 1);
	if (ret)
		*ret = pid;
	/* Until here it was ours, whatever came for it. */
	if (!p->is_handler || !mailbox_park(p))
		runtime_ready(p);
	else if (atomic_load(&runtime->is_stopping))
		process_wake(pid);
	worker_chance(w);
	return 0;
}

static int spawn_stackful(struct worker *w, reeve_process_fn fn, void *arg,
			  const struct reeve_spawn_options *o,
			  void (*on_end)(void *arg), reeve_pid *ret)
{
	uint32_t stack_size =
		o->stack_size ? o->stack_size : runtime->stack_size;
	struct process *p;
	void *stack;
	reeve_pid pid;
	int r = options_check(o, 0);

	if (!r)
		r = process_new(w, o, arg, o->arg_size, &p, &pid);
	if (r < 0)
		return r;
	atomic_store_explicit(&p->is_handler, false, memory_order_relaxed);
	atomic_store_explicit(&p->function, (void *)(uintptr_t)fn,
			      memory_order_relaxed);
	r = process_defer_first(p, on_end);
	if (!r)
		r = stack_get(&w->stacks, stack_size, &stack);
	if (r < 0) {
		process_undo(w, p, pid);
		return r;
	}
	/* Others look at them: info.c. */
	__atomic_store_n(&p->stack_size, stack_size, __ATOMIC_RELAXED);
	__atomic_store_n(&p->stack, stack, __ATOMIC_RELAXED);
	annotate_stack_made(&p->annotation, p->stack, p->stack_size);
	process_make_context(p);
	return process_start(w, p, pid, o, ret);
}

int process_spawn(struct worker *w, reeve_process_fn fn, void *arg,
		  const struct reeve_spawn_options *o, reeve_pid *ret)
{
	return spawn_stackful(w, fn, arg, o, NULL, ret);
}

int process_spawn_ending(reeve_process_fn fn, void *arg,
			 const struct reeve_spawn_options *options,
			 void (*on_end)(void *arg), reeve_pid *ret)
{
	struct worker *w = worker_here();

	if (!w || !w->current)
		return -EPERM;
	return spawn_stackful(w, fn, arg, options ? options : &default_options,
			      on_end, ret);
}

int reeve_spawn(reeve_process_fn fn, void *arg,
		const struct reeve_spawn_options *options, reeve_pid *ret)
{
	process_look();
	return process_spawn_ending(fn, arg, options, NULL, ret);
}

int process_spawn_handler_ending(reeve_handler_fn fn, const void *state,
				 size_t n_state,
				 const struct reeve_spawn_options *options,
				 void (*on_end)(void *arg), reeve_pid *ret)
{
	const struct reeve_spawn_options *o =
		options ? options : &default_options;
	struct worker *w = worker_here();
	struct process *p;
	reeve_pid pid;
	int r;

	if (!w || !w->current)
		return -EPERM;
	r = options_check(o, n_state);
	if (!r)
		r = process_new(w, o, state, n_state, &p, &pid);
	if (r < 0)
		return r;
	atomic_store_explicit(&p->is_handler, true, memory_order_relaxed);
	atomic_store_explicit(&p->function, (void *)(uintptr_t)fn,
			      memory_order_relaxed);
	r = process_defer_first(p, on_end);
	if (r < 0) {
		process_undo(w, p, pid);
		return r;
	}
	return process_start(w, p, pid, o, ret);
}

int reeve_spawn_handler(reeve_handler_fn fn, const void *state, size_t n_state,
			const struct reeve_spawn_options *options,
			reeve_pid *ret)
{
	process_look();
	return process_spawn_handler_ending(fn, state, n_state, options, NULL,
					    ret);
}

/* ---- ending ---- */

static void deferred_run(struct process *p)
{
	struct deferred *d;

	while ((d = p->deferred)) {
		p->deferred = d->next;
		d->fn(d->arg);
		free(d);
	}
}

static void timer_unset(struct process *p)
{
	struct worker *w = &runtime->workers[p->timer_worker];

	if (!p->has_timer)
		return;
	pthread_mutex_lock(&w->wheel_lock);
	if (wheel_entry_is_set(&p->timer))
		wheel_unset(&w->wheel, &p->timer);
	pthread_mutex_unlock(&w->wheel_lock);
}

static void envelopes_free(struct envelope *e)
{
	struct envelope *next;

	for (; e; e = next) {
		next = e->next;
		envelope_free(e);
	}
}

void process_finish(struct process *p, int reason)
{
	reeve_pid self = atomic_load_explicit(&p->pid, memory_order_relaxed);
	struct envelope *came;
	struct worker *w;

	p->is_ending = true;
	p->exit_reason = reason;
	atomic_store_explicit(&p->state, REEVE_PROCESS_ENDING,
			      memory_order_relaxed);
	deferred_run(p);
	w = worker_here();
	history_note(w->history, p, HISTORY_ENDED, (uint64_t)reason, 0);
	timer_unset(p);
	came = mailbox_close(p);
	/* Not before: whoever names it looks whether it is closed. */
	names_forget(p);
	signals_refuse(p, self, came);
	link_tell_all(p, self);
	while (p->room_waiters)
		room_tell(room_take(p));
	envelopes_free(TAKE(p->queue));
	envelopes_free(TAKE(p->held));
	if (p->owns_arg)
		free(p->arg);
	count_up(&w->n_ended, 1);
	if (self == runtime->first) {
		runtime->result = reason;
		runtime_stop();
	}
	if (atomic_load_explicit(&runtime->is_stopping, memory_order_relaxed))
		runtime_check_done();
}

void process_release(struct worker *w, struct process *p)
{
	if (p->stack) {
		annotate_stack_freed(&p->annotation);
		stack_put(&w->stacks, p->stack, p->stack_size);
		__atomic_store_n(&p->stack, NULL, __ATOMIC_RELAXED);
	}
	table_give(&w->places, p);
}

_Noreturn void process_end(int reason)
{
	struct worker *w = worker_here();

	process_finish(w->current, reason);
	worker_leave(worker_here(), AFTER_END);
	__builtin_unreachable();
}

_Noreturn void reeve_exit(int reason)
{
	struct process *p = process_self();

	if (!p || p->is_ending)
		abort();
	if (reason == REEVE_EXIT_DONE)
		reason = REEVE_EXIT_NORMAL;
	if (p->is_handler)
		handler_exit(p, reason);
	process_end(reason);
}

static void report_write(void *arg, const char *text, size_t n)
{
	(void)arg;
	(void)!write(STDERR_FILENO, text, n);
}

void end_report(struct process *p, const char *why)
{
	reeve_pid pid = atomic_load_explicit(&p->pid, memory_order_relaxed);
	char name[NAME_MAX_BYTES + 1], text[700];
	int n;

	names_copy(p, name);
	n = snprintf(text, sizeof(text),
		     "process " REEVE_PID_FORMAT "%s%s%s ends: %s\n",
		     REEVE_PID_PARTS(pid), *name ? " (" : "", name,
		     *name ? ")" : "", why);
	report_write(NULL, text, (size_t)n);
	(void)history_print(pid, report_write, NULL);
}

_Noreturn void reeve_fail(const char *format, ...)
{
	struct process *p = process_self();
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (!p || p->is_ending) {
		fprintf(stderr, "%s\n", text);
		abort();
	}
	end_report(p, text);
	reeve_exit(REEVE_EXIT_FAILED);
}

int reeve_defer(void (*fn)(void *arg), void *arg)
{
	struct process *p = process_self();
	struct deferred *d;

	if (!p)
		return -EPERM;
	d = malloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	*d = (struct deferred){ p->deferred, fn, arg };
	p->deferred = d;
	return 0;
}

void reeve_undefer(bool run)
{
	struct process *p = process_self();
	struct deferred *d = p ? p->deferred : NULL;

	if (!d)
		return;
	p->deferred = d->next;
	if (run)
		d->fn(d->arg);
	free(d);
}

const char *reeve_exit_reason_name(int reason)
{
	static const char *const names[] = {
		[REEVE_EXIT_NORMAL] = "NORMAL",
		[REEVE_EXIT_DONE] = "NORMAL",
		[REEVE_EXIT_SHUTDOWN] = "SHUTDOWN",
		[REEVE_EXIT_KILLED] = "KILLED",
		[REEVE_EXIT_FAILED] = "FAILED",
		[REEVE_EXIT_OVERFLOW] = "OVERFLOW",
		[REEVE_EXIT_NO_PROCESS] = "NO_PROCESS",
		[REEVE_EXIT_PEER_CLOSED] = "PEER_CLOSED",
		[REEVE_EXIT_NO_MEMORY] = "NO_MEMORY",
		[REEVE_EXIT_RESTARTS] = "RESTARTS",
	};

	if (reason >= 0 && (size_t)reason < N_ELEMENTS(names))
		return names[reason];
	return reason >= REEVE_EXIT_OWN ? "OWN" : "UNKNOWN";
}
