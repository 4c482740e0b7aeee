/* Writing down why a route broke: the sentence, the place, the fix. */
#pragma once

#include "route/route.h"

enum {
	/* A hint is looked for among so many declarations: everything in a tree
	 * may be missing at once. */
	WHY_LOOKED_MAX = 500,
};

/* The declaration @d of @realm refuses. */
void why_refused(struct why *w, const struct realm *realm, const struct decl *d,
		 const char *rule, int status, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/*
 * @realm has no slot of @type named @name in @table, which @wanted (a
 * declaration of @wanting) needs. Finds the near miss in that table.
 * @child: the child that was to receive it, for input tables; else NULL.
 */
void why_missing(struct why *w, const struct realm *realm,
		 const struct realm *child, enum table_kind table,
		 const struct decl *wanted, const struct realm *wanting,
		 const char *rule);

/* Something else at @place of @realm's manifest refuses. */
void why_at(struct why *w, const struct realm *realm, struct place place,
	    const char *rule, int status, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* @realm puts nothing of that type and name into its @dictionary, from which
 * @wanted (a declaration of @wanting) takes it. */
void why_not_in_dictionary(struct why *w, const struct realm *realm,
			   const struct decl *dictionary,
			   const struct decl *wanted,
			   const struct realm *wanting);

/* @realm as a whole is what is wrong: it cannot be resolved, has no program. */
void why_realm(struct why *w, const struct realm *realm, const char *rule,
	       int status, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
