/*
 * What a component is configured with.
 *
 * The fields of "config" in its manifest, and those that its uses of type
 * config fill, have their values before the component is started, each of the
 * type that the manifest says; without one it is not started. They do not
 * change while it runs.
 *
 * The values are one JSON object in the file REEVE_CONFIG_FILE, which programs
 * that know nothing of this library read by themselves. These functions need no
 * struct reeve. They read the file anew each time, so that a value is best
 * asked for once.
 *
 * They return 0 and set *ret, or -ENOENT: there is no such field (or no file:
 * the component has no fields at all, or was not started by Reeve); -EINVAL:
 * the field is of another type; -ERANGE: the number does not fit; or another
 * negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <reeve/channel.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REEVE_CONFIG_FILE "/config/config.json"

REEVE_PUBLIC int reeve_config_bool(const char *key, bool *ret);

/* Of any type of number. */
REEVE_PUBLIC int reeve_config_int64(const char *key, int64_t *ret);
REEVE_PUBLIC int reeve_config_uint64(const char *key, uint64_t *ret);

/* The caller frees *ret. */
REEVE_PUBLIC int reeve_config_string(const char *key, char **ret);

/* The value as JSON without blanks, of whatever type: ["a","b"]. The caller
 * frees *ret. */
REEVE_PUBLIC int reeve_config_json(const char *key, char **ret);

#ifdef __cplusplus
}
#endif
