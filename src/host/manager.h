/*
 * The manager: one tree that lives.
 *
 * One loop. A turn collects events, lets the pure core decide (route_walk,
 * life_step, accounts), performs what it decided, and retires what died. The
 * manager outlives every component and makes no system call for their messages.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "cell/launcher.h"
#include "host/connection.h"
#include "host/journal.h"
#include "host/resolve.h"
#include "sys/loop.h"

struct budgets;
struct instance;
struct control;
struct revoker;

struct manager_options {
	const char *root_file;
	struct package_paths paths;
	/* Components to start at first; none: see manager_run(). */
	const char *const *starts;
	size_t n_starts;
	/* Where persistent storage lives; NULL: the default of the user. */
	const char *state_directory;
	/* A program instead of a tree: argv, and the root is made for it. */
	char *const *program;
	uint32_t stop_ms; /* grace period; 0: 5 s */
};

struct manager {
	struct loop *loop;
	struct launcher launcher;
	struct loop_source launcher_source;
	unsigned n_launchers;
	struct loop_source signals;
	int signal_fd;
	/* How many descriptors we may have; 0: not known. And one that can be
	 * given up for another, if above 0. */
	int n_descriptors_max, spare_fd;
	struct resolver resolver;
	struct topology tree;
	struct journal *journal;
	struct told *told;
	struct connections *connections;
	struct control *control;
	struct revoker *revoker;
	struct budgets *budgets;
	struct manager_options options;
	char *state_directory;
	struct builtin builtins[1];

	struct list instances;
	size_t n_instances;
	/* Instances that wait for a blank cell; given one, or told that there
	 * is none, at the end of the turn. */
	struct list starting;
	struct loop_task serve_starting;
	/* Instances that were stopped to start again, and the last number that
	 * a cause of that was given; see restart.c. */
	struct list due;
	struct loop_task serve_due;
	uint64_t last_cause;
	/* Instances to free at the end of the turn. */
	struct list retired;
	struct loop_task retire;

	/* Realms that go as soon as nothing below them lives any more. */
	struct list doomed;

	/* Scratch for routing: one open is routed at a time. */
	struct route *route;

	bool is_stopping;
	unsigned n_interrupts;
	/* Of what was started at first: how many still live, and the worst exit
	 * status so far. */
	size_t n_mains;
	int status;
	uint64_t n_opens, n_refused;
};

enum {
	MANAGER_INVALID = 1, /* the root cannot be had; it was said why */
};

/*
 * Make a manager. The launcher is forked first, so call it early. What is wrong
 * with the root's manifest goes into @report. 0, MANAGER_INVALID (*ret_why), or
 * a fault.
 */
int manager_new(const struct manager_options *options, struct manager **ret,
		struct report *report, struct text *ret_why);
void manager_free(struct manager *m);

/*
 * Start the tree and run it until what was started at first has ended, or a
 * signal; then stop what still runs, dependents first. What is started: the
 * components that the options name; else the root and everything eager; else,
 * if that has no program at all, every component with a program that nobody can
 * open. Returns the exit status for the tool, or a fault.
 */
int manager_run(struct manager *m);

/* Stop everything, dependents first, and end. Two equal wishes are one. */
void manager_stop(struct manager *m);

/* A main component has ended with this exit status. */
void manager_main_ended(struct manager *m, int status);

/* Free the retired instances at the end of the turn. */
void manager_retire_later(struct manager *m);

/*
 * Descriptors are what peers can make us hold most of. A new one's number, @fd,
 * says how many there are (-1: look for one): beyond a part of the table peers
 * get no more of what is held for long, so that there are some left for starts
 * and for ourselves.
 */
enum manager_room { ROOM_FOR_CHANNELS = 12, ROOM_FOR_OPENS, ROOM_FOR_STARTS };
bool manager_has_room(const struct manager *m, int fd, enum manager_room room);

/* Accept from a listener. -1 when there is nothing, or nothing could be had:
 * who connected is sent away then, so that he does not keep us awake. */
int manager_accept(struct manager *m, int listener_fd);

/* Give @i a blank cell at the end of the turn, or when there is one:
 * instance_begin(). */
void manager_want_cell(struct manager *m, struct instance *i);

/* Start @i for @reason, resolving nothing; one without a program only has its
 * eager children started. @is_main: the tree lives as long as it does. */
void manager_start(struct manager *m, struct instance *i, const char *reason,
		   bool is_main);

/* The realm of this absolute moniker, resolving its ancestors; or NULL. */
struct realm *manager_find(struct manager *m, const char *moniker);

/* Something ended: what waited for that may go on. */
void manager_continue(struct manager *m);

/* The program of @parent has ended: its dynamic children go. */
void manager_drop_children(struct manager *m, struct realm *parent);

/*
 * Destroy a dynamic realm: stop all that lives in it, remove it and its
 * storage.
 * @done is called then, with @userdata; not if the manager ends first. 0 or
 * -ENOMEM.
 */
int manager_doom(struct manager *m, struct realm *r,
		 void (*done)(void *userdata), void *userdata);
/* Is @r on its way out, or below one that is? */
bool manager_is_doomed(const struct manager *m, const struct realm *r);
/* Whoever waits with this @userdata waits no longer. */
void manager_doom_forget(struct manager *m, void *userdata);

/* Make sure that @r is resolved or broken; errors are journalled. */
int manager_resolve(struct manager *m, struct realm *r);

/* route_walk_slot() that resolves what it needs on the way. */
int manager_route_slot(struct manager *m, struct slot *s,
		       const struct realm *client, struct route *route);

/* route_walk() that resolves what it needs on the way. */
int manager_route(struct manager *m, struct realm *r, const struct decl *decl,
		  struct route *route);
/* The same for one instance of a service, or NULL. */
int manager_route_instance(struct manager *m, struct realm *r,
			   const struct decl *decl, const char *instance,
			   struct route *route);
