/*
 * A shell in a cell, told what to do line by line, while mounts come and go.
 */
#pragma once

#include "cell/graft.h"
#include "rig.h"

struct shell {
	struct cell cell;
	int in_fd, out_fd;
	char said[8192];
};

/* The rig of all tests of a program; group setup and teardown. */
extern struct rig rig;
int shell_rig_start(void **state);
int shell_rig_stop(void **state);

/* A plan for a shell, to be added to. */
void shell_plan(struct plan *p);
/* Run @p, which is ended; or a plan with nothing else in it. */
void shell_start_in(struct shell *s, struct plan *p);
/* The same, with these as descriptors from 3 on; they stay the caller's. */
void shell_start_with(struct shell *s, struct plan *p, const int *fds,
		      size_t n_fds);
void shell_start(struct shell *s);
void shell_stop(struct shell *s);

/* Wait until @fd is readable; fails the test when that takes for ever. */
void wait_for(int fd);

/* @command must print @said, on both streams together. */
void shell_expect(struct shell *s, const char *command, const char *said);

/* A directory @name of the rig's, at @target; static memory. */
struct plan_mount mount_of(const char *target, const char *name,
			   uint32_t rights);

/* Wait for the answer on @fd, which is closed. */
void read_answer(int fd, struct graft_result *ret);

/* Mount and unmount, which must work, or fail just so. */
void put(struct shell *s, struct plan_mount m);
void take(struct shell *s, struct plan_mount m, struct graft_result *ret);
void put_fails(struct shell *s, struct plan_mount m, enum cell_stage stage,
	       int error);
void take_fails(struct shell *s, struct plan_mount m, enum cell_stage stage,
		int error);

/* @path must be among what was named, held like this by a task that lives. */
void expect_open(const struct graft_result *r, enum graft_hold hold, int fd,
		 const char *path);
