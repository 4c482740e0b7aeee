/* Three maps over one set of records, keyed by the addresses of slots. */
#include "route/carry.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t slot_hash(const struct slot *s)
{
	return map_hash(&s, sizeof(s));
}

static uint64_t pair_hash(const struct slot *slot, const struct slot *carrier)
{
	const struct slot *pair[] = { slot, carrier };

	return map_hash(pair, sizeof(pair));
}

/* The record of @slot with @carrier. */
static struct carry *carry_find(const struct slot *slot,
				const struct slot *carrier)
{
	const struct topology *t = slot->holder->tree;
	struct map_node *node;
	struct carry *c;

	if (!slot->is_carried)
		return NULL;
	for (node = map_find(&t->carries_by_both, pair_hash(slot, carrier));
	     node; node = map_next(node)) {
		c = container_of(node, struct carry, by_both);
		if (c->slot == slot && c->carrier == carrier)
			return c;
	}
	return NULL;
}

/* A record of @slot with anybody. */
static struct carry *carry_find_any(const struct slot *slot)
{
	const struct topology *t = slot->holder->tree;
	struct map_node *node;
	struct carry *c;

	if (!slot->is_carried)
		return NULL;
	for (node = map_find(&t->carries_by_slot, slot_hash(slot)); node;
	     node = map_next(node)) {
		c = container_of(node, struct carry, by_slot);
		if (c->slot == slot)
			return c;
	}
	return NULL;
}

static int carry_link(struct topology *t, struct carry *c)
{
	int r = map_link(&t->carries_by_slot, &c->by_slot, slot_hash(c->slot));

	if (r)
		return r;
	r = map_link(&t->carries_by_carrier, &c->by_carrier,
		     slot_hash(c->carrier));
	if (r)
		goto unlink_slot;
	r = map_link(&t->carries_by_both, &c->by_both,
		     pair_hash(c->slot, c->carrier));
	if (!r)
		return 0;
	map_unlink(&t->carries_by_carrier, &c->by_carrier);
unlink_slot:
	map_unlink(&t->carries_by_slot, &c->by_slot);
	return r;
}

int carry_note(struct slot *slot, struct slot *carrier)
{
	struct carry *c;
	int r;

	if (carry_find(slot, carrier))
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->slot = slot;
	c->carrier = carrier;
	r = carry_link(slot->holder->tree, c);
	if (r) {
		free(c);
		return r;
	}
	slot->is_carried = carrier->is_carrier = true;
	return 0;
}

struct carry *carry_next(const struct slot *carrier, struct carry *c)
{
	const struct topology *t = carrier->holder->tree;
	struct map_node *node;

	if (!carrier->is_carrier)
		return NULL;
	node = c ? map_next(&c->by_carrier)
		 : map_find(&t->carries_by_carrier, slot_hash(carrier));
	for (; node; node = map_next(node)) {
		c = container_of(node, struct carry, by_carrier);
		if (c->carrier == carrier)
			return c;
	}
	return NULL;
}

static void carry_free(struct carry *c)
{
	struct topology *t = c->slot->holder->tree;

	map_unlink(&t->carries_by_slot, &c->by_slot);
	map_unlink(&t->carries_by_carrier, &c->by_carrier);
	map_unlink(&t->carries_by_both, &c->by_both);
	free(c);
}

void carry_forget(struct slot *s)
{
	struct carry *c;

	while ((c = carry_find_any(s)))
		carry_free(c);
	while ((c = carry_next(s, NULL)))
		carry_free(c);
	s->is_carried = s->is_carrier = false;
}
