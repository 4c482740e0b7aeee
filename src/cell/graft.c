/* The manager's side: orders are written and answers read, nothing is touched.
 */
#include "cell/graft.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/own.h"
#include "cell/graft_work.h"
#include "sys/packet.h"

static bool graft_is_target(const char *path)
{
	size_t n = strlen(GRAFT_DIR);

	return plan_is_path(path) &&
	       (plan_is_target(path) ||
		(!strncmp(path, GRAFT_DIR, n) && path[n] == '/'));
}

static int graft_copy(char *ret, const char *path)
{
	size_t n = strlen(path);

	if (n > PLAN_PATH_MAX)
		return -EINVAL;
	memcpy(ret, path, n + 1);
	return 0;
}

static int graft_order(struct launcher *l, const struct cell *c,
		       const struct plan_mount *m, struct graft_order *o,
		       int *ret_fd)
{
	const int fds[N_GRAFT_FDS] = {
		[GRAFT_FD_USERNS] = c->userns_fd,
		[GRAFT_FD_MOUNTS] = c->mounts_fd,
		[GRAFT_FD_PIDFD] = c->pidfd,
		[GRAFT_FD_CGROUP] = c->cgroup_fd,
	};
	int r;

	if (!graft_is_target(m->target) || !plan_is_path(m->source) ||
	    !m->rights || m->rights & ~(uint32_t)PLAN_RIGHTS_ALL)
		return -EINVAL;
	o->init_pid = c->pid;
	o->uid = c->uid;
	o->gid = c->gid;
	o->is_root = c->is_root;
	o->is_mapped = c->is_root && c->layers & CELL_LAYER_UIDS;
	o->has_readonly = c->layers & CELL_LAYER_READONLY;
	o->rights = m->rights;
	o->kind = m->kind;
	r = graft_copy(o->target, m->target);
	if (r == 0)
		r = graft_copy(o->source, m->source);
	if (r == 0)
		r = graft_copy(o->subpath, m->subpath ? m->subpath : "");
	if (r < 0)
		return r;
	return launcher_work(l, WORK_GRAFT, o, sizeof(*o), fds,
			     c->cgroup_fd < 0 ? GRAFT_FD_CGROUP : N_GRAFT_FDS,
			     ret_fd);
}

int graft_mount(struct launcher *l, const struct cell *c,
		const struct plan_mount *m, int *ret_fd)
{
	struct graft_order order = { .deed = GRAFT_DEED_MOUNT };

	return graft_order(l, c, m, &order, ret_fd);
}

int graft_unmount(struct launcher *l, const struct cell *c,
		  const struct plan_mount *m, uint32_t budget_ms, int *ret_fd)
{
	struct graft_order order = { .deed = GRAFT_DEED_UNMOUNT,
				     .budget_ms = budget_ms };

	return graft_order(l, c, m, &order, ret_fd);
}

int graft_read(int fd, struct graft_result *ret)
{
	size_t n_fds;
	ssize_t n = packet_receive(fd, ret, sizeof(*ret), NULL, 0, &n_fds,
				   MSG_DONTWAIT);

	if (n == -EAGAIN)
		return GRAFT_AGAIN;
	if (n == sizeof(*ret))
		return 0;
	if (n < 0 && n != -ECONNRESET)
		return (int)n;
	*ret = (struct graft_result){ .is_failed = true };
	cell_failure_set(&ret->failure, CELL_STAGE_WORKER, EPIPE,
			 CELL_REASON_NONE, NULL);
	return 0;
}

void graft_open_render(const struct graft_open *o, struct text *t)
{
	text_safe(t, o->path, strlen(o->path));
	switch (o->hold) {
	case GRAFT_HOLD_FILE:
		text_printf(t, ": open in task %d as descriptor %d",
			    (int)o->pid, o->fd);
		break;
	case GRAFT_HOLD_CWD:
		text_printf(t, ": the working directory of task %d",
			    (int)o->pid);
		break;
	case GRAFT_HOLD_ROOT:
		text_printf(t, ": the root directory of task %d", (int)o->pid);
		break;
	case GRAFT_HOLD_MAP:
		text_printf(t, ": mapped by task %d", (int)o->pid);
		break;
	}
}
