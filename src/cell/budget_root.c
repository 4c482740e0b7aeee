/*
 * Each hierarchy in which we may make directories gets one, "reeve-budget-PID",
 * in our own cgroup; all budgets are below it. The directory is locked for as
 * long as we live, so that another manager, which may count pids otherwise than
 * we do, can tell that it is not to be removed.
 *
 * In a tree of version 2 a cgroup cannot both hold tasks and have its
 * controllers divided among children. We are such a task: so, unless it is the
 * tree's root, we move ourselves and the launcher into a child first. If others
 * are left in our cgroup it was not given to us to divide, and version 2 is not
 * used.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>

#include "cell/budget_parts.h"
#include "sys/cgroup_file.h"
#include "sys/fd.h"

#define BUDGET_PREFIX	    "reeve-budget-"
#define BUDGET_MOVED_PREFIX "reeve-manager-"

/* Names in version 2, and the hierarchies of version 1 they are alone in. */
static const struct {
	const char *name;
	enum budget_hierarchy v1;
} budget_controllers[] = {
	[BUDGET_MEMORY] = { "memory", BUDGET_V1_MEMORY },
	[BUDGET_TASKS] = { "pids", BUDGET_V1_TASKS },
	[BUDGET_CPU] = { "cpu", BUDGET_V1_CPU },
};

static const char *const budget_v1_names[N_BUDGET_HIERARCHIES] = {
	[BUDGET_V1_MEMORY] = "memory",
	[BUDGET_V1_TASKS] = "pids",
	[BUDGET_V1_CPU] = "cpu",
	[BUDGET_V1_CPU_TIME] = "cpuacct",
};

/* What the writing of a limit needs; a mount may be read-only. */
static bool place_is_writable(int fd)
{
	return faccessat(fd, ".", W_OK, AT_EACCESS) == 0 &&
	       cgroup_is_usable(fd);
}

static void place_close(struct budget_place *p)
{
	p->own_fd = fd_close(p->own_fd);
}

static void place_open(struct budget_root *root, enum budget_hierarchy h,
		       const char *own)
{
	struct budget_place *p = &root->places[h];
	int n;

	p->own_fd = open(own, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->own_fd < 0)
		return;
	n = snprintf(p->path, sizeof(p->path), "%s/%s", own, root->top.name);
	if (n >= (int)sizeof(p->path) || !place_is_writable(p->own_fd))
		place_close(p);
}

/* Two controllers that are mounted together have one directory. */
static bool place_is_shared(const struct budget_root *root,
			    enum budget_hierarchy h)
{
	struct stat st, other;
	int k;

	if (fstat(root->places[h].own_fd, &st) < 0)
		return true;
	for (k = 0; k < (int)h; k++)
		if (root->places[k].own_fd >= 0 &&
		    fstat(root->places[k].own_fd, &other) == 0 &&
		    st.st_dev == other.st_dev && st.st_ino == other.st_ino)
			return true;
	return false;
}

static void root_find_v2(struct budget_root *root)
{
	struct budget_place *p = &root->places[BUDGET_V2];
	char own[CGROUP_PATH_MAX];
	int i, n = 0;

	root->reason = "no cgroup2 tree is mounted";
	if (cgroup_find_own(own) < 0)
		return;
	place_open(root, BUDGET_V2, own);
	root->reason = "our own cgroup is not ours to divide";
	if (p->own_fd < 0)
		return;
	for (i = 0; i < N_BUDGET_CONTROLLERS; i++) {
		if (!cgroup_has_word(p->own_fd, "cgroup.controllers",
				     budget_controllers[i].name))
			continue;
		root->controllers[i] = BUDGET_V2;
		n++;
	}
	root->reason =
		n == N_BUDGET_CONTROLLERS
			? NULL
			: "the cgroup2 tree lacks controllers, or they were "
			  "not delegated to us";
	if (!n)
		place_close(p);
}

static void root_find_v1(struct budget_root *root, enum budget_hierarchy h)
{
	char own[CGROUP_PATH_MAX];

	if (cgroup_find_v1(budget_v1_names[h], own) < 0)
		return;
	place_open(root, h, own);
	if (root->places[h].own_fd >= 0 && place_is_shared(root, h))
		place_close(&root->places[h]);
}

/* Whatever version 2 does not have is left to version 1. */
static void root_find_rest(struct budget_root *root)
{
	enum budget_hierarchy h;
	int i;

	for (i = 0; i < N_BUDGET_CONTROLLERS; i++) {
		h = budget_controllers[i].v1;
		if (root->controllers[i] == BUDGET_V2)
			continue;
		root_find_v1(root, h);
		if (root->places[h].own_fd >= 0)
			root->controllers[i] = h;
	}
	/* Version 2 counts time without any controller. */
	if (root->controllers[BUDGET_CPU] == BUDGET_V1_CPU)
		root_find_v1(root, BUDGET_V1_CPU_TIME);
}

/* ---- what the dead have left ---- */

static bool is_stale(int parent_fd, const char *name, const char *prefix)
{
	_cleanup_fd_ int fd = -1;
	pid_t pid = (pid_t)strtol(name + strlen(prefix), NULL, 10);

	if (pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH)
		return false;
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void root_sweep(int own_fd)
{
	static const char *const prefixes[] = { BUDGET_PREFIX,
						BUDGET_MOVED_PREFIX };
	int dir_fd = openat(own_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);
	struct dirent *entry;
	size_t i;

	if (!dir) {
		fd_close(dir_fd);
		return;
	}
	while ((entry = readdir(dir)))
		for (i = 0; i < N_ELEMENTS(prefixes); i++)
			if (!strncmp(entry->d_name, prefixes[i],
				     strlen(prefixes[i])) &&
			    is_stale(own_fd, entry->d_name, prefixes[i]))
				cgroup_remove_tree(own_fd, entry->d_name);
	closedir(dir);
}

int budget_root_open(struct launcher *launcher, struct budget_root **ret)
{
	struct budget_root *root = calloc(1, sizeof(*root));
	int i;

	if (!root)
		return -ENOMEM;
	root->launcher = launcher;
	budget_init(&root->top, root, NULL);
	snprintf(root->top.name, sizeof(root->top.name), BUDGET_PREFIX "%d",
		 (int)getpid());
	snprintf(root->moved, sizeof(root->moved), BUDGET_MOVED_PREFIX "%d",
		 (int)getpid());
	for (i = 0; i < N_BUDGET_HIERARCHIES; i++)
		root->places[i].own_fd = root->lock_fds[i] = -1;
	for (i = 0; i < N_BUDGET_CONTROLLERS; i++)
		root->controllers[i] = N_BUDGET_HIERARCHIES;
	root_find_v2(root);
	root_find_rest(root);
	for (i = 0; i < N_BUDGET_HIERARCHIES; i++)
		if (root->places[i].own_fd >= 0)
			root_sweep(root->places[i].own_fd);
	*ret = root;
	return 0;
}

/* ---- making the outermost directories ---- */

static bool root_has_launcher(const struct budget_root *root)
{
	return root->launcher && root->launcher->socket_fd >= 0;
}

void budget_root_register(struct budget_root *root, struct launcher *launcher)
{
	int i;

	root->launcher = launcher;
	if (!root_has_launcher(root) || !root->is_prepared)
		return;
	if (root->is_moved)
		(void)launcher_register_path(launcher, root->moved_path);
	for (i = 0; i < N_BUDGET_HIERARCHIES; i++)
		if (root->places[i].own_fd >= 0)
			(void)launcher_register_path(launcher,
						     root->places[i].path);
}

/* Without the controllers, what else is there? */
static void root_give_up_v2(struct budget_root *root, const char *reason)
{
	int i;

	place_close(&root->places[BUDGET_V2]);
	root->reason = reason;
	for (i = 0; i < N_BUDGET_CONTROLLERS; i++)
		if (root->controllers[i] == BUDGET_V2)
			root->controllers[i] = N_BUDGET_HIERARCHIES;
	root_find_rest(root);
}

static int root_enable(struct budget_root *root)
{
	int fd = root->places[BUDGET_V2].own_fd, i, r = 0;

	for (i = 0; r == 0 && i < N_BUDGET_CONTROLLERS; i++)
		/* The cpu controller has an effect by itself; see budget.c. */
		if (root->controllers[i] == BUDGET_V2 &&
		    (i != BUDGET_CPU || root->is_moved))
			r = budget_v2_enable(fd, budget_controllers[i].name);
	return r;
}

static int root_move_to(struct budget_root *root, int fd)
{
	int r = cgroup_move(fd, getpid());

	if (r == 0 && root->launcher && root->launcher->pid > 0)
		r = cgroup_move(fd, root->launcher->pid);
	return r;
}

/* Out of our own cgroup, so that it can be divided. */
static int root_move_out(struct budget_root *root)
{
	const char *path = root->places[BUDGET_V2].path;
	int own_fd = root->places[BUDGET_V2].own_fd, r;
	_cleanup_fd_ int fd = -1;

	r = cgroup_new(own_fd, root->moved, &fd);
	if (r < 0)
		return r;
	root->is_moved = true;
	/* All before the last slash is our own cgroup's path. */
	snprintf(root->moved_path, sizeof(root->moved_path), "%.*s%s",
		 (int)(strlen(path) - strlen(root->top.name)), path,
		 root->moved);
	return root_move_to(root, fd);
}

static void root_move_back(struct budget_root *root)
{
	int own_fd = root->places[BUDGET_V2].own_fd;

	if (!root->is_moved)
		return;
	/* A cgroup that is divided takes no tasks back. */
	cgroup_undivide(own_fd);
	(void)root_move_to(root, own_fd);
	if (cgroup_remove(own_fd, root->moved) == 0 && root_has_launcher(root))
		(void)launcher_unregister_path(root->launcher,
					       root->moved_path);
	root->is_moved = false;
}

static void root_prepare_v2(struct budget_root *root)
{
	int r;

	if (root->places[BUDGET_V2].own_fd < 0)
		return;
	r = root_enable(root);
	if (r == -EBUSY) {
		r = root_move_out(root);
		if (r == 0)
			r = root_enable(root);
	}
	if (r == 0)
		return;
	root_move_back(root);
	root_give_up_v2(root,
			r == -EBUSY ? "our own cgroup holds other tasks, so it "
				      "cannot be divided"
				    : "our own cgroup is not ours to divide");
}

static void root_lock(struct budget_root *root)
{
	int i;

	for (i = 0; i < N_BUDGET_HIERARCHIES; i++) {
		if (!budget_is_in(&root->top, (enum budget_hierarchy)i))
			continue;
		root->lock_fds[i] = openat(root->top.fds[i], ".",
					   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (root->lock_fds[i] >= 0)
			(void)flock(root->lock_fds[i], LOCK_EX | LOCK_NB);
	}
}

void budget_root_prepare(struct budget_root *root)
{
	int i;

	if (root->is_prepared)
		return;
	root->is_prepared = true;
	root_prepare_v2(root);
	/* First, should we be killed in between. */
	budget_root_register(root, root->launcher);
	if (budget_make(&root->top) == 0) {
		root_lock(root);
		return;
	}
	/* The mount may be read-only, or the tree full. */
	for (i = 0; i < N_BUDGET_HIERARCHIES; i++) {
		if (root->places[i].own_fd < 0 ||
		    budget_is_in(&root->top, (enum budget_hierarchy)i))
			continue;
		place_close(&root->places[i]);
	}
	for (i = 0; i < N_BUDGET_CONTROLLERS; i++)
		if (root->controllers[i] < N_BUDGET_HIERARCHIES &&
		    root->places[root->controllers[i]].own_fd < 0)
			root->controllers[i] = N_BUDGET_HIERARCHIES;
	root_lock(root);
}

void budget_root_close(struct budget_root *root)
{
	int i;

	if (!root)
		return;
	while (!list_is_empty(&root->top.children))
		budget_drop(
			list_first(&root->top.children, struct budget, link));
	for (i = 0; i < N_BUDGET_HIERARCHIES; i++) {
		if (!budget_is_in(&root->top, (enum budget_hierarchy)i))
			continue;
		root->top.fds[i] = fd_close(root->top.fds[i]);
		if (cgroup_remove_tree(root->places[i].own_fd,
				       root->top.name) == 0 &&
		    root_has_launcher(root))
			(void)launcher_unregister_path(root->launcher,
						       root->places[i].path);
	}
	root_move_back(root);
	for (i = 0; i < N_BUDGET_HIERARCHIES; i++)
		place_close(&root->places[i]);
	fd_close_all(root->lock_fds, N_BUDGET_HIERARCHIES);
	free(root);
}

/* ---- what is told ---- */

enum budget_mechanism budget_root_mechanism(const struct budget_root *root,
					    enum budget_limit limit)
{
	static const struct {
		enum budget_controller controller;
		enum budget_mechanism otherwise;
	} needs[N_BUDGET_LIMITS] = {
		[BUDGET_MEMORY_MIN] = { BUDGET_MEMORY, BUDGET_BY_NOTHING },
		[BUDGET_MEMORY_MAX] = { BUDGET_MEMORY, BUDGET_BY_RLIMIT },
		[BUDGET_CPU_SHARE] = { BUDGET_CPU, BUDGET_BY_NOTHING },
		[BUDGET_CPU_MAX] = { BUDGET_CPU, BUDGET_BY_NOTHING },
		[BUDGET_TASKS_MAX] = { BUDGET_TASKS, BUDGET_BY_RLIMIT },
	};
	enum budget_hierarchy h = root->controllers[needs[limit].controller];

	if (h == N_BUDGET_HIERARCHIES)
		return needs[limit].otherwise;
	if (h == BUDGET_V2)
		return BUDGET_BY_V2;
	/* Its soft limit takes memory away sooner instead of later. */
	return limit == BUDGET_MEMORY_MIN ? BUDGET_BY_NOTHING : BUDGET_BY_V1;
}

const char *budget_mechanism_name(enum budget_mechanism mechanism)
{
	static const char *const names[] = {
		[BUDGET_BY_NOTHING] = "none",
		[BUDGET_BY_RLIMIT] = "rlimit",
		[BUDGET_BY_V1] = "cgroup v1",
		[BUDGET_BY_V2] = "cgroup v2",
	};

	return names[mechanism];
}

const char *budget_limit_name(enum budget_limit limit)
{
	static const char *const names[] = {
		[BUDGET_MEMORY_MIN] = "memory_min",
		[BUDGET_MEMORY_MAX] = "memory_max",
		[BUDGET_CPU_SHARE] = "cpu_share",
		[BUDGET_CPU_MAX] = "cpu_max",
		[BUDGET_TASKS_MAX] = "tasks_max",
	};

	return names[limit];
}

const char *budget_root_reason(const struct budget_root *root)
{
	return root->reason;
}
