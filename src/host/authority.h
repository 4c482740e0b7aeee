/*
 * Authority that changes while the system runs: what is granted, registered,
 * and taken back; by whom, for how long, and who is told.
 *
 * The core (route/grant.h, route/cut.h) knows what follows from what; here are
 * the clock, the accounts, the journal, and the running components in which
 * something appears or disappears.
 */
#pragma once

#include "host/instance.h"
#include "host/revoke.h"
#include "manifest/access.h"
#include "reeve/status.h"
#include "route/registry.h"

/* Who acts: a component, which pays for what it makes us hold, or the operator
 * (@instance NULL). */
struct actor {
	struct instance *instance;
	enum slot_cut why; /* the mark that this one's cuts leave */
};

enum {
	AUTHORITY_REFUSED = 1, /* *ret_why says why */
};

struct authority_refusal {
	uint32_t error; /* enum realm_error */
	struct text why;
};

#define AUTHORITY_REFUSAL_INIT                                                 \
	{                                                                      \
		.why = TEXT_INIT                                               \
	}

/* The longest time that anything is given for, in milliseconds: 100 years. */
#define AUTHORITY_MS_MAX UINT64_C(3155760000000)

/*
 * Give @to, a child of @by, what @spec says (or make a copy for @by itself),
 * for
 * @ms milliseconds, at most AUTHORITY_MS_MAX; 0: until it is taken back. An
 * offer of the manifest that was taken back is given again when nothing but its
 * name is asked for; *ret_id is 0 then. It appears in running components before
 * this returns, or, if it is a directory, soon after. 0, AUTHORITY_REFUSED, or
 * a fault.
 */
int authority_grant(struct manager *m, const struct actor *actor,
		    struct realm *by, struct realm *to,
		    const struct grant_spec *spec, uint64_t ms,
		    uint64_t *ret_id, struct authority_refusal *ret_why);

/*
 * Register a service of @i's program, in place of what it had registered under
 * that name if @replaces: that begins to be taken back. As authority_grant().
 */
int authority_register(struct instance *i, const struct registration *what,
		       bool replaces, struct authority_refusal *ret_why);

/* Give @to back all that manifests give it, and that was taken back. */
void authority_restore(struct manager *m, const struct actor *actor,
		       struct realm *to);

/* What is to be taken back when somebody says that @to is to lose @name: what
 * it was given, else what it uses, else what it provides itself. */
int authority_find(struct realm *to, const char *name, struct slot **ret,
		   struct authority_refusal *ret_why);

/* The same among what @to was given by its parent only. */
int authority_find_given(struct realm *to, const char *name, struct slot **ret,
			 struct authority_refusal *ret_why);

/* Uses of @name that were cut together with the realm are whole again. */
void authority_mend_use(struct realm *r, enum capability_type type,
			const char *name);

/* The program of @i has ended: what it registered goes. */
void authority_end(struct instance *i);

/* A grant is about to be freed by the core: its time, its charge. */
void authority_forget(struct grant *g);
/* All grants in @r and below it: the realm is about to be removed. */
void authority_forget_realm(struct realm *r);
/* The instance goes: it pays for nothing any more. */
void authority_forget_payer(struct instance *i);

/* How long it is good for still, in milliseconds; 0: without end. And when it
 * was given, in seconds since 1970; and whether the operator did. */
uint64_t authority_ms_left(const struct grant *g);
uint64_t authority_since(const struct grant *g);
bool authority_is_operators(const struct grant *g);

/* "the grant #7 of X by /a to /a/b", "the offer of X to /a". */
void slot_render(const struct slot *s, struct text *t);
