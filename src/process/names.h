/*
 * Names of processes: one table, one short lock. A process has one name at
 * most, so there are never more names than processes.
 *
 * Names are for finding each other once; messages go to PIDs. The public
 * functions are in <reeve/process.h>.
 */
#pragma once

#include "process/process.h"

enum { NAME_MAX_BYTES = 63 };

/* From 1 to 63 bytes, none of them a control character: otherwise -EINVAL. */
int names_check(const char *name);

/* As reeve_register_name(), for the runtime itself: it never ends the caller.
 */
int names_register(const char *name, reeve_pid pid);

/* @p has ended: to be called after mailbox_close(), always. Costs one load if
 * it had no name. */
void names_forget(struct process *p);

/* The name of @p, "" if it has none. Any thread. */
void names_copy(struct process *p, char ret[NAME_MAX_BYTES + 1]);

/* The same without a lock or a copy, NULL if it has none: for the handler of a
 * crash, where a name that goes at this moment is the lesser evil. */
const char *names_peek(const struct process *p);

/* Nobody uses the table any more, and all processes were forgotten. */
void names_fini(void);
