/*
 * Processes without a stack: a function is called for each message, on the
 * stack of the loop.
 */
#include "process/history.h"
#include "process/mail.h"
#include "process/mailbox.h"
#include "process/runtime.h"

/* Messages in one turn; then others have theirs. */
enum { MESSAGES_PER_TURN = 64 };

static int call(struct process *p, struct envelope *e)
{
	int reason;

	e->is_kept = false;
	process_hold(p, e);
	p->served = e;
	reason =
		((reeve_handler_fn)(uintptr_t)p->function)(p->arg, &e->message);
	/* It may belong to somebody else by now. */
	if (p->served && !e->is_kept)
		reeve_message_free(&e->message);
	p->served = NULL;
	if (!reason)
		return 0;
	p->exit_reason = reason == REEVE_EXIT_DONE ? REEVE_EXIT_NORMAL : reason;
	return 1;
}

void handler_run(struct worker *w, struct process *p)
{
	int n, ends = process_drain(p);

	for (n = 0; !ends && p->queue && n < MESSAGES_PER_TURN; n++) {
		ends = call(p, process_take(p, &p->queue));
		if (!ends && !p->queue && mailbox_has_news(p))
			ends = process_drain(p);
	}
	if (w->runtime->is_counting)
		time_charge(w, p);
	if (ends) {
		process_finish(p, p->exit_reason);
		w->current = NULL;
		process_release(w, p);
		return;
	}
	w->current = NULL;
	atomic_store_explicit(&p->state,
			      p->queue ? REEVE_PROCESS_RUNNABLE
				       : REEVE_PROCESS_WAITING,
			      memory_order_relaxed);
	if (p->queue || !mailbox_park(p))
		queue_put(&w->queue, p);
}

_Noreturn void handler_exit(struct process *p, int reason)
{
	struct worker *w = worker_here();

	process_finish(p, reason);
	w->current = NULL;
	process_release(w, p);
	worker_restart(w);
}

void reeve_message_keep(struct reeve_message *message)
{
	envelope_of(message)->is_kept = true;
}
