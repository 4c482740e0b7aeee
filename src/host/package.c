/* Paths are joined as text; url_parse() has made sure that none climbs out. */
#include "host/package.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/shard.h"
#include "manifest/url.h"
#include "manifest/write.h"

static void shards_forget(struct package *p)
{
	while (p->n_shards)
		free(p->shards[--p->n_shards].file);
	free(p->shards);
	p->shards = NULL;
}

void package_fini(struct package *p)
{
	shards_forget(p);
	free(p->directory);
	free(p->shown_directory);
	free(p->manifest_file);
	*p = (struct package){ 0 };
}

char *path_join(const char *a, const char *b)
{
	struct text t = TEXT_INIT;

	/* "x" reads better than "./x". */
	if (strcmp(a, "."))
		text_printf(&t, "%s%s", a,
			    a[0] && a[strlen(a) - 1] == '/' ? "" : "/");
	text_puts(&t, b);
	if (text_is_failed(&t)) {
		text_fini(&t);
		return NULL;
	}
	return t.bytes;
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	if (slash == path)
		return strdup("/");
	return strndup(path, (size_t)(slash - path));
}

static const char *last_segment(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "." and ".." have no name to look at, or to cut off. */
static bool is_nameless(const char *directory)
{
	const char *name = last_segment(directory);

	return !strcmp(name, ".") || !strcmp(name, "..");
}

static bool is_meta(const char *directory)
{
	_cleanup_free_ char *absolute = NULL;

	if (is_nameless(directory)) {
		absolute = realpath(directory, NULL);
		if (absolute)
			directory = absolute;
	}
	return !strcmp(last_segment(directory), "meta");
}

char *package_directory_of(const char *file)
{
	_cleanup_free_ char *directory = path_parent(file);
	char *above;

	if (!directory || !is_meta(directory))
		return TAKE(directory);
	if (is_nameless(directory))
		return path_join(directory, "..");
	above = path_parent(directory);
	if (above && !strcmp(directory, "meta")) {
		free(above);
		above = strdup(".");
	}
	return above;
}

char *package_default_path(const char *root_file)
{
	_cleanup_free_ char *package = package_directory_of(root_file);
	_cleanup_free_ char *directory = path_parent(root_file);
	_cleanup_free_ char *absolute = NULL;

	if (!package || !directory)
		return NULL;
	if (!is_meta(directory))
		return TAKE(package);
	if (!is_nameless(package))
		return path_parent(package);
	absolute = realpath(package, NULL);
	return path_parent(absolute ? absolute : package);
}

int package_find_root(const char *file, struct package *ret,
		      struct text *ret_why)
{
	_cleanup_free_ char *directory = package_directory_of(file);
	char *absolute;

	if (!directory)
		return -ENOMEM;
	absolute = realpath(directory, NULL);
	if (!absolute) {
		text_printf(ret_why, "%s: %s", file, strerror(errno));
		return errno == ENOMEM ? -ENOMEM : PACKAGE_INVALID;
	}
	*ret = (struct package){ .directory = absolute,
				 .shown_directory = TAKE(directory),
				 .manifest_file = strdup(file) };
	if (!ret->manifest_file) {
		package_fini(ret);
		return -ENOMEM;
	}
	return 0;
}

/* Make "meta/x.cm" the file that exists: x.cm, else x.cml beside it. */
static int package_pick_manifest(char *take_directory, const char *resource,
				 struct package *ret, struct text *ret_why)
{
	_cleanup_free_ char *directory = take_directory;
	_cleanup_free_ char *file = path_join(directory, resource);
	_cleanup_free_ char *source = NULL;
	size_t n = strlen(resource);

	if (!file)
		return -ENOMEM;
	if (access(file, F_OK) < 0 && n > 3 &&
	    !strcmp(resource + n - 3, ".cm")) {
		source = malloc(strlen(file) + 2);
		if (!source)
			return -ENOMEM;
		strcpy(stpcpy(source, file), "l");
		if (access(source, F_OK) == 0) {
			free(file);
			file = TAKE(source);
		}
	}
	if (access(file, R_OK) < 0) {
		text_printf(ret_why, "there is no manifest %s%s (%s)", file,
			    source ? " nor .cml" : "", strerror(errno));
		return PACKAGE_INVALID;
	}
	/* The manifest is shown as it was named; /pkg is mounted from here. */
	*ret = (struct package){ .directory = realpath(directory, NULL),
				 .shown_directory = TAKE(directory),
				 .manifest_file = TAKE(file) };
	if (ret->directory)
		return 0;
	text_printf(ret_why, "%s: %s", ret->shown_directory, strerror(errno));
	package_fini(ret);
	return PACKAGE_INVALID;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int package_search(const struct package_paths *paths, const char *name,
			  const char *resource, struct package *ret,
			  struct text *ret_why)
{
	char *directory;
	size_t i;

	for (i = 0; i < paths->n; i++) {
		directory = path_join(paths->directories[i], name);
		if (!directory)
			return -ENOMEM;
		if (is_directory(directory))
			return package_pick_manifest(directory, resource, ret,
						     ret_why);
		free(directory);
	}
	text_printf(ret_why, "there is no package \"%s\" in ", name);
	for (i = 0; i < paths->n; i++)
		text_printf(ret_why, "%s%s", i ? ", " : "",
			    paths->directories[i]);
	text_puts(ret_why, "; name its directory with --packages DIR");
	return PACKAGE_INVALID;
}

static int package_find_parsed(const struct package_paths *paths,
			       const struct package *context,
			       const struct url *u, const char *url,
			       struct package *ret, struct text *ret_why)
{
	char *directory;

	if (!u->resource && u->kind != URL_OTHER) {
		text_printf(ret_why,
			    "%s names no manifest; add one, as in "
			    "%s#meta/NAME.cm",
			    url, url);
		return PACKAGE_INVALID;
	}
	switch (u->kind) {
	case URL_PACKAGE:
	case URL_SIBLING:
		return package_search(paths, u->package, u->resource, ret,
				      ret_why);
	case URL_FILE:
		directory = strdup(u->directory);
		break;
	case URL_LOCAL:
		if (!context || !context->directory) {
			text_printf(ret_why,
				    "%s is relative to a package, "
				    "but its parent has none",
				    url);
			return PACKAGE_INVALID;
		}
		directory = strdup(context->shown_directory
					   ? context->shown_directory
					   : context->directory);
		break;
	default:
		text_printf(ret_why,
			    "%s has the scheme \"%s\", which nothing here "
			    "resolves; use fuchsia-pkg:// or file://",
			    url, u->scheme);
		return PACKAGE_INVALID;
	}
	if (!directory)
		return -ENOMEM;
	return package_pick_manifest(directory, u->resource, ret, ret_why);
}

int package_find(const struct package_paths *paths,
		 const struct package *context, const char *url,
		 struct package *ret, struct text *ret_why)
{
	struct arena arena = ARENA_INIT;
	const char *why;
	struct url u;
	int r;

	r = url_parse(url, &arena, &u, &why);
	if (r == URL_INVALID) {
		text_printf(ret_why, "the URL %s %s", url, why);
		r = PACKAGE_INVALID;
	} else if (!r) {
		r = package_find_parsed(paths, context, &u, url, ret, ret_why);
	}
	arena_fini(&arena);
	return r;
}

/* The manifest's own bytes. */
static int package_read(struct package *p, struct source_file *ret,
			struct text *ret_why)
{
	int r, error = 0;

	r = source_file_read(p->manifest_file, ret, &error);
	if (r <= 0)
		return r;
	if (r == SOURCE_FILE_ODD)
		text_printf(ret_why, "%s is not a file", p->manifest_file);
	else
		text_printf(ret_why, "%s: %s", p->manifest_file,
			    strerror(error));
	return PACKAGE_INVALID;
}

/* Load or compile: exactly one of the outputs is not NULL. */
static int package_use(struct package *p, const struct package_paths *paths,
		       struct manifest **ret, struct text *ret_compiled,
		       struct report *report, struct text *ret_why)
{
	_cleanup_(source_file_fini) struct source_file f = { 0 };
	_cleanup_(shards_fini) struct shards shards = { 0 };
	const struct manifest_includes includes = { shards_read, &shards };
	size_t errors = report->n_errors;
	int r;

	r = package_read(p, &f, ret_why);
	if (r)
		return r;
	p->stamp = f.stamp;
	shards_forget(p);
	shards_init(&shards, p, paths);
	r = ret ? manifest_load_with(p->manifest_file, f.bytes, f.n, &includes,
				     ret, report)
		: manifest_compile(p->manifest_file, f.bytes, f.n, &includes,
				   report, ret_compiled);
	if (r <= 0)
		return r;
	text_printf(ret_why, "its manifest %s has %zu error%s",
		    p->manifest_file, report->n_errors - errors,
		    report->n_errors - errors == 1 ? "" : "s");
	return PACKAGE_INVALID;
}

int package_load(struct package *p, const struct package_paths *paths,
		 struct manifest **ret, struct report *report,
		 struct text *ret_why)
{
	return package_use(p, paths, ret, NULL, report, ret_why);
}

int package_compile(struct package *p, const struct package_paths *paths,
		    struct report *report, struct text *ret,
		    struct text *ret_why)
{
	return package_use(p, paths, NULL, ret, report, ret_why);
}

bool package_has_changed(const struct package *p)
{
	size_t i;

	if (source_file_has_changed(p->manifest_file, &p->stamp))
		return true;
	for (i = 0; i < p->n_shards; i++)
		if (source_file_has_changed(p->shards[i].file,
					    &p->shards[i].stamp))
			return true;
	return false;
}
