/*
 * Three walls keep the cell from outliving its manager: the parent-death
 * signal, the end of the socket, and the launcher, which kills what is left.
 * When the init ends, the kernel ends every task of the namespace.
 */
#include "cell/init.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cell/attach.h"
#include "cell/blank.h"
#include "cell/cell.h"
#include "cell/confine.h"
#include "cell/exec.h"
#include "cell/protocol.h"
#include "cell/source.h"
#include "cell/ward.h"
#include "sys/fd.h"
#include "sys/mounts.h"
#include "sys/packet.h"

enum {
	/* Below are those of the component's files: in the table that the init
	 * shares with the task that will run the program (exec.c). */
	INIT_SOCKET = 3 + CELL_FILES_MAX,
	INIT_FILES_ABOVE = INIT_SOCKET + 1,
};

struct init {
	const struct init_config *config;
	struct blank blank;
	struct plan plan;
	int null_fd, signal_fd;
	struct exec_files files;
	int fds[PACKET_FDS_MAX]; /* what came with the plan */
	size_t n_fds;
	int mount_fds[PLAN_MOUNTS_MAX]; /* -1: not passed */
	const int *group_fds;
	struct protocol_plan header;
	struct exec_task *task;
	pid_t main_pid;
	struct ward ward;
};

static void init_report(const struct protocol_event *event)
{
	/* A manager that does not read must not keep us from ending. */
	packet_send(INIT_SOCKET, event, sizeof(*event), NULL, 0, MSG_DONTWAIT);
}

static _Noreturn void init_fail(const struct cell_failure *why)
{
	struct protocol_event event = { .type = PROTOCOL_FAILED,
					.failure = *why };

	init_report(&event);
	_exit(1);
}

static _Noreturn void init_fail_at(enum cell_stage stage, int error)
{
	struct cell_failure why;

	cell_failure_set(&why, stage, error, CELL_REASON_NONE, NULL);
	init_fail(&why);
}

/* Keep nothing of the launcher's but the socket. */
static void init_close_inherited(int socket_fd)
{
	if (socket_fd != INIT_SOCKET)
		dup3(socket_fd, INIT_SOCKET, O_CLOEXEC);
	syscall(SYS_close_range, 3, INIT_SOCKET - 1, 0);
	syscall(SYS_close_range, INIT_FILES_ABOVE, ~0U, 0);
}

/* Move @fd above everything that the component's files can take. 0 or -errno.
 */
static int init_lift(int *fd)
{
	int lifted;

	if (*fd >= INIT_FILES_ABOVE)
		return 0;
	lifted = fcntl(*fd, F_DUPFD_CLOEXEC, INIT_FILES_ABOVE);
	if (lifted < 0)
		return -errno;
	fd_close(*fd);
	*fd = lifted;
	return 0;
}

/* Has the other end of the socket been closed? */
static bool init_is_alone(void)
{
	struct pollfd p = { .fd = INIT_SOCKET, .events = 0 };

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR);
}

/* Wait until the launcher has written the maps. */
static void init_wait_maps(void)
{
	uint32_t type;
	size_t n_fds;

	if (packet_receive(INIT_SOCKET, &type, sizeof(type), NULL, 0, &n_fds,
			   0) != sizeof(type) ||
	    type != PROTOCOL_GO)
		_exit(1);
}

/*
 * Become the component's user. Capabilities stay: only leaving user 0 of a
 * namespace takes them, and this one has none.
 */
static void init_become_user(struct init *s)
{
	int r = 0;

	if (setresgid(CELL_INSIDE_ID, CELL_INSIDE_ID, CELL_INSIDE_ID) < 0 ||
	    (s->config->has_ids && setgroups(0, NULL) < 0) ||
	    setresuid(CELL_INSIDE_ID, CELL_INSIDE_ID, CELL_INSIDE_ID) < 0)
		r = -errno;
	/* Only now: a change of ids would have cleared it. */
	if (r == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0)
		init_fail_at(CELL_STAGE_USER, r);
	/* Whoever was to send that signal may have died before we asked. */
	if (init_is_alone())
		init_fail_at(CELL_STAGE_PARENT, 0);
	setsid();
}

static void init_build_blank(struct init *s)
{
	struct cell_failure why;
	uint32_t lacking;

	s->blank = (struct blank){
		.root_fd = -1,
		.tmp_fd = -1,
		.shm_fd = -1,
		.ruleset_fd = -1,
		.host_ns_fd = -1,
		.cell_ns_fd = -1,
		.layers = s->config->layers,
		.is_root = s->config->is_root,
	};
	if (blank_build(&s->blank, &why) < 0)
		init_fail(&why);
	lacking = s->blank.missing & s->config->required;
	if (!lacking)
		return;
	cell_failure_set(&why, CELL_STAGE_REQUIRED, 0, CELL_REASON_NONE, NULL);
	why.layers = lacking;
	init_fail(&why);
}

/* What takes the place of standard streams that the plan does not pass. */
static void init_open_null(struct init *s)
{
	int r;

	s->null_fd = openat(s->blank.root_fd, "dev/null", O_RDWR | O_CLOEXEC);
	r = s->null_fd < 0 ? -errno : init_lift(&s->null_fd);
	if (r < 0)
		init_fail_at(CELL_STAGE_DEV, r);
}

/* The end of children becomes readable; blocked before there is one, so that
 * none is missed. */
static void init_watch_children(struct init *s)
{
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	r = s->signal_fd < 0 ? -errno : init_lift(&s->signal_fd);
	if (r < 0)
		init_fail_at(CELL_STAGE_FORK, r);
}

/* The task that will be the component; see exec.c. */
static void init_prepare_task(struct init *s)
{
	struct cell_failure why;

	/* Nobody's business, from here on: our memory and descriptors. The
	 * program is dumpable again by its exec. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		init_fail_at(CELL_STAGE_PRIVILEGES, -errno);
	if (exec_prepare(&s->blank, s->config->filter, &s->task, &why) < 0)
		init_fail(&why);
}

/*
 * Read a plan of no consequence, for the sake of the pages that this touches: a
 * fault costs more than most of the calls here.
 */
static void init_warm_up(void)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	_cleanup_plan_ struct plan p, copy;

	plan_init(&p);
	plan_init(&copy);
	plan_set_moniker(&p, "/");
	plan_set_binary(&p, "/pkg/bin/program");
	plan_add_arg(&p, "program");
	plan_add_environ(&p, "NAME=value");
	plan_add_service(&p, "/svc/name");
	if (plan_write(&p, &t) == 0)
		(void)!plan_read(t.bytes, t.n, &copy);
}

/*
 * Move what was received out of the way of what the component will have, so
 * that no descriptor is overwritten before it has been used.
 */
static int init_lift_fds(struct init *s)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->n_fds; i++)
		r = init_lift(&s->fds[i]);
	return r;
}

/* Tell the descriptors apart, as struct protocol_plan says. */
static int init_sort_fds(struct init *s)
{
	const struct protocol_plan *h = &s->header;
	size_t at = 0, i;

	if (h->n_files > CELL_FILES_MAX)
		return -EPROTO;
	for (i = 0; i < 3; i++) {
		s->files.stdio[i] = s->null_fd;
		if (!(h->stdio & (1U << i)))
			continue;
		if (at == s->n_fds)
			return -EPROTO;
		s->files.stdio[i] = s->fds[at++];
	}
	if (h->n_files > s->n_fds - at)
		return -EPROTO;
	s->files.fds = s->fds + at;
	s->files.n_fds = h->n_files;
	at += h->n_files;
	for (i = 0; i < s->plan.n_mounts; i++) {
		s->mount_fds[i] = -1;
		if (h->mounts[i] != PROTOCOL_MOUNT_PASSED)
			continue;
		if (at == s->n_fds)
			return -EPROTO;
		s->mount_fds[i] = s->fds[at++];
	}
	s->group_fds = s->fds + at;
	return at + h->n_groups == s->n_fds ? 0 : -EPROTO;
}

/* Wait for the plan; without one this blank is not wanted any more. */
static void init_read_plan(struct init *s)
{
	static char message[sizeof(struct protocol_plan) + PLAN_BYTES_MAX];
	ssize_t n;
	int r;

	n = packet_receive(INIT_SOCKET, message, sizeof(message), s->fds,
			   PACKET_FDS_MAX, &s->n_fds, 0);
	if (n == 0)
		_exit(0);
	if (n < 0)
		init_fail_at(CELL_STAGE_PLAN, (int)n);
	if ((size_t)n < sizeof(s->header))
		init_fail_at(CELL_STAGE_PLAN, -EPROTO);
	memcpy(&s->header, message, sizeof(s->header));
	plan_init(&s->plan);
	r = plan_read(message + sizeof(s->header),
		      (size_t)n - sizeof(s->header), &s->plan);
	if (r > 0 || s->header.type != PROTOCOL_PLAN)
		r = -EPROTO;
	if (r == 0)
		r = init_lift_fds(s);
	if (r == 0)
		r = init_sort_fds(s);
	if (r < 0)
		init_fail_at(CELL_STAGE_PLAN, r);
}

/* "/shop/web" is called "shop-web". */
static void init_set_hostname(const struct plan *p)
{
	char name[64];
	size_t n = 0;
	const char *at;

	for (at = p->moniker; *at && n < sizeof(name) - 1; at++) {
		if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
		    (*at >= '0' && *at <= '9'))
			name[n++] = *at;
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	}
	if (!n)
		name[n++] = 'r';
	/* A name is a courtesy; nothing depends on it. */
	(void)!sethostname(name, n);
}

static void init_resize(struct init *s)
{
	int r;

	if (s->plan.tmp_bytes == PLAN_TMP_DEFAULT || !s->plan.tmp_bytes)
		return;
	r = mount_resize_tmpfs(s->blank.tmp_fd, s->plan.tmp_bytes);
	if (r == 0)
		r = mount_resize_tmpfs(s->blank.shm_fd, s->plan.tmp_bytes);
	if (r < 0)
		init_fail_at(CELL_STAGE_TMP, r);
}

/*
 * Move ourselves and the component's task into the cgroups of its budget,
 * before anything is done that counts. This takes the kernel milliseconds,
 * which is why the manager leaves it to us; that we may do it was decided when
 * it opened the lists.
 */
static void init_enter_groups(struct init *s)
{
	char pids[2][16] = { "0", "" };
	int r = 0;
	size_t i, k;

	snprintf(pids[1], sizeof(pids[1]), "%d", (int)exec_pid(s->task));
	for (i = 0; i < s->header.n_groups; i++) {
		for (k = 0; r == 0 && k < 2; k++)
			if (write(s->group_fds[i], pids[k], strlen(pids[k])) <
			    0)
				r = -errno;
		fd_close(s->group_fds[i]);
	}
	if (r < 0)
		init_fail_at(CELL_STAGE_CGROUP, r);
}

static void init_carry_out(struct init *s)
{
	struct cell_failure why;
	int r;

	init_enter_groups(s);
	init_set_hostname(&s->plan);
	init_resize(s);
	if (s->plan.strict) {
		r = blank_make_strict(&s->blank);
		if (r < 0)
			init_fail_at(CELL_STAGE_HOST, r);
	}
	if (attach_plan(&s->blank, &s->plan, s->header.mounts, s->mount_fds,
			INIT_SOCKET, &why) < 0)
		init_fail(&why);
	if (init_is_alone())
		init_fail_at(CELL_STAGE_PARENT, 0);
}

/* Let go of all that starting the component took. What the component holds, we
 * must not hold too: its peers wait for the last holder to close. */
static void init_let_go(struct init *s)
{
	struct cell_failure why;
	size_t i;

	for (i = 0; i < 3; i++)
		if (s->files.stdio[i] != s->null_fd)
			fd_close(s->files.stdio[i]);
	for (i = 0; i < s->files.n_fds; i++)
		fd_close(s->files.fds[i]);
	fd_close(s->null_fd);
	/* The component's own, and all that was opened to build the blank. */
	syscall(SYS_close_range, 0, INIT_SOCKET - 1, 0);
	plan_fini(&s->plan);
	if (confine_init(&s->blank, s->config->init_filter, &why) < 0)
		init_fail(&why);
}

static void init_start(struct init *s)
{
	struct protocol_event event = { .type = PROTOCOL_STARTED,
					.missing = s->blank.missing };
	struct cell_failure why;

	/* Of the blank, the rules are kept: guests are under them too. They
	 * move out of the way of the program's files. */
	ward_open(&s->ward, exec_pid(s->task), s->blank.ruleset_fd,
		  INIT_FILES_ABOVE);
	s->blank.ruleset_fd = s->ward.rules_fd;
	s->main_pid = exec_run(s->task, &s->blank, &s->plan, &s->files, &why);
	if (s->main_pid < 0)
		init_fail(&why);
	init_report(&event);
	init_let_go(s);
}

static _Noreturn void init_end(int status)
{
	struct protocol_event event = { .type = PROTOCOL_EXITED };

	if (WIFEXITED(status))
		event.code = WEXITSTATUS(status);
	else
		event.signal = WTERMSIG(status);
	init_report(&event);
	_exit(event.signal ? 128 + event.signal : event.code);
}

/* Collect every child that has ended: the main task, and orphans. */
static void init_reap(struct init *s)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(s->signal_fd, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (pid == s->main_pid)
			init_end(status);
		ward_reaped(&s->ward, pid, status);
	}
}

static void init_read_request(struct init *s)
{
	struct protocol_signal request;
	int desk_fd = -1;
	size_t n_fds;
	ssize_t n;

	n = packet_receive(INIT_SOCKET, &request, sizeof(request), &desk_fd, 1,
			   &n_fds, MSG_DONTWAIT);
	if (n == -EAGAIN)
		return;
	if (n == sizeof(request) && request.type == PROTOCOL_GUEST && n_fds) {
		ward_admit(&s->ward, desk_fd);
		return;
	}
	/* The manager has closed, or is not itself: nobody wants this cell. */
	if (n != sizeof(request) || request.type != PROTOCOL_SIGNAL)
		_exit(1);
	kill(request.all ? -1 : s->main_pid, request.signo);
}

static _Noreturn void init_supervise(struct init *s)
{
	struct pollfd p[2 + GUESTS_MAX] = {
		{ .fd = INIT_SOCKET, .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
	};

	for (;;) {
		ward_poll(&s->ward, p + 2);
		if (poll(p, N_ELEMENTS(p), -1) < 0)
			continue;
		/* Children first: their end is news that may still be sent. */
		if (p[1].revents)
			init_reap(s);
		ward_handle(&s->ward, p + 2);
		if (p[0].revents)
			init_read_request(s);
	}
}

_Noreturn void init_main(const struct init_config *config)
{
	static struct init s;

	s.config = config;
	prctl(PR_SET_NAME, "reeve-init", 0, 0, 0);
	init_close_inherited(config->socket_fd);
	init_wait_maps();
	init_become_user(&s);
	init_build_blank(&s);
	init_open_null(&s);
	init_watch_children(&s);
	init_prepare_task(&s);
	init_warm_up();
	init_read_plan(&s);
	init_carry_out(&s);
	init_start(&s);
	init_supervise(&s);
}
