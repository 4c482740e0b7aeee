/* Prints fields of its configuration: each argument is "TYPE FIELD". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reeve/config.h>

static int print_bool(const char *key)
{
	bool b;
	int r = reeve_config_bool(key, &b);

	if (!r)
		printf("%s: %s\n", key, b ? "true" : "false");
	return r;
}

static int print_int64(const char *key)
{
	int64_t n;
	int r = reeve_config_int64(key, &n);

	if (!r)
		printf("%s: %" PRId64 "\n", key, n);
	return r;
}

static int print_uint64(const char *key)
{
	uint64_t n;
	int r = reeve_config_uint64(key, &n);

	if (!r)
		printf("%s: %" PRIu64 "\n", key, n);
	return r;
}

static int print_text(const char *key, int (*get)(const char *, char **))
{
	char *s;
	int r = get(key, &s);

	if (r)
		return r;
	printf("%s: %s\n", key, s);
	free(s);
	return 0;
}

static int print(const char *type, const char *key)
{
	if (!strcmp(type, "bool"))
		return print_bool(key);
	if (!strcmp(type, "int64"))
		return print_int64(key);
	if (!strcmp(type, "uint64"))
		return print_uint64(key);
	return print_text(key, !strcmp(type, "string") ? reeve_config_string
						       : reeve_config_json);
}

int main(int argc, char **argv)
{
	char type[16], key[65];
	int i, r;

	for (i = 1; i < argc; i++) {
		if (sscanf(argv[i], "%15s %64s", type, key) != 2)
			return 2;
		r = print(type, key);
		if (r)
			printf("%s: %s\n", key, strerror(-r));
	}
	return 0;
}
