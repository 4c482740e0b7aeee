/* The messages of fuchsia.io: each body is a table of fields, in the order of
 * fidl/fuchsia.io.fidl. */
#include "wire/io.h"

#include "wire/describe.h"

/* ---- types ---- */

static const struct wire_field attributes_fields[] = {
	F_U32(io_attributes, mode),
	F_U64(io_attributes, id),
	F_U64(io_attributes, content_size),
	F_U64(io_attributes, storage_size),
	F_U64(io_attributes, link_count),
	F_U64(io_attributes, creation_time),
	F_U64(io_attributes, modification_time),
};
static const struct wire_type attributes_type = WIRE_TYPE(attributes_fields);

/* The offsets of a union's members count from the union, here the kind. */
#define INFO(f) (offsetof(struct io_node_info, f))

static const struct wire_type empty_type = { 0 };
static const struct wire_field handle_fields[] = {
	{ .kind = WIRE_HANDLE, .offset = INFO(handle) },
};
static const struct wire_type handle_type = WIRE_TYPE(handle_fields);
static const struct wire_field event_fields[] = {
	{ .kind = WIRE_HANDLE, .optional = true, .offset = INFO(handle) },
};
static const struct wire_type event_type = WIRE_TYPE(event_fields);
static const struct wire_field vmofile_fields[] = {
	{ .kind = WIRE_HANDLE, .offset = INFO(handle) },
	{ .kind = WIRE_U64, .offset = INFO(offset) },
	{ .kind = WIRE_U64, .offset = INFO(length) },
};
static const struct wire_type vmofile_type = WIRE_TYPE(vmofile_fields);

#define MEMBER(o, t)                                                           \
	{                                                                      \
		.kind = WIRE_STRUCT, .ordinal = (o), .type = &(t)              \
	}

static const struct wire_field info_fields[] = {
	MEMBER(IO_NODE_SERVICE, empty_type),
	MEMBER(IO_NODE_FILE, event_type),
	MEMBER(IO_NODE_DIRECTORY, empty_type),
	MEMBER(IO_NODE_PIPE, handle_type),
	MEMBER(IO_NODE_VMOFILE, vmofile_type),
	MEMBER(IO_NODE_DEVICE, event_type),
	MEMBER(IO_NODE_TTY, event_type),
	MEMBER(IO_NODE_SOCKET, handle_type),
};
static const struct wire_type info_type = {
	.fields = info_fields,
	.n_fields = N_ELEMENTS(info_fields),
	.is_flexible = true,
};

/* ---- requests ---- */

static const struct wire_field open_fields[] = {
	F_U32(io_request, open.flags),
	F_U32(io_request, open.mode),
	F_STRING(io_request, open.path, IO_PATH_MAX),
	F_HANDLE(io_request, open.object),
};
static const struct wire_type open_type = WIRE_TYPE(open_fields);

static const struct wire_field clone_fields[] = {
	F_U32(io_request, clone.flags),
	F_HANDLE(io_request, clone.object),
};
static const struct wire_type clone_type = WIRE_TYPE(clone_fields);

static const struct wire_field set_attr_fields[] = {
	F_U32(io_request, set_attr.flags),
	F_STRUCT(io_request, set_attr.attributes, &attributes_type),
};
static const struct wire_type set_attr_type = WIRE_TYPE(set_attr_fields);

static const struct wire_field max_bytes_fields[] = {
	F_U64(io_request, max_bytes),
};
static const struct wire_type max_bytes_type = WIRE_TYPE(max_bytes_fields);

static const struct wire_field watch_fields[] = {
	F_U32(io_request, watch.mask),
	F_U32(io_request, watch.options),
	F_HANDLE(io_request, watch.watcher),
};
static const struct wire_type watch_type = WIRE_TYPE(watch_fields);

static const struct wire_field unlink_fields[] = {
	F_STRING(io_request, path, IO_PATH_MAX),
};
static const struct wire_type unlink_type = WIRE_TYPE(unlink_fields);

static const struct wire_field move_fields[] = {
	F_STRING(io_request, move.source, IO_PATH_MAX),
	F_HANDLE(io_request, move.token),
	F_STRING(io_request, move.destination, IO_PATH_MAX),
};
static const struct wire_type move_type = WIRE_TYPE(move_fields);

/* ---- replies ---- */

static const struct wire_field status_fields[] = {
	F_I32(io_reply, status),
};
static const struct wire_type status_type = WIRE_TYPE(status_fields);

static const struct wire_field describe_fields[] = {
	F_UNION(io_reply, info, &info_type),
};
static const struct wire_type describe_type = WIRE_TYPE(describe_fields);

static const struct wire_field on_open_fields[] = {
	F_I32(io_reply, status),
	F_UNION_OPTIONAL(io_reply, info, &info_type),
};
static const struct wire_type on_open_type = WIRE_TYPE(on_open_fields);

static const struct wire_field get_attr_fields[] = {
	F_I32(io_reply, status),
	F_STRUCT(io_reply, attributes, &attributes_type),
};
static const struct wire_type get_attr_type = WIRE_TYPE(get_attr_fields);

static const struct wire_field dirents_fields[] = {
	F_I32(io_reply, status),
	F_BYTES(io_reply, dirents, IO_BYTES_MAX),
};
static const struct wire_type dirents_type = WIRE_TYPE(dirents_fields);

static const struct wire_field token_fields[] = {
	F_I32(io_reply, status),
	F_HANDLE_OPTIONAL(io_reply, token),
};
static const struct wire_type token_type = WIRE_TYPE(token_fields);

/* ---- methods ---- */

#define ONE_WAY(n, t)                                                          \
	{                                                                      \
		.method = IO_##n, .ordinal = IO_ORDINAL_##n,                   \
		.has_request = true, .request = (t)                            \
	}
#define TWO_WAY(n, t, u)                                                       \
	{                                                                      \
		.method = IO_##n, .ordinal = IO_ORDINAL_##n,                   \
		.has_request = true, .has_reply = true, .request = (t),        \
		.reply = (u)                                                   \
	}
#define EVENT(n, u)                                                            \
	{                                                                      \
		.method = IO_##n, .ordinal = IO_ORDINAL_##n,                   \
		.has_reply = true, .reply = (u)                                \
	}

/* In the order of enum io_method, which begins at 1. */
static const struct wire_method methods[] = {
	ONE_WAY(OPEN, &open_type),
	ONE_WAY(CLONE, &clone_type),
	TWO_WAY(CLOSE, NULL, &status_type),
	TWO_WAY(DESCRIBE, NULL, &describe_type),
	EVENT(ON_OPEN, &on_open_type),
	TWO_WAY(SYNC, NULL, &status_type),
	TWO_WAY(GET_ATTR, NULL, &get_attr_type),
	TWO_WAY(SET_ATTR, &set_attr_type, &status_type),
	TWO_WAY(READ_DIRENTS, &max_bytes_type, &dirents_type),
	TWO_WAY(REWIND, NULL, &status_type),
	TWO_WAY(WATCH, &watch_type, &status_type),
	TWO_WAY(UNLINK, &unlink_type, &status_type),
	TWO_WAY(RENAME, &move_type, &status_type),
	TWO_WAY(LINK, &move_type, &status_type),
	TWO_WAY(GET_TOKEN, NULL, &token_type),
};

static const char *const method_names[] = {
	"Open",	 "Clone",   "Close",   "Describe",    "OnOpen",
	"Sync",	 "GetAttr", "SetAttr", "ReadDirents", "Rewind",
	"Watch", "Unlink",  "Rename",  "Link",	      "GetToken",
};

static const struct wire_method *method_of(enum io_method method)
{
	if (method < 1 || method > N_ELEMENTS(methods))
		return NULL;
	return &methods[method - 1];
}

bool io_method_has_reply(enum io_method method)
{
	const struct wire_method *me = method_of(method);

	return me && me->has_request && me->has_reply;
}

const char *io_method_name(enum io_method method)
{
	return method_of(method) ? method_names[method - 1] : "unknown";
}

/* ---- readers and writers ---- */

int io_request_read(const struct message *m, struct io_request *ret)
{
	struct io_request request = { 0 };
	const struct wire_method *me;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, true, &me,
			     &request.txid);
	if (r)
		return r;
	request.method = (enum io_method)me->method;
	r = wire_read(m, me->request, &request);
	if (r)
		return r;
	*ret = request;
	return 0;
}

int io_request_write(struct message *m, const struct io_request *request)
{
	return wire_request_write(methods, N_ELEMENTS(methods),
				  (int)request->method, request->txid, m,
				  request);
}

int io_reply_read(const struct message *m, struct io_reply *ret)
{
	struct io_reply reply = { 0 };
	const struct wire_method *me;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, false, &me,
			     &reply.txid);
	if (r)
		return r;
	reply.method = (enum io_method)me->method;
	if (me->method == IO_DESCRIBE || me->method == IO_ON_OPEN)
		reply.info.handle = WIRE_NO_HANDLE;
	r = wire_read(m, me->reply, &reply);
	if (r)
		return r;
	*ret = reply;
	return 0;
}

int io_reply_write(struct message *m, const struct io_reply *reply)
{
	return wire_reply_write(methods, N_ELEMENTS(methods),
				(int)reply->method, reply->txid, m, reply);
}
