/*
 * Revoking: making it true that nothing passes any more.
 *
 * A revocation is filled with what is to be cut: slots, realms, connections.
 * From the moment something is added no new open passes over it. Then it
 * begins: connections that live are found and shut down wherever their ends
 * went (cell/sever.h), directories are unmounted (cell/graft.h), and when it is
 * done, it is true. One revocation works at a time; others wait for it, marked
 * already.
 *
 * The proof for each connection is the hang-up that the weak reference reports,
 * never what a search says.
 */
#pragma once

#include "host/manager.h"
#include "route/cut.h"

struct revocation;
struct revoker;

/* What a revocation did. */
struct revoke_report {
	uint32_t n_slots;	/* cut, of manifests and of grants */
	uint32_t n_connections; /* that were alive, and are cut */
	uint32_t n_killed;	/* cells that had to be ended for it */
	uint32_t n_restarted;	/* components, for files they had open */
	uint32_t n_mounts;	/* taken off */
	uint32_t n_open_files;	/* still open on them */
	uint32_t n_undrained;	/* cut, but what was queued may still be read */
	uint32_t n_unproven;	/* 0, or something is wrong with this system */
	uint32_t n_tasks, n_descriptors; /* looked at */
	uint32_t frozen_us;
	uint64_t took_us;
	const char *step;	/* how far it had to go */
	struct text open_files; /* the first of them, a line each */
};

typedef void (*revoke_done_fn)(void *userdata, const struct revoke_report *r);

int revoker_new(struct manager *m, struct revoker **ret);
void revoker_free(struct revoker *r);

/*
 * Begin to fill one. @why marks what is cut; @who, for people, is whoever
 * wished for it. 0 or -ENOMEM.
 */
int revoke_new(struct manager *m, enum slot_cut why, const char *who,
	       struct revocation **ret);
/* Cut a slot with all that is derived from it. */
void revoke_slot(struct revocation *v, struct slot *s);
/* A registration ends; what was granted of it stays, see slot_end(). */
void revoke_end(struct revocation *v, struct slot *s);
/* All that a realm holds. */
void revoke_realm(struct revocation *v, struct realm *r);
void revoke_connection(struct revocation *v, struct connection *c);

/*
 * Make it true. @what is for the journal: "the grant of X to /a". @done, if not
 * NULL, is called when it is, perhaps at once. @restart: components that keep
 * files open of what was unmounted are started anew. Consumes @v.
 */
void revoke_begin(struct revocation *take_v, const char *what, bool restart,
		  revoke_done_fn done, void *userdata);

/* Do so many wait that one more should be refused, where that is possible? */
bool revoke_is_busy(const struct manager *m);

/* Nothing was cut: forget it. */
void revoke_drop(struct revocation *take_v);

/* Whoever waits with this @userdata waits no longer. */
void revoke_forget(struct manager *m, const void *userdata);

/* A cell has ended: what waited for that may go on. */
void revoke_continue(struct manager *m);

/* The instance goes: it is not to be looked at any more. */
void revoke_forget_instance(struct manager *m, const struct instance *i);

void revoke_report_json(const struct revoke_report *r, struct text *t);
