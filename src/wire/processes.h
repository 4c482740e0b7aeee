/*
 * The Processes protocol: how the light processes of a realm are looked at, as
 * fidl/reeve.process.fidl writes it down.
 *
 * Requests on one channel are answered in their order. Whoever asks trusts
 * nothing of what is answered: the reader bounds each message, the asker how
 * many of them there are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"

/* First eight bytes, little-endian, of the SHA-256 of the name; top bit clear.
 */
/* reeve/Processes.List */
#define PROCESSES_ORDINAL_LIST UINT64_C(0x672c36a3d6764319)
/* reeve/Processes.Summary */
#define PROCESSES_ORDINAL_SUMMARY UINT64_C(0x2207805b5676cdda)

/* Where it stands in an outgoing directory. */
#define PROCESSES_PATH "reeve/Processes"

enum {
	PROCESSES_NAME_MAX = 63,
	PROCESSES_FUNCTION_MAX = 127,
	PROCESSES_WAITS_FOR_MAX = 63,
	PROCESSES_BATCH_MAX = 512, /* entries in one reply of List */
};

enum processes_state {
	PROCESSES_STATE_RUNNING = 0,
	PROCESSES_STATE_RUNNABLE = 1,
	PROCESSES_STATE_WAITING = 2,
	PROCESSES_STATE_ENDING = 3,
	PROCESSES_STATE_MAX = PROCESSES_STATE_ENDING,
};

enum processes_method {
	PROCESSES_LIST = 1,
	PROCESSES_SUMMARY,
};

struct processes_request {
	enum processes_method method;
	uint32_t txid;
	uint64_t after; /* List: a pid; 0: from the first */
};

struct processes_entry {
	uint64_t pid, parent;
	struct wire_string name, function, waits_for; /* "": none */
	uint32_t state;				      /* enum processes_state */
	uint32_t n_messages;			      /* in its mailbox */
	uint32_t stack_bytes;
	bool is_handler;
	uint64_t n_received, n_sent, cpu_ns;
};

struct processes_summary {
	uint32_t n_processes, n_workers;
	uint64_t n_spawned, n_switches, n_steals;
};

struct processes_reply {
	enum processes_method method;
	uint32_t txid;
	/* List: by rising place, the lower half of the pid; none at the end. */
	struct processes_entry entries[PROCESSES_BATCH_MAX];
	uint32_t n_entries;
	uint32_t n_bytes;		  /* see processes_reply_add() */
	struct processes_summary summary; /* Summary */
};

/*
 * Readers: WIRE_UNKNOWN when the message is not one of these, -EBADMSG when it
 * is malformed. Writers: -EMSGSIZE, -EINVAL as wire_write(). What the entries
 * mean, their order for instance, is not checked.
 */
int processes_request_read(const struct message *m,
			   struct processes_request *ret);
int processes_request_write(struct message *m,
			    const struct processes_request *request);
int processes_reply_read(const struct message *m, struct processes_reply *ret);
int processes_reply_write(struct message *m,
			  const struct processes_reply *reply);

/*
 * Add an entry to a reply of List that was all zero at first. False when the
 * message would be too long with it, or has as many as it may.
 */
bool processes_reply_add(struct processes_reply *reply,
			 const struct processes_entry *entry);

/* "waiting", and so on. */
const char *processes_state_name(uint32_t state);
