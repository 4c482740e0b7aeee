/*
 * Namespaces: what a starting component will see, and the manager's end of it.
 *
 * Each distinct parent directory of the used services ("/svc") becomes one
 * pseudo-directory, served over a channel and, for programs that do not link
 * with libreeve, a real directory of listening sockets in the cell. Both lead to
 * the same open. Used directories and storage are mounts in the cell; a
 * directory that is served by a program is a channel that is routed when the
 * first message arrives. Nothing is started to build a namespace, and a broken
 * route only leaves its own entry without a use.
 */
#pragma once

#include "cell/plan.h"
#include "host/instance.h"
#include "wire/component.h"

struct ns;

/*
 * Build it: the plan's mounts and services, and the entries of the bootstrap
 * message, whose handles are put into @m. 0, NS_INVALID (*ret_why) or a fault.
 */
enum { NS_INVALID = 1 };
int ns_new(struct instance *i, struct plan *plan, struct message *m,
	   struct component_start_info *info, struct ns **ret,
	   struct text *ret_why);
void ns_free(struct ns *n);

/* The cell's listening sockets for services [first, first + n): taken. */
int ns_take_listeners(struct ns *n, uint32_t first, int *fds, size_t n_fds);
