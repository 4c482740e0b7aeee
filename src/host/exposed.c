/* The directory is made when it is first asked for, and stays until the instance
 * goes. Opens through it are charged to the instance that exposes: it is its
 * parent's doing, and the parent pays for the connection itself. */
#include "host/exposed.h"

#include <errno.h>
#include <string.h>

#include "client/directory.h"
#include "host/open.h"
#include "sys/fd.h"
#include "wire/io.h"

/* The last segment of a name, which may be a path in the seed's dialect. */
static const char *exposed_name(const struct decl *d)
{
	const char *slash = strrchr(d->target_name, '/');

	return slash ? slash + 1 : d->target_name;
}

static void on_open(void *userdata, const struct directory_open *open,
		    int take_server_end)
{
	struct instance *i = userdata;
	const struct manifest *m = i->realm->manifest;
	const struct decl *d;
	size_t k;

	for (k = 0; k < m->n_decls[DECL_EXPOSE]; k++) {
		d = &m->decls[DECL_EXPOSE][k];
		if (d->to.kind == TARGET_PARENT &&
		    !strcmp(open->name, exposed_name(d))) {
			open_capability(i, d, open->flags, open->mode,
					open->path, take_server_end);
			return;
		}
	}
	fd_close(take_server_end);
}

static int exposed_add(struct instance *i, const struct decl *d)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	const char *name = d->target_name;

	if (d->to.kind != TARGET_PARENT || (d->type != CAPABILITY_SERVICE &&
					    d->type != CAPABILITY_DIRECTORY))
		return 0;
	if (*name == '/')
		text_puts(&path, name + 1);
	else
		text_printf(&path, "svc/%s", name);
	if (text_is_failed(&path))
		return -ENOMEM;
	return directory_add(i->exposed, text_string(&path),
			     d->type == CAPABILITY_SERVICE ? DIRECTORY_SERVICE :
							     DIRECTORY_REMOTE,
			     on_open, i);
}

int exposed_serve(struct instance *i, struct instance *client,
		  int take_channel)
{
	const struct manifest *m = i->realm->manifest;
	size_t k;
	int r = 0;

	if (!i->exposed) {
		r = directory_new(i->manager->loop, NULL, &i->exposed);
		for (k = 0; !r && k < m->n_decls[DECL_EXPOSE]; k++)
			r = exposed_add(i, &m->decls[DECL_EXPOSE][k]);
		if (r == -EEXIST)
			r = 0;
	}
	if (r < 0) {
		fd_close(take_channel);
		return r;
	}
	return directory_serve(i->exposed, take_channel,
			       IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
			       (uint64_t)(uintptr_t)client);
}
