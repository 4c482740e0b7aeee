/*
 * spawn NAME N PROGRAM [ARG]...: start the program N times, one after another,
 * and take the time until the first byte of its output is there. With the name
 * "burst" all at once, and the time of one is the time of all divided by N.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "samples.h"

extern char **environ;

enum { PACE_US = 20000 };

struct spawned {
	pid_t pid;
	int fd;
};

static int spawn_begin(char **argv, struct spawned *ret)
{
	posix_spawn_file_actions_t actions;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	r = posix_spawnp(&ret->pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	ret->fd = fds[0];
	if (r)
		close(fds[0]);
	return -r;
}

static int spawn_wait(struct spawned *s)
{
	char byte;

	return read(s->fd, &byte, 1) == 1 ? 0 : -EIO;
}

static void spawn_end(struct spawned *s)
{
	close(s->fd);
	waitpid(s->pid, NULL, 0);
}

static int spawn_once(char **argv, uint64_t *ret_ns)
{
	uint64_t start = now_ns();
	struct spawned s;
	int r = spawn_begin(argv, &s);

	if (r < 0)
		return r;
	r = spawn_wait(&s);
	*ret_ns = now_ns() - start;
	spawn_end(&s);
	return r;
}

static int spawn_burst(char **argv, size_t n, uint64_t *ret_ns)
{
	struct spawned *all = calloc(n, sizeof(*all));
	uint64_t start = now_ns();
	size_t i, begun = 0;
	int r = all ? 0 : -ENOMEM;

	for (; !r && begun < n; begun += !r)
		r = spawn_begin(argv, &all[begun]);
	for (i = 0; i < begun; i++)
		r = spawn_wait(&all[i]) < 0 ? -EIO : r;
	*ret_ns = (now_ns() - start) / n;
	for (i = 0; i < begun; i++)
		spawn_end(&all[i]);
	free(all);
	return r;
}

int main(int argc, char **argv)
{
	size_t n = argc > 3 ? strtoul(argv[2], NULL, 10) : 0, i;
	uint64_t *ns = calloc(n + 1, sizeof(*ns)), warm_up;
	int r;

	if (!n || !ns) {
		fputs("usage: spawn NAME N PROGRAM [ARG]...\n", stderr);
		return 2;
	}
	r = spawn_once(argv + 3, &warm_up);
	if (!strcmp(argv[1], "burst")) {
		r = spawn_burst(argv + 3, n, ns);
		n = 1;
	}
	for (i = 0; !r && n > 1 && i < n; i++) {
		usleep(PACE_US);
		r = spawn_once(argv + 3, &ns[i]);
	}
	if (r) {
		printf("{\"error\":\"%s: %s\"}\n", argv[3], strerror(-r));
		return 1;
	}
	samples_print(argv[1], ns, n);
	return 0;
}
