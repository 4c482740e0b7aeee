/*
 * The loop of a worker, and how a process is left.
 *
 * A process that waits picks the next one itself and switches to it directly,
 * one switch per turn. It goes through the loop only when there is nothing at
 * hand, when the next one is a handler, which needs a stack to be called on, or
 * when it is time to look round. Whoever runs after a switch first does what
 * was left to be done with the one that was left.
 */
#include "process/runtime.h"

#include "process/history.h"
#include "process/mailbox.h"
#include "sys/loop.h"

static __thread struct worker *own_worker
	__attribute__((tls_model("initial-exec")));

/* Not inlined: a process may be on another thread after a switch, and a
 * compiler keeps the address of a thread's variable for a whole function. */
__attribute__((noinline)) struct worker *worker_here(void)
{
	__asm__ volatile("" ::: "memory");
	return own_worker;
}

/* ---- switching ---- */

void time_charge(struct worker *w, struct process *from)
{
	uint64_t now = loop_now();

	if (from && w->switched_at)
		count_up(&from->cpu_ns, now - w->switched_at);
	w->switched_at = now;
}

static void worker_after(struct worker *w)
{
	struct process *p = w->previous;
	enum after after = w->after;

	w->after = AFTER_NOTHING;
	switch (after) {
	case AFTER_NOTHING:
		break;
	case AFTER_PARK:
		if (mailbox_park(p))
			break;
		/* fall through */
	case AFTER_YIELD:
		queue_put(&w->queue, p);
		break;
	case AFTER_END:
		process_release(w, p);
		break;
	}
}

/* The first thing on every new stack. */
static void process_begin(void)
{
	struct worker *w = worker_here();
	struct process *p = w->current;

	annotate_switch_end(&p->annotation);
	worker_after(w);
	if (!process_drain(p))
		((reeve_process_fn)(uintptr_t)p->function)(p->arg);
	process_end(p->exit_reason);
}

static void process_enter(struct worker *w, struct process *p)
{
	w->current = p;
	atomic_store_explicit(&p->state, REEVE_PROCESS_RUNNING,
			      memory_order_relaxed);
	count_up(&w->n_switches, 1);
}

/* One of those that wait, @p being the first. */
static __attribute__((noinline)) struct process *worker_draw(struct worker *w,
							     struct process *p)
{
	unsigned n = 8;

	while (p && --n && random_next(&w->random) % 2) {
		queue_put(&w->queue, p);
		p = queue_take(&w->queue, true);
	}
	return p;
}

static inline struct process *worker_next(struct worker *w)
{
	struct process *p = queue_take(&w->queue, w->is_alone);

	return __builtin_expect(w->is_seeded, 0) ? worker_draw(w, p) : p;
}

void worker_leave(struct worker *w, enum after after)
{
	struct process *self = w->current, *p = NULL;

	w->previous = self;
	w->after = after;
	if (__builtin_expect(w->runtime->is_counting, 0))
		time_charge(w, self);
	if (--w->n_until_look)
		p = worker_next(w);
	if (p && !p->is_handler) {
		process_enter(w, p);
		annotate_switch_begin(&self->annotation, &p->annotation,
				      after == AFTER_END);
		context_switch(&self->context, &p->context);
	} else {
		/* What was taken goes first in the loop. */
		w->current = p;
		annotate_switch_begin(&self->annotation, &w->base_annotation,
				      after == AFTER_END);
		context_switch(&self->context, &w->base);
	}
	annotate_switch_end(&self->annotation);
	worker_after(worker_here());
}

void worker_interrupt(struct worker *w)
{
	struct process *p = w->current;

	/* The first process is made by nobody. */
	if (p && p->stack && !p->is_ending && random_next(&w->random) % 4 == 0)
		reeve_yield();
}

/* ---- the loop ---- */

static void process_run(struct worker *w, struct process *p)
{
	if (w->runtime->is_counting)
		time_charge(w, NULL);
	process_enter(w, p);
	if (p->is_handler) {
		handler_run(w, p);
		return;
	}
	annotate_switch_begin(&w->base_annotation, &p->annotation, false);
	context_switch(&w->base, &p->context);
	annotate_switch_end(&w->base_annotation);
	worker_after(w);
}

/* How many switches there are until the next look. */
static unsigned switches_now(const struct worker *w)
{
	unsigned n = w->n_per_look;

	if (w->look_took > LOOK_NS)
		return (unsigned)(n * UINT64_C(1) * LOOK_NS / w->look_took)
			       ?: 1;
	if (w->look_took < LOOK_NS / 2 && n < SWITCHES_PER_LOOK)
		return 2 * n;
	return n;
}

static void worker_loop(struct worker *w)
{
	struct process *p;

	for (;;) {
		/* What a process took that had no stack to be entered on. */
		p = TAKE(w->current);
		if (!w->n_until_look || !--w->n_until_look) {
			worker_look(w);
			w->n_until_look = w->n_per_look = switches_now(w);
		}
		if (!p)
			p = worker_next(w);
		if (!p)
			p = worker_find(w);
		if (!p)
			break;
		process_run(w, p);
	}
}

static void worker_begin(void)
{
	struct worker *w = worker_here();

	annotate_switch_end(&w->base_annotation);
	worker_loop(w);
	annotate_switch_begin(&w->base_annotation, &w->outside_annotation,
			      false);
	context_switch(&w->base, &w->outside);
	__builtin_unreachable();
}

void worker_run(struct worker *w)
{
	own_worker = w;
	envelope_cache_use(w->envelopes);
	w->n_until_look = w->n_per_look = 1;
	annotate_thread_stack(&w->outside_annotation);
	annotate_stack_made(&w->base_annotation, w->base_stack,
			    BASE_STACK_SIZE);
	do {
		w->is_restarting = false;
		context_make(&w->base, w->base_stack, BASE_STACK_SIZE,
			     worker_begin);
		annotate_switch_begin(&w->outside_annotation,
				      &w->base_annotation, false);
		context_switch(&w->outside, &w->base);
		annotate_switch_end(&w->outside_annotation);
	} while (w->is_restarting);
	annotate_stack_freed(&w->base_annotation);
	envelope_cache_use(NULL);
	own_worker = NULL;
}

_Noreturn void worker_restart(struct worker *w)
{
	w->is_restarting = true;
	annotate_switch_begin(&w->base_annotation, &w->outside_annotation,
			      false);
	context_switch(&w->base, &w->outside);
	__builtin_unreachable();
}

void process_make_context(struct process *p)
{
	context_make(&p->context, p->stack, p->stack_size, process_begin);
}

/* ---- overflow ---- */

/* On the loop's stack, from its top: what the loop had there is given up. */
static void overflow_land(void)
{
	struct worker *w = worker_here();
	struct process *p = w->current;

	annotate_landing(p->is_handler ? &w->base_annotation : &p->annotation,
			 &w->base_annotation);
	end_report(p, "its stack overflowed");
	process_finish(p, REEVE_EXIT_OVERFLOW);
	w->current = NULL;
	process_release(w, p);
	worker_restart(w);
}

bool runtime_overflow_landing(void *address, void **ret_sp,
			      void (**ret_entry)(void))
{
	struct worker *w = worker_here();
	struct process *p = w ? w->current : NULL;

	if (!p || p->is_ending ||
	    !stack_is_guard(p->is_handler ? w->base_stack : p->stack, address))
		return false;
	*ret_sp = (char *)w->base_stack + BASE_STACK_SIZE;
	*ret_entry = overflow_land;
	return true;
}
