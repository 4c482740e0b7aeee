/*
 * Things are attached in the order of their paths, so that what lies inside of
 * another finds it there. Directories on the way are made only in the cell's
 * own tmpfs, and links are followed nowhere: what a mount brings along may be
 * hostile.
 *
 * A directory of sockets is a tmpfs that is mounted twice: read-only in the
 * cell, and writable as a detached copy that the manager keeps, to add sockets
 * later. Nothing of it exists on the host.
 */
#include "cell/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/cell.h"
#include "cell/service.h"
#include "cell/source.h"
#include "sys/fd.h"
#include "sys/landlock.h"
#include "sys/mounts.h"
#include "sys/packet.h"

/* One thing to attach: a mount or a directory of sockets. */
struct attach_item {
	const char *path;
	bool is_dir;
	size_t index; /* into the plan's mounts or dirs */
};

struct attach {
	struct blank *blank;
	const struct plan *plan;
	int socket_fd;
	/* Per directory of sockets: what the cell sees, and the writable copy.
	 */
	int seen_fds[PLAN_DIRS_MAX], writable_fds[PLAN_DIRS_MAX];
	struct cell_failure *why;
};

uint64_t attach_landlock_rights(uint32_t rights)
{
	uint64_t r = 0;

	if (rights & (PLAN_READ_BYTES | PLAN_ADMIN))
		r |= LANDLOCK_READ_FILE;
	if (rights & (PLAN_ENUMERATE | PLAN_ADMIN))
		r |= LANDLOCK_READ_DIR;
	if (rights & (PLAN_WRITE_BYTES | PLAN_ADMIN))
		r |= LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE;
	if (rights & (PLAN_MODIFY_DIRECTORY | PLAN_ADMIN))
		r |= LANDLOCK_REMOVE_DIR | LANDLOCK_REMOVE_FILE |
		     LANDLOCK_MAKE_DIR | LANDLOCK_MAKE_REG |
		     LANDLOCK_MAKE_SOCK | LANDLOCK_MAKE_FIFO |
		     LANDLOCK_MAKE_SYM | LANDLOCK_REFER;
	if (rights & PLAN_EXECUTE)
		r |= LANDLOCK_EXECUTE;
	return r;
}

static int attach_fail(struct attach *a, enum cell_stage stage, int error,
		       const char *detail)
{
	cell_failure_set(a->why, stage, error, CELL_REASON_NONE, detail);
	return -1;
}

static int attach_allow(struct attach *a, int fd, uint64_t rights)
{
	if (a->blank->ruleset_fd < 0)
		return 0;
	return landlock_allow(a->blank->ruleset_fd, a->blank->landlock_abi, fd,
			      rights);
}

/* Step into @name below @fd (consumed), making it if it is not there. */
static int attach_step(int take_fd, const char *name, int *ret)
{
	int fd, r = 0;

	if (mkdirat(take_fd, name, 0755) < 0 && errno != EEXIST)
		r = -errno;
	fd = openat(take_fd, name,
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* It may be there though it could not be made. */
	if (fd >= 0)
		r = 0;
	else if (r == 0 || errno != ENOENT)
		r = -errno;
	fd_close(take_fd);
	if (r == 0)
		*ret = fd;
	return r;
}

/* The directory @path of the cell, made as far as it is not there. */
static int attach_find(struct attach *a, const char *path, int *ret)
{
	char name[256];
	const char *end;
	int fd, r;

	fd = fcntl(a->blank->root_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	while (*path) {
		path++;
		end = strchrnul(path, '/');
		memcpy(name, path, (size_t)(end - path));
		name[end - path] = 0;
		r = attach_step(fd, name, &fd);
		if (r < 0)
			return r;
		path = end;
	}
	*ret = fd;
	return 0;
}

static int attach_at(struct attach *a, int mount_fd, const char *path)
{
	_cleanup_fd_ int fd = -1;
	int r;

	r = attach_find(a, path, &fd);
	if (r == 0)
		r = mount_attach(mount_fd, fd, "");
	return r;
}

static int attach_mount(struct attach *a, const struct plan_mount *m,
			int take_fd)
{
	_cleanup_fd_ int fd = take_fd;
	int r;

	r = attach_at(a, fd, m->target);
	if (r < 0)
		return attach_fail(a, CELL_STAGE_ATTACH, r, m->target);
	r = attach_allow(a, fd, attach_landlock_rights(m->rights));
	if (r < 0)
		return attach_fail(a, CELL_STAGE_LANDLOCK, r, m->target);
	return 0;
}

/* Open those sources that were not passed, where the host's paths are. */
static int attach_open(struct attach *a, const uint8_t *how, int *mount_fds)
{
	struct source_owner owner = {
		.has_readonly = a->blank->layers & CELL_LAYER_READONLY,
	};
	const struct plan *p = a->plan;
	size_t i, n_open = 0;
	int r;

	for (i = 0; i < p->n_mounts; i++)
		n_open += how[i] == PROTOCOL_MOUNT_OPEN;
	if (!n_open)
		return 0;
	r = blank_enter_host(a->blank);
	if (r < 0)
		return attach_fail(a, CELL_STAGE_SOURCE, r, NULL);
	for (i = 0; i < p->n_mounts; i++) {
		if (how[i] != PROTOCOL_MOUNT_OPEN)
			continue;
		r = source_open(&p->mounts[i], &owner, &mount_fds[i], a->why);
		if (r == SOURCE_FAILED)
			return -1;
	}
	r = blank_leave_host(a->blank);
	return r == 0 ? 0 : attach_fail(a, CELL_STAGE_SOURCE, r, NULL);
}

static int attach_dir(struct attach *a, size_t i)
{
	const char *path = a->plan->dirs[i];
	int r;

	r = mount_new_tmpfs(0, 0755, MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC,
			    &a->seen_fds[i]);
	if (r == 0)
		r = attach_at(a, a->seen_fds[i], path);
	/* Only what is attached can be copied, on kernels before 6.15. */
	if (r == 0)
		r = mount_copy(a->seen_fds[i], "", false, &a->writable_fds[i]);
	if (r < 0)
		return attach_fail(a, CELL_STAGE_ATTACH, r, path);
	r = attach_allow(a, a->seen_fds[i], LANDLOCK_READ_DIR);
	if (r < 0)
		return attach_fail(a, CELL_STAGE_LANDLOCK, r, path);
	return 0;
}

static int attach_write(int fd, const char *bytes)
{
	size_t n = strlen(bytes);
	ssize_t k;

	for (; n; bytes += k, n -= (size_t)k) {
		k = write(fd, bytes, n);
		if (k < 0)
			return -errno;
	}
	return 0;
}

/* What the component is configured with; it lies in the cell's own tmpfs. */
static int attach_config(struct attach *a)
{
	_cleanup_fd_ int dir_fd = -1, fd = -1;
	int r;

	if (!a->plan->config)
		return 0;
	r = attach_find(a, PLAN_CONFIG_DIR, &dir_fd);
	if (r == 0) {
		fd = openat(dir_fd, strrchr(PLAN_CONFIG_FILE, '/') + 1,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				    O_CLOEXEC,
			    0444);
		r = fd < 0 ? -errno : attach_write(fd, a->plan->config);
	}
	/* Whatever the file mode mask of whoever started us. */
	if (r == 0 && fchmod(fd, 0444) < 0)
		r = -errno;
	if (r < 0)
		return attach_fail(a, CELL_STAGE_ATTACH, r, PLAN_CONFIG_FILE);
	r = attach_allow(a, fd, LANDLOCK_READ_FILE);
	return r == 0 ? 0
		      : attach_fail(a, CELL_STAGE_LANDLOCK, r,
				    PLAN_CONFIG_FILE);
}

/* Links come first: they lie in the cell's own tmpfs and nothing covers them.
 */
static int attach_links(struct attach *a)
{
	const struct plan_link *l = a->plan->links;
	char parent[PLAN_PATH_MAX + 1];
	size_t i, n;
	int r = 0;

	for (i = 0; r == 0 && i < a->plan->n_links; i++) {
		_cleanup_fd_ int fd = -1;

		n = (size_t)(strrchr(l[i].path, '/') - l[i].path);
		memcpy(parent, l[i].path, n);
		parent[n] = 0;
		r = attach_find(a, parent, &fd);
		if (r == 0 && symlinkat(l[i].into, fd, l[i].path + n + 1) < 0)
			r = -errno;
		if (r < 0)
			attach_fail(a, CELL_STAGE_ATTACH, r, l[i].path);
	}
	return r;
}

static int attach_compare(const void *a, const void *b)
{
	const struct attach_item *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* All mounts and directories of sockets, by path. */
static size_t attach_sort(const struct plan *p, struct attach_item *items)
{
	size_t i, n = 0;

	for (i = 0; i < p->n_mounts; i++)
		items[n++] =
			(struct attach_item){ p->mounts[i].target, false, i };
	for (i = 0; i < p->n_dirs; i++)
		items[n++] = (struct attach_item){ p->dirs[i], true, i };
	qsort(items, n, sizeof(*items), attach_compare);
	return n;
}

static int attach_all(struct attach *a, int *mount_fds)
{
	struct attach_item items[PLAN_MOUNTS_MAX + PLAN_DIRS_MAX];
	size_t i, n = attach_sort(a->plan, items);
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		if (items[i].is_dir)
			r = attach_dir(a, items[i].index);
		else if (mount_fds[items[i].index] >= 0)
			r = attach_mount(a, &a->plan->mounts[items[i].index],
					 TAKE_FD(mount_fds[items[i].index]));
	}
	return r;
}

/* Send descriptors [first, first + n) of a kind and close them here. */
static int attach_send(struct attach *a, enum protocol_type type,
		       uint32_t first, int *fds, size_t n)
{
	struct protocol_event event = { .type = type, .first = first };
	int r = packet_send(a->socket_fd, &event, sizeof(event), fds, n, 0);

	fd_close_all(fds, n);
	return r;
}

static int attach_services(struct attach *a)
{
	const struct plan_service *s = a->plan->services;
	int fds[CELL_EVENT_FDS_MAX], r = 0;
	size_t i, n = 0;

	for (i = 0; i < a->plan->n_services; i++) {
		r = service_listen(a->writable_fds[s[i].dir], s[i].name,
				   &fds[n]);
		if (r < 0)
			break;
		n++;
		if (n < CELL_EVENT_FDS_MAX && i + 1 < a->plan->n_services)
			continue;
		r = attach_send(a, PROTOCOL_LISTENERS, (uint32_t)(i + 1 - n),
				fds, n);
		n = 0;
		if (r < 0)
			break;
	}
	fd_close_all(fds, n);
	if (r < 0)
		return attach_fail(a, CELL_STAGE_SERVICE, r,
				   a->plan->services[i].name);
	return 0;
}

/* Close the directories of sockets for the component, hand over the copies. */
static int attach_dirs_finish(struct attach *a)
{
	size_t i, n = a->plan->n_dirs;
	int r = 0;

	if (!n)
		return 0;
	for (i = 0; r == 0 && i < n; i++)
		if (a->blank->layers & CELL_LAYER_READONLY)
			r = mount_set(a->seen_fds[i], MOUNT_RDONLY, false);
	if (r == 0)
		r = attach_send(a, PROTOCOL_DIRS, 0, a->writable_fds, n);
	return r == 0 ? 0 : attach_fail(a, CELL_STAGE_SERVICE, r, NULL);
}

/* Listing the root would, by Landlock's rules, be listing everything below. */
static int attach_allow_root(struct attach *a)
{
	uint64_t rights = LANDLOCK_READ_DIR;
	size_t i;
	int r;

	for (i = 0; i < a->plan->n_mounts; i++)
		if (!(a->plan->mounts[i].rights &
		      (PLAN_ENUMERATE | PLAN_ADMIN)))
			rights = 0;
	if (!rights)
		return 0;
	r = attach_allow(a, a->blank->root_fd, rights);
	return r == 0 ? 0 : attach_fail(a, CELL_STAGE_LANDLOCK, r, "/");
}

int attach_plan(struct blank *b, const struct plan *plan, const uint8_t *how,
		int *mount_fds, int socket_fd, struct cell_failure *ret_why)
{
	struct attach a = {
		.blank = b,
		.plan = plan,
		.socket_fd = socket_fd,
		.why = ret_why,
	};
	int r;

	memset(a.seen_fds, 0xff, sizeof(a.seen_fds));
	memset(a.writable_fds, 0xff, sizeof(a.writable_fds));
	r = attach_open(&a, how, mount_fds);
	if (r == 0)
		r = attach_links(&a);
	if (r == 0)
		r = attach_config(&a);
	if (r == 0)
		r = attach_all(&a, mount_fds);
	if (r == 0)
		r = attach_services(&a);
	if (r == 0)
		r = attach_dirs_finish(&a);
	if (r == 0)
		r = attach_allow_root(&a);
	if (r == 0 && b->layers & CELL_LAYER_READONLY) {
		r = mount_set(b->root_fd, MOUNT_RDONLY, false);
		if (r < 0)
			r = attach_fail(&a, CELL_STAGE_ATTACH, r, "/");
	}
	fd_close_all(a.seen_fds, PLAN_DIRS_MAX);
	fd_close_all(a.writable_fds, PLAN_DIRS_MAX);
	return r;
}
