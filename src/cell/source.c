/*
 * Who owns the files: inside of a cell the component is user 1000. Without root
 * that is the user who runs the manager, and nothing needs to be done. As root
 * every cell has host ids of its own, which own nothing on the disk; so mounts
 * are mapped: the owner of the directory (1000 for storage) appears as the
 * cell's user. A file system that cannot be mapped has its storage chowned
 * instead; directories of the host are never chowned, and have to be open to
 * others then.
 */
#include "cell/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/mounts.h"
#include "sys/path.h"
#include "sys/userns.h"

enum {
	/* How much of a storage is chowned before we give up. */
	SOURCE_CHOWN_MAX = 100000,
	SOURCE_CHOWN_DEPTH = 64,
};

static int source_fail(struct cell_failure *why, enum cell_stage stage,
		       int error, const struct plan_mount *m)
{
	char path[sizeof(why->detail)];

	/* Too long a path is cut: it is for people. */
	(void)!snprintf(path, sizeof(path), "%s%s%s", m->source,
			m->subpath && m->subpath[0] ? "/" : "",
			m->subpath ? m->subpath : "");
	cell_failure_set(why, stage, error, CELL_REASON_NONE, path);
	return SOURCE_FAILED;
}

int source_find(const struct plan_mount *m, int *ret)
{
	_cleanup_fd_ int fd = -1;

	fd = open(m->source, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (m->subpath && m->subpath[0])
		return path_open_beneath(fd, m->subpath, O_PATH | O_DIRECTORY,
					 ret);
	*ret = TAKE_FD(fd);
	return 0;
}

/* Give everything at and below @fd, which is consumed, to the cell's user. */
static int source_chown_tree(int take_fd, const struct source_owner *o,
			     unsigned *left, unsigned depth)
{
	DIR *dir;
	struct dirent *entry;
	int r = 0, fd;

	dir = fdopendir(take_fd);
	if (!dir) {
		r = -errno;
		fd_close(take_fd);
		return r;
	}
	if (fchown(dirfd(dir), o->uid, o->gid) < 0)
		r = -errno;
	while (r == 0 && (errno = 0, entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!*left || !depth) {
			r = -E2BIG;
			break;
		}
		--*left;
		if (fchownat(dirfd(dir), entry->d_name, o->uid, o->gid,
			     AT_SYMLINK_NOFOLLOW) < 0)
			r = -errno;
		fd = openat(dirfd(dir), entry->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (r == 0 && fd >= 0)
			r = source_chown_tree(fd, o, left, depth - 1);
		else
			fd_close(fd);
	}
	closedir(dir);
	return r;
}

static int source_chown(int path_fd, const struct source_owner *o)
{
	unsigned left = SOURCE_CHOWN_MAX;
	int fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return source_chown_tree(fd, o, &left, SOURCE_CHOWN_DEPTH);
}

/* May somebody who owns nothing here do what the rights say? */
static bool source_is_open(const struct plan_mount *m, const struct stat *st)
{
	mode_t wanted = S_IROTH | S_IXOTH;

	if (m->rights & PLAN_RIGHTS_WRITE)
		wanted |= S_IWOTH;
	return (st->st_mode & wanted) == wanted;
}

/* Does the component have to be taken for the owner to get at this one? */
static bool source_wants_map(const struct plan_mount *m, const struct stat *st)
{
	return m->kind == PLAN_STORAGE || m->rights & PLAN_RIGHTS_WRITE ||
	       !source_is_open(m, st);
}

/* Fresh storage that root made still belongs to root. */
static int source_adopt(const struct plan_mount *m, int path_fd,
			struct stat *st)
{
	if (m->kind != PLAN_STORAGE || st->st_uid != 0)
		return 0;
	if (fchownat(path_fd, "", CELL_INSIDE_ID, CELL_INSIDE_ID,
		     AT_EMPTY_PATH) < 0)
		return -errno;
	st->st_uid = st->st_gid = CELL_INSIDE_ID;
	return 0;
}

/* Map the detached mount @mount_fd so that the owner is the cell's user. */
static int source_idmap(int mount_fd, const struct stat *st,
			const struct source_owner *o)
{
	_cleanup_fd_ int other_fd = -1;
	int userns_fd = o->userns_fd, r;

	if (st->st_uid != CELL_INSIDE_ID || st->st_gid != CELL_INSIDE_ID) {
		r = userns_new((struct userns_range){ st->st_uid, o->uid, 1 },
			       (struct userns_range){ st->st_gid, o->gid, 1 },
			       &other_fd);
		if (r < 0)
			return r;
		userns_fd = other_fd;
	}
	r = mount_set_idmap(mount_fd, userns_fd, true);
	/* A submount that cannot be mapped need not spoil the rest. */
	if (r < 0)
		r = mount_set_idmap(mount_fd, userns_fd, false);
	return r;
}

/* See the head of this file. */
static int source_own(const struct plan_mount *m, int path_fd, int mount_fd,
		      const struct source_owner *o)
{
	struct stat st;
	int r;

	if (!o->is_mapped)
		return 0;
	if (fstat(path_fd, &st) < 0)
		return -errno;
	if (!source_wants_map(m, &st))
		return 0;
	if (m->kind == PLAN_STORAGE && st.st_uid == o->uid)
		return 0; /* chowned in an earlier start of this cell's user */
	r = source_adopt(m, path_fd, &st);
	if (r < 0)
		return r;
	r = source_idmap(mount_fd, &st, o);
	if (r < 0 && m->kind == PLAN_STORAGE)
		return source_chown(path_fd, o);
	return r < 0 && source_is_open(m, &st) ? 0 : r;
}

static uint64_t source_attributes(const struct plan_mount *m,
				  const struct source_owner *o)
{
	uint64_t attributes = MOUNT_NOSUID | MOUNT_NODEV;

	if (!(m->rights & PLAN_RIGHTS_WRITE) && o->has_readonly)
		attributes |= MOUNT_RDONLY;
	if (!(m->rights & PLAN_EXECUTE))
		attributes |= MOUNT_NOEXEC;
	return attributes;
}

int source_open(const struct plan_mount *m, const struct source_owner *owner,
		int *ret, struct cell_failure *ret_why)
{
	_cleanup_fd_ int path_fd = -1, mount_fd = -1;
	int r;

	r = source_find(m, &path_fd);
	if (r == -ENOENT && m->optional)
		return SOURCE_ABSENT;
	if (r < 0)
		return source_fail(ret_why, CELL_STAGE_SOURCE, r, m);
	r = mount_copy(path_fd, "", true, &mount_fd);
	if (r == 0)
		r = mount_isolate(mount_fd, true);
	if (r == 0)
		r = mount_set(mount_fd, source_attributes(m, owner), true);
	if (r < 0)
		return source_fail(ret_why, CELL_STAGE_SOURCE, r, m);
	r = source_own(m, path_fd, mount_fd, owner);
	if (r < 0)
		return source_fail(ret_why, CELL_STAGE_IDMAP, r, m);
	*ret = TAKE_FD(mount_fd);
	return 0;
}
