/* Routers in a component, and without memory. */
#include "router_rig.h"

#include <errno.h>

#include "fault.h"
#include "manager.h"
#include "rig.h"

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
		r = reeve_router_serve(router, ROUTER_PATH, arg);
	if (r == 0)
		r = reeve_spawn(run_main, router, NULL, &runner);
	if (r == 0)
		r = reeve_channel_pair(&mine, &other);
	if (r == 0)
		r = reeve_router_take(router, ROUTER_PATH, mine);
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
	struct reeve_route route = { .serve = serve_pid,
				     .talk = talk_pid,
				     .key = key_first };
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
					   .serve = serve_pid };
	struct component *c = arg;
	struct reeve_router *router;

	REEVE_CHECK(reeve_router_new(c->r, &router) == 0);
	REEVE_CHECK(reeve_router_serve(router, ROUTER_PATH, &route) == 0);
	REEVE_CHECK(reeve_router_serve(router, ROUTER_PATH, &route) == -EEXIST);
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
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_component),
		cmocka_unit_test(test_open_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
