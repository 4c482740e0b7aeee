/* reeve log: what happened, and what was printed, from a running manager. */
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "cmd/remote.h"
#include "host/journal.h"

/* When it was, for an audit. */
static void put_time(struct text *t, double seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;
	char s[32];

	if (!localtime_r(&when, &tm))
		return;
	strftime(s, sizeof(s), "%F %T", &tm);
	text_printf(t, "%s.%03d ", s, (int)((seconds - (double)when) * 1000));
}

static bool on_line(void *userdata, const char *json,
		    const struct json5_value *v)
{
	const struct cmd_options *options = userdata;
	_cleanup_text_ struct text t = TEXT_INIT;
	struct journal_entry e = { .moniker = json_text(v, "moniker"),
				   .text = json_text(v, "text"),
				   .detail = json_text(v, "detail") };
	int kind;

	if (options->json)
		return remote_print_json(NULL, json, v);
	for (kind = 0; kind < N_JOURNAL_KINDS; kind++)
		if (!strcmp(journal_kind_name((enum journal_kind)kind),
			    json_text(v, "event")))
			e.kind = (enum journal_kind)kind;
	if (options->audit)
		put_time(&t, json_count(v, "time"));
	journal_render(&e, cmd_has_colour(1), &t);
	cmd_print(&t);
	return true;
}

int cmd_log(int argc, char **argv)
{
	struct cmd_options options;
	const char *arguments[4] = { "", "", "", "" };
	int r = cmd_options(&argc, argv, "mjfnu", &options);

	if (r >= 0)
		return r;
	if (argc > 2)
		return cmd_usage(argv[0], "name at most one component");
	if (argc == 2 && !*argv[1]) {
		cmd_fail("there is no component \"\" in this tree; see reeve "
			 "list");
		return EXIT_UNKNOWN;
	}
	if (argc == 2)
		arguments[0] = argv[1];
	if (options.lines)
		arguments[1] = options.lines;
	if (options.follow)
		arguments[2] = "follow";
	if (options.audit)
		arguments[3] = "audit";
	return remote_ask(&options, "log", arguments, 4, on_line, &options);
}
