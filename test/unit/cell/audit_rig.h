/*
 * Two shells in cells of their own, and what an audit says of them.
 */
#pragma once

#include "cell/audit.h"
#include "shell.h"

enum { BUDGET_MS = 20000 };

extern struct shell a, b;

/* Both run, with these descriptors from 3 on. */
void start_both(const int *for_a, size_t n_a, const int *for_b, size_t n_b);
void stop_both(void);

/* Audit them, with so much time. */
void audit_for(uint32_t budget_ms, struct audit_result *ret);
/* With all the time it takes: it must have looked at everything, and have named
 * all that it found. */
void audit(struct audit_result *ret);
void audit_expect_nothing(void);
void print_all(const struct audit_result *r);

/* Such an edge must be among them, held so by tasks that live. */
const struct audit_edge *expect_held(const struct audit_result *r,
				     enum audit_kind kind,
				     enum audit_hold hold_a, int fd_a,
				     enum audit_hold hold_b, int fd_b);
/* By descriptors. */
const struct audit_edge *expect(const struct audit_result *r,
				enum audit_kind kind, int fd_a, int fd_b);

/* Skip the test where this is not to be had: the kernel's list of sockets, and
 * a Python that cells can run. */
void need_list(void);
void need_python(void);

/* Two ends of a connection. */
void pair(int ret[2]);
