#include "sever_rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cell/crew.h"
#include "hide.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/task.h"
#include "sys/unix_socket.h"

enum {
	REPORT_MS = 60000,
	ACT_ANSWER = -1, /* instead of a part: just answer */
};

struct launcher launcher;
struct sever sever = SEVER_INIT;
int groups_fd = -1;
static char groups_name[64];

bool has_freezer(enum sever_freezer freezer)
{
	char path[CGROUP_PATH_MAX];

	if (freezer == SEVER_FREEZER_CGROUP2)
		return groups_fd >= 0;
	if (freezer == SEVER_FREEZER_CGROUP1)
		return cgroup_find_v1("freezer", path) == 0 &&
		       access(path, W_OK) == 0;
	return true;
}

int sever_rig_start(void **state)
{
	struct launcher_config config = { .pool = 1 };
	char own[CGROUP_PATH_MAX];
	int parent_fd;

	(void)state;
	if (launcher_start(&launcher, &config) < 0)
		return -1;
	if (cgroup_find_own(own) < 0)
		return 0;
	parent_fd = open(own, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(groups_name, sizeof(groups_name), "test-sever-%d",
		 (int)getpid());
	if (cgroup_new(parent_fd, groups_name, &groups_fd) < 0 ||
	    !cgroup_is_usable(groups_fd))
		groups_fd = fd_close(groups_fd);
	close(parent_fd);
	return 0;
}

/* Nothing of ours is left among the freezer's directories. */
static bool is_tidy(void)
{
	char path[CGROUP_PATH_MAX], name[64];
	struct dirent *e;
	bool is = true;
	DIR *d;

	if (cgroup_find_v1("freezer", path) < 0)
		return true;
	d = opendir(path);
	snprintf(name, sizeof(name), "reeve-%d.", (int)launcher.pid);
	while (d && (e = readdir(d)))
		is &= strncmp(e->d_name, name, strlen(name)) != 0;
	if (d)
		closedir(d);
	return is;
}

int sever_rig_stop(void **state)
{
	char own[CGROUP_PATH_MAX];
	int parent_fd;

	(void)state;
	sever_end(&sever);
	if (!is_tidy() || launcher_stop(&launcher, 10000) < 0)
		return -1;
	if (groups_fd < 0 || cgroup_find_own(own) < 0)
		return 0;
	parent_fd = open(own, O_PATH | O_DIRECTORY | O_CLOEXEC);
	groups_fd = fd_close(groups_fd);
	cgroup_remove(parent_fd, groups_name);
	close(parent_fd);
	return 0;
}

/* End all that descends from us. */
static void act_end_others(void)
{
	struct crew crew = CREW_INIT;
	int round;
	size_t i;

	for (round = 0; round < 1000; round++) {
		if (crew_read(&crew, getpid(), -1) < 0 || crew.n == 1)
			break;
		for (i = 1; i < crew.n; i++)
			kill(crew.pids[i], SIGKILL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	crew_fini(&crew);
}

/*
 * The init of an act: it gets its part and a descriptor in one message, and
 * says how that went. Then it waits for messages that only it would answer,
 * until the test or its act is over.
 */
static _Noreturn void act_main(int told_fd)
{
	int part, fd, r;
	size_t n_fds;

	/* Nothing of the test's but this socket. */
	if (dup2(told_fd, 3) != 3)
		_exit(1);
	close_range(4, ~0U, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (;;) {
		fd = -1;
		if (packet_receive(3, &part, sizeof(part), &fd, 1, &n_fds, 0) !=
		    sizeof(part))
			break;
		r = part == ACT_ANSWER ? 0 : hide_play(part, fd);
		packet_send(3, &r, sizeof(r), NULL, 0, 0);
	}
	act_end_others();
	_exit(0);
}

void act_begin(struct act *a, bool has_group)
{
	static uint64_t last_id = 100;
	int ends[2];

	*a = (struct act){ .cell = { ++last_id, -1, -1 } };
	assert_int_equal(packet_pair(ends), 0);
	a->cell.pid = fork();
	if (a->cell.pid == 0) {
		close(ends[0]);
		act_main(ends[1]);
	}
	close(ends[1]);
	a->tell_fd = ends[0];
	if (!has_group || groups_fd < 0)
		return;
	snprintf(a->group, sizeof(a->group), "act-%d", (int)a->cell.pid);
	assert_int_equal(cgroup_new(groups_fd, a->group, &a->cell.cgroup_fd),
			 0);
	{
		char path[64];
		int fd = openat(a->cell.cgroup_fd, "cgroup.procs", O_WRONLY);

		snprintf(path, sizeof(path), "%d", (int)a->cell.pid);
		assert_true(write(fd, path, strlen(path)) > 0);
		close(fd);
	}
}

int act_play(struct act *a, int part, int take_fd)
{
	size_t n_fds;
	int r;

	assert_int_equal(packet_send(a->tell_fd, &part, sizeof(part), &take_fd,
				     take_fd >= 0, 0),
			 0);
	fd_close(take_fd);
	assert_int_equal(
		packet_receive(a->tell_fd, &r, sizeof(r), NULL, 0, &n_fds, 0),
		sizeof(r));
	return r;
}

bool act_is_kept(const struct act *a)
{
	struct crew crew = CREW_INIT;
	bool is_kept =
		a->cell.cgroup_fd >= 0 && cgroup_is_frozen(a->cell.cgroup_fd);
	size_t i;

	assert_int_equal(crew_read(&crew, a->cell.pid, -1), 0);
	for (i = 0; i < crew.n; i++)
		is_kept |= task_state(crew.pids[i], crew.pids[i], NULL) == 'T';
	crew_fini(&crew);
	return is_kept;
}

void act_expect_running(struct act *a)
{
	struct pollfd p = { .fd = a->tell_fd, .events = POLLIN };
	int part = ACT_ANSWER;
	size_t n_fds;

	assert_int_equal(
		packet_send(a->tell_fd, &part, sizeof(part), NULL, 0, 0), 0);
	assert_int_equal(poll(&p, 1, CALM_MS), 1);
	assert_int_equal(packet_receive(a->tell_fd, &part, sizeof(part), NULL,
					0, &n_fds, 0),
			 sizeof(part));
	assert_false(act_is_kept(a));
}

void act_end(struct act *a)
{
	int i;

	/* Its tasks have inherited the other end, so closing is not enough. */
	shutdown(a->tell_fd, SHUT_RDWR);
	close(a->tell_fd);
	for (i = 0; i < CALM_MS; i++) {
		if (waitpid(a->cell.pid, NULL, WNOHANG) == a->cell.pid)
			break;
		usleep(1000);
	}
	assert_true(i < CALM_MS);
	a->cell.cgroup_fd = fd_close(a->cell.cgroup_fd);
	for (i = 0; a->group[0] && i < CALM_MS; i++) {
		if (cgroup_remove(groups_fd, a->group) == 0)
			return;
		usleep(1000);
	}
	assert_false(a->group[0]);
}

void channel_open(struct channel *c)
{
	struct epoll_event event = { .events =
					     EPOLLRDHUP | EPOLLHUP | EPOLLET };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	static unsigned last;
	int ends[2];

	*c = (struct channel){ .weak_fd = epoll_create1(EPOLL_CLOEXEC) };
	assert_int_equal(packet_pair(ends), 0);
	c->client_fd = ends[0];
	c->server_fd = ends[1];
	assert_int_equal(socket_cookie(c->server_fd, &c->target.cookie), 0);
	c->target.n_label =
		(uint8_t)snprintf(c->target.label, SEVER_LABEL_MAX,
				  "test-%d-%u", (int)getpid(), ++last);
	memcpy(a.sun_path + 1, c->target.label, c->target.n_label);
	assert_int_equal(
		bind(c->server_fd, (struct sockaddr *)&a,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				 c->target.n_label)),
		0);
	assert_int_equal(
		epoll_ctl(c->weak_fd, EPOLL_CTL_ADD, c->server_fd, &event), 0);
}

void channel_close(struct channel *c)
{
	fd_close(c->client_fd);
	fd_close(c->server_fd);
	fd_close(c->weak_fd);
}

bool channel_has_ended(struct channel *c)
{
	struct epoll_event event;
	struct pollfd p = { .fd = c->client_fd };

	return epoll_wait(c->weak_fd, &event, 1, 0) > 0 ||
	       (poll(&p, 1, 0) > 0 && p.revents & POLLHUP);
}

void channel_expect_dead(struct channel *c)
{
	assert_true(channel_has_ended(c));
	assert_int_equal(send(c->client_fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(socket_unread(c->client_fd), 0);
}

void sever_start(void)
{
	if (sever.fd >= 0)
		return;
	assert_int_equal(sever_begin(&sever, &launcher), 0);
}

void sever_wait(struct sever_report *ret)
{
	struct pollfd p = { .fd = sever.fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, REPORT_MS), 1);
	assert_int_equal(sever_read(&sever, ret), 0);
	assert_int_equal(sever_read(&sever, ret), SEVER_AGAIN);
}

void sever_do(enum sever_kind kind, enum sever_freezer freezer,
	      const struct sever_cell *cells, size_t n_cells,
	      const struct channel *channels, size_t n_channels,
	      struct sever_report *ret)
{
	struct sever_target *targets = calloc(n_channels, sizeof(*targets));
	struct sever_order order = {
		.kind = kind,
		.freezer = freezer,
		.cells = cells,
		.n_cells = n_cells,
		.targets = targets,
		.n_targets = n_channels,
		.cell_ms = 20000,
		.order_ms = 20000,
	};
	size_t i;

	for (i = 0; i < n_channels; i++)
		targets[i] = channels[i].target;
	sever_start();
	assert_int_equal(sever_order(&sever, &order), 0);
	assert_int_equal(sever_order(&sever, &order), -EBUSY);
	sever_wait(ret);
	free(targets);
	assert_int_equal(ret->n_found, n_channels);
	assert_int_equal(ret->n_cells, n_cells);
	for (i = 0; i < n_cells; i++)
		assert_int_equal(ret->cells[i].id, cells[i].id);
}
