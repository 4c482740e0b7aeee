/* Requests that only act: there is nothing to tell but whether it was done. */
#pragma once

#include "cmd/cmd.h"

/*
 * Have the manager do @verb with these arguments, of which the first names a
 * component. What went wrong is said on standard error; with --json a line on
 * standard output says as well what became of it, and to whom. Returns the exit
 * status.
 */
int act_request(const struct cmd_options *options, const char *verb,
		const char *const *arguments, size_t n);
