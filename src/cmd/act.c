/* The manager tells whom it found by the name that was given, before it acts.
 */
#include "cmd/act.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/remote.h"

static bool on_found(void *userdata, const char *json,
		     const struct json5_value *v)
{
	char **moniker = userdata;

	(void)json;
	free(*moniker);
	*moniker = strdup(json_text(v, "moniker"));
	return true;
}

static void put_text(struct text *t, const char *key, const char *value)
{
	text_printf(t, ",\"%s\":", key);
	if (value)
		text_json(t, value);
	else
		text_puts(t, "null");
}

int act_request(const struct cmd_options *options, const char *verb,
		const char *const *arguments, size_t n)
{
	_cleanup_free_ char *moniker = NULL;
	_cleanup_text_ struct text error = TEXT_INIT;
	_cleanup_text_ struct text t = TEXT_INIT;
	const struct remote_request q = { .verb = verb,
					  .arguments = arguments,
					  .n_arguments = n,
					  .on_data = on_found,
					  .userdata = &moniker };
	int status = remote_request(options, &q, &error);

	if (error.n)
		cmd_fail("%s", text_string(&error));
	if (!options->json)
		return status;
	text_printf(&t, "{\"verb\":\"%s\",\"done\":%s", verb,
		    status ? "false" : "true");
	put_text(&t, "argument", arguments[0]);
	put_text(&t, "moniker", moniker);
	put_text(&t, "error", status ? text_string(&error) : NULL);
	text_printf(&t, ",\"exit_status\":%d}\n", status);
	cmd_print(&t);
	return status;
}
