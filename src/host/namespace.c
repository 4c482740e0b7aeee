/*
 * A namespace is built from the uses of the manifest and from what was granted
 * at run time, alike. A channel for a used directory is watched, and routed
 * when its first message is there; until then its provider is not even looked
 * for.
 *
 * A used directory that cannot be mounted at the start is a link into
 * GRAFT_DIR, where it is mounted when it can be.
 */
#include "host/namespace.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "channel/channel.h"
#include "host/files.h"
#include "host/mounted.h"
#include "host/ns.h"
#include "host/open.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

/* Where services are, for everybody: some may come later. */
#define SERVICES_DIR "/svc"

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
				(d->use->rights & RIGHT_WRITE_BYTES
					 ? IO_RIGHT_WRITABLE
					 : 0) |
				IO_FLAG_DIRECTORY,
			IO_MODE_DIRECTORY, "", TAKE_FD(d->fd));
}

/* The channel of a used directory: its other end goes to the program. */
static int ns_add_remote(struct ns *n, const struct decl *use, int *ret_fd)
{
	struct ns_remote *d = calloc(1, sizeof(*d));
	int fds[2], r;

	if (!d)
		return -ENOMEM;
	r = channel_pair(fds);
	if (r < 0) {
		free(d);
		return r;
	}
	d->instance = n->instance;
	d->use = use;
	d->fd = fds[0];
	list_link(&n->remotes, &d->link);
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
static struct plan_mount mount_of(const struct decl *use, uint32_t rights,
				  bool is_its_own,
				  const struct files_place *place)
{
	return (struct plan_mount){
		.target = use->path,
		.source = text_string(&place->base),
		.subpath = text_string(&place->sub),
		.rights = rights,
		.kind = is_its_own ? PLAN_STORAGE : PLAN_DIRECTORY,
		.optional = use->availability != AVAILABILITY_REQUIRED,
	};
}

/* The same, of a use whose route has ended. A verdict of files.h. */
static int mount_find(struct instance *i, const struct decl *use,
		      struct files_place *place, struct plan_mount *ret,
		      struct text *ret_why)
{
	struct manager *m = i->manager;
	int r = files_find(m, m->route, place, ret_why);

	if (!r)
		*ret = mount_of(use, m->route->rights,
				use->type == CAPABILITY_STORAGE, place);
	return r;
}

static int mount_remember(struct ns *n, const struct decl *use,
			  const struct plan_mount *m, bool is_on,
			  struct mounted **ret)
{
	int r = mounted_new(n->instance, use, m, is_on, ret);

	if (r)
		return r;
	(*ret)->restarts |= n->instance->manager->route->restart_on_revoke;
	list_link(&n->mounts, &(*ret)->link);
	return 0;
}

static bool is_in_grants(const char *path)
{
	return !strncmp(path, GRAFT_DIR "/", strlen(GRAFT_DIR "/"));
}

/* What cannot be mounted now may be one day: there will be a link to it. */
static int mount_link(const struct decl *use, struct plan *plan)
{
	_cleanup_text_ struct text into = TEXT_INIT;
	int r;

	if (is_in_grants(use->path))
		return 0;
	text_printf(&into, GRAFT_DIR "%s", use->path);
	if (text_is_failed(&into))
		return -ENOMEM;
	r = plan_add_link(plan, use->path, text_string(&into));
	/* Where something else stands there will be nothing. */
	return r == PLAN_DOUBLE ? 0 : r;
}

/* ns_mount()'s own verdict: the route is broken, which was told. */
enum { NS_BROKEN = 64 };

/* Mount a used directory or storage. One whose route does not end at files is
 * left out. */
static int ns_mount(struct ns *n, const struct decl *use, struct plan *plan,
		    struct text *ret_why)
{
	struct manager *m = n->instance->manager;
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	struct plan_mount mount;
	struct mounted *mounted;
	int r;

	r = manager_route(m, n->instance->realm, use, m->route);
	if (r == ROUTE_BROKEN) {
		ns_tell_broken(n->instance, use, m->route);
		return NS_BROKEN;
	}
	if (r)
		return r;
	r = mount_find(n->instance, use, &place, &mount, ret_why);
	/* In there nothing is mounted before the program runs: what is to be
	 * there follows as soon as it does. */
	if (!r && is_in_grants(use->path))
		r = FILES_ELSEWHERE;
	if (!r)
		r = plan_add_mount(plan, &mount);
	if (!r)
		r = mount_remember(n, use, &mount, true, &mounted);
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
	struct plan_mount mount;
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
	mount = mount_of(capability, RIGHTS_R | RIGHTS_W, true, &place);
	if (!r)
		r = plan_add_mount(plan, &mount);
	else if (r == FILES_ELSEWHERE)
		r = 0;
	files_place_fini(&place);
	return r;
}

/* ---- while it runs ---- */

static struct mounted *mounted_of(const struct ns *n, const struct decl *use)
{
	struct mounted *d;

	list_for_each (d, &n->mounts, link)
		if (d->use == use)
			return d;
	return NULL;
}

bool ns_is_mounted(const struct ns *n, const struct decl *use)
{
	const struct mounted *d = mounted_of(n, use);

	return d && d->is_on;
}

/* Was it mounted at its own path when the component started? */
static bool was_mounted(const struct ns *n, const struct decl *use)
{
	const struct table *t =
		&n->instance->realm->tables[TABLE_PROGRAM_INPUT];
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->slots[i].decl == use)
			return n->places[i] == NS_MOUNTED;
	return false;
}

/* Mount what was not there at the start, if its route holds now. */
static void reconcile_mount(struct ns *n, const struct decl *use)
{
	struct manager *m = n->instance->manager;
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	_cleanup_text_ struct text why = TEXT_INIT;
	_cleanup_text_ struct text target = TEXT_INIT;
	struct plan_mount mount;
	struct mounted *d;

	if (mounted_of(n, use) ||
	    manager_route(m, n->instance->realm, use, m->route))
		return;
	if (!mount_find(n->instance, use, &place, &mount, &why)) {
		/* Where it was at the start it can be again; else it goes to
		 * where the link at its path leads. */
		if (!was_mounted(n, use) && !is_in_grants(use->path))
			text_puts(&target, GRAFT_DIR);
		text_puts(&target, use->path);
		mount.target = text_string(&target);
		if (!text_is_failed(&target) &&
		    !mount_remember(n, use, &mount, false, &d))
			mounted_put_in(d);
	}
	files_place_fini(&place);
}

/* A route that leads nowhere may lead somewhere one day; this one was cut. */
static bool is_taken_back(struct ns *n, const struct decl *use)
{
	struct manager *m = n->instance->manager;

	return manager_route(m, n->instance->realm, use, m->route) ==
		       ROUTE_BROKEN &&
	       !strcmp(m->route->why.rule, "revoked");
}

static void reconcile_use(struct ns *n, const struct slot *s)
{
	const struct decl *use = s->decl;
	int r = 0;

	if (s->cut || !use->path)
		return;
	if (use->type == CAPABILITY_DIRECTORY ||
	    use->type == CAPABILITY_STORAGE)
		reconcile_mount(n, use);
	else if (ns_find_service(n, use) || is_taken_back(n, use))
		return;
	else if (use->type == CAPABILITY_SERVICE)
		r = ns_add_service(n, use, NULL);
	else if (use->type == CAPABILITY_DICTIONARY)
		r = ns_add_dictionary(n, use, NULL);
	if (r < 0)
		journal_write(n->instance->manager->journal, JOURNAL_REFUSED,
			      n->instance->realm->moniker, NULL, NULL,
			      "%s cannot appear at %s while it runs: %s",
			      use->target_name, use->path, strerror(-r));
}

void ns_reconcile(struct ns *n)
{
	struct realm *r = n->instance->realm;
	struct slot *s;
	size_t i;

	for (i = 0; i < r->tables[TABLE_PROGRAM_INPUT].n; i++)
		reconcile_use(n, &r->tables[TABLE_PROGRAM_INPUT].slots[i]);
	for (s = realm_next_added(r, TABLE_PROGRAM_INPUT, NULL); s;
	     s = realm_next_added(r, TABLE_PROGRAM_INPUT, s))
		reconcile_use(n, s);
}

static void remote_free(struct ns_remote *d)
{
	list_unlink(&d->link);
	loop_remove(&d->source);
	fd_close(d->fd);
	free(d);
}

void ns_remove(struct ns *n, const struct decl *use, struct list *unmounts)
{
	struct ns_remote *remote, *tmp;
	struct mounted *d;

	if (use->type == CAPABILITY_SERVICE ||
	    use->type == CAPABILITY_DICTIONARY) {
		if (use->path)
			(void)ns_drop_service(n, use);
		return;
	}
	list_for_each_safe (remote, tmp, &n->remotes, link)
		if (remote->use == use)
			remote_free(remote);
	d = mounted_of(n, use);
	if (!d)
		return;
	d->use = NULL;
	list_unlink(&d->link);
	list_link(unmounts, &d->link);
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

/* A use for which there is something to be mounted. */
static int ns_add_files(struct ns *n, const struct decl *use, struct plan *plan,
			struct message *m, struct component_start_info *info,
			struct text *ret_why)
{
	int r = ns_mount(n, use, plan, ret_why), fd = -1;
	bool is_broken = r == NS_BROKEN;

	if (r && !is_broken)
		return r;
	r = use->type == CAPABILITY_DIRECTORY ? ns_add_remote(n, use, &fd) : 0;
	if (!r)
		r = ns_add_entry(m, info, use->path, fd);
	return !r && is_broken ? NS_BROKEN : r;
}

/* One that cannot be reached is empty. */
static int ns_add_bundle(struct ns *n, const struct decl *use,
			 struct plan *plan)
{
	struct manager *m = n->instance->manager;
	int r = manager_route(m, n->instance->realm, use, m->route);

	if (r == ROUTE_BROKEN) {
		ns_tell_broken(n->instance, use, m->route);
		return NS_BROKEN;
	}
	return r ? r : ns_add_dictionary(n, use, plan);
}

static int ns_add_use(struct ns *n, const struct decl *use, struct plan *plan,
		      struct message *m, struct component_start_info *info,
		      struct text *ret_why)
{
	switch (use->type) {
	case CAPABILITY_SERVICE:
		return ns_add_service(n, use, plan);
	case CAPABILITY_DIRECTORY:
	case CAPABILITY_STORAGE:
		return ns_add_files(n, use, plan, m, info, ret_why);
	case CAPABILITY_DICTIONARY:
		return ns_add_bundle(n, use, plan);
	default:
		return 0;
	}
}

static int ns_add_uses(struct ns *n, struct plan *plan, struct message *m,
		       struct component_start_info *info, struct text *ret_why)
{
	struct realm *realm = n->instance->realm;
	const struct table *t = &realm->tables[TABLE_PROGRAM_INPUT];
	const struct decl *use;
	struct slot *s;
	size_t i;
	int r = 0;

	for (i = 0; !r && i < t->n; i++) {
		use = t->slots[i].decl;
		if (!t->slots[i].cut)
			r = ns_add_use(n, use, plan, m, info, ret_why);
		if (ns_is_mounted(n, use))
			n->places[i] = NS_MOUNTED;
		else if (r == NS_BROKEN ||
			 (t->slots[i].cut && use->type != CAPABILITY_SERVICE))
			n->places[i] = NS_ABSENT;
		r = r == NS_BROKEN ? 0 : r;
	}
	for (s = realm_next_added(realm, TABLE_PROGRAM_INPUT, NULL); s && !r;
	     s = realm_next_added(realm, TABLE_PROGRAM_INPUT, s)) {
		/* What was only ever asked for by name has no path. */
		if (s->decl->path && !s->cut)
			r = ns_add_use(n, s->decl, plan, m, info, ret_why);
		r = r == NS_BROKEN ? 0 : r;
	}
	return r;
}

/* Last, so that they are in nobody's way: nothing else may stand above or below
 * a link. */
static int ns_add_links(struct ns *n, struct plan *plan)
{
	const struct table *t =
		&n->instance->realm->tables[TABLE_PROGRAM_INPUT];
	size_t i;
	int r = 0;

	for (i = 0; !r && i < t->n; i++)
		if (n->places[i] == NS_ABSENT)
			r = mount_link(t->slots[i].decl, plan);
	return r;
}

static int ns_fill(struct ns *n, struct plan *plan, struct message *m,
		   struct component_start_info *info, struct text *ret_why)
{
	const struct manifest *mf = n->instance->realm->manifest;
	const struct decl *d;
	struct ns_dir *dir;
	size_t i;
	int r;

	r = ns_add_entry(m, info, "/pkg", -1);
	if (!r)
		r = ns_add_uses(n, plan, m, info, ret_why);
	for (i = 0; !r && i < mf->n_decls[DECL_CAPABILITY]; i++) {
		d = &mf->decls[DECL_CAPABILITY][i];
		if (d->type == CAPABILITY_DIRECTORY)
			r = ns_mount_own(n, d, plan, ret_why);
	}
	if (!r)
		r = ns_need_dir(n, SERVICES_DIR, strlen(SERVICES_DIR), plan,
				&dir);
	if (!r)
		r = ns_add_links(n, plan);
	if (!r)
		list_for_each (dir, &n->dirs, link)
			if (!r)
				r = ns_add_entry(m, info, dir->path,
						 TAKE_FD(dir->channel_fd));
	if (r == -E2BIG)
		text_printf(ret_why,
			    "its namespace has more than %d entries, "
			    "or more than %d of them with a channel",
			    COMPONENT_NAMESPACE_MAX, MESSAGE_HANDLES_MAX - 2);
	return r == -E2BIG ? NS_INVALID : r;
}

int ns_new(struct instance *i, struct plan *plan, struct message *m,
	   struct component_start_info *info, struct ns **ret,
	   struct text *ret_why)
{
	struct ns *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return -ENOMEM;
	n->instance = i;
	list_init(&n->services);
	list_init(&n->dirs);
	list_init(&n->remotes);
	list_init(&n->mounts);
	n->places = calloc(i->realm->tables[TABLE_PROGRAM_INPUT].n + 1,
			   sizeof(*n->places));
	r = !n->places ? -ENOMEM : ns_fill(n, plan, m, info, ret_why);
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
	if (!n)
		return;
	while (!list_is_empty(&n->services))
		ns_service_free(
			list_first(&n->services, struct ns_service, link));
	while (!list_is_empty(&n->dirs))
		ns_dir_free(list_first(&n->dirs, struct ns_dir, link));
	while (!list_is_empty(&n->remotes))
		remote_free(list_first(&n->remotes, struct ns_remote, link));
	mounted_free_all(&n->mounts);
	free(n->places);
	free(n);
}
