/* Files in memory, and what a manifest made of them comes to. */
#include "shards_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/own.h"
#include "manifest/write.h"
#include "manifest_test.h"

static unsigned reads;

static int on_read(void *userdata, const char *from, const char *path,
		   char **ret_file, char **ret_bytes, size_t *ret_n,
		   const char **ret_why)
{
	_cleanup_free_ char *file = NULL, *bytes = NULL;
	const struct shard *files = userdata;
	size_t n;

	(void)from;
	reads++;
	path += strspn(path, "/");
	for (; files->name && strcmp(files->name, path) != 0; files++)
		;
	if (!files->name) {
		*ret_why = "does not exist";
		return MANIFEST_INVALID;
	}
	/* A block of the exact size, so that a step too far is seen. */
	n = strlen(files->text);
	file = strdup(files->name);
	bytes = malloc(n ? n : 1);
	if (!file || !bytes)
		return -ENOMEM;
	memcpy(bytes, files->text, n);
	*ret_file = TAKE(file);
	*ret_bytes = TAKE(bytes);
	*ret_n = n;
	return 0;
}

int shards_load(const struct shard *files, struct manifest **ret,
		struct report *report)
{
	const struct manifest_includes includes = { on_read, (void *)files };

	reads = 0;
	return manifest_load_with(files->name, files->text, strlen(files->text),
				  &includes, ret, report);
}

unsigned shards_reads(void)
{
	return reads;
}

static void report_print(const struct report *report)
{
	struct text t = TEXT_INIT;

	report_render(report, &t);
	fprintf(stderr, "--- reported\n%s", text_string(&t));
	text_fini(&t);
}

void shards_compile(const struct shard *files, struct text *ret)
{
	const struct manifest_includes includes = { on_read, (void *)files };
	struct report report;
	int r;

	report_init(&report);
	r = manifest_compile(files->name, files->text, strlen(files->text),
			     &includes, &report, ret);
	if (r)
		report_print(&report);
	assert_int_equal(r, 0);
	report_fini(&report);
}

static void outcome_write(struct text *t, const char *file, const char *rule,
			  struct place place)
{
	text_printf(t, "%s %s %u:%u\n", file, rule, place.line, place.column);
}

/* The diagnostics of one file after the other, as @files come. */
static void outcomes_write(const struct shard *files, struct report *report,
			   struct text *t)
{
	const struct diagnostic *d;

	report_sort(report);
	for (; files->name; files++)
		for (d = report->first; d; d = d->next)
			if (!strcmp(d->file, files->name))
				outcome_write(t, d->file, d->rule, d->place);
}

void shards_expect(const struct shard *files, const char *rules)
{
	struct text expected = TEXT_INIT, found = TEXT_INIT;
	struct shard plain[SHARDS_MAX + 1] = { 0 };
	char *copy = strdup(rules), *word, *rest;
	struct place places[MARKS_MAX];
	struct manifest *m = NULL;
	size_t i, k, n, n_marks;
	struct report report;
	int r;

	assert_non_null(copy);
	word = strtok_r(copy, " ", &rest);
	for (i = 0; files[i].name; i++) {
		assert_true(i < SHARDS_MAX);
		plain[i].name = files[i].name;
		plain[i].text = marks_take(files[i].text, &n, places, &n_marks);
		/* The bytes are no string. */
		plain[i].text = realloc((char *)plain[i].text, n + 1);
		assert_non_null(plain[i].text);
		((char *)plain[i].text)[n] = 0;
		for (k = 0; k < n_marks; k++) {
			assert_non_null(word);
			outcome_write(&expected, files[i].name, word,
				      places[k]);
			word = strtok_r(NULL, " ", &rest);
		}
	}
	assert_null(word);
	report_init(&report);
	r = shards_load(plain, &m, &report);
	outcomes_write(plain, &report, &found);
	if (strcmp(text_string(&expected), text_string(&found)) != 0) {
		fprintf(stderr, "--- %s\n--- expected\n%s", files->text,
			text_string(&expected));
		report_print(&report);
		fail();
	}
	assert_int_equal(r, report.n_errors ? MANIFEST_INVALID : 0);
	assert_true((m != NULL) == (r == 0));
	manifest_free(m);
	report_fini(&report);
	for (i = 0; plain[i].name; i++)
		free((char *)plain[i].text);
	text_fini(&expected);
	text_fini(&found);
	free(copy);
}

void shards_expect_same(const struct shard *files, const char *text)
{
	const struct shard whole[] = { { "whole.cml", text }, { NULL, NULL } };
	struct text found = TEXT_INIT, expected = TEXT_INIT;

	shards_compile(files, &found);
	shards_compile(whole, &expected);
	assert_string_equal(text_string(&found), text_string(&expected));
	text_fini(&found);
	text_fini(&expected);
}
