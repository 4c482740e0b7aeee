/*
 * The files a manifest is made of.
 *
 * "include" names further files, which may include others. Each is read once,
 * however many include it, and merged (manifest/merge.h) in the order in which
 * they are named: a file's own words first, then those of what it includes. Its
 * values carry its number in place.file; the manifest itself is 0.
 */
#pragma once

#include "manifest/load.h"

enum {
	INCLUDE_FILES_MAX = 256,
	INCLUDE_DEPTH_MAX = 64,
	INCLUDE_ENTRIES_MAX = 4096,
	INCLUDE_BYTES_MAX = 8 * 1024 * 1024, /* of all files */
	INCLUDE_PATH_MAX = 4095,
};

/*
 * Read the manifest in @bytes and all that it includes into one tree, and set
 * the files of @l's manifest. 0; MANIFEST_INVALID, reported, with *ret set if
 * the tree is worth looking at; or a fault.
 */
int include_load(struct load *l, const char *bytes, size_t n,
		 const struct manifest_includes *includes,
		 struct json5_value **ret);
