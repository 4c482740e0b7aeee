/*
 * reeve.Realm, for the public API: giving and taking back.
 *
 * A request with its offers, and a reply with its entries, are long; both are
 * on the heap, with the longest message, for as long as one exchange takes.
 */
#include "reeve/grant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "client/api.h"
#include "wire/grants.h"
#include "wire/io.h"

_Static_assert((int)REEVE_CAPABILITY_SERVICE == (int)GRANTS_SERVICE &&
		       (int)REEVE_CAPABILITY_DIRECTORY ==
			       (int)GRANTS_DIRECTORY &&
		       (int)REEVE_CAPABILITY_STORAGE == (int)GRANTS_STORAGE,
	       "types are sent as they are");
_Static_assert((int)REEVE_RIGHT_READABLE == (int)IO_RIGHT_READABLE &&
		       (int)REEVE_RIGHT_WRITABLE == (int)IO_RIGHT_WRITABLE &&
		       (int)REEVE_RIGHT_EXECUTABLE == (int)IO_RIGHT_EXECUTABLE,
	       "rights are sent as they are");
_Static_assert((int)REEVE_REVOKE_RESTART == (int)GRANTS_RESTART,
	       "flags are sent as they are");

struct exchange {
	struct grants_request request;
	struct grants_reply reply;
	struct message m;
	_Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
};

static void exchange_freep(struct exchange **x)
{
	free(*x);
}

#define _cleanup_exchange_ _cleanup_(exchange_freep)

/* NULL when there is no memory; @child may be NULL. */
static struct exchange *exchange_new(enum grants_method method,
				     const struct reeve_child *child)
{
	struct exchange *x = malloc(sizeof(*x));

	if (!x)
		return NULL;
	memset(x, 0, offsetof(struct exchange, bytes));
	x->request.method = method;
	/* Any but 0; the call chooses its own. */
	x->request.txid = 1;
	if (child) {
		x->request.child.name = wire_string_of(child->name);
		x->request.child.collection = wire_string_of(child->collection);
	}
	return x;
}

/* Send the request and read the reply, whose strings live as long as @x. As the
 * public functions return. */
static int exchange_perform(struct exchange *x, struct reeve_channel *realm,
			    int timeout_ms)
{
	int r;

	why_keep(&realm->why, (struct wire_string){ 0 });
	x->m = (struct message)MESSAGE_OVER(x->bytes);
	r = grants_request_write(&x->m, &x->request);
	if (r < 0)
		return r;
	r = channel_object_call(realm, &x->m, timeout_ms, &x->m);
	if (r < 0)
		return r;
	r = grants_reply_read(&x->m, &x->reply);
	message_close_handles(&x->m);
	if (r || x->reply.method != x->request.method)
		return -EPROTO;
	if (x->reply.error)
		why_keep(&realm->why, x->reply.why);
	return (int)x->reply.error;
}

const char *reeve_realm_why(const struct reeve_channel *realm)
{
	return realm->why ? realm->why : "";
}

/* ---- giving ---- */

static struct grants_spec spec_of(const struct reeve_grant_spec *spec)
{
	return (struct grants_spec){
		.type = (uint32_t)spec->type,
		.from = wire_string_of(spec->from),
		.name = wire_string_of(spec->name),
		.as = wire_string_of(spec->as),
		.path = wire_string_of(spec->path),
		.rights = spec->rights,
		.subdir = wire_string_of(spec->subdir),
		.expires_ms = spec->expires_ms,
		.uses = spec->uses,
		.flags = (spec->no_transfer ? GRANTS_NO_TRANSFER : 0u) |
			 (spec->restart_on_revoke ? GRANTS_RESTART_ON_REVOKE
						  : 0u),
	};
}

static int give(struct reeve_channel *realm, enum grants_method method,
		const struct reeve_child *child,
		const struct reeve_grant_spec *spec, int timeout_ms,
		uint64_t *ret_id)
{
	_cleanup_exchange_ struct exchange *x = exchange_new(method, child);
	int r;

	if (!x)
		return -ENOMEM;
	x->request.spec = spec_of(spec);
	r = exchange_perform(x, realm, timeout_ms);
	if (r == 0)
		*ret_id = x->reply.id;
	return r;
}

int reeve_grant(struct reeve_channel *realm, const struct reeve_child *child,
		const struct reeve_grant_spec *spec, int timeout_ms,
		uint64_t *ret_id)
{
	return give(realm, GRANTS_GRANT, child, spec, timeout_ms, ret_id);
}

int reeve_derive(struct reeve_channel *realm,
		 const struct reeve_grant_spec *spec, int timeout_ms,
		 uint64_t *ret_id)
{
	return give(realm, GRANTS_DERIVE, NULL, spec, timeout_ms, ret_id);
}

/* ---- listing ---- */

static int entry_tell(const struct grants_entry *entry, reeve_grant_fn fn,
		      void *userdata)
{
	char child[GRANTS_MONIKER_MAX + 1];
	char name[GRANTS_NAME_MAX + 1], as[GRANTS_NAME_MAX + 1];
	const struct reeve_grant_info grant = {
		.id = entry->id,
		.child = child,
		.name = name,
		.as = as,
		.rights = entry->rights,
		.expires_in_ms = entry->expires_in_ms,
		.uses_left = entry->uses_left,
		.n_connections = entry->n_connections,
		.n_derived = entry->n_derived,
	};

	if (!wire_string_copy(entry->child, child, sizeof(child)) ||
	    !wire_string_copy(entry->name, name, sizeof(name)) ||
	    !wire_string_copy(entry->as, as, sizeof(as)))
		return -EPROTO;
	return fn(userdata, &grant);
}

/* Tell a batch. Numbers rise, or the listing would never end. */
static int batch_tell(const struct grants_reply *reply, uint64_t *last,
		      reeve_grant_fn fn, void *userdata)
{
	uint32_t i;
	int r;

	for (i = 0; i < reply->n_entries; i++) {
		if (reply->entries[i].id <= *last)
			return -EPROTO;
		*last = reply->entries[i].id;
		r = entry_tell(&reply->entries[i], fn, userdata);
		if (r)
			return r;
	}
	return 0;
}

int reeve_list_grants(struct reeve_channel *realm, int timeout_ms,
		      reeve_grant_fn fn, void *userdata)
{
	_cleanup_exchange_ struct exchange *x =
		exchange_new(GRANTS_LIST_GRANTS, NULL);
	int r;

	if (!x)
		return -ENOMEM;
	do {
		r = exchange_perform(x, realm, timeout_ms);
		if (r == 0)
			r = batch_tell(&x->reply, &x->request.id, fn, userdata);
	} while (r == 0 && x->reply.n_entries);
	return r;
}

/* ---- taking back ---- */

static int take_back(struct exchange *x, struct reeve_channel *realm,
		     uint32_t flags, int timeout_ms,
		     struct reeve_revoke_report *ret)
{
	const struct grants_report *report = &x->reply.report;
	int r;

	x->request.flags = flags;
	r = exchange_perform(x, realm, timeout_ms);
	if (r == 0 && ret)
		*ret = (struct reeve_revoke_report){
			.n_connections = report->n_connections,
			.n_slots = report->n_slots,
			.n_killed = report->n_killed,
			.n_open_files = report->n_open_files,
			.microseconds = report->microseconds,
		};
	return r;
}

int reeve_revoke(struct reeve_channel *realm, uint64_t id, uint32_t flags,
		 int timeout_ms, struct reeve_revoke_report *ret)
{
	_cleanup_exchange_ struct exchange *x =
		exchange_new(GRANTS_REVOKE, NULL);

	if (!x)
		return -ENOMEM;
	/* On the wire, 0 stands for "by name". */
	if (!id)
		return -EINVAL;
	x->request.id = id;
	return take_back(x, realm, flags, timeout_ms, ret);
}

int reeve_revoke_name(struct reeve_channel *realm,
		      const struct reeve_child *child, const char *name,
		      uint32_t flags, int timeout_ms,
		      struct reeve_revoke_report *ret)
{
	_cleanup_exchange_ struct exchange *x =
		exchange_new(GRANTS_REVOKE, child);

	if (!x)
		return -ENOMEM;
	x->request.name = wire_string_of(name);
	return take_back(x, realm, flags, timeout_ms, ret);
}

int reeve_revoke_child(struct reeve_channel *realm,
		       const struct reeve_child *child, uint32_t flags,
		       int timeout_ms, struct reeve_revoke_report *ret)
{
	_cleanup_exchange_ struct exchange *x =
		exchange_new(GRANTS_REVOKE_CHILD, child);

	if (!x)
		return -ENOMEM;
	return take_back(x, realm, flags, timeout_ms, ret);
}

int reeve_close_connection(struct reeve_channel *realm, uint64_t id,
			   uint32_t flags, int timeout_ms,
			   struct reeve_revoke_report *ret)
{
	_cleanup_exchange_ struct exchange *x =
		exchange_new(GRANTS_CLOSE_CONNECTION, NULL);

	if (!x)
		return -ENOMEM;
	x->request.id = id;
	return take_back(x, realm, flags, timeout_ms, ret);
}

/* ---- children ---- */

static struct grants_limits limits_of(const struct reeve_limits *limits)
{
	return (struct grants_limits){
		.memory_min = limits->memory_min,
		.memory_max = limits->memory_max,
		.cpu_share = limits->cpu_share,
		.cpu_max = limits->cpu_max,
		.tasks_max = limits->tasks_max,
		.opens = limits->opens,
		.connections = limits->connections,
		.channels = limits->channels,
		.children = limits->children,
		.requests_per_second = limits->requests_per_second,
	};
}

int reeve_create_child_with(struct reeve_channel *realm,
			    const struct reeve_child *child,
			    const struct reeve_child_options *options,
			    int timeout_ms)
{
	_cleanup_exchange_ struct exchange *x =
		exchange_new(GRANTS_CREATE_CHILD, NULL);
	uint32_t i;

	if (!x)
		return -ENOMEM;
	if (!child->collection || options->n_offers > GRANTS_OFFERS_MAX)
		return -EINVAL;
	x->request.collection = wire_string_of(child->collection);
	x->request.name = wire_string_of(child->name);
	x->request.url = wire_string_of(options->url);
	x->request.startup =
		options->is_eager ? REALM_STARTUP_EAGER : REALM_STARTUP_LAZY;
	x->request.n_offers = (uint32_t)options->n_offers;
	for (i = 0; i < x->request.n_offers; i++)
		x->request.offers[i] = spec_of(&options->offers[i]);
	x->request.limits = limits_of(&options->limits);
	return exchange_perform(x, realm, timeout_ms);
}

/* A request that names a child and nothing else. */
static int ask_of_child(struct reeve_channel *realm, enum grants_method method,
			const struct reeve_child *child, int timeout_ms)
{
	_cleanup_exchange_ struct exchange *x = exchange_new(method, child);

	return x ? exchange_perform(x, realm, timeout_ms) : -ENOMEM;
}

int reeve_start_child(struct reeve_channel *realm,
		      const struct reeve_child *child, int timeout_ms)
{
	return ask_of_child(realm, GRANTS_START_CHILD, child, timeout_ms);
}

int reeve_stop_child(struct reeve_channel *realm,
		     const struct reeve_child *child, int timeout_ms)
{
	return ask_of_child(realm, GRANTS_STOP_CHILD, child, timeout_ms);
}

int reeve_set_limits(struct reeve_channel *realm,
		     const struct reeve_child *child,
		     const struct reeve_limits *limits, int timeout_ms)
{
	_cleanup_exchange_ struct exchange *x =
		exchange_new(GRANTS_SET_LIMITS, child);

	if (!x)
		return -ENOMEM;
	x->request.limits = limits_of(limits);
	return exchange_perform(x, realm, timeout_ms);
}

int reeve_get_usage(struct reeve_channel *realm,
		    const struct reeve_child *child, int timeout_ms,
		    struct reeve_usage *ret)
{
	_cleanup_exchange_ struct exchange *x =
		exchange_new(GRANTS_GET_USAGE, child);
	const struct grants_usage *usage;
	int r;

	if (!x)
		return -ENOMEM;
	r = exchange_perform(x, realm, timeout_ms);
	if (r)
		return r;
	usage = &x->reply.usage;
	*ret = (struct reeve_usage){
		.memory_bytes = usage->memory_bytes,
		.memory_peak_bytes = usage->memory_peak_bytes,
		.memory_max_bytes = usage->memory_max_bytes,
		.limit_hits = usage->limit_hits,
		.tasks = usage->tasks,
		.tasks_max = usage->tasks_max,
		.cpu_us = usage->cpu_us,
		.throttled_us = usage->throttled_us,
		.connections = usage->connections,
		.opens = usage->opens,
		.refused = usage->refused,
	};
	return 0;
}
