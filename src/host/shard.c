/*
 * A path is tried below one directory after the other; the first one that has
 * anything there is it, and then what was really opened has to lie in the
 * package or in a directory for includes, wherever symbolic links led.
 */
#include "host/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

void shards_init(struct shards *s, struct package *package,
		 const struct package_paths *paths)
{
	*s = (struct shards){ .package = package, .paths = paths };
}

void shards_fini(struct shards *s)
{
	free(s->root);
	free(s->shown);
}

/* Find out what the first one needs. */
static int shards_begin(struct shards *s)
{
	const struct package *package = s->package;
	_cleanup_free_ char *real = NULL, *shown = NULL;

	if (s->shown)
		return 0;
	if (!s->root)
		s->root = realpath(package->manifest_file, NULL);
	/* What an editor has open may not be on the disk yet. */
	if (!s->root)
		s->root = strdup(package->manifest_file);
	shown = package_directory_of(package->manifest_file);
	if (!s->root || !shown)
		return -ENOMEM;
	real = realpath(shown, NULL);
	if (real && package->directory && !strcmp(real, package->directory))
		s->shown = TAKE(shown);
	else
		s->shown =
			strdup(package->directory ? package->directory : "/");
	return s->shown ? 0 : -ENOMEM;
}

/* What people call the file @real, which is in @directory if they call that
 * @shown. A verdict if it is not in there. */
static int name_below(const char *real, const char *directory,
		      const char *shown, char **ret)
{
	size_t n = strlen(directory);

	if (!path_lies_in(real, directory))
		return SOURCE_FILE_UNREADABLE;
	real += n;
	real += *real == '/';
	*ret = path_join(shown, real);
	return *ret ? 0 : -ENOMEM;
}

/* What people call the file @real; a verdict if it lies where no shard may. */
static int name_of(struct shards *s, const char *real, char **ret)
{
	size_t i, n = s->paths ? s->paths->n_includes : 0;
	char *directory;
	int r;

	if (!strcmp(real, s->root)) {
		*ret = strdup(s->package->manifest_file);
		return *ret ? 0 : -ENOMEM;
	}
	if (s->package->directory) {
		r = name_below(real, s->package->directory, s->shown, ret);
		if (r <= 0)
			return r;
	}
	for (i = 0; i < n; i++) {
		directory = realpath(s->paths->includes[i], NULL);
		if (!directory)
			continue;
		r = name_below(real, directory, s->paths->includes[i], ret);
		free(directory);
		if (r <= 0)
			return r;
	}
	return SOURCE_FILE_UNREADABLE;
}

static bool is_known(const struct shards *s, const char *real)
{
	size_t i;

	for (i = 0; i < s->package->n_shards; i++)
		if (!strcmp(s->package->shards[i].file, real))
			return true;
	return !strcmp(real, s->root);
}

static int remember(struct package *p, struct source_file *f)
{
	struct package_shard *grown;

	grown = realloc(p->shards, (p->n_shards + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->shards = grown;
	grown[p->n_shards++] = (struct package_shard){ .file = TAKE(f->real),
						       .stamp = f->stamp };
	return 0;
}

/* The @i-th place where @path may be; NULL behind the last one. 0 or -ENOMEM.
 */
static int candidate_at(const struct shards *s, const char *from,
			const char *path, size_t i, char **ret)
{
	_cleanup_free_ char *beside = NULL;
	const char *directory = s->package->directory;
	size_t n = s->paths ? s->paths->n_includes : 0;

	*ret = NULL;
	if (!strncmp(path, "//", 2)) {
		path += strspn(path, "/");
		if (i || !directory)
			return 0;
	} else if (!i) {
		beside = path_parent(from);
		if (!beside)
			return -ENOMEM;
		directory = beside;
	} else if (i > 1) {
		if (i - 2 >= n)
			return 0;
		directory = s->paths->includes[i - 2];
	}
	*ret = path_join(directory ? directory : "/", path);
	return *ret ? 0 : -ENOMEM;
}

static int refuse(const char *why, const char **ret_why)
{
	*ret_why = why;
	return MANIFEST_INVALID;
}

/* The file @f was found: is it allowed, and what is it called? */
static int accept_file(struct shards *s, struct source_file *f, char **ret_file,
		       char **ret_bytes, size_t *ret_n, const char **ret_why)
{
	_cleanup_free_ char *name = NULL;
	int r;

	r = name_of(s, f->real, &name);
	if (r < 0)
		return r;
	if (r)
		return refuse("lies outside of the package and of every "
			      "--include directory",
			      ret_why);
	*ret_bytes = NULL;
	*ret_n = 0;
	if (!is_known(s, f->real)) {
		r = remember(s->package, f);
		if (r)
			return r;
		*ret_n = f->n;
		*ret_bytes = TAKE(f->bytes);
	}
	*ret_file = TAKE(name);
	return 0;
}

int shards_read(void *userdata, const char *from, const char *path,
		char **ret_file, char **ret_bytes, size_t *ret_n,
		const char **ret_why)
{
	_cleanup_(source_file_fini) struct source_file f = { 0 };
	struct shards *s = userdata;
	char *candidate;
	int r, error = 0;
	size_t i;

	r = shards_begin(s);
	if (r)
		return r;
	for (i = 0;; i++) {
		r = candidate_at(s, from, path, i, &candidate);
		if (r)
			return r;
		if (!candidate)
			return refuse("does not exist", ret_why);
		r = source_file_find(candidate, &f, &error);
		free(candidate);
		if (!r)
			return accept_file(s, &f, ret_file, ret_bytes, ret_n,
					   ret_why);
		if (r < 0)
			return r;
		if (r == SOURCE_FILE_ODD)
			return refuse("is not a file", ret_why);
		if (error != ENOENT && error != ENOTDIR)
			return refuse(error == EACCES ? "may not be read"
						      : "cannot be read",
				      ret_why);
	}
}
