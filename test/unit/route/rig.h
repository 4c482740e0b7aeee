/*
 * A tree for a test, from manifests in strings.
 *
 * A manifest is found by the name in its URL: "fuchsia-pkg://x/b#meta/b.cm" and
 * "#meta/b.cm" are the file "b", which messages call "b.cml". The root is
 * "root". A "^" in a manifest is taken out before it is loaded; it marks the
 * place that a test expects to be named.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/own.h"
#include "route/check.h"
#include "route/route.h"

struct rig_file {
	const char *name;
	const char *text;
};

struct rig {
	struct topology tree;
	struct route route;
	/* Of the manifests that would not load, which is the test's mistake
	 * unless it says otherwise. */
	struct report report;
	const struct rig_file *files; /* ends with a NULL name */
	/* Where the "^" was, if one of the manifests that were read had one. */
	char marked_file[80];
	struct place marked;
	unsigned n_resolved;
};

/* What the host gives to every tree of a test. */
extern const struct builtin rig_builtins[];
extern const size_t rig_n_builtins;

void rig_init(struct rig *rig, const struct rig_file *files);
void rig_fini(struct rig *rig);

/* The realm of this moniker, resolved, and so is everything above it. */
struct realm *rig_realm(struct rig *rig, const char *moniker);

/* Resolve one realm: a check_resolve_fn, with the rig as userdata. */
int rig_resolve(void *userdata, struct realm *r, struct report *report);

/* A dynamic child. */
struct realm *rig_add(struct rig *rig, const char *parent,
		      const char *collection, const char *name,
		      const char *url);

/* Route by name into rig->route, resolving what is needed, as a live open does.
 * The verdict. */
int rig_route(struct rig *rig, const char *moniker, const char *capability);

/*
 * The route in one line, hop by hop, "use /d X | offer / X>Y | ...", then "="
 * and the source: moniker, " of" and its instances, ":" and the path, " in SUBDIR" and " rights R" where there are
 * any; or "!" and the rule. Implied declarations are written as "self", those of
 * a grant with its id, "offer#3".
 */
void rig_summary(const struct rig *rig, int verdict, struct text *t);

/* Route and compare with the summary. */
void rig_expect(struct rig *rig, const char *moniker, const char *capability,
		const char *summary);

/* The same for one instance of a use. */
void rig_expect_instance(struct rig *rig, const char *moniker,
			 const char *capability, const char *instance,
			 const char *summary);

/* The decl of this kind that goes by this name at its target. */
const struct decl *rig_decl(struct realm *r, enum decl_kind kind,
			    const char *target_name);

#define PROGRAM	    "program: { runner: 'elf', binary: 'bin/x' },\n"
#define CHILD(name) "{ name: '" name "', url: '#meta/" name ".cm' },\n"
