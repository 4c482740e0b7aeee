/* reeve show: everything about one component of a running manager. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/remote.h"

static void put_value(struct text *t, const char *key,
		      const struct json5_value *v)
{
	const char *s;

	s = json5_string(v);
	if (v->type == JSON5_NULL || (s && !*s))
		return;
	text_printf(t, "%-18s ", key);
	if (v->type == JSON5_STRING && s)
		text_puts(t, s);
	else if (v->type == JSON5_NUMBER)
		text_printf(t, "%.0f", v->number);
	else if (v->type == JSON5_BOOL)
		text_puts(t, v->truth ? "yes" : "no");
	text_puts(t, "\n");
}

/* A declaration says itself in words; a connection, an exit, an account. */
static void put_item(struct text *t, const struct json5_value *v)
{
	const struct json5_value *held = json5_get(v, "held");
	double signal;

	if (json5_get(v, "text")) {
		text_printf(t, "    %s", json_text(v, "text"));
		/* A capability's own words name its path already. */
		if (*json_text(v, "path") &&
		    !strstr(json_text(v, "text"), " at "))
			text_printf(t, " at %s", json_text(v, "path"));
	} else if (json5_get(v, "provider")) {
		text_printf(t, "    %.0f %s -> %s",
			    json5_number(json5_get(v, "id"), 0),
			    json_text(v, "capability"), json_text(v, "provider"));
	} else if (held) {
		text_printf(t, "    %s: %.0f of %.0f", v->key,
			    json5_number(held, 0),
			    json5_number(json5_get(v, "limit"), 0));
	} else {
		signal = json5_number(json5_get(v, "signal"), 0);
		text_printf(t, signal ? "    by signal %.0f" :
					"    with status %.0f",
			    signal ? signal :
				     json5_number(json5_get(v, "code"), 0));
	}
	text_puts(t, "\n");
}

static void put_plan(struct text *t, const struct json5_value *v)
{
	const char *plan = json5_string(v), *end;

	text_puts(t, "plan\n");
	for (; plan && *plan; plan = *end ? end + 1 : end) {
		end = strchrnul(plan, '\n');
		text_printf(t, "    %.*s\n", (int)(end - plan), plan);
	}
}

static bool on_show(void *userdata, const char *json,
		    const struct json5_value *value)
{
	const struct cmd_options *options = userdata;
	_cleanup_text_ struct text t = TEXT_INIT;

	if (options->json) {
		text_printf(&t, "%s\n", json);
		cmd_print(&t);
		return true;
	}
	json5_for_each(v, value) {
		if (!strcmp(v->key, "plan"))
			continue;
		if (!strcmp(v->key, "plan_text")) {
			put_plan(&t, v);
			continue;
		}
		if (v->type < JSON5_ARRAY) {
			put_value(&t, v->key, v);
			continue;
		}
		if (!json5_first(v))
			continue;
		text_printf(&t, "%s\n", v->key);
		json5_for_each(item, v)
			put_item(&t, item);
	}
	cmd_print(&t);
	return true;
}

int cmd_show(int argc, char **argv)
{
	struct cmd_options options;
	const char *arguments[2];
	int r = cmd_options(&argc, argv, "mjl", &options);

	if (r >= 0)
		return r;
	if (argc != 2)
		return cmd_usage(argv[0], "name one component");
	arguments[0] = argv[1];
	arguments[1] = "plan";
	return remote_ask(&options, "show", arguments, options.plan ? 2 : 1,
			  on_show, &options);
}
