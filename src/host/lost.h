/* Telling a component that what provided one of its uses has ended. */
#pragma once

#include "host/instance.h"

/*
 * Lifecycle.Lost for the use at @path. False if it cannot be told: it has no
 * lifecycle channel, or does not read what it was told before.
 */
bool lost_tell(struct instance *i, const char *path);
