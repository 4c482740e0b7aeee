#include "host/verdict.h"

#include "base/own.h"

static const char *verdict_word(const struct route *route, int verdict)
{
	if (verdict != ROUTE_ENDED)
		return "failed";
	return route->source == ROUTE_SOURCE_VOID ? "void" : "routed";
}

void verdict_render_json(const struct decl *d, const struct route *route,
			 int verdict, struct text *t)
{
	text_printf(t, "{\"declaration\":\"%s\",\"capability\":",
		    decl_kind_name(d->kind));
	text_json(t, d->target_name ? d->target_name : "");
	text_puts(t, ",\"type\":");
	text_json(t, d->keyword ? d->keyword : capability_type_name(d->type));
	text_printf(t, ",\"availability\":\"%s\",\"verdict\":\"%s\",\"route\":",
		    availability_words[d->availability],
		    verdict_word(route, verdict));
	route_render_json(route, verdict, t);
	text_puts(t, "}");
}

bool verdict_is_required(const struct decl *d)
{
	return d->availability != AVAILABILITY_OPTIONAL &&
	       d->availability != AVAILABILITY_TRANSITIONAL;
}
