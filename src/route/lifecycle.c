/*
 * Rows are states, columns events, in the order of their enums.
 *
 * A program that is starting may run already, with the news of it on the way: a
 * wish to stop asks it like any other. What is wished for a program on its way
 * down is remembered nowhere: an open that waits is still in the outgoing
 * channel, and the channel is watched again as soon as the instance is stopped.
 * Who waits out a back-off and is wished for starts when that is over.
 */
#include "route/lifecycle.h"

#define TO(s, a)                                                               \
	{                                                                      \
		LIFE_##s, LIFE_##a                                             \
	}

static const struct life_step table[N_LIFE_STATES][N_LIFE_EVENTS] = {
	[LIFE_STOPPED] = {
		[LIFE_WANTED] = TO(STARTING, START),
		[LIFE_STARTED] = TO(STOPPED, IMPOSSIBLE),
		[LIFE_FAILED] = TO(STOPPED, IMPOSSIBLE),
		[LIFE_EXITED] = TO(STOPPED, IMPOSSIBLE),
		[LIFE_AGAIN] = TO(STOPPED, IMPOSSIBLE),
		[LIFE_CRASHED] = TO(STOPPED, IMPOSSIBLE),
		[LIFE_GIVEN_UP] = TO(STOPPED, IMPOSSIBLE),
		[LIFE_ASKED] = TO(STOPPED, NOTHING),
		[LIFE_EXPIRED] = TO(STOPPED, IMPOSSIBLE),
		[LIFE_DESTROYED] = TO(GONE, REMOVE),
	},
	[LIFE_STARTING] = {
		[LIFE_WANTED] = TO(STARTING, NOTHING),
		[LIFE_STARTED] = TO(RUNNING, NOTHING),
		[LIFE_FAILED] = TO(BACKOFF, WAIT),
		[LIFE_EXITED] = TO(STOPPED, WATCH),
		[LIFE_AGAIN] = TO(BACKOFF, WAIT),
		[LIFE_CRASHED] = TO(BACKOFF, WAIT),
		[LIFE_GIVEN_UP] = TO(STARTING, IMPOSSIBLE),
		[LIFE_ASKED] = TO(STOPPING, ASK),
		[LIFE_EXPIRED] = TO(KILLING, KILL),
		[LIFE_DESTROYED] = TO(STOPPING, ASK),
	},
	[LIFE_RUNNING] = {
		[LIFE_WANTED] = TO(RUNNING, NOTHING),
		[LIFE_STARTED] = TO(RUNNING, IMPOSSIBLE),
		[LIFE_FAILED] = TO(RUNNING, IMPOSSIBLE),
		[LIFE_EXITED] = TO(STOPPED, WATCH),
		[LIFE_AGAIN] = TO(BACKOFF, WAIT),
		[LIFE_CRASHED] = TO(BACKOFF, WAIT),
		[LIFE_GIVEN_UP] = TO(RUNNING, IMPOSSIBLE),
		[LIFE_ASKED] = TO(STOPPING, ASK),
		[LIFE_EXPIRED] = TO(RUNNING, IMPOSSIBLE),
		[LIFE_DESTROYED] = TO(STOPPING, ASK),
	},
	[LIFE_STOPPING] = {
		[LIFE_WANTED] = TO(STOPPING, NOTHING),
		[LIFE_STARTED] = TO(STOPPING, IMPOSSIBLE),
		[LIFE_FAILED] = TO(STOPPED, WATCH),
		[LIFE_EXITED] = TO(STOPPED, WATCH),
		[LIFE_AGAIN] = TO(STOPPED, WATCH),
		[LIFE_CRASHED] = TO(STOPPED, WATCH),
		[LIFE_GIVEN_UP] = TO(STOPPING, IMPOSSIBLE),
		[LIFE_ASKED] = TO(STOPPING, NOTHING),
		[LIFE_EXPIRED] = TO(KILLING, KILL),
		[LIFE_DESTROYED] = TO(STOPPING, NOTHING),
	},
	[LIFE_KILLING] = {
		[LIFE_WANTED] = TO(KILLING, NOTHING),
		/* The kill crosses the news of the start, or of its failure. */
		[LIFE_STARTED] = TO(KILLING, NOTHING),
		[LIFE_FAILED] = TO(STOPPED, WATCH),
		[LIFE_EXITED] = TO(STOPPED, WATCH),
		[LIFE_AGAIN] = TO(STOPPED, WATCH),
		[LIFE_CRASHED] = TO(STOPPED, WATCH),
		[LIFE_GIVEN_UP] = TO(KILLING, IMPOSSIBLE),
		[LIFE_ASKED] = TO(KILLING, NOTHING),
		/* Tasks in the kernel die late; say it again. */
		[LIFE_EXPIRED] = TO(KILLING, KILL),
		[LIFE_DESTROYED] = TO(KILLING, NOTHING),
	},
	[LIFE_BACKOFF] = {
		[LIFE_WANTED] = TO(BACKOFF, LATER),
		[LIFE_STARTED] = TO(BACKOFF, IMPOSSIBLE),
		[LIFE_FAILED] = TO(BACKOFF, IMPOSSIBLE),
		[LIFE_EXITED] = TO(BACKOFF, IMPOSSIBLE),
		[LIFE_AGAIN] = TO(BACKOFF, IMPOSSIBLE),
		[LIFE_CRASHED] = TO(BACKOFF, IMPOSSIBLE),
		[LIFE_GIVEN_UP] = TO(SUSPENDED, SUSPEND),
		[LIFE_ASKED] = TO(STOPPED, WATCH),
		[LIFE_EXPIRED] = TO(STOPPED, WATCH),
		[LIFE_DESTROYED] = TO(GONE, REMOVE),
	},
	[LIFE_SUSPENDED] = {
		[LIFE_WANTED] = TO(STARTING, START),
		[LIFE_STARTED] = TO(SUSPENDED, IMPOSSIBLE),
		[LIFE_FAILED] = TO(SUSPENDED, IMPOSSIBLE),
		[LIFE_EXITED] = TO(SUSPENDED, IMPOSSIBLE),
		[LIFE_AGAIN] = TO(SUSPENDED, IMPOSSIBLE),
		[LIFE_CRASHED] = TO(SUSPENDED, IMPOSSIBLE),
		[LIFE_GIVEN_UP] = TO(SUSPENDED, IMPOSSIBLE),
		[LIFE_ASKED] = TO(SUSPENDED, NOTHING),
		[LIFE_EXPIRED] = TO(SUSPENDED, IMPOSSIBLE),
		[LIFE_DESTROYED] = TO(GONE, REMOVE),
	},
	[LIFE_GONE] = {
		[LIFE_WANTED] = TO(GONE, NOTHING),
		[LIFE_STARTED] = TO(GONE, IMPOSSIBLE),
		[LIFE_FAILED] = TO(GONE, IMPOSSIBLE),
		[LIFE_EXITED] = TO(GONE, IMPOSSIBLE),
		[LIFE_AGAIN] = TO(GONE, IMPOSSIBLE),
		[LIFE_CRASHED] = TO(GONE, IMPOSSIBLE),
		[LIFE_GIVEN_UP] = TO(GONE, IMPOSSIBLE),
		[LIFE_ASKED] = TO(GONE, NOTHING),
		[LIFE_EXPIRED] = TO(GONE, IMPOSSIBLE),
		[LIFE_DESTROYED] = TO(GONE, NOTHING),
	},
};

struct life_step life_step(enum life_state state, enum life_event event)
{
	return table[state][event];
}

const char *life_state_name(enum life_state state)
{
	static const char *const names[N_LIFE_STATES] = {
		"stopped",  "starting", "running",   "stopping",
		"stopping", "backoff",	"suspended", "gone",
	};

	return names[state];
}

const char *life_event_name(enum life_event event)
{
	static const char *const names[N_LIFE_EVENTS] = {
		"wanted",  "started",  "failed", "exited",  "again",
		"crashed", "given up", "asked",	 "expired", "destroyed",
	};

	return names[event];
}
