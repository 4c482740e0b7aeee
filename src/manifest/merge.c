/* The sections of the top level, each in its own way; see merge_item.c and
 * merge_object.c. */
#include "manifest/merge.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "manifest/merge_item.h"
#include "manifest/merge_object.h"

/* Its number among @m->sections; MERGE_SECTIONS if it is none of them. */
static size_t section_of(const struct json5_value *member)
{
	static const char *const names[] = {
		[MERGE_USE] = "use",
		[MERGE_OFFER] = "offer",
		[MERGE_EXPOSE] = "expose",
		[MERGE_CAPABILITIES] = "capabilities",
		"children",
		"collections",
		"environments",
		"storage",
		"runners",
		"resolvers",
		"program",
		"facets",
		"config",
		"policy",
	};
	size_t i;

	_Static_assert(N_ELEMENTS(names) == MERGE_SECTIONS, "one slot each");
	for (i = 0; i < N_ELEMENTS(names); i++)
		if (!strcmp(member->key, names[i]))
			return i;
	return MERGE_SECTIONS;
}

static void root_append(struct merge *m, struct json5_value *member)
{
	member->next = NULL;
	*m->last = member;
	m->last = &member->next;
	m->root->list.n++;
}

static int member_add(struct merge *m, struct json5_value *member)
{
	size_t section = section_of(member);
	struct json5_value **mine;

	if (!strcmp(member->key, "include"))
		return 0;
	if (section == MERGE_SECTIONS || member->type < JSON5_ARRAY) {
		root_append(m, member);
		return 0;
	}
	mine = &m->sections[section].member;
	if (section < N_MERGE_LISTS && member->type == JSON5_ARRAY) {
		if (!*mine)
			root_append(m, *mine = member);
		return merge_items_add(m, (enum merge_list)section, member);
	}
	if (!*mine)
		root_append(m, *mine = member);
	else if ((*mine)->type != member->type)
		root_append(m, member);
	else if (member->type == JSON5_OBJECT)
		return merge_object(m, *mine, member);
	else
		/* Things with a name: whether two have one is seen later. */
		return merge_list(m, *mine, member);
	return 0;
}

int merge_init(struct merge *m, struct load *l, struct json5_value *root)
{
	struct json5_value empty = { .type = JSON5_OBJECT };
	struct json5_value other = *root;
	size_t i;

	*m = (struct merge){ .load = l, .root = root };
	for (i = 0; i < N_MERGE_LISTS; i++)
		m->sections[i].last = &m->sections[i].first;
	root->list = empty.list;
	m->last = &root->list.first;
	return merge_add(m, &other);
}

/* Its elements are in the arena. */
static void map_empty(struct map *map)
{
	size_t i;

	for (i = 0; i < map->n_buckets; i++)
		while (map->buckets[i])
			map_unlink(map, map->buckets[i]);
	map_fini(map);
}

void merge_fini(struct merge *m)
{
	map_empty(&m->entries);
	map_empty(&m->rests);
	map_empty(&m->members);
}

int merge_add(struct merge *m, struct json5_value *other)
{
	struct json5_value *member, *next;
	int r;

	for (member = other->list.first; member; member = next) {
		next = member->next;
		r = member_add(m, member);
		if (r)
			return r;
	}
	return 0;
}

int merge_seal(struct merge *m)
{
	size_t i;
	int r = 0;

	for (i = 0; !r && i < N_MERGE_LISTS; i++)
		r = merge_items_seal(m, (enum merge_list)i);
	return r;
}
