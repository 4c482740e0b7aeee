#include "host/child.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "host/budget.h"
#include "host/restart.h"
#include "wire/io.h"
#include "wire/realm.h"

enum { NAME_SIZE = REALM_NAME_MAX + 1 };

struct realm *child_find_ref(struct realm *parent,
			     const struct realm_child_ref *ref)
{
	char name[NAME_SIZE], collection[NAME_SIZE];

	if (!wire_string_copy(ref->name, name, sizeof(name)))
		return NULL;
	if (ref->collection.bytes &&
	    !wire_string_copy(ref->collection, collection, sizeof(collection)))
		return NULL;
	return realm_find_child(
		parent, ref->collection.bytes ? collection : NULL, name);
}

const struct collection_decl *child_find_collection(const struct realm *parent,
						    struct wire_string name)
{
	const struct manifest *m = parent->manifest;
	size_t i;

	for (i = 0; i < m->n_collections; i++)
		if (wire_string_equals(name, m->collections[i].name))
			return &m->collections[i];
	return NULL;
}

/* ---- what is to be given ---- */

/* The rights of requests, and what they stand for in a manifest. */
static const struct {
	uint32_t right, means;
} rights[] = {
	{ IO_RIGHT_READABLE, RIGHTS_R },
	{ IO_RIGHT_WRITABLE, RIGHTS_W },
	{ IO_RIGHT_EXECUTABLE, RIGHTS_X },
};

/* False: some are not known. */
static bool rights_read_io(uint32_t asked, uint32_t *ret)
{
	size_t k;

	*ret = 0;
	for (k = 0; k < N_ELEMENTS(rights); k++) {
		if (asked & rights[k].right)
			*ret |= rights[k].means;
		asked &= ~rights[k].right;
	}
	return !asked;
}

uint32_t child_rights_io(uint32_t has)
{
	uint32_t r = 0;
	size_t k;

	for (k = 0; k < N_ELEMENTS(rights); k++)
		if ((has & rights[k].means) == rights[k].means)
			r |= rights[k].right;
	return r;
}

const char *child_spec_read(const struct grants_spec *s, struct child_spec *ret)
{
	static const enum capability_type types[] = {
		[GRANTS_SERVICE] = CAPABILITY_SERVICE,
		[GRANTS_DIRECTORY] = CAPABILITY_DIRECTORY,
		[GRANTS_STORAGE] = CAPABILITY_STORAGE,
	};
	uint32_t bits;

	if (s->type < GRANTS_SERVICE || s->type > GRANTS_STORAGE)
		return "its type is none that can be given";
	if (s->flags &
	    ~(uint32_t)(GRANTS_NO_TRANSFER | GRANTS_RESTART_ON_REVOKE))
		return "it has flags that are not known";
	if (!rights_read_io(s->rights, &bits))
		return "it has rights that are not known";
	if (!wire_string_copy(s->from, ret->from, sizeof(ret->from)) ||
	    !wire_string_copy(s->name, ret->name, sizeof(ret->name)) ||
	    !wire_string_copy(s->as, ret->as, sizeof(ret->as)) ||
	    !wire_string_copy(s->path, ret->path, sizeof(ret->path)) ||
	    !wire_string_copy(s->subdir, ret->subdir, sizeof(ret->subdir)))
		return "one of its strings is too long, or has a zero in it";
	if (s->expires_ms > AUTHORITY_MS_MAX)
		return "its time is longer than a hundred years; 0 is for good";
	ret->ms = s->expires_ms;
	ret->spec = (struct grant_spec){
		.type = types[s->type],
		.from = ret->from,
		.name = ret->name,
		.as = ret->as,
		.path = ret->path,
		.rights = bits,
		.subdir = ret->subdir,
		.uses = s->uses,
		.no_transfer = s->flags & GRANTS_NO_TRANSFER,
		.restart_on_revoke = s->flags & GRANTS_RESTART_ON_REVOKE,
	};
	return NULL;
}

/* ---- limits ---- */

static struct limits limits_of(const struct grants_limits *l)
{
	return (struct limits){
		.memory_min = l->memory_min,
		.memory_max = l->memory_max,
		.cpu_share = l->cpu_share,
		.cpu_max = l->cpu_max,
		.tasks_max = l->tasks_max,
		.opens = l->opens,
		.connections = l->connections,
		.channels = l->channels,
		.children = l->children,
		.requests_per_second = l->requests_per_second,
	};
}

static bool has_any(const struct limits *l)
{
	static const struct limits none;

	return memcmp(l, &none, sizeof(none)) != 0;
}

const char *child_set_limits(struct manager *m, struct realm *r,
			     const struct grants_limits *limits)
{
	struct limits l = limits_of(limits);
	struct instance *i;
	int k;

	if (l.memory_max && l.memory_min > l.memory_max)
		return "its least memory is more than its most";
	k = budgets_set(m, r, &l);
	if (k == -EBUSY)
		return "it uses more than that now, or began without limits: "
		       "stop it first";
	if (k < 0)
		return strerror(-k);
	k = instance_get(m, r, &i);
	if (k < 0)
		return strerror(-k);
	account_unlimit(&i->account);
	if (restart_limits_of(r))
		account_limit(&i->account, restart_limits_of(r));
	account_limit(&i->account, &l);
	return NULL;
}

/* What this system does not tell is nothing. */
static uint64_t known(uint64_t n)
{
	return n == BUDGET_UNKNOWN ? 0 : n;
}

void child_usage(struct manager *m, const struct realm *r,
		 struct grants_usage *ret)
{
	const struct instance *i = instance_of(r);
	struct budget_usage usage;
	struct budget_limits limits;
	int kind;

	*ret = (struct grants_usage){ 0 };
	if (i) {
		ret->connections = i->account.held[CHARGE_CONNECTIONS];
		ret->opens = i->account.held[CHARGE_OPENS];
		for (kind = 0; kind < N_CHARGE_KINDS; kind++)
			ret->refused += i->account.n_refused[kind];
	}
	if (budgets_limits(m, r, &limits)) {
		ret->memory_max_bytes = limits.memory_max;
		ret->tasks_max = limits.tasks_max;
	}
	if (!budgets_read(m, r, &usage))
		return;
	ret->memory_bytes = known(usage.memory_now);
	ret->memory_peak_bytes = known(usage.memory_peak);
	ret->limit_hits = known(usage.memory_hits) + known(usage.tasks_refused);
	ret->tasks = (uint32_t)known(usage.tasks_now);
	ret->cpu_us = known(usage.cpu_usec);
	ret->throttled_us = known(usage.throttled_usec);
}

/* ---- making ---- */

static int refuse(struct authority_refusal *r, uint32_t error, const char *why)
{
	text_clear(&r->why);
	text_puts(&r->why, why);
	r->error = error;
	return AUTHORITY_REFUSED;
}

static int child_give(struct manager *m, const struct actor *actor,
		      struct realm *child, const struct child_request *q,
		      struct authority_refusal *ret_why)
{
	static struct child_spec spec;
	const char *why;
	uint64_t id;
	size_t k;
	int r = 0;

	if (q->limits) {
		struct limits l = limits_of(q->limits);

		why = has_any(&l) ? child_set_limits(m, child, q->limits)
				  : NULL;
		if (why)
			return refuse(ret_why, REALM_ERROR_RESOURCE_UNAVAILABLE,
				      why);
	}
	for (k = 0; k < q->n_offers && !r; k++) {
		why = child_spec_read(&q->offers[k], &spec);
		if (why)
			return refuse(ret_why, REALM_ERROR_INVALID_ARGUMENTS,
				      why);
		r = authority_grant(m, actor, child->parent, child, &spec.spec,
				    spec.ms, &id, ret_why);
	}
	return r;
}

const char *child_start(struct manager *m, struct realm *r, const char *reason,
			bool is_operator)
{
	struct instance *i;

	if (manager_resolve(m, r) < 0)
		return "out of memory";
	if (r->state != REALM_RESOLVED)
		return r->broken ? r->broken : "it cannot be resolved";
	if (instance_get(m, r, &i) < 0)
		return "it is being destroyed";
	if (!r->manifest->program)
		return "it has no program; its children can be started";
	if (is_operator && i->state == LIFE_BACKOFF)
		instance_event(i, LIFE_ASKED, NULL);
	if (!restart_after_stop(i, reason))
		manager_start(m, i, reason, false);
	return NULL;
}

static int child_add(struct instance *parent, const struct child_request *q,
		     struct realm **ret, struct authority_refusal *why)
{
	struct manager *m = parent->manager;
	struct instance *payer;
	int r;

	if (instance_get_payer(m, parent->realm, &payer) < 0 ||
	    account_charge(&payer->account, CHARGE_CHILDREN))
		return refuse(why, REALM_ERROR_RESOURCE_UNAVAILABLE,
			      "it has as many dynamic children as it may");
	r = realm_add_child(parent->realm, q->collection->name, q->name, q->url,
			    q->startup, ret);
	if (!r)
		return 0;
	account_release(&payer->account, CHARGE_CHILDREN);
	if (r == REALM_EXISTS)
		return refuse(why, REALM_ERROR_INSTANCE_ALREADY_EXISTS,
			      "there is a child of that name");
	if (r < 0)
		return r;
	return refuse(why, REALM_ERROR_INVALID_ARGUMENTS,
		      r == REALM_TOO_DEEP ? "realms would be nested too deep"
					  : "that is not the name of a child");
}

static bool starts_now(const struct child_request *q)
{
	return q->startup == STARTUP_EAGER ||
	       q->collection->durability == DURABILITY_SINGLE_RUN;
}

int child_make(struct instance *parent, const struct actor *actor,
	       const struct child_request *q, struct authority_refusal *ret_why)
{
	struct manager *m = parent->manager;
	struct instance *i;
	struct realm *child;
	int r;

	r = child_add(parent, q, &child, ret_why);
	if (r)
		return r;
	r = child_give(m, actor, child, q, ret_why);
	if (r) {
		(void)manager_doom(m, child, NULL, NULL);
		return r;
	}
	if (!starts_now(q))
		return 0;
	if (manager_resolve(m, child) < 0 || child->state != REALM_RESOLVED ||
	    instance_get(m, child, &i) < 0)
		return refuse(ret_why, REALM_ERROR_INSTANCE_CANNOT_RESOLVE,
			      child->broken ? child->broken
					    : "it cannot be resolved");
	manager_start(m, i,
		      q->startup == STARTUP_EAGER ? "created as an eager child"
						  : "created for a single run",
		      false);
	return 0;
}
