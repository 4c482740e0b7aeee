/*
 * A supervisor from inside: an ordinary process on the public functions.
 *
 *	supervisor_spec.c   specifications in one piece
 *	supervisor.c        what others call: messages to the supervisor
 *	supervisor_run.c    the supervisor: its loop and its strategies
 *	supervisor_child.c  its children: the table, starting one, ending one
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "process/supervisor_spec.h"

/* ---- messages ---- */

/* Requests hold pointers of this task, so nothing from another realm may look
 * like one: they have the top bit, as notices have. */
#define SUPERVISOR_ORDINAL(n) REEVE_NOTICE(0x73757000 + (n))

/* From a child: int32_t, 0 or -errno. */
#define SUPERVISOR_STARTED SUPERVISOR_ORDINAL(1)
/* A struct child_piece. All requests but those to list and to count are
 * answered with a struct supervisor_answer. */
#define SUPERVISOR_START_CHILD	 SUPERVISOR_ORDINAL(2)
#define SUPERVISOR_STOP_CHILD	 SUPERVISOR_ORDINAL(3)
#define SUPERVISOR_RESTART_CHILD SUPERVISOR_ORDINAL(4)
#define SUPERVISOR_DELETE_CHILD	 SUPERVISOR_ORDINAL(5)
/* A struct supervisor_page; struct reeve_child_info, so many as there are. */
#define SUPERVISOR_LIST	 SUPERVISOR_ORDINAL(6)
#define SUPERVISOR_COUNT SUPERVISOR_ORDINAL(7)
/* No answer: it ends. */
#define SUPERVISOR_STOP SUPERVISOR_ORDINAL(8)

/* Which child: by its PID, or by its id. */
struct supervisor_key {
	reeve_pid pid;
	char id[64];
};

struct supervisor_answer {
	int32_t error;
	reeve_pid pid;
};

/* How many rows an answer has at most. */
enum { SUPERVISOR_PAGE = 32 };

struct supervisor_page {
	uint64_t after;
	uint32_t n;
};

/* What runs; its argument is a struct supervisor_piece. */
void supervisor_main(void *arg);

/* ---- the table ---- */

enum child_state {
	CHILD_IDLE,
	CHILD_RUNNING,
	/* It has ended by itself, and that is not dealt with yet. */
	CHILD_ENDED,
	/* A restart failed, and is to be tried again. */
	CHILD_RETRY,
};

struct child {
	struct list link; /* in the order of the first starts */
	struct list wait; /* in @ended or @retry */
	struct map_node by_id, by_pid;
	enum child_state state;
	reeve_pid pid; /* of CHILD_RUNNING, CHILD_ENDED */
	int reason;    /* of CHILD_ENDED */
	bool is_started;
	int start_error;
	uint64_t serial;
	char id[64];
	struct child_piece *spec;
};

/* When restarts were made: timers that run for a period. */
struct intensity {
	uint32_t max, period_ms;
	uint32_t first, n;
	uint64_t *timers; /* @max, in a circle */
};

struct supervisor {
	enum reeve_strategy strategy;
	reeve_supervisor_fn report;
	void *userdata;
	reeve_pid parent;
	struct list children;
	struct map by_id, by_pid;
	size_t n_children;
	uint64_t last_serial;
	struct child *listed; /* the last that a page ended with */
	struct list ended, retry;
	struct intensity intensity;
	/* Of what is waited for now. */
	uint64_t deadline;
	bool is_late;
	/* It is to end, with @reason. */
	bool is_ending;
	int reason;
};

void supervisor_tell(struct supervisor *s, enum reeve_supervisor_event event,
		     const struct child *c, int reason);

/* Take note of a notice, or of a child that is ready. */
void supervisor_note(struct supervisor *s, const struct reeve_message *m);

/* Add a child that does not run; -EEXIST, -ENOMEM. */
int child_add(struct supervisor *s, const struct child_piece *spec,
	      struct child **ret);
/* It does not run. */
void child_remove(struct supervisor *s, struct child *take_c);
struct child *child_find(struct supervisor *s,
			 const struct supervisor_key *key);

/* Start @c, which does not run, and wait until it is ready. */
int child_start(struct supervisor *s, struct child *c);
/* End @c, if it runs, and wait until it has ended. Afterwards it is idle. */
void child_stop(struct supervisor *s, struct child *c);
void child_set_idle(struct child *c);
void child_set_retry(struct supervisor *s, struct child *c);

/* ---- intensity ---- */

/* Count a restart; false if it is one too many. */
bool intensity_allow(struct supervisor *s);
/* A timer is over. */
void intensity_expire(struct intensity *in, uint64_t timer);
