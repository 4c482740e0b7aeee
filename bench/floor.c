/*
 * Floors: the same steps without us, in the fewest system calls.
 *
 *	floor CASE N CPU_CLIENT CPU_REST
 *
 * open		the hand-over by three processes: the client makes a pair and
 *		sends one end to a broker, which waits in epoll and forwards it
 *		to a provider, which blocks in recvmsg, reads the call (it was
 *		sent along with the open) and answers
 * open-loop	the same, and the provider too waits in epoll, for new channels
 *		and for each channel's messages
 * open-told	the same again, and the client waits until the broker says that
 *		it has forwarded it, before it calls
 * call		one round trip over a SOCK_SEQPACKET pair; who receives could
 *		take handles
 * call-loop	the same, and the server waits in epoll
 *
 * The other roles are forked. Where PROGRAM-ROLE stands beside the program (a
 * copy of it), that is executed instead, in a session of its own: then the
 *tasks have no more in common than two daemons or two components, and the
 *scheduler switches between groups of tasks (sched(7), autogroup), which is
 *dearer.
 */
#include <stdbool.h>

#include "pass.h"
#include "samples.h"

enum { WARM_UP = 200 };

static int epoll_on(int fd)
{
	int epoll_fd = epoll_new();

	epoll_put(epoll_fd, fd, EPOLLIN, (uint32_t)fd);
	return epoll_fd;
}

/* Passes every handle that comes from @in on to @out. With @tells, whoever sent
 * it is told so. */
static void broker(int in, int out, bool tells)
{
	int epoll_fd = epoll_on(in), handle;
	struct epoll_event e;
	char bytes[256];
	ssize_t n;

	while (epoll_wait(epoll_fd, &e, 1, -1) > 0) {
		n = get(in, bytes, sizeof(bytes), &handle);
		if (n <= 0)
			_exit(0);
		put_handle(out, bytes, (size_t)n, handle);
		close(handle);
		if (tells)
			put(in, bytes, 1);
	}
}

/* Answer one message on @fd. False: it is closed. */
static bool answer(int fd)
{
	char bytes[256];
	int handle;
	ssize_t n = get(fd, bytes, sizeof(bytes), &handle);

	if (n <= 0)
		return false;
	(void)!send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
	return true;
}

static void provider(int in)
{
	char bytes[256];
	int handle;

	while (get(in, bytes, sizeof(bytes), &handle) > 0) {
		answer(handle);
		close(handle);
	}
	_exit(0);
}

static void provider_loop(int in)
{
	int epoll_fd = epoll_on(in), handle;
	struct epoll_event e;
	char bytes[256];

	while (epoll_wait(epoll_fd, &e, 1, -1) > 0) {
		if (e.data.fd == in) {
			if (get(in, bytes, sizeof(bytes), &handle) <= 0)
				_exit(0);
			e = (struct epoll_event){ .events = EPOLLIN,
						  .data.fd = handle };
			epoll_ctl(epoll_fd, EPOLL_CTL_ADD, handle, &e);
		} else if (!answer(e.data.fd)) {
			epoll_ctl(epoll_fd, EPOLL_CTL_DEL, e.data.fd, NULL);
			close(e.data.fd);
		}
	}
}

static void server(int fd)
{
	while (answer(fd))
		;
	_exit(0);
}

static void server_loop(int fd)
{
	int epoll_fd = epoll_on(fd);
	struct epoll_event e;

	while (epoll_wait(epoll_fd, &e, 1, -1) > 0)
		if (!answer(fd))
			_exit(0);
}

/* The other one follows; see spawn(). */
static void broker_pair(int in)
{
	broker(in, in + 1, false);
}

static void broker_telling(int in)
{
	broker(in, in + 1, true);
}

static const struct role {
	const char *name;
	void (*fn)(int fd);
} roles[] = {
	{ "server", server },	   { "server-loop", server_loop },
	{ "provider", provider },  { "provider-loop", provider_loop },
	{ "broker", broker_pair }, { "broker-telling", broker_telling },
};

static void role_run(const char *name, int fd)
{
	size_t i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strcmp(roles[i].name, name))
			roles[i].fn(fd);
	_exit(1);
}

enum { ROLE_FD = 40 };

/* Start a role on @cpu; it ends when we do. A broker has @fd2 as well. */
static void spawn(const char *program, const char *role, int cpu, int fd,
		  int fd2)
{
	char path[4096], number[16];
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(cpu);
	if (dup2(fd, ROLE_FD) < 0 || (fd2 >= 0 && dup2(fd2, ROLE_FD + 1) < 0))
		die("dup2");
	snprintf(path, sizeof(path), "%s-%s", program, role);
	snprintf(number, sizeof(number), "%d", ROLE_FD);
	if (access(path, X_OK) == 0) {
		setsid();
		execl(path, path, "role", role, number, NULL);
	}
	role_run(role, ROLE_FD);
}

static void measure_call(const char *program, const char *name, size_t n,
			 int cpu_client, int cpu_rest, uint64_t *ns)
{
	size_t i;
	int fds[2];

	pair(fds);
	spawn(program, strcmp(name, "call") ? "server-loop" : "server",
	      cpu_rest, fds[1], -1);
	close(fds[1]);
	pin(cpu_client);
	for (i = 0; i < n + WARM_UP; i++) {
		uint64_t start = now_ns();

		round_trip(fds[0]);
		if (i >= WARM_UP)
			ns[i - WARM_UP] = now_ns() - start;
	}
}

static void open_once(int broker_fd, bool is_told)
{
	char name[PASS_PAYLOAD] = "svc/bench.Echo";
	int fds[2], handle;

	pair(fds);
	put_handle(broker_fd, name, sizeof(name), fds[1]);
	close(fds[1]);
	if (is_told && get(broker_fd, name, sizeof(name), &handle) <= 0)
		die("no answer");
	round_trip(fds[0]);
	close(fds[0]);
}

static void measure_open(const char *program, const char *name, size_t n,
			 int cpu_client, int cpu_rest, uint64_t *ns)
{
	bool is_told = !strcmp(name, "open-told");
	int to_broker[2], to_provider[2];
	size_t i;

	pair(to_broker);
	pair(to_provider);
	spawn(program, strcmp(name, "open") ? "provider-loop" : "provider",
	      cpu_rest, to_provider[1], -1);
	spawn(program, is_told ? "broker-telling" : "broker", cpu_rest,
	      to_broker[1], to_provider[0]);
	pin(cpu_client);
	for (i = 0; i < n + WARM_UP; i++) {
		uint64_t start = now_ns();

		open_once(to_broker[0], is_told);
		if (i >= WARM_UP)
			ns[i - WARM_UP] = now_ns() - start;
	}
}

int main(int argc, char **argv)
{
	size_t n = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;
	uint64_t *ns = calloc(n + 1, sizeof(*ns));

	if (argc == 4 && !strcmp(argv[1], "role"))
		role_run(argv[2], atoi(argv[3]));
	if (!n || !ns) {
		fputs("usage: floor CASE N CPU_CLIENT CPU_REST\n", stderr);
		return 2;
	}
	if (!strncmp(argv[1], "open", 4))
		measure_open(argv[0], argv[1], n, atoi(argv[3]), atoi(argv[4]),
			     ns);
	else
		measure_call(argv[0], argv[1], n, atoi(argv[3]), atoi(argv[4]),
			     ns);
	samples_print(argv[1], ns, n);
	return 0;
}
