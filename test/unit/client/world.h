/*
 * A component with a registry that plays scripts, one for each time that it is
 * opened.
 */
#pragma once

#include "rig.h"

#include "manager.h"
#include "script.h"
#include "wire/registry.h"

enum {
	/* Longer than anything takes, however loaded the machine is. */
	LONG_MS = 60000,
	SCRIPTS_MAX = 4,
};

struct world {
	struct manager m;
	struct reeve *r;
	struct script scripts[SCRIPTS_MAX];
	size_t n_scripts, n_opened;
	int n_fds;
};

extern struct world world;

/* All but the manager's thread: manager_start(). */
void world_init(void);
/* After it, asked() tells what arrived. It was opened @n_opened times. */
void world_fini(size_t n_opened);

/* The next time the registry is opened, this is played. Before the manager's
 * thread is started. */
void will_play(const struct script_step *steps, size_t n);

/* Request @i of that script, which is of this method and name. */
const struct registry_request *
asked(size_t script, size_t i, enum registry_method method, const char *name);
