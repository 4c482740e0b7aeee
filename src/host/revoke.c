/*
 * Filling a revocation marks what is cut, at once and for good; making it true
 * takes turns of the loop. Connections below a cut slot are moved into the
 * revocation, where they stay until they are dead: their slots may go
 * meanwhile.
 */
#include "host/revoker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/authority.h"
#include "host/connection.h"
#include "host/exposed.h"
#include "host/mounted.h"
#include "host/namespace.h"
#include "host/registry_server.h"
#include "host/restart.h"

/* Revocations that nobody waits for may queue up to here. */
enum { QUEUE_MAX = 64 };

int revoker_new(struct manager *m, struct revoker **ret)
{
	static const struct {
		const char *name;
		enum sever_freezer freezer;
	} freezers[] = {
		{ "cgroup2", SEVER_FREEZER_CGROUP2 },
		{ "cgroup1", SEVER_FREEZER_CGROUP1 },
		{ "stop", SEVER_FREEZER_STOP },
		{ "none", SEVER_FREEZER_NONE },
	};
	/* For tests of what other systems have. */
	const char *asked = getenv("REEVE_FREEZER");
	struct revoker *r = calloc(1, sizeof(*r));
	size_t k;

	if (!r)
		return -ENOMEM;
	r->manager = m;
	r->sever = (struct sever)SEVER_INIT;
	list_init(&r->queue);
	list_init(&r->seals);
	for (k = 0; asked && k < N_ELEMENTS(freezers); k++)
		if (!strcmp(asked, freezers[k].name))
			r->freezer = freezers[k].freezer;
	*ret = r;
	return 0;
}

static void revocation_free(struct revocation *v)
{
	while (!list_is_empty(&v->connections))
		list_unlink(v->connections.next);
	mounted_free_all(&v->unmounts);
	list_unlink(&v->link);
	text_fini(&v->report.open_files);
	text_fini(&v->hops);
	text_fini(&v->route);
	free(v->moniker);
	free(v);
}

void revoker_free(struct revoker *r)
{
	struct revocation *v;

	if (!r)
		return;
	severing_fini(r);
	loop_defer_cancel(&r->task);
	while ((v = list_first(&r->queue, struct revocation, link)))
		revocation_free(v);
	free(r);
}

int revoke_new(struct manager *m, enum slot_cut why, const char *who,
	       struct revocation **ret)
{
	struct revocation *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->manager = m;
	v->why = why;
	snprintf(v->who, sizeof(v->who), "%s", who);
	list_init(&v->link);
	list_init(&v->connections);
	list_init(&v->unmounts);
	v->started_at = loop_now();
	*ret = v;
	return 0;
}

/* ---- filling ---- */

void revoke_connection(struct revocation *v, struct connection *c)
{
	if (c->is_cut)
		return;
	if (!v->moniker && c->opener)
		v->moniker = strdup(c->opener->realm->moniker);
	v->report.n_connections++;
	/* What the manager serves itself ends here and now. */
	if (c->on_cut) {
		c->on_cut(c);
		return;
	}
	c->is_cut = true;
	v->n_marked++;
	list_unlink(&c->by_revocation);
	list_link(&v->connections, &c->by_revocation);
}

static void cut_connections(struct revocation *v, struct slot *s)
{
	struct connection *c, *tmp;

	list_for_each_safe (c, tmp, &s->connections, by_slot)
		revoke_connection(v, c);
	registry_server_changed(v->manager, s->decl->target_name);
}

/* What the holder's program sees of the slot goes as well. */
static void on_slot(void *userdata, struct slot *s)
{
	struct revocation *v = userdata;
	struct instance *i = instance_of(s->holder);

	cut_connections(v, s);
	if (i && i->ns && s->decl->kind == DECL_USE)
		ns_remove(i->ns, s->decl, &v->unmounts);
	if (i && s->decl->kind == DECL_EXPOSE)
		exposed_remove(i, s->decl);
}

/* What stays is still in sight, and leads somewhere once it is registered
 * again. */
static void on_slot_ended(void *userdata, struct slot *s)
{
	struct instance *i = instance_of(s->holder);

	cut_connections(userdata, s);
	if (i && s->grant && s->decl->kind == DECL_EXPOSE)
		exposed_remove(i, s->decl);
}

static void on_grant(void *userdata, struct grant *g)
{
	(void)userdata;
	authority_forget(g);
}

static struct cutting cutting_of(struct revocation *v)
{
	return (struct cutting){ on_slot, on_grant, v };
}

/* Whom the first thing that is cut is about, and its route while it has one. */
static void revocation_note(struct revocation *v, struct slot *s)
{
	struct manager *m = v->manager;

	if (v->moniker)
		return;
	v->moniker = strdup(s->holder->moniker);
	s = s->grant ? grant_slot(s->grant) : s;
	if (route_walk_slot(s, s->holder, m->route))
		return;
	route_render(m->route, ROUTE_ENDED, &v->hops);
	route_render_json(m->route, ROUTE_ENDED, &v->route);
}

void revoke_slot(struct revocation *v, struct slot *s)
{
	struct cutting c = cutting_of(v);

	revocation_note(v, s);
	v->report.n_slots += (uint32_t)slot_cut(s, v->why, &c);
	v->manager->resolver.generation++;
}

void revoke_end(struct revocation *v, struct slot *s)
{
	struct cutting c = { on_slot_ended, on_grant, v };

	revocation_note(v, s);
	v->report.n_slots += (uint32_t)slot_end(s, &c);
	v->manager->resolver.generation++;
}

void revoke_realm(struct revocation *v, struct realm *r)
{
	struct cutting c = cutting_of(v);

	if (!v->moniker)
		v->moniker = strdup(r->moniker);
	v->report.n_slots += (uint32_t)realm_cut(r, v->why, &c);
	/* Directories of what its children expose. */
	if (instance_of(r))
		exposed_drop(instance_of(r));
	v->manager->resolver.generation++;
}

/* ---- the end ---- */

static void done_render(const struct revoke_report *r, struct text *t)
{
	text_printf(t, "%u connection%s cut", r->n_connections,
		    r->n_connections == 1 ? "" : "s");
	if (r->n_mounts)
		text_printf(t, ", %u director%s unmounted", r->n_mounts,
			    r->n_mounts == 1 ? "y" : "ies");
	if (r->n_killed)
		text_puts(t, ", cells killed for it,");
}

/* What holds from now on. */
static void truth_render(const struct revoke_report *r, struct text *t)
{
	if (r->n_open_files && !r->n_restarted)
		text_printf(t, "%u file%s of it %s still open", r->n_open_files,
			    r->n_open_files == 1 ? "" : "s",
			    r->n_open_files == 1 ? "is" : "are");
	else
		text_printf(t, "nothing passes any more%s",
			    r->n_unproven ? " as far as can be told" : "");
}

static void revocation_tell(struct revocation *v)
{
	const struct revoke_report *r = &v->report;
	_cleanup_text_ struct text fields = TEXT_INIT;
	_cleanup_text_ struct text done = TEXT_INIT;
	_cleanup_text_ struct text truth = TEXT_INIT;

	done_render(r, &done);
	truth_render(r, &truth);
	text_puts(&fields, ",\"what\":");
	text_json(&fields, v->what);
	text_puts(&fields, ",\"by\":");
	text_json(&fields, v->who);
	text_puts(&fields, ",\"report\":");
	revoke_report_json(r, &fields);
	if (v->route.n)
		text_printf(&fields, ",\"route\":%s", text_string(&v->route));
	text_puts(&v->hops, text_string(&r->open_files));
	journal_write(v->manager->journal,
		      v->why == SLOT_CUT_BY_EXPIRY ? JOURNAL_EXPIRE
						   : JOURNAL_REVOKE,
		      v->moniker ? v->moniker : "", text_string(&v->hops),
		      text_string(&fields),
		      "%s was taken back by %s: %s in %.2f ms; %s", v->what,
		      v->who, text_string(&done), (double)r->took_us / 1000.0,
		      text_string(&truth));
}

static void queue_next(struct revoker *r);

static void on_task(struct loop_task *task)
{
	queue_next(container_of(task, struct revoker, task));
}

static void revocation_finish(struct revoker *r, struct revocation *v)
{
	v->report.took_us = (loop_now() - v->started_at) / 1000;
	list_unlink(&v->link);
	revocation_tell(v);
	if (v->done)
		v->done(v->userdata, &v->report);
	revocation_free(v);
	loop_defer(r->manager->loop, &r->task, on_task);
}

/* Both parts have to be over. */
static void revocation_check(struct revoker *r, struct revocation *v)
{
	if (!r->is_severing && list_is_empty(&v->unmounts) &&
	    v == list_first(&r->queue, struct revocation, link))
		revocation_finish(r, v);
}

void revoke_severed(struct revoker *r)
{
	revocation_check(r, list_first(&r->queue, struct revocation, link));
}

/* A mount is off, or its cell is gone. */
static void on_unmounted(void *userdata, const struct mounted_result *result)
{
	struct revocation *v = userdata;
	struct revoke_report *r = &v->report;

	r->n_mounts++;
	r->n_open_files += result->n_open_files;
	r->n_killed += result->was_killed;
	text_puts(&r->open_files, result->open_files);
	if (result->n_open_files && result->instance &&
	    (v->restart || result->restarts)) {
		r->n_restarted += restart_instance(
			result->instance,
			"files of what was taken back were open in it");
	}
	revocation_check(v->manager->revoker, v);
}

static void queue_next(struct revoker *r)
{
	struct revocation *v = list_first(&r->queue, struct revocation, link);

	if (!v)
		seal_begin(r);
	if (!v || v->has_begun)
		return;
	v->has_begun = true;
	/* Two ends of one piece of string: neither may finish it while the
	 * other has not begun. */
	r->is_severing = true;
	mounted_take_off(&v->unmounts, on_unmounted, v);
	severing_begin(r);
}

void revoke_begin(struct revocation *take_v, const char *what, bool restart,
		  revoke_done_fn done, void *userdata)
{
	struct revoker *r = take_v->manager->revoker;

	snprintf(take_v->what, sizeof(take_v->what), "%s", what);
	take_v->restart = restart;
	take_v->done = done;
	take_v->userdata = userdata;
	list_link(&r->queue, &take_v->link);
	queue_next(r);
}

bool revoke_is_busy(const struct manager *m)
{
	const struct list *l;
	size_t n = 0;

	for (l = m->revoker->queue.next; l != &m->revoker->queue; l = l->next)
		n++;
	return n >= QUEUE_MAX;
}

void revoke_drop(struct revocation *take_v)
{
	revocation_free(take_v);
}

void revoke_forget(struct manager *m, const void *userdata)
{
	struct revocation *v;

	if (!m->revoker)
		return;
	list_for_each (v, &m->revoker->queue, link)
		if (v->userdata == userdata)
			v->done = NULL;
}

void revoke_continue(struct manager *m)
{
	if (m->revoker)
		severing_continue(m->revoker);
}

void revoke_report_json(const struct revoke_report *r, struct text *t)
{
	text_printf(t,
		    "{\"slots\":%u,\"connections\":%u,\"killed\":%u,"
		    "\"restarted\":%u,\"mounts\":%u,\"open_files\":%u,"
		    "\"undrained\":%u,\"unproven\":%u,\"tasks\":%u,"
		    "\"descriptors\":%u,\"frozen_us\":%u,\"us\":%llu,"
		    "\"step\":\"%s\"}",
		    r->n_slots, r->n_connections, r->n_killed, r->n_restarted,
		    r->n_mounts, r->n_open_files, r->n_undrained, r->n_unproven,
		    r->n_tasks, r->n_descriptors, r->frozen_us,
		    (unsigned long long)r->took_us, r->step ? r->step : "");
}
