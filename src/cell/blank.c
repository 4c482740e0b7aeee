/*
 * The root is a tmpfs that is attached before anything is attached to it,
 * because older kernels refuse to attach a detached mount to a detached one. It
 * is put over "/", which changes nothing for this task until it pivots:
 * absolute paths are still the host's, and the cell is reached through root_fd.
 *
 * Taking the old root off waits for all processors (some milliseconds), so it
 * is done here and not when the plan has come. As root the plan's mounts arrive
 * as descriptors. Without, the init opens them: it keeps a second mount
 * namespace, in which the host is still there, and visits it by setns().
 */
#include "cell/blank.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/plan.h"
#include "sys/fd.h"
#include "sys/landlock.h"
#include "sys/mounts.h"
#include "sys/path.h"

enum {
	KEYCTL_JOIN = 1, /* KEYCTL_JOIN_SESSION_KEYRING */
	BLANK_RIGHTS_READ = LANDLOCK_READ_FILE | LANDLOCK_READ_DIR,
	BLANK_RIGHTS_RUN = BLANK_RIGHTS_READ | LANDLOCK_EXECUTE,
	/* A directory of one's own, without execution and device nodes. */
	BLANK_RIGHTS_OWN = LANDLOCK_RIGHTS_ALL &
			   ~(LANDLOCK_EXECUTE | LANDLOCK_MAKE_CHAR |
			     LANDLOCK_MAKE_BLOCK | LANDLOCK_IOCTL_DEV),
};

/* Where programs and libraries are; beside /usr these are mostly links. */
static const char *const blank_host_dirs[] = { "usr",	"bin",	 "sbin",  "lib",
					       "lib32", "lib64", "libx32" };

/* What programs need of the host's /etc. */
static const char *const blank_host_etc[] = { "etc/ld.so.cache",
					      "etc/alternatives",
					      "etc/localtime" };

static const char *const blank_devices[] = { "dev/null", "dev/zero", "dev/full",
					     "dev/random", "dev/urandom" };

static const struct {
	const char *path, *text;
} blank_files[] = {
	{ "etc/passwd", "root:x:0:0:root:/:/usr/sbin/nologin\n"
			"component:x:1000:1000:component:/:/bin/sh\n"
			"nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n" },
	{ "etc/group", "root:x:0:\ncomponent:x:1000:\nnogroup:x:65534:\n" },
	{ "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n" },
	{ "etc/hosts", "127.0.0.1 localhost\n::1 localhost\n" },
};

static const struct {
	const char *path, *target;
} blank_links[] = {
	{ "dev/fd", "/proc/self/fd" },
	{ "dev/stdin", "/proc/self/fd/0" },
	{ "dev/stdout", "/proc/self/fd/1" },
	{ "dev/stderr", "/proc/self/fd/2" },
};

static int blank_fail(struct cell_failure *why, enum cell_stage stage,
		      int error, const char *detail)
{
	cell_failure_set(why, stage, error, CELL_REASON_NONE, detail);
	return -1;
}

static int blank_mkdir(struct blank *b, const char *path)
{
	return mkdirat(b->root_fd, path, 0755) < 0 ? -errno : 0;
}

static int blank_write(struct blank *b, const char *path, const char *text)
{
	_cleanup_fd_ int fd =
		openat(b->root_fd, path,
		       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	size_t n = strlen(text);

	if (fd < 0)
		return -errno;
	if (n && write(fd, text, n) != (ssize_t)n)
		return -EIO;
	return 0;
}

/* Let the component do @rights at this descriptor, should there be Landlock. */
static int blank_allow(struct blank *b, int fd, uint64_t rights)
{
	if (b->ruleset_fd < 0)
		return 0;
	return landlock_allow(b->ruleset_fd, b->landlock_abi, fd, rights);
}

static uint64_t blank_readonly(const struct blank *b)
{
	return b->layers & CELL_LAYER_READONLY ? MOUNT_RDONLY : 0;
}

/* The host's "/PATH" at the same place in the cell. -ENOENT if there is none.
 */
static int blank_bind(struct blank *b, const char *path, uint64_t attributes,
		      uint64_t rights)
{
	_cleanup_fd_ int fd = -1;
	char host[64];
	struct stat st;
	int r;

	snprintf(host, sizeof(host), "/%s", path);
	r = mount_copy(AT_FDCWD, host, true, &fd);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = mount_set(fd, attributes, true);
	if (r == 0)
		r = S_ISDIR(st.st_mode) ? blank_mkdir(b, path)
					: blank_write(b, path, "");
	if (r == 0)
		r = mount_attach(fd, b->root_fd, path);
	if (r == 0)
		r = blank_allow(b, fd, rights);
	return r;
}

/* The host's "/PATH": a link again when it is a link, else the thing itself. */
static int blank_mirror(struct blank *b, const char *path, uint64_t rights)
{
	char host[64], target[PATH_MAX];
	ssize_t n;

	snprintf(host, sizeof(host), "/%s", path);
	n = readlink(host, target, sizeof(target) - 1);
	if (n >= 0) {
		target[n] = 0;
		return symlinkat(target, b->root_fd, path) < 0 ? -errno : 0;
	}
	if (errno == ENOENT)
		return 0;
	if (errno != EINVAL)
		return -errno;
	return blank_bind(b, path,
			  MOUNT_NOSUID | MOUNT_NODEV | blank_readonly(b),
			  rights);
}

static int blank_open_ns(int *ret)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

int blank_enter_host(struct blank *b)
{
	if (b->host_ns_fd >= 0 && setns(b->host_ns_fd, CLONE_NEWNS) < 0)
		return -errno;
	return 0;
}

int blank_leave_host(struct blank *b)
{
	if (b->cell_ns_fd >= 0 && setns(b->cell_ns_fd, CLONE_NEWNS) < 0)
		return -errno;
	return 0;
}

/*
 * Leave a copy of the host's mounts behind in a namespace that can be visited.
 * The cell's is the one we were born with: the manager knows that one.
 */
static int blank_split(struct blank *b)
{
	int r;

	r = blank_open_ns(&b->cell_ns_fd);
	if (r == 0 && unshare(CLONE_NEWNS) < 0)
		r = -errno;
	if (r == 0)
		r = blank_open_ns(&b->host_ns_fd);
	return r < 0 ? r : blank_leave_host(b);
}

static int blank_build_root(struct blank *b, struct cell_failure *why)
{
	int r;

	r = mount_make_private();
	if (r == 0 && !b->is_root)
		r = blank_split(b);
	if (r < 0)
		return blank_fail(why, CELL_STAGE_PRIVATE, r, NULL);
	r = mount_new_tmpfs(0, 0755, MOUNT_NOSUID | MOUNT_NODEV, &b->root_fd);
	if (r == 0)
		r = mount_attach(b->root_fd, AT_FDCWD, "/");
	if (r < 0)
		return blank_fail(why, CELL_STAGE_ROOT, r, NULL);
	return 0;
}

static int blank_build_host(struct blank *b, struct cell_failure *why)
{
	char path[64];
	size_t i;
	int r;

	for (i = 0; i < N_ELEMENTS(blank_host_dirs); i++) {
		r = blank_mirror(b, blank_host_dirs[i], BLANK_RIGHTS_RUN);
		if (r == 0)
			continue;
		snprintf(path, sizeof(path), "/%s", blank_host_dirs[i]);
		return blank_fail(why, CELL_STAGE_HOST, r, path);
	}
	return 0;
}

static int blank_build_etc(struct blank *b, struct cell_failure *why)
{
	_cleanup_fd_ int fd = -1;
	size_t i;
	int r;

	r = blank_mkdir(b, "etc");
	for (i = 0; r == 0 && i < N_ELEMENTS(blank_files); i++)
		r = blank_write(b, blank_files[i].path, blank_files[i].text);
	for (i = 0; r == 0 && i < N_ELEMENTS(blank_host_etc); i++)
		r = blank_mirror(b, blank_host_etc[i], BLANK_RIGHTS_READ);
	if (r == 0) {
		fd = openat(b->root_fd, "etc", O_PATH | O_CLOEXEC);
		r = fd < 0 ? -errno : blank_allow(b, fd, BLANK_RIGHTS_READ);
	}
	return r == 0 ? 0 : blank_fail(why, CELL_STAGE_ETC, r, NULL);
}

static int blank_add_tmpfs(struct blank *b, const char *path, int *ret)
{
	int r;

	r = blank_mkdir(b, path);
	if (r == 0)
		r = mount_new_tmpfs(PLAN_TMP_DEFAULT, 01777,
				    MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC,
				    ret);
	if (r == 0)
		r = mount_attach(*ret, b->root_fd, path);
	if (r == 0)
		r = blank_allow(b, *ret, BLANK_RIGHTS_OWN);
	return r;
}

static int blank_build_dev(struct blank *b, struct cell_failure *why)
{
	_cleanup_fd_ int fd = -1;
	size_t i;
	int r;

	r = blank_mkdir(b, "dev");
	for (i = 0; r == 0 && i < N_ELEMENTS(blank_devices); i++) {
		r = blank_bind(b, blank_devices[i],
			       MOUNT_NOSUID | MOUNT_NOEXEC | MOUNT_RDONLY,
			       LANDLOCK_READ_FILE | LANDLOCK_WRITE_FILE |
				       LANDLOCK_TRUNCATE);
		if (r < 0)
			return blank_fail(why, CELL_STAGE_DEV, r,
					  blank_devices[i]);
	}
	for (i = 0; r == 0 && i < N_ELEMENTS(blank_links); i++)
		if (symlinkat(blank_links[i].target, b->root_fd,
			      blank_links[i].path) < 0)
			r = -errno;
	if (r == 0)
		r = blank_add_tmpfs(b, "dev/shm", &b->shm_fd);
	if (r == 0) {
		fd = openat(b->root_fd, "dev", O_PATH | O_CLOEXEC);
		r = fd < 0 ? -errno : blank_allow(b, fd, BLANK_RIGHTS_READ);
	}
	return r == 0 ? 0 : blank_fail(why, CELL_STAGE_DEV, r, NULL);
}

/*
 * The kernel gives a new /proc only to those who see a whole one already, which
 * in some containers nobody does. Such a cell has an empty one.
 */
static int blank_build_proc(struct blank *b, struct cell_failure *why)
{
	_cleanup_fd_ int fd = -1;
	int r;

	r = blank_mkdir(b, "proc");
	if (r < 0)
		return blank_fail(why, CELL_STAGE_PROC, r, NULL);
	if (!(b->layers & CELL_LAYER_PROC))
		return 0;
	/* Read-only: a cell that has no ids of its own would be the owner of
	 * the host's settings in /proc/sys. */
	r = mount_new_proc(MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC |
				   blank_readonly(b),
			   &fd);
	if (r == -EPERM) {
		b->missing |= CELL_LAYER_PROC;
		return 0;
	}
	if (r == 0)
		r = mount_attach(fd, b->root_fd, "proc");
	if (r == 0)
		r = blank_allow(b, fd, BLANK_RIGHTS_READ);
	return r == 0 ? 0 : blank_fail(why, CELL_STAGE_PROC, r, NULL);
}

static int blank_build_tmp(struct blank *b, struct cell_failure *why)
{
	int r = blank_add_tmpfs(b, "tmp", &b->tmp_fd);

	return r == 0 ? 0 : blank_fail(why, CELL_STAGE_TMP, r, NULL);
}

/*
 * Where directories are put that are granted while the cell runs; see graft.h.
 * Rules cannot be added then, so the rule here allows everything, and the flags
 * of what is mounted say what is allowed. The directory itself is read-only.
 */
static int blank_build_grants(struct blank *b, struct cell_failure *why)
{
	_cleanup_fd_ int fd = -1;
	int r;

	r = blank_mkdir(b, "grants");
	if (r == 0)
		r = mount_new_tmpfs(0, 0755,
				    MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC |
					    blank_readonly(b),
				    &fd);
	if (r == 0)
		r = mount_attach(fd, b->root_fd, "grants");
	if (r == 0)
		r = blank_allow(b, fd, LANDLOCK_RIGHTS_ALL);
	return r == 0 ? 0 : blank_fail(why, CELL_STAGE_GRANTS, r, NULL);
}

/* The rules that hold for every cell; -1 and missing where there is no
 * Landlock. */
static int blank_build_rules(struct blank *b, struct cell_failure *why)
{
	int r;

	b->ruleset_fd = -1;
	if (!(b->layers & CELL_LAYER_LANDLOCK))
		return 0;
	b->landlock_abi = landlock_abi();
	if (!b->landlock_abi) {
		b->missing |= CELL_LAYER_LANDLOCK;
		return 0;
	}
	r = landlock_new(b->landlock_abi, &b->ruleset_fd);
	if (r < 0)
		return blank_fail(why, CELL_STAGE_LANDLOCK, r, NULL);
	return 0;
}

/*
 * Nothing in here is the only wall: namespaces are refused by the filter, and
 * the keyrings too. So what fails because the outside is masked already may
 * fail.
 */
static void blank_forbid(void)
{
	path_write_file(AT_FDCWD, "/proc/sys/user/max_user_namespaces", "0");
	/* A session keyring of its own, in place of the manager's. */
	syscall(SYS_keyctl, KEYCTL_JOIN, NULL);
}

int blank_build(struct blank *b, struct cell_failure *ret_why)
{
	static int (*const steps[])(struct blank *, struct cell_failure *) = {
		blank_build_rules, blank_build_root,   blank_build_host,
		blank_build_etc,   blank_build_dev,    blank_build_proc,
		blank_build_tmp,   blank_build_grants,
	};
	size_t i;
	int r;

	for (i = 0; i < N_ELEMENTS(steps); i++) {
		r = steps[i](b, ret_why);
		if (r < 0)
			return r;
	}
	blank_forbid();
	r = mount_pivot(b->root_fd);
	return r == 0 ? 0 : blank_fail(ret_why, CELL_STAGE_PIVOT, r, NULL);
}

/* Take off what is mounted at @path, and the mount point or link with it. */
static int blank_remove(struct blank *b, const char *path)
{
	struct stat st;

	if (fstatat(b->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISLNK(st.st_mode)) {
		if (fchdir(b->root_fd) < 0)
			return -errno;
		if (mount_drop(path) < 0)
			return -errno;
	}
	if (unlinkat(b->root_fd, path, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) <
	    0)
		return -errno;
	return 0;
}

int blank_make_strict(struct blank *b)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < N_ELEMENTS(blank_host_dirs); i++)
		r = blank_remove(b, blank_host_dirs[i]);
	for (i = 0; r == 0 && i < N_ELEMENTS(blank_host_etc); i++)
		r = blank_remove(b, blank_host_etc[i]);
	return r;
}
