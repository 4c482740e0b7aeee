/*
 * Namespaces: what a starting component will see, and the manager's end of it.
 *
 * Each distinct parent directory of the used services ("/svc") becomes one
 * pseudo-directory, served over a channel and, for programs that do not link
 * with libreeve, a real directory of listening sockets in the cell. Both lead
 * to the same open. Used directories and storage are mounts in the cell; a
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
/* And its directories of sockets, in which more can be made. */
int ns_take_dirs(struct ns *n, uint32_t first, int *fds, size_t n_fds);

/*
 * While the component runs: make what it sees what it has. Services that it was
 * given or that are whole again appear, directories whose route holds by now
 * are mounted. Nothing goes: that is ns_remove().
 */
void ns_reconcile(struct ns *n);

/*
 * The use goes: its service disappears; a directory, if it is mounted, is moved
 * to @unmounts, for mounted_take_off().
 */
void ns_remove(struct ns *n, const struct decl *use, struct list *unmounts);

/* The parts of the namespace that are mounted now, for people. */
bool ns_is_mounted(const struct ns *n, const struct decl *use);
