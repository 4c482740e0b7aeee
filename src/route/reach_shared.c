/*
 * Directories that several components have. Two of them meet if one has what
 * the other has, or a part of it: their sub-directories are the same or one is
 * above the other.
 *
 * The parts of one directory are sorted so that what is below a part follows
 * it. Each part has two places: what is written there goes on to the parts
 * below, and on to the parts above, but never up and down again; so the edges
 * are as many as the uses, not as their pairs.
 */
#include "route/reach_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	WRITING = RIGHT_WRITE_BYTES | RIGHT_MODIFY_DIRECTORY,
	READING = RIGHT_READ_BYTES | RIGHT_EXECUTE | RIGHT_ENUMERATE,
};

/* A use of some part of a directory. */
struct share {
	const struct reach_record *record;
	uint32_t index;
};

/* A part, which has uses of its own. */
struct part {
	size_t first, end;  /* in the shares */
	struct part *above; /* the nearest one; NULL if there is none */
	bool has_below;
	uint32_t down, up; /* its places */
};

static bool is_share(const struct reach_record *r)
{
	/* Each member's storage is its own. */
	if (r->hold == REACH_MEMBER && r->decl->type == CAPABILITY_STORAGE)
		return false;
	return reach_opens(r) &&
	       (r->source == ROUTE_SOURCE_COMPONENT ||
		r->source == ROUTE_SOURCE_BUILTIN) &&
	       (r->decl->type == CAPABILITY_DIRECTORY ||
		r->decl->type == CAPABILITY_STORAGE);
}

/* By their segments: what is below a path follows it. */
static int path_compare(const char *a, const char *b)
{
	unsigned char x, y;

	while (*a && *a == *b)
		a++, b++;
	x = *a == '/' ? 1 : (unsigned char)*a;
	y = *b == '/' ? 1 : (unsigned char)*b;
	return x - y;
}

static bool path_is_below(const char *path, const char *above)
{
	size_t n = strlen(above);

	return !n || (!strncmp(path, above, n) && (!path[n] || path[n] == '/'));
}

static int directory_compare(const struct reach_record *a,
			     const struct reach_record *b)
{
	if (a->provider != b->provider)
		return (uintptr_t)a->provider < (uintptr_t)b->provider ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int share_compare(const void *a, const void *b)
{
	const struct share *x = a, *y = b;
	int c = directory_compare(x->record, y->record);

	if (!c)
		c = path_compare(x->record->subdir, y->record->subdir);
	return c ? c : x->index < y->index ? -1 : 1;
}

/* The parts of the shares, each with the one above it. */
static size_t parts_find(const struct share *shares, size_t n,
			 struct part *parts)
{
	size_t n_parts = 0, i;
	struct part *p = NULL;

	for (i = 0; i < n; i++) {
		const struct reach_record *r = shares[i].record;
		const struct reach_record *last =
			p ? shares[p->first].record : NULL;

		if (last && !directory_compare(last, r) &&
		    !strcmp(last->subdir, r->subdir)) {
			p->end = i + 1;
			continue;
		}
		while (p && (directory_compare(shares[p->first].record, r) ||
			     !path_is_below(r->subdir,
					    shares[p->first].record->subdir)))
			p = p->above;
		if (p)
			p->has_below = true;
		parts[n_parts] =
			(struct part){ .first = i, .end = i + 1, .above = p };
		p = &parts[n_parts++];
	}
	return n_parts;
}

static int link_places(struct reach *g, uint32_t from, uint32_t to)
{
	return reach_add_edge(g, (struct reach_edge){ .from = from,
						      .to = to,
						      .by = REACH_NO_RECORD,
						      .with = REACH_NO_RECORD,
						      .kind = REACH_SHARED });
}

static int link_share(struct reach *g, const struct part *p,
		      const struct share *share)
{
	struct reach_edge in = { .from = reach_node(g, share->record->realm),
				 .to = p->down,
				 .by = share->index,
				 .with = REACH_NO_RECORD,
				 .kind = REACH_SHARED };
	struct reach_edge out = in;
	int k = 0;

	if (share->record->rights & WRITING) {
		k = reach_add_edge(g, in);
		in.to = p->above ? p->above->up : p->down;
		if (!k && p->above)
			k = reach_add_edge(g, in);
	}
	if (k || !(share->record->rights & READING))
		return k;
	out.to = out.from;
	out.from = p->down;
	k = reach_add_edge(g, out);
	out.from = p->up;
	return k ? k : reach_add_edge(g, out);
}

static int link_part(struct reach *g, struct part *p,
		     const struct share *shares)
{
	size_t i;
	int k = 0;

	/* Nobody to meet there: so it is with most storage. */
	if (!p->above && !p->has_below && p->end == p->first + 1)
		return 0;
	p->down = reach_add_place(g);
	p->up = reach_add_place(g);
	if (p->above) {
		k = link_places(g, p->above->down, p->down);
		if (!k)
			k = link_places(g, p->up, p->above->up);
	}
	for (i = p->first; i < p->end && !k; i++)
		k = link_share(g, p, &shares[i]);
	return k;
}

int reach_link_shared(struct reach *g)
{
	struct share *shares = calloc(g->n_records + 1, sizeof(*shares));
	struct part *parts = NULL;
	size_t n = 0, n_parts, i;
	int k = 0;

	for (i = 0; i < g->n_records && shares; i++)
		if (is_share(&g->records[i]))
			shares[n++] =
				(struct share){ &g->records[i], (uint32_t)i };
	parts = calloc(n + 1, sizeof(*parts));
	if (!shares || !parts) {
		free(shares);
		free(parts);
		return -ENOMEM;
	}
	qsort(shares, n, sizeof(*shares), share_compare);
	n_parts = parts_find(shares, n, parts);
	/* What is above a part stands before it. */
	for (i = 0; i < n_parts && !k; i++)
		k = link_part(g, &parts[i], shares);
	free(shares);
	free(parts);
	return k;
}
