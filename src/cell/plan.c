/*
 * Building and checking. Arrays live in the arena and double when they are
 * full; what they grow out of stays in the arena until the plan ends, which
 * costs at most as much again.
 */
#include "cell/plan.h"

#include <errno.h>
#include <string.h>

/* Where nothing may be mounted: what the cell is made of. */
static const char *const plan_reserved[] = { "/", "/proc", "/dev", "/sys",
					     "/grants" };

void plan_init(struct plan *p)
{
	*p = (struct plan){
		.arena = ARENA_INIT,
		.tmp_bytes = PLAN_TMP_DEFAULT,
		.stop_ms = 5000,
	};
}

void plan_fini(struct plan *p)
{
	arena_fini(&p->arena);
	plan_init(p);
}

bool plan_is_path(const char *path)
{
	const char *at, *end;
	size_t n;

	if (path[0] != '/' || strlen(path) > PLAN_PATH_MAX)
		return false;
	if (!path[1])
		return true;
	for (at = path + 1;; at = end + 1) {
		end = strchrnul(at, '/');
		n = (size_t)(end - at);
		if (n == 0 || n > 255 || (n == 1 && at[0] == '.') ||
		    (n == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		if (!*end)
			return true;
	}
}

/* Relative, and otherwise like plan_is_path(). */
static bool plan_is_subpath(const char *path)
{
	char whole[PLAN_PATH_MAX + 2];
	size_t n = strlen(path);

	if (n == 0)
		return true;
	if (n >= PLAN_PATH_MAX)
		return false;
	whole[0] = '/';
	memcpy(whole + 1, path, n + 1);
	return plan_is_path(whole);
}

static bool plan_is_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 255 && !strchr(name, '/') && strcmp(name, ".") &&
	       strcmp(name, "..");
}

/* Is @path @parent itself, or below it? */
static bool plan_is_beneath(const char *path, const char *parent)
{
	size_t n = strlen(parent);

	return !strncmp(path, parent, n) && (!path[n] || path[n] == '/');
}

bool plan_is_target(const char *path)
{
	size_t i;

	if (!plan_is_path(path) || !path[1])
		return false;
	for (i = 1; i < N_ELEMENTS(plan_reserved); i++)
		if (plan_is_beneath(path, plan_reserved[i]))
			return false;
	return true;
}

/* Make room for element @n of an array of @size bytes each. */
static int plan_grow(struct plan *p, void *array, size_t n, size_t size,
		     size_t max)
{
	void *old, *new;

	if (n >= max)
		return PLAN_TOO_LARGE;
	if (n & (n - 1) || n == 1)
		return 0;
	/* @n is 0 or a power of two above 1: full. */
	new = arena_array(&p->arena, n ? 2 * n : 2, size);
	if (!new)
		return -ENOMEM;
	memcpy(&old, array, sizeof(old));
	if (n)
		memcpy(new, old, n * size);
	memcpy(array, &new, sizeof(new));
	return 0;
}

static int plan_copy(struct plan *p, const char *s, const char **ret)
{
	char *copy = arena_copy(&p->arena, s, strlen(s));

	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int plan_set_moniker(struct plan *p, const char *moniker)
{
	if (!moniker[0] || strlen(moniker) > PLAN_PATH_MAX)
		return PLAN_BAD_STRING;
	return plan_copy(p, moniker, &p->moniker);
}

int plan_set_binary(struct plan *p, const char *path)
{
	if (!plan_is_path(path) || !path[1])
		return PLAN_BAD_PATH;
	return plan_copy(p, path, &p->binary);
}

int plan_set_cwd(struct plan *p, const char *path)
{
	if (!plan_is_path(path))
		return PLAN_BAD_PATH;
	return plan_copy(p, path, &p->cwd);
}

int plan_set_config(struct plan *p, const char *bytes)
{
	if (strlen(bytes) > PLAN_CONFIG_MAX)
		return PLAN_TOO_LARGE;
	return plan_copy(p, bytes, &p->config);
}

int plan_add_arg(struct plan *p, const char *arg)
{
	int r;

	if (strlen(arg) >= PLAN_BYTES_MAX)
		return PLAN_BAD_STRING;
	r = plan_grow(p, &p->args, p->n_args, sizeof(*p->args), PLAN_ARGS_MAX);
	if (r)
		return r;
	r = plan_copy(p, arg, &p->args[p->n_args]);
	if (r)
		return r;
	p->n_args++;
	return 0;
}

int plan_add_environ(struct plan *p, const char *entry)
{
	const char *equals = strchr(entry, '=');
	int r;

	if (!equals || equals == entry || strlen(entry) >= PLAN_BYTES_MAX)
		return PLAN_BAD_STRING;
	r = plan_grow(p, &p->environ, p->n_environ, sizeof(*p->environ),
		      PLAN_ENVIRON_MAX);
	if (r)
		return r;
	r = plan_copy(p, entry, &p->environ[p->n_environ]);
	if (r)
		return r;
	p->n_environ++;
	return 0;
}

static int plan_check_mount(const struct plan_mount *m)
{
	if (!plan_is_target(m->target) || !plan_is_path(m->source) ||
	    (m->subpath && !plan_is_subpath(m->subpath)))
		return PLAN_BAD_PATH;
	if (!m->rights || m->rights & ~(uint32_t)PLAN_RIGHTS_ALL)
		return PLAN_BAD_RIGHTS;
	if ((unsigned)m->kind >= N_PLAN_MOUNT_KINDS)
		return PLAN_BAD_VALUE;
	return 0;
}

/* Is there a mount or a directory of sockets at exactly this path? */
static bool plan_has_target(const struct plan *p, const char *path)
{
	size_t i;

	for (i = 0; i < p->n_mounts; i++)
		if (!strcmp(p->mounts[i].target, path))
			return true;
	for (i = 0; i < p->n_dirs; i++)
		if (!strcmp(p->dirs[i], path))
			return true;
	return false;
}

/* Does one of two paths lead through the other? */
static bool plan_is_across(const char *a, const char *b)
{
	return plan_is_beneath(a, b) || plan_is_beneath(b, a);
}

/* Would something at @path be above, below or at a link? */
static bool plan_meets_link(const struct plan *p, const char *path)
{
	size_t i;

	for (i = 0; i < p->n_links; i++)
		if (plan_is_across(path, p->links[i].path))
			return true;
	return false;
}

/* Would a link at @path be above, below or at something? */
static bool plan_meets_any(const struct plan *p, const char *path)
{
	size_t i;

	for (i = 0; i < p->n_mounts; i++)
		if (plan_is_across(path, p->mounts[i].target))
			return true;
	for (i = 0; i < p->n_dirs; i++)
		if (plan_is_across(path, p->dirs[i]))
			return true;
	return plan_meets_link(p, path);
}

int plan_add_link(struct plan *p, const char *path, const char *into)
{
	struct plan_link link;
	int r;

	if (!plan_is_target(path) || !plan_is_path(into))
		return PLAN_BAD_PATH;
	if (plan_meets_any(p, path))
		return PLAN_DOUBLE;
	r = plan_grow(p, &p->links, p->n_links, sizeof(*p->links),
		      PLAN_LINKS_MAX);
	if (!r)
		r = plan_copy(p, path, &link.path);
	if (!r)
		r = plan_copy(p, into, &link.into);
	if (r)
		return r;
	p->links[p->n_links++] = link;
	return 0;
}

int plan_add_mount(struct plan *p, const struct plan_mount *mount)
{
	struct plan_mount m = *mount;
	int r;

	r = plan_check_mount(mount);
	if (r)
		return r;
	if (plan_has_target(p, mount->target) ||
	    plan_meets_link(p, mount->target))
		return PLAN_DOUBLE;
	r = plan_grow(p, &p->mounts, p->n_mounts, sizeof(*p->mounts),
		      PLAN_MOUNTS_MAX);
	if (!r)
		r = plan_copy(p, mount->target, &m.target);
	if (!r)
		r = plan_copy(p, mount->source, &m.source);
	if (!r)
		r = plan_copy(p, mount->subpath ? mount->subpath : "",
			      &m.subpath);
	if (r)
		return r;
	p->mounts[p->n_mounts++] = m;
	return 0;
}

static bool plan_find_dir(const struct plan *p, const char *path, size_t n,
			  uint32_t *ret)
{
	uint32_t i;

	for (i = 0; i < p->n_dirs; i++) {
		if (strncmp(p->dirs[i], path, n) || p->dirs[i][n])
			continue;
		*ret = i;
		return true;
	}
	return false;
}

int plan_add_dir(struct plan *p, const char *path)
{
	uint32_t found;
	int r;

	if (!plan_is_target(path))
		return PLAN_BAD_PATH;
	if (plan_find_dir(p, path, strlen(path), &found))
		return 0;
	if (plan_has_target(p, path) || plan_meets_link(p, path))
		return PLAN_DOUBLE;
	r = plan_grow(p, &p->dirs, p->n_dirs, sizeof(*p->dirs), PLAN_DIRS_MAX);
	if (!r)
		r = plan_copy(p, path, &p->dirs[p->n_dirs]);
	if (r)
		return r;
	p->n_dirs++;
	return 0;
}

/* Put service @name into directory @dir, unless it is there. */
static int plan_link_service(struct plan *p, uint32_t dir, const char *name)
{
	size_t i;
	int r;

	for (i = 0; i < p->n_services; i++)
		if (p->services[i].dir == dir &&
		    !strcmp(p->services[i].name, name))
			return PLAN_DOUBLE;
	r = plan_grow(p, &p->services, p->n_services, sizeof(*p->services),
		      PLAN_SERVICES_MAX);
	if (!r)
		r = plan_copy(p, name, &p->services[p->n_services].name);
	if (r)
		return r;
	p->services[p->n_services++].dir = dir;
	return 0;
}

int plan_add_service(struct plan *p, const char *path)
{
	char dir[PLAN_PATH_MAX + 1];
	const char *name;
	uint32_t i = 0;
	size_t n;
	int r;

	if (!plan_is_path(path) || !path[1])
		return PLAN_BAD_PATH;
	name = strrchr(path, '/') + 1;
	n = (size_t)(name - path) - 1;
	memcpy(dir, path, n);
	dir[n] = 0;
	r = plan_add_dir(p, dir);
	if (r)
		return r;
	plan_find_dir(p, dir, n, &i);
	return plan_link_service(p, i, name);
}

int plan_add_limit(struct plan *p, int resource, uint64_t soft, uint64_t hard)
{
	int r;

	if (resource < 0 || resource > 63 || soft > hard)
		return PLAN_BAD_VALUE;
	r = plan_grow(p, &p->limits, p->n_limits, sizeof(*p->limits),
		      PLAN_LIMITS_MAX);
	if (r)
		return r;
	p->limits[p->n_limits++] = (struct plan_limit){ resource, soft, hard };
	return 0;
}

static int plan_check_dirs(const struct plan *p)
{
	size_t i, j;

	for (i = 0; i < p->n_dirs; i++) {
		if (!plan_is_target(p->dirs[i]))
			return PLAN_BAD_PATH;
		for (j = 0; j < i; j++)
			if (!strcmp(p->dirs[i], p->dirs[j]))
				return PLAN_DOUBLE;
	}
	for (i = 0; i < p->n_services; i++) {
		if (p->services[i].dir >= p->n_dirs)
			return PLAN_BAD_VALUE;
		if (!plan_is_name(p->services[i].name))
			return PLAN_BAD_NAME;
	}
	return 0;
}

static int plan_check_mounts(const struct plan *p)
{
	size_t i, j;
	int r;

	for (i = 0; i < p->n_mounts; i++) {
		r = plan_check_mount(&p->mounts[i]);
		if (r)
			return r;
		for (j = 0; j < i; j++)
			if (!strcmp(p->mounts[i].target, p->mounts[j].target))
				return PLAN_DOUBLE;
		for (j = 0; j < p->n_dirs; j++)
			if (!strcmp(p->mounts[i].target, p->dirs[j]))
				return PLAN_DOUBLE;
	}
	return 0;
}

static int plan_check_links(const struct plan *p)
{
	struct plan before = *p;
	const struct plan_link *l;

	for (before.n_links = 0; before.n_links < p->n_links;
	     before.n_links++) {
		l = &p->links[before.n_links];
		if (!plan_is_target(l->path) || !plan_is_path(l->into))
			return PLAN_BAD_PATH;
		if (plan_meets_any(&before, l->path))
			return PLAN_DOUBLE;
	}
	return 0;
}

/* Would it hide the configuration? */
static bool plan_hides_config(const char *path)
{
	return !strcmp(path, PLAN_CONFIG_DIR) ||
	       plan_is_beneath(path, PLAN_CONFIG_FILE);
}

static int plan_check_config(const struct plan *p)
{
	size_t i;

	if (!p->config)
		return 0;
	if (strlen(p->config) > PLAN_CONFIG_MAX)
		return PLAN_TOO_LARGE;
	for (i = 0; i < p->n_mounts; i++)
		if (plan_hides_config(p->mounts[i].target))
			return PLAN_DOUBLE;
	for (i = 0; i < p->n_dirs; i++)
		if (plan_hides_config(p->dirs[i]))
			return PLAN_DOUBLE;
	for (i = 0; i < p->n_links; i++)
		if (plan_hides_config(p->links[i].path))
			return PLAN_DOUBLE;
	return 0;
}

int plan_check(const struct plan *p)
{
	int r;

	if (!p->moniker || !p->moniker[0] || !p->n_args)
		return PLAN_BAD_STRING;
	if (!p->binary || !plan_is_path(p->binary) || !p->binary[1] ||
	    (p->cwd && !plan_is_path(p->cwd)))
		return PLAN_BAD_PATH;
	if (p->n_args > PLAN_ARGS_MAX || p->n_environ > PLAN_ENVIRON_MAX ||
	    p->n_mounts > PLAN_MOUNTS_MAX || p->n_links > PLAN_LINKS_MAX ||
	    p->n_dirs > PLAN_DIRS_MAX || p->n_services > PLAN_SERVICES_MAX ||
	    p->n_limits > PLAN_LIMITS_MAX)
		return PLAN_TOO_LARGE;
	r = plan_check_dirs(p);
	if (!r)
		r = plan_check_mounts(p);
	if (!r)
		r = plan_check_links(p);
	return r ? r : plan_check_config(p);
}

const char *plan_verdict_text(int verdict)
{
	static const char *const texts[] = {
		[PLAN_OK] = "nothing is wrong",
		[PLAN_TOO_LARGE] = "it is larger than a plan may be",
		[PLAN_BAD_PATH] = "a path is not normal, or the cell's own",
		[PLAN_BAD_NAME] = "a service's name is not one path component",
		[PLAN_BAD_STRING] = "a string is empty, too long or malformed",
		[PLAN_BAD_RIGHTS] = "a mount has no rights, or unknown ones",
		[PLAN_DOUBLE] =
			"two things stand at one path, or a link is in the way",
		[PLAN_CUT_SHORT] = "its encoding is too short or too long",
		[PLAN_BAD_VALUE] = "an encoded field has an impossible value",
	};

	if (verdict < 0 || (size_t)verdict >= N_ELEMENTS(texts))
		return "it is unfit";
	return texts[verdict];
}
