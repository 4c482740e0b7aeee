/* The half of merge.h that knows items: what is used, offered, exposed and
 * declared. */
#pragma once

#include "manifest/merge.h"

/* The sections that are lists of items; the others need no names. */
enum merge_list {
	MERGE_USE,
	MERGE_OFFER,
	MERGE_EXPOSE,
	MERGE_CAPABILITIES,
	N_MERGE_LISTS,
};

/* Add the elements of @list, which one file has in the section @which. 0 or
 * -ENOMEM. */
int merge_items_add(struct merge *m, enum merge_list which,
		    struct json5_value *list);

/* Make the section's member the list of all of them. 0 or -ENOMEM. */
int merge_items_seal(struct merge *m, enum merge_list which);
