/* The actors of random programs: each draws what it does next. */
#pragma once

#include "schedule_model.h"

/* One more, of a kind by chance. @by NULL: the first process. */
void actor_spawn(struct actor *by, uint64_t kind);
