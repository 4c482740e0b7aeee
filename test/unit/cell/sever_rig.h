/*
 * The manager's part, and actors: each plays a cell, a task with its
 * descendants, that hides what it gets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell/sever.h"

enum { CALM_MS = 20000 };

extern struct launcher launcher;
extern struct sever sever;
extern int groups_fd; /* where acts can have cgroups; -1 */

/* Does this system have that way to freeze? */
bool has_freezer(enum sever_freezer freezer);

/* Set-up and tear-down of a group of tests: the launcher and the worker. */
int sever_rig_start(void **state);
int sever_rig_stop(void **state);

/* One that plays a cell. */
struct act {
	struct sever_cell cell;
	char group[32];
	int tell_fd; /* to its init */
};

void act_begin(struct act *a, bool has_group);
/* Give it its part (enum hide_place, or a number of sockets to have), and a
 * descriptor that it takes. What it says: 0 or more, or -errno. */
int act_play(struct act *a, int part, int take_fd);
/* Is any of its tasks stopped, or its cgroup frozen? */
bool act_is_kept(const struct act *a);
/* Its init runs and answers, and none of its tasks is stopped. */
void act_expect_running(struct act *a);
void act_end(struct act *a);

/* A channel, as the manager makes and keeps it. */
struct channel {
	int client_fd, server_fd;
	int weak_fd; /* an epoll set that the server's end is in */
	struct sever_target target;
};

void channel_open(struct channel *c);
void channel_close(struct channel *c);
/* What the manager knows: has it hung up? */
bool channel_has_ended(struct channel *c);
/* Nothing passes, and nothing that was sent from here is left to be read. */
void channel_expect_dead(struct channel *c);

/* Have a worker. */
void sever_start(void);
void sever_wait(struct sever_report *ret);
/* One order, and its report. */
void sever_do(enum sever_kind kind, enum sever_freezer freezer,
	      const struct sever_cell *cells, size_t n_cells,
	      const struct channel *channels, size_t n_channels,
	      struct sever_report *ret);
