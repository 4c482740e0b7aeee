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
	/* In one turn, where a line is as much work as some bytes. */
	OUTPUT_PER_TURN = 16 * 1024,
	OUTPUT_LINE_COST = 64,
	OUTPUT_READ_MAX = 1024,
	/* At the end of a program; a pipe holds no more than this. It can be a
	 * million lines: no more are told than the journal keeps. */
	OUTPUT_AT_END = 1024 * 1024,
	OUTPUT_LINES_AT_END = JOURNAL_KEPT,
};

struct output {
	struct journal *journal;
	const char *moniker;
	struct loop_source source;
	int fd;
	bool is_ending;
	size_t n_lines; /* told, or left out, at the end */
	size_t n;
	char line[JOURNAL_LINE_MAX];
};

static void output_line(struct output *o, const char *line, size_t n)
{
	_cleanup_text_ struct text safe = TEXT_INIT;

	if (o->is_ending && o->n_lines++ >= OUTPUT_LINES_AT_END)
		return;
	/* Here and not only in the journal: there may be zeroes in it. */
	text_safe(&safe, line, n);
	if (!text_is_failed(&safe))
		journal_write(o->journal, JOURNAL_LOG, o->moniker, NULL, NULL,
			      "%s", text_string(&safe));
}

/* Write every whole line, and keep what is left at the front. How many. */
static size_t output_split(struct output *o)
{
	char *start = o->line, *end = o->line + o->n, *newline;
	size_t n_lines = 0;

	while ((newline = memchr(start, '\n', (size_t)(end - start)))) {
		output_line(o, start, (size_t)(newline - start));
		start = newline + 1;
		n_lines++;
	}
	o->n = (size_t)(end - start);
	if (o->n == sizeof(o->line) && start == o->line) {
		output_line(o, o->line, o->n);
		o->n = 0;
		return n_lines + 1;
	}
	memmove(o->line, start, o->n);
	return n_lines;
}

/* At most @budget bytes, and @line_cost for each line. False when nothing more
 * will come. */
static bool output_read(struct output *o, size_t budget, size_t line_cost)
{
	size_t room, cost;
	ssize_t k;

	while (budget) {
		room = sizeof(o->line) - o->n;
		k = read(o->fd, o->line + o->n,
			 room < OUTPUT_READ_MAX ? room : OUTPUT_READ_MAX);
		if (k < 0)
			return errno == EAGAIN || errno == EINTR;
		if (!k)
			return false;
		o->n += (size_t)k;
		cost = (size_t)k + output_split(o) * line_cost;
		budget -= cost < budget ? cost : budget;
	}
	return true;
}

static void on_event(struct loop_source *source, uint32_t events)
{
	struct output *o = container_of(source, struct output, source);

	(void)events;
	if (!output_read(o, OUTPUT_PER_TURN, OUTPUT_LINE_COST))
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
	o->is_ending = true;
	(void)output_read(o, OUTPUT_AT_END, 0);
	if (o->n)
		output_line(o, o->line, o->n);
	if (o->n_lines > OUTPUT_LINES_AT_END)
		journal_write(o->journal, JOURNAL_LOG, o->moniker, NULL, NULL,
			      "(and %zu more lines at its end)",
			      o->n_lines - OUTPUT_LINES_AT_END);
	loop_remove(&o->source);
	fd_close(o->fd);
	free(o);
}
