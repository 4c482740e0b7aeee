/* The messages of the Registry protocol, in the order of the fields of
 * fidl/reeve.realm.fidl. */
#include "wire/registry.h"

#include <string.h>

#include "wire/describe.h"
#include "wire/realm.h"

/* ---- requests ---- */

static const struct wire_field pattern_fields[] = {
	{ .kind = WIRE_STRING, .max = REGISTRY_PATTERN_MAX },
};
static const struct wire_type pattern_type =
	WIRE_ELEMENT(pattern_fields, wire_string);

#define F_NAME F_STRING(registry_request, name, REGISTRY_NAME_MAX)

static const struct wire_field register_fields[] = {
	F_NAME,
	F_STRING(registry_request, path, REGISTRY_PATH_MAX),
	F_U32(registry_request, flags),
	F_VECTOR(registry_request, access, n_access, REGISTRY_ACCESS_MAX,
		 &pattern_type),
};
static const struct wire_type register_type = WIRE_TYPE(register_fields);

static const struct wire_field unregister_fields[] = { F_NAME };
static const struct wire_type unregister_type = WIRE_TYPE(unregister_fields);

static const struct wire_field connect_fields[] = {
	F_NAME,
	F_HANDLE(registry_request, handle),
};
static const struct wire_type connect_type = WIRE_TYPE(connect_fields);

static const struct wire_field watch_fields[] = {
	F_NAME,
	F_BOOL(registry_request, is_known_present),
};
static const struct wire_type watch_type = WIRE_TYPE(watch_fields);

/* ---- replies ---- */

/* All begin alike; only Watch has more to say. */
static const struct wire_field reply_fields[] = {
	{ .kind = WIRE_U32,
	  WIRE_AT(registry_reply, error),
	  .max = REALM_ERROR_MAX },
	F_STRING(registry_reply, why, REGISTRY_WHY_MAX),
	F_BOOL(registry_reply, is_present),
};
static const struct wire_type presence_type = WIRE_TYPE(reply_fields);
static const struct wire_type result_type = {
	.fields = reply_fields,
	.n_fields = N_ELEMENTS(reply_fields) - 1,
};

/* ---- methods ---- */

#define METHOD(n, t, u)                                                        \
	{                                                                      \
		.method = REGISTRY_##n, .ordinal = REGISTRY_ORDINAL_##n,       \
		.has_request = true, .has_reply = true, .request = (t),        \
		.reply = (u)                                                   \
	}

/* In the order of enum registry_method, which begins at 1. */
static const struct wire_method methods[] = {
	METHOD(REGISTER, &register_type, &result_type),
	METHOD(UNREGISTER, &unregister_type, &result_type),
	METHOD(CONNECT, &connect_type, &result_type),
	METHOD(WATCH, &watch_type, &presence_type),
};

/* ---- readers and writers ---- */

int registry_request_read(const struct message *m, struct registry_request *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, true, &me, &txid);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	ret->method = (enum registry_method)me->method;
	ret->txid = txid;
	ret->handle = WIRE_NO_HANDLE;
	return wire_read(m, me->request, ret);
}

int registry_request_write(struct message *m,
			   const struct registry_request *request)
{
	return wire_request_write(methods, N_ELEMENTS(methods),
				  (int)request->method, request->txid, m,
				  request);
}

int registry_reply_read(const struct message *m, struct registry_reply *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, false, &me,
			     &txid);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	ret->method = (enum registry_method)me->method;
	ret->txid = txid;
	return wire_read(m, me->reply, ret);
}

int registry_reply_write(struct message *m, const struct registry_reply *reply)
{
	return wire_reply_write(methods, N_ELEMENTS(methods),
				(int)reply->method, reply->txid, m, reply);
}
