/*
 * What a component runs. A program of the elf runner is read key by key; what
 * another runner wants to know is its own affair.
 */
#include <string.h>

#include "base/own.h"
#include "manifest/names.h"
#include "manifest/shape.h"

/* An array of strings, in the order of the file. */
static const char *const *list_read(struct load *l, const struct json5_value *v,
				    const char *what, size_t *ret_n)
{
	const char **list;
	size_t n = 0;

	if (!v->list.n) {
		if (load_is_seed(l))
			load_error(l, RULE_EMPTY_LIST, v->place,
				   "the list for \"%s\" is empty; it needs at "
				   "least one element",
				   what);
		return NULL;
	}
	list = load_keep(l, v->list.n, sizeof(*list));
	if (!list)
		return NULL;
	json5_for_each(element, v)
	{
		const char *s = load_string(l, element, what);

		if (s)
			list[n++] = load_copy(l, s);
	}
	*ret_n = n;
	return list;
}

static void binary_read(struct load *l, const struct json5_value *v,
			struct program *p)
{
	const char *s = load_string(l, v, "binary"), *why;

	if (!s)
		return;
	why = path_check_relative(s, l->dialect);
	if (why)
		load_error(l, RULE_INVALID_PATH, v->place,
			   "the binary's path \"%.300s\" %s", s, why);
	p->binary = load_copy(l, s);
	p->binary_place = v->place;
}

static void environ_check(struct load *l, const struct json5_value *list)
{
	json5_for_each(v, list)
	{
		const char *s = json5_string(v);

		if (s && (*s == '=' || !strchr(s, '=')))
			load_error(l, RULE_INVALID_VALUE, v->place,
				   "an element of \"environ\" is written "
				   "\"NAME=VALUE\", not \"%.80s\"",
				   s);
	}
}

/* The path-named dialect's form: {NAME: "VALUE"}. */
static void env_read(struct load *l, const struct json5_value *object,
		     struct program *p)
{
	const char **list, *s;
	struct text t = TEXT_INIT;
	size_t n = 0;

	if (!object->list.n)
		return;
	list = load_keep(l, object->list.n, sizeof(*list));
	if (!list)
		return;
	json5_for_each(v, object)
	{
		if (!*v->key || strlen(v->key) != v->n_key ||
		    strchr(v->key, '=')) {
			load_error(l, RULE_INVALID_NAME, v->key_place,
				   "\"%.80s\" cannot name an environment "
				   "variable",
				   v->key);
			continue;
		}
		s = load_string(l, v, "env");
		if (!s)
			continue;
		text_clear(&t);
		text_printf(&t, "%s=%s", v->key, s);
		if (text_is_failed(&t))
			l->failed = true;
		list[n++] = load_copy(l, text_string(&t));
	}
	text_fini(&t);
	p->environ = list;
	p->n_environ = n;
}

static void lifecycle_read(struct load *l, const struct json5_value *object,
			   struct program *p)
{
	static const char *const events[] = { "ignore", "notify" };
	struct fields f;

	shape_read(l, &shape_lifecycle, object, NULL, &f);
	if (f.at[KEY_STOP_EVENT])
		p->notify_stop =
			load_word(l, f.at[KEY_STOP_EVENT], "stop_event", events,
				  N_ELEMENTS(events)) == 1;
}

/* Is what the program writes there dropped? */
static bool forward_read(struct load *l, const struct json5_value *v,
			 const char *what)
{
	static const char *const words[] = { "log", "none" };

	return v && load_word(l, v, what, words, N_ELEMENTS(words)) == 1;
}

static void elf_read(struct load *l, const struct json5_value *object,
		     struct program *p)
{
	struct fields f;

	shape_read(l, &shape_program, object, NULL, &f);
	if (f.at[KEY_BINARY])
		binary_read(l, f.at[KEY_BINARY], p);
	if (f.at[KEY_ARGS])
		p->args = list_read(l, f.at[KEY_ARGS], "args", &p->n_args);
	if (f.at[KEY_ENVIRON]) {
		environ_check(l, f.at[KEY_ENVIRON]);
		p->environ = list_read(l, f.at[KEY_ENVIRON], "environ",
				       &p->n_environ);
	}
	if (f.at[KEY_ENV])
		env_read(l, f.at[KEY_ENV], p);
	if (f.at[KEY_LIFECYCLE])
		lifecycle_read(l, f.at[KEY_LIFECYCLE], p);
	if (f.at[KEY_STRICT])
		p->strict = f.at[KEY_STRICT]->truth;
	p->drops_stdout = forward_read(l, f.at[KEY_FORWARD_STDOUT_TO],
				       "forward_stdout_to");
	p->drops_stderr = forward_read(l, f.at[KEY_FORWARD_STDERR_TO],
				       "forward_stderr_to");
}

/* The runner's name; NULL and an error if there is none. */
static const char *runner_read(struct load *l, const struct json5_value *object)
{
	const struct json5_value *v = json5_get(object, "runner");
	const char *s, *why;

	if (load_is_seed(l))
		return l->runner ? l->runner->decl.name : "elf";
	if (!v) {
		if (l->runner)
			return l->runner->decl.name;
		load_error(l, RULE_MISSING_RUNNER, object->place,
			   "a program has to say how it is run: \"runner\": "
			   "\"elf\"");
		return NULL;
	}
	/* Another type is reported with the other keys, by elf_read(). */
	s = v->type == JSON5_STRING ? load_string(l, v, "runner") : NULL;
	if (!s)
		return NULL;
	l->runner_place = v->place;
	why = name_check(s, l->dialect, true);
	if (why)
		load_error(l, RULE_INVALID_NAME, v->place,
			   "the runner's name \"%.300s\" %s", s, why);
	if (l->runner)
		load_error(l, RULE_RUNNER_CONFLICT, v->place,
			   "the runner is named here and in \"use\" (%s); "
			   "take one of them out",
			   load_place(l, l->runner->decl.place, v->place));
	return load_copy(l, s);
}

void program_imply(struct load *l)
{
	const struct program *p = l->manifest->program;
	struct decl d = {
		.kind = DECL_USE,
		.type = CAPABILITY_RUNNER,
		.keyword = "runner",
		.from = { .kind = SOURCE_ENVIRONMENT },
		.implied = true,
	};
	struct draft *draft;

	if (!p || l->runner || strcmp(p->runner, "elf") == 0)
		return;
	d.name = d.target_name = p->runner;
	d.place = p->place;
	d.name_place = d.from.place = l->runner_place;
	draft = load_draft(l, &d);
	if (draft)
		draft->written_name = draft->written_target = d.name;
}

void program_read(struct load *l, const struct json5_value *object)
{
	struct program *p = load_keep(l, 1, sizeof(*p));

	if (!p)
		return;
	p->place = object->place;
	p->runner = runner_read(l, object);
	if (!p->runner)
		p->runner = "elf";
	if (strcmp(p->runner, "elf") == 0)
		elf_read(l, object, p);
	l->manifest->program = p;
}
