/* Uses are sorted under their fields first, so that a manifest of any size is
 * gone through once. */
#include "host/configuration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "manifest/config.h"
#include "route/route.h"

/* What a field has. */
struct value {
	const char *json; /* lives as long as the tree */
	const char *from; /* the moniker of who declares it, or "default" */
};

static int route_live(void *userdata, struct realm *r, const struct decl *use,
		      struct route *route)
{
	return manager_route(userdata, r, use, route);
}

struct configuration_router configuration_router_of(struct manager *m)
{
	return (struct configuration_router){ .route = route_live,
					      .userdata = m,
					      .room = m->route };
}

/* By field: the use that fills it, or NULL. */
static const struct decl **uses_of(const struct manifest *m)
{
	const struct decl **uses = calloc(m->n_config, sizeof(*uses)), *use;
	const struct config_field *field;
	size_t i;

	for (i = 0; uses && i < m->n_decls[DECL_USE]; i++) {
		use = &m->decls[DECL_USE][i];
		if (use->type != CAPABILITY_CONFIG)
			continue;
		field = manifest_config_field(m, use->config_key);
		if (field)
			uses[field - m->config] = use;
	}
	return uses;
}

/* The value of the field @key, which @use fills. */
static int value_find(const struct configuration_router *router,
		      struct realm *r, const char *key, const struct decl *use,
		      struct value *ret, struct text *ret_why)
{
	const struct route *route = router->room;
	int k;

	if (!use) {
		text_printf(ret_why,
			    "nothing gives its configuration field \"%s\" a "
			    "value: add a use of type config with \"key\": "
			    "\"%s\"",
			    key, key);
		return CONFIGURATION_INVALID;
	}
	k = router->route(router->userdata, r, use, router->room);
	if (k < 0)
		return k;
	if (!k && route->source == ROUTE_SOURCE_DECLARATION &&
	    route->declaration->value) {
		*ret = (struct value){ route->declaration->value,
				       route->realm->moniker };
		return 0;
	}
	if (!k && route->source == ROUTE_SOURCE_VOID && use->value) {
		*ret = (struct value){ use->value, "default" };
		return 0;
	}
	text_printf(ret_why,
		    "its configuration field \"%s\" has no value: ", key);
	if (k)
		text_puts(ret_why, text_string(&route->why.text));
	else
		text_printf(ret_why,
			    "\"%s\" comes from \"void\", and the use has no "
			    "\"default\"",
			    use->name);
	return CONFIGURATION_INVALID;
}

int configuration_gather(const struct configuration_router *router,
			 struct realm *r, struct text *ret,
			 struct text *ret_why)
{
	_cleanup_free_ const struct decl **uses = NULL;
	const struct manifest *m = r->manifest;
	struct value value;
	size_t i;
	int k;

	if (!m->n_config)
		return 0;
	uses = uses_of(m);
	if (!uses)
		return -ENOMEM;
	for (i = 0; i < m->n_config; i++) {
		k = value_find(router, r, m->config[i].key, uses[i], &value,
			       ret_why);
		if (k)
			return k;
		text_printf(ret, "%s\"%s\":%s", i ? "," : "{", m->config[i].key,
			    value.json);
	}
	text_puts(ret, "}");
	return text_is_failed(ret) ? -ENOMEM : 0;
}

static void field_render(const struct configuration_router *router,
			 struct realm *r, const struct config_field *field,
			 const struct decl *use, struct text *t)
{
	_cleanup_text_ struct text type = TEXT_INIT, why = TEXT_INIT;
	struct value value = { "null", NULL };
	int k;

	k = value_find(router, r, field->key, use, &value, &why);
	if (k < 0)
		text_puts(&why, strerror(-k));
	config_type_render(&field->type, &type);
	text_printf(t, "{\"key\":\"%s\",\"type\":\"%s\",\"value\":%s,\"from\":",
		    field->key, text_string(&type), value.json);
	if (value.from)
		text_json(t, value.from);
	else
		text_puts(t, "null");
	text_puts(t, ",\"error\":");
	if (k)
		text_json(t, text_string(&why));
	else
		text_puts(t, "null");
	text_puts(t, "}");
}

void configuration_render_json(const struct configuration_router *router,
			       struct realm *r, struct text *t)
{
	_cleanup_free_ const struct decl **uses = NULL;
	const struct manifest *m = r->manifest;
	size_t i;

	if (!m || !m->n_config)
		return;
	uses = uses_of(m);
	if (!uses) {
		t->failed = true;
		return;
	}
	text_puts(t, ",\"config\":[");
	for (i = 0; i < m->n_config; i++) {
		text_puts(t, i ? "," : "");
		field_render(router, r, &m->config[i], uses[i], t);
	}
	text_puts(t, "]");
}
