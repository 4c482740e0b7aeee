/*
 * What a component prints: its standard output and error, line by line into the
 * journal.
 *
 * Lines are cut at JOURNAL_LINE_MAX. A component that prints without end is
 * read at most OUTPUT_PER_TURN bytes a turn; then its pipe fills and it waits.
 */
#pragma once

#include "host/journal.h"
#include "sys/loop.h"

struct output;

/* @moniker outlives the output. *ret_fd, the end for the program, is the
 * caller's; both standard output and error may be it. 0 or -errno. */
int output_new(struct loop *loop, struct journal *journal, const char *moniker,
	       struct output **ret, int *ret_fd);

/* Reads what is left, as far as it is there, and frees. NULL is allowed. */
void output_free(struct output *o);
