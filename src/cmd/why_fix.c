/*
 * The tree is resolved whole, because what mends a route may be anywhere in it.
 * Files are read once more for it; what they were then is what must still be
 * there when they are written.
 */
#include "cmd/why_fix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/offline.h"
#include "cmd/overwrite.h"
#include "cmd/patch.h"
#include "route/fix.h"

/* A file that was read. */
struct known_file {
	char *name;
	struct package_stamp stamp;
	struct known_file *next;
};

struct mending {
	struct offline o;
	struct known_file *known;
	struct fix fix;
	int verdict; /* of fix_find() */
};

static int mending_read(void *userdata, const char *file, char **ret,
			size_t *ret_n)
{
	struct mending *m = userdata;
	struct source_file f = { 0 };
	struct known_file *known;
	int error, r = source_file_read(file, &f, &error);

	if (r)
		return r < 0 ? r : FIX_NONE;
	known = calloc(1, sizeof(*known));
	if (known)
		known->name = strdup(file);
	if (!known || !known->name) {
		free(known);
		source_file_fini(&f);
		return -ENOMEM;
	}
	known->stamp = f.stamp;
	known->next = m->known;
	m->known = known;
	*ret = TAKE(f.bytes);
	*ret_n = f.n;
	source_file_fini(&f);
	return 0;
}

/* By the URLs from the root down: what could not be loaded is no package that
 * the resolver remembers. 0, PACKAGE_INVALID or a fault. */
static int package_of(struct mending *m, const struct realm *r,
		      struct package *ret)
{
	_cleanup_text_ struct text why = TEXT_INIT;
	struct package above = { 0 };
	int k;

	if (!r->parent)
		return package_find_root(r->url, ret, &why);
	k = package_of(m, r->parent, &above);
	if (k)
		return k;
	k = package_find(&m->o.resolver.paths, &above, r->url, ret, &why);
	package_fini(&above);
	return k;
}

static int mending_find_file(void *userdata, const struct realm *r, char **ret)
{
	struct package p = { 0 };
	int k = package_of(userdata, r, &p);

	if (k)
		return k < 0 ? k : FIX_NONE;
	*ret = TAKE(p.manifest_file);
	package_fini(&p);
	return 0;
}

static void mending_fini(struct mending *m)
{
	struct known_file *known;

	while ((known = m->known)) {
		m->known = known->next;
		free(known->name);
		free(known);
	}
	fix_fini(&m->fix);
	offline_fini(&m->o);
}

#define _cleanup_mending_ __attribute__((cleanup(mending_fini)))

/* False: no memory. */
static bool mending_init(struct mending *m, const struct cmd_options *options)
{
	*m = (struct mending){ 0 };
	return offline_init(&m->o, options->file, options);
}

/* 0 or a fault. */
static int mending_find(struct mending *m, const char *moniker,
			const char *capability)
{
	const struct fix_files files = { mending_read, mending_find_file, m };
	int k = check_resolve(&m->o.tree, resolver_check, &m->o.resolver,
			      &m->o.report);

	if (!k)
		k = fix_find(&m->o.tree, moniker, capability, &files, &m->fix);
	m->verdict = k;
	return k < 0 ? k : 0;
}

static struct patch_texts texts_of(const struct fix_file *f)
{
	return (struct patch_texts){ f->file, f->old, f->n_old, f->new,
				     f->n_new };
}

static const struct known_file *known_find(const struct mending *m,
					   const char *file)
{
	const struct known_file *known = m->known;

	while (known && strcmp(known->name, file))
		known = known->next;
	return known;
}

static bool is_compiled(const char *file)
{
	size_t n = strlen(file);

	return n > 3 && !strcmp(file + n - 3, ".cm");
}

/* 0 or the exit status, having said why. */
static int mending_write(struct mending *m)
{
	_cleanup_free_ struct overwrite *files =
		calloc(m->fix.n_files, sizeof(*files));
	_cleanup_text_ struct text why = TEXT_INIT;
	size_t i;
	int r;

	for (i = 0; files && i < m->fix.n_files; i++) {
		const struct fix_file *f = &m->fix.files[i];
		const struct known_file *known = known_find(m, f->file);

		if (is_compiled(f->file))
			return cmd_fail("%s was compiled; mend its source; "
					"nothing was changed",
					f->file);
		if (!known)
			return cmd_fail("%s was not read", f->file);
		files[i] = (struct overwrite){ .file = f->file,
					       .bytes = f->new,
					       .n = f->n_new,
					       .stamp = known->stamp };
	}
	r = files ? overwrite_files(files, m->fix.n_files, &why) : -ENOMEM;
	if (r)
		return cmd_fail("%s", r < 0 ? strerror(-r) : text_string(&why));
	return 0;
}

static int name_route(struct offline *o, struct realm *r, const char *name,
		      struct route *route)
{
	int k, error;

	while ((k = route_walk_name(r, name, route)) == ROUTE_UNRESOLVED) {
		error = resolver_resolve(&o->resolver, route->need, &o->report);
		if (error < 0)
			return error;
	}
	return k;
}

/* What holds now, of the files as they are. */
static int route_again(const struct cmd_options *options, const char *moniker,
		       const char *name)
{
	struct route *route = calloc(1, sizeof(*route));
	struct offline o;
	struct realm *r;
	int k = ROUTE_BROKEN;

	if (!route)
		return cmd_fail("out of memory");
	if (!offline_init(&o, options->file, options)) {
		free(route);
		return cmd_fail("out of memory");
	}
	r = offline_find(&o, moniker);
	if (r && r->state == REALM_RESOLVED)
		k = name_route(&o, r, name, route);
	route_fini(route);
	free(route);
	offline_fini(&o);
	if (k < 0)
		return cmd_fail("%s", strerror(-k));
	return k == ROUTE_ENDED ? EXIT_DONE : EXIT_NOT;
}

static void print_patch(const struct mending *m)
{
	const struct patch_look look = { cmd_has_colour(STDOUT_FILENO),
					 isatty(STDOUT_FILENO) };
	_cleanup_text_ struct text t = TEXT_INIT;
	const char *s, *end;
	size_t i;

	text_puts(&t, "\n");
	for (s = text_string(&m->fix.text); *s; s = end + 1) {
		end = strchr(s, '\n');
		text_puts(&t, "  edit       ");
		text_safe(&t, s, (size_t)(end - s));
		text_puts(&t, "\n");
	}
	text_puts(&t, "\n");
	for (i = 0; i < m->fix.n_files; i++) {
		struct patch_texts texts = texts_of(&m->fix.files[i]);

		patch_render(&texts, &look, &t);
	}
	cmd_print(&t);
}

/* Only a person at a terminal is asked. */
static bool is_wanted(const struct cmd_options *options)
{
	char answer[16];

	if (options->apply)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	printf("\napply? [y/N] ");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) &&
	       (*answer == 'y' || *answer == 'Y');
}

static int mending_apply(struct mending *m, const struct cmd_options *options,
			 const char *moniker)
{
	int status = mending_write(m);

	if (status)
		return status;
	status = route_again(options, moniker, m->fix.name);
	if (!options->json)
		printf("\n%zu file%s changed; %s: %s\n", m->fix.n_files,
		       m->fix.n_files == 1 ? "" : "s", m->fix.name,
		       status == EXIT_DONE ? "routed" : "broken");
	return status;
}

int why_fix(const struct cmd_options *options, const char *moniker,
	    const char *capability)
{
	_cleanup_mending_ struct mending m;
	int k;

	if (!mending_init(&m, options))
		return cmd_fail("out of memory");
	k = mending_find(&m, moniker, capability);
	if (k < 0)
		return cmd_fail("%s", strerror(-k));
	if (m.verdict == FIX_NOT_NEEDED)
		return EXIT_DONE;
	if (m.verdict)
		return cmd_fail("%s", text_string(&m.fix.text));
	print_patch(&m);
	return is_wanted(options) ? mending_apply(&m, options, moniker)
				  : EXIT_NOT;
}

/* "fix" as the last member of the object @t, which is closed already. */
static void json_add_fix(struct text *t, const struct mending *m,
			 const bool *applied)
{
	size_t n = m->fix.text.n, i;

	while (n && m->fix.text.bytes[n - 1] == '\n')
		n--;
	t->bytes[--t->n] = 0;
	text_puts(t, ",\"fix\":{\"text\":");
	text_json_bytes(t, text_string(&m->fix.text), n);
	text_puts(t, ",\"edits\":[");
	for (i = 0; i < m->fix.n_files; i++) {
		struct patch_texts texts = texts_of(&m->fix.files[i]);

		patch_render_json(&texts, t);
	}
	text_printf(t, "]%s}}",
		    !applied   ? ""
		    : *applied ? ",\"applied\":true"
			       : ",\"applied\":false");
}

static int json_fix(const struct cmd_options *options, const char *moniker,
		    const char *capability, struct text *t)
{
	_cleanup_mending_ struct mending m;
	int k, status = EXIT_NOT;
	bool applied;

	if (!mending_init(&m, options))
		return cmd_fail("out of memory");
	k = mending_find(&m, moniker, capability);
	if (k < 0)
		return cmd_fail("%s", strerror(-k));
	if (options->apply && !m.verdict)
		status = mending_apply(&m, options, moniker);
	applied = status == EXIT_DONE;
	json_add_fix(t, &m, options->apply ? &applied : NULL);
	return status;
}

int why_json(const struct cmd_options *options, const char *moniker,
	     const char *capability)
{
	_cleanup_text_ struct text t = TEXT_INIT, errors = TEXT_INIT;
	struct route *route = calloc(1, sizeof(*route));
	struct offline o;
	struct realm *r;
	int k = ROUTE_BROKEN, status = EXIT_DONE;

	if (!route || !offline_init(&o, options->file, options)) {
		free(route);
		return cmd_fail("out of memory");
	}
	r = offline_find(&o, moniker);
	if (r && r->state == REALM_RESOLVED)
		k = name_route(&o, r, capability, route);
	else
		offline_explain_absent(&o, moniker, route);
	if (k >= 0)
		route_render_json(route, k, &t);
	report_sort(&o.report);
	report_render(&o.report, &errors);
	cmd_print_error(&errors);
	route_fini(route);
	free(route);
	offline_fini(&o);
	if (k < 0 || text_is_failed(&t))
		return cmd_fail("%s", strerror(k < 0 ? -k : ENOMEM));
	if (k != ROUTE_ENDED)
		status = json_fix(options, moniker, capability, &t);
	text_puts(&t, "\n");
	cmd_print(&t);
	return status;
}
