/*
 * Pieces are written front to back into one buffer. Where a header lies may not
 * be kept as a pointer, for the buffer moves as it grows: it is an offset until
 * the piece is done.
 */
#include "process/supervisor_spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "process/names.h"

enum { DEFAULT_SHUTDOWN_MS = 5000, DEFAULT_PERIOD_MS = 5000 };

struct writer {
	char *bytes;
	uint32_t n, capacity;
	uint32_t depth;
};

/* Room for @n bytes, zeroed and aligned; *ret is where. */
static int writer_room(struct writer *w, size_t n, uint32_t *ret)
{
	uint32_t aligned, capacity = w->capacity ? w->capacity : 512;
	char *bytes;

	if (n > PIECE_MAX)
		return -EMSGSIZE;
	aligned = ((uint32_t)n + PIECE_ALIGN - 1) & ~(PIECE_ALIGN - 1U);
	if (aligned > PIECE_MAX - w->n)
		return -EMSGSIZE;
	while (capacity < w->n + aligned)
		capacity *= 2;
	if (capacity > w->capacity) {
		bytes = realloc(w->bytes, capacity);
		if (!bytes)
			return -ENOMEM;
		w->bytes = bytes;
		w->capacity = capacity;
	}
	memset(w->bytes + w->n, 0, aligned);
	*ret = w->n;
	w->n += aligned;
	return 0;
}

/* Copy @bytes into the piece at @piece; NULL gives 0. */
static int writer_put(struct writer *w, uint32_t piece, const void *bytes,
		      size_t n, uint32_t *ret)
{
	uint32_t at;
	int r;

	if (!bytes)
		return 0;
	r = writer_room(w, n, &at);
	if (r)
		return r;
	memcpy(w->bytes + at, bytes, n);
	*ret = at - piece;
	return 0;
}

static int writer_put_name(struct writer *w, uint32_t piece, const char *name,
			   uint32_t *ret)
{
	if (name && names_check(name))
		return -EINVAL;
	return writer_put(w, piece, name, name ? strlen(name) + 1 : 0, ret);
}

static int child_check(const struct reeve_child_spec *s)
{
	if (!!s->fn + !!s->handler + !!s->supervisor != 1)
		return -EINVAL;
	if (s->restart > REEVE_RESTART_TEMPORARY ||
	    s->shutdown_ms < REEVE_SHUTDOWN_KILL || s->start_ms < -1)
		return -EINVAL;
	/* A supervisor has its own argument, a handler tells nobody that it is
	 * ready before its first message. */
	if (s->supervisor && (s->arg || s->arg_size))
		return -EINVAL;
	if (s->handler && s->start_ms)
		return -EINVAL;
	if ((s->arg_size || s->handler) && !s->arg != !s->arg_size)
		return -EINVAL;
	return 0;
}

static int supervisor_write(struct writer *w,
			    const struct reeve_supervisor_spec *spec,
			    uint32_t *ret);

static struct child_piece child_header(const struct reeve_child_spec *s)
{
	struct child_piece c = {
		.arg_size = s->arg_size,
		.mailbox = s->mailbox,
		.stack_size = s->stack_size,
		.shutdown_ms = s->shutdown_ms,
		.start_ms = s->start_ms,
		.restart = s->restart,
		.fn = s->fn,
		.handler = s->handler,
		.arg = s->arg_size ? NULL : s->arg,
	};

	if (!c.shutdown_ms)
		c.shutdown_ms = s->supervisor ? REEVE_SHUTDOWN_FOREVER
					      : DEFAULT_SHUTDOWN_MS;
	if (s->supervisor && !c.start_ms)
		c.start_ms = -1;
	return c;
}

static int child_write(struct writer *w, const struct reeve_child_spec *spec)
{
	struct child_piece c;
	uint32_t at, nested;
	const char *name;
	int r;

	r = child_check(spec);
	if (r)
		return r;
	c = child_header(spec);
	r = writer_room(w, sizeof(c), &at);
	if (r)
		return r;
	name = spec->name	  ? spec->name
	       : spec->supervisor ? spec->supervisor->name
				  : NULL;
	r = writer_put_name(w, at, spec->id, &c.id_at);
	if (!r)
		r = writer_put_name(w, at, name, &c.name_at);
	if (!r && c.arg_size)
		r = writer_put(w, at, spec->arg, c.arg_size, &c.arg_at);
	if (!r && spec->supervisor) {
		r = supervisor_write(w, spec->supervisor, &nested);
		c.supervisor_at = nested - at;
	}
	if (r)
		return r;
	c.size = w->n - at;
	memcpy(w->bytes + at, &c, sizeof(c));
	return 0;
}

static int supervisor_header(const struct reeve_supervisor_spec *s,
			     struct supervisor_piece *ret)
{
	if (s->strategy > REEVE_REST_FOR_ONE || (s->n_children && !s->children))
		return -EINVAL;
	if (s->max_restarts > REEVE_RESTARTS_MAX &&
	    s->max_restarts != REEVE_RESTARTS_NONE)
		return -EINVAL;
	if (s->period_ms > INT32_MAX)
		return -EINVAL;
	*ret = (struct supervisor_piece){
		.strategy = s->strategy,
		.max_restarts = s->max_restarts == REEVE_RESTARTS_NONE ? 0
				: s->max_restarts ? s->max_restarts
						  : 1,
		.period_ms = s->period_ms ? s->period_ms : DEFAULT_PERIOD_MS,
		.report = s->report,
		.userdata = s->userdata,
	};
	return 0;
}

static int supervisor_write(struct writer *w,
			    const struct reeve_supervisor_spec *spec,
			    uint32_t *ret)
{
	struct supervisor_piece s;
	size_t i;
	int r;

	if (w->depth == PIECE_DEPTH)
		return -EINVAL;
	r = supervisor_header(spec, &s);
	if (!r)
		r = writer_room(w, sizeof(s), ret);
	if (!r)
		r = writer_put_name(w, *ret, spec->name, &s.name_at);
	if (r)
		return r;
	w->depth++;
	s.children_at = w->n - *ret;
	for (i = 0; i < spec->n_children; i++, s.n_children++) {
		r = child_write(w, &spec->children[i]);
		if (r)
			return r;
	}
	w->depth--;
	s.size = w->n - *ret;
	memcpy(w->bytes + *ret, &s, sizeof(s));
	return 0;
}

int child_piece_new(const struct reeve_child_spec *spec,
		    struct child_piece **ret)
{
	struct writer w = {};
	int r;

	r = child_write(&w, spec);
	if (r) {
		free(w.bytes);
		return r;
	}
	*ret = (struct child_piece *)w.bytes;
	return 0;
}

int supervisor_piece_new(const struct reeve_supervisor_spec *spec,
			 struct supervisor_piece **ret)
{
	struct writer w = {};
	uint32_t at;
	int r;

	r = supervisor_write(&w, spec, &at);
	if (r) {
		free(w.bytes);
		return r;
	}
	*ret = (struct supervisor_piece *)w.bytes;
	return 0;
}
