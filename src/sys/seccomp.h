/* Loading a compiled seccomp filter. Building one is not this file's business.
 */
#pragma once

#include <linux/filter.h>

/*
 * Confine this task, and all it forks, by @program. Needs no-new-privs. 0 or
 * -errno.
 */
int seccomp_load_filter(const struct sock_fprog *program);

/* Does the kernel know this action (SECCOMP_RET_*)? */
int seccomp_has_action(unsigned action);
