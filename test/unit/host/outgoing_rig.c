/* A queue with one opener, and a provider that is the test itself. */
#include "outgoing_rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "channel/channel.h"
#include "sys/fd.h"
#include "wire/io.h"

void rig_on_readable(struct outgoing *o)
{
	container_of(o, struct rig, outgoing)->n_readable++;
}

void rig_init(struct rig *rig, uint32_t limit)
{
	memset(rig, 0, sizeof(*rig));
	assert_int_equal(loop_new(&rig->loop), 0);
	outgoing_init(&rig->outgoing, rig->loop, rig_on_readable);
	account_init(&rig->account);
	rig->account.limits[CHARGE_OPENS] = limit;
	opener_init(&rig->opener, &rig->account);
}

void rig_fini(struct rig *rig)
{
	outgoing_fini(&rig->outgoing);
	opener_fini(&rig->opener);
	assert_int_equal(rig->account.held[CHARGE_OPENS], 0);
	loop_free(rig->loop);
}

void rig_turn(struct rig *rig)
{
	while (loop_turn(rig->loop, 0) > 0)
		;
}

uint32_t held(const struct rig *rig)
{
	return rig->account.held[CHARGE_OPENS];
}

int open_path(struct rig *rig, const char *path, int expected)
{
	int fds[2], r;

	assert_int_equal(channel_pair(fds), 0);
	r = outgoing_open(&rig->outgoing, &rig->opener, 1, 2, path, fds[1]);
	assert_int_equal(r, expected);
	if (!r)
		return fds[0];
	fd_close(fds[0]);
	fd_close(fds[1]);
	return -1;
}

void open_many(struct rig *rig, unsigned first, unsigned n, int *clients)
{
	char path[16];
	unsigned i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%u", first + i);
		clients[i] = open_path(rig, path, 0);
	}
}

int read_open(int fd, char path[static 8192])
{
	_Alignas(8) uint8_t bytes[8192];
	struct message m = MESSAGE_OVER(bytes);
	struct io_request q;

	if (channel_read(fd, &m, CHANNEL_NOW))
		return -1;
	assert_int_equal(io_request_read(&m, &q), 0);
	assert_int_equal(q.method, IO_OPEN);
	assert_int_equal(q.open.flags, 1);
	assert_int_equal(q.open.mode, 2);
	assert_true(wire_string_copy(q.open.path, path, 8192));
	return message_take_handle(&m, q.open.object);
}

void expect_open(int provider, unsigned number, int client)
{
	char path[8192], expected[16], byte = 0;
	int server = read_open(provider, path);

	assert_true(server >= 0);
	snprintf(expected, sizeof(expected), "%u", number);
	assert_string_equal(path, expected);
	assert_int_equal(channel_write(server, "x", 1, NULL, 0, CHANNEL_NOW),
			 0);
	assert_int_equal(recv(client, &byte, 1, MSG_DONTWAIT), 1);
	assert_int_equal(byte, 'x');
	fd_close(server);
	fd_close(client);
}
