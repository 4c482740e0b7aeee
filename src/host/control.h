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

/* Nobody can connect yet. 0 or -ENOMEM. */
int control_new(struct manager *m, struct control **ret);
/* Make the socket and listen. 0 or -errno. */
int control_listen(struct control *c);
/* Serve a connection. 0, or -errno: it was closed with an epitaph. It is taken
 * in any case. */
int control_adopt(struct control *c, int take_fd);
/* Have the launcher remove the socket should the manager die: for each new
 * launcher. */
void control_register(struct control *c);

/* Closes all connections, removes the socket. NULL is allowed. */
void control_free(struct control *c);

/* The directory of control sockets of this user; made if it is not there. The
 * caller frees it. NULL: out of memory, or it cannot be made (errno). */
char *control_directory(void);

/* The path of that directory, for people. */
void control_render_place(struct text *t);
