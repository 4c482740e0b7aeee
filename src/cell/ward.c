/* Behind the init's own filter: poll, read and send, kill, close. */
#include "cell/ward.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "cell/guest_work.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/pidfd.h"

static void ward_lift(int *fd, int above)
{
	int lifted = *fd < 0 ? -1 : fcntl(*fd, F_DUPFD_CLOEXEC, above);

	fd_close(*fd);
	*fd = lifted;
}

void ward_open(struct ward *w, pid_t main_pid, int take_rules_fd, int above)
{
	size_t i;

	/* Without it there will be no guests, and nothing else is lost. */
	if (pidfd_from_pid(main_pid, &w->main_fd) < 0)
		w->main_fd = -1;
	w->rules_fd = take_rules_fd;
	ward_lift(&w->main_fd, above);
	ward_lift(&w->rules_fd, above);
	for (i = 0; i < GUESTS_MAX; i++)
		w->guests[i] = (struct ward_guest){ .desk_fd = -1 };
}

/* Nobody waits for the other side: what does not fit is its loss. */
static int ward_say(const struct ward_guest *g, enum guest_desk_type type,
		    int value, const int *fds, size_t n_fds)
{
	struct guest_desk m = { type, value };

	return packet_send(g->desk_fd, &m, sizeof(m), fds, n_fds, MSG_DONTWAIT);
}

static void ward_forget(struct ward_guest *g)
{
	g->desk_fd = fd_close(g->desk_fd);
	g->pid = 0;
}

static void ward_signal(const struct ward_guest *g, int signo)
{
	/* Its group is its own until it says otherwise. */
	if (kill(-g->pid, signo) < 0 || signo == SIGKILL)
		kill(g->pid, signo);
}

static void ward_dismiss(struct ward_guest *g)
{
	if (g->pid)
		ward_signal(g, SIGKILL);
	ward_forget(g);
}

void ward_admit(struct ward *w, int take_desk_fd)
{
	const int papers[] = { w->main_fd, w->rules_fd };
	struct ward_guest *g = w->guests;

	while (g < w->guests + GUESTS_MAX && g->desk_fd >= 0)
		g++;
	if (g == w->guests + GUESTS_MAX || w->main_fd < 0) {
		fd_close(take_desk_fd);
		return;
	}
	*g = (struct ward_guest){ .desk_fd = take_desk_fd };
	if (ward_say(g, GUEST_DESK_PAPERS, 0, papers, w->rules_fd < 0 ? 1 : 2) <
	    0)
		ward_forget(g);
}

static void ward_keep(struct ward_guest *g, pid_t pid)
{
	if (pid <= 1 || g->pid) {
		ward_dismiss(g);
		return;
	}
	g->pid = pid;
	if (ward_say(g, GUEST_DESK_KEPT, 0, NULL, 0) < 0)
		ward_dismiss(g);
	/* It may have been killed before we knew it. */
	else if (kill(pid, 0) < 0 && errno == ESRCH) {
		(void)ward_say(g, GUEST_DESK_ENDED, SIGKILL, NULL, 0);
		ward_forget(g);
	}
}

static void ward_read(struct ward_guest *g)
{
	struct guest_desk m;
	size_t n_fds;
	ssize_t n = packet_receive(g->desk_fd, &m, sizeof(m), NULL, 0, &n_fds,
				   MSG_DONTWAIT);

	if (n == -EAGAIN)
		return;
	if (n == sizeof(m) && m.type == GUEST_DESK_KEEP)
		ward_keep(g, m.value);
	else if (n == sizeof(m) && m.type == GUEST_DESK_SIGNAL && g->pid)
		ward_signal(g, m.value);
	else
		ward_dismiss(g);
}

void ward_poll(const struct ward *w, struct pollfd *p)
{
	size_t i;

	for (i = 0; i < GUESTS_MAX; i++)
		p[i] = (struct pollfd){ .fd = w->guests[i].desk_fd,
					.events = POLLIN };
}

void ward_handle(struct ward *w, const struct pollfd *p)
{
	size_t i;

	for (i = 0; i < GUESTS_MAX; i++)
		/* One that has just ended has no desk any more. */
		if (p[i].revents && w->guests[i].desk_fd == p[i].fd &&
		    p[i].fd >= 0)
			ward_read(&w->guests[i]);
}

void ward_reaped(struct ward *w, pid_t pid, int status)
{
	size_t i;

	for (i = 0; i < GUESTS_MAX; i++) {
		if (w->guests[i].pid != pid)
			continue;
		(void)ward_say(&w->guests[i], GUEST_DESK_ENDED, status, NULL,
			       0);
		ward_forget(&w->guests[i]);
	}
}
