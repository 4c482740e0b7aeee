/* file: URIs and paths. */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "fault.h"
#include "lsp/uri.h"

static void test_paths(void **state)
{
	static const struct {
		const char *uri, *path;
	} cases[] = {
		{ "file:///a/b.cml", "/a/b.cml" },
		{ "FILE:///a", "/a" },
		{ "file:/a", "/a" },
		{ "file://localhost/a", "/a" },
		{ "file:///a%20b%C3%a4%25", "/a b\xc3\xa4%" },
		{ "file:///a?query#part", "/a" },
		{ "file:///", "/" },
		{ "file://elsewhere/a", NULL },
		{ "file:a", NULL },
		{ "file:///a%00", NULL },
		{ "file:///a%0", NULL },
		{ "file:///a%", NULL },
		{ "file:///a%zz", NULL },
		{ "untitled:a", NULL },
		{ "/a", NULL },
		{ "", NULL },
	};
	char *path;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		path = NULL;
		r = uri_path(cases[i].uri, &path);
		if (cases[i].path) {
			assert_int_equal(r, 0);
			assert_string_equal(path, cases[i].path);
		} else {
			assert_int_equal(r, URI_NO_FILE);
			assert_null(path);
		}
		free(path);
	}
}

static void test_written_and_read_is_the_same(void **state)
{
	struct text t = TEXT_INIT;
	char all[257] = "/", *path;
	int c;

	(void)state;
	for (c = 1; c < 256; c++)
		all[c] = (char)c;
	uri_write(all, &t);
	assert_int_equal(strspn(text_string(&t), "abcdefghijklmnopqrstuvwxyz"
						 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						 "0123456789:/-._~%"),
			 t.n);
	/* The first byte is no slash: it is put there. */
	all[0] = '/';
	text_clear(&t);
	uri_write(all, &t);
	assert_int_equal(uri_path(text_string(&t), &path), 0);
	assert_string_equal(path, all);
	free(path);
	text_fini(&t);
}

static int path_round(void *arg)
{
	char *path;
	int r = uri_path("file:///a%20b", &path);

	(void)arg;
	if (!r)
		free(path);
	return r;
}

static void test_no_memory(void **state)
{
	(void)state;
	assert_int_equal(fault_sweep(path_round, NULL), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_written_and_read_is_the_same),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
