/* The slots derived from an instance's own capabilities are followed down to
 * the uses at their ends. */
#include "host/order.h"

static bool slot_is_used(const struct slot *s, const struct instance *provider)
{
	const struct slot *derived;
	const struct instance *user = s->holder->instance;

	if (s->decl->kind == DECL_USE && user && user != provider &&
	    instance_is_alive(user))
		return true;
	/* Never deeper than the tree's walks, see ROUTE_HOPS_MAX. */
	list_for_each(derived, &s->derived, link)
		if (slot_is_used(derived, provider))
			return true;
	return false;
}

bool order_is_needed(const struct instance *i)
{
	const struct table *t = &i->realm->tables[TABLE_PROGRAM_OUTPUT];
	const struct realm *parent = i->realm->parent;
	size_t k;

	/* A parent that looked into the child's exposed directory uses it. */
	if (i->exposed && parent && parent->instance &&
	    instance_is_alive(parent->instance))
		return true;

	for (k = 0; k < t->n; k++)
		if (slot_is_used(&t->slots[k], i))
			return true;
	return false;
}
