/*
 * Who may have a capability: the patterns of "access", in a manifest and in a
 * registration at run time.
 *
 * "#name" is that static child of the declaring component, or any member of
 * that collection of it. Everything else is an absolute moniker in which a
 * segment "*" stands for exactly one segment, whatever it is, and a last
 * segment
 * "**" for one or more: "/shop" with "**" behind it is everything below /shop
 * at any depth, but not /shop itself.
 *
 * Pure: monikers are text.
 */
#pragma once

#include <stdbool.h>

#include "manifest/manifest.h"

enum {
	ACCESS_PATTERN_MAX = 4095, /* bytes */

	/* Verdict. */
	ACCESS_INVALID = 1, /* *ret_why says what is wrong with the pattern */
};

/*
 * Read the pattern @s into *ret, whose text points into @s and whose place is
 * left at zero. "#name" is taken for a child: whether it is a collection the
 * caller knows. On ACCESS_INVALID *ret_why is a static phrase that goes on
 * behind the pattern in a message ("has an empty segment"). There is no fault.
 */
int access_pattern_read(const char *s, struct access_pattern *ret,
			const char **ret_why);

/*
 * May the instance @moniker have what the instance @declarer declares with
 * @access? Both are absolute monikers. A NULL @access allows everybody, and
 * nobody is kept from what is his own.
 */
bool access_allows(const struct access *access, const char *declarer,
		   const char *moniker);

/* Is it what a pattern's moniker, maybe with "*" in it, stands for? */
bool access_moniker_matches(const char *pattern, const char *moniker);

/* Append it as a manifest has it: "children", or ["#a", "/b"]. */
void access_render(const struct access *access, struct text *t);
