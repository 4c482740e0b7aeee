/* One pipe: the order in which a program writes to both is kept. */
#include "host/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "sys/fd.h"

enum {
	OUTPUT_PER_TURN = 16 * 1024,
	/* At the end of a program; a pipe holds no more than this. */
	OUTPUT_AT_END = 1024 * 1024,
};

struct output {
	struct journal *journal;
	const char *moniker;
	struct loop_source source;
	int fd;
	size_t n;
	char line[JOURNAL_LINE_MAX];
};

static void output_line(struct output *o, const char *line, size_t n)
{
	_cleanup_text_ struct text safe = TEXT_INIT;

	/* Here and not only in the journal: there may be zeroes in it. */
	text_safe(&safe, line, n);
	if (!text_is_failed(&safe))
		journal_write(o->journal, JOURNAL_LOG, o->moniker, NULL, NULL,
			      "%s", text_string(&safe));
}

/* Write every whole line, and keep what is left at the front. */
static void output_split(struct output *o)
{
	char *start = o->line, *end = o->line + o->n, *newline;

	while ((newline = memchr(start, '\n', (size_t)(end - start)))) {
		output_line(o, start, (size_t)(newline - start));
		start = newline + 1;
	}
	o->n = (size_t)(end - start);
	if (o->n == sizeof(o->line) && start == o->line) {
		output_line(o, o->line, o->n);
		o->n = 0;
		return;
	}
	memmove(o->line, start, o->n);
}

/* At most @budget bytes. False when nothing more will come. */
static bool output_read(struct output *o, size_t budget)
{
	ssize_t k;

	while (budget) {
		k = read(o->fd, o->line + o->n, sizeof(o->line) - o->n);
		if (k < 0)
			return errno == EAGAIN || errno == EINTR;
		if (!k)
			return false;
		o->n += (size_t)k;
		budget -= (size_t)k < budget ? (size_t)k : budget;
		output_split(o);
	}
	return true;
}

static void on_event(struct loop_source *source, uint32_t events)
{
	struct output *o = container_of(source, struct output, source);

	(void)events;
	if (!output_read(o, OUTPUT_PER_TURN))
		loop_remove(&o->source);
}

int output_new(struct loop *loop, struct journal *journal, const char *moniker,
	       struct output **ret, int *ret_fd)
{
	struct output *o;
	int fds[2], r;

	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		free(o);
		return -errno;
	}
	o->journal = journal;
	o->moniker = moniker;
	o->fd = fds[0];
	r = fd_set_nonblocking(o->fd);
	if (!r)
		r = loop_add(loop, &o->source, o->fd, EPOLLIN, on_event);
	if (r < 0) {
		fd_close_all(fds, 2);
		free(o);
		return r;
	}
	*ret = o;
	*ret_fd = fds[1];
	return 0;
}

void output_free(struct output *o)
{
	if (!o)
		return;
	(void)output_read(o, OUTPUT_AT_END);
	if (o->n)
		output_line(o, o->line, o->n);
	loop_remove(&o->source);
	fd_close(o->fd);
	free(o);
}
