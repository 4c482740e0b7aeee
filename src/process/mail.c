/*
 * What comes to a process, from its inbox to its program.
 */
#include <errno.h>

#include "process/history.h"
#include "process/link.h"
#include "process/mail.h"
#include "process/mailbox.h"
#include "process/runtime.h"

void room_tell(struct envelope *take_e)
{
	reeve_pid to = take_e->from;

	/* The same signal on its way back. */
	take_e->message.txid = 1;
	(void)process_signal(to, take_e);
}

void room_wait(struct process *p, struct envelope *take_e)
{
	struct envelope *last = p->room_waiters;

	take_e->next = last ? last->next : take_e;
	if (last)
		last->next = take_e;
	p->room_waiters = take_e;
	room_check(p);
}

struct envelope *room_take(struct process *p)
{
	struct envelope *last = p->room_waiters, *first = last->next;

	if (first == last)
		p->room_waiters = NULL;
	else
		last->next = first->next;
	return first;
}

void room_check(struct process *p)
{
	uint32_t max = load(&p->mailbox_max), n = n_waiting(p);
	/* One for each message that goes: with all at once most would ask
	 * again. Who is told may have lost interest; an empty mailbox mends
	 * that. */
	uint32_t n_tell = n >= max ? 0 : n ? 1 : max;

	while (n_tell-- && p->room_waiters)
		room_tell(room_take(p));
}

/* What was counted before the mailbox was emptied is taken by now, or it was
 * pushed to the last owner of the place and counted too late. */
static void count_taken(struct process *p, uint32_t n_pushed)
{
	int32_t too_many = (int32_t)(n_pushed - load(&p->n_taken));

	if (__builtin_expect(too_many <= 0, 1))
		return;
	add(&p->n_taken, (uint32_t)too_many);
	if (p->room_waiters)
		room_check(p);
}

int process_drain(struct process *p)
{
	uint32_t n_pushed =
		atomic_load_explicit(&p->n_pushed, memory_order_acquire);
	struct envelope *e = envelope_reverse(mailbox_take(p)), *next;
	int reason = 0, r = 0;

	for (; e; e = next) {
		next = e->next;
		if (e->kind != ENVELOPE_MESSAGE) {
			/* The first reason to end is the one. */
			if (signal_handle(p, e) && !r) {
				r = 1;
				reason = p->exit_reason;
			}
		} else if (!e->is_answer) {
			process_queue(p, e);
			/* One by one: for a sender it is here or there, and for
			 * a moment both. */
			if (!e->is_signal)
				add(&p->n_taken, 1);
		} else if (p->is_calling && e->message.txid == p->n_calls) {
			/* The first one is the one. */
			p->is_calling = false;
			process_queue(p, e);
		} else {
			/* Nobody waits for it any more. */
			envelope_free(e);
		}
	}
	count_taken(p, n_pushed);
	if (r) {
		p->exit_reason = reason;
		return r;
	}
	if (__builtin_expect(atomic_load_explicit(&runtime->is_stopping,
						  memory_order_relaxed),
			     0)) {
		p->exit_reason = REEVE_EXIT_KILLED;
		return 1;
	}
	return 0;
}

/* ---- others ---- */

int process_push_refused(struct process *p, reeve_pid pid)
{
	/* Full of what was counted too late, see count_taken(): it counts anew
	 * when it looks. */
	if (!load(&p->n_queued) && !inbox_envelope(atomic_load(&p->inbox)))
		process_wake(pid);
	return -EAGAIN;
}

/* Past the bound: MAILBOX_GONE, and @e is the caller's; or 0. */
int process_post(reeve_pid pid, struct envelope *e)
{
	struct process *p = table_at(pid);
	int r = p ? mailbox_push(p, pid, e) : MAILBOX_GONE;

	if (r != MAILBOX_OWNED)
		return r;
	/* Not parked any more, and ours: it is pushed now. It handles it
	 * itself.
	 */
	(void)mailbox_push(p, pid, e);
	runtime_ready(p);
	return 0;
}

bool process_signal(reeve_pid pid, struct envelope *take_e)
{
	if (!process_post(pid, take_e))
		return true;
	envelope_free(take_e);
	return false;
}

int process_push(reeve_pid pid, struct envelope *e)
{
	return process_push_by(worker_here(), pid, e);
}

int process_answer(reeve_pid pid, const struct reeve_message *answer)
{
	struct envelope *e;
	int r = envelope_copy(answer, &e);

	if (r < 0)
		return r;
	e->is_answer = true;
	e->from = reeve_self();
	return process_signal(pid, e) ? 0 : -ESRCH;
}

void process_wake(reeve_pid pid)
{
	struct process *p = table_at(pid);

	if (p && mailbox_notify(p, pid) == MAILBOX_OWNED)
		runtime_ready(p);
}
