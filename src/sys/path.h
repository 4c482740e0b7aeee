/* Opening paths that others had a hand in. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Open @path, relative to @dir_fd and staying beneath it, following no link of
 * any kind. @flags as for open(2), close-on-exec is added. 0 or -errno: -ELOOP
 * for a link, -EXDEV for a way out.
 */
int path_open_beneath(int dir_fd, const char *path, int flags, int *ret);

/*
 * Read a small file whole: at most @n - 1 bytes and a zero. 0 or -errno; -E2BIG
 * when there is more.
 */
int path_read_file(const char *path, char *buffer, size_t n);

/* Write a file of the kernel's in one call. 0 or -errno. */
int path_write_file(int dir_fd, const char *path, const char *text);

/* The number in a file of the kernel's; @missing when there is none. */
long long path_read_number(const char *path, long long missing);
