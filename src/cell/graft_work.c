/*
 * The worker enters the cell's user and mount namespaces as the component's
 * user with every capability that namespace can give; that is enough for mounts
 * there, and no more than the component's init had. What it needs of the host
 * it opens before: as root the source, because ids can only be mapped by root;
 * otherwise the source is opened from a copy of the host's mounts that belongs
 * to the cell's user namespace, as at the start.
 *
 * Mount points are made through a writable copy of the mount at GRAFT_DIR,
 * which is never attached: the component sees nothing that it could write. No
 * path is followed through a link.
 */
#include "cell/graft_work.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/graft.h"
#include "cell/graft_holders.h"
#include "cell/source.h"
#include "sys/fd.h"
#include "sys/mounts.h"
#include "sys/packet.h"
#include "sys/path.h"

/* What the kernel's mount flags can tell from one another. */
enum {
	GRAFT_RIGHTS_LOOK = PLAN_READ_BYTES | PLAN_ENUMERATE,
	GRAFT_RIGHTS_CHANGE = PLAN_WRITE_BYTES | PLAN_MODIFY_DIRECTORY,
	/* A parent may go between our making it and our stepping into it. */
	GRAFT_TRIES = 16,
};

struct graft {
	const struct work *work;
	struct graft_order order;
	struct plan_mount mount;
	int fds[N_GRAFT_FDS];
	int proc_fd, root_fd;
	struct graft_result result;
};

/* A place in the cell: what the kernel says of it. */
struct graft_place {
	uint64_t mount_id;
	uint64_t device, inode;
	bool is_root; /* of a mount */
};

static int graft_fail(struct graft *g, enum cell_stage stage, int error,
		      const char *detail)
{
	g->result.is_failed = true;
	cell_failure_set(&g->result.failure, stage, error, CELL_REASON_NONE,
			 detail);
	return -1;
}

static bool graft_is_readable(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) > 0;
}

/* The manager has closed its end: whatever is not done is not to be done. */
static bool graft_is_forsaken(const struct graft *g)
{
	return graft_is_readable(g->work->socket_fd, 0);
}

/* The cell may end at any time; what is then done to it matters to nobody. */
static int graft_check_alive(struct graft *g)
{
	if (graft_is_readable(g->fds[GRAFT_FD_PIDFD], POLLIN))
		return graft_fail(g, CELL_STAGE_ENTER, ESRCH, NULL);
	return 0;
}

static int graft_read_order(struct graft *g, const struct work *w)
{
	struct graft_order *o = &g->order;
	size_t i;

	if (w->n != sizeof(*o) || w->n_fds < GRAFT_FD_CGROUP ||
	    w->n_fds > N_GRAFT_FDS)
		return -EPROTO;
	g->work = w;
	memcpy(o, w->bytes, sizeof(*o));
	for (i = 0; i < N_GRAFT_FDS; i++)
		g->fds[i] = i < w->n_fds ? w->fds[i] : -1;
	g->mount = (struct plan_mount){
		.target = o->target,
		.source = o->source,
		.subpath = o->subpath,
		.rights = o->rights,
		.kind = o->kind,
	};
	return 0;
}

static int graft_look(int fd, struct graft_place *ret)
{
	struct statx x;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		  STATX_INO | STATX_MNT_ID, &x) < 0)
		return -errno;
	*ret = (struct graft_place){
		.mount_id = x.stx_mnt_id,
		.device = (uint64_t)x.stx_dev_major << 32 | x.stx_dev_minor,
		.inode = x.stx_ino,
		.is_root = x.stx_attributes & STATX_ATTR_MOUNT_ROOT,
	};
	return 0;
}

static int graft_enter_user(const struct graft *g)
{
	if (setns(g->fds[GRAFT_FD_USERNS], CLONE_NEWUSER) < 0)
		return -errno;
	/* Where there is but one id, groups can be neither set nor needed. */
	(void)!setgroups(0, NULL);
	/* Capabilities stay: only leaving user 0 of the namespace takes them,
	 * and that is nobody here. */
	if (setresgid(CELL_INSIDE_ID, CELL_INSIDE_ID, CELL_INSIDE_ID) < 0 ||
	    setresuid(CELL_INSIDE_ID, CELL_INSIDE_ID, CELL_INSIDE_ID) < 0)
		return -errno;
	return 0;
}

/* From here on "/" is the cell's root. */
static int graft_enter_mounts(struct graft *g)
{
	if (setns(g->fds[GRAFT_FD_MOUNTS], CLONE_NEWNS) < 0)
		return -errno;
	g->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return g->root_fd < 0 ? -errno : 0;
}

static int graft_open_source(struct graft *g, int *ret)
{
	const struct graft_order *o = &g->order;
	const struct source_owner owner = {
		.is_mapped = o->is_mapped,
		.userns_fd = g->fds[GRAFT_FD_USERNS],
		.uid = o->uid,
		.gid = o->gid,
		.has_readonly = o->has_readonly,
	};

	if (source_open(&g->mount, &owner, ret, &g->result.failure) == 0)
		return 0;
	g->result.is_failed = true;
	return -1;
}

/* Enter the cell with its new mount in hand. */
static int graft_bring(struct graft *g, int *ret)
{
	int r;

	if (g->order.is_root && graft_open_source(g, ret) < 0)
		return -1;
	r = graft_enter_user(g);
	if (r == 0 && !g->order.is_root) {
		if (unshare(CLONE_NEWNS) < 0)
			return graft_fail(g, CELL_STAGE_ENTER, errno, NULL);
		r = mount_make_private();
		if (r == 0 && graft_open_source(g, ret) < 0)
			return -1;
	}
	if (r == 0)
		r = graft_enter_mounts(g);
	return r == 0 ? 0 : graft_fail(g, CELL_STAGE_ENTER, r, NULL);
}

/* The path below GRAFT_DIR; NULL if it is elsewhere. */
static const char *graft_name(const char *target)
{
	size_t n = strlen(GRAFT_DIR "/");

	return strncmp(target, GRAFT_DIR "/", n) ? NULL : target + n;
}

/* The mount at GRAFT_DIR as the component sees it, or a writable copy of it,
 * which has nothing mounted in it. */
static int graft_open_dir(const struct graft *g, bool is_writable, int *ret)
{
	_cleanup_fd_ int fd = -1, copy_fd = -1;
	int r;

	r = path_open_beneath(g->root_fd, &GRAFT_DIR[1], O_PATH | O_DIRECTORY,
			      &fd);
	if (r == 0 && is_writable)
		r = mount_copy(fd, "", false, &copy_fd);
	if (r == 0 && is_writable)
		r = mount_clear(copy_fd, MOUNT_RDONLY, false);
	if (r == 0)
		*ret = is_writable ? TAKE_FD(copy_fd) : TAKE_FD(fd);
	return r;
}

/* Make @path, which has no empty or special parts, below @dir_fd. */
static int graft_make_path(int dir_fd, const char *path)
{
	_cleanup_fd_ int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	char name[256];
	const char *end;
	int next;

	for (; fd >= 0; path = end + 1) {
		end = strchrnul(path, '/');
		memcpy(name, path, (size_t)(end - path));
		name[end - path] = 0;
		if (mkdirat(fd, name, 0755) < 0 && errno != EEXIST)
			return -errno;
		if (!*end)
			return 0;
		next = openat(fd, name,
			      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		fd_close(fd);
		fd = next;
	}
	return -errno;
}

/* Make the mount point @name and open it as the component sees it. */
static int graft_make_point(struct graft *g, const char *name, int *ret)
{
	_cleanup_fd_ int seen_fd = -1, writable_fd = -1;
	int r, tries;

	r = graft_open_dir(g, false, &seen_fd);
	if (r == 0)
		r = graft_open_dir(g, true, &writable_fd);
	for (tries = 0; r == 0; tries++) {
		r = graft_make_path(writable_fd, name);
		if (r == 0)
			r = path_open_beneath(seen_fd, name,
					      O_PATH | O_DIRECTORY, ret);
		/* Another worker has just removed a parent that was empty. */
		if (r != -ENOENT || tries == GRAFT_TRIES)
			break;
		r = 0;
	}
	return r;
}

/* Remove the mount point @name and the parents that it leaves empty. */
static void graft_remove_point(struct graft *g, const char *name)
{
	_cleanup_fd_ int fd = -1;
	char path[PLAN_PATH_MAX + 1];
	char *slash = path;

	if (graft_open_dir(g, true, &fd) < 0)
		return;
	strcpy(path, name);
	/* One that is not empty, or has something mounted on it, stays. No part
	 * of the path can be a link: only we make anything there. */
	while (slash && unlinkat(fd, path, AT_REMOVEDIR) == 0) {
		slash = strrchr(path, '/');
		if (slash)
			*slash = 0;
	}
}

/* Where to attach it: a directory on which nothing is mounted. */
static int graft_find_point(struct graft *g, int *ret)
{
	const char *name = graft_name(g->order.target);
	_cleanup_fd_ int fd = -1;
	struct graft_place place = { 0 }, root = { 0 };
	int r;

	if (name)
		r = graft_make_point(g, name, &fd);
	else
		r = path_open_beneath(g->root_fd, g->order.target + 1,
				      O_PATH | O_DIRECTORY, &fd);
	if (r == 0)
		r = graft_look(fd, &place);
	if (r < 0)
		return r;
	if (place.is_root)
		return -EBUSY;
	if (name) {
		_cleanup_fd_ int dir_fd = -1;

		/* Not inside of something else that was granted. */
		r = graft_open_dir(g, false, &dir_fd);
		if (r == 0)
			r = graft_look(dir_fd, &root);
		if (r == 0 && place.mount_id != root.mount_id)
			r = -EBUSY;
	}
	if (r == 0)
		*ret = TAKE_FD(fd);
	return r;
}

/* Can the flags of a mount say just what these rights say? */
static bool graft_is_plain(uint32_t rights)
{
	if (rights & PLAN_ADMIN)
		return true;
	if ((rights & GRAFT_RIGHTS_LOOK) != GRAFT_RIGHTS_LOOK)
		return false;
	return !(rights & PLAN_RIGHTS_WRITE) ||
	       (rights & GRAFT_RIGHTS_CHANGE) == GRAFT_RIGHTS_CHANGE;
}

static int graft_put(struct graft *g)
{
	_cleanup_fd_ int mount_fd = -1, point_fd = -1;
	const char *target = g->order.target;
	int r;

	if (graft_name(target) && !graft_is_plain(g->order.rights))
		return graft_fail(g, CELL_STAGE_ATTACH, EOPNOTSUPP, target);
	if (graft_bring(g, &mount_fd) < 0)
		return -1;
	r = graft_find_point(g, &point_fd);
	if (r == 0 && graft_is_forsaken(g))
		r = -ECANCELED;
	if (r == 0)
		r = mount_attach(mount_fd, point_fd, "");
	if (r < 0 && r != -EBUSY && graft_name(target))
		graft_remove_point(g, graft_name(target));
	return r == 0 ? 0 : graft_fail(g, CELL_STAGE_ATTACH, r, target);
}

/* The source as it is on the host now, to know its mount again. */
static bool graft_know_source(struct graft *g, struct graft_place *ret)
{
	_cleanup_fd_ int fd = -1;

	return source_find(&g->mount, &fd) == 0 && graft_look(fd, ret) == 0;
}

/*
 * Is the mount with @id where no component can move it: directly on one of the
 * two mounts that nobody in the cell can write?
 */
static int graft_is_fixed(struct graft *g, const struct graft_mounts *mounts,
			  uint64_t id)
{
	_cleanup_fd_ int dir_fd = -1;
	struct graft_place root, dir;
	size_t i;
	int r;

	r = graft_look(g->root_fd, &root);
	if (r == 0)
		r = graft_open_dir(g, false, &dir_fd);
	if (r == 0)
		r = graft_look(dir_fd, &dir);
	if (r < 0)
		return r;
	for (i = 0; i < mounts->n_rows; i++)
		if (mounts->rows[i].id == id)
			return mounts->rows[i].parent_id == root.mount_id ||
			       mounts->rows[i].parent_id == dir.mount_id;
	return 0;
}

/* Open the root of what is mounted at the target, and know all below. */
static int graft_find_mount(struct graft *g, const struct graft_place *source,
			    struct graft_mounts *mounts, int *ret)
{
	_cleanup_fd_ int fd = -1;
	struct graft_place place = { 0 };
	int r;

	r = path_open_beneath(g->root_fd, g->order.target + 1,
			      O_PATH | O_DIRECTORY, &fd);
	if (r == 0)
		r = graft_look(fd, &place);
	if (r < 0)
		return r;
	if (!place.is_root)
		return -EINVAL;
	r = graft_mounts_read(g->proc_fd, place.mount_id, mounts);
	if (r == 0)
		r = graft_is_fixed(g, mounts, place.mount_id);
	if (r < 0)
		return r;
	if (r == 0 && (!source || source->device != place.device ||
		       source->inode != place.inode))
		return -ESTALE;
	*ret = TAKE_FD(fd);
	return 0;
}

static void graft_find_holders(struct graft *g, int taken_fd,
			       const struct graft_mounts *mounts)
{
	const struct graft_search search = {
		.proc_fd = g->proc_fd,
		.cgroup_fd = g->fds[GRAFT_FD_CGROUP],
		.userns_fd = g->fds[GRAFT_FD_USERNS],
		.root_fd = g->root_fd,
		.taken_fd = taken_fd,
		.socket_fd = g->work->socket_fd,
		.init_pid = g->order.init_pid,
		.deadline_ms = graft_clock() + g->order.budget_ms,
		.mounts = mounts,
	};

	graft_holders_find(&search, &g->result);
}

/*
 * Take it off. Who is inside already, with a working directory or a descriptor,
 * may still find files there; but not write or run any that he has not opened.
 * A file that is open for writing keeps the whole mount writable.
 */
static int graft_drop(int fd)
{
	if (mount_set(fd, MOUNT_RDONLY | MOUNT_NOEXEC, true) < 0)
		(void)!mount_set(fd, MOUNT_NOEXEC, true);
	return fchdir(fd) < 0 ? -errno : mount_drop(".");
}

static int graft_take(struct graft *g)
{
	static struct graft_mounts mounts = { .text = TEXT_INIT };
	const char *target = g->order.target;
	_cleanup_fd_ int fd = -1;
	struct graft_place source;
	bool is_known;
	int r;

	g->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (g->proc_fd < 0)
		return graft_fail(g, CELL_STAGE_ENTER, errno, "/proc");
	is_known = graft_know_source(g, &source);
	r = graft_enter_user(g);
	if (r == 0)
		r = graft_enter_mounts(g);
	if (r < 0)
		return graft_fail(g, CELL_STAGE_ENTER, r, NULL);
	r = graft_find_mount(g, is_known ? &source : NULL, &mounts, &fd);
	if (r == 0)
		r = graft_drop(fd);
	if (r < 0)
		return graft_fail(g, CELL_STAGE_DETACH, r, target);
	if (graft_name(target))
		graft_remove_point(g, graft_name(target));
	graft_find_holders(g, fd, &mounts);
	return 0;
}

void graft_work(const struct work *w)
{
	static struct graft g;
	int r;

	if (graft_read_order(&g, w) < 0)
		return;
	/* The default action ends us, and that is told by the socket. */
	alarm((GRAFT_TIMEOUT_MS + g.order.budget_ms) / 1000 + 1);
	r = graft_check_alive(&g);
	if (r == 0)
		r = g.order.deed == GRAFT_DEED_MOUNT ? graft_put(&g)
						     : graft_take(&g);
	if (r == 0)
		graft_check_alive(&g);
	packet_send(w->socket_fd, &g.result, sizeof(g.result), NULL, 0, 0);
}
