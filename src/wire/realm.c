/*
 * The messages of the Realm protocol in its two forms, in the order of the
 * fields of fidl/fuchsia.sys2.fidl and fidl/fuchsia.component.fidl.
 *
 * The forms differ in their ordinals, in BindChild against OpenExposedDir, and
 * in CreateChild, which has a further argument in the modern one.
 */
#include "wire/realm.h"

#include <errno.h>
#include <string.h>

#include "wire/describe.h"

/* A request, and the set of the fields of CreateChildArgs, of which we know
 * none. */
struct request_body {
	struct realm_request request;
	uint64_t args;
};

/* A result: a union of the success, an empty struct, and the error. */
struct result_body {
	uint64_t which;
	uint32_t error;
};

enum { RESULT_SUCCESS = 1, RESULT_ERROR = 2 };

/* ---- types ---- */

static const struct wire_field ref_fields[] = {
	F_STRING(realm_child_ref, name, REALM_NAME_MAX),
	F_STRING_OPTIONAL(realm_child_ref, collection, REALM_NAME_MAX),
};
static const struct wire_type ref_type =
	WIRE_ELEMENT(ref_fields, realm_child_ref);

/* CollectionRef: a struct of one string. */
#define F_COLLECTION F_STRING(request_body, request.collection, REALM_NAME_MAX)

static const struct wire_field decl_fields[] = {
	{ .kind = WIRE_STRING,
	  .ordinal = 1,
	  WIRE_AT(realm_child, name),
	  .max = REALM_NAME_MAX },
	{ .kind = WIRE_STRING,
	  .ordinal = 2,
	  WIRE_AT(realm_child, url),
	  .max = REALM_URL_MAX },
	{ .kind = WIRE_U32,
	  .ordinal = 3,
	  WIRE_AT(realm_child, startup),
	  .max = REALM_STARTUP_EAGER },
};
static const struct wire_type decl_type = WIRE_TYPE(decl_fields);
static const struct wire_type args_type = { 0 };

/* ---- requests ---- */

static const struct wire_field expose_fields[] = {
	F_STRUCT(request_body, request.child, &ref_type),
	F_HANDLE(request_body, request.handle),
};
static const struct wire_type expose_type = WIRE_TYPE(expose_fields);

static const struct wire_field create_fields[] = {
	F_COLLECTION,
	F_TABLE(request_body, request.decl, &decl_type),
	F_TABLE(request_body, args, &args_type),
};
static const struct wire_type create_modern_type = WIRE_TYPE(create_fields);
/* The seed's form lacks the last field. */
static const struct wire_type create_sys2_type = {
	.fields = create_fields,
	.n_fields = N_ELEMENTS(create_fields) - 1,
};

static const struct wire_field destroy_fields[] = {
	F_STRUCT(request_body, request.child, &ref_type),
};
static const struct wire_type destroy_type = WIRE_TYPE(destroy_fields);

static const struct wire_field list_fields[] = {
	F_COLLECTION,
	F_HANDLE(request_body, request.handle),
};
static const struct wire_type list_type = WIRE_TYPE(list_fields);

/* ---- replies ---- */

static const struct wire_type success_type = { 0 };
static const struct wire_field result_fields[] = {
	{ .kind = WIRE_STRUCT,
	  .ordinal = RESULT_SUCCESS,
	  .type = &success_type },
	{ .kind = WIRE_U32,
	  .ordinal = RESULT_ERROR,
	  WIRE_AT(result_body, error),
	  .max = REALM_ERROR_MAX },
};
static const struct wire_type result_union = WIRE_TYPE(result_fields);
static const struct wire_field result_body_fields[] = {
	F_UNION(result_body, which, &result_union),
};
static const struct wire_type result_type = WIRE_TYPE(result_body_fields);

static const struct wire_field next_fields[] = {
	F_VECTOR(realm_reply, children, n_children, REALM_BATCH_MAX, &ref_type),
};
static const struct wire_type next_type = WIRE_TYPE(next_fields);

/* ---- methods ---- */

#define METHOD(p, n, t, u)                                                     \
	{                                                                      \
		.method = REALM_##n, .ordinal = REALM_##p##_ORDINAL_##n,       \
		.has_request = true, .has_reply = true, .request = (t),        \
		.reply = (u)                                                   \
	}

static const struct wire_method methods[] = {
	METHOD(SYS2, BIND_CHILD, &expose_type, &result_type),
	METHOD(SYS2, CREATE_CHILD, &create_sys2_type, &result_type),
	METHOD(SYS2, DESTROY_CHILD, &destroy_type, &result_type),
	METHOD(SYS2, LIST_CHILDREN, &list_type, &result_type),
	METHOD(SYS2, NEXT, NULL, &next_type),
	METHOD(MODERN, OPEN_EXPOSED_DIR, &expose_type, &result_type),
	METHOD(MODERN, CREATE_CHILD, &create_modern_type, &result_type),
	METHOD(MODERN, DESTROY_CHILD, &destroy_type, &result_type),
	METHOD(MODERN, LIST_CHILDREN, &list_type, &result_type),
	METHOD(MODERN, NEXT, NULL, &next_type),
};

enum { N_SYS2 = 5 };

static bool method_is_modern(const struct wire_method *me)
{
	return me >= methods + N_SYS2;
}

static const struct wire_method *method_of(enum realm_method method,
					   bool is_modern)
{
	for (size_t i = 0; i < N_ELEMENTS(methods); i++) {
		if (methods[i].method == (int)method &&
		    method_is_modern(&methods[i]) == is_modern)
			return &methods[i];
	}
	return NULL;
}

static const char *const error_names[] = {
	"OK",
	"INTERNAL",
	"INVALID_ARGUMENTS",
	"UNSUPPORTED",
	"ACCESS_DENIED",
	"INSTANCE_NOT_FOUND",
	"INSTANCE_ALREADY_EXISTS",
	"INSTANCE_CANNOT_START",
	"INSTANCE_CANNOT_RESOLVE",
	"COLLECTION_NOT_FOUND",
	"RESOURCE_UNAVAILABLE",
	"INSTANCE_DIED",
	"RESOURCE_NOT_FOUND",
	"INSTANCE_CANNOT_UNRESOLVE",
	"INSTANCE_ALREADY_STARTED",
	"DEPENDENCY_CYCLE",
};

const char *realm_error_name(uint32_t error)
{
	return error < N_ELEMENTS(error_names) ? error_names[error] : "UNKNOWN";
}

/* ---- readers and writers ---- */

int realm_request_read(const struct message *m, struct realm_request *ret)
{
	struct request_body body = { .request.handle = WIRE_NO_HANDLE };
	struct realm_request *request = &body.request;
	const struct wire_method *me;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, true, &me,
			     &request->txid);
	if (r)
		return r;
	request->method = (enum realm_method)me->method;
	request->is_modern = method_is_modern(me);
	r = wire_read(m, me->request, &body);
	if (r)
		return r;

	request->has_unknown =
		body.args || request->decl.has & WIRE_TABLE_UNKNOWN;
	request->decl.has &= ~WIRE_TABLE_UNKNOWN;
	*ret = *request;
	return 0;
}

int realm_request_write(struct message *m, const struct realm_request *request)
{
	const struct wire_method *me =
		method_of(request->method, request->is_modern);
	struct request_body body = { .request = *request };

	if (!me || !request->txid)
		return -EINVAL;
	return wire_write(m,
			  &(struct wire_header){ .txid = request->txid,
						 .ordinal = me->ordinal },
			  me->request, &body);
}

/* A result, which is every reply but that of Next. */
static int result_read(const struct message *m, struct realm_reply *ret)
{
	struct result_body body = { 0 };
	int r;

	r = wire_read(m, &result_type, &body);
	if (r)
		return r;
	/* "Failed with no error" would read as success. */
	if (body.which == RESULT_ERROR && !body.error)
		return -EBADMSG;
	ret->error = body.error;
	return 0;
}

int realm_reply_read(const struct message *m, struct realm_reply *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, false, &me,
			     &txid);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	ret->txid = txid;
	ret->method = (enum realm_method)me->method;
	ret->is_modern = method_is_modern(me);
	if (me->method == REALM_NEXT)
		return wire_read(m, me->reply, ret);
	return result_read(m, ret);
}

int realm_reply_write(struct message *m, const struct realm_reply *reply)
{
	const struct wire_method *me =
		method_of(reply->method, reply->is_modern);
	struct result_body result = {
		.which = reply->error ? RESULT_ERROR : RESULT_SUCCESS,
		.error = reply->error,
	};
	const void *body = &result;

	if (!me || !reply->txid)
		return -EINVAL;
	if (reply->method == REALM_NEXT)
		body = reply;
	return wire_write(m,
			  &(struct wire_header){ .txid = reply->txid,
						 .ordinal = me->ordinal },
			  me->reply, body);
}
