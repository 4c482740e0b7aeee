/* reeve start, stop, restart, destroy, restore: components of a running
 * manager, one after the other; and reeve create, of one more. */
#include <string.h>

#include "cmd/act.h"
#include "cmd/cmd.h"

static int each_component(int argc, char **argv)
{
	struct cmd_options options;
	const char *moniker;
	int r = cmd_options(&argc, argv, "mj", &options), i, one;

	if (r >= 0)
		return r;
	if (argc < 2)
		return cmd_usage(argv[0], "name a component");
	for (i = 1, r = EXIT_DONE; i < argc; i++) {
		moniker = argv[i];
		one = act_request(&options, argv[0], &moniker, 1);
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

int cmd_restart(int argc, char **argv)
{
	return each_component(argc, argv);
}

int cmd_destroy(int argc, char **argv)
{
	return each_component(argc, argv);
}

int cmd_restore(int argc, char **argv)
{
	return each_component(argc, argv);
}

int cmd_create(int argc, char **argv)
{
	struct cmd_options options;
	const char *arguments[4];
	char *colon;
	int r = cmd_options(&argc, argv, "mj", &options);

	if (r >= 0)
		return r;
	if (argc != 4)
		return cmd_usage(argv[0], "name the parent, COLLECTION:NAME "
					  "and a URL");
	colon = strchr(argv[2], ':');
	if (!colon || colon == argv[2] || !colon[1])
		return cmd_usage(argv[0], "\"%s\" is no COLLECTION:NAME",
				 argv[2]);
	*colon = 0;
	arguments[0] = argv[1];
	arguments[1] = argv[2];
	arguments[2] = colon + 1;
	arguments[3] = argv[3];
	return act_request(&options, argv[0], arguments, 4);
}
