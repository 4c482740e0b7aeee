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
	/* Where to ask: a list of each namespace. */
	int fds[AUDIT_NETS_MAX + 1];
	size_t n_fds;
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

static int audit_peers_open(struct audit_peers *p)
{
	const struct audit_nets *n = &p->audit->nets;
	size_t i;
	int r = 0;

	if (n->has_ours) {
		r = unix_diag_open(&p->fds[0]);
		p->n_fds += r == 0;
	}
	for (i = 0; r == 0 && i < n->n; i++) {
		r = unix_diag_open_in(n->items[i].fd, &p->fds[p->n_fds]);
		p->n_fds += r == 0;
	}
	return r;
}

/* Search for the peer of one. */
static void audit_peers_search(struct audit_peers *p, struct audit_object *o)
{
	struct unix_diag_socket own, peer;
	size_t i;

	for (i = 0; i < p->n_fds; i++) {
		if (unix_diag_find(p->fds[i], (uint32_t)o->inode, &own) < 0 ||
		    own.cookie != o->cookie ||
		    unix_diag_find(p->fds[i], own.peer_inode, &peer) < 0 ||
		    peer.peer_inode != own.inode)
			continue;
		o->peer_inode = peer.inode;
		o->peer_cookie = peer.cookie;
		return;
	}
}

/* Those that were missing in the lists, of which there are few if any. */
static void audit_peers_search_all(struct audit_peers *p,
				   const struct audit_cell *c)
{
	struct audit_object *o;
	size_t i;

	for (i = 0; i < c->n_objects && !audit_is_over(p->audit); i++) {
		o = &c->objects[i];
		if (o->type == AUDIT_TYPE_SOCKET && o->has_peer &&
		    !o->is_dead && !o->peer_cookie)
			audit_peers_search(p, o);
	}
}

int audit_peers_find(struct audit *a, struct audit_cell cells[2])
{
	struct audit_peers p = { .audit = a, .cells = cells };
	size_t i;
	int r;

	/* Without two sockets there is no pair. */
	if (!audit_find_device(&cells[0], &p.device) ||
	    !audit_find_device(&cells[1], &p.device))
		return 0;
	if (a->nets.is_cut)
		audit_miss(a);
	r = audit_peers_open(&p);
	for (i = 0; r == 0 && i < p.n_fds && !audit_is_over(a); i++)
		r = unix_diag_each(p.fds[i], audit_on_socket, &p);
	for (i = 0; r == 0 && i < 2; i++)
		audit_peers_search_all(&p, &cells[i]);
	fd_close_all(p.fds, p.n_fds);
	return r;
}
