/* Revocations at work: for revoke.c and severing.c only. */
#pragma once

#include "cell/sever.h"
#include "host/connection.h"
#include "host/instance.h"
#include "host/revoke.h"
#include "route/revocation.h"

struct revocation {
	struct list link; /* in the revoker's queue */
	struct manager *manager;
	enum slot_cut why;
	char who[REASON_MAX], what[REASON_MAX];
	char *moniker;		 /* whom it is about, NULL: nobody yet */
	struct text hops, route; /* as they were: for people, as JSON */
	struct list connections; /* that are alive, by_revocation */
	uint32_t n_marked;	 /* how many were put there */
	struct list unmounts;	 /* under way */
	bool restart, has_begun;
	uint64_t started_at;
	struct revoke_report report;
	revoke_done_fn done;
	void *userdata;
};

/* One connection of the active revocation. */
struct revoke_target {
	uint64_t id; /* not the connection itself: it goes when it is dead */
	struct sever_target target;
	uint64_t cells[2]; /* ids of the provider's and the opener's; or 0 */
	bool is_sought;	   /* in the present order */
	bool is_drained;
};

/* A cell that is being ended; its pidfd is readable when it has. */
struct revoke_victim {
	int pidfd;
};

struct revoker {
	struct manager *manager;
	struct list queue; /* the first one is active */
	enum revocation_step step;
	bool is_severing; /* an order or a kill is under way */
	bool has_waited;  /* for a seal, before this step */
	struct sever sever;
	struct loop_source source;
	struct loop_timer timer;
	struct loop_task task;
	enum sever_freezer freezer;
	uint64_t n_opens; /* the manager's, when the order was given */
	struct revoke_target *targets;
	size_t n_targets;
	uint64_t *hiders; /* ids of cells */
	size_t n_hiders;
	struct revoke_victim *victims;
	size_t n_victims;
	struct list seals; /* opens that wait, see seal.c */
	bool is_sealing;
};

/* Begin to end the connections of the active revocation; severing_done() is
 * called when no more can be done. */
void severing_begin(struct revoker *r);
/* A cell has ended. */
void severing_continue(struct revoker *r);
void severing_fini(struct revoker *r);

/* The one that is at work; NULL if none is. */
static inline struct revocation *revoker_active(struct revoker *r)
{
	return list_first(&r->queue, struct revocation, link);
}

/* In killing.c: end the cells that the present step is about; and the end of
 * that. */
void killing_begin(struct revoker *r);
void killing_end(struct revoker *r);
/* Go on with the next step in @ms, unless something comes of this one before.
 */
void severing_wait(struct revoker *r, uint64_t ms);

/* Give an order to the worker, which is asked for if there is none. 0 or
 * -errno. */
int severing_order(struct revoker *r, const struct sever_order *order);
/* How the worker is told of a connection. */
void severing_target(const struct connection *c, struct sever_target *ret);

/* In seal.c: begin what waits, if no revocation is at work; what a report says
 * (NULL: nothing was found); the end. */
void seal_begin(struct revoker *r);
void seal_report(struct revoker *r, const struct sever_report *report);
void seal_fini(struct revoker *r);
/* Refuse those that wait and whose connection is cut. */
void seal_refuse_cut(struct revoker *r);

/* In revoke.c: all connections of the active one are dealt with. */
void revoke_severed(struct revoker *r);
