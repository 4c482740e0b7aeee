/* The queue of opens of one provider, one opener, and its account. */
#pragma once

#include "host_test.h"

#include "host/outgoing.h"

struct rig {
	struct loop *loop;
	struct outgoing outgoing;
	struct account account;
	struct opener opener;
	unsigned n_readable;
};

/* @limit: how many unread opens the opener may have. */
void rig_init(struct rig *rig, uint32_t limit);
/* Checks that nothing is charged any more. */
void rig_fini(struct rig *rig);
void rig_turn(struct rig *rig);
void rig_on_readable(struct outgoing *o);

/* What the opener is charged for. */
uint32_t held(const struct rig *rig);

/* Open @path; returns the client's end, or -1 when the verdict was @expected
 * and not 0. */
int open_path(struct rig *rig, const char *path, int expected);
/* Open paths "@first" to "@first + @n - 1". */
void open_many(struct rig *rig, unsigned first, unsigned n, int *clients);

/* Read one open as the provider does; its server end, or -1. */
int read_open(int fd, char path[static 8192]);
/* The next open that @provider reads is for "@number", and its server end is
 * the other end of @client. Closes both. */
void expect_open(int provider, unsigned number, int client);
