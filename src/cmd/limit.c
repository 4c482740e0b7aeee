/* reeve limit: other limits for a component of a running manager. */
#include <string.h>

#include "base/own.h"
#include "cmd/act.h"
#include "cmd/amount.h"
#include "cmd/cmd.h"

struct limit {
	const char *name;
	bool (*read)(const char *s, uint64_t *ret);
	const char *example;
};

static const struct limit limits[] = {
	{ "memory_min", amount_read_size, "16M" },
	{ "memory_max", amount_read_size, "64M" },
	{ "cpu_share", amount_read_count, "200" },
	{ "cpu_max", amount_read_percent, "50%" },
	{ "tasks_max", amount_read_count, "100" },
	{ "opens", amount_read_count, "128" },
	{ "connections", amount_read_count, "4096" },
	{ "channels", amount_read_count, "64" },
	{ "children", amount_read_count, "1024" },
	{ "requests_per_second", amount_read_count, "5000" },
};

static int limit_unknown(const char *verb, const char *name)
{
	const char *names[N_ELEMENTS(limits)], *near;
	size_t i;

	for (i = 0; i < N_ELEMENTS(limits); i++)
		names[i] = limits[i].name;
	near = text_nearest(name, names, N_ELEMENTS(limits));
	return cmd_usage(verb, "there is no limit \"%s\"%s%s%s", name,
			 near ? " (did you mean " : "", near ? near : "",
			 near ? "?)" : "");
}

/* "KEY=VALUE" as the manager reads it, on a line. -1, or an exit status. */
static int limit_add(const char *verb, char *word, struct text *to)
{
	char *equals = strchr(word, '=');
	const struct limit *l = limits;
	uint64_t value = 0;

	if (!equals)
		return cmd_usage(verb, "\"%s\" is no KEY=VALUE", word);
	*equals = 0;
	/* As show and manifests have it: "memory.max". */
	if (strchr(word, '.'))
		*strchr(word, '.') = '_';
	while (l < limits + N_ELEMENTS(limits) && strcmp(l->name, word))
		l++;
	if (l == limits + N_ELEMENTS(limits))
		return limit_unknown(verb, word);
	/* None is what the manager takes 0 for; a 0 is a slip. */
	if (strcmp(equals + 1, "none") &&
	    (!l->read(equals + 1, &value) || !value))
		return cmd_usage(verb,
				 "%s needs a number such as %s, or none, "
				 "not \"%s\"",
				 l->name, l->example, equals + 1);
	text_printf(to, "%s=%llu\n", l->name, (unsigned long long)value);
	return -1;
}

int cmd_limit(int argc, char **argv)
{
	_cleanup_text_ struct text lines = TEXT_INIT;
	struct cmd_options options;
	const char *arguments[2];
	int r = cmd_options(&argc, argv, "mj", &options), i;

	if (r >= 0)
		return r;
	if (argc < 3)
		return cmd_usage(argv[0], "name a component and at least one "
					  "KEY=VALUE");
	for (i = 2; i < argc; i++) {
		r = limit_add(argv[0], argv[i], &lines);
		if (r >= 0)
			return r;
	}
	arguments[0] = argv[1];
	arguments[1] = text_string(&lines);
	return act_request(&options, argv[0], arguments, 2);
}
