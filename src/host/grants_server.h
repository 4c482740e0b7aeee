/* The reeve.Realm protocol: what a component gives to its children, and takes
 * back; their lives and limits. */
#pragma once

#include "host/instance.h"

/*
 * Serve the protocol for @scope's realm. @payer pays for the connection, which
 * hangs under @slot. 0 or a fault; the channel is taken in any case.
 */
int grants_server_serve(struct instance *scope, struct instance *payer,
			struct slot *slot, int take_channel);
