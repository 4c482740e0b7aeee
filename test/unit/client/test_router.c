/* Routers: which process serves what, and what happens when one fails, when
 * none is free, and at the end. */
#include "processes.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fault.h"
#include "manager.h"
#include "reeve/router.h"
#include "rig.h"

enum {
	ORDINAL = 7,
	CRASH,	 /* the process that serves it fails */
	BLOCK,	 /* ... waits for the gate */
	SILENCE, /* ... does not answer */
	LONG_MS = 20000,
};

static const char path[] = "/svc/x";
static int gate = -1;

/* ---- a router that runs beside the test ---- */

struct beside {
	struct reeve_router *router;
	reeve_pid runner;
};

struct start {
	reeve_pid parent;
	struct reeve_route route;
	int drain_ms;
};

static void router_main(void *arg)
{
	const struct start *s = arg;
	struct reeve_router *router;
	struct reeve_message m = { .ordinal = 1,
				   .bytes = &router,
				   .n_bytes = sizeof(router) };

	REEVE_CHECK(reeve_router_new(NULL, &router) == 0);
	if (s->drain_ms)
		reeve_router_set_drain(router, s->drain_ms);
	REEVE_CHECK(reeve_router_serve(router, path, &s->route) == 0);
	REEVE_CHECK(reeve_send_to(s->parent, &m) == 0);
	REEVE_CHECK(reeve_router_run(router) == 0);
	reeve_router_free(router);
}

static struct beside router_start(const struct reeve_route *route, int drain_ms)
{
	struct start s = { .parent = reeve_self(),
			   .route = *route,
			   .drain_ms = drain_ms };
	const struct reeve_spawn_options o = { .flags = REEVE_SPAWN_MONITOR,
					       .arg_size = sizeof(s) };
	struct reeve_message *m;
	struct beside b;

	REEVE_CHECK(reeve_spawn(router_main, &s, &o, &b.runner) == 0);
	m = expect_ordinal(1);
	memcpy(&b.router, m->bytes, sizeof(b.router));
	reeve_message_free(m);
	return b;
}

static struct reeve_channel *client(const struct beside *b)
{
	struct reeve_channel *mine, *other;

	REEVE_CHECK(reeve_channel_pair(&mine, &other) == 0);
	REEVE_CHECK(reeve_router_take(b->router, path, mine) == 0);
	return other;
}

static void router_stop(const struct beside *b)
{
	reeve_router_stop(b->router);
	REEVE_CHECK(expect_end(b->runner).reason == REEVE_EXIT_NORMAL);
}

static struct reeve_router_info info(const struct beside *b)
{
	struct reeve_router_info i;

	REEVE_CHECK(reeve_router_info(b->router, path, &i) == 0);
	return i;
}

/* ---- a service: answers with the PID that served ---- */

static int serve(void *state, struct reeve_message *m)
{
	const reeve_pid me = reeve_self();

	(void)state;
	if (m->ordinal == CRASH)
		return REEVE_EXIT_OWN;
	if (m->ordinal == BLOCK)
		REEVE_CHECK(reeve_wait_fd(gate, POLLIN, LONG_MS, NULL) == 0);
	if (m->ordinal == SILENCE)
		return 0;
	REEVE_CHECK(reeve_answer(m, &me, sizeof(me)) == 0);
	return 0;
}

/* The same; the first byte of a message is its key. */
static uint64_t key(const struct reeve_message *m, void *userdata)
{
	(void)userdata;
	return m->n_bytes ? *(const uint8_t *)m->bytes : 0;
}

static reeve_pid ask(struct reeve_channel *c, uint64_t ordinal,
		     const char *text)
{
	const struct reeve_message request = { .ordinal = ordinal,
					       .bytes = text,
					       .n_bytes = strlen(text) };
	struct reeve_message *answer;
	reeve_pid who;

	REEVE_CHECK(reeve_call(c, &request, LONG_MS, &answer) == 0);
	memcpy(&who, answer->bytes, sizeof(who));
	reeve_message_free(answer);
	return who;
}

/* It ends soon. */
static void expect_gone(reeve_pid pid)
{
	while (reeve_is_alive(pid))
		REEVE_CHECK(reeve_sleep(1) == 0);
}

static void expect_closed_with(struct reeve_channel *take_c, int32_t status)
{
	struct reeve_message *m;
	int r;

	while ((r = reeve_receive(take_c, LONG_MS, &m)) == 0)
		reeve_message_free(m);
	REEVE_CHECK(r == -EPIPE);
	REEVE_CHECK(reeve_channel_status(take_c) == status);
	reeve_channel_close(take_c);
}

/* ---- the rules ---- */

static void talk(struct reeve_channel *channel, void *userdata)
{
	const reeve_pid me = reeve_self();
	struct reeve_message *m;

	(void)userdata;
	while (reeve_receive(channel, -1, &m) == 0) {
		REEVE_CHECK(m->ordinal != CRASH);
		REEVE_CHECK(reeve_reply(channel, m, &me, sizeof(me)) == 0);
		reeve_message_free(m);
	}
}

/* Each connection has a process, and a crash closes that connection only. */
static void one_per_connection(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = client(&b), *two = client(&b);
	reeve_pid first = ask(one, ORDINAL, ""), second;

	second = ask(two, ORDINAL, "");
	REEVE_CHECK(first != second);
	REEVE_CHECK(ask(one, ORDINAL, "") == first);
	REEVE_CHECK(info(&b).n_connections == 2);
	send_text(one, CRASH, 1, "");
	expect_closed_with(one, REEVE_ERR_INTERNAL);
	expect_gone(first);
	REEVE_CHECK(ask(two, ORDINAL, "") == second);
	while (info(&b).n_connections != 1)
		reeve_yield();
	REEVE_CHECK(info(&b).n_failed == 1);
	/* A client that goes takes its process with it. */
	reeve_channel_close(two);
	while (info(&b).n_connections || reeve_is_alive(second))
		REEVE_CHECK(reeve_sleep(1) == 0);
	router_stop(&b);
}

static void test_connection(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_CONNECTION,
				     .talk = talk };

	(void)state;
	play(one_per_connection, &route);
	route = (struct reeve_route){ .rule = REEVE_ROUTE_PORT,
				      .serve = serve };
	play(one_per_connection, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(one_per_connection, &route);
}

/* All connections share a number of processes; whoever fails is replaced, and
 * only whose request it had loses its connection. */
static void a_pool(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = client(&b), *two = client(&b);
	reeve_pid seen[64], who;
	int i, k, n = 0;

	for (i = 0; i < 40; i++) {
		who = ask(i % 2 ? one : two, ORDINAL, "");
		for (k = 0; k < n && seen[k] != who;)
			k++;
		seen[k] = who;
		n += k == n;
	}
	REEVE_CHECK(n <= 3);
	REEVE_CHECK(info(&b).n_processes == 3);
	for (i = 0; i < 5; i++) {
		send_text(one, CRASH, 1, "");
		expect_closed_with(one, REEVE_ERR_INTERNAL);
		one = client(&b);
	}
	REEVE_CHECK(ask(one, ORDINAL, "") && ask(two, ORDINAL, ""));
	while (info(&b).n_processes != 3)
		reeve_yield();
	REEVE_CHECK(info(&b).n_failed == 5);
	reeve_channel_close(one);
	reeve_channel_close(two);
	router_stop(&b);
}

static void test_pool(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_POOL,
				     .n_processes = 3,
				     .serve = serve };

	(void)state;
	play(a_pool, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(a_pool, &route);
}

/* The same key, the same process, whichever connection it comes from. */
static void by_key(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = client(&b), *two = client(&b);
	reeve_pid apple = ask(one, ORDINAL, "apple"),
		  banana = ask(one, ORDINAL, "banana"), again;

	REEVE_CHECK(apple != banana);
	REEVE_CHECK(ask(two, ORDINAL, "avocado") == apple);
	REEVE_CHECK(ask(two, ORDINAL, "blueberry") == banana);
	/* The connection loses it that asked, the other does not; and there is
	 * a new one for the key. */
	send_text(one, CRASH, 1, "b");
	expect_closed_with(one, REEVE_ERR_INTERNAL);
	again = ask(two, ORDINAL, "banana");
	REEVE_CHECK(again != banana && again != apple);
	REEVE_CHECK(ask(two, ORDINAL, "apple") == apple);
	reeve_channel_close(two);
	router_stop(&b);
	expect_gone(apple);
}

static void test_key(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_KEY,
				     .key = key,
				     .serve = serve };

	(void)state;
	play(by_key, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(by_key, &route);
}

/* What has nothing to do ends, and comes back; nothing is lost meanwhile. */
static void keys_come_and_go(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *c = client(&b);
	int round;

	for (round = 0; round < 20; round++) {
		REEVE_CHECK(ask(c, ORDINAL, round % 2 ? "a" : "b"));
		REEVE_CHECK(reeve_sleep(round % 4) == 0);
	}
	while (info(&b).n_processes)
		REEVE_CHECK(reeve_sleep(1) == 0);
	REEVE_CHECK(ask(c, ORDINAL, "a"));
	REEVE_CHECK(info(&b).n_failed == 0);
	reeve_channel_close(c);
	router_stop(&b);
}

static void test_idle_keys(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_KEY,
				     .key = key,
				     .idle_ms = 1,
				     .serve = serve };

	(void)state;
	play(keys_come_and_go, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(keys_come_and_go, &route);
}

/* No more keys at a time than were allowed: others wait for one to end. */
static void keys_are_bounded(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = client(&b), *two = client(&b);
	char text[2] = "a";

	for (; *text <= 'z'; ++*text) {
		REEVE_CHECK(ask(*text % 2 ? one : two, ORDINAL, text));
		REEVE_CHECK(info(&b).n_processes <= 2);
	}
	reeve_channel_close(one);
	reeve_channel_close(two);
	router_stop(&b);
}

static void test_bounded_keys(void **state)
{
	struct reeve_route route = { .rule = REEVE_ROUTE_KEY,
				     .key = key,
				     .n_processes = 2,
				     .idle_ms = 1,
				     .serve = serve };

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
		(void)serve(NULL, m);
		reeve_message_free(m);
	}
}

/* By a rule of one's own. */
static void by_choice(void *arg)
{
	struct beside b = router_start(arg, 0);
	struct reeve_channel *one = client(&b), *two = client(&b);

	REEVE_CHECK(reeve_spawn(chosen_main, NULL, NULL, &chosen) == 0);
	REEVE_CHECK(ask(one, ORDINAL, "") == chosen);
	/* It says that nobody is for that. */
	send_text(one, SILENCE, 1, "");
	expect_closed_with(one, REEVE_ERR_UNAVAILABLE);
	REEVE_CHECK(ask(two, ORDINAL, "") == chosen);
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
	struct reeve_channel *one = client(&b), *two = client(&b);
	int i;

	REEVE_CHECK(reeve_spawn(chosen_main, NULL, NULL, &chosen) == 0);
	for (i = 0; i < 20; i++)
		REEVE_CHECK(ask(i % 2 ? one : two, ORDINAL, "x") == chosen);
	REEVE_CHECK(info(&b).n_failed == 0);
	reeve_channel_close(one);
	reeve_channel_close(two);
	router_stop(&b);
}

static void test_forward(void **state)
{
	struct reeve_route route = { .serve = pass_on, .key = key };

	(void)state;
	for (route.rule = REEVE_ROUTE_PORT; route.rule <= REEVE_ROUTE_KEY;
	     route.rule++) {
		route.flags = 0;
		play(passes_on, &route);
		route.flags = REEVE_ROUTE_NO_STACK;
		play(passes_on, &route);
	}
}

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
	struct reeve_channel *c = client(&b);
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
				     .key = key,
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
	return serve(NULL, m);
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
	gate = eventfd(0, EFD_CLOEXEC);
	REEVE_CHECK(gate >= 0);
	b = router_start(&route, 0);
	one = client(&b);
	two = client(&b);
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
		REEVE_CHECK(ask(two, ORDINAL, "other") != who);
	REEVE_CHECK(eventfd_write(gate, 1) == 0);
	for (i = 0; i < n + 1; i++)
		reeve_message_free(expect_receive(one));
	REEVE_CHECK(ask(two, ORDINAL, "slow") == who);
	close(gate);
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
	route.key = key;
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
	struct reeve_channel *c = client(&a->b);
	int i;

	for (i = 0; i < PER_CLIENT; i++)
		REEVE_CHECK(ask(c, ORDINAL, "x"));
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
				     .serve = serve };

	(void)state;
	play(many_wait, &route);
	route.flags = REEVE_ROUTE_NO_STACK;
	play(many_wait, &route);
	route.rule = REEVE_ROUTE_KEY;
	route.key = key;
	play(many_wait, &route);
}

/* ---- draining ---- */

/* What was sent before is answered, also what nobody had read yet; then the
 * channel says why it is closed. */
static void answers_before_it_ends(void *arg)
{
	struct beside b = router_start(arg, LONG_MS);
	struct reeve_channel *c = client(&b);
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
				     .serve = serve };

	(void)state;
	play(answers_before_it_ends, &route);
	route.rule = REEVE_ROUTE_KEY;
	route.key = key;
	play(answers_before_it_ends, &route);
	route.rule = REEVE_ROUTE_PORT;
	play(answers_before_it_ends, &route);
	route.rule = REEVE_ROUTE_CONNECTION;
	route.talk = talk;
	play(answers_before_it_ends, &route);
}

/* What is not answered is closed at the deadline, and nothing else takes its
 * place. */
static void gives_up_in_the_end(void *arg)
{
	struct beside b = router_start(arg, 20);
	struct reeve_channel *c = client(&b), *mine, *late;

	send_text(c, SILENCE, 1, "x");
	REEVE_CHECK(ask(c, ORDINAL, "x"));
	reeve_router_stop(b.router);
	/* Once it drains it takes nothing more. */
	for (;;) {
		int r;

		if (!reeve_is_alive(b.runner))
			break;
		REEVE_CHECK(reeve_channel_pair(&mine, &late) == 0);
		r = reeve_router_take(b.router, path, mine);
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
				     .serve = serve };

	(void)state;
	play_in_time(gives_up_in_the_end, &route);
}

/* ---- without memory ---- */

static int run_result;

static void run_main(void *arg)
{
	run_result = reeve_router_run(arg);
}

/* One request by that route: 0, or it is said that there is no memory. */
static int route_once(void *arg)
{
	const struct reeve_message request = { .ordinal = ORDINAL,
					       .bytes = "x",
					       .n_bytes = 1 };
	struct reeve_channel *mine, *other = NULL;
	struct reeve_message *answer = NULL;
	struct reeve_router *router = NULL;
	reeve_pid runner = REEVE_PID_NONE;
	int r;

	r = reeve_router_new(NULL, &router);
	if (r == 0)
		r = reeve_router_serve(router, path, arg);
	if (r == 0)
		r = reeve_spawn(run_main, router, NULL, &runner);
	if (r == 0)
		r = reeve_channel_pair(&mine, &other);
	if (r == 0)
		r = reeve_router_take(router, path, mine);
	if (r == 0)
		r = reeve_call(other, &request, LONG_MS, &answer);
	reeve_message_free(answer);
	reeve_channel_close(other);
	if (runner)
		reeve_router_stop(router);
	while (reeve_is_alive(runner))
		REEVE_CHECK(reeve_sleep(1) == 0);
	reeve_router_free(router);
	return r ? r : run_result;
}

static void route_without_memory(void *arg)
{
	REEVE_CHECK(fault_sweep(route_once, arg) > 5);
}

static void test_no_memory(void **state)
{
	struct reeve_route route = { .serve = serve, .talk = talk, .key = key };
	const struct reeve_runtime_options o = { .seed = 1 };

	(void)state;
	/* What a pool lacks it tries again, and a key without a timer just
	 * lives for longer: nobody notices. */
	for (route.rule = REEVE_ROUTE_CONNECTION;
	     route.rule <= REEVE_ROUTE_PORT; route.rule++)
		assert_int_equal(
			reeve_processes_run(&o, route_without_memory, &route),
			0);
	route.rule = REEVE_ROUTE_PORT;
	route.flags = REEVE_ROUTE_NO_STACK;
	assert_int_equal(reeve_processes_run(&o, route_without_memory, &route),
			 0);
}

/* ---- in a component ---- */

struct component {
	struct manager manager;
	struct reeve *r;
};

static void component_main(void *arg)
{
	const struct reeve_route route = { .rule = REEVE_ROUTE_POOL,
					   .n_processes = 2,
					   .serve = serve };
	struct component *c = arg;
	struct reeve_router *router;

	REEVE_CHECK(reeve_router_new(c->r, &router) == 0);
	REEVE_CHECK(reeve_router_serve(router, path, &route) == 0);
	REEVE_CHECK(reeve_router_serve(router, path, &route) == -EEXIST);
	REEVE_CHECK(reeve_router_serve(router, "/svc/y",
				       &(struct reeve_route){}) == -EINVAL);
	REEVE_CHECK(reeve_router_run(router) == 0);
	reeve_router_free(router);
}

static void *play_client(void *arg)
{
	struct component *c = arg;
	struct reeve_message request = { .ordinal = ORDINAL }, *answer;
	struct reeve_channel *channel;
	int i;

	assert_int_equal(reeve_channel_adopt(manager_open(&c->manager, "svc/x",
							  IO_RIGHT_READABLE),
					     &channel),
			 0);
	for (i = 0; i < 100; i++) {
		assert_int_equal(
			reeve_call(channel, &request, LONG_MS, &answer), 0);
		reeve_message_free(answer);
	}
	manager_stop(&c->manager);
	assert_int_equal(reeve_receive(channel, LONG_MS, &answer), -EPIPE);
	assert_int_equal(reeve_channel_status(channel), REEVE_ERR_UNAVAILABLE);
	reeve_channel_close(channel);
	return NULL;
}

/* Opens come by the component's loop, and a stop drains it. */
static void test_component(void **state)
{
	int n = count_fds();
	struct component c;
	pthread_t thread;

	(void)state;
	manager_init(&c.manager);
	c.r = manager_join(&c.manager);
	manager_start(&c.manager);
	assert_int_equal(pthread_create(&thread, NULL, play_client, &c), 0);
	assert_int_equal(reeve_processes_run(NULL, component_main, &c), 0);
	pthread_join(thread, NULL);
	assert_true(reeve_is_stopping(c.r));
	reeve_leave(c.r);
	manager_fini(&c.manager);
	assert_int_equal(count_fds(), n);
}

/* A service of the namespace is a PID. */
static void open_main(void *arg)
{
	struct component *c = arg;
	const struct reeve_spawn_options o = { .flags = REEVE_SPAWN_MONITOR,
					       .name = "database" };
	const struct reeve_message request = { .ordinal = ORDINAL,
					       .bytes = "x",
					       .n_bytes = 1 };
	struct reeve_message *answer;
	struct reeve_notice notice;
	reeve_pid pid;

	REEVE_CHECK(reeve_open_process(c->r, "/svc/fuchsia.example.Echo",
				       REEVE_PID_NONE, &o, &pid) == 0);
	REEVE_CHECK(reeve_whereis("database") == pid);
	REEVE_CHECK(reeve_call_to(pid, &request, LONG_MS, &answer) == 0);
	REEVE_CHECK(reeve_message_sender(answer) == pid);
	expect_text(answer, "x");
	REEVE_CHECK(reeve_port_close(pid, REEVE_OK) == 0);
	REEVE_CHECK(expect_end(pid).reason == REEVE_EXIT_NORMAL);
	/* One that is refused says so by its end. */
	REEVE_CHECK(reeve_open_process(c->r, "/svc/denied", REEVE_PID_NONE, &o,
				       &pid) == 0);
	notice = expect_end(pid);
	REEVE_CHECK(notice.reason == REEVE_EXIT_PEER_CLOSED);
	REEVE_CHECK((int32_t)notice.reserved == REEVE_ERR_ACCESS_DENIED);
	REEVE_CHECK(reeve_open_process(c->r, "/nowhere", REEVE_PID_NONE, &o,
				       &pid) == -ENOENT);
}

static void test_open_process(void **state)
{
	int n = count_fds();
	struct component c;

	(void)state;
	manager_init(&c.manager);
	c.r = manager_join(&c.manager);
	manager_start(&c.manager);
	assert_int_equal(reeve_processes_run(NULL, open_main, &c), 0);
	reeve_leave(c.r);
	manager_fini(&c.manager);
	assert_int_equal(count_fds(), n);
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
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_component),
		cmocka_unit_test(test_open_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
