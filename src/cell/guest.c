/* The ends of a guest's sockets that are not the worker's: the manager's, and
 * that of whoever wants the guest. */
#include "cell/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/own.h"
#include "cell/guest_work.h"
#include "sys/fd.h"
#include "sys/packet.h"

/* Append strings to @bytes, of which @at are used. False: no room. */
static bool guest_put(char *bytes, size_t size, size_t *at, const char *s)
{
	size_t n = strlen(s) + 1;

	if (n > size - *at)
		return false;
	memcpy(bytes + *at, s, n);
	*at += n;
	return true;
}

/* What is known of the cell, and the environment; the bytes of it that are
 * used, or -errno. */
static ssize_t guest_fill_order(struct guest_order *o, const struct cell *c,
				const struct guest_request *q)
{
	size_t i, n = 0;

	o->layers = c->layers;
	o->uid = c->uid;
	o->gid = c->gid;
	o->is_root = c->is_root;
	o->n_environ = (uint32_t)q->n_environ;
	for (i = 0; i < q->n_environ; i++)
		if (!guest_put(o->environ, sizeof(o->environ), &n,
			       q->environ[i]))
			return -E2BIG;
	return (ssize_t)(offsetof(struct guest_order, environ) + n);
}

static int guest_pair(int *ret, int *ret_other)
{
	int pair[2], r = packet_pair(pair);

	if (r < 0)
		return r;
	*ret = pair[0];
	*ret_other = pair[1];
	return 0;
}

int guest_begin(struct launcher *l, struct cell *c,
		const struct guest_request *q, int *ret_fd, int *ret_line)
{
	_cleanup_fd_ int line_fd = -1, worker_line_fd = -1;
	_cleanup_fd_ int desk_fd = -1, init_desk_fd = -1;
	_cleanup_free_ struct guest_order *o = calloc(1, sizeof(*o));
	int fds[N_GUEST_FDS + CELL_GROUPS_MAX], r;
	ssize_t n;

	if (!o)
		return -ENOMEM;
	n = guest_fill_order(o, c, q);
	if (n < 0)
		return (int)n;
	r = guest_pair(&line_fd, &worker_line_fd);
	if (r == 0)
		r = guest_pair(&desk_fd, &init_desk_fd);
	if (r == 0)
		r = cell_send_guest(c, init_desk_fd);
	if (r < 0)
		return r;
	fds[GUEST_FD_LINE] = worker_line_fd;
	fds[GUEST_FD_DESK] = desk_fd;
	memcpy(fds + N_GUEST_FDS, q->groups, q->n_groups * sizeof(int));
	r = launcher_work(l, WORK_GUEST, o, (size_t)n, fds,
			  N_GUEST_FDS + q->n_groups, ret_fd);
	if (r == 0)
		*ret_line = TAKE_FD(line_fd);
	return r;
}

/* ---- the line ---- */

int guest_read(int fd, struct guest_event *ret)
{
	size_t n_fds;
	ssize_t n = packet_receive(fd, ret, sizeof(*ret), NULL, 0, &n_fds,
				   MSG_DONTWAIT);

	if (n == -EAGAIN)
		return GUEST_AGAIN;
	if (n == 0 || n == -ECONNRESET)
		return GUEST_OVER;
	if (n < 0)
		return (int)n;
	if (n != sizeof(*ret))
		return -EPROTO;
	ret->failure.detail[sizeof(ret->failure.detail) - 1] = 0;
	ret->program[sizeof(ret->program) - 1] = 0;
	return 0;
}

static int guest_put_list(struct guest_start *s, size_t *at, char *const *list,
			  uint32_t *ret_n)
{
	for (; *list; list++) {
		if (++*ret_n > GUEST_STRINGS_MAX ||
		    !guest_put(s->bytes, sizeof(s->bytes), at, *list))
			return -E2BIG;
	}
	return 0;
}

int guest_send_start(int line_fd, const struct guest_what *w)
{
	_cleanup_free_ struct guest_start *s = calloc(1, sizeof(*s));
	const int fds[] = { w->streams[0], w->streams[1], w->streams[2],
			    w->program_fd };
	size_t n = 0;
	int r;

	if (!s)
		return -ENOMEM;
	s->type = GUEST_START;
	s->has_terminal = w->has_terminal;
	r = guest_put_list(s, &n, w->args, &s->n_args);
	if (r == 0)
		r = guest_put_list(s, &n, w->environ, &s->n_environ);
	if (r < 0)
		return r;
	return packet_send(line_fd, s, offsetof(struct guest_start, bytes) + n,
			   fds, w->program_fd < 0 ? 3 : 4, MSG_DONTWAIT);
}

int guest_send_signal(int line_fd, int signo)
{
	struct guest_signal s = { GUEST_SIGNAL, signo };

	return packet_send(line_fd, &s, sizeof(s), NULL, 0, MSG_DONTWAIT);
}
