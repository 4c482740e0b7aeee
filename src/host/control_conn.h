/* One connection of a tool, as the verbs see it. */
#pragma once

#include "host/journal.h"
#include "host/manager.h"

enum {
	CONTROL_CONN_ARGUMENTS = 8,
	CONTROL_CONN_ARGUMENT = 4096,
};

struct control_conn {
	struct control *control;
	struct manager *manager;
	struct list link;
	struct loop_source source;
	struct loop_task task;
	int fd; /* -1: closed, to be freed at the end of the turn */
	bool is_asked, is_ended;
	struct list queue;
	size_t n_queued;
	/* For those that follow the journal. */
	struct journal_listener listener;
	char moniker[CONTROL_CONN_ARGUMENT];
	bool wants_audit; /* only what is about authority */
	/* For those that wait for an instance's state. */
	bool wants_stopped;
};

/* One JSON value. The connection may be closed afterwards (fd < 0). */
void control_conn_data(struct control_conn *c, const char *json);

/* A channel to a component, as a part of the answer. Not among much data: a
 * connection whose socket is full is closed. */
void control_conn_channel(struct control_conn *c, int take_fd);

/* The end: the tool's exit status, and a sentence unless it is 0. */
void control_conn_end(struct control_conn *c, int exit_status,
		      const char *error);

void control_conn_close(struct control_conn *c);

/* The realm that is meant by @name: a whole moniker, else a unique ending or,
 * after a slash, beginning. NULL, and the connection was ended, if there is
 * none. */
struct realm *control_conn_find(struct control_conn *c, const char *name);

/* The same for what acts: the tool is told whom it means. */
struct realm *control_conn_find_told(struct control_conn *c, const char *name);

/* Tell the tool whom it is about. */
void control_conn_tell(struct control_conn *c, const char *moniker);
