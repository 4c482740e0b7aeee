#include "rig.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reeve/status.h"
#include "sys/fd.h"

static _Alignas(8) uint8_t rig_buffer[MESSAGE_BYTES_MAX];

int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

void rig_on_open(void *userdata, const struct directory_open *open,
		 int take_server_end)
{
	struct rig_open *o = userdata;

	o->n++;
	o->flags = open->flags;
	o->mode = open->mode;
	o->client = open->client;
	snprintf(o->path, sizeof(o->path), "%s", open->path);
	snprintf(o->name, sizeof(o->name), "%s", open->name);
	fd_close(o->fd);
	o->fd = take_server_end;
}

void rig_init(struct rig *rig, uint32_t rights,
	      const struct directory_limits *limits)
{
	struct rig_open *o = &rig->open;
	struct directory *d;
	int fds[2];

	memset(rig, 0, sizeof(*rig));
	rig->n_fds = count_fds();
	o->fd = -1;
	assert_int_equal(loop_new(&rig->loop), 0);
	assert_int_equal(directory_new(rig->loop, limits, &d), 0);
	rig->d = d;
	assert_int_equal(
		directory_add(d, "svc/one", DIRECTORY_SERVICE, rig_on_open, o),
		0);
	assert_int_equal(
		directory_add(d, "svc/two", DIRECTORY_SERVICE, rig_on_open, o),
		0);
	assert_int_equal(directory_add(d, "svc/told",
				       DIRECTORY_SERVICE_DESCRIBED, rig_on_open,
				       o),
			 0);
	assert_int_equal(
		directory_add(d, "far", DIRECTORY_REMOTE, rig_on_open, o), 0);
	assert_int_equal(directory_add_directory(d, "empty"), 0);
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(directory_serve(d, fds[1], rights, RIG_CLIENT), 0);
	rig->client = fds[0];
}

void rig_fini(struct rig *rig)
{
	fd_close(rig->client);
	fd_close(rig->open.fd);
	directory_free(rig->d);
	loop_free(rig->loop);
	assert_int_equal(count_fds(), rig->n_fds);
}

void rig_turn(struct rig *rig)
{
	int n;

	do {
		n = loop_turn(rig->loop, 0);
		assert_true(n >= 0);
	} while (n > 0);
}

void request_send(int fd, struct io_request *request, int handle)
{
	_Alignas(8) uint8_t buffer[16384];
	struct message m = MESSAGE_OVER(buffer);
	uint32_t i = message_put_handle(&m, handle);

	switch (request->method) {
	case IO_OPEN:
		request->open.object = i;
		break;
	case IO_CLONE:
		request->clone.object = i;
		break;
	case IO_WATCH:
		request->watch.watcher = i;
		break;
	case IO_RENAME:
	case IO_LINK:
		request->move.token = i;
		break;
	default:
		break;
	}
	assert_int_equal(io_request_write(&m, request), 0);
	assert_int_equal(channel_send(fd, &m, CHANNEL_NOW), 0);
}

static void read_message(int fd, struct message *m)
{
	*m = (struct message)MESSAGE_OVER(rig_buffer);
	assert_int_equal(channel_read(fd, m, CHANNEL_NOW), 0);
}

void request_call(struct rig *rig, int fd, struct io_request *request,
		  int handle, struct io_reply *ret)
{
	static uint32_t txid = 0;
	struct message m;

	request->txid = ++txid;
	request_send(fd, request, handle);
	rig_turn(rig);
	read_message(fd, &m);
	memset(ret, 0, sizeof(*ret));
	assert_int_equal(io_reply_read(&m, ret), 0);
	assert_int_equal(ret->method, request->method);
	assert_int_equal(ret->txid, request->txid);
}

int32_t request_status(struct rig *rig, int fd, enum io_method method)
{
	struct io_request request = { .method = method };
	struct io_reply reply;

	request_call(rig, fd, &request, -1, &reply);
	return reply.status;
}

int rig_open_at(struct rig *rig, int fd, const char *path, uint32_t flags,
		uint32_t mode)
{
	struct io_request request = { .method = IO_OPEN,
				      .open = {
					      .flags = flags,
					      .mode = mode,
					      .path = wire_string_of(path) } };
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	request_send(fd, &request, fds[1]);
	rig_turn(rig);
	return fds[0];
}

int rig_clone(struct rig *rig, int fd, uint32_t flags)
{
	struct io_request request = { .method = IO_CLONE,
				      .clone = { .flags = flags } };
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	request_send(fd, &request, fds[1]);
	rig_turn(rig);
	return fds[0];
}

void expect_on_open(int fd, int32_t status, uint64_t kind)
{
	struct io_reply event = {};
	struct message m;

	read_message(fd, &m);
	assert_int_equal(io_reply_read(&m, &event), 0);
	assert_int_equal(event.method, IO_ON_OPEN);
	assert_int_equal(event.status, status);
	assert_int_equal(event.info.kind, kind);
}

void expect_epitaph(int fd, int32_t status)
{
	struct wire_epitaph e;
	struct message m;

	read_message(fd, &m);
	assert_int_equal(wire_epitaph_read(&m, &e), 0);
	assert_int_equal(e.status, status);
	expect_closed(fd);
}

void expect_quiet(int fd)
{
	struct message m = MESSAGE_OVER(rig_buffer);

	assert_int_equal(channel_read(fd, &m, CHANNEL_NOW),
			 CHANNEL_WOULD_BLOCK);
}

void expect_closed(int fd)
{
	struct message m = MESSAGE_OVER(rig_buffer);

	assert_int_equal(channel_read(fd, &m, CHANNEL_NOW), CHANNEL_CLOSED);
	fd_close(fd);
}

const char *list_names(struct rig *rig, int fd)
{
	struct io_request request = { .method = IO_READ_DIRENTS,
				      .max_bytes = IO_BYTES_MAX };
	static char names[4096];
	struct io_reply reply;
	struct io_dirent e;
	uint32_t offset;

	names[0] = '\0';
	assert_int_equal(request_status(rig, fd, IO_REWIND), REEVE_OK);
	for (;;) {
		request_call(rig, fd, &request, -1, &reply);
		assert_int_equal(reply.status, REEVE_OK);
		if (!reply.dirents.n)
			return names;
		offset = 0;
		while (io_dirent_read(reply.dirents, &offset, &e) == 0) {
			strncat(names, e.name.bytes, e.name.n);
			strcat(names, " ");
		}
	}
}

const char *watch_events(int fd)
{
	static const char marks[] = "x+-=.";
	static char all[4096];
	struct io_watch_event e;
	struct wire_bytes bytes;
	struct message m;
	uint32_t offset;

	all[0] = '\0';
	for (;;) {
		m = (struct message)MESSAGE_OVER(rig_buffer);
		if (channel_read(fd, &m, CHANNEL_NOW) != 0)
			return all;
		bytes = (struct wire_bytes){ m.bytes, m.n_bytes };
		offset = 0;
		while (io_watch_event_read(bytes, &offset, &e) == 0) {
			strncat(all, &marks[e.event], 1);
			strncat(all, e.name.bytes, e.name.n);
			strcat(all, " ");
		}
	}
}
