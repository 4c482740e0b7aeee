#include "sys/landlock.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule	    445
#define SYS_landlock_restrict_self  446
#endif

enum {
	LANDLOCK_GET_VERSION = 1,
	LANDLOCK_PATH_BENEATH = 1,
	LANDLOCK_NET_ALL = 0x3,	  /* bind and connect TCP */
	LANDLOCK_SCOPE_ALL = 0x3, /* abstract sockets, signals */
};

/* The kernel's struct landlock_ruleset_attr, as of ABI 6. */
struct landlock_ruleset {
	uint64_t fs, net, scoped;
};

/* The kernel's struct landlock_path_beneath_attr. */
struct landlock_path {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

int landlock_abi(void)
{
	long r = syscall(SYS_landlock_create_ruleset, NULL, 0,
			 LANDLOCK_GET_VERSION);

	return r < 0 ? 0 : (int)r;
}

static uint64_t landlock_known(int abi)
{
	uint64_t known = LANDLOCK_RIGHTS_ALL;

	if (abi < 2)
		known &= ~(uint64_t)LANDLOCK_REFER;
	if (abi < 3)
		known &= ~(uint64_t)LANDLOCK_TRUNCATE;
	if (abi < 5)
		known &= ~(uint64_t)LANDLOCK_IOCTL_DEV;
	return known;
}

int landlock_new(int abi, int *ret)
{
	struct landlock_ruleset attributes = { .fs = landlock_known(abi) };
	size_t n = offsetof(struct landlock_ruleset, net);
	long fd;

	if (abi >= 4) {
		attributes.net = LANDLOCK_NET_ALL;
		n = offsetof(struct landlock_ruleset, scoped);
	}
	if (abi >= 6) {
		attributes.scoped = LANDLOCK_SCOPE_ALL;
		n = sizeof(attributes);
	}
	fd = syscall(SYS_landlock_create_ruleset, &attributes, n, 0);
	if (fd < 0)
		return -errno;
	*ret = (int)fd;
	return 0;
}

int landlock_allow(int ruleset_fd, int abi, int path_fd, uint64_t rights)
{
	struct landlock_path rule = {
		.allowed = rights & landlock_known(abi),
		.fd = path_fd,
	};
	struct stat st;

	if (fstat(path_fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		rule.allowed &= LANDLOCK_RIGHTS_FILE;
	if (!rule.allowed)
		return 0;
	if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_PATH_BENEATH,
		    &rule, 0) < 0)
		return -errno;
	return 0;
}

int landlock_confine(int ruleset_fd)
{
	if (syscall(SYS_landlock_restrict_self, ruleset_fd, 0) < 0)
		return -errno;
	return 0;
}
