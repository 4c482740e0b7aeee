#include "hide.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/packet.h"

static _Noreturn void wait_for_ever(void)
{
	for (;;)
		pause();
}

static int pair(int type, int ret[2])
{
	return socketpair(AF_UNIX, type, 0, ret) < 0 ? -errno : 0;
}

/* Send it as the descriptor of a message of @n bytes, and give it up. */
static int send_away(int over_fd, int take_fd, size_t n)
{
	static char bytes[70000];
	int r = packet_send(over_fd, bytes, n, &take_fd, 1, MSG_DONTWAIT);

	close(take_fd);
	return r;
}

static int hide_plain(int fd)
{
	return fd < 0 ? -EBADF : 0;
}

static int hide_dups(int fd)
{
	int i, k;

	for (i = 0; i < 20; i++) {
		if (fork() != 0)
			continue;
		for (k = 0; k < 4; k++)
			if (dup(fd) < 0)
				_exit(1);
		wait_for_ever();
	}
	close(fd);
	return 0;
}

static int hide_forks(int fd)
{
	int i;

	for (i = 0; i < 100; i++)
		if (fork() == 0)
			wait_for_ever();
	close(fd);
	return 0;
}

static int hide_queue(int fd)
{
	int ends[2], i, r = pair(SOCK_SEQPACKET, ends);

	for (i = 0; r == 0 && i < 9; i++)
		r = packet_send(ends[0], "message", (size_t)(i % 8), NULL, 0,
				0);
	return r ? r : send_away(ends[0], fd, 1);
}

static int hide_queue_stream(int fd)
{
	int ends[2], r = pair(SOCK_STREAM, ends);

	if (r == 0)
		r = packet_send(ends[0], "message", 7, NULL, 0, 0);
	if (r == 0)
		r = send_away(ends[0], fd, 70000);
	return r ? r : packet_send(ends[0], "more", 4, NULL, 0, 0);
}

static int hide_nested(int fd, int depth)
{
	int ends[2], r = 0;

	while (r == 0 && depth--) {
		r = pair(SOCK_SEQPACKET, ends);
		if (r == 0)
			r = send_away(ends[0], fd, 1);
		/* Nobody has the sending end: only what is queued counts. */
		close(ends[0]);
		fd = ends[1];
	}
	return r;
}

static int hide_nested_3(int fd)
{
	return hide_nested(fd, 3);
}

static int hide_nested_32(int fd)
{
	return hide_nested(fd, 32);
}

static _Noreturn void move_on(int from_fd, int to_fd)
{
	int fds[1];
	size_t n_fds;
	char byte;

	for (;;) {
		if (packet_receive(from_fd, &byte, 1, fds, 1, &n_fds, 0) != 1 ||
		    n_fds != 1)
			_exit(1);
		packet_send(to_fd, &byte, 1, fds, 1, 0);
		close(fds[0]);
	}
}

static int hide_moved(int fd, int n)
{
	int(*ends)[2] = calloc((size_t)n, sizeof(*ends));
	int i, r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = pair(SOCK_SEQPACKET, ends[i]);
	if (r == 0)
		r = send_away(ends[0][0], fd, 1);
	for (i = 0; r == 0 && i < n; i++)
		if (fork() == 0)
			move_on(ends[i][1], ends[(i + 1) % n][0]);
	return r;
}

static int hide_moved_8(int fd)
{
	return hide_moved(fd, 8);
}

static int hide_moved_32(int fd)
{
	return hide_moved(fd, 32);
}

/* What a thread that hides something is told. */
struct hider {
	int fd, other_fd;
	volatile pid_t tid;
};

static int begin_thread(void *(*fn)(void *), struct hider *h)
{
	pthread_t thread;
	int r;

	h->tid = 0;
	r = pthread_create(&thread, NULL, fn, h);
	while (r == 0 && !h->tid)
		sched_yield();
	return -r;
}

/* Wait until that thread waits in a call. */
static void wait_until_asleep(pid_t tid)
{
	char path[64], text[512], *at;
	int i, fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	for (i = 0; i < 10000; i++) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		at = strrchr(text, ')');
		if (at && at[2] == 'S')
			return;
		usleep(1000);
	}
}

static void *receive_for_ever(void *context)
{
	struct hider *h = context;
	char byte;

	h->tid = gettid();
	for (;;)
		if (recv(h->fd, &byte, 1, 0) < 0 && errno == EBADF)
			wait_for_ever();
	return NULL;
}

static int hide_blocked_recv(int fd)
{
	static struct hider h;
	char bytes[256];
	int r;

	/* What was sent before would not let it wait. */
	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	h.fd = fd;
	r = begin_thread(receive_for_ever, &h);
	if (r == 0)
		wait_until_asleep(h.tid);
	close(fd);
	return r;
}

static void *send_for_ever(void *context)
{
	struct hider *h = context;

	h->tid = gettid();
	packet_send(h->other_fd, "x", 1, &h->fd, 1, 0);
	wait_for_ever();
	return NULL;
}

static int hide_blocked_send(int fd)
{
	static struct hider h;
	int ends[2], r = pair(SOCK_SEQPACKET, ends);

	if (r < 0)
		return r;
	while (packet_send(ends[0], "full", 4, NULL, 0, MSG_DONTWAIT) == 0)
		;
	h.fd = fd;
	h.other_fd = ends[0];
	r = begin_thread(send_for_ever, &h);
	if (r == 0)
		wait_until_asleep(h.tid);
	close(fd);
	return r;
}

static int hide_empty_peeked(int fd)
{
	struct msghdr nothing = { .msg_name = NULL };
	int ends[2], r = pair(SOCK_SEQPACKET, ends);

	if (r == 0)
		r = send_away(ends[0], fd, 0);
	if (r == 0 && recvmsg(ends[1], &nothing, MSG_PEEK) < 0)
		r = -errno;
	return r;
}

static int hide_oob(int fd)
{
	int ends[2], r = pair(SOCK_STREAM, ends);

	if (r == 0)
		r = packet_send(ends[0], "x", 1, &fd, 1, MSG_OOB);
	close(fd);
	return r;
}

static int hide_backlog(int fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int client = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	socklen_t n = sizeof(a);

	/* A name that the kernel chooses. */
	if (bind(listener, (struct sockaddr *)&a, sizeof(sa_family_t)) < 0 ||
	    listen(listener, 5) < 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &n) < 0 ||
	    connect(client, (struct sockaddr *)&a, n) < 0)
		return -errno;
	return send_away(client, fd, 1);
}

static void *keep_table(void *context)
{
	struct hider *h = context;
	pid_t tid = unshare(CLONE_FILES) < 0 ? -1 : gettid();

	h->tid = tid;
	wait_for_ever();
	return NULL;
}

static int hide_thread(int fd)
{
	static struct hider h;
	int r = begin_thread(keep_table, &h);

	close(fd);
	return h.tid < 0 ? -EPERM : r;
}

static void *just_wait(void *context)
{
	struct hider *h = context;

	h->tid = gettid();
	wait_for_ever();
	return NULL;
}

static int hide_leaderless(int fd)
{
	static struct hider h;
	int ends[2];
	pid_t pid;
	char byte;

	if (pipe(ends) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		if (begin_thread(just_wait, &h) == 0 &&
		    write(ends[1], "x", 1) == 1)
			syscall(SYS_exit, 0);
		_exit(1);
	}
	close(fd);
	if (read(ends[0], &byte, 1) != 1)
		return -EIO;
	/* Until the first thread is gone, and not only about to go. */
	for (;;) {
		char path[64], text[512], *at;
		int stat_fd;
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		stat_fd = open(path, O_RDONLY | O_CLOEXEC);
		n = read(stat_fd, text, sizeof(text) - 1);
		close(stat_fd);
		text[n > 0 ? n : 0] = 0;
		at = strrchr(text, ')');
		if (at && at[2] == 'Z')
			return 0;
		usleep(1000);
	}
}

static int hide_undumpable(int fd)
{
	if (fork() == 0) {
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		wait_for_ever();
	}
	close(fd);
	usleep(20000);
	return 0;
}

static int hide_orphan(int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (fork() == 0)
			wait_for_ever();
		_exit(0);
	}
	close(fd);
	waitpid(pid, NULL, 0);
	return 0;
}

static int hide_between_forks(int fd)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	if (fork() == 0) {
		close(fd);
		sigaction(SIGCHLD, &ignore, NULL);
		for (;;)
			if (fork() == 0)
				_exit(0);
	}
	return 0;
}

static const struct {
	const char *name;
	int (*hide)(int fd);
} places[N_HIDE_PLACES] = {
	[HIDE_PLAIN] = { "plain", hide_plain },
	[HIDE_DUPS] = { "100 dups", hide_dups },
	[HIDE_FORKS] = { "100 forks", hide_forks },
	[HIDE_QUEUE] = { "queue", hide_queue },
	[HIDE_QUEUE_STREAM] = { "queue of a stream", hide_queue_stream },
	[HIDE_NESTED_3] = { "3 queues deep", hide_nested_3 },
	[HIDE_NESTED_32] = { "32 queues deep", hide_nested_32 },
	[HIDE_MOVED_8] = { "moved by 8", hide_moved_8 },
	[HIDE_MOVED_32] = { "moved by 32", hide_moved_32 },
	[HIDE_BLOCKED_RECV] = { "blocked receive", hide_blocked_recv },
	[HIDE_BLOCKED_SEND] = { "blocked send", hide_blocked_send },
	[HIDE_EMPTY_PEEKED] = { "empty message", hide_empty_peeked },
	[HIDE_OOB] = { "urgent byte", hide_oob },
	[HIDE_BACKLOG] = { "backlog", hide_backlog },
	[HIDE_THREAD] = { "thread's table", hide_thread },
	[HIDE_LEADERLESS] = { "leaderless", hide_leaderless },
	[HIDE_UNDUMPABLE] = { "undumpable", hide_undumpable },
	[HIDE_ORPHAN] = { "orphan", hide_orphan },
	[HIDE_BETWEEN_FORKS] = { "between forks", hide_between_forks },
};

const char *hide_name(enum hide_place place)
{
	return places[place].name;
}

int hide_fd(enum hide_place place, int take_fd)
{
	return places[place].hide(take_fd);
}

/* Have @n sockets more. How many there are. */
static int hide_flood(int n)
{
	struct rlimit limit;
	int i;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (i = 0; i < n; i++)
		if (socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0)
			break;
	return i;
}

static int hide_unpack(int fd)
{
	int n = 0, fds[1];
	size_t n_fds;
	char byte;

	hide_flood(0);
	while (packet_receive(fd, &byte, 1, fds, 1, &n_fds, MSG_DONTWAIT) == 1)
		n++;
	close(fd);
	return n;
}

static int hide_swamp(void)
{
	int i;

	hide_flood(3000);
	for (i = 0; i < 100; i++)
		if (fork() == 0)
			wait_for_ever();
	return 0;
}

static int hide_stopped(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		wait_for_ever();
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	return pid;
}

int hide_play(int part, int take_fd)
{
	if (part < N_HIDE_PLACES)
		return hide_fd((enum hide_place)part, take_fd);
	switch (part) {
	case HIDE_UNPACK:
		return hide_unpack(take_fd);
	case HIDE_SWAMP:
		return hide_swamp();
	case HIDE_STOPPED:
		return hide_stopped();
	}
	return hide_flood(part);
}
