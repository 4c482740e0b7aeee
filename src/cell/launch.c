/*
 * The launcher keeps a row per living cell, with the descriptor of its init:
 * that becomes readable when the cell is gone, and then its cgroup is removed.
 * What the rows still hold when the manager has gone is killed.
 *
 * Cells are made with CLONE_PARENT: they are the manager's children, which
 * reaps them, and get its death as their signal.
 */
#include "cell/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "cell/erase.h"
#include "cell/filter.h"
#include "cell/hearth.h"
#include "cell/init.h"
#include "cell/layer.h"
#include "cell/protocol.h"
#include "cell/range.h"
#include "cell/source.h"
#include "cell/work.h"
#include "sys/cgroup.h"
#include "sys/cgroup_file.h"
#include "sys/clone.h"
#include "sys/fd.h"
#include "sys/mounts.h"
#include "sys/packet.h"
#include "sys/path.h"
#include "sys/pidfd.h"
#include "sys/userns.h"

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

enum {
	LAUNCH_EVENTS = 32,
	LAUNCH_TIDY_MS = 5000,
	LAUNCH_TIDY_TRIES = 200,
	LAUNCH_TIDY_TRY_MS = 5,
	LAUNCH_SOCKET = 3,
	/* A blank that nobody waits for is made when the start that took the
	 * last one should be over: both want the same processors. */
	LAUNCH_REST_MS = 3,
};

/* One living cell. */
struct launch_cell {
	struct list link;
	uint64_t id;
	int pidfd;
	bool has_cgroup;
};

struct launch_path {
	struct list link;
	char text[];
};

struct launch {
	const struct launch_config *config;
	int epoll_fd;
	struct list cells, paths;
	uint64_t last_id;
	unsigned n_asked; /* blanks that are still to be made */
	struct filter filter, init_filter;
	int filter_error;
	struct hearth hearth; /* where cgroups are made */
	struct range range;   /* where user ids come from */
};

/* What is put together for one blank. */
struct launch_parts {
	int sockets[2]; /* ours, the init's */
	int pidfd, userns_fd, mounts_fd, cgroup_fd;
	pid_t pid;
};

static void launch_parts_fini(struct launch_parts *p)
{
	fd_close_all(p->sockets, 2);
	fd_close(p->pidfd);
	fd_close(p->userns_fd);
	fd_close(p->mounts_fd);
	fd_close(p->cgroup_fd);
}

static int launch_fail(struct cell_failure *why, enum cell_stage stage,
		       int error)
{
	cell_failure_set(why, stage, error, cell_failure_reason(stage, error),
			 NULL);
	return -1;
}

/* A cgroup for this blank; without one where that is allowed. */
static int launch_new_cgroup(struct launch *l, struct protocol_blank *blank,
			     struct launch_parts *p)
{
	int r;

	if (!(l->config->layers & CELL_LAYER_CGROUP))
		return 0;
	r = hearth_new_cgroup(&l->hearth, blank->id, &p->cgroup_fd,
			      blank->cgroup);
	if (r < 0 && l->config->required & CELL_LAYER_CGROUP)
		return launch_fail(&blank->failure, CELL_STAGE_CGROUP, r);
	if (r < 0)
		blank->layers &= ~(uint32_t)CELL_LAYER_CGROUP;
	return 0;
}

static _Noreturn void launch_child(struct launch *l,
				   const struct protocol_blank *blank,
				   const struct launch_parts *p)
{
	struct init_config config = {
		.socket_fd = p->sockets[1],
		.layers = blank->layers,
		.required = l->config->required,
		.is_root = l->config->is_root,
		.has_ids = blank->layers & CELL_LAYER_UIDS,
		.filter = &l->filter,
		.init_filter = &l->init_filter,
	};

	init_main(&config);
}

static int launch_clone(struct launch *l, struct protocol_blank *blank,
			struct launch_parts *p)
{
	struct clone_request request = {
		.flags = CLONE_PARENT | CLONE_NEWUSER | CLONE_NEWNS |
			 CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP,
		.cgroup_fd = p->cgroup_fd,
	};

	if (blank->layers & CELL_LAYER_NET)
		request.flags |= CLONE_NEWNET;
	p->pid = clone_task(&request, &p->pidfd);
	/* A cgroup that cannot be entered is as good as none; but what refuses
	 * the namespaces refuses them again. */
	if (p->pid < 0 && p->cgroup_fd >= 0 &&
	    !(l->config->required & CELL_LAYER_CGROUP)) {
		hearth_drop_cgroup(&l->hearth, blank->id);
		p->cgroup_fd = fd_close(p->cgroup_fd);
		blank->layers &= ~(uint32_t)CELL_LAYER_CGROUP;
		blank->cgroup[0] = 0;
		request.cgroup_fd = -1;
		p->pid = clone_task(&request, &p->pidfd);
	}
	if (p->pid == 0)
		launch_child(l, blank, p);
	if (p->pid < 0)
		return launch_fail(&blank->failure, CELL_STAGE_CLONE, p->pid);
	p->sockets[1] = fd_close(p->sockets[1]);
	blank->pid = p->pid;
	return 0;
}

/* Write the maps and let the init begin. */
static int launch_map(struct protocol_blank *blank, struct launch_parts *p,
		      unsigned n)
{
	struct userns_range uids = { CELL_INSIDE_ID, blank->uid, n };
	struct userns_range gids = { CELL_INSIDE_ID, blank->gid, n };
	uint32_t go = PROTOCOL_GO;
	int r;

	r = userns_write_maps(p->pid, uids, gids, n > 1);
	if (r == 0)
		r = userns_open_task(p->pid, &p->userns_fd);
	if (r == 0)
		r = mount_open_task(p->pid, &p->mounts_fd);
	if (r == 0)
		r = packet_send(p->sockets[0], &go, sizeof(go), NULL, 0, 0);
	return r == 0 ? 0 : launch_fail(&blank->failure, CELL_STAGE_IDS, r);
}

/* Remember the cell until it has ended. */
static int launch_keep(struct launch *l, const struct protocol_blank *blank,
		       const struct launch_parts *p)
{
	struct launch_cell *c = calloc(1, sizeof(*c));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	if (!c)
		return -ENOMEM;
	c->id = blank->id;
	c->has_cgroup = p->cgroup_fd >= 0;
	c->pidfd = fcntl(p->pidfd, F_DUPFD_CLOEXEC, 0);
	if (c->pidfd < 0 ||
	    epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->pidfd, &event) < 0) {
		fd_close(c->pidfd);
		free(c);
		return -errno;
	}
	list_link(&l->cells, &c->link);
	return 0;
}

static void launch_take_ids(struct launch *l, struct protocol_blank *blank,
			    unsigned *ret_n)
{
	if (blank->layers & CELL_LAYER_UIDS &&
	    range_take(&l->range, &blank->uid)) {
		blank->gid = blank->uid;
		*ret_n = RANGE_IDS;
		return;
	}
	blank->layers &= ~(uint32_t)CELL_LAYER_UIDS;
	blank->uid = geteuid();
	blank->gid = getegid();
	*ret_n = 1;
}

static int launch_build(struct launch *l, struct protocol_blank *blank,
			struct launch_parts *p)
{
	unsigned n;
	int r;

	if (blank->layers & CELL_LAYER_SECCOMP && l->filter_error)
		return launch_fail(&blank->failure, CELL_STAGE_FILTER,
				   l->filter_error);
	launch_take_ids(l, blank, &n);
	if (l->config->required & ~blank->layers) {
		launch_fail(&blank->failure, CELL_STAGE_REQUIRED, 0);
		blank->failure.layers = l->config->required & ~blank->layers;
		return -1;
	}
	r = packet_pair(p->sockets);
	if (r < 0)
		return launch_fail(&blank->failure, CELL_STAGE_CLONE, r);
	if (launch_new_cgroup(l, blank, p) < 0 || launch_clone(l, blank, p) < 0)
		return -1;
	r = launch_keep(l, blank, p);
	if (r < 0)
		return launch_fail(&blank->failure, CELL_STAGE_CLONE, r);
	return launch_map(blank, p, n);
}

static void launch_blank(struct launch *l)
{
	struct protocol_blank blank = { .type = PROTOCOL_BLANK };
	struct launch_parts p = {
		.sockets = { -1, -1 },
		.pidfd = -1,
		.userns_fd = -1,
		.mounts_fd = -1,
		.cgroup_fd = -1,
		.pid = -1,
	};
	int fds[5], n = 0;

	blank.id = ++l->last_id;
	blank.layers = l->config->layers;
	/* Own ids are for those who can give them; that is no lack. */
	if (!l->config->is_root)
		blank.layers &= ~(uint32_t)CELL_LAYER_UIDS;
	if (launch_build(l, &blank, &p) < 0) {
		/* The manager buries what has become its child. */
		blank.type = PROTOCOL_NO_BLANK;
		packet_send(LAUNCH_SOCKET, &blank, sizeof(blank), &p.pidfd,
			    p.pidfd >= 0, 0);
		if (p.pid < 0 && p.cgroup_fd >= 0)
			hearth_drop_cgroup(&l->hearth, blank.id);
		launch_parts_fini(&p);
		return;
	}
	fds[n++] = p.pidfd;
	fds[n++] = p.sockets[0];
	fds[n++] = p.userns_fd;
	fds[n++] = p.mounts_fd;
	if (p.cgroup_fd >= 0)
		fds[n++] = p.cgroup_fd;
	packet_send(LAUNCH_SOCKET, &blank, sizeof(blank), fds, (size_t)n, 0);
	launch_parts_fini(&p);
}

static void launch_blanks(struct launch *l)
{
	for (; l->n_asked; l->n_asked--)
		launch_blank(l);
}

/* The cell is gone: forget it, and remove its cgroup. */
static void launch_retire(struct launch *l, struct launch_cell *c)
{
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, c->pidfd, NULL);
	fd_close(c->pidfd);
	if (c->has_cgroup)
		hearth_drop_cgroup(&l->hearth, c->id);
	list_unlink(&c->link);
	free(c);
}

static void launch_register(struct launch *l, const char *path)
{
	size_t n = strlen(path) + 1;
	struct launch_path *p = malloc(sizeof(*p) + n);

	if (!p)
		return;
	memcpy(p->text, path, n);
	list_init(&p->link);
	list_link(&l->paths, &p->link);
}

static void launch_unregister(struct launch *l, const char *path)
{
	struct launch_path *p, *tmp;

	list_for_each_safe (p, tmp, &l->paths, link) {
		if (strcmp(p->text, path))
			continue;
		list_unlink(&p->link);
		free(p);
	}
}

/*
 * True in a new task that is nobody's child: nobody has to wait for it, and it
 * goes on if we end. False in ourselves.
 */
static bool launch_apart(void)
{
	pid_t pid = fork();

	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (pid != 0)
		return false;
	if (fork() != 0)
		_exit(0);
	/* The manager must not take us for the launcher. */
	close(LAUNCH_SOCKET);
	return true;
}

/* Erase in a task of its own: there may be millions of files. */
static void launch_erase(int at_fd, const char *name)
{
	if (!launch_apart())
		return;
	(void)erase_beneath(at_fd, name);
	_exit(0);
}

/* One request of the manager's. False when it is gone. */
static bool launch_read(struct launch *l)
{
	struct protocol_request request;
	_cleanup_fd_ int fd = -1;
	size_t n_fds;
	ssize_t n;

	n = packet_receive(LAUNCH_SOCKET, &request, sizeof(request), &fd, 1,
			   &n_fds, MSG_DONTWAIT);
	if (n == -EAGAIN)
		return true;
	if (n < (ssize_t)sizeof(request.type))
		return false;
	request.path[sizeof(request.path) - 1] = 0;
	switch (request.type) {
	case PROTOCOL_ASK:
		l->n_asked++;
		break;
	case PROTOCOL_HURRY:
		launch_blanks(l);
		break;
	case PROTOCOL_REGISTER:
		launch_register(l, request.path);
		break;
	case PROTOCOL_UNREGISTER:
		launch_unregister(l, request.path);
		break;
	case PROTOCOL_ERASE:
		launch_erase(fd, request.path);
		break;
	case PROTOCOL_WORK:
		if (launch_apart())
			work_main(fd, l->hearth.fd, l->hearth.name);
		break;
	}
	return true;
}

/* Kill every cell that is left and wait for each to be gone. */
static void launch_end_cells(struct launch *l)
{
	struct launch_cell *c, *tmp;
	struct epoll_event events[LAUNCH_EVENTS];
	int i, n, left_ms = LAUNCH_TIDY_MS;

	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, LAUNCH_SOCKET, NULL);
	hearth_kill(&l->hearth);
	list_for_each (c, &l->cells, link)
		pidfd_signal(c->pidfd, SIGKILL);
	while (!list_is_empty(&l->cells) && left_ms > 0) {
		n = epoll_wait(l->epoll_fd, events, LAUNCH_EVENTS, 100);
		for (i = 0; i < n; i++)
			launch_retire(l, events[i].data.ptr);
		if (n <= 0)
			left_ms -= 100;
	}
	list_for_each_safe (c, tmp, &l->cells, link)
		launch_retire(l, c);
}

/* Budgets are nested cgroups, whose last tasks may still be on their way out.
 */
static void launch_remove_budgets(struct launch *l)
{
	struct launch_path *p;
	int i, r = -EBUSY;

	for (i = 0; i < LAUNCH_TIDY_TRIES && r == -EBUSY; i++) {
		if (i)
			poll(NULL, 0, LAUNCH_TIDY_TRY_MS);
		r = 0;
		list_for_each (p, &l->paths, link)
			if (cgroup_remove_path(p->text) == -EBUSY)
				r = -EBUSY;
	}
}

static _Noreturn void launch_end(struct launch *l)
{
	struct launch_path *p;

	list_for_each (p, &l->paths, link)
		if (unlink(p->text) < 0)
			rmdir(p->text);
	launch_end_cells(l);
	hearth_remove(&l->hearth);
	launch_remove_budgets(l);
	_exit(0);
}

/* Be called what we are, instead of what the manager was called. */
static void launch_rename(void)
{
	static const char name[] = "reeve-launcher";
	char stat[2048], *at;
	unsigned long start = 0, end = 0;
	size_t room;
	int field;

	prctl(PR_SET_NAME, name, 0, 0, 0);
	if (path_read_file("/proc/self/stat", stat, sizeof(stat)) < 0)
		return;
	/* arg_start and arg_end are fields 48 and 49; the name in field 2 may
	 * hold anything, but no later field holds a parenthesis. */
	at = strrchr(stat, ')');
	for (field = 2; at && field < 48; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, "%lu %lu", &start, &end) != 2 || end <= start)
		return;
	room = end - start;
	memset((void *)start, 0, room);
	memcpy((void *)start, name,
	       room < sizeof(name) ? room - 1 : sizeof(name));
}

/* Keep nothing of the manager's but the socket, in a session of our own. */
static void launch_detach(int socket_fd)
{
	static const int ignored[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT,
				       SIGPIPE, SIGTSTP, SIGUSR1, SIGUSR2 };
	sigset_t none;
	size_t i;
	int fd;

	setsid();
	for (i = 0; i < N_ELEMENTS(ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fd = open("/dev/null", O_RDWR);
	for (i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, (int)i);
	dup3(socket_fd, LAUNCH_SOCKET, O_CLOEXEC);
	syscall(SYS_close_range, LAUNCH_SOCKET + 1, ~0U, 0);
	if (chdir("/") < 0)
		_exit(1);
	umask(022);
}

_Noreturn void launch_main(int socket_fd, const struct launch_config *config)
{
	struct launch l = { .config = config };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	struct epoll_event events[LAUNCH_EVENTS];
	int i, n;

	/* Should the socket happen to be where descriptor 3 goes already,
	 * dup3() would fail, and nothing be lost. */
	launch_detach(socket_fd);
	launch_rename();
	list_init(&l.cells);
	list_init(&l.paths);
	hearth_open(&l.hearth);
	range_init(&l.range);
	l.filter_error = filter_build(&l.filter);
	if (l.filter_error == 0)
		l.filter_error = filter_build_init(&l.init_filter);
	l.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l.epoll_fd < 0 ||
	    epoll_ctl(l.epoll_fd, EPOLL_CTL_ADD, LAUNCH_SOCKET, &event) < 0)
		_exit(1);
	for (;;) {
		n = epoll_wait(l.epoll_fd, events, LAUNCH_EVENTS,
			       l.n_asked ? LAUNCH_REST_MS : -1);
		if (n == 0)
			launch_blanks(&l);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr)
				launch_retire(&l, events[i].data.ptr);
			else if (!launch_read(&l))
				launch_end(&l);
		}
	}
}
