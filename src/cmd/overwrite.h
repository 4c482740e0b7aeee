/*
 * Giving files a new content, all or nothing as far as a file system can: the
 * new ones are written beside the old ones first, and only when all of them are
 * there do they take their places.
 */
#pragma once

#include "base/text.h"
#include "host/source_file.h"

enum {
	OVERWRITE_REFUSED = 1, /* nothing was changed; the text says why */
	OVERWRITE_PARTLY = 2,  /* the text says which files were changed */
};

struct overwrite {
	const char *file;
	const char *bytes;
	size_t n;
	struct package_stamp stamp; /* of what the new content was made from */

	/* Its own. */
	char *real, *beside;
};

/* Mode and owner stay; a symbolic link is followed. 0, a verdict with a
 * sentence in @ret_why, or -ENOMEM. */
int overwrite_files(struct overwrite *files, size_t n, struct text *ret_why);
