/*
 * The files that the manifest of a package includes: where they are looked for,
 * and that they lie where they may; see package_load().
 */
#pragma once

#include "host/package.h"
#include "host/source_file.h"

struct shards {
	struct package *package;	   /* remembers what was read */
	const struct package_paths *paths; /* NULL: no directories besides */
	/* Found out when the first one is asked for; most manifests have none.
	 */
	char *root;  /* the real path of the manifest itself */
	char *shown; /* the package's directory, as people named it */
};

void shards_init(struct shards *s, struct package *package,
		 const struct package_paths *paths);
void shards_fini(struct shards *s);

/* The read of struct manifest_includes; @userdata is a struct shards. */
int shards_read(void *userdata, const char *from, const char *path,
		char **ret_file, char **ret_bytes, size_t *ret_n,
		const char **ret_why);
