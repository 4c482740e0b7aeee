/* The client of reeve.Realm, against a server that plays what it was told. */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/api.h"
#include "fault.h"
#include "manager.h"
#include "reeve/grant.h"
#include "reeve/status.h"
#include "script.h"
#include "sys/fd.h"
#include "wire/grants.h"

/* Longer than anything takes, however loaded the machine is. */
enum { LONG_MS = 60000 };

static const struct reeve_child child = { .collection = "pool", .name = "one" };
static const struct reeve_child fixed = { .name = "two" };

static struct script script;

static void reply_write(struct message *m, const void *reply,
			const struct message *asked)
{
	static struct grants_request q;
	static struct grants_reply r;

	r = *(const struct grants_reply *)reply;
	if (grants_request_read(asked, &q) == 0) {
		r.method = q.method;
		r.txid = q.txid;
	}
	grants_reply_write(m, &r);
}

static struct reeve_channel *play(const struct script_step *steps, size_t n)
{
	struct reeve_channel *c;
	int fds[2];

	memset(&script, 0, offsetof(struct script, bytes));
	script.write = reply_write;
	script.steps = steps;
	script.n_steps = n;
	assert_int_equal(channel_pair(fds), 0);
	script_start(&script, fds[1]);
	assert_int_equal(channel_object_new(fds[0], &c), 0);
	return c;
}

/* The end, after which asked() tells what arrived; there were @n requests. */
static void finish(struct reeve_channel *realm, size_t n)
{
	reeve_channel_close(realm);
	script_finish(&script);
	assert_int_equal(script.n_asked, n);
}

static const struct grants_request *asked(size_t i, enum grants_method method)
{
	static struct grants_request q;

	assert_int_equal(grants_request_read(&script.asked[i], &q), 0);
	assert_int_equal(q.method, method);
	return &q;
}

static void assert_child(const struct realm_child_ref *ref,
			 const struct reeve_child *expected)
{
	assert_true(wire_string_equals(ref->name, expected->name));
	if (expected->collection)
		assert_true(wire_string_equals(ref->collection,
					       expected->collection));
	else
		assert_null(ref->collection.bytes);
}

static const struct reeve_grant_spec everything = {
	.type = REEVE_CAPABILITY_DIRECTORY,
	.from = "parent",
	.name = "data",
	.as = "photos",
	.path = "/grants/photos",
	.rights = REEVE_RIGHT_READABLE | REEVE_RIGHT_WRITABLE,
	.subdir = "a/b",
	.expires_ms = 5000,
	.uses = 3,
	.no_transfer = true,
	.restart_on_revoke = true,
};
static const struct reeve_grant_spec little = {
	.type = REEVE_CAPABILITY_SERVICE,
	.name = "example.Foo",
};

static void assert_everything(const struct grants_spec *spec)
{
	assert_int_equal(spec->type, GRANTS_DIRECTORY);
	assert_true(wire_string_equals(spec->from, "parent"));
	assert_true(wire_string_equals(spec->name, "data"));
	assert_true(wire_string_equals(spec->as, "photos"));
	assert_true(wire_string_equals(spec->path, "/grants/photos"));
	assert_int_equal(spec->rights, 3);
	assert_true(wire_string_equals(spec->subdir, "a/b"));
	assert_int_equal(spec->expires_ms, 5000);
	assert_int_equal(spec->uses, 3);
	assert_int_equal(spec->flags,
			 GRANTS_NO_TRANSFER | GRANTS_RESTART_ON_REVOKE);
}

static void assert_little(const struct grants_spec *spec)
{
	assert_int_equal(spec->type, GRANTS_SERVICE);
	assert_true(wire_string_equals(spec->name, "example.Foo"));
	assert_int_equal(
		spec->from.n + spec->as.n + spec->path.n + spec->subdir.n, 0);
	assert_int_equal(spec->rights + spec->uses + spec->flags, 0);
	assert_int_equal(spec->expires_ms, 0);
}

static void test_grant_and_derive(void **state)
{
	const struct grants_reply first = { .id = UINT64_C(1) << 40 };
	const struct grants_reply second = { .id = 43 };
	const struct script_step steps[] = { { .reply = &first },
					     { .reply = &second } };
	struct reeve_channel *c = play(steps, 2);
	uint64_t id = 0;

	(void)state;
	assert_int_equal(reeve_grant(c, &child, &everything, LONG_MS, &id), 0);
	assert_true(id == UINT64_C(1) << 40);
	assert_int_equal(reeve_derive(c, &little, LONG_MS, &id), 0);
	assert_int_equal(id, 43);
	finish(c, 2);
	assert_everything(&asked(0, GRANTS_GRANT)->spec);
	assert_child(&asked(0, GRANTS_GRANT)->child, &child);
	assert_little(&asked(1, GRANTS_DERIVE)->spec);
}

static void test_refusals_say_why(void **state)
{
	const struct grants_reply refused = {
		.error = REALM_ERROR_ACCESS_DENIED,
		.why = wire_string_of("\"data\" is given to /shop as r only."),
		.id = 9,
	};
	const struct grants_reply curt = { .error = REALM_ERROR_UNSUPPORTED };
	const struct grants_reply done = { .id = 1,
					   .why = wire_string_of("but") };
	const struct script_step steps[] = { { .reply = &refused },
					     { .reply = &curt },
					     { .reply = &refused },
					     { .reply = &done } };
	struct reeve_channel *c = play(steps, 4);
	uint64_t id = 7;

	(void)state;
	assert_string_equal(reeve_realm_why(c), "");
	assert_int_equal(reeve_grant(c, &child, &everything, LONG_MS, &id),
			 REEVE_REALM_ACCESS_DENIED);
	assert_int_equal(id, 7);
	assert_string_equal(reeve_realm_why(c),
			    "\"data\" is given to /shop as r only.");
	assert_int_equal(reeve_start_child(c, &child, LONG_MS),
			 REEVE_REALM_UNSUPPORTED);
	assert_string_equal(reeve_realm_why(c), "");
	assert_int_equal(reeve_stop_child(c, &child, LONG_MS),
			 REEVE_REALM_ACCESS_DENIED);
	assert_int_equal(reeve_grant(c, &child, &everything, LONG_MS, &id), 0);
	assert_int_equal(id, 1);
	assert_string_equal(reeve_realm_why(c), "");
	finish(c, 4);
}

static void test_revoke(void **state)
{
	const struct grants_reply done = { .report = { 1, 2, 3, 4, 5 } };
	const struct grants_reply refused = {
		.error = REALM_ERROR_RESOURCE_NOT_FOUND
	};
	const struct script_step steps[] = {
		{ .reply = &done }, { .reply = &done },	   { .reply = &done },
		{ .reply = &done }, { .reply = &refused },
	};
	struct reeve_revoke_report report = { 0 };
	struct reeve_channel *c = play(steps, 5);

	(void)state;
	/* 0 would mean something else on the wire. */
	assert_int_equal(reeve_revoke(c, 0, 0, LONG_MS, &report), -EINVAL);
	assert_int_equal(
		reeve_revoke(c, 17, REEVE_REVOKE_RESTART, LONG_MS, &report), 0);
	assert_int_equal(report.n_connections, 1);
	assert_int_equal(report.n_slots, 2);
	assert_int_equal(report.n_killed, 3);
	assert_int_equal(report.n_open_files, 4);
	assert_int_equal(report.microseconds, 5);
	assert_int_equal(
		reeve_revoke_name(c, &fixed, "example.Foo", 0, LONG_MS, NULL),
		0);
	assert_int_equal(reeve_revoke_child(c, &child, REEVE_REVOKE_RESTART,
					    LONG_MS, NULL),
			 0);
	assert_int_equal(reeve_close_connection(c, 99, 0, LONG_MS, NULL), 0);
	report.n_slots = 77;
	assert_int_equal(reeve_revoke(c, 17, 0, LONG_MS, &report),
			 REEVE_REALM_RESOURCE_NOT_FOUND);
	assert_int_equal(report.n_slots, 77);
	finish(c, 5);
	assert_int_equal(asked(0, GRANTS_REVOKE)->id, 17);
	assert_int_equal(asked(0, GRANTS_REVOKE)->flags, GRANTS_RESTART);
	assert_int_equal(asked(0, GRANTS_REVOKE)->child.name.n, 0);
	assert_int_equal(asked(1, GRANTS_REVOKE)->id, 0);
	assert_child(&asked(1, GRANTS_REVOKE)->child, &fixed);
	assert_true(wire_string_equals(asked(1, GRANTS_REVOKE)->name,
				       "example.Foo"));
	assert_child(&asked(2, GRANTS_REVOKE_CHILD)->child, &child);
	assert_int_equal(asked(2, GRANTS_REVOKE_CHILD)->flags, GRANTS_RESTART);
	assert_int_equal(asked(3, GRANTS_CLOSE_CONNECTION)->id, 99);
}

static struct grants_entry entry_of(uint64_t id)
{
	return (struct grants_entry){ .id = id,
				      .child = wire_string_of("/pool:one"),
				      .name = wire_string_of("data"),
				      .as = wire_string_of("photos"),
				      .rights = 1,
				      .expires_in_ms = 2,
				      .uses_left = GRANTS_USES_ANY,
				      .n_connections = 3,
				      .n_derived = 4 };
}

static int note_grant(void *userdata, const struct reeve_grant_info *grant)
{
	uint64_t *sum = userdata;

	assert_string_equal(grant->child, "/pool:one");
	assert_string_equal(grant->name, "data");
	assert_string_equal(grant->as, "photos");
	assert_int_equal(grant->rights, 1);
	assert_int_equal(grant->expires_in_ms, 2);
	assert_true(grant->uses_left == UINT32_MAX);
	assert_int_equal(grant->n_connections, 3);
	assert_int_equal(grant->n_derived, 4);
	*sum = *sum * 10 + grant->id;
	return grant->id == 8 ? 123 : 0;
}

static void test_list(void **state)
{
	static struct grants_reply one, two, stop;
	const struct grants_reply none = { 0 };
	const struct grants_reply refused = {
		.error = REALM_ERROR_ACCESS_DENIED
	};
	const struct script_step steps[] = { { .reply = &one },
					     { .reply = &two },
					     { .reply = &none },
					     { .reply = &stop },
					     { .reply = &refused } };
	struct reeve_channel *c;
	uint64_t sum = 0;

	(void)state;
	one.entries[0] = entry_of(2);
	one.entries[1] = entry_of(3);
	one.n_entries = 2;
	two.entries[0] = entry_of(5);
	two.n_entries = 1;
	stop.entries[0] = entry_of(7);
	stop.entries[1] = entry_of(8);
	stop.entries[2] = entry_of(9);
	stop.n_entries = 3;
	c = play(steps, 5);
	assert_int_equal(reeve_list_grants(c, LONG_MS, note_grant, &sum), 0);
	assert_int_equal(sum, 235);
	sum = 0;
	assert_int_equal(reeve_list_grants(c, LONG_MS, note_grant, &sum), 123);
	assert_int_equal(sum, 78);
	assert_int_equal(reeve_list_grants(c, LONG_MS, note_grant, &sum),
			 REEVE_REALM_ACCESS_DENIED);
	finish(c, 5);
	assert_int_equal(asked(0, GRANTS_LIST_GRANTS)->id, 0);
	assert_int_equal(asked(1, GRANTS_LIST_GRANTS)->id, 3);
	assert_int_equal(asked(2, GRANTS_LIST_GRANTS)->id, 5);
	assert_int_equal(asked(3, GRANTS_LIST_GRANTS)->id, 0);
}

/* A listing that would never end, and a name that no string can hold. */
static void test_lists_that_lie(void **state)
{
	static struct grants_reply again, zero;
	const struct script_step steps[] = { { .reply = &again },
					     { .reply = &again },
					     { .reply = &zero } };
	struct reeve_channel *c;
	uint64_t sum = 0;

	(void)state;
	again.entries[0] = entry_of(5);
	again.n_entries = 1;
	zero.entries[0] = entry_of(5);
	zero.entries[0].as = (struct wire_string){ "a\0b", 3 };
	zero.n_entries = 1;
	c = play(steps, 3);
	assert_int_equal(reeve_list_grants(c, LONG_MS, note_grant, &sum),
			 -EPROTO);
	assert_int_equal(sum, 5);
	assert_int_equal(reeve_list_grants(c, LONG_MS, note_grant, &sum),
			 -EPROTO);
	assert_int_equal(sum, 5);
	finish(c, 3);
}

static void test_create(void **state)
{
	const struct grants_reply done = { 0 };
	const struct script_step steps[] = { { .reply = &done } };
	const struct reeve_grant_spec offers[] = { little, everything };
	const struct reeve_child_options options = {
		.url = "#meta/one.cm",
		.is_eager = true,
		.offers = offers,
		.n_offers = 2,
		.limits = { .memory_min = 1,
			    .memory_max = 2,
			    .cpu_share = 3,
			    .cpu_max = 4,
			    .tasks_max = 5,
			    .opens = 6,
			    .connections = 7,
			    .channels = 8,
			    .children = 9,
			    .requests_per_second = 10 },
	};
	const struct grants_request *q;
	struct reeve_channel *c = play(steps, 1);

	(void)state;
	assert_int_equal(reeve_create_child_with(c, &fixed, &options, LONG_MS),
			 -EINVAL);
	assert_int_equal(reeve_create_child_with(c, &child, &options, LONG_MS),
			 0);
	finish(c, 1);
	q = asked(0, GRANTS_CREATE_CHILD);
	assert_true(wire_string_equals(q->collection, "pool"));
	assert_true(wire_string_equals(q->name, "one"));
	assert_true(wire_string_equals(q->url, "#meta/one.cm"));
	assert_int_equal(q->startup, REALM_STARTUP_EAGER);
	assert_int_equal(q->n_offers, 2);
	assert_little(&q->offers[0]);
	assert_everything(&q->offers[1]);
	assert_int_equal(q->limits.memory_min, 1);
	assert_int_equal(q->limits.memory_max, 2);
	assert_int_equal(q->limits.cpu_share, 3);
	assert_int_equal(q->limits.cpu_max, 4);
	assert_int_equal(q->limits.tasks_max, 5);
	assert_int_equal(q->limits.opens, 6);
	assert_int_equal(q->limits.connections, 7);
	assert_int_equal(q->limits.channels, 8);
	assert_int_equal(q->limits.children, 9);
	assert_int_equal(q->limits.requests_per_second, 10);
}

/* What cannot be asked is not asked. */
static void test_requests_too_long(void **state)
{
	static struct reeve_grant_spec offers[GRANTS_OFFERS_MAX + 1];
	static char path[GRANTS_PATH_MAX + 2];
	struct reeve_child_options options = { .url = "#meta/one.cm",
					       .offers = offers,
					       .n_offers =
						       GRANTS_OFFERS_MAX + 1 };
	struct reeve_grant_spec spec = little;
	struct reeve_channel *c = play(NULL, 0);
	uint64_t id;

	(void)state;
	assert_int_equal(reeve_create_child_with(c, &child, &options, LONG_MS),
			 -EINVAL);
	memset(path, 'p', sizeof(path) - 1);
	spec.path = path;
	assert_int_equal(reeve_grant(c, &child, &spec, LONG_MS, &id), -EINVAL);
	path[GRANTS_PATH_MAX] = '\0';
	for (size_t i = 0; i < GRANTS_OFFERS_MAX; i++)
		offers[i] = spec;
	options.n_offers = GRANTS_OFFERS_MAX;
	assert_int_equal(reeve_create_child_with(c, &child, &options, LONG_MS),
			 -EMSGSIZE);
	spec = little;
	spec.name = "\xff";
	assert_int_equal(reeve_grant(c, &child, &spec, LONG_MS, &id), -EINVAL);
	finish(c, 0);
}

static void test_children(void **state)
{
	const struct grants_reply done = { 0 };
	const struct grants_reply used = {
		.usage = { .memory_bytes = 1,
			   .memory_peak_bytes = 2,
			   .memory_max_bytes = 3,
			   .limit_hits = 4,
			   .tasks = 5,
			   .tasks_max = 6,
			   .cpu_us = 7,
			   .throttled_us = 8,
			   .connections = 9,
			   .opens = 10,
			   .refused = 11 },
	};
	const struct script_step steps[] = {
		{ .reply = &done },
		{ .reply = &done },
		{ .reply = &done },
		{ .reply = &used },
	};
	const struct reeve_limits limits = { .memory_max = 1 << 20,
					     .tasks_max = 12 };
	struct reeve_channel *c = play(steps, 4);
	struct reeve_usage usage;

	(void)state;
	assert_int_equal(reeve_start_child(c, &child, LONG_MS), 0);
	assert_int_equal(reeve_stop_child(c, &fixed, LONG_MS), 0);
	assert_int_equal(reeve_set_limits(c, &child, &limits, LONG_MS), 0);
	assert_int_equal(reeve_get_usage(c, &child, LONG_MS, &usage), 0);
	finish(c, 4);
	assert_child(&asked(0, GRANTS_START_CHILD)->child, &child);
	assert_child(&asked(1, GRANTS_STOP_CHILD)->child, &fixed);
	assert_child(&asked(2, GRANTS_SET_LIMITS)->child, &child);
	assert_int_equal(asked(2, GRANTS_SET_LIMITS)->limits.memory_max,
			 1 << 20);
	assert_int_equal(asked(2, GRANTS_SET_LIMITS)->limits.tasks_max, 12);
	assert_child(&asked(3, GRANTS_GET_USAGE)->child, &child);
	assert_int_equal(usage.memory_bytes, 1);
	assert_int_equal(usage.memory_peak_bytes, 2);
	assert_int_equal(usage.memory_max_bytes, 3);
	assert_int_equal(usage.limit_hits, 4);
	assert_int_equal(usage.tasks, 5);
	assert_int_equal(usage.tasks_max, 6);
	assert_int_equal(usage.cpu_us, 7);
	assert_int_equal(usage.throttled_us, 8);
	assert_int_equal(usage.connections, 9);
	assert_int_equal(usage.opens, 10);
	assert_int_equal(usage.refused, 11);
}

static void test_answers_that_are_none(void **state)
{
	static const enum script_act acts[] = { SCRIPT_JUNK, SCRIPT_CUT,
						SCRIPT_HANDLE,
						SCRIPT_OTHER_METHOD };
	const struct grants_reply done = { .id = 1 };
	int n = count_fds();

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(acts); i++) {
		const struct script_step step = { acts[i], 0, &done };
		struct reeve_channel *c = play(&step, 1);
		uint64_t id = 7;

		assert_int_equal(reeve_derive(c, &little, LONG_MS, &id),
				 -EPROTO);
		assert_int_equal(id, 7);
		finish(c, 1);
	}
	assert_int_equal(count_fds(), n);
}

static void test_ends(void **state)
{
	const struct script_step denied = { SCRIPT_CLOSE,
					    REEVE_ERR_ACCESS_DENIED, NULL };
	const struct script_step gone = { SCRIPT_CLOSE, 0, NULL };
	struct reeve_channel *c = play(&denied, 1);

	(void)state;
	assert_int_equal(reeve_start_child(c, &child, LONG_MS), -EPIPE);
	assert_int_equal(reeve_channel_status(c), REEVE_ERR_ACCESS_DENIED);
	assert_int_equal(reeve_channel_closer(c), REEVE_CLOSER_MANAGER);
	assert_int_equal(reeve_start_child(c, &child, LONG_MS), -EPIPE);
	finish(c, 1);
	c = play(&gone, 1);
	assert_int_equal(reeve_start_child(c, &child, LONG_MS), -EPIPE);
	assert_int_equal(reeve_channel_status(c), REEVE_ERR_PEER_CLOSED);
	assert_int_equal(reeve_channel_closer(c), REEVE_CLOSER_UNKNOWN);
	finish(c, 1);
}

/* A late answer is nobody else's. */
static void test_timeouts(void **state)
{
	const struct grants_reply second = { .id = 2 }, third = { .id = 3 };
	const struct script_step steps[] = {
		{ SCRIPT_SILENCE, 0, NULL },
		{ SCRIPT_ANSWER_LATE, 0, &second },
		{ SCRIPT_ANSWER, 0, &third },
	};
	struct reeve_channel *c = play(steps, 3);
	uint64_t id = 7;

	(void)state;
	assert_int_equal(reeve_derive(c, &little, 1, &id), -ETIMEDOUT);
	assert_int_equal(id, 7);
	assert_int_equal(reeve_derive(c, &little, LONG_MS, &id), 0);
	assert_int_equal(id, 2);
	assert_int_equal(reeve_derive(c, &little, LONG_MS, &id), 0);
	assert_int_equal(id, 3);
	finish(c, 3);
}

static void on_message(struct reeve *r, struct reeve_channel *c,
		       struct reeve_message *m, void *userdata)
{
	(void)r;
	(void)c;
	(void)m;
	(void)userdata;
}

static void test_watched_channels_are_busy(void **state)
{
	struct reeve_channel *c = play(NULL, 0);
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_watch(r, c, on_message, NULL), 0);
	assert_int_equal(reeve_start_child(c, &child, LONG_MS), -EBUSY);
	reeve_leave(r);
	finish(NULL, 0);
	manager_fini(&m);
}

static int ask_all(void *arg)
{
	struct reeve_revoke_report report;
	struct reeve_usage usage;
	uint64_t id, sum = 0;
	int r;

	r = reeve_grant(arg, &child, &little, LONG_MS, &id);
	if (r == 0)
		r = reeve_list_grants(arg, LONG_MS, note_grant, &sum);
	if (r == 0)
		r = reeve_revoke_child(arg, &child, 0, LONG_MS, &report);
	if (r == 0)
		r = reeve_start_child(arg, &child, LONG_MS);
	if (r == 0)
		r = reeve_get_usage(arg, &child, LONG_MS, &usage);
	return r;
}

static void test_faults(void **state)
{
	const struct grants_reply done = { 0 };
	const struct script_step step = { .reply = &done };
	struct reeve_channel *c = play(&step, 1);

	(void)state;
	script.repeats = true;
	assert_true(fault_sweep(ask_all, c) >= 5);
	/* Nothing was asked in vain: 0 to 5 requests in each round. */
	finish(c, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grant_and_derive),
		cmocka_unit_test(test_refusals_say_why),
		cmocka_unit_test(test_revoke),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_lists_that_lie),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_requests_too_long),
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_answers_that_are_none),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_watched_channels_are_busy),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
