/* Supervisors: how they start, the three strategies, the three types. */
#include "supervisor_rig.h"

#include <string.h>

/* Three children a, b, c; more children than that are not there. */
static struct reeve_supervisor_spec tree_of(enum reeve_strategy strategy,
					    struct reeve_child_spec *abc)
{
	abc[0] = spec_of(child, "a");
	abc[1] = spec_of(child, "b");
	abc[2] = spec_of(child, "c");
	return (struct reeve_supervisor_spec){
		.strategy = strategy,
		.max_restarts = 100,
		.children = abc,
		.n_children = 3,
	};
}

static reeve_pid start(const struct reeve_supervisor_spec *spec)
{
	reeve_pid pid = REEVE_PID_NONE;

	REEVE_CHECK(reeve_supervisor_start(spec, &pid) == 0);
	REEVE_CHECK(reeve_is_alive(pid));
	return pid;
}

static void stop(reeve_pid pid)
{
	REEVE_CHECK(reeve_supervisor_stop(pid, -1) == 0);
	REEVE_CHECK(!reeve_is_alive(pid));
}

static size_t n_children(reeve_pid supervisor)
{
	struct reeve_supervisor_count count;

	REEVE_CHECK(reeve_supervisor_count_children(supervisor, &count) == 0);
	return count.n_children;
}

/* ---- starting and ending ---- */

static void story_order(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_ONE_FOR_ONE, abc);
	reeve_pid s;

	(void)arg;
	s = start(&spec);
	expect("+a +b +c");
	stop(s);
	expect("-c -b -a");
	REEVE_CHECK(reeve_supervisor_stop(s, -1) == 0);
}

static void starts_in_order_and_ends_in_reverse(void **state)
{
	(void)state;
	play(story_order);
}

static void story_empty(void *arg)
{
	const struct reeve_supervisor_spec spec = { .name = "nobody" };
	reeve_pid s = start(&spec);

	(void)arg;
	REEVE_CHECK(reeve_whereis("nobody") == s);
	REEVE_CHECK(n_children(s) == 0);
	stop(s);
	REEVE_CHECK(reeve_whereis("nobody") == REEVE_PID_NONE);
}

static void may_have_no_children(void **state)
{
	(void)state;
	play(story_empty);
}

static void deed_later(void *arg)
{
	enum deed deed = *(const enum deed *)arg;

	while (reeve_whereis("slow") == REEVE_PID_NONE)
		reeve_sleep(1);
	do_to("slow", deed);
}

static void do_later(enum deed deed)
{
	const struct reeve_spawn_options options = { .arg_size = sizeof(deed) };

	REEVE_CHECK(reeve_spawn(deed_later, &deed, &options, NULL) == 0);
}

static void story_start_fails(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_ONE_FOR_ONE, abc);
	reeve_pid s = REEVE_PID_NONE;

	(void)arg;
	abc[2] = spec_of(slow_child, "slow");
	do_later(REFUSE);
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == -EIO);
	expect("+a +b ?slow -b -a");
	do_later(CRASH);
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == -ESRCH);
	expect("+a +b ?slow -b -a");
	abc[2].start_ms = 5;
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == -ETIMEDOUT);
	expect("+a +b ?slow -b -a");
	REEVE_CHECK(s == REEVE_PID_NONE);
	/* And when it goes well. */
	abc[2].start_ms = -1;
	do_later(GO_ON);
	s = start(&spec);
	expect("+a +b ?slow +slow");
	stop(s);
	expect("-slow -b -a");
}

static void takes_all_back_when_a_child_does_not_start(void **state)
{
	(void)state;
	play(story_start_fails);
}

static void story_name_is_taken(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_ONE_FOR_ONE, abc);
	reeve_pid s;

	(void)arg;
	REEVE_CHECK(reeve_register_name("b", reeve_self()) == 0);
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == -EEXIST);
	expect("+a -a");
	REEVE_CHECK(reeve_unregister_name("b") == 0);
	abc[2].id = "a";
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == -EEXIST);
	expect("+a +b -b -a");
}

static void refuses_names_and_ids_that_are_taken(void **state)
{
	(void)state;
	play(story_name_is_taken);
}

static void ends_with_its_parent_main(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_ONE_FOR_ONE, abc);
	reeve_pid *ret = arg;

	*ret = start(&spec);
	reeve_next(-1, &(struct reeve_message *){ NULL });
}

static void story_parent_ends(void *arg)
{
	reeve_pid s, parent;

	(void)arg;
	REEVE_CHECK(reeve_spawn(ends_with_its_parent_main, &s, NULL, &parent) ==
		    0);
	expect("+a +b +c");
	/* It has answered, so its parent knows its PID. */
	REEVE_CHECK(reeve_kill(parent, REEVE_EXIT_OWN) == 0);
	expect("-c -b -a");
}

static void ends_in_order_with_its_parent(void **state)
{
	(void)state;
	play(story_parent_ends);
}

static void story_killed(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_ONE_FOR_ONE, abc);
	reeve_pid s, children[3];
	int i, r;

	(void)arg;
	reeve_trap_exit(true);
	s = start(&spec);
	for (i = 0; i < 3; i++)
		children[i] = reeve_whereis(abc[i].name);
	REEVE_CHECK(reeve_kill(s, REEVE_EXIT_KILLED) == 0);
	r = end_of(s);
	REEVE_CHECK(r == REEVE_EXIT_KILLED || r == REEVE_EXIT_NO_PROCESS);
	for (i = 0; i < 3; i++)
		end_of(children[i]);
}

static void takes_its_children_along_when_it_is_killed(void **state)
{
	(void)state;
	play(story_killed);
}

/* ---- strategies ---- */

static void story_one_for_one(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_ONE_FOR_ONE, abc);
	reeve_pid s = start(&spec);

	(void)arg;
	expect("+a +b +c");
	do_to("b", CRASH);
	expect("-b +b");
	do_to("a", RETURN);
	expect("-a +a");
	/* Its place among the others stays. */
	stop(s);
	expect("-c -b -a");
}

static void one_for_one(void **state)
{
	(void)state;
	play(story_one_for_one);
}

static void story_all_for_one(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_ALL_FOR_ONE, abc);
	reeve_pid s = start(&spec);

	(void)arg;
	expect("+a +b +c");
	do_to("b", CRASH);
	expect("-b -c -a +a +b +c");
	do_to("a", CRASH);
	expect("-a -c -b +a +b +c");
	stop(s);
	expect("-c -b -a");
}

static void all_for_one(void **state)
{
	(void)state;
	play(story_all_for_one);
}

static void story_rest_for_one(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_REST_FOR_ONE, abc);
	reeve_pid s = start(&spec);

	(void)arg;
	expect("+a +b +c");
	do_to("b", CRASH);
	expect("-b -c +b +c");
	do_to("c", CRASH);
	expect("-c +c");
	do_to("a", CRASH);
	expect("-a -c -b +a +b +c");
	stop(s);
	expect("-c -b -a");
}

static void rest_for_one(void **state)
{
	(void)state;
	play(story_rest_for_one);
}

static void story_temporary_among_all(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_ALL_FOR_ONE, abc);
	reeve_pid s;

	(void)arg;
	abc[0].restart = REEVE_RESTART_TEMPORARY;
	abc[2].restart = REEVE_RESTART_TRANSIENT;
	s = start(&spec);
	expect("+a +b +c");
	/* Its end is nobody's matter, and neither is a transient's good one. */
	do_to("c", RETURN);
	expect("-c");
	REEVE_CHECK(n_children(s) == 3);
	/* All that are known are started, those that had ended well too; the
	 * temporary one is known no longer. */
	do_to("b", CRASH);
	expect("-b -a +b +c");
	REEVE_CHECK(n_children(s) == 2);
	stop(s);
	expect("-c -b");
}

static void a_temporary_child_is_not_started_for_others(void **state)
{
	(void)state;
	play(story_temporary_among_all);
}

/* ---- types of restart ---- */

static void story_types(void *arg)
{
	struct reeve_child_spec abc[3];
	struct reeve_supervisor_spec spec = tree_of(REEVE_ONE_FOR_ONE, abc);
	reeve_pid s;

	(void)arg;
	abc[1].restart = REEVE_RESTART_TRANSIENT;
	abc[2].restart = REEVE_RESTART_TEMPORARY;
	s = start(&spec);
	expect("+a +b +c");
	do_to("a", RETURN);
	expect("-a +a");
	do_to("b", CRASH);
	expect("-b +b");
	expect_silence();
	REEVE_CHECK(reeve_kill(reeve_whereis("b"), REEVE_EXIT_SHUTDOWN) == 0);
	expect("-b");
	do_to("c", CRASH);
	expect("-c");
	expect_silence();
	REEVE_CHECK(n_children(s) == 2);
	REEVE_CHECK(reeve_supervisor_restart_child(s, "b", NULL) == 0);
	expect("+b");
	do_to("b", RETURN);
	expect("-b");
	stop(s);
	expect("-a");
}

static void restarts_by_type_and_reason(void **state)
{
	(void)state;
	play_seeded(story_types);
}

/* ---- arguments ---- */

static void says_what_it_got(void *arg)
{
	char *text = arg;

	say("%s", text);
	/* The next one gets a copy of its own. */
	text[0] = 'x';
	reeve_started(0);
	reeve_next(-1, &(struct reeve_message *){ NULL });
}

static void story_copies(void *arg)
{
	char text[] = "hello", id[] = "one", name[] = "name";
	struct reeve_child_spec one = {
		.id = id,
		.fn = says_what_it_got,
		.arg = text,
		.arg_size = sizeof(text),
		.name = name,
		.start_ms = -1,
	};
	struct reeve_supervisor_spec spec = {
		.max_restarts = 5,
		.children = &one,
		.n_children = 1,
	};
	struct reeve_child_info info;
	reeve_pid s = start(&spec);
	size_t n;

	(void)arg;
	memset(text, '?', sizeof(text));
	memset(id, '?', sizeof(id));
	memset(name, '?', sizeof(name));
	memset(&one, 0xff, sizeof(one));
	memset(&spec, 0xff, sizeof(spec));
	expect("hello");
	kill_named("name");
	expect("hello");
	REEVE_CHECK(reeve_supervisor_list_children(s, 0, 1, &info, &n) == 0);
	REEVE_CHECK(n == 1 && !strcmp(info.id, "one") &&
		    info.pid == reeve_whereis("name"));
	stop(s);
}

static void copies_what_it_is_given(void **state)
{
	(void)state;
	play(story_copies);
}

static int count_handler(void *state, struct reeve_message *m)
{
	int *count = state;

	say("%d", ++*count);
	return m->n_bytes ? REEVE_EXIT_OWN : 0;
}

static void story_handler(void *arg)
{
	const int count = 10;
	const struct reeve_child_spec one = {
		.handler = count_handler,
		.arg = &count,
		.arg_size = sizeof(count),
		.name = "counter",
	};
	const struct reeve_supervisor_spec spec = {
		.children = &one,
		.n_children = 1,
	};
	const struct reeve_message quiet = { .ordinal = 1 };
	const struct reeve_message loud = { .ordinal = 1,
					    .bytes = "",
					    .n_bytes = 1 };
	reeve_pid s = start(&spec), before = reeve_whereis("counter");

	(void)arg;
	reeve_send_to(before, &quiet);
	reeve_send_to(before, &loud);
	expect("11 12");
	end_of(before);
	while (reeve_whereis("counter") == REEVE_PID_NONE)
		reeve_sleep(1);
	reeve_send_to(reeve_whereis("counter"), &quiet);
	expect("11");
	stop(s);
	REEVE_CHECK(reeve_whereis("counter") == REEVE_PID_NONE);
}

static void supervises_handlers(void **state)
{
	(void)state;
	play(story_handler);
}

static int start_one(const struct reeve_child_spec *one)
{
	const struct reeve_supervisor_spec spec = {
		.children = one,
		.n_children = 1,
	};
	reeve_pid s;

	return reeve_supervisor_start(&spec, &s);
}

static void story_nonsense(void *arg)
{
	static char large[65521];
	struct reeve_supervisor_spec spec = { .strategy = 3 };
	struct reeve_child_spec one = { .id = "one" };
	reeve_pid s;

	(void)arg;
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == -EINVAL);
	spec = (struct reeve_supervisor_spec){ .n_children = 1 };
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == -EINVAL);
	spec = (struct reeve_supervisor_spec){ .max_restarts =
						       REEVE_RESTARTS_MAX + 1 };
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == -EINVAL);
	/* Nothing to run, and two things. */
	REEVE_CHECK(start_one(&one) == -EINVAL);
	one.fn = child;
	one.handler = count_handler;
	REEVE_CHECK(start_one(&one) == -EINVAL);
	one.handler = NULL;
	one.id = "";
	REEVE_CHECK(start_one(&one) == -EINVAL);
	one.id = "one\n";
	REEVE_CHECK(start_one(&one) == -EINVAL);
	one.id = "one";
	one.restart = 3;
	REEVE_CHECK(start_one(&one) == -EINVAL);
	one.restart = 0;
	one.shutdown_ms = -3;
	REEVE_CHECK(start_one(&one) == -EINVAL);
	one.shutdown_ms = 0;
	one.arg_size = 1;
	REEVE_CHECK(start_one(&one) == -EINVAL);
	one.arg = large;
	one.arg_size = sizeof(large);
	REEVE_CHECK(start_one(&one) == -EMSGSIZE);
	/* One that has itself as its child. */
	one = (struct reeve_child_spec){ .supervisor = &spec };
	spec = (struct reeve_supervisor_spec){ .children = &one,
					       .n_children = 1 };
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == -EINVAL);
}

static void refuses_nonsense(void **state)
{
	(void)state;
	play(story_nonsense);
}

static void is_for_processes_only(void **state)
{
	const struct reeve_supervisor_spec spec = {};
	reeve_pid s;

	(void)state;
	assert_int_equal(reeve_supervisor_start(&spec, &s), -EPERM);
	assert_int_equal(reeve_started(0), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_in_order_and_ends_in_reverse),
		cmocka_unit_test(may_have_no_children),
		cmocka_unit_test(takes_all_back_when_a_child_does_not_start),
		cmocka_unit_test(refuses_names_and_ids_that_are_taken),
		cmocka_unit_test(ends_in_order_with_its_parent),
		cmocka_unit_test(takes_its_children_along_when_it_is_killed),
		cmocka_unit_test(one_for_one),
		cmocka_unit_test(all_for_one),
		cmocka_unit_test(rest_for_one),
		cmocka_unit_test(a_temporary_child_is_not_started_for_others),
		cmocka_unit_test(restarts_by_type_and_reason),
		cmocka_unit_test(copies_what_it_is_given),
		cmocka_unit_test(supervises_handlers),
		cmocka_unit_test(refuses_nonsense),
		cmocka_unit_test(is_for_processes_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
