/*
 * Random values of every message: what is written is read, and written again
 * has the same bytes. The seed is fixed, so a failure repeats.
 */
#include "golden.h"

#include <string.h>

#include "base/own.h"
#include "wire/component.h"
#include "wire/control.h"
#include "wire/grants.h"
#include "wire/io.h"
#include "wire/processes.h"
#include "wire/realm.h"
#include "wire/registry.h"

enum { ROUNDS = 3000 };

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* 0 to @n - 1. */
static uint32_t random_below(uint32_t n)
{
	return (uint32_t)(random_u64() >> 33) % n;
}

static struct wire_string random_string(void)
{
	static const char *const strings[] = {
		"",	   "a",	       "/svc/fuchsia.example.Foo",
		"seven77", "eight888", "\xc3\xa9t\xc3\xa9 \xe2\x82\xac",
	};

	return wire_string_of(strings[random_below(N_ELEMENTS(strings))]);
}

static struct wire_string random_optional(void)
{
	return random_below(3) ? random_string() : wire_string_of(NULL);
}

static uint32_t random_handle(struct message *m, bool optional)
{
	if (optional && random_below(2))
		return WIRE_NO_HANDLE;
	return message_put_handle(m, (int)random_below(1000));
}

static uint32_t random_txid(bool is_call)
{
	return is_call ? 1 + random_below(1000000) : 0;
}

static void assert_echo(const char *name, const struct message *m)
{
	GOLDEN_MESSAGE(out);

	for (size_t i = 0; i < n_echoes; i++) {
		if (strcmp(echoes[i].name, name) != 0)
			continue;
		assert_int_equal(echoes[i].run(m, &out), 0);
		assert_int_equal(out.n_bytes, m->n_bytes);
		assert_memory_equal(out.bytes, m->bytes, m->n_bytes);
		assert_int_equal(out.n_handles, m->n_handles);
		assert_memory_equal(out.handles, m->handles,
				    m->n_handles * sizeof(int));
		return;
	}
	fail();
}

static struct io_attributes random_attributes(void)
{
	return (struct io_attributes){
		.mode = (uint32_t)random_u64(),
		.id = random_u64(),
		.content_size = random_u64(),
		.storage_size = random_u64(),
		.link_count = random_u64(),
		.creation_time = random_u64(),
		.modification_time = random_u64(),
	};
}

static void fill_io_request(struct message *m, struct io_request *r)
{
	switch (r->method) {
	case IO_OPEN:
		r->open = (struct io_open){ (uint32_t)random_u64(),
					    (uint32_t)random_u64(),
					    random_string(),
					    random_handle(m, false) };
		break;
	case IO_CLONE:
		r->clone = (struct io_clone){ (uint32_t)random_u64(),
					      random_handle(m, false) };
		break;
	case IO_SET_ATTR:
		r->set_attr.attributes = random_attributes();
		break;
	case IO_READ_DIRENTS:
		r->max_bytes = random_u64();
		break;
	case IO_WATCH:
		r->watch = (struct io_watch){ (uint32_t)random_u64(), 0,
					      random_handle(m, false) };
		break;
	case IO_UNLINK:
		r->path = random_string();
		break;
	case IO_RENAME:
	case IO_LINK:
		r->move = (struct io_move){ random_string(),
					    random_handle(m, false),
					    random_string() };
		break;
	default:
		break;
	}
}

static void io_requests(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		GOLDEN_MESSAGE(m);
		struct io_request r = {
			.method = (enum io_method)(1 +
						   random_below(IO_GET_TOKEN)),
		};

		if (r.method == IO_ON_OPEN)
			continue;
		r.txid = random_txid(io_method_has_reply(r.method));
		fill_io_request(&m, &r);
		assert_int_equal(io_request_write(&m, &r), 0);
		assert_echo("io_request", &m);
	}
}

static struct io_node_info random_info(struct message *m, bool optional)
{
	struct io_node_info info = { .handle = WIRE_NO_HANDLE };

	info.kind = optional ? random_below(9) : 1 + random_below(8);
	if (info.kind == IO_NODE_PIPE || info.kind == IO_NODE_SOCKET ||
	    info.kind == IO_NODE_VMOFILE)
		info.handle = random_handle(m, false);
	if (info.kind == IO_NODE_FILE || info.kind == IO_NODE_DEVICE ||
	    info.kind == IO_NODE_TTY)
		info.handle = random_handle(m, true);
	info.offset = info.length = random_u64();
	return info;
}

static void io_replies(void **state)
{
	static const uint8_t dirents[IO_BYTES_MAX];

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		GOLDEN_MESSAGE(m);
		struct io_reply r = {
			.method = (enum io_method)(
				IO_CLOSE +
				random_below(IO_GET_TOKEN - IO_CLOSE + 1)),
			.status = (int32_t)random_u64(),
		};

		r.txid = random_txid(r.method != IO_ON_OPEN);
		if (r.method == IO_DESCRIBE || r.method == IO_ON_OPEN)
			r.info = random_info(&m, r.method == IO_ON_OPEN);
		if (r.method == IO_GET_ATTR)
			r.attributes = random_attributes();
		if (r.method == IO_READ_DIRENTS)
			r.dirents = (struct wire_bytes){
				dirents, random_below(IO_BYTES_MAX + 1)
			};
		if (r.method == IO_GET_TOKEN)
			r.token = random_handle(&m, true);
		assert_int_equal(io_reply_write(&m, &r), 0);
		assert_echo("io_reply", &m);
	}
}

static void realm_requests(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		GOLDEN_MESSAGE(m);
		struct realm_request r = {
			.method = (enum realm_method)(1 +
						      random_below(REALM_NEXT)),
			.is_modern = random_below(2),
			.txid = random_txid(true),
			.child = { random_string(), random_optional() },
			.collection = random_string(),
			.decl = { random_below(8), random_string(),
				  random_string(), random_below(2) },
			.handle = WIRE_NO_HANDLE,
		};

		if (r.method == REALM_BIND_CHILD)
			r.is_modern = false;
		if (r.method == REALM_OPEN_EXPOSED_DIR)
			r.is_modern = true;
		if (r.method <= REALM_OPEN_EXPOSED_DIR ||
		    r.method == REALM_LIST_CHILDREN)
			r.handle = random_handle(&m, false);
		assert_int_equal(realm_request_write(&m, &r), 0);
		assert_echo("realm_request", &m);
	}
}

static void realm_replies(void **state)
{
	static struct realm_reply r;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		GOLDEN_MESSAGE(m);

		r = (struct realm_reply){
			.method = (enum realm_method)(REALM_CREATE_CHILD +
						      random_below(4)),
			.is_modern = random_below(2),
			.txid = random_txid(true),
		};
		if (r.method == REALM_NEXT)
			r.n_children = random_below(REALM_BATCH_MAX + 1);
		else
			r.error = random_below(REALM_ERROR_MAX + 1);
		for (uint32_t j = 0; j < r.n_children; j++)
			r.children[j] =
				(struct realm_child_ref){ random_string(),
							  random_optional() };
		assert_int_equal(realm_reply_write(&m, &r), 0);
		assert_echo("realm_reply", &m);
	}
}

static void component_starts(void **state)
{
	static struct component_start_info info;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		GOLDEN_MESSAGE(m);

		info = (struct component_start_info){
			.moniker = random_string(),
			.url = random_string(),
			.n_args = random_below(COMPONENT_ARGS_MAX + 1),
			.n_ns = random_below(COMPONENT_NAMESPACE_HANDLES_MAX +
					     1),
			.outgoing = random_handle(&m, false),
			.lifecycle = random_handle(&m, false),
		};
		for (uint32_t j = 0; j < info.n_args; j++)
			info.args[j] = random_string();
		for (uint32_t j = 0; j < info.n_ns; j++)
			info.ns[j] = (struct component_namespace_entry){
				random_string(), random_handle(&m, true)
			};
		assert_int_equal(component_start_write(&m, &info), 0);
		assert_echo("component_start", &m);
	}
}

static void component_losses(void **state)
{
	struct component_lost lost;
	GOLDEN_MESSAGE(m);

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		lost.path = random_string();
		m.n_handles = 0;
		assert_int_equal(component_lost_write(&m, &lost), 0);
		assert_echo("component_lost", &m);
	}
}

static void control_messages(void **state)
{
	static struct control_request r;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		GOLDEN_MESSAGE(m);
		struct control_event e = {
			.kind = (enum control_event_kind)(1 + random_below(4)),
			.json = random_string(),
			.exit_status = (int32_t)random_u64(),
			.error = random_string(),
		};

		r = (struct control_request){
			.txid = random_txid(true),
			.verb = wire_string_of("verb"),
			.n_arguments = random_below(CONTROL_ARGUMENTS_MAX + 1),
		};
		for (uint32_t j = 0; j < r.n_arguments; j++)
			r.arguments[j] = random_string();
		assert_int_equal(control_request_write(&m, &r), 0);
		assert_echo("control_request", &m);

		golden_handles(&m, e.kind == CONTROL_ON_CHANNEL);
		e.txid = random_txid(e.kind == CONTROL_REPLY);
		assert_int_equal(control_event_write(&m, &e), 0);
		assert_echo("control_event", &m);
	}
}

static void registry_messages(void **state)
{
	static struct registry_request q;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		GOLDEN_MESSAGE(m);
		struct registry_reply reply = {
			.method = (enum registry_method)(1 + random_below(4)),
			.txid = random_txid(true),
			.error = random_below(REALM_ERROR_MAX + 1),
			.why = random_string(),
		};

		q = (struct registry_request){
			.method = reply.method,
			.txid = random_txid(true),
			.name = random_string(),
			.path = random_string(),
			.flags = (uint32_t)random_u64(),
			.n_access = random_below(REGISTRY_ACCESS_MAX + 1),
			.is_known_present = random_below(2),
			.handle = WIRE_NO_HANDLE,
		};
		for (uint32_t j = 0; j < q.n_access; j++)
			q.access[j] = random_string();
		if (q.method == REGISTRY_CONNECT)
			q.handle = random_handle(&m, false);
		assert_int_equal(registry_request_write(&m, &q), 0);
		assert_echo("registry_request", &m);

		golden_handles(&m, 0);
		reply.is_present =
			q.method == REGISTRY_WATCH && random_below(2);
		assert_int_equal(registry_reply_write(&m, &reply), 0);
		assert_echo("registry_reply", &m);
	}
}

static struct grants_spec random_spec(void)
{
	return (struct grants_spec){
		.type = (uint32_t)random_u64(),
		.from = random_string(),
		.name = random_string(),
		.as = random_string(),
		.path = random_string(),
		.rights = (uint32_t)random_u64(),
		.subdir = random_string(),
		.expires_ms = random_u64(),
		.uses = (uint32_t)random_u64(),
		.flags = (uint32_t)random_u64(),
	};
}

static void grants_requests(void **state)
{
	static struct grants_request q;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		GOLDEN_MESSAGE(m);

		q = (struct grants_request){
			.method = (enum grants_method)(
				1 + random_below(GRANTS_GET_USAGE)),
			.txid = random_txid(true),
			.child = { random_string(), random_optional() },
			.spec = random_spec(),
			.id = random_u64(),
			.name = random_string(),
			.flags = (uint32_t)random_u64(),
			.collection = random_string(),
			.url = random_string(),
			.startup = random_below(2),
			.n_offers = random_below(GRANTS_OFFERS_MAX + 1),
			.limits = { .memory_max = random_u64(),
				    .cpu_share = (uint32_t)random_u64(),
				    .requests_per_second =
					    (uint32_t)random_u64() },
		};
		for (uint32_t j = 0; j < q.n_offers; j++)
			q.offers[j] = random_spec();
		assert_int_equal(grants_request_write(&m, &q), 0);
		assert_echo("grants_request", &m);
	}
}

static struct grants_entry random_entry(void)
{
	return (struct grants_entry){
		.id = random_u64(),
		.child = random_string(),
		.name = random_string(),
		.as = random_string(),
		.rights = (uint32_t)random_u64(),
		.expires_in_ms = random_u64(),
		.uses_left = (uint32_t)random_u64(),
		.n_connections = (uint32_t)random_u64(),
		.n_derived = (uint32_t)random_u64(),
	};
}

static void grants_replies(void **state)
{
	static struct grants_reply reply;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		GOLDEN_MESSAGE(m);
		uint32_t n = random_below(GRANTS_BATCH_MAX + 1);

		reply = (struct grants_reply){
			.method = (enum grants_method)(
				1 + random_below(GRANTS_GET_USAGE)),
			.txid = random_txid(true),
			.error = random_below(REALM_ERROR_MAX + 1),
			.why = random_string(),
			.id = random_u64(),
			.report = { .n_slots = (uint32_t)random_u64(),
				    .microseconds = random_u64() },
			.usage = { .memory_bytes = random_u64(),
				   .tasks = (uint32_t)random_u64(),
				   .throttled_us = random_u64(),
				   .refused = (uint32_t)random_u64() },
		};
		for (uint32_t j = 0; j < n; j++) {
			const struct grants_entry entry = random_entry();

			assert_true(grants_reply_add(&reply, &entry));
		}
		assert_int_equal(grants_reply_write(&m, &reply), 0);
		assert_echo("grants_reply", &m);
	}
}

static void processes_replies(void **state)
{
	static struct processes_reply reply;

	(void)state;
	for (int i = 0; i < ROUNDS / 10; i++) {
		uint32_t n = random_below(PROCESSES_BATCH_MAX);
		GOLDEN_MESSAGE(m);

		memset(&reply, 0, sizeof(reply));
		reply.method = (enum processes_method)(1 + random_below(2));
		reply.txid = random_txid(true);
		reply.summary.n_processes = (uint32_t)random_u64();
		reply.summary.n_spawned = random_u64();
		while (n-- && processes_reply_add(
				      &reply,
				      &(struct processes_entry){
					      .pid = random_u64(),
					      .parent = random_u64(),
					      .name = random_string(),
					      .function = random_string(),
					      .waits_for = random_string(),
					      .state = random_below(4),
					      .n_messages =
						      (uint32_t)random_u64(),
					      .is_handler = random_below(2),
					      .cpu_ns = random_u64(),
				      }))
			;
		assert_int_equal(processes_reply_write(&m, &reply), 0);
		assert_echo("processes_reply", &m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(io_requests),
		cmocka_unit_test(io_replies),
		cmocka_unit_test(realm_requests),
		cmocka_unit_test(realm_replies),
		cmocka_unit_test(component_starts),
		cmocka_unit_test(component_losses),
		cmocka_unit_test(control_messages),
		cmocka_unit_test(registry_messages),
		cmocka_unit_test(grants_requests),
		cmocka_unit_test(grants_replies),
		cmocka_unit_test(processes_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
