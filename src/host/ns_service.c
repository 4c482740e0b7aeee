/*
 * Services of a namespace: an entry in a pseudo-directory and a listening
 * socket in the cell, which lead to the same function, open_capability() with
 * the use's declaration. Both can be added and taken away while the component
 * runs; who watches the directory is told.
 */
#include "host/ns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "channel/channel.h"
#include "client/directory.h"
#include "host/aggregate.h"
#include "host/open.h"
#include "sys/fd.h"
#include "wire/io.h"

enum {
	/* Connections accepted from one listener in one turn. */
	ACCEPT_PER_TURN = 16,
};

static void on_service_open(void *userdata, const struct directory_open *open,
			    int take_server_end)
{
	struct ns_service *s = userdata;

	open_capability(s->instance, s->use, open->flags, open->mode,
			s->is_member ? s->name : open->path, take_server_end);
}

static void on_listener(struct loop_source *source, uint32_t events)
{
	struct ns_service *s =
		container_of(source, struct ns_service, listener);
	struct ns *n = s->instance->ns;
	int i, fd;

	(void)events;
	if (!throttle_allows(&s->instance->throttle, source))
		return;
	for (i = 0; i < ACCEPT_PER_TURN && s->instance->ns == n; i++) {
		fd = manager_accept(s->instance->manager, s->listener_fd);
		if (fd < 0)
			return;
		throttle_count(&s->instance->throttle);
		open_capability(s->instance, s->use,
				IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
				IO_MODE_SERVICE, s->is_member ? s->name : "",
				fd);
	}
}

static int service_watch(struct ns_service *s, int take_fd)
{
	s->listener_fd = take_fd;
	return loop_add(s->instance->manager->loop, &s->listener,
			s->listener_fd, EPOLLIN, on_listener);
}

/*
 * The services of the plan are the first in the list, in its order; one that
 * was dropped since stays there until the cell is far enough to lose it.
 */
int ns_take_listeners(struct ns *n, uint32_t first, int *fds, size_t n_fds)
{
	struct ns_service *s;
	size_t i = 0;
	int r = 0;

	list_for_each (s, &n->services, link) {
		if (i >= first + n_fds || !s->is_planned || r)
			break;
		if (i++ < first || s->is_dropped)
			continue;
		if (s->listener_fd >= 0)
			return -EPROTO;
		r = service_watch(s, TAKE_FD(fds[i - 1 - first]));
	}
	return r < 0 || i == first + n_fds ? r : -EPROTO;
}

/* Names that were dropped before they could be taken away. */
static void dir_settle(struct ns *n, const struct ns_dir *d)
{
	struct ns_service *s, *tmp;

	list_for_each_safe (s, tmp, &n->services, link) {
		if (s->dir != d || !s->is_dropped)
			continue;
		(void)cell_unbind_service(&n->instance->cell, d->sockets_fd,
					  s->name);
		ns_service_free(s);
	}
}

int ns_take_dirs(struct ns *n, uint32_t first, int *fds, size_t n_fds)
{
	struct ns_dir *d;
	size_t i = 0;

	list_for_each (d, &n->dirs, link) {
		if (i >= first + n_fds)
			break;
		if (i++ < first)
			continue;
		if (d->sockets_fd >= 0)
			return -EPROTO;
		d->sockets_fd = TAKE_FD(fds[i - 1 - first]);
		dir_settle(n, d);
	}
	return i == first + n_fds ? 0 : -EPROTO;
}

/* ---- pseudo-directories ---- */

static bool on_take(uint64_t client)
{
	const struct instance *i = (struct instance *)(uintptr_t)client;

	return manager_has_room(i->manager, -1, ROOM_FOR_CHANNELS);
}

static void on_give_back(uint64_t client)
{
	(void)client;
}

/* A directory's own bound is bound enough for the one who uses it. */
static const struct directory_payer payer = {
	.on_take = on_take,
	.on_give_back = on_give_back,
	.may_ask = throttle_may_ask,
	.on_request = throttle_on_request,
};

static struct ns_dir *dir_find(struct ns *n, const char *path, size_t length)
{
	struct ns_dir *d;

	list_for_each (d, &n->dirs, link)
		if (strlen(d->path) == length && !memcmp(d->path, path, length))
			return d;
	return NULL;
}

void ns_dir_free(struct ns_dir *d)
{
	list_unlink(&d->link);
	directory_free(d->directory);
	fd_close(d->channel_fd);
	fd_close(d->sockets_fd);
	free(d->path);
	free(d);
}

static int dir_serve(struct ns *n, struct ns_dir *d)
{
	int fds[2], r;

	r = directory_new(n->instance->manager->loop, NULL, &d->directory);
	if (r < 0)
		return r;
	directory_set_manager(d->directory);
	directory_set_payer(d->directory, &payer);
	r = channel_pair(fds);
	if (r < 0)
		return r;
	d->channel_fd = fds[1];
	return directory_serve(d->directory, fds[0],
			       IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
			       (uint64_t)(uintptr_t)n->instance);
}

int ns_need_dir(struct ns *n, const char *path, size_t length,
		struct plan *plan, struct ns_dir **ret)
{
	struct ns_dir *d = dir_find(n, path, length);
	int r = 0;

	if (d) {
		*ret = d;
		return 0;
	}
	/* A component that runs has the directories it started with. */
	if (!plan)
		return -ENOTDIR;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	list_link(&n->dirs, &d->link);
	d->channel_fd = d->sockets_fd = -1;
	d->path = strndup(path, length);
	if (!d->path)
		return -ENOMEM;
	r = plan_add_dir(plan, d->path);
	if (!r)
		r = dir_serve(n, d);
	*ret = d;
	return r;
}

/* ---- services ---- */

void ns_service_free(struct ns_service *s)
{
	list_unlink(&s->link);
	loop_remove(&s->listener);
	fd_close(s->listener_fd);
	free(s->name);
	free(s);
}

/* The cell's side of a service that comes later. */
static int service_bind_live(struct ns_service *s)
{
	int fd, r;

	/* The cell is not that far yet: programs that know libreeve find the
	 * service all the same. */
	if (s->dir->sockets_fd < 0)
		return 0;
	r = cell_bind_service(&s->instance->cell, s->dir->sockets_fd, s->name,
			      &fd);
	return r < 0 ? r : service_watch(s, fd);
}

static enum directory_kind entry_kind(const struct ns_service *s)
{
	return s->is_member ? DIRECTORY_SERVICE : aggregate_entry_kind(s->use);
}

/* A service of @use at @path. */
static int service_add(struct ns *n, const struct decl *use, const char *path,
		       bool is_member, struct plan *plan)
{
	const char *slash = strrchr(path, '/');
	struct ns_service *s;
	struct ns_dir *d;
	int r;

	r = ns_need_dir(n, path, (size_t)(slash - path), plan, &d);
	if (r)
		return r;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->instance = n->instance;
	s->use = use;
	s->dir = d;
	s->listener_fd = -1;
	s->is_member = is_member;
	s->is_planned = plan;
	s->name = strdup(slash + 1);
	list_link(&n->services, &s->link);
	r = s->name ? directory_add(d->directory, s->name, entry_kind(s),
				    on_service_open, s)
		    : -ENOMEM;
	if (!r)
		r = plan ? plan_add_service(plan, path) : service_bind_live(s);
	/* While it starts, what was made is freed with the whole. */
	if (r < 0 && !plan)
		(void)ns_drop_service(n, use);
	return r;
}

int ns_add_service(struct ns *n, const struct decl *use, struct plan *plan)
{
	return service_add(n, use, use->path, false, plan);
}

/* The names are copied: making a directory may route. */
int ns_add_dictionary(struct ns *n, const struct decl *use, struct plan *plan)
{
	const struct route *route = n->instance->manager->route;
	_cleanup_text_ struct text names = TEXT_INIT, path = TEXT_INIT;
	size_t i, n_names = route->n_instances;
	const char *name;
	int r = 0;

	text_append(&names, route->instances.bytes, route->instances.n);
	if (text_is_failed(&names))
		return -ENOMEM;
	name = names.bytes;
	for (i = 0; i < n_names && !r; i++, name += strlen(name) + 1) {
		text_clear(&path);
		text_printf(&path, "%s/%s", use->path, name);
		r = text_is_failed(&path)
			    ? -ENOMEM
			    : service_add(n, use, text_string(&path), true,
					  plan);
	}
	return r;
}

static void on_gone(struct loop_task *task)
{
	ns_service_free(container_of(task, struct ns_service, gone));
}

struct ns_service *ns_find_service(struct ns *n, const struct decl *use)
{
	struct ns_service *s;

	list_for_each (s, &n->services, link)
		if (s->use == use && !s->is_dropped)
			return s;
	return NULL;
}

static void service_drop(struct ns *n, struct ns_service *s)
{
	s->is_dropped = true;
	aggregate_drop(s->instance, s->use);
	s->use = NULL;
	loop_remove(&s->listener);
	s->listener_fd = fd_close(s->listener_fd);
	if (s->name)
		(void)directory_remove(s->dir->directory, s->name);
	/* Its socket in the cell may be on its way to us. */
	if (s->is_planned && s->dir->sockets_fd < 0)
		return;
	if (s->name && s->dir->sockets_fd >= 0)
		(void)cell_unbind_service(&n->instance->cell,
					  s->dir->sockets_fd, s->name);
	/* Its own handler may be on the stack. */
	list_unlink(&s->link);
	loop_defer(n->instance->manager->loop, &s->gone, on_gone);
}

/* Of a dictionary there are several. */
bool ns_drop_service(struct ns *n, const struct decl *use)
{
	struct ns_service *s;
	bool is_any = false;

	while ((s = ns_find_service(n, use))) {
		service_drop(n, s);
		is_any = true;
	}
	return is_any;
}
