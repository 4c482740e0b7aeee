/* Routers: which process serves what, and what happens when one fails. */
#include "router_rig.h"

#include <errno.h>
#include <string.h>


/* Each connection has a process, and a crash closes that connection only. */
static void one_per_connection(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = router_client(&b), *two = router_client(&b);
	reeve_pid first = ask_pid(one, ORDINAL, ""), second;

	second = ask_pid(two, ORDINAL, "");
	REEVE_CHECK(first != second);
	REEVE_CHECK(ask_pid(one, ORDINAL, "") == first);
	REEVE_CHECK(router_look(&b).n_connections == 2);
	send_text(one, CRASH, 1, "");
	expect_closed_with(one, REEVE_ERR_INTERNAL);
	expect_gone(first);
	REEVE_CHECK(ask_pid(two, ORDINAL, "") == second);
	while (router_look(&b).n_connections != 1)
		reeve_yield();
	REEVE_CHECK(router_look(&b).n_failed == 1);
	/* A client that goes takes its process with it. */
	reeve_channel_close(two);
	while (router_look(&b).n_connections || reeve_is_alive(second))
		REEVE_CHECK(reeve_sleep(1) == 0);
	router_stop(&b);
}

static void test_connection(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_CONNECTION,
				     .talk = talk_pid };

	(void)state;
	play(one_per_connection, &route);
	route = (struct reeve_route){ .rule = REEVE_ROUTE_PORT,
				      .serve = serve_pid };
	play(one_per_connection, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(one_per_connection, &route);
}

/* All connections share a number of processes; whoever fails is replaced, and
 * only whose request it had loses its connection. */
static void a_pool(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = router_client(&b), *two = router_client(&b);
	reeve_pid seen[64], who;
	int i, k, n = 0;

	for (i = 0; i < 40; i++) {
		who = ask_pid(i % 2 ? one : two, ORDINAL, "");
		for (k = 0; k < n && seen[k] != who;)
			k++;
		seen[k] = who;
		n += k == n;
	}
	REEVE_CHECK(n <= 3);
	REEVE_CHECK(router_look(&b).n_processes == 3);
	for (i = 0; i < 5; i++) {
		send_text(one, CRASH, 1, "");
		expect_closed_with(one, REEVE_ERR_INTERNAL);
		one = router_client(&b);
	}
	REEVE_CHECK(ask_pid(one, ORDINAL, "") && ask_pid(two, ORDINAL, ""));
	while (router_look(&b).n_processes != 3)
		reeve_yield();
	REEVE_CHECK(router_look(&b).n_failed == 5);
	reeve_channel_close(one);
	reeve_channel_close(two);
	router_stop(&b);
}

static void test_pool(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_POOL,
				     .n_processes = 3,
				     .serve = serve_pid };

	(void)state;
	play(a_pool, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(a_pool, &route);
}

/* The same key, the same process, whichever connection it comes from. */
static void by_key(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = router_client(&b), *two = router_client(&b);
	reeve_pid apple = ask_pid(one, ORDINAL, "apple"),
		  banana = ask_pid(one, ORDINAL, "banana"), again;

	REEVE_CHECK(apple != banana);
	REEVE_CHECK(ask_pid(two, ORDINAL, "avocado") == apple);
	REEVE_CHECK(ask_pid(two, ORDINAL, "blueberry") == banana);
	/* The connection loses it that asked, the other does not; and there is
	 * a new one for the key. */
	send_text(one, CRASH, 1, "b");
	expect_closed_with(one, REEVE_ERR_INTERNAL);
	again = ask_pid(two, ORDINAL, "banana");
	REEVE_CHECK(again != banana && again != apple);
	REEVE_CHECK(ask_pid(two, ORDINAL, "apple") == apple);
	reeve_channel_close(two);
	router_stop(&b);
	expect_gone(apple);
}

static void test_key(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_KEY,
				     .key = key_first,
				     .serve = serve_pid };

	(void)state;
	play(by_key, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(by_key, &route);
}

/* What has nothing to do ends, and comes back; nothing is lost meanwhile. */
static void keys_come_and_go(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *c = router_client(&b);
	int round;

	for (round = 0; round < 20; round++) {
		REEVE_CHECK(ask_pid(c, ORDINAL, round % 2 ? "a" : "b"));
		REEVE_CHECK(reeve_sleep(round % 4) == 0);
	}
	while (router_look(&b).n_processes)
		REEVE_CHECK(reeve_sleep(1) == 0);
	REEVE_CHECK(ask_pid(c, ORDINAL, "a"));
	REEVE_CHECK(router_look(&b).n_failed == 0);
	reeve_channel_close(c);
	router_stop(&b);
}

static void test_idle_keys(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_KEY,
				     .key = key_first,
				     .idle_ms = 1,
				     .serve = serve_pid };

	(void)state;
	play(keys_come_and_go, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(keys_come_and_go, &route);
}

/* No more keys at a time than were allowed: others wait for one to end. */
static void keys_are_bounded(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = router_client(&b), *two = router_client(&b);
	char text[2] = "a";

	for (; *text <= 'z'; ++*text) {
		REEVE_CHECK(ask_pid(*text % 2 ? one : two, ORDINAL, text));
		REEVE_CHECK(router_look(&b).n_processes <= 2);
	}
	reeve_channel_close(one);
	reeve_channel_close(two);
	router_stop(&b);
}

static void test_bounded_keys(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_KEY,
				     .key = key_first,
				     .n_processes = 2,
				     .idle_ms = 1,
				     .serve = serve_pid };

	(void)state;
	play(keys_are_bounded, &route);
}

static reeve_pid chosen;

static reeve_pid pick(const struct reeve_message *m, void *userdata)
{
	(void)userdata;
	return m->ordinal == ORDINAL ? chosen : REEVE_PID_NONE;
}

static void chosen_main(void *arg)
{
	struct reeve_message *m;

	(void)arg;
	for (;;) {
		m = expect_message();
		(void)serve_pid(NULL, m);
		reeve_message_free(m);
	}
}

/* By a rule of one's own. */
static void by_choice(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = router_client(&b), *two = router_client(&b);

	REEVE_CHECK(reeve_spawn(chosen_main, NULL, NULL, &chosen) == 0);
	REEVE_CHECK(ask_pid(one, ORDINAL, "") == chosen);
	/* It says that nobody is for that. */
	send_text(one, SILENCE, 1, "");
	expect_closed_with(one, REEVE_ERR_UNAVAILABLE);
	REEVE_CHECK(ask_pid(two, ORDINAL, "") == chosen);
	reeve_channel_close(two);
	router_stop(&b);
}

static void test_pick(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_PICK, .pick = pick };

	(void)state;
	play(by_choice, &route);
}

static int pass_on(void *state, struct reeve_message *m)
{
	(void)state;
	return reeve_forward(chosen, m) < 0 ? REEVE_EXIT_FAILED : 0;
}

/* Whoever serves may pass a request on; the answer finds its way. */
static void passes_on(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = router_client(&b), *two = router_client(&b);
	int i;

	REEVE_CHECK(reeve_spawn(chosen_main, NULL, NULL, &chosen) == 0);
	for (i = 0; i < 20; i++)
		REEVE_CHECK(ask_pid(i % 2 ? one : two, ORDINAL, "x") == chosen);
	REEVE_CHECK(router_look(&b).n_failed == 0);
	reeve_channel_close(one);
	reeve_channel_close(two);
	router_stop(&b);
}

static void test_forward(void **state)
{
	struct reeve_route route = { .serve = pass_on, .key = key_first };

	(void)state;
	for (route.rule = REEVE_ROUTE_PORT; route.rule <= REEVE_ROUTE_KEY;
	     route.rule++) {
		route.flags = 0;
		play(passes_on, &route);
		route.flags = REEVE_ROUTE_NO_STACK;
		play(passes_on, &route);
	}
}

/* ---- a worker that waits for room, and passes on ---- */

enum { NO_ROOM_MS = 1 };

static reeve_pid full, keeper;

static int tries_then_passes_on(void *state, struct reeve_message *m)
{
	const struct reeve_message more = { .ordinal = ORDINAL };

	(void)state;
	REEVE_CHECK(reeve_send_wait(full, &more, NO_ROOM_MS) == -ETIMEDOUT);
	REEVE_CHECK(reeve_forward(keeper, m) == 0);
	return 0;
}

/* Keeps the first until it has the second. */
static void keeper_main(void *arg)
{
	struct reeve_message *first, *second;

	(void)arg;
	for (;;) {
		first = expect_message();
		second = expect_message();
		REEVE_CHECK(first != second);
		REEVE_CHECK(!memcmp(first->bytes, "first", first->n_bytes));
		(void)serve_pid(NULL, first);
		(void)serve_pid(NULL, second);
		expect_text(first, "first");
		expect_text(second, "second");
	}
}

/* Reads nothing. */
static void full_main(void *arg)
{
	(void)arg;
	(void)reeve_sleep(-1);
}

/* A message that is passed on is not the worker's any more, also if that waited
 * for a mailbox before. */
static void waits_and_passes_on(void *arg)
{
	const struct reeve_spawn_options o = { .mailbox = 1 };
	const struct reeve_message more = { .ordinal = ORDINAL };
	struct beside b = router_start(arg, 0);
	struct reeve_channel *c = router_client(&b);
	int i;

	REEVE_CHECK(reeve_spawn(full_main, NULL, &o, &full) == 0);
	REEVE_CHECK(reeve_send_to(full, &more) == 0);
	REEVE_CHECK(reeve_spawn(keeper_main, NULL, NULL, &keeper) == 0);
	for (i = 0; i < 5; i++) {
		send_text(c, ORDINAL, 1, "first");
		send_text(c, ORDINAL, 2, "second");
		reeve_message_free(expect_receive(c));
		reeve_message_free(expect_receive(c));
	}
	reeve_channel_close(c);
	router_stop(&b);
}

static void test_wait_and_forward(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_PORT,
				     .serve = tries_then_passes_on };

	(void)state;
	play(waits_and_passes_on, &route);
	route.rule = REEVE_ROUTE_POOL;
	route.n_processes = 1;
	play(waits_and_passes_on, &route);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connection),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_idle_keys),
		cmocka_unit_test(test_bounded_keys),
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_wait_and_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
