/*
 * The inside of routers.
 *
 * One lock per router guards all lists and tables; under it nothing waits, and
 * nothing is called that may end or interrupt the caller: pushing to a mailbox
 * and waking do neither. Connections and serving processes hold references to
 * their router, so it goes with the last of them.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/map.h"
#include "client/api.h"
#include "client/port.h"
#include "reeve/router.h"

/* ---- pools ---- */

enum slot_state {
	SLOT_EMPTY, /* its process failed */
	SLOT_STARTING,
	SLOT_FREE,
	SLOT_BUSY,
};

struct slot {
	enum slot_state state;
	reeve_pid pid;
	/* What it was given, and is not done with. */
	const struct envelope *current;
	reeve_pid port;
	bool is_request;
};

struct pool {
	struct slot *slots;
	uint32_t n_slots, n_empty;
	/* Waits for a process; oldest first. */
	struct envelope *queue, **queue_end;
	uint32_t n_queued, n_queued_max;
	/* Connections that wait for room in the queue, and how many places in
	 * it belong to those that were told. */
	struct list waiting;
	uint32_t n_granted;
};

/* ---- keys ---- */

struct keys {
	struct map map; /* of struct key */
	uint32_t n_processes, n_processes_max;
	struct list waiting; /* connections, for another process to end */
};

/* ---- services ---- */

struct router_service {
	struct list link;
	struct reeve_router *router;
	char *path; /* without the leading slash */
	struct reeve_route route;
	void *state; /* route.state is a copy */
	struct list connections;
	uint32_t n_connections, n_processes;
	uint64_t n_failed;
	struct pool pool;
	struct keys keys;
};

struct router_connection {
	struct list link;
	struct router_service *service;
	unsigned n_references; /* its process, and who makes it */
	reeve_pid pid;
	int fd;			       /* the channel's, while that is open */
	struct reeve_channel *channel; /* with @talk */
	reeve_pid worker;	       /* REEVE_ROUTE_PORT */
	struct port_room room;
	struct list waiting; /* in the pool's, the keys' list */
	bool is_granted, is_told_to_end;
};

/* A process that serves: its argument, or its state. */
struct worker_state {
	struct router_service *service;
	uint32_t slot;
	uint64_t key;
	uint64_t n_served, n_served_before, timer;
	_Alignas(16) unsigned char state[];
};

struct reeve_router {
	struct reeve *reeve;
	pthread_mutex_t lock;
	unsigned n_references;
	struct list services;
	uint32_t n_connections;
	uint64_t random;
	_Atomic reeve_pid runner;
	_Atomic bool is_asked_to_stop, is_draining;
	int drain_ms;
	void (*on_message)(void *userdata, struct reeve_message *message);
	void *on_message_userdata;
};

void router_lock(struct reeve_router *r);
void router_unlock(struct reeve_router *r);
/* Locked. */
void router_ref(struct reeve_router *r);
/* Not locked. */
void router_unref(struct reeve_router *r);
/* Wake who runs it. */
void router_wake(struct reeve_router *r);

/* ---- router_run.c ---- */

/* Nobody runs it any more (@router, for reeve_defer()): end what is left. */
void router_abandon(void *router);

/* ---- router_connection.c ---- */

int router_connect(struct router_service *s,
		   struct reeve_channel *take_channel);

/* ---- router_worker.c ---- */

/* Spawn a process that serves. */
int worker_spawn(struct router_service *s, uint32_t slot, uint64_t key,
		 reeve_pid *ret);

/* ---- router_pool.c ---- */

int pool_init(struct router_service *s);
void pool_fini(struct router_service *s);
/* Start processes where some are missing; false if they could not be. Not
 * locked. */
bool pool_refill(struct router_service *s);
/* As the sink's. */
int pool_deliver(struct router_connection *c, struct envelope *take_e);
/* The process of @slot is done with @e. */
void pool_on_done(struct router_service *s, uint32_t slot,
		  const struct envelope *e);
void pool_on_worker_end(struct router_service *s, uint32_t slot);
/* Locked: it waits for nothing any more. */
void pool_forget(struct router_connection *c);

/* ---- router_key.c ---- */

int keys_deliver(struct router_connection *c, struct envelope *take_e,
		 reeve_pid *ret_target);
/* The caller, which had nothing to do: true if it is to end. */
bool keys_retire(struct router_service *s, uint64_t key);
void keys_on_worker_end(struct router_service *s, uint64_t key);
/* Take processes out, at most @n. Locked. */
size_t keys_take(struct router_service *s, reeve_pid *pids, size_t n);
void keys_fini(struct router_service *s);
