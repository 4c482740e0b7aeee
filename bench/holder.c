/*
 * A component that holds what is going to be taken from it, or provides it.
 *
 *	CPU provide|hold TASKS DESCRIPTORS first|last
 *	CPU talk
 *
 * provide	serves the thing, echoing in its loop
 * hold		serves bench.Hold (hold.h): opens the thing and keeps it
 * talk		the same without the thing: a bystander
 *
 * TASKS is how many tasks its cell has in all, init included. Those that do
 * nothing have DESCRIPTORS of their own, every second one a socket. The program
 * itself is the first task after the init, or the last: then all of the others
 * are searched before what it holds is found.
 */
#include <errno.h>
#include <fcntl.h>
#include <reeve.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold.h"
#include "samples.h"

enum {
	THINGS_MAX = 4096,
	/* Opens that are made before the first is waited for. */
	BATCH = 32,
	TIMEOUT_MS = 10000,
	SAMPLES_MAX = 1 << 20,
};

static struct reeve *reeve;
static struct reeve_channel *things[THINGS_MAX];
static size_t n_things;

/* ---- the other tasks ---- */

static void idle(int n_descriptors)
{
	int fds[2], i, null_fd;

	close_range(0, ~0u, 0);
	for (i = 0; i + 1 < n_descriptors; i += 2) {
		null_fd = open("/dev/null", O_RDONLY);
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0 ||
		    dup2(null_fd, fds[1]) < 0)
			_exit(1);
		close(null_fd);
	}
	for (;;)
		pause();
}

/* What is left of the first task when the program is the last one. */
static void wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static int crowd(int n_tasks, int n_descriptors, bool is_last)
{
	/* The init, the program, and who waits for it. */
	int n = n_tasks - 2 - is_last;
	pid_t pid = 0;

	for (; n > 0; n--) {
		pid = fork();
		if (!pid)
			idle(n_descriptors);
		if (pid < 0)
			return -errno;
	}
	if (!is_last)
		return 0;
	pid = fork();
	if (pid > 0)
		wait_for(pid);
	return pid < 0 ? -errno : 0;
}

/* ---- holding ---- */

static int open_one(void)
{
	struct reeve_message hello = {
		.ordinal = reeve_ordinal("bench/Echo.Echo"),
		.txid = 1,
	};
	struct reeve_channel *c;
	int e;

	if (n_things == THINGS_MAX)
		return -ENOSPC;
	e = reeve_open(reeve, "/svc/" THING, &c);
	if (e)
		return e < 0 ? e : -EISDIR;
	things[n_things++] = c;
	return reeve_send(c, &hello);
}

static int hear(struct reeve_channel *c)
{
	struct reeve_message *m;
	int e = reeve_receive(c, TIMEOUT_MS, &m);

	if (!e) {
		reeve_message_free(m);
		return 0;
	}
	printf("{\"error\":\"opening: %s, %s, by %s\"}\n", strerror(-e),
	       reeve_status_name(reeve_channel_status(c)),
	       reeve_channel_closer(c) == REEVE_CLOSER_MANAGER ? "the manager"
							       : "the peer");
	fflush(stdout);
	return e;
}

static int open_many(uint64_t n)
{
	size_t heard = n_things;
	int e = 0;

	for (; !e && n; n--) {
		e = open_one();
		for (; !e && (n == 1 || n % BATCH == 0) && heard < n_things;
		     heard++)
			e = hear(things[heard]);
	}
	return e;
}

/* Nothing is to be read from any of them. */
static uint64_t drop_all(void)
{
	char byte[REEVE_BYTES_MAX];
	uint64_t n_alive = 0;
	size_t n;

	while (n_things) {
		n_alive += reeve_channel_read(things[--n_things], 0, byte,
					      sizeof(byte), &n, NULL,
					      &(size_t){ 0 }) != -EPIPE;
		reeve_channel_close(things[n_things]);
	}
	return n_alive;
}

/* ---- talking ---- */

static int call_raw(struct reeve_channel *c)
{
	char bytes[64] = { 1 };
	size_t n, n_handles;
	int e = reeve_channel_write(c, bytes, sizeof(bytes), NULL, 0);

	return e ? e
		 : reeve_channel_read(c, TIMEOUT_MS, bytes, sizeof(bytes), &n,
				      NULL, &n_handles);
}

static void talk(uint64_t ms, struct hold_reply *reply)
{
	static uint64_t ns[SAMPLES_MAX];
	uint64_t begin, end, before, now;
	struct reeve_channel *c;
	size_t n = 0;

	reply->error = reeve_open(reeve, "/svc/bench.Raw", &c);
	if (reply->error)
		return;
	/* The provider may have to be started. */
	reply->error = call_raw(c);
	begin = before = now_ns();
	end = begin + ms * 1000000;
	while (!reply->error && before < end && n < SAMPLES_MAX) {
		reply->error = call_raw(c);
		now = now_ns();
		ns[n++] = now - before;
		before = now;
	}
	reeve_channel_close(c);
	if (!n)
		return;
	reply->n_calls = n;
	reply->ran_ns = before - begin;
	qsort(ns, n, sizeof(*ns), samples_compare);
	reply->median_ns = ns[n / 2];
	reply->p99_ns = ns[n - 1 - n / 100];
	reply->max_ns = ns[n - 1];
}

/* ---- requests ---- */

static void on_hold(struct reeve *r, struct reeve_channel *owner,
		    struct reeve_message *m, void *userdata)
{
	struct hold_reply reply = { 0 };
	struct hold_request request;

	(void)r;
	(void)userdata;
	if (!m || m->n_bytes < sizeof(request))
		return;
	memcpy(&request, m->bytes, sizeof(request));
	if (m->ordinal == reeve_ordinal(HOLD_OPEN))
		reply.error = open_many(request.n);
	else if (m->ordinal == reeve_ordinal(HOLD_DROP))
		reply.n_alive = drop_all();
	else if (m->ordinal == reeve_ordinal(HOLD_TALK))
		talk(request.n, &reply);
	else
		reply.error = -ENOSYS;
	reeve_reply(owner, m, &reply, sizeof(reply));
}

static void on_thing(struct reeve *r, struct reeve_channel *client,
		     struct reeve_message *m, void *userdata)
{
	(void)r;
	(void)userdata;
	if (m)
		reeve_reply(client, m, m->bytes, m->n_bytes);
}

static void on_open(struct reeve *r, struct reeve_channel *client,
		    void *is_thing)
{
	reeve_watch(r, client, is_thing ? on_thing : on_hold, NULL);
}

/* As many channels as may be. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The arguments are needed before the library may be joined: who joins is the
 * task that holds. */
int main(int argc, char **argv)
{
	bool provides = argc > 2 && !strcmp(argv[2], "provide");

	if (argc < 3)
		return 2;
	pin(atoi(argv[1]));
	if (argc > 5 &&
	    crowd(atoi(argv[3]), atoi(argv[4]), !strcmp(argv[5], "last")) < 0)
		return 3;
	raise_limit();
	if (reeve_join(&reeve) < 0) {
		fputs("holder: start me with reeve run\n", stderr);
		return 1;
	}
	if (provides)
		reeve_serve(reeve, "/svc/" THING, on_open, reeve);
	else
		reeve_serve(reeve, "/svc/bench.Hold", on_open, NULL);
	return reeve_run(reeve);
}
