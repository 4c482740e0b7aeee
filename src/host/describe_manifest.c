/* Every declaration has the place where it was written, which may be in a
 * shard: the list of sources says which files there are. */
#include "host/describe_manifest.h"

#include "route/route.h"

void describe_member(struct text *t, const char *key, const char *value)
{
	text_printf(t, ",\"%s\":", key);
	if (value)
		text_json(t, value);
	else
		text_puts(t, "null");
}

static void describe_place(const struct manifest *m, struct place place,
			   struct text *t)
{
	describe_member(t, "file", manifest_file(m, place));
	text_printf(t, ",\"line\":%u,\"column\":%u", place.line, place.column);
}

static void describe_decl(const struct manifest *m, const struct decl *d,
			  struct text *t)
{
	_cleanup_text_ struct text words = TEXT_INIT;

	decl_render(d, &words);
	text_puts(t, "{\"name\":");
	text_json(t, d->target_name);
	describe_member(t, "type", capability_type_name(d->type));
	describe_member(t, "path", d->path);
	describe_member(t, "text", text_string(&words));
	if (d->kind != DECL_CAPABILITY)
		describe_member(t, "availability",
				availability_words[d->availability]);
	if (d->environment)
		describe_member(t, "environment", d->environment->name);
	if (d->value) {
		text_puts(t, ",\"value\":");
		text_puts(t, d->value);
	}
	describe_place(m, d->place, t);
	text_puts(t, "}");
	t->failed |= text_is_failed(&words);
}

static void describe_decls(const struct manifest *m, enum decl_kind kind,
			   const char *key, struct text *t)
{
	bool first = true;
	size_t i;

	text_printf(t, ",\"%s\":[", key);
	for (i = 0; i < m->n_decls[kind]; i++) {
		if (m->decls[kind][i].implied)
			continue;
		text_puts(t, first ? "" : ",");
		first = false;
		describe_decl(m, &m->decls[kind][i], t);
	}
	text_puts(t, "]");
}

static void describe_children(const struct manifest *m, struct text *t)
{
	size_t i;

	text_puts(t, ",\"children\":[");
	for (i = 0; i < m->n_children; i++) {
		text_puts(t, i ? ",{\"name\":" : "{\"name\":");
		text_json(t, m->children[i].name);
		describe_member(t, "url", m->children[i].url);
		if (m->children[i].environment)
			describe_member(t, "environment",
					m->children[i].environment->name);
		describe_place(m, m->children[i].place, t);
		text_puts(t, "}");
	}
	text_puts(t, "],\"collections\":[");
	for (i = 0; i < m->n_collections; i++) {
		text_puts(t, i ? ",{\"name\":" : "{\"name\":");
		text_json(t, m->collections[i].name);
		describe_place(m, m->collections[i].place, t);
		text_puts(t, "}");
	}
	text_puts(t, "]");
}

static void describe_sources(const struct manifest *m, struct text *t)
{
	size_t i;

	text_puts(t, ",\"sources\":[");
	for (i = 0; i < m->n_files; i++) {
		text_puts(t, i ? "," : "");
		text_json(t, m->files[i]);
	}
	text_puts(t, "]");
}

void describe_manifest(const struct realm *r, const struct package *p,
		       struct text *t)
{
	const struct environment_decl *e = realm_environment(r);
	const struct manifest *m = r->manifest;

	describe_member(t, "startup",
			r->startup == STARTUP_EAGER ? "eager" : "lazy");
	describe_member(t, "collection", r->collection);
	describe_member(t, "environment", e ? e->name : NULL);
	describe_member(t, "package", p ? p->directory : NULL);
	describe_member(t, "manifest", m ? m->file : NULL);
	if (!m)
		return;
	describe_sources(m, t);
	describe_member(t, "runner", m->program ? m->program->runner : NULL);
	describe_member(t, "binary", m->program ? m->program->binary : NULL);
	describe_decls(m, DECL_USE, "uses", t);
	describe_decls(m, DECL_EXPOSE, "exposes", t);
	describe_decls(m, DECL_CAPABILITY, "capabilities", t);
	describe_decls(m, DECL_OFFER, "offers", t);
	describe_decls(m, DECL_REGISTRATION, "registrations", t);
	describe_children(m, t);
}
