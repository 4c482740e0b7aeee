/*
 * The order of stopping: dependents first.
 *
 * An instance depends on another while one of its uses, exposes or offers was
 * routed to a capability of it: the derivation of the slots says so.
 */
#pragma once

#include "host/instance.h"

/* Does any live instance but @i depend on @i? */
bool order_is_needed(const struct instance *i);
