/*
 * The compiled form of a manifest.
 *
 * It is JSON, and still a manifest: its shards merged into it, its comments
 * gone, its keys in one fixed order, one declaration to a line. Reading it
 * yields the same manifest again but for the places, and compiling it the same
 * bytes.
 */
#pragma once

#include "manifest/manifest.h"

struct json5_value;

/*
 * Read a manifest as manifest_load_with() does, and append its compiled form to
 * @ret. 0, MANIFEST_INVALID (@report says why) or a fault.
 */
int manifest_compile(const char *file, const char *bytes, size_t n,
		     const struct manifest_includes *includes,
		     struct report *report, struct text *ret);

/* Append the tree @root of a manifest, which is merged and valid. */
void write_tree(const struct json5_value *root, struct text *t);
