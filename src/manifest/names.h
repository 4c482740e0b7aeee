/*
 * The limits of names and paths, in both dialects.
 *
 * Each check answers NULL when all is well, or a static phrase that goes on
 * behind the name in a message: "has an empty segment".
 */
#pragma once

#include <stdbool.h>

#include "manifest/manifest.h"

/*
 * A name. In the path-named dialect 1..100 of a-z 0-9 _ - . (and A-Z where
 * @allow_upper); in the modern one 1..255 of letters, digits and _ - . of which
 * - and . do not lead. "." and ".." are names in neither: names become parts of
 * paths.
 */
const char *name_check(const char *s, enum manifest_dialect dialect,
		       bool allow_upper);

/*
 * An absolute path other than "/"; a relative path. No empty segments, no
 * segment "." or "..". At most 1024 bytes in the path-named dialect; 4095 in
 * the modern one, and 255 in a segment.
 */
const char *path_check(const char *s, enum manifest_dialect dialect);
const char *path_check_relative(const char *s, enum manifest_dialect dialect);

/* /reeve in an outgoing directory, and all below it, is for the operator's
 * tools: nothing there can be routed. @path may lack its leading slash. */
bool path_is_reserved(const char *path);
