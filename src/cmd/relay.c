/*
 * Our own ends do not block, but our standard streams, which others share, are
 * left as they are: they are read when they are readable, and written to the
 * end. A reader of ours that does not read holds up nobody but the program.
 */
#include "cmd/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/fd.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

enum {
	RELAY_BYTES = 64 * 1024,
	/* The most that a pipe can hold for an ordinary user. */
	RELAY_LAST = 1024 * 1024,
};

/* Those that are passed on, and the size of the terminal. */
static const int relay_signals[] = { SIGINT,  SIGTERM, SIGHUP,	SIGQUIT,
				     SIGUSR1, SIGUSR2, SIGWINCH };

/* ---- opening ---- */

static int relay_pump_init(struct relay_pump *p)
{
	*p = (struct relay_pump){ .from = -1, .to = -1 };
	p->bytes = malloc(RELAY_BYTES);
	return p->bytes ? 0 : -ENOMEM;
}

static int relay_open_pipe(struct relay *r, int i)
{
	struct relay_pump *p = &r->pumps[i];
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	if (i == RELAY_IN) {
		p->from = STDIN_FILENO;
		p->to = fds[1];
		p->owns_to = true;
		r->theirs[i] = fds[0];
		return fd_set_nonblocking(p->to);
	}
	p->from = fds[0];
	p->owns_from = true;
	p->to = i == RELAY_OUT ? STDOUT_FILENO : STDERR_FILENO;
	r->theirs[i] = fds[1];
	return fd_set_nonblocking(p->from);
}

static void relay_copy_size(const struct relay *r)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		(void)ioctl(r->master_fd, TIOCSWINSZ, &size);
}

/* A terminal for it, which behaves as ours does now. */
static int relay_open_terminal(struct relay *r)
{
	int slave_fd;

	r->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (r->master_fd < 0 || grantpt(r->master_fd) < 0 ||
	    unlockpt(r->master_fd) < 0)
		return -errno;
	slave_fd =
		ioctl(r->master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave_fd < 0)
		return -errno;
	r->theirs[0] = slave_fd;
	r->theirs[1] = fcntl(slave_fd, F_DUPFD_CLOEXEC, 0);
	if (r->theirs[1] < 0 || tcgetattr(STDIN_FILENO, &r->before) < 0 ||
	    tcsetattr(slave_fd, TCSANOW, &r->before) < 0)
		return -errno;
	relay_copy_size(r);
	r->pumps[RELAY_IN].from = STDIN_FILENO;
	r->pumps[RELAY_IN].to = r->master_fd;
	r->pumps[RELAY_OUT].from = r->master_fd;
	r->pumps[RELAY_OUT].to = STDOUT_FILENO;
	return fd_set_nonblocking(r->master_fd);
}

static int relay_open_streams(struct relay *r)
{
	int i, k = 0;

	r->has_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	for (i = 0; k == 0 && i < N_RELAY_PUMPS; i++)
		k = relay_pump_init(&r->pumps[i]);
	if (k == 0 && r->has_terminal)
		k = relay_open_terminal(r);
	for (i = 0; k == 0 && i < N_RELAY_PUMPS; i++) {
		if (r->has_terminal && i != RELAY_ERROR)
			continue;
		if (r->has_terminal && isatty(STDERR_FILENO)) {
			r->theirs[i] = fcntl(r->theirs[0], F_DUPFD_CLOEXEC, 0);
			k = r->theirs[i] < 0 ? -errno : 0;
			continue;
		}
		k = relay_open_pipe(r, i);
	}
	return k;
}

static int relay_catch_signals(struct relay *r)
{
	sigset_t set;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (i = 0; i < N_ELEMENTS(relay_signals); i++)
		sigaddset(&set, relay_signals[i]);
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->signal_fd < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &set, NULL);
	return 0;
}

int relay_open(struct relay *r)
{
	int i, k;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < N_RELAY_PUMPS; i++)
		r->pumps[i].from = r->pumps[i].to = -1;
	r->master_fd = r->signal_fd = -1;
	memset(r->theirs, 0xff, sizeof(r->theirs));
	k = relay_open_streams(r);
	if (k == 0)
		k = relay_catch_signals(r);
	if (k < 0)
		relay_close(r);
	return k;
}

void relay_begin(struct relay *r)
{
	struct termios raw = r->before;

	fd_close_all(r->theirs, 3);
	memset(r->theirs, 0xff, sizeof(r->theirs));
	if (!r->has_terminal)
		return;
	cfmakeraw(&raw);
	r->is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

/* ---- carrying ---- */

static void pump_close_from(struct relay_pump *p)
{
	if (p->owns_from)
		fd_close(p->from);
	p->from = -1;
	p->owns_from = false;
}

static void pump_close_to(struct relay_pump *p)
{
	if (p->owns_to)
		fd_close(p->to);
	p->to = -1;
	p->owns_to = false;
}

/* Nobody reads any more, or nothing comes any more: tell the other side. */
static void pump_end(struct relay_pump *p)
{
	pump_close_from(p);
	pump_close_to(p);
	p->n = 0;
}

static bool pump_read(struct relay_pump *p)
{
	ssize_t n = read(p->from, p->bytes, RELAY_BYTES);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	/* The end; of a terminal, EIO. */
	if (n <= 0) {
		pump_end(p);
		return false;
	}
	p->at = 0;
	p->n = (size_t)n;
	return true;
}

static void pump_write(struct relay_pump *p)
{
	ssize_t n = write(p->to, p->bytes + p->at, p->n);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		pump_end(p);
		return;
	}
	p->at += (size_t)n;
	p->n -= (size_t)n;
}

/* One of our standard streams: others may have made it one that does not block.
 */
static void pump_write_all(struct relay_pump *p)
{
	struct pollfd w = { .fd = p->to, .events = POLLOUT };

	while (p->n) {
		pump_write(p);
		if (p->n)
			(void)poll(&w, 1, -1);
	}
}

/* From the program to us. */
static void pump_out(struct relay_pump *p)
{
	if (p->from >= 0 && pump_read(p))
		pump_write_all(p);
}

/* From us to the program: each half when it can be done. */
static void pump_in(struct relay_pump *p, short from, short to)
{
	if (p->n && to)
		pump_write(p);
	else if (!p->n && to & (POLLERR | POLLHUP))
		pump_end(p);
	else if (!p->n && p->from >= 0 && from && pump_read(p))
		pump_write(p);
}

/* The number of a signal that is somebody else's; 0: none. */
static int relay_read_signal(struct relay *r)
{
	struct signalfd_siginfo info;

	if (read(r->signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	if (info.ssi_signo != SIGWINCH)
		return (int)info.ssi_signo;
	if (r->has_terminal)
		relay_copy_size(r);
	return 0;
}

int relay_wait(struct relay *r, int fd)
{
	struct relay_pump *in = &r->pumps[RELAY_IN];
	struct relay_pump *out = &r->pumps[RELAY_OUT];
	struct relay_pump *error = &r->pumps[RELAY_ERROR];
	int signo = 0;

	while (!signo) {
		struct pollfd p[] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = r->signal_fd, .events = POLLIN },
			{ .fd = in->n ? -1 : in->from, .events = POLLIN },
			{ .fd = r->has_terminal && !in->n ? -1 : in->to,
			  .events = in->n ? POLLOUT : 0 },
			{ .fd = out->from, .events = POLLIN },
			{ .fd = error->from, .events = POLLIN },
		};

		if (poll(p, N_ELEMENTS(p), -1) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		if (p[4].revents)
			pump_out(out);
		if (p[5].revents)
			pump_out(error);
		pump_in(in, p[2].revents, p[3].revents);
		if (p[1].revents)
			signo = relay_read_signal(r);
		if (p[0].revents)
			return signo;
	}
	return signo;
}

void relay_finish(struct relay *r)
{
	size_t left;
	int i;

	/* Whoever it left behind may go on writing: only what was there. */
	for (i = RELAY_OUT; i <= RELAY_ERROR; i++) {
		struct relay_pump *p = &r->pumps[i];

		for (left = RELAY_LAST; left && p->from >= 0;) {
			if (!pump_read(p))
				break;
			left -= p->n < left ? p->n : left;
			pump_write_all(p);
		}
	}
}

void relay_close(struct relay *r)
{
	int i;

	if (r->is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &r->before);
	r->is_raw = false;
	for (i = 0; i < N_RELAY_PUMPS; i++) {
		pump_end(&r->pumps[i]);
		free(TAKE(r->pumps[i].bytes));
	}
	r->master_fd = fd_close(r->master_fd);
	r->signal_fd = fd_close(r->signal_fd);
	for (i = 0; i < 3; i++)
		r->theirs[i] = fd_close(r->theirs[i]);
}
