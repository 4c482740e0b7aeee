/* Whole and broken texts have the outline that a reader sees in them. */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "base/text.h"
#include "lsp/outline.h"

/* The outline as text: key= in front of members, ? for what is missing, ~
 * behind what is not closed. */
static void node_render(const struct node *node, struct text *t)
{
	static const char brackets[] = "[]{}";
	size_t at = node->kind == NODE_OBJECT ? 2 : 0;

	if (node->key)
		text_printf(t, "%s=", node->key);
	if (node->kind == NODE_MISSING) {
		text_puts(t, "?");
	} else if (node->kind < NODE_ARRAY) {
		text_printf(t, node->kind == NODE_STRING ? "'%s'" : "%s",
			    node->text);
	} else {
		text_append(t, brackets + at, 1);
		node_for_each(child, node)
		{
			text_puts(t, child == node->first ? "" : " ");
			node_render(child, t);
		}
		text_append(t, brackets + at + 1, 1);
	}
	if (!node->is_closed && node->kind != NODE_MISSING)
		text_puts(t, "~");
}

static void test_outlines(void **state)
{
	static const struct {
		const char *text, *outline;
	} cases[] = {
		{ "{}", "{}" },
		{ " // x\n [1, 'a', {b: true}] /* } */", "[1 'a' {b=true}]" },
		{ "{ 'a\\'b': \"c\" }", "{a'b='c'}" },
		{ "{ a }", "{a=?}" },
		{ "{ a: }", "{a=?}" },
		{ "{ a: , b: 1 }", "{a=? b=1}" },
		{ "{ a:\n b: 1 }", "{a=? b=1}" },
		{ "{ a b: 1 }", "{a=? b=1}" },
		{ "{ a: 'x\n b: 1 }", "{a='x'~ b=1}" },
		{ "{ a: [1, 2 }", "{a=[1 2]~}" },
		{ "{ a: { b: [ ] ", "{a={b=[]}~}~" },
		{ "[ } ]", "[]" },
		{ "{ ] }", "{}" },
		{ "{ a: 1 } }", "{a=1}" },
		{ "{ {b: 1} }", "{{b=1}}" },
		{ "{ : 1, a:: 2 }", "{1=? a=2}" },
		{ "'x", "'x'~" },
		{ "{ a: '", "{a=''~}~" },
		{ "/* {", "" },
		{ "/", "" },
		{ "", "" },
	};
	struct outline o;
	struct text t = TEXT_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		assert_int_equal(
			outline_read(&o, cases[i].text, strlen(cases[i].text)),
			0);
		text_clear(&t);
		if (o.root)
			node_render(o.root, &t);
		assert_string_equal(text_string(&t), cases[i].outline);
		outline_fini(&o);
	}
	text_fini(&t);
}

static void test_what_is_at_an_offset(void **state)
{
	static const char text[] = "{ a: ['x', 12], b: }";
	static const struct {
		const char *before; /* what stands to the right */
		const char *key;
		enum node_kind kind;
	} cases[] = {
		{ "a: [", "a", NODE_ARRAY },   { "'x'", NULL, NODE_STRING },
		{ "x'", NULL, NODE_STRING },   { ", 12", NULL, NODE_STRING },
		{ " 12", NULL, NODE_ARRAY },   { "12]", NULL, NODE_WORD },
		{ "]", NULL, NODE_WORD },      { " b:", NULL, NODE_OBJECT },
		{ "b: }", "b", NODE_MISSING }, { "}", "b", NODE_MISSING },
	};
	const struct node *node;
	struct outline o;
	size_t i;

	(void)state;
	outline_read(&o, text, strlen(text));
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		node = outline_find(
			&o, (size_t)(strstr(text, cases[i].before) - text));
		assert_non_null(node);
		if (cases[i].key)
			assert_string_equal(node->key, cases[i].key);
		assert_int_equal(node->kind, cases[i].kind);
	}
	assert_null(outline_find(&o, 0));
	assert_null(outline_find(&o, strlen(text)));
	node = outline_find(&o, (size_t)(strchr(text, 'x') - text));
	assert_string_equal(node_key(node), "a");
	assert_ptr_equal(node_object(node), o.root);
	assert_null(node_object(o.root));
	outline_fini(&o);
}

static void test_the_number_of_nodes_is_bounded(void **state)
{
	size_t n = OUTLINE_NODES_MAX * 2;
	char *bytes = malloc(n);
	struct outline o;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, '[', n);
	assert_int_equal(outline_read(&o, bytes, n), 0);
	assert_int_equal(o.n_nodes, OUTLINE_NODES_MAX);
	outline_fini(&o);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outlines),
		cmocka_unit_test(test_what_is_at_an_offset),
		cmocka_unit_test(test_the_number_of_nodes_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
