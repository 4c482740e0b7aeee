/*
 * The control block of a process, and what the units of this floor do with it.
 *
 * Who may touch what: fields of the first group by anybody, as atomics; all
 * others only by whoever owns the process at the moment: the worker that runs
 * it, or who took it out of its park (see mailbox.h), until it is in a run
 * queue.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/annotate.h"
#include "process/context.h"
#include "process/envelope.h"
#include "process/wheel.h"
#include "reeve/process.h"

struct runtime;
struct worker;

struct deferred {
	struct deferred *next;
	void (*fn)(void *arg);
	void *arg;
};

struct process {
	/* ---- anybody ---- */
	_Atomic uint64_t inbox;	   /* mailbox.h */
	_Atomic uint64_t pid;	   /* of whoever has this place; NONE: nobody */
	_Atomic uint32_t n_pushed; /* messages, ever; wraps */
	_Atomic uint32_t n_taken;  /* of them, by the owner; wraps */
	_Atomic uint32_t n_queued; /* in @queue */
	_Atomic uint8_t state;	   /* enum reeve_process_state */
	/* Set by whoever spawned it, before anybody knows its PID. */
	_Atomic bool is_handler;
	/* The owner's, of which the rest are as well. */
	bool traps_exit, is_ending;

	/* ---- the owner ---- */
	struct envelope *queue, **queue_end; /* oldest first */
	struct context context;
	struct process *run_next; /* in a run queue, a free list */
	struct envelope *held;	  /* the program has them */
	uint32_t generation; /* of the next PID of this place, while free */
	_Atomic uint32_t mailbox_max;
	void *stack; /* its lowest byte; NULL: a handler */
	uint32_t stack_size;
	int32_t exit_reason;
	/* A reeve_process_fn, or a reeve_handler_fn. */
	_Atomic(void *) function;
	void *arg; /* or the state of a handler */
	struct deferred *deferred;
	struct envelope *links;	       /* records: record.h */
	struct envelope *room_waiters; /* the last one; a ring */
	struct wheel_entry timer;      /* of the wait that runs */
	_Atomic uint64_t deadline;     /* ns; WAIT_FOREVER: none */
	struct name *name;	       /* NULL: none */
	_Atomic reeve_pid parent;
	_Atomic(const char *) waits_for;
	_Atomic int32_t waits_number;
	/* The place of whom it asked for room last, if that did not fail; 0:
	 * nobody. Whoever is asked tells at its end, before another has its
	 * place. */
	uint32_t room_asked;
	uint32_t n_calls; /* ever; the txid of the last one */
	uint32_t n_noted; /* history.h */
	_Atomic uint64_t n_received, n_sent, cpu_ns;
	int32_t exit_detail; /* of a port: why */
	/* In whose wheel @timer was ever set, if it was. Whether it still is,
	 * only its lock tells: it is taken out and set again by others. */
	uint8_t timer_worker;
	bool has_timer;
	bool owns_arg;
	bool has_room; /* told by whom it asked for room */
	/* What it serves just now, if it has not passed that on: a handler, or
	 * a router's worker. */
	struct envelope *served;
	uint8_t n_links; /* of a chain of records */
	bool is_calling; /* and has no answer yet */
	struct annotation annotation;
} __attribute__((aligned(256)));

/* ---- where things are ---- */

/* The process that this thread runs; NULL outside. */
struct process *process_self(void);

/* ---- waiting; only for processes with a stack ---- */

/* 0; -EPERM outside of a process, -EDEADLK in a handler. */
int process_may_wait(void);

/*
 * Park until somebody calls process_wake() or sends something; it may also
 * return for no reason. Signals that came are handled: it may not return at
 * all.
 * @what ("descriptor") and @number (-1: none) are for people. Callers loop:
 *
 *	process_wait_until(deadline);
 *	while (!done() && !process_is_late())
 *		process_park("descriptor", fd);
 *	process_wait_until(WAIT_FOREVER);
 */
void process_park(const char *what, int number);

/* Wake one that is parked, or about to be. Any thread. Nothing happens if it is
 * gone. */
void process_wake(reeve_pid pid);

#define WAIT_FOREVER UINT64_MAX

/* Be woken at that time, loop_now()'s nanoseconds, as well. */
void process_wait_until(uint64_t deadline);
bool process_is_late(void);
/* From a timeout of the public API; 0 for 0. */
uint64_t process_deadline(int timeout_ms);

/* Handle what signals came; it may not return. To be called by what does not
 * park. */
void process_look(void);

/* ---- spawning ---- */

/* As reeve_spawn(), reeve_spawn_handler(), and @on_end is called with its
 * argument (its state) at its end, after all that it deferred, even if it never
 * ran. Not when this fails. */
int process_spawn_ending(reeve_process_fn fn, void *arg,
			 const struct reeve_spawn_options *options,
			 void (*on_end)(void *arg), reeve_pid *ret);
int process_spawn_handler_ending(reeve_handler_fn fn, const void *state,
				 size_t n_state,
				 const struct reeve_spawn_options *options,
				 void (*on_end)(void *arg), reeve_pid *ret);

/* ---- signals ---- */

/* Ask @pid to say when its mailbox has room, or that it has ended: it sets the
 * caller's @has_room, and wakes it. 0, -ESRCH, -ENOMEM. */
int process_ask_room(reeve_pid pid);

/* Give @take_e to @pid, past its bound. False if it is gone; @take_e is freed
 * then. Any thread of the runtime. */
bool process_signal(reeve_pid pid, struct envelope *take_e);

/* The same; MAILBOX_GONE (mailbox.h), and @e is still the caller's. */
int process_post(reeve_pid pid, struct envelope *e);

/* The same for an ordinary message, within its bound. 0, -ESRCH, -EAGAIN; it is
 * the caller's still unless 0. */
int process_push(reeve_pid pid, struct envelope *e);

/* The answer to the call with that txid that @pid waits in; nobody else sees
 * it. Past the bound. As envelope_copy(), and -ESRCH. */
int process_answer(reeve_pid pid, const struct reeve_message *answer);

/* @e came over a channel: as any other message it is freed with the process
 * that received it, if this thread runs one. */
void process_received(struct envelope *e);
