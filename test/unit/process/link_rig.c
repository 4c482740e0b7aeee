#include "link_rig.h"

const struct reeve_spawn_options linked = { .flags = REEVE_SPAWN_LINK };
const struct reeve_spawn_options monitored = { .flags = REEVE_SPAWN_MONITOR };
const struct reeve_spawn_options trapping = { .flags = REEVE_SPAWN_TRAP_EXIT };

void end_when_told(void *arg)
{
	hear(GO);
	reeve_exit((int)(intptr_t)arg);
}

void end_at_once(void *arg)
{
	reeve_exit((int)(intptr_t)arg);
}
