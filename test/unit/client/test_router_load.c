/* Routers: order, what happens when nobody is free, and the end. */
#include "router_rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>


/* ---- order ---- */

static int check_order(void *state, struct reeve_message *m)
{
	uint32_t *next = state, number;

	memcpy(&number, (const char *)m->bytes + 4, sizeof(number));
	REEVE_CHECK(number == *next);
	++*next;
	REEVE_CHECK(reeve_answer(m, &number, sizeof(number)) == 0);
	return 0;
}

/* What has one key arrives in the order in which it was sent. */
static void in_order(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *c = router_client(&b);
	uint32_t i, sent = 0, body[2];
	struct reeve_message *m;

	for (i = 0; i < 600; i++) {
		while (sent < 600) {
			body[0] = sent % 3;
			body[1] = sent / 3;
			if (reeve_send(c, &(struct reeve_message){
						  .ordinal = ORDINAL,
						  .txid = sent + 1,
						  .bytes = body,
						  .n_bytes = sizeof(body) }))
				break;
			sent++;
		}
		m = expect_receive(c);
		reeve_message_free(m);
	}
	reeve_channel_close(c);
	router_stop(&b);
}

static void test_order(void **state)
{
	const uint32_t next = 0;
	struct reeve_route route = { .rule = REEVE_ROUTE_KEY,
				     .key = key_first,
				     .queue = 4,
				     .serve = check_order,
				     .state = &next,
				     .n_state = sizeof(next) };

	(void)state;
	play(in_order, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(in_order, &route);
}

/* ---- back-pressure ---- */

static int remember(void *state, struct reeve_message *m)
{
	const reeve_pid me = reeve_self();

	if (m->ordinal == BLOCK)
		REEVE_CHECK(reeve_send_to(*(reeve_pid *)state,
					  &(struct reeve_message){
						  .ordinal = 2,
						  .bytes = &me,
						  .n_bytes = sizeof(me) }) ==
			    0);
	return serve_pid(NULL, m);
}

/*
 * When all of a pool are busy and its queue is full, clients wait, and no more
 * is held here; when one is free they go on. One key that is slow holds up none
 * of the others.
 */
static void clients_wait(void *arg)
{
	struct reeve_route route = *(const struct reeve_route *)arg;
	const reeve_pid me = reeve_self();
	struct reeve_channel *one, *two;
	struct reeve_message *m;
	reeve_pid who;
	int i, n = 0, rounds = 0;
	struct beside b;

	route.state = &me;
	route.n_state = sizeof(me);
	router_gate = eventfd(0, EFD_CLOEXEC);
	REEVE_CHECK(router_gate >= 0);
	b = router_start(&route, 0);
	one = router_client(&b);
	two = router_client(&b);
	send_text(one, BLOCK, 1, "slow");
	m = expect_ordinal(2);
	memcpy(&who, m->bytes, sizeof(who));
	reeve_message_free(m);
	while (rounds < 10) {
		if (reeve_send(one,
			       &(struct reeve_message){ .ordinal = ORDINAL,
							.txid = (uint32_t)n + 2,
							.bytes = "slow",
							.n_bytes = 4 }) == 0) {
			n++;
			rounds = 0;
		} else {
			rounds++;
			REEVE_CHECK(reeve_sleep(1) == 0);
		}
	}
	if (route.rule == REEVE_ROUTE_KEY)
		REEVE_CHECK(ask_pid(two, ORDINAL, "other") != who);
	REEVE_CHECK(eventfd_write(router_gate, 1) == 0);
	for (i = 0; i < n + 1; i++)
		reeve_message_free(expect_receive(one));
	REEVE_CHECK(ask_pid(two, ORDINAL, "slow") == who);
	close(router_gate);
	reeve_channel_close(one);
	reeve_channel_close(two);
	router_stop(&b);
}

static void test_busy(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_POOL,
				     .n_processes = 1,
				     .queue = 2,
				     .serve = remember };

	(void)state;
	play_in_time(clients_wait, &route);
	route.rule = REEVE_ROUTE_KEY;
	route.key = key_first;
	route.n_processes = 0;
	play_in_time(clients_wait, &route);
}

enum { MANY = 40, PER_CLIENT = 30 };

struct asker {
	struct beside b;
	reeve_pid parent;
};

static void ask_often(void *arg)
{
	const struct asker *a = arg;
	struct reeve_channel *c = router_client(&a->b);
	int i;

	for (i = 0; i < PER_CLIENT; i++)
		REEVE_CHECK(ask_pid(c, ORDINAL, "x"));
	reeve_channel_close(c);
	REEVE_CHECK(reeve_send_to(a->parent, &(struct reeve_message){
						     .ordinal = 3 }) == 0);
}

/* Many clients at a queue that is too short for them: each gets its turn. */
static void many_wait(void *arg)
{
	struct asker a = { router_start(arg, 0), reeve_self() };
	const struct reeve_spawn_options o = { .arg_size = sizeof(a) };
	int i;

	for (i = 0; i < MANY; i++)
		REEVE_CHECK(reeve_spawn(ask_often, &a, &o, NULL) == 0);
	for (i = 0; i < MANY; i++)
		reeve_message_free(expect_ordinal(3));
	router_stop(&a.b);
}

static void test_many(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_POOL,
				     .n_processes = 2,
				     .queue = 1,
				     .serve = serve_pid };

	(void)state;
	play(many_wait, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(many_wait, &route);
	route.rule = REEVE_ROUTE_KEY;
	route.key = key_first;
	play(many_wait, &route);
}

/* ---- draining ---- */

/* What was sent before is answered, also what nobody had read yet; then the
 * channel says why it is closed. */
static void answers_before_it_ends(void *arg)
{
	struct beside b = router_start(arg, LONG_MS);
	struct reeve_channel *c = router_client(&b);
	struct reeve_message *m;
	uint32_t i;

	for (i = 1; i <= 20; i++)
		send_text(c, ORDINAL, i, "x");
	reeve_router_stop(b.router);
	for (i = 0; i < 20; i++) {
		m = expect_receive(c);
		REEVE_CHECK(m->ordinal == ORDINAL);
		reeve_message_free(m);
	}
	expect_closed_with(c, REEVE_ERR_UNAVAILABLE);
	REEVE_CHECK(expect_end(b.runner).reason == REEVE_EXIT_NORMAL);
}

static void test_drain(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_POOL,
				     .n_processes = 2,
				     .serve = serve_pid };

	(void)state;
	play(answers_before_it_ends, &route);
	route.rule = REEVE_ROUTE_KEY;
	route.key = key_first;
	play(answers_before_it_ends, &route);
	route.rule = REEVE_ROUTE_PORT;
	play(answers_before_it_ends, &route);
	route.rule = REEVE_ROUTE_CONNECTION;
	route.talk = talk_pid;
	play(answers_before_it_ends, &route);
}

/* What is not answered is closed at the deadline, and nothing else takes its
 * place. */
static void gives_up_in_the_end(void *arg)
{
	struct beside b = router_start(arg, 20);
	struct reeve_channel *c = router_client(&b), *mine, *late;

	send_text(c, SILENCE, 1, "x");
	REEVE_CHECK(ask_pid(c, ORDINAL, "x"));
	reeve_router_stop(b.router);
	/* Once it drains it takes nothing more. */
	for (;;) {
		int r;

		if (!reeve_is_alive(b.runner))
			break;
		REEVE_CHECK(reeve_channel_pair(&mine, &late) == 0);
		r = reeve_router_take(b.router, ROUTER_PATH, mine);
		if (r == 0)
			reeve_channel_close(late);
		else
			expect_closed_with(late, REEVE_ERR_UNAVAILABLE);
		if (r == -ESHUTDOWN)
			break;
		reeve_yield();
	}
	expect_closed_with(c, REEVE_ERR_UNAVAILABLE);
	REEVE_CHECK(expect_end(b.runner).reason == REEVE_EXIT_NORMAL);
}

static void test_deadline(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_POOL,
				     .n_processes = 2,
				     .serve = serve_pid };

	(void)state;
	play_in_time(gives_up_in_the_end, &route);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
