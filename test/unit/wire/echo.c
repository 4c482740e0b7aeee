#include "echo.h"

#include <string.h>

#include "base/own.h"
#include "wire/component.h"
#include "wire/control.h"
#include "wire/grants.h"
#include "wire/io.h"
#include "wire/processes.h"
#include "wire/realm.h"
#include "wire/registry.h"

static int echo_written(int r)
{
	return r ? ECHO_REFUSED : 0;
}

static void handles_copy(const struct message *in, struct message *out)
{
	memcpy(out->handles, in->handles, sizeof(in->handles));
	out->n_handles = in->n_handles;
}

#define ECHO(name, read, write, type, unknown)                                 \
	static int name(const struct message *in, struct message *out)         \
	{                                                                      \
		static type v;                                                 \
		int r = read(in, &v);                                          \
                                                                               \
		if (r)                                                         \
			return r;                                              \
		if (unknown)                                                   \
			return ECHO_UNKNOWN;                                   \
		handles_copy(in, out);                                         \
		return echo_written(write(out, &v));                           \
	}

ECHO(epitaph, wire_epitaph_read, wire_epitaph_write, struct wire_epitaph, false)
ECHO(io_request, io_request_read, io_request_write, struct io_request, false)
ECHO(io_reply, io_reply_read, io_reply_write, struct io_reply,
     (v.method == IO_DESCRIBE || v.method == IO_ON_OPEN) &&
	     v.info.kind > IO_NODE_SOCKET)
ECHO(realm_request, realm_request_read, realm_request_write,
     struct realm_request, v.has_unknown)
ECHO(realm_reply, realm_reply_read, realm_reply_write, struct realm_reply,
     false)
ECHO(component_start, component_start_read, component_start_write,
     struct component_start_info, false)
ECHO(component_lost, component_lost_read, component_lost_write,
     struct component_lost, false)
ECHO(control_request, control_request_read, control_request_write,
     struct control_request, false)
ECHO(control_event, control_event_read, control_event_write,
     struct control_event, false)

ECHO(registry_request, registry_request_read, registry_request_write,
     struct registry_request, false)
ECHO(registry_reply, registry_reply_read, registry_reply_write,
     struct registry_reply, false)
ECHO(grants_request, grants_request_read, grants_request_write,
     struct grants_request, false)
ECHO(grants_reply, grants_reply_read, grants_reply_write, struct grants_reply,
     false)

ECHO(processes_request, processes_request_read, processes_request_write,
     struct processes_request, false)
ECHO(processes_reply, processes_reply_read, processes_reply_write,
     struct processes_reply, false)

static int component_stop(const struct message *in, struct message *out)
{
	int r = component_stop_read(in);

	return r ? r : echo_written(component_stop_write(out));
}

/* A dirent listing in the body of a frame, from its header on. */
static int dirents(const struct message *in, struct message *out)
{
	struct wire_bytes bytes = { in->bytes, in->n_bytes };
	struct io_dirent e;
	uint32_t at = 0;
	int r;

	handles_copy(in, out);
	out->n_bytes = 0;
	while (!(r = io_dirent_read(bytes, &at, &e))) {
		if (io_dirent_write(out->bytes, out->capacity, &out->n_bytes,
				    &e))
			return ECHO_REFUSED;
	}
	return r == IO_RECORD_END ? 0 : r;
}

static int watch_events(const struct message *in, struct message *out)
{
	struct wire_bytes bytes = { in->bytes, in->n_bytes };
	struct io_watch_event e;
	uint32_t at = 0;
	int r;

	handles_copy(in, out);
	out->n_bytes = 0;
	while (!(r = io_watch_event_read(bytes, &at, &e))) {
		if (io_watch_event_write(out->bytes, out->capacity,
					 &out->n_bytes, &e))
			return ECHO_REFUSED;
	}
	return r == IO_RECORD_END ? 0 : r;
}

const struct echo echoes[] = {
	{ "epitaph", epitaph },
	{ "io_request", io_request },
	{ "io_reply", io_reply },
	{ "realm_request", realm_request },
	{ "realm_reply", realm_reply },
	{ "component_start", component_start },
	{ "component_stop", component_stop },
	{ "control_request", control_request },
	{ "control_event", control_event },
	{ "dirents", dirents },
	{ "watch_events", watch_events },
	{ "component_lost", component_lost },
	{ "registry_request", registry_request },
	{ "registry_reply", registry_reply },
	{ "grants_request", grants_request },
	{ "grants_reply", grants_reply },
	{ "processes_request", processes_request },
	{ "processes_reply", processes_reply },
};
const size_t n_echoes = N_ELEMENTS(echoes);
