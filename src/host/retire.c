/*
 * Instances that ended are freed at the end of the turn, so that no handler
 * ever stands on freed memory. Realms that are destroyed go when nothing lives
 * below them any more: that may take as long as their programs take to stop.
 */
#include "host/retire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/authority.h"
#include "host/budget.h"
#include "host/files.h"
#include "host/instance.h"

/* A realm on its way out. */
struct doomed {
	struct list link;
	struct realm *realm;
	void (*done)(void *userdata);
	void *userdata;
	/* All that lives in it knows; until then somebody on the stack stands
	 * on its realms. */
	bool is_told;
};

void retire_all(struct loop_task *task)
{
	struct manager *m = container_of(task, struct manager, retire);
	struct instance *i;

	while ((i = list_first(&m->retired, struct instance, link))) {
		list_unlink(&i->link);
		free(i);
	}
}

void manager_retire_later(struct manager *m)
{
	loop_defer(m->loop, &m->retire, retire_all);
}

static bool realm_has_instances(const struct realm *r)
{
	const struct realm *child;

	if (r->instance)
		return true;
	list_for_each (child, &r->children, link)
		if (realm_has_instances(child))
			return true;
	return false;
}

/* See instance_get_payer(); NULL when it goes itself, its account with it. */
static struct instance *payer_of(const struct realm *r)
{
	do
		r = r->parent;
	while (r->collection);
	return instance_of(r);
}

static void manager_forget_realm(struct manager *m, struct realm *r)
{
	struct instance *payer = r->collection ? payer_of(r) : NULL;
	struct realm *child;

	list_for_each (child, &r->children, link)
		manager_forget_realm(m, child);
	if (payer)
		account_release(&payer->account, CHARGE_CHILDREN);
	authority_forget_realm(r);
	budgets_forget(m, r);
	if (!realm_keeps_storage(r))
		files_remove_storage(m, r);
	resolver_forget(&m->resolver, r);
}

/* The deepest of those in which nothing lives: with a realm goes all below it,
 * and that may be on its way out as well. */
static struct doomed *doomed_next(const struct manager *m)
{
	struct doomed *d, *next = NULL;

	list_for_each (d, &m->doomed, link) {
		if (!d->is_told)
			return NULL;
		if (!realm_has_instances(d->realm) &&
		    (!next || d->realm->depth > next->realm->depth))
			next = d;
	}
	return next;
}

void retire_doomed(struct manager *m)
{
	struct doomed *d;

	while ((d = doomed_next(m))) {
		list_unlink(&d->link);
		manager_forget_realm(m, d->realm);
		realm_remove(d->realm);
		if (d->done)
			d->done(d->userdata);
		free(d);
	}
}

int manager_doom(struct manager *m, struct realm *r,
		 void (*done)(void *userdata), void *userdata)
{
	struct doomed *d;

	/* Two equal wishes are one; who asks later is answered at once. */
	list_for_each (d, &m->doomed, link) {
		if (d->realm != r)
			continue;
		if (d->done || !done)
			return done ? -EALREADY : 0;
		d->done = done;
		d->userdata = userdata;
		return 0;
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->realm = r;
	d->done = done;
	d->userdata = userdata;
	list_link(&m->doomed, &d->link);
	instance_destroy(r);
	d->is_told = true;
	retire_doomed(m);
	return 0;
}

bool manager_is_doomed(const struct manager *m, const struct realm *r)
{
	const struct realm *above;
	struct doomed *d;

	list_for_each (d, &m->doomed, link)
		for (above = r; above; above = above->parent)
			if (above == d->realm)
				return true;
	return false;
}

void manager_doom_forget(struct manager *m, void *userdata)
{
	struct doomed *d;

	list_for_each (d, &m->doomed, link)
		if (d->userdata == userdata)
			d->done = NULL;
}

void manager_drop_children(struct manager *m, struct realm *parent)
{
	const struct manifest *mf = parent->manifest;
	struct realm *child, *tmp;
	size_t i;

	list_for_each_safe (child, tmp, &parent->children, link)
		if (child->collection)
			(void)manager_doom(m, child, NULL, NULL);
	/* A child of a single run goes with its own end. */
	if (!parent->collection || !parent->parent)
		return;
	mf = parent->parent->manifest;
	for (i = 0; i < mf->n_collections; i++)
		if (!strcmp(mf->collections[i].name, parent->collection) &&
		    mf->collections[i].durability == DURABILITY_SINGLE_RUN)
			(void)manager_doom(m, parent, NULL, NULL);
}

void retire_fini(struct manager *m)
{
	struct doomed *d;

	while ((d = list_first(&m->doomed, struct doomed, link))) {
		list_unlink(&d->link);
		free(d);
	}
	retire_all(&m->retire);
}
