#include "schedule_model.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct world world;

_Noreturn void wrong(const struct actor *a, const char *format, ...)
{
	va_list list;

	fprintf(stderr, "seed %llu, event %u, actor %u: ",
		(unsigned long long)world.seed, world.n_events,
		a ? a->index : 0);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr,
		"\nagain, with all events: test_process_schedules %llu\n",
		(unsigned long long)world.seed);
	abort();
}

void event(const struct actor *a, const char *what, long long one,
	   long long other)
{
	uint64_t h = world.trace;
	const char *c;

	if (!world.is_exact)
		return;
	if (world.is_loud)
		printf("%6u  %2u %-14s %lld %lld\n", world.n_events, a->index,
		       what, one, other);
	world.n_events++;
	for (c = what; *c; c++)
		h = (h ^ (uint64_t)*c) * 0x100000001b3;
	h = (h ^ a->index) * 0x100000001b3;
	h = (h ^ (uint64_t)one) * 0x9e3779b97f4a7c15;
	h = (h ^ (uint64_t)other) * 0x9e3779b97f4a7c15;
	world.trace = h ^ h >> 29;
}

uint64_t draw(struct actor *a, uint64_t below)
{
	a->random ^= a->random << 13;
	a->random ^= a->random >> 7;
	a->random ^= a->random << 17;
	return (a->random >> 11) % below;
}

/* ---- reasons ---- */

int reason_of(int n)
{
	return n < 0 ? REEVE_EXIT_KILLED : REEVE_EXIT_OWN + n;
}

static uint64_t reason_bit(int reason)
{
	return UINT64_C(1) << (reason >= REEVE_EXIT_OWN
				       ? reason - REEVE_EXIT_OWN
			       : reason == REEVE_EXIT_KILLED ? 62
							     : 63);
}

static bool is_allowed(const struct actor *a, int reason)
{
	if (a->has_intent)
		return reason == a->intent;
	return a->reasons & reason_bit(reason);
}

/* ---- ends ---- */

static void must_end(struct actor *a, uint64_t reasons)
{
	a->has_to_end = true;
	a->reasons |= reasons;
}

/* With which reasons the end of @a ends those that are linked with it. */
static uint64_t reasons_to_others(const struct actor *a)
{
	if (!a->has_intent)
		return a->reasons;
	return a->intent ? reason_bit(a->intent) : 0;
}

static void end_now(struct actor *a)
{
	struct actor *other;
	unsigned i;

	event(a, "has ended", 0, 0);
	a->has_ended = true;
	a->n_queue = 0;
	if (!a->has_intent && !a->reasons)
		wrong(a, "it ended without a reason");
	for (i = 1; i < world.n_actors; i++) {
		other = &world.actors[i];
		if (!world.linked[a->index][i])
			continue;
		world.linked[a->index][i] = false;
		world.linked[i][a->index] = false;
		if (other->has_ended)
			continue;
		if (other->traps)
			other->notices[a->index].n_due++;
		else if (reasons_to_others(a))
			must_end(other, reasons_to_others(a));
	}
}

/* Of those that ended since somebody looked, any can have been the first. */
static void spread_reasons(const bool *has_just_ended)
{
	struct actor *from, *to;
	unsigned i, k, n;

	for (n = 0; n < world.n_actors; n++)
		for (i = 1; i < world.n_actors; i++)
			for (k = 1; k < world.n_actors; k++) {
				from = &world.actors[i];
				to = &world.actors[k];
				if (has_just_ended[i] && has_just_ended[k] &&
				    world.linked[i][k] && !to->traps)
					to->reasons |= reasons_to_others(from);
			}
}

void model_reconcile(void)
{
	bool has_just_ended[ACTORS_MAX] = {}, is_any = false;
	struct actor *a;
	unsigned i;

	if (!world.is_exact)
		return;
	for (i = 1; i < world.n_actors; i++) {
		a = &world.actors[i];
		has_just_ended[i] =
			!a->has_ended && a->pid && !reeve_is_alive(a->pid);
		is_any |= has_just_ended[i];
	}
	if (!is_any)
		return;
	spread_reasons(has_just_ended);
	for (i = 1; i < world.n_actors; i++)
		if (has_just_ended[i])
			end_now(&world.actors[i]);
}

void model_intend(struct actor *a, int reason)
{
	event(a, "ends", reason, 0);
	a->has_intent = true;
	a->intent = reason;
}

void model_kill(struct actor *by, struct actor *a, int n)
{
	event(by, "kills", a->index, n);
	if (!world.is_exact || a->has_ended)
		return;
	if (n < 0 || !a->traps)
		must_end(a, reason_bit(reason_of(n)));
	else
		a->notices[by->index].n_due++;
}

void model_settle(struct actor *a)
{
	struct wish *w;
	unsigned i;

	model_reconcile();
	event(a, "settles", 0, 0);
	a->had_to_end_before_settling = a->has_to_end;
	for (i = 0; i < ACTORS_MAX; i++)
		a->notices[i].n_before_settling = a->notices[i].n_due;
	for (i = 0; i < a->n_monitors; i++) {
		w = &a->monitors[i];
		w->is_due = w->state == WISH_OPEN &&
			    !reeve_is_alive(w->target->pid);
	}
	for (i = 0; i < a->n_timers; i++)
		a->timers[i].is_due = a->timers[i].state == WISH_OPEN;
}

void model_settled(struct actor *a)
{
	unsigned i;

	event(a, "has settled", 0, 0);
	if (a->had_to_end_before_settling)
		wrong(a, "it lives though it has to end");
	for (i = 0; world.is_exact && i < ACTORS_MAX; i++)
		if (a->notices[i].n_told < a->notices[i].n_before_settling)
			wrong(a, "it was not told of the end of %u", i);
	for (i = 0; i < a->n_monitors; i++)
		if (a->monitors[i].is_due && a->monitors[i].state == WISH_OPEN)
			wrong(a, "no monitor told of the end of %u",
			      a->monitors[i].target->index);
	for (i = 0; i < a->n_timers; i++)
		if (a->timers[i].is_due && a->timers[i].state == WISH_OPEN)
			wrong(a, "timer %u never came", i);
}

/* ---- messages ---- */

static bool is_match(const struct payload *m, uint64_t ordinal,
		     const struct actor *sender)
{
	return (!ordinal || m->ordinal == ordinal) &&
	       (!sender || m->from == sender->index);
}

/* Notices that may lie in its queue; they count as messages there. An answer
 * that it waits for does as well. */
static unsigned n_notices(const struct actor *a)
{
	unsigned n = 1, i;

	for (i = 0; i < ACTORS_MAX; i++)
		n += a->notices[i].n_due - a->notices[i].n_told;
	for (i = 0; i < a->n_monitors; i++)
		n += a->monitors[i].state == WISH_OPEN;
	for (i = 0; i < a->n_timers; i++)
		n += a->timers[i].state == WISH_OPEN;
	return n;
}

static void queue_remove(struct actor *a, unsigned i)
{
	memmove(&a->queue[i], &a->queue[i + 1],
		(--a->n_queue - i) * sizeof(a->queue[0]));
}

void model_send(struct actor *to, const struct payload *m)
{
	if (!world.is_exact || to->has_ended)
		return;
	if (to->n_queue == QUEUE_MAX)
		wrong(to, "it has more messages than it may");
	to->queue[to->n_queue++] = *m;
}

void model_sent(struct actor *a, struct actor *to, const struct payload *m,
		int result)
{
	unsigned i;

	event(a, result ? "could not send" : "sent", m->id, to->index);
	if (!world.is_exact || !result) {
		if (to->n_queue > BOUND)
			wrong(a, "%u took more than its bound", to->index);
		return;
	}
	for (i = 0; i < to->n_queue && to->queue[i].id != m->id; i++)
		;
	if (i < to->n_queue)
		queue_remove(to, i);
	if (result == -ESRCH && !to->has_ended)
		wrong(a, "%u was said to have ended", to->index);
	if (result == -EAGAIN && to->n_queue + n_notices(to) < BOUND)
		wrong(a, "%u was full with %u messages", to->index,
		      to->n_queue);
}

static void check_number(struct actor *a, const struct payload *m)
{
	uint32_t *last = &a->last_number[m->from][m->ordinal];

	/* Others pass requests on. */
	if (m->ordinal == ORDINAL_ASK)
		return;
	if (m->to != a->index)
		wrong(a, "it got what was sent to %u", m->to);
	if (m->number <= *last)
		wrong(a, "number %u of %u came after number %u", m->number,
		      m->from, *last);
	*last = m->number;
}

void model_received(struct actor *a, const struct payload *m, uint64_t ordinal,
		    const struct actor *sender)
{
	unsigned i;

	event(a, "received", m->id, m->from);
	if (!is_match(m, ordinal, sender))
		wrong(a, "message %u is not what it asked for", m->id);
	check_number(a, m);
	if (!world.is_exact)
		return;
	for (i = 0; i < a->n_queue; i++)
		if (is_match(&a->queue[i], ordinal, sender))
			break;
	if (i == a->n_queue)
		wrong(a, "message %u was not sent, or came twice", m->id);
	if (a->queue[i].id != m->id)
		wrong(a, "message %u came before message %u", m->id,
		      a->queue[i].id);
	queue_remove(a, i);
}

void model_nothing(struct actor *a, uint64_t ordinal,
		   const struct actor *sender)
{
	unsigned i;

	event(a, "nothing", (long long)ordinal, sender ? sender->index : 0);
	for (i = 0; i < a->n_queue; i++)
		if (is_match(&a->queue[i], ordinal, sender))
			wrong(a, "message %u was not received", a->queue[i].id);
}

/* ---- notices ---- */

static struct wish *wish_find(struct wish *w, unsigned n, uint64_t reference)
{
	for (; n; n--, w++)
		if (w->reference == reference)
			return w;
	return NULL;
}

static void wish_told(struct actor *a, struct wish *w)
{
	if (!w)
		wrong(a, "it was told what it had not asked");
	if (w->state != WISH_OPEN)
		wrong(a, "it was told twice, or after it took that back");
	w->state = WISH_TOLD;
}

static void down_told(struct actor *a, const struct wish *w,
		      const struct reeve_notice *n)
{
	struct actor *target = w->target;

	if (n->pid != target->pid)
		wrong(a, "the notice is of somebody else");
	if (reeve_is_alive(n->pid))
		wrong(a, "it was told of the end of %u, which lives",
		      target->index);
	if (!world.is_exact)
		return;
	if (w->was_late) {
		if (n->reason != REEVE_EXIT_NO_PROCESS)
			wrong(a, "%u had ended, and the reason is %d",
			      target->index, n->reason);
		return;
	}
	if (!is_allowed(target, n->reason))
		wrong(a, "%u cannot have ended with %d", target->index,
		      n->reason);
	if (target->told_reason >= 0 && target->told_reason != n->reason)
		wrong(a, "%u ended with %d and with %d", target->index,
		      target->told_reason, n->reason);
	target->told_reason = n->reason;
}

static void exit_told(struct actor *a, const struct reeve_notice *n)
{
	unsigned i;

	if (!a->traps)
		wrong(a, "it does not trap exits");
	for (i = 1; i < world.n_actors; i++)
		if (world.actors[i].pid == n->pid)
			break;
	if (i == world.n_actors)
		wrong(a, "a notice of nobody");
	if (!world.is_exact)
		return;
	if (a->notices[i].n_told++ == a->notices[i].n_due)
		wrong(a, "a notice of %u that is not due", i);
}

void model_notice(struct actor *a, uint64_t ordinal,
		  const struct reeve_notice *notice)
{
	struct wish *w;

	model_reconcile();
	event(a, "notice", (long long)(ordinal & 0xff), notice->reason);
	switch (ordinal) {
	case REEVE_NOTICE_EXIT:
		exit_told(a, notice);
		break;
	case REEVE_NOTICE_DOWN:
		w = wish_find(a->monitors, a->n_monitors, notice->reference);
		wish_told(a, w);
		down_told(a, w, notice);
		break;
	case REEVE_NOTICE_TIMER:
		wish_told(a,
			  wish_find(a->timers, a->n_timers, notice->reference));
		break;
	default:
		wrong(a, "a notice of no kind");
	}
}

/* ---- links and monitors ---- */

void model_link(struct actor *a, struct actor *with)
{
	event(a, "links", with->index, 0);
	if (!world.is_exact || a == with)
		return;
	if (!with->has_ended)
		world.linked[a->index][with->index] =
			world.linked[with->index][a->index] = true;
	else if (a->traps)
		a->notices[with->index].n_due++;
	else
		must_end(a, reason_bit(REEVE_EXIT_NO_PROCESS));
}

void model_unlink(struct actor *a, struct actor *from)
{
	event(a, "unlinks", from->index, 0);
	if (world.is_exact)
		world.linked[a->index][from->index] =
			world.linked[from->index][a->index] = false;
}

void model_monitored(struct actor *a, struct actor *target, uint64_t reference,
		     bool was_late)
{
	event(a, "monitors", target->index, was_late);
	a->monitors[a->n_monitors++] = (struct wish){ .reference = reference,
						      .target = target,
						      .was_late = was_late };
}

void model_taken_back(struct actor *a, struct wish *w, int result,
		      bool may_be_under_way)
{
	event(a, "takes back", w->state, result);
	if (result == 0 && w->state == WISH_OPEN)
		w->state = WISH_TAKEN_BACK;
	else if (result == 0)
		wrong(a, "it could take back what was told");
	else if (result != -ENOENT)
		wrong(a, "taking back gave %d", result);
	else if (w->state == WISH_OPEN && !may_be_under_way)
		wrong(a, "it could not take back what was not told");
}
