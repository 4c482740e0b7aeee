/*
 * The cells' mounts first, then their tasks, then what both have. Each gets a
 * part of the time, so that one that has a great many of everything does not
 * hide what the other has.
 *
 * Names are asked for at the end, of those few that are told.
 */
#include "cell/audit_work.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/audit.h"
#include "cell/audit_look.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/pidfd.h"

/* ---- names ---- */

static void audit_read_link(const char *path, char ret[static AUDIT_NAME_MAX])
{
	ssize_t n = readlink(path, ret, AUDIT_NAME_MAX - 1);

	ret[n < 0 ? 0 : n] = 0;
}

/* Is this what it was? */
static bool audit_is_still(int fd, const struct audit_object *o)
{
	struct statx x;

	return o->type == AUDIT_TYPE_ANONYMOUS ||
	       (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO,
		      &x) == 0 &&
		makedev(x.stx_dev_major, x.stx_dev_minor) == o->device &&
		x.stx_ino == o->inode);
}

static void audit_name_fd(const struct audit_object *o,
			  char ret[static AUDIT_NAME_MAX])
{
	_cleanup_fd_ int pidfd = -1;
	_cleanup_fd_ int fd = -1;
	char path[48];

	if (pidfd_from_pid(o->holder.pid, &pidfd) < 0 ||
	    pidfd_take_fd(pidfd, o->holder.fd, &fd) < 0 ||
	    !audit_is_still(fd, o))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	audit_read_link(path, ret);
}

static void audit_name(const struct audit_object *o,
		       char ret[static AUDIT_NAME_MAX])
{
	char path[48];

	ret[0] = 0;
	switch (o->holder.hold) {
	case AUDIT_HOLD_FD:
		audit_name_fd(o, ret);
		break;
	case AUDIT_HOLD_MAP:
		audit_map_name(o->holder.pid, o->device, o->inode, ret);
		break;
	case AUDIT_HOLD_CWD:
	case AUDIT_HOLD_ROOT:
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)o->holder.pid,
			 o->holder.hold == AUDIT_HOLD_CWD ? "cwd" : "root");
		audit_read_link(path, ret);
		break;
	case AUDIT_HOLD_MOUNT:
		break;
	}
}

/* ---- edges ---- */

struct audit_job {
	struct audit audit;
	struct audit_order order;
	struct audit_cell cells[2];
	struct audit_result result;
};

static void audit_fill_holder(const struct audit_job *j, size_t which,
			      const struct audit_object *o,
			      struct audit_edge *e)
{
	if (!o) {
		e->holders[which] =
			(struct audit_holder){ AUDIT_HOLD_MOUNT,
					       j->order.inits[which], -1 };
		return;
	}
	e->holders[which] = o->holder;
	if (!e->name[0])
		audit_name(o, e->name);
	if (o->type != AUDIT_TYPE_SOCKET)
		return;
	e->cookies[which] = o->cookie;
	if (!e->label[0])
		memcpy(e->label, o->own_name[0] ? o->own_name : o->peer_name,
		       sizeof(e->label));
}

static void audit_on_edge(struct audit *a, enum audit_kind kind,
			  const struct audit_object *first,
			  const struct audit_object *second)
{
	struct audit_job *j = container_of(a, struct audit_job, audit);
	struct audit_edge *e = &j->result.edges[j->result.n_named];

	j->result.n_edges++;
	if (j->result.n_named == AUDIT_EDGES_MAX)
		return;
	j->result.n_named++;
	e->kind = kind;
	audit_fill_holder(j, 0, first, e);
	audit_fill_holder(j, 1, second, e);
	/* Both have the one end: the other one is somewhere else. */
	if (kind == AUDIT_SOCKET)
		e->cookies[1] = first->peer_cookie;
	if (!e->name[0])
		(void)!snprintf(
			e->name, sizeof(e->name), "%s:[%llu]",
			audit_kind_name(kind),
			(unsigned long long)(first ? first : second)->inode);
}

/* Those in flight are counted once for each socket, whoever has it. */
static uint32_t audit_count_in_flight(const struct audit_cell cells[2])
{
	const struct audit_object *o;
	uint32_t n = 0;
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; k < cells[i].n_objects; k++) {
			o = &cells[i].objects[k];
			if (!o->n_in_flight)
				continue;
			if (i == 1 && audit_cell_find(&cells[0], o->type,
						      o->device, o->inode))
				continue;
			n += o->n_in_flight;
		}
	return n;
}

/* ---- the order ---- */

static int audit_read_order(struct audit_job *j, const struct work *w)
{
	size_t i, n = AUDIT_FD_CGROUPS;

	if (w->n != sizeof(j->order) || w->n_fds < AUDIT_FD_CGROUPS)
		return -EPROTO;
	memcpy(&j->order, w->bytes, sizeof(j->order));
	j->audit.quit_fd = w->socket_fd;
	j->audit.result = &j->result;
	for (i = 0; i < 2; i++) {
		struct audit_cell *c = &j->cells[i];

		*c = (struct audit_cell){ .audit = &j->audit,
					  .other = &j->cells[1 - i],
					  .init = j->order.inits[i],
					  .cgroup_fd = -1,
					  .seen = CREW_INIT };
		if (j->order.has_cgroup[i] && n < w->n_fds)
			c->cgroup_fd = w->fds[n++];
	}
	return 0;
}

/* The cells may end at any time; then nothing ties them. */
static bool audit_is_gone(const struct work *w)
{
	struct pollfd p[] = {
		{ .fd = w->fds[AUDIT_FD_FIRST], .events = POLLIN },
		{ .fd = w->fds[AUDIT_FD_SECOND], .events = POLLIN }
	};

	return poll(p, 2, 0) != 0;
}

static void audit_do(struct audit_job *j)
{
	uint64_t begin = audit_clock(), budget = j->order.budget_ms;
	size_t i;

	for (i = 0; i < 2; i++)
		audit_cell_read_mounts(&j->cells[i]);
	for (i = 0; i < 2; i++) {
		j->audit.end_ms = begin + budget * (i ? 7 : 4) / 10;
		j->audit.is_over = false;
		j->audit.n_looks = 0;
		audit_cell_look(&j->cells[i]);
		audit_cell_sort(&j->cells[i]);
	}
	j->audit.end_ms = begin + budget;
	j->audit.is_over = false;
	j->audit.n_looks = 0;
	j->result.lacks_pairs = audit_peers_find(&j->audit, j->cells) < 0;
	audit_match(&j->audit, j->cells, audit_on_edge);
	j->result.n_in_flight = audit_count_in_flight(j->cells);
}

void audit_work(const struct work *w)
{
	static struct audit_job j;
	size_t i;

	if (audit_read_order(&j, w) < 0)
		return;
	/* The default action ends us, and that is told by the socket. */
	alarm((AUDIT_TIMEOUT_MS + j.order.budget_ms) / 1000 + 1);
	if (!audit_is_gone(w))
		audit_do(&j);
	if (audit_is_gone(w))
		j.result.error = -ESRCH;
	packet_send(w->socket_fd, &j.result, sizeof(j.result), NULL, 0, 0);
	audit_nets_fini(&j.audit.nets);
	for (i = 0; i < 2; i++)
		audit_cell_fini(&j.cells[i]);
}
