/* The messages of reeve.Realm, in the order of the fields of
 * fidl/reeve.realm.fidl. */
#include "wire/grants.h"

#include <string.h>

#include "wire/describe.h"
#include "wire/layout.h"

/* ---- what several messages have ---- */

static const struct wire_field child_fields[] = {
	F_STRING(realm_child_ref, name, GRANTS_CHILD_NAME_MAX),
	F_STRING_OPTIONAL(realm_child_ref, collection, GRANTS_CHILD_NAME_MAX),
};
static const struct wire_type child_type = WIRE_TYPE(child_fields);

static const struct wire_field spec_fields[] = {
	F_U32(grants_spec, type),
	F_STRING(grants_spec, from, GRANTS_NAME_MAX),
	F_STRING(grants_spec, name, GRANTS_NAME_MAX),
	F_STRING(grants_spec, as, GRANTS_NAME_MAX),
	F_STRING(grants_spec, path, GRANTS_PATH_MAX),
	F_U32(grants_spec, rights),
	F_STRING(grants_spec, subdir, GRANTS_PATH_MAX),
	F_U64(grants_spec, expires_ms),
	F_U32(grants_spec, uses),
	F_U32(grants_spec, flags),
};
static const struct wire_type spec_type =
	WIRE_ELEMENT(spec_fields, grants_spec);

static const struct wire_field limits_fields[] = {
	F_U64(grants_limits, memory_min),
	F_U64(grants_limits, memory_max),
	F_U32(grants_limits, cpu_share),
	F_U32(grants_limits, cpu_max),
	F_U32(grants_limits, tasks_max),
	F_U32(grants_limits, opens),
	F_U32(grants_limits, connections),
	F_U32(grants_limits, channels),
	F_U32(grants_limits, children),
	F_U32(grants_limits, requests_per_second),
};
static const struct wire_type limits_type = WIRE_TYPE(limits_fields);

static const struct wire_field usage_fields[] = {
	F_U64(grants_usage, memory_bytes),
	F_U64(grants_usage, memory_peak_bytes),
	F_U64(grants_usage, memory_max_bytes),
	F_U64(grants_usage, limit_hits),
	F_U32(grants_usage, tasks),
	F_U32(grants_usage, tasks_max),
	F_U64(grants_usage, cpu_us),
	F_U64(grants_usage, throttled_us),
	F_U32(grants_usage, connections),
	F_U32(grants_usage, opens),
	F_U32(grants_usage, refused),
};
static const struct wire_type usage_type = WIRE_TYPE(usage_fields);

static const struct wire_field report_fields[] = {
	F_U32(grants_report, n_connections), F_U32(grants_report, n_slots),
	F_U32(grants_report, n_killed),	     F_U32(grants_report, n_open_files),
	F_U64(grants_report, microseconds),
};
static const struct wire_type report_type = WIRE_TYPE(report_fields);

static const struct wire_field entry_fields[] = {
	F_U64(grants_entry, id),
	F_STRING(grants_entry, child, GRANTS_MONIKER_MAX),
	F_STRING(grants_entry, name, GRANTS_NAME_MAX),
	F_STRING(grants_entry, as, GRANTS_NAME_MAX),
	F_U32(grants_entry, rights),
	F_U64(grants_entry, expires_in_ms),
	F_U32(grants_entry, uses_left),
	F_U32(grants_entry, n_connections),
	F_U32(grants_entry, n_derived),
};
static const struct wire_type entry_type =
	WIRE_ELEMENT(entry_fields, grants_entry);

/* ---- requests ---- */

#define F_CHILD	 F_STRUCT(grants_request, child, &child_type)
#define F_FLAGS	 F_U32(grants_request, flags)
#define F_ID	 F_U64(grants_request, id)
#define F_LIMITS F_STRUCT(grants_request, limits, &limits_type)

static const struct wire_field grant_fields[] = {
	F_CHILD,
	F_STRUCT(grants_request, spec, &spec_type),
};
static const struct wire_type grant_type = WIRE_TYPE(grant_fields);

static const struct wire_field derive_fields[] = {
	F_STRUCT(grants_request, spec, &spec_type),
};
static const struct wire_type derive_type = WIRE_TYPE(derive_fields);

static const struct wire_field revoke_fields[] = {
	F_ID,
	F_CHILD,
	F_STRING(grants_request, name, GRANTS_NAME_MAX),
	F_FLAGS,
};
static const struct wire_type revoke_type = WIRE_TYPE(revoke_fields);

static const struct wire_field revoke_child_fields[] = { F_CHILD, F_FLAGS };
static const struct wire_type revoke_child_type =
	WIRE_TYPE(revoke_child_fields);

static const struct wire_field close_fields[] = { F_ID, F_FLAGS };
static const struct wire_type close_type = WIRE_TYPE(close_fields);

static const struct wire_field list_fields[] = { F_ID };
static const struct wire_type list_type = WIRE_TYPE(list_fields);

static const struct wire_field create_fields[] = {
	F_STRING(grants_request, collection, GRANTS_CHILD_NAME_MAX),
	F_STRING(grants_request, name, GRANTS_CHILD_NAME_MAX),
	F_STRING(grants_request, url, GRANTS_URL_MAX),
	{ .kind = WIRE_U32,
	  WIRE_AT(grants_request, startup),
	  .max = REALM_STARTUP_EAGER },
	F_VECTOR(grants_request, offers, n_offers, GRANTS_OFFERS_MAX,
		 &spec_type),
	F_LIMITS,
};
static const struct wire_type create_type = WIRE_TYPE(create_fields);

static const struct wire_field of_child_fields[] = { F_CHILD };
static const struct wire_type of_child_type = WIRE_TYPE(of_child_fields);

static const struct wire_field set_limits_fields[] = { F_CHILD, F_LIMITS };
static const struct wire_type set_limits_type = WIRE_TYPE(set_limits_fields);

/* ---- replies ---- */

#define F_RESULT                                                               \
	{ .kind = WIRE_U32,                                                    \
	  WIRE_AT(grants_reply, error),                                        \
	  .max = REALM_ERROR_MAX },                                            \
		F_STRING(grants_reply, why, GRANTS_WHY_MAX)

static const struct wire_field result_fields[] = { F_RESULT };
static const struct wire_type result_type = WIRE_TYPE(result_fields);

static const struct wire_field granted_fields[] = {
	F_RESULT,
	F_U64(grants_reply, id),
};
static const struct wire_type granted_type = WIRE_TYPE(granted_fields);

static const struct wire_field revoked_fields[] = {
	F_RESULT,
	F_STRUCT(grants_reply, report, &report_type),
};
static const struct wire_type revoked_type = WIRE_TYPE(revoked_fields);

static const struct wire_field listed_fields[] = {
	F_RESULT,
	F_VECTOR(grants_reply, entries, n_entries, GRANTS_BATCH_MAX,
		 &entry_type),
};
static const struct wire_type listed_type = WIRE_TYPE(listed_fields);

static const struct wire_field used_fields[] = {
	F_RESULT,
	F_STRUCT(grants_reply, usage, &usage_type),
};
static const struct wire_type used_type = WIRE_TYPE(used_fields);

/* ---- methods ---- */

#define METHOD(n, t, u)                                                        \
	{                                                                      \
		.method = GRANTS_##n, .ordinal = GRANTS_ORDINAL_##n,           \
		.has_request = true, .has_reply = true, .request = (t),        \
		.reply = (u)                                                   \
	}

/* In the order of enum grants_method, which begins at 1. */
static const struct wire_method methods[] = {
	METHOD(GRANT, &grant_type, &granted_type),
	METHOD(DERIVE, &derive_type, &granted_type),
	METHOD(REVOKE, &revoke_type, &revoked_type),
	METHOD(REVOKE_CHILD, &revoke_child_type, &revoked_type),
	METHOD(CLOSE_CONNECTION, &close_type, &revoked_type),
	METHOD(LIST_GRANTS, &list_type, &listed_type),
	METHOD(CREATE_CHILD, &create_type, &result_type),
	METHOD(START_CHILD, &of_child_type, &result_type),
	METHOD(STOP_CHILD, &of_child_type, &result_type),
	METHOD(SET_LIMITS, &set_limits_type, &result_type),
	METHOD(GET_USAGE, &of_child_type, &used_type),
};

/* ---- readers and writers ---- */

int grants_request_read(const struct message *m, struct grants_request *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, true, &me, &txid);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	ret->method = (enum grants_method)me->method;
	ret->txid = txid;
	return wire_read(m, me->request, ret);
}

int grants_request_write(struct message *m,
			 const struct grants_request *request)
{
	return wire_request_write(methods, N_ELEMENTS(methods),
				  (int)request->method, request->txid, m,
				  request);
}

int grants_reply_read(const struct message *m, struct grants_reply *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, false, &me,
			     &txid);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	ret->method = (enum grants_method)me->method;
	ret->txid = txid;
	return wire_read(m, me->reply, ret);
}

int grants_reply_write(struct message *m, const struct grants_reply *reply)
{
	return wire_reply_write(methods, N_ELEMENTS(methods),
				(int)reply->method, reply->txid, m, reply);
}

/* What an entry takes on the wire, its strings included. */
static uint32_t entry_size(const struct grants_entry *entry)
{
	return wire_align(wire_struct_size(&entry_type), 8) +
	       wire_align(entry->child.n, 8) + wire_align(entry->name.n, 8) +
	       wire_align(entry->as.n, 8);
}

bool grants_reply_add(struct grants_reply *reply,
		      const struct grants_entry *entry)
{
	uint32_t n = WIRE_HEADER_SIZE + wire_struct_size(&listed_type) +
		     wire_align(reply->why.n, 8) + entry_size(entry);

	for (uint32_t i = 0; i < reply->n_entries; i++)
		n += entry_size(&reply->entries[i]);
	if (reply->n_entries == GRANTS_BATCH_MAX || n > MESSAGE_BYTES_MAX)
		return false;
	reply->entries[reply->n_entries++] = *entry;
	return true;
}
