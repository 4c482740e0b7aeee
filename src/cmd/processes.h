/*
 * Asking a component about its light processes.
 *
 * The manager only makes the channel; whatever comes over it is the word of the
 * component, which may be busy, broken or hostile. So everything is bounded:
 * how long an answer may take, how long all of them, how many processes are
 * read. What comes is checked before it is kept.
 */
#pragma once

#include "cmd/cmd.h"
#include "cmd/process_table.h"

enum {
	/* Of one component, in one go. */
	PROCESSES_READ_MAX = 100000,
	/* Rows of a table that nobody scrolls, unless they are asked for. */
	PROCESSES_SHOWN = 1000,
};

/* A component that is being asked. Its channel is kept for the next time. */
struct processes {
	const struct cmd_options *options;
	const char *name; /* as it was typed */
	char *moniker;	  /* NULL: not known yet */
	int fd;		  /* -1: none */
};

void processes_init(struct processes *p, const struct cmd_options *options,
		    const char *name);
void processes_fini(struct processes *p);

/*
 * Read them all, at most PROCESSES_READ_MAX, into *ret, which is empty, and
 * sort it by place. Returns an exit status; what there is to say about it is
 * appended to @error.
 */
int processes_read(struct processes *p, struct process_table *ret,
		   struct text *error);

/* reeve show --processes. An exit status. */
int processes_show(const struct cmd_options *options, const char *name);
