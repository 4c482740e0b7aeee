/* Receiving and calling: the public functions. */
#include <errno.h>

#include "process/history.h"
#include "process/link.h"
#include "process/mail.h"
#include "process/mailbox.h"
#include "process/runtime.h"
#include "sys/fd.h"

enum { MESSAGES_PER_LOOK = 16 };

reeve_pid reeve_message_sender(const struct reeve_message *message)
{
	return envelope_of(message)->from;
}

void reeve_message_free(struct reeve_message *take_message)
{
	struct envelope *e;
	struct worker *w;

	if (!take_message)
		return;
	e = envelope_of(take_message);
	w = worker_here();
	if (e->is_held && w && w->current)
		(void)process_let_go(w->current, e);
	envelope_free_in(w ? w->envelopes : NULL, e);
}

static inline struct reeve_message *received(struct process *p,
					     struct envelope **at)
{
	struct envelope *e = process_take(p, at);

	process_hold(p, e);
	history_note(worker_here()->history, p, HISTORY_RECEIVED,
		     e->message.ordinal, e->from);
	return &e->message;
}

/* Why nothing came; 0: wait on. */
static int wait_verdict(int timeout_ms)
{
	if (!timeout_ms)
		return -EAGAIN;
	return process_is_late() ? -ETIMEDOUT : 0;
}

/* Nothing is in the queue. With a timeout. */
static __attribute__((noinline)) int next_in_time(struct process *p,
						  int timeout_ms)
{
	int r = process_may_wait();

	if (r < 0 && timeout_ms)
		return r;
	process_look();
	if (timeout_ms && !p->queue)
		process_wait_until(process_deadline(timeout_ms));
	while (!p->queue) {
		r = wait_verdict(timeout_ms);
		if (r < 0)
			break;
		process_park("a message", -1);
	}
	if (timeout_ms)
		process_wait_until(WAIT_FOREVER);
	return p->queue ? 0 : r;
}

/* Who finds messages waits for nothing, and would not learn that it is to end
 * before it had read all of them. */
static void look_now_and_then(struct process *p)
{
	if (p->queue &&
	    !(atomic_load_explicit(&p->n_received, memory_order_relaxed) %
	      MESSAGES_PER_LOOK))
		process_look();
}

int reeve_next(int timeout_ms, struct reeve_message **ret)
{
	struct worker *w = worker_here();
	struct process *p = w ? w->current : NULL;
	int r;

	if (__builtin_expect(!p, 0))
		return -EPERM;
	worker_chance(w);
	look_now_and_then(p);
	if (!p->queue && timeout_ms < 0) {
		if (p->is_handler || p->is_ending)
			return -EDEADLK;
		do
			process_park("a message", -1);
		while (!p->queue);
	} else if (!p->queue) {
		r = next_in_time(p, timeout_ms);
		if (r < 0)
			return r;
	}
	*ret = received(p, &p->queue);
	return 0;
}

/* ---- selective ---- */

static bool is_match(const struct reeve_match *m, const struct envelope *e)
{
	return (!m->ordinal || m->ordinal == e->message.ordinal) &&
	       (!m->txid || m->txid == e->message.txid) &&
	       (!m->sender || m->sender == e->from) &&
	       (!m->fn || m->fn(&e->message, m->arg));
}

/* From *at on, which is where it will go on next time. NULL: none is there. */
static struct envelope **find(const struct reeve_match *m,
			      struct envelope ***at)
{
	for (; **at; *at = &(**at)->next)
		if (is_match(m, **at))
			return *at;
	return NULL;
}

/* For @what, from *from on. The deadline is set. */
static int match_wait(struct process *p, const struct reeve_match *m,
		      const char *what, int timeout_ms, struct envelope **from,
		      struct reeve_message **ret)
{
	struct envelope **found;
	int r;

	/* What was looked at and does not match is not looked at again: only
	 * this process takes anything out. */
	while (!(found = find(m, &from))) {
		r = wait_verdict(timeout_ms);
		if (r < 0)
			return r;
		process_park(what, -1);
	}
	*ret = received(p, found);
	return 0;
}

int reeve_next_match(const struct reeve_match *match, int timeout_ms,
		     struct reeve_message **ret)
{
	struct process *p = process_self();
	struct envelope **from, **found;
	int r;

	if (!p)
		return -EPERM;
	worker_chance(worker_here());
	look_now_and_then(p);
	from = &p->queue;
	found = find(match, &from);
	if (found) {
		*ret = received(p, found);
		return 0;
	}
	r = process_may_wait();
	if (r < 0 && timeout_ms)
		return r;
	process_look();
	process_wait_until(process_deadline(timeout_ms));
	r = match_wait(p, match,
		       match->txid ? "an answer" : "a certain message",
		       timeout_ms, from, ret);
	process_wait_until(WAIT_FOREVER);
	return r;
}

/* ---- calling ---- */

/* The answer, or the news that @pid has ended. */
struct call {
	uint32_t txid;
	uint64_t reference;
};

static bool is_of_call(const struct reeve_message *m, void *arg)
{
	const struct call *c = arg;
	const struct envelope *e = envelope_of(m);

	if (e->is_answer)
		return m->txid == c->txid;
	return m->ordinal == REEVE_NOTICE_DOWN &&
	       m->n_bytes == sizeof(struct reeve_notice) &&
	       envelope_body(e)->reference == c->reference;
}

static int call_send(struct process *p, reeve_pid pid,
		     const struct reeve_message *request, struct call *c)
{
	struct envelope *e;
	int r = envelope_copy(request, &e);

	if (r < 0)
		return r;
	/* 31 bits, never 0; unique among what this process can still get. */
	p->n_calls = (p->n_calls + 1) & 0x7fffffff;
	if (!p->n_calls)
		p->n_calls = 1;
	p->is_calling = true;
	c->txid = p->n_calls;
	e->message.txid = c->txid;
	e->from = reeve_self();
	e->is_call = true;
	r = reeve_monitor(pid, &c->reference);
	if (!r) {
		r = process_push(pid, e);
		if (r < 0)
			(void)reeve_unmonitor(c->reference);
	}
	if (r < 0)
		envelope_free(e);
	else
		count_up(&p->n_sent, 1);
	return r;
}

/* Of a notice that ends the call. */
static int call_ended(struct reeve_message *take_m)
{
	int reason = envelope_body(envelope_of(take_m))->reason;

	reeve_message_free(take_m);
	return reason == REEVE_EXIT_PEER_CLOSED ? -EPIPE : -ESRCH;
}

/* It may have come just now. */
static void call_forget(struct process *p, uint32_t txid)
{
	struct envelope **at;

	for (at = &p->queue; *at; at = &(*at)->next) {
		if (!(*at)->is_answer || (*at)->message.txid != txid)
			continue;
		envelope_free(process_take(p, at));
		return;
	}
}

int reeve_call_to(reeve_pid pid, const struct reeve_message *request,
		  int timeout_ms, struct reeve_message **ret)
{
	struct process *p = process_self();
	struct reeve_message *m = NULL;
	struct envelope **from;
	struct call call;
	const struct reeve_match match = { .fn = is_of_call, .arg = &call };
	int r = process_may_wait();

	if (r < 0) {
		fd_close_all(request->handles, request->n_handles);
		return r;
	}
	/* The answer comes behind what is here already. Signals are not looked
	 * at before the handles are where they are closed at an end. */
	from = p->queue_end;
	r = call_send(p, pid, request, &call);
	if (r < 0) {
		p->is_calling = false;
		process_look();
		return r;
	}
	process_wait_until(process_deadline(timeout_ms));
	r = match_wait(p, &match, "an answer", timeout_ms, from, &m);
	process_wait_until(WAIT_FOREVER);
	p->is_calling = false;
	if (!r && m->ordinal == REEVE_NOTICE_DOWN) {
		/* It may have been answered by whom it was passed on to. */
		call_forget(p, call.txid);
		return call_ended(m);
	}
	(void)reeve_unmonitor(call.reference);
	if (!r)
		*ret = m;
	return r;
}
