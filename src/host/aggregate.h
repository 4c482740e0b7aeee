/*
 * Services that are put together from several sources: what opens them without
 * naming one gets a directory of the instances there are at that moment, each
 * of which is opened like the service with its name behind it.
 */
#pragma once

#include "client/directory.h"
#include "host/instance.h"

/* How the entry of such a service, or of any other, behaves. */
enum directory_kind aggregate_entry_kind(const struct decl *d);

/* Serve the instances of m->route, which @decl of @opener led to. 0 or -errno;
 * the channel is taken in any case. */
int aggregate_serve(struct instance *opener, const struct decl *decl,
		    int take_server_end);

/* @opener ends, or (with a @decl) does not have that any more. */
void aggregate_drop(const struct instance *opener, const struct decl *decl);
