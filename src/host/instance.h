/*
 * Instances: one component of the tree as it lives, or waits to.
 *
 * Its state changes in one function only, by the table in route/lifecycle.h.
 * What it holds while it runs (cell, namespace, channels) is its run; between
 * runs only the outgoing channel stays.
 */
#pragma once

#include <stdbool.h>

#include "cell/cell.h"
#include "host/manager.h"
#include "host/outgoing.h"
#include "host/throttle.h"
#include "route/account.h"
#include "route/lifecycle.h"

struct budget;
struct exposed;
struct ns;
struct output;

enum { EXITS_KEPT = 4, REASON_MAX = 160 };

struct instance_exit {
	uint64_t realtime_s;
	int code, signal; /* signal 0: exited with code */
};

struct instance {
	struct manager *manager;
	struct realm *realm;
	struct list link;     /* in manager.instances, or .retired */
	struct list by_start; /* in manager.starting */

	enum life_state state;
	bool is_doomed;		 /* to be destroyed once it is stopped */
	bool is_main;		 /* the tree ends when it does */
	char reason[REASON_MAX]; /* of the last start, for people */
	uint64_t started_at;	 /* loop_now() */
	unsigned n_starts;
	/* In a row: failures, and starts by its restart policy. */
	unsigned n_crashes, n_again;
	bool starts_again; /* when its back-off is over */
	/* What stopped it, if it was stopped to start again; see restart.c. */
	uint64_t cause;
	struct list by_due; /* in manager.due, until it starts again */
	struct instance_exit exits[EXITS_KEPT];
	size_t n_exits;

	struct account account;
	struct throttle throttle;
	struct opener opener;
	struct outgoing outgoing;
	struct list opened, provided; /* connections */
	struct list granted;	      /* what it pays for, see authority.c */
	/* Since then reconciling for it took so long, see open.c. */
	uint64_t reconciled_since, reconciled_ns;
	/* Refusals told in this second, and those that were not. */
	uint64_t told_since;
	unsigned n_told, n_untold;
	struct loop_timer timer; /* grace, kill or back-off: by state */

	/* The run; unset while stopped. */
	struct cell cell;
	struct loop_source cell_source, pidfd_source;
	int exit_code, exit_signal;
	bool has_exit;
	bool has_failed; /* to start: it was said why */
	int lifecycle_fd, bootstrap_fd;
	bool has_term;	       /* was sent SIGTERM, or is not to be */
	bool has_started;      /* its program was executed */
	bool was_asked;	       /* somebody wished for the end of this run */
	bool has_ended_well;   /* by itself, and is to be started again */
	struct ns *ns;	       /* what it sees */
	struct budget *budget; /* its cell is in it; NULL: in none */
	struct output *output; /* what it prints */

	struct exposed *exposed; /* served to whoever may see it; or NULL */
};

/* The instance of a resolved realm, made if there is none. 0; -ESHUTDOWN when
 * the realm is on its way out and its instance is gone; -ENOMEM. */
int instance_get(struct manager *m, struct realm *r, struct instance **ret);

/*
 * Who pays for the dynamic children of @parent: it, or the nearest ancestor
 * that is not dynamic itself. Children that create children would otherwise
 * each bring an account along. 0 or -ENOMEM.
 */
int instance_get_payer(struct manager *m, struct realm *parent,
		       struct instance **ret);

/* The one there is, or NULL. */
struct instance *instance_of(const struct realm *r);

/* Frees it at the end of the turn. It does not run. */
void instance_retire(struct instance *i);

/*
 * Something happened. @reason, for LIFE_WANTED, tells people why it starts; may
 * be NULL otherwise.
 */
void instance_event(struct instance *i, enum life_event event,
		    const char *reason);

/* Have LIFE_EXPIRED happen, or what the present state makes of it. */
void instance_set_timer(struct instance *i, uint64_t ms);

/* Has it any task, or is it about to have one? */
bool instance_is_alive(const struct instance *i);

/* A blank cell has come: go on with the start. */
void instance_begin(struct instance *i, struct cell *take_cell);

/* Start its eager children, and so on downward. */
void instance_start_eager(struct instance *i, bool as_mains);

/* Wish the instance of @r, and those below it, gone. */
void instance_destroy(struct realm *r);
