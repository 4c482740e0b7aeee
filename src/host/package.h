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
#include "manifest/manifest.h"
#include "route/realm.h"

enum {
	PACKAGE_INVALID = 1, /* *ret_why is a sentence that says what to do */
	PACKAGE_URL_MAX = 4096,
};

struct package {
	char *directory; /* absolute; NULL if the component has none */
	char *manifest_file; /* as shown to people */
	/* What the manifest file was when it was read. */
	uint64_t device, inode, mtime_ns, size;
};

void package_fini(struct package *p);

struct package_paths {
	const char *const *directories;
	size_t n;
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
 * Read the package's manifest and remember what file it was. 0;
 * PACKAGE_INVALID with *ret_why (unreadable) or with errors in @report (not
 * valid); or a fault. At most 1 MiB is read.
 */
int package_load(struct package *p, struct manifest **ret,
		 struct report *report, struct text *ret_why);

/* Has the file changed, or gone, since package_load()? */
bool package_has_changed(const struct package *p);

/*
 * Where to look when the operator names no directory: beside the root's
 * package, or the root manifest's own directory (see package_find_root()).
 */
char *package_default_path(const char *root_file);
