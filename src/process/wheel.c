/*
 * The level of an entry is the highest group of six bits in which its tick
 * differs from the current one. So everything in a level lies before everything
 * in the levels above, and the next slot is the first one of the lowest level
 * that is not empty. Its entries are set again, further down, when its first
 * tick has come. The highest level is a ring: what it cannot reach waits in its
 * last slot, and is looked at again then.
 */
#include "process/wheel.h"

#include <string.h>

enum {
	SLOT_BITS = 6,
	TOP = WHEEL_LEVELS - 1,
};

_Static_assert(WHEEL_SLOTS == 1 << SLOT_BITS, "a word has a bit per slot");

static uint64_t tick_of(uint64_t at)
{
	uint64_t part = at & ((UINT64_C(1) << WHEEL_TICK_BITS) - 1);

	return (at >> WHEEL_TICK_BITS) + (part != 0);
}

void wheel_init(struct wheel *w, uint64_t now)
{
	memset(w, 0, sizeof(*w));
	w->tick = now >> WHEEL_TICK_BITS;
	for (int level = 0; level < WHEEL_LEVELS; level++)
		for (int slot = 0; slot < WHEEL_SLOTS; slot++)
			list_init(&w->slots[level][slot]);
}

static void entry_place(struct wheel *w, struct wheel_entry *e)
{
	uint64_t tick = tick_of(e->at), last;
	unsigned level, slot;

	if (tick < w->tick)
		tick = w->tick;
	level = tick == w->tick
			? 0
			: (63 - (unsigned)__builtin_clzll(tick ^ w->tick)) /
				  SLOT_BITS;
	if (level > TOP)
		level = TOP;
	tick >>= level * SLOT_BITS;
	last = (w->tick >> level * SLOT_BITS) + WHEEL_SLOTS - 1;
	if (tick > last)
		tick = last;
	slot = tick & (WHEEL_SLOTS - 1);
	list_link(&w->slots[level][slot], &e->link);
	w->occupied[level] |= UINT64_C(1) << slot;
}

void wheel_set(struct wheel *w, struct wheel_entry *e, uint64_t at)
{
	e->at = at;
	entry_place(w, e);
	w->n++;
}

/* An entry that is alone in its slot lies between the slot's two ends. */
static void entry_remove(struct wheel *w, struct wheel_entry *e)
{
	struct list *slot = e->link.next;

	if (slot == e->link.previous) {
		unsigned i = (unsigned)(slot - &w->slots[0][0]);

		w->occupied[i / WHEEL_SLOTS] &=
			~(UINT64_C(1) << i % WHEEL_SLOTS);
	}
	list_unlink(&e->link);
}

void wheel_unset(struct wheel *w, struct wheel_entry *e)
{
	if (!wheel_entry_is_set(e))
		return;
	entry_remove(w, e);
	w->n--;
}

bool wheel_entry_is_set(const struct wheel_entry *e)
{
	return e->link.next && !list_is_empty(&e->link);
}

/* The next slot: its level and its first tick. False if all are empty. */
static bool slot_next(const struct wheel *w, unsigned *ret_level,
		      uint64_t *ret_tick)
{
	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		uint64_t current = w->tick >> level * SLOT_BITS;
		unsigned shift = current & (WHEEL_SLOTS - 1);
		uint64_t bits = w->occupied[level];

		if (!bits)
			continue;
		/* Turned so that the current slot is bit 0. */
		bits = bits >> shift | bits << (-shift & (WHEEL_SLOTS - 1));
		current += (unsigned)__builtin_ctzll(bits);
		*ret_level = level;
		*ret_tick = current << level * SLOT_BITS;
		return true;
	}
	return false;
}

uint64_t wheel_next(const struct wheel *w)
{
	uint64_t tick;
	unsigned level;

	if (!slot_next(w, &level, &tick) ||
	    tick > UINT64_MAX >> WHEEL_TICK_BITS)
		return WHEEL_NEVER;
	return tick << WHEEL_TICK_BITS;
}

struct wheel_entry *wheel_take(struct wheel *w, uint64_t now)
{
	uint64_t tick, now_tick = now >> WHEEL_TICK_BITS;
	struct wheel_entry *e;
	struct list *slot;
	unsigned level;

	while (slot_next(w, &level, &tick) && tick <= now_tick) {
		w->tick = tick;
		tick >>= level * SLOT_BITS;
		slot = &w->slots[level][tick & (WHEEL_SLOTS - 1)];
		if (level == 0) {
			e = list_first(slot, struct wheel_entry, link);
			wheel_unset(w, e);
			return e;
		}
		while ((e = list_first(slot, struct wheel_entry, link))) {
			entry_remove(w, e);
			entry_place(w, e);
		}
	}
	if (now_tick > w->tick)
		w->tick = now_tick;
	return NULL;
}
