/* The half of merge.h that knows objects and plain lists: one merged into
 * another. */
#pragma once

#include "manifest/merge.h"

/* Do they say the same? The order of an object's members says nothing. Whatever
 * the answer is when memory ran out, @l->failed is set then. */
bool value_is_same(struct load *l, const struct json5_value *a,
		   const struct json5_value *b);

/* Put the elements of @theirs behind those of @mine. 0 or -ENOMEM. */
int merge_list(struct merge *m, struct json5_value *mine,
	       struct json5_value *theirs);

/* Merge @theirs into @mine: members of the two roots that have one key, both
 * objects. Contradictions are reported. 0 or -ENOMEM. */
int merge_object(struct merge *m, struct json5_value *mine,
		 struct json5_value *theirs);
