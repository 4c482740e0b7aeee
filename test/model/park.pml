/*
 * A mailbox: sending, waking, parking, the end, and the next owner of the place.
 *
 * One place for a process is followed through two lives. Senders send to the
 * first or to the second, wakers wake, two workers run the process, it parks or
 * ends at any time, and its place is taken again. Spin tries all orders.
 *
 * What is claimed
 *
 *   - No message and no wake-up is lost: when nothing can happen any more, each
 *     message was received by whom it was sent to, or refused to its sender, or
 *     freed with the process that it was sent to; and whoever still lives has
 *     seen all that it was woken for.
 *   - A message is settled once, never by the next owner of the place.
 *   - Messages of one sender are received in their order.
 *   - At every moment one context at most owns the process: it is in a run queue
 *     once, and runs on one worker, and not before its registers are saved.
 *
 * What is modelled (process/mailbox.h)
 *
 *   - The word: the newest message, the generation, PARKED, NOTIFIED. It is read
 *     in one step and swapped in a later one, if it is still what was read.
 *   - The stack of messages hangs on `next` of each; the receiver takes the whole
 *     and turns it round. Who clears PARKED owns the process and links its message
 *     into the private queue.
 *   - What a process waits for besides messages is a flag that the waker sets
 *     before it wakes. That store can linger in the waker's store buffer until
 *     an atomic instruction of the same thread.
 *   - The park is done by the context that runs after the switch.
 *
 * What is not: the number of messages and its bound; a generation that has come
 * round; the run queues and workers that go idle (idle.pml).
 *
 * Scopes (-D) say who is there. Flaws (-D) break one rule each, and Spin has to
 * notice that. Both are listed in park_scopes.py.
 */

#define NOBODY	0 /* parked, or the place is free */
#define QUEUED	1
#define WORKER	2 /* and 3 */
#define SPAWNER 4
#define SENDER	5 /* and what follows: message or waker number added */
#define WAKER	10

/* ---- the word ---- */

byte top; /* the newest message, 0: none */
byte generation = 1;
bit parked;
bit notified;

#define WORD_VARIABLES                                                         \
	byte old_top, old_generation;                                          \
	bit old_parked, old_notified, is_swapped

inline load()
{
	d_step {
		old_top = top;
		old_generation = generation;
		old_parked = parked;
		old_notified = notified
	}
}

#ifdef FLAW_NO_GENERATION
#define SAME_GENERATION true
#else
#define SAME_GENERATION (generation == old_generation)
#endif

#ifdef FLAW_PLAIN_STORE
/* Flags are written and not swapped. */
#define SAME_FLAGS true
#else
#define SAME_FLAGS (parked == old_parked && notified == old_notified)
#endif

#define SAME_WORD (top == old_top && SAME_GENERATION && SAME_FLAGS)

/* ---- what belongs to whoever owns the process ---- */

byte owner = QUEUED;
chan queue = [4] of { byte };
bit saved = true; /* the registers are, so that a switch to it is possible */
byte life = 1;
bit is_over; /* nobody lives at the place */
chan run_queue = [2] of { bit };

inline own(me)
{
	assert(owner == NOBODY);
	owner = me
}

inline pass_on(from, to)
{
	assert(owner == from);
	owner = to
}

inline make_runnable(me)
{
	d_step {
		pass_on(me, QUEUED);
		assert(nfull(run_queue));
		run_queue!true
	}
}

/* ---- messages; for the claims ---- */

#define N_MESSAGES 4

byte next[N_MESSAGES + 1];
byte sent_to[N_MESSAGES + 1]; /* which life; 0: not sent */
bit settled[N_MESSAGES + 1];
byte last_of_first_sender;

inline settle(m)
{
	assert(sent_to[m] != 0);
	assert(!settled[m]);
	settled[m] = true
}

inline receive(m)
{
	settle(m);
	assert(sent_to[m] == life);
	/* The first sender's are 1 and 2. */
	if
	:: m <= 2 ->
		assert(m > last_of_first_sender);
		last_of_first_sender = m
	:: else
	fi
}

/* ---- sending ---- */

inline send(m, to)
{
	sent_to[m] = to;
	is_swapped = false;
	do
	:: is_swapped -> break
	:: else ->
		load();
		if
		:: old_generation != to ->
			settle(m);
			break
		:: old_generation == to && old_parked ->
			d_step {
				if
				:: SAME_WORD ->
					parked = false;
					notified = false;
					own(SENDER + m);
					is_swapped = true
				:: else
				fi
			}
			if
			:: is_swapped ->
#ifdef FLAW_QUEUE_EARLY
				make_runnable(SENDER + m);
				queue!m
#else
				assert(owner == SENDER + m);
				queue!m;
				make_runnable(SENDER + m)
#endif
			:: else
			fi
		:: old_generation == to && !old_parked ->
			next[m] = old_top;
			d_step {
				if
				:: SAME_WORD ->
					top = m;
					is_swapped = true
				:: else
				fi
			}
		fi
	od
}

proctype sender(byte first, n, to)
{
	WORD_VARIABLES;
	byte m = first;

	/* A PID is known when its process was spawned. */
end:	(life >= to);
	do
	:: m < first + n ->
		send(m, to);
		m++
	:: else -> break
	od
}

/* ---- waking ---- */

#define N_WAKERS 2

bit buffered[N_WAKERS]; /* in the waker's store buffer */
bit ready[N_WAKERS];
bit seen[N_WAKERS]; /* by the process that was to see it */
bit has_woken[N_WAKERS];

/* An atomic instruction empties the buffer. */
inline store_ready(i)
{
	if
	:: buffered[i] ->
		ready[i] = true;
		buffered[i] = false
	:: else
	fi
}

proctype waker(byte i)
{
	WORD_VARIABLES;

	buffered[i] = true;
	do
	:: is_swapped -> break
	:: else ->
		load();
		if
		:: old_generation != 1 -> break
#ifdef FLAW_SKIP_NOTIFIED
		/* "It is notified already." */
		:: old_generation == 1 && old_notified -> break
#endif
		:: old_generation == 1 && old_parked ->
			d_step {
				store_ready(i);
				if
				:: SAME_WORD ->
					parked = false;
					own(WAKER + i);
					is_swapped = true
				:: else
				fi
			}
			if
			:: is_swapped -> make_runnable(WAKER + i)
			:: else
			fi
		:: else ->
			d_step {
				store_ready(i);
				if
				:: SAME_WORD ->
					notified = true;
					is_swapped = true
				:: else
				fi
			}
		fi
	od;
	has_woken[i] = true
}

/* Store buffers empty themselves in the end. */
proctype time_passes()
{
end:	do
	:: d_step { buffered[0] -> store_ready(0) }
	:: d_step { buffered[1] -> store_ready(1) }
	od
}

/* ---- the process, on whichever worker runs it ---- */

/* Take all, and turn it round: it is private then. */
inline turn_round()
{
	first = top;
	top = 0;
#ifdef FLAW_NO_TURN
	do
	:: first -> queue!first; first = next[first]
	:: else -> break
	od
#else
	second = 0;
	do
	:: first ->
		third = next[first];
		next[first] = second;
		second = first;
		first = third
	:: else -> break
	od;
	do
	:: second -> queue!second; second = next[second]
	:: else -> break
	od;
#endif
	first = 0;
	second = 0;
	third = 0
}

inline take_all()
{
	d_step {
		assert(owner == WORKER + id);
		turn_round();
		notified = false
	}
}

inline look_at_what_is_ready()
{
	d_step {
		seen[0] = seen[0] || (life == 1 && ready[0])
	}
	d_step {
		seen[1] = seen[1] || (life == 1 && ready[1])
	}
}

inline receive_all()
{
	do
	:: d_step { queue?[first] -> queue?first; receive(first); first = 0 }
	:: else -> break
	od
}

/* Back from the stack of the process: its registers are saved. */
inline leave()
{
	saved = true
}

inline park()
{
	is_swapped = false;
	do
	:: is_swapped -> break
	:: else ->
		load();
		if
#ifdef FLAW_PARK_BLINDLY
		:: false -> break
#else
		:: old_top || old_notified -> break
#endif
		:: else ->
			d_step {
				if
				:: SAME_WORD ->
					parked = true;
#ifdef FLAW_PARK_BLINDLY
					notified = false;
#endif
					pass_on(WORKER + id, NOBODY);
					is_swapped = true
				:: else
				fi
			}
		fi
	od
}

bit is_free; /* the place is in the free list */

/* The last life of a word: what is in it goes with the process. */
inline end_life()
{
	d_step {
		assert(owner == WORKER + id);
		turn_round();
		notified = false;
#ifdef FLAW_GENERATION_LATE
	}
	d_step {
#endif
		generation++
	}
	do
	:: d_step {
		queue?[first] ->
		queue?first;
		settle(first);
		assert(sent_to[first] == life);
		first = 0
	   }
	:: else -> break
	od;
#ifdef FLAW_FREE_EARLY
	skip;
	d_step { pass_on(WORKER + id, NOBODY); is_over = true; is_free = true }
	leave()
#else
	leave();
	d_step { pass_on(WORKER + id, NOBODY); is_over = true; is_free = true }
#endif
}

proctype worker(byte id)
{
	WORD_VARIABLES;
	byte first, second, third;

end:	do
	:: d_step {
		run_queue?[true] ->
		run_queue?true;
		pass_on(QUEUED, WORKER + id)
	   }
	   do
	   :: true ->
		d_step { assert(saved); saved = false }
#ifdef FLAW_LOOK_FIRST
		look_at_what_is_ready();
		take_all();
#else
		take_all();
		look_at_what_is_ready();
#endif
		receive_all();
		if
#ifdef ENDS
		:: life == 1 ->
			end_life();
			break
#endif
		:: true ->
#ifdef FLAW_PARK_ON_STACK
			park();
			leave();
#else
			leave();
			park();
#endif
			if
			:: is_swapped -> break
			/* Something came: go on. */
			:: else
			fi
		fi
	   od
	od
}

/* The place is taken again. */
proctype spawner()
{
end:	is_free;
	d_step {
		is_free = false;
		own(SPAWNER);
		assert(saved);
		assert(empty(queue));
		is_over = false;
		life = 2
	}
	make_runnable(SPAWNER)
}

/* ---- what is true in the end ---- */

#define ALL_SETTLED                                                            \
	(sent_to[1] == 0 || settled[1]) && (sent_to[2] == 0 || settled[2]) &&  \
	(sent_to[3] == 0 || settled[3]) && (sent_to[4] == 0 || settled[4])

active proctype judge()
{
	timeout;
	assert(ALL_SETTLED);
	assert(is_over || owner == NOBODY);
	/* Only the first life is woken. */
	assert(is_over || life == 2 || !has_woken[0] || seen[0]);
	assert(is_over || life == 2 || !has_woken[1] || seen[1])
}

init {
	atomic {
		run_queue!true;
		run worker(0);
#ifndef ONE_WORKER
		run worker(1);
#endif
#ifdef PAIR
		run sender(1, 2, 1);
#endif
#ifdef OTHER
		run sender(3, 1, 1);
#endif
#ifdef LATE
		run sender(4, 1, 2);
#endif
#ifdef WAKE
		run waker(0);
		run time_passes();
#endif
#ifdef WAKE_TWICE
		run waker(1);
#endif
#ifdef ENDS
		run spawner()
#endif
	}
}
