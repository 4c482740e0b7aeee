/* Routes as text for people and as the JSON that scripts rely on. */
#include <string.h>

#include "reeve/status.h"
#include "route/grant.h"
#include "route/route.h"

const char *route_status_name(int status)
{
	switch (status) {
	case REEVE_ERR_NOT_FOUND:
		return "NOT_FOUND";
	case REEVE_ERR_ACCESS_DENIED:
		return "ACCESS_DENIED";
	case REEVE_ERR_NOT_SUPPORTED:
		return "NOT_SUPPORTED";
	case REEVE_ERR_TIMED_OUT:
		return "TIMED_OUT";
	case REEVE_ERR_UNAVAILABLE:
		return "UNAVAILABLE";
	case REEVE_ERR_NO_RESOURCES:
		return "NO_RESOURCES";
	default:
		return "INTERNAL";
	}
}

const char *route_source_moniker(const struct route *route)
{
	switch (route->source) {
	case ROUTE_SOURCE_COMPONENT:
	case ROUTE_SOURCE_DECLARATION:
	case ROUTE_SOURCE_AGGREGATE:
		return route->realm->moniker;
	case ROUTE_SOURCE_FRAMEWORK:
		return "framework";
	case ROUTE_SOURCE_BUILTIN:
		return "builtin";
	case ROUTE_SOURCE_VOID:
		return "void";
	}
	return "";
}

static void target_render(const struct target *to, struct text *t)
{
	if (to->kind == TARGET_PARENT)
		text_puts(t, " to parent");
	else if (to->kind == TARGET_FRAMEWORK)
		text_puts(t, " to framework");
	else if (to->kind == TARGET_DICTIONARY)
		text_printf(t, " to self/%s", to->name);
	else
		text_printf(t, " to #%s", to->name);
}

void decl_render(const struct decl *d, struct text *t)
{
	text_printf(t, "%s %s", d->keyword, d->name);
	if (d->kind != DECL_CAPABILITY) {
		text_puts(t, " from ");
		source_render(&d->from, t);
	}
	if (d->kind == DECL_OFFER || d->kind == DECL_EXPOSE)
		target_render(&d->to, t);
	if (strcmp(d->name, d->target_name))
		text_printf(t, " as %s", d->target_name);
	if (d->kind == DECL_CAPABILITY && d->path)
		text_printf(t, " at %s", d->path);
	if (d->subdir)
		text_printf(t, " subdir %s", d->subdir);
}

/* Where a hop is written down: a grant is in no file. */
static void hop_place(const struct hop *hop, struct text *t)
{
	if (hop->slot && hop->slot->grant)
		text_printf(t, "grant #%llu",
			    (unsigned long long)hop->slot->grant->id);
	else
		text_printf(
			t, "%s:%u:%u",
			manifest_file(hop->realm->manifest, hop->decl->place),
			hop->decl->place.line, hop->decl->place.column);
}

static int hop_width(const struct route *route, struct text *t)
{
	_cleanup_text_ struct text place = TEXT_INIT;
	size_t i, width = 0;

	for (i = 0; i < route->n_hops; i++) {
		text_clear(&place);
		hop_place(&route->hops[i], &place);
		if (place.n > width)
			width = place.n;
	}
	t->failed = t->failed || text_is_failed(&place);
	return width > 60 ? 60 : (int)width;
}

/* An implied declaration stands for its neighbour's "from self": not a hop of
 * its own for the reader. */
static bool hop_is_shown(const struct hop *hop)
{
	return !hop->decl->implied;
}

static void hop_render(const struct hop *hop, int width, struct text *line)
{
	struct text place = TEXT_INIT;

	hop_place(hop, &place);
	text_printf(line, "  %-10s %-*s  %s: ", decl_kind_name(hop->decl->kind),
		    width, text_string(&place), hop->realm->moniker);
	decl_render(hop->decl, line);
	line->failed = line->failed || text_is_failed(&place);
	text_fini(&place);
}

static void source_instances(const struct route *route, struct text *line)
{
	const char *name = route->instances.bytes;
	size_t i;

	text_puts(line, " puts it together");
	for (i = 0; i < route->n_instances; i++, name += strlen(name) + 1)
		text_printf(line, "%s%s", i ? ", " : " from ", name);
}

static void source_line(const struct route *route, struct text *line)
{
	text_printf(line, "  source     %s", route_source_moniker(route));
	if (route->source == ROUTE_SOURCE_DECLARATION)
		text_puts(line, " declares it");
	if (route->source == ROUTE_SOURCE_AGGREGATE)
		source_instances(route, line);
	if (route->declaration && route->declaration->value)
		text_printf(line, ": %s", route->declaration->value);
	if (route->path)
		text_printf(line, " serves it at %s", route->path);
	if (route->subdir.n)
		text_printf(line, ", in %s", text_string(&route->subdir));
}

static void broken_line(const struct why *why, struct text *line)
{
	text_puts(line, "  broken     ");
	if (why->place.line)
		text_printf(line, "%s:%u:%u: ", why->file, why->place.line,
			    why->place.column);
	text_printf(line, "%s [%s]", text_string(&why->text), why->rule);
}

/* Names and paths are the manifests' authors': what a path of the path-named
 * dialect holds must not reach a terminal as it is. */
static void line_end(struct text *line, struct text *t)
{
	text_safe(t, text_string(line), line->n);
	text_puts(t, "\n");
	t->failed = t->failed || text_is_failed(line);
	text_clear(line);
}

void route_render_hops(const struct route *route, struct text *t)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	int width = hop_width(route, t);
	size_t i;

	for (i = 0; i < route->n_hops; i++) {
		if (!hop_is_shown(&route->hops[i]))
			continue;
		hop_render(&route->hops[i], width, &line);
		line_end(&line, t);
	}
}

void route_render(const struct route *route, int verdict, struct text *t)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	route_render_hops(route, t);
	if (verdict == ROUTE_ENDED) {
		source_line(route, &line);
		line_end(&line, t);
		return;
	}
	broken_line(&route->why, &line);
	line_end(&line, t);
	if (route->why.fix.n) {
		text_printf(&line, "  fix        %s",
			    text_string(&route->why.fix));
		line_end(&line, t);
	}
}

static void json_place(const char *file, struct place place, struct text *t)
{
	text_puts(t, "\"file\":");
	text_json(t, file);
	text_printf(t, ",\"line\":%u,\"column\":%u", place.line, place.column);
}

static void json_hop(const struct hop *hop, struct text *t)
{
	text_puts(t, "{\"moniker\":");
	text_json(t, hop->realm->moniker);
	text_printf(t, ",\"declaration\":\"%s\",\"name\":",
		    decl_kind_name(hop->decl->kind));
	text_json(t, hop->decl->target_name);
	text_puts(t, ",");
	json_place(manifest_file(hop->realm->manifest, hop->decl->place),
		   hop->decl->place, t);
	if (hop->slot && hop->slot->grant)
		text_printf(t, ",\"grant\":%llu",
			    (unsigned long long)hop->slot->grant->id);
	text_puts(t, "}");
}

static void json_instances(const struct route *route, struct text *t)
{
	const char *name = route->instances.bytes;
	size_t i;

	text_puts(t, ",\"instances\":[");
	for (i = 0; i < route->n_instances; i++, name += strlen(name) + 1) {
		text_puts(t, i ? "," : "");
		text_json(t, name);
	}
	text_puts(t, "]");
}

static void json_source(const struct route *route, struct text *t)
{
	text_puts(t, "\"source\":{\"moniker\":");
	text_json(t, route_source_moniker(route));
	text_puts(t, ",\"path\":");
	if (route->path)
		text_json(t, route->path);
	else
		text_puts(t, "null");
	if (route->subdir.n) {
		text_puts(t, ",\"subdir\":");
		text_json(t, text_string(&route->subdir));
	}
	if (route->source == ROUTE_SOURCE_AGGREGATE)
		json_instances(route, t);
	if (route->declaration && route->declaration->value) {
		text_puts(t, ",\"value\":");
		text_puts(t, route->declaration->value);
	}
	text_puts(t, "},");
}

static void json_why(const struct why *w, struct text *t)
{
	text_puts(t, ",\"error\":{\"moniker\":");
	text_json(t, w->realm->moniker);
	text_puts(t, ",");
	json_place(w->file, w->place, t);
	text_printf(t, ",\"rule\":\"%s\",\"text\":", w->rule);
	text_json(t, text_string(&w->text));
	text_printf(t, ",\"status\":\"%s\"", route_status_name(w->status));
	if (w->fix.n) {
		text_puts(t, ",\"fix\":");
		text_json(t, text_string(&w->fix));
	}
	text_puts(t, "}");
}

void route_render_json(const struct route *route, int verdict, struct text *t)
{
	bool first = true;
	size_t i;

	text_printf(t, "{\"verdict\":\"%s\",",
		    verdict == ROUTE_ENDED ? "routed" : "failed");
	if (verdict == ROUTE_ENDED)
		json_source(route, t);
	text_puts(t, "\"hops\":[");
	for (i = 0; i < route->n_hops; i++) {
		if (!hop_is_shown(&route->hops[i]))
			continue;
		text_puts(t, first ? "" : ",");
		json_hop(&route->hops[i], t);
		first = false;
	}
	text_puts(t, "]");
	if (verdict != ROUTE_ENDED)
		json_why(&route->why, t);
	text_puts(t, "}");
}
