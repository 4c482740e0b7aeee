/* What the readers of all sections share: errors, memory, plain values. */
#include "manifest/load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void load_error(struct load *l, enum rule rule, struct place place,
		const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_vadd(l->report, SEVERITY_ERROR,
		    manifest_file(l->manifest, place), place, rule_id(rule),
		    format, args);
	va_end(args);
	l->n_errors++;
}

void load_warning(struct load *l, enum rule rule, struct place place,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_vadd(l->report, SEVERITY_WARNING,
		    manifest_file(l->manifest, place), place, rule_id(rule),
		    format, args);
	va_end(args);
}

const char *load_place(struct load *l, struct place there, struct place here)
{
	const char *s;

	if (there.file == here.file)
		s = arena_printf(&l->scratch, "%u:%u", there.line,
				 there.column);
	else
		s = arena_printf(&l->scratch, "%s:%u:%u",
				 manifest_file(l->manifest, there), there.line,
				 there.column);
	if (!s)
		l->failed = true;
	return s ? s : "";
}

const char *load_copy(struct load *l, const char *s)
{
	const char *copy = arena_copy(&l->manifest->arena, s, strlen(s));

	if (!copy)
		l->failed = true;
	return copy ? copy : "";
}

static void *allocate(struct load *l, struct arena *a, size_t n, size_t size)
{
	void *p = arena_array(a, n, size);

	if (!p)
		l->failed = true;
	return p;
}

void *load_keep(struct load *l, size_t n, size_t size)
{
	return allocate(l, &l->manifest->arena, n, size);
}

void *load_scratch(struct load *l, size_t n, size_t size)
{
	return allocate(l, &l->scratch, n, size);
}

const char *load_string(struct load *l, const struct json5_value *v,
			const char *what)
{
	const char *s;

	if (v->type != JSON5_STRING) {
		load_error(l, RULE_WRONG_TYPE, v->place,
			   "expected a string for \"%s\", found %s", what,
			   json5_type_phrase(v->type));
		return NULL;
	}
	s = json5_string(v);
	if (!s)
		load_error(l, RULE_INVALID_STRING, v->place,
			   "the string for \"%s\" has a zero character (\\0) "
			   "in it",
			   what);
	return s;
}

static int string_compare(const void *a, const void *b)
{
	const struct json5_value *const *left = a, *const *right = b;
	int c = strcmp((*left)->string.bytes, (*right)->string.bytes);

	return c ? c : place_compare((*left)->place, (*right)->place);
}

static int value_compare(const void *a, const void *b)
{
	const struct json5_value *const *left = a, *const *right = b;

	return place_compare((*left)->place, (*right)->place);
}

/* Take repeated strings out of @s; the first of each stays where it was. */
static void strings_check(struct load *l, struct strings *s, const char *what)
{
	size_t i, k = 0;

	if (s->n < 2)
		return;
	qsort(s->at, s->n, sizeof(*s->at), string_compare);
	for (i = 0; i < s->n; i++) {
		if (!k || strcmp(s->at[k - 1]->string.bytes,
				 s->at[i]->string.bytes) != 0) {
			s->at[k++] = s->at[i];
			continue;
		}
		load_error(l, RULE_DUPLICATE_VALUE, s->at[i]->place,
			   "\"%.80s\" stands twice in \"%s\"; it is already at "
			   "%s",
			   s->at[i]->string.bytes, what,
			   load_place(l, s->at[k - 1]->place, s->at[i]->place));
	}
	s->n = k;
	qsort(s->at, s->n, sizeof(*s->at), value_compare);
}

struct strings load_strings(struct load *l, const struct json5_value *v,
			    const char *what)
{
	struct strings s = { NULL, 0 };
	size_t n = v->type == JSON5_ARRAY ? v->list.n : 1;

	if (!n) {
		load_error(l, RULE_EMPTY_LIST, v->place,
			   "the list for \"%s\" is empty; it needs at least "
			   "one element",
			   what);
		return s;
	}
	s.at = load_scratch(l, n, sizeof(*s.at));
	if (!s.at)
		return s;
	if (v->type != JSON5_ARRAY) {
		if (load_string(l, v, what))
			s.at[s.n++] = v;
		return s;
	}
	json5_for_each(element, v) if (load_string(l, element, what))
		s.at[s.n++] = element;
	strings_check(l, &s, what);
	return s;
}

struct draft *load_draft(struct load *l, const struct decl *d)
{
	/* Each target gets each instance. */
	size_t n = 1 + d->n_instances;
	struct draft *draft;

	if (l->n_drafts_all + n > LOAD_DECLS_MAX) {
		if (!l->is_full)
			load_error(l, RULE_TOO_MANY, d->place,
				   "more than %d declarations, every name, "
				   "target, source and instance counted; the "
				   "rest was not read",
				   LOAD_DECLS_MAX);
		l->is_full = true;
		return NULL;
	}
	draft = load_scratch(l, 1, sizeof(*draft));
	if (!draft)
		return NULL;
	draft->decl = *d;
	*l->last[d->kind] = draft;
	l->last[d->kind] = &draft->next;
	l->n_drafts[d->kind]++;
	l->n_drafts_all += n;
	return draft;
}

int load_word(struct load *l, const struct json5_value *v, const char *what,
	      const char *const *words, size_t n)
{
	struct text t = TEXT_INIT;
	const char *s = load_string(l, v, what), *near;
	size_t i;

	if (!s)
		return -1;
	for (i = 0; i < n; i++)
		if (strcmp(s, words[i]) == 0)
			return (int)i;
	for (i = 0; i < n; i++)
		text_printf(&t, "%s\"%s\"",
			    !i		 ? ""
			    : i + 1 == n ? " or "
					 : ", ",
			    words[i]);
	if (text_is_failed(&t))
		l->failed = true;
	near = text_nearest(s, words, n);
	load_error(l, RULE_INVALID_VALUE, v->place,
		   "\"%s\" is %s, not \"%.80s\"%s%s%s", what, text_string(&t),
		   s, near ? "; did you mean \"" : "", near ? near : "",
		   near ? "\"?" : "");
	text_fini(&t);
	return -1;
}

uint64_t load_number(struct load *l, const struct json5_value *v,
		     const char *what, struct range range)
{
	/* Not a number compares false, whatever the question. */
	if (v->number >= (double)range.min && v->number <= (double)range.max &&
	    v->number == (double)(uint64_t)v->number)
		return (uint64_t)v->number;
	if (v->number == 0)
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"%s\" cannot be 0; it is a whole number from "
			   "%" PRIu64 " to %" PRIu64 ", or left out",
			   what, range.min, range.max);
	else
		load_error(l, RULE_INVALID_NUMBER, v->place,
			   "\"%s\" is a whole number from %" PRIu64
			   " to %" PRIu64 ", not %.15g",
			   what, range.min, range.max, v->number);
	return 0;
}
