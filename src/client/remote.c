#include "client/remote.h"

#include <errno.h>
#include <string.h>

#include "channel/channel.h"
#include "client/errors.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/io.h"

enum {
	REQUEST_MAX = IO_PATH_MAX + 256,
	REPLY_MAX = IO_BYTES_MAX + 256,
};

static uint64_t deadline_in(int timeout_ms)
{
	if (timeout_ms < 0)
		return CHANNEL_FOREVER;
	return timeout_ms ? loop_now() + (uint64_t)timeout_ms * NS_PER_MS
			  : CHANNEL_NOW;
}

/* Send a one-way request that carries @m's handle. */
static int remote_send(int channel, const struct io_request *request,
		       struct message *m)
{
	int r;

	r = io_request_write(m, request);
	if (r == 0)
		r = channel_send(channel, m, CHANNEL_NOW);
	message_close_handles(m);
	return error_of_channel(r);
}

int remote_open(int channel, uint32_t flags, uint32_t mode, const char *path,
		int take_server_end)
{
	_Alignas(8) uint8_t buffer[REQUEST_MAX];
	struct message m = MESSAGE_OVER(buffer);
	const struct io_request request = {
		.method = IO_OPEN,
		.open = { .flags = flags,
			  .mode = mode,
			  .path = wire_string_of(path),
			  .object = message_put_handle(&m, take_server_end) },
	};

	return remote_send(channel, &request, &m);
}

int remote_clone(int channel, uint32_t flags, int take_server_end)
{
	_Alignas(8) uint8_t buffer[64];
	struct message m = MESSAGE_OVER(buffer);
	const struct io_request request = {
		.method = IO_CLONE,
		.clone = { .flags = flags,
			   .object = message_put_handle(&m, take_server_end) },
	};

	return remote_send(channel, &request, &m);
}

/* A server that was not yet told otherwise may still say OnOpen. */
static int drop_event(struct message *m, void *arg)
{
	(void)m;
	(void)arg;
	return 0;
}

/* One request and its reply, whose strings point into @m. */
static int remote_call(int channel, uint64_t deadline,
		       struct io_request *request, struct message *m,
		       struct io_reply *ret)
{
	struct channel_call call = CHANNEL_CALL_INIT;
	int r;

	/* Any but 0; the call chooses its own. */
	request->txid = 1;
	call.deadline = deadline;
	call.on_event = drop_event;
	r = io_request_write(m, request);
	if (r == 0)
		r = channel_call(channel, m, m, &call);
	if (r)
		return error_of_channel(r);
	r = io_reply_read(m, ret);
	if (r || ret->method != request->method)
		return -EPROTO;
	return error_of_status(ret->status);
}

static int read_entries(struct wire_bytes bytes, remote_entry_fn fn,
			void *userdata)
{
	struct io_dirent e;
	uint32_t offset = 0;
	int r;

	for (;;) {
		r = io_dirent_read(bytes, &offset, &e);
		if (r == IO_RECORD_END)
			return 0;
		if (r)
			return -EPROTO;
		r = fn(userdata, e.type, e.name.bytes, e.name.n);
		if (r)
			return r;
	}
}

int remote_list(int channel, int timeout_ms, remote_entry_fn fn, void *userdata)
{
	_Alignas(8) uint8_t buffer[REPLY_MAX];
	struct message m = MESSAGE_OVER(buffer);
	struct io_request request = { .method = IO_REWIND };
	struct io_reply reply = {};
	uint64_t deadline = deadline_in(timeout_ms);
	int r;

	r = remote_call(channel, deadline, &request, &m, &reply);
	request.method = IO_READ_DIRENTS;
	request.max_bytes = IO_BYTES_MAX;
	while (r == 0) {
		reply = (struct io_reply){};
		r = remote_call(channel, deadline, &request, &m, &reply);
		if (r || !reply.dirents.n)
			break;
		r = read_entries(reply.dirents, fn, userdata);
	}
	message_close_handles(&m);
	return r;
}

int remote_watch(int channel, int timeout_ms, uint32_t mask, int take_watcher)
{
	_Alignas(8) uint8_t buffer[128];
	struct message m = MESSAGE_OVER(buffer);
	struct io_reply reply = {};
	struct io_request request = {
		.method = IO_WATCH,
		.watch = { .mask = mask,
			   .watcher = message_put_handle(&m, take_watcher) },
	};
	int r;

	r = remote_call(channel, deadline_in(timeout_ms), &request, &m, &reply);
	message_close_handles(&m);
	return r;
}

int remote_read_events(const uint8_t *bytes, size_t n, remote_event_fn fn,
		       void *userdata)
{
	struct wire_bytes all = { bytes, (uint32_t)n };
	struct io_watch_event e;
	uint32_t offset = 0;
	int r;

	if (n > IO_BYTES_MAX)
		return -EPROTO;
	for (;;) {
		r = io_watch_event_read(all, &offset, &e);
		if (r == IO_RECORD_END)
			return 0;
		if (r)
			return -EPROTO;
		r = fn(userdata, e.event, e.name.bytes, e.name.n);
		if (r)
			return r;
	}
}
