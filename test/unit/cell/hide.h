/*
 * Hiding places for a descriptor: each leaves it in a place where a search of
 * descriptor tables alone would not find it, or would take long.
 *
 * They run in a task that plays a component; hide_fd() takes the descriptor, so
 * that nobody else has it afterwards. 0 or -errno: this kernel has no such
 * place.
 */
#pragma once

#include <stdbool.h>

enum hide_place {
	HIDE_PLAIN,
	HIDE_DUPS,	   /* 100, in 20 tasks */
	HIDE_FORKS,	   /* 100 tasks that inherited it */
	HIDE_QUEUE,	   /* in a queue, behind 9 messages */
	HIDE_QUEUE_STREAM, /* the same in a stream, with a long tail */
	HIDE_NESTED_3,	   /* in a queue in a queue in a queue */
	HIDE_NESTED_32,
	HIDE_MOVED_8, /* sent from task to task, round and round */
	HIDE_MOVED_32,
	HIDE_BLOCKED_RECV, /* only a call that waits has it */
	HIDE_BLOCKED_SEND,
	HIDE_EMPTY_PEEKED, /* with a message of no bytes, looked at before */
	HIDE_OOB,	   /* with an urgent byte */
	HIDE_BACKLOG,	   /* in a connection that nobody has accepted */
	HIDE_THREAD,	   /* a thread's own table */
	HIDE_LEADERLESS,   /* a task whose first thread has ended */
	HIDE_UNDUMPABLE,
	HIDE_ORPHAN,	    /* a task whose parent has ended */
	HIDE_BETWEEN_FORKS, /* beside a task that forks without end */
	N_HIDE_PLACES,
	/* Parts that hide nothing. */
	HIDE_UNPACK, /* receive all that is queued in it; how many there were */
	HIDE_SWAMP,  /* tasks with so many descriptors that a search takes long
		      */
	HIDE_STOPPED, /* have a child that was stopped; its pid */
	N_HIDE_PARTS,
};

const char *hide_name(enum hide_place place);

int hide_fd(enum hide_place place, int take_fd);

/* The same for all parts; what is not one is a number of sockets to have. What
 * that part has to say, or -errno. */
int hide_play(int part, int take_fd);
