/* The slots derived from an instance's own capabilities are followed down to
 * the uses at their ends. What is below a cut is not in use any more. */
#include "host/order.h"

/* What is looked for: any use at all, or each of them. */
struct visit {
	const struct instance *provider;
	order_fn fn; /* NULL: the first one ends the visit */
	void *userdata;
};

/* True if the visit has ended. */
static bool visit_slot(const struct visit *v, struct slot *s)
{
	struct instance *user = s->holder->instance;
	struct slot *derived, *tmp;

	if (s->cut)
		return false;
	if (s->decl->kind == DECL_USE && user && user != v->provider &&
	    instance_is_alive(user)) {
		if (!v->fn)
			return true;
		v->fn(v->userdata, user, s);
	}
	/* Never deeper than the tree's walks, see ROUTE_HOPS_MAX. */
	list_for_each_safe (derived, tmp, &s->derived, link)
		if (visit_slot(v, derived))
			return true;
	return false;
}

static bool visit_output(const struct visit *v)
{
	const struct realm *r = v->provider->realm;
	const struct table *t = &r->tables[TABLE_PROGRAM_OUTPUT];
	struct slot *s;
	size_t k;

	for (k = 0; k < t->n; k++)
		if (visit_slot(v, &t->slots[k]))
			return true;
	for (s = realm_next_added(r, TABLE_PROGRAM_OUTPUT, NULL); s;
	     s = realm_next_added(r, TABLE_PROGRAM_OUTPUT, s))
		if (visit_slot(v, s))
			return true;
	return false;
}

bool order_is_needed(const struct instance *i)
{
	const struct visit v = { .provider = i };
	const struct realm *parent = i->realm->parent;

	/* A parent that looked into the child's exposed directory uses it. */
	if (i->exposed && parent && parent->instance &&
	    instance_is_alive(parent->instance))
		return true;
	return visit_output(&v);
}

void order_each_dependent(struct instance *provider, order_fn fn,
			  void *userdata)
{
	const struct visit v = { provider, fn, userdata };

	(void)visit_output(&v);
}
