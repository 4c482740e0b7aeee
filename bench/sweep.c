/*
 * The floor of a revocation: the same search without us, by one task that knows
 * where to look.
 *
 *	sweep sweep|shutdown N K TASKS DESCRIPTORS first|last [OTHERS]
 *
 * A provider has one end of K channels, and waits for all of them; a client has
 * the others. Each is one of TASKS tasks, of which the rest have DESCRIPTORS of
 * their own and do nothing, as in a cell (holder.c). The provider has OTHERS
 * channels to somebody else, too.
 *
 * sweep	go through /proc/PID/fd of all tasks, the provider's first, take
 *a copy of each descriptor (pidfd_getfd), compare its cookie, shut down and
 *empty those that are sought, until all were found shutdown	only shut down K
 *sockets that one holds already
 *
 * Either is over when the end of all K was seen in an epoll set, which holds
 * nothing of them: what the manager takes for a proof.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "pass.h"
#include "samples.h"

enum {
	CHANNELS_MAX = 4096,
	TASKS_MAX = 1024,
	BATCH = 32,
	SETTLE_US = 1000,
	WARM_UP = 3,
};

/* A program with its crowd. */
struct side {
	int fd; /* to tell it */
	pid_t pids[TASKS_MAX];
	size_t n_pids;
};

struct sought {
	uint64_t cookies[CHANNELS_MAX];
	int fds[CHANNELS_MAX]; /* kept for the bare shutdown only */
	size_t n, n_found;
	int weak_fd; /* the epoll set that sees their end */
};

/* ---- the tasks ---- */

static void idle(int n_descriptors)
{
	int fds[2], null_fd, i;

	close_range(0, ~0u, 0);
	for (i = 0; i + 1 < n_descriptors; i += 2) {
		null_fd = open("/dev/null", O_RDONLY);
		pair(fds);
		if (dup2(null_fd, fds[1]) < 0)
			_exit(1);
		close(null_fd);
	}
	for (;;)
		pause();
}

static void put_handles(int fd, const int *handles, size_t n)
{
	union {
		char bytes[CMSG_SPACE(BATCH * sizeof(int))];
		struct cmsghdr align;
	} control = {};
	char byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr h = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), handles, n * sizeof(int));
	if (sendmsg(fd, &h, MSG_NOSIGNAL) < 0)
		die("sendmsg");
}

/* How many there were; 0: a message without any. */
static size_t get_handles(int fd, int ret[static BATCH])
{
	union {
		char bytes[CMSG_SPACE(BATCH * sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec v = { &byte, 1 };
	struct msghdr h = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	size_t n;

	if (recvmsg(fd, &h, MSG_CMSG_CLOEXEC) <= 0)
		_exit(0);
	c = h.msg_controllen ? CMSG_FIRSTHDR(&h) : NULL;
	if (!c)
		return 0;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(ret, CMSG_DATA(c), n * sizeof(int));
	return n;
}

/* Waits for all that it is given, and closes what has ended. */
static void provide(int fd)
{
	int epoll_fd = epoll_new(), handles[BATCH];
	struct epoll_event e;
	size_t n;

	epoll_put(epoll_fd, fd, EPOLLIN, (uint32_t)fd);
	while (epoll_wait(epoll_fd, &e, 1, -1) > 0) {
		if (e.data.fd != fd) {
			close(e.data.fd);
			continue;
		}
		n = get_handles(fd, handles);
		put(fd, "", 1);
		while (n--)
			epoll_put(epoll_fd, handles[n], EPOLLIN,
				  (uint32_t)handles[n]);
	}
}

/* Keeps all that it is given, until it is told to close it. */
static void hold(int fd)
{
	static int held[CHANNELS_MAX + BATCH];
	size_t n = 0, more;

	for (;;) {
		more = get_handles(fd, held + n);
		n += more;
		while (!more && n)
			close(held[--n]);
		put(fd, "", 1);
	}
}

static pid_t side_start(void (*run)(int fd), int fd)
{
	pid_t pid = task_fork();

	if (!pid) {
		close_range(3, (unsigned)fd - 1, 0);
		run(fd);
	}
	return pid;
}

/* The init of a cell is a task, too. */
static struct side side_new(void (*run)(int fd), int n_tasks, int n_descriptors,
			    bool is_last)
{
	struct side s = { 0 };
	int fds[2];

	pair(fds);
	s.fd = fds[0];
	fcntl(fds[1], F_SETFD, 0);
	if (!is_last)
		s.pids[s.n_pids++] = side_start(run, fds[1]);
	while (s.n_pids < (size_t)n_tasks - is_last) {
		s.pids[s.n_pids] = task_fork();
		if (!s.pids[s.n_pids++])
			idle(n_descriptors);
	}
	if (is_last)
		s.pids[s.n_pids++] = side_start(run, fds[1]);
	close(fds[1]);
	return s;
}

static void side_answer(const struct side *s)
{
	char byte;

	if (recv(s->fd, &byte, 1, 0) != 1)
		die("answer");
}

/* ---- one round ---- */

static int cookie_compare(const void *a, const void *b)
{
	return samples_compare(a, b);
}

static void channels_open(struct sought *s, size_t k,
			  const struct side *provider,
			  const struct side *client, bool keeps)
{
	int ends[2][BATCH], fds[2];
	socklen_t length;
	size_t i, n = 0;

	s->n = s->n_found = 0;
	for (i = 0; i < k; i++) {
		pair(fds);
		length = sizeof(s->cookies[0]);
		if (getsockopt(fds[0], SOL_SOCKET, SO_COOKIE, &s->cookies[i],
			       &length) < 0)
			die("SO_COOKIE");
		epoll_put(s->weak_fd, fds[0], EPOLLET, i);
		s->fds[s->n++] = keeps ? dup(fds[0]) : -1;
		ends[0][n] = fds[0];
		ends[1][n++] = fds[1];
		if (n < BATCH && i + 1 < k)
			continue;
		put_handles(provider->fd, ends[0], n);
		put_handles(client->fd, ends[1], n);
		side_answer(provider);
		side_answer(client);
		for (; n; n--) {
			close(ends[0][n - 1]);
			close(ends[1][n - 1]);
		}
	}
	qsort(s->cookies, k, sizeof(s->cookies[0]), cookie_compare);
}

/* Those that are not sought; we keep the other ends. */
static void others_open(size_t n, const struct side *provider)
{
	int fds[2];

	for (; n; n--) {
		pair(fds);
		put_handles(provider->fd, fds, 1);
		side_answer(provider);
		close(fds[0]);
	}
}

static void empty(int fd)
{
	char bytes[65536];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static void look(struct sought *s, int fd)
{
	uint64_t cookie;
	socklen_t length = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 &&
	    bsearch(&cookie, s->cookies, s->n, sizeof(cookie),
		    cookie_compare)) {
		shutdown(fd, SHUT_RDWR);
		empty(fd);
		s->n_found++;
	}
	close(fd);
}

static void sweep_task(struct sought *s, pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), fd;
	struct dirent *e;
	char path[64];
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	if (pidfd < 0 || !d)
		die(path);
	while (s->n_found < s->n && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(e->d_name), 0);
		if (fd >= 0)
			look(s, fd);
	}
	closedir(d);
	close(pidfd);
}

static void sweep_side(struct sought *s, const struct side *side)
{
	size_t i;

	for (i = 0; i < side->n_pids && s->n_found < s->n; i++)
		sweep_task(s, side->pids[i]);
}

/* How many are still in the set, and have not been seen to end. */
static size_t count_alive(const struct sought *s, const bool *has_ended)
{
	unsigned long long at;
	size_t n_alive = 0;
	const char *data;
	char text[256];
	FILE *f;

	snprintf(text, sizeof(text), "/proc/self/fdinfo/%d", s->weak_fd);
	f = fopen(text, "re");
	if (!f)
		die(text);
	while (fgets(text, sizeof(text), f)) {
		data = strstr(text, " data:");
		if (data && sscanf(data, " data: %llx", &at) == 1)
			n_alive += !has_ended[at];
	}
	fclose(f);
	return n_alive;
}

/* What the provider closes before we have looked leaves the set without a
 * word: then only a list tells. */
static void wait_for_ends(struct sought *s)
{
	bool has_ended[CHANNELS_MAX] = { false };
	struct epoll_event ready[64];
	size_t n_ended = 0;
	int n, i;

	do {
		n = epoll_wait(s->weak_fd, ready, 64, 0);
		for (i = 0; i < n; i++) {
			if (!(ready[i].events & EPOLLHUP))
				continue;
			has_ended[ready[i].data.u64] = true;
			n_ended++;
		}
	} while (n > 0);
	if (n_ended < s->n && count_alive(s, has_ended)) {
		fputs("not all have ended\n", stderr);
		_exit(1);
	}
}

static uint64_t round_once(struct sought *s, size_t k,
			   const struct side *provider,
			   const struct side *client, bool keeps)
{
	uint64_t start, took;
	size_t i;

	channels_open(s, k, provider, client, keeps);
	usleep(SETTLE_US);
	start = now_ns();
	for (i = 0; keeps && i < s->n; i++)
		shutdown(s->fds[i], SHUT_RDWR);
	if (!keeps) {
		sweep_side(s, provider);
		sweep_side(s, client);
	}
	wait_for_ends(s);
	took = now_ns() - start;
	for (i = 0; keeps && i < s->n; i++)
		close(s->fds[i]);
	put(client->fd, "", 1);
	side_answer(client);
	return took;
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	size_t n = argc >= 7 ? strtoul(argv[2], NULL, 10) : 0, k, i;
	uint64_t *ns = calloc(n + 1, sizeof(*ns));
	static struct sought sought;
	static struct side provider, client;
	bool keeps, is_last;
	char name[64];

	k = n ? strtoul(argv[3], NULL, 10) : 0;
	if (!n || !ns || !k || k > CHANNELS_MAX || atoi(argv[4]) < 1 ||
	    atoi(argv[4]) > TASKS_MAX) {
		fputs("usage: sweep sweep|shutdown N K TASKS DESCRIPTORS "
		      "first|last [OTHERS]\n",
		      stderr);
		return 2;
	}
	raise_limit();
	keeps = !strcmp(argv[1], "shutdown");
	is_last = !strcmp(argv[6], "last");
	provider = side_new(provide, atoi(argv[4]), atoi(argv[5]), is_last);
	client = side_new(hold, atoi(argv[4]), atoi(argv[5]), is_last);
	sought.weak_fd = epoll_new();
	others_open(argc > 7 ? strtoul(argv[7], NULL, 10) : 0, &provider);
	for (i = 0; i < WARM_UP + n; i++)
		ns[i < WARM_UP ? 0 : i - WARM_UP] =
			round_once(&sought, k, &provider, &client, keeps);
	snprintf(name, sizeof(name), "%s-%zu", argv[1], k);
	samples_print_each(name, ns, n);
	return 0;
}
