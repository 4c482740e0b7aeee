/*
 * Joining: what the manager left on descriptor 3.
 *
 * The manager writes Bootstrap.OnStart before it starts the program, so the
 * message is there or will never be: nothing is waited for, and a program that
 * was started by something else is told so at once.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "base/map.h"
#include "channel/channel.h"
#include "client/api.h"
#include "client/errors.h"
#include "client/processes_server.h"
#include "sys/fd.h"
#include "wire/component.h"
#include "wire/io.h"

enum {
	BOOTSTRAP_FD = 3,
};

static atomic_flag joined = ATOMIC_FLAG_INIT;

static const char *keep_string(struct reeve *r, struct wire_string s)
{
	return arena_copy(&r->arena, s.bytes, s.n);
}

static int keep_args(struct reeve *r, const struct component_start_info *info)
{
	const char **args;
	uint32_t i;

	args = arena_array(&r->arena, info->n_args + 1, sizeof(*args));
	if (!args)
		return -ENOMEM;
	for (i = 0; i < info->n_args; i++) {
		args[i] = keep_string(r, info->args[i]);
		if (!args[i])
			return -ENOMEM;
	}
	r->args = args;
	return 0;
}

static int keep_namespace(struct reeve *r, struct message *m,
			  const struct component_start_info *info)
{
	uint32_t i;
	int fd;

	r->ns = arena_array(&r->arena, info->n_ns + 1, sizeof(*r->ns));
	if (!r->ns)
		return -ENOMEM;
	for (i = 0; i < info->n_ns; i++) {
		r->ns[i] = (struct namespace_entry){
			.path = keep_string(r, info->ns[i].path),
			.n_path = info->ns[i].path.n,
			.directory = -1,
		};
		if (!r->ns[i].path)
			return -ENOMEM;
		fd = message_take_handle(m, info->ns[i].directory);
		r->ns[i].directory = fd;
		r->n_ns++;
		if (info->ns[i].directory != WIRE_NO_HANDLE && !channel_is(fd))
			return -EPROTO;
	}
	return 0;
}

static int keep_info(struct reeve *r, struct message *m,
		     const struct component_start_info *info)
{
	int e;

	r->moniker = keep_string(r, info->moniker);
	r->url = keep_string(r, info->url);
	if (!r->moniker || !r->url)
		return -ENOMEM;
	e = keep_args(r, info);
	if (e < 0)
		return e;
	return keep_namespace(r, m, info);
}

static void stop_asked(struct reeve *r)
{
	if (r->is_stopping)
		return;
	r->is_stopping = true;
	if (r->on_stop)
		r->on_stop(r, r->on_stop_userdata);
}

static void lost(struct reeve *r, const struct component_lost *lost)
{
	/* The message's buffer is the handler's to use. */
	char path[COMPONENT_STRING_MAX + 1];

	if (r->on_lost && wire_string_copy(lost->path, path, sizeof(path)))
		r->on_lost(r, path, r->on_lost_userdata);
}

/* Stop, or the manager is gone, which means the same. */
static void lifecycle_on_event(struct loop_source *source, uint32_t events)
{
	struct reeve *r = container_of(source, struct reeve, lifecycle);
	struct message m = { .bytes = r->buffer,
			     .capacity = sizeof(r->buffer) };
	struct component_lost use;
	int e;

	(void)events;
	e = channel_read(r->lifecycle_fd, &m, CHANNEL_NOW);
	if (e == CHANNEL_WOULD_BLOCK)
		return;
	if (e)
		loop_remove(&r->lifecycle);
	message_close_handles(&m);
	if (e || component_stop_read(&m) == 0)
		stop_asked(r);
	else if (component_lost_read(&m, &use) == 0)
		lost(r, &use);
}

static int serve_all(struct reeve *r, struct message *m,
		     const struct component_start_info *info)
{
	/* 4096 are the program's, the two of reeve/Processes are not. */
	static const struct directory_limits limits = { .n_entries = 4096 + 2 };
	int e;

	r->lifecycle_fd = message_take_handle(m, info->lifecycle);
	if (!channel_is(r->lifecycle_fd))
		return -EPROTO;
	e = loop_new(&r->loop);
	if (e < 0)
		return e;
	e = loop_add(r->loop, &r->lifecycle, r->lifecycle_fd, EPOLLIN,
		     lifecycle_on_event);
	if (e < 0)
		return e;
	e = directory_new(r->loop, &limits, &r->outgoing);
	if (e < 0)
		return e;
	e = processes_serve(r);
	if (e < 0)
		return e;
	e = directory_serve(r->outgoing, message_take_handle(m, info->outgoing),
			    IO_RIGHTS, 0);
	return e == -ENOTSOCK ? -EPROTO : e;
}

/* The first message on the bootstrap channel. */
static int bootstrap_read(int fd, struct message *m,
			  struct component_start_info *ret)
{
	int e;

	e = channel_read(fd, m, CHANNEL_NOW);
	if (e == CHANNEL_WOULD_BLOCK || e == CHANNEL_CLOSED)
		return -ENOTCONN;
	if (e)
		return error_of_channel(e);
	return component_start_read(m, ret) ? -EPROTO : 0;
}

static void reeve_leavep(struct reeve **r)
{
	reeve_leave(*r);
}

int reeve_join_on(int take_fd, struct reeve **ret)
{
	_cleanup_(reeve_leavep) struct reeve *r = calloc(1, sizeof(*r));
	_cleanup_message_ struct message m = { .capacity = MESSAGE_BYTES_MAX };
	struct component_start_info info = {};
	int e;

	if (!r) {
		fd_close(take_fd);
		return -ENOMEM;
	}
	m.bytes = r->buffer;
	r->bootstrap_fd = take_fd;
	r->lifecycle_fd = -1;
	list_init(&r->services);
	list_init(&r->channels);
	list_init(&r->timers);
	list_init(&r->registrations);
	list_init(&r->name_watches);
	e = bootstrap_read(r->bootstrap_fd, &m, &info);
	if (e == 0)
		e = keep_info(r, &m, &info);
	if (e == 0)
		e = serve_all(r, &m, &info);
	if (e < 0)
		return e;
	*ret = TAKE(r);
	return 0;
}

/* Nothing of this library runs before: no map is in use yet. */
static void names_seed(void)
{
	uint64_t keys[2];

	if (getrandom(keys, sizeof(keys), GRND_NONBLOCK) == sizeof(keys))
		map_seed(keys[0], keys[1]);
}

int reeve_join(struct reeve **ret)
{
	int e;

	if (!channel_is(BOOTSTRAP_FD))
		return -ENOTCONN;
	if (atomic_flag_test_and_set(&joined))
		return -EALREADY;
	names_seed();
	e = fd_set_cloexec(BOOTSTRAP_FD);
	return e < 0 ? e : reeve_join_on(BOOTSTRAP_FD, ret);
}

void reeve_leave(struct reeve *take_r)
{
	struct reeve *r = take_r;
	size_t i;

	if (!r)
		return;
	name_watch_close_all(r);
	registry_close(r);
	watch_close_all(r);
	timer_close_all(r);
	directory_free(r->outgoing);
	service_free_all(r);
	loop_remove(&r->lifecycle);
	loop_free(r->loop);
	for (i = 0; i < r->n_ns; i++)
		fd_close(r->ns[i].directory);
	fd_close(r->lifecycle_fd);
	fd_close(r->bootstrap_fd);
	arena_fini(&r->arena);
	free(r);
}

const char *reeve_moniker(const struct reeve *r)
{
	return r->moniker;
}

const char *reeve_url(const struct reeve *r)
{
	return r->url;
}

const char *const *reeve_args(const struct reeve *r)
{
	return r->args;
}
