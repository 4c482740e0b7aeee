#include "route/revocation.h"

enum revocation_step revocation_next(enum revocation_step step,
				     const struct revocation_outcome *outcome)
{
	if (!outcome->is_alive &&
	    (!outcome->is_undrained || step >= REVOCATION_FREEZE_ALL))
		return REVOCATION_DONE;
	switch (step) {
	case REVOCATION_SWEEP:
		return REVOCATION_FREEZE;
	case REVOCATION_FREEZE:
		return REVOCATION_FREEZE_ALL;
	case REVOCATION_FREEZE_ALL:
		return outcome->has_hiders ? REVOCATION_KILL_HIDERS
					   : REVOCATION_KILL_ENDS;
	case REVOCATION_KILL_HIDERS:
		return REVOCATION_KILL_ENDS;
	case REVOCATION_KILL_ENDS:
		return REVOCATION_KILL_ALL;
	case REVOCATION_KILL_ALL:
	case REVOCATION_DONE:
	case N_REVOCATION_STEPS:
		break;
	}
	return REVOCATION_DONE;
}

const char *revocation_step_name(enum revocation_step step)
{
	static const char *const names[N_REVOCATION_STEPS] = {
		"sweep",     "freeze",	 "freeze-all", "kill-hiders",
		"kill-ends", "kill-all", "done",
	};

	return names[step];
}
