/*
 * The plan's encoding: little-endian numbers, strings as length and bytes,
 * arrays as count and elements, in the order of struct plan, behind a magic
 * number.
 *
 * The reader goes through the same plan_add_ functions as a builder does, so
 * that nothing can be read that could not have been built, and asks
 * plan_check() at the end.
 */
#include <errno.h>
#include <string.h>

#include "cell/plan.h"

#define PLAN_MAGIC UINT32_C(0x336e6c50) /* "Pln3" */

enum plan_flag {
	PLAN_FLAG_STRICT = 0x1,
	PLAN_FLAG_NOTIFY = 0x2,
	PLAN_FLAG_CWD = 0x4,
	PLAN_FLAG_CONFIG = 0x8,
	PLAN_FLAGS_ALL = 0xf,
};

static void plan_write_u32(struct text *t, uint32_t v)
{
	char bytes[4] = { (char)v, (char)(v >> 8), (char)(v >> 16),
			  (char)(v >> 24) };

	text_append(t, bytes, sizeof(bytes));
}

static void plan_write_u64(struct text *t, uint64_t v)
{
	plan_write_u32(t, (uint32_t)v);
	plan_write_u32(t, (uint32_t)(v >> 32));
}

static void plan_write_string(struct text *t, const char *s)
{
	size_t n = strlen(s);

	plan_write_u32(t, (uint32_t)n);
	text_append(t, s, n);
}

static void plan_write_strings(struct text *t, const char **s, size_t n)
{
	size_t i;

	plan_write_u32(t, (uint32_t)n);
	for (i = 0; i < n; i++)
		plan_write_string(t, s[i]);
}

static void plan_write_mounts(struct text *t, const struct plan *p)
{
	const struct plan_mount *m;
	size_t i;

	plan_write_u32(t, (uint32_t)p->n_mounts);
	for (i = 0; i < p->n_mounts; i++) {
		m = &p->mounts[i];
		plan_write_string(t, m->target);
		plan_write_string(t, m->source);
		plan_write_string(t, m->subpath ? m->subpath : "");
		plan_write_u32(t, m->rights);
		plan_write_u32(t, m->kind);
		plan_write_u32(t, m->optional);
	}
}

static void plan_write_links(struct text *t, const struct plan *p)
{
	size_t i;

	plan_write_u32(t, (uint32_t)p->n_links);
	for (i = 0; i < p->n_links; i++) {
		plan_write_string(t, p->links[i].path);
		plan_write_string(t, p->links[i].into);
	}
}

static void plan_write_services(struct text *t, const struct plan *p)
{
	size_t i;

	plan_write_strings(t, p->dirs, p->n_dirs);
	plan_write_u32(t, (uint32_t)p->n_services);
	for (i = 0; i < p->n_services; i++) {
		plan_write_u32(t, p->services[i].dir);
		plan_write_string(t, p->services[i].name);
	}
}

static void plan_write_limits(struct text *t, const struct plan *p)
{
	size_t i;

	plan_write_u32(t, (uint32_t)p->n_limits);
	for (i = 0; i < p->n_limits; i++) {
		plan_write_u32(t, (uint32_t)p->limits[i].resource);
		plan_write_u64(t, p->limits[i].soft);
		plan_write_u64(t, p->limits[i].hard);
	}
}

int plan_write(const struct plan *p, struct text *t)
{
	size_t start = t->n;
	int r;

	r = plan_check(p);
	if (r)
		return r;
	plan_write_u32(t, PLAN_MAGIC);
	plan_write_u32(t, (p->strict ? PLAN_FLAG_STRICT : 0) |
				  (p->notify_stop ? PLAN_FLAG_NOTIFY : 0) |
				  (p->cwd ? PLAN_FLAG_CWD : 0) |
				  (p->config ? PLAN_FLAG_CONFIG : 0));
	plan_write_u32(t, p->stop_ms);
	plan_write_u64(t, p->tmp_bytes);
	plan_write_string(t, p->moniker);
	plan_write_string(t, p->binary);
	if (p->cwd)
		plan_write_string(t, p->cwd);
	if (p->config)
		plan_write_string(t, p->config);
	plan_write_strings(t, p->args, p->n_args);
	plan_write_strings(t, p->environ, p->n_environ);
	plan_write_mounts(t, p);
	plan_write_links(t, p);
	plan_write_services(t, p);
	plan_write_limits(t, p);
	if (text_is_failed(t))
		return -ENOMEM;
	return t->n - start > PLAN_BYTES_MAX ? PLAN_TOO_LARGE : 0;
}

/* What is left to read; the first error stays, and all later reads yield 0. */
struct plan_reader {
	const unsigned char *at;
	size_t n;
	struct plan *plan;
	int error;
	/* Where strings are put together with the zero they lack. */
	char string[PLAN_BYTES_MAX + 1];
};

static void plan_fail(struct plan_reader *r, int error)
{
	if (!r->error)
		r->error = error;
}

static uint32_t plan_read_u32(struct plan_reader *r)
{
	const unsigned char *at = r->at;

	if (r->error || r->n < 4) {
		plan_fail(r, PLAN_CUT_SHORT);
		return 0;
	}
	r->at += 4;
	r->n -= 4;
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static uint64_t plan_read_u64(struct plan_reader *r)
{
	uint64_t low = plan_read_u32(r);

	return low | (uint64_t)plan_read_u32(r) << 32;
}

/* A flag field: 0 or 1 and nothing else. */
static bool plan_read_bool(struct plan_reader *r)
{
	uint32_t v = plan_read_u32(r);

	if (v > 1)
		plan_fail(r, PLAN_BAD_VALUE);
	return v == 1;
}

/* The next string, in r->string until the next call; "" after an error. */
static const char *plan_read_string(struct plan_reader *r)
{
	uint32_t n = plan_read_u32(r);

	r->string[0] = 0;
	if (r->error)
		return r->string;
	if (n > r->n) {
		plan_fail(r, PLAN_CUT_SHORT);
		return r->string;
	}
	if (memchr(r->at, 0, n)) {
		plan_fail(r, PLAN_BAD_STRING);
		return r->string;
	}
	memcpy(r->string, r->at, n);
	r->string[n] = 0;
	r->at += n;
	r->n -= n;
	return r->string;
}

/* Read @n strings and add each by @add. */
static void plan_read_strings(struct plan_reader *r,
			      int (*add)(struct plan *, const char *))
{
	uint32_t n = plan_read_u32(r);
	const char *s;

	while (n-- && !r->error) {
		s = plan_read_string(r);
		if (!r->error)
			plan_fail(r, add(r->plan, s));
	}
}

static void plan_read_one(struct plan_reader *r,
			  int (*set)(struct plan *, const char *))
{
	const char *s = plan_read_string(r);

	if (!r->error)
		plan_fail(r, set(r->plan, s));
}

/* A string that must outlive the next one. */
static const char *plan_read_kept(struct plan_reader *r)
{
	const char *s = plan_read_string(r), *kept;

	kept = arena_copy(&r->plan->arena, s, strlen(s));
	if (!kept)
		plan_fail(r, -ENOMEM);
	return kept;
}

static void plan_read_mounts(struct plan_reader *r)
{
	uint32_t n = plan_read_u32(r);
	struct plan_mount m;

	while (n-- && !r->error) {
		m.target = plan_read_kept(r);
		m.source = plan_read_kept(r);
		m.subpath = plan_read_kept(r);
		m.rights = plan_read_u32(r);
		m.kind = plan_read_u32(r);
		m.optional = plan_read_bool(r);
		if (!r->error)
			plan_fail(r, plan_add_mount(r->plan, &m));
	}
}

static void plan_read_links(struct plan_reader *r)
{
	uint32_t n = plan_read_u32(r);
	const char *path, *into;

	while (n-- && !r->error) {
		path = plan_read_kept(r);
		into = plan_read_string(r);
		if (!r->error)
			plan_fail(r, plan_add_link(r->plan, path, into));
	}
}

static int plan_add_new_dir(struct plan *p, const char *path)
{
	size_t n = p->n_dirs;
	int r = plan_add_dir(p, path);

	return r ? r : n == p->n_dirs ? PLAN_DOUBLE : 0;
}

/* "DIR/NAME", so that plan_add_service() can split it again. */
static void plan_read_service(struct plan_reader *r)
{
	struct plan *p = r->plan;
	uint32_t dir = plan_read_u32(r);
	const char *name = plan_read_string(r), *path;

	if (r->error)
		return;
	if (dir >= p->n_dirs) {
		plan_fail(r, PLAN_BAD_VALUE);
		return;
	}
	if (strchr(name, '/')) {
		plan_fail(r, PLAN_BAD_NAME);
		return;
	}
	path = arena_printf(&p->arena, "%s/%s", p->dirs[dir], name);
	if (!path)
		plan_fail(r, -ENOMEM);
	else
		plan_fail(r, plan_add_service(p, path));
}

static void plan_read_services(struct plan_reader *r)
{
	uint32_t n;

	plan_read_strings(r, plan_add_new_dir);
	n = plan_read_u32(r);
	while (n-- && !r->error)
		plan_read_service(r);
}

static void plan_read_limits(struct plan_reader *r)
{
	uint32_t n = plan_read_u32(r), resource;
	uint64_t soft, hard;

	while (n-- && !r->error) {
		resource = plan_read_u32(r);
		soft = plan_read_u64(r);
		hard = plan_read_u64(r);
		if (resource > 63)
			plan_fail(r, PLAN_BAD_VALUE);
		if (!r->error)
			plan_fail(r, plan_add_limit(r->plan, (int)resource,
						    soft, hard));
	}
}

static void plan_read_all(struct plan_reader *r)
{
	struct plan *p = r->plan;
	uint32_t flags;

	if (plan_read_u32(r) != PLAN_MAGIC)
		plan_fail(r, PLAN_BAD_VALUE);
	flags = plan_read_u32(r);
	if (flags & ~(uint32_t)PLAN_FLAGS_ALL)
		plan_fail(r, PLAN_BAD_VALUE);
	p->strict = flags & PLAN_FLAG_STRICT;
	p->notify_stop = flags & PLAN_FLAG_NOTIFY;
	p->stop_ms = plan_read_u32(r);
	p->tmp_bytes = plan_read_u64(r);
	plan_read_one(r, plan_set_moniker);
	plan_read_one(r, plan_set_binary);
	if (flags & PLAN_FLAG_CWD)
		plan_read_one(r, plan_set_cwd);
	if (flags & PLAN_FLAG_CONFIG)
		plan_read_one(r, plan_set_config);
	plan_read_strings(r, plan_add_arg);
	plan_read_strings(r, plan_add_environ);
	plan_read_mounts(r);
	plan_read_links(r);
	plan_read_services(r);
	plan_read_limits(r);
	if (!r->error && r->n)
		plan_fail(r, PLAN_CUT_SHORT);
	if (!r->error)
		plan_fail(r, plan_check(p));
}

int plan_read(const void *bytes, size_t n, struct plan *ret)
{
	_cleanup_free_ struct plan_reader *r = NULL;

	if (n > PLAN_BYTES_MAX)
		return PLAN_TOO_LARGE;
	r = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->at = bytes;
	r->n = n;
	r->plan = ret;
	r->error = 0;
	plan_read_all(r);
	return r->error;
}
