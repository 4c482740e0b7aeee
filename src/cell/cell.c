/* The manager's side of a cell. What the init sends is checked, not believed.
 */
#include "cell/cell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cell/protocol.h"
#include "cell/service.h"
#include "cell/source.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/pidfd.h"

/* A plan on its way: the message's head and its descriptors. */
struct cell_parcel {
	struct protocol_plan header;
	int fds[PACKET_FDS_MAX];
	size_t n_fds;
	/* From here on they are ours to close. */
	size_t first_mount;
};

static int cell_refuse(struct cell_failure *why, int error, const char *detail)
{
	cell_failure_set(why, CELL_STAGE_PLAN, error, CELL_REASON_NONE, detail);
	return CELL_REFUSED;
}

static void cell_pack_files(struct cell_parcel *p, const struct cell_files *f)
{
	const int stdio[3] = { f->stdin_fd, f->stdout_fd, f->stderr_fd };
	size_t i;

	for (i = 0; i < 3; i++) {
		if (stdio[i] < 0)
			continue;
		p->header.stdio |= 1U << i;
		p->fds[p->n_fds++] = stdio[i];
	}
	for (i = 0; i < f->n_fds; i++)
		p->fds[p->n_fds++] = f->fds[i];
	p->header.n_files = (uint32_t)f->n_fds;
	p->first_mount = p->n_fds;
}

/* Open the plan's mounts, which without root the init can do better. */
static int cell_pack_mounts(const struct cell *c, const struct plan *plan,
			    struct cell_parcel *p, struct cell_failure *why)
{
	struct source_owner owner = {
		.is_mapped = c->is_root && c->layers & CELL_LAYER_UIDS,
		.userns_fd = c->userns_fd,
		.uid = c->uid,
		.gid = c->gid,
		.has_readonly = c->layers & CELL_LAYER_READONLY,
	};
	size_t i;
	int r;

	if (!c->is_root)
		return 0;
	for (i = 0; i < plan->n_mounts; i++) {
		r = source_open(&plan->mounts[i], &owner, &p->fds[p->n_fds],
				why);
		if (r == SOURCE_FAILED)
			return CELL_REFUSED;
		if (r == SOURCE_ABSENT) {
			p->header.mounts[i] = PROTOCOL_MOUNT_ABSENT;
			continue;
		}
		p->header.mounts[i] = PROTOCOL_MOUNT_PASSED;
		p->n_fds++;
	}
	return 0;
}

/* The init is gone; it mostly has said why before it went. */
static int cell_ask_why(struct cell *c, struct cell_failure *why)
{
	struct cell_event event;

	while (cell_read_event(c, &event) == 0) {
		cell_event_fini(&event);
		if (event.type != CELL_EVENT_FAILED)
			continue;
		*why = event.failure;
		return CELL_REFUSED;
	}
	return cell_refuse(why, EPIPE, NULL);
}

/* From here on they are the parcel's. */
static void cell_pack_groups(struct cell *c, struct cell_parcel *p)
{
	size_t i;

	for (i = 0; i < c->n_groups; i++)
		p->fds[p->n_fds++] = c->group_fds[i];
	p->header.n_groups = (uint32_t)c->n_groups;
	c->n_groups = 0;
}

static int cell_post(struct cell *c, const struct plan *plan,
		     const struct cell_parcel *p, struct cell_failure *why)
{
	_cleanup_text_ struct text message = TEXT_INIT;
	int r;

	text_append(&message, (const char *)&p->header, sizeof(p->header));
	r = plan_write(plan, &message);
	if (r == PLAN_TOO_LARGE)
		return cell_refuse(why, EMSGSIZE, NULL);
	if (r > 0)
		return cell_refuse(why, EINVAL, plan_verdict_text(r));
	if (r < 0)
		return r;
	r = packet_send(c->socket_fd, message.bytes, message.n, p->fds,
			p->n_fds, MSG_DONTWAIT);
	if (r == -EPIPE || r == -ECONNRESET)
		return cell_ask_why(c, why);
	if (r < 0)
		return cell_refuse(why, r, NULL);
	return 0;
}

int cell_send_plan(struct cell *c, const struct plan *plan,
		   const struct cell_files *files, struct cell_failure *ret_why)
{
	struct cell_parcel p = { .header = { .type = PROTOCOL_PLAN } };
	int r;

	if (files->n_fds > CELL_FILES_MAX)
		return cell_refuse(ret_why, EMSGSIZE, "descriptors");
	cell_pack_files(&p, files);
	r = cell_pack_mounts(c, plan, &p, ret_why);
	cell_pack_groups(c, &p);
	if (r == 0)
		r = cell_post(c, plan, &p, ret_why);
	fd_close_all(p.fds + p.first_mount, p.n_fds - p.first_mount);
	return r;
}

void cell_event_fini(struct cell_event *e)
{
	fd_close_all(e->fds, e->n_fds);
	e->n_fds = 0;
}

/* An init that was taken over may send any bytes: make them harmless. */
static void cell_copy_failure(struct cell_failure *ret,
			      const struct cell_failure *sent)
{
	*ret = *sent;
	ret->detail[sizeof(ret->detail) - 1] = 0;
	ret->layers &= CELL_LAYERS_ALL;
	if ((unsigned)ret->stage >= N_CELL_STAGES)
		ret->stage = CELL_STAGE_NONE;
	if ((unsigned)ret->reason >= N_CELL_REASONS)
		ret->reason = CELL_REASON_NONE;
	if (ret->error < 0 || ret->error > 4095)
		ret->error = EPROTO;
	/* From inside, a setting of the host cannot be told. */
	if (ret->reason == CELL_REASON_NONE)
		ret->reason = cell_failure_reason(ret->stage, ret->error);
}

/* 0, or -EPROTO when this is no message of an init. */
static int cell_decode(const struct protocol_event *sent,
		       struct cell_event *ret)
{
	bool may_have_fds = false;

	switch (sent->type) {
	case PROTOCOL_LISTENERS:
		ret->type = CELL_EVENT_LISTENERS;
		may_have_fds = true;
		break;
	case PROTOCOL_DIRS:
		ret->type = CELL_EVENT_DIRS;
		may_have_fds = true;
		break;
	case PROTOCOL_STARTED:
		ret->type = CELL_EVENT_STARTED;
		break;
	case PROTOCOL_FAILED:
		ret->type = CELL_EVENT_FAILED;
		cell_copy_failure(&ret->failure, &sent->failure);
		break;
	case PROTOCOL_EXITED:
		ret->type = CELL_EVENT_EXITED;
		break;
	default:
		return -EPROTO;
	}
	if (ret->n_fds && !may_have_fds)
		return -EPROTO;
	if (sent->first > PLAN_SERVICES_MAX ||
	    sent->first + ret->n_fds > PLAN_SERVICES_MAX)
		return -EPROTO;
	ret->first = sent->first;
	ret->missing = sent->missing & CELL_LAYERS_ALL;
	ret->code = sent->code & 0xff;
	ret->signal = sent->signal & 0x7f;
	return 0;
}

int cell_read_event(struct cell *c, struct cell_event *ret)
{
	struct protocol_event sent;
	ssize_t n;
	int r;

	memset(ret, 0, sizeof(*ret));
	n = packet_receive(c->socket_fd, &sent, sizeof(sent), ret->fds,
			   CELL_EVENT_FDS_MAX, &ret->n_fds, MSG_DONTWAIT);
	if (n == -EAGAIN)
		return CELL_AGAIN;
	/* A blank that died with our plan unread resets the connection. */
	if (n == 0 || n == -ECONNRESET)
		return CELL_CLOSED;
	if (n == -EMSGSIZE)
		return -EPROTO;
	if (n < 0)
		return (int)n;
	r = n == sizeof(sent) ? cell_decode(&sent, ret) : -EPROTO;
	if (r == 0 && ret->type == CELL_EVENT_STARTED)
		ret->missing |= c->lacking;
	if (r < 0)
		cell_event_fini(ret);
	return r;
}

int cell_signal(struct cell *c, int signo, bool all)
{
	struct protocol_signal request = {
		.type = PROTOCOL_SIGNAL,
		.signo = signo,
		.all = all,
	};

	if (signo < 1 || signo >= NSIG)
		return -EINVAL;
	return packet_send(c->socket_fd, &request, sizeof(request), NULL, 0,
			   MSG_DONTWAIT);
}

int cell_send_guest(struct cell *c, int desk_fd)
{
	struct protocol_signal request = { .type = PROTOCOL_GUEST };

	return packet_send(c->socket_fd, &request, sizeof(request), &desk_fd, 1,
			   MSG_DONTWAIT);
}

void cell_kill(struct cell *c)
{
	/* Once reaped, the cgroup's path may be another cell's. */
	if (c->is_reaped)
		return;
	if (c->cgroup_fd >= 0)
		cgroup_kill(c->cgroup_fd);
	if (c->pidfd >= 0)
		pidfd_signal(c->pidfd, SIGKILL);
}

int cell_reap(struct cell *c, int *ret_status)
{
	siginfo_t info;
	int r;

	r = pidfd_reap(c->pidfd, &info);
	if (r == -EAGAIN)
		return CELL_RUNNING;
	if (r < 0)
		return r;
	c->is_reaped = true;
	*ret_status = info.si_code == CLD_EXITED ? info.si_status
						 : 128 + info.si_status;
	return 0;
}

void cell_fini(struct cell *c)
{
	int status;

	if (c->pidfd >= 0 && !c->is_reaped) {
		cell_kill(c);
		cell_reap(c, &status);
	}
	c->pidfd = fd_close(c->pidfd);
	c->socket_fd = fd_close(c->socket_fd);
	c->userns_fd = fd_close(c->userns_fd);
	c->mounts_fd = fd_close(c->mounts_fd);
	c->cgroup_fd = fd_close(c->cgroup_fd);
	fd_close_all(c->group_fds, c->n_groups);
	c->n_groups = 0;
}

/*
 * Do something in a cell's tmpfs as the cell's user: the file system knows only
 * the ids of the cell's user namespace, and root's is not among them.
 */
static void cell_become(uid_t uid, gid_t gid)
{
	setfsgid(gid);
	setfsuid(uid);
}

int cell_bind_service(struct cell *c, int dir_fd, const char *name, int *ret_fd)
{
	int r;

	if (!name[0] || strlen(name) > 255 || strchr(name, '/') ||
	    !strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	cell_become(c->uid, c->gid);
	r = service_listen(dir_fd, name, ret_fd);
	cell_become(geteuid(), getegid());
	return r;
}

int cell_unbind_service(struct cell *c, int dir_fd, const char *name)
{
	int r;

	if (strchr(name, '/'))
		return -EINVAL;
	cell_become(c->uid, c->gid);
	r = unlinkat(dir_fd, name, 0) < 0 ? -errno : 0;
	cell_become(geteuid(), getegid());
	return r;
}
