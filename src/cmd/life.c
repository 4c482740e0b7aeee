/* reeve start, reeve stop: components of a running manager, one after the other. */
#include "cmd/cmd.h"
#include "cmd/remote.h"

static bool on_nothing(void *userdata, const char *json,
		       const struct json5_value *value)
{
	(void)userdata;
	(void)json;
	(void)value;
	return true;
}

static int each_component(int argc, char **argv)
{
	struct cmd_options options;
	const char *moniker;
	int r = cmd_options(&argc, argv, "m", &options), i, one;

	if (r >= 0)
		return r;
	if (argc < 2)
		return cmd_usage(argv[0], "name a component");
	for (i = 1, r = EXIT_DONE; i < argc; i++) {
		moniker = argv[i];
		one = remote_ask(&options, argv[0], &moniker, 1, on_nothing,
				 NULL);
		if (one)
			r = one;
	}
	return r;
}

int cmd_start(int argc, char **argv)
{
	return each_component(argc, argv);
}

int cmd_stop(int argc, char **argv)
{
	return each_component(argc, argv);
}
