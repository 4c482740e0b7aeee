/*
 * Detached mounts: made or copied, given attributes, and only then attached.
 * All return 0 or -errno; new descriptors are close-on-exec.
 *
 * A detached mount must not be attached below another detached one: kernels
 * before 6.15 or so refuse that. Attach the root first.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum mount_attribute {
	MOUNT_RDONLY = 0x01,
	MOUNT_NOSUID = 0x02,
	MOUNT_NODEV = 0x04,
	MOUNT_NOEXEC = 0x08,
	MOUNT_IDMAP = 0x100000,
	MOUNT_NOSYMFOLLOW = 0x200000,
};

/* A copy of the mount tree at @path (with "": at @dir_fd itself). */
int mount_copy(int dir_fd, const char *path, bool recursive, int *ret);

/* Add attributes to a mount (tree) by its descriptor. */
int mount_set(int fd, uint64_t attributes, bool recursive);
int mount_clear(int fd, uint64_t attributes, bool recursive);

/* Let nothing that is mounted in it, here or where it was copied from, appear
 * at the other place too. */
int mount_isolate(int fd, bool recursive);

/* Show the mount's files with the ids of @userns_fd. Only before it is
 * attached, only as root, and only where the file system can. */
int mount_set_idmap(int fd, int userns_fd, bool recursive);

/* Attach a detached mount at @path (with "": at @dir_fd itself). */
int mount_attach(int fd, int dir_fd, const char *path);

/* Take off what is mounted at @path, whoever still uses it. */
int mount_drop(const char *path);

/* A new tmpfs; @bytes 0: no limit of its own. */
int mount_new_tmpfs(uint64_t bytes, unsigned mode, uint64_t attributes,
		    int *ret);
/* Change the size of the tmpfs that @fd is the root of. */
int mount_resize_tmpfs(int fd, uint64_t bytes);

/* A new proc of this pid namespace. Other users' tasks are hidden, where the
 * kernel can. */
int mount_new_proc(uint64_t attributes, int *ret);

/* Make nothing in this mount namespace travel to another, or arrive from one.
 */
int mount_make_private(void);

/* The mount namespace of a task. */
int mount_open_task(pid_t pid, int *ret);

/* Make the mount at descriptor @fd the root, and drop the old one. */
int mount_pivot(int fd);
