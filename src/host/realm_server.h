/*
 * The Realm protocol: what a component may do with its own children.
 *
 * A connection is scoped to the realm that the route named, whoever holds it.
 * Requests on one connection are answered in order; one that has to wait (a
 * child that is being destroyed) holds up its own connection only.
 */
#pragma once

#include "host/instance.h"

/*
 * Serve the protocol for @scope's realm. @payer pays for the connection, which
 * hangs under @slot. 0 or a fault; the channel is taken in any case.
 */
int realm_server_serve(struct instance *scope, struct instance *payer,
		       struct slot *slot, int take_channel);
