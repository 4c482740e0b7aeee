/* One table of options; each verb names the letters it takes. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/cmd.h"

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_NUMBER, /* as text, but of digits */
	OPTION_LIST,   /* may be given again */
};

struct option {
	char letter;	  /* in "accepted" */
	char brief;	  /* -q; 0: none */
	const char *name; /* --quiet */
	enum option_kind kind;
	size_t at;   /* in struct cmd_options */
	size_t n_at; /* of a list: its length */
};

#define AT(field) offsetof(struct cmd_options, field)

static const struct option options[] = {
	{ 'p', 'p', "packages", OPTION_LIST, AT(packages), AT(n_packages) },
	{ 'I', 'I', "include", OPTION_LIST, AT(includes), AT(n_includes) },
	{ 'Y', 0, "must-use", OPTION_LIST, AT(must_use), AT(n_must_use) },
	{ 'Z', 0, "must-offer", OPTION_LIST, AT(must_offer), AT(n_must_offer) },
	{ 't', 0, "start", OPTION_LIST, AT(starts), AT(n_starts) },
	{ 'm', 'm', "manager", OPTION_TEXT, AT(manager), 0 },
	{ 's', 0, "state", OPTION_TEXT, AT(state), 0 },
	{ 'i', 'f', "file", OPTION_TEXT, AT(file), 0 },
	{ 'y', 's', "sort", OPTION_TEXT, AT(sort), 0 },
	{ 'F', 0, "from", OPTION_TEXT, AT(from), 0 },
	{ 'O', 0, "to", OPTION_TEXT, AT(to), 0 },
	{ 'C', 0, "of", OPTION_TEXT, AT(of), 0 },
	{ 'V', 0, "provider", OPTION_TEXT, AT(provider), 0 },
	{ 'M', 0, "none", OPTION_FLAG, AT(none), 0 },
	{ 'B', 0, "fail-on-growth", OPTION_FLAG, AT(fail_on_growth), 0 },
	{ 'A', 0, "as", OPTION_TEXT, AT(as), 0 },
	{ 'P', 0, "path", OPTION_TEXT, AT(path), 0 },
	{ 'R', 0, "rights", OPTION_TEXT, AT(rights), 0 },
	{ 'S', 0, "subdir", OPTION_TEXT, AT(subdir), 0 },
	{ 'T', 0, "for", OPTION_TEXT, AT(duration), 0 },
	{ 'W', 0, "format", OPTION_TEXT, AT(format), 0 },
	{ 'Q', 0, "output", OPTION_TEXT, AT(output), 0 },
	{ 'K', 0, "moniker", OPTION_TEXT, AT(moniker), 0 },
	{ 'J', 0, "capability", OPTION_TEXT, AT(capability), 0 },
	{ 'U', 0, "uses", OPTION_NUMBER, AT(uses), 0 },
	{ 'g', 0, "grant", OPTION_NUMBER, AT(grant), 0 },
	{ 'c', 0, "connection", OPTION_NUMBER, AT(connection), 0 },
	{ 'n', 'n', "lines", OPTION_NUMBER, AT(lines), 0 },
	{ 'k', 'n', "rounds", OPTION_NUMBER, AT(rounds), 0 },
	{ 'j', 0, "json", OPTION_FLAG, AT(json), 0 },
	{ 'q', 'q', "quiet", OPTION_FLAG, AT(quiet), 0 },
	{ 'f', 'f', "follow", OPTION_FLAG, AT(follow), 0 },
	{ 'o', 0, "manifest-only", OPTION_FLAG, AT(manifest_only), 0 },
	{ 'l', 0, "plan", OPTION_FLAG, AT(plan), 0 },
	{ 'v', 'v', "verbose", OPTION_FLAG, AT(verbose), 0 },
	{ 'a', 'a', "all", OPTION_FLAG, AT(all), 0 },
	{ 'u', 0, "audit", OPTION_FLAG, AT(audit), 0 },
	{ 'r', 0, "restart", OPTION_FLAG, AT(restart), 0 },
	{ 'D', 0, "directory", OPTION_FLAG, AT(directory), 0 },
	{ 'G', 0, "storage", OPTION_FLAG, AT(storage), 0 },
	{ 'N', 0, "no-transfer", OPTION_FLAG, AT(no_transfer), 0 },
	{ 'z', 0, "processes", OPTION_FLAG, AT(processes), 0 },
	{ 'e', 0, "fix", OPTION_FLAG, AT(fix), 0 },
	{ 'X', 0, "apply", OPTION_FLAG, AT(apply), 0 },
	{ 'x', 0, "start", OPTION_FLAG, AT(starts_first), 0 },
	{ 'b', 0, "bring", OPTION_TEXT, AT(bring), 0 },
	{ 'E', 0, "exposed", OPTION_FLAG, AT(exposed), 0 },
	{ 'H', 0, "hex", OPTION_TEXT, AT(hex), 0 },
	{ 'L', 0, "text", OPTION_TEXT, AT(text), 0 },
	{ 'w', 0, "timeout", OPTION_TEXT, AT(timeout), 0 },
};

static int option_add(struct cmd_options *to, const char *verb,
		      const struct option *o, const char *value)
{
	const char **list = (const char **)((char *)to + o->at);
	size_t *n = (size_t *)((char *)to + o->n_at);

	if (*n == CMD_PACKAGES_MAX)
		return cmd_usage(verb, "more than %d --%s", CMD_PACKAGES_MAX,
				 o->name);
	list[(*n)++] = value;
	return -1;
}

static int option_set(struct cmd_options *to, const char *verb,
		      const struct option *o, const char *value)
{
	void *field = (char *)to + o->at;

	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		break;
	case OPTION_LIST:
		return option_add(to, verb, o, value);
	case OPTION_NUMBER:
		if (!*value || value[strspn(value, "0123456789")])
			return cmd_usage(verb,
					 "--%s needs a number, not "
					 "\"%s\"",
					 o->name, value);
		*(const char **)field = value;
		break;
	case OPTION_TEXT:
		*(const char **)field = value;
		break;
	}
	return -1;
}

/* Whoever looks for packages may look for what their manifests include. */
static bool is_accepted(const char *accepted, const struct option *o)
{
	return strchr(accepted, o->letter) ||
	       (o->letter == 'I' && strchr(accepted, 'p'));
}

static const struct option *option_find(const char *accepted, const char *arg,
					size_t *ret_n)
{
	size_t i, n;

	for (i = 0; i < N_ELEMENTS(options); i++) {
		if (!is_accepted(accepted, &options[i]))
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
		if (is_accepted(accepted, &options[i]))
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
	if (value && o->kind == OPTION_FLAG)
		return cmd_usage(argv[0], "%s takes no value", arg);
	if (o->kind != OPTION_FLAG && !value) {
		if (*at + 1 >= argc)
			return cmd_usage(argv[0], "%s needs a value", arg);
		value = argv[++*at];
	}
	return option_set(ret, argv[0], o, value);
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
