/* A file is found and allowed as everywhere; only then is it asked whether the
 * editor has it. */
#include "lsp/overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/shard.h"

struct overlay {
	const struct forest *forest;
	struct shards shards;
};

bool document_is_shard(const struct document *d)
{
	static const char end[] = ".shard.cml";
	size_t n = d->path ? strlen(d->path) : 0;

	return n >= sizeof(end) - 1 &&
	       !strcmp(d->path + n - (sizeof(end) - 1), end);
}

static bool rule_is_among(const char *rule, const char *const *rules, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(rules[i], rule))
			return true;
	return false;
}

bool rule_is_of_text(const char *rule)
{
	static const char *const rules[] = { "syntax", "encoding", "too-large",
					     "too-deep", "duplicate-key" };

	return rule_is_among(rule, rules, N_ELEMENTS(rules));
}

bool rule_is_of_whole(const char *rule)
{
	static const char *const rules[] = {
		"unknown-source", "unknown-target",	   "unknown-access",
		"missing-runner", "undeclared-capability", "unknown-scope",
		"missing-key",	  "unknown-environment",
	};

	return rule_is_among(rule, rules, N_ELEMENTS(rules));
}

bool report_is_of_whole(const struct report *report)
{
	const struct diagnostic *it;

	for (it = report->first; it; it = it->next)
		if (it->severity == SEVERITY_ERROR &&
		    !rule_is_of_whole(it->rule))
			return false;
	return true;
}

const struct text *overlay_text(const struct document *d)
{
	return d->good.n ? &d->good : NULL;
}

/* The read of struct manifest_includes. */
static int overlay_read(void *userdata, const char *from, const char *path,
			char **ret_file, char **ret_bytes, size_t *ret_n,
			const char **ret_why)
{
	struct overlay *o = userdata;
	const struct document *d;
	const struct text *text;
	char *bytes;
	int r;

	r = shards_read(&o->shards, from, path, ret_file, ret_bytes, ret_n,
			ret_why);
	d = r ? NULL : forest_document(o->forest, *ret_file);
	text = d ? overlay_text(d) : NULL;
	if (!text)
		return r;
	bytes = malloc(text->n + 1);
	if (!bytes) {
		free(*ret_file);
		free(*ret_bytes);
		return -ENOMEM;
	}
	memcpy(bytes, text_string(text), text->n + 1);
	free(*ret_bytes);
	*ret_bytes = bytes;
	*ret_n = text->n;
	return 0;
}

int overlay_load(const struct forest *f, struct package *p,
		 const struct package_paths *paths, const struct text *text,
		 struct manifest **ret, struct report *report)
{
	struct overlay o = { .forest = f };
	const struct manifest_includes includes = { overlay_read, &o };
	int r;

	shards_init(&o.shards, p, paths);
	r = manifest_load_with(p->manifest_file, text_string(text), text->n,
			       &includes, ret, report);
	shards_fini(&o.shards);
	return r;
}
