/*
 * Routes over which no descriptor may pass ("transfer: none").
 *
 * The kernel can refuse descriptors on their way to a socket (SO_PASSRIGHTS,
 * Linux 6.16), and the cells' filter keeps a component from allowing them
 * again. The server's end is in our hands; the client's is in its cell, where a
 * worker finds it by the label before the open goes on. So such an open takes a
 * little longer, and one whose client hides its own end is refused.
 */
#pragma once

#include "host/instance.h"
#include "host/connection.h"

struct seal_request {
	uint32_t flags, mode;
	const char *path; /* in the provider's outgoing directory; copied */
};

/*
 * Seal the channel of @c, whose server end is @take_fd, then hand it over; or
 * refuse it with an epitaph. 0, and @take_fd was consumed; -ENOPROTOOPT when
 * this kernel cannot; -EDESTADDRREQ when the client's end has no label; or
 * another -errno.
 */
int seal_open(struct connection *c, const struct seal_request *q, int take_fd);
