/*
 * Options come as lines KEY=VALUE in one argument, so that a request has room
 * for all of them.
 */
#include "host/control_authority.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/authority.h"
#include "host/budget.h"
#include "host/child.h"
#include "host/connection.h"
#include "host/describe.h"
#include "wire/realm.h"

static const struct actor by_operator = { NULL, SLOT_CUT_BY_OPERATOR };

/* ---- options ---- */

/* The next line of *lines as key and value, terminated in place. */
static bool option_next(char **lines, char **ret_key, char **ret_value)
{
	char *line = strsep(lines, "\n"), *equals;

	while (line && !*line)
		line = strsep(lines, "\n");
	if (!line)
		return false;
	equals = strchr(line, '=');
	*ret_key = line;
	*ret_value = equals ? equals + 1 : line + strlen(line);
	if (equals)
		*equals = 0;
	return true;
}

static bool number_read(const char *s, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(s, &end, 0);
	return !errno && *s >= '0' && *s <= '9' && !*end;
}

struct number_option {
	const char *key;
	uint64_t max;
	uint64_t *value;
};

/* NULL if it was one of @options and well. */
static const char *number_option_read(const struct number_option *options,
				      size_t n, const char *key,
				      const char *value)
{
	size_t k;

	for (k = 0; k < n; k++) {
		if (strcmp(options[k].key, key))
			continue;
		if (!number_read(value, options[k].value) ||
		    *options[k].value > options[k].max)
			return "it has a number that is none, or too large";
		return NULL;
	}
	return "it has an option that is not known; is the tool of another "
	       "version?";
}

/* ---- granting ---- */

static const char *spec_option(struct grant_spec *spec, uint64_t *ms,
			       const char *key, const char *value)
{
	struct {
		const char *key;
		const char **value;
	} texts[] = { { "from", &spec->from },
		      { "as", &spec->as },
		      { "path", &spec->path },
		      { "subdir", &spec->subdir } };
	uint64_t rights = spec->rights, uses = spec->uses;
	const struct number_option numbers[] = {
		{ "rights", UINT32_MAX, &rights },
		{ "uses", UINT32_MAX, &uses },
		{ "ms", AUTHORITY_MS_MAX, ms },
	};
	const char *why;
	size_t k;

	for (k = 0; k < N_ELEMENTS(texts); k++) {
		if (strcmp(texts[k].key, key))
			continue;
		*texts[k].value = value;
		return NULL;
	}
	if (!strcmp(key, "no-transfer") || !strcmp(key, "restart")) {
		*(*key == 'n' ? &spec->no_transfer : &spec->restart_on_revoke) =
			true;
		return NULL;
	}
	if (!strcmp(key, "type")) {
		spec->type = !strcmp(value, "directory") ? CAPABILITY_DIRECTORY
			     : !strcmp(value, "storage") ? CAPABILITY_STORAGE
							 : CAPABILITY_SERVICE;
		return NULL;
	}
	why = number_option_read(numbers, N_ELEMENTS(numbers), key, value);
	spec->rights = (uint32_t)rights;
	spec->uses = (uint32_t)uses;
	return why;
}

void verb_restore(struct control_conn *c, const char *const *argv, unsigned n)
{
	struct realm *to = control_conn_find_told(c, argv[0]);

	(void)n;
	if (!to)
		return;
	authority_restore(c->manager, &by_operator, to);
	control_conn_end(c, 0, NULL);
}

void verb_grant(struct control_conn *c, const char *const *argv, unsigned n)
{
	struct authority_refusal refusal = AUTHORITY_REFUSAL_INIT;
	struct grant_spec spec = { .name = argv[1] };
	struct realm *to = control_conn_find(c, argv[0]);
	_cleanup_free_ char *options = strdup(n > 2 ? argv[2] : "");
	_cleanup_text_ struct text t = TEXT_INIT;
	char *rest = options, *key, *value;
	const char *why = NULL;
	uint64_t ms = 0, id = 0;
	int r;

	if (!to)
		return;
	while (options && !why && option_next(&rest, &key, &value))
		why = spec_option(&spec, &ms, key, value);
	if (!options)
		why = "out of memory";
	else if (!to->parent)
		why = "the root has no parent that could give it anything";
	if (why) {
		control_conn_end(c, 2, why);
		return;
	}
	r = authority_grant(c->manager, &by_operator, to->parent, to, &spec, ms,
			    &id, &refusal);
	if (!r) {
		text_printf(&t, "{\"grant\":%llu}", (unsigned long long)id);
		control_conn_data(c, text_string(&t));
	}
	if (c->fd >= 0)
		control_conn_end(c, r ? 1 : 0,
				 r < 0 ? strerror(-r)
				 : r   ? text_string(&refusal.why)
				       : NULL);
	text_fini(&refusal.why);
}

/* ---- revoking ---- */

static void on_revoked(void *userdata, const struct revoke_report *report)
{
	struct control_conn *c = userdata;
	_cleanup_text_ struct text t = TEXT_INIT;

	text_puts(&t, "{\"report\":");
	revoke_report_json(report, &t);
	text_puts(&t, ",\"open_files\":");
	text_json(&t, text_string(&report->open_files));
	text_puts(&t, "}");
	control_conn_data(c, text_string(&t));
	if (c->fd >= 0)
		control_conn_end(
			c, report->n_unproven ? 1 : 0,
			report->n_unproven
				? "some of it could not be proven to be "
				  "dead; see reeve log"
				: NULL);
}

static bool revoke_capability(struct control_conn *c, struct revocation *v,
			      const char *const *argv, unsigned n,
			      struct text *what)
{
	struct authority_refusal refusal = AUTHORITY_REFUSAL_INIT;
	struct realm *r = control_conn_find(c, argv[1]);
	struct slot *s;

	if (!r)
		return false;
	if (n < 3) {
		control_conn_end(c, 2, "which capability?");
		return false;
	}
	if (authority_find(r, argv[2], &s, &refusal)) {
		control_conn_end(c, 1, text_string(&refusal.why));
		text_fini(&refusal.why);
		return false;
	}
	slot_render(s, what);
	revoke_slot(v, s);
	return true;
}

static bool revoke_whole(struct control_conn *c, struct revocation *v,
			 const char *const *argv, unsigned n, struct text *what)
{
	struct realm *r = control_conn_find(c, argv[1]);

	(void)n;
	if (!r)
		return false;
	text_printf(what, "all authority of %s", r->moniker);
	revoke_realm(v, r);
	return true;
}

static bool revoke_grant(struct control_conn *c, struct revocation *v,
			 const char *const *argv, unsigned n, struct text *what)
{
	struct grant *g = NULL;
	uint64_t id;

	(void)n;
	if (number_read(argv[1], &id))
		g = grant_find(&c->manager->tree, id);
	if (!g) {
		control_conn_end(c, 1,
				 "there is no such grant; see reeve "
				 "grants");
		return false;
	}
	slot_render(grant_top(g), what);
	revoke_slot(v, grant_top(g));
	return true;
}

static bool revoke_one(struct control_conn *c, struct revocation *v,
		       const char *const *argv, unsigned n, struct text *what)
{
	struct connection *k = NULL;
	uint64_t id;

	(void)n;
	if (number_read(argv[1], &id))
		k = connections_find(c->manager->connections, id);
	if (!k) {
		control_conn_end(c, 1,
				 "there is no such connection; see "
				 "reeve grants");
		return false;
	}
	text_printf(what, "connection %llu to %s", (unsigned long long)id,
		    k->capability);
	revoke_connection(v, k);
	return true;
}

void verb_revoke(struct control_conn *c, const char *const *argv, unsigned n)
{
	static const struct {
		const char *name;
		bool (*fill)(struct control_conn *c, struct revocation *v,
			     const char *const *argv, unsigned n,
			     struct text *what);
	} kinds[] = {
		{ "capability", revoke_capability },
		{ "realm", revoke_whole },
		{ "grant", revoke_grant },
		{ "connection", revoke_one },
	};
	_cleanup_text_ struct text what = TEXT_INIT;
	bool restart = !strcmp(argv[n - 1], "restart");
	struct revocation *v;
	size_t k;

	for (k = 0; k < N_ELEMENTS(kinds); k++)
		if (!strcmp(kinds[k].name, argv[0]))
			break;
	if (k == N_ELEMENTS(kinds)) {
		control_conn_end(c, 2,
				 "the manager does not know how to "
				 "revoke that");
		return;
	}
	if (revoke_new(c->manager, SLOT_CUT_BY_OPERATOR, "the operator", &v) <
	    0) {
		control_conn_end(c, 1, "out of memory");
		return;
	}
	if (!kinds[k].fill(c, v, argv, n, &what)) {
		revoke_drop(v);
		return;
	}
	revoke_begin(v, text_string(&what), restart, on_revoked, c);
}

/* ---- showing ---- */

/* Walk all that is declared, so that what is derived from what is known. */
static void link_all(struct manager *m)
{
	static const enum table_kind tables[] = { TABLE_PROGRAM_INPUT,
						  TABLE_OUTPUT };
	struct table *t;
	struct realm *r;
	size_t i, k;

	for (r = m->tree.root; r; r = realm_next(r)) {
		for (i = 0; i < N_ELEMENTS(tables); i++) {
			t = &r->tables[tables[i]];
			for (k = 0; k < t->n; k++)
				(void)route_walk_slot(&t->slots[k], r,
						      m->route);
		}
	}
}

static bool is_about(struct slot *top, const struct realm *r)
{
	struct slot *s;

	for (s = top; s; s = slot_next_derived(s, top))
		if (realm_is_below(s->holder, r))
			return true;
	return false;
}

static void send_tree(struct control_conn *c, struct slot *top)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct slot *s, *above;
	unsigned depth;

	for (s = top; s && c->fd >= 0; s = slot_next_derived(s, top)) {
		depth = 0;
		for (above = s; above != top; above = above->from)
			depth++;
		text_clear(&t);
		describe_slot(s, depth, &t);
		control_conn_data(c, text_string(&t));
	}
}

/* The slots of @r from which something begins. */
static void send_roots(struct control_conn *c, struct realm *r,
		       const struct realm *about)
{
	enum table_kind k;
	struct slot *s;
	size_t i;

	for (k = 0; k < N_TABLES; k++) {
		for (i = 0; i < r->tables[k].n; i++) {
			s = &r->tables[k].slots[i];
			if (!s->from && is_about(s, about))
				send_tree(c, s);
		}
		for (s = realm_next_added(r, k, NULL); s;
		     s = realm_next_added(r, k, s))
			if (!s->from && is_about(s, about))
				send_tree(c, s);
	}
}

void verb_grants(struct control_conn *c, const char *const *argv, unsigned n)
{
	struct realm *about =
		n ? control_conn_find(c, argv[0]) : c->manager->tree.root;
	struct realm *r;

	if (!about)
		return;
	link_all(c->manager);
	for (r = c->manager->tree.root; r && c->fd >= 0; r = realm_next(r))
		send_roots(c, r, about);
	if (c->fd >= 0)
		control_conn_end(c, 0, NULL);
}

/* What was given at run time is in no manifest. */
static int why_walk(struct realm *r, const char *name, struct route *route)
{
	const char *plain = strncmp(name, "/svc/", 5) ? name : name + 5;
	enum capability_type type;
	struct slot *s;

	for (type = 0; type < N_CAPABILITY_TYPES; type++) {
		s = realm_find_slot(r, TABLE_PROGRAM_INPUT, type, plain);
		if (s && s->grant)
			return route_walk_slot(s, r, route);
	}
	return route_walk_name(r, name, route);
}

void verb_why(struct control_conn *c, const char *const *argv, unsigned n)
{
	struct realm *r = control_conn_find(c, argv[0]);
	struct route *route = c->manager->route;
	_cleanup_text_ struct text t = TEXT_INIT;
	_cleanup_text_ struct text lines = TEXT_INIT;
	int k;

	(void)n;
	if (!r)
		return;
	if (manager_resolve(c->manager, r) < 0 || r->state != REALM_RESOLVED) {
		control_conn_end(
			c, 1, r->broken ? r->broken : "it cannot be resolved");
		return;
	}
	while ((k = why_walk(r, argv[1], route)) == ROUTE_UNRESOLVED)
		if (manager_resolve(c->manager, route->need) < 0)
			break;
	if (k < 0 || k == ROUTE_UNRESOLVED) {
		control_conn_end(c, 1, "out of memory");
		return;
	}
	route_render(route, k, &lines);
	text_puts(&t, "{\"route\":");
	route_render_json(route, k, &t);
	text_puts(&t, ",\"text\":");
	text_json(&t, text_string(&lines));
	text_puts(&t, "}");
	control_conn_data(c, text_string(&t));
	if (c->fd >= 0)
		control_conn_end(c, k == ROUTE_ENDED ? 0 : 1, NULL);
}

/* ---- children ---- */

void verb_create(struct control_conn *c, const char *const *argv, unsigned n)
{
	struct authority_refusal refusal = AUTHORITY_REFUSAL_INIT;
	struct realm *r = control_conn_find(c, argv[0]);
	_cleanup_text_ struct text moniker = TEXT_INIT;
	struct child_request q = { .name = argv[2], .url = argv[3] };
	struct instance *i;
	int k;

	(void)n;
	if (!r)
		return;
	text_printf(&moniker, "%s/%s:%s", r->parent ? r->moniker : "", argv[1],
		    argv[2]);
	control_conn_tell(c, text_string(&moniker));
	if (c->fd < 0)
		return;
	if (manager_resolve(c->manager, r) < 0 || r->state != REALM_RESOLVED ||
	    instance_get(c->manager, r, &i) < 0) {
		control_conn_end(c, 1, "its parent cannot be resolved");
		return;
	}
	q.collection = child_find_collection(r, wire_string_of(argv[1]));
	if (!q.collection) {
		control_conn_end(c, 1, "its parent has no such collection");
		return;
	}
	k = child_make(i, &by_operator, &q, &refusal);
	control_conn_end(c, k ? 1 : 0,
			 k < 0 ? strerror(-k)
			 : k   ? text_string(&refusal.why)
			       : NULL);
	text_fini(&refusal.why);
}

static void on_destroyed(void *userdata)
{
	control_conn_end(userdata, 0, NULL);
}

void verb_destroy(struct control_conn *c, const char *const *argv, unsigned n)
{
	struct realm *r = control_conn_find_told(c, argv[0]);
	int k;

	(void)n;
	if (!r)
		return;
	if (!r->collection) {
		control_conn_end(c, 1,
				 "only a child of a collection can be "
				 "destroyed; see reeve stop");
		return;
	}
	k = manager_doom(c->manager, r, on_destroyed, c);
	if (k < 0)
		control_conn_end(c, 1,
				 k == -EALREADY ? "it is being destroyed"
						: strerror(-k));
}

void verb_limit(struct control_conn *c, const char *const *argv, unsigned n)
{
	struct realm *r = control_conn_find_told(c, argv[0]);
	_cleanup_free_ char *options = strdup(argv[1]);
	char *rest = options, *key, *value;
	struct limits given;
	uint64_t v[10];
	const struct number_option numbers[] = {
		{ "memory_min", UINT64_MAX / 2, &v[0] },
		{ "memory_max", UINT64_MAX / 2, &v[1] },
		{ "cpu_share", 10000, &v[2] },
		{ "cpu_max", UINT32_MAX, &v[3] },
		{ "tasks_max", UINT32_MAX, &v[4] },
		{ "opens", UINT32_MAX, &v[5] },
		{ "connections", UINT32_MAX, &v[6] },
		{ "channels", UINT32_MAX, &v[7] },
		{ "children", UINT32_MAX, &v[8] },
		{ "requests_per_second", UINT32_MAX, &v[9] },
	};
	struct grants_limits limits;
	const char *why = options ? NULL : "out of memory";

	(void)n;
	if (!r)
		return;
	/* What is not named stays as it was given before. */
	budgets_given(c->manager, r, &given);
	memcpy(v,
	       (uint64_t[]){ given.memory_min, given.memory_max,
			     given.cpu_share, given.cpu_max, given.tasks_max,
			     given.opens, given.connections, given.channels,
			     given.children, given.requests_per_second },
	       sizeof(v));
	while (options && !why && option_next(&rest, &key, &value))
		why = number_option_read(numbers, N_ELEMENTS(numbers), key,
					 value);
	if (why) {
		control_conn_end(c, 2, why);
		return;
	}
	limits = (struct grants_limits){
		.memory_min = v[0],
		.memory_max = v[1],
		.cpu_share = (uint32_t)v[2],
		.cpu_max = (uint32_t)v[3],
		.tasks_max = (uint32_t)v[4],
		.opens = (uint32_t)v[5],
		.connections = (uint32_t)v[6],
		.channels = (uint32_t)v[7],
		.children = (uint32_t)v[8],
		.requests_per_second = (uint32_t)v[9],
	};
	why = child_set_limits(c->manager, r, &limits);
	control_conn_end(c, why ? 1 : 0, why);
}
