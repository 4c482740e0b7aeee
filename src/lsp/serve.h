/* The language server on two descriptors. */
#pragma once

/*
 * Serve one editor until it says exit or closes its end. 0 if it said shutdown
 * before; SERVE_CUT if it did not; SERVE_BROKEN if what it sent are no
 * messages; or a fault.
 */
enum {
	SERVE_CUT = 1,
	SERVE_BROKEN = 2,
};
int lsp_serve(int in_fd, int out_fd);
