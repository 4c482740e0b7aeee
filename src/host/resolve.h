/*
 * Resolving realms: the one way in which manifests get into a tree, shared by
 * the manager and by the tools that need no manager.
 */
#pragma once

#include "host/package.h"
#include "route/check.h"

struct resolver {
	struct package_paths paths;
	/* Packages by moniker's realm: realm->moniker is the key. */
	struct map packages;
	uint64_t generation; /* counts the changes of the tree */
	/* Where components write: no manifest is read from there. Or NULL. */
	const char *state_directory;
};

void resolver_init(struct resolver *s, struct package_paths paths);
void resolver_fini(struct resolver *s);

/* A tree whose root is the manifest @file. 0 or -ENOMEM. */
int resolver_tree(struct topology *ret, const char *file,
		  const struct builtin *builtins, size_t n_builtins);

/*
 * Resolve @r: it is REALM_RESOLVED or REALM_BROKEN afterwards. Errors in its
 * manifest go into @report. 0 or a fault.
 */
int resolver_resolve(struct resolver *s, struct realm *r,
		     struct report *report);

/* Give @r a manifest and a package that are no files. Both are taken. 0 or a
 * fault. */
int resolver_plant(struct resolver *s, struct realm *r,
		   struct manifest *take_manifest,
		   struct package *take_package);

/* resolver_resolve() in the form of check_resolve_fn; @userdata is the
 * resolver. */
int resolver_check(void *userdata, struct realm *r, struct report *report);

/* The package of a resolved realm. */
const struct package *resolver_package(const struct resolver *s,
				       const struct realm *r);

/* Before a realm is removed. */
void resolver_forget(struct resolver *s, const struct realm *r);
