/*
 * Directories are made step by step, each opened without following links: what
 * lies below a base may have been written by a component.
 *
 * As root, what a cell may write belongs to FILES_UID on the disk; the cell's
 * mount maps that to the ids of the cell (see cell/).
 */
#include "host/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cell/erase.h"
#include "sys/fd.h"

enum {
	FILES_UID = 1000,
	/* Directories that are themselves in used directories, and so on. */
	FILES_DEPTH_MAX = 8,
};

void files_place_fini(struct files_place *p)
{
	text_fini(&p->base);
	text_fini(&p->sub);
}

/* @path below @above: what follows, without a slash; NULL if it is not. */
static const char *path_below(const char *path, const char *above)
{
	size_t n = strlen(above);

	if (strncmp(path, above, n))
		return NULL;
	if (!path[n])
		return path + n;
	return path[n] == '/' ? path + n + 1 : NULL;
}

static void append_path(struct text *t, const char *path)
{
	while (*path == '/')
		path++;
	if (*path)
		text_printf(t, "%s%s", t->n ? "/" : "", path);
}

/* Copy the next segment of *path to @name. 1, 0 at the end, or -ENAMETOOLONG:
 * no directory can be called that. */
static int next_segment(const char **path, char name[static NAME_MAX + 1])
{
	size_t n;

	while (**path == '/')
		(*path)++;
	n = strcspn(*path, "/");
	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, *path, n);
	name[n] = 0;
	*path += n;
	return n > 0;
}

static int directory_make(const char *base, const char *sub, struct text *why)
{
	_cleanup_fd_ int fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	int next, r;

	if (fd < 0) {
		text_printf(why, "%s: %s", base, strerror(errno));
		return FILES_INVALID;
	}
	while ((r = next_segment(&sub, name)) > 0) {
		if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST) {
			text_printf(why, "cannot make %s in %s: %s%s", name,
				    base, strerror(errno),
				    errno == ENOSPC ? "; free some space" : "");
			return FILES_INVALID;
		}
		next = openat(fd, name,
			      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0) {
			text_printf(why, "%s in %s is in the way: %s", name,
				    base, strerror(errno));
			return FILES_INVALID;
		}
		fd_close(fd);
		fd = next;
		if (geteuid() == 0 &&
		    fchownat(fd, "", FILES_UID, FILES_UID, AT_EMPTY_PATH) < 0) {
			text_printf(why,
				    "cannot give %s in %s to the "
				    "component: %s",
				    name, base, strerror(errno));
			return FILES_INVALID;
		}
	}
	if (r < 0) {
		text_printf(why,
			    "%s in %s is too long for the name of a "
			    "directory",
			    sub, base);
		return FILES_INVALID;
	}
	return 0;
}

/* The base itself is ours; its parents are made as `mkdir -p` would. */
static int base_make(const char *base, struct text *why)
{
	_cleanup_free_ char *path = strdup(base);
	char *slash;

	if (!path)
		return -ENOMEM;
	for (slash = path + 1; slash; *slash = '/', slash++) {
		slash = strchr(slash, '/');
		if (slash)
			*slash = 0;
		if (mkdir(path, 0700) < 0 && errno != EEXIST) {
			text_printf(why, "cannot make %s: %s%s", path,
				    strerror(errno),
				    errno == ENOSPC ? "; free some space" : "");
			return FILES_INVALID;
		}
		if (!slash)
			break;
	}
	return 0;
}

/* Where the own directories of @r are: no path in one realm's can lie in that
 * of another, whatever the two are called. */
static void append_realm(struct text *t, const struct realm *r)
{
	const char *segment = r->parent ? r->moniker + 1 : "";
	size_t n;

	for (; *segment; segment += n + (segment[n] == '/')) {
		n = strcspn(segment, "/");
		text_printf(t, "%schildren/%.*s", t->n ? "/" : "", (int)n,
			    segment);
	}
}

/* A directory under the state directory: STATE/@kind, and @sub in it. */
static int place_state(struct manager *m, const char *kind,
		       struct files_place *ret, struct text *why)
{
	int r;

	text_printf(&ret->base, "%s/%s", m->state_directory, kind);
	if (text_is_failed(&ret->base) || text_is_failed(&ret->sub))
		return -ENOMEM;
	r = base_make(text_string(&ret->base), why);
	if (!r)
		r = directory_make(text_string(&ret->base),
				   text_string(&ret->sub), why);
	return r;
}

static int place_of(struct manager *m, struct realm *r, const char *path,
		    unsigned depth, struct files_place *ret, struct text *why);

static int place_of_route(struct manager *m, const struct route *route,
			  unsigned depth, struct files_place *ret,
			  struct text *why)
{
	struct realm *source = (struct realm *)route->realm;
	_cleanup_text_ struct text full = TEXT_INIT;
	int r;

	if (route->source == ROUTE_SOURCE_BUILTIN) {
		append_path(&ret->sub, text_string(&route->subdir));
		return place_state(m, route->name, ret, why);
	}
	if (route->source != ROUTE_SOURCE_COMPONENT)
		return FILES_ELSEWHERE;
	text_puts(&full, route->path);
	append_path(&full, text_string(&route->subdir));
	if (text_is_failed(&full))
		return -ENOMEM;
	r = place_of(m, source, text_string(&full), depth, ret, why);
	return r;
}

/* If @path lies in something that @r uses, follow that. */
static int place_in_use(struct manager *m, struct realm *r, const char *path,
			unsigned depth, struct files_place *ret,
			struct text *why)
{
	const struct manifest *mf = r->manifest;
	const struct decl *d;
	const char *rest;
	struct route *route;
	size_t i;
	int k;

	for (i = 0; i < mf->n_decls[DECL_USE]; i++) {
		d = &mf->decls[DECL_USE][i];
		if (d->type != CAPABILITY_DIRECTORY &&
		    d->type != CAPABILITY_STORAGE)
			continue;
		rest = path_below(path, d->path);
		if (!rest)
			continue;
		route = calloc(1, sizeof(*route));
		if (!route)
			return -ENOMEM;
		k = manager_route(m, r, d, route);
		if (k == ROUTE_ENDED)
			k = place_of_route(m, route, depth + 1, ret, why);
		else if (k == ROUTE_BROKEN)
			k = FILES_ELSEWHERE;
		route_fini(route);
		free(route);
		if (!k)
			append_path(&ret->sub, rest);
		return k;
	}
	return FILES_ELSEWHERE;
}

static int place_of(struct manager *m, struct realm *r, const char *path,
		    unsigned depth, struct files_place *ret, struct text *why)
{
	const struct package *package;
	const char *rest = path_below(path, "/pkg");
	int k;

	if (depth > FILES_DEPTH_MAX) {
		text_printf(why,
			    "%s of %s leads through more than %d used "
			    "directories, perhaps in a circle",
			    path, r->moniker, FILES_DEPTH_MAX);
		return FILES_INVALID;
	}
	if (rest) {
		package = resolver_package(&m->resolver, r);
		if (!package)
			return FILES_ELSEWHERE;
		text_puts(&ret->base, package->directory);
		append_path(&ret->sub, rest);
		return text_is_failed(&ret->base) ? -ENOMEM : 0;
	}
	k = place_in_use(m, r, path, depth, ret, why);
	if (k != FILES_ELSEWHERE)
		return k;
	append_realm(&ret->sub, r);
	append_path(&ret->sub, "own");
	append_path(&ret->sub, path);
	return place_state(m, "directories", ret, why);
}

int files_find(struct manager *m, const struct route *route,
	       struct files_place *ret, struct text *ret_why)
{
	int r = place_of_route(m, route, 0, ret, ret_why);

	if (r)
		return r;
	if (text_is_failed(&ret->base) || text_is_failed(&ret->sub))
		return -ENOMEM;
	/* Storage is made on first use; any other directory is as it is. */
	if (route->storage)
		return directory_make(text_string(&ret->base),
				      text_string(&ret->sub), ret_why);
	return 0;
}

int files_find_own(struct manager *m, struct realm *r, const char *path,
		   struct files_place *ret, struct text *ret_why)
{
	if (path_below(path, "/pkg"))
		return FILES_ELSEWHERE;
	return place_of(m, r, path, 0, ret, ret_why);
}

/* Open the directory that holds the last segment of @sub, which is put in
 * @name, following no links. -1 if there is none. */
static int open_beneath(const char *base, const char *sub,
			char name[static NAME_MAX + 1])
{
	_cleanup_fd_ int fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char following[NAME_MAX + 1];
	int next, r;

	r = fd < 0 ? 0 : next_segment(&sub, name);
	if (r <= 0)
		return -1;
	while ((r = next_segment(&sub, following)) > 0) {
		next = openat(fd, name,
			      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -1;
		fd_close(fd);
		fd = next;
		memcpy(name, following, sizeof(following));
	}
	return r < 0 ? -1 : TAKE_FD(fd);
}

/* A directory that is moved has to be writable, for its ".." changes; its
 * component may have seen to it that it is not. */
static void directory_unlock(int fd, const char *name)
{
	_cleanup_fd_ int path_fd =
		openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char path[64];

	if (path_fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	(void)chmod(path, 0700);
}

/* Move @name in @fd to a name that is free in @base_fd: false if it cannot be.
 */
static bool place_move_aside(int fd, const char *name, int base_fd, char *aside,
			     size_t n_aside)
{
	static unsigned n_erased;
	int tries, r = -1;

	directory_unlock(fd, name);
	/* Somebody may have put things into the base under such names. */
	for (tries = 0; r < 0 && tries < 16; tries++) {
		snprintf(aside, n_aside, ".erased-%d-%u", getpid(), n_erased++);
		r = renameat2(fd, name, base_fd, aside, RENAME_NOREPLACE);
		if (r < 0 && errno != EEXIST)
			break;
	}
	return r == 0;
}

/*
 * Erase @name in @fd. It may hold millions of files: it is only moved out of
 * the way here, into @base, and the launcher sees to the rest. 0 or -errno.
 */
static int place_erase(struct manager *m, const char *base, int fd,
		       const char *name)
{
	_cleanup_fd_ int base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char aside[64];

	if (base_fd < 0 ||
	    !place_move_aside(fd, name, base_fd, aside, sizeof(aside)))
		return erase_beneath(fd, name);
	if (!launcher_erase(&m->launcher, base_fd, aside))
		return 0;
	return erase_beneath(base_fd, aside);
}

/* Remove what is at @sub of @base, and up to @n_parents directories above it
 * that are empty then. 0 or -errno. */
static int place_remove(struct manager *m, const char *base, char *sub,
			size_t n_parents)
{
	char name[NAME_MAX + 1], *slash;
	int fd = open_beneath(base, sub, name), r;

	if (fd < 0)
		return 0;
	r = place_erase(m, base, fd, name);
	fd_close(fd);
	while (n_parents-- && (slash = strrchr(sub, '/'))) {
		*slash = 0;
		fd = open_beneath(base, sub, name);
		if (fd < 0 || unlinkat(fd, name, AT_REMOVEDIR) < 0)
			n_parents = 0;
		fd_close(fd);
	}
	return r;
}

/* How many directories of a user's part of a storage are made for it alone:
 * its name and those of the realms above it, joined by "children". */
static size_t storage_n_parents(const struct realm *user,
				const struct realm *declarer)
{
	size_t n = 0;

	for (; user && user != declarer; user = user->parent)
		n += 2;
	return n ? n - 1 : 0;
}

static int storage_remove(struct manager *m, struct realm *r,
			  const struct decl *use)
{
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	_cleanup_text_ struct text why = TEXT_INIT;
	struct route *route = calloc(1, sizeof(*route));
	int k;

	if (!route)
		return -ENOMEM;
	k = manager_route(m, r, use, route);
	if (!k)
		k = place_of_route(m, route, 0, &place, &why);
	if (!k && text_is_failed(&place.sub))
		k = -ENOMEM;
	if (!k && place.sub.n)
		k = place_remove(m, text_string(&place.base), place.sub.bytes,
				 storage_n_parents(r, route->storage_realm));
	files_place_fini(&place);
	route_fini(route);
	free(route);
	return k;
}

/* The directories that were kept for it: another component of its name, later,
 * shall not find them. */
static int own_remove(struct manager *m, const struct realm *r)
{
	_cleanup_text_ struct text base = TEXT_INIT;
	_cleanup_text_ struct text sub = TEXT_INIT;

	text_printf(&base, "%s/directories", m->state_directory);
	append_realm(&sub, r);
	if (text_is_failed(&base) || text_is_failed(&sub))
		return -ENOMEM;
	return sub.n ? place_remove(m, text_string(&base), sub.bytes, 1) : 0;
}

void files_remove_storage(struct manager *m, struct realm *r)
{
	const struct manifest *mf = r->manifest;
	const struct decl *use;
	size_t i;
	int k = own_remove(m, r);

	if (k < 0)
		journal_write(m->journal, JOURNAL_MANAGER, r->moniker, NULL,
			      NULL,
			      "its directories could not be removed wholly: %s",
			      strerror(-k));
	for (i = 0; mf && i < mf->n_decls[DECL_USE]; i++) {
		use = &mf->decls[DECL_USE][i];
		if (use->type != CAPABILITY_STORAGE)
			continue;
		k = storage_remove(m, r, use);
		if (k < 0)
			journal_write(m->journal, JOURNAL_MANAGER, r->moniker,
				      NULL, NULL,
				      "its storage %s could not be removed "
				      "wholly: %s",
				      use->target_name, strerror(-k));
	}
}
