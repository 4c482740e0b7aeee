/*
 * The tree that was read and found valid is written again, not what the loader
 * made of it: that forgets what is not its own affair ("facets", a program of
 * another runner).
 *
 * Keys come in the order of the table below, as a person would write them; what
 * is not in it (the fields of "config", the variables of "env") stays in the
 * order of the file, behind them.
 */
#include "manifest/write.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "manifest/canonical.h"

/* "include" is not among them, nor are keys of the path-named dialect that
 * nobody knows: nothing is lost by them. */
static const char *const sections[] = {
	"program",	"config",  "children", "collections", "environments",
	"capabilities", "storage", "runners",  "resolvers",   "use",
	"offer",	"expose",  "policy",   "facets",
};

static const char *const order[] = {
	/* what something is about */
	"service",
	"protocol",
	"directory",
	"storage",
	"runner",
	"resolver",
	"dictionary",
	"config",
	"event",
	"event_stream",
	"legacy_service",
	"legacy_services",
	"name",
	"binary",
	"args",
	"environ",
	"env",
	"url",
	"source_name",
	"target_name",
	/* where it comes from and goes */
	"from",
	"to",
	"dest",
	"as",
	"key",
	"path",
	/* what else is said of it */
	"type",
	"max_size",
	"max_count",
	"element",
	"value",
	"default",
	"rights",
	"subdir",
};

/* The place of @member's key among @n keys; @n if it is none of them. */
static size_t rank_of(const struct json5_value *member, const char *const *keys,
		      size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(member->key, keys[i]))
			break;
	return i;
}

struct ranked {
	const struct json5_value *member;
	size_t rank, at;
};

static int ranked_compare(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return (left->at > right->at) - (left->at < right->at);
}

/* The members of @object in their order; the caller frees them. NULL and @t
 * failed when memory ran out. */
static struct ranked *members_rank(const struct json5_value *object,
				   const char *const *keys, size_t n_keys,
				   struct text *t)
{
	struct ranked *members = calloc(object->list.n + 1, sizeof(*members));
	size_t n = 0;

	if (!members) {
		t->failed = true;
		return NULL;
	}
	json5_for_each(m, object)
	{
		members[n] = (struct ranked){ m, rank_of(m, keys, n_keys), n };
		n++;
	}
	qsort(members, n, sizeof(*members), ranked_compare);
	return members;
}

static void key_write(const struct json5_value *member, struct text *t)
{
	text_json_bytes(t, member->key, member->n_key);
	text_puts(t, ": ");
}

/* An object whose keys are the author's own. */
static bool is_named_freely(const struct json5_value *v)
{
	return v->key && (!strcmp(v->key, "env") || !strcmp(v->key, "config"));
}

/* On one line. */
static void value_write(const struct json5_value *v, struct text *t)
{
	_cleanup_free_ struct ranked *members = NULL;
	size_t i;

	if (v->type == JSON5_ARRAY) {
		text_puts(t, "[");
		json5_for_each(element, v)
		{
			text_puts(t, element == v->list.first ? "" : ", ");
			value_write(element, t);
		}
		text_puts(t, "]");
		return;
	}
	if (v->type != JSON5_OBJECT) {
		canonical_render(v, t);
		return;
	}
	members = members_rank(v, order,
			       is_named_freely(v) ? 0 : N_ELEMENTS(order), t);
	text_puts(t, "{");
	for (i = 0; members && i < v->list.n; i++) {
		text_puts(t, i ? ", " : "");
		key_write(members[i].member, t);
		value_write(members[i].member, t);
	}
	text_puts(t, "}");
}

/* An array with each element on a line of its own. */
static void lines_write(const struct json5_value *array, struct text *t)
{
	text_puts(t, "[");
	json5_for_each(element, array)
	{
		text_puts(t, element == array->list.first ? "\n" : ",\n");
		text_puts(t, "        ");
		value_write(element, t);
	}
	text_puts(t, array->list.n ? "\n    ]" : "]");
}

static void section_write(const struct json5_value *section, struct text *t)
{
	key_write(section, t);
	if (section->type == JSON5_ARRAY)
		lines_write(section, t);
	else if (!strcmp(section->key, "facets"))
		/* Whose order says nothing. */
		canonical_render(section, t);
	else
		value_write(section, t);
}

void write_tree(const struct json5_value *root, struct text *t)
{
	const size_t n = N_ELEMENTS(sections);
	_cleanup_free_ struct ranked *members =
		members_rank(root, sections, n, t);
	bool is_first = true;
	size_t i;

	text_puts(t, "{");
	for (i = 0; members && i < root->list.n; i++) {
		if (members[i].rank == n)
			break;
		text_puts(t, is_first ? "\n    " : ",\n    ");
		is_first = false;
		section_write(members[i].member, t);
	}
	text_puts(t, is_first ? "}\n" : "\n}\n");
}
