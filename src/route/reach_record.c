/* What can be asked of one record, and how it is said. */
#include <string.h>

#include "route/reach.h"

bool reach_is_held(const struct reach_record *r)
{
	if (r->verdict != ROUTE_ENDED || r->source == ROUTE_SOURCE_VOID)
		return false;
	/* Put together of nothing. */
	return r->source != ROUTE_SOURCE_AGGREGATE || r->provider;
}

static const char *plain_name(const char *name)
{
	return strncmp(name, "/svc/", 5) ? name : name + 5;
}

bool reach_is_called(const struct reach_record *r, const char *name)
{
	size_t i;

	name = plain_name(name);
	if (!strcmp(plain_name(r->name), name))
		return true;
	for (i = 0; i < r->n_names; i++)
		if (!strcmp(plain_name(r->names[i]), name))
			return true;
	return false;
}

const char *reach_record_file(const struct reach_record *r)
{
	return manifest_file(r->declarer->manifest, r->decl->place);
}

const char *reach_origin_file(const struct reach_record *r)
{
	return manifest_file(r->origin->manifest, r->origin_decl->place);
}

enum capability_type reach_type(const struct reach_record *r)
{
	return r->decl->type == CAPABILITY_DICTIONARY && reach_is_held(r) &&
			       r->source != ROUTE_SOURCE_DECLARATION
		       ? CAPABILITY_SERVICE
		       : r->decl->type;
}

const char *reach_source_moniker(const struct reach_record *r)
{
	switch (r->source) {
	case ROUTE_SOURCE_FRAMEWORK:
		return "framework";
	case ROUTE_SOURCE_BUILTIN:
		return "builtin";
	case ROUTE_SOURCE_VOID:
		return "void";
	default:
		return r->provider ? r->provider->moniker : "void";
	}
}

void reach_source_render(const struct reach_record *r, struct text *t)
{
	switch (r->source) {
	case ROUTE_SOURCE_FRAMEWORK:
		text_printf(t, "the framework at %s", r->provider->moniker);
		break;
	case ROUTE_SOURCE_BUILTIN:
		text_puts(t, "the host");
		break;
	default:
		text_puts(t, reach_source_moniker(r));
		break;
	}
}

void reach_render(const struct reach_record *r, struct text *t)
{
	const char *local = r->decl->target_name;
	bool is_storage = r->decl->type == CAPABILITY_STORAGE;
	bool is_inside = reach_type(r) != r->decl->type;

	/* Storage is a part of somebody's directory. */
	text_printf(
		t, "%s %s%s%s of ", is_inside ? "service" : r->decl->keyword,
		is_storage ? local : r->name,
		is_storage ? " in directory " : "", is_storage ? r->name : "");
	reach_source_render(r, t);
	if (*r->subdir && !is_storage)
		text_printf(t, " below %s", r->subdir);
	if (r->rights) {
		text_puts(t, " [");
		rights_render(r->rights, t);
		text_puts(t, "]");
	}
	if (is_inside)
		text_printf(t, ", in dictionary %s", local);
	else if (!is_storage && strcmp(local, r->name))
		text_printf(t, ", called %s", local);
}
