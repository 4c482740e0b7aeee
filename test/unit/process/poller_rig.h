/* A poller, and waits at it, with threads in the place of processes. */
#pragma once

#include "stand_in.h"

#include <pthread.h>
#include <stdatomic.h>

#include "process/poller_entry.h"

/* A poller, and a thread that does nothing but poll. */
struct rig {
	struct poller *poller;
	pthread_t thread;
	_Atomic bool is_over;
	_Atomic uint64_t n_polls;
	int pair[2];
};

int rig_setup(void **state);
int rig_teardown(void **state);
/* The poller's thread has seen all that was reported before. */
void rig_stop(struct rig *rig);

#define rig_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

/* One wait, and how it ended. */
struct waiting {
	struct rig *rig;
	reeve_pid pid;
	int fd, cancel_fd;
	short events, came;
	bool is_own;
	uint64_t deadline;
	int r;
};

struct waiting waiting_for(struct rig *rig, int fd, short events, bool is_own);
void waiting_begin(struct waiting *w);
/* It is known to wait when this returns. */
void waiting_park(struct waiting *w);
int waiting_end(struct waiting *w);

void byte_write(int fd);
void byte_read(int fd);
