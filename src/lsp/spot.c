/*
 * The outline says where the cursor is in keys and brackets; the descriptions
 * of keys say which kind of object stands under which. A declaration of a
 * manifest is found again by what it says, and by its place among equals: the
 * tree may be made of an earlier text.
 */
#include "lsp/spot.h"

#include <string.h>

const struct shape *node_shape(const struct node *object)
{
	enum { DEPTH_MAX = 8 };
	const char *keys[DEPTH_MAX];
	const struct shape *shape = &shape_manifest;
	const struct description *d;
	size_t n = 0;

	for (; object && object->parent; object = object->parent) {
		if (!object->key)
			continue;
		if (n == DEPTH_MAX)
			return NULL;
		keys[n++] = object->key;
	}
	while (n-- && shape) {
		d = describe_key(shape, keys[n]);
		shape = d ? d->inner : NULL;
		/* The next key is a name of the author's. */
		if (d && d->is_map && n-- == 0)
			return NULL;
	}
	return shape;
}

const struct node *node_keyword(const struct node *object,
				const struct shape *shape)
{
	const struct node *found = NULL;
	struct shape_key key;
	size_t i;

	for (i = 0; shape && !found && shape_key_at(shape, i, &key); i++)
		if (key.is_keyword)
			found = node_get(object, key.name);
	return found;
}

const struct node *node_item(const struct node *node,
			     const struct shape **ret_shape)
{
	const struct node *section;
	const struct shape *shape;

	/* The element of a section of the manifest. */
	while (node && node->parent && node->parent->parent &&
	       node->parent->parent->parent)
		node = node->parent;
	section = node ? node->parent : NULL;
	if (!section || !section->parent || section->kind != NODE_ARRAY ||
	    node->kind != NODE_OBJECT)
		return NULL;
	shape = node_shape(node);
	if (shape != &shape_use && shape != &shape_offer &&
	    shape != &shape_expose && shape != &shape_capability)
		return NULL;
	*ret_shape = shape;
	return node;
}

const char *name_plain(const char *name)
{
	return strncmp(name, "/svc/", 5) ? name : name + 5;
}

struct spot spot_find(struct document *d, size_t at)
{
	struct spot s = { .document = d,
			  .at = at,
			  .node = outline_find(&d->outline, at) };
	const struct node *node = s.node;

	if (!node)
		return s;
	s.is_on_key = node->key && at >= node->key_start && at <= node->key_end;
	/* Between the members of an object one is in it, and on none. */
	if (node->kind == NODE_OBJECT && !s.is_on_key) {
		s.object = node;
		s.node = NULL;
	} else {
		s.object = node_object(node);
		s.key = s.is_on_key ? NULL : node_key(node);
	}
	s.shape = s.object ? node_shape(s.object) : NULL;
	return s;
}

bool spot_is_name(const struct spot *s)
{
	const struct node *item, *keyword;
	const struct shape *shape;

	if (!s->node || s->is_on_key || s->node->kind != NODE_STRING)
		return false;
	item = node_item(s->node, &shape);
	keyword = item ? node_keyword(item, shape) : NULL;
	return keyword && (s->node == keyword || s->node->parent == keyword);
}

static const struct node *section_find_name(const struct node *section,
					    const char *key, const char *name)
{
	const char *text;

	node_for_each(element, section)
	{
		text = node_text(element, key);
		if (text && !strcmp(text, name))
			return node_get(element, key);
	}
	return NULL;
}

static const struct node *document_find_name(const struct document *d,
					     const char *name)
{
	static const struct {
		const char *section, *key;
	} rows[] = {
		{ "children", "name" },	    { "collections", "name" },
		{ "storage", "name" },	    { "capabilities", "storage" },
		{ "environments", "name" }, { "runners", "name" },
		{ "resolvers", "name" },    { "capabilities", "dictionary" },
	};
	const struct node *found = NULL;
	size_t i;

	for (i = 0; i < N_ELEMENTS(rows) && !found; i++)
		found = section_find_name(
			node_get(d->outline.root, rows[i].section), rows[i].key,
			name);
	return found;
}

const struct node *document_find_reference(const struct document *d,
					   const char *reference)
{
	size_t skip = *reference == '#'			? 1
		      : !strncmp(reference, "self/", 5) ? 5
							: 0;
	size_t n = strcspn(reference + skip, "/");
	/* No name is longer. */
	char name[256];

	if (!skip || n >= sizeof(name))
		return NULL;
	*(char *)mempcpy(name, reference + skip, n) = 0;
	return document_find_name(d, name);
}

static enum decl_kind shape_kind(const struct shape *shape)
{
	if (shape == &shape_use)
		return DECL_USE;
	if (shape == &shape_offer)
		return DECL_OFFER;
	return shape == &shape_expose ? DECL_EXPOSE : DECL_CAPABILITY;
}

static bool place_is(struct place a, struct place b)
{
	return a.line == b.line && a.column == b.column;
}

const struct decl *spot_decl(const struct spot *s, const struct manifest *m)
{
	const struct node *item, *keyword;
	const struct decl *d, *end, *found = NULL;
	const struct shape *shape;
	enum decl_kind kind;
	struct place place;
	const char *name;

	item = s->node ? node_item(s->node, &shape) : NULL;
	keyword = item ? node_keyword(item, shape) : NULL;
	if (!keyword)
		return NULL;
	name = name_plain(spot_is_name(s) ? s->node->text
			  : keyword->kind == NODE_ARRAY
				  ? (keyword->first ? keyword->first->text : "")
				  : keyword->text);
	kind = shape_kind(shape);
	place = document_place(s->document, item->start);
	end = m->decls[kind] + m->n_decls[kind];
	for (d = m->decls[kind]; d != end; d++) {
		if (d->implied || strcmp(d->name, name) ||
		    strcmp(d->keyword, keyword->key))
			continue;
		if (!found || (place_is(d->place, place) &&
			       !place_is(found->place, place)))
			found = d;
	}
	return found;
}
