/*
 * A flat JSON object in the form in which Reeve writes configurations: without
 * blanks, its values scalars or arrays of scalars. Whatever else is there is
 * refused, not understood. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value inside of the object's text. */
struct config_text {
	const char *s;
	size_t n;
};

/* The value of @key: 0, -ENOENT, or -EBADMSG if @json is no such object. */
int config_text_find(const char *json, const char *key,
		     struct config_text *ret);

/* The value read: 0, -EINVAL if it is of another type, or -ERANGE. */
int config_text_bool(struct config_text v, bool *ret);
int config_text_int64(struct config_text v, int64_t *ret);
int config_text_uint64(struct config_text v, uint64_t *ret);

/* The caller frees *ret. 0, -EINVAL, -EBADMSG or -ENOMEM. */
int config_text_string(struct config_text v, char **ret);
