/*
 * Acts of giving and taking back, and of what a parent does with its children
 * beyond making them.
 *
 * A grant is written as words: TYPE NAME [from=F] [as=A] [path=P] [rights=rw]
 * [subdir=S] [ms=N] [uses=N] [no-transfer] [restart].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reeve/grant.h>

#include "actor.h"

enum { OFFERS_MAX = 40 };

static struct reeve_channel *realm_of(struct actor *a)
{
	int e;

	if (a->grants)
		return a->grants;
	e = reeve_open(a->r, "/svc/reeve.Realm", &a->grants);
	if (e)
		say("reeve.Realm", e);
	return a->grants;
}

static void say_refused(struct actor *a, const char *what, int e)
{
	if (e > 0)
		printf("%s: %s: %s\n", what, reeve_realm_error_name(e),
		       a->grants ? reeve_realm_why(a->grants) : "");
	else
		say(what, e);
}

static struct reeve_child child_of(char *const *o)
{
	return (struct reeve_child){ strcmp(o[0], "-") ? o[0] : NULL, o[1] };
}

/* ---- words ---- */

static bool is_key(char *word, const char *key, const char **ret)
{
	size_t n = strlen(key);

	if (strncmp(word, key, n) || word[n] != '=')
		return false;
	*ret = word + n + 1;
	return true;
}

static uint32_t rights_of(const char *word)
{
	return (strchr(word, 'r') ? REEVE_RIGHT_READABLE : 0) |
	       (strchr(word, 'w') ? REEVE_RIGHT_WRITABLE : 0) |
	       (strchr(word, 'x') ? REEVE_RIGHT_EXECUTABLE : 0);
}

/* Its strings are pieces of @text. */
static void spec_read(char *text, struct reeve_grant_spec *ret)
{
	static const char *const types[] = {
		[REEVE_CAPABILITY_SERVICE] = "service",
		[REEVE_CAPABILITY_DIRECTORY] = "directory",
		[REEVE_CAPABILITY_STORAGE] = "storage",
	};
	const char *value;
	char *word;
	unsigned k;

	*ret = (struct reeve_grant_spec){ 0 };
	word = strsep(&text, " ");
	for (k = 1; word && k < sizeof(types) / sizeof(*types); k++)
		if (!strcmp(word, types[k]))
			ret->type = k;
	ret->name = strsep(&text, " ");
	while ((word = strsep(&text, " "))) {
		if (is_key(word, "rights", &value))
			ret->rights = rights_of(value);
		if (is_key(word, "ms", &value))
			ret->expires_ms = strtoull(value, NULL, 10);
		if (is_key(word, "uses", &value))
			ret->uses = (uint32_t)strtoul(value, NULL, 10);
		(void)(is_key(word, "from", &ret->from) ||
		       is_key(word, "as", &ret->as) ||
		       is_key(word, "path", &ret->path) ||
		       is_key(word, "subdir", &ret->subdir));
		ret->no_transfer |= !strcmp(word, "no-transfer");
		ret->restart_on_revoke |= !strcmp(word, "restart");
	}
}

/* "memory_max=67108864 tasks_max=8" */
static void limits_read(char *text, struct reeve_limits *ret)
{
	const char *value;
	char *word;

	*ret = (struct reeve_limits){ 0 };
	while ((word = strsep(&text, " "))) {
		if (is_key(word, "memory_min", &value))
			ret->memory_min = strtoull(value, NULL, 10);
		if (is_key(word, "memory_max", &value))
			ret->memory_max = strtoull(value, NULL, 10);
		if (is_key(word, "tasks_max", &value))
			ret->tasks_max = (uint32_t)strtoul(value, NULL, 10);
		if (is_key(word, "connections", &value))
			ret->connections = (uint32_t)strtoul(value, NULL, 10);
		if (is_key(word, "opens", &value))
			ret->opens = (uint32_t)strtoul(value, NULL, 10);
	}
}

/* ---- giving ---- */

/* grant COLLECTION|- CHILD SPEC */
void act_grant(struct actor *a, char *const *o)
{
	struct reeve_child child = child_of(o);
	struct reeve_grant_spec spec;
	char text[4096];
	uint64_t id;
	int e;

	snprintf(text, sizeof(text), "%s", o[2]);
	spec_read(text, &spec);
	e = reeve_grant(realm_of(a), &child, &spec, TIMEOUT_MS, &id);
	e ? say_refused(a, "grant", e)
	  : (void)printf("granted %llu\n", (unsigned long long)id);
}

/* grant-many N COLLECTION CHILD SPEC: as=NAME1 to as=NAMEn */
void act_grant_many(struct actor *a, char *const *o)
{
	long n = strtol(o[0], NULL, 10), i;
	struct reeve_child child = child_of(o + 1);
	struct reeve_grant_spec spec;
	char text[4096], as[64];
	uint64_t id;
	int e = 0;

	snprintf(text, sizeof(text), "%s", o[3]);
	spec_read(text, &spec);
	spec.as = as;
	for (i = 0; i < n && !e; i++) {
		snprintf(as, sizeof(as), "n%ld", i);
		e = reeve_grant(realm_of(a), &child, &spec, TIMEOUT_MS, &id);
	}
	if (e)
		say_refused(a, "grant-many", e);
	printf("granted %ld of %ld\n", e ? i - 1 : i, n);
}

/* derive SPEC */
void act_derive(struct actor *a, char *const *o)
{
	struct reeve_grant_spec spec;
	char text[4096];
	uint64_t id;
	int e;

	snprintf(text, sizeof(text), "%s", o[0]);
	spec_read(text, &spec);
	e = reeve_derive(realm_of(a), &spec, TIMEOUT_MS, &id);
	e ? say_refused(a, "derive", e)
	  : (void)printf("derived %llu\n", (unsigned long long)id);
}

static int print_grant(void *userdata, const struct reeve_grant_info *g)
{
	size_t *n = userdata;

	++*n;
	printf("grant %llu to %s: %s as %s, rights %u, uses %d, "
	       "%u connections, %u derived%s\n",
	       (unsigned long long)g->id, *g->child ? g->child : "-", g->name,
	       g->as, g->rights, (int)g->uses_left, g->n_connections,
	       g->n_derived, g->expires_in_ms ? ", expires" : "");
	return 0;
}

void act_grants(struct actor *a, char *const *o)
{
	size_t n = 0;
	int e = reeve_list_grants(realm_of(a), TIMEOUT_MS, print_grant, &n);

	(void)o;
	if (e)
		say_refused(a, "grants", e);
	printf("%zu grants\n", n);
}

/* Of many, only that they are as many as they should be, and in order. */
struct counting {
	size_t n;
	uint64_t last;
	bool is_rising;
};

static int count_grant(void *userdata, const struct reeve_grant_info *g)
{
	struct counting *c = userdata;

	c->is_rising &= g->id > c->last;
	c->last = g->id;
	c->n++;
	return 0;
}

void act_count_grants(struct actor *a, char *const *o)
{
	struct counting c = { .is_rising = true };
	int e = reeve_list_grants(realm_of(a), TIMEOUT_MS, count_grant, &c);

	(void)o;
	if (e)
		say_refused(a, "grants", e);
	printf("%zu grants%s\n", c.n, c.is_rising ? "" : ", in no order");
}

/* ---- taking back ---- */

static void say_revoked(struct actor *a, int e,
			const struct reeve_revoke_report *report)
{
	if (e)
		say_refused(a, "revoke", e);
	else
		printf("revoked: %u connections, %u slots, %u killed, "
		       "%u files\n",
		       report->n_connections, report->n_slots, report->n_killed,
		       report->n_open_files);
}

static uint32_t flags_of(const char *word)
{
	return !strcmp(word, "restart") ? REEVE_REVOKE_RESTART : 0;
}

/* revoke ID [restart] */
void act_revoke(struct actor *a, char *const *o)
{
	struct reeve_revoke_report report;

	say_revoked(a,
		    reeve_revoke(realm_of(a), strtoull(o[0], NULL, 10),
				 flags_of(o[1]), TIMEOUT_MS, &report),
		    &report);
}

/* revoke-name COLLECTION|- CHILD NAME [restart] */
void act_revoke_name(struct actor *a, char *const *o)
{
	struct reeve_child child = child_of(o);
	struct reeve_revoke_report report;

	say_revoked(a,
		    reeve_revoke_name(realm_of(a), &child, o[2], flags_of(o[3]),
				      TIMEOUT_MS, &report),
		    &report);
}

/* revoke-child COLLECTION|- CHILD [restart] */
void act_revoke_child(struct actor *a, char *const *o)
{
	struct reeve_child child = child_of(o);
	struct reeve_revoke_report report;

	say_revoked(a,
		    reeve_revoke_child(realm_of(a), &child, flags_of(o[2]),
				       TIMEOUT_MS, &report),
		    &report);
}

/* cut ID: of a connection */
void act_cut(struct actor *a, char *const *o)
{
	struct reeve_revoke_report report;

	say_revoked(a,
		    reeve_close_connection(realm_of(a),
					   strtoull(o[0], NULL, 10), 0,
					   TIMEOUT_MS, &report),
		    &report);
}

/* ---- children ---- */

/* create-with COLLECTION NAME URL PARTS: "eager", "limit WORDS", "offer SPEC",
 * with semicolons between them */
void act_create_with(struct actor *a, char *const *o)
{
	struct reeve_grant_spec offers[OFFERS_MAX];
	struct reeve_child_options options = { .url = o[2], .offers = offers };
	struct reeve_child child = child_of(o);
	char text[4096], *rest = text, *part;
	int e;

	snprintf(text, sizeof(text), "%s", o[3]);
	while ((part = strsep(&rest, ";"))) {
		options.is_eager |= !strcmp(part, "eager");
		if (!strncmp(part, "limit ", 6))
			limits_read(part + 6, &options.limits);
		if (!strncmp(part, "offer ", 6) &&
		    options.n_offers < OFFERS_MAX)
			spec_read(part + 6, &offers[options.n_offers++]);
	}
	e = reeve_create_child_with(realm_of(a), &child, &options, TIMEOUT_MS);
	e ? say_refused(a, "create", e) : (void)printf("created %s\n", o[1]);
}

void act_start_child(struct actor *a, char *const *o)
{
	struct reeve_child child = child_of(o);
	int e = reeve_start_child(realm_of(a), &child, TIMEOUT_MS);

	e ? say_refused(a, "start", e) : (void)printf("started %s\n", o[1]);
}

void act_stop_child(struct actor *a, char *const *o)
{
	struct reeve_child child = child_of(o);
	int e = reeve_stop_child(realm_of(a), &child, TIMEOUT_MS);

	e ? say_refused(a, "stop", e) : (void)printf("stopped %s\n", o[1]);
}

/* limit COLLECTION|- CHILD WORDS */
void act_limit(struct actor *a, char *const *o)
{
	struct reeve_child child = child_of(o);
	struct reeve_limits limits;
	char text[1024];
	int e;

	snprintf(text, sizeof(text), "%s", o[2]);
	limits_read(text, &limits);
	e = reeve_set_limits(realm_of(a), &child, &limits, TIMEOUT_MS);
	e ? say_refused(a, "limit", e) : (void)printf("limited %s\n", o[1]);
}

void act_usage(struct actor *a, char *const *o)
{
	struct reeve_child child = child_of(o);
	struct reeve_usage u;
	int e = reeve_get_usage(realm_of(a), &child, TIMEOUT_MS, &u);

	if (e)
		say_refused(a, "usage", e);
	else
		printf("usage: memory %llu of %llu, tasks %u of %u, "
		       "%u connections, %u refused, cpu %llu\n",
		       (unsigned long long)u.memory_bytes,
		       (unsigned long long)u.memory_max_bytes, u.tasks,
		       u.tasks_max, u.connections, u.refused,
		       (unsigned long long)u.cpu_us);
}
