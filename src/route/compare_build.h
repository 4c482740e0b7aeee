/* The making of a comparison, for its own files. */
#pragma once

#include "base/text.h"
#include "route/compare.h"

/* Adds a change whose text is that of @text. 0 or -ENOMEM. */
int compare_add(struct compare *c, struct change change,
		const struct text *text);

/* What a component has: @n records before, and after; either may be 0. */
struct compare_records {
	const struct reach_record *at;
	size_t n;
};

int compare_held(struct compare *c, const char *moniker,
		 struct compare_records before, struct compare_records after);

/* What the manifests of a component say of it besides: its program, limits,
 * access policies. NULL where it is not there. */
int compare_manifests(struct compare *c, const struct realm *before,
		      const struct realm *after);

/* The policy of the two roots. */
int compare_policies(struct compare *c, const struct realm *before,
		     const struct realm *after);

/* Who can reach whom. */
int compare_pairs(struct compare *c, const struct reach *before,
		  const struct reach *after);

/* A part of a line that says what is another now: "; " between parts. */
void compare_part(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
