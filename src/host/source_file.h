/*
 * Files that people write: manifests and the shards they include. Whatever lies
 * at the path, reading it neither blocks nor takes more than a bound.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tells a file from what it was. */
struct package_stamp {
	uint64_t device, inode, mtime_ns, size;
};

struct source_file {
	char *bytes;
	size_t n;
	char *real; /* see source_file_find(); NULL else */
	struct package_stamp stamp;
};

enum {
	SOURCE_FILE_UNREADABLE = 1, /* *ret_errno says why */
	SOURCE_FILE_ODD = 2,	    /* a directory, a fifo ... */
};

void source_file_fini(struct source_file *f);

/* Read the whole file at @path; of one above 1 MiB a byte more than that, so
 * that the loader sees that it is too large. A verdict or a fault. */
int source_file_read(const char *path, struct source_file *ret, int *ret_errno);

/* The same, and find out the absolute path, without symbolic links, of what was
 * opened. */
int source_file_find(const char *path, struct source_file *ret, int *ret_errno);

/* Is the file at @path another one than @stamp says, or gone? */
bool source_file_has_changed(const char *path,
			     const struct package_stamp *stamp);

/* Is @path @directory, or below it? As text: both are real paths. */
bool path_lies_in(const char *path, const char *directory);
