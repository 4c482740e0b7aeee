/*
 * What the ticker sends, and the time that all programs of this example print:
 * milliseconds since the ticker began. Cells have no clock of their own, so it
 * is the same everywhere.
 */
#pragma once

#include <inttypes.h>
#include <reeve.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct tick {
	uint64_t zero_ns; /* when the ticker began */
	uint64_t number;
};

static uint64_t zero_ns;

static inline uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Print a line with the time in front. */
#define SAY(format, ...)                                                       \
	printf("%7.1f ms  " format "\n", (double)(clock_ns() - zero_ns) / 1e6, \
	       ##__VA_ARGS__)

/* The tick in a message; its number. */
static inline uint64_t tick_read(const struct reeve_message *m)
{
	struct tick t = { 0 };

	if (m->n_bytes == sizeof(t))
		memcpy(&t, m->bytes, sizeof(t));
	zero_ns = t.zero_ns;
	return t.number;
}
