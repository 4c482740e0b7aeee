/* Texts with marks, and walks over the data directories. */
#include "manifest_test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/own.h"
#include "manifest/write.h"

char *marks_take(const char *marked, size_t *ret_n, struct place *ret,
		 size_t *ret_n_marks)
{
	char *bytes = malloc(strlen(marked) + 1);
	struct place p = place_at(1, 1);
	size_t n = 0, k = 0;

	assert_non_null(bytes);
	for (; *marked; marked++) {
		if (*marked == '`') {
			assert_true(k < MARKS_MAX);
			ret[k++] = p;
			continue;
		}
		bytes[n++] = *marked;
		/* The bytes of a character behind its first are no column. */
		if (*marked == '\n')
			p = place_at(p.line + 1, 1);
		else if (((unsigned char)*marked & 0xc0) != 0x80)
			p.column++;
	}
	*ret_n = n;
	*ret_n_marks = k;
	return bytes;
}

static void report_fail(const struct report *r, const char *text,
			const char *expected)
{
	struct text t = TEXT_INIT;

	report_render(r, &t);
	fprintf(stderr, "--- text\n%s\n--- expected\n%s\n--- reported\n%s",
		text, expected, text_string(&t));
	text_fini(&t);
	fail();
}

/* One line per diagnostic: what the test compares. */
static void outcome_write(struct text *t, bool is_warning, const char *rule,
			  struct place place)
{
	text_printf(t, "%s%s %u:%u\n", is_warning ? "?" : "", rule, place.line,
		    place.column);
}

struct manifest *manifest_expect(const char *marked, const char *rules)
{
	struct text expected = TEXT_INIT, found = TEXT_INIT;
	struct place places[MARKS_MAX];
	const struct diagnostic *d;
	struct manifest *m = NULL;
	size_t n, n_marks, k = 0;
	struct report report;
	char *bytes, *word, *rest, *copy = strdup(rules);
	int r;

	assert_non_null(copy);
	bytes = marks_take(marked, &n, places, &n_marks);
	for (word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		assert_true(k < n_marks);
		outcome_write(&expected, false, word, places[k++]);
	}
	if (k != n_marks)
		fail_msg("%zu rules for %zu marks: %s", k, n_marks, marked);

	report_init(&report);
	r = manifest_load("test.cml", bytes, n, &m, &report);
	report_sort(&report);
	for (d = report.first; d; d = d->next)
		outcome_write(&found, d->severity == SEVERITY_WARNING, d->rule,
			      d->place);
	if (strcmp(text_string(&expected), text_string(&found)) != 0)
		report_fail(&report, marked, text_string(&expected));
	assert_int_equal(r, report.n_errors ? MANIFEST_INVALID : 0);
	assert_true((m != NULL) == (r == 0));
	report_fini(&report);
	text_fini(&expected);
	text_fini(&found);
	free(bytes);
	free(copy);
	return m;
}

void manifest_expect_all(const struct manifest_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		print_message("  %s\n", cases[i].name);
		manifest_free(manifest_expect(cases[i].marked, cases[i].rules));
	}
}

char *data_read(const char *name, size_t *ret_n)
{
	char path[512], *bytes;
	FILE *f;
	long n;

	snprintf(path, sizeof(path), "%s/%s", TEST_DATA, name);
	f = fopen(path, "re");
	if (!f)
		fail_msg("cannot open %s", path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	assert_true(n >= 0);
	rewind(f);
	/* Readers get @n bytes; the zero is for those of the first line. */
	bytes = malloc((size_t)n + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)n, f), n);
	bytes[n] = 0;
	fclose(f);
	*ret_n = (size_t)n;
	return bytes;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), n_end = strlen(end);

	return n >= n_end && strcmp(s + n - n_end, end) == 0;
}

size_t data_each(const char *directory, const char *end,
		 void (*fn)(const char *name, void *arg), void *arg)
{
	struct dirent *entry;
	char path[512];
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", TEST_DATA, directory);
	dir = opendir(path);
	if (!dir)
		fail_msg("cannot open %s", path);
	while ((entry = readdir(dir))) {
		if (!ends_with(entry->d_name, end))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		fn(path, arg);
		n++;
	}
	closedir(dir);
	return n;
}

void report_expect_line(const struct report *r, const char *name,
			const char *bytes)
{
	const struct diagnostic *d = r->first;
	unsigned line, column;
	char rule[64];

	if (sscanf(bytes, "// expect: %63s %u:%u", rule, &line, &column) != 3)
		fail_msg("%s: its first line does not say what to expect",
			 name);
	if (!d || d->next || strcmp(d->rule, rule) != 0 ||
	    d->place.line != line || d->place.column != column ||
	    d->severity != SEVERITY_ERROR)
		report_fail(r, name, bytes);
}

const struct decl *decl_find(const struct manifest *m, enum decl_kind kind,
			     const char *name)
{
	const struct decl *found = NULL;
	size_t i;

	for (i = 0; i < m->n_decls[kind]; i++) {
		if (strcmp(m->decls[kind][i].name, name) != 0)
			continue;
		assert_null(found);
		found = &m->decls[kind][i];
	}
	if (!found)
		fail_msg("no %s named %s", decl_kind_name(kind), name);
	return found;
}

/* Shards lie beside the file, or in TEST_DATA/shards. */
static int on_include(void *userdata, const char *from, const char *path,
		      char **ret_file, char **ret_bytes, size_t *ret_n,
		      const char **ret_why)
{
	_cleanup_free_ char *directory = strdup(from);
	char name[512], whole[1024];
	char *slash;

	(void)userdata;
	assert_non_null(directory);
	slash = strrchr(directory, '/');
	if (slash)
		*slash = 0;
	snprintf(name, sizeof(name), "%s/%s", directory, path);
	snprintf(whole, sizeof(whole), "%s/%s", TEST_DATA, name);
	if (access(whole, R_OK) < 0) {
		snprintf(name, sizeof(name), "shards/%s", path);
		snprintf(whole, sizeof(whole), "%s/%s", TEST_DATA, name);
	}
	if (access(whole, R_OK) < 0) {
		*ret_why = "does not exist";
		return MANIFEST_INVALID;
	}
	*ret_bytes = data_read(name, ret_n);
	*ret_file = strdup(name);
	assert_non_null(*ret_file);
	return 0;
}

static const struct manifest_includes data_includes = { .read = on_include };

int data_load(const char *name, const char *bytes, size_t n,
	      struct manifest **ret, struct report *report)
{
	return manifest_load_with(name, bytes, n, &data_includes, ret, report);
}

int data_compile(const char *name, const char *bytes, size_t n,
		 struct report *report, struct text *ret)
{
	return manifest_compile(name, bytes, n, &data_includes, report, ret);
}
