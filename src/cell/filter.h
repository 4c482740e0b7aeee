/*
 * The system call filters of all cells: lists of what is allowed, compiled once
 * by libseccomp in the launcher, and loaded in every cell: one for the
 * component, and a tiny one for the init.
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>

struct filter {
	struct sock_filter *code;
	unsigned short n;
};

#define FILTER_INIT                                                            \
	{                                                                      \
		NULL, 0                                                        \
	}

/* Compile the one for components. 0 or -errno. */
int filter_build(struct filter *ret);
/* The one for an init that only reaps and reports. 0 or -errno. */
int filter_build_init(struct filter *ret);
void filter_fini(struct filter *f);

/* Confine this task by it. Needs no-new-privs. 0 or -errno. */
int filter_load(const struct filter *f);
