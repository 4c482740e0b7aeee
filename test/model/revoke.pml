/*
 * The hand-over of a channel, and its revocation.
 *
 * One channel is followed through all places where a reference to one of its
 * two ends can be: a client opens it, the manager hands it to a provider, and
 * it is taken back at any point of that. The cells are hostile: at any time they
 * pass an end on, copy it, park it, hide it, close it, write, read, crash. Spin
 * tries all orders of everything.
 *
 * What is claimed
 *
 *   - After the acknowledgement the channel is dead, and no byte that was queued
 *     in it is read, unless the acknowledgement said that some may be left.
 *   - That is said, and cells are killed, only where some cell hid an end or the
 *     worker was lost (and said also where an end was on its way through the
 *     manager, or with a cell that had just begun).
 *   - Nobody is left frozen. Every revoke is acknowledged. Nothing blocks.
 *   - An open that nobody revoked is served or refused, whatever crashes, and a
 *     provider is started for it. The provider's other channels live on.
 *
 * What is modelled of the kernel
 *
 *   - An end lives as long as a reference to it exists: in the table of a task,
 *     in the queue of another socket, in a system call that is under way.
 *   - Shutting down any copy of either end kills the channel for all holders;
 *     what was queued before stays readable until somebody has read it.
 *   - The weak reference tells that the channel is dead: the other end is gone
 *     or was shut down (hang-up), or the remembered end is gone (not listed).
 *   - Who holds an end can ask whether what was written to it was read
 *     (SIOCOUTQ): so one end can be enough to see that both queues are empty.
 *   - A frozen cell does nothing, but it can be killed. Freezing ends a system
 *     call that waits, and with it the reference that this was.
 *
 * What is modelled of the manager (host/open.c, outgoing.c, severing.c,
 * route/revocation.c, cell/sever_work.c)
 *
 *   - It is one thread: what it does in a turn (check, remember, push) is not
 *     interleaved with another turn, but with everything that cells do.
 *   - The outgoing channel of the provider: opens wait in it while the provider
 *     runs, has crashed, or starts; after a crash, what was not read moves to a
 *     new pair. While nobody runs, what is cut is refused in it.
 *   - The worker, a task of its own, looks into place after place while the
 *     manager goes on. It can be lost; then its guard thaws.
 *   - The steps, from the sweep to the last resort.
 *
 * What is not: more than two references to an end at a time; more than one byte
 * in a queue, and the order within it; time (where something is waited for only
 * so long, Spin tries both); directories; the sockets of unmodified programs;
 * the kernel's collector of unreachable sockets. A cell that cannot be frozen is
 * one that hides something. A channel one of whose ends is gone before the
 * revoke is over, and what is queued in it may be read: nobody has taken back
 * what was said before.
 *
 * Scopes (-D) say what the cells may do. Each adds states, so test_model.py runs
 * them in several combinations. Flaws (-D) break one rule of the protocol each;
 * Spin has to notice that. Both are listed in test_model.py.
 */

/* ---- where a reference can be: bits ---- */

#define IN_MANAGER  1	/* in the manager's hands, within a turn */
#define ASKED_C	    2	/* in the client's request to the manager */
#define ASKED_P	    4	/* in the provider's: it passes the end to the third */
#define QUEUED_P    8	/* in the provider's outgoing channel */
#define QUEUED_T    16	/* in the third's */
#define P_ONE	    32	/* in the table of the provider's first task */
#define P_TWO	    64
#define P_PARKED    128 /* in a queue that only the provider can read */
#define P_BLOCKED   256 /* in a system call; its descriptor is closed */
#define P_HIDDEN    512 /* where no walk can see it */
#define T_TABLE	    1024
#define T_QUEUE	    2048 /* sent to the third by another cell */
#define T_HIDDEN    4096
#define C_TABLE	    8192

#define OF_P (P_ONE | P_TWO | P_PARKED | P_BLOCKED | P_HIDDEN)
#define OF_T (T_TABLE | T_QUEUE | T_HIDDEN)
#define USED_BY_P (P_ONE | P_TWO | P_HIDDEN)
#define USED_BY_T (T_TABLE | T_HIDDEN)

/* The server end and the client end, and whether bytes wait to be read there. */
short server = C_TABLE;
short client = C_TABLE;
bit server_bytes, client_bytes;
bit shut; /* one of the ends was shut down */

#define DEAD (shut || !server || !client)
#define IS_ONE(set) (((set) & ((set) - 1)) == 0)

inline move(set, from, to)
{
	set = (set & ~(from)) | (to)
}

/* Some references are gone; with the last one goes what was queued. */
inline drop(which)
{
	server = server & ~(which);
	client = client & ~(which);
	server_bytes = server_bytes && server;
	client_bytes = client_bytes && client
}

/* ---- cells ---- */

#ifndef CRASHES
#define CRASHES 0
#endif

#define P 0
#define C 1
#define T 2

bit alive[3];
bit frozen[3];
bit opaque[3]; /* something is hidden in it, which a walk notices */
bit told[3]; /* the manager knows that it runs ... */
bit noticed[3]; /* ... that it does not */
byte n_crashes;

#define RUNS(cell) (alive[cell] && !frozen[cell])

/* ---- what is asked, known and told ---- */

bit slot_dead;
bit remembered; /* the manager has a weak reference */
bit asked[2]; /* revoke, by the parent and by expiry */
bit taken[2]; /* ... the manager has read it */
bit acknowledged[2];
#define ACKNOWLEDGED (acknowledged[0] || acknowledged[1])

/* For the claims only. */
bit was_handed; /* to the provider */
bit ended_before; /* it was over when the slot was marked */
bit has_hidden; /* some cell ever hid anything */
bit has_lost; /* the worker was lost */
bit has_passed; /* an end went to the manager, to be passed on */
bit has_begun; /* a cell began to run while the worker looked at the others */
bit told_undrained; /* the acknowledgement said that bytes may be left */

/* Another channel to the same provider, under another slot. */
mtype = { UNOPENED, ASKED, QUEUED, SERVED, REFUSED, ENDED, LOST };
mtype other = UNOPENED;

/* ---- the claims, where they can be broken ---- */

/* A byte arrives. */
inline deliver()
{
	assert(!ACKNOWLEDGED || !was_handed || ended_before || told_undrained)
}

inline acknowledge(i)
{
	assert(has_lost || !(frozen[P] || frozen[C] || frozen[T]));
	assert(DEAD || !was_handed);
	acknowledged[i] = true
}

/* Where nobody hides anything, nobody is killed. */
inline last_resort()
{
	assert(has_hidden || has_lost)
}

/*
 * What is said to be left may not be there; but if it is, somebody hides it, or
 * it is on its way through the manager, or with a cell that has just begun.
 */
inline tell_undrained()
{
	assert(has_hidden || has_lost || has_passed || has_begun ||
	       !(server_bytes || client_bytes));
	told_undrained = true
}

/* An open that is not revoked is served or refused, but never forgotten. */
inline lose_other()
{
	other = LOST;
	assert(other != LOST)
}

/* ---- the end of a cell ---- */

bit wanted[3]; /* this life of the cell is on the worker's list */

inline end_cell(cell)
{
	alive[cell] = false;
	frozen[cell] = false;
	opaque[cell] = false;
	told[cell] = false;
	noticed[cell] = false;
	wanted[cell] = false;
	if
	:: cell == P -> drop(OF_P)
	:: cell == T -> drop(OF_T)
	:: cell == C -> drop(C_TABLE)
	fi;
	if
	:: other == SERVED && cell != T -> other = ENDED
	:: other == ASKED && cell == C -> other = ENDED
	:: else
	fi
}

/* ---- the worker: finds ends and cuts them ---- */

mtype = { IDLE, GIVEN, TO_KILL, DONE, WORKER_LOST };
mtype order = IDLE;
mtype = { SWEEP, FREEZE, FREEZE_ALL, KILL_HIDERS, KILL_ENDS, KILL_ALL };
mtype step = SWEEP;

bit hider[3]; /* the last report said that it hides something */
bit found; /* an end was seen, in this walk */
/* In this revocation both queues were seen empty, after it was shut down. */
bit seen_empty;
/* Since this walk was ordered, an end went through the manager's hands, or a
 * cell began to run. */
bit has_moved;
/* The outgoing queues are those that the worker was given to look into. */
bit same_queue;
bit worker_dies;

/*
 * Look for the channel in one place. What is found is shut down and drained, and
 * then it can be seen whether the other side has read all.
 */
inline look(place)
{
	d_step {
		if
		:: server & (place) ->
			found = true;
			shut = true;
			server_bytes = false;
			seen_empty = seen_empty || !client_bytes
		:: else
		fi;
		if
		:: client & (place) ->
			found = true;
			shut = true;
			client_bytes = false;
			seen_empty = seen_empty || !server_bytes
		:: else
		fi
	}
}

inline freeze(cell)
{
	d_step {
#ifndef FLAW_NO_FREEZE
		if
		:: wanted[cell] ->
			frozen[cell] = true;
			if
			:: cell == P -> drop(P_BLOCKED)
			:: else
			fi
		:: else
		fi
#endif
		skip
	}
}

inline thaw_all()
{
	frozen[P] = false;
	frozen[C] = false;
	frozen[T] = false
}

inline note_hider(cell)
{
	hider[cell] = wanted[cell] && opaque[cell]
}

/* Running: the tables alone. */
inline sweep()
{
	if
	:: same_queue -> look(QUEUED_P)
	:: else
	fi;
	if
	:: wanted[P] ->
		look(P_ONE);
		look(P_TWO)
	:: else
	fi;
	if
	:: wanted[C] -> look(C_TABLE)
	:: else
	fi
}

/* Frozen: also what is in flight, in queues that cells or the manager read. */
inline sweep_frozen()
{
	if
	:: same_queue -> look(QUEUED_P)
	:: else
	fi;
#ifndef FLAW_OTHER_QUEUES
	if
	:: step == FREEZE_ALL -> look(QUEUED_T)
	:: else
	fi;
#endif
	freeze(P);
	freeze(C);
	freeze(T);
	if
	:: wanted[P] ->
		look(P_ONE);
		look(P_TWO);
#ifdef FLAW_FORGET_QUEUE
		look(P_PARKED)
#else
		look(P_PARKED | QUEUED_P)
#endif
	:: else
	fi;
	if
	:: wanted[C] -> look(C_TABLE)
	:: else
	fi;
	if
	:: wanted[T] -> look(T_TABLE | T_QUEUE | QUEUED_T)
	:: else
	fi;
	d_step {
		note_hider(P);
		note_hider(C);
		note_hider(T)
	}
	d_step {
		thaw_all()
	}
}

proctype Worker()
{
end_again:
	{
end_idle:
		do
		:: order == GIVEN ->
			if
			:: step == SWEEP -> sweep()
			:: else -> sweep_frozen()
			fi;
			order = DONE
		od
	} unless {
		worker_dies && order == GIVEN
	}
	d_step {
		worker_dies = false;
		has_lost = true;
		order = WORKER_LOST
	}
#ifndef FLAW_NO_GUARD
	/* Its guard thaws what it has left frozen. */
	d_step {
		thaw_all()
	}
#endif
	goto end_again
}

/* ---- the manager ---- */

bit revoking;
/* Is the connection among those that it has to prove dead? */
bit in_set;
bit drained;
/* Another connection of the slot is to be cut as well, in the first step. */
bit has_neighbour;
/* FLAW_CHECK_EARLY: the slot was found alive in an earlier turn. */
bit checked;

#define REVOKE_READY                                                           \
	((asked[0] && !taken[0]) || (asked[1] && !taken[1]) ||                 \
	 order == DONE || order == WORKER_LOST)
#define NEWS(cell)                                                             \
	((alive[cell] && !told[cell]) || (!alive[cell] && !noticed[cell]))
#define WAITS_P (server & QUEUED_P || other == QUEUED)
#define WAITS_T (client & QUEUED_T)
#define START_READY(cell, waits) (!alive[cell] && noticed[cell] && waits)
#define OTHERS_READY                                                           \
	(server & (ASKED_C | ASKED_P) || client & ASKED_C || checked ||        \
	 other == ASKED || (remembered && DEAD && !slot_dead) ||               \
	 NEWS(P) || NEWS(C) || NEWS(T) || START_READY(P, WAITS_P) ||           \
	 START_READY(T, WAITS_T))

/* The open of the channel, as far as the outgoing queue. */
inline hand_over()
{
	has_moved = true;
	remembered = true;
	server = server | QUEUED_P;
	was_handed = true;
	drop(IN_MANAGER)
}

inline read_open()
{
	move(server, ASKED_C, IN_MANAGER);
	if
	:: slot_dead -> drop(IN_MANAGER)
	:: else ->
#ifdef FLAW_CHECK_EARLY
		checked = true
#else
		hand_over()
#endif
	fi
}

/* The client opens something of the third's, and gives it its own end. */
inline read_pass()
{
	move(client, ASKED_C, IN_MANAGER);
	client = client | QUEUED_T;
	has_moved = true;
	drop(IN_MANAGER)
}

/*
 * The provider has ended: what it had not read moves to a new pair. One that
 * crashes too often has its opens refused.
 */
inline renew()
{
	same_queue = false;
#ifdef FLAW_FORGET_RENEW
	drop(QUEUED_P);
	if
	:: other == QUEUED -> lose_other()
	:: else
	fi;
#else
	if
	:: server & QUEUED_P ->
		move(server, QUEUED_P, IN_MANAGER);
		move(server, IN_MANAGER, QUEUED_P)
	:: else
	fi;
	if
	:: n_crashes == CRASHES ->
		drop(QUEUED_P);
		if
		:: other == QUEUED -> other = REFUSED
		:: else
		fi
	:: true
	fi;
#endif
	skip
}

/* While the provider does not run, its queue is ours alone. */
inline refuse_queued()
{
#ifndef FLAW_FORGET_QUEUE
	if
	:: in_set && noticed[P] && !alive[P] -> drop(QUEUED_P)
	:: else
	fi
#else
	skip
#endif
}

#define IS_ALIVE ((in_set && !DEAD) || has_neighbour)
#if defined(FLAW_NO_DRAIN) || defined(FLAW_NO_PROOF)
#define IS_UNDRAINED false
#else
#define IS_UNDRAINED (in_set && !drained)
#endif

inline finish()
{
	order = IDLE;
	revoking = false;
	if
	:: IS_UNDRAINED -> tell_undrained()
	:: else
	fi;
#ifdef FLAW_MARK_AFTER_SWEEP
	slot_dead = true;
#endif
	if
	:: taken[0] && !acknowledged[0] -> acknowledge(0)
	:: else
	fi;
	if
	:: taken[1] && !acknowledged[1] -> acknowledge(1)
	:: else
	fi
}

inline kill(cell)
{
	d_step {
		if
		:: alive[cell] ->
			last_resort();
			end_cell(cell)
		:: else
		fi
	}
}

inline give_order()
{
	d_step {
		found = false;
		/* Who has just begun to run is not on the list. */
		has_moved = (alive[P] && !told[P]) || (alive[T] && !told[T]);
		wanted[P] = alive[P] && told[P];
		wanted[C] = alive[C] && told[C];
		wanted[T] = alive[T] && told[T] && step == FREEZE_ALL;
#ifndef FLAW_FORGET_QUEUE
		same_queue = true;
#endif
		order = GIVEN
	}
}

inline perform_step()
{
	if
	:: step == SWEEP || step == FREEZE || step == FREEZE_ALL ->
		give_order()
	:: else -> order = TO_KILL
	fi
}

inline begin_step()
{
	refuse_queued();
	if
	:: !IS_ALIVE && !IS_UNDRAINED -> finish()
	:: else -> perform_step()
	fi
}

/* The last resort. It is over when its victims are. */
inline kill_cells()
{
	if
	:: step == KILL_HIDERS && hider[P] || step != KILL_HIDERS -> kill(P)
	:: else
	fi;
	if
	:: step != KILL_HIDERS -> kill(C)
	:: else
	fi;
	if
	:: step == KILL_HIDERS && hider[T] || step == KILL_ALL -> kill(T)
	:: else
	fi;
	order = DONE
}

/*
 * What a report says about the queues. If everybody was searched whole, nobody
 * has what was not found: but only if nothing moved meanwhile.
 */
#ifdef FLAW_WHOLE_TOO_EARLY
#define IS_WHOLE (step == FREEZE_ALL && !hider[P] && !hider[T])
#else
#define IS_WHOLE (step == FREEZE_ALL && !hider[P] && !hider[T] && !has_moved)
#endif

inline note_report()
{
	d_step {
		has_neighbour = false;
		drained = drained || seen_empty ||
			  (order == DONE && !found && IS_WHOLE);
#ifdef FLAW_DRAINED_UNSEEN
		drained = drained || !found
#endif
	}
}

/* src/route/revocation.c */
inline next_step()
{
	if
	:: step == SWEEP -> step = FREEZE
	:: step == FREEZE -> step = FREEZE_ALL
	:: step == FREEZE_ALL ->
#ifdef FLAW_NO_LAST_RESORT
		skip
#else
		if
		:: hider[P] || hider[T] -> step = KILL_HIDERS
		:: else -> step = KILL_ENDS
		fi
#endif
	:: step == KILL_HIDERS -> step = KILL_ENDS
	:: else -> step = KILL_ALL
	fi
}

#define IS_FAR (step != SWEEP && step != FREEZE)

inline advance()
{
	note_report();
	if
#ifdef FLAW_NO_PROOF
	:: true -> finish()
#else
	:: !IS_ALIVE && (!IS_UNDRAINED || IS_FAR) -> finish()
	:: step == KILL_ALL -> finish()
	:: else ->
		next_step();
		begin_step()
#endif
	fi
}

inline take_revoke(i)
{
	if
	:: !taken[0] && !taken[1] -> ended_before = was_handed && DEAD
	:: else
	fi;
	taken[i] = true;
#ifndef FLAW_MARK_AFTER_SWEEP
	slot_dead = true;
#endif
	if
	:: revoking
	:: else ->
		if
		:: !remembered -> finish()
		:: true ->
			revoking = true;
			if
			:: has_neighbour = true
			:: remembered
			fi;
			d_step {
				in_set = remembered && client;
				ended_before = ended_before ||
					       (was_handed && DEAD)
			}
			step = SWEEP;
			begin_step()
		fi
	fi
}

/* The manager hears that a cell runs, or has ended; or starts it. */
inline follow(cell, waits)
{
	if
	:: alive[cell] && !told[cell] -> told[cell] = true
	:: !alive[cell] && !noticed[cell] ->
		if
		:: cell == P -> renew()
		/* Its namespace goes with it, unread requests too. */
		:: cell == C -> drop(ASKED_C)
		:: else
		fi;
		noticed[cell] = true
	:: START_READY(cell, waits) ->
		d_step {
			noticed[cell] = false;
			has_begun = has_begun || revoking;
			has_moved = true;
			alive[cell] = true
		}
	/* It has crashed too often: it waits for a while. */
	:: cell == T && START_READY(cell, waits) -> skip
	:: else
	fi
}

inline turn_of_revokes()
{
	if
	:: asked[0] && !taken[0] -> take_revoke(0)
	:: asked[1] && !taken[1] -> take_revoke(1)
	:: is_reported ->
		is_reported = false;
		advance()
	:: else
	fi
}

inline turn_of_requests()
{
	if
	:: client & ASKED_C -> read_pass()
	:: else
	fi;
	if
	/* It was handed over once already: refused. */
	:: server & ASKED_P ->
		has_moved = true;
		drop(ASKED_P)
	:: else
	fi;
	if
	:: other == ASKED -> other = QUEUED
	:: else
	fi
}

inline turn_of_news()
{
	if
	:: remembered && DEAD && !slot_dead -> remembered = false
	:: else
	fi;
	follow(P, WAITS_P);
	follow(C, false);
	follow(T, WAITS_T)
}

/* A turn: whatever is ready, once. */
proctype Manager()
{
	bit is_reported;

end:
	do
	:: REVOKE_READY || OTHERS_READY || order == TO_KILL ->
		/* What this turn is for: what comes from now on is for the next. */
		is_reported = order == DONE || order == WORKER_LOST;
#ifdef FLAW_JUDGE_EARLY
		atomic {
			turn_of_revokes()
		}
#endif
		if
		:: order == TO_KILL -> kill_cells()
		:: checked ->
			checked = false;
			hand_over()
		:: server & ASKED_C -> read_open()
		:: else
		fi;
		atomic {
			turn_of_requests()
		}
		atomic {
			turn_of_news()
		}
#ifndef FLAW_JUDGE_EARLY
		/* Last: what the worker missed in a request has been read. */
		atomic {
			turn_of_revokes()
		}
#endif
	od
}

/* ---- the cells ---- */

inline crash(cell)
{
	n_crashes++;
	end_cell(cell)
}

/* Write to, or read from, an end that is at hand; or close what is there. */
#define CAN_WRITE(end, place, bytes) (end & (place) && !DEAD && !bytes)
#define CAN_READ(end, place, bytes) (end & (place) && bytes)

proctype Client()
{
end:
	do
	:: d_step { RUNS(C) && server & C_TABLE ->
		    move(server, C_TABLE, ASKED_C) }
#ifdef KEEP
	:: d_step { RUNS(C) && server == C_TABLE ->
		    server = C_TABLE | ASKED_C }
	:: d_step { RUNS(C) && CAN_READ(server, C_TABLE, server_bytes) ->
		    server_bytes = false; deliver() }
	:: d_step { RUNS(C) && CAN_WRITE(server, C_TABLE, client_bytes) ->
		    client_bytes = true }
#endif
#ifdef OTHER
	:: d_step { RUNS(C) && other == UNOPENED -> other = ASKED }
#endif
	:: d_step { RUNS(C) && CAN_WRITE(client, C_TABLE, server_bytes) ->
		    server_bytes = true }
	:: d_step { RUNS(C) && CAN_READ(client, C_TABLE, client_bytes) ->
		    client_bytes = false; deliver() }
	:: d_step { RUNS(C) && (server | client) & C_TABLE ->
		    drop(C_TABLE) }
#ifdef VIA_MANAGER
	:: d_step { RUNS(C) && client & C_TABLE ->
		    move(client, C_TABLE, ASKED_C); has_passed = true }
#endif
#ifdef PASS_CLIENT
	:: d_step { RUNS(C) && alive[T] && client & C_TABLE ->
		    move(client, C_TABLE, T_QUEUE) }
	:: d_step { RUNS(C) && alive[T] && client == C_TABLE ->
		    client = C_TABLE | T_QUEUE }
#endif
	:: d_step { alive[C] && n_crashes < CRASHES -> crash(C) }
	od
}

proctype Provider()
{
end:
	do
	:: d_step { RUNS(P) && server & QUEUED_P ->
		    move(server, QUEUED_P, P_ONE) }
	:: d_step { RUNS(P) && other == QUEUED -> other = SERVED }
	:: d_step { RUNS(P) && CAN_WRITE(server, USED_BY_P, client_bytes) ->
		    client_bytes = true }
	:: d_step { RUNS(P) && CAN_READ(server, USED_BY_P, server_bytes) ->
		    server_bytes = false; deliver() }
	:: d_step { RUNS(P) && server & P_ONE -> drop(P_ONE) }
	/* The race that a walk can lose. */
	:: d_step { RUNS(P) && server & P_ONE -> move(server, P_ONE, P_TWO) }
	:: d_step { RUNS(P) && server & P_TWO -> move(server, P_TWO, P_ONE) }
	:: d_step { RUNS(P) && server & P_ONE && IS_ONE(server) ->
		    server = server | P_TWO }
#ifdef PARK
	:: d_step { RUNS(P) && server & P_ONE ->
		    move(server, P_ONE, P_PARKED) }
	:: d_step { RUNS(P) && server & P_PARKED ->
		    move(server, P_PARKED, P_ONE) }
#endif
#ifdef BLOCK
	/* A call that waits, and whose descriptor another thread closes. */
	:: d_step { RUNS(P) && server & P_ONE && client_bytes && !DEAD ->
		    move(server, P_ONE, P_BLOCKED) }
	:: d_step { RUNS(P) && server & P_BLOCKED && DEAD ->
		    drop(P_BLOCKED) }
	:: d_step { RUNS(P) && CAN_WRITE(server, P_BLOCKED, client_bytes) ->
		    client_bytes = true; drop(P_BLOCKED) }
#endif
#ifdef HIDE
	:: d_step { RUNS(P) && server & P_ONE ->
		    move(server, P_ONE, P_HIDDEN);
		    opaque[P] = true; has_hidden = true }
	:: d_step { RUNS(P) && server & P_HIDDEN ->
		    move(server, P_HIDDEN, P_ONE) }
#endif
#ifdef THIRD
	:: d_step { RUNS(P) && alive[T] && server & P_ONE ->
		    move(server, P_ONE, T_QUEUE) }
#endif
#ifdef VIA_MANAGER
	:: d_step { RUNS(P) && server & P_ONE ->
		    move(server, P_ONE, ASKED_P); has_passed = true }
#endif
	:: d_step { alive[P] && n_crashes < CRASHES -> crash(P) }
	od
}

#if defined(THIRD) || defined(VIA_MANAGER) || defined(PASS_CLIENT)
proctype Third()
{
end:
	do
	:: d_step { RUNS(T) && client & QUEUED_T ->
		    move(client, QUEUED_T, T_TABLE) }
	:: d_step { RUNS(T) && server & T_QUEUE ->
		    move(server, T_QUEUE, T_TABLE) }
	:: d_step { RUNS(T) && client & T_QUEUE ->
		    move(client, T_QUEUE, T_TABLE) }
	:: d_step { RUNS(T) && CAN_WRITE(server, USED_BY_T, client_bytes) ->
		    client_bytes = true }
	:: d_step { RUNS(T) && CAN_READ(server, USED_BY_T, server_bytes) ->
		    server_bytes = false; deliver() }
#if defined(PASS_CLIENT) || defined(VIA_MANAGER)
	:: d_step { RUNS(T) && CAN_WRITE(client, USED_BY_T, server_bytes) ->
		    server_bytes = true }
	:: d_step { RUNS(T) && CAN_READ(client, USED_BY_T, client_bytes) ->
		    client_bytes = false; deliver() }
#endif
	:: d_step { RUNS(T) && (server | client) & T_TABLE -> drop(T_TABLE) }
	/* Back: into a queue that the provider reads. */
	:: d_step { RUNS(T) && alive[P] && server & T_TABLE ->
		    move(server, T_TABLE, P_PARKED) }
	:: d_step { RUNS(P) && server & P_PARKED ->
		    move(server, P_PARKED, P_ONE) }
#ifdef HIDE
	:: d_step { RUNS(T) && (server | client) & T_TABLE ->
		    if
		    :: server & T_TABLE -> move(server, T_TABLE, T_HIDDEN)
		    :: else -> move(client, T_TABLE, T_HIDDEN)
		    fi;
		    opaque[T] = true; has_hidden = true }
#endif
	:: d_step { alive[T] && n_crashes < CRASHES -> crash(T) }
	od
}
#endif

/* Whoever may revoke, at any time. */
proctype Operator()
{
	asked[0] = true;
#ifdef TWO
	asked[1] = true;
#endif
#ifdef LOSE_WORKER
	worker_dies = true
#endif
}

init {
	atomic {
		alive[C] = true;
		told[C] = true;
		if
		:: alive[P] = true;
		   told[P] = true
		:: noticed[P] = true
		fi;
		noticed[T] = true;
		run Manager();
		run Worker();
		run Client();
		run Provider();
#if defined(THIRD) || defined(VIA_MANAGER) || defined(PASS_CLIENT)
		if
		:: alive[T] = true;
		   told[T] = true;
		   noticed[T] = false
		:: true
		fi;
		run Third();
#endif
		run Operator()
	}
}

/* Every revoke is acknowledged; every open that waits finds a provider. */
#ifdef ANSWERED
ltl answered { [] ((asked[0] -> <> acknowledged[0]) &&
		   (asked[1] -> <> acknowledged[1])) }
#endif
#ifdef STARTED
ltl started { [] ((other == ASKED -> <> (other != ASKED)) &&
		  ((other == QUEUED && !alive[P]) ->
			   <> (alive[P] || other != QUEUED))) }
#endif
#ifdef THAWED
ltl thawed { [] ((frozen[P] || frozen[C] || frozen[T]) ->
		 <> !(frozen[P] || frozen[C] || frozen[T])) }
#endif
