/*
 * A file that does not load: the component is not there at all, and every route
 * through it breaks. What the loader is nearly sure of is mended, one error
 * after the other.
 */
#include <errno.h>
#include <string.h>

#include "manifest/rules.h"
#include "route/fix_step.h"

static int step_set_text(struct steps *s, const char *file, struct place place,
			 const char *text, unsigned cost)
{
	struct draft d = *s->sim->draft;
	const char *old = "";
	int k = draft_set_text(&d, file, place, text, &old);

	if (!k)
		k = draft_note(&d, "change %s to %s in %s", old, text, file);
	return steps_take(s, &d, k, cost);
}

static int step_declare(struct steps *s, const char *file, const char *keyword,
			const char *name, unsigned cost)
{
	struct draft d = *s->sim->draft;
	int k;

	/* Only these need no more than a name. */
	if (strcmp(keyword, "protocol") && strcmp(keyword, "service"))
		return 0;
	k = draft_declare(&d, file, keyword, name);
	if (!k)
		k = draft_note(&d, "declare %s %s in %s", keyword, name, file);
	return steps_take(s, &d, k, cost);
}

/* "from": "self", but "capabilities" has no such thing. One that is near is a
 * slip only if nothing else is about it. */
static int step_undeclared(struct steps *s, const struct diagnostic *error)
{
	struct near_capability near = { 0 };
	const char *keyword, *name;
	unsigned more;
	int k = draft_read_item(s->sim->draft, error->file, error->place,
				&keyword, &name);

	if (!k)
		k = draft_find_near(s->sim->draft, error->file, keyword, name,
				    &near);
	if (k)
		return k < 0 ? k : 0;
	more = near.is_taken ? COST_TAKE_OTHER : 0;
	if (near.name)
		k = step_set_text(s, error->file, near.place, name,
				  COST_SLIP + more);
	if (near.name && !k)
		k = step_set_text(s, error->file, error->place, near.name,
				  COST_EDIT + more);
	if (!k)
		k = step_declare(s, error->file, keyword, name,
				 near.name && !near.is_taken ? COST_DECLARE
							     : COST_EDIT);
	return k;
}

enum { CHILDREN_MAX = 256 };

/* "#name" of nobody: any child of a near name may be meant; which one, the
 * route tells. */
static int step_reference(struct steps *s, const struct diagnostic *error)
{
	const struct draft *draft = s->sim->draft;
	const char *names[CHILDREN_MAX], *key, *written, *to;
	size_t n = 0, i;
	unsigned far;
	int k = draft_read_item(draft, error->file, error->place, &key,
				&written);

	if (!k)
		k = draft_read_children(draft, error->file, names, CHILDREN_MAX,
					&n);
	for (i = 0; !k && i < n && *written == '#'; i++) {
		far = text_distance(written + 1, names[i], 3);
		if (far > 3 || far >= strlen(written))
			continue;
		to = arena_printf(draft->store->arena, "#%s", names[i]);
		if (!to)
			return -ENOMEM;
		k = step_set_text(s, error->file, error->place, to,
				  COST_SLIP + far - 1);
	}
	return k < 0 ? k : 0;
}

int steps_find_unloaded(struct steps *s)
{
	const struct diagnostic *d = s->sim->unloaded.first;
	const char *suggestion, *near;
	size_t n;

	while (d && d->severity != SEVERITY_ERROR)
		d = d->next;
	if (!d)
		return 0;
	if (!strcmp(d->rule, rule_id(RULE_UNDECLARED_CAPABILITY)))
		return step_undeclared(s, d);
	if (!strcmp(d->rule, rule_id(RULE_UNKNOWN_SOURCE)) ||
	    !strcmp(d->rule, rule_id(RULE_UNKNOWN_TARGET)))
		return step_reference(s, d);
	if (!diagnostic_suggestion(d, &suggestion, &n))
		return 0;
	near = arena_copy(s->sim->draft->store->arena, suggestion, n);
	return near ? step_set_text(s, d->file, d->place, near, COST_SLIP)
		    : -ENOMEM;
}
