/*
 * Measuring: what the C programs of this folder share. Each is called as
 *
 *	PROGRAM CASE WORKERS N SIZE
 *
 * and tells the time of one of N operations, as the driver reads it:
 *	{"case":"ring","ns":143.2}
 * The case runs twice, and only the second run counts: the first, of a tenth,
 * makes everything warm.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* This task's share of memory, in bytes. */
static inline uint64_t memory_now(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	unsigned long long kib = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pss: %llu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib * 1024;
}

static inline int compare_ns(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static inline uint64_t median_ns(uint64_t *ns, size_t n)
{
	qsort(ns, n, sizeof(*ns), compare_ns);
	return ns[n / 2];
}

static inline void print_ns(const char *name, double ns)
{
	printf("{\"case\":\"%s\",\"ns\":%.2f}\n", name, ns);
}

static inline void print_memory(double ns, double bytes)
{
	printf("{\"case\":\"memory\",\"ns\":%.2f,\"bytes\":%.1f}\n", ns, bytes);
}
