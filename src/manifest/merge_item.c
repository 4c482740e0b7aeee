/*
 * Items are taken apart into entries, one for each name and target: "protocol":
 * ["A", "B"] to two children is four. An entry is known by its section, its
 * keyword, its name, its target and a number that stands for the rest of what
 * its item says, the availability and what only repeats a default left out.
 *
 * An item of which every entry is new stays in one piece; one that lost entries
 * to an earlier file, or of which one entry has become stronger, is written out
 * as one item per entry when everything is there.
 *
 * Nothing here takes more than n log n, whatever the files say: they may be
 * anybody's.
 */
#include "manifest/merge_item.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "manifest/canonical.h"
#include "manifest/merge_object.h"

/* How much an availability asks for; "same_as_target" is in no such order. */
enum strength {
	STRENGTH_TRANSITIONAL,
	STRENGTH_OPTIONAL,
	STRENGTH_REQUIRED,
	STRENGTH_NONE,
};

struct entry {
	struct map_node node;
	struct merge_item *item;
	const struct json5_value *name, *to; /* to: of an offer */
	uint64_t hash;
	enum strength strength;
	/* Another file asked for more, in this member; NULL: by leaving it out.
	 */
	const struct json5_value *availability;
	bool is_promoted, is_dropped;
};

struct merge_item {
	struct json5_value *value;
	enum merge_list section;
	const struct json5_value *keyword; /* its member */
	uint64_t rest;
	struct entry *entries; /* none: nothing is known about it */
	size_t n;
	bool is_split;
	struct merge_item *next;
};

/* The rest of an item, interned. */
struct rest {
	struct map_node node;
	const char *text;
	uint64_t number;
};

static bool is_key(const struct json5_value *member, const char *key)
{
	return strcmp(member->key, key) == 0;
}

static bool is_keyword(const struct json5_value *member)
{
	static const char *const keywords[] = {
		"service", "protocol",	   "directory",	     "storage",
		"runner",  "resolver",	   "dictionary",     "config",
		"event",   "event_stream", "legacy_service", "legacy_services",
		"socket",
	};
	size_t i;

	for (i = 0; i < N_ELEMENTS(keywords); i++)
		if (is_key(member, keywords[i]))
			return true;
	return false;
}

static enum strength strength_of(const struct json5_value *availability)
{
	static const char *const words[] = {
		[STRENGTH_TRANSITIONAL] = "transitional",
		[STRENGTH_OPTIONAL] = "optional",
		[STRENGTH_REQUIRED] = "required",
	};
	const char *s = json5_string(availability);
	size_t i;

	if (!availability)
		return STRENGTH_REQUIRED;
	for (i = 0; s && i < N_ELEMENTS(words); i++)
		if (!strcmp(s, words[i]))
			return (enum strength)i;
	return STRENGTH_NONE;
}

/* Does the member say what is so without it? */
static bool is_default(enum merge_list section,
		       const struct json5_value *member)
{
	const char *s = json5_string(member);

	if (!s)
		return false;
	if (is_key(member, "dependency"))
		return !strcmp(s, "strong");
	if ((section == MERGE_USE && is_key(member, "from")) ||
	    (section == MERGE_EXPOSE && is_key(member, "to")))
		return !strcmp(s, "parent") || !strcmp(s, "realm");
	return false;
}

/* A string, or an array of strings (and objects, where @with_objects) that has
 * any. */
static bool is_list(const struct json5_value *v, bool with_objects)
{
	if (!v)
		return false;
	if (v->type == JSON5_STRING)
		return json5_string(v) != NULL;
	if (v->type != JSON5_ARRAY || !v->list.n)
		return false;
	json5_for_each(element,
		       v) if (!json5_string(element) &&
			      !(with_objects &&
				element->type == JSON5_OBJECT)) return false;
	return true;
}

static size_t list_length(const struct json5_value *v)
{
	return v && v->type == JSON5_ARRAY ? v->list.n : 1;
}

static const struct json5_value *list_first(const struct json5_value *v)
{
	return v && v->type == JSON5_ARRAY ? v->list.first : v;
}

/* The number that stands for the text @t; 0 when memory ran out. */
static uint64_t rest_intern(struct merge *m, const struct text *t)
{
	uint64_t hash = map_hash(text_string(t), t->n);
	struct map_node *node;
	struct rest *rest;

	for (node = map_find(&m->rests, hash); node; node = map_next(node)) {
		rest = container_of(node, struct rest, node);
		if (!strcmp(rest->text, text_string(t)))
			return rest->number;
	}
	rest = load_scratch(m->load, 1, sizeof(*rest));
	if (!rest)
		return 0;
	rest->number = ++m->n_rests;
	rest->text = arena_copy(&m->load->scratch, text_string(t), t->n);
	if (!rest->text || map_link(&m->rests, &rest->node, hash) < 0) {
		m->load->failed = true;
		return 0;
	}
	return rest->number;
}

/* All that @i's object says besides what its entries are known by. */
static uint64_t rest_of(struct merge *m, const struct merge_item *i)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct json5_value object = *i->value, *copy, **last;

	object.list.first = NULL;
	object.list.n = 0;
	last = &object.list.first;
	json5_for_each(member, i->value)
	{
		if (member == i->keyword || is_default(i->section, member) ||
		    (i->section == MERGE_OFFER && is_key(member, "to")) ||
		    (is_key(member, "availability") &&
		     strength_of(member) != STRENGTH_NONE))
			continue;
		copy = load_scratch(m->load, 1, sizeof(*copy));
		if (!copy)
			return 0;
		*copy = *member;
		copy->next = NULL;
		*last = copy;
		last = &copy->next;
		object.list.n++;
	}
	canonical_render(&object, &t);
	if (text_is_failed(&t)) {
		m->load->failed = true;
		return 0;
	}
	return rest_intern(m, &t);
}

/* What is said about one thing; the keyword is @i's, if it is known. */
static bool item_understand(struct merge_item *i, const struct json5_value **to)
{
	if (i->value->type != JSON5_OBJECT)
		return false;
	json5_for_each(member, i->value)
	{
		if (!is_keyword(member))
			continue;
		if (i->keyword)
			return false;
		i->keyword = member;
	}
	if (!is_list(i->keyword, false))
		return false;
	*to = i->section == MERGE_OFFER ? json5_get(i->value, "to") : NULL;
	return i->section != MERGE_OFFER || is_list(*to, true);
}

static uint64_t entry_hash(struct merge *m, const struct entry *e)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	uint64_t parts[4] = { (uint64_t)e->item->section, e->item->rest,
			      map_hash_string(e->name->string.bytes), 0 };

	if (e->to) {
		canonical_render(e->to, &t);
		parts[3] = map_hash(text_string(&t), t.n);
	}
	m->load->failed |= text_is_failed(&t);
	return map_hash(parts, sizeof(parts));
}

static void entry_init(struct merge *m, struct entry *e, struct merge_item *i,
		       const struct json5_value *name,
		       const struct json5_value *to, enum strength strength)
{
	*e = (struct entry){
		.item = i,
		.name = name,
		.to = to,
		.strength = strength,
	};
	e->hash = entry_hash(m, e);
}

/* Take @i apart. False: too many, reported, or no memory. */
static bool item_read(struct merge *m, struct merge_item *i)
{
	const struct json5_value *to, *name, *t;
	enum strength strength;
	size_t n;

	if (!item_understand(i, &to))
		return true;
	n = list_length(i->keyword) * list_length(to);
	if (n > LOAD_DECLS_MAX - m->n_entries) {
		if (!m->load->is_full)
			load_error(m->load, RULE_TOO_MANY, i->value->place,
				   "more than %d declarations, every name and "
				   "target counted; the rest was not read",
				   LOAD_DECLS_MAX);
		m->load->is_full = true;
		return false;
	}
	m->n_entries += n;
	i->rest = rest_of(m, i);
	i->entries = load_scratch(m->load, n, sizeof(*i->entries));
	if (!i->rest || !i->entries)
		return false;
	strength = strength_of(json5_get(i->value, "availability"));
	for (name = list_first(i->keyword); name;
	     name = name == i->keyword ? NULL : name->next)
		for (t = list_first(to), n = 0; !n || t;
		     t = !t || t == to ? NULL : t->next, n++)
			entry_init(m, &i->entries[i->n++], i, name, t,
				   strength);
	return !m->load->failed;
}

static bool entry_is_same(struct load *l, const struct entry *a,
			  const struct entry *b)
{
	return a->item->section == b->item->section &&
	       a->item->rest == b->item->rest &&
	       !strcmp(a->item->keyword->key, b->item->keyword->key) &&
	       !strcmp(a->name->string.bytes, b->name->string.bytes) &&
	       (!a->to || value_is_same(l, a->to, b->to));
}

static struct entry *entry_find(struct merge *m, const struct entry *e)
{
	struct map_node *node;
	struct entry *known;

	for (node = map_find(&m->entries, e->hash); node;
	     node = map_next(node)) {
		known = container_of(node, struct entry, node);
		if (entry_is_same(m->load, known, e))
			return known;
	}
	return NULL;
}

/* Said already, by another file: forget @e, but not that it asks for more. */
static void entry_drop(struct entry *e, struct entry *known)
{
	e->is_dropped = true;
	e->item->is_split = true;
	if (e->strength <= known->strength)
		return;
	known->strength = e->strength;
	known->availability = json5_get(e->item->value, "availability");
	known->is_promoted = true;
	known->item->is_split = true;
}

/* Look for what is known before any of these is: what one file says twice is a
 * mistake, which the readers of the sections tell. */
int merge_items_add(struct merge *m, enum merge_list which,
		    struct json5_value *list)
{
	struct merge_section *s = &m->sections[which];
	struct merge_item *first = NULL, **last = &first, *i;
	struct json5_value *value;
	struct entry *known;
	size_t k;

	for (value = json5_first(list); value; value = value->next) {
		i = load_scratch(m->load, 1, sizeof(*i));
		if (!i)
			return -ENOMEM;
		i->value = value;
		i->section = which;
		if (!item_read(m, i))
			return m->load->failed ? -ENOMEM : 0;
		for (k = 0; k < i->n; k++) {
			known = entry_find(m, &i->entries[k]);
			if (known)
				entry_drop(&i->entries[k], known);
		}
		*last = i;
		last = &i->next;
	}
	for (i = first; i; i = i->next)
		for (k = 0; k < i->n; k++)
			if (!i->entries[k].is_dropped &&
			    map_link(&m->entries, &i->entries[k].node,
				     i->entries[k].hash) < 0)
				return -ENOMEM;
	if (first) {
		*s->last = first;
		s->last = last;
	}
	return 0;
}

/* A copy of @member that says only @value. */
static struct json5_value *member_with(struct merge *m,
				       const struct json5_value *member,
				       const struct json5_value *value)
{
	struct json5_value *copy = load_scratch(m->load, 1, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *value;
	copy->key = member->key;
	copy->n_key = member->n_key;
	copy->key_place = member->key_place;
	copy->next = NULL;
	return copy;
}

/* "to" of one target, which stays a list: of one dialect it has to be one. */
static struct json5_value *target_alone(struct merge *m,
					const struct json5_value *member,
					const struct json5_value *to)
{
	struct json5_value *copy = member_with(m, member, member);

	if (!copy || to == member)
		return copy;
	copy->list.first = member_with(m, to, to);
	copy->list.n = 1;
	return copy->list.first ? copy : NULL;
}

static struct json5_value *member_alone(struct merge *m, const struct entry *e,
					const struct json5_value *member)
{
	if (member == e->item->keyword)
		return member_with(m, member, e->name);
	if (e->to && is_key(member, "to"))
		return target_alone(m, member, e->to);
	if (e->is_promoted && is_key(member, "availability"))
		return member_with(m, member, e->availability);
	return member_with(m, member, member);
}

/* An item that says of @e what its item says of all its entries. */
static struct json5_value *entry_alone(struct merge *m, const struct entry *e)
{
	struct json5_value *object, *member, **last;

	object = load_scratch(m->load, 1, sizeof(*object));
	if (!object)
		return NULL;
	*object = *e->item->value;
	object->next = NULL;
	object->list.n = 0;
	last = &object->list.first;
	*last = NULL;
	json5_for_each(each, e->item->value)
	{
		if (e->is_promoted && !e->availability &&
		    is_key(each, "availability"))
			continue;
		member = member_alone(m, e, each);
		if (!member)
			return NULL;
		*last = member;
		last = &member->next;
		object->list.n++;
	}
	return object;
}

/* A list while it is put together again. */
struct chain {
	struct json5_value **last;
	uint32_t n;
};

static void chain_add(struct chain *c, struct json5_value *v)
{
	v->next = NULL;
	*c->last = v;
	c->last = &v->next;
	c->n++;
}

static int item_seal(struct merge *m, const struct merge_item *i,
		     struct chain *c)
{
	struct json5_value *alone;
	size_t k;

	if (!i->is_split) {
		chain_add(c, i->value);
		return 0;
	}
	for (k = 0; k < i->n; k++) {
		if (i->entries[k].is_dropped)
			continue;
		alone = entry_alone(m, &i->entries[k]);
		if (!alone)
			return -ENOMEM;
		chain_add(c, alone);
	}
	return 0;
}

int merge_items_seal(struct merge *m, enum merge_list which)
{
	struct merge_section *s = &m->sections[which];
	const struct merge_item *i;
	struct chain c;
	int r;

	if (!s->member || s->member->type != JSON5_ARRAY)
		return 0;
	c = (struct chain){ &s->member->list.first, 0 };
	*c.last = NULL;
	for (i = s->first; i; i = i->next) {
		r = item_seal(m, i, &c);
		if (r)
			return r;
	}
	s->member->list.n = c.n;
	return 0;
}
