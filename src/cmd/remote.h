/* Asking a running manager. */
#pragma once

#include "cmd/cmd.h"
#include "manifest/json5.h"

/* One answer; @json is the text it was read from. Returning false ends it. */
typedef bool (*remote_data_fn)(void *userdata, const char *json,
			       const struct json5_value *value);

struct remote_request {
	const char *verb;
	const char *const *arguments;
	size_t n_arguments;
	remote_data_fn on_data; /* NULL: nothing is expected */
	void *userdata;
	/* The manager has begun; or NULL. */
	void (*on_begun)(void *userdata);
	/* Called after each second that passed without an answer, or NULL.
	 * Returning false ends it. */
	bool (*on_wait)(void *userdata, unsigned seconds);
	/* Where a channel is put that comes as a part of the answer, instead of
	 * a descriptor that is there already; NULL: none is expected. */
	int *ret_channel;
};

/*
 * Send a request and hand each answer to its on_data. Returns the exit status;
 * what there is to say about it is appended to @ret_error.
 */
int remote_request(const struct cmd_options *options,
		   const struct remote_request *q, struct text *ret_error);

/* The same for most: errors are printed. */
int remote_ask(const struct cmd_options *options, const char *verb,
	       const char *const *arguments, size_t n, remote_data_fn fn,
	       void *userdata);

/* For remote_ask(): each answer is printed as it came, a line each. */
bool remote_print_json(void *userdata, const char *json,
		       const struct json5_value *value);

/* A member as text: "" if it is not there. */
const char *json_text(const struct json5_value *object, const char *key);
/* A member as a number: 0 if it is not there. */
double json_count(const struct json5_value *object, const char *key);
/* The limit @key ("memory.max") of a budget; NULL: none. */
const struct json5_value *json_limit(const struct json5_value *budget,
				     const char *key);
/* The text that @value was read from, which is one line of @json. */
const char *json_source(const char *json, const struct json5_value *value,
			size_t *ret_n);
