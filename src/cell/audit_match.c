/*
 * Both cells' objects are sorted by what they are and stand once each, so that
 * they can be walked side by side.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/audit_look.h"
#include "sys/task.h"

#define AUDIT_LABEL_PREFIX "reeve/"

struct audit_matcher {
	struct audit *audit;
	struct audit_cell *cells;
	audit_edge_fn fn;
};

/* ---- order ---- */

static int audit_compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int audit_object_compare(const void *a, const void *b)
{
	const struct audit_object *x = a, *y = b;
	int r = audit_compare_numbers(x->type, y->type);

	if (r == 0)
		r = audit_compare_numbers(x->device, y->device);
	return r ? r : audit_compare_numbers(x->inode, y->inode);
}

/* One and the same, of which it is best said who has it as another's, and not
 * by a mapping, which has no number. */
static int audit_rank(const struct audit_object *o)
{
	return 4 * o->is_others + 2 * o->is_foreign +
	       (o->holder.hold == AUDIT_HOLD_FD);
}

static int audit_object_compare_all(const void *a, const void *b)
{
	int r = audit_object_compare(a, b);

	return r ? r : audit_rank(b) - audit_rank(a);
}

void audit_cell_sort(struct audit_cell *c)
{
	const struct audit_object *o;
	size_t i, n = 0;

	if (!c->n_objects)
		return;
	qsort(c->objects, c->n_objects, sizeof(*c->objects),
	      audit_object_compare_all);
	for (i = 0; i < c->n_objects; i++) {
		o = &c->objects[i];
		if (!n || o->type == AUDIT_TYPE_ANONYMOUS ||
		    audit_object_compare(&c->objects[n - 1], o))
			c->objects[n++] = *o;
	}
	c->n_objects = n;
}

struct audit_object *audit_cell_find(const struct audit_cell *c,
				     enum audit_type type, uint64_t device,
				     uint64_t inode)
{
	const struct audit_object key = { .type = type,
					  .device = device,
					  .inode = inode };

	if (!c->n_objects)
		return NULL;
	return bsearch(&key, c->objects, c->n_objects, sizeof(key),
		       audit_object_compare);
}

/* ---- the same in both ---- */

static void audit_edge(struct audit_matcher *m, enum audit_kind kind,
		       struct audit_object *first, struct audit_object *second)
{
	if (first)
		first->is_known = true;
	if (second)
		second->is_known = true;
	m->fn(m->audit, kind, first, second);
}

static void audit_match_same(struct audit_matcher *m, struct audit_object *a,
			     struct audit_object *b)
{
	static const enum audit_kind kinds[] = {
		[AUDIT_TYPE_PIPE] = AUDIT_PIPE,
		[AUDIT_TYPE_SOCKET] = AUDIT_SOCKET,
		[AUDIT_TYPE_FILE] = AUDIT_FILE,
	};

	if (a->type == AUDIT_TYPE_SOCKET &&
	    (a->is_dead || a->cookie != b->cookie))
		return;
	/* Each has opened it for itself, in directories that both have. */
	if (!a->is_foreign && !b->is_foreign)
		return;
	audit_edge(m, kinds[a->type], a, b);
}

static bool audit_is_anonymous(const struct audit_object *o)
{
	return o->type == AUDIT_TYPE_ANONYMOUS;
}

static bool audit_is_one(struct audit_matcher *m, const struct audit_object *a,
			 const struct audit_object *b)
{
	int r = task_shares_fd(a->holder.pid, a->holder.fd, b->holder.pid,
			       b->holder.fd);

	/* What was closed meanwhile is nothing. */
	if (r < 0 && r != -ESRCH && r != -EBADF)
		audit_miss(m->audit);
	return r == 1;
}

/* @a with all of its kind, which begin at @b. It may be there many times, in
 * both; it is an edge once. */
static void audit_match_anonymous(struct audit_matcher *m,
				  struct audit_object *a,
				  struct audit_object *b)
{
	const struct audit_object *end =
		m->cells[1].objects + m->cells[1].n_objects;

	for (;
	     b < end && !audit_object_compare(a, b) && !audit_is_over(m->audit);
	     b++) {
		if (!audit_is_one(m, a, b))
			continue;
		if (!a->is_known && !b->is_known)
			audit_edge(m, AUDIT_OTHER, a, b);
		a->is_known = b->is_known = true;
	}
}

static void audit_match_all_same(struct audit_matcher *m)
{
	struct audit_object *a = m->cells[0].objects, *b = m->cells[1].objects;
	const struct audit_object *a_end = a + m->cells[0].n_objects;
	const struct audit_object *b_end = b + m->cells[1].n_objects;
	int r;

	while (a < a_end && b < b_end && !audit_is_over(m->audit)) {
		r = audit_object_compare(a, b);
		if (r == 0 && audit_is_anonymous(a))
			audit_match_anonymous(m, a, b);
		else if (r == 0)
			audit_match_same(m, a, b++);
		if (r <= 0)
			a++;
		else
			b++;
	}
}

/* ---- files of the other's mounts ---- */

static void audit_match_mounts(struct audit_matcher *m, size_t which)
{
	struct audit_cell *c = &m->cells[which];
	struct audit_object *o;
	size_t i;

	for (i = 0; i < c->n_objects; i++) {
		o = &c->objects[i];
		if (!o->is_others || o->is_known)
			continue;
		if (which == 0)
			audit_edge(m, AUDIT_FILE, o, NULL);
		else
			audit_edge(m, AUDIT_FILE, NULL, o);
	}
}

/* ---- two ends of one connection ---- */

static bool audit_is_same_label(const char *own, const char *peer)
{
	return !strncmp(own, AUDIT_LABEL_PREFIX, strlen(AUDIT_LABEL_PREFIX)) &&
	       !strcmp(own, peer);
}

/* Without the kernel's list there are only names, and of these only labels are
 * given once. */
static struct audit_object *audit_find_labelled(const struct audit_cell *c,
						const struct audit_object *o)
{
	struct audit_object *peer;
	size_t i;

	for (i = 0; i < c->n_objects; i++) {
		peer = &c->objects[i];
		if (peer->type == AUDIT_TYPE_SOCKET &&
		    (audit_is_same_label(o->own_name, peer->peer_name) ||
		     audit_is_same_label(peer->own_name, o->peer_name)))
			return peer;
	}
	return NULL;
}

static struct audit_object *audit_find_peer(struct audit_matcher *m,
					    const struct audit_object *o)
{
	struct audit_object *peer;

	if (!o->peer_cookie)
		return m->audit->result->lacks_pairs
			       ? audit_find_labelled(&m->cells[1], o)
			       : NULL;
	peer = audit_cell_find(&m->cells[1], AUDIT_TYPE_SOCKET, o->device,
			       o->peer_inode);
	return peer && peer->cookie == o->peer_cookie ? peer : NULL;
}

static void audit_match_pairs(struct audit_matcher *m)
{
	struct audit_cell *c = &m->cells[0];
	struct audit_object *o, *peer;
	size_t i;

	for (i = 0; i < c->n_objects && !audit_is_over(m->audit); i++) {
		o = &c->objects[i];
		if (o->type != AUDIT_TYPE_SOCKET || !o->has_peer ||
		    o->is_dead || o->is_known)
			continue;
		peer = audit_find_peer(m, o);
		if (peer && !peer->is_known)
			audit_edge(m, AUDIT_PAIR, o, peer);
	}
}

void audit_match(struct audit *a, struct audit_cell cells[2], audit_edge_fn fn)
{
	struct audit_matcher m = { a, cells, fn };

	audit_match_all_same(&m);
	audit_match_pairs(&m);
	audit_match_mounts(&m, 0);
	audit_match_mounts(&m, 1);
}
