/* What is kept, in which form, and who is told. */
#include "host_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "host/journal.h"
#include "manifest/json5.h"

struct seen {
	size_t n, stop_after;
	uint64_t first, last;
};

static bool see(void *userdata, const struct journal_entry *e)
{
	struct seen *seen = userdata;

	if (!seen->n++)
		seen->first = e->number;
	seen->last = e->number;
	return seen->n != seen->stop_after;
}

static struct seen each(struct journal *j, const char *moniker, size_t n)
{
	struct seen seen = { .n = 0 };

	journal_each(j, moniker, n, see, &seen);
	return seen;
}

static struct journal *journal_make(void)
{
	struct journal *j;

	assert_int_equal(journal_new(&j), 0);
	return j;
}

static void test_ring_wraps(void **state)
{
	struct journal *j = journal_make();
	struct seen seen;
	size_t i;

	(void)state;
	seen = each(j, NULL, 0);
	assert_int_equal(seen.n, 0);
	for (i = 1; i <= JOURNAL_KEPT; i++)
		journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "%zu", i);
	seen = each(j, NULL, 0);
	assert_int_equal(seen.n, JOURNAL_KEPT);
	assert_int_equal(seen.first, 1);
	for (; i <= 2 * JOURNAL_KEPT + 7; i++) {
		journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "%zu", i);
		if (i < JOURNAL_KEPT + 3) {
			seen = each(j, NULL, 0);
			assert_int_equal(seen.first, i - JOURNAL_KEPT + 1);
			assert_int_equal(seen.last, i);
		}
	}
	seen = each(j, NULL, 0);
	assert_int_equal(seen.n, JOURNAL_KEPT);
	assert_int_equal(seen.first, JOURNAL_KEPT + 8);
	assert_int_equal(seen.last, 2 * JOURNAL_KEPT + 7);
	journal_free(j);
}

static bool add_json(void *userdata, const struct journal_entry *e)
{
	journal_render_json(e, userdata);
	return true;
}

/* Of long lines fewer are kept; all of them in JSON fit into the queue of a
 * control connection. */
static void test_bytes_are_bounded(void **state)
{
	static char line[JOURNAL_LINE_MAX + 1];
	_cleanup_text_ struct text json = TEXT_INIT;
	struct journal *j = journal_make();
	struct seen seen;
	size_t i;

	(void)state;
	memset(line, 1, JOURNAL_LINE_MAX);
	for (i = 0; i < JOURNAL_KEPT; i++)
		journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "%s", line);
	seen = each(j, NULL, 0);
	assert_int_equal(seen.last, JOURNAL_KEPT);
	assert_int_equal(seen.n, seen.last - seen.first + 1);
	/* 4 bytes of text for each. */
	assert_in_range(seen.n, 64, JOURNAL_BYTES_MAX / (4 * JOURNAL_LINE_MAX));
	memset(line, '"', JOURNAL_LINE_MAX);
	for (i = 0; i < JOURNAL_KEPT; i++)
		journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "%s", line);
	journal_each(j, NULL, 0, add_json, &json);
	assert_in_range(json.n, 2 * 1024 * 1024, 5 * 1024 * 1024);
	/* Short ones again: as many as ever. */
	for (i = 0; i < JOURNAL_KEPT; i++)
		journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "x");
	seen = each(j, NULL, 0);
	assert_int_equal(seen.n, JOURNAL_KEPT);
	journal_free(j);
}

static void test_last_n_of_one(void **state)
{
	struct journal *j = journal_make();
	struct seen seen;
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++) {
		journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "%zu", i);
		journal_write(j, JOURNAL_LOG, "/a/b", NULL, NULL, "%zu", i);
		journal_write(j, JOURNAL_LOG, "/ab", NULL, NULL, "%zu", i);
		journal_write(j, JOURNAL_MANAGER, "", NULL, NULL, "%zu", i);
	}
	assert_int_equal(each(j, "/a", 0).n, 200);
	assert_int_equal(each(j, "/ab", 0).n, 100);
	/* The manager's own are not about the root. */
	assert_int_equal(each(j, "/", 0).n, 300);
	assert_int_equal(each(j, NULL, 0).n, 400);
	seen = each(j, "/a", 3);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.first, 4 * 98 + 2);
	assert_int_equal(seen.last, 4 * 99 + 2);
	assert_int_equal(each(j, "/a", 1000).n, 200);
	assert_int_equal(each(j, "/none", 5).n, 0);
	assert_int_equal(each(j, NULL, SIZE_MAX).n, 400);
	seen = (struct seen){ .stop_after = 2 };
	journal_each(j, NULL, 0, see, &seen);
	assert_int_equal(seen.n, 2);
	journal_free(j);
}

static void test_below(void **state)
{
	(void)state;
	assert_true(moniker_is_below("/a", "/a"));
	assert_true(moniker_is_below("/a/b", "/a"));
	assert_true(moniker_is_below("/a", "/"));
	assert_true(moniker_is_below("/", "/"));
	assert_false(moniker_is_below("/", "/a"));
	assert_false(moniker_is_below("/ab", "/a"));
	assert_false(moniker_is_below("/a", "/a/b"));
	assert_false(moniker_is_below("", "/"));
	/* A collection is not above its children: they are not in it. */
	assert_false(moniker_is_below("/pool:a", "/pool"));
}

static bool check_json(void *userdata, const struct journal_entry *e)
{
	struct json5_value *root = NULL;
	struct arena arena = ARENA_INIT;
	struct report report;
	struct text json = TEXT_INIT;
	size_t *n = userdata;
	const char *c;

	report_init(&report);
	journal_render_json(e, &json);
	assert_int_equal(json5_read("journal", text_string(&json), json.n,
				    &arena, &root, &report),
			 0);
	assert_non_null(root);
	for (c = text_string(&json); *c; c++)
		assert_false((unsigned char)*c < 0x20);
	/* On a terminal nothing but text. */
	for (c = e->text; *c; c++)
		assert_false(((unsigned char)*c < 0x20 && *c != '\t') ||
			     *c == 0x7f);
	text_fini(&json);
	report_fini(&report);
	arena_fini(&arena);
	++*n;
	return true;
}

static void test_any_bytes_are_json(void **state)
{
	static const char *const texts[] = {
		"",
		"plain",
		"\"quoted\" \\ / \b\f\n\r\t",
		"\033[31mred\033[0m \033]0;title\007",
		"\x80\xff\xc3\x28\xe2\x82 \xf0\x9f\x98\x80",
		"\xc2\x9b\x33\x31m \xe2\x80\xa8 \x7f",
		"%s%n%d",
	};
	struct journal *j = journal_make();
	char bytes[600];
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < N_ELEMENTS(texts); i++)
		journal_write(j, (enum journal_kind)(i % N_JOURNAL_KINDS),
			      texts[i], texts[i], ",\"more\":[1,{}]", "%s",
			      texts[i]);
	for (i = 0; i < sizeof(bytes) - 1; i++)
		bytes[i] = (char)(i * 7 % 255 + 1);
	bytes[i] = 0;
	journal_write(j, JOURNAL_LOG, "/a", bytes, NULL, "%s", bytes);
	journal_each(j, NULL, 0, check_json, &n);
	assert_int_equal(n, N_ELEMENTS(texts) + 1);
	journal_free(j);
}

static bool render_one(void *userdata, const struct journal_entry *e)
{
	journal_render(e, false, userdata);
	return true;
}

static void test_rendering(void **state)
{
	struct journal *j = journal_make();
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)state;
	journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "a line");
	journal_write(j, JOURNAL_EXIT, "/a", "one\ntwo\n", NULL, "ended");
	journal_write(j, JOURNAL_MANAGER, "", NULL, NULL, "about itself");
	journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "\033[2J\rforged");
	journal_each(j, NULL, 0, render_one, &t);
	assert_string_equal(text_string(&t), "/a | a line\n"
					     "exit     /a  ended\n"
					     "         one\n"
					     "         two\n"
					     "manager  about itself\n"
					     "/a | \\x1b[2J\\x0dforged\n");
	journal_free(j);
}

struct listening {
	struct journal_listener listener;
	unsigned n;
	bool leaves;
	char last[64];
};

static void on_entry(struct journal_listener *l, const struct journal_entry *e)
{
	struct listening *listening =
		container_of(l, struct listening, listener);

	listening->n++;
	snprintf(listening->last, sizeof(listening->last), "%s", e->text);
	if (listening->leaves)
		list_unlink(&l->link);
}

static void test_listeners(void **state)
{
	struct journal *j = journal_make();
	struct listening a = { .listener.on_entry = on_entry };
	struct listening b = { .listener.on_entry = on_entry, .leaves = true };
	struct listening c = { .listener.on_entry = on_entry };

	(void)state;
	journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "unheard");
	journal_listen(j, &a.listener);
	journal_listen(j, &b.listener);
	journal_listen(j, &c.listener);
	journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "one");
	journal_write(j, JOURNAL_LOG, "/a", NULL, NULL, "two");
	assert_int_equal(a.n, 2);
	assert_int_equal(b.n, 1);
	assert_int_equal(c.n, 2);
	assert_string_equal(b.last, "one");
	assert_string_equal(c.last, "two");
	list_unlink(&a.listener.link);
	list_unlink(&c.listener.link);
	journal_free(j);
}

static bool is_whole(void *userdata, const struct journal_entry *e)
{
	bool *whole = userdata;

	*whole = !strcmp(e->text, "the\\x07 text") &&
		 !strcmp(e->fields, ",\"a\":1") &&
		 !strcmp(e->detail, "detail") &&
		 !strcmp(e->moniker, "/moniker");
	return true;
}

/* An entry is whole or not there; not being there is the fault. */
static int write_one(void *arg)
{
	struct journal *j = NULL;
	bool whole = false;
	size_t n;
	int r = journal_new(&j);

	(void)arg;
	if (r)
		return r;
	journal_write(j, JOURNAL_LOG, "/moniker", "detail", ",\"a\":1", "%s",
		      "the\a text");
	n = each(j, NULL, 0).n;
	journal_each(j, NULL, 0, is_whole, &whole);
	journal_free(j);
	return n && whole ? 0 : n ? -1000 : -1;
}

static int write_one_checked(void *arg)
{
	int r = write_one(arg);

	assert_int_not_equal(r, -1000);
	return r;
}

static void test_faults(void **state)
{
	(void)state;
	assert_true(fault_sweep(write_one_checked, NULL) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_ring_wraps),
		host_test(test_bytes_are_bounded),
		host_test(test_last_n_of_one),
		host_test(test_below),
		host_test(test_any_bytes_are_json),
		host_test(test_rendering),
		host_test(test_listeners),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
