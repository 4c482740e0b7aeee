/* reeve doctor: what cells need, and whether this machine has it. */
#include <stdio.h>

#include "cell/probe.h"
#include "cmd/cmd.h"

int cmd_doctor(int argc, char **argv)
{
	struct cmd_options options;
	_cleanup_text_ struct text t = TEXT_INIT;
	static struct cell_probe probe;
	int r;

	r = cmd_options(&argc, argv, "j", &options);
	if (r >= 0)
		return r;
	if (argc > 1)
		return cmd_usage(argv[0], "takes no arguments");
	cell_probe_run(&probe);
	if (options.json) {
		cell_probe_render_json(&probe, &t);
		text_puts(&t, "\n");
	} else {
		cell_probe_render(&probe, &t);
	}
	cmd_print(&t);
	return cell_probe_state(&probe) == PROBE_MISSING ? EXIT_NOT : EXIT_DONE;
}
