/*
 * The life of an instance, as a table: what each event means in each state.
 *
 * Starts and stops are wishes: two equal wishes are one, and a wish that cannot
 * be met now is met when the present action ends. The table is total; a cell
 * that cannot happen says so.
 */
#pragma once

enum life_state {
	LIFE_STOPPED,  /* no tasks; its outgoing channel is watched */
	LIFE_STARTING, /* a cell is being made */
	LIFE_RUNNING,
	LIFE_STOPPING,	/* asked to stop; the grace period runs */
	LIFE_KILLING,	/* SIGKILL is on its way to all its tasks */
	LIFE_BACKOFF,	/* ended; waits before it may, or will, start again */
	LIFE_SUSPENDED, /* failed too often; stays so until somebody starts it
			 */
	LIFE_GONE,	/* destroyed; final */
	N_LIFE_STATES,
};

enum life_event {
	LIFE_WANTED,	/* an open is waiting, or somebody asked for a start */
	LIFE_STARTED,	/* the program was executed */
	LIFE_FAILED,	/* it could not be */
	LIFE_EXITED,	/* its main task ended by itself and well */
	LIFE_AGAIN,	/* the same, but its policy is to start it again */
	LIFE_CRASHED,	/* it ended with an error or by a signal */
	LIFE_GIVEN_UP,	/* its policy is not to start it any more */
	LIFE_ASKED,	/* somebody wants it stopped */
	LIFE_EXPIRED,	/* the timer of this state ran out */
	LIFE_DESTROYED, /* somebody wants it gone */
	N_LIFE_EVENTS,
};

/* What to do on the way. Performed after the state was assigned. */
enum life_action {
	LIFE_NOTHING,
	LIFE_START,	 /* make a cell */
	LIFE_ASK,	 /* tell the program to stop, start the grace timer */
	LIFE_KILL,	 /* kill all tasks of the cell */
	LIFE_WATCH,	 /* watch the outgoing channel again */
	LIFE_WAIT,	 /* decide what follows, start the back-off timer */
	LIFE_LATER,	 /* start when the back-off is over */
	LIFE_SUSPEND,	 /* refuse what waits, and whatever comes */
	LIFE_REMOVE,	 /* free what is left */
	LIFE_IMPOSSIBLE, /* our own bug */
};

struct life_step {
	enum life_state state;
	enum life_action action;
};

/* Pure: the next state and what to do. */
struct life_step life_step(enum life_state state, enum life_event event);

const char *life_state_name(enum life_state state);
const char *life_event_name(enum life_event event);
