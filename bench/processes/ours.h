/*
 * Ours: what the cases on <reeve/process.h> share. Whoever fails ends the task,
 * with the reason.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>

#include <reeve/process.h>

#include "measure.h"

enum { GO = 1, STOP, DONE, PING, PONG, OTHER };
enum { BYTES = 64, ROOM = 1024, COLOURS = 3 };

/* The process that starts all others, and waits for them. */
extern reeve_pid main_pid;

static inline void must(int r)
{
	if (!r)
		return;
	fprintf(stderr, "ours: %s\n", strerror(-r));
	exit(1);
}

static inline void *array(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (!p)
		must(-ENOMEM);
	return p;
}

static inline void say_bytes(reeve_pid to, uint64_t ordinal, const void *bytes,
			     size_t n)
{
	const struct reeve_message message = { .ordinal = ordinal,
					       .bytes = bytes,
					       .n_bytes = n };

	must(reeve_send_to(to, &message));
}

static inline void say(reeve_pid to, uint64_t ordinal)
{
	uint64_t nothing = 0;

	say_bytes(to, ordinal, &nothing, sizeof(nothing));
}

static inline uint64_t hear(void)
{
	struct reeve_message *message;
	uint64_t ordinal;

	must(reeve_next(-1, &message));
	ordinal = message->ordinal;
	reeve_message_free(message);
	return ordinal;
}

/* Start them all, wait until so many are done: how long that took. */
static inline uint64_t run(const reeve_pid *all, size_t n, size_t n_done)
{
	uint64_t start = now_ns();
	size_t i;

	for (i = 0; i < n; i++)
		say(all[i], GO);
	for (i = 0; i < n_done; i++)
		hear();
	return now_ns() - start;
}

/* The addresses are freed. */
static inline void stop(reeve_pid *take_all, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		say(take_all[i], STOP);
	reeve_yield();
	free(take_all);
}

/* handlers.c */
double pingpong_handler(size_t n, size_t size);
double ring_handler(size_t n, size_t size);
double spawn_call_handler(size_t n, size_t size);

/* memory.c; these tell themselves what they found. */
double memory(size_t n, size_t size);
double memory_handler(size_t n, size_t size);
