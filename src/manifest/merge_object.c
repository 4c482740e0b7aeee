/*
 * Members are found by a map of all objects that were merged: an object is
 * entered into it when something is first merged into it, and whatever it gets
 * after that at once.
 */
#include "manifest/merge_object.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "manifest/canonical.h"

/* How the values of one key come together. */
enum way {
	WAY_DEEP,  /* objects: key by key */
	WAY_WHOLE, /* not at all: they are the same, or contradict each other */
	WAY_LISTS, /* lists: one behind the other */
};

/* A member of an object, or an element of a list that is joined by name;
 * without a key, that whatever is in it was entered. */
struct member {
	struct map_node node;
	const struct json5_value *in, *value;
	const char *key;
	size_t n_key;
	struct json5_value **last; /* without a key: where the next one goes */
};

/* Where we are, for messages: "program.lifecycle". */
struct level {
	struct merge *merge;
	const char *path;
	enum way way;
};

static bool text_equals(struct load *l, const struct json5_value *a,
			const struct json5_value *b)
{
	_cleanup_text_ struct text left = TEXT_INIT, right = TEXT_INIT;

	canonical_render(a, &left);
	canonical_render(b, &right);
	if (text_is_failed(&left) || text_is_failed(&right))
		l->failed = true;
	return left.n == right.n &&
	       !strcmp(text_string(&left), text_string(&right));
}

bool value_is_same(struct load *l, const struct json5_value *a,
		   const struct json5_value *b)
{
	const struct json5_value *left, *right;

	if (a->type != b->type)
		return false;
	if (a->type == JSON5_STRING)
		return a->string.n == b->string.n &&
		       !memcmp(a->string.bytes, b->string.bytes, a->string.n);
	if (a->type < JSON5_ARRAY)
		return text_equals(l, a, b);
	if (a->list.n != b->list.n)
		return false;
	if (a->type == JSON5_OBJECT)
		return text_equals(l, a, b);
	for (left = a->list.first, right = b->list.first; left && right;
	     left = left->next, right = right->next)
		if (!value_is_same(l, left, right))
			return false;
	return true;
}

static uint64_t member_hash(const struct json5_value *in, const char *key,
			    size_t n_key)
{
	uint64_t parts[2] = { (uint64_t)(uintptr_t)in,
			      key ? map_hash(key, n_key) : 0 };

	return map_hash(parts, sizeof(parts));
}

/* The member that has @key, or with a NULL @key whether @in was entered. */
static struct member *member_find(const struct merge *m,
				  const struct json5_value *in, const char *key,
				  size_t n_key)
{
	struct map_node *node =
		map_find(&m->members, member_hash(in, key, n_key));
	struct member *member;

	for (; node; node = map_next(node)) {
		member = container_of(node, struct member, node);
		if (member->in == in && !member->key == !key &&
		    member->n_key == n_key &&
		    (!key || !memcmp(member->key, key, n_key)))
			return member;
	}
	return NULL;
}

/* NULL when memory ran out. */
static struct member *member_enter(struct merge *m,
				   const struct json5_value *in,
				   const struct json5_value *value,
				   const char *key, size_t n_key)
{
	struct member *member = load_scratch(m->load, 1, sizeof(*member));

	if (!member)
		return NULL;
	*member = (struct member){
		.in = in, .value = value, .key = key, .n_key = n_key
	};
	if (map_link(&m->members, &member->node, member_hash(in, key, n_key)) <
	    0)
		return NULL;
	return member;
}

/* What an element of "environ" sets: all before its "=". */
static size_t variable_length(const struct json5_value *element)
{
	return strcspn(element->string.bytes, "=");
}

/* Enter an object's members, or the strings of a list by their variable. */
static bool elements_enter(struct merge *m, const struct json5_value *list)
{
	json5_for_each(each, list)
	{
		if (list->type == JSON5_OBJECT &&
		    !member_enter(m, list, each, each->key, each->n_key))
			return false;
		if (list->type == JSON5_ARRAY && each->type == JSON5_STRING &&
		    !member_enter(m, list, each, each->string.bytes,
				  variable_length(each)))
			return false;
	}
	return true;
}

/* What stands for the whole of @list, which is entered if it was not, and if it
 * is to be searched. NULL when memory ran out. */
static struct member *list_enter(struct merge *m, struct json5_value *list,
				 bool is_searched)
{
	struct member *whole = member_find(m, list, NULL, 0);

	if (whole)
		return whole;
	if (is_searched && !elements_enter(m, list))
		return NULL;
	whole = member_enter(m, list, NULL, NULL, 0);
	if (!whole)
		return NULL;
	whole->last = &list->list.first;
	while (*whole->last)
		whole->last = &(*whole->last)->next;
	return whole;
}

/* Put @each, whose chain is left, behind the last one of @list. */
static void list_append(struct member *whole, struct json5_value *list,
			struct json5_value *each)
{
	each->next = NULL;
	*whole->last = each;
	whole->last = &each->next;
	list->list.n++;
}

int merge_list(struct merge *m, struct json5_value *mine,
	       struct json5_value *theirs)
{
	struct member *whole = list_enter(m, mine, false);
	struct json5_value *each, *next;

	if (!whole)
		return -ENOMEM;
	for (each = theirs->list.first; each; each = next) {
		next = each->next;
		list_append(whole, mine, each);
	}
	return 0;
}

static void conflict_report(const struct level *at, const char *key,
			    const struct json5_value *mine,
			    const struct json5_value *theirs)
{
	struct load *l = at->merge->load;

	load_error(l, RULE_CONFLICTING_VALUE, theirs->place,
		   "\"%s.%.80s\" contradicts what is said at %s", at->path, key,
		   load_place(l, mine->place, theirs->place));
}

/* The strings of "environ": what sets a variable that is set already has to set
 * it to the same. */
static int environ_join(const struct level *at, struct json5_value *mine,
			struct json5_value *theirs)
{
	struct merge *m = at->merge;
	struct member *whole = list_enter(m, mine, true);
	struct json5_value *each, *next;
	const struct member *known;

	if (!whole)
		return -ENOMEM;
	for (each = theirs->list.first; each; each = next) {
		next = each->next;
		known = each->type != JSON5_STRING
				? NULL
				: member_find(m, mine, each->string.bytes,
					      variable_length(each));
		if (known && value_is_same(m->load, known->value, each))
			continue;
		if (known)
			conflict_report(at, "environ", known->value, each);
		else if (each->type == JSON5_STRING &&
			 !member_enter(m, mine, each, each->string.bytes,
				       variable_length(each)))
			return -ENOMEM;
		list_append(whole, mine, each);
	}
	return 0;
}

static int object_merge(const struct level *at, struct json5_value *mine,
			struct json5_value *theirs);

/* The two say something of one key. */
static int values_merge(const struct level *at, struct json5_value *mine,
			struct json5_value *theirs)
{
	struct merge *m = at->merge;
	struct level below = *at;

	if (mine->type == theirs->type && mine->type == JSON5_OBJECT &&
	    at->way == WAY_DEEP) {
		below.path = arena_printf(&m->load->scratch, "%s.%s", at->path,
					  mine->key);
		return below.path ? object_merge(&below, mine, theirs)
				  : -ENOMEM;
	}
	if (mine->type == theirs->type && mine->type == JSON5_ARRAY) {
		if (!strcmp(at->path, "program") &&
		    !strcmp(mine->key, "environ"))
			return environ_join(at, mine, theirs);
		if (at->way == WAY_LISTS)
			return merge_list(m, mine, theirs);
	}
	if (!value_is_same(m->load, mine, theirs))
		conflict_report(at, mine->key, mine, theirs);
	return 0;
}

static int object_merge(const struct level *at, struct json5_value *mine,
			struct json5_value *theirs)
{
	struct merge *m = at->merge;
	struct member *whole = list_enter(m, mine, true);
	struct json5_value *each, *next;
	const struct member *known;
	int r = whole ? 0 : -ENOMEM;

	for (each = theirs->list.first; !r && each; each = next) {
		next = each->next;
		known = member_find(m, mine, each->key, each->n_key);
		if (known) {
			r = values_merge(at, (struct json5_value *)known->value,
					 each);
			continue;
		}
		list_append(whole, mine, each);
		if (!member_enter(m, mine, each, each->key, each->n_key))
			r = -ENOMEM;
	}
	return r;
}

int merge_object(struct merge *m, struct json5_value *mine,
		 struct json5_value *theirs)
{
	struct level at = { .merge = m, .path = mine->key, .way = WAY_DEEP };

	if (!strcmp(mine->key, "config"))
		at.way = WAY_WHOLE;
	if (!strcmp(mine->key, "policy"))
		at.way = WAY_LISTS;
	return object_merge(&at, mine, theirs);
}
