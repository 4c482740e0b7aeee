/*
 * What a runtime of processes is meant to do, told by a few arrays.
 *
 * Programs of actors (test_schedules.c) say what they are about to do and what
 * came of it; the model says what that should have been. With one worker
 * nothing else runs between what an actor says and what the runtime then does,
 * so the model is exact: it knows every mailbox message by message. With more
 * workers it checks only what an actor can know by itself.
 *
 * Whatever is wrong is printed with the seed, and ends the program.
 */
#pragma once

#include "everywhere.h"

enum {
	ACTORS_MAX = 24, /* without 0, the first process */
	MESSAGES_MAX = 8192,
	ORDINAL_ASK = 4, /* a request; plain messages have 1 to 3 */
	BOUND = 6,	 /* of each mailbox */
	QUEUE_MAX = BOUND + 2,
	WISHES_MAX = 128,
	REASONS_MAX = 60,
};

struct payload {
	uint32_t id;
	uint8_t from, to; /* actors */
	uint16_t ordinal;
	uint32_t number; /* of those from there to there with that ordinal */
};

enum wish_state { WISH_OPEN, WISH_TOLD, WISH_TAKEN_BACK };

/* A monitor or a timer. */
struct wish {
	uint64_t reference;
	struct actor *target;
	enum wish_state state;
	bool was_late; /* the target had ended */
	bool is_due;   /* it has to be told before the end */
};

/* Notices of ends and kills by one other actor. */
struct notices {
	unsigned n_due, n_told, n_before_settling;
};

struct actor {
	_Atomic reeve_pid pid;
	unsigned index;
	uint64_t random;
	bool is_handler, traps;
	unsigned n_steps;

	/* ---- what it knows by itself ---- */
	uint32_t next_number[ACTORS_MAX][ORDINAL_ASK + 1];
	uint32_t last_number[ACTORS_MAX][ORDINAL_ASK + 1];
	struct wish monitors[WISHES_MAX], timers[WISHES_MAX];
	unsigned n_monitors, n_timers;

	/* ---- the exact model ---- */
	bool has_ended, has_to_end, had_to_end_before_settling;
	bool has_intent; /* it ends by itself, with that reason */
	int intent;
	uint64_t reasons; /* with which others end it: bits */
	int told_reason;  /* to whoever heard of it first; -1: nobody */
	struct payload queue[QUEUE_MAX];
	unsigned n_queue;
	struct notices notices[ACTORS_MAX];
};

struct world {
	uint64_t seed;
	bool is_exact, is_loud;
	_Atomic unsigned n_actors;
	struct actor actors[ACTORS_MAX];
	bool linked[ACTORS_MAX][ACTORS_MAX];
	_Atomic uint32_t n_messages;
	bool answered[MESSAGES_MAX];
	/* What happened, as a number: the same for the same seed. */
	uint64_t trace;
	uint32_t n_events;
};

extern struct world world;

/* Print, and end the program. */
_Noreturn void wrong(const struct actor *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* @a did something: a part of the trace. */
void event(const struct actor *a, const char *what, long long one,
	   long long other);

uint64_t draw(struct actor *a, uint64_t below);

/* ---- ends ---- */

/* See who has ended, and what that has to bring about. To be called before
 * anything that asks who lives. */
void model_reconcile(void);
/* @a ends by itself now. */
void model_intend(struct actor *a, int reason);
/* Before @by kills @a with reason number @n; below 0: REEVE_EXIT_KILLED. */
void model_kill(struct actor *by, struct actor *a, int n);
int reason_of(int n);
/* @a waits until all that is under way has arrived, and then receives all; this
 * is called before and after. */
void model_settle(struct actor *a);
void model_settled(struct actor *a);

/* ---- messages ---- */

/* Before @m is put into @to's mailbox; model_sent() after that with the result,
 * if it came back. */
void model_send(struct actor *to, const struct payload *m);
void model_sent(struct actor *a, struct actor *to, const struct payload *m,
		int result);
/* @a received @m when it asked for @ordinal (0: any) from @sender (NULL: any).
 */
void model_received(struct actor *a, const struct payload *m, uint64_t ordinal,
		    const struct actor *sender);
/* Nothing that matches was there. */
void model_nothing(struct actor *a, uint64_t ordinal,
		   const struct actor *sender);
void model_notice(struct actor *a, uint64_t ordinal,
		  const struct reeve_notice *notice);

/* ---- links and monitors ---- */

/* Before the call. */
void model_link(struct actor *a, struct actor *with);
void model_unlink(struct actor *a, struct actor *from);
/* After it; @was_late: @target had ended before. */
void model_monitored(struct actor *a, struct actor *target, uint64_t reference,
		     bool was_late);
/* After a monitor or a timer was taken back with @result. */
void model_taken_back(struct actor *a, struct wish *w, int result,
		      bool may_be_under_way);
