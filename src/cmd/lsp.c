/* reeve lsp: the language server on standard input and output. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lsp/serve.h"

int cmd_lsp(int argc, char **argv)
{
	struct cmd_options options;
	int r;

	r = cmd_options(&argc, argv, "", &options);
	if (r >= 0)
		return r;
	if (argc > 1)
		return cmd_usage(argv[0], "takes no arguments");
	if (isatty(STDIN_FILENO))
		return cmd_usage(argv[0], "is started by an editor, see man "
					  "reeve-lsp");
	/* An editor that is gone is an error of write(). */
	signal(SIGPIPE, SIG_IGN);
	r = lsp_serve(STDIN_FILENO, STDOUT_FILENO);
	if (r < 0)
		return cmd_fail("lsp: %s", strerror(-r));
	if (r == SERVE_BROKEN)
		return cmd_fail("lsp: what was sent has no header with a "
				"Content-Length");
	return r ? EXIT_NOT : EXIT_DONE;
}
