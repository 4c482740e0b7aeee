/*
 * Registered services: provided by name while the system runs, and found by
 * name.
 *
 * What a realm registers is a grant of the kind registration: a slot in its
 * program output, where its children find it, and one in its output, where its
 * parent does. Siblings find nothing of each other unless their parent granted
 * it, or offers it in its manifest.
 *
 * Pure.
 */
#pragma once

#include "route/grant.h"

enum {
	REGISTRATION_ACCESS_MAX = 64, /* patterns in one policy */
};

struct registration {
	const char *name;
	/* In the outgoing directory of the provider; "" or NULL: /svc/NAME. */
	const char *path;
	/* Patterns as in a manifest's "access"; nobody if there are none. */
	const char *const *access;
	size_t n_access;
	bool has_access; /* false: everybody who can reach it */
	bool no_transfer;
};

/*
 * Could @what be registered, if what @r registered under that name before were
 * gone (@replaces), or as it is? The verdicts of registry_add().
 */
int registry_check(const struct realm *r, const struct registration *what,
		   bool replaces, struct text *ret_why);

/*
 * Register a service of @r's program. 0; GRANT_EXISTS; GRANT_INVALID: *ret_why
 * says what is wrong with it; -ENOMEM.
 */
int registry_add(struct realm *r, const struct registration *what,
		 struct grant **ret, struct text *ret_why);

/* What @r registered under that name; NULL if nothing. */
struct grant *registry_find(const struct realm *r, const char *name);

/*
 * What @r means by @name: a service it uses, else one in its input, else what
 * its parent has registered, else what one of its children has. 0, and the
 * declaration in @r's program input to be opened; a grant of the kind rule is
 * made where there was none yet. GRANT_INVALID: nothing of that name, or
 * several children have it; *ret_why says which. -ENOMEM.
 */
int registry_look_up(struct realm *r, const char *name, const struct decl **ret,
		     struct text *ret_why);

/* The slot that this would lead to, NULL if there is none. Makes nothing. */
struct slot *registry_peek(const struct realm *r, const char *name);
