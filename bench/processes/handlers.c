/*
 * The cases with handler processes: functions that are called for each message,
 * with a state instead of a stack. They do what those in ours.c do.
 */
#include "ours.h"

static reeve_pid start_one(reeve_handler_fn fn, const void *state, size_t n)
{
	reeve_pid pid;

	must(reeve_spawn_handler(fn, state, n, NULL, &pid));
	return pid;
}

/* ---- pingpong ---- */

struct ping {
	reeve_pid pong;
	size_t left;
};

static int ping(void *state, struct reeve_message *message)
{
	struct ping *self = state;
	char bytes[BYTES] = "ping";

	if (!self->left) {
		say(self->pong, STOP);
		say(main_pid, DONE);
		return REEVE_EXIT_DONE;
	}
	self->left--;
	if (message->ordinal == GO)
		say_bytes(self->pong, PING, bytes, sizeof(bytes));
	else
		say_bytes(self->pong, PING, message->bytes, message->n_bytes);
	return 0;
}

static int pong(void *state, struct reeve_message *message)
{
	(void)state;
	if (message->ordinal == STOP)
		return REEVE_EXIT_DONE;
	say_bytes(reeve_message_sender(message), PONG, message->bytes,
		  message->n_bytes);
	return 0;
}

double pingpong_handler(size_t n, size_t size)
{
	size_t i, n_couples = size / 2, each = n / n_couples + 1;
	reeve_pid *pings = array(n_couples, sizeof(*pings));
	struct ping self = { .left = each };
	uint64_t took;

	for (i = 0; i < n_couples; i++) {
		self.pong = start_one(pong, NULL, 0);
		pings[i] = start_one(ping, &self, sizeof(self));
	}
	took = run(pings, n_couples, n_couples);
	free(pings);
	return (double)took / (double)(each * n_couples);
}

/* ---- ring ---- */

static int pass(void *state, struct reeve_message *message)
{
	reeve_pid *next = *(reeve_pid **)state;
	uint64_t left;

	if (message->ordinal == STOP)
		return REEVE_EXIT_DONE;
	left = *(const uint64_t *)message->bytes;
	if (left)
		left--, say_bytes(*next, PING, &left, sizeof(left));
	else
		say(main_pid, DONE);
	return 0;
}

double ring_handler(size_t n, size_t size)
{
	reeve_pid *all = array(size + 1, sizeof(*all)), *next;
	uint64_t start, left = n;
	size_t i;

	for (i = 0; i < size; i++) {
		next = &all[i + 1];
		all[i] = start_one(pass, &next, sizeof(next));
	}
	all[size] = all[0];

	start = now_ns();
	say_bytes(all[0], PING, &left, sizeof(left));
	hear();
	start = now_ns() - start;
	stop(all, size);
	return (double)start / (double)n;
}

/* ---- spawn ---- */

static int answer(void *state, struct reeve_message *message)
{
	(void)state;
	(void)message;
	say(main_pid, DONE);
	return REEVE_EXIT_DONE;
}

/* Stays until it is told to stop. */
static int idle(void *state, struct reeve_message *message)
{
	(void)state;
	return message->ordinal == STOP ? REEVE_EXIT_DONE : 0;
}

double spawn_call_handler(size_t n, size_t size)
{
	reeve_pid *others = array(size, sizeof(*others));
	uint64_t start;
	size_t i;

	for (i = 0; i < size; i++)
		others[i] = start_one(idle, NULL, 0);
	start = now_ns();
	for (i = 0; i < n; i++) {
		say(start_one(answer, NULL, 0), PING);
		hear();
	}
	start = now_ns() - start;
	stop(others, size);
	return (double)start / (double)n;
}
