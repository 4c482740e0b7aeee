/*
 * Children of a holder: tasks that have copies of a channel, each in its own
 * manner. Most wait for a byte ("ask" sends it), then look at what they have
 * and tell; those that read, spin or pass it on tell by themselves when it has
 * ended.
 */
#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	int fd, go_fd, result_fd, n_dups;
	int ready_fd; /* closed when it is what it was to be; also by exec */
};

static _Noreturn void child_tell(const struct child *c, const char *text)
{
	char line[160];

	snprintf(line, sizeof(line), "%s\n", text);
	_exit(write(c->result_fd, line, strlen(line)) < 0);
}

/* Wait for the byte, look, and tell. */
static _Noreturn void child_wait(const struct child *c)
{
	char text[128], byte;

	close(c->ready_fd);
	while (read(c->go_fd, &byte, 1) < 0)
		;
	end_describe(c->fd, text, sizeof(text));
	child_tell(c, text);
}

static void be_plain(const struct child *c)
{
	int i;

	for (i = 0; i < c->n_dups; i++)
		if (fcntl(c->fd, F_DUPFD_CLOEXEC, 3) < 0)
			child_tell(c, "no dup");
	child_wait(c);
}

/* Blocked in a read, until it has an end. */
static void be_reading(const struct child *c)
{
	char byte;
	ssize_t n;

	close(c->ready_fd);
	do
		n = recv(c->fd, &byte, 1, 0);
	while (n > 0 || (n < 0 && errno == EINTR));
	child_tell(c, n ? strerrorname_np(errno) : "eof");
}

static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void be_deaf(const struct child *c)
{
	block_signals();
	child_wait(c);
}

static void be_spinning(const struct child *c)
{
	char byte;
	ssize_t n;

	block_signals();
	close(c->ready_fd);
	do
		n = recv(c->fd, &byte, 1, MSG_DONTWAIT);
	while (n > 0 || (n < 0 && errno == EAGAIN));
	child_tell(c, n ? strerrorname_np(errno) : "eof");
}

static void be_stopped(const struct child *c)
{
	close(c->ready_fd);
	raise(SIGSTOP);
	child_wait(c);
}

static void be_undumpable(const struct child *c)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	child_wait(c);
}

static void *thread_main(void *context)
{
	child_wait(context);
}

/* The first thread has ended, another one goes on. */
static void be_leaderless(const struct child *c)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_main, (void *)c))
		child_tell(c, "no thread");
	syscall(SYS_exit, 0);
}

/* A task whose parent has ended. */
static void be_orphaned(const struct child *c)
{
	if (fork())
		_exit(0);
	child_wait(c);
}

static void execute(const struct child *c, const char *program)
{
	char numbers[3][16];
	char *argv[] = { (char *)program, (char *)"--child", numbers[0],
			 numbers[1],	  numbers[2],	     NULL };
	const int fds[] = { c->fd, c->go_fd, c->result_fd };
	int i;

	for (i = 0; i < 3; i++) {
		fcntl(fds[i], F_SETFD, 0);
		snprintf(numbers[i], sizeof(numbers[i]), "%d", fds[i]);
	}
	execv(program, argv);
	child_tell(c, strerrorname_np(errno));
}

/* Undumpable, and then another program. */
static void be_executed(const struct child *c)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	execute(c, "/pkg/bin/holder");
}

/* A program that may be executed but not read. */
static void be_sealed(const struct child *c)
{
	execute(c, "/pkg/bin/sealed");
}

int child_main(char **argv)
{
	const struct child c = { atoi(argv[0]), atoi(argv[1]), atoi(argv[2]), 0,
				 -1 };

	child_wait(&c);
}

static const struct {
	const char *name;
	void (*be)(const struct child *c);
} kinds[] = {
	{ "plain", be_plain },
	{ "reading", be_reading },
	{ "deaf", be_deaf },
	{ "spinning", be_spinning },
	{ "stopped", be_stopped },
	{ "undumpable", be_undumpable },
	{ "leaderless", be_leaderless },
	{ "orphaned", be_orphaned },
	{ "executed", be_executed },
	{ "sealed", be_sealed },
};

static void child_note(struct holder *h, pid_t pid)
{
	if (h->n_children < CHILDREN_MAX)
		h->children[h->n_children++] = pid;
}

/* What a child has it has alone: the program's own descriptors stay away from
 * it, so that it is not told to end with them. */
static void child_close_others(const struct holder *h, const struct child *c)
{
	int i;

	for (i = 0; i < SLOTS_MAX; i++)
		if (h->slots[i] >= 0 && h->slots[i] != c->fd)
			close(h->slots[i]);
	close(h->order_fd);
}

/* Fork one. False if that is not possible. */
static bool child_begin(struct holder *h, const struct child *c,
			void (*be)(const struct child *c))
{
	pid_t pid = fork();

	if (pid < 0)
		return false;
	if (pid) {
		child_note(h, pid);
		return true;
	}
	child_close_others(h, c);
	be(c);
	_exit(1);
}

/* spawn N KIND TASKS DUPS: so many children that have it, with dups each. The
 * answer comes when they are what they were to be. */
static void order_spawn(struct holder *h, char **o)
{
	int n = atoi(o[2]), ready[2];
	struct child c = { slot_get(h, o[0]), h->go[0], h->results[1],
			   atoi(o[3]), -1 };
	bool is_well = true;
	char byte;
	size_t k;

	for (k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
		if (!strcmp(kinds[k].name, o[1]))
			break;
	if (k == sizeof(kinds) / sizeof(*kinds) ||
	    pipe2(ready, O_CLOEXEC) < 0) {
		answer(h, "no kind %s", o[1]);
		return;
	}
	c.ready_fd = ready[1];
	while (is_well && n-- > 0)
		is_well = child_begin(h, &c, kinds[k].be);
	close(ready[1]);
	while (read(ready[0], &byte, 1) < 0)
		;
	close(ready[0]);
	answer(h, "%s", is_well ? "ok" : "no task");
}

/* Pass on what comes, round and round, until it has ended. */
static _Noreturn void move_on(const struct child *c, int from_fd, int to_fd)
{
	struct pollfd p = { .events = 0 };
	char byte;

	for (;;) {
		if (fd_receive(from_fd, &byte, 1, 0, &p.fd) != 1 || p.fd < 0)
			_exit(1);
		if (poll(&p, 1, 0) > 0 && p.revents & POLLHUP)
			child_tell(c, "moved to its end");
		if (fd_send(to_fd, &byte, 1, p.fd))
			child_tell(c, "could not be moved");
		close(p.fd);
	}
}

/* move N TASKS: give it to tasks that do that */
static void order_move(struct holder *h, char **o)
{
	struct child c = { -1, h->go[0], h->results[1], 0, -1 };
	int ends[64][2], n = atoi(o[1]), fd = slot_take(h, o[0]), i, e = 0;
	pid_t pid;

	for (i = 0; i < n && i < 64; i++)
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends[i]) < 0)
			e = -errno;
	e = e ? e : fd_send(ends[0][0], "x", 1, fd);
	close(fd);
	for (i = 0; i < n && !e; i++) {
		pid = fork();
		if (!pid) {
			child_close_others(h, &c);
			move_on(&c, ends[i][1], ends[(i + 1) % n][0]);
		}
		child_note(h, pid);
	}
	for (i = 0; i < n; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
	answer_status(h, e);
}

/* ask N: have so many children look and tell */
static void order_ask(struct holder *h, char **o)
{
	int n = atoi(o[0]);
	size_t i;

	for (i = 0; i < h->n_children; i++)
		kill(h->children[i], SIGCONT);
	while (n-- > 0)
		if (write(h->go[1], "x", 1) != 1)
			break;
	answer(h, "ok");
}

/* told N: what so many children have said, once they have */
static void order_told(struct holder *h, char **o)
{
	struct pollfd p = { .fd = h->results[0], .events = POLLIN };
	char line[160], last[160] = "";
	int n = atoi(o[0]), same = 0;
	size_t k;

	while (n-- > 0) {
		for (k = 0; k + 1 < sizeof(line); k++)
			if (poll(&p, 1, HOLDER_TIMEOUT_MS) <= 0 ||
			    read(p.fd, line + k, 1) != 1 || line[k] == '\n')
				break;
		line[k] = 0;
		if (same && strcmp(line, last)) {
			answer(h, "%d: %s; ", same, last);
			same = 0;
		}
		strcpy(last, line);
		same++;
	}
	answer(h, "%d: %s", same, last);
}

/* states: of the children, a letter each, in their order; - for one that has
 * ended */
static void order_states(struct holder *h, char **o)
{
	char path[64], text[512], *at;
	ssize_t n;
	size_t i;
	int fd;

	(void)o;
	for (i = 0; i < h->n_children; i++) {
		snprintf(path, sizeof(path), "/proc/%d/stat",
			 (int)h->children[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		at = strrchr(text, ')');
		answer(h, "%c", at ? at[2] : '-');
	}
}

/* kill: end all children, and forget what they said */
static void order_kill(struct holder *h, char **o)
{
	struct pollfd p = { .fd = h->results[0], .events = POLLIN };
	char bytes[4096];

	(void)o;
	while (h->n_children) {
		kill(h->children[--h->n_children], SIGKILL);
		waitpid(h->children[h->n_children], NULL, 0);
	}
	while (poll(&p, 1, 0) > 0 && read(p.fd, bytes, sizeof(bytes)) > 0)
		;
	answer(h, "ok");
}

const struct order child_orders[] = {
	{ "ask", 1, order_ask },       { "kill", 0, order_kill },
	{ "move", 2, order_move },     { "spawn", 4, order_spawn },
	{ "states", 0, order_states }, { "told", 1, order_told },
};
const size_t n_child_orders = sizeof(child_orders) / sizeof(*child_orders);
