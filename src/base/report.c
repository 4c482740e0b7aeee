/* Reports keep their diagnostics in an arena, in the order of arrival. */
#include "base/report.h"

#include <stdio.h>
#include <string.h>

void report_init(struct report *r)
{
	*r = (struct report){ .arena = ARENA_INIT };
	r->last = &r->first;
}

void report_fini(struct report *r)
{
	arena_fini(&r->arena);
	report_init(r);
}

void report_vadd(struct report *r, enum severity severity, const char *file,
		 struct place place, const char *rule, const char *format,
		 va_list args)
{
	struct text t = TEXT_INIT;
	struct diagnostic *d;

	if (severity == SEVERITY_ERROR)
		r->n_errors++;
	else
		r->n_warnings++;
	if (r->n_kept == REPORT_MAX)
		return;

	text_vprintf(&t, format, args);
	d = arena_new(&r->arena, struct diagnostic);
	if (d) {
		d->file = arena_copy(&r->arena, file, strlen(file));
		d->text = arena_copy(&r->arena, text_string(&t), t.n);
	}
	if (!d || !d->file || !d->text || text_is_failed(&t)) {
		r->failed = true;
		text_fini(&t);
		return;
	}
	text_fini(&t);
	d->place = place;
	d->severity = severity;
	d->rule = rule;
	*r->last = d;
	r->last = &d->next;
	r->n_kept++;
}

void report_add(struct report *r, enum severity severity, const char *file,
		struct place place, const char *rule, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_vadd(r, severity, file, place, rule, format, args);
	va_end(args);
}

static int diagnostic_compare(const struct diagnostic *a,
			      const struct diagnostic *b)
{
	int c = strcmp(a->file, b->file);

	if (c)
		return c;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	return 0;
}

/* Merge two sorted chains; on equal places @a goes first (stable). */
static struct diagnostic *merge(struct diagnostic *a, struct diagnostic *b)
{
	struct diagnostic *first, **last = &first;

	while (a && b) {
		struct diagnostic **from =
			diagnostic_compare(a, b) <= 0 ? &a : &b;

		*last = *from;
		last = &(*from)->next;
		*from = *last;
	}
	*last = a ? a : b;
	return first;
}

static struct diagnostic *sorted(struct diagnostic *d, size_t n)
{
	struct diagnostic *half = d, *rest;
	size_t i;

	if (n < 2)
		return d;
	for (i = 1; i < n / 2; i++)
		half = half->next;
	rest = half->next;
	half->next = NULL;
	return merge(sorted(d, n / 2), sorted(rest, n - n / 2));
}

static bool is_same(const struct diagnostic *a, const struct diagnostic *b)
{
	return !diagnostic_compare(a, b) && a->severity == b->severity &&
	       !strcmp(a->rule, b->rule) && !strcmp(a->text, b->text);
}

/* Of those that stand at the place of @d, behind it, drop what says the same:
 * a file that is part of several manifests is read for each of them. */
static void forget_repeated(struct report *r, struct diagnostic *d)
{
	struct diagnostic **next = &d->next;

	while (*next && !diagnostic_compare(d, *next)) {
		if (!is_same(d, *next)) {
			next = &(*next)->next;
			continue;
		}
		if (d->severity == SEVERITY_ERROR)
			r->n_errors--;
		else
			r->n_warnings--;
		r->n_kept--;
		*next = (*next)->next;
	}
}

void report_sort(struct report *r)
{
	struct diagnostic *d;

	r->first = sorted(r->first, r->n_kept);
	for (d = r->first; d; d = d->next)
		forget_repeated(r, d);
	for (r->last = &r->first; *r->last; r->last = &(*r->last)->next)
		;
}

static const char *severity_name(enum severity s)
{
	return s == SEVERITY_ERROR ? "error" : "warning";
}

void report_render(const struct report *r, struct text *t)
{
	const struct diagnostic *d;
	size_t n = r->n_errors + r->n_warnings;

	for (d = r->first; d; d = d->next) {
		text_safe(t, d->file, strlen(d->file));
		if (d->place.line)
			text_printf(t, ":%u:%u", d->place.line,
				    d->place.column);
		text_printf(t, ": %s: ", severity_name(d->severity));
		text_safe(t, d->text, strlen(d->text));
		text_printf(t, " [%s]\n", d->rule);
	}
	if (n > r->n_kept)
		text_printf(t, "... and %zu more\n", n - r->n_kept);
}

void report_render_json(const struct report *r, struct text *t)
{
	const struct diagnostic *d;

	text_puts(t, "[");
	for (d = r->first; d; d = d->next) {
		text_puts(t, d == r->first ? "{\"file\":" : ",{\"file\":");
		text_json(t, d->file);
		text_printf(t,
			    ",\"line\":%u,\"column\":%u,\"severity\":\"%s\","
			    "\"rule\":\"%s\",\"text\":",
			    d->place.line, d->place.column,
			    severity_name(d->severity), d->rule);
		text_json(t, d->text);
		text_puts(t, "}");
	}
	text_puts(t, "]");
}

bool diagnostic_suggestion(const struct diagnostic *d, const char **ret,
			   size_t *ret_n)
{
	static const char phrase[] = "did you mean \"";
	const char *at = strstr(d->text, phrase), *end;

	if (!at)
		return false;
	at += sizeof(phrase) - 1;
	end = strchr(at, '"');
	if (!end || end == at)
		return false;
	*ret = at;
	*ret_n = (size_t)(end - at);
	return true;
}
