/* A directory is made for each that asks, and goes with its last connection; it
 * is charged like any other to who has it open. */
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
};

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

static int entries_add(struct aggregate *a, const struct route *route)
{
	const char *name = route->instances.bytes;
	size_t i;
	int r = 0;

	for (i = 0; i < route->n_instances && !r; i++) {
		r = directory_add(a->directory, name, DIRECTORY_SERVICE,
				  on_open, a);
		/* Two sources may have given one name: the first is opened. */
		r = r == -EEXIST ? 0 : r;
		name += strlen(name) + 1;
	}
	return r;
}

int aggregate_serve(struct instance *opener, const struct decl *decl,
		    int take_server_end)
{
	struct aggregate *a = calloc(1, sizeof(*a));
	int r;

	if (!a) {
		fd_close(take_server_end);
		return -ENOMEM;
	}
	a->opener = opener;
	a->decl = decl;
	a->table = decl->kind == DECL_USE ? TABLE_PROGRAM_INPUT : TABLE_OUTPUT;
	list_link(&all, &a->link);
	r = directory_new(opener->manager->loop, NULL, &a->directory);
	if (!r) {
		directory_set_manager(a->directory);
		directory_set_payer(a->directory, &instance_payer);
		directory_on_idle(a->directory, on_idle, a);
		r = entries_add(a, opener->manager->route);
	}
	if (r < 0)
		fd_close(take_server_end);
	else
		r = directory_serve(a->directory, take_server_end,
				    IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
				    (uint64_t)(uintptr_t)opener);
	if (r < 0)
		aggregate_free(a);
	return r;
}

void aggregate_drop(const struct instance *opener, const struct decl *decl)
{
	struct aggregate *a, *tmp;

	list_for_each_safe(a, tmp, &all, link)
		if (a->opener == opener && (!decl || a->decl == decl))
			aggregate_free(a);
}
