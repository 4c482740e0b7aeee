/*
 * A table of fixed size; two uses that fall on one entry displace each other.
 * An entry of another generation is never looked at, so the pointers in it,
 * which may point to what is gone, are only ever compared.
 */
#include "host/told.h"

#include <errno.h>
#include <stdlib.h>

#include "base/map.h"

enum { TOLD_ENTRIES = 256 };

struct told_entry {
	const struct realm *realm;
	const struct decl *decl; /* NULL: empty */
	uint64_t generation;
	struct text detail, fields;
};

struct told {
	struct told_entry entries[TOLD_ENTRIES];
};

int told_new(struct told **ret)
{
	struct told *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*ret = t;
	return 0;
}

void told_free(struct told *t)
{
	size_t i;

	for (i = 0; t && i < TOLD_ENTRIES; i++) {
		text_fini(&t->entries[i].detail);
		text_fini(&t->entries[i].fields);
	}
	free(t);
}

static int told_render(struct told_entry *e, const struct decl *decl,
		       const struct route *route)
{
	/* Not cleared only: a route of long lines gives its memory back. */
	text_fini(&e->detail);
	text_fini(&e->fields);
	route_render(route, ROUTE_ENDED, &e->detail);
	text_puts(&e->fields, ",\"capability\":");
	text_json(&e->fields, decl->target_name);
	text_puts(&e->fields, ",\"route\":");
	route_render_json(route, ROUTE_ENDED, &e->fields);
	return text_is_failed(&e->detail) || text_is_failed(&e->fields)
		       ? -ENOMEM
		       : 0;
}

int told_get(struct told *t, const struct realm *r, const struct decl *decl,
	     const struct route *route, uint64_t generation,
	     struct telling *ret)
{
	const void *key[2] = { r, decl };
	struct told_entry *e =
		&t->entries[map_hash(key, sizeof(key)) % TOLD_ENTRIES];
	int k;

	if (e->realm != r || e->decl != decl || e->generation != generation) {
		e->decl = NULL;
		k = told_render(e, decl, route);
		if (k < 0)
			return k;
		e->realm = r;
		e->decl = decl;
		e->generation = generation;
	}
	*ret = (struct telling){ text_string(&e->detail),
				 text_string(&e->fields) };
	return 0;
}
