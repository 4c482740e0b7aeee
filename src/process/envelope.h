/*
 * Envelopes: a message on its way to a process, or a signal.
 *
 * One block: this header, the handles, the bytes. Small ones come from caches
 * of the workers and go back to them, wherever they are freed; the rest is
 * malloc's. Received messages of channels are envelopes as well, so that one
 * reeve_message_free() is for both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/own.h"
#include "reeve/process.h"

enum envelope_kind {
	ENVELOPE_MESSAGE,
	/* Signals: handled by the process, never seen by its program. */
	SIGNAL_EXIT, /* a linked process ended, or somebody wants an end */
	SIGNAL_KILL, /* the same, and cannot be trapped */
	SIGNAL_LINK, /* @from wants to be linked */
	SIGNAL_UNLINK,
	SIGNAL_MONITOR, /* @from wants to be told */
	SIGNAL_UNMONITOR,
	SIGNAL_DOWN, /* a monitored process ended */
	SIGNAL_ROOM, /* @from waits for room here */
	/* Records (record.h), never sent: it is to be told of an end; where the
	 * others are. */
	RECORD_MONITORING,
	RECORD_INDEX,
};

struct envelope {
	struct envelope *next;
	reeve_pid from;
	uint16_t kind;	    /* enum envelope_kind */
	uint8_t size_class; /* of the caches; ENVELOPE_HEAP: none of them */
	bool is_held;	    /* by the process that received it */
	bool is_kept;	    /* beyond a handler's call */
	bool is_answer;	    /* only for the call that waits for it */
	bool is_call;	    /* its sender waits for the answer */
	bool is_signal;	    /* or was one: past the bound, and not counted */
	struct reeve_message message; /* its bytes and handles point behind */
};

enum { ENVELOPE_HEAP = 255 };

struct cache;

/* Room for that much; all fields set, bytes and handles not filled in. NULL: no
 * memory. Any thread. */
struct envelope *envelope_new(enum envelope_kind kind, size_t n_bytes,
			      uint32_t n_handles);

/* A copy of @message; its handles are moved into it. On -ENOMEM, -EMSGSIZE they
 * are closed. */
int envelope_copy(const struct reeve_message *message, struct envelope **ret);

/* A signal, or a notice as a message, with that body; NULL: no memory. */
struct envelope *envelope_signal(enum envelope_kind kind, uint64_t ordinal,
				 const struct reeve_notice *body);

/* Close its handles and free it. NULL is allowed. Any thread. */
void envelope_free(struct envelope *take_e);

/* ---- the caches ---- */

/* Of a worker; the thread uses it from envelope_cache_use() on. Other threads
 * have none: they go to malloc. */
int envelope_cache_new(struct cache **ret);
void envelope_cache_use(struct cache *c);
void envelope_cache_free(struct cache *take_c);
/* What the workers exchanged; when none is left. */
void envelope_depot_free(void);

static inline struct envelope *envelope_of(const struct reeve_message *message)
{
	return container_of((struct reeve_message *)message, struct envelope,
			    message);
}

/* The body of a signal, and of a notice. */
static inline struct reeve_notice *envelope_body(const struct envelope *e)
{
	return (struct reeve_notice *)(void *)e->message.bytes;
}

/* ---- the way of every message ---- */

enum {
	CACHE_CLASSES = 8,
	CACHE_BATCH = 64,
};

struct batch {
	struct envelope *first;
	unsigned n;
};

struct cache {
	struct batch now[CACHE_CLASSES], spare[CACHE_CLASSES];
};

/* As envelope_copy() and envelope_free(), for who knows the cache of its
 * worker; NULL: malloc's. */
int envelope_copy_slow(struct cache *c, const struct reeve_message *message,
		       struct envelope **ret);
void envelope_free_slow(struct cache *c, struct envelope *take_e);

static inline uint8_t envelope_class(size_t n)
{
	/* Of sizes up to 1,024, in units of 64 bytes. */
	static const uint8_t small[17] = { 0, 0, 0, 1, 2, 3, 3, 4, 4,
					   5, 5, 5, 5, 5, 5, 5, 5 };

	return small[(n + 63) / 64];
}

/* Bytes only, few of them, and a cache that is not empty: that is what nearly
 * all messages find. */
static inline int envelope_copy_in(struct cache *c,
				   const struct reeve_message *message,
				   struct envelope **ret)
{
	size_t n = message->n_bytes;
	struct envelope *e;
	struct batch *b;

	if (__builtin_expect(!c || message->n_handles || n > 1024 - sizeof(*e),
			     0))
		return envelope_copy_slow(c, message, ret);
	b = &c->now[envelope_class(sizeof(*e) + n)];
	if (__builtin_expect(!b->n, 0))
		return envelope_copy_slow(c, message, ret);
	e = b->first;
	b->first = e->next;
	b->n--;
	e->kind = ENVELOPE_MESSAGE;
	e->is_held = e->is_kept = e->is_answer = e->is_call = false;
	e->is_signal = false;
	e->from = REEVE_PID_NONE;
	e->message.ordinal = message->ordinal;
	e->message.txid = message->txid;
	e->message.n_handles = 0;
	e->message.handles = NULL;
	e->message.bytes = e + 1;
	e->message.n_bytes = n;
	if (n)
		memcpy(e + 1, message->bytes, n);
	*ret = e;
	return 0;
}

static inline void envelope_free_in(struct cache *c, struct envelope *take_e)
{
	struct envelope *e = take_e;
	struct batch *b;

	if (__builtin_expect(!c || e->message.n_handles ||
				     e->size_class == ENVELOPE_HEAP,
			     0)) {
		envelope_free_slow(c, e);
		return;
	}
	b = &c->now[e->size_class];
	if (__builtin_expect(b->n == CACHE_BATCH, 0)) {
		envelope_free_slow(c, e);
		return;
	}
	e->next = b->first;
	b->first = e;
	b->n++;
}
