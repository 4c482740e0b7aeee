/*
 * What is wrong: with the text by itself, and with the routes of the trees that
 * the document is in. A manifest that stands in a tree a hundred times is told
 * once of each mistake.
 */
#include <errno.h>
#include <string.h>

#include "lsp/answer.h"
#include "lsp/overlay.h"

static bool place_is(struct place a, struct place b)
{
	return a.line == b.line && a.column == b.column;
}

static bool report_has(const struct report *report, const struct diagnostic *d)
{
	const struct diagnostic *other;

	for (other = report->first; other; other = other->next)
		if (place_is(other->place, d->place) &&
		    !strcmp(other->rule, d->rule))
			return true;
	return false;
}

static void diagnostic_take(struct report *to, const struct diagnostic *d)
{
	report_add(to, d->severity, d->file, d->place, d->rule, "%s", d->text);
}

static void diagnose_alone(const struct document *d, bool is_included,
			   struct report *ret)
{
	bool is_shard = document_is_shard(d);
	const struct diagnostic *it;

	for (it = d->report.first; it; it = it->next) {
		if (is_included ? !rule_is_of_text(it->rule)
				: is_shard && rule_is_of_whole(it->rule))
			continue;
		diagnostic_take(ret, it);
	}
}

static void diagnose_tree(const struct seat *seat, const char *file,
			  struct report *ret)
{
	const struct diagnostic *it;

	for (it = seat->tree->report.first; it; it = it->next) {
		if (strcmp(it->file, file) || report_has(ret, it))
			continue;
		if (seat->tree->is_lone && rule_is_of_parent(it->rule))
			continue;
		diagnostic_take(ret, it);
	}
}

static bool file_is(const struct server *s, const struct document *d,
		    const char *file)
{
	const char *a = strrchr(d->path, '/'), *b = strrchr(file, '/');

	/* Most are not even called so. */
	return !strcmp(a ? a : d->path, b ? b : file) &&
	       forest_document(&s->forest, file) == d;
}

/* A shard whose mistakes keep a manifest from being read has no place in the
 * tree, but is told of them. */
static void diagnose_part(const struct server *s, const struct document *d,
			  struct report *ret)
{
	const struct diagnostic *it;
	const struct tree *t;

	list_for_each (t, &s->forest.trees, link) {
		if (t->is_lone || !t->is_built)
			continue;
		for (it = t->report.first; it; it = it->next)
			if (file_is(s, d, it->file) && !report_has(ret, it))
				diagnostic_take(ret, it);
	}
}

int document_diagnose(struct server *s, struct document *d, struct report *ret)
{
	struct seat seat = { 0 };
	bool is_first = true;
	int r;

	report_init(ret);
	for (;;) {
		r = forest_next(&s->forest, d, &seat);
		if (r < 0)
			break;
		if (is_first)
			diagnose_alone(d, !r && seat.is_shard, ret);
		is_first = false;
		if (r)
			break;
		/* The tree is made of an earlier text: other places. */
		if (d->is_current)
			diagnose_tree(&seat, seat.file, ret);
	}
	if (r >= 0 && d->is_current && document_is_shard(d))
		diagnose_part(s, d, ret);
	report_sort(ret);
	if (r >= 0 && !ret->failed)
		return 0;
	report_fini(ret);
	return r < 0 ? r : -ENOMEM;
}

void range_write(const struct server *s, const struct document *d, size_t from,
		 size_t to, struct text *t)
{
	struct position a = document_position(d, from, s->encoding);
	struct position b = document_position(d, to, s->encoding);

	text_printf(t,
		    "{\"start\":{\"line\":%u,\"character\":%u},"
		    "\"end\":{\"line\":%u,\"character\":%u}}",
		    a.line, a.character, b.line, b.character);
}

void diagnostic_write(const struct server *s, const struct document *d,
		      const struct diagnostic *diagnostic, struct text *t)
{
	size_t at = document_place_offset(d, diagnostic->place);
	size_t end = diagnostic->place.line ? document_token_end(d, at) : at;

	text_puts(t, "{\"range\":");
	range_write(s, d, at, end, t);
	text_printf(t, ",\"severity\":%d,\"code\":",
		    diagnostic->severity == SEVERITY_ERROR ? 1 : 2);
	text_json(t, diagnostic->rule);
	text_puts(t, ",\"source\":\"reeve\",\"message\":");
	text_json(t, diagnostic->text);
	text_puts(t, "}");
}

void diagnostics_write(const struct server *s, const struct document *d,
		       const struct report *report, struct text *t)
{
	const struct diagnostic *it;

	text_puts(t, "{\"uri\":");
	text_json(t, d->uri);
	text_printf(t, ",\"version\":%lld,\"diagnostics\":[",
		    (long long)d->version);
	for (it = report->first; it; it = it->next) {
		text_puts(t, it == report->first ? "" : ",");
		diagnostic_write(s, d, it, t);
	}
	text_puts(t, "]}");
}
