#include "process/link.h"

#include <errno.h>

#include "process/mail.h"
#include "process/mailbox.h"
#include "process/record.h"
#include "process/runtime.h"

static uint64_t reference_new(void)
{
	return atomic_fetch_add_explicit(&runtime->references, 1,
					 memory_order_relaxed) +
	       1;
}

/* What @self is to know of @pid, and @pid of @self; @its_kind is SIGNAL_LINK or
 * SIGNAL_MONITOR. 0 or -ENOMEM. */
static int records_new(reeve_pid self, reeve_pid pid,
		       enum envelope_kind its_kind, struct envelope **ret_mine,
		       struct envelope **ret_its)
{
	enum envelope_kind my_kind =
		its_kind == SIGNAL_LINK ? SIGNAL_LINK : RECORD_MONITORING;
	uint64_t reference = reference_new();
	struct envelope *mine = record_new(my_kind, pid, reference);
	struct envelope *its = record_new(its_kind, self, reference);

	if (!mine || !its) {
		envelope_free(mine);
		envelope_free(its);
		return -ENOMEM;
	}
	*ret_mine = mine;
	*ret_its = its;
	return 0;
}

/* Nobody knows @child yet: its part is added to it at once. */
static int newborn_bind(struct process *self, struct process *child,
			reeve_pid pid, enum envelope_kind its_kind)
{
	struct envelope *mine, *its;
	int r;

	if (!self)
		return 0;
	r = records_new(reeve_self(), pid, its_kind, &mine, &its);
	if (r < 0)
		return r;
	record_add(self, mine);
	record_add(child, its);
	return 0;
}

int link_newborn(struct process *self, struct process *child, reeve_pid pid)
{
	return newborn_bind(self, child, pid, SIGNAL_LINK);
}

int monitor_newborn(struct process *self, struct process *child, reeve_pid pid)
{
	return newborn_bind(self, child, pid, SIGNAL_MONITOR);
}

void link_forget(struct process *self, reeve_pid pid)
{
	struct envelope *e, *next;

	for (e = record_take_all(self); e; e = next) {
		next = e->next;
		if (e->from == pid)
			envelope_free(e);
		else
			record_add(self, e);
	}
}

void link_free_all(struct process *p)
{
	struct envelope *e, *next;

	for (e = record_take_all(p); e; e = next) {
		next = e->next;
		envelope_free(e);
	}
}

/* ---- the end ---- */

/* Make @e say that @self ended, and send it to whom it is about. */
static void end_tell(struct envelope *take_e, enum envelope_kind kind,
		     reeve_pid self, int reason, int detail)
{
	struct reeve_notice *body = envelope_body(take_e);
	reeve_pid to = take_e->from;

	take_e->kind = (uint16_t)kind;
	take_e->from = self;
	body->pid = self;
	/* Of a link, it is between the two. */
	if (kind == SIGNAL_EXIT)
		body->reference = 0;
	body->reason = reason;
	body->reserved = (uint32_t)detail;
	(void)process_signal(to, take_e);
}

void link_tell_all(struct process *p, reeve_pid self)
{
	struct envelope *e, *next;

	for (e = record_take_all(p); e; e = next) {
		next = e->next;
		if (e->kind == SIGNAL_LINK) {
			end_tell(e, SIGNAL_EXIT, self, p->exit_reason,
				 p->exit_detail);
		} else if (e->kind == SIGNAL_MONITOR) {
			end_tell(e, SIGNAL_DOWN, self, p->exit_reason,
				 p->exit_detail);
		} else {
			/* The one that was watched may live for long. */
			end_tell(e, SIGNAL_UNMONITOR, self, 0, 0);
		}
	}
}

void signals_refuse(struct process *p, reeve_pid self,
		    struct envelope *take_list)
{
	struct envelope *e, *next;

	for (e = envelope_reverse(take_list); e; e = next) {
		next = e->next;
		if (e->kind == SIGNAL_LINK) {
			end_tell(e, SIGNAL_EXIT, self, p->exit_reason,
				 p->exit_detail);
		} else if (e->kind == SIGNAL_MONITOR) {
			end_tell(e, SIGNAL_DOWN, self, p->exit_reason,
				 p->exit_detail);
		} else if (e->kind == SIGNAL_ROOM) {
			if (e->message.txid)
				envelope_free(e);
			else
				room_tell(e);
		} else {
			envelope_free(e);
		}
	}
}

/* ---- handling ---- */

static void deliver(struct process *p, struct envelope *e, uint64_t ordinal)
{
	e->kind = ENVELOPE_MESSAGE;
	e->message.ordinal = ordinal;
	process_queue(p, e);
}

/* An end is asked for, or a linked process ended. */
static int exit_handle(struct process *p, struct envelope *take_e)
{
	int reason = envelope_body(take_e)->reason;

	if (p->traps_exit) {
		deliver(p, take_e, REEVE_NOTICE_EXIT);
		return 0;
	}
	envelope_free(take_e);
	if (reason == REEVE_EXIT_NORMAL)
		return 0;
	p->exit_reason = reason;
	return 1;
}

static int linked_handle(struct process *p, struct envelope *take_e)
{
	struct envelope *record = record_take(p, SIGNAL_LINK, take_e->from, 0);

	/* It was unlinked meanwhile. */
	if (!record) {
		envelope_free(take_e);
		return 0;
	}
	/* Where both wished it, there are two; the end is told once. */
	do
		envelope_free(record);
	while ((record = record_take(p, SIGNAL_LINK, take_e->from, 0)));
	return exit_handle(p, take_e);
}

static void down_handle(struct process *p, struct envelope *take_e)
{
	struct envelope *record = record_take(p, RECORD_MONITORING, 0,
					      envelope_body(take_e)->reference);

	if (record)
		deliver(p, take_e, REEVE_NOTICE_DOWN);
	else
		envelope_free(take_e);
	envelope_free(record);
}

int signal_handle(struct process *p, struct envelope *take_e)
{
	struct envelope *e = take_e;

	switch ((enum envelope_kind)e->kind) {
	case SIGNAL_EXIT:
		return e->message.txid ? exit_handle(p, e)
				       : linked_handle(p, e);
	case SIGNAL_KILL:
		p->exit_reason = REEVE_EXIT_KILLED;
		envelope_free(e);
		return 1;
	case SIGNAL_LINK:
	case SIGNAL_MONITOR:
		record_add(p, e);
		return 0;
	case SIGNAL_UNLINK:
		envelope_free(record_take(p, SIGNAL_LINK, e->from,
					  envelope_body(e)->reference));
		envelope_free(e);
		return 0;
	case SIGNAL_UNMONITOR:
		envelope_free(record_take(p, SIGNAL_MONITOR, e->from,
					  envelope_body(e)->reference));
		envelope_free(e);
		return 0;
	case SIGNAL_DOWN:
		down_handle(p, e);
		return 0;
	case SIGNAL_ROOM:
		if (e->message.txid) {
			p->has_room = true;
			envelope_free(e);
			return 0;
		}
		room_wait(p, e);
		return 0;
	case ENVELOPE_MESSAGE:
	case RECORD_MONITORING:
	case RECORD_INDEX:
		break;
	}
	return 0;
}

/* ---- the public functions ---- */

/* What @self wanted to be told of @pid, which is gone: it finds it in its own
 * mailbox. */
static void gone_tell(reeve_pid self, reeve_pid pid, struct envelope *take_e,
		      enum envelope_kind kind)
{
	take_e->from = self;
	end_tell(take_e, kind, pid, REEVE_EXIT_NO_PROCESS, 0);
}

int reeve_link(reeve_pid pid)
{
	struct process *p = process_self();
	struct envelope *mine, *its;
	reeve_pid self = reeve_self();
	int r;

	if (!p)
		return -EPERM;
	/* What the other end wished before counts. */
	process_look();
	if (pid == self || record_is_linked(p, pid))
		return 0;
	r = records_new(self, pid, SIGNAL_LINK, &mine, &its);
	if (r < 0)
		return r;
	record_add(p, mine);
	if (process_post(pid, its))
		gone_tell(self, pid, its, SIGNAL_EXIT);
	process_look();
	return 0;
}

int reeve_unlink(reeve_pid pid)
{
	struct process *p = process_self();
	struct envelope *e;

	if (!p)
		return -EPERM;
	process_look();
	while ((e = record_take(p, SIGNAL_LINK, pid, 0))) {
		e->kind = SIGNAL_UNLINK;
		e->from = reeve_self();
		(void)process_signal(pid, e);
	}
	return 0;
}

bool reeve_trap_exit(bool traps)
{
	struct process *p = process_self();
	bool before = p && p->traps_exit;

	if (p)
		p->traps_exit = traps;
	return before;
}

int reeve_monitor(reeve_pid pid, uint64_t *ret)
{
	struct process *p = process_self();
	struct envelope *mine, *its;
	reeve_pid self = reeve_self();
	int r;

	if (!p)
		return -EPERM;
	r = records_new(self, pid, SIGNAL_MONITOR, &mine, &its);
	if (r < 0)
		return r;
	record_add(p, mine);
	if (ret)
		*ret = envelope_body(mine)->reference;
	if (process_post(pid, its))
		gone_tell(self, pid, its, SIGNAL_DOWN);
	return 0;
}

int reeve_unmonitor(uint64_t reference)
{
	struct process *p = process_self();
	struct envelope *e, **at;
	reeve_pid watched;

	if (!p)
		return -EPERM;
	if (!reference)
		return -EINVAL;
	e = record_take(p, RECORD_MONITORING, 0, reference);
	if (e) {
		watched = e->from;
		e->kind = SIGNAL_UNMONITOR;
		e->from = reeve_self();
		(void)process_signal(watched, e);
		return 0;
	}
	/* It came, and was not read yet. */
	for (at = &p->queue; (e = *at); at = &e->next) {
		if (e->message.ordinal != REEVE_NOTICE_DOWN ||
		    e->message.n_bytes != sizeof(struct reeve_notice) ||
		    envelope_body(e)->reference != reference)
			continue;
		envelope_free(process_take(p, at));
		return 0;
	}
	return -ENOENT;
}

int reeve_kill(reeve_pid pid, int reason)
{
	bool is_kill = reason == REEVE_EXIT_KILLED;
	struct envelope *e;

	if (!process_self())
		return -EPERM;
	e = envelope_signal(is_kill ? SIGNAL_KILL : SIGNAL_EXIT, 0,
			    &(struct reeve_notice){ .pid = reeve_self(),
						    .reason = reason });
	if (!e)
		return -ENOMEM;
	e->from = reeve_self();
	/* Not from a link: nothing of a record is asked. */
	e->message.txid = 1;
	if (!process_signal(pid, e))
		return -ESRCH;
	process_look();
	return 0;
}
