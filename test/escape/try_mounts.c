/* Mounts and namespaces. */
#include "escape.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

const char *mount_new(void)
{
	const char *result = NULL;

	TRY(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL), "tmpfs");
	TRY(syscall(SYS_mount, "none", "/tmp", "proc", 0, NULL), "proc");
	TRY(syscall(SYS_mount, "none", "/tmp", "cgroup2", 0, NULL), "cgroup2");
	TRY(syscall(SYS_mount, "/", "/tmp", NULL, 4096, NULL), "bind");
	return result;
}

const char *mount_new_api(void)
{
	const char *result = NULL;

	TRY(syscall(SYS_fsopen, "tmpfs", 0), "fsopen");
	TRY(syscall(SYS_open_tree, AT_FDCWD, "/", 1), "open_tree");
	TRY(syscall(SYS_move_mount, AT_FDCWD, "/data", AT_FDCWD, "/tmp", 0),
	    "move_mount");
	TRY(syscall(SYS_fspick, AT_FDCWD, "/tmp", 0), "fspick");
	return result;
}

const char *unmount(void)
{
	const char *result = NULL;

	TRY(syscall(SYS_umount2, "/ro", 2), "/ro");
	TRY(syscall(SYS_umount2, "/proc", 2), "/proc");
	TRY(syscall(SYS_umount2, "/", 2), "/");
	return result;
}

const char *change_root(void)
{
	const char *result = NULL;

	TRY(chroot("/tmp"), "chroot");
	TRY(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	return result;
}

const char *unshare_user(void)
{
	return must_fail(unshare(CLONE_NEWUSER), "a user namespace");
}

const char *unshare_others(void)
{
	const char *result = NULL;

	TRY(unshare(CLONE_NEWNS), "a mount namespace");
	TRY(unshare(CLONE_NEWNET), "a network namespace");
	TRY(unshare(CLONE_NEWPID), "a pid namespace");
	TRY(unshare(CLONE_NEWUTS), "a uts namespace");
	return result;
}

static long raw_clone(unsigned long flags)
{
	long r = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (r == 0)
		_exit(0);
	return r;
}

const char *clone_user(void)
{
	const char *result = NULL;

	TRY(raw_clone(CLONE_NEWUSER), "a user namespace");
	TRY(raw_clone(CLONE_NEWUSER | CLONE_NEWNS), "two namespaces");
	/* What the kernel does not look at must not hide what it does. */
	TRY(raw_clone(CLONE_NEWUSER | 1UL << 40), "under a high bit");
	return result;
}

const char *clone3_user(void)
{
	uint64_t args[8] = { CLONE_NEWUSER, 0, 0, 0, SIGCHLD, 0, 0, 0 };
	long r = syscall(SYS_clone3, args, sizeof(args));

	if (r == 0)
		_exit(0);
	return must_fail(r, "a user namespace");
}

const char *enter_namespace(void)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY);

	return must_fail(setns(fd, 0), "setns");
}

const char *hide_descriptors(void)
{
	const char *result = NULL;

	TRY(unshare(CLONE_FILES), "unshared descriptors");
	TRY(syscall(SYS_close_range, ~0U, ~0U, 2), "by close_range");
	return result;
}
