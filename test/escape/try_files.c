/* Files: those of the host, and those that are read-only. */
#include "escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

const char *host_file_absolute(void)
{
	return must_fail(open(host.secret, O_RDONLY), "the host's secret");
}

const char *host_file_dotdot(void)
{
	static const char *const from[] = { "/",    "/data", "/ro",
					    "/svc", "/pkg",  "/proc/self/cwd" };
	const char *result = NULL;
	char path[512];
	size_t i;
	int fd;

	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		fd = open(from[i], O_PATH | O_DIRECTORY);
		snprintf(path, sizeof(path), "../../../../../..%s",
			 host.secret);
		TRY(openat(fd, path, O_RDONLY), from[i]);
	}
	return result;
}

const char *host_shadow(void)
{
	return must_fail(open("/etc/shadow", O_RDONLY), "/etc/shadow");
}

const char *root_listing(void)
{
	static const char known[] = " . .. bin data dev etc grants lib lib32 "
				    "lib64 libx32 pkg proc ro sbin svc tmp usr ";
	DIR *dir = opendir("/");
	struct dirent *entry;
	char name[300];

	if (!dir)
		return must_fail(-1, "");
	while ((entry = readdir(dir))) {
		snprintf(name, sizeof(name), " %s ", entry->d_name);
		if (!strstr(known, name))
			return say("ESCAPED there is /%s", entry->d_name);
	}
	return "blocked nothing-foreign";
}

const char *proc_init_root(void)
{
	char path[512];

	snprintf(path, sizeof(path), "/proc/1/root%s", host.secret);
	return must_fail(open(path, O_RDONLY), "through /proc/1/root");
}

const char *proc_init_cwd_fd(void)
{
	const char *result = NULL;

	TRY(open("/proc/1/cwd", O_RDONLY), "/proc/1/cwd");
	TRY(open("/proc/1/fd/3", O_RDWR), "/proc/1/fd/3");
	TRY(open("/proc/1/environ", O_RDONLY), "/proc/1/environ");
	TRY(open("/proc/1/mem", O_RDWR), "/proc/1/mem");
	TRY(open("/proc/1/ns/mnt", O_RDONLY), "/proc/1/ns/mnt");
	return result;
}

const char *proc_of_host(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	long n = 0;

	if (!dir)
		return must_fail(-1, "");
	while ((entry = readdir(dir)))
		if (strtol(entry->d_name, NULL, 10) > 0)
			n++;
	/* The program, and this attempt's task; pid 1 is hidden, or not. */
	return n > 3 ? say("ESCAPED %ld tasks are visible", n)
		     : say("blocked own-tasks-only");
}

const char *symlink_to_host(void)
{
	unlink("/data/link");
	if (symlink(host.secret, "/data/link") < 0)
		return must_fail(-1, "");
	return must_fail(open("/data/link", O_RDONLY), "through a link");
}

const char *hardlink_out(void)
{
	const char *result = NULL;

	TRY(link("/ro/file", "/data/hard"), "link of a read-only file");
	TRY(linkat(open("/ro/file", O_RDONLY), "", AT_FDCWD, "/data/hard2",
		   AT_EMPTY_PATH),
	    "link of a descriptor");
	return result;
}

const char *file_handle(void)
{
	union {
		struct file_handle handle;
		char bytes[128];
	} u = { .handle = { .handle_bytes = 8, .handle_type = 1 } };
	int fd = open("/data", O_RDONLY | O_DIRECTORY);

	/* Inode 2 is the root of an ext4 disk. */
	u.handle.f_handle[0] = 2;
	return must_fail(open_by_handle_at(fd, &u.handle, O_RDONLY),
			 "the disk's root");
}

const char *readonly_write(void)
{
	const char *result = NULL;

	TRY(open("/ro/file", O_RDWR), "open for writing");
	TRY(open("/ro/file", O_WRONLY | O_TRUNC), "truncating");
	TRY(creat("/ro/new", 0644), "a new file");
	TRY(truncate("/ro/file", 0), "truncate");
	TRY(unlink("/ro/file"), "unlink");
	TRY(mkdir("/ro/dir", 0755), "mkdir");
	TRY(rename("/ro/file", "/ro/other"), "rename");
	return result;
}

const char *readonly_reopen(void)
{
	int fd = open("/ro/file", O_RDONLY), dir = open("/ro", O_RDONLY);
	const char *result = NULL;
	char path[64];

	if (fd < 0 || dir < 0)
		return say("ESCAPED cannot even read: %s",
			   strerrorname_np(errno));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	TRY(open(path, O_RDWR), "reopened for writing");
	TRY(openat(dir, "new", O_CREAT | O_WRONLY, 0644), "created in a dirfd");
	TRY(ftruncate(fd, 0), "truncated");
	return result;
}

const char *readonly_mapped(void)
{
	int fd = open("/ro/file", O_RDONLY);
	void *p = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return must_fail(p == MAP_FAILED ? -1 : 0, "a writable map");
}

const char *readonly_attributes(void)
{
	const char *result = NULL;

	TRY(chmod("/ro/file", 0777), "chmod");
	TRY(utimensat(AT_FDCWD, "/ro/file", NULL, 0), "touch");
	TRY(setxattr("/ro/file", "user.x", "x", 1, 0), "setxattr");
	return result;
}

const char *readonly_remount(void)
{
	const char *result = NULL;

	TRY(syscall(SYS_mount, NULL, "/ro", NULL, 32 | 4096, NULL), "remount");
	TRY(syscall(SYS_mount_setattr, AT_FDCWD, "/ro", 0,
		    (uint64_t[4]){ 0, 1, 0, 0 }, 32),
	    "mount_setattr");
	return result;
}

const char *package_write(void)
{
	const char *result = NULL;

	TRY(open("/pkg/data", O_RDWR), "open for writing");
	TRY(creat("/pkg/new", 0644), "a new file");
	TRY(symlink("/etc", "/pkg/link"), "a link");
	return result;
}

const char *svc_write(void)
{
	const char *result = NULL;

	TRY(unlink("/svc/service"), "unlinked a service");
	TRY(rename("/svc/service", "/svc/other"), "renamed a service");
	TRY(symlink("/tmp/x", "/svc/fake"), "made a service");
	return result;
}

/* Landlock allows everything below; that must not make it writable. */
const char *grants_write(void)
{
	const char *result = NULL;

	TRY(mkdir("/grants/new", 0755), "a directory in /grants");
	TRY(open("/grants/file", O_WRONLY | O_CREAT, 0644), "a file");
	TRY(symlink("/tmp", "/grants/link"), "a link");
	TRY(chmod("/grants", 0777), "opened /grants to all");
	return result;
}

const char *root_write(void)
{
	const char *result = NULL;

	TRY(mkdir("/new", 0755), "a directory in /");
	TRY(unlink("/etc/passwd"), "unlink /etc/passwd");
	TRY(creat("/usr/new", 0644), "a file in /usr");
	TRY(open("/etc/ld.so.cache", O_RDWR), "/etc/ld.so.cache");
	TRY(open("/dev/new", O_CREAT | O_RDWR, 0644), "a file in /dev");
	return result;
}

const char *noexec_storage(void)
{
	char *args[] = { "x", NULL };
	int fd = open("/data/program", O_CREAT | O_WRONLY | O_TRUNC, 0755);

	if (fd < 0 || write(fd, "#!/bin/true\n", 12) != 12)
		return say("ESCAPED storage is not writable");
	close(fd);
	return must_fail(execv("/data/program", args), "ran it");
}
