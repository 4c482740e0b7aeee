/* Freeing what has ended. */
#pragma once

#include "host/manager.h"

/* Remove the doomed realms in which nothing lives any more. */
void retire_doomed(struct manager *m);

/* Free the retired instances: the loop's task for the end of a turn. */
void retire_all(struct loop_task *task);

/* Free everything that waits to be freed. */
void retire_fini(struct manager *m);
