/* Each file is read once for a whole search, also when it cannot be read. */
#include <errno.h>
#include <string.h>

#include "route/fix_draft.h"

struct stored_text {
	struct map_node node;
	const char *file;
	const char *bytes; /* NULL: it cannot be read */
	size_t n;
};

void store_fini(struct fix_store *s)
{
	size_t i;

	for (i = 0; i < s->texts.n_buckets; i++)
		while (s->texts.buckets[i])
			map_unlink(&s->texts, s->texts.buckets[i]);
	map_fini(&s->texts);
}

static struct stored_text *store_find(const struct fix_store *s,
				      const char *file)
{
	struct map_node *node = map_find(&s->texts, map_hash_string(file));
	struct stored_text *t;

	for (; node; node = map_next(node)) {
		t = container_of(node, struct stored_text, node);
		if (!strcmp(t->file, file))
			return t;
	}
	return NULL;
}

static int store_add(struct fix_store *s, const char *file, const char *bytes,
		     size_t n)
{
	struct stored_text *t = arena_new(s->arena, struct stored_text);

	if (!t)
		return -ENOMEM;
	t->file = arena_copy(s->arena, file, strlen(file));
	t->bytes = bytes ? arena_copy(s->arena, bytes, n) : NULL;
	t->n = n;
	if (!t->file || (bytes && !t->bytes))
		return -ENOMEM;
	return map_link(&s->texts, &t->node, map_hash_string(file));
}

int store_read(struct fix_store *s, const char *file, const char **ret,
	       size_t *ret_n)
{
	struct stored_text *t = store_find(s, file);
	_cleanup_free_ char *bytes = NULL;
	size_t n = 0;
	int r;

	if (!t) {
		r = s->files->read(s->files->userdata, file, &bytes, &n);
		if (r < 0)
			return r;
		r = store_add(s, file, r ? NULL : bytes, n);
		if (r < 0)
			return r;
		t = store_find(s, file);
	}
	if (!t->bytes)
		return FIX_NONE;
	*ret = t->bytes;
	*ret_n = t->n;
	return 0;
}
