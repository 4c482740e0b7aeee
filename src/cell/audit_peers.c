/*
 * The kernel lists the sockets of a network namespace, each with its peer's
 * inode. Cells have namespaces of their own, and what one cell gave another may
 * have been made in any; so each socket is asked for its own.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "cell/audit_look.h"
#include "sys/fd.h"
#include "sys/unix_diag.h"

struct audit_peers {
	struct audit *audit;
	struct audit_cell *cells;
	uint64_t device; /* of all sockets */
};

static bool audit_net_is_ours(uint64_t inode)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 && st.st_ino == inode;
}

static bool audit_nets_has(const struct audit_nets *n, uint64_t inode)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (n->items[i].inode == inode)
			return true;
	return false;
}

void audit_nets_add(struct audit_nets *n, int socket_fd)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	r = unix_diag_get_namespace(socket_fd, &fd);
	if (r == -EPERM) {
		n->has_ours = true;
		return;
	}
	if (r < 0 || fstat(fd, &st) < 0) {
		n->is_cut = true;
		return;
	}
	if (audit_nets_has(n, st.st_ino))
		return;
	if (audit_net_is_ours(st.st_ino)) {
		n->has_ours = true;
		return;
	}
	if (n->n == N_ELEMENTS(n->items)) {
		n->is_cut = true;
		return;
	}
	n->items[n->n].inode = st.st_ino;
	n->items[n->n++].fd = TAKE_FD(fd);
}

void audit_nets_fini(struct audit_nets *n)
{
	while (n->n)
		fd_close(n->items[--n->n].fd);
}

/* @s has a peer, which somebody here may have. */
static bool audit_on_socket(const struct unix_diag_socket *s, void *context)
{
	struct audit_peers *p = context;
	struct audit_object *o;
	size_t i;

	for (i = 0; i < 2; i++) {
		o = audit_cell_find(&p->cells[i], AUDIT_TYPE_SOCKET, p->device,
				    s->peer_inode);
		if (!o)
			continue;
		o->peer_inode = s->inode;
		o->peer_cookie = s->cookie;
	}
	return !audit_is_over(p->audit);
}

/* @take_fd: how to ask. */
static int audit_peers_ask(struct audit_peers *p, int take_fd)
{
	int r = unix_diag_each(take_fd, audit_on_socket, p);

	fd_close(take_fd);
	return r;
}

static bool audit_find_device(const struct audit_cell *c, uint64_t *ret)
{
	size_t i;

	for (i = 0; i < c->n_objects; i++) {
		if (c->objects[i].type != AUDIT_TYPE_SOCKET)
			continue;
		*ret = c->objects[i].device;
		return true;
	}
	return false;
}

int audit_peers_find(struct audit *a, struct audit_cell cells[2])
{
	struct audit_peers p = { .audit = a, .cells = cells };
	int r = 0, fd = -1;
	size_t i;

	/* Without two sockets there is no pair. */
	if (!audit_find_device(&cells[0], &p.device) ||
	    !audit_find_device(&cells[1], &p.device))
		return 0;
	if (a->nets.is_cut)
		audit_miss(a);
	if (a->nets.has_ours) {
		r = unix_diag_open(&fd);
		if (r == 0)
			r = audit_peers_ask(&p, fd);
	}
	for (i = 0; r == 0 && i < a->nets.n && !audit_is_over(a); i++) {
		r = unix_diag_open_in(a->nets.items[i].fd, &fd);
		if (r == 0)
			r = audit_peers_ask(&p, fd);
	}
	return r;
}
