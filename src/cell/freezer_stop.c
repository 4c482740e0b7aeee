/*
 * Freezing by SIGSTOP, which no task can block or catch.
 *
 * A task that runs can wake one that was stopped, and then stop itself; so that
 * each was seen stopped once proves nothing. But if two looks in a row find the
 * same tasks, all stopped, and none of them was switched to in between (the
 * kernel counts that), then each stood still from its first look to its second;
 * so there is a moment at which they all stood, and since then none can wake
 * another. The list of tasks is whole for the same reason: it is read while all
 * parents stand still.
 *
 * What waits in the kernel without heeding signals counts as standing: it stops
 * before it gets to do anything else, and the parent of a vfork(2), which is
 * the common case, does not wake before its child does.
 */
#include <errno.h>
#include <signal.h>

#include "cell/freezer_way.h"
#include "sys/fd.h"
#include "sys/pidfd.h"
#include "sys/task.h"

struct stop_look {
	pid_t pid;
	bool is_signalled; /* has had our SIGSTOP */
	bool is_still;
	uint64_t switches;
};

static int stop_look_at_thread(int tid, void *context)
{
	struct stop_look *look = context;
	uint64_t switches = 0;

	switch (task_state(look->pid, tid, &switches)) {
	case 0:
	case 'T':
	case 't':
	case 'Z':
	case 'X':
		break;
	case 'D':
		look->is_still &= look->is_signalled;
		break;
	default:
		look->is_still = false;
	}
	look->switches += switches;
	return 0;
}

static void stop_signal(pid_t pid, int signo)
{
	_cleanup_fd_ int pidfd = -1;

	if (pidfd_from_pid(pid, &pidfd) == 0)
		pidfd_signal(pidfd, signo);
}

/* Is this task still? If not, have it stop. */
static bool stop_task(struct freezer_cell *c, pid_t pid, uint64_t *ret_switches)
{
	struct stop_look look = { .pid = pid, .is_still = true };

	look.is_signalled = crew_has(&c->stopped, pid);
	task_each_thread(pid, stop_look_at_thread, &look);
	*ret_switches = look.switches;
	if (look.is_still) {
		if (!look.is_signalled && !crew_has(&c->stopped_before, pid))
			crew_add(&c->stopped_before, pid);
		return true;
	}
	if (!look.is_signalled && crew_add(&c->stopped, pid) < 0)
		return false;
	stop_signal(pid, SIGSTOP);
	return false;
}

static bool stop_check(struct freezer *f, struct freezer_cell *c)
{
	struct crew crew = CREW_INIT;
	uint64_t switches = 0, one;
	bool is_still = true, is_same;
	size_t i;
	int r;

	(void)f;
	r = crew_read(&crew, c->init, c->cgroup_fd);
	for (i = 0; r == 0 && i < crew.n; i++) {
		is_still &= stop_task(c, crew.pids[i], &one);
		switches += one;
	}
	/* What is gone does not run. */
	is_still &= r == 0 || r == -ESRCH;
	is_same = is_still && c->is_still && switches == c->switches &&
		  crew_is_equal(&crew, &c->crew);
	crew_fini(&c->crew);
	c->crew = crew;
	c->switches = switches;
	c->is_still = is_still;
	return is_same;
}

static int stop_freeze(struct freezer *f, struct freezer_cell *c)
{
	c->is_still = false;
	stop_check(f, c);
	return 0;
}

static void stop_thaw(struct freezer *f, struct freezer_cell *c, bool is_blind)
{
	struct crew crew = CREW_INIT;
	size_t i;

	(void)f;
	for (i = 0; !is_blind && i < c->stopped.n; i++)
		if (!crew_has(&c->stopped_before, c->stopped.pids[i]))
			stop_signal(c->stopped.pids[i], SIGCONT);
	if (is_blind && crew_read(&crew, c->init, c->cgroup_fd) == 0)
		for (i = 0; i < crew.n; i++)
			stop_signal(crew.pids[i], SIGCONT);
	crew_fini(&crew);
}

const struct freezer_way freezer_way_stop = {
	stop_freeze,
	stop_check,
	stop_thaw,
};
