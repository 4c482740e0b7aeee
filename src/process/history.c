/*
 * Reading walks all rings once and keeps the events with the highest numbers.
 * Rings are announced in a table of as many places as there can be workers.
 */
#include "process/history.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "process/line.h"

enum { N_RINGS = 64 };

static _Atomic(struct history *) rings[N_RINGS];

int history_new(struct history **ret)
{
	struct history *h = calloc(1, sizeof(*h)), *none;
	unsigned i;

	if (!h)
		return -ENOMEM;
	for (i = 0; i < N_RINGS; i++) {
		none = NULL;
		if (atomic_compare_exchange_strong(&rings[i], &none, h))
			break;
	}
	*ret = h;
	return 0;
}

void history_free(struct history *take_h)
{
	struct history *h;
	unsigned i;

	for (i = 0; take_h && i < N_RINGS; i++) {
		h = take_h;
		atomic_compare_exchange_strong(&rings[i], &h, NULL);
	}
	free(take_h);
}

/* ---- looking ---- */

struct event {
	uint64_t number, other;
	uint32_t order, what;
};

/* The newest events found so far, oldest first. */
struct events {
	struct event at[HISTORY_SHOWN];
	unsigned n;
};

/* Orders wrap, and lie close together. */
static bool is_older(const struct event *a, const struct event *b)
{
	return (int32_t)(a->order - b->order) < 0;
}

static void keep(struct events *events, const struct event *e)
{
	unsigned i = 0;

	if (events->n == HISTORY_SHOWN) {
		if (is_older(e, &events->at[0]))
			return;
		/* The oldest makes room; the others move down. */
		for (; i + 1 < events->n && is_older(&events->at[i + 1], e);
		     i++)
			events->at[i] = events->at[i + 1];
		events->at[i] = *e;
		return;
	}
	for (i = events->n++; i > 0 && is_older(e, &events->at[i - 1]); i--)
		events->at[i] = events->at[i - 1];
	events->at[i] = *e;
}

/*
 * False if it is not of @pid, or was written meanwhile: a new number is seen
 * only where the PID is none or the new one, and that one only with all the
 * rest.
 */
static bool read_event(struct history_event *from, reeve_pid pid,
		       struct event *ret)
{
	ret->order = atomic_load_explicit(&from->order, memory_order_acquire);
	if (atomic_load_explicit(&from->pid, memory_order_acquire) != pid)
		return false;
	ret->number = atomic_load_explicit(&from->number, memory_order_acquire);
	ret->other = atomic_load_explicit(&from->other, memory_order_acquire);
	ret->what = atomic_load_explicit(&from->what, memory_order_acquire);
	return atomic_load_explicit(&from->order, memory_order_relaxed) ==
		       ret->order &&
	       atomic_load_explicit(&from->pid, memory_order_relaxed) == pid;
}

static void look(struct history *h, reeve_pid pid, struct events *events)
{
	struct event e;
	unsigned i;

	for (i = 0; i < HISTORY_N; i++)
		if (read_event(&h->events[i], pid, &e))
			keep(events, &e);
}

/* ---- writing ---- */

static void put_message(struct line *l, const char *what, const struct event *e,
			const char *whom)
{
	line_puts(l, what);
	line_hex(l, e->number);
	if (!e->other)
		return;
	line_puts(l, whom);
	line_pid(l, e->other);
}

static void put_wait(struct line *l, const struct event *e)
{
	line_puts(l, "waits for ");
	line_puts(l, (const char *)(uintptr_t)e->number);
	if ((int64_t)e->other < 0)
		return;
	line_puts(l, " ");
	line_decimal(l, e->other);
}

static void put_event(struct line *l, const struct event *e)
{
	switch ((enum history_what)e->what) {
	case HISTORY_SPAWNED:
		line_puts(l, e->other ? "spawned by " : "started");
		if (e->other)
			line_pid(l, e->other);
		break;
	case HISTORY_RECEIVED:
		put_message(l, "received ", e, " from ");
		break;
	case HISTORY_SENT:
		put_message(l, "sent ", e, " to ");
		break;
	case HISTORY_WAITS:
		put_wait(l, e);
		break;
	case HISTORY_WOKE:
		line_puts(l, "woke");
		break;
	case HISTORY_ENDED:
		line_puts(l, "ended with ");
		line_signed(l, (int64_t)e->number);
		break;
	}
}

unsigned history_print(reeve_pid pid, history_write_fn write, void *arg)
{
	struct events events = { .n = 0 };
	struct history *h;
	struct line l;
	unsigned i;

	for (i = 0; i < N_RINGS; i++) {
		h = atomic_load(&rings[i]);
		if (h)
			look(h, pid, &events);
	}
	for (i = 0; i < events.n; i++) {
		l.n = 0;
		line_puts(&l, "  ");
		put_event(&l, &events.at[i]);
		line_puts(&l, "\n");
		write(arg, l.text, l.n);
	}
	return events.n;
}
