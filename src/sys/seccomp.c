#include "sys/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

int seccomp_load_filter(const struct sock_fprog *program)
{
	/*
	 * Without SPEC_ALLOW the filter would also switch on mitigations that
	 * cost every program dearly and that newer kernels no longer tie to
	 * seccomp.
	 */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_SPEC_ALLOW, program) < 0)
		return -errno;
	return 0;
}

int seccomp_has_action(unsigned action)
{
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return -errno;
	return 0;
}
