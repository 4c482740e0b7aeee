/*
 * Landlock, with constants of our own: the headers of a distribution may know
 * less than its kernel, and the other way round.
 */
#pragma once

#include <stdint.h>

enum landlock_right {
	LANDLOCK_EXECUTE = 1 << 0,
	LANDLOCK_WRITE_FILE = 1 << 1,
	LANDLOCK_READ_FILE = 1 << 2,
	LANDLOCK_READ_DIR = 1 << 3,
	LANDLOCK_REMOVE_DIR = 1 << 4,
	LANDLOCK_REMOVE_FILE = 1 << 5,
	LANDLOCK_MAKE_CHAR = 1 << 6,
	LANDLOCK_MAKE_DIR = 1 << 7,
	LANDLOCK_MAKE_REG = 1 << 8,
	LANDLOCK_MAKE_SOCK = 1 << 9,
	LANDLOCK_MAKE_FIFO = 1 << 10,
	LANDLOCK_MAKE_BLOCK = 1 << 11,
	LANDLOCK_MAKE_SYM = 1 << 12,
	LANDLOCK_REFER = 1 << 13,     /* ABI 2 */
	LANDLOCK_TRUNCATE = 1 << 14,  /* ABI 3 */
	LANDLOCK_IOCTL_DEV = 1 << 15, /* ABI 5 */

	LANDLOCK_RIGHTS_ALL = 0xffff,
	/* Those that make sense for a single file. */
	LANDLOCK_RIGHTS_FILE = LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE |
			       LANDLOCK_READ_FILE | LANDLOCK_TRUNCATE |
			       LANDLOCK_IOCTL_DEV,
};

/* The ABI of the running kernel, 1 and up; 0 if it has no Landlock, or has it
 * switched off. */
int landlock_abi(void);

/*
 * A ruleset that handles every right this file and @abi know; TCP (ABI 4),
 * abstract sockets and signals to the outside (ABI 6) are denied whole. 0 or
 * -errno.
 */
int landlock_new(int abi, int *ret);

/* Allow @rights beneath @path_fd (O_PATH); those unknown to @abi are left out,
 * and for a file those that only directories have. 0 or -errno. */
int landlock_allow(int ruleset_fd, int abi, int path_fd, uint64_t rights);

/* Confine this task and all it forks. Needs no-new-privs. 0 or -errno. */
int landlock_confine(int ruleset_fd);
