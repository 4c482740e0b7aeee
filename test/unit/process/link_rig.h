/* Processes that end, for tests of who hears of it. */
#pragma once

#include "everywhere.h"

enum { REASON = REEVE_EXIT_OWN + 7, GO = 1, READY = 2 };

#define WITH_REASON(reason) ((void *)(intptr_t)(reason))

extern const struct reeve_spawn_options linked, monitored, trapping;

/* Waits for GO, then ends with the reason that it was given. */
void end_when_told(void *arg);
void end_at_once(void *arg);
