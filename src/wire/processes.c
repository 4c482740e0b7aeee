/* The messages of the Processes protocol, in the order of the fields of
 * fidl/reeve.process.fidl. */
#include "wire/processes.h"

#include <string.h>

#include "wire/describe.h"
#include "wire/layout.h"

static const struct wire_field entry_fields[] = {
	F_U64(processes_entry, pid),
	F_U64(processes_entry, parent),
	F_STRING(processes_entry, name, PROCESSES_NAME_MAX),
	F_STRING(processes_entry, function, PROCESSES_FUNCTION_MAX),
	F_STRING(processes_entry, waits_for, PROCESSES_WAITS_FOR_MAX),
	{ .kind = WIRE_U32,
	  WIRE_AT(processes_entry, state),
	  .max = PROCESSES_STATE_MAX },
	F_U32(processes_entry, n_messages),
	F_U32(processes_entry, stack_bytes),
	F_BOOL(processes_entry, is_handler),
	F_U64(processes_entry, n_received),
	F_U64(processes_entry, n_sent),
	F_U64(processes_entry, cpu_ns),
};
static const struct wire_type entry_type =
	WIRE_ELEMENT(entry_fields, processes_entry);

static const struct wire_field list_fields[] = {
	F_U64(processes_request, after),
};
static const struct wire_type list_type = WIRE_TYPE(list_fields);

static const struct wire_field listed_fields[] = {
	F_VECTOR(processes_reply, entries, n_entries, PROCESSES_BATCH_MAX,
		 &entry_type),
};
static const struct wire_type listed_type = WIRE_TYPE(listed_fields);

static const struct wire_field summary_fields[] = {
	F_U32(processes_summary, n_processes),
	F_U32(processes_summary, n_workers),
	F_U64(processes_summary, n_spawned),
	F_U64(processes_summary, n_switches),
	F_U64(processes_summary, n_steals),
};
static const struct wire_type summary_type = WIRE_TYPE(summary_fields);

static const struct wire_field summed_fields[] = {
	F_STRUCT(processes_reply, summary, &summary_type),
};
static const struct wire_type summed_type = WIRE_TYPE(summed_fields);

/* In the order of enum processes_method, which begins at 1. */
static const struct wire_method methods[] = {
	{ .method = PROCESSES_LIST,
	  .ordinal = PROCESSES_ORDINAL_LIST,
	  .has_request = true,
	  .has_reply = true,
	  .request = &list_type,
	  .reply = &listed_type },
	{ .method = PROCESSES_SUMMARY,
	  .ordinal = PROCESSES_ORDINAL_SUMMARY,
	  .has_request = true,
	  .has_reply = true,
	  .reply = &summed_type },
};

int processes_request_read(const struct message *m,
			   struct processes_request *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, true, &me, &txid);
	if (r)
		return r;
	*ret = (struct processes_request){
		.method = (enum processes_method)me->method, .txid = txid
	};
	return wire_read(m, me->request, ret);
}

int processes_request_write(struct message *m,
			    const struct processes_request *request)
{
	return wire_request_write(methods, N_ELEMENTS(methods),
				  (int)request->method, request->txid, m,
				  request);
}

int processes_reply_read(const struct message *m, struct processes_reply *ret)
{
	const struct wire_method *me;
	uint32_t txid;
	int r;

	r = wire_method_read(methods, N_ELEMENTS(methods), m, false, &me,
			     &txid);
	if (r)
		return r;
	memset(ret, 0, sizeof(*ret));
	ret->method = (enum processes_method)me->method;
	ret->txid = txid;
	return wire_read(m, me->reply, ret);
}

int processes_reply_write(struct message *m,
			  const struct processes_reply *reply)
{
	return wire_reply_write(methods, N_ELEMENTS(methods),
				(int)reply->method, reply->txid, m, reply);
}

/* What an entry takes on the wire, its strings included. */
static uint32_t entry_size(const struct processes_entry *entry)
{
	return wire_align(wire_struct_size(&entry_type), 8) +
	       wire_align(entry->name.n, 8) + wire_align(entry->function.n, 8) +
	       wire_align(entry->waits_for.n, 8);
}

bool processes_reply_add(struct processes_reply *reply,
			 const struct processes_entry *entry)
{
	uint32_t n = reply->n_bytes;

	if (!n)
		n = WIRE_HEADER_SIZE + wire_struct_size(&listed_type);
	n += entry_size(entry);
	if (reply->n_entries == PROCESSES_BATCH_MAX || n > MESSAGE_BYTES_MAX)
		return false;
	reply->n_bytes = n;
	reply->entries[reply->n_entries++] = *entry;
	return true;
}

const char *processes_state_name(uint32_t state)
{
	static const char *const names[] = {
		[PROCESSES_STATE_RUNNING] = "running",
		[PROCESSES_STATE_RUNNABLE] = "runnable",
		[PROCESSES_STATE_WAITING] = "waiting",
		[PROCESSES_STATE_ENDING] = "ending",
	};

	return state < N_ELEMENTS(names) ? names[state] : "unknown";
}
