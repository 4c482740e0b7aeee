/*
 * A component that holds channels, and does with them what the story tells it
 * to.
 *
 * The story listens at /orders/s, a socket in a directory that is routed to the
 * component; nothing of it is a channel of ours, so no revocation touches it. A
 * message is orders, a line each: a verb and its operands, separated by blanks.
 * One message answers it, with a line for each order.
 *
 * Arguments of the program are orders that are carried out before the first.
 */
#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <reeve/realm.h>

enum { BUFFER = 65536 };

void answer(struct holder *h, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(h->answer + h->n_answer, ANSWER_MAX - h->n_answer, format,
		      args);
	va_end(args);
	if (n > 0)
		h->n_answer += (size_t)n;
	if (h->n_answer > ANSWER_MAX - 1)
		h->n_answer = ANSWER_MAX - 1;
}

void answer_status(struct holder *h, int e)
{
	answer(h, "%s",
	       !e      ? "ok"
	       : e > 0 ? reeve_realm_error_name(e)
		       : strerrorname_np(-e));
}

/* ---- slots ---- */

static size_t slot_number(const char *number)
{
	size_t n = strtoul(number, NULL, 10);

	return n < SLOTS_MAX ? n : 0;
}

int slot_get(const struct holder *h, const char *number)
{
	return h->slots[slot_number(number)];
}

int slot_take(struct holder *h, const char *number)
{
	int fd = slot_get(h, number);

	h->slots[slot_number(number)] = -1;
	return fd;
}

void slot_put(struct holder *h, const char *number, int take_fd)
{
	int fd = slot_take(h, number);

	if (fd >= 0)
		close(fd);
	h->slots[slot_number(number)] = take_fd;
}

/* ---- messages ---- */

int fd_send(int over_fd, const void *bytes, size_t n, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET,
				  SCM_RIGHTS } };
	struct iovec part = { (void *)bytes, n };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
	}
	return sendmsg(over_fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno
								     : 0;
}

ssize_t fd_receive(int over_fd, void *bytes, size_t n, int flags, int *ret_fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { bytes, n };
	struct msghdr m = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	const struct cmsghdr *c;
	ssize_t got;

	*ret_fd = -1;
	got = recvmsg(over_fd, &m, flags | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
	return got;
}

/* An epitaph: 16 bytes of header, the ordinal all ones, and the status. */
static const char *epitaph_of(const char *bytes, ssize_t n)
{
	int32_t status;

	if (n != 24 || memcmp(bytes + 8, "\xff\xff\xff\xff\xff\xff\xff\xff", 8))
		return NULL;
	memcpy(&status, bytes + 16, sizeof(status));
	return reeve_status_name(status);
}

void end_describe(int fd, char *buffer, size_t n)
{
	const char *epitaph = NULL, *at;
	unsigned long n_read = 0;
	char bytes[4096];
	ssize_t got;

	/* What the other end had not read when it closed is told once. */
	while ((got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0 ||
	       (got < 0 && (errno == ECONNRESET || errno == EINTR))) {
		at = got > 0 ? epitaph_of(bytes, got) : NULL;
		epitaph = at ? at : epitaph;
		n_read += got > 0 && !at;
	}
	snprintf(buffer, n, "%s %lu %s%s%s",
		 got == 0	   ? "eof"
		 : errno == EAGAIN ? "open"
				   : strerrorname_np(errno),
		 n_read,
		 send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
			 ? strerrorname_np(errno)
			 : "ok",
		 epitaph ? " " : "", epitaph ? epitaph : "");
}

/* ---- simple orders ---- */

static void order_ping(struct holder *h, char **o)
{
	answer(h, "pong %s", o[0]);
}

/* end N */
static void order_end(struct holder *h, char **o)
{
	char text[128];

	end_describe(slot_get(h, o[0]), text, sizeof(text));
	answer(h, "%s", text);
}

/* ends FIRST COUNT: how many slots have which end */
static void order_ends(struct holder *h, char **o)
{
	size_t first = slot_number(o[0]), n = slot_number(o[1]), i;
	char text[128], last[128] = "";
	size_t same = 0;

	for (i = first; i < first + n && i < SLOTS_MAX; i++) {
		end_describe(h->slots[i], text, sizeof(text));
		if (same && strcmp(text, last)) {
			answer(h, "%zu: %s; ", same, last);
			same = 0;
		}
		strcpy(last, text);
		same++;
	}
	answer(h, "%zu: %s", same, last);
}

/* give N: the descriptor that came with the orders */
static void order_give(struct holder *h, char **o)
{
	slot_put(h, o[0], h->given_fd);
	h->given_fd = -1;
	answer(h, "ok");
}

/* Read until the answer to "probe" comes, or the end. We may be who answers. */
static char probe(struct holder *h, int fd, bool was_sent)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool had_any = false;
	char bytes[256];
	int n_waited = 0;
	ssize_t n;

	while (n_waited < HOLDER_TIMEOUT_MS) {
		if (poll(&p, 1, 1) <= 0) {
			n_waited++;
			holder_turn(h, 0);
			continue;
		}
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n < 0 && (errno == ECONNRESET || errno == EAGAIN))
			continue;
		if (n == 5 && was_sent && !memcmp(bytes, "probe", 5))
			return 'a';
		if (n <= 0)
			return had_any ? 'r' : 'd';
		had_any |= !epitaph_of(bytes, n);
	}
	return 't';
}

/* probe N...: of each slot, a letter: it is answered (a), has ended (d), has
 * ended and something could be read (r) */
static void order_probe(struct holder *h, char **o)
{
	static bool was_sent[SLOTS_MAX];
	int slots[256], n = 0, i;
	char *number;

	while ((number = strsep(&o[0], " ")) && n < 256)
		slots[n++] = (int)slot_number(number);
	for (i = 0; i < n; i++)
		was_sent[i] = !fd_send(h->slots[slots[i]], "probe", 5, -1);
	for (i = 0; i < n; i++)
		answer(h, "%c", probe(h, h->slots[slots[i]], was_sent[i]));
}

/* send N TEXT */
static void order_send(struct holder *h, char **o)
{
	answer_status(h, fd_send(slot_get(h, o[0]), o[1], strlen(o[1]), -1));
}

static void receive(struct holder *h, int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char bytes[BUFFER];
	const char *epitaph;
	ssize_t n;

	if (poll(&p, 1, ms) <= 0) {
		answer(h, "nothing");
		return;
	}
	n = recv(fd, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);
	epitaph = n > 0 ? epitaph_of(bytes, n) : NULL;
	if (n > 0)
		bytes[n] = 0;
	if (epitaph)
		answer(h, "epitaph %s", epitaph);
	else if (n > 0)
		answer(h, "got %s", bytes);
	else
		answer(h, "%s", n ? strerrorname_np(errno) : "eof");
}

/* receive N MS */
static void order_receive(struct holder *h, char **o)
{
	receive(h, slot_get(h, o[0]), atoi(o[1]));
}

/* call N TEXT: send, and receive what comes back */
static void order_call(struct holder *h, char **o)
{
	int e = fd_send(slot_get(h, o[0]), o[1], strlen(o[1]), -1);

	if (e)
		answer_status(h, e);
	else
		receive(h, slot_get(h, o[0]), HOLDER_TIMEOUT_MS);
}

/* close N */
static void order_close(struct holder *h, char **o)
{
	slot_put(h, o[0], -1);
	answer(h, "ok");
}

/* shut N: no more is sent from here */
static void order_shut(struct holder *h, char **o)
{
	answer_status(h, shutdown(slot_get(h, o[0]), SHUT_WR) < 0 ? -errno : 0);
}

/* dup N M */
static void order_dup(struct holder *h, char **o)
{
	int fd = fcntl(slot_get(h, o[0]), F_DUPFD_CLOEXEC, 3);

	slot_put(h, o[1], fd);
	answer_status(h, fd < 0 ? -errno : 0);
}

/* undumpable: nobody of our own user may look at us */
static void order_undumpable(struct holder *h, char **o)
{
	(void)o;
	answer_status(h, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0);
}

static void order_exit(struct holder *h, char **o)
{
	(void)h;
	_exit(atoi(o[0]));
}

static void order_crash(struct holder *h, char **o)
{
	(void)h;
	(void)o;
	abort();
}

static const struct order orders[] = {
	{ "call", 2, order_call },	 { "close", 1, order_close },
	{ "crash", 0, order_crash },	 { "dup", 2, order_dup },
	{ "end", 1, order_end },	 { "ends", 2, order_ends },
	{ "exit", 1, order_exit },	 { "give", 1, order_give },
	{ "ping", 1, order_ping },	 { "probe", 1, order_probe },
	{ "receive", 2, order_receive }, { "send", 2, order_send },
	{ "shut", 1, order_shut },	 { "undumpable", 0, order_undumpable },
};

/* ---- carrying them out ---- */

static const struct order *order_find(const char *name)
{
	const struct {
		const struct order *orders;
		size_t n;
	} all[] = {
		{ orders, sizeof(orders) / sizeof(*orders) },
		{ hide_orders, n_hide_orders },
		{ child_orders, n_child_orders },
		{ give_orders, n_give_orders },
	};
	size_t i, k;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (k = 0; k < all[i].n; k++)
			if (!strcmp(all[i].orders[k].name, name))
				return &all[i].orders[k];
	return NULL;
}

static void perform(struct holder *h, char *line)
{
	char *operands[OPERANDS_MAX], *at = line + strcspn(line, " ");
	const struct order *order;
	int n;

	if (*at)
		*at++ = 0;
	order = order_find(line);
	if (!order) {
		answer(h, "no verb %s", line);
		return;
	}
	for (n = 0; n < OPERANDS_MAX; n++) {
		operands[n] = at;
		if (n + 1 >= order->n_operands)
			continue;
		at += strcspn(at, " ");
		if (*at)
			*at++ = 0;
	}
	order->fn(h, operands);
}

static void perform_all(struct holder *h, char *lines)
{
	char *line;

	h->n_answer = 0;
	h->answer[0] = 0;
	while ((line = strsep(&lines, "\n"))) {
		perform(h, line);
		if (lines)
			answer(h, "\n");
	}
}

static void take_orders(struct holder *h)
{
	static char bytes[BUFFER];
	ssize_t n = fd_receive(h->order_fd, bytes, sizeof(bytes) - 1, 0,
			       &h->given_fd);

	/* The story is over. */
	if (n <= 0)
		_exit(0);
	bytes[n] = 0;
	perform_all(h, bytes);
	if (send(h->order_fd, h->answer, h->n_answer + 1, MSG_NOSIGNAL) < 0)
		_exit(0);
}

static void echo(struct holder *h, int fd)
{
	char bytes[BUFFER];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n > 0) {
		h->n_echoed++;
		(void)send(fd, bytes, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(fd);
	}
}

void holder_turn(struct holder *h, int ms)
{
	struct epoll_event ready[64];
	int n = epoll_wait(h->epoll_fd, ready, 64, ms), i;

	for (i = 0; i < n; i++) {
		if (ready[i].data.fd == reeve_fd(h->r))
			reeve_dispatch(h->r);
		else if (ready[i].data.fd != h->order_fd)
			echo(h, ready[i].data.fd);
		else if (ms < 0 || h->loop_path)
			take_orders(h);
	}
}

static int connect_to_story(struct holder *h)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX,
				 .sun_path = "/orders/s" };
	const char *moniker = reeve_moniker(h->r);

	h->order_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (h->order_fd < 0 ||
	    connect(h->order_fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    send(h->order_fd, moniker, strlen(moniker), 0) < 0)
		return -errno;
	return 0;
}

static int watch(struct holder *h, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

int main(int argc, char **argv)
{
	static struct holder h;
	size_t i;
	int k;

	if (argc > 1 && !strcmp(argv[1], "--child"))
		return child_main(argv + 2);
	for (i = 0; i < SLOTS_MAX; i++)
		h.slots[i] = -1;
	h.given_fd = -1;
	signal(SIGPIPE, SIG_IGN);
	h.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (reeve_join(&h.r) || h.epoll_fd < 0 || pipe2(h.go, O_CLOEXEC) < 0 ||
	    pipe2(h.results, O_CLOEXEC) < 0)
		return 1;
	for (k = 1; k < argc; k++) {
		perform_all(&h, argv[k]);
		printf("%s: %s\n", argv[k], h.answer);
		fflush(stdout);
	}
	if (connect_to_story(&h) || watch(&h, h.order_fd) < 0 ||
	    watch(&h, reeve_fd(h.r)) < 0) {
		perror("holder");
		return 1;
	}
	while (h.is_stubborn || !reeve_is_stopping(h.r)) {
		holder_turn(&h, h.loop_path ? 0 : -1);
		if (h.loop_path)
			loop_step(&h);
	}
	return 0;
}
