/*
 * The order of stopping: dependents first.
 *
 * An instance depends on another while one of its uses, exposes or offers was
 * routed to a capability of it: the derivation of the slots says so, be they of
 * a manifest or added at run time.
 */
#pragma once

#include "host/instance.h"

/* Does any live instance but @i depend on @i? */
bool order_is_needed(const struct instance *i);

/* Call @fn for every use that was routed to a capability of @provider, and
 * whose instance lives. It may change their states; it must not change tables.
 */
typedef void (*order_fn)(void *userdata, struct instance *user,
			 struct slot *use);
void order_each_dependent(struct instance *provider, order_fn fn,
			  void *userdata);
