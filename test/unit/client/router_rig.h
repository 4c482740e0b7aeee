/* A router that runs beside the test, and a service, which answers with the PID
 * that served. */
#pragma once

#include "processes.h"

#include "reeve/router.h"

enum {
	ORDINAL = 7,
	CRASH,	 /* the process that serves it fails */
	BLOCK,	 /* ... waits for the gate */
	SILENCE, /* ... does not answer */
	LONG_MS = 20000,
};

#define ROUTER_PATH "/svc/x"

/* What BLOCK waits for. */
extern int router_gate;

struct beside {
	struct reeve_router *router;
	reeve_pid runner;
};

struct beside router_start(const struct reeve_route *route, int drain_ms);
/* A channel to it. */
struct reeve_channel *router_client(const struct beside *b);
void router_stop(const struct beside *b);
struct reeve_router_info router_look(const struct beside *b);

/* The service: for all rules, and for REEVE_ROUTE_CONNECTION. */
int serve_pid(void *state, struct reeve_message *m);
void talk_pid(struct reeve_channel *channel, void *userdata);
/* The first byte of a message is its key. */
uint64_t key_first(const struct reeve_message *m, void *userdata);

/* Who serves it. */
reeve_pid ask_pid(struct reeve_channel *c, uint64_t ordinal, const char *text);
/* It ends soon. */
void expect_gone(reeve_pid pid);
void expect_closed_with(struct reeve_channel *take_c, int32_t status);
