/*
 * Realm B, the database: its main process routes what comes to processes that
 * serve it, by two rules.
 *
 * "database" by key: each row has a process, which is the row. There is no
 * lock, for there is nothing that is shared. "reports" by a pool: a report
 * takes its time, and so many are made at once as there are processes.
 */
#include "../words.h"

enum {
	REPORT_MS = 50,
	N_REPORTERS = 4,
};

struct row {
	long value;
};

/* "add ROW N" */
static int row_serve(void *state, struct reeve_message *m)
{
	struct row *row = state;
	char words[64], name[32] = "", text[128];
	long n = 0;

	words_copy(m, words, sizeof(words));
	sscanf(words, "add %31s %ld", name, &n);
	row->value += n;
	snprintf(text, sizeof(text), "process " REEVE_PID_FORMAT " has %ld %s",
		 REEVE_PID_PARTS(reeve_self()), row->value, name);
	reeve_answer(m, text, strlen(text));
	return 0;
}

/* The key is the row's name (by FNV-1a, of G. Fowler, L. C. Noll, K.-P. Vo). */
static uint64_t row_key(const struct reeve_message *m, void *userdata)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char words[64], name[32] = "";
	const char *c;

	(void)userdata;
	words_copy(m, words, sizeof(words));
	sscanf(words, "add %31s", name);
	for (c = name; *c; c++)
		hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	return hash;
}

static int report_serve(void *state, struct reeve_message *m)
{
	char text[128];

	(void)state;
	/* Only this process waits. */
	reeve_sleep(REPORT_MS);
	snprintf(text, sizeof(text), "process " REEVE_PID_FORMAT " says: fine",
		 REEVE_PID_PARTS(reeve_self()));
	reeve_answer(m, text, strlen(text));
	return 0;
}

static void start(void *arg)
{
	const struct row empty = { 0 };
	const struct reeve_route rows = {
		.rule = REEVE_ROUTE_KEY,
		.flags = REEVE_ROUTE_NO_STACK,
		.key = row_key,
		.serve = row_serve,
		.state = &empty,
		.n_state = sizeof(empty),
		/* A row that was forgotten would be a pity. */
		.idle_ms = INT32_MAX,
	};
	const struct reeve_route reports = {
		.rule = REEVE_ROUTE_POOL,
		.n_processes = N_REPORTERS,
		.serve = report_serve,
	};
	struct reeve_router *router;

	if (reeve_router_new(arg, &router) < 0)
		reeve_fail("no memory");
	if (reeve_router_serve(router, DATABASE, &rows) < 0 ||
	    reeve_router_serve(router, REPORTS, &reports) < 0)
		reeve_fail("cannot serve");
	printf("process " REEVE_PID_FORMAT " routes\n",
	       REEVE_PID_PARTS(reeve_self()));
	reeve_router_run(router);
	reeve_router_free(router);
	puts("all is answered");
}

int main(void)
{
	struct reeve *r;
	int reason;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("b: start me with reeve run\n", stderr);
		return 1;
	}
	reason = reeve_processes_run(NULL, start, r);
	reeve_leave(r);
	return reason ? 1 : 0;
}
