/*
 * The worker stays outside, with the manager's rights and nothing of the
 * cell's: it makes the guest, and then carries signals in and the end out. It
 * waits for three: whoever wants the guest, the cell's init, and the manager;
 * the end of any of them is the end of the guest.
 */
#include "cell/guest_work.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/guest.h"
#include "cell/layer.h"
#include "sys/fd.h"
#include "sys/landlock.h"
#include "sys/packet.h"

enum {
	/* To send what is to be run, and for the init to show its papers. */
	GUEST_PATIENCE_MS = 10000,
	/* Between SIGHUP and SIGKILL, when nobody listens any more. */
	GUEST_GRACE_MS = 1000,
};

struct guest_worker {
	const struct work *work;
	struct guest_order order;
	struct guest_start start;
	struct guest_parts parts;
	struct filter filter;
	char *args[GUEST_STRINGS_MAX + 1];
	char *environ[2 * GUEST_STRINGS_MAX + 1];
	int line_fd, desk_fd;
	int report_fd;
};

/* ---- telling ---- */

static void worker_tell(const struct guest_worker *g, struct guest_event *e)
{
	packet_send(g->line_fd, e, sizeof(*e), NULL, 0, MSG_DONTWAIT);
	packet_send(g->work->socket_fd, e, sizeof(*e), NULL, 0, MSG_DONTWAIT);
}

static int worker_fail_as(const struct guest_worker *g,
			  const struct cell_failure *why)
{
	struct guest_event e = { .type = GUEST_FAILED, .failure = *why };

	worker_tell(g, &e);
	return -1;
}

static int worker_fail(const struct guest_worker *g, enum cell_stage stage,
		       int error)
{
	struct cell_failure why;

	cell_failure_set(&why, stage, error, CELL_REASON_NONE, NULL);
	return worker_fail_as(g, &why);
}

/* ---- what is asked for ---- */

/* Wait for @fd, as long as anybody wants the result. 0 or -1. */
static int worker_wait(const struct guest_worker *g, int fd)
{
	struct pollfd p[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = g->line_fd, .events = 0 },
		{ .fd = g->work->socket_fd, .events = 0 },
	};
	int n;

	do
		n = poll(p, N_ELEMENTS(p), GUEST_PATIENCE_MS);
	while (n < 0 && errno == EINTR);
	return n > 0 && p[0].revents && !p[1].revents && !p[2].revents ? 0 : -1;
}

/* @n strings that lie one behind the other; the end of them, or NULL. */
static char *worker_split(char *bytes, const char *end, char **list, size_t n)
{
	char *zero;
	size_t i;

	for (i = 0; i < n; i++) {
		zero = memchr(bytes, 0, (size_t)(end - bytes));
		if (!zero)
			return NULL;
		list[i] = bytes;
		bytes = zero + 1;
	}
	return bytes;
}

static int worker_read_order(struct guest_worker *g, const struct work *w)
{
	const size_t head = offsetof(struct guest_order, environ);
	struct guest_order *o = &g->order;

	if (w->n < head || w->n > sizeof(*o) || w->n_fds < N_GUEST_FDS)
		return -1;
	g->work = w;
	memcpy(o, w->bytes, w->n);
	g->line_fd = w->fds[GUEST_FD_LINE];
	g->desk_fd = w->fds[GUEST_FD_DESK];
	g->parts.order = o;
	g->parts.filter = &g->filter;
	g->parts.groups = w->fds + N_GUEST_FDS;
	g->parts.n_groups = w->n_fds - N_GUEST_FDS;
	g->parts.args = g->args;
	g->parts.environ = g->environ;
	if (o->n_environ > GUEST_STRINGS_MAX ||
	    !worker_split(o->environ, o->environ + (w->n - head), g->environ,
			  o->n_environ))
		return -1;
	return 0;
}

/* Whoever wants it is the operator: what is malformed is dropped, not doubted.
 */
static int worker_read_start(struct guest_worker *g)
{
	struct guest_start *s = &g->start;
	const char *end;
	size_t n_fds;
	char *at;
	ssize_t n;

	if (worker_wait(g, g->line_fd) < 0)
		return -1;
	g->parts.streams[3] = -1;
	n = packet_receive(g->line_fd, s, sizeof(*s), g->parts.streams, 4,
			   &n_fds, MSG_DONTWAIT);
	if (n < (ssize_t)offsetof(struct guest_start, bytes) || n_fds < 3 ||
	    s->type != GUEST_START || s->n_args < 1 ||
	    s->n_args > GUEST_STRINGS_MAX || s->n_environ > GUEST_STRINGS_MAX)
		return -1;
	end = (const char *)s + n;
	at = worker_split(s->bytes, end, g->args, s->n_args);
	if (at)
		at = worker_split(at, end, g->environ + g->order.n_environ,
				  s->n_environ);
	g->parts.has_terminal = s->has_terminal;
	return at ? 0 : -1;
}

static int worker_read_papers(struct guest_worker *g)
{
	struct guest_desk m;
	int papers[2] = { -1, -1 };
	size_t n_fds;
	ssize_t n;

	if (worker_wait(g, g->desk_fd) < 0)
		return worker_fail(g, CELL_STAGE_ENTER, ETIMEDOUT);
	n = packet_receive(g->desk_fd, &m, sizeof(m), papers, 2, &n_fds,
			   MSG_DONTWAIT);
	/* It has ended, or has as many guests as it may. */
	if (n != sizeof(m) || m.type != GUEST_DESK_PAPERS || !n_fds)
		return worker_fail(g, CELL_STAGE_ENTER, ESRCH);
	g->parts.main_fd = papers[0];
	g->parts.rules_fd = papers[1];
	/* Never with less of a wall than a cell has here. */
	if (g->order.layers & CELL_LAYER_LANDLOCK && papers[1] < 0 &&
	    landlock_abi())
		return worker_fail(g, CELL_STAGE_LANDLOCK, EPROTO);
	return 0;
}

/* Pipes belong to who made them: where cells have users of their own, theirs
 * could not be opened again by name (/dev/stdout). */
static void worker_give_pipes(const struct guest_worker *g)
{
	struct stat st;
	int i;

	for (i = 0; g->order.is_root && i < 3; i++)
		if (fstat(g->parts.streams[i], &st) == 0 &&
		    S_ISFIFO(st.st_mode))
			(void)!fchown(g->parts.streams[i], g->order.uid,
				      g->order.gid);
}

/* ---- the making ---- */

/* Into the hands of the cell's init. 0 or -1. */
static int worker_register(struct guest_worker *g, pid_t pid)
{
	struct guest_desk m = { GUEST_DESK_KEEP, pid };
	size_t n_fds;

	if (packet_send(g->desk_fd, &m, sizeof(m), NULL, 0, MSG_DONTWAIT) < 0 ||
	    worker_wait(g, g->desk_fd) < 0 ||
	    packet_receive(g->desk_fd, &m, sizeof(m), NULL, 0, &n_fds,
			   MSG_DONTWAIT) != sizeof(m) ||
	    m.type != GUEST_DESK_KEPT)
		return worker_fail(g, CELL_STAGE_ENTER, ESRCH);
	return 0;
}

/* One report, or the end of them: 1, 0 or -1. */
static int worker_read_report(const struct guest_worker *g,
			      struct guest_report *ret)
{
	ssize_t n;

	do
		n = read(g->report_fd, ret, sizeof(*ret));
	while (n < 0 && errno == EINTR);
	return n == sizeof(*ret) ? 1 : n == 0 ? 0 : -1;
}

static void worker_let_go(struct guest_worker *g)
{
	fd_close_all(g->parts.streams, 4);
	fd_close(g->parts.main_fd);
	fd_close(g->parts.rules_fd);
}

/*
 * The second task, if the first was killed with the cell before it could wait
 * for it: while it is not reaped, the cell's init cannot end. That is what we
 * are a subreaper for; the guest goes to that init in any case.
 */
static void worker_reap(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Make it, and wait until it runs. 0, or -1 when it was told why not. */
static int worker_make(struct guest_worker *g)
{
	int go[2], reports[2], r;
	struct guest_report report;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(reports, O_CLOEXEC) < 0)
		return worker_fail(g, CELL_STAGE_FORK, errno);
	g->parts.go_fd = go[0];
	g->parts.report_fd = reports[1];
	g->report_fd = reports[0];
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		guest_enter(&g->parts);
	}
	r = pid < 0 ? -errno : 0;
	close(go[0]);
	close(reports[1]);
	worker_let_go(g);
	if (r < 0)
		return worker_fail(g, CELL_STAGE_FORK, r);
	waitpid(pid, NULL, 0);
	worker_reap();
	r = worker_read_report(g, &report);
	if (r != 1)
		return worker_fail(g, CELL_STAGE_ENTER, ESRCH);
	if (!report.pid)
		return worker_fail_as(g, &report.failure);
	if (worker_register(g, report.pid) < 0)
		return -1;
	if (write(go[1], "", 1) != 1)
		return worker_fail(g, CELL_STAGE_ENTER, ESRCH);
	close(go[1]);
	r = worker_read_report(g, &report);
	return r == 0 ? 0 : worker_fail_as(g, &report.failure);
}

/* ---- the guest's life ---- */

/* False when it is over. */
static bool worker_on_desk(struct guest_worker *g)
{
	struct guest_event e = { .type = GUEST_ENDED };
	struct guest_desk m;
	size_t n_fds;
	ssize_t n = packet_receive(g->desk_fd, &m, sizeof(m), NULL, 0, &n_fds,
				   MSG_DONTWAIT);

	if (n == -EAGAIN)
		return true;
	if (n != sizeof(m) || m.type != GUEST_DESK_ENDED) {
		e.signal = SIGKILL;
		e.is_forced = true;
	} else if (WIFEXITED(m.value)) {
		e.code = WEXITSTATUS(m.value);
	} else {
		e.signal = WTERMSIG(m.value);
	}
	worker_tell(g, &e);
	return false;
}

static void worker_signal(struct guest_worker *g, int signo)
{
	struct guest_desk m = { GUEST_DESK_SIGNAL, signo };

	packet_send(g->desk_fd, &m, sizeof(m), NULL, 0, MSG_DONTWAIT);
}

/* False when nobody is there any more. */
static bool worker_on_line(struct guest_worker *g)
{
	struct guest_signal s;
	size_t n_fds;
	ssize_t n = packet_receive(g->line_fd, &s, sizeof(s), NULL, 0, &n_fds,
				   MSG_DONTWAIT);

	if (n == -EAGAIN)
		return true;
	if (n != sizeof(s) || s.type != GUEST_SIGNAL)
		return false;
	if (s.signo > 0 && s.signo < NSIG)
		worker_signal(g, s.signo);
	return true;
}

/* As when a terminal is closed. */
static void worker_hang_up(struct guest_worker *g)
{
	struct pollfd p = { .fd = g->desk_fd, .events = POLLIN };

	worker_signal(g, SIGHUP);
	if (poll(&p, 1, GUEST_GRACE_MS) > 0)
		(void)worker_on_desk(g);
	else
		worker_tell(g, &(struct guest_event){ .type = GUEST_ENDED,
						      .signal = SIGKILL });
}

static void worker_watch(struct guest_worker *g)
{
	struct pollfd p[] = {
		{ .fd = g->desk_fd, .events = POLLIN },
		{ .fd = g->line_fd, .events = POLLIN },
		{ .fd = g->work->socket_fd, .events = POLLIN },
	};

	for (;;) {
		if (poll(p, N_ELEMENTS(p), -1) < 0)
			continue;
		if (p[0].revents && !worker_on_desk(g))
			return;
		if (p[1].revents && !worker_on_line(g)) {
			worker_hang_up(g);
			return;
		}
		/* The manager says nothing; its end is the guest's. */
		if (p[2].revents)
			return;
	}
}

static void worker_tell_started(const struct guest_worker *g)
{
	struct guest_event e = { .type = GUEST_STARTED };
	size_t n = 0, more;
	char **arg;

	for (arg = g->parts.args; *arg && n < sizeof(e.program) - 1; arg++) {
		if (n)
			e.program[n++] = ' ';
		more = strnlen(*arg, sizeof(e.program) - 1 - n);
		memcpy(e.program + n, *arg, more);
		n += more;
	}
	worker_tell(g, &e);
}

void guest_work(const struct work *w)
{
	static struct guest_worker g;

	if (worker_read_order(&g, w) < 0 || worker_read_start(&g) < 0)
		return;
	if (worker_read_papers(&g) < 0)
		return;
	if (filter_build(&g.filter) < 0) {
		worker_fail(&g, CELL_STAGE_FILTER, ENOMEM);
		return;
	}
	worker_give_pipes(&g);
	if (worker_make(&g) < 0)
		return;
	worker_tell_started(&g);
	worker_watch(&g);
}
