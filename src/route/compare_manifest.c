/*
 * What manifests say of a component beside its routes. Limits are a table of
 * fields; of everything else there is at most one line a declaration.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "manifest/access.h"
#include "route/compare_build.h"

/* ---- limits ---- */

enum unit { UNIT_NUMBER, UNIT_BYTES, UNIT_PERCENT };

struct limit_field {
	const char *name;
	size_t at;
	bool is_wide;  /* 64 bits */
	bool is_claim; /* more of it is taken from others: 0 is the least */
	enum unit unit;
};

#define FIELD(name, claim, unit)                                               \
	{                                                                      \
#name, offsetof(struct limits, name),                          \
			sizeof(((struct limits *)NULL)->name) == 8, claim,     \
			unit                                                   \
	}

static const struct limit_field limit_fields[] = {
	FIELD(memory_min, true, UNIT_BYTES),
	FIELD(memory_max, false, UNIT_BYTES),
	FIELD(cpu_share, true, UNIT_NUMBER),
	FIELD(cpu_max, false, UNIT_PERCENT),
	FIELD(tasks_max, false, UNIT_NUMBER),
	FIELD(opens, false, UNIT_NUMBER),
	FIELD(connections, false, UNIT_NUMBER),
	FIELD(channels, false, UNIT_NUMBER),
	FIELD(children, false, UNIT_NUMBER),
	FIELD(requests_per_second, false, UNIT_NUMBER),
};

static uint64_t limit_value(const struct limits *l, const struct limit_field *f)
{
	const char *at;

	if (!l)
		return 0;
	at = (const char *)l + f->at;
	return f->is_wide ? *(const uint64_t *)(const void *)at
			  : *(const uint32_t *)(const void *)at;
}

static void limit_render(uint64_t value, enum unit unit, struct text *t)
{
	static const struct {
		char letter;
		unsigned shift;
	} units[] = { { 'G', 30 }, { 'M', 20 }, { 'K', 10 } };
	size_t i;

	if (!value) {
		text_puts(t, "none");
		return;
	}
	for (i = 0; unit == UNIT_BYTES && i < N_ELEMENTS(units); i++)
		if (!(value & ((UINT64_C(1) << units[i].shift) - 1))) {
			text_printf(t, "%" PRIu64 "%c", value >> units[i].shift,
				    units[i].letter);
			return;
		}
	text_printf(t, "%" PRIu64 "%s", value, unit == UNIT_PERCENT ? "%" : "");
}

static int limit_compare(struct compare *c, struct change change,
			 const struct limit_field *f, const char *of,
			 const uint64_t values[2])
{
	_cleanup_text_ struct text text = TEXT_INIT;

	text_printf(&text, "limit %s%s%s is ", f->name,
		    of ? " of the members of " : "", of ? of : "");
	limit_render(values[1], f->unit, &text);
	text_puts(&text, ", not ");
	limit_render(values[0], f->unit, &text);
	text_puts(&text, " any more");
	change.kind = CHANGE_LIMIT;
	change.sign = CHANGE_ALTERED;
	/* 0 is no limit: as much as there is. */
	change.grows = f->is_claim ? values[1] > values[0]
				   : values[0] && (!values[1] ||
						   values[1] > values[0]);
	return compare_add(c, change, &text);
}

/* @of: the collection whose members they are for; NULL: the component. */
static int limits_compare(struct compare *c, struct change change,
			  const char *of, const struct limits *before,
			  const struct limits *after)
{
	uint64_t values[2];
	size_t i;
	int k = 0;

	if (after)
		change.place = after->place;
	for (i = 0; i < N_ELEMENTS(limit_fields) && !k; i++) {
		values[0] = limit_value(before, &limit_fields[i]);
		values[1] = limit_value(after, &limit_fields[i]);
		if (values[0] != values[1])
			k = limit_compare(c, change, &limit_fields[i], of,
					  values);
	}
	return k;
}

static const struct collection_decl *collection_find(const struct manifest *m,
						     const char *name)
{
	size_t i;

	for (i = 0; i < m->n_collections; i++)
		if (!strcmp(m->collections[i].name, name))
			return &m->collections[i];
	return NULL;
}

static int compare_limits(struct compare *c, const struct realm *before,
			  const struct realm *after)
{
	const struct collection_decl *old, *new;
	struct change change = { .moniker = after->moniker };
	size_t i;
	int k = 0;

	if (before->decl && after->decl) {
		change.place = after->decl->place;
		change.file =
			manifest_file(after->parent->manifest, change.place);
		k = limits_compare(c, change, NULL, before->decl->limits,
				   after->decl->limits);
	}
	for (i = 0; i < after->manifest->n_collections && !k; i++) {
		new = &after->manifest->collections[i];
		old = collection_find(before->manifest, new->name);
		if (!old)
			continue;
		change.place = new->place;
		change.file = manifest_file(after->manifest, new->place);
		k = limits_compare(c, change, new->name, old->limits,
				   new->limits);
	}
	return k;
}

/* ---- access policies ---- */

static bool access_has(const struct access *access,
		       const struct access_pattern *p)
{
	size_t i;

	for (i = 0; i < access->n_patterns; i++)
		if (access->patterns[i].kind == p->kind &&
		    !strcmp(access->patterns[i].text, p->text))
			return true;
	return false;
}

/* Does @new let in whom @old did not, as far as can be told from patterns? */
static bool access_grows(const struct access *old, const struct access *new)
{
	size_t i;

	if (!old || !new)
		return old != NULL;
	/* All children, and whom a list names, are not told apart. */
	if (old->kind != new->kind)
		return new->kind == ACCESS_CHILDREN || new->n_patterns;
	for (i = 0; i < new->n_patterns; i++)
		if (!access_has(old, &new->patterns[i]))
			return true;
	return false;
}

static void access_word(const struct access *access, struct text *t)
{
	if (!access)
		text_puts(t, "everybody");
	else if (access->kind == ACCESS_LIST && !access->n_patterns)
		text_puts(t, "nobody");
	else
		access_render(access, t);
}

static const struct decl *capability_find(const struct manifest *m,
					  const struct decl *like)
{
	const struct decl *d = m->decls[DECL_CAPABILITY];
	size_t i;

	for (i = 0; i < m->n_decls[DECL_CAPABILITY]; i++)
		if (d[i].type == like->type && !strcmp(d[i].name, like->name))
			return &d[i];
	return NULL;
}

static int access_compare(struct compare *c, const struct realm *r,
			  const struct decl *old, const struct decl *new)
{
	_cleanup_text_ struct text was = TEXT_INIT, is = TEXT_INIT;
	_cleanup_text_ struct text text = TEXT_INIT;
	struct place place = new->access ? new->access->place : new->place;

	access_word(old->access, &was);
	access_word(new->access, &is);
	if (text_is_failed(&was) || text_is_failed(&is))
		return -ENOMEM;
	if (!strcmp(text_string(&was), text_string(&is)))
		return 0;
	text_printf(&text, "access to %s %s is for %s, not for %s any more",
		    new->keyword, new->name, text_string(&is),
		    text_string(&was));
	return compare_add(
		c,
		(struct change){ .kind = CHANGE_ACCESS,
				 .sign = CHANGE_ALTERED,
				 .grows =
					 access_grows(old->access, new->access),
				 .moniker = r->moniker,
				 .file = manifest_file(r->manifest, place),
				 .place = place },
		&text);
}

static int compare_access(struct compare *c, const struct realm *before,
			  const struct realm *after)
{
	const struct manifest *m = after->manifest;
	const struct decl *old, *new;
	size_t i;
	int k = 0;

	for (i = 0; i < m->n_decls[DECL_CAPABILITY] && !k; i++) {
		new = &m->decls[DECL_CAPABILITY][i];
		old = capability_find(before->manifest, new);
		if (old)
			k = access_compare(c, after, old, new);
	}
	return k;
}

/* ---- programs ---- */

static int compare_program(struct compare *c, const struct realm *before,
			   const struct realm *after)
{
	const struct program *old = before->manifest->program;
	const struct program *new = after->manifest->program;
	struct change change = { .kind = CHANGE_PROGRAM,
				 .sign = CHANGE_ALTERED,
				 .moniker = after->moniker };
	const struct realm *r = new ? after : before;
	_cleanup_text_ struct text text = TEXT_INIT;

	if (!old && !new)
		return 0;
	if (!old || !new) {
		change.sign = new ? CHANGE_ADDED : CHANGE_REMOVED;
		change.grows = new != NULL;
		text_puts(&text, "a program, which makes use of what it has");
	} else if (old->strict != new->strict) {
		change.grows = old->strict;
		text_printf(&text, "the program %s the host's libraries%s",
			    new->strict ? "does not see" : "sees",
			    new->strict ? " any more" : " now");
	} else {
		return 0;
	}
	change.place = (new ? new : old)->place;
	change.file = manifest_file(r->manifest, change.place);
	return compare_add(c, change, &text);
}

int compare_manifests(struct compare *c, const struct realm *before,
		      const struct realm *after)
{
	int k;

	if (!before || !before->manifest || !after || !after->manifest)
		return 0;
	k = compare_program(c, before, after);
	if (!k)
		k = compare_limits(c, before, after);
	return k ? k : compare_access(c, before, after);
}

/* ---- the policy of a tree ---- */

static void never_render(const struct policy_never *n, struct text *t)
{
	text_printf(t, "policy: %s%s of %s may get to %s%s",
		    n->capability ? "no " : "nothing",
		    n->capability ? n->capability : "", n->from->text,
		    n->to->text, n->is_indirect ? ", nor through others" : "");
}

static bool policy_has(const struct policy *p, const char *rule)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	bool found = false;
	size_t i;

	for (i = 0; p && i < p->n_nevers && !found; i++) {
		text_clear(&t);
		never_render(&p->nevers[i], &t);
		found = !strcmp(text_string(&t), rule);
	}
	return found;
}

/* The rules of @r that @other does not have. */
static int policy_compare(struct compare *c, const struct realm *r,
			  const struct policy *other, enum change_sign sign)
{
	const struct policy *p = r->manifest ? r->manifest->policy : NULL;
	_cleanup_text_ struct text t = TEXT_INIT;
	struct change change = { .kind = CHANGE_POLICY,
				 .sign = sign,
				 /* What was forbidden may come any time. */
				 .grows = sign == CHANGE_REMOVED,
				 .moniker = r->moniker };
	size_t i;
	int k = 0;

	for (i = 0; p && i < p->n_nevers && !k; i++) {
		text_clear(&t);
		never_render(&p->nevers[i], &t);
		if (policy_has(other, text_string(&t)))
			continue;
		change.place = p->nevers[i].place;
		change.file = manifest_file(r->manifest, change.place);
		k = compare_add(c, change, &t);
	}
	return k;
}

int compare_policies(struct compare *c, const struct realm *before,
		     const struct realm *after)
{
	int k;

	if (!before->manifest || !after->manifest)
		return 0;
	k = policy_compare(c, after, before->manifest->policy, CHANGE_ADDED);
	return k ? k
		 : policy_compare(c, before, after->manifest->policy,
				  CHANGE_REMOVED);
}
