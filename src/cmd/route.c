/* reeve route: the hops of a capability, or the one that does not hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/offline.h"

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

static int route_one(struct offline *o, struct realm *r, const char *name,
		     bool json)
{
	struct route *route = calloc(1, sizeof(*route));
	int k, status;

	if (!route)
		return cmd_fail("out of memory");
	while ((k = route_walk_name(r, name, route)) == ROUTE_UNRESOLVED)
		if (resolver_resolve(&o->resolver, route->need, &o->report) < 0)
			break;
	if (k < 0 || k == ROUTE_UNRESOLVED)
		status = cmd_fail("%s", k < 0 ? strerror(-k) : "out of memory");
	else
		status = k == ROUTE_ENDED ? EXIT_DONE : EXIT_NOT;
	if (k == ROUTE_ENDED || k == ROUTE_BROKEN)
		print_route(route, k, name, json);
	route_fini(route);
	free(route);
	return status;
}

static int route_all(struct offline *o, struct realm *r, bool json)
{
	static const enum decl_kind kinds[] = { DECL_USE, DECL_EXPOSE };
	struct route *route = calloc(1, sizeof(*route));
	const struct manifest *m = r->manifest;
	int k, status = EXIT_DONE;
	size_t i, j;

	if (!route)
		return cmd_fail("out of memory");
	for (i = 0; i < N_ELEMENTS(kinds); i++) {
		for (j = 0; j < m->n_decls[kinds[i]]; j++) {
			k = offline_route(o, r, &m->decls[kinds[i]][j], route);
			if (k < 0) {
				status = cmd_fail("%s", strerror(-k));
				break;
			}
			print_route(route, k,
				    m->decls[kinds[i]][j].target_name, json);
			if (k != ROUTE_ENDED)
				status = EXIT_NOT;
		}
	}
	route_fini(route);
	free(route);
	return status;
}

/* No such component: in the form of a broken route, for scripts. */
static int no_such_realm(struct offline *o, const char *moniker, bool json)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	report_sort(&o->report);
	report_render(&o->report, &t);
	cmd_print_error(&t);
	if (!json)
		return cmd_fail("there is no component %s in this tree; see "
				"reeve tree %s",
				moniker, o->tree.root->url);
	text_puts(&t, "{\"verdict\":\"failed\",\"hops\":[],\"error\":"
		      "{\"moniker\":");
	text_json(&t, moniker);
	text_puts(&t, ",\"file\":");
	text_json(&t, o->tree.root->url);
	text_puts(&t, ",\"line\":0,\"column\":0,\"rule\":"
		      "\"instance-not-found\",\"text\":\"there is no such "
		      "component in this tree\",\"status\":\"NOT_FOUND\"}}\n");
	cmd_print(&t);
	return EXIT_NOT;
}

int cmd_route(int argc, char **argv)
{
	struct cmd_options options;
	_cleanup_text_ struct text t = TEXT_INIT;
	struct offline o;
	struct realm *realm;
	int r;

	r = cmd_options(&argc, argv, "pj", &options);
	if (r >= 0)
		return r;
	if (argc < 3 || argc > 4)
		return cmd_usage(argv[0], "name a root manifest, a moniker and "
				 "at most one capability");
	if (!offline_init(&o, argv[1], &options))
		return cmd_fail("out of memory");
	realm = offline_find(&o, argv[2]);
	if (!realm || realm->state != REALM_RESOLVED) {
		if (realm && realm->broken && !options.json)
			r = cmd_fail("%s cannot be resolved: %s", argv[2],
				     realm->broken);
		else
			r = no_such_realm(&o, argv[2], options.json);
	} else {
		r = argc == 4 ? route_one(&o, realm, argv[3], options.json) :
				route_all(&o, realm, options.json);
		report_sort(&o.report);
		report_render(&o.report, &t);
		cmd_print_error(&t);
	}
	offline_fini(&o);
	return r;
}
