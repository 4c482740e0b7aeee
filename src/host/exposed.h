/*
 * Exposed directories: what an instance shows to its parent, as a directory.
 *
 * Reading it starts nothing; opening an entry routes from the expose.
 */
#pragma once

#include "client/directory.h"
#include "host/instance.h"

struct exposed;

/* Charges directories to the instances that have them open: the clients. */
extern const struct directory_payer instance_payer;

/*
 * Serve @i's exposed directory on a channel, for @client (the instance that
 * asked, and pays). 0 or a fault; the channel is taken in any case.
 */
int exposed_serve(struct instance *i, struct instance *client,
		  int take_channel);

/* What @i exposes has become more; 0 or -errno. Or less: @expose goes. */
int exposed_reconcile(struct instance *i);
void exposed_remove(struct instance *i, const struct decl *expose);

/* @client goes: close what is served for it. */
void exposed_drop(const struct instance *client);

/* Closes all connections to it. NULL is allowed. */
void exposed_free(struct exposed *e);
