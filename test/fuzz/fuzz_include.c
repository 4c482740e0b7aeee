/*
 * Whatever files include each other: they are merged or refused in time, and
 * what is merged and compiled is the same manifest in one file.
 *
 * The bytes are files, one behind the other with a zero between; they are
 * called "a", "b" and so on, and the first is the manifest.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dump_test.h"
#include "manifest/write.h"

enum { FILES_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct files {
	const char *bytes[FILES_MAX];
	size_t sizes[FILES_MAX];
	size_t n;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void files_split(struct files *f, const char *bytes, size_t n)
{
	const char *end;
	size_t k;

	for (f->n = 0; f->n < FILES_MAX; f->n++) {
		end = memchr(bytes, 0, n);
		k = end ? (size_t)(end - bytes) : n;
		f->bytes[f->n] = bytes;
		f->sizes[f->n] = k;
		if (!end) {
			f->n++;
			return;
		}
		bytes += k + 1;
		n -= k + 1;
	}
}

static int on_read(void *userdata, const char *from, const char *path,
		   char **ret_file, char **ret_bytes, size_t *ret_n,
		   const char **ret_why)
{
	const struct files *f = userdata;
	size_t i = (size_t)(*path - 'a');

	require(strlen(from) == 1);
	if (!*path || path[1] || i >= f->n) {
		*ret_why = "does not exist";
		return MANIFEST_INVALID;
	}
	/* A block of the exact size, so that a step too far is seen. */
	*ret_bytes = malloc(f->sizes[i] ? f->sizes[i] : 1);
	*ret_file = strdup(path);
	require(*ret_bytes && *ret_file);
	memcpy(*ret_bytes, f->bytes[i], f->sizes[i]);
	*ret_n = f->sizes[i];
	return 0;
}

/* The manifest as text; whether it is valid. */
static bool dump(const struct files *f, struct text *t)
{
	const struct manifest_includes includes = { on_read, (void *)f };
	struct manifest *m = NULL;
	const struct diagnostic *d;
	struct report report;
	bool is_valid;
	int r;

	report_init(&report);
	r = manifest_load_with("a", f->bytes[0], f->sizes[0], &includes, &m,
			       &report);
	require(r >= 0 && (r == 0) == (report.n_errors == 0) &&
		(r == 0) == (m != NULL));
	for (d = report.first; d; d = d->next)
		require(strlen(d->file) == 1 && *d->file >= 'a');
	is_valid = r == 0;
	if (m) {
		require(m->n_files >= 1 && m->n_files <= FILES_MAX);
		manifest_dump(m, t);
	}
	manifest_free(m);
	report_fini(&report);
	return is_valid;
}

static bool compile(const struct files *f, struct text *t)
{
	const struct manifest_includes includes = { on_read, (void *)f };
	struct report report;
	int r;

	report_init(&report);
	r = manifest_compile("a", f->bytes[0], f->sizes[0], &includes, &report,
			     t);
	require(r >= 0);
	report_fini(&report);
	return r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text once = TEXT_INIT, twice = TEXT_INIT;
	struct text before = TEXT_INIT, after = TEXT_INIT;
	struct files f, compiled;

	files_split(&f, (const char *)data, size);
	if (dump(&f, &before)) {
		require(compile(&f, &once));
		compiled = (struct files){ .bytes = { once.bytes },
					   .sizes = { once.n },
					   .n = 1 };
		require(compile(&compiled, &twice));
		require(!strcmp(text_string(&once), text_string(&twice)));
		require(dump(&compiled, &after));
		require(!strcmp(text_string(&before), text_string(&after)));
	} else {
		require(!compile(&f, &once) && !once.n);
	}
	text_fini(&once);
	text_fini(&twice);
	text_fini(&before);
	text_fini(&after);
	return 0;
}
