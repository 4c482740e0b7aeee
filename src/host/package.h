/*
 * Packages: from a component URL to its manifest and the directory that becomes
 * its /pkg.
 *
 * A package is a directory with meta/NAME.cml (or .cm, which is preferred) in
 * it. fuchsia-pkg://HOST/NAME and NAME#... are looked up in the package
 * directories, in order; the host of a URL names a repository, of which a plain
 * directory has none, so it is ignored.
 */
#pragma once

#include "base/report.h"
#include "host/source_file.h"
#include "manifest/manifest.h"
#include "route/realm.h"

enum {
	PACKAGE_INVALID = 1, /* *ret_why is a sentence that says what to do */
	PACKAGE_URL_MAX = 4096,
};

struct package_shard {
	char *file; /* absolute, without symbolic links */
	struct package_stamp stamp;
};

struct package {
	char *directory;       /* absolute; NULL if the component has none */
	char *shown_directory; /* the same, as it was named */
	char *manifest_file;   /* as shown to people */
	/* What the manifest file was when it was read. */
	struct package_stamp stamp;
	/* The shards it includes, and what they were. */
	struct package_shard *shards;
	size_t n_shards;
};

void package_fini(struct package *p);

struct package_paths {
	const char *const *directories;
	size_t n;
	/* Where shards are looked for besides in the package itself. */
	const char *const *includes;
	size_t n_includes;
};

/*
 * The root of a tree: a manifest by its path. If it is P/meta/NAME.cml its
 * package is P, otherwise the directory it stands in. 0, PACKAGE_INVALID or
 * -ENOMEM; @ret_why is appended to.
 */
int package_find_root(const char *file, struct package *ret,
		      struct text *ret_why);

/* @url as the component of package @context names it. As above. */
int package_find(const struct package_paths *paths,
		 const struct package *context, const char *url,
		 struct package *ret, struct text *ret_why);

/*
 * Read the package's manifest with the shards it includes, and remember what
 * files they were. 0; PACKAGE_INVALID with *ret_why (unreadable) or with errors
 * in @report (not valid); or a fault. At most 1 MiB of a file is read.
 *
 * A shard is looked for beside the file that includes it, in the package's
 * directory, and in the directories for includes, in this order; "//PATH" only
 * in the package's directory. Wherever symbolic links lead, it has to lie in
 * one of these.
 */
int package_load(struct package *p, const struct package_paths *paths,
		 struct manifest **ret, struct report *report,
		 struct text *ret_why);

/* The same, but for the compiled form (manifest/write.h), appended to @ret. */
int package_compile(struct package *p, const struct package_paths *paths,
		    struct report *report, struct text *ret,
		    struct text *ret_why);

/* Has one of the files changed, or gone, since package_load()? */
bool package_has_changed(const struct package *p);

/* The directory that is the package of a manifest file, as it is named. NULL:
 * no memory, as of those below. */
char *package_directory_of(const char *file);

/* "A/B", and "A" of "A/B". */
char *path_join(const char *a, const char *b);
char *path_parent(const char *path);

/*
 * Where to look when the operator names no directory: beside the root's
 * package, or the root manifest's own directory (see package_find_root()).
 */
char *package_default_path(const char *root_file);
