/*
 * Direct system calls with constants of our own: C libraries came to these
 * calls late, and their headers collide with the kernel's.
 */
#include "sys/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/fd.h"

#ifndef SYS_open_tree
#define SYS_open_tree  428
#define SYS_move_mount 429
#define SYS_fsopen     430
#define SYS_fsconfig   431
#define SYS_fsmount    432
#define SYS_fspick     433
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

enum {
	TREE_CLONE = 1,
	TREE_RECURSIVE = 0x8000,
	MOVE_FROM_EMPTY = 0x4,
	MOVE_TO_EMPTY = 0x40,
	FS_CLOEXEC = 1,
	FS_SET_STRING = 1,
	FS_CREATE = 6,
	FS_RECONFIGURE = 7,
	PICK_CLOEXEC = 0x1,
	PICK_EMPTY = 0x8,
};

/* The kernel's struct mount_attr. */
struct mount_change {
	uint64_t set, clear, propagation, userns_fd;
};

int mount_copy(int dir_fd, const char *path, bool recursive, int *ret)
{
	unsigned flags =
		TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
	long fd;

	if (recursive)
		flags |= TREE_RECURSIVE;
	fd = syscall(SYS_open_tree, dir_fd, path, flags);
	if (fd < 0)
		return -errno;
	*ret = (int)fd;
	return 0;
}

static int mount_change(int fd, const struct mount_change *change,
			bool recursive)
{
	unsigned flags = AT_EMPTY_PATH;

	if (recursive)
		flags |= TREE_RECURSIVE;
	if (syscall(SYS_mount_setattr, fd, "", flags, change, sizeof(*change)) <
	    0)
		return -errno;
	return 0;
}

int mount_set(int fd, uint64_t attributes, bool recursive)
{
	struct mount_change change = { .set = attributes };

	return mount_change(fd, &change, recursive);
}

int mount_clear(int fd, uint64_t attributes, bool recursive)
{
	struct mount_change change = { .clear = attributes };

	return mount_change(fd, &change, recursive);
}

int mount_isolate(int fd, bool recursive)
{
	struct mount_change change = { .propagation = MS_PRIVATE };

	return mount_change(fd, &change, recursive);
}

int mount_set_idmap(int fd, int userns_fd, bool recursive)
{
	struct mount_change change = {
		.set = MOUNT_IDMAP,
		.userns_fd = (uint64_t)userns_fd,
	};

	return mount_change(fd, &change, recursive);
}

int mount_attach(int fd, int dir_fd, const char *path)
{
	if (syscall(SYS_move_mount, fd, "", dir_fd, path,
		    MOVE_FROM_EMPTY | MOVE_TO_EMPTY) < 0)
		return -errno;
	return 0;
}

int mount_drop(const char *path)
{
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int mount_option(int fs_fd, const char *key, const char *value)
{
	if (syscall(SYS_fsconfig, fs_fd, FS_SET_STRING, key, value, 0) < 0)
		return -errno;
	return 0;
}

/* Turn a configured file system into a detached mount. */
static int mount_create(int fs_fd, uint64_t attributes, int *ret)
{
	long fd;

	if (syscall(SYS_fsconfig, fs_fd, FS_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = syscall(SYS_fsmount, fs_fd, FS_CLOEXEC, attributes);
	if (fd < 0)
		return -errno;
	*ret = (int)fd;
	return 0;
}

int mount_new_tmpfs(uint64_t bytes, unsigned mode, uint64_t attributes,
		    int *ret)
{
	_cleanup_fd_ int fs_fd = (int)syscall(SYS_fsopen, "tmpfs", FS_CLOEXEC);
	char text[32];
	int r;

	if (fs_fd < 0)
		return -errno;
	snprintf(text, sizeof(text), "%o", mode);
	r = mount_option(fs_fd, "mode", text);
	if (r == 0 && bytes) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
		r = mount_option(fs_fd, "size", text);
	}
	if (r < 0)
		return r;
	return mount_create(fs_fd, attributes, ret);
}

int mount_resize_tmpfs(int fd, uint64_t bytes)
{
	_cleanup_fd_ int fs_fd =
		(int)syscall(SYS_fspick, fd, "", PICK_CLOEXEC | PICK_EMPTY);
	char text[32];
	int r;

	if (fs_fd < 0)
		return -errno;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	r = mount_option(fs_fd, "size", text);
	if (r < 0)
		return r;
	if (syscall(SYS_fsconfig, fs_fd, FS_RECONFIGURE, NULL, NULL, 0) < 0)
		return -errno;
	return 0;
}

int mount_new_proc(uint64_t attributes, int *ret)
{
	_cleanup_fd_ int fs_fd = (int)syscall(SYS_fsopen, "proc", FS_CLOEXEC);

	if (fs_fd < 0)
		return -errno;
	/* The word came in 5.8, the number is older; neither is worth failing.
	 */
	if (mount_option(fs_fd, "hidepid", "invisible") < 0)
		mount_option(fs_fd, "hidepid", "2");
	return mount_create(fs_fd, attributes, ret);
}

int mount_make_private(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	return 0;
}

int mount_open_task(pid_t pid, int *ret)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

int mount_pivot(int fd)
{
	if (fchdir(fd) < 0)
		return -errno;
	/* Both are the current directory: the old root ends up on top of the
	 * new one, where "." still finds it, and comes off again. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return -errno;
	if (umount2(".", MNT_DETACH) < 0)
		return -errno;
	if (chdir("/") < 0)
		return -errno;
	return 0;
}
