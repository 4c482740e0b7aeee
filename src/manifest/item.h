/*
 * One item of "use", "offer", "expose" or "capabilities" while it is read: what
 * the readers of the four kinds share.
 */
#pragma once

#include "manifest/shape.h"

struct item {
	struct load *load;
	const struct shape *shape;
	struct keyword keyword;
	struct fields fields;
	struct strings names;
	/* Where it comes from; several only of a service. */
	struct draft_source *sources;
	size_t n_sources;
	struct decl decl; /* what all its drafts have in common */
	struct place weak_place, backing_place;
	bool has_availability;
	bool is_to_all; /* offer */
	struct place all_place;
	bool is_broken;
};

/* A name in both forms. */
struct name {
	const char *name;    /* as the manifest keeps it */
	const char *written; /* as the author wrote it */
};

static inline const struct json5_value *item_at(const struct item *i,
						enum key key)
{
	return i->fields.at[key];
}

/* Read the name or path @v of key @what. False and an error if it is wrong. */
bool item_read_name(struct item *i, const struct json5_value *v,
		    const char *what, struct name *ret);

/* The same for a value of the item's keyword. */
bool item_read_own_name(struct item *i, const struct json5_value *v,
			struct name *ret);

/* An absolute path under @key, or NULL. */
const char *item_read_path(struct item *i, enum key key, const char *what);

/* "/svc/NAME", in the manifest's arena. */
const char *item_service_path(struct item *i, const char *name);

/*
 * @key, which renames or places one thing, does not stand beside a list of
 * names. False, an error and the key forgotten if it does.
 */
bool item_is_single(struct item *i, enum key key, const char *what);

/* The item lacks @key; @example goes on behind it. */
void item_report_missing(struct item *i, const char *key, const char *example);

/* Add the drafts of one name and one target, one for each source. Returns the
 * first of them, or NULL. */
struct draft *item_add_draft(struct item *i, const struct name *name,
			     const struct name *target);

/* instance.c: which instances of a service are meant. */
void item_read_instances(struct item *i);

/* event.c: "scope" and "filter". */
void item_check_event(struct item *i);

/* use.c, offer.c, capability.c: the kinds. */
void item_read_use(struct item *i);
void item_read_offer(struct item *i);
void item_read_expose(struct item *i);
void item_read_capability(struct item *i);

/* config_read.c: those of type config. */
void config_read_use(struct item *i);
void config_read_capability(struct item *i);
