/*
 * The control channel: how the tools reach a running manager.
 *
 * A socket in the user's runtime directory; who may connect is the directory's
 * and the peer's uid. One connection carries one request. Replies are JSON
 * values, one to a message, made here; text for people is made by the tools.
 */
#pragma once

#include "host/manager.h"

struct control;

/* Make the socket and listen. 0 or -errno. */
int control_new(struct manager *m, struct control **ret);
/* Closes all connections, removes the socket. NULL is allowed. */
void control_free(struct control *c);

/* The directory of control sockets of this user; made if it is not there. The
 * caller frees it. NULL: out of memory, or it cannot be made (errno). */
char *control_directory(void);
