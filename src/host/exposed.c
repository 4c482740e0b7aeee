/* The directory is made when it is first asked for, and stays until the
 * instance goes. Opens through it are charged to the instance that exposes: it
 * is its parent's doing, and whoever asked pays for the channel to the
 * directory. */
#include "host/exposed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/directory.h"
#include "host/aggregate.h"
#include "host/open.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

struct exposed_entry {
	struct list link; /* in exposed.entries */
	struct instance *instance;
	const struct decl *expose; /* NULL: gone */
	struct loop_task gone;
};

struct exposed {
	struct list link; /* in all */
	struct instance *instance;
	struct directory *directory;
	struct list entries;
};

/* The exposed directories of all instances. */
static struct list all = LIST_INIT(all);

static bool on_take(uint64_t client)
{
	struct instance *i = (struct instance *)(uintptr_t)client;

	return manager_has_room(i->manager, -1, ROOM_FOR_CHANNELS) &&
	       !account_charge(&i->account, CHARGE_DIRECTORIES);
}

static void on_give_back(uint64_t client)
{
	struct instance *i = (struct instance *)(uintptr_t)client;

	account_release(&i->account, CHARGE_DIRECTORIES);
}

const struct directory_payer instance_payer = {
	.on_take = on_take,
	.on_give_back = on_give_back,
	.may_ask = throttle_may_ask,
	.on_request = throttle_on_request,
};

static void on_open(void *userdata, const struct directory_open *open,
		    int take_server_end)
{
	struct exposed_entry *e = userdata;

	(void)open_capability(e->instance, e->expose, open->flags, open->mode,
			      open->path, take_server_end);
}

/* Where it stands; the seed's dialect names by path. */
static void entry_path(const struct decl *d, struct text *t)
{
	if (*d->target_name == '/')
		text_puts(t, d->target_name + 1);
	else
		text_printf(t, "svc/%s", d->target_name);
}

static struct exposed_entry *entry_find(const struct exposed *x,
					const struct decl *d)
{
	struct exposed_entry *e;

	list_for_each (e, &x->entries, link)
		if (e->expose == d)
			return e;
	return NULL;
}

static int exposed_add(struct exposed *x, const struct decl *d)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	struct exposed_entry *e;
	int r;

	if (d->to.kind != TARGET_PARENT ||
	    (d->type != CAPABILITY_SERVICE && d->type != CAPABILITY_DIRECTORY))
		return 0;
	entry_path(d, &path);
	e = text_is_failed(&path) ? NULL : calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->instance = x->instance;
	e->expose = d;
	list_link(&x->entries, &e->link);
	r = directory_add(x->directory, text_string(&path),
			  d->type == CAPABILITY_DIRECTORY
				  ? DIRECTORY_REMOTE
				  : aggregate_entry_kind(d),
			  on_open, e);
	/* Of several sources of one service the first one stands there. */
	return r == -EEXIST && d->type == CAPABILITY_SERVICE ? 0 : r;
}

int exposed_reconcile(struct instance *i)
{
	struct exposed *x = i->exposed;
	const struct table *t = &i->realm->tables[TABLE_OUTPUT];
	struct slot *s;
	size_t k;
	int r = 0;

	for (k = 0; x && !r && k < t->n; k++)
		if (!t->slots[k].cut && !entry_find(x, t->slots[k].decl))
			r = exposed_add(x, t->slots[k].decl);
	for (s = realm_next_added(i->realm, TABLE_OUTPUT, NULL); x && s && !r;
	     s = realm_next_added(i->realm, TABLE_OUTPUT, s))
		if (!entry_find(x, s->decl))
			r = exposed_add(x, s->decl);
	return r;
}

static void on_gone(struct loop_task *task)
{
	free(container_of(task, struct exposed_entry, gone));
}

void exposed_remove(struct instance *i, const struct decl *expose)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	struct exposed_entry *e =
		i->exposed ? entry_find(i->exposed, expose) : NULL;

	if (!e)
		return;
	entry_path(expose, &path);
	(void)directory_remove(i->exposed->directory, text_string(&path));
	e->expose = NULL;
	list_unlink(&e->link);
	/* Its own handler may be on the stack. */
	loop_defer(i->manager->loop, &e->gone, on_gone);
}

static int exposed_new(struct instance *i)
{
	struct exposed *x = calloc(1, sizeof(*x));
	int r;

	if (!x)
		return -ENOMEM;
	x->instance = i;
	list_init(&x->entries);
	list_link(&all, &x->link);
	i->exposed = x;
	r = directory_new(i->manager->loop, NULL, &x->directory);
	if (!r) {
		directory_set_manager(x->directory);
		directory_set_payer(x->directory, &instance_payer);
		r = exposed_reconcile(i);
	}
	if (r < 0)
		exposed_free(TAKE(i->exposed));
	return r;
}

void exposed_free(struct exposed *x)
{
	struct exposed_entry *e;

	if (!x)
		return;
	directory_free(x->directory);
	while ((e = list_first(&x->entries, struct exposed_entry, link))) {
		list_unlink(&e->link);
		free(e);
	}
	list_unlink(&x->link);
	free(x);
}

void exposed_drop(const struct instance *client)
{
	struct exposed *x;

	list_for_each (x, &all, link)
		directory_disconnect(x->directory, (uint64_t)(uintptr_t)client,
				     REEVE_ERR_UNAVAILABLE);
}

int exposed_serve(struct instance *i, struct instance *client, int take_channel)
{
	int r = i->exposed ? 0 : exposed_new(i);

	if (r < 0) {
		fd_close(take_channel);
		return r;
	}
	return directory_serve(i->exposed->directory, take_channel,
			       IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
			       (uint64_t)(uintptr_t)client);
}
