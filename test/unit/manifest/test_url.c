/* Component URLs: every form, and everything that is refused. */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "fault.h"
#include "manifest/url.h"

static void string_equal(const char *found, const char *expected)
{
	if (!expected)
		assert_null(found);
	else
		assert_string_equal(found, expected);
}

static void test_forms(void **state)
{
	static const struct {
		const char *s;
		struct url url;
	} cases[] = {
		{ "fuchsia-pkg://fuchsia.com/a#meta/a.cm",
		  { URL_PACKAGE, "fuchsia-pkg", "fuchsia.com", "a", NULL, NULL,
		    "meta/a.cm" } },
		{ "fuchsia-pkg://Host-1.x_y/a/0#meta/a.cm",
		  { URL_PACKAGE, "fuchsia-pkg", "Host-1.x_y", "a", "0", NULL,
		    "meta/a.cm" } },
		{ "fuchsia-pkg://h/a",
		  { URL_PACKAGE, "fuchsia-pkg", "h", "a", NULL, NULL, NULL } },
		{ "fuchsia-pkg://h/a%20b#m%C3%A4/a.cm",
		  { URL_PACKAGE, "fuchsia-pkg", "h", "a b", NULL, NULL,
		    "mä/a.cm" } },
		{ "file:///srv/pkgs/a#meta/a.cm",
		  { URL_FILE, "file", NULL, NULL, NULL, "/srv/pkgs/a",
		    "meta/a.cm" } },
		{ "file:///srv/a/",
		  { URL_FILE, "file", NULL, NULL, NULL, "/srv/a", NULL } },
		{ "file:///#meta/a.cm",
		  { URL_FILE, "file", NULL, NULL, NULL, "/", "meta/a.cm" } },
		{ "#meta/x.cm",
		  { URL_LOCAL, NULL, NULL, NULL, NULL, NULL, "meta/x.cm" } },
		{ "#x", { URL_LOCAL, NULL, NULL, NULL, NULL, NULL, "x" } },
		{ "echo#meta/x.cm",
		  { URL_SIBLING, NULL, NULL, "echo", NULL, NULL,
		    "meta/x.cm" } },
		{ "echo",
		  { URL_SIBLING, NULL, NULL, "echo", NULL, NULL, NULL } },
		{ "my+awesome-scheme.2://abc123!@$%.com#../x",
		  { URL_OTHER, "my+awesome-scheme.2", NULL, NULL, NULL, NULL,
		    NULL } },
	};
	struct arena a = ARENA_INIT;
	const char *why = NULL;
	struct url url;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		const struct url *u = &cases[i].url;

		print_message("  %s\n", cases[i].s);
		assert_int_equal(url_parse(cases[i].s, &a, &url, &why), 0);
		assert_int_equal(url.kind, u->kind);
		string_equal(url.scheme, u->scheme);
		string_equal(url.host, u->host);
		string_equal(url.package, u->package);
		string_equal(url.variant, u->variant);
		string_equal(url.directory, u->directory);
		string_equal(url.resource, u->resource);
	}
	arena_fini(&a);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *s, *why;
	} cases[] = {
		{ "", "empty" },
		{ "#", "nothing behind its \"#\"" },
		{ "#/meta/a.cm", "relative to the package" },
		{ "#../a.cm", "\"..\"" },
		{ "#meta/../a.cm", "\"..\"" },
		{ "#meta/%2e%2e/a.cm", "\"..\"" },
		{ "#meta/.%2E/a.cm", "\"..\"" },
		{ "#meta/./a.cm", "\".\"" },
		{ "#meta//a.cm", "empty segment" },
		{ "#meta/", "ends with" },
		{ "#meta%2fa.cm", "hides a \"/\"" },
		{ "#a%00b", "control character" },
		{ "#a\nb", "control character" },
		{ "#a%7f", "control character" },
		{ "#a%", "hexadecimal" },
		{ "#a%4", "hexadecimal" },
		{ "#a%4g", "hexadecimal" },
		{ "#a%ff", "not UTF-8" },
		{ "#a?b=c", "query" },
		{ "..#a", "\"..\"" },
		{ ".", "\".\"" },
		{ "a/b#c", "neither with a scheme" },
		{ "/a#c", "neither with a scheme" },
		{ "a:b", "neither with a scheme" },
		{ "http:/a", "neither with a scheme" },
		{ "A-b://c", "neither with a scheme" },
		{ "9x://c", "neither with a scheme" },
		{ "://c", "neither with a scheme" },
		{ "fuchsia-pkg://", "nothing behind" },
		{ "fuchsia-pkg://h", "names no package" },
		{ "fuchsia-pkg://h/", "names no package" },
		{ "fuchsia-pkg:///a", "no host" },
		{ "fuchsia-pkg://h:80/a", "hosts cannot have" },
		{ "fuchsia-pkg://h@x/a", "hosts cannot have" },
		{ "fuchsia-pkg://h/..#a", "\"..\"" },
		{ "fuchsia-pkg://h/%2e%2e#a", "\"..\"" },
		{ "fuchsia-pkg://h//a", "empty package name" },
		{ "fuchsia-pkg://h/a/", "empty package name" },
		{ "fuchsia-pkg://h/a/0/x", "more than a name and a variant" },
		{ "fuchsia-pkg://h/a?hash=1#b", "query" },
		{ "fuchsia-pkg://h/a#", "nothing behind its \"#\"" },
		{ "file://host/a#b", "names a host" },
		{ "file://#b", "nothing behind its \"://\"" },
		{ "file:///a/../b#c", "\"..\"" },
		{ "file:///a//b#c", "empty segment" },
		{ "file:///a%2fb#c", "hides a \"/\"" },
	};
	struct arena a = ARENA_INIT;
	struct url url = { .package = "untouched" };
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		print_message("  %s\n", cases[i].s);
		why = NULL;
		assert_int_equal(url_parse(cases[i].s, &a, &url, &why),
				 URL_INVALID);
		assert_non_null(why);
		if (!strstr(why, cases[i].why))
			fail_msg("\"%s\" does not say \"%s\"", why,
				 cases[i].why);
		assert_string_equal(url.package, "untouched");
	}
	arena_fini(&a);
}

static void test_length(void **state)
{
	struct arena a = ARENA_INIT;
	char s[URL_MAX + 2];
	const char *why;
	struct url url;

	(void)state;
	memset(s, 'x', sizeof(s));
	memcpy(s, "x-y://", 6);
	s[URL_MAX] = 0;
	assert_int_equal(url_parse(s, &a, &url, &why), 0);
	s[URL_MAX] = 'x';
	s[URL_MAX + 1] = 0;
	assert_int_equal(url_parse(s, &a, &url, &why), URL_INVALID);
	/* A segment that no file system can hold. */
	memset(s, 'x', sizeof(s));
	s[0] = '#';
	s[256] = 0;
	assert_int_equal(url_parse(s, &a, &url, &why), 0);
	s[256] = 'x';
	s[257] = 0;
	assert_int_equal(url_parse(s, &a, &url, &why), URL_INVALID);
	arena_fini(&a);
}

static int sweep(void *arg)
{
	struct arena a = ARENA_INIT;
	const char *why;
	struct url url;
	int r = url_parse(arg, &a, &url, &why);

	arena_fini(&a);
	return r;
}

static void test_faults(void **state)
{
	char s[URL_MAX];

	(void)state;
	/* Long enough that each part needs a block of its own. */
	memset(s, 'a', sizeof(s));
	memcpy(s, "fuchsia-pkg://", 14);
	s[1100] = '/';
	s[1300] = '/';
	s[1500] = '#';
	s[1700] = s[1900] = s[2100] = s[2300] = s[2500] = s[2700] = '/';
	s[2900] = 0;
	assert_true(fault_sweep(sweep, s) > 1);
	assert_true(fault_sweep(sweep, "file:///a#b"));
	assert_true(fault_sweep(sweep, "a#b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
