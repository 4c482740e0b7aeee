/*
 * The descriptor stays in blocking mode, which others share; it is written to
 * only when poll() says that it takes something, and then no more than a pipe
 * promises to take at once.
 */
#include "cmd/screen.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	SCREEN_CHUNK = 1024, /* less than PIPE_BUF */
	SCREEN_LAST_MS = 1000,
};

void screen_init(struct screen *s, struct loop *loop, int fd)
{
	*s = (struct screen){ .loop = loop, .fd = fd, .waiting = TEXT_INIT };
}

static bool screen_is_ready(const struct screen *s, int timeout_ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };

	return poll(&p, 1, timeout_ms) > 0;
}

/* Write as much of @bytes as is taken within the time; returns how much. */
static size_t screen_put(struct screen *s, const char *bytes, size_t n,
			 int timeout_ms)
{
	size_t done = 0, k;
	ssize_t r;

	while (done < n && s->fd >= 0 && screen_is_ready(s, timeout_ms)) {
		k = n - done < SCREEN_CHUNK ? n - done : SCREEN_CHUNK;
		r = write(s->fd, bytes + done, k);
		if (r < 0 && errno != EINTR && errno != EAGAIN)
			s->fd = -1;
		else if (r > 0)
			done += (size_t)r;
	}
	return done;
}

static void screen_flush(struct screen *s, int timeout_ms)
{
	struct text *w = &s->waiting;
	size_t done = screen_put(s, text_string(w), w->n, timeout_ms);

	if (done < w->n) {
		memmove(w->bytes, w->bytes + done, w->n - done);
		w->n -= done;
		w->bytes[w->n] = 0;
		return;
	}
	text_clear(w);
	if (s->n_lost && s->fd >= 0 && !s->is_json)
		text_printf(w, "... %zu more were not shown: nobody read\n",
			    s->n_lost);
	s->n_lost = 0;
}

static void on_writable(struct loop_source *source, uint32_t events)
{
	struct screen *s = container_of(source, struct screen, writable);

	(void)events;
	screen_flush(s, 0);
	if (!s->waiting.n || s->fd < 0)
		loop_remove(&s->writable);
}

void screen_write(struct screen *s, const struct text *t)
{
	size_t done = 0;

	if (s->fd < 0)
		return;
	if (!s->waiting.n)
		done = screen_put(s, text_string(t), t->n, 0);
	if (done == t->n || s->fd < 0)
		return;
	if (s->waiting.n + t->n > SCREEN_MAX) {
		s->n_lost++;
		return;
	}
	text_append(&s->waiting, t->bytes + done, t->n - done);
	/* A regular file cannot be watched, but it is always ready. */
	if (!s->writable.slot)
		(void)loop_add(s->loop, &s->writable, s->fd, EPOLLOUT,
			       on_writable);
}

void screen_fini(struct screen *s)
{
	loop_remove(&s->writable);
	if (s->waiting.n)
		screen_flush(s, SCREEN_LAST_MS);
	if (s->waiting.n)
		screen_flush(s, 0);
	text_fini(&s->waiting);
}
