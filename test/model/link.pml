/*
 * Links and monitors: signals through mailboxes, and the ends of both.
 *
 * Two processes link, unlink, watch and unwatch each other, and end, at any time
 * and both at once. Spin tries all orders.
 *
 * What is claimed
 *
 *   - Who is linked hears of the other's end, once: a link that was made, and not
 *     undone since it was begun, holds, or its maker is told.
 *   - Who watches is told once, also of an end that came before. After unwatching
 *     returned nothing is told.
 *   - When all is still, both ends know the same: of a link, and of a watch.
 *   - Every record is freed once. Who has ended leaves none behind.
 *
 * What is modelled (process/link.c)
 *
 *   - Records belong to their process alone, and change in a step. What goes to
 *     the other is a signal in its mailbox, in order, handled one by one whenever
 *     it looks; between any two of these steps the other does what it likes.
 *   - A record that is taken back or told is itself the signal that says so.
 *   - Each wish has a reference: two that both wish a link have two records each.
 *   - The end: the mailbox is closed and emptied in one step; who asked in it is
 *     told, then all who are in the records.
 *
 * What is not: the mailbox's word (park.pml), memory that is lacking (it is there
 * before anything is done), handlers, which look only between their turns.
 *
 * Scopes and flaws (-D) are listed in link_scopes.py.
 */

#ifndef LINKS
#define LINKS 1 /* that each process wishes */
#endif
#ifndef UNLINKS
#define UNLINKS 0
#endif
#ifndef WATCHES
#define WATCHES 0 /* 0 or 1 */
#endif
#ifdef TRAP
#define TRAPS true
#else
#define TRAPS false
#endif

#ifdef ONE_ENDS
#define IMMORTAL(me) (me == 0)
#else
#define IMMORTAL(me) false
#endif

mtype = { LINK, UNLINK, EXIT, WATCH, UNWATCH, DOWN };

chan box0 = [10] of { mtype, byte };
chan box1 = [10] of { mtype, byte };
chan left0 = [10] of { mtype, byte }; /* what came to one that ended */
chan left1 = [10] of { mtype, byte };
bit closed[2];

/* Records, as sets of references: 1 and 2 are wishes of the first process, 4 and
 * 8 of the second. */
byte linked[2];
byte watching[2];
byte watched[2];

/* Envelopes that exist. */
byte n_live;

/* ---- for the claims ---- */

bit told[2]; /* of the other's end, since its last link was begun */
bit holds[2]; /* its last link is to hold */
bit is_spoiled[2];
bit is_unlinking[2];
byte n_down[2];
bit unwatched[2];
bit over[2];

#define FIRST(set) ((set) & (-(set)))

/* ---- signals ---- */

bit gone[2]; /* the last post of each process found nobody */

inline put(to, kind, reference)
{
	d_step {
		gone[me] = closed[to];
		if
		:: closed[to] -> skip
		:: !closed[to] && to == 0 ->
			assert(nfull(box0));
			box0!kind,reference
		:: !closed[to] && to == 1 ->
			assert(nfull(box1));
			box1!kind,reference
		fi
	}
}

/* Nobody else frees it. */
inline post(kind, reference)
{
	put(other, kind, reference);
	d_step {
		if
		:: gone[me] -> n_live--
		:: else
		fi
	}
}

inline linked_ended()
{
	if
	:: linked[me] == 0 -> skip
	:: else ->
		assert(!told[me]);
		told[me] = true;
#ifdef FLAW_EXIT_TWICE
		/* Of two records, only the one that it came from. */
		linked[me] = linked[me] & ~reference;
		n_live--;
#else
		do
		:: linked[me] ->
			linked[me] = linked[me] & (linked[me] - 1);
			n_live--
		:: else -> break
		od;
#endif
		has_to_end = !TRAPS
	fi;
	n_live--
}

inline watched_ended()
{
	if
#ifdef FLAW_TELL_ALWAYS
	:: true ->
#else
	:: watching[me] & reference ->
#endif
		assert(!unwatched[me]);
		n_down[me]++;
		assert(n_down[me] == 1);
		if
		:: watching[me] & reference ->
			watching[me] = watching[me] & ~reference;
			n_live--
		:: else
		fi
	:: else
	fi;
	n_live--
}

/* Take out @reference of @set, if it is there. */
inline forget(set)
{
	if
	:: set & reference ->
		set = set & ~reference;
		n_live--
	:: else
	fi
}

inline handle()
{
	if
	:: kind == LINK ->
#ifdef FLAW_NO_REFERENCES
		if
		:: linked[me] -> n_live--
		:: else -> linked[me] = 1
		fi
#else
		linked[me] = linked[me] | reference
#endif
	:: kind == UNLINK ->
		forget(linked[me]);
		n_live--
	:: kind == WATCH -> watched[me] = watched[me] | reference
	:: kind == UNWATCH ->
		forget(watched[me]);
		n_live--
	:: kind == EXIT -> linked_ended()
	:: kind == DOWN -> watched_ended()
	fi;
	kind = 0;
	reference = 0
}

/* One signal is handled in a step: it changes what is the process's own. */
inline take(box)
{
	d_step {
		box?kind,reference;
		handle()
	}
}

/* Handle all that came. */
inline look()
{
	do
	:: !has_to_end ->
		if
		:: me == 0 && nempty(box0) -> take(box0)
		:: me == 1 && nempty(box1) -> take(box1)
		:: me == 0 && empty(box0) || me == 1 && empty(box1) -> break
		fi
	:: has_to_end -> break
	od;
	skip
}

/* ---- what a program does ---- */

inline new_reference()
{
#ifdef FLAW_NO_REFERENCES
	wish = 1
#else
	wish = (me == 0 -> 1 : 4) << n_links
#endif
}

inline link()
{
	d_step {
		told[me] = false;
		is_spoiled[me] = is_unlinking[0] || is_unlinking[1];
		holds[me] = false
	}
#ifndef FLAW_NO_LOOK
	look();
#endif
	if
	:: has_to_end || linked[me] -> skip
	:: else ->
		d_step {
			new_reference();
			/* It may have been told of a wish of the other's. */
			told[me] = false;
			linked[me] = linked[me] | wish;
			n_live = n_live + 2
		}
		put(other, LINK, wish);
		if
		:: gone[me] ->
#ifdef FLAW_GONE_UNTOLD
			n_live--
#else
			/* It is told through its own mailbox. */
			put(me, EXIT, wish)
#endif
		:: else
		fi;
		look()
	fi;
	skip;
	d_step {
		n_links++;
		wish = 0;
		holds[me] = !is_spoiled[me]
	}
}

inline unlink()
{
	d_step {
		is_unlinking[me] = true;
		is_spoiled[0] = true;
		is_spoiled[1] = true;
		holds[0] = false;
		holds[1] = false
	}
#ifndef FLAW_NO_LOOK
	look();
#endif
	do
	:: !has_to_end && linked[me] ->
		d_step {
			wish = FIRST(linked[me]);
			linked[me] = linked[me] & ~wish
		}
#ifdef FLAW_FREE_TWICE
		n_live--;
#endif
		post(UNLINK, wish)
	:: else -> break
	od;
	skip;
	d_step {
		wish = 0;
		n_unlinks++;
		is_unlinking[me] = false
	}
}

inline watch()
{
	d_step {
		wish = 1 << me;
		watching[me] = wish;
		n_live = n_live + 2;
		n_watches++
	}
	put(other, WATCH, wish);
	if
	:: gone[me] -> put(me, DOWN, wish)
	:: else
	fi;
	wish = 0
}

inline unwatch()
{
	wish = 1 << me;
	if
	:: watching[me] ->
		watching[me] = 0;
		post(UNWATCH, wish);
		unwatched[me] = true
	/* It came already. */
	:: else -> assert(n_down[me] == 1)
	fi;
	wish = 0;
	n_watches++
}

inline close()
{
	d_step {
		closed[me] = true;
		do
		:: me == 0 && nempty(box0) ->
			box0?kind,reference;
			left0!kind,reference
		:: me == 1 && nempty(box1) ->
			box1?kind,reference;
			left1!kind,reference
		:: me == 0 && empty(box0) || me == 1 && empty(box1) -> break
		od;
		kind = 0;
		reference = 0
	}
}

inline refuse_what_is_left()
{
	do
	:: me == 0 && nempty(left0) -> left0?kind,reference; refuse()
	:: me == 1 && nempty(left1) -> left1?kind,reference; refuse()
	:: me == 0 && empty(left0) || me == 1 && empty(left1) -> break
	od
}

inline refuse()
{
	if
#ifndef FLAW_REFUSE_NOTHING
	:: kind == LINK -> post(EXIT, reference)
	:: kind == WATCH -> post(DOWN, reference)
#endif
	:: else -> n_live--
	fi;
	kind = 0;
	reference = 0
}

inline tell_all()
{
	do
	:: linked[me] ->
		d_step {
			wish = FIRST(linked[me]);
			linked[me] = linked[me] & ~wish
		}
		post(EXIT, wish)
	:: watched[me] ->
		d_step {
			wish = FIRST(watched[me]);
			watched[me] = watched[me] & ~wish
		}
		post(DOWN, wish)
	:: watching[me] ->
		d_step {
			wish = FIRST(watching[me]);
			watching[me] = watching[me] & ~wish
		}
#ifdef FLAW_KEEP_WATCHING
		n_live--
#else
		post(UNWATCH, wish)
#endif
	:: else -> break
	od;
	wish = 0
}

proctype process(byte me, other)
{
	mtype kind;
	byte reference, wish, n_links, n_unlinks, n_watches;
	bit has_to_end;

	do
	:: has_to_end -> break
	:: else ->
		if
		:: n_links < LINKS -> link()
		:: n_unlinks < UNLINKS -> unlink()
		:: WATCHES && n_watches == 0 -> watch()
		:: WATCHES && n_watches == 1 -> unwatch()
		/* It ends, and not because it was told to. */
		:: !IMMORTAL(me) -> break
		/* It does nothing more but to look at what comes. */
		:: true -> goto wait
		fi
	od;
	goto ends;

wait:
end:	do
	:: has_to_end -> break
	:: !has_to_end && me == 0 && nempty(box0) -> take(box0)
	:: !has_to_end && me == 1 && nempty(box1) -> take(box1)
	od;
ends:
	close();
	refuse_what_is_left();
	tell_all();
	over[me] = true
}

/* ---- what is true in the end ---- */

inline count(set)
{
	rest = set;
	do
	:: rest ->
		rest = rest & (rest - 1);
		n++
	:: else -> break
	od
}

inline judge_one(me, other)
{
	if
	:: over[me] ->
		assert(!linked[me] && !watched[me] && !watching[me])
	:: !over[me] && over[other] ->
		assert(!linked[me] && !watched[me] && !watching[me]);
		assert(!holds[me] || told[me])
	:: !over[me] && !over[other] ->
		assert(linked[me] == linked[other]);
		assert(watching[me] == watched[other]);
		assert(!holds[me] || linked[me])
	fi
}

active proctype judge()
{
	byte n, rest;

	timeout;
	assert(empty(box0) || over[0]);
	assert(empty(box1) || over[1]);
	judge_one(0, 1);
	judge_one(1, 0);
	d_step {
		count(linked[0]);
		count(linked[1]);
		count(watched[0]);
		count(watched[1]);
		count(watching[0]);
		count(watching[1])
	}
	assert(n == n_live)
}

init {
	atomic {
		run process(0, 1);
		run process(1, 0)
	}
}
