/*
 * The loop: read, answer what is whole; and when nothing waits to be read, say
 * what is wrong with the documents.
 */
#include "lsp/serve.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "lsp/frame.h"
#include "lsp/server.h"

static int write_all(int fd, struct text *t)
{
	size_t at = 0;
	ssize_t n;

	while (at < t->n) {
		n = write(fd, t->bytes + at, t->n - at);
		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	text_clear(t);
	return 0;
}

/* Answer all that is whole. */
static int messages_run(struct server *s, struct frame_reader *frames,
			int out_fd)
{
	const char *body;
	size_t n;
	int r = 0;

	while (!r && s->state != SERVER_OVER) {
		switch (frame_next(frames, &body, &n)) {
		case FRAME_PARTIAL:
			return 0;
		case FRAME_BROKEN:
			return SERVE_BROKEN;
		case FRAME_TOO_LARGE:
			server_refuse(s);
			break;
		case FRAME_WHOLE:
			r = server_read(s, body, n);
			break;
		}
		if (!r)
			r = write_all(out_fd, &s->out);
	}
	return r;
}

static bool is_quiet(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static int serve(struct server *s, struct frame_reader *frames, int in_fd,
		 int out_fd)
{
	char chunk[64 * 1024];
	ssize_t n;
	int r = 0;

	while (!r && s->state != SERVER_OVER) {
		n = read(in_fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : SERVE_CUT;
		r = frame_feed(frames, chunk, (size_t)n);
		if (!r)
			r = messages_run(s, frames, out_fd);
		if (!r && is_quiet(in_fd))
			r = server_settle(s);
		if (!r)
			r = write_all(out_fd, &s->out);
	}
	if (r)
		return r;
	return s->was_shut ? 0 : SERVE_CUT;
}

int lsp_serve(int in_fd, int out_fd)
{
	struct frame_reader frames = { 0 };
	struct server s;
	int r;

	server_init(&s);
	r = serve(&s, &frames, in_fd, out_fd);
	server_fini(&s);
	frame_reader_fini(&frames);
	return r;
}
