/*
 * The life of an open: route, decide, hand over, step out of the way.
 */
#pragma once

#include "host/instance.h"

/*
 * @opener opens what its declaration @decl (a use, or an expose of its own)
 * names. @path is what follows the capability's own path, "" mostly. The server
 * end is always consumed: handed to the provider, served, or closed with an
 * epitaph. Returns REEVE_OK, or the status of that.
 */
int open_capability(struct instance *opener, const struct decl *decl,
		    uint32_t flags, uint32_t mode, const char *path,
		    int take_server_end);

/*
 * May one more thing be told that failed by the doing of @opener? A component
 * that asks again and again for what it may not have must not drown what others
 * have to say.
 */
bool open_may_tell(struct instance *opener);

/* A connection's other side is gone. */
void open_on_closed(void *userdata, struct connection *c);

/* A short word for what an instance is asked to start for. */
void open_render_reason(const struct instance *opener, const char *name,
			char *buffer, size_t n);

/* Find out which connections have ended silently, on behalf of @asker; not each
 * time, if it asks all the time. */
void open_reconcile(struct instance *asker);
