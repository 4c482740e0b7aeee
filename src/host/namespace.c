/*
 * A service entry of a pseudo-directory and a listening socket of the cell lead
 * to the same function: open_capability() with the use's declaration. A channel
 * for a used directory is watched, and routed when its first message is there;
 * until then its provider is not even looked for.
 */
#include "host/namespace.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "channel/channel.h"
#include "client/directory.h"
#include "host/files.h"
#include "host/open.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

enum {
	/* Connections accepted from one listener in one turn. */
	ACCEPT_PER_TURN = 16,
};

/* One used service. */
struct ns_service {
	struct instance *instance;
	const struct decl *use;
	struct loop_source listener;
	int listener_fd;
};

/* One pseudo-directory: what shares a parent. */
struct ns_dir {
	char *path; /* "/svc" */
	struct directory *directory;
	int channel_fd; /* for the program, until it is in the message */
};

/* One used directory whose channel nobody has written to yet. */
struct ns_remote {
	struct instance *instance;
	const struct decl *use;
	struct loop_source source;
	int fd;
};

struct ns {
	struct instance *instance;
	struct ns_service *services;
	size_t n_services;
	struct ns_dir *dirs;
	size_t n_dirs;
	struct ns_remote *remotes;
	size_t n_remotes;
};

/* ---- services ---- */

static void on_service_open(void *userdata, const struct directory_open *open,
			    int take_server_end)
{
	struct ns_service *s = userdata;

	open_capability(s->instance, s->use, open->flags, open->mode,
			open->path, take_server_end);
}

static void on_listener(struct loop_source *source, uint32_t events)
{
	struct ns_service *s = container_of(source, struct ns_service, listener);
	struct ns *n = s->instance->ns;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPT_PER_TURN && s->instance->ns == n; i++) {
		fd = manager_accept(s->instance->manager, s->listener_fd);
		if (fd < 0)
			return;
		open_capability(s->instance, s->use,
				IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
				IO_MODE_SERVICE, "", fd);
	}
}

int ns_take_listeners(struct ns *n, uint32_t first, int *fds, size_t n_fds)
{
	struct loop *loop = n->instance->manager->loop;
	struct ns_service *s;
	size_t i;
	int r = 0;

	for (i = 0; i < n_fds && !r; i++) {
		if (first + i >= n->n_services)
			return -EPROTO;
		s = &n->services[first + i];
		if (s->listener_fd >= 0)
			return -EPROTO;
		s->listener_fd = TAKE_FD(fds[i]);
		r = loop_add(loop, &s->listener, s->listener_fd, EPOLLIN,
			     on_listener);
	}
	return r;
}

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
static const struct directory_payer payer = { on_take, on_give_back };

static struct ns_dir *ns_find_dir(struct ns *n, const char *path, size_t length)
{
	size_t i;

	for (i = 0; i < n->n_dirs; i++)
		if (strlen(n->dirs[i].path) == length &&
		    !memcmp(n->dirs[i].path, path, length))
			return &n->dirs[i];
	return NULL;
}

static int ns_add_dir(struct ns *n, const char *path, size_t length,
		      struct ns_dir **ret)
{
	struct ns_dir *d = &n->dirs[n->n_dirs];
	int fds[2], r;

	d->path = strndup(path, length);
	if (!d->path)
		return -ENOMEM;
	d->channel_fd = -1;
	n->n_dirs++;
	r = directory_new(n->instance->manager->loop, NULL, &d->directory);
	if (r < 0)
		return r;
	directory_set_manager(d->directory);
	directory_set_payer(d->directory, &payer);
	r = channel_pair(fds);
	if (r < 0)
		return r;
	d->channel_fd = fds[1];
	*ret = d;
	return directory_serve(d->directory, fds[0],
			       IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
			       (uint64_t)(uintptr_t)n->instance);
}

static int ns_add_service(struct ns *n, const struct decl *use,
			  struct plan *plan)
{
	const char *slash = strrchr(use->path, '/');
	size_t length = (size_t)(slash - use->path);
	struct ns_service *s = &n->services[n->n_services];
	struct ns_dir *d;
	int r = 0;

	*s = (struct ns_service){ .instance = n->instance,
				  .use = use,
				  .listener_fd = -1 };
	n->n_services++;
	d = ns_find_dir(n, use->path, length);
	if (!d)
		r = ns_add_dir(n, use->path, length, &d);
	if (!r)
		r = directory_add(d->directory, slash + 1, DIRECTORY_SERVICE,
				  on_service_open, s);
	return r ? r : plan_add_service(plan, use->path);
}

/* ---- directories and storage ---- */

static void on_remote(struct loop_source *source, uint32_t events)
{
	struct ns_remote *d = container_of(source, struct ns_remote, source);
	int unread = 0;

	(void)events;
	loop_remove(&d->source);
	/* A channel that was closed is readable as well: only a message is a
	 * reason to look for the provider. */
	if (ioctl(d->fd, SIOCINQ, &unread) < 0 || !unread) {
		d->fd = fd_close(d->fd);
		return;
	}
	open_capability(d->instance, d->use,
			IO_RIGHT_READABLE |
				(d->use->rights & RIGHT_WRITE_BYTES ?
					 IO_RIGHT_WRITABLE :
					 0) |
				IO_FLAG_DIRECTORY,
			IO_MODE_DIRECTORY, "", TAKE_FD(d->fd));
}

/* The channel of a used directory: its other end goes to the program. */
static int ns_add_remote(struct ns *n, const struct decl *use, int *ret_fd)
{
	struct ns_remote *d = &n->remotes[n->n_remotes];
	int fds[2], r;

	r = channel_pair(fds);
	if (r < 0)
		return r;
	*d = (struct ns_remote){ .instance = n->instance,
				 .use = use,
				 .fd = fds[0] };
	n->n_remotes++;
	r = loop_add(n->instance->manager->loop, &d->source, d->fd, EPOLLIN,
		     on_remote);
	if (r < 0)
		fd_close(fds[1]);
	else
		*ret_fd = fds[1];
	return r;
}

static void ns_tell_broken(const struct instance *i, const struct decl *use,
			   const struct route *route)
{
	_cleanup_text_ struct text detail = TEXT_INIT;

	route_render(route, ROUTE_BROKEN, &detail);
	journal_write(i->manager->journal, JOURNAL_REFUSED, i->realm->moniker,
		      text_string(&detail), NULL,
		      "%s %s is not mounted: its route is broken; see reeve "
		      "route %s %s %s",
		      use->keyword, use->target_name,
		      i->manager->options.root_file, i->realm->moniker,
		      use->target_name);
}

/* @is_its_own: the files are kept for this component, and may be given to it;
 * files of somebody else's are only shown. */
static int plan_mount_place(struct plan *plan, const struct decl *use,
			    uint32_t rights, bool is_its_own,
			    const struct files_place *place)
{
	struct plan_mount mount = {
		.target = use->path,
		.source = text_string(&place->base),
		.subpath = text_string(&place->sub),
		.rights = rights,
		.kind = is_its_own ? PLAN_STORAGE : PLAN_DIRECTORY,
		.optional = use->availability != AVAILABILITY_REQUIRED,
	};

	return plan_add_mount(plan, &mount);
}

/* Mount a used directory or storage. A route that breaks, or does not end at
 * files, leaves the path out of the cell. */
static int ns_mount(struct ns *n, const struct decl *use, struct plan *plan,
		    struct text *ret_why)
{
	struct manager *m = n->instance->manager;
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	struct route *route = m->route;
	int r;

	r = manager_route(m, n->instance->realm, use, route);
	if (r == ROUTE_BROKEN) {
		ns_tell_broken(n->instance, use, route);
		return 0;
	}
	if (r)
		return r;
	r = files_find(m, route, &place, ret_why);
	if (!r)
		r = plan_mount_place(plan, use, m->route->rights,
				     use->type == CAPABILITY_STORAGE, &place);
	else if (r == FILES_ELSEWHERE)
		r = 0;
	files_place_fini(&place);
	return r;
}

/* The directories that the program itself declares are kept for it. */
static int ns_mount_own(struct ns *n, const struct decl *capability,
			struct plan *plan, struct text *ret_why)
{
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	size_t i, n_target;
	int r;

	/* A path inside something that is mounted already is there. */
	for (i = 0; i < plan->n_mounts; i++) {
		n_target = strlen(plan->mounts[i].target);
		if (!strncmp(plan->mounts[i].target, capability->path,
			     n_target) &&
		    strchr("/", capability->path[n_target]))
			return 0;
	}
	r = files_find_own(n->instance->manager, n->instance->realm,
			   capability->path, &place, ret_why);
	if (!r)
		r = plan_mount_place(plan, capability, RIGHTS_R | RIGHTS_W,
				     true, &place);
	else if (r == FILES_ELSEWHERE)
		r = 0;
	files_place_fini(&place);
	return r;
}

/* ---- the whole ---- */

static int ns_add_entry(struct message *m, struct component_start_info *info,
			const char *path, int take_fd)
{
	struct component_namespace_entry *e = &info->ns[info->n_ns];

	if (info->n_ns == COMPONENT_NAMESPACE_MAX) {
		fd_close(take_fd);
		return -E2BIG;
	}
	e->path = wire_string_of(path);
	e->directory = WIRE_NO_HANDLE;
	if (take_fd >= 0) {
		/* The outgoing and the lifecycle channel come behind them. */
		if (m->n_handles >= MESSAGE_HANDLES_MAX - 2) {
			fd_close(take_fd);
			return -E2BIG;
		}
		e->directory = message_put_handle(m, take_fd);
	}
	info->n_ns++;
	return 0;
}

static int ns_add_use(struct ns *n, const struct decl *use, struct plan *plan,
		      struct message *m, struct component_start_info *info,
		      struct text *ret_why)
{
	int r, fd = -1;

	switch (use->type) {
	case CAPABILITY_SERVICE:
		return ns_add_service(n, use, plan);
	case CAPABILITY_DIRECTORY:
		r = ns_mount(n, use, plan, ret_why);
		if (!r)
			r = ns_add_remote(n, use, &fd);
		return r ? r : ns_add_entry(m, info, use->path, fd);
	case CAPABILITY_STORAGE:
		r = ns_mount(n, use, plan, ret_why);
		return r ? r : ns_add_entry(m, info, use->path, -1);
	default:
		return 0;
	}
}

static int ns_fill(struct ns *n, struct plan *plan, struct message *m,
		   struct component_start_info *info, struct text *ret_why)
{
	const struct manifest *mf = n->instance->realm->manifest;
	const struct decl *d;
	size_t i;
	int r;

	r = ns_add_entry(m, info, "/pkg", -1);
	for (i = 0; !r && i < mf->n_decls[DECL_USE]; i++)
		r = ns_add_use(n, &mf->decls[DECL_USE][i], plan, m, info,
			       ret_why);
	for (i = 0; !r && i < mf->n_decls[DECL_CAPABILITY]; i++) {
		d = &mf->decls[DECL_CAPABILITY][i];
		if (d->type == CAPABILITY_DIRECTORY)
			r = ns_mount_own(n, d, plan, ret_why);
	}
	for (i = 0; !r && i < n->n_dirs; i++)
		r = ns_add_entry(m, info, n->dirs[i].path,
				 TAKE_FD(n->dirs[i].channel_fd));
	if (r == -E2BIG)
		text_printf(ret_why, "its namespace has more than %d entries, "
			    "or more than %d of them with a channel",
			    COMPONENT_NAMESPACE_MAX, MESSAGE_HANDLES_MAX - 2);
	return r == -E2BIG ? NS_INVALID : r;
}

int ns_new(struct instance *i, struct plan *plan, struct message *m,
	   struct component_start_info *info, struct ns **ret,
	   struct text *ret_why)
{
	size_t n_uses = i->realm->manifest->n_decls[DECL_USE];
	struct ns *n = calloc(1, sizeof(*n));
	int r = -ENOMEM;

	if (!n)
		return -ENOMEM;
	n->instance = i;
	n->services = calloc(n_uses + 1, sizeof(*n->services));
	n->dirs = calloc(n_uses + 1, sizeof(*n->dirs));
	n->remotes = calloc(n_uses + 1, sizeof(*n->remotes));
	if (n->services && n->dirs && n->remotes)
		r = ns_fill(n, plan, m, info, ret_why);
	/* A verdict of the plan, or of the places of files: said in words. */
	if (r > 0 && !ret_why->n)
		text_printf(ret_why, "its namespace is not possible: %s",
			    plan_verdict_text(r));
	if (r) {
		ns_free(n);
		return r > 0 ? NS_INVALID : r;
	}
	*ret = n;
	return 0;
}

void ns_free(struct ns *n)
{
	size_t i;

	if (!n)
		return;
	for (i = 0; i < n->n_services; i++) {
		loop_remove(&n->services[i].listener);
		fd_close(n->services[i].listener_fd);
	}
	for (i = 0; i < n->n_dirs; i++) {
		directory_free(n->dirs[i].directory);
		fd_close(n->dirs[i].channel_fd);
		free(n->dirs[i].path);
	}
	for (i = 0; i < n->n_remotes; i++) {
		loop_remove(&n->remotes[i].source);
		fd_close(n->remotes[i].fd);
	}
	free(n->services);
	free(n->dirs);
	free(n->remotes);
	free(n);
}
