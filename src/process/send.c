/* Sending: the public functions. */
#include <errno.h>

#include "process/history.h"
#include "process/mail.h"
#include "process/mailbox.h"
#include "process/runtime.h"
#include "sys/fd.h"

int reeve_send_to(reeve_pid pid, const struct reeve_message *message)
{
	struct worker *w = worker_here();
	struct process *self = w ? w->current : NULL;
	struct cache *c = w ? w->envelopes : NULL;
	struct envelope *e;
	int r;

	if (__builtin_expect(!runtime, 0)) {
		fd_close_all(message->handles, message->n_handles);
		return -EPERM;
	}
	r = envelope_copy_in(c, message, &e);
	if (r < 0)
		return r;
	if (self)
		e->from =
			atomic_load_explicit(&self->pid, memory_order_relaxed);
	r = process_push_by(w, pid, e);
	if (__builtin_expect(r < 0, 0)) {
		envelope_free_in(c, e);
		return r;
	}
	if (!self)
		return 0;
	history_note(w->history, self, HISTORY_SENT, message->ordinal, pid);
	count_up(&self->n_sent, 1);
	worker_chance(w);
	/* Who only ever sends has to learn that it is to end. */
	if (__builtin_expect(mailbox_has_news(self), 0))
		process_look();
	return 0;
}

/* Ask @pid to wake the caller when it has room. 0, -ESRCH, -ENOMEM. */
int process_ask_room(reeve_pid pid)
{
	struct envelope *e =
		envelope_signal(SIGNAL_ROOM, 0, &(struct reeve_notice){});

	if (!e)
		return -ENOMEM;
	e->from = reeve_self();
	return process_signal(pid, e) ? 0 : -ESRCH;
}

/* It is asked once, and again when it has answered: it keeps what it is asked,
 * also of those who did not wait for as long. */
static int ask_room_once(struct process *p, reeve_pid pid)
{
	uint32_t place = (uint32_t)pid;
	int r;

	if (p->room_asked == place && !p->has_room)
		return 0;
	p->has_room = false;
	p->room_asked = 0;
	r = process_ask_room(pid);
	if (r == 0)
		p->room_asked = place;
	return r;
}

static int wait_for_room(reeve_pid pid, struct envelope *e)
{
	struct process *p = process_self();
	int r = process_push(pid, e);

	while (r == -EAGAIN) {
		if (process_is_late())
			return -ETIMEDOUT;
		r = ask_room_once(p, pid);
		if (r < 0)
			return r;
		/* It may have made room before it was asked; then it wakes us
		 * at once. */
		while (!p->has_room && !process_is_late())
			process_park("room in a mailbox", (int)(uint32_t)pid);
		r = process_push(pid, e);
	}
	return r;
}

static void envelope_drop(void *e)
{
	envelope_free(e);
}

int reeve_send_wait(reeve_pid pid, const struct reeve_message *message,
		    int timeout_ms)
{
	struct envelope *e;
	int r = process_may_wait();

	if (r < 0) {
		fd_close_all(message->handles, message->n_handles);
		return r;
	}
	if (!timeout_ms)
		return reeve_send_to(pid, message);
	r = envelope_copy(message, &e);
	if (r < 0)
		return r;
	e->from = reeve_self();
	r = process_push(pid, e);
	if (r == -EAGAIN) {
		/* It may be killed while it waits. */
		r = reeve_defer(envelope_drop, e);
		if (!r) {
			process_wait_until(process_deadline(timeout_ms));
			r = wait_for_room(pid, e);
			process_wait_until(WAIT_FOREVER);
			reeve_undefer(false);
		}
	}
	if (r < 0) {
		envelope_free(e);
		return r;
	}
	count_up(&process_self()->n_sent, 1);
	process_look();
	return 0;
}

int reeve_forward(reeve_pid pid, struct reeve_message *take_message)
{
	struct process *p = process_self();
	struct envelope *e = envelope_of(take_message);
	bool is_served;
	int r;

	if (!p)
		return -EPERM;
	is_served = p->served == e;
	if (!process_let_go(p, e))
		return -EINVAL;
	/* Whatever it was here, there it is a message. */
	e->is_answer = e->is_signal = false;
	r = process_push(pid, e);
	if (r < 0) {
		process_hold(p, e);
		p->served = is_served ? e : p->served;
	} else {
		count_up(&p->n_sent, 1);
	}
	process_look();
	return r;
}

int reeve_answer_with(const struct reeve_message *request,
		      const struct reeve_message *answer)
{
	struct reeve_message m = *answer;
	const struct envelope *e = envelope_of(request);
	int r;

	if (!process_self() || !request->txid) {
		fd_close_all(m.handles, m.n_handles);
		return request->txid ? -EPERM : -EINVAL;
	}
	m.ordinal = request->ordinal;
	m.txid = request->txid;
	if (!e->is_call)
		return reeve_send_to(e->from, &m);
	r = process_answer(e->from, &m);
	process_look();
	return r;
}

int reeve_answer(const struct reeve_message *request, const void *bytes,
		 size_t n_bytes)
{
	const struct reeve_message m = { .bytes = bytes, .n_bytes = n_bytes };

	return reeve_answer_with(request, &m);
}
