/*
 * A file is its cell's own if its mount is: the mount that a descriptor was
 * opened by never changes, wherever the descriptor goes. Pipes, sockets and
 * memory files are on mounts of the kernel's that are in nobody's cell.
 *
 * Tasks that appear while the others are looked at are looked at afterwards; a
 * cell that makes them faster than that is seen in part.
 */
#include "cell/audit_look.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/pidfd.h"
#include "sys/task.h"
#include "sys/unix_socket.h"

enum {
	AUDIT_LOOKS = 32, /* from one look at the clock to the next */
	AUDIT_ROUNDS = 4, /* of looking for tasks that are new */
};

/* One table of descriptors. */
struct audit_table {
	struct audit_cell *cell;
	pid_t pid;
	int pidfd;
};

uint64_t audit_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void audit_miss(struct audit *a)
{
	a->result->is_partial = true;
}

bool audit_is_over(struct audit *a)
{
	struct pollfd quit = { .fd = a->quit_fd };

	if (a->is_over || a->n_looks++ % AUDIT_LOOKS)
		return a->is_over;
	a->is_over = audit_clock() >= a->end_ms || poll(&quit, 1, 0) > 0;
	if (a->is_over)
		audit_miss(a);
	return a->is_over;
}

void audit_cell_fini(struct audit_cell *c)
{
	free(c->mounts);
	free(c->objects);
	crew_fini(&c->seen);
}

/* ---- one object ---- */

static struct audit_object *audit_cell_extend(struct audit_cell *c)
{
	size_t size = c->size ? c->size * 2 : 256;
	struct audit_object *objects;

	if (c->n_objects == AUDIT_OBJECTS_MAX)
		return NULL;
	if (c->n_objects == c->size) {
		objects = realloc(c->objects, size * sizeof(*objects));
		if (!objects)
			return NULL;
		c->objects = objects;
		c->size = size;
	}
	return &c->objects[c->n_objects++];
}

void audit_cell_add(struct audit_cell *c, const struct audit_object *o,
		    int64_t mount)
{
	struct audit_object *at = audit_cell_extend(c);

	if (!at) {
		audit_miss(c->audit);
		return;
	}
	*at = *o;
	if (mount < 0)
		return;
	/* Where its mounts are not known, every file is its own. */
	at->is_foreign = c->has_mounts
				 ? !audit_cell_has_mount(c, (uint64_t)mount)
				 : o->type != AUDIT_TYPE_FILE;
	at->is_others = at->is_foreign &&
			audit_cell_has_mount(c->other, (uint64_t)mount);
}

int64_t audit_mount_of(const struct statx *x)
{
	return x->stx_mask & STATX_MNT_ID ? (int64_t)x->stx_mnt_id
					  : AUDIT_MOUNT_UNKNOWN;
}

/* Namespaces are there for all who are in them: they are no tie. */
static bool audit_is_namespace(uint64_t device)
{
	static dev_t namespaces;
	struct stat st;

	if (!namespaces && stat("/proc/self/ns/user", &st) == 0)
		namespaces = st.st_dev;
	return device == namespaces;
}

/* All of a kind have one name, like "anon_inode:[eventpoll]". */
static uint64_t audit_anonymous_kind(int fd)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char path[48], name[128];
	ssize_t n, i;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name));
	for (i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)name[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static bool audit_has_hung_up(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) > 0 && p.revents & POLLHUP;
}

/* A name that is too long for a label is none. */
static void audit_label(const char *name, size_t n, char ret[AUDIT_LABEL_MAX])
{
	if (n == 0 || n >= AUDIT_LABEL_MAX)
		return;
	memcpy(ret, name, n);
	ret[n] = 0;
}

static void audit_ask_socket(struct audit_cell *c, int fd,
			     struct audit_object *o)
{
	char name[SOCKET_NAME_MAX];
	struct sockaddr_storage peer;
	socklen_t n = sizeof(peer);
	int n_in_flight;

	if (!socket_is_unix(fd, false))
		return;
	o->has_peer = getpeername(fd, (struct sockaddr *)&peer, &n) == 0;
	o->is_dead = o->has_peer && audit_has_hung_up(fd);
	audit_label(name, socket_own_name(fd, name), o->own_name);
	audit_label(name, socket_peer_name(fd, name), o->peer_name);
	if (socket_has_input(fd)) {
		n_in_flight = socket_count_in_flight(fd);
		o->n_in_flight = n_in_flight > 0 ? (uint32_t)n_in_flight : 0;
	}
	if (o->has_peer && !o->is_dead)
		audit_nets_add(&c->audit->nets, fd);
}

/* What is it? False: nothing that ties. */
static bool audit_judge(int fd, const struct statx *x, struct audit_object *o)
{
	unsigned type = x->stx_mode & S_IFMT;

	o->device = makedev(x->stx_dev_major, x->stx_dev_minor);
	o->inode = x->stx_ino;
	if (type == S_IFCHR || type == S_IFBLK || audit_is_namespace(o->device))
		return false;
	o->type = type == S_IFIFO ? AUDIT_TYPE_PIPE : AUDIT_TYPE_FILE;
	/* One that was opened as a path is only a file. */
	if (type == S_IFSOCK && socket_cookie(fd, &o->cookie) == 0)
		o->type = AUDIT_TYPE_SOCKET;
	if (type == 0) {
		o->type = AUDIT_TYPE_ANONYMOUS;
		o->device = 0;
		o->inode = audit_anonymous_kind(fd);
	}
	return true;
}

static void audit_cell_look_at_fd(struct audit_cell *c, int fd,
				  const struct audit_holder *holder)
{
	struct audit_object o = { .holder = *holder };
	struct statx x;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		  STATX_TYPE | STATX_INO | STATX_MNT_ID, &x) < 0) {
		audit_miss(c->audit);
		return;
	}
	if (!audit_judge(fd, &x, &o))
		return;
	if (o.type == AUDIT_TYPE_SOCKET)
		audit_ask_socket(c, fd, &o);
	audit_cell_add(c, &o, audit_mount_of(&x));
}

/* ---- one task ---- */

/* One that is there and keeps us out holds we know not what. */
static void audit_on_refusal(struct audit_cell *c, int r)
{
	if (r < 0 && r != -ENOENT && r != -ESRCH && r != -EBADF)
		audit_miss(c->audit);
}

/* 0; 1 when there is no time left; or -errno. */
static int audit_look_at_number(int number, void *context)
{
	struct audit_table *t = context;
	const struct audit_holder holder = { AUDIT_HOLD_FD, t->pid, number };
	_cleanup_fd_ int fd = -1;
	int r;

	if (audit_is_over(t->cell->audit))
		return 1;
	r = pidfd_take_fd(t->pidfd, number, &fd);
	/* It was closed meanwhile. */
	if (r == -EBADF)
		return 0;
	if (r == 0)
		audit_cell_look_at_fd(t->cell, fd, &holder);
	return r;
}

/*
 * The table of a task that made itself undumpable cannot be listed by an
 * ordinary user, but we can take what is in it, number by number.
 */
static int audit_try_numbers(struct audit_table *t, pid_t tid)
{
	int n = task_limit_fds(t->pid, tid), i, r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = audit_look_at_number(i, t);
	return n < 0 ? n : r;
}

static void audit_look_at_table(struct audit_cell *c, pid_t pid, pid_t tid,
				int pidfd)
{
	struct audit_table t = { c, pid, pidfd };
	int r = task_each_fd(pid, tid, audit_look_at_number, &t);

	if (r == -EACCES)
		r = audit_try_numbers(&t, tid);
	audit_on_refusal(c, r);
}

/* A thread's table, if it is one of its own, or we cannot tell. */
static int audit_look_at_thread(int tid, void *context)
{
	struct audit_table *t = context;
	_cleanup_fd_ int pidfd = -1;
	int r;

	if (audit_is_over(t->cell->audit))
		return 1;
	if (tid == t->pid || task_shares_fds(t->pid, tid) == 1)
		return 0;
	r = task_open_thread(tid, &pidfd);
	if (r == 0)
		audit_look_at_table(t->cell, t->pid, tid, pidfd);
	audit_on_refusal(t->cell, r);
	return 0;
}

static void audit_look_at_place(struct audit_cell *c, pid_t pid,
				const char *name, enum audit_hold hold)
{
	const struct audit_holder holder = { hold, pid, -1 };
	_cleanup_fd_ int fd = -1;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		audit_cell_look_at_fd(c, fd, &holder);
	else
		audit_on_refusal(c, -errno);
}

static void audit_look_at_task(struct audit_cell *c, pid_t pid)
{
	struct audit_table t = { .cell = c, .pid = pid };
	_cleanup_fd_ int pidfd = -1;
	int r;

	r = pidfd_from_pid(pid, &pidfd);
	/* Its first thread has ended: the others live. */
	if (r == -EINVAL || r == -ENOENT)
		r = task_open_thread(pid, &pidfd);
	if (r < 0) {
		audit_on_refusal(c, r);
		return;
	}
	audit_look_at_table(c, pid, pid, pidfd);
	if (task_count_threads(pid) > 1)
		task_each_thread(pid, audit_look_at_thread, &t);
	audit_look_at_place(c, pid, "cwd", AUDIT_HOLD_CWD);
	audit_look_at_place(c, pid, "root", AUDIT_HOLD_ROOT);
	audit_cell_look_at_maps(c, pid);
}

/* ---- all tasks ---- */

/* How many were new; or -errno. */
static int audit_look_at_new(struct audit_cell *c, const struct crew *crew)
{
	int n = 0, r;
	size_t i;

	for (i = 0; i < crew->n && !audit_is_over(c->audit); i++) {
		if (crew_has(&c->seen, crew->pids[i]))
			continue;
		r = crew_add(&c->seen, crew->pids[i]);
		if (r < 0)
			return r;
		n++;
		/* The init is our own code, which holds nothing of the
		 * component's. */
		if (crew->pids[i] != c->init)
			audit_look_at_task(c, crew->pids[i]);
	}
	return n;
}

void audit_cell_look(struct audit_cell *c)
{
	struct crew crew = CREW_INIT;
	int i, r = 1;

	for (i = 0; r > 0 && i < AUDIT_ROUNDS; i++) {
		r = crew_read(&crew, c->init, c->cgroup_fd);
		if (r == 0)
			r = audit_look_at_new(c, &crew);
	}
	if (r > 0)
		audit_miss(c->audit);
	audit_on_refusal(c, r);
	crew_fini(&crew);
}
