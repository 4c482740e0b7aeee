/* Requests to the registry, for the files that make them. */
#pragma once

#include <stdint.h>

#include "reeve/registry.h"
#include "wire/registry.h"

/* A new channel to the registry. As reeve_open(), but no verdict. */
int registry_open(struct reeve *r, struct reeve_channel **ret);

/*
 * One request over @c and its reply, whose sentence, if it is a refusal, is
 * kept for reeve_registry_why(). The transaction id and the handle of @request
 * are filled in here; @take_handle is -1 for none. As the public functions
 * return.
 */
int registry_call(struct reeve *r, struct reeve_channel *c,
		  struct registry_request *request, int take_handle,
		  int timeout_ms);

/* Why the manager closed the channel, as an error. */
int registry_error_of_end(int32_t status);
