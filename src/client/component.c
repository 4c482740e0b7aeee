/* A component's life: its outgoing directory, its loop, its timers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "client/api.h"
#include "sys/fd.h"

static struct service *service_find(struct reeve *r, const char *path)
{
	struct service *s;

	list_for_each (s, &r->services, link) {
		if (!strcmp(s->path, path))
			return s;
	}
	return NULL;
}

static void service_free(struct service *s)
{
	list_unlink(&s->link);
	free(s);
}

void service_free_all(struct reeve *r)
{
	struct service *s, *tmp;

	list_for_each_safe (s, tmp, &r->services, link) {
		service_free(s);
	}
}

static void service_on_open(void *userdata, const struct directory_open *open,
			    int take_server_end)
{
	struct service *s = userdata;
	struct reeve_channel *c;

	(void)open;
	if (channel_object_new(take_server_end, &c) == 0)
		s->fn(s->reeve, c, s->userdata);
}

int reeve_serve(struct reeve *r, const char *path, reeve_open_fn fn,
		void *userdata)
{
	struct service *s;
	size_t n;
	int e;

	if (*path == '/')
		path++;
	n = strlen(path) + 1;
	s = malloc(sizeof(*s) + n);
	if (!s)
		return -ENOMEM;
	*s = (struct service){ .reeve = r,
			       .path = memcpy(s + 1, path, n),
			       .fn = fn,
			       .userdata = userdata };
	e = directory_add(r->outgoing, s->path, DIRECTORY_SERVICE_DESCRIBED,
			  service_on_open, s);
	if (e < 0) {
		free(s);
		return e;
	}
	list_link(&r->services, &s->link);
	return 0;
}

int reeve_unserve(struct reeve *r, const char *path)
{
	struct service *s;

	if (*path == '/')
		path++;
	s = service_find(r, path);
	if (!s)
		return -ENOENT;
	directory_remove(r->outgoing, path);
	service_free(s);
	return 0;
}

int reeve_run(struct reeve *r)
{
	int e;

	r->is_done = false;
	while (!r->is_done && !(r->is_stopping && !r->on_stop)) {
		e = loop_turn(r->loop, -1);
		if (e < 0)
			return e;
	}
	return r->is_done ? r->status : 0;
}

void reeve_quit(struct reeve *r, int status)
{
	r->is_done = true;
	r->status = status;
}

int reeve_fd(const struct reeve *r)
{
	return loop_fd(r->loop);
}

int reeve_dispatch(struct reeve *r)
{
	r->is_done = false;
	return loop_turn(r->loop, 0);
}

bool reeve_is_stopping(const struct reeve *r)
{
	return r->is_stopping;
}

void reeve_on_stop(struct reeve *r, reeve_fn fn, void *userdata)
{
	r->on_stop = fn;
	r->on_stop_userdata = userdata;
}

void reeve_on_lost(struct reeve *r, reeve_lost_fn fn, void *userdata)
{
	r->on_lost = fn;
	r->on_lost_userdata = userdata;
}

static void timer_free(struct timer *t)
{
	loop_remove(&t->source);
	fd_close(t->fd);
	list_unlink(&t->link);
	free(t);
}

void timer_close_all(struct reeve *r)
{
	struct timer *t, *tmp;

	list_for_each_safe (t, tmp, &r->timers, link) {
		timer_free(t);
	}
}

static void timer_on_event(struct loop_source *source, uint32_t events)
{
	struct timer *t = container_of(source, struct timer, source);
	struct reeve *r = t->reeve;
	void *userdata = t->userdata;
	reeve_fn fn = t->fn;

	(void)events;
	timer_free(t);
	fn(r, userdata);
}

/*
 * A descriptor and not one of the loop's timers, because those do not make
 * reeve_fd() readable.
 */
int reeve_after(struct reeve *r, uint32_t ms, reeve_fn fn, void *userdata)
{
	const struct itimerspec when = {
		.it_value = { .tv_sec = ms / 1000,
			      /* All zero would disarm it. */
			      .tv_nsec = (long)(ms % 1000) * 1000000 + 1 },
	};
	struct timer *t = calloc(1, sizeof(*t));
	int e = 0;

	if (!t)
		return -ENOMEM;
	*t = (struct timer){ .reeve = r, .fn = fn, .userdata = userdata };
	list_init(&t->link);
	t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (t->fd < 0 || timerfd_settime(t->fd, 0, &when, NULL) < 0)
		e = -errno;
	if (e == 0)
		e = loop_add(r->loop, &t->source, t->fd, EPOLLIN,
			     timer_on_event);
	if (e < 0) {
		timer_free(t);
		return e;
	}
	list_link(&r->timers, &t->link);
	return 0;
}
