/* reeve route: the hops of a capability, or the one that does not hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/offline.h"
#include "reeve/status.h"
#include "route/why.h"

static void print_route(const struct route *route, int verdict,
			const char *what, bool json)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	if (json) {
		route_render_json(route, verdict, &t);
		text_puts(&t, "\n");
	} else {
		text_printf(&t, "%s: %s\n", what,
			    verdict == ROUTE_ENDED ? "routed" : "broken");
		route_render(route, verdict, &t);
	}
	cmd_print(&t);
}

/* What a route needs and prints, one after the other. */
struct show {
	struct offline *offline;
	struct realm *realm;
	bool json;
	struct route *route;
	int status;
};

/* Walk to one instance of @d, or with NULL to what it leads to. */
static int show_walk(struct show *s, const struct decl *d, const char *instance)
{
	int k;

	while ((k = route_walk_instance(s->realm, d, instance, s->route)) ==
	       ROUTE_UNRESOLVED) {
		k = resolver_resolve(&s->offline->resolver, s->route->need,
				     &s->offline->report);
		if (k < 0)
			return k;
	}
	return k;
}

static void show_print(struct show *s, int verdict, const char *what)
{
	if (verdict < 0) {
		s->status = cmd_fail("%s", strerror(-verdict));
		return;
	}
	print_route(s->route, verdict, what, s->json);
	if (verdict != ROUTE_ENDED)
		s->status = EXIT_NOT;
}

/* Each of what a service is put together from: s->route lists them. */
static void show_instances(struct show *s, const struct decl *d,
			   const char *name)
{
	_cleanup_text_ struct text names = TEXT_INIT, what = TEXT_INIT;
	size_t n = s->route->n_instances, i;
	const char *instance;

	text_append(&names, s->route->instances.bytes, s->route->instances.n);
	instance = text_string(&names);
	for (i = 0; i < n; i++, instance += strlen(instance) + 1) {
		text_clear(&what);
		text_printf(&what, "%s/%s", name, instance);
		show_print(s, show_walk(s, d, instance), text_string(&what));
	}
}

static void show_decl(struct show *s, const struct decl *d, const char *name)
{
	int k = show_walk(s, d, NULL);

	show_print(s, k, name);
	if (k == ROUTE_ENDED && s->route->source == ROUTE_SOURCE_AGGREGATE)
		show_instances(s, d, name);
}

static void show_named(struct show *s, const char *name)
{
	int k = route_walk_name(s->realm, name, s->route);

	if (k < 0 || !s->route->n_hops)
		show_print(s, k, name);
	else
		show_decl(s, s->route->hops[0].decl, name);
}

static void show_all(struct show *s)
{
	static const enum decl_kind kinds[] = { DECL_USE, DECL_EXPOSE };
	const struct manifest *m = s->realm->manifest;
	size_t i, j;

	if (!m->n_decls[DECL_USE] && !m->n_decls[DECL_EXPOSE])
		fprintf(stderr, "%s uses and exposes nothing\n",
			s->realm->moniker);
	for (i = 0; i < N_ELEMENTS(kinds); i++)
		for (j = 0; j < m->n_decls[kinds[i]]; j++)
			show_decl(s, &m->decls[kinds[i]][j],
				  m->decls[kinds[i]][j].target_name);
}

/* @name may be NULL: all that it uses and exposes. */
static int route_show(struct offline *o, struct realm *r, const char *name,
		      bool json)
{
	struct show s = { .offline = o,
			  .realm = r,
			  .json = json,
			  .route = calloc(1, sizeof(*s.route)) };

	if (!s.route)
		return cmd_fail("out of memory");
	if (name)
		show_named(&s, name);
	else
		show_all(&s);
	route_fini(s.route);
	free(s.route);
	return s.status;
}

int cmd_route(int argc, char **argv)
{
	struct cmd_options options;
	_cleanup_text_ struct text t = TEXT_INIT;
	struct offline o;
	struct realm *realm;
	int r;

	r = cmd_options(&argc, argv, "pIj", &options);
	if (r >= 0)
		return r;
	if (argc < 3 || argc > 4)
		return cmd_usage(argv[0], "name a root manifest, a moniker and "
					  "at most one capability");
	if (!offline_init(&o, argv[1], &options))
		return cmd_fail("out of memory");
	realm = offline_find(&o, argv[2]);
	if (!realm || realm->state != REALM_RESOLVED) {
		r = offline_no_such_realm(&o, argv[2], options.json);
	} else {
		r = route_show(&o, realm, argv[3], options.json);
		report_sort(&o.report);
		report_render(&o.report, &t);
		cmd_print_error(&t);
	}
	offline_fini(&o);
	return r;
}
