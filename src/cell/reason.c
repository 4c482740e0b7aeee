/* The settings of distributions that keep cells from being made. */
#include <errno.h>

#include "cell/failure.h"
#include "sys/caps.h"
#include "sys/path.h"

enum cell_reason cell_failure_reason(enum cell_stage stage, int error)
{
	if (error < 0)
		error = -error;
	switch (stage) {
	case CELL_STAGE_CLONE:
		/* ENOSPC is how a count of namespaces is refused. */
		if (error == ENOSPC)
			return path_read_number("/proc/sys/user/"
						"max_user_namespaces",
						1)
				       ? CELL_REASON_LIMIT
				       : CELL_REASON_NO_USERNS;
		/* A setting of Debian's and Ubuntu's own. */
		if (error == EPERM &&
		    !path_read_number("/proc/sys/kernel/"
				      "unprivileged_userns_clone",
				      1))
			return CELL_REASON_ROOT_USERNS;
		break;
	case CELL_STAGE_IDS:
	case CELL_STAGE_USER:
	case CELL_STAGE_PRIVATE:
	case CELL_STAGE_ROOT:
		break;
	default:
		return CELL_REASON_NONE;
	}
	/* Root's cells are not restricted by it. */
	if ((error == EPERM || error == EACCES) && !caps_has(CAPS_SYS_ADMIN) &&
	    path_read_number("/proc/sys/kernel/"
			     "apparmor_restrict_unprivileged_userns",
			     0))
		return CELL_REASON_APPARMOR;
	return CELL_REASON_NONE;
}
