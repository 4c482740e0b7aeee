/* The manager's side of the launcher. */
#include "cell/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cell/launch.h"
#include "cell/protocol.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/pidfd.h"

static int launcher_send(struct launcher *l, enum protocol_type type,
			 const char *path)
{
	struct protocol_request request = { .type = type };
	size_t n = sizeof(request.type);

	if (path) {
		if (path[0] != '/' || strlen(path) > PLAN_PATH_MAX)
			return -EINVAL;
		strcpy(request.path, path);
		n += strlen(path) + 1;
	}
	return packet_send(l->socket_fd, &request, n, NULL, 0, MSG_DONTWAIT);
}

/* Ask for as many blanks as the pool lacks. */
static int launcher_ask(struct launcher *l)
{
	int r;

	while (l->n_blanks + l->n_asked < l->pool) {
		r = launcher_send(l, PROTOCOL_ASK, NULL);
		if (r < 0)
			return r == -EAGAIN ? 0 : r;
		l->n_asked++;
	}
	return 0;
}

/* Somebody waits: what was asked for is wanted now. */
static int launcher_hurry(struct launcher *l)
{
	int r = launcher_send(l, PROTOCOL_HURRY, NULL);

	return r == -EAGAIN ? 0 : r;
}

static int launcher_fork(struct launcher *l, const struct launch_config *config)
{
	int sockets[2], r;
	pid_t pid;

	r = packet_pair(sockets);
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		launch_main(sockets[1], config);
	r = pid < 0 ? -errno : 0;
	fd_close(sockets[1]);
	if (r == 0)
		r = pidfd_from_pid(pid, &l->pidfd);
	if (r == 0)
		r = fd_set_nonblocking(sockets[0]);
	if (r < 0) {
		fd_close(sockets[0]);
		return r;
	}
	l->pid = pid;
	l->socket_fd = sockets[0];
	return 0;
}

int launcher_start(struct launcher *l, const struct launcher_config *config)
{
	struct launch_config launch;
	int r;

	*l = (struct launcher)LAUNCHER_INIT;
	l->layers = config->layers ? config->layers : CELL_LAYERS_ALL;
	l->required =
		config->required ? config->required : CELL_LAYERS_REQUIRED;
	l->required &= l->layers;
	l->pool = config->pool ? config->pool : LAUNCHER_POOL_DEFAULT;
	if (l->pool > LAUNCHER_POOL_MAX)
		l->pool = LAUNCHER_POOL_MAX;
	/* Not merely uid 0: in a container that may mean little. */
	l->is_root = caps_has(CAPS_SYS_ADMIN);
	launch = (struct launch_config){
		.layers = l->layers,
		.required = l->required,
		.is_root = l->is_root,
	};
	r = launcher_fork(l, &launch);
	if (r < 0)
		return r;
	r = launcher_ask(l);
	return r == 0 ? launcher_hurry(l) : r;
}

/* One whose descriptors we had no room for. Its socket is closed with them, so
 * it ends; but it is our child. */
static void launcher_lose(struct launcher *l,
			  const struct protocol_blank *blank)
{
	l->n_asked -= l->n_asked > 0;
	if (blank->pid > 0) {
		kill(blank->pid, SIGKILL);
		waitpid(blank->pid, NULL, 0);
	}
	cell_failure_set(&l->failure, CELL_STAGE_LAUNCHER, EMFILE,
			 CELL_REASON_NONE, NULL);
	l->has_failure = true;
}

/* A cell that the launcher could not finish is our child all the same. */
static void launcher_bury(int *fds, size_t n_fds)
{
	siginfo_t info;

	if (n_fds) {
		pidfd_signal(fds[0], SIGKILL);
		pidfd_wait(fds[0], &info);
	}
	fd_close_all(fds, n_fds);
}

static int launcher_add(struct launcher *l, const struct protocol_blank *blank,
			int *fds, size_t n_fds)
{
	struct cell *c = &l->blanks[l->n_blanks];

	if (n_fds < 4 || n_fds > 5 || l->n_blanks == LAUNCHER_POOL_MAX) {
		fd_close_all(fds, n_fds);
		return -EPROTO;
	}
	*c = (struct cell)CELL_INIT;
	c->id = blank->id;
	c->pid = blank->pid;
	c->pidfd = fds[0];
	c->socket_fd = fds[1];
	c->userns_fd = fds[2];
	c->mounts_fd = fds[3];
	c->cgroup_fd = n_fds == 5 ? fds[4] : -1;
	c->uid = blank->uid;
	c->gid = blank->gid;
	c->layers = blank->layers;
	c->lacking = l->layers & ~blank->layers;
	/* Own ids are for those who can give them; that is no lack. */
	if (!l->is_root)
		c->lacking &= ~(uint32_t)CELL_LAYER_UIDS;
	c->is_root = l->is_root;
	memcpy(c->cgroup, blank->cgroup, sizeof(c->cgroup));
	l->n_blanks++;
	return 0;
}

int launcher_process(struct launcher *l)
{
	struct protocol_blank blank;
	int fds[5], r = 0;
	size_t n_fds;
	ssize_t n;

	while (r == 0) {
		blank.pid = 0;
		n = packet_receive(l->socket_fd, &blank, sizeof(blank), fds,
				   N_ELEMENTS(fds), &n_fds, MSG_DONTWAIT);
		if (n == -EAGAIN)
			return 0;
		if (n == -EMSGSIZE) {
			launcher_lose(l, &blank);
			continue;
		}
		if (n == 0 || n == -ECONNRESET)
			return -EPIPE;
		if (n < 0)
			return (int)n;
		l->n_asked -= l->n_asked > 0;
		if (n == sizeof(blank) && blank.type == PROTOCOL_BLANK) {
			l->has_failure = false;
			r = launcher_add(l, &blank, fds, n_fds);
			continue;
		}
		launcher_bury(fds, n_fds);
		if (n != sizeof(blank) || blank.type != PROTOCOL_NO_BLANK)
			return -EPROTO;
		l->failure = blank.failure;
		l->has_failure = true;
	}
	return r;
}

/* Does this blank still live? One that failed has reported and ended. */
static bool launcher_is_fresh(const struct cell *c)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

/* The oldest blank leaves the pool. */
static void launcher_pop(struct launcher *l, struct cell *ret)
{
	*ret = l->blanks[0];
	l->n_blanks--;
	memmove(l->blanks, l->blanks + 1, l->n_blanks * sizeof(*l->blanks));
}

/*
 * The oldest blank that lives. One that does not has mostly said why: then that
 * is the answer, for the next would fail alike.
 */
static int launcher_pop_fresh(struct launcher *l, struct cell *ret,
			      struct cell_failure *ret_why)
{
	struct cell_event event;
	struct cell c;
	bool has_failed;

	while (l->n_blanks) {
		launcher_pop(l, &c);
		if (launcher_is_fresh(&c)) {
			*ret = c;
			return 0;
		}
		has_failed = cell_read_event(&c, &event) == 0;
		if (has_failed) {
			*ret_why = event.failure;
			has_failed = event.type == CELL_EVENT_FAILED;
			cell_event_fini(&event);
		}
		cell_fini(&c);
		if (has_failed)
			return LAUNCHER_FAILED;
	}
	return LAUNCHER_EMPTY;
}

int launcher_take(struct launcher *l, struct cell *ret,
		  struct cell_failure *ret_why)
{
	int verdict, r;

	verdict = launcher_pop_fresh(l, ret, ret_why);
	if (verdict == LAUNCHER_EMPTY && l->has_failure) {
		*ret_why = l->failure;
		l->has_failure = false;
		return LAUNCHER_FAILED;
	}
	/* With a blank in hand, the next can wait until that one runs. */
	r = launcher_ask(l);
	if (r == 0 && verdict == LAUNCHER_EMPTY)
		r = launcher_hurry(l);
	if (verdict != LAUNCHER_EMPTY || r == 0)
		return verdict;
	cell_failure_set(ret_why, CELL_STAGE_LAUNCHER, r, CELL_REASON_NONE,
			 NULL);
	return LAUNCHER_FAILED;
}

int launcher_register_path(struct launcher *l, const char *path)
{
	return launcher_send(l, PROTOCOL_REGISTER, path);
}

int launcher_unregister_path(struct launcher *l, const char *path)
{
	return launcher_send(l, PROTOCOL_UNREGISTER, path);
}

int launcher_erase(struct launcher *l, int at_fd, const char *name)
{
	struct protocol_request request = { .type = PROTOCOL_ERASE };
	size_t n = strlen(name) + 1;

	if (l->socket_fd < 0)
		return -EPIPE;
	if (n > sizeof(request.path))
		return -ENAMETOOLONG;
	memcpy(request.path, name, n);
	return packet_send(l->socket_fd, &request, sizeof(request.type) + n,
			   &at_fd, 1, MSG_DONTWAIT);
}

int launcher_work(struct launcher *l, enum work_kind kind, const void *bytes,
		  size_t n, const int *fds, size_t n_fds, int *ret_fd)
{
	struct protocol_request request = { .type = PROTOCOL_WORK };
	_cleanup_fd_ int own_fd = -1, worker_fd = -1;
	struct protocol_work order = { .kind = kind };
	int sockets[2], r;

	if (l->socket_fd < 0)
		return -EPIPE;
	if (n > sizeof(order.bytes) || n_fds > WORK_FDS_MAX)
		return -EMSGSIZE;
	if (n)
		memcpy(order.bytes, bytes, n);
	r = packet_pair(sockets);
	if (r < 0)
		return r;
	own_fd = sockets[0];
	worker_fd = sockets[1];
	r = fd_set_nonblocking(own_fd);
	if (r == 0)
		r = packet_send(own_fd, &order,
				offsetof(struct protocol_work, bytes) + n, fds,
				n_fds, MSG_DONTWAIT);
	if (r == 0)
		r = packet_send(l->socket_fd, &request, sizeof(request.type),
				&worker_fd, 1, MSG_DONTWAIT);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(own_fd);
	return 0;
}

/* Read on until the launcher has closed its end: blanks that are on their way
 * are children of ours, to be reaped. */
static void launcher_drain(struct launcher *l, int timeout_ms)
{
	struct pollfd p = { .fd = l->socket_fd, .events = POLLIN };

	/* Half a close: the launcher sees its end come, we see what it sent. */
	shutdown(l->socket_fd, SHUT_WR);
	while (poll(&p, 1, timeout_ms) > 0)
		if (launcher_process(l) < 0)
			return;
}

int launcher_stop(struct launcher *l, int timeout_ms)
{
	struct pollfd p = { .fd = l->pidfd, .events = POLLIN };
	siginfo_t info;
	unsigned i;
	int r = 0;

	if (l->pidfd < 0)
		return 0;
	launcher_drain(l, timeout_ms);
	for (i = 0; i < l->n_blanks; i++) {
		pidfd_signal(l->blanks[i].pidfd, SIGKILL);
		pidfd_wait(l->blanks[i].pidfd, &info);
		l->blanks[i].is_reaped = true;
		cell_fini(&l->blanks[i]);
	}
	l->n_blanks = 0;
	l->socket_fd = fd_close(l->socket_fd);
	if (poll(&p, 1, timeout_ms) > 0)
		pidfd_wait(l->pidfd, &info);
	else
		r = -ETIMEDOUT;
	l->pidfd = fd_close(l->pidfd);
	l->pid = -1;
	return r;
}
