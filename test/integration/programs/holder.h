/*
 * What the files of the holder share. See holder.c for what it is.
 *
 * Descriptors have numbers that the story chooses, from 0 on: slots. A verb
 * that leaves something in a slot closes what was in it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <reeve.h>

enum {
	SLOTS_MAX = 4096,
	OPERANDS_MAX = 8,
	ANSWER_MAX = 60000,
	HOLDER_TIMEOUT_MS = 20000,
	CHILDREN_MAX = 256,
};

struct holder {
	struct reeve *r;
	int order_fd; /* to the story */
	int given_fd; /* came with the last orders; or -1 */
	int epoll_fd; /* what is echoed, and all else that is waited for */
	int slots[SLOTS_MAX];
	/* Server ends that came and that no order has asked for yet. */
	int accepted[SLOTS_MAX];
	size_t n_accepted, n_taken;
	unsigned long n_opened, n_echoed;
	struct reeve_channel *realm;
	/* Children that hold something: each waits for a byte, and then says
	 * what has become of it. */
	int go[2], results[2];
	pid_t children[CHILDREN_MAX];
	size_t n_children;
	bool is_stubborn; /* it does not end when it is asked to */
	/* See "loop". */
	const char *loop_path;
	char loop_name[256];
	unsigned long n_loops, n_answered;
	long long answered_ns;
	char answer[ANSWER_MAX];
	size_t n_answer;
};

typedef void (*order_fn)(struct holder *h, char **o);

struct order {
	const char *name;
	int n_operands; /* the last takes the rest of the line */
	order_fn fn;
};

/* Add to the answer. */
void answer(struct holder *h, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "ok", or the name of an error: a negative errno, or one of the manager's. */
void answer_status(struct holder *h, int e);
/* Wait at most @ms for something to handle, and handle it. */
void holder_turn(struct holder *h, int ms);

int slot_get(const struct holder *h, const char *number);
void slot_put(struct holder *h, const char *number, int take_fd);
/* What is in it is the caller's. */
int slot_take(struct holder *h, const char *number);

/* Read all there is, try to write, and say what came of it: "eof 0 EPIPE" for a
 * channel that is dead and was emptied; "open 0 ok" for one that lives. */
void end_describe(int fd, char *buffer, size_t n);

int fd_send(int over_fd, const void *bytes, size_t n, int fd);
/* Its first descriptor in *ret_fd, or -1. */
ssize_t fd_receive(int over_fd, void *bytes, size_t n, int flags, int *ret_fd);

/* The program of a child that has executed anew. */
int child_main(char **argv);

/* holder_hide.c: where to put them. */
extern const struct order hide_orders[];
extern const size_t n_hide_orders;
/* holder_child.c: who else has them. */
extern const struct order child_orders[];
extern const size_t n_child_orders;
/* holder_give.c: opening, serving, giving to children. */
extern const struct order give_orders[];
extern const size_t n_give_orders;

/* The loop of opens, between orders. */
void loop_step(struct holder *h);
