/*
 * Race 1: the opener may be gone by the time its open is read: its namespace is
 * freed with its run, so nothing can arrive here for an instance that is not.
 * Race 2: the provider may be stopping, starting or crashed: its outgoing
 * channel takes the open in any of these states, and its readability starts it
 * again (host/outgoing.h).
 */
#include "host/open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "channel/channel.h"
#include "host/aggregate.h"
#include "host/grants_server.h"
#include "host/realm_server.h"
#include "host/registry_server.h"
#include "host/restart.h"
#include "host/run.h"
#include "host/seal.h"
#include "host/told.h"
#include "manifest/names.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

enum {
	/* Opens in a refused channel that are answered; a peer that goes on
	 * writing gets the close alone. */
	QUEUED_MAX = 64,
	/* Refusals of one component in one second that are told one by one. */
	TOLD_PER_SECOND = 20,
	/* How long reconciling for one opener may take in such a time. */
	RECONCILE_WINDOW_NS = 100 * NS_PER_MS,
	RECONCILE_SHARE_NS = 5 * NS_PER_MS,
};

void open_render_reason(const struct instance *opener, const char *name,
			char *buffer, size_t n)
{
	snprintf(buffer, n, "%s opens %s", opener->realm->moniker, name);
}

/*
 * What already waits in the channel of a directory that is refused gets the
 * same answer: who asks for a file in it shall not see a close that nobody
 * explains.
 */
static void open_refuse_queued(int fd, int status)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	struct io_request q;
	int n, end;

	for (n = 0; n < QUEUED_MAX && !channel_read(fd, &m, CHANNEL_NOW); n++) {
		memset(&q, 0, sizeof(q));
		end = -1;
		if (!io_request_read(&m, &q) && q.method == IO_OPEN)
			end = message_take_handle(&m, q.open.object);
		if (channel_is(end))
			end = channel_close_epitaph(end, status, true);
		fd_close(end);
		message_close_handles(&m);
		m.n_handles = 0;
	}
}

bool open_may_tell(struct instance *opener)
{
	uint64_t now = loop_now();

	if (now - opener->told_since >= NS_PER_SECOND) {
		if (opener->n_untold)
			journal_write(opener->manager->journal, JOURNAL_REFUSED,
				      opener->realm->moniker, NULL, NULL,
				      "and %u more in that second",
				      opener->n_untold);
		opener->told_since = now;
		opener->n_told = opener->n_untold = 0;
	}
	if (opener->n_told++ < TOLD_PER_SECOND)
		return true;
	opener->n_untold++;
	return false;
}

/* @route: the one that broke, if that is why; else NULL. Returns @status. */
static int open_refuse(struct instance *opener, const struct decl *decl,
		       int status, const struct route *route,
		       const char *detail, const char *why, int take_server_end)
{
	struct manager *m = opener->manager;
	_cleanup_text_ struct text fields = TEXT_INIT;

	m->n_refused++;
	if (decl->type == CAPABILITY_DIRECTORY)
		open_refuse_queued(take_server_end, status);
	channel_close_epitaph(take_server_end, status, true);
	if (!open_may_tell(opener))
		return status;
	text_puts(&fields, ",\"capability\":");
	text_json(&fields, decl->target_name);
	text_printf(&fields, ",\"status\":\"%s\"", route_status_name(status));
	if (route) {
		text_puts(&fields, ",\"route\":");
		route_render_json(route, ROUTE_BROKEN, &fields);
	}
	journal_write(m->journal, JOURNAL_REFUSED, opener->realm->moniker,
		      detail, text_string(&fields), "%s, %s: %s",
		      decl->target_name, route_status_name(status), why);
	return status;
}

static bool route_has_grant(const struct route *route)
{
	size_t i;

	for (i = 0; i < route->n_hops; i++)
		if (route->hops[i].slot->grant)
			return true;
	return false;
}

/* A route broke: one entry with the hops, the reason, and where to look. */
static int open_refuse_route(struct instance *opener, const struct decl *decl,
			     const struct route *route, int take_server_end)
{
	_cleanup_text_ struct text detail = TEXT_INIT;
	_cleanup_text_ struct text why = TEXT_INIT;

	route_render_hops(route, &detail);
	if (route->why.fix.n)
		text_printf(&detail, "  fix        %s\n",
			    text_string(&route->why.fix));
	if (route->why.place.line)
		text_printf(&why, "%s:%u:%u: ", route->why.file,
			    route->why.place.line, route->why.place.column);
	text_printf(&why, "%s [%s]; see reeve ", text_string(&route->why.text),
		    route->why.rule);
	/* The manifests alone do not show what was granted since. */
	if (route_has_grant(route))
		text_puts(&why, "why");
	else
		text_printf(&why, "route %s",
			    opener->manager->options.root_file);
	text_printf(&why, " %s %s", opener->realm->moniker, decl->target_name);
	return open_refuse(opener, decl, route->why.status, route,
			   text_string(&detail), text_string(&why),
			   take_server_end);
}

static void open_tell(struct instance *opener, const struct decl *decl,
		      const struct route *route, uint64_t connection)
{
	struct manager *m = opener->manager;
	_cleanup_text_ struct text fields = TEXT_INIT;
	struct telling telling;

	if (told_get(m->told, opener->realm, decl, route,
		     m->resolver.generation, &telling) < 0)
		return;
	text_printf(&fields, ",\"connection\":%llu",
		    (unsigned long long)connection);
	text_puts(&fields, telling.fields);
	journal_write(m->journal, JOURNAL_OPEN, opener->realm->moniker,
		      telling.detail, text_string(&fields), "%s -> %s",
		      decl->target_name, route_source_moniker(route));
}

/* The path in the provider's outgoing directory: what it serves the capability
 * at, the sub-directories on the way, and what the opener asked for below. */
static bool open_path(const struct route *route, const char *path,
		      struct text *ret)
{
	text_puts(ret, route->path[0] == '/' ? route->path + 1 : route->path);
	if (route->subdir.n)
		text_printf(ret, "/%s", text_string(&route->subdir));
	if (*path)
		text_printf(ret, "/%s", path);
	return !text_is_failed(ret) && ret->n <= OUTGOING_PATH_MAX;
}

/*
 * That costs time in proportion to all that lives, so who goes on asking at its
 * bound has it done in a small part of the time only.
 */
void open_reconcile(struct instance *opener)
{
	uint64_t start = loop_now();

	if (start - opener->reconciled_since >= RECONCILE_WINDOW_NS) {
		opener->reconciled_since = start;
		opener->reconciled_ns = 0;
	}
	if (opener->reconciled_ns >= RECONCILE_SHARE_NS)
		return;
	connections_reconcile(opener->manager->connections);
	opener->reconciled_ns += loop_now() - start;
}

/* Remember the connection under the use's slot, before it is handed over. */
static int open_remember(struct instance *opener, struct instance *provider,
			 const struct decl *decl, struct slot *slot, int fd,
			 struct connection **ret)
{
	struct connection *c;
	int r;

	if (account_charge(&opener->account, CHARGE_CONNECTIONS)) {
		/* Some may have ended without a word. */
		open_reconcile(opener);
		if (account_charge(&opener->account, CHARGE_CONNECTIONS))
			return OUTGOING_EXCEEDED;
	}
	r = connections_add(opener->manager->connections, fd, &c);
	if (!r) {
		/* What declares it may be gone before the connection is. */
		c->capability = strdup(decl->target_name);
		if (!c->capability) {
			connections_remove(opener->manager->connections, c);
			r = -ENOMEM;
		}
	}
	if (r < 0) {
		account_release(&opener->account, CHARGE_CONNECTIONS);
		return r;
	}
	c->opener = opener;
	c->provider = provider;
	list_link(&slot->connections, &c->by_slot);
	list_link(&opener->opened, &c->by_opener);
	list_link(&provider->provided, &c->by_provider);
	*ret = c;
	return 0;
}

static void open_forget(struct instance *opener, struct connection *c)
{
	account_release(&opener->account, CHARGE_CONNECTIONS);
	connections_remove(opener->manager->connections, c);
}

static int open_exceeded(struct instance *opener, const struct decl *decl,
			 int take_server_end)
{
	char why[160];

	snprintf(why, sizeof(why),
		 "%s holds as many connections (%u) or unread opens (%u) as it "
		 "may",
		 opener->realm->moniker,
		 opener->account.held[CHARGE_CONNECTIONS],
		 opener->account.held[CHARGE_OPENS]);
	return open_refuse(opener, decl, REEVE_ERR_NO_RESOURCES, NULL, NULL,
			   why, take_server_end);
}

/* Why the provider cannot be asked, NULL if it can; *ret is it. */
static const char *provider_find(struct manager *m, const struct route *route,
				 struct instance **ret, char *buffer, size_t n)
{
	int r = instance_get(m, (struct realm *)route->realm, ret);

	if (r == -ESHUTDOWN || (!r && (*ret)->is_doomed))
		return "its provider is going away";
	if (r < 0)
		return "out of memory";
	/* While all stop, dependents may still need what runs. */
	if (m->is_stopping && !instance_is_alive(*ret))
		return "its provider is going away";
	if ((*ret)->state != LIFE_SUSPENDED)
		return NULL;
	restart_render_refusal(*ret, buffer, n);
	return buffer;
}

/* What is asked for can be wrong in ways that no route shows. */
static const char *open_check(const struct instance *opener,
			      const struct decl *decl,
			      const struct route *route, uint32_t flags, int fd,
			      int *ret_status)
{
	*ret_status = REEVE_ERR_ACCESS_DENIED;
	/* An exposed directory can be asked for more than was exposed. */
	if (decl->type == CAPABILITY_DIRECTORY && flags & IO_RIGHT_WRITABLE &&
	    !(route->rights & RIGHT_WRITE_BYTES))
		return "it is to be written to, but was routed without that "
		       "right";
	*ret_status = REEVE_ERR_NO_RESOURCES;
	if (!manager_has_room(opener->manager, fd, ROOM_FOR_OPENS))
		return "the manager has hardly any descriptors left";
	return NULL;
}

/* Remember it, and hand it over. 0, OUTGOING_EXCEEDED or -errno: the channel
 * still belongs to the caller. */
static int open_hand_over(struct instance *opener, struct instance *provider,
			  const struct decl *decl, struct route *route,
			  uint32_t flags, uint32_t mode, const char *path,
			  int fd)
{
	struct connection *c;
	uint64_t id;
	int r;

	r = open_remember(opener, provider, decl, route->hops[0].slot, fd, &c);
	if (r)
		return r;
	id = c->id;
	if (!instance_is_alive(provider))
		open_render_reason(opener, decl->target_name, provider->reason,
				   sizeof(provider->reason));
	if (route->no_transfer)
		r = seal_open(c, &(struct seal_request){ flags, mode, path },
			      fd);
	else
		r = outgoing_open(&provider->outgoing, &opener->opener, flags,
				  mode, path, fd);
	if (r) {
		open_forget(opener, c);
		return r;
	}
	route_spend(route);
	open_tell(opener, decl, route, id);
	opener->manager->n_opens++;
	if (provider->state == LIFE_STOPPED)
		(void)outgoing_watch(&provider->outgoing);
	return 0;
}

static int open_at_component(struct instance *opener, const struct decl *decl,
			     struct route *route, uint32_t flags, uint32_t mode,
			     const char *path, int take_server_end)
{
	_cleanup_text_ struct text full = TEXT_INIT;
	struct instance *provider;
	char buffer[REASON_MAX];
	const char *why;
	int r, status;

	why = open_check(opener, decl, route, flags, take_server_end, &status);
	if (!why && !open_path(route, path, &full)) {
		status = REEVE_ERR_NOT_FOUND;
		why = "the whole path is too long";
	}
	if (!why && path_is_reserved(text_string(&full))) {
		status = REEVE_ERR_ACCESS_DENIED;
		why = "/reeve of what a program serves is for the tools";
	}
	if (!why) {
		status = REEVE_ERR_UNAVAILABLE;
		why = provider_find(opener->manager, route, &provider, buffer,
				    sizeof(buffer));
	}
	if (why)
		return open_refuse(opener, decl, status, NULL, NULL, why,
				   take_server_end);
	r = open_hand_over(opener, provider, decl, route, flags, mode,
			   text_string(&full), take_server_end);
	if (r == OUTGOING_EXCEEDED)
		return open_exceeded(opener, decl, take_server_end);
	if (r == -ENOPROTOOPT || r == -EDESTADDRREQ)
		return open_refuse(
			opener, decl, REEVE_ERR_NOT_SUPPORTED, NULL, NULL,
			r == -ENOPROTOOPT
				? "no descriptor may pass over it, which this "
				  "kernel cannot see to (Linux 6.16 can)"
				: "no descriptor may pass over it, which can "
				  "only "
				  "be seen to when it is opened with libreeve, "
				  "not with connect(2)",
			take_server_end);
	if (r)
		return open_refuse(opener, decl, REEVE_ERR_INTERNAL, NULL, NULL,
				   strerror(-r), take_server_end);
	return REEVE_OK;
}

/* The framework's services: what they are called, and who serves them. */
static int open_at_framework(struct instance *opener, const struct decl *decl,
			     struct route *route, int take_server_end)
{
	static const struct {
		const char *name;
		int (*serve)(struct instance *scope, struct instance *payer,
			     struct slot *slot, int take_channel);
	} services[] = {
		{ "reeve.Realm", grants_server_serve },
		{ "reeve.Registry", registry_server_serve },
	};
	struct instance *scope;
	size_t i;

	open_tell(opener, decl, route, 0);
	if (instance_get(opener->manager, (struct realm *)route->realm,
			 &scope)) {
		fd_close(take_server_end);
		return REEVE_ERR_UNAVAILABLE;
	}
	route_spend(route);
	for (i = 0; i < N_ELEMENTS(services); i++)
		if (!strcmp(route->name, services[i].name))
			break;
	return (i < N_ELEMENTS(services) ? services[i].serve
					 : realm_server_serve)(
		       scope, opener, route->hops[0].slot, take_server_end)
		       ? REEVE_ERR_NO_RESOURCES
		       : REEVE_OK;
}

int open_capability(struct instance *opener, const struct decl *decl,
		    uint32_t flags, uint32_t mode, const char *path,
		    int take_server_end)
{
	struct manager *m = opener->manager;
	struct route *route = m->route;
	/* What follows a service in the path says which one is meant. */
	const char *instance = NULL;
	int r;

	/* From a hostile opener it could be anything; a channel it must be. */
	if (!channel_is(take_server_end)) {
		fd_close(take_server_end);
		return REEVE_ERR_INVALID_ARGS;
	}
	/* The news that it runs may lie behind its first open. */
	run_catch_up(opener);
	if (decl->type == CAPABILITY_SERVICE ||
	    decl->type == CAPABILITY_DICTIONARY) {
		instance = *path ? path : NULL;
		path = "";
	}
	r = manager_route_instance(m, opener->realm, decl, instance, route);
	if (r == ROUTE_BROKEN)
		return open_refuse_route(opener, decl, route, take_server_end);
	if (r)
		return open_refuse(opener, decl, REEVE_ERR_INTERNAL, NULL, NULL,
				   strerror(r < 0 ? -r : EPROTO),
				   take_server_end);
	switch (route->source) {
	case ROUTE_SOURCE_COMPONENT:
		return open_at_component(opener, decl, route, flags, mode, path,
					 take_server_end);
	case ROUTE_SOURCE_FRAMEWORK:
		return open_at_framework(opener, decl, route, take_server_end);
	case ROUTE_SOURCE_AGGREGATE:
		if (instance)
			return open_refuse(opener, decl, REEVE_ERR_NOT_FOUND,
					   NULL, NULL,
					   "that instance is put together "
					   "itself; one of its own is named "
					   "behind a \":\"",
					   take_server_end);
		return aggregate_serve(opener, decl, take_server_end)
			       ? REEVE_ERR_NO_RESOURCES
			       : REEVE_OK;
	case ROUTE_SOURCE_BUILTIN:
	case ROUTE_SOURCE_VOID:
	case ROUTE_SOURCE_DECLARATION:
		break;
	}
	/* Absent by design, or a directory that is mounted: nothing to warn
	 * about. */
	channel_close_epitaph(take_server_end, REEVE_ERR_NOT_FOUND, true);
	return REEVE_ERR_NOT_FOUND;
}

void open_on_closed(void *userdata, struct connection *c)
{
	struct manager *m = userdata;
	struct instance *opener = c->opener;
	uint64_t turns = loop_n_turns(m->loop) - c->turn;
	double ms = (double)(loop_now() - c->opened_at) / (double)NS_PER_MS;
	_cleanup_text_ struct text fields = TEXT_INIT;

	if (!opener)
		return;
	/* This turn is its own end; the others were not for it. */
	turns = turns ? turns - 1 : 0;
	account_release(&opener->account, CHARGE_CONNECTIONS);
	text_puts(&fields, ",\"capability\":");
	text_json(&fields, c->capability);
	text_printf(&fields, ",\"connection\":%llu,\"ms\":%.3f,\"turns\":%llu",
		    (unsigned long long)c->id, ms, (unsigned long long)turns);
	if (c->is_cut)
		text_puts(&fields, ",\"cut\":true");
	journal_write(m->journal, JOURNAL_CLOSED, opener->realm->moniker, NULL,
		      text_string(&fields),
		      "%s after %.2f ms: %s; the manager woke %llu time%s "
		      "meanwhile, for other things",
		      c->capability, ms,
		      c->is_cut ? "it was taken back"
				: "its messages passed between the two alone",
		      (unsigned long long)turns, turns == 1 ? "" : "s");
	c->opener = NULL;
}
