/*
 * What the filters allow and refuse, as tables; filter.c compiles them.
 *
 * Rules compare what the kernel will look at: arguments that it takes as 32
 * bits are compared under a 32-bit mask, or a caller could hide a refused value
 * behind a bit above.
 */
#pragma once

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_32 UINT64_C(0xffffffff)

/* A conditional rule: all of at most two comparisons must hold. */
struct filter_rule {
	const char *name;
	uint32_t action;
	unsigned n;
	struct scmp_arg_cmp when[2];
};

extern const char *const filter_allowed[];
extern const size_t n_filter_allowed;
extern const int filter_allowed_numbers[];
extern const size_t n_filter_allowed_numbers;
extern const char *const filter_refused[];
extern const size_t n_filter_refused;
extern const int filter_refused_numbers[];
extern const size_t n_filter_refused_numbers;
extern const char *const filter_init[];
extern const size_t n_filter_init;
extern const uint32_t filter_ioctls[];
extern const size_t n_filter_ioctls;
extern const uint32_t filter_ioctls_refused[];
extern const size_t n_filter_ioctls_refused;
extern const struct filter_rule filter_rules[];
extern const size_t n_filter_rules;
