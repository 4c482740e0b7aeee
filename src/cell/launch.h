/* The launcher's own process; launcher.h is how the manager sees it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct launch_config {
	uint32_t layers, required;
	bool is_root;
};

/* In the forked child: make blanks until the manager is gone, tidy up, exit. */
_Noreturn void launch_main(int socket_fd, const struct launch_config *config);
