/*
 * Our reader for test_json5_peers.py: documents on standard input, each with its
 * length in four bytes in front, and a line for each on standard output: what it
 * says in a form that all readers can write, or "! RULE".
 *
 * The form: n, t, f; # and the sixteen hexadecimal digits of a double; " and the
 * hexadecimal digits of UTF-8; [a,b]; {key:value,...} by the bytes of the keys.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/json5.h"

static void put_hex(const char *bytes, size_t n)
{
	while (n--)
		printf("%02x", (unsigned char)*bytes++);
}

static void put_number(double number)
{
	uint64_t bits;

	/* There are many, and they are one. */
	if (number != number) {
		fputs("#nan", stdout);
		return;
	}
	memcpy(&bits, &number, sizeof(bits));
	printf("#%016" PRIx64, bits);
}

static int member_compare(const void *a, const void *b)
{
	const struct json5_value *x = *(const struct json5_value *const *)a;
	const struct json5_value *y = *(const struct json5_value *const *)b;
	size_t n = x->n_key < y->n_key ? x->n_key : y->n_key;
	int c = memcmp(x->key, y->key, n);

	return c ? c : (x->n_key > y->n_key) - (x->n_key < y->n_key);
}

static void put(const struct json5_value *v);

static void put_members(const struct json5_value *v)
{
	const struct json5_value **members =
		calloc(v->list.n + 1, sizeof(*members));
	size_t n = 0, i;

	if (!members)
		abort();
	json5_for_each(m, v) members[n++] = m;
	qsort(members, n, sizeof(*members), member_compare);
	for (i = 0; i < n; i++) {
		fputs(i ? "," : "", stdout);
		put_hex(members[i]->key, members[i]->n_key);
		putchar(':');
		put(members[i]);
	}
	free(members);
}

static void put(const struct json5_value *v)
{
	const char *between = "";

	switch (v->type) {
	case JSON5_NUMBER:
		put_number(v->number);
		break;
	case JSON5_STRING:
		putchar('"');
		put_hex(v->string.bytes, v->string.n);
		break;
	case JSON5_ARRAY:
		putchar('[');
		json5_for_each(element, v)
		{
			fputs(between, stdout);
			between = ",";
			put(element);
		}
		putchar(']');
		break;
	case JSON5_OBJECT:
		putchar('{');
		put_members(v);
		putchar('}');
		break;
	default:
		putchar(v->type == JSON5_NULL ? 'n' : v->truth ? 't' : 'f');
	}
}

static void read_one(const char *bytes, size_t n)
{
	struct json5_value *root = NULL;
	struct arena arena = ARENA_INIT;
	struct report report;

	report_init(&report);
	if (json5_read("x", bytes, n, &arena, &root, &report) || !root)
		printf("! %s", report.first ? report.first->rule : "fault");
	else
		put(root);
	putchar('\n');
	report_fini(&report);
	arena_fini(&arena);
}

int main(void)
{
	static char bytes[JSON5_SIZE_MAX];
	uint32_t n;

	while (fread(&n, sizeof(n), 1, stdin) == 1) {
		if (n > sizeof(bytes) || fread(bytes, 1, n, stdin) != n)
			return 1;
		read_one(bytes, n);
	}
	return 0;
}
