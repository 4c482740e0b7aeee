/* One table of options; each verb names the letters it takes. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/cmd.h"

struct option {
	char letter; /* in "accepted" */
	char brief; /* -q; 0: none */
	const char *name; /* --quiet */
	bool has_value;
};

static const struct option options[] = {
	{ 'p', 'p', "packages", true },	     { 'j', 0, "json", false },
	{ 'q', 'q', "quiet", false },	     { 'f', 'f', "follow", false },
	{ 'o', 0, "manifest-only", false },  { 'l', 0, "plan", false },
	{ 'v', 'v', "verbose", false },	     { 'm', 'm', "manager", true },
	{ 's', 0, "state", true },	     { 't', 0, "start", true },
	{ 'n', 'n', "lines", true },
};

static int option_set(struct cmd_options *o, const char *verb, char letter,
		      const char *value)
{
	switch (letter) {
	case 'p':
		if (o->n_packages == CMD_PACKAGES_MAX)
			return cmd_usage(verb, "more than %d --packages",
					 CMD_PACKAGES_MAX);
		o->packages[o->n_packages++] = value;
		break;
	case 't':
		if (o->n_starts == CMD_PACKAGES_MAX)
			return cmd_usage(verb, "more than %d --start",
					 CMD_PACKAGES_MAX);
		o->starts[o->n_starts++] = value;
		break;
	case 'j':
		o->json = true;
		break;
	case 'q':
		o->quiet = true;
		break;
	case 'f':
		o->follow = true;
		break;
	case 'o':
		o->manifest_only = true;
		break;
	case 'l':
		o->plan = true;
		break;
	case 'v':
		o->verbose = true;
		break;
	case 'm':
		o->manager = value;
		break;
	case 's':
		o->state = value;
		break;
	case 'n':
		if (!*value || value[strspn(value, "0123456789")])
			return cmd_usage(verb, "--lines needs a number, not "
					 "\"%s\"", value);
		o->lines = value;
		break;
	}
	return -1;
}

static const struct option *option_find(const char *accepted, const char *arg,
					size_t *ret_n)
{
	size_t i, n;

	for (i = 0; i < N_ELEMENTS(options); i++) {
		if (!strchr(accepted, options[i].letter))
			continue;
		n = strlen(options[i].name);
		if (arg[1] == '-' && !strncmp(arg + 2, options[i].name, n) &&
		    (!arg[2 + n] || arg[2 + n] == '=')) {
			*ret_n = 2 + n;
			return &options[i];
		}
		if (arg[1] != '-' && arg[1] == options[i].brief) {
			*ret_n = 2;
			return &options[i];
		}
	}
	return NULL;
}

static int option_unknown(const char *verb, const char *accepted,
			  const char *arg)
{
	const char *names[N_ELEMENTS(options)], *near;
	size_t n = 0, i;

	for (i = 0; i < N_ELEMENTS(options); i++)
		if (strchr(accepted, options[i].letter))
			names[n++] = options[i].name;
	near = !strncmp(arg, "--", 2) ? text_nearest(arg + 2, names, n) : NULL;
	return cmd_usage(verb, "unknown option %s%s%s%s", arg,
			 near ? " (did you mean --" : "", near ? near : "",
			 near ? "?)" : "");
}

/* One option at argv[*at]; moves *at to its last word. */
static int option_read(int argc, char **argv, int *at, const char *accepted,
		       struct cmd_options *ret)
{
	const char *arg = argv[*at], *value = NULL;
	const struct option *o;
	size_t n;

	if (!strcmp(arg, "--help") || !strcmp(arg, "-h"))
		return cmd_help(argv[0]);
	o = option_find(accepted, arg, &n);
	if (!o)
		return option_unknown(argv[0], accepted, arg);
	if (arg[n])
		value = arg + n + (arg[n] == '=');
	if (value && !o->has_value)
		return cmd_usage(argv[0], "%s takes no value", arg);
	if (o->has_value && !value) {
		if (*at + 1 >= argc)
			return cmd_usage(argv[0], "%s needs a value", arg);
		value = argv[++*at];
	}
	return option_set(ret, argv[0], o->letter, value);
}

int cmd_options(int *argc, char **argv, const char *accepted,
		struct cmd_options *ret)
{
	int i, n = 1, r;

	*ret = (struct cmd_options){ 0 };
	for (i = 1; i < *argc; i++) {
		if (!strcmp(argv[i], "--")) {
			for (i++; i < *argc; i++)
				argv[n++] = argv[i];
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1]) {
			argv[n++] = argv[i];
			continue;
		}
		r = option_read(*argc, argv, &i, accepted, ret);
		if (r >= 0)
			return r;
	}
	argv[n] = NULL;
	*argc = n;
	return -1;
}
