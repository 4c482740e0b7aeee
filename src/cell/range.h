/*
 * Host user ids for cells, 256 for each. The kernel counts descriptors in
 * flight, processes and more per user id: with ids of its own, no cell can use
 * up what another needs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { RANGE_IDS = 256 };

struct range {
	uint32_t first; /* first id */
	uint32_t n;	/* how many slots of RANGE_IDS; 0: no ids to give */
	uint32_t next;	/* slot */
};

/* Find ids that this user namespace has and that nobody else uses. */
void range_init(struct range *r);

/* The first id of the next slot. False when there are none to give. */
bool range_take(struct range *r, uint32_t *ret);
