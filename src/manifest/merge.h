/*
 * Putting the trees of several files together into one, before anything in them
 * is understood: a manifest and its shards become one manifest.
 *
 *  - Lists of use, offer, expose and capabilities: what another file says in
 * the same words already is said once, name by name and target by target; where
 *    only the availability differs, the stronger one stands.
 *  - Other lists of the top level: one behind the other.
 *  - Objects of the top level: key by key. "program" and "facets" are merged to
 *    any depth, "config" field by field; the lists of "policy" are joined, and
 *    so are those of a program's "environ". Values that contradict each other
 *    are reported, with both places.
 *
 * Everything else is left as it is, for the readers of the sections to refuse.
 * Files are told apart by place.file.
 */
#pragma once

#include "base/map.h"
#include "manifest/load.h"

struct merge_item;

enum { MERGE_SECTIONS = 14 };

struct merge {
	struct load *load;
	struct json5_value *root;  /* the first file's; grows */
	struct json5_value **last; /* where its next member goes */
	/* The known ones of its members; those of a list of items, see the head
	 * of merge_item.c, are in one piece only in the end. */
	struct merge_section {
		struct json5_value *member;
		struct merge_item *first, **last;
	} sections[MERGE_SECTIONS];
	struct map entries; /* of all items, by what they say */
	struct map rests;   /* of what items say besides */
	struct map members; /* of objects that were merged, by their key */
	size_t n_entries;
	uint64_t n_rests;
};

/* Begin with the tree @root, an object. @m is in its place until merge_fini().
 * 0 or -ENOMEM. */
int merge_init(struct merge *m, struct load *l, struct json5_value *root);
void merge_fini(struct merge *m);

/* Put the tree @other, an object, into it; it is used up. Contradictions are
 * reported. 0 or -ENOMEM. */
int merge_add(struct merge *m, struct json5_value *other);

/* Everything is there: make @m->root the one tree. 0 or -ENOMEM. */
int merge_seal(struct merge *m);
