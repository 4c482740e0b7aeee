/*
 * Timers by the thousand: a hierarchical timing wheel (Varghese and Lauck,
 * 1987), with ticks of some quarter of a millisecond.
 *
 * Pure: the clock is the caller's, and does not go back. Not locked: the
 * caller's as well. Nothing fires early, and nothing more than a tick late:
 * times are rounded up to whole ticks. What falls into the same tick fires in
 * the order in which it was set.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

enum {
	WHEEL_LEVELS = 6,
	WHEEL_SLOTS = 64,
	WHEEL_TICK_BITS = 18, /* of nanoseconds: 262 us */
};

#define WHEEL_NEVER UINT64_MAX

/* All zero is one that is not set. */
struct wheel_entry {
	struct list link;
	uint64_t at; /* nanoseconds */
};

struct wheel {
	struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
	uint64_t occupied[WHEEL_LEVELS]; /* a bit per slot */
	uint64_t tick;			 /* all before it have fired */
	uint32_t n;
};

void wheel_init(struct wheel *w, uint64_t now);
/* @e is not set. Times further away than the wheel reaches (some 200 days) are
 * set again on the way. */
void wheel_set(struct wheel *w, struct wheel_entry *e, uint64_t at);
/* Harmless on one that is not set. */
void wheel_unset(struct wheel *w, struct wheel_entry *e);
bool wheel_entry_is_set(const struct wheel_entry *e);
/*
 * Not later than the next one fires; WHEEL_NEVER if there is none. It is the
 * time at which the next one fires if that is within 64 ticks; otherwise
 * wheel_take() may give nothing then, and a later time is told after it.
 */
uint64_t wheel_next(const struct wheel *w);
/* Take one that is due at @now out of the wheel; NULL if there is none (more).
 */
struct wheel_entry *wheel_take(struct wheel *w, uint64_t now);
