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
	struct reeve_channel *channel;
	char bytes[ECHO_BYTES];
	size_t n;

	if (reeve_channel_adopt((int)(intptr_t)arg, &channel) < 0)
		return;
	while (reeve_channel_read(channel, -1, bytes, sizeof(bytes), &n, NULL,
				  NULL) == 0 &&
	       reeve_channel_write(channel, bytes, n, NULL, 0) == 0)
		;
	reeve_channel_close(channel);
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
