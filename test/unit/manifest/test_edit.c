/*
 * Edits of a manifest's text: what they add looks like what is there, and what
 * they are not about stays byte for byte.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "fault.h"
#include "json5_write.h"
#include "manifest/edit.h"
#include "manifest_test.h"

enum action {
	ADD_ELEMENT,
	ADD_MEMBER,
	REMOVE,
	REPLACE,
	RENAME,
};

struct edit_case {
	const char *name;
	enum action action;
	const char *at;	   /* the way to it: "offer/0/to" */
	const char *key;   /* ADD_MEMBER, RENAME */
	const char *value; /* JSON */
	const char *before, *after;
};

/* The value that @way leads to. */
static struct json5_value *value_at(const struct json5_value *root,
				    const char *way)
{
	const struct json5_value *v = root;
	char word[64];
	size_t n;

	while (*way) {
		n = strcspn(way, "/");
		snprintf(word, sizeof(word), "%.*s", (int)n, way);
		way += n + (way[n] == '/');
		if (v->type == JSON5_OBJECT) {
			v = json5_get(v, word);
		} else {
			unsigned i = (unsigned)strtoul(word, NULL, 10);

			for (v = json5_first(v); v && i; i--)
				v = v->next;
		}
		assert_non_null(v);
	}
	return (struct json5_value *)v;
}

static void act(struct edit_file *f, enum action action,
		const struct json5_value *at, const char *key, const char *json,
		struct text *ret)
{
	const struct json5_value *value = json ? edit_value(f, json) : NULL;

	switch (action) {
	case ADD_ELEMENT:
		edit_add_element(f, at, value, ret);
		break;
	case ADD_MEMBER:
		edit_add_member(f, at, key, value, ret);
		break;
	case REMOVE:
		edit_remove(f, edit_parent(f, at), at, ret);
		break;
	case REPLACE:
		edit_replace(f, at, value, ret);
		break;
	case RENAME:
		edit_rename(f, at, key, ret);
		break;
	}
}

static const struct edit_case cases[] = {
	{ "one element per line", ADD_ELEMENT, "use", NULL,
	  "{\"protocol\":\"b\"}",
	  "{\n  use: [\n    { protocol: \"a\" },\n  ],\n}\n",
	  "{\n  use: [\n    { protocol: \"a\" },\n"
	  "    { protocol: \"b\" },\n  ],\n}\n" },
	{ "no comma at the end", ADD_ELEMENT, "use", NULL,
	  "{\"protocol\":\"b\"}",
	  "{\n  \"use\": [\n    { \"protocol\": \"a\" }\n  ]\n}\n",
	  "{\n  \"use\": [\n    { \"protocol\": \"a\" },\n"
	  "    { \"protocol\": \"b\" }\n  ]\n}\n" },
	{ "a comment behind the last element", ADD_ELEMENT, "use", NULL,
	  "{\"protocol\":\"b\"}",
	  "{\n\tuse: [\n\t\t{protocol: 'a'} // first\n\t],\n}\n",
	  "{\n\tuse: [\n\t\t{protocol: 'a'}, // first\n"
	  "\t\t{protocol: 'b'}\n\t],\n}\n" },
	{ "a comment between element and comma", ADD_ELEMENT, "use", NULL,
	  "\"b\"", "{ use: [\n  'a' /* , */ , // x\n] }",
	  "{ use: [\n  'a' /* , */ , // x\n  'b',\n] }" },
	{ "in a row", ADD_ELEMENT, "to", NULL, "\"#b\"", "{ to: [ \"#a\" ] }",
	  "{ to: [ \"#a\", \"#b\" ] }" },
	{ "in a row with a comma", ADD_ELEMENT, "to", NULL, "\"#b\"",
	  "{to: ['#a',]}", "{to: ['#a', '#b',]}" },
	{ "a comment in a row", ADD_ELEMENT, "to", NULL, "\"#b\"",
	  "{ to: ['#a' /* a */] }", "{ to: ['#a' /* a */, '#b'] }" },
	{ "a line comment behind the last in a row", ADD_ELEMENT, "to", NULL,
	  "\"#b\"", "{\n  to: ['#a' // a\n  ],\n}\n",
	  "{\n  to: ['#a', // a\n    '#b'\n  ],\n}\n" },
	{ "brackets around the braces", ADD_ELEMENT, "use", NULL,
	  "{\"protocol\":\"b\"}",
	  "{\n  use: [{\n    protocol: \"a\",\n  }],\n}\n",
	  "{\n  use: [{\n    protocol: \"a\",\n  }, {\n"
	  "    protocol: \"b\",\n  }],\n}\n" },
	{ "items in lines", ADD_ELEMENT, "use", NULL,
	  "{\"protocol\":\"b\",\"from\":\"#x\"}",
	  "{\n    use: [\n        {\n            protocol: \"a\",\n"
	  "        },\n    ],\n}\n",
	  "{\n    use: [\n        {\n            protocol: \"a\",\n"
	  "        },\n        {\n            protocol: \"b\",\n"
	  "            from: \"#x\",\n        },\n    ],\n}\n" },
	{ "minified", ADD_ELEMENT, "use", NULL,
	  "{\"protocol\":\"b\",\"to\":[\"#x\",\"#y\"]}",
	  "{\"use\":[{\"protocol\":\"a\"}]}",
	  "{\"use\":[{\"protocol\":\"a\"},{\"protocol\":\"b\","
	  "\"to\":[\"#x\",\"#y\"]}]}" },
	{ "minified, a new section", ADD_MEMBER, "", "use",
	  "[{\"protocol\":\"b\"}]", "{\"program\":{\"binary\":\"x\"}}",
	  "{\"program\":{\"binary\":\"x\"},\"use\":[{\"protocol\":\"b\"}]}" },
	{ "lines that end with CR LF", ADD_ELEMENT, "use", NULL, "\"b\"",
	  "{\r\n  use: [\r\n    \"a\" // x\r\n  ]\r\n}\r\n",
	  "{\r\n  use: [\r\n    \"a\", // x\r\n    \"b\"\r\n  ]\r\n}\r\n" },
	{ "lines that end with CR alone", ADD_ELEMENT, "use", NULL, "\"b\"",
	  "{\r use: [\r  \"a\", // x\r ],\r}\r",
	  "{\r use: [\r  \"a\", // x\r  \"b\",\r ],\r}\r" },
	{ "a byte order mark", ADD_ELEMENT, "use", NULL, "\"b\"",
	  "\xef\xbb\xbf{ use: [\"\xc3\xa9\"] }",
	  "\xef\xbb\xbf{ use: [\"\xc3\xa9\", \"b\"] }" },
	{ "a comma in front of each", ADD_ELEMENT, "use", NULL, "\"c\"",
	  "{\n  use: [\n    \"a\"\n  , \"b\"\n  ]\n}\n",
	  "{\n  use: [\n    \"a\"\n  , \"b\", \"c\"\n  ]\n}\n" },
	{ "a new section", ADD_MEMBER, "", "expose",
	  "[{\"protocol\":\"b\",\"from\":\"self\"}]",
	  "{\n    // it runs\n    program: { binary: \"x\" } // so\n}\n",
	  "{\n    // it runs\n    program: { binary: \"x\" }, // so\n"
	  "    expose: [\n        { protocol: \"b\", from: \"self\" }\n    ]\n"
	  "}\n" },
	{ "an empty array", ADD_ELEMENT, "use", NULL, "{\"protocol\":\"b\"}",
	  "{\n  use: [],\n}\n",
	  "{\n  use: [\n    { protocol: \"b\" },\n  ],\n}\n" },
	{ "an empty array over lines", ADD_ELEMENT, "use", NULL,
	  "{\"protocol\":\"b\"}", "{\n  use: [\n  ],\n}\n",
	  "{\n  use: [\n    { protocol: \"b\" },\n  ],\n}\n" },
	{ "an array that is empty but for comments", ADD_ELEMENT, "use", NULL,
	  "{\"protocol\":\"b\"}", "{\n  use: [\n    // none\n  ],\n}\n",
	  "{\n  use: [\n    // none\n    { protocol: \"b\" },\n  ],\n}\n" },
	{ "a comment in a row in an empty array", ADD_ELEMENT, "to", NULL,
	  "\"#b\"", "{ to: [/* none */] }", "{ to: [/* none */ \"#b\"] }" },
	{ "an empty array of strings", ADD_ELEMENT, "to", NULL, "\"#b\"",
	  "{\n  to: [],\n}\n", "{\n  to: [\"#b\"],\n}\n" },
	{ "an empty file", ADD_MEMBER, "", "use", "[{\"protocol\":\"b\"}]",
	  "{}", "{\n    use: [\n        { protocol: \"b\" },\n    ],\n}" },
	{ "a member in a row", ADD_MEMBER, "use/0", "as", "\"b\"",
	  "{ use: [ { protocol: \"a\" }, ], }",
	  "{ use: [ { protocol: \"a\", as: \"b\" }, ], }" },
	{ "a member in lines", ADD_MEMBER, "use/0", "as", "\"b\"",
	  "{\n use: [\n  {\n   'protocol': 'a' // a\n  }\n ]\n}",
	  "{\n use: [\n  {\n   'protocol': 'a', // a\n   'as': 'b'\n  }\n ]"
	  "\n}" },
	{ "another string", REPLACE, "from", NULL, "\"#b\"",
	  "{ x: \"\", from: '#a' /* a */, y: \"\" }",
	  "{ x: \"\", from: '#b' /* a */, y: \"\" }" },
	{ "quotes in a string", REPLACE, "from", NULL, "\"it's \\\\ \\\"\"",
	  "{ from: '' }", "{ from: 'it\\'s \\\\ \"' }" },
	{ "a string becomes a list", REPLACE, "to", NULL, "[\"#a\",\"#b\"]",
	  "{ to: \"#a\", }", "{ to: [\"#a\", \"#b\"], }" },
	{ "a key with quotes", RENAME, "service", "protocol", NULL,
	  "{ \"service\" : \"a\" }", "{ \"protocol\" : \"a\" }" },
	{ "a key without", RENAME, "service", "protocol", NULL, "{service:'a'}",
	  "{protocol:'a'}" },
	{ "a line goes", REMOVE, "to", NULL, NULL,
	  "{\n  a: 1,\n  to: \"framework\",\n  b: 2\n}",
	  "{\n  a: 1,\n  b: 2\n}" },
	{ "the last line goes", REMOVE, "to", NULL, NULL,
	  "{\n  a: 1, // one\n  to: \"framework\"\n}", "{\n  a: 1 // one\n}" },
	{ "a line goes, its comment stays", REMOVE, "to", NULL, NULL,
	  "{\n  a: 1,\n  to: \"framework\", // why\n}",
	  "{\n  a: 1,\n  // why\n}" },
	{ "one of a row goes", REMOVE, "to", NULL, NULL,
	  "{ a: 1, to: 2, b: 3 }", "{ a: 1, b: 3 }" },
	{ "the first of a row goes", REMOVE, "to", NULL, NULL,
	  "{ to: 2, b: 3 }", "{ b: 3 }" },
	{ "the last of a row goes", REMOVE, "to", NULL, NULL, "{ a: 1, to: 2 }",
	  "{ a: 1 }" },
	{ "the only one goes", REMOVE, "to", NULL, NULL, "{ to: 2 }", "{ }" },
	{ "an element goes", REMOVE, "to/1", NULL, NULL, "{to:['a','b','c']}",
	  "{to:['a','c']}" },
};

static void test_cases(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		const struct edit_case *c = &cases[i];
		struct text t = TEXT_INIT;
		struct edit_file f;

		assert_int_equal(edit_open(&f, c->before, strlen(c->before)),
				 0);
		act(&f, c->action, value_at(f.root, c->at), c->key, c->value,
		    &t);
		assert_false(text_is_failed(&t));
		if (strcmp(text_string(&t), c->after))
			fail_msg("%s:\n%s\nand not:\n%s", c->name,
				 text_string(&t), c->after);
		text_fini(&t);
		edit_close(&f);
	}
}

static void test_not_json5(void **state)
{
	static const char *const texts[] = { "",  "{",	      "[]",
					     "1", "{ a: b }", "{ a: 1 b: 2 }" };
	struct edit_file f;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(texts); i++) {
		assert_int_equal(edit_open(&f, texts[i], strlen(texts[i])),
				 EDIT_INVALID);
		edit_close(&f);
	}
}

static void test_find(void **state)
{
	static const char text[] = "{\n  use: [\n    { a: 'b' },\n  ],\n}";
	const struct json5_value *v;
	struct edit_file f;

	(void)state;
	assert_int_equal(edit_open(&f, text, strlen(text)), 0);
	v = edit_find(&f, place_at(3, 5), JSON5_OBJECT);
	assert_ptr_equal(v, value_at(f.root, "use/0"));
	assert_ptr_equal(edit_parent(&f, v), value_at(f.root, "use"));
	assert_null(edit_find(&f, place_at(3, 5), JSON5_STRING));
	assert_null(edit_find(&f, place_at(3, 6), JSON5_OBJECT));
	v = edit_find(&f, place_at(3, 10), JSON5_STRING);
	assert_ptr_equal(v, value_at(f.root, "use/0/a"));
	assert_null(edit_parent(&f, f.root));
	edit_close(&f);
}

/* --- Any text, any edit --- */

struct chance {
	uint64_t state;
};

static unsigned chance(struct chance *c, unsigned n)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 7;
	c->state ^= c->state << 17;
	return (unsigned)(c->state >> 33) % n;
}

/* How the texts of one round are laid out. */
struct layout {
	struct chance *chance;
	const char *newline;
	unsigned comments; /* of a hundred gaps */
	unsigned lines;	   /* of a hundred lists */
	bool has_quotes;
	unsigned n_keys;
};

static void gap_write(struct layout *l, bool may_break, struct text *t)
{
	static const char *const blanks[] = { "", " ", "  ", "\t", "\xc2\xa0" };

	text_puts(t, blanks[chance(l->chance, N_ELEMENTS(blanks))]);
	if (chance(l->chance, 100) >= l->comments)
		return;
	if (may_break && chance(l->chance, 2))
		text_printf(t, "// %u ,]\"%s", chance(l->chance, 1000),
			    l->newline);
	else
		text_printf(t, "/* %u ,}' */", chance(l->chance, 1000));
}

static void any_write(struct layout *l, unsigned depth, struct text *t);

static void any_list_write(struct layout *l, unsigned depth, struct text *t)
{
	bool in_lines = chance(l->chance, 100) < l->lines;
	bool is_object = !depth || chance(l->chance, 2);
	unsigned n = chance(l->chance, 4), i, k;

	text_puts(t, is_object ? "{" : "[");
	for (i = 0; i < n; i++) {
		if (in_lines)
			text_puts(t, l->newline);
		for (k = 0; in_lines && k <= depth; k++)
			text_puts(t, "  ");
		gap_write(l, in_lines, t);
		if (is_object)
			text_printf(t, l->has_quotes ? "\"k%u\"" : "k%u",
				    l->n_keys++);
		if (is_object) {
			gap_write(l, true, t);
			text_puts(t, ":");
			gap_write(l, true, t);
		}
		any_write(l, depth + 1, t);
		gap_write(l, in_lines, t);
		if (i + 1 < n || chance(l->chance, 2))
			text_puts(t, ",");
		gap_write(l, in_lines, t);
	}
	if (in_lines)
		text_puts(t, l->newline);
	gap_write(l, true, t);
	text_puts(t, is_object ? "}" : "]");
}

static void any_write(struct layout *l, unsigned depth, struct text *t)
{
	static const char *const words[] = { "true",  "null",	  "'s'",
					     "\"d\"", "'it\\'s'", "0x1F",
					     "\"//\"" };

	if (!depth || (depth < 4 && chance(l->chance, 2)))
		any_list_write(l, depth, t);
	else
		text_puts(t, words[chance(l->chance, N_ELEMENTS(words))]);
}

/* All comments of a text from @at to @end, but those from @but to @but_end. */
static void comments_collect(const char *s, size_t n, size_t but,
			     size_t but_end, struct text *t)
{
	size_t i = 0, end;

	while (i < n) {
		char c = s[i];

		end = i + 1;
		if (c == '"' || c == '\'') {
			while (s[end] != c)
				end += s[end] == '\\' ? 2 : 1;
			end++;
		} else if (c == '/' && s[i + 1] == '/') {
			end = i + strcspn(s + i, "\r\n");
		} else if (c == '/' && s[i + 1] == '*') {
			end = (size_t)(strstr(s + i + 2, "*/") + 2 - s);
		}
		if (c == '/' && (i < but || i >= but_end)) {
			text_append(t, s + i, end - i);
			text_puts(t, "\n");
		}
		i = end;
	}
}

/* Is @small what is left of @large when bytes are taken out? */
static bool is_left_of(const char *small, size_t n_small, const char *large,
		       size_t n_large)
{
	size_t i = 0, j;

	for (j = 0; j < n_large && i < n_small; j++)
		i += small[i] == large[j];
	return i == n_small;
}

/* One edit, and the same change of the tree. */
struct random_edit {
	enum action action;
	struct json5_value *at;
	size_t begin, end; /* what it may take comments out of */
};

static size_t values_count(const struct json5_value *v)
{
	size_t n = 1;

	json5_for_each(child, v) n += values_count(child);
	return n;
}

static struct json5_value *values_pick(struct json5_value *v, size_t *left)
{
	struct json5_value *found;

	if (!(*left)--)
		return v;
	json5_for_each(child, v)
	{
		found = values_pick((struct json5_value *)child, left);
		if (found)
			return found;
	}
	return NULL;
}

static struct random_edit random_pick(struct edit_file *f, struct chance *c)
{
	size_t left = chance(c, (unsigned)values_count(f->root));
	struct json5_value *v =
		values_pick((struct json5_value *)f->root, &left);
	struct random_edit e = { .at = v };

	if (v == f->root || (v->type >= JSON5_ARRAY && chance(c, 2))) {
		e.action = v->type == JSON5_ARRAY ? ADD_ELEMENT : ADD_MEMBER;
		if (v->type < JSON5_ARRAY)
			e.action = REPLACE;
		return e;
	}
	e.action = chance(c, 2)		    ? REMOVE
		   : v->key && chance(c, 2) ? RENAME
					    : REPLACE;
	e.begin = e.action == REMOVE && v->key ? v->key_at : v->at;
	e.end = v->at_end;
	if (e.action == RENAME)
		e.begin = e.end = 0;
	return e;
}

/* The tree as it has to be afterwards. */
static void tree_change(struct edit_file *f, const struct random_edit *e,
			const char *json)
{
	struct json5_value *v = e->at, **link;
	struct json5_value *value = (struct json5_value *)edit_value(f, json);
	const struct json5_value *parent = edit_parent(f, v);

	if (e->action == RENAME) {
		v->key = "renamed";
		v->n_key = 7;
		return;
	}
	link = e->action >= REMOVE ? (struct json5_value **)&parent->list.first
				   : &v->list.first;
	while (*link && *link != (e->action >= REMOVE ? v : NULL))
		link = &(*link)->next;
	value->key = e->action == ADD_MEMBER ? "added" : v->key;
	value->n_key = e->action == ADD_MEMBER ? 5 : v->n_key;
	if (e->action == REMOVE)
		*link = v->next;
	else
		*link = value;
	if (e->action == REPLACE)
		value->next = v->next;
}

static const char *const random_values[] = {
	"\"x\"",	  "{\"a\":\"x\",\"b\":[\"y\",\"z\"]}",
	"[\"x\",\"y\"]",  "{}",
	"[{\"a\":true}]", "null",
};

static void random_round(struct chance *c)
{
	static const char *const newlines[] = { "\n", "\r\n" };
	struct layout l = { .chance = c,
			    .newline = newlines[chance(c, 2)],
			    .comments = chance(c, 40),
			    .lines = chance(c, 101),
			    .has_quotes = chance(c, 2) };
	struct text old = TEXT_INIT, new = TEXT_INIT, was = TEXT_INIT;
	struct text is = TEXT_INIT, tree = TEXT_INIT, again = TEXT_INIT;
	const char *json;
	struct edit_file f, g;
	struct random_edit e;
	bool is_kept = true;

	gap_write(&l, true, &old);
	any_write(&l, 0, &old);
	gap_write(&l, true, &old);
	assert_int_equal(edit_open(&f, old.bytes, old.n), 0);
	e = random_pick(&f, c);
	json = random_values[chance(c, N_ELEMENTS(random_values))];
	act(&f, e.action, e.at, e.action == RENAME ? "renamed" : "added", json,
	    &new);
	comments_collect(old.bytes, old.n, e.begin, e.end, &was);
	comments_collect(text_string(&new), new.n, 0, 0, &is);
	if (e.action == ADD_ELEMENT || e.action == ADD_MEMBER)
		is_kept = e.at->list.n ? is_left_of(old.bytes, old.n, new.bytes,
						    new.n)
				       : true;
	if (e.action == REMOVE)
		is_kept = is_left_of(new.bytes, new.n, old.bytes, old.n);
	tree_change(&f, &e, json);
	json5_write(f.root, &tree);
	if (edit_open(&g, text_string(&new), new.n) == 0)
		json5_write(g.root, &again);
	if (strcmp(text_string(&was), text_string(&is)) ||
	    strcmp(text_string(&tree), text_string(&again)) || !is_kept)
		fail_msg("action %d, %s:\n%s\n--- became\n%s\n--- and not\n%s",
			 e.action, json, old.bytes, text_string(&new),
			 text_string(&tree));
	edit_close(&g);
	edit_close(&f);
	text_fini(&old);
	text_fini(&new);
	text_fini(&was);
	text_fini(&is);
	text_fini(&tree);
	text_fini(&again);
}

static void test_random(void **state)
{
	struct chance c = { 0x9e3779b97f4a7c15 };
	int i;

	(void)state;
	for (i = 0; i < 20000; i++)
		random_round(&c);
}

static int sweep(void *arg)
{
	const struct edit_case *c = arg;
	const struct json5_value *v;
	struct text t = TEXT_INIT;
	struct edit_file f;
	int r = edit_open(&f, c->before, strlen(c->before));

	if (!r) {
		v = edit_value(&f, c->value);
		if (v)
			edit_add_element(&f, value_at(f.root, c->at), v, &t);
		r = !v || text_is_failed(&t) ? -ENOMEM : 0;
	}
	if (!r && strcmp(text_string(&t), c->after))
		r = 1;
	edit_close(&f);
	text_fini(&t);
	return r;
}

/* Whichever allocation fails, it is said, and nothing is left behind. */
static void test_faults(void **state)
{
	(void)state;
	assert_true(fault_sweep(sweep, (void *)&cases[0]) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),  cmocka_unit_test(test_not_json5),
		cmocka_unit_test(test_find),   cmocka_unit_test(test_random),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
