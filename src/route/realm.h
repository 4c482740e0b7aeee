/*
 * Realms and their tables: the model that everything else is decided on.
 *
 * A realm has four capability tables. Its manifest's declarations are copies
 * between the tables of neighbours:
 *
 *	offer		fills a child's input
 *	use		fills the program input, from the input
 *	capability	fills the program output
 *	expose		fills the output
 *
 * Two more tables hold what moves inside one realm: what its environments
 * register, and what it puts into its dictionaries.
 *
 * Each copy is a slot. A slot knows the slot it was derived from, so the route
 * of a use *is* its chain of slots, and what was derived from a slot hangs
 * below it. The link is found on first need, because the neighbour may not be
 * resolved yet; it is forgotten when the neighbour goes.
 *
 * Pure: no system calls. A tree is used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "manifest/manifest.h"

enum table_kind {
	TABLE_INPUT,
	TABLE_PROGRAM_INPUT,
	TABLE_PROGRAM_OUTPUT,
	TABLE_OUTPUT,
	TABLE_ENVIRONMENT,
	TABLE_DICTIONARY,
	N_TABLES,
};

struct realm;
struct grant;

/* Who took a slot back. */
enum slot_cut {
	SLOT_WHOLE, /* nobody */
	SLOT_CUT_BY_PARENT,
	SLOT_CUT_BY_PROVIDER,
	SLOT_CUT_BY_OPERATOR,
	SLOT_CUT_BY_EXPIRY,
	SLOT_CUT_BY_END, /* who provided it has ended */
};

struct slot {
	struct realm *holder;	/* the realm in whose table it is */
	struct realm *declarer; /* the realm whose manifest says so */
	const struct decl *decl;
	struct slot *from;   /* NULL: not found yet, or the chain starts here */
	struct list derived; /* slots whose @from this is */
	struct list link;    /* in from->derived */
	/* Connections that were minted under this slot, see host/connection.h.
	 */
	struct list connections;
	struct grant *grant; /* whose slot it is; NULL: the manifest's */
	enum slot_cut cut;
	/* It was taken out of a dictionary; something was taken out of what it
	 * carries: see route/carry.h. */
	bool is_carried, is_carrier;
};

struct table {
	struct slot *slots;
	size_t n;
	/* Their order by type and name, see table.c. NULL if there are few. */
	uint32_t *by_name;
};

enum realm_state {
	REALM_UNRESOLVED, /* the manifest was not read yet */
	REALM_RESOLVED,
	REALM_BROKEN, /* the manifest cannot be had; @broken says why */
};

struct realm {
	struct topology *tree;
	struct realm *parent; /* NULL for the root */
	struct list children, link;
	struct map_node by_moniker;
	char *moniker; /* "/", "/shop/web", "/pool:worker-3" */
	const char
		*name; /* the last segment, "" for the root; inside moniker */
	const char *collection; /* NULL for a static child */
	const char *url;
	/* Where the parent declared it; NULL for the root and dynamic children.
	 */
	const struct child_decl *decl;
	enum startup startup;
	uint32_t depth;

	enum realm_state state;
	char *broken;
	struct manifest *manifest; /* owned; NULL unless resolved */
	/* The manifest's offers, ordered by target, for making input tables. */
	const struct decl **offers_by_target;
	struct table tables[N_TABLES];
	/* What was added to its tables while it lives, see route/grant.h. */
	struct list grants;
	enum slot_cut cut; /* all of its authority: the rule gives it nothing */

	/* The instance that lives here, if any: the host's. */
	void *instance;
};

/* What the tree itself offers to its root: named directories of the host. */
struct builtin {
	enum capability_type type;
	const char *name;
	uint32_t rights;
};

struct topology {
	struct map by_moniker;
	struct realm *root;
	size_t n_realms;
	struct map grants_by_id;
	uint64_t last_grant;
	const struct builtin *builtins;
	size_t n_builtins;
	struct map carries_by_slot, carries_by_carrier, carries_by_both;
	uint64_t cut_round; /* counts what is taken back, see route/cut.c */
};

enum {
	/* A component below itself would go on for ever; nobody nests deeper.
	 */
	REALM_DEPTH_MAX = 64,
	/* A few small manifests that have each other twice would make more
	 * components than there is memory for. */
	TOPOLOGY_REALMS_MAX = 250000,
	REALM_EXISTS = 1,
	REALM_TOO_DEEP = 2,
	REALM_NAME_INVALID = 3,
	REALM_TOO_MANY = 4,
};

/* A tree with an unresolved root of this URL. The strings are copied; the
 * builtins are not. 0 or -ENOMEM. */
int topology_init(struct topology *t, const char *root_url,
		  const struct builtin *builtins, size_t n_builtins);
void topology_fini(struct topology *t);

/* NULL if there is no realm of that (absolute) moniker. */
struct realm *topology_find(const struct topology *t, const char *moniker);

/*
 * The realm resolved: take the manifest, fill the tables, make its children
 * (unresolved). 0; REALM_TOO_DEEP when the children would be nested too deep,
 * REALM_TOO_MANY when the tree would be too large;
 * -ENOMEM, and nothing changed.
 */
int realm_resolve(struct realm *r, struct manifest *take_manifest);

/* The manifest cannot be had; @why is a sentence and is copied. */
void realm_break(struct realm *r, const char *why);

/*
 * Add a dynamic child. 0; REALM_EXISTS, REALM_TOO_DEEP, REALM_NAME_INVALID;
 * -ENOMEM. The collection is one of @parent's manifest.
 */
int realm_add_child(struct realm *parent, const char *collection,
		    const char *name, const char *url, enum startup startup,
		    struct realm **ret);

/* Remove a realm and all below it. What was derived from its slots forgets its
 * link. The caller has made sure that no instance hangs on any of them. */
void realm_remove(struct realm *r);

struct realm *realm_find_child(const struct realm *r, const char *collection,
			       const char *name);

/*
 * The slot of @type whose target name is @name; NULL if there is none. One that
 * was cut is only found when there is no other.
 */
struct slot *realm_find_slot(const struct realm *r, enum table_kind table,
			     enum capability_type type, const char *name);

/* The first slot of a manifest in the same table that has the type and name of
 * @slot, whether it was cut or not: services may be put together from several.
 * And the one behind @slot; NULL if there is none. */
struct slot *realm_first_same(const struct realm *r, enum table_kind table,
			      const struct slot *slot);
struct slot *realm_next_same(const struct realm *r, enum table_kind table,
			     const struct slot *slot);

/* What @r puts into its dictionary; NULL if there is nothing of that type and
 * name in it. */
struct slot *realm_find_member(const struct realm *r, const char *dictionary,
			       enum capability_type type, const char *name);

/* What @r registers in its environment @e; NULL if there is nothing of that
 * type and name. */
struct slot *realm_find_registration(const struct realm *r,
				     const struct environment_decl *e,
				     enum capability_type type,
				     const char *name);

/* The environment that @r was placed in, which its parent declares; NULL if it
 * has its parent's own. */
const struct environment_decl *realm_environment(const struct realm *r);

/* How long @r may take to stop, in milliseconds: what its environment says, or
 * @usual_ms. */
uint32_t realm_stop_timeout(const struct realm *r, uint32_t usual_ms);

/* Does what @r stored stay when it is destroyed, for a later one of its name?
 * So says the collection of the nearest one on the way up that was created. */
bool realm_keeps_storage(const struct realm *r);

/* The collection of that name in @r's manifest, or NULL. */
const struct collection_decl *realm_collection(const struct realm *r,
					       const char *name);

/* The slots that grants added to a table: @slot NULL is the first. NULL at the
 * end. */
struct slot *realm_next_added(const struct realm *r, enum table_kind table,
			      const struct slot *slot);

/* The slot made for @decl; NULL if it makes none in that table. */
struct slot *realm_slot_of(const struct realm *r, enum table_kind table,
			   const struct decl *decl);

/* The realm after @r in document order, parents first; NULL at the end. */
struct realm *realm_next(struct realm *r);

/* Is @r the realm @above or below it? */
bool realm_is_below(const struct realm *r, const struct realm *above);

/* The slots of a table are there: so that they are found. 0 or -ENOMEM. */
int table_order(struct table *t);

/* The first slot behind @before (NULL: of all) for a declaration with the type
 * and the target name of @like; and with its environment or the name of its
 * target, where both have one. NULL if there is none. */
struct slot *table_find(const struct table *t, const struct decl *like,
			const struct slot *before);

/* A slot of @holder for @decl, in no table yet; and its end. */
void slot_init(struct slot *s, struct realm *holder, struct realm *declarer,
	       const struct decl *decl);
void slot_fini(struct slot *s);

/* Record, or forget, what a slot was derived from. */
void slot_derive(struct slot *s, struct slot *from);
void slot_forget(struct slot *s);
