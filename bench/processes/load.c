/*
 * The client of the echo services, the same for all.
 *
 *	load seqpacket|stream PATH CONNECTIONS WINDOW MILLISECONDS
 *
 * Opens all connections, and then goes round them: one message of 64 bytes on
 * each, of which WINDOW are under way at a time. So every connection is used,
 *and each turn is another's. It costs two system calls a message, less than any
 * server.
 *
 *	{"case":"echo","per_second":301000,"server_ns":3100.2,"load_busy":0.91}
 *
 * server_ns is the processor time of the server (whoever listened) for one
 * message, of all its threads; load_busy the part of the time that this client
 * ran: near 1, it is the client that is measured.
 */
#include <stdint.h>
#include <time.h>

#include "echo.h"

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		die("clock_gettime");
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int *connect_all(const char *path, int type, size_t n)
{
	struct sockaddr_un address = echo_address(path);
	int *fds = calloc(n, sizeof(*fds));
	size_t i;

	for (i = 0; fds && i < n; i++) {
		fds[i] = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
		if (fds[i] < 0 ||
		    connect(fds[i], (void *)&address, sizeof(address)) < 0)
			die(path);
	}
	return fds ? fds : (die("calloc"), NULL);
}

/* The processor clock of whoever is at the other end. */
static clockid_t server_clock(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	clockid_t clock;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    clock_getcpuclockid(peer.pid, &clock))
		die("the server's clock");
	return clock;
}

static void ask(int fd, uint64_t number)
{
	uint64_t bytes[ECHO_BYTES / sizeof(uint64_t)] = { number };

	if (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) < 0)
		die("send");
}

static void hear(int fd, uint64_t number)
{
	uint64_t bytes[ECHO_BYTES / sizeof(uint64_t)] = {};

	if (recv(fd, bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes))
		die("recv");
	if (bytes[0] != number) {
		fputs("the answer is another one\n", stderr);
		exit(1);
	}
}

/* From message @from on until @end_ns; the next message's number. */
static uint64_t exchange(const int *fds, size_t n, size_t window, uint64_t from,
			 uint64_t end_ns)
{
	uint64_t i = from;

	do {
		hear(fds[i % n], i);
		ask(fds[(i + window) % n], i + window);
		i++;
	} while (i % 64 || clock_ns(CLOCK_MONOTONIC) < end_ns);
	return i;
}

int main(int argc, char **argv)
{
	size_t n = argc == 6 ? strtoul(argv[3], NULL, 10) : 0;
	size_t window = argc == 6 ? strtoul(argv[4], NULL, 10) : 0;
	uint64_t ms = argc == 6 ? strtoul(argv[5], NULL, 10) : 0;
	uint64_t i, from, start, took, server, busy;
	clockid_t clock;
	int *fds, type;

	if (!window || window > n || !ms) {
		fputs("usage: load seqpacket|stream PATH CONNECTIONS WINDOW "
		      "MILLISECONDS\n",
		      stderr);
		return 2;
	}
	descriptors_raise();
	type = strcmp(argv[1], "stream") ? SOCK_SEQPACKET : SOCK_STREAM;
	fds = connect_all(argv[2], type, n);
	clock = server_clock(fds[0]);

	/* Every connection once, and a while, before it counts. */
	for (i = 0; i < n; i++) {
		ask(fds[i], i);
		hear(fds[i], i);
	}
	for (i = 0; i < window; i++)
		ask(fds[i], i);
	from = exchange(fds, n, window, 0,
			clock_ns(CLOCK_MONOTONIC) + ms * 100000);

	start = clock_ns(CLOCK_MONOTONIC);
	server = clock_ns(clock);
	busy = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	i = exchange(fds, n, window, from, start + ms * 1000000) - from;
	took = clock_ns(CLOCK_MONOTONIC) - start;
	server = clock_ns(clock) - server;
	busy = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - busy;
	printf("{\"case\":\"echo\",\"per_second\":%.1f,\"server_ns\":%.1f,"
	       "\"load_busy\":%.3f}\n",
	       (double)i / (double)took * 1e9, (double)server / (double)i,
	       (double)busy / (double)took);
	return 0;
}
