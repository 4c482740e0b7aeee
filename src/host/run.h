/*
 * A run of an instance: from a blank cell to the end of its last task.
 */
#pragma once

#include "host/instance.h"

/* Drop everything that belongs to the run that has ended. */
void run_clear(struct instance *i);

/* Read what the cell said before something that it caused is told. */
void run_catch_up(struct instance *i);

/* Has the program read its bootstrap message? Then it knows its lifecycle
 * channel. */
bool run_has_joined(const struct instance *i);

/* Add to a plan the environment of @i's program. 0, a plan's verdict, or
 * -ENOMEM. */
int run_environ(const struct instance *i, struct plan *plan);

/* Make the plan of a realm as it would be started now, to be shown. 0, a
 * verdict of namespace.h with *ret_why, or a fault. */
int run_plan(struct instance *i, struct plan *plan, struct text *ret_why);
