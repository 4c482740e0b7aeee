/* Where a holder puts its channels: queues, backlogs, over other channels. */
#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* pair N M: a channel of our own */
static void order_pair(struct holder *h, char **o)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		answer_status(h, -errno);
		return;
	}
	slot_put(h, o[0], ends[0]);
	slot_put(h, o[1], ends[1]);
	answer(h, "ok");
}

/* pipe N M: read from the first, write to the second */
static void order_pipe(struct holder *h, char **o)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		answer_status(h, -errno);
		return;
	}
	slot_put(h, o[0], ends[0]);
	slot_put(h, o[1], ends[1]);
	answer(h, "ok");
}

/* memory N */
static void order_memory(struct holder *h, char **o)
{
	slot_put(h, o[0], memfd_create("shared", MFD_CLOEXEC));
	answer(h, "ok");
}

/* write N TEXT, read N: pipes and memory, from the beginning */
static void order_write(struct holder *h, char **o)
{
	int fd = slot_get(h, o[0]);
	size_t n = strlen(o[1]);
	ssize_t r = pwrite(fd, o[1], n, 0);

	if (r < 0 && errno == ESPIPE)
		r = write(fd, o[1], n);
	answer_status(h, r < 0 ? -errno : 0);
}

static void order_read(struct holder *h, char **o)
{
	int fd = slot_get(h, o[0]);
	char text[256];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0 && errno == ESPIPE)
		n = read(fd, text, sizeof(text) - 1);
	if (n < 0) {
		answer_status(h, -errno);
		return;
	}
	text[n] = 0;
	answer(h, "got %s", text);
}

/* pass N OVER: give it up, as a handle of a message */
static void order_pass(struct holder *h, char **o)
{
	int e = fd_send(slot_get(h, o[1]), "take", 4, slot_get(h, o[0]));

	if (!e)
		slot_put(h, o[0], -1);
	answer_status(h, e);
}

/* copy N OVER: the same, and keep it */
static void order_copy(struct holder *h, char **o)
{
	answer_status(h,
		      fd_send(slot_get(h, o[1]), "take", 4, slot_get(h, o[0])));
}

static void take(struct holder *h, const char *number, int over_fd, int flags)
{
	char bytes[4096];
	ssize_t n;
	int fd;

	n = fd_receive(over_fd, bytes, sizeof(bytes), flags, &fd);
	slot_put(h, number, fd);
	if (n < 0)
		answer_status(h, (int)n);
	else
		answer(h, "%s", fd >= 0 ? "ok" : n ? "no handle" : "eof");
}

/* take N OVER: a handle that was passed, once it comes */
static void order_take(struct holder *h, char **o)
{
	struct timeval timeout = { HOLDER_TIMEOUT_MS / 1000, 0 };
	int fd = slot_get(h, o[1]);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	take(h, o[0], fd, 0);
}

/* fill N COUNT: so many messages into a queue */
static void order_fill(struct holder *h, char **o)
{
	int n = atoi(o[1]), e = 0;

	while (n-- > 0 && !e)
		e = fd_send(slot_get(h, o[0]), "filled", 6, -1);
	answer_status(h, e);
}

/* nest N DEPTH M: into a queue in a queue; slot M has the outermost */
static void order_nest(struct holder *h, char **o)
{
	int depth = atoi(o[1]), fd = slot_take(h, o[0]), ends[2], e = 0;

	while (!e && depth-- > 0) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
			break;
		e = fd_send(ends[0], "x", 1, fd);
		close(fd);
		/* Nobody has the sending end: only what is queued counts. */
		close(ends[0]);
		fd = ends[1];
	}
	slot_put(h, o[2], fd);
	answer_status(h, e);
}

/* unnest M DEPTH N: the reverse */
static void order_unnest(struct holder *h, char **o)
{
	int depth = atoi(o[1]), fd = slot_take(h, o[0]), inner = -1;
	char byte;

	while (depth-- > 0 && fd >= 0) {
		fd_receive(fd, &byte, 1, MSG_DONTWAIT, &inner);
		close(fd);
		fd = inner;
	}
	slot_put(h, o[2], fd);
	answer(h, "%s", fd >= 0 ? "ok" : "lost");
}

/* backlog N M: with a connection that nobody has accepted; slot M listens */
static void order_backlog(struct holder *h, char **o)
{
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	int client = socket(AF_UNIX, SOCK_SEQPACKET, 0), fd, e;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(a);

	slot_put(h, o[1], listener);
	/* A name that the kernel chooses. */
	if (bind(listener, (struct sockaddr *)&a, sizeof(sa_family_t)) < 0 ||
	    listen(listener, 5) < 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &n) < 0 ||
	    connect(client, (struct sockaddr *)&a, n) < 0) {
		answer_status(h, -errno);
		close(client);
		return;
	}
	fd = slot_take(h, o[0]);
	e = fd_send(client, "x", 1, fd);
	close(fd);
	close(client);
	answer_status(h, e);
}

/* unpack M N: accept at slot M what is there, and what came with it */
static void order_unpack(struct holder *h, char **o)
{
	int fd = accept4(slot_get(h, o[0]), NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		answer_status(h, -errno);
		return;
	}
	take(h, o[1], fd, MSG_DONTWAIT);
	close(fd);
}

/* urgent N: a byte beside the queue */
static void order_urgent(struct holder *h, char **o)
{
	answer_status(h, send(slot_get(h, o[0]), "x", 1, MSG_OOB) < 0 ? -errno
								      : 0);
}

static const char *error_of(long result)
{
	return result < 0 ? strerrorname_np(errno) : "works";
}

/*
 * private: can a thread have a table of descriptors of its own? Should one of
 * these work where it should not, it makes a task that ends at once.
 */
static void order_private(struct holder *h, char **o)
{
	static char stack[16384] __attribute__((aligned(16)));
	const unsigned long thread = CLONE_VM | CLONE_FS | CLONE_SIGHAND |
				     CLONE_THREAD | CLONE_SYSVSEM;
	struct {
		unsigned long long flags, rest[10];
	} args = { .flags = thread };

	(void)o;
	answer(h, "unshare %s", error_of(syscall(SYS_unshare, CLONE_FILES)));
	answer(h, " close_range %s",
	       error_of(syscall(SYS_close_range, ~0U, ~0U,
				CLOSE_RANGE_UNSHARE)));
	/* Without a stack it would fail anyway, but with another error. */
	answer(h, " clone3 %s",
	       error_of(syscall(SYS_clone3, &args, sizeof(args))));
	/* An even number of registers: the thread would fault on no address
	 * that we use. */
	answer(h, " clone %s",
	       error_of(syscall(SYS_clone, thread, stack, NULL, NULL, NULL)));
}

const struct order hide_orders[] = {
	{ "backlog", 2, order_backlog }, { "copy", 2, order_copy },
	{ "fill", 2, order_fill },	 { "memory", 1, order_memory },
	{ "nest", 3, order_nest },	 { "pair", 2, order_pair },
	{ "pass", 2, order_pass },	 { "pipe", 2, order_pipe },
	{ "private", 0, order_private }, { "read", 1, order_read },
	{ "take", 2, order_take },	 { "unnest", 3, order_unnest },
	{ "unpack", 2, order_unpack },	 { "urgent", 1, order_urgent },
	{ "write", 2, order_write },
};
const size_t n_hide_orders = sizeof(hide_orders) / sizeof(*hide_orders);
