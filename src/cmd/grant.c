/* reeve grant: give a component something while it runs. */
#include <string.h>

#include "base/own.h"
#include "cmd/amount.h"
#include "cmd/cmd.h"
#include "cmd/remote.h"
#include "manifest/manifest.h"

static bool on_granted(void *userdata, const char *json,
		       const struct json5_value *v)
{
	const struct cmd_options *options = userdata;
	double id = json_count(v, "grant");
	_cleanup_text_ struct text t = TEXT_INIT;

	if (options->json)
		text_printf(&t, "%s\n", json);
	else if (!options->quiet && id > 0)
		text_printf(&t, "granted #%.0f\n", id);
	else if (!options->quiet)
		text_puts(&t, "given back, as the manifest offers it\n");
	cmd_print(&t);
	return true;
}

/* One line for the manager; a value that has lines itself could say anything.
 */
static int option_put(struct text *t, const char *verb, const char *key,
		      const char *value)
{
	if (!value)
		return -1;
	if (!*value || strchr(value, '\n'))
		return cmd_usage(verb, "--%s needs a value", key);
	text_printf(t, "%s=%s\n", key, value);
	return -1;
}

/* "#web" and "web" are the child; what is of the giver has its two words. */
static int from_put(struct text *t, const char *verb, const char *from)
{
	_cleanup_text_ struct text child = TEXT_INIT;

	if (from && *from && *from != '#' && strcmp(from, "parent") &&
	    strcmp(from, "self")) {
		text_printf(&child, "#%s", from);
		from = text_string(&child);
	}
	return option_put(t, verb, "from", from);
}

/* "r*" and the words of manifests, with commas between them; the star, which a
 * shell may take for its own, can be left out. */
static int rights_put(struct text *t, const char *verb, const char *words)
{
	const char *end, *near = NULL;
	uint32_t rights = 0, bits;
	char word[32];

	if (!words)
		return -1;
	for (;; words = end + 1) {
		end = strchrnul(words, ',');
		if ((size_t)(end - words) >= sizeof(word))
			break;
		memcpy(word, words, (size_t)(end - words));
		word[end - words] = 0;
		bits = rights_word(word, &near);
		if (!bits)
			break;
		rights |= bits;
		if (!*end) {
			text_printf(t, "rights=%u\n", rights);
			return -1;
		}
	}
	return cmd_usage(verb, "\"%.*s\" is no right of a directory%s%s%s",
			 (int)(end - words), words,
			 near ? " (did you mean " : "", near ? near : "",
			 near ? "?)" : " such as r or rw");
}

static int bounds_put(struct text *t, const char *verb,
		      const struct cmd_options *o)
{
	uint64_t ms, uses;

	if (o->duration) {
		if (!amount_read_time(o->duration, &ms))
			return cmd_usage(verb,
					 "--for needs a time such as 10s, "
					 "5m or 1h30m, not \"%s\"",
					 o->duration);
		text_printf(t, "ms=%llu\n", (unsigned long long)ms);
	}
	if (o->uses) {
		if (!amount_read_count(o->uses, &uses) || !uses)
			return cmd_usage(verb, "--uses needs at least 1");
		text_printf(t, "uses=%llu\n", (unsigned long long)uses);
	}
	return -1;
}

/* The options as the manager reads them. -1, or an exit status. */
static int grant_options(struct text *t, const char *verb,
			 const struct cmd_options *o)
{
	int r = -1;

	if (o->directory && o->storage)
		return cmd_usage(verb, "it is either a --directory or a "
				       "--storage");
	if (o->storage)
		text_puts(t, "type=storage\n");
	else if (o->directory || o->rights || o->subdir)
		text_puts(t, "type=directory\n");
	if (o->no_transfer)
		text_puts(t, "no-transfer\n");
	if (o->restart)
		text_puts(t, "restart\n");
	r = r < 0 ? from_put(t, verb, o->from) : r;
	r = r < 0 ? option_put(t, verb, "as", o->as) : r;
	r = r < 0 ? option_put(t, verb, "path", o->path) : r;
	r = r < 0 ? option_put(t, verb, "subdir", o->subdir) : r;
	r = r < 0 ? rights_put(t, verb, o->rights) : r;
	return r < 0 ? bounds_put(t, verb, o) : r;
}

int cmd_grant(int argc, char **argv)
{
	_cleanup_text_ struct text lines = TEXT_INIT;
	_cleanup_text_ struct text error = TEXT_INIT;
	struct cmd_options options;
	const char *arguments[3];
	struct remote_request request = { .verb = argv[0],
					  .arguments = arguments,
					  .n_arguments = 3,
					  .on_data = on_granted,
					  .userdata = &options };
	int r = cmd_options(&argc, argv, "mjqFAPRSTUDGNr", &options);

	if (r >= 0)
		return r;
	if (argc != 3)
		return cmd_usage(argv[0], "name a component and the capability "
					  "it is to have");
	r = grant_options(&lines, argv[0], &options);
	if (r >= 0)
		return r;
	arguments[0] = argv[1];
	/* As in manifests: a service is known by its path as well. */
	arguments[1] = strncmp(argv[2], "/svc/", 5) ? argv[2] : argv[2] + 5;
	arguments[2] = text_string(&lines);
	r = remote_request(&options, &request, &error);
	/* The giver's input is where the manager looks by itself. */
	if (error.n)
		cmd_fail("%s%s", text_string(&error),
			 r == EXIT_NOT && !options.from &&
					 strstr(text_string(&error),
						"-not-found]")
				 ? "; if a child of the giver has it, say "
				   "--from '#CHILD'"
				 : "");
	return r;
}
