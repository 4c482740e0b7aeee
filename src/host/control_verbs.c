/*
 * The requests: list, show, start, stop, log. Monikers may be given by a unique
 * beginning ("/sh" for /shop) or ending ("web" for /shop/web); what is ambiguous
 * is answered with the choices.
 */
#include "host/control_verbs.h"

#include <string.h>

#include "host/describe.h"
#include "host/instance.h"

/* ---- finding realms ---- */

static bool moniker_ends_in(const char *moniker, const char *name)
{
	size_t n = strlen(moniker), k = strlen(name);

	return k && n > k && !strcmp(moniker + n - k, name) &&
	       (moniker[n - k - 1] == '/' || moniker[n - k - 1] == ':');
}

static bool moniker_begins_with(const char *moniker, const char *name)
{
	return name[0] && name[1] && !strncmp(moniker, name, strlen(name));
}

typedef bool (*moniker_match_fn)(const char *moniker, const char *name);

/* How many match; the last of them, and all their monikers. */
static size_t conn_match(const struct control_conn *c, const char *name,
			 moniker_match_fn matches, struct realm **ret,
			 struct text *ret_names)
{
	struct realm *r;
	size_t n = 0;

	for (r = c->manager->tree.root; r; r = realm_next(r)) {
		if (!matches(r->moniker, name))
			continue;
		text_printf(ret_names, "%s%s", n++ ? ", " : "", r->moniker);
		*ret = r;
	}
	return n;
}

/* A whole moniker, else a unique ending or, after a slash, beginning. Ends the
 * connection if there is none. */
static struct realm *conn_find(struct control_conn *c, const char *name)
{
	struct realm *r = manager_find(c->manager, name);
	_cleanup_text_ struct text names = TEXT_INIT;
	_cleanup_text_ struct text why = TEXT_INIT;
	size_t n;

	if (r)
		return r;
	n = conn_match(c, name,
		       *name == '/' ? moniker_begins_with : moniker_ends_in,
		       &r, &names);
	if (n == 1)
		return r;
	if (n)
		text_printf(&why, "\"%s\" could be any of %s", name,
			    text_string(&names));
	else
		text_printf(&why, "there is no component \"%s\" in this tree; "
			    "see reeve list", name);
	control_conn_end(c, 4, text_string(&why));
	return NULL;
}

/* ---- the verbs ---- */

static void verb_list(struct control_conn *c, const char *const *argv,
		      unsigned n)
{
	struct realm *r;
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)argv;
	(void)n;
	for (r = c->manager->tree.root; r && c->fd >= 0;
	     r = realm_next(r)) {
		text_clear(&t);
		describe_brief(r, &t);
		control_conn_data(c, text_string(&t));
	}
	if (c->fd >= 0)
		control_conn_end(c, 0, NULL);
}

static void verb_show(struct control_conn *c, const char *const *argv,
		      unsigned n)
{
	struct realm *r = conn_find(c, argv[0]);
	_cleanup_text_ struct text t = TEXT_INIT;

	if (!r)
		return;
	if (manager_resolve(c->manager, r) < 0) {
		control_conn_end(c, 1, "out of memory");
		return;
	}
	describe_full(c->manager, r, n > 1 && !strcmp(argv[1], "plan"), &t);
	control_conn_data(c, text_string(&t));
	if (c->fd >= 0)
		control_conn_end(c, 0, NULL);
}

static void verb_start(struct control_conn *c, const char *const *argv,
		       unsigned n)
{
	struct realm *r = conn_find(c, argv[0]);
	struct instance *i;

	(void)n;
	if (!r)
		return;
	if (manager_resolve(c->manager, r) < 0 || r->state != REALM_RESOLVED ||
	    instance_get(c->manager, r, &i) < 0) {
		control_conn_end(c, 1, r->broken ? r->broken :
						   "it cannot be resolved");
		return;
	}
	if (!r->manifest->program) {
		control_conn_end(c, 1, "it has no program; its children can be "
				 "started");
		return;
	}
	/* Whoever asks by hand need not wait for the end of a back-off. */
	if (i->state == LIFE_BACKOFF)
		instance_event(i, LIFE_ASKED, NULL);
	manager_start(c->manager, i, "the operator asked for it", false);
	control_conn_end(c, 0, NULL);
}

static void verb_stop(struct control_conn *c, const char *const *argv,
		      unsigned n)
{
	struct realm *r = conn_find(c, argv[0]);
	struct instance *i;

	(void)n;
	if (!r)
		return;
	i = instance_of(r);
	if (!i || !instance_is_alive(i)) {
		_cleanup_text_ struct text t = TEXT_INIT;

		text_printf(&t, "%s is not running", r->moniker);
		control_conn_end(c, 3, text_string(&t));
		return;
	}
	instance_event(i, LIFE_ASKED, NULL);
	control_conn_end(c, 0, NULL);
}

static void send_entry(struct control_conn *c, const struct journal_entry *e)
{
	_cleanup_text_ struct text json = TEXT_INIT;

	journal_render_json(e, &json);
	if (!text_is_failed(&json))
		control_conn_data(c, text_string(&json));
}

static bool on_kept(void *userdata, const struct journal_entry *e)
{
	struct control_conn *c = userdata;

	send_entry(c, e);
	return c->fd >= 0;
}

static void on_entry(struct journal_listener *l, const struct journal_entry *e)
{
	struct control_conn *c = container_of(l, struct control_conn, listener);

	if (*c->moniker && !moniker_is_below(e->moniker, c->moniker))
		return;
	send_entry(c, e);
}

/* log [MONIKER|"" [N|"" [follow]]]: the last N, or all. */
static void verb_log(struct control_conn *c, const char *const *argv,
		     unsigned n)
{
	struct realm *r;
	size_t last = 0;
	const char *s;

	if (n > 0 && *argv[0]) {
		r = conn_find(c, argv[0]);
		if (!r)
			return;
		strncpy(c->moniker, r->moniker, sizeof(c->moniker) - 1);
	}
	for (s = n > 1 ? argv[1] : ""; *s >= '0' && *s <= '9'; s++)
		if (last < JOURNAL_KEPT)
			last = last * 10 + (size_t)(*s - '0');
	if (last || n < 2 || !*argv[1])
		journal_each(c->manager->journal,
			     *c->moniker ? c->moniker : NULL, last, on_kept, c);
	if (c->fd < 0)
		return;
	if (n < 3) {
		control_conn_end(c, 0, NULL);
		return;
	}
	c->listener.on_entry = on_entry;
	journal_listen(c->manager->journal, &c->listener);
}

static void verb_status(struct control_conn *c, const char *const *argv,
			unsigned n)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)argv;
	(void)n;
	describe_manager(c->manager, &t);
	control_conn_data(c, text_string(&t));
	if (c->fd >= 0)
		control_conn_end(c, 0, NULL);
}

static const struct control_verb verbs[] = {
	{ "list", 0, 0, false, verb_list },
	{ "log", 0, 3, false, verb_log },
	{ "show", 1, 2, false, verb_show },
	{ "start", 1, 1, true, verb_start },
	{ "status", 0, 0, false, verb_status },
	{ "stop", 1, 1, true, verb_stop },
};

const struct control_verb *control_verb_find(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(verbs); i++)
		if (strlen(verbs[i].name) == n &&
		    !memcmp(verbs[i].name, name, n))
			return &verbs[i];
	return NULL;
}
