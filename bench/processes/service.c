/*
 * The echo service on <reeve/process.h>: one process per connection, which
 *reads like the server of a single one.
 *
 *	service echo WORKERS PATH 0
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>

#include <reeve/process.h>

#include "echo.h"

static void serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char bytes[ECHO_BYTES];
	ssize_t n;

	while (reeve_wait_fd(fd, POLLIN, -1, NULL) == 0) {
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0 || send(fd, bytes, (size_t)n, MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
}

static void listen_on(void *path)
{
	int listen_fd = echo_listen(path, SOCK_NONBLOCK), fd;
	reeve_pid pid;

	while (reeve_wait_fd(listen_fd, POLLIN, -1, NULL) == 0) {
		fd = accept4(listen_fd, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && errno == EAGAIN)
			continue;
		if (fd < 0 ||
		    reeve_spawn(serve, (void *)(intptr_t)fd, NULL, &pid))
			die("accept");
	}
}

int main(int argc, char **argv)
{
	struct reeve_runtime_options options = {};

	if (argc != 5 || strcmp(argv[1], "echo")) {
		fputs("usage: service echo WORKERS PATH 0\n", stderr);
		return 2;
	}
	options.n_workers = (uint32_t)strtoul(argv[2], NULL, 10);
	return reeve_processes_run(&options, listen_on, argv[3]) ? 1 : 0;
}
