/*
 * Samples: the times of one measurement, and the line that tells them.
 *
 * Every measuring program prints one JSON object on a line:
 *	{"case":"open","n":2000,"median_us":51.2,"p90_us":60.1,"min_us":48.8}
 * so that the driver reads them all alike.
 */
#pragma once

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Run on this processor only; -1: wherever the kernel likes. */
static inline void pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		perror("sched_setaffinity");
}

static inline int samples_compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* @n of them, more than none. They are sorted in place. */
static inline void samples_print(const char *name, uint64_t *ns, size_t n)
{
	qsort(ns, n, sizeof(*ns), samples_compare);
	printf("{\"case\":\"%s\",\"n\":%zu,\"median_us\":%.3f,\"p90_us\":%.3f,"
	       "\"min_us\":%.3f}\n",
	       name, n, (double)ns[n / 2] / 1e3, (double)ns[n * 9 / 10] / 1e3,
	       (double)ns[0] / 1e3);
	fflush(stdout);
}

/*
 * All of them, in the order they were taken, some on a line (a component's line
 * is cut when it is long):
 *	{"case":"revoke-10","us":[402.1,388.7]}
 */
static inline void samples_print_each(const char *name, const uint64_t *ns,
				      size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i = j) {
		printf("{\"case\":\"%s\",\"us\":[", name);
		for (j = i; j < n && j < i + 100; j++)
			printf("%s%.1f", j == i ? "" : ",",
			       (double)ns[j] / 1e3);
		printf("]}\n");
	}
	fflush(stdout);
}
