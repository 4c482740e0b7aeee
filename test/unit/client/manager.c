#include "manager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <cmocka.h>

#include "channel/channel.h"
#include "client/api.h"
#include "client/remote.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

void bootstrap_write(int fd, int outgoing, int lifecycle, int svc)
{
	static _Alignas(8) uint8_t buffer[16384];
	struct message m = MESSAGE_OVER(buffer);
	struct component_start_info info = {
		.moniker = wire_string_of("/test"),
		.url = wire_string_of("fuchsia-pkg://example.org/t#meta/t.cm"),
		.args = { wire_string_of("one"), wire_string_of("two") },
		.n_args = 2,
		.ns = { { wire_string_of("/pkg"), WIRE_NO_HANDLE },
			{ wire_string_of("/svc"), WIRE_NO_HANDLE },
			{ wire_string_of("/data"), WIRE_NO_HANDLE } },
		.n_ns = 3,
	};

	info.ns[1].directory = message_put_handle(&m, svc);
	info.outgoing = message_put_handle(&m, outgoing);
	info.lifecycle = message_put_handle(&m, lifecycle);
	assert_int_equal(component_start_write(&m, &info), 0);
	assert_int_equal(channel_send(fd, &m, CHANNEL_NOW), 0);
}

struct echo {
	struct loop_source source;
	int fd;
};

static void echo_on_event(struct loop_source *source, uint32_t events)
{
	struct echo *e = container_of(source, struct echo, source);
	static _Alignas(8) uint8_t buffer[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(buffer);

	(void)events;
	if (channel_read(e->fd, &m, CHANNEL_NOW) == 0) {
		/* The ordinal 9 is a request that is never answered. */
		if (m.bytes[8] != 9)
			channel_send(e->fd, &m, CHANNEL_NOW);
		message_close_handles(&m);
		return;
	}
	loop_remove(&e->source);
	fd_close(e->fd);
	free(e);
}

static void on_echo(void *userdata, const struct directory_open *open,
		    int take_server_end)
{
	struct manager *m = userdata;
	struct echo *e = malloc(sizeof(*e));

	(void)open;
	*e = (struct echo){ .fd = take_server_end };
	loop_add(m->loop, &e->source, e->fd, EPOLLIN, echo_on_event);
}

static void on_denied(void *userdata, const struct directory_open *open,
		      int take_server_end)
{
	(void)userdata;
	(void)open;
	channel_close_epitaph(take_server_end, REEVE_ERR_ACCESS_DENIED, true);
}

void manager_init(struct manager *m)
{
	int bootstrap[2], lifecycle[2], outgoing[2], svc[2];

	*m = (struct manager){ .component = -1 };
	assert_int_equal(loop_new(&m->loop), 0);
	assert_int_equal(directory_new(m->loop, NULL, &m->svc), 0);
	directory_set_manager(m->svc);
	assert_int_equal(directory_add(m->svc, "fuchsia.example.Echo",
				       DIRECTORY_SERVICE, on_echo, m),
			 0);
	assert_int_equal(directory_add(m->svc, "denied", DIRECTORY_SERVICE,
				       on_denied, NULL),
			 0);
	assert_int_equal(channel_pair(bootstrap), 0);
	assert_int_equal(channel_pair(lifecycle), 0);
	assert_int_equal(channel_pair(outgoing), 0);
	assert_int_equal(channel_pair(svc), 0);
	assert_int_equal(directory_serve(m->svc, svc[1],
					 IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
					 0),
			 0);
	m->bootstrap = bootstrap[0];
	m->lifecycle = lifecycle[0];
	m->outgoing = outgoing[0];
	m->component = bootstrap[1];
	bootstrap_write(m->bootstrap, outgoing[1], lifecycle[1], svc[0]);
}

struct reeve *manager_join(struct manager *m)
{
	struct reeve *r;

	assert_int_equal(reeve_join_on(TAKE_FD(m->component), &r), 0);
	return r;
}

static void *manager_run(void *arg)
{
	struct manager *m = arg;

	while (!m->is_done)
		loop_turn(m->loop, 5);
	return NULL;
}

void manager_start(struct manager *m)
{
	assert_int_equal(pthread_create(&m->thread, NULL, manager_run, m), 0);
}

void manager_fini(struct manager *m)
{
	m->is_done = true;
	if (m->thread)
		pthread_join(m->thread, NULL);
	/* What the component closed. */
	loop_turn(m->loop, 0);
	directory_free(m->svc);
	loop_free(m->loop);
	fd_close(m->bootstrap);
	fd_close(m->lifecycle);
	fd_close(m->outgoing);
	fd_close(m->component);
}

int manager_open(struct manager *m, const char *path, uint32_t flags)
{
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(remote_open(m->outgoing, flags, 0, path, fds[1]), 0);
	return fds[0];
}

void manager_stop(struct manager *m)
{
	_Alignas(8) uint8_t buffer[64];
	struct message message = MESSAGE_OVER(buffer);

	assert_int_equal(component_stop_write(&message), 0);
	assert_int_equal(channel_send(m->lifecycle, &message, CHANNEL_NOW), 0);
}

void manager_lose(struct manager *m, const char *path)
{
	_Alignas(8) uint8_t buffer[512];
	struct message message = MESSAGE_OVER(buffer);

	assert_int_equal(
		component_lost_write(&message,
				     &(struct component_lost){
					     wire_string_of(path) }),
		0);
	assert_int_equal(channel_send(m->lifecycle, &message, CHANNEL_NOW), 0);
}
