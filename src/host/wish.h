/* What is wished of the tree as a whole. */
#pragma once

#include "host/manager.h"

/*
 * Start what the options name; else the root and everything eager; else every
 * program that nobody can open. False if nothing was started.
 */
bool wish_begin(struct manager *m);

/* How many instances have a task, or are about to. */
size_t wish_n_alive(const struct manager *m);
