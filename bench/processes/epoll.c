/*
 * The floor of an echo service: what it takes with epoll alone, no process per
 * connection, no state per connection, no message beyond 64 bytes.
 *
 *	epoll echo WORKERS PATH 0
 *
 * Each worker is a thread with an epoll set of its own; connections are dealt
 * out in turn.
 */
#include <pthread.h>

#include "echo.h"

enum { WORKERS_MAX = 64, BATCH = 64 };

static int epoll_fds[WORKERS_MAX];

static void watch(int epoll_fd, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
		die("epoll_ctl");
}

static void answer(int fd)
{
	char bytes[ECHO_BYTES];
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

	/* The client may be gone with answers under way. */
	if (n <= 0 || send(fd, bytes, (size_t)n, MSG_NOSIGNAL) < 0)
		close(fd);
}

static void *work(void *arg)
{
	int epoll_fd = *(int *)arg, n, i;
	struct epoll_event events[BATCH];

	while ((n = epoll_wait(epoll_fd, events, BATCH, -1)) > 0)
		for (i = 0; i < n; i++)
			answer(events[i].data.fd);
	die("epoll_wait");
}

/* Not measured: a thread of its own, so that workers only answer. */
static void accept_all(int listen_fd, size_t n_workers)
{
	size_t i;
	int fd;

	for (i = 0;; i++) {
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			die("accept");
		watch(epoll_fds[i % n_workers], fd);
	}
}

int main(int argc, char **argv)
{
	size_t i, n_workers = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;
	pthread_t thread;

	if (!n_workers || n_workers > WORKERS_MAX || strcmp(argv[1], "echo")) {
		fputs("usage: epoll echo WORKERS PATH 0\n", stderr);
		return 2;
	}
	for (i = 0; i < n_workers; i++) {
		epoll_fds[i] = epoll_create1(EPOLL_CLOEXEC);
		if (epoll_fds[i] < 0 ||
		    pthread_create(&thread, NULL, work, &epoll_fds[i]))
			die("a worker");
	}
	accept_all(echo_listen(argv[3], 0), n_workers);
}
