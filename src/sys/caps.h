/* Capabilities: giving them up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A capability's number, as in capabilities(7). */
enum { CAPS_SYS_ADMIN = 21, CAPS_SYS_PTRACE = 19 };

/* Do we hold this one now? */
bool caps_has(int capability);

/*
 * Give up all capabilities for good: bounding and ambient sets, the three sets
 * of the task, and the ways back (securebits). Needs CAP_SETPCAP for the first
 * part; 0 or -errno.
 */
int caps_drop_all(void);

/*
 * The opposite, for tests of the other walls: keep all capabilities across
 * exec, though not as root. 0 or -errno.
 */
int caps_keep_all(void);

/* From now on exec grants nothing. 0 or -errno. */
int caps_set_no_new_privs(void);
