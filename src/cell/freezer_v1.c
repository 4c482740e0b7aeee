/*
 * Freezing by the freezer controller of the first version of cgroups, for a
 * host whose second version is missing or has not been given to us.
 *
 * A directory is made in our own freezer cgroup and told to freeze, and the
 * tasks of the cell are moved into it, again and again, until no new one
 * appears. They go back one by one, and so thaw: nothing runs in it again, so
 * it is empty then.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cell/freezer_way.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/path.h"

enum { V1_NAME_MAX = 64, V1_ROUNDS = 100 };

static void v1_name(const struct freezer *f, const struct freezer_cell *c,
		    char ret[static V1_NAME_MAX])
{
	snprintf(ret, V1_NAME_MAX, "%s.cell-%" PRIu64, f->name, c->id);
}

static int v1_move(int cgroup_fd, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return path_write_file(cgroup_fd, "cgroup.procs", text);
}

static bool v1_is_frozen(int cgroup_fd)
{
	_cleanup_fd_ int fd =
		openat(cgroup_fd, "freezer.state", O_RDONLY | O_CLOEXEC);
	char text[16];

	return fd >= 0 && read(fd, text, sizeof(text)) >= 6 &&
	       !memcmp(text, "FROZEN", 6);
}

static int v1_freeze(struct freezer *f, struct freezer_cell *c)
{
	char name[V1_NAME_MAX];
	int r;

	if (f->v1_fd < 0)
		return -EOPNOTSUPP;
	v1_name(f, c, name);
	r = cgroup_new(f->v1_fd, name, &c->v1_fd);
	if (r == 0)
		r = path_write_file(c->v1_fd, "freezer.state", "FROZEN");
	if (r < 0 && c->v1_fd >= 0) {
		c->v1_fd = fd_close(c->v1_fd);
		cgroup_remove(f->v1_fd, name);
	}
	return r;
}

/* Move whoever is not there yet. True if there was nobody. */
static bool v1_gather(struct freezer_cell *c, const struct crew *crew)
{
	struct crew inside = CREW_INIT;
	bool is_whole = true;
	size_t i;
	int r;

	r = crew_read(&inside, -1, c->v1_fd);
	for (i = 0; i < crew->n; i++) {
		if ((r == 0 && crew_has(&inside, crew->pids[i])) ||
		    v1_move(c->v1_fd, crew->pids[i]) == -ESRCH)
			continue;
		is_whole = false;
	}
	crew_fini(&inside);
	return is_whole;
}

static bool v1_check(struct freezer *f, struct freezer_cell *c)
{
	struct crew crew = CREW_INIT;
	bool is_still, is_same;
	int r;

	(void)f;
	r = crew_read(&crew, c->init, c->cgroup_fd);
	is_still = r == -ESRCH ||
		   (r == 0 && v1_gather(c, &crew) && v1_is_frozen(c->v1_fd));
	/* Nobody has moved between two parents while we read. */
	is_same = is_still && c->is_still && crew_is_equal(&crew, &c->crew);
	crew_fini(&c->crew);
	c->crew = crew;
	c->is_still = is_still;
	return is_same;
}

void freezer_v1_remove(int v1_fd, const char *name)
{
	struct crew crew = CREW_INIT;
	int fd, round;
	size_t i;

	fd = openat(v1_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	for (round = 0; round < V1_ROUNDS; round++) {
		if (crew_read(&crew, -1, fd) < 0)
			break;
		for (i = 0; i < crew.n; i++)
			v1_move(v1_fd, crew.pids[i]);
	}
	path_write_file(fd, "freezer.state", "THAWED");
	crew_fini(&crew);
	fd_close(fd);
	cgroup_remove(v1_fd, name);
}

static void v1_thaw(struct freezer *f, struct freezer_cell *c, bool is_blind)
{
	char name[V1_NAME_MAX];

	(void)is_blind;
	c->v1_fd = fd_close(c->v1_fd);
	if (f->v1_fd < 0)
		return;
	v1_name(f, c, name);
	freezer_v1_remove(f->v1_fd, name);
}

const struct freezer_way freezer_way_v1 = { v1_freeze, v1_check, v1_thaw };
