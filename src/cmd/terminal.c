/* While it is open, signals are blocked and read from a descriptor. */
#include "cmd/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/fd.h"
#include "sys/loop.h"

#define SCREEN_ENTER "\033[?1049h\033[?25l"
#define SCREEN_LEAVE "\033[?25h\033[?1049l"

static void terminal_signals(sigset_t *ret)
{
	static const int signals[] = { SIGINT,	SIGTERM,  SIGHUP, SIGQUIT,
				       SIGTSTP, SIGWINCH, SIGCONT };
	size_t i;

	sigemptyset(ret);
	for (i = 0; i < N_ELEMENTS(signals); i++)
		sigaddset(ret, signals[i]);
}

static void screen_enter(struct terminal *t)
{
	struct termios raw;

	t->has_keys = tcgetattr(STDIN_FILENO, &t->before) == 0;
	if (t->has_keys) {
		raw = t->before;
		/* Lines stay as they are, and so do the keys for signals. */
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	fputs(SCREEN_ENTER, stdout);
	fflush(stdout);
}

static void screen_leave(struct terminal *t)
{
	fputs(SCREEN_LEAVE, stdout);
	fflush(stdout);
	if (t->has_keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t->before);
}

int terminal_open(struct terminal *t)
{
	sigset_t signals;

	terminal_signals(&signals);
	*t = (struct terminal){ .signals = -1 };
	t->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signals < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &signals, NULL);
	screen_enter(t);
	return 0;
}

void terminal_close(struct terminal *t)
{
	sigset_t signals;

	if (t->signals < 0)
		return;
	screen_leave(t);
	t->signals = fd_close(t->signals);
	terminal_signals(&signals);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

/* ^Z: what stops must look like it, to the terminal and to the shell. */
static void terminal_stop(struct terminal *t)
{
	screen_leave(t);
	raise(SIGSTOP);
	screen_enter(t);
}

static enum terminal_event on_signal(struct terminal *t)
{
	struct signalfd_siginfo info;

	if (read(t->signals, &info, sizeof(info)) != sizeof(info))
		return TERMINAL_CHANGED;
	switch (info.ssi_signo) {
	case SIGTSTP:
		terminal_stop(t);
		return TERMINAL_CHANGED;
	case SIGWINCH:
	case SIGCONT:
		return TERMINAL_CHANGED;
	default:
		return TERMINAL_END;
	}
}

static int milliseconds_until(uint64_t deadline)
{
	uint64_t now = loop_now();

	if (!deadline || deadline <= now)
		return 0;
	return (int)((deadline - now) / NS_PER_MS) + 1;
}

enum terminal_event terminal_wait(struct terminal *t, uint64_t deadline,
				  char *ret_key)
{
	struct pollfd polled[] = {
		{ .fd = t->signals, .events = POLLIN },
		{ .fd = t->has_keys ? STDIN_FILENO : -1, .events = POLLIN },
	};

	if (poll(polled, 2, milliseconds_until(deadline)) <= 0)
		return TERMINAL_TIME;
	if (polled[0].revents)
		return on_signal(t);
	if (read(STDIN_FILENO, ret_key, 1) != 1)
		return TERMINAL_END;
	return TERMINAL_KEY;
}

void terminal_size(unsigned *ret_rows, unsigned *ret_columns)
{
	struct winsize size = { 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
}
