#include "cell/confine.h"

#include <errno.h>

#include "sys/caps.h"
#include "sys/landlock.h"

static int confine_fail(struct cell_failure *why, enum cell_stage stage,
			int error)
{
	cell_failure_set(why, stage, error, CELL_REASON_NONE, NULL);
	return -1;
}

static int confine(const struct blank *b, const struct filter *filter,
		   int (*drop)(void), struct cell_failure *why)
{
	int r;

	r = drop();
	if (r == 0)
		r = caps_set_no_new_privs();
	if (r < 0)
		return confine_fail(why, CELL_STAGE_PRIVILEGES, r);
	if (!(b->layers & CELL_LAYER_SECCOMP))
		return 0;
	r = filter_load(filter);
	return r == 0 ? 0 : confine_fail(why, CELL_STAGE_SECCOMP, r);
}

int confine_task(const struct blank *b, const struct filter *filter,
		 struct cell_failure *ret_why)
{
	return confine(b, filter,
		       b->layers & CELL_LAYER_CAPS ? caps_drop_all
						   : caps_keep_all,
		       ret_why);
}

int confine_landlock(const struct blank *b)
{
	int r;

	if (b->ruleset_fd < 0)
		return 0;
	r = landlock_confine(b->ruleset_fd);
	if (r == 0)
		return 0;
	errno = -r;
	return -1;
}

int confine_init(const struct blank *b, const struct filter *filter,
		 struct cell_failure *ret_why)
{
	return confine(b, filter, caps_drop_all, ret_why);
}
