/*
 * Workers that go to sleep, and get up.
 *
 * Something comes: from a thread that is no worker, or through the poller. Who
 * takes it makes another thing runnable and computes without end, as all that is
 * run here does. There are as many workers as things, so each must be run: this
 * is the only claim. Spin tries all orders; where a worker sleeps for ever, or
 * only ever for rounds, not all were run.
 *
 * What is modelled (process/idle.c)
 *
 *   - Whoever has nothing to do looks round, steals, announces itself as idle,
 *     looks once more, and sleeps: one in the poller, the others in futexes. It
 *     sleeps for a round where another worker is awake; where all are idle, until
 *     it is woken.
 *   - Whoever was woken and found something wakes one more, if all who are idle
 *     sleep for long: it may compute without end itself, and then somebody has to
 *     look out. For some time after that nobody sleeps for long.
 *   - Each step reads or writes one thing. Where a store has to be seen by others
 *     before the next load, a flaw swaps the two: that is what a store buffer
 *     does.
 *
 * What is not: the ring of a run queue (it is a number here), time but for "a
 * round may be over", processes.
 *
 * Scopes and flaws (-D) are listed in idle_scopes.py.
 */

#ifndef WORKERS
#define WORKERS 2
#endif
#define NOBODY WORKERS

byte injected;
bit event; /* a descriptor is readable */
byte queued[WORKERS];
byte n_made = 1, n_run;

bit idle[WORKERS];
bit for_long[WORKERS];
bit notified[WORKERS];
bit polling[WORKERS];
bit interrupted; /* the poller */
bit poller_lock;
bit was_just_woken; /* somebody, to look out */

#if WORKERS == 2
#define ALL_IDLE (idle[0] && idle[1])
#define ANY_IDLE (idle[0] || idle[1])
#define ENOUGH_QUEUED (queued[0] > 1 || queued[1] > 1)
#define SOME_FOR_A_ROUND (saw_idle & 1 && !for_long[0] ||                      \
			  saw_idle & 2 && !for_long[1])
#define IDLE_MASK (idle[0] + 2 * idle[1])
#else
#define ALL_IDLE (idle[0] && idle[1] && idle[2])
#define ANY_IDLE (idle[0] || idle[1] || idle[2])
#define ENOUGH_QUEUED (queued[0] > 1 || queued[1] > 1 || queued[2] > 1)
#define SOME_FOR_A_ROUND (saw_idle & 1 && !for_long[0] ||                      \
			  saw_idle & 2 && !for_long[1] ||                      \
			  saw_idle & 4 && !for_long[2])
#define IDLE_MASK (idle[0] + 2 * idle[1] + 4 * idle[2])
#endif

/* ---- waking ---- */

/* Whoever takes the bit wakes. */
inline choose_idle(condition)
{
	d_step {
		chosen = NOBODY;
		if
		:: idle[0] && (condition) & 1 -> chosen = 0
		:: idle[1] && (condition) & 2 -> chosen = 1
#if WORKERS == 3
		:: idle[2] && (condition) & 4 -> chosen = 2
#endif
		:: else
		fi;
		if
		:: chosen != NOBODY -> idle[chosen] = false
		:: else
		fi
	}
}

inline wake_chosen()
{
	if
	:: chosen == NOBODY -> skip
	:: else ->
#ifdef FLAW_NOTIFY_LATE
		/* It is looked where it sleeps before the store is seen. */
		saw_polling = polling[chosen];
		notified[chosen] = true;
#else
		notified[chosen] = true;
		saw_polling = polling[chosen];
#endif
		if
#ifndef FLAW_FUTEX_ONLY
		:: saw_polling -> interrupted = true
#endif
		:: else
		fi;
		chosen = NOBODY;
		saw_polling = false
	fi
}

inline wake_one()
{
	choose_idle(7);
	wake_chosen()
}

#if WORKERS == 2
#define POLLING_MASK (polling[0] + 2 * polling[1])
#else
#define POLLING_MASK (polling[0] + 2 * polling[1] + 4 * polling[2])
#endif

/* Who waits in the poller first. */
inline kick()
{
	saw_idle = POLLING_MASK;
	choose_idle(saw_idle);
	if
	:: chosen == NOBODY -> choose_idle(7)
	:: else
	fi;
	wake_chosen();
	saw_idle = 0
}

/* A thread that is no worker. */
proctype thread()
{
	byte chosen = NOBODY, saw_idle;
	bit saw_polling;

#ifdef FLAW_INJECT_LATE
	saw_idle = IDLE_MASK;
	if
	:: saw_idle == 0 -> injected++
	:: else -> injected++; kick()
	fi
#else
	injected++;
	kick()
#endif
}

proctype world()
{
	event = true
}

proctype time_passes()
{
end:	do
	:: was_just_woken -> was_just_woken = false
	od
}

/* ---- a worker ---- */

inline poll()
{
	d_step {
		if
		:: event -> event = false; queued[me]++
		:: else
		fi;
		interrupted = false
	}
}

inline look_round()
{
	d_step {
		queued[me] = queued[me] + injected;
		injected = 0
	}
	d_step {
		if
		:: !poller_lock && event -> event = false; queued[me]++
		:: else
		fi
	}
}

/* From another one that has so many. */
inline steal(from, least)
{
	d_step {
		if
		:: !has_some && me != from && queued[from] >= least ->
			queued[from]--;
			has_some = true
		:: else
		fi
	}
}

inline find_something()
{
	d_step {
		if
		:: queued[me] -> queued[me]--; has_some = true
		:: else
		fi
	}
	steal(0, (has_slept -> 1 : 2));
	steal(1, (has_slept -> 1 : 2));
#if WORKERS == 3
	steal(2, (has_slept -> 1 : 2))
#endif
}

/* About to work, perhaps without end. */
inline look_out()
{
#ifndef FLAW_NO_LOOKOUT
	saw_idle = IDLE_MASK;
	if
#ifdef FLAW_LOOKOUT_BY_TIME
	/* Once in a while is enough. */
	:: was_just_woken -> skip
#else
	:: saw_idle == 0 || SOME_FOR_A_ROUND -> skip
#endif
	:: else ->
		was_just_woken = true;
		wake_one()
	fi;
	saw_idle = 0
#else
	skip
#endif
}

inline sleep()
{
#ifdef FLAW_LOOK_EARLY
	is_needed = injected || ENOUGH_QUEUED;
	idle[me] = true;
#else
	idle[me] = true;
#endif
#ifdef FLAW_LONG_LATE
	is_short = !ALL_IDLE;
	for_long[me] = true;
#else
	for_long[me] = true;
	is_short = !ALL_IDLE;
#endif
#ifdef FLAW_NEVER_SHORT
	is_short = false;
#else
	is_short = is_short || was_just_woken;
#endif
	if
	:: is_short -> for_long[me] = false
	:: else
	fi;
#ifndef FLAW_LOOK_EARLY
	is_needed = injected || ENOUGH_QUEUED;
#endif
	if
	:: is_needed -> skip
	:: else ->
		if
		:: d_step { !poller_lock -> poller_lock = true }
			sleep_polling();
			poller_lock = false
		:: poller_lock ->
			/* In a futex. */
			(notified[me] || is_short)
		fi
	fi;
	notified[me] = false;
	for_long[me] = false;
	idle[me] = false;
	is_short = false;
	is_needed = false
}

inline sleep_polling()
{
#ifdef FLAW_POLLING_LATE
	saw_polling = notified[me];
	polling[me] = true;
#else
	polling[me] = true;
	saw_polling = notified[me];
#endif
	if
	:: saw_polling -> skip
	:: else -> (event || interrupted || is_short)
	fi;
	poll();
	saw_polling = false;
	polling[me] = false
}

/* Make one more runnable, if there is one more. */
inline work()
{
	d_step {
		n_run++;
		has_some = false;
		if
		:: n_made < WORKERS -> n_made++; queued[me]++
		:: else
		fi
	}
	/* One that waits alone is sooner run here, as a rule. */
	if
	:: ANY_IDLE && queued[me] > 1 -> wake_one()
	:: else
	fi
}

proctype worker(byte me)
{
	byte chosen = NOBODY, saw_idle;
	bit has_some, has_slept, is_short, is_needed, saw_polling;

	do
	:: look_round();
	   find_something();
	   if
	   :: has_some -> break
	   :: else -> sleep(); has_slept = true
	   fi
	od;
	if
	:: has_slept -> look_out()
	:: else
	fi;
	work()
	/* And computes. */
}

#ifdef ALL_RUN
ltl all_run { <> (n_run == WORKERS) }
#endif

init {
	atomic {
		run worker(0);
		run worker(1);
#if WORKERS == 3
		run worker(2);
#endif
#ifdef BY_THREAD
		run thread();
#else
		run world();
#endif
		run time_passes()
	}
}
