/*
 * Grants: slots that were added while the system runs.
 *
 *	offer		a parent gives its child something: an input slot
 *	copy		a realm makes a weaker copy of what it has, under
 * another name, to give on: an input slot of its own registration	a realm
 * provides a service from now on: a slot in its program output, and one in its
 * output for its parent rule		a realm connected by name to what the
 * hierarchy rule lets it reach
 *
 * What a realm was given and its manifest does not use appears in its program
 * input as well, so that its program finds it. A grant is walked, checked and
 * derived from like any slot of a manifest; it only has no place in a file.
 * Registrations and the rule are in registry.h, taking back is in cut.h.
 *
 * Pure: who is told, when something expires, and what becomes of connections is
 * the host's to decide.
 */
#pragma once

#include "route/realm.h"

enum grant_kind {
	GRANT_OFFER,
	GRANT_COPY,
	GRANT_REGISTRATION,
	GRANT_RULE,
};

enum {
	GRANT_USES_ANY = UINT32_MAX,
	/* Longest name, path or pattern in a grant. */
	GRANT_STRING_MAX = 4095,
	GRANT_NAME_MAX = 255,

	/* Verdicts. */
	GRANT_EXISTS = 1,  /* something of that name is there already */
	GRANT_INVALID = 2, /* *ret_why says what is wrong with the request */
};

/* What is asked for. Strings are the caller's and are copied. */
struct grant_spec {
	enum capability_type type;
	/* "parent", "self", "#child", "#collection:child"; "" or NULL: wherever
	 * the giver has it, its input first. */
	const char *from;
	const char *name;
	const char *as; /* "" or NULL: the same */
	/* Where it appears in the holder's namespace. "" or NULL: /svc/NAME, or
	 * /grants/NAME for directories and storage. */
	const char *path;
	uint32_t rights;    /* 0: as the giver has it */
	const char *subdir; /* "" or NULL: none */
	uint32_t uses;	    /* opens it is good for; 0: any number */
	bool no_transfer, restart_on_revoke;
};

struct grant {
	uint64_t id; /* never used twice in a tree */
	enum grant_kind kind;
	struct list link;      /* in to->grants */
	struct map_node by_id; /* in the topology */
	struct realm *by;      /* who gave it */
	struct realm *to;      /* who has it */
	/* [0]: in the input; for a registration, in the program output.
	 * [1]: in the program input; for a registration, in the output. */
	struct slot slots[2];
	struct decl decls[2];
	bool has_slot[2];
	uint32_t uses_left; /* GRANT_USES_ANY: does not count */
	bool restart_on_revoke;
	void *host; /* the host's part */
};

/*
 * Give @to, a child of @by, what @spec says; or, with @to == @by, make a copy
 * for itself under another name. The slots are made and nothing else is
 * decided: the caller routes grant_slot() and frees the grant when that breaks.
 * What the manifest offered under that name and was cut is replaced.
 */
int grant_new(struct realm *by, struct realm *to, const struct grant_spec *spec,
	      struct grant **ret, struct text *ret_why);

/* Its slots go, and what was derived from them forgets its link. */
void grant_free(struct grant *g);

/* NULL if there is none. */
struct grant *grant_find(const struct topology *t, uint64_t id);

/* The slot to route from: the use if it made one, else the input slot; of a
 * registration, what was registered. */
struct slot *grant_slot(struct grant *g);

/* The slot that all of it hangs below: the first one it has. */
struct slot *grant_top(struct grant *g);

/* ---- for the two other units that make grants ---- */

/* Room for the strings of a grant's declarations, behind the struct. */
struct strings {
	char *at;
};

/* A grant in nobody's list yet, without slots. 0 or -ENOMEM. */
int grant_alloc(struct topology *t, size_t n_strings, struct grant **ret,
		struct strings *ret_room);
/* How much room @s takes; NULL takes none. */
size_t string_room(const char *s);
/* Copy @s there. */
const char *string_keep(struct strings *room, const char *s);
/* A declaration without source, target and path. */
void decl_fill(struct decl *d, enum decl_kind kind, enum capability_type type,
	       const char *name, const char *target_name);
/* Its slot @k begins to exist, declared by @declarer; the first one first. */
void grant_put(struct grant *g, int k, struct realm *declarer);
/* Hold it: @g->by and @g->to are set. */
void grant_link(struct grant *g);
