#include "schedule_actors.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

enum {
	STEPS = 30,
	TIME_MAX = 20,
	SETTLING = 100, /* longer than any timer */
};

static void actor_run(void *arg);
static int actor_handle(void *state, struct reeve_message *m);

/* Where time does not jump, waits are short. */
static int some_time(struct actor *a)
{
	return 1 + (int)draw(a, world.is_exact ? TIME_MAX : 2);
}

/* ---- spawning ---- */

static struct actor *actor_new(uint64_t kind)
{
	unsigned i = atomic_fetch_add(&world.n_actors, 1);
	struct actor *a = &world.actors[i];

	if (i >= ACTORS_MAX) {
		atomic_fetch_sub(&world.n_actors, 1);
		return NULL;
	}
	a->index = i;
	a->random = (world.seed * ACTORS_MAX + i + 1) * 0x9e3779b97f4a7c15;
	a->told_reason = -1;
	a->is_handler = kind % 4 == 0;
	a->traps = kind & 4;
	return a;
}

void actor_spawn(struct actor *by, uint64_t kind)
{
	struct reeve_spawn_options o = { .mailbox = BOUND };
	struct actor *a;
	reeve_pid pid;
	int r;

	/* In parallel a place in the array may not be given back. */
	if (world.n_actors + 4 > ACTORS_MAX || !(a = actor_new(kind)))
		return;
	o.flags = a->traps ? REEVE_SPAWN_TRAP_EXIT : 0;
	if (by && kind & 8) {
		o.flags |= REEVE_SPAWN_LINK;
		world.linked[by->index][a->index] = world.is_exact;
		world.linked[a->index][by->index] = world.is_exact;
	}
	if (by)
		event(by, "spawns", a->index, (long long)(kind & 15));
	r = a->is_handler
		    ? reeve_spawn_handler(actor_handle, &a, sizeof(a), &o, &pid)
		    : reeve_spawn(actor_run, a, &o, &pid);
	MUST_EQUAL(r, 0);
	a->pid = pid;
}

static struct actor *some_other(struct actor *a)
{
	struct actor *other = &world.actors[1 + draw(a, world.n_actors - 1)];

	return other->pid ? other : a;
}

/* ---- sending ---- */

static bool payload_make(struct actor *a, struct actor *to, unsigned ordinal,
			 struct payload *ret)
{
	uint32_t id = atomic_fetch_add(&world.n_messages, 1);

	if (id >= MESSAGES_MAX)
		return false;
	*ret = (struct payload){ .id = id,
				 .from = (uint8_t)a->index,
				 .to = (uint8_t)to->index,
				 .ordinal = (uint16_t)ordinal,
				 .number =
					 ++a->next_number[to->index][ordinal] };
	return true;
}

static void do_send(struct actor *a)
{
	struct actor *to = some_other(a);
	unsigned ordinal = 1 + (unsigned)draw(a, 3);
	struct payload p;

	if (!payload_make(a, to, ordinal, &p))
		return;
	model_reconcile();
	model_send(to, &p);
	model_sent(a, to, &p,
		   reeve_send_to(to->pid, &(struct reeve_message){
						  .ordinal = ordinal,
						  .bytes = &p,
						  .n_bytes = sizeof(p) }));
}

static void do_send_wait(struct actor *a)
{
	struct actor *to = some_other(a);
	struct payload p;
	int r;

	if (to == a || !payload_make(a, to, 1, &p))
		return;
	r = reeve_send_wait(to->pid,
			    &(struct reeve_message){ .ordinal = 1,
						     .bytes = &p,
						     .n_bytes = sizeof(p) },
			    some_time(a));
	/* It was put there just now, or never. */
	model_reconcile();
	if (r == 0)
		model_send(to, &p);
	model_sent(a, to, &p, r == -ETIMEDOUT ? -EAGAIN : r);
}

static void do_call(struct actor *a)
{
	struct actor *to = some_other(a);
	struct reeve_message *answer;
	struct payload p;
	int r;

	if (to == a || !payload_make(a, to, ORDINAL_ASK, &p))
		return;
	reeve_yield();
	model_reconcile();
	model_send(to, &p);
	event(a, "calls", to->index, p.id);
	r = reeve_call_to(to->pid,
			  &(struct reeve_message){ .ordinal = ORDINAL_ASK,
						   .bytes = &p,
						   .n_bytes = sizeof(p) },
			  some_time(a), &answer);
	model_reconcile();
	if (r == -ETIMEDOUT) {
		event(a, "gives up", p.id, 0);
		if (world.is_exact && world.answered[p.id])
			wrong(a, "the answer to %u was lost", p.id);
		return;
	}
	if (r < 0) {
		model_sent(a, to, &p, r);
		return;
	}
	event(a, "was answered", p.id, 0);
	if (answer->n_bytes != sizeof(p.id) ||
	    memcmp(answer->bytes, &p.id, sizeof(p.id)) != 0)
		wrong(a, "the answer to %u is another one's", p.id);
	if (world.is_exact && !world.answered[p.id])
		wrong(a, "nobody answered %u", p.id);
	reeve_message_free(answer);
}

/* ---- receiving ---- */

static void do_answer(struct actor *a, struct reeve_message *m,
		      const struct payload *p)
{
	int r;

	event(a, "answers", p->id, 0);
	if (world.is_exact) {
		model_reconcile();
		world.answered[p->id] = true;
	}
	r = reeve_answer(m, &p->id, sizeof(p->id));
	if (world.is_exact &&
	    r != (world.actors[p->from].has_ended ? -ESRCH : 0))
		wrong(a, "answering gave %d", r);
}

/* True: it is not @a's any more. */
static bool do_forward(struct actor *a, struct reeve_message *m,
		       const struct payload *p)
{
	struct actor *to = some_other(a);
	struct payload copy = *p;
	int r;

	model_reconcile();
	model_send(to, &copy);
	r = reeve_forward(to->pid, m);
	model_sent(a, to, &copy, r);
	return r == 0;
}

/* True: it is not @a's any more. */
static bool take(struct actor *a, struct reeve_message *m, uint64_t ordinal,
		 const struct actor *sender)
{
	struct payload p;

	if (m->ordinal >> 63) {
		MUST_EQUAL(m->n_bytes, sizeof(struct reeve_notice));
		model_notice(a, m->ordinal,
			     (const struct reeve_notice *)m->bytes);
		return false;
	}
	if (m->n_bytes != sizeof(p))
		wrong(a, "an answer that nobody waits for");
	memcpy(&p, m->bytes, sizeof(p));
	MUST_EQUAL(p.ordinal, m->ordinal);
	if (reeve_message_sender(m) != world.actors[p.from].pid)
		wrong(a, "message %u has another sender", p.id);
	model_received(a, &p, ordinal, sender);
	if (!m->txid)
		return false;
	switch (draw(a, 5)) {
	case 0:
		return false;
	case 1:
		return !a->is_handler && do_forward(a, m, &p);
	default:
		do_answer(a, m, &p);
		return false;
	}
}

/* False: nothing came. */
static bool receive(struct actor *a, uint64_t ordinal, struct actor *sender,
		    int timeout_ms)
{
	struct reeve_match match = { .ordinal = ordinal,
				     .sender = sender ? sender->pid
						      : REEVE_PID_NONE };
	struct reeve_message *m;
	int r = ordinal || sender ? reeve_next_match(&match, timeout_ms, &m)
				  : reeve_next(timeout_ms, &m);

	if (r < 0) {
		if (r != (timeout_ms ? -ETIMEDOUT : -EAGAIN))
			wrong(a, "receiving gave %d", r);
		model_nothing(a, ordinal, sender);
		return false;
	}
	if (!take(a, m, ordinal, sender))
		reeve_message_free(m);
	return true;
}

static void do_receive(struct actor *a)
{
	uint64_t ordinal = draw(a, 3) ? 0 : 1 + draw(a, 4);
	/* What was passed on comes from whoever sent it first. */
	struct actor *sender = draw(a, 4) ? NULL : some_other(a);

	receive(a, ordinal, sender, draw(a, 3) ? some_time(a) : 0);
}

/* ---- ends ---- */

static void do_link(struct actor *a)
{
	struct actor *with = some_other(a);

	/* What others did before is looked at then. */
	reeve_yield();
	model_reconcile();
	model_link(a, with);
	MUST_EQUAL(reeve_link(with->pid), 0);
}

static void do_unlink(struct actor *a)
{
	struct actor *from = some_other(a);

	reeve_yield();
	model_reconcile();
	model_unlink(a, from);
	MUST_EQUAL(reeve_unlink(from->pid), 0);
}

static void do_monitor(struct actor *a)
{
	struct actor *target = some_other(a);
	uint64_t reference;

	if (a->n_monitors == WISHES_MAX || target == a)
		return;
	model_reconcile();
	MUST_EQUAL(reeve_monitor(target->pid, &reference), 0);
	model_monitored(a, target, reference, target->has_ended);
}

static void do_unmonitor(struct actor *a)
{
	struct wish *w;

	if (!a->n_monitors)
		return;
	w = &a->monitors[draw(a, a->n_monitors)];
	model_taken_back(a, w, reeve_unmonitor(w->reference), false);
}

static void do_kill(struct actor *a)
{
	struct actor *other = some_other(a);
	int n = draw(a, 4) ? (int)draw(a, REASONS_MAX) : -1, r;
	bool lives;

	model_reconcile();
	lives = !other->has_ended;
	model_kill(a, other, n);
	r = reeve_kill(other->pid, reason_of(n));
	if (world.is_exact ? r != (lives ? 0 : -ESRCH) : r && r != -ESRCH)
		wrong(a, "killing %u gave %d", other->index, r);
}

static void do_timer(struct actor *a)
{
	struct wish *w;

	if (draw(a, 3) && a->n_timers < WISHES_MAX) {
		w = &a->timers[a->n_timers];
		*w = (struct wish){};
		MUST_EQUAL(reeve_notify_after(some_time(a) - 1, &w->reference),
			   0);
		a->n_timers++;
		event(a, "timer", 0, 0);
	} else if (a->n_timers) {
		w = &a->timers[draw(a, a->n_timers)];
		model_taken_back(a, w, reeve_cancel_timer(w->reference), true);
	}
}

/* ---- actors ---- */

static void step(struct actor *a)
{
	switch (draw(a, 32)) {
	case 0 ... 6:
		do_send(a);
		break;
	case 7 ... 15:
		do_receive(a);
		break;
	case 16 ... 18:
		do_call(a);
		break;
	case 19:
		do_send_wait(a);
		break;
	case 20 ... 21:
		do_link(a);
		break;
	case 22:
		do_unlink(a);
		break;
	case 23 ... 24:
		do_monitor(a);
		break;
	case 25:
		do_unmonitor(a);
		break;
	case 26:
		do_timer(a);
		break;
	case 27:
		if (draw(a, 3) == 0)
			do_kill(a);
		break;
	case 28:
		actor_spawn(a, draw(a, 16));
		break;
	case 29:
		MUST_EQUAL(reeve_sleep(some_time(a) - 1), 0);
		break;
	case 30:
		if (draw(a, 8) == 0) {
			model_intend(a, reason_of((int)draw(a, REASONS_MAX)));
			reeve_exit(a->intent);
		}
		break;
	default:
		reeve_yield();
	}
}

/* All that is under way comes in, and all of it is received. */
static void settle(struct actor *a)
{
	unsigned i;

	model_settle(a);
	if (world.is_exact)
		MUST_EQUAL(reeve_sleep(SETTLING), 0);
	for (i = 0; !world.is_exact && i < a->n_monitors; i++)
		while (a->monitors[i].is_due &&
		       a->monitors[i].state == WISH_OPEN)
			receive(a, 0, NULL, 1000);
	for (i = 0; !world.is_exact && i < a->n_timers; i++)
		while (a->timers[i].is_due && a->timers[i].state == WISH_OPEN)
			receive(a, 0, NULL, 1000);
	while (receive(a, 0, NULL, 0))
		;
	model_settled(a);
}

static void actor_run(void *arg)
{
	struct actor *a = arg;
	unsigned i;

	a->pid = reeve_self();
	event(a, "begins", 0, 0);
	for (i = 0; i < STEPS; i++)
		step(a);
	settle(a);
	model_intend(a, REEVE_EXIT_NORMAL);
}

static int actor_handle(void *state, struct reeve_message *m)
{
	struct actor *a = *(struct actor **)state;

	a->pid = reeve_self();
	take(a, m, 0, NULL);
	if (a->n_steps++ > STEPS)
		return 0;
	switch (draw(a, 12)) {
	case 0 ... 2:
		do_send(a);
		break;
	case 3:
		do_monitor(a);
		break;
	case 4:
		do_unmonitor(a);
		break;
	case 5:
		do_timer(a);
		break;
	case 6:
		actor_spawn(a, draw(a, 16));
		break;
	case 7:
		if (draw(a, 4) == 0) {
			model_intend(a, reason_of((int)draw(a, REASONS_MAX)));
			return a->intent;
		}
		break;
	default:
		break;
	}
	return 0;
}
