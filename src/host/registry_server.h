/* The Registry protocol: services that are registered, found and waited for
 * while the system runs. */
#pragma once

#include "host/instance.h"

/*
 * Serve the protocol for @scope's realm. @payer pays for the connection, which
 * hangs under @slot. 0 or a fault; the channel is taken in any case.
 */
int registry_server_serve(struct instance *scope, struct instance *payer,
			  struct slot *slot, int take_channel);

/*
 * What somebody calls @name (NULL: anything) may have appeared or gone. Who
 * waits for it is told at the end of the turn.
 */
void registry_server_changed(struct manager *m, const char *name);

/* No manager, no watchers. */
void registry_server_fini(struct manager *m);
