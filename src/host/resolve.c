/*
 * Ten thousand children of one component are mostly ten thousand readings of a
 * few manifests; each realm still gets its own copy, because a manifest belongs
 * to the realm that was resolved with it and may differ after a file changed.
 */
#include "host/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"

struct resolved {
	struct map_node node; /* in resolver.packages, by realm */
	const struct realm *realm;
	struct package package;
};

void resolver_init(struct resolver *s, struct package_paths paths)
{
	*s = (struct resolver){ .paths = paths, .packages = MAP_INIT };
}

void resolver_fini(struct resolver *s)
{
	struct resolved *p;
	size_t i;

	for (i = 0; i < s->packages.n_buckets; i++) {
		while (s->packages.buckets[i]) {
			p = container_of(s->packages.buckets[i],
					 struct resolved, node);
			map_unlink(&s->packages, &p->node);
			package_fini(&p->package);
			free(p);
		}
	}
	map_fini(&s->packages);
}

int resolver_tree(struct topology *ret, const char *file,
		  const struct builtin *builtins, size_t n_builtins)
{
	return topology_init(ret, file, builtins, n_builtins);
}

static struct resolved *resolved_find(const struct resolver *s,
				      const struct realm *r)
{
	struct map_node *node;
	struct resolved *p;

	for (node = map_find(&s->packages, map_hash(&r, sizeof(r))); node;
	     node = map_next(node)) {
		p = container_of(node, struct resolved, node);
		if (p->realm == r)
			return p;
	}
	return NULL;
}

const struct package *resolver_package(const struct resolver *s,
				       const struct realm *r)
{
	struct resolved *p = resolved_find(s, r);

	return p ? &p->package : NULL;
}

void resolver_forget(struct resolver *s, const struct realm *r)
{
	struct resolved *p = resolved_find(s, r);

	s->generation++;
	if (!p)
		return;
	map_unlink(&s->packages, &p->node);
	package_fini(&p->package);
	free(p);
}

/*
 * A file:// URL makes any directory of the host its component's package. That
 * is for the operator to say, whose the root manifest is; the manifest of a
 * package, and a program that creates children, may name packages only.
 */
static bool may_name_url(const struct realm *r)
{
	return strncmp(r->url, "file://", strlen("file://")) != 0 ||
	       (!r->collection && !r->parent->parent);
}

/*
 * Does the way to @file lead through @directory? A package directory may be
 * above the state directory, and a program that creates children names the
 * manifest: one that it wrote itself would make it a package of that whole
 * directory.
 */
static bool leads_through(const char *file, const char *directory)
{
	_cleanup_free_ char *forbidden = realpath(directory, NULL);
	_cleanup_free_ char *path = strdup(file);
	bool found = false;
	char *real, *end;

	/* Nobody has written anything yet. */
	if (!forbidden || !path)
		return errno == ENOMEM;
	for (end = path; end && !found;) {
		end = strchr(end + 1, '/');
		if (end)
			*end = 0;
		real = realpath(path, NULL);
		found = real ? path_lies_in(real, forbidden) : errno == ENOMEM;
		free(real);
		if (end)
			*end = '/';
	}
	return found;
}

/* The same of the files it includes. */
static bool shards_are_allowed(const struct resolver *s,
			       const struct package *package, struct text *why)
{
	size_t i;

	for (i = 0; s->state_directory && i < package->n_shards; i++) {
		if (!leads_through(package->shards[i].file, s->state_directory))
			continue;
		text_printf(why,
			    "its manifest %s includes %s, which lies in "
			    "the state directory, where components write",
			    package->manifest_file, package->shards[i].file);
		return false;
	}
	return true;
}

static int resolver_read(struct resolver *s, struct realm *r,
			 struct package *package, struct report *report,
			 struct text *why)
{
	struct manifest *manifest = NULL;
	int k;

	if (r->parent && !may_name_url(r)) {
		text_printf(why,
			    "%s names a directory of the host, which only "
			    "the root manifest may; make it a package",
			    r->url);
		return PACKAGE_INVALID;
	}
	k = r->parent ? package_find(&s->paths, resolver_package(s, r->parent),
				     r->url, package, why)
		      : package_find_root(r->url, package, why);
	if (k)
		return k;
	if (r->parent && s->state_directory &&
	    leads_through(package->manifest_file, s->state_directory)) {
		text_printf(why,
			    "its manifest %s lies in the state directory, "
			    "where components write",
			    package->manifest_file);
		return PACKAGE_INVALID;
	}
	k = package_load(package, &s->paths, &manifest, report, why);
	if (k)
		return k;
	if (r->parent && !shards_are_allowed(s, package, why)) {
		manifest_free(manifest);
		return PACKAGE_INVALID;
	}
	k = realm_resolve(r, manifest);
	if (k == REALM_TOO_DEEP) {
		text_printf(why, "the tree would be deeper than %d components",
			    REALM_DEPTH_MAX);
		return PACKAGE_INVALID;
	}
	if (k == REALM_TOO_MANY) {
		text_printf(why, "the tree would have more than %d components",
			    TOPOLOGY_REALMS_MAX);
		return PACKAGE_INVALID;
	}
	return k;
}

int resolver_resolve(struct resolver *s, struct realm *r, struct report *report)
{
	struct text why = TEXT_INIT;
	struct resolved *p;
	int k;

	resolver_forget(s, r);
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->realm = r;
	k = map_link(&s->packages, &p->node, map_hash(&r, sizeof(r)));
	if (k < 0) {
		free(p);
		return k;
	}
	k = resolver_read(s, r, &p->package, report, &why);
	if (!k)
		return 0;
	resolver_forget(s, r);
	if (k > 0 && text_is_failed(&why))
		k = -ENOMEM;
	if (k > 0) {
		realm_break(r, text_string(&why));
		k = 0;
	}
	text_fini(&why);
	return k;
}

int resolver_plant(struct resolver *s, struct realm *r,
		   struct manifest *take_manifest, struct package *take_package)
{
	struct resolved *p = calloc(1, sizeof(*p));
	int k;

	if (!p) {
		manifest_free(take_manifest);
		package_fini(take_package);
		return -ENOMEM;
	}
	p->realm = r;
	p->package = *take_package;
	k = map_link(&s->packages, &p->node, map_hash(&r, sizeof(r)));
	if (k < 0) {
		manifest_free(take_manifest);
		package_fini(&p->package);
		free(p);
		return k;
	}
	k = realm_resolve(r, take_manifest);
	if (k)
		resolver_forget(s, r);
	return fault(k);
}

int resolver_check(void *userdata, struct realm *r, struct report *report)
{
	return resolver_resolve(userdata, r, report);
}
