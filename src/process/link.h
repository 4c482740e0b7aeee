/*
 * Links and monitors: who is told of whose end.
 *
 * Each process has a list of records, which are envelopes: one for each process
 * that it is linked with (SIGNAL_LINK, from the other), for each that watches
 * it (SIGNAL_MONITOR, from the watcher), and for each that it watches itself
 * (RECORD_MONITORING). When it ends, each record becomes the signal that says
 * so. How a record is found: record.h.
 *
 * Each wish for a link has a reference. Two processes that wish it at once have
 * two records of it each, and one that takes its wish back takes back what it
 * knows of, not what the other one has wished since: so both ends always agree.
 * Modelled in test/model/link.pml.
 */
#pragma once

#include "process/process.h"

/* The parent's part and the child's, which nobody knows yet. 0 or -ENOMEM. */
int link_newborn(struct process *self, struct process *child, reeve_pid pid);
int monitor_newborn(struct process *self, struct process *child, reeve_pid pid);

/* All records of @self about @pid; nobody is told. */
void link_forget(struct process *self, reeve_pid pid);
void link_free_all(struct process *p);

/* @p, whose PID was @self, has ended: tell all. */
void link_tell_all(struct process *p, reeve_pid self);

/* What came to one that has ended, and that it did not see any more: newest
 * first. Who asked to be told is told; the rest is freed. */
void signals_refuse(struct process *p, reeve_pid self,
		    struct envelope *take_list);

/* Handle one signal. 0, or 1: @p is to end, with @p->exit_reason. */
int signal_handle(struct process *p, struct envelope *take_e);
