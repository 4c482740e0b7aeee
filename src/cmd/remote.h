/* Asking a running manager. */
#pragma once

#include "cmd/cmd.h"
#include "manifest/json5.h"

/* One answer; @json is the text it was read from. Returning false ends it. */
typedef bool (*remote_data_fn)(void *userdata, const char *json,
			       const struct json5_value *value);

/*
 * Send a request with its arguments and hand each answer to @fn. Errors are
 * printed. Returns the exit status.
 */
int remote_ask(const struct cmd_options *options, const char *verb,
	       const char *const *arguments, size_t n, remote_data_fn fn,
	       void *userdata);

/* A member as text: "" if it is not there. */
const char *json_text(const struct json5_value *object, const char *key);
