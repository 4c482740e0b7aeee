/* The directory is made when it is first asked for, and stays until the instance
 * goes. Opens through it are charged to the instance that exposes: it is its
 * parent's doing, and whoever asked pays for the channel to the directory. */
#include "host/exposed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/directory.h"
#include "host/open.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

struct exposed_entry {
	struct instance *instance;
	const struct decl *expose;
};

struct exposed {
	struct list link; /* in all */
	struct directory *directory;
	struct exposed_entry entries[];
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

static const struct directory_payer payer = {
	.on_take = on_take,
	.on_give_back = on_give_back,
	.may_ask = throttle_may_ask,
	.on_request = throttle_on_request,
};

static void on_open(void *userdata, const struct directory_open *open,
		    int take_server_end)
{
	struct exposed_entry *e = userdata;

	open_capability(e->instance, e->expose, open->flags, open->mode,
			open->path, take_server_end);
}

static int exposed_add(struct exposed *x, struct exposed_entry *e)
{
	const struct decl *d = e->expose;
	_cleanup_text_ struct text path = TEXT_INIT;

	if (d->to.kind != TARGET_PARENT || (d->type != CAPABILITY_SERVICE &&
					    d->type != CAPABILITY_DIRECTORY))
		return 0;
	/* The seed's dialect names by path. */
	if (*d->target_name == '/')
		text_puts(&path, d->target_name + 1);
	else
		text_printf(&path, "svc/%s", d->target_name);
	if (text_is_failed(&path))
		return -ENOMEM;
	return directory_add(x->directory, text_string(&path),
			     d->type == CAPABILITY_SERVICE ? DIRECTORY_SERVICE :
							     DIRECTORY_REMOTE,
			     on_open, e);
}

static int exposed_new(struct instance *i, struct exposed **ret)
{
	const struct manifest *m = i->realm->manifest;
	size_t n = m->n_decls[DECL_EXPOSE], k;
	struct exposed *x = calloc(1, sizeof(*x) + n * sizeof(*x->entries));
	int r;

	if (!x)
		return -ENOMEM;
	list_link(&all, &x->link);
	r = directory_new(i->manager->loop, NULL, &x->directory);
	if (!r) {
		directory_set_manager(x->directory);
		directory_set_payer(x->directory, &payer);
	}
	for (k = 0; !r && k < n; k++) {
		x->entries[k].instance = i;
		x->entries[k].expose = &m->decls[DECL_EXPOSE][k];
		r = exposed_add(x, &x->entries[k]);
	}
	if (r < 0) {
		exposed_free(x);
		return r;
	}
	*ret = x;
	return 0;
}

void exposed_free(struct exposed *x)
{
	if (!x)
		return;
	directory_free(x->directory);
	list_unlink(&x->link);
	free(x);
}

void exposed_drop(const struct instance *client)
{
	struct exposed *x;

	list_for_each(x, &all, link)
		directory_disconnect(x->directory,
				     (uint64_t)(uintptr_t)client,
				     REEVE_ERR_UNAVAILABLE);
}

int exposed_serve(struct instance *i, struct instance *client,
		  int take_channel)
{
	int r = i->exposed ? 0 : exposed_new(i, &i->exposed);

	if (r < 0) {
		fd_close(take_channel);
		return r;
	}
	return directory_serve(i->exposed->directory, take_channel,
			       IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
			       (uint64_t)(uintptr_t)client);
}
