/* Who may have a capability: patterns read, matched against monikers, written.
 */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "base/text.h"
#include "manifest/access.h"

static void test_forms(void **state)
{
	static const struct {
		const char *pattern;
		enum access_pattern_kind kind;
		const char *text;
	} cases[] = {
		{ "#web", ACCESS_PATTERN_CHILD, "web" },
		{ "#Web-1.x_", ACCESS_PATTERN_CHILD, "Web-1.x_" },
		{ "/", ACCESS_PATTERN_MONIKER, "/" },
		{ "/shop/web", ACCESS_PATTERN_MONIKER, "/shop/web" },
		{ "/*", ACCESS_PATTERN_MONIKER, "/*" },
		{ "/**", ACCESS_PATTERN_MONIKER, "/**" },
		{ "/*/web/**", ACCESS_PATTERN_MONIKER, "/*/web/**" },
		{ "/shop/pool:one", ACCESS_PATTERN_MONIKER, "/shop/pool:one" },
	};
	struct access_pattern p;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		print_message("  %s\n", cases[i].pattern);
		assert_int_equal(
			access_pattern_read(cases[i].pattern, &p, &why), 0);
		assert_int_equal(p.kind, cases[i].kind);
		assert_string_equal(p.text, cases[i].text);
	}
}

static void test_wrong(void **state)
{
	static const char *const cases[] = {
		"",	 "web",	      "children", "#",	   "##web",  "#a/b",
		"#*",	 "#pool:one", "#we b",	  "#..",   "//",     "/a/",
		"/a//b", "/./a",      "/a/..",	  "/**/a", "/a/**/", "/a*",
		"/*a",	 "/***",      "/pool:",	  "/:a",   "/a:b:c", "/pool:*",
		"/a b",	 "/\xc3\xa4", "*",	  "**",	   "./a",    "/a\n",
	};
	struct access_pattern p;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		print_message("  %s\n", cases[i]);
		why = NULL;
		assert_int_equal(access_pattern_read(cases[i], &p, &why),
				 ACCESS_INVALID);
		assert_non_null(why);
		/* It goes on behind the pattern. */
		assert_true(strncmp(why, "is ", 3) == 0 ||
			    strncmp(why, "has ", 4) == 0 ||
			    strncmp(why, "ends ", 5) == 0 ||
			    strncmp(why, "begins ", 7) == 0);
	}
}

static void test_long(void **state)
{
	char s[ACCESS_PATTERN_MAX + 2];
	struct access_pattern p;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i + 1 < sizeof(s); i++)
		s[i] = i % 2 ? 'a' : '/';
	s[ACCESS_PATTERN_MAX] = 0;
	s[ACCESS_PATTERN_MAX - 1] = 'a';
	assert_int_equal(access_pattern_read(s, &p, &why), 0);
	s[ACCESS_PATTERN_MAX] = 'a';
	s[ACCESS_PATTERN_MAX + 1] = 0;
	assert_int_equal(access_pattern_read(s, &p, &why), ACCESS_INVALID);

	/* A collection and a name, each as long as it can be. */
	memset(s, 'a', sizeof(s));
	s[0] = '/';
	s[1 + 255] = ':';
	s[1 + 255 + 1 + 255] = 0;
	assert_int_equal(access_pattern_read(s, &p, &why), 0);
	s[1 + 255 + 1 + 255] = 'a';
	s[1 + 255 + 1 + 256] = 0;
	assert_int_equal(access_pattern_read(s, &p, &why), ACCESS_INVALID);
}

static bool allows(enum access_pattern_kind kind, const char *pattern,
		   const char *declarer, const char *moniker)
{
	const struct access_pattern p = { .kind = kind, .text = pattern };
	const struct access access = { .kind = ACCESS_LIST,
				       .patterns = &p,
				       .n_patterns = 1 };

	return access_allows(&access, declarer, moniker);
}

static void test_monikers(void **state)
{
	/* Which of these a pattern allows, as bits in their order. */
	static const char *const monikers[] = {
		"/",	       "/shop",		 "/shop/web",
		"/shop/web/x", "/shop/pool:one", "/shopping/web",
		"/other/web",
	};
	static const struct {
		const char *pattern;
		unsigned allowed;
	} cases[] = {
		{ "/", 0x01 },
		{ "/shop", 0x02 },
		{ "/shop/web", 0x04 },
		{ "/shop/*", 0x14 },
		{ "/*", 0x02 },
		{ "/*/web", 0x64 },
		{ "/*/*", 0x74 },
		{ "/**", 0x7e },
		{ "/shop/**", 0x1c },
		{ "/shop/web/**", 0x08 },
		{ "/*/**", 0x7c },
		{ "/*/*/*", 0x08 },
		{ "/shop/pool:one", 0x10 },
		{ "/shop/poo", 0 },
		{ "/shop/web/x/y", 0 },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++)
		for (k = 0; k < N_ELEMENTS(monikers); k++)
			if (allows(ACCESS_PATTERN_MONIKER, cases[i].pattern,
				   "/nobody",
				   monikers[k]) != (cases[i].allowed >> k & 1))
				fail_msg("%s and %s", cases[i].pattern,
					 monikers[k]);
}

static void test_references(void **state)
{
	(void)state;
	assert_true(allows(ACCESS_PATTERN_CHILD, "web", "/shop", "/shop/web"));
	assert_true(allows(ACCESS_PATTERN_CHILD, "web", "/", "/web"));
	assert_false(allows(ACCESS_PATTERN_CHILD, "web", "/", "/web/x"));
	assert_false(allows(ACCESS_PATTERN_CHILD, "web", "/", "/webb"));
	assert_false(allows(ACCESS_PATTERN_CHILD, "web", "/", "/we"));
	assert_false(allows(ACCESS_PATTERN_CHILD, "web", "/shop", "/web"));
	assert_false(
		allows(ACCESS_PATTERN_CHILD, "web", "/shop", "/shop/pool:web"));

	assert_true(allows(ACCESS_PATTERN_COLLECTION, "pool", "/shop",
			   "/shop/pool:a"));
	assert_true(allows(ACCESS_PATTERN_COLLECTION, "pool", "/", "/pool:a"));
	assert_false(allows(ACCESS_PATTERN_COLLECTION, "pool", "/", "/pool"));
	assert_false(
		allows(ACCESS_PATTERN_COLLECTION, "pool", "/", "/pools:a"));
	assert_false(
		allows(ACCESS_PATTERN_COLLECTION, "pool", "/", "/pool:a/b"));
}

static void test_kinds(void **state)
{
	const struct access children = { .kind = ACCESS_CHILDREN };
	const struct access nobody = { .kind = ACCESS_LIST };

	(void)state;
	assert_true(access_allows(NULL, "/a", "/b"));
	assert_true(access_allows(&children, "/", "/a"));
	assert_true(access_allows(&children, "/a", "/a/b:c"));
	assert_false(access_allows(&children, "/a", "/a/b/c"));
	assert_false(access_allows(&children, "/a", "/ab"));
	assert_false(access_allows(&children, "/a", "/"));
	assert_false(access_allows(&nobody, "/a", "/a/b"));
	assert_false(access_allows(&nobody, "/a", "/"));
	/* One's own is one's own. */
	assert_true(access_allows(&children, "/a", "/a"));
	assert_true(access_allows(&nobody, "/a", "/a"));
	assert_true(access_allows(&nobody, "/", "/"));
}

static void test_render(void **state)
{
	const struct access_pattern patterns[] = {
		{ .kind = ACCESS_PATTERN_CHILD, .text = "a" },
		{ .kind = ACCESS_PATTERN_COLLECTION, .text = "b" },
		{ .kind = ACCESS_PATTERN_MONIKER, .text = "/c/**" },
	};
	struct access access = { .kind = ACCESS_CHILDREN };
	struct text t = TEXT_INIT;

	(void)state;
	access_render(&access, &t);
	assert_string_equal(text_string(&t), "\"children\"");
	access.kind = ACCESS_LIST;
	text_clear(&t);
	access_render(&access, &t);
	assert_string_equal(text_string(&t), "[]");
	access.patterns = patterns;
	access.n_patterns = N_ELEMENTS(patterns);
	text_clear(&t);
	access_render(&access, &t);
	assert_string_equal(text_string(&t), "[\"#a\", \"#b\", \"/c/**\"]");
	text_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_monikers),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_render),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
