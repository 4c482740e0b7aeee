/* The messages of reeve.component, in the order of the fields of
 * fidl/reeve.component.fidl. */
#include "wire/component.h"

#include <errno.h>
#include <string.h>

#include "wire/describe.h"

static const struct wire_field arg_fields[] = {
	{ .kind = WIRE_STRING, .max = COMPONENT_STRING_MAX },
};
static const struct wire_type arg_type = WIRE_ELEMENT(arg_fields, wire_string);

static const struct wire_field entry_fields[] = {
	F_STRING(component_namespace_entry, path, COMPONENT_STRING_MAX),
	F_HANDLE_OPTIONAL(component_namespace_entry, directory),
};
static const struct wire_type entry_type =
	WIRE_ELEMENT(entry_fields, component_namespace_entry);

static const struct wire_field start_fields[] = {
	F_STRING(component_start_info, moniker, COMPONENT_STRING_MAX),
	F_STRING(component_start_info, url, COMPONENT_STRING_MAX),
	F_VECTOR(component_start_info, args, n_args, COMPONENT_ARGS_MAX,
		 &arg_type),
	F_VECTOR(component_start_info, ns, n_ns, COMPONENT_NAMESPACE_MAX,
		 &entry_type),
	F_HANDLE(component_start_info, outgoing),
	F_HANDLE(component_start_info, lifecycle),
};
static const struct wire_type start_type = WIRE_TYPE(start_fields);

static const struct wire_field lost_fields[] = {
	F_STRING(component_lost, path, COMPONENT_STRING_MAX),
};
static const struct wire_type lost_type = WIRE_TYPE(lost_fields);

static const struct wire_method start_method = {
	.method = COMPONENT_ON_START,
	.ordinal = COMPONENT_ORDINAL_ON_START,
	.has_reply = true,
	.reply = &start_type,
};

static const struct wire_method stop_method = {
	.method = COMPONENT_STOP,
	.ordinal = COMPONENT_ORDINAL_STOP,
	.has_reply = true,
};

static const struct wire_method lost_method = {
	.method = COMPONENT_LOST,
	.ordinal = COMPONENT_ORDINAL_LOST,
	.has_reply = true,
	.reply = &lost_type,
};

static bool namespace_is_valid(const struct component_start_info *info)
{
	uint32_t n = 0;

	if (info->n_ns > COMPONENT_NAMESPACE_MAX)
		return false;
	for (uint32_t i = 0; i < info->n_ns; i++) {
		if (info->ns[i].directory != WIRE_NO_HANDLE)
			n++;
	}
	return n <= COMPONENT_NAMESPACE_HANDLES_MAX;
}

int component_start_read(const struct message *m,
			 struct component_start_info *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(&start_method, 1, m, false, &me, &txid);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	r = wire_read(m, me->reply, ret);
	if (r)
		return r;
	return namespace_is_valid(ret) ? 0 : -EBADMSG;
}

int component_start_write(struct message *m,
			  const struct component_start_info *info)
{
	if (!namespace_is_valid(info))
		return -EINVAL;
	return wire_write(
		m,
		&(struct wire_header){ .ordinal = COMPONENT_ORDINAL_ON_START },
		&start_type, info);
}

int component_stop_read(const struct message *m)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(&stop_method, 1, m, false, &me, &txid);
	if (r)
		return r;
	return wire_read(m, NULL, NULL);
}

int component_stop_write(struct message *m)
{
	return wire_write(
		m, &(struct wire_header){ .ordinal = COMPONENT_ORDINAL_STOP },
		NULL, NULL);
}

int component_lost_read(const struct message *m, struct component_lost *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(&lost_method, 1, m, false, &me, &txid);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	return wire_read(m, me->reply, ret);
}

int component_lost_write(struct message *m, const struct component_lost *lost)
{
	return wire_write(
		m, &(struct wire_header){ .ordinal = COMPONENT_ORDINAL_LOST },
		&lost_type, lost);
}
