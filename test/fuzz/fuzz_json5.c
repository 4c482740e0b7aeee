/*
 * Whatever is read can be written, read again and written again, and says the
 * same; whatever is refused is refused with a reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json5_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read @n bytes and write what was read; the verdict. */
static int pass(const char *bytes, size_t n, struct text *t)
{
	struct json5_value *root = NULL;
	struct arena arena = ARENA_INIT;
	struct report report;
	int r;

	report_init(&report);
	r = json5_read("fuzz", bytes, n, &arena, &root, &report);
	if (r < 0 || (r == 0) != (report.n_errors == 0) ||
	    (r == JSON5_INVALID) != !root)
		abort();
	if (root)
		json5_write(root, t);
	arena_fini(&arena);
	report_fini(&report);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text first = TEXT_INIT, second = TEXT_INIT;
	int r = pass((const char *)data, size, &first);

	/* Written out, a text can be larger than what is read. */
	if (r != JSON5_INVALID && first.n <= JSON5_SIZE_MAX) {
		if (pass(first.bytes, first.n, &second))
			abort();
		if (first.n != second.n ||
		    memcmp(first.bytes, second.bytes, first.n) != 0)
			abort();
	}
	text_fini(&first);
	text_fini(&second);
	return 0;
}
