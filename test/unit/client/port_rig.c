#include "port_rig.h"

#include <string.h>

reeve_pid port_new(reeve_pid to, uint32_t flags, uint32_t mailbox,
		   struct reeve_channel **ret)
{
	const struct reeve_spawn_options o = { .flags = flags,
					       .mailbox = mailbox };
	struct reeve_channel *mine;
	reeve_pid port;

	REEVE_CHECK(reeve_channel_pair(&mine, ret) == 0);
	REEVE_CHECK(reeve_port_open(mine, to, &o, &port) == 0);
	return port;
}

void send_pid(reeve_pid pid, uint64_t ordinal, const char *text)
{
	const struct reeve_message m = { .ordinal = ordinal,
					 .bytes = text,
					 .n_bytes = strlen(text) };

	REEVE_CHECK(reeve_send_to(pid, &m) == 0);
}
