/*
 * Configuration: the types of values, the values, and which fields a component
 * has.
 *
 * Values are kept as canonical JSON (manifest/canonical.h). Whole numbers are
 * exact over all 64 bits.
 *
 * The fields of a component are those of its "config" and those that its uses
 * fill; manifest.config has them all, sorted by key.
 */
#pragma once

#include "manifest/manifest.h"

enum {
	CONFIG_KEY_MAX = 64, /* bytes */

	/* Verdict. */
	CONFIG_MISMATCH = 1, /* the value is not of the type */
};

/*
 * Is @json, from wherever, a value of @type? 0, and it is appended to
 * @ret_canonical if that is not NULL; CONFIG_MISMATCH, and *ret_why is a static
 * phrase that goes on behind the value ("is no string"); or -ENOMEM.
 */
int config_check_value(const struct config_type *type, const char *json,
		       struct text *ret_canonical, const char **ret_why);

/* NULL, or a static phrase that goes on behind the key. */
const char *config_key_check(const char *key);

/* The field of that key; NULL if the manifest has none. */
const struct config_field *manifest_config_field(const struct manifest *m,
						 const char *key);
