/* The messages of reeve.control, in the order of the fields of
 * fidl/reeve.control.fidl. */
#include "wire/control.h"

#include <errno.h>
#include <string.h>

#include "wire/describe.h"

static const struct wire_field argument_fields[] = {
	{ .kind = WIRE_STRING, .max = CONTROL_ARGUMENT_MAX },
};
static const struct wire_type argument_type =
	WIRE_ELEMENT(argument_fields, wire_string);

static const struct wire_field request_fields[] = {
	F_STRING(control_request, verb, CONTROL_VERB_MAX),
	F_VECTOR(control_request, arguments, n_arguments, CONTROL_ARGUMENTS_MAX,
		 &argument_type),
};
static const struct wire_type request_type = WIRE_TYPE(request_fields);

static const struct wire_field data_fields[] = {
	F_STRING(control_event, json, CONTROL_DATA_MAX),
};
static const struct wire_type data_type = WIRE_TYPE(data_fields);

static const struct wire_field channel_fields[] = {
	F_HANDLE(control_event, channel),
};
static const struct wire_type channel_type = WIRE_TYPE(channel_fields);

static const struct wire_field end_fields[] = {
	F_I32(control_event, exit_status),
	F_STRING(control_event, error, CONTROL_ERROR_MAX),
};
static const struct wire_type end_type = WIRE_TYPE(end_fields);

/* In the order of enum control_event_kind, which begins at 1. */
static const struct wire_method methods[] = {
	{ .method = CONTROL_REPLY,
	  .ordinal = CONTROL_ORDINAL_REQUEST,
	  .has_request = true,
	  .has_reply = true,
	  .request = &request_type },
	{ .method = CONTROL_ON_DATA,
	  .ordinal = CONTROL_ORDINAL_ON_DATA,
	  .has_reply = true,
	  .reply = &data_type },
	{ .method = CONTROL_ON_CHANNEL,
	  .ordinal = CONTROL_ORDINAL_ON_CHANNEL,
	  .has_reply = true,
	  .reply = &channel_type },
	{ .method = CONTROL_ON_END,
	  .ordinal = CONTROL_ORDINAL_ON_END,
	  .has_reply = true,
	  .reply = &end_type },
};

int control_request_read(const struct message *m, struct control_request *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, true, &me, &txid);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	ret->txid = txid;
	r = wire_read(m, me->request, ret);
	if (r)
		return r;
	return ret->verb.n ? 0 : -EBADMSG;
}

int control_request_write(struct message *m,
			  const struct control_request *request)
{
	if (!request->verb.n)
		return -EINVAL;
	return wire_request_write(methods, N_ELEMENTS(methods), CONTROL_REPLY,
				  request->txid, m, request);
}

int control_event_read(const struct message *m, struct control_event *ret)
{
	struct control_event event = { 0 };
	const struct wire_method *me;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, false, &me,
			     &event.txid);
	if (r)
		return r;
	event.kind = (enum control_event_kind)me->method;
	r = wire_read(m, me->reply, &event);
	if (r)
		return r;
	*ret = event;
	return 0;
}

int control_event_write(struct message *m, const struct control_event *event)
{
	return wire_reply_write(methods, N_ELEMENTS(methods), (int)event->kind,
				event->txid, m, event);
}
