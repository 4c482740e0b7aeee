/*
 * The guard is forked before anything is frozen and told when all is thawed. If
 * it is not told in time, or its pipe closes because we died, it thaws what it
 * finds, knowing only which cells there are.
 */
#include "cell/freezer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/freezer_way.h"
#include "sys/cgroup.h"
#include "sys/fd.h"

enum { FREEZER_LOOK_NS = 50000, FREEZER_LOOKS = 500, FREEZER_URGENT = -20 };

static int v2_freeze(struct freezer *f, struct freezer_cell *c)
{
	(void)f;
	return c->cgroup_fd < 0 ? -EOPNOTSUPP
				: cgroup_freeze(c->cgroup_fd, true);
}

static bool v2_check(struct freezer *f, struct freezer_cell *c)
{
	int r = cgroup_is_frozen(c->cgroup_fd);

	(void)f;
	/* Removed, for nobody is left in it. */
	return r == 1 || r == -ENODEV || r == -ENOENT;
}

static void v2_thaw(struct freezer *f, struct freezer_cell *c, bool is_blind)
{
	(void)f;
	(void)is_blind;
	if (c->cgroup_fd >= 0)
		cgroup_freeze(c->cgroup_fd, false);
}

static const struct freezer_way freezer_way_v2 = { v2_freeze, v2_check,
						   v2_thaw };

static const struct freezer_way *freezer_ways[] = {
	[SEVER_FREEZER_CGROUP2] = &freezer_way_v2,
	[SEVER_FREEZER_CGROUP1] = &freezer_way_v1,
	[SEVER_FREEZER_STOP] = &freezer_way_stop,
	[SEVER_FREEZER_NONE] = NULL,
};

static int freezer_open_v1(void)
{
	char path[CGROUP_PATH_MAX];
	int fd;

	if (cgroup_find_v1("freezer", path) < 0)
		return -1;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !cgroup_is_usable(fd))
		fd = fd_close(fd);
	return fd;
}

int freezer_init(struct freezer *f, const struct sever_cell *cells, size_t n,
		 const char *name)
{
	*f = (struct freezer){ .v1_fd = -1, .guard = -1, .guard_fd = -1 };
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->cells = calloc(n + 1, sizeof(*f->cells));
	if (!f->cells)
		return -ENOMEM;
	for (; f->n < n; f->n++)
		f->cells[f->n] = (struct freezer_cell){
			.id = cells[f->n].id,
			.init = cells[f->n].pid,
			.cgroup_fd = cells[f->n].cgroup_fd,
			.way = SEVER_FREEZER_NONE,
			.v1_fd = -1,
		};
	f->v1_fd = freezer_open_v1();
	f->priority = getpriority(PRIO_PROCESS, 0);
	return 0;
}

void freezer_fini(struct freezer *f)
{
	struct freezer_cell *c;

	for (c = f->cells; c < f->cells + f->n; c++) {
		fd_close(c->v1_fd);
		crew_fini(&c->crew);
		crew_fini(&c->stopped);
		crew_fini(&c->stopped_before);
	}
	free(f->cells);
	fd_close(f->v1_fd);
	*f = (struct freezer){ .v1_fd = -1, .guard = -1, .guard_fd = -1 };
}

/* Undo each way: which was taken is not known here. */
static void freezer_thaw_blindly(struct freezer *f, enum sever_freezer wanted)
{
	struct freezer_cell *c;
	size_t way;

	for (c = f->cells; c < f->cells + f->n; c++)
		for (way = 0; way < N_ELEMENTS(freezer_ways); way++)
			if (freezer_ways[way] &&
			    (wanted == SEVER_FREEZER_BEST || wanted == way))
				freezer_ways[way]->thaw(f, c, true);
}

static _Noreturn void freezer_guard_main(struct freezer *f, int told_fd,
					 enum sever_freezer wanted,
					 unsigned guard_ms)
{
	struct pollfd p = { .fd = told_fd, .events = POLLIN };
	char told;

	if (poll(&p, 1, (int)guard_ms) > 0 && read(told_fd, &told, 1) == 1)
		_exit(0);
	freezer_thaw_blindly(f, wanted);
	_exit(1);
}

static int freezer_begin_guard(struct freezer *f, enum sever_freezer wanted,
			       unsigned guard_ms)
{
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	f->guard = fork();
	if (f->guard == 0) {
		close(ends[1]);
		freezer_guard_main(f, ends[0], wanted, guard_ms);
	}
	r = f->guard < 0 ? -errno : 0;
	close(ends[0]);
	f->guard_fd = ends[1];
	if (r < 0)
		f->guard_fd = fd_close(f->guard_fd);
	return r;
}

/* Tell the guard that all is thawed. True if it had not been needed. */
static bool freezer_end_guard(struct freezer *f)
{
	int status = 1;

	if (f->guard < 0)
		return true;
	/* One that has thawed on its own account has closed the pipe. */
	(void)!write(f->guard_fd, "", 1);
	f->guard_fd = fd_close(f->guard_fd);
	while (waitpid(f->guard, &status, 0) < 0 && errno == EINTR)
		;
	f->guard = -1;
	return status == 0;
}

/* Begin with the first way that can be begun. */
static void freezer_begin_cell(struct freezer *f, struct freezer_cell *c,
			       enum sever_freezer wanted)
{
	size_t way;

	for (way = 0; way < N_ELEMENTS(freezer_ways); way++) {
		if (!freezer_ways[way] ||
		    (wanted != SEVER_FREEZER_BEST && wanted != way) ||
		    freezer_ways[way]->freeze(f, c) < 0)
			continue;
		c->way = (enum sever_freezer)way;
		return;
	}
}

static uint64_t freezer_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Look at those that are not frozen yet. True when there is none. */
static bool freezer_check(struct freezer *f)
{
	struct freezer_cell *c;
	bool is_whole = true;

	for (c = f->cells; c < f->cells + f->n; c++) {
		if (c->is_frozen || c->way == SEVER_FREEZER_NONE)
			continue;
		c->is_frozen = freezer_ways[c->way]->check(f, c);
		is_whole &= c->is_frozen;
	}
	return is_whole;
}

/*
 * Wait for those that are not frozen yet. Each task has to run once more to get
 * there: where processors are scarce that takes longer, but then so does each
 * of our own looks. So what counts is that both time and looks have gone by.
 */
static void freezer_wait(struct freezer *f)
{
	const struct timespec pause = { 0, FREEZER_LOOK_NS };
	uint64_t start = freezer_clock_us(), took = 0;
	unsigned n_looks = 0;

	while (!freezer_check(f)) {
		took = freezer_clock_us() - start;
		if (took > SEVER_FREEZE_MAX_MS * 1000 ||
		    (took > SEVER_FREEZE_MS * 1000 && n_looks > FREEZER_LOOKS))
			return;
		n_looks++;
		nanosleep(&pause, NULL);
	}
}

void freezer_freeze(struct freezer *f, enum sever_freezer wanted,
		    unsigned guard_ms)
{
	struct freezer_cell *c;

	if (wanted == SEVER_FREEZER_NONE ||
	    freezer_begin_guard(f, wanted, SEVER_FREEZE_MAX_MS + guard_ms) < 0)
		return;
	for (c = f->cells; c < f->cells + f->n; c++)
		freezer_begin_cell(f, c, wanted);
	freezer_wait(f);
	/* Now everybody waits for us. Root's alone to have. */
	setpriority(PRIO_PROCESS, 0, FREEZER_URGENT);
}

void freezer_thaw(struct freezer *f)
{
	struct freezer_cell *c;
	bool was_kept;

	setpriority(PRIO_PROCESS, 0, f->priority);
	for (c = f->cells; c < f->cells + f->n; c++)
		if (freezer_ways[c->way])
			freezer_ways[c->way]->thaw(f, c, false);
	was_kept = freezer_end_guard(f);
	for (c = f->cells; c < f->cells + f->n; c++)
		c->is_frozen &= was_kept;
}

static void freezer_thaw_stale_v2(int cells_fd, const char *name)
{
	int fd = openat(cells_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		cgroup_freeze(fd, false);
	fd_close(fd);
}

/* Is @entry, "reeve-PID.cell-ID", of this manager or of one that is gone? */
static bool freezer_is_stale_v1(const char *entry, const char *name)
{
	size_t n = strlen(name);
	pid_t pid = (pid_t)strtol(entry + strlen("reeve-"), NULL, 10);

	if (!strncmp(entry, name, n) && entry[n] == '.')
		return true;
	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

/* The entries of a directory; NULL if there is none. */
static DIR *freezer_list(int dir_fd)
{
	int fd = dir_fd < 0 ? -1
			    : openat(dir_fd, ".",
				     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		fd_close(fd);
	return d;
}

void freezer_thaw_stale(int cells_fd, const char *name)
{
	int v1_fd = freezer_open_v1();
	DIR *v2 = freezer_list(cells_fd), *v1 = freezer_list(v1_fd);
	struct dirent *e;

	while (v2 && (e = readdir(v2)))
		if (!strncmp(e->d_name, "cell-", 5))
			freezer_thaw_stale_v2(cells_fd, e->d_name);
	while (v1 && (e = readdir(v1)))
		if (!strncmp(e->d_name, "reeve-", 6) &&
		    freezer_is_stale_v1(e->d_name, name))
			freezer_v1_remove(v1_fd, e->d_name);
	if (v2)
		closedir(v2);
	if (v1)
		closedir(v1);
	fd_close(v1_fd);
}
