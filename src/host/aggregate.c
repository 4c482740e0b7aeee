/* One directory for all who ask by one declaration, so that who asks often
 * costs no more. It has the instances of the last time somebody asked, goes
 * with its last connection, and is charged like any other to who has it open.
 */
#include "host/aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "host/exposed.h"
#include "host/manager.h"
#include "host/open.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

struct aggregate {
	struct list link; /* in all */
	struct instance *opener;
	/* It may be a grant's, which goes before its directory does: looked up
	 * before it is looked at. */
	const struct decl *decl;
	enum table_kind table;
	struct directory *directory;
	struct text names; /* as route.instances */
};

enum { CONNECTIONS_MAX = 1024 };

static struct list all = LIST_INIT(all);

enum directory_kind aggregate_entry_kind(const struct decl *d)
{
	return strcmp(d->keyword, "service") ? DIRECTORY_SERVICE
					     : DIRECTORY_INSTANCES;
}

static void aggregate_free(struct aggregate *a)
{
	list_unlink(&a->link);
	directory_free(a->directory);
	text_fini(&a->names);
	free(a);
}

static void on_idle(void *userdata)
{
	aggregate_free(userdata);
}

static void on_open(void *userdata, const struct directory_open *open,
		    int take_server_end)
{
	struct aggregate *a = userdata;

	if (!realm_slot_of(a->opener->realm, a->table, a->decl)) {
		channel_close_epitaph(take_server_end, REEVE_ERR_ACCESS_DENIED,
				      true);
		return;
	}
	(void)open_capability(a->opener, a->decl, open->flags, open->mode,
			      open->name, take_server_end);
}

static int entries_add(struct aggregate *a, size_t n)
{
	const char *name = a->names.bytes;
	size_t i;
	int r = 0;

	for (i = 0; i < n && !r; i++, name += strlen(name) + 1) {
		r = directory_add(a->directory, name, DIRECTORY_SERVICE,
				  on_open, a);
		/* Two sources may have given one name: the first is opened. */
		r = r == -EEXIST ? 0 : r;
	}
	return r;
}

static void entries_remove(struct aggregate *a)
{
	size_t at;

	for (at = 0; at < a->names.n; at += strlen(a->names.bytes + at) + 1)
		(void)directory_remove(a->directory, a->names.bytes + at);
	text_clear(&a->names);
}

/* Have the instances that @route lists. */
static int entries_renew(struct aggregate *a, const struct route *route)
{
	const struct text *now = &route->instances;

	if (a->names.n == now->n &&
	    (!now->n || !memcmp(a->names.bytes, now->bytes, now->n)))
		return 0;
	entries_remove(a);
	text_append(&a->names, now->bytes, now->n);
	return text_is_failed(&a->names) ? -ENOMEM
					 : entries_add(a, route->n_instances);
}

static struct aggregate *aggregate_find(const struct instance *opener,
					const struct decl *decl)
{
	struct aggregate *a;

	list_for_each (a, &all, link)
		if (a->opener == opener && a->decl == decl)
			return a;
	return NULL;
}

static int aggregate_new(struct instance *opener, const struct decl *decl,
			 struct aggregate **ret)
{
	static const struct directory_limits limits = {
		.n_connections = CONNECTIONS_MAX,
	};
	struct aggregate *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	r = directory_new(opener->manager->loop, &limits, &a->directory);
	if (r < 0) {
		free(a);
		return r;
	}
	a->opener = opener;
	a->decl = decl;
	a->table = decl->kind == DECL_USE ? TABLE_PROGRAM_INPUT : TABLE_OUTPUT;
	directory_set_manager(a->directory);
	directory_set_payer(a->directory, &instance_payer);
	directory_on_idle(a->directory, on_idle, a);
	list_link(&all, &a->link);
	*ret = a;
	return 0;
}

int aggregate_serve(struct instance *opener, const struct decl *decl,
		    int take_server_end)
{
	struct aggregate *a = aggregate_find(opener, decl);
	int r = a ? 0 : aggregate_new(opener, decl, &a);

	if (!r)
		r = entries_renew(a, opener->manager->route);
	if (r < 0)
		fd_close(take_server_end);
	else
		r = directory_serve(a->directory, take_server_end,
				    IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
				    (uint64_t)(uintptr_t)opener);
	if (r < 0 && a && !directory_n_connections(a->directory))
		aggregate_free(a);
	return r;
}

void aggregate_drop(const struct instance *opener, const struct decl *decl)
{
	struct aggregate *a, *tmp;

	list_for_each_safe (a, tmp, &all, link)
		if (a->opener == opener && (!decl || a->decl == decl))
			aggregate_free(a);
}
