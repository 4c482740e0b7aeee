/*
 * The requests about components: list, show, start, stop, log and so on; those
 * about authority are in control_authority.c. Monikers may be given by a unique
 * beginning ("/sh" for /shop) or ending ("web" for /shop/web); what is
 * ambiguous is answered with the choices.
 */
#include "host/control_verbs.h"

#include <string.h>

#include "channel/channel.h"
#include "host/child.h"
#include "host/control_audit.h"
#include "host/control_authority.h"
#include "host/control_call.h"
#include "host/describe.h"
#include "host/guest.h"
#include "host/instance.h"
#include "host/restart.h"
#include "host/run.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"
#include "wire/processes.h"

/* As many realms are looked at for one that was perhaps meant. */
enum { NEAR_MAX = 1024 };

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

/* What was perhaps meant: a moniker, or the last part of one. NULL: nothing is
 * near. */
static const char *moniker_near(const struct control_conn *c, const char *name)
{
	const char *candidates[NEAR_MAX];
	struct realm *r;
	size_t n = 0;

	for (r = c->manager->tree.root; r && n < NEAR_MAX; r = realm_next(r))
		if (*name == '/' || r->parent)
			candidates[n++] = *name == '/' ? r->moniker : r->name;
	return text_nearest(name, candidates, n);
}

/* A whole moniker, else a unique ending or, after a slash, beginning. Ends the
 * connection if there is none. */
struct realm *control_conn_find(struct control_conn *c, const char *name)
{
	struct realm *r = manager_find(c->manager, name);
	_cleanup_text_ struct text names = TEXT_INIT;
	_cleanup_text_ struct text why = TEXT_INIT;
	const char *near;
	size_t n;

	if (r)
		return r;
	n = conn_match(c, name,
		       *name == '/' ? moniker_begins_with : moniker_ends_in, &r,
		       &names);
	if (n == 1)
		return r;
	near = n ? NULL : moniker_near(c, name);
	if (n)
		text_printf(&why, "\"%s\" could be any of %s", name,
			    text_string(&names));
	else
		text_printf(&why,
			    "there is no component \"%s\" in this tree%s"
			    "%s%s; see reeve list",
			    name, near ? " (did you mean " : "",
			    near ? near : "", near ? "?)" : "");
	control_conn_end(c, 4, text_string(&why));
	return NULL;
}

void control_conn_tell(struct control_conn *c, const char *moniker)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_puts(&t, "{\"moniker\":");
	text_json(&t, moniker);
	text_puts(&t, "}");
	control_conn_data(c, text_string(&t));
}

struct realm *control_conn_find_told(struct control_conn *c, const char *name)
{
	struct realm *r = control_conn_find(c, name);

	if (r)
		control_conn_tell(c, r->moniker);
	return c->fd >= 0 ? r : NULL;
}

/* ---- the verbs ---- */

static void verb_list(struct control_conn *c, const char *const *argv,
		      unsigned n)
{
	struct realm *r;
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)argv;
	(void)n;
	for (r = c->manager->tree.root; r && c->fd >= 0; r = realm_next(r)) {
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
	struct realm *r = control_conn_find(c, argv[0]);
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

static void start_realm(struct control_conn *c, struct realm *r)
{
	const char *why =
		child_start(c->manager, r, "the operator asked for it", true);

	control_conn_end(c, why ? 1 : 0, why);
}

static void verb_start(struct control_conn *c, const char *const *argv,
		       unsigned n)
{
	struct realm *r = control_conn_find_told(c, argv[0]);

	(void)n;
	if (r)
		start_realm(c, r);
}

/* Stopped and started again, or only started. */
static void verb_restart(struct control_conn *c, const char *const *argv,
			 unsigned n)
{
	struct realm *r = control_conn_find_told(c, argv[0]);
	struct instance *i = r ? instance_of(r) : NULL;

	(void)n;
	if (!r)
		return;
	if (!i || !restart_instance(i, "the operator asked for a restart")) {
		start_realm(c, r);
		return;
	}
	control_conn_end(c, 0, NULL);
}

static void verb_stop(struct control_conn *c, const char *const *argv,
		      unsigned n)
{
	struct realm *r = control_conn_find_told(c, argv[0]);
	struct instance *i;

	(void)n;
	if (!r)
		return;
	i = instance_of(r);
	if (!i || (!instance_is_alive(i) && !restart_is_coming(i))) {
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

static bool entry_is_wanted(const struct control_conn *c,
			    const struct journal_entry *e)
{
	return !c->wants_audit || journal_is_audit(e->kind);
}

struct kept {
	struct control_conn *c;
	size_t n, skip; /* of those that are wanted */
};

static bool count_kept(void *userdata, const struct journal_entry *e)
{
	struct kept *k = userdata;

	k->n += entry_is_wanted(k->c, e);
	return true;
}

static bool on_kept(void *userdata, const struct journal_entry *e)
{
	struct kept *k = userdata;

	if (!entry_is_wanted(k->c, e))
		return true;
	if (k->skip)
		k->skip--;
	else
		send_entry(k->c, e);
	return k->c->fd >= 0;
}

static void on_entry(struct journal_listener *l, const struct journal_entry *e)
{
	struct control_conn *c = container_of(l, struct control_conn, listener);

	if (*c->moniker && !moniker_is_below(e->moniker, c->moniker))
		return;
	if (entry_is_wanted(c, e))
		send_entry(c, e);
}

/* The last @last that are kept; 0: all. */
static void send_kept(struct control_conn *c, size_t last)
{
	const char *moniker = *c->moniker ? c->moniker : NULL;
	struct journal *j = c->manager->journal;
	struct kept k = { .c = c };

	journal_each(j, moniker, 0, count_kept, &k);
	if (last && last < k.n)
		k.skip = k.n - last;
	journal_each(j, moniker, 0, on_kept, &k);
}

/* log [MONIKER|"" [N|"" [follow|"" [audit]]]]: the last N, or all. */
static void verb_log(struct control_conn *c, const char *const *argv,
		     unsigned n)
{
	struct realm *r;
	size_t last = 0;
	const char *s;

	if (n > 0 && *argv[0]) {
		r = control_conn_find(c, argv[0]);
		if (!r)
			return;
		strncpy(c->moniker, r->moniker, sizeof(c->moniker) - 1);
	}
	c->wants_audit = n > 3 && !strcmp(argv[3], "audit");
	for (s = n > 1 ? argv[1] : ""; *s >= '0' && *s <= '9'; s++)
		if (last < JOURNAL_KEPT)
			last = last * 10 + (size_t)(*s - '0');
	if (last || n < 2 || !*argv[1])
		send_kept(c, last);
	if (c->fd < 0)
		return;
	if (n < 3 || strcmp(argv[2], "follow")) {
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

/* The tasks, the memory and the requests of what runs. */
static void verb_top(struct control_conn *c, const char *const *argv,
		     unsigned n)
{
	struct realm *r, *top = n ? control_conn_find(c, argv[0])
				  : c->manager->tree.root;
	_cleanup_text_ struct text t = TEXT_INIT;

	if (!top)
		return;
	for (r = top; r && realm_is_below(r, top) && c->fd >= 0;
	     r = realm_next(r)) {
		if (!instance_of(r) || !instance_is_alive(instance_of(r)))
			continue;
		text_clear(&t);
		describe_usage(c->manager, r, &t);
		control_conn_data(c, text_string(&t));
	}
	if (c->fd >= 0)
		control_conn_end(c, 0, NULL);
}

/* Why an instance cannot be asked about its processes; NULL if it can. */
static const char *looking_check(struct control_conn *c, struct instance *i,
				 int *ret_status)
{
	/* The news that it runs may lie behind the first that it said. */
	if (i)
		run_catch_up(i);
	*ret_status = 3;
	if (!i || i->state != LIFE_RUNNING)
		return "is not running";
	*ret_status = 1;
	if (!manager_has_room(c->manager, -1, ROOM_FOR_OPENS))
		return "cannot be asked: the manager has hardly any "
		       "descriptors left";
	return NULL;
}

/* Give the program that runs one end of a channel; *ret is the other. */
static const char *looking_open(struct instance *i, int *ret)
{
	int fds[2], r = channel_pair(fds);

	if (r < 0)
		return "cannot be asked: no channel could be made";
	r = outgoing_look(&i->outgoing, IO_RIGHT_READABLE, IO_MODE_SERVICE,
			  PROCESSES_PATH, fds[1]);
	if (!r) {
		*ret = fds[0];
		return NULL;
	}
	fd_close_all(fds, 2);
	return r == OUTGOING_EXCEEDED
		       ? "has not even read the questions of before: its "
			 "program is not one of libreeve, or does not turn "
			 "its loop"
		       : "cannot be asked: out of memory";
}

/*
 * The processes inside a component are its own affair: it is asked over a
 * channel that the tool gets, and that nothing of here stands in. It is not
 * started for this.
 */
static void verb_processes(struct control_conn *c, const char *const *argv,
			   unsigned n)
{
	struct realm *r = control_conn_find(c, argv[0]);
	struct instance *i = r ? instance_of(r) : NULL;
	_cleanup_text_ struct text t = TEXT_INIT;
	int fd = -1, status = 1;
	const char *why;

	(void)n;
	if (!r)
		return;
	why = looking_check(c, i, &status);
	if (!why)
		why = looking_open(i, &fd);
	if (why) {
		text_printf(&t, "%s %s", r->moniker, why);
		control_conn_end(c, status, text_string(&t));
		return;
	}
	text_puts(&t, "{\"moniker\":");
	text_json(&t, r->moniker);
	text_puts(&t, "}");
	control_conn_data(c, text_string(&t));
	control_conn_channel(c, fd);
	if (c->fd >= 0)
		control_conn_end(c, 0, NULL);
}

static const struct control_verb verbs[] = {
	{ "audit", 2, 2, true, verb_audit },
	{ "call", 3, 3, true, verb_call },
	{ "create", 4, 4, true, verb_create },
	{ "destroy", 1, 1, true, verb_destroy },
	{ "doctor", 1, 1, false, verb_doctor },
	{ "exec", 2, 2, true, verb_exec },
	{ "grant", 2, 3, true, verb_grant },
	{ "grants", 0, 1, false, verb_grants },
	{ "limit", 2, 2, true, verb_limit },
	{ "list", 0, 0, false, verb_list },
	{ "log", 0, 4, false, verb_log },
	{ "processes", 1, 1, false, verb_processes },
	{ "restart", 1, 1, true, verb_restart },
	{ "restore", 1, 1, true, verb_restore },
	{ "revoke", 2, 4, true, verb_revoke },
	{ "show", 1, 2, false, verb_show },
	{ "start", 1, 1, true, verb_start },
	{ "status", 0, 0, false, verb_status },
	{ "stop", 1, 1, true, verb_stop },
	{ "top", 0, 1, false, verb_top },
	{ "why", 2, 2, false, verb_why },
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
