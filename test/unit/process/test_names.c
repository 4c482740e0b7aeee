/* Names of processes. */
#include "process_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "process/names.h"
#include "reeve/process.h"

static void run(reeve_process_fn fn, unsigned n_workers)
{
	const struct reeve_runtime_options options = { .n_workers = n_workers };

	assert_int_equal(reeve_processes_run(&options, fn, NULL),
			 REEVE_EXIT_NORMAL);
}

static void wait_for_message(void *arg)
{
	(void)arg;
	reeve_next(-1, &(struct reeve_message *){ NULL });
}

static reeve_pid spawn(void)
{
	reeve_pid pid;

	REEVE_CHECK(reeve_spawn(wait_for_message, NULL, NULL, &pid) == 0);
	return pid;
}

/* End it and wait for that. */
static void end(reeve_pid pid)
{
	const struct reeve_match down = { .ordinal = REEVE_NOTICE_DOWN };
	struct reeve_message *m;

	REEVE_CHECK(reeve_monitor(pid, &(uint64_t){ 0 }) == 0);
	reeve_kill(pid, REEVE_EXIT_KILLED);
	REEVE_CHECK(reeve_next_match(&down, -1, &m) == 0);
	reeve_message_free(m);
}

static void story_life(void *arg)
{
	reeve_pid a = spawn(), b = spawn();

	(void)arg;
	REEVE_CHECK(reeve_whereis("a") == REEVE_PID_NONE);
	REEVE_CHECK(reeve_unregister_name("a") == -ENOENT);
	REEVE_CHECK(reeve_register_name("a", a) == 0);
	REEVE_CHECK(reeve_whereis("a") == a);
	/* The name is taken, the process has one. */
	REEVE_CHECK(reeve_register_name("a", b) == -EEXIST);
	REEVE_CHECK(reeve_register_name("also a", a) == -EEXIST);
	REEVE_CHECK(reeve_register_name("a", a) == -EEXIST);
	REEVE_CHECK(reeve_unregister_name("a") == 0);
	REEVE_CHECK(reeve_whereis("a") == REEVE_PID_NONE);
	REEVE_CHECK(reeve_register_name("a", b) == 0);
	REEVE_CHECK(reeve_register_name("self", reeve_self()) == 0);
	REEVE_CHECK(reeve_whereis("self") == reeve_self());
	/* A name goes with its process, and can be taken then. */
	end(b);
	REEVE_CHECK(reeve_whereis("a") == REEVE_PID_NONE);
	REEVE_CHECK(reeve_register_name("a", b) == -ESRCH);
	REEVE_CHECK(reeve_register_name("a", REEVE_PID_NONE) == -ESRCH);
	REEVE_CHECK(reeve_register_name("a", UINT64_MAX) == -ESRCH);
	REEVE_CHECK(reeve_register_name("a", a) == 0);
	REEVE_CHECK(reeve_whereis("a") == a);
}

static void a_name_goes_with_its_process(void **state)
{
	(void)state;
	run(story_life, 1);
	/* Nothing is left for the next one. */
	run(story_life, 2);
}

static void story_spawn(void *arg)
{
	struct reeve_spawn_options options = { .name = "a" };
	struct reeve_process_info info;
	reeve_pid a, b = REEVE_PID_NONE;

	(void)arg;
	REEVE_CHECK(reeve_spawn(wait_for_message, NULL, &options, &a) == 0);
	REEVE_CHECK(reeve_whereis("a") == a);
	REEVE_CHECK(reeve_process_info(a, &info) == 0);
	REEVE_CHECK(!strcmp(info.name, "a"));
	REEVE_CHECK(reeve_spawn(wait_for_message, NULL, &options, &b) ==
		    -EEXIST);
	options.name = "";
	REEVE_CHECK(reeve_spawn(wait_for_message, NULL, &options, &b) ==
		    -EINVAL);
	REEVE_CHECK(b == REEVE_PID_NONE);
	end(a);
	options.name = "a";
	REEVE_CHECK(reeve_spawn(wait_for_message, NULL, &options, &b) == 0);
	REEVE_CHECK(reeve_whereis("a") == b && a != b);
	REEVE_CHECK(reeve_unregister_name("a") == 0);
	REEVE_CHECK(reeve_process_info(b, &info) == 0);
	REEVE_CHECK(!strcmp(info.name, ""));
}

static void a_process_is_born_with_its_name(void **state)
{
	(void)state;
	run(story_spawn, 1);
}

static void story_rules(void *arg)
{
	char name[66] = "";
	size_t n;
	int c;

	(void)arg;
	for (n = 0; n < sizeof(name) - 1; n++) {
		memset(name, 'n', n);
		name[n] = 0;
		REEVE_CHECK(reeve_register_name(name, reeve_self()) ==
			    (n >= 1 && n <= 63 ? 0 : -EINVAL));
		REEVE_CHECK(reeve_unregister_name(name) ==
			    (n >= 1 && n <= 63 ? 0 : -EINVAL));
		REEVE_CHECK(reeve_whereis(name) == REEVE_PID_NONE);
	}
	for (c = 1; c < 256; c++) {
		snprintf(name, sizeof(name), "a%cb", c);
		REEVE_CHECK(reeve_register_name(name, reeve_self()) ==
			    (c < ' ' || c == 0x7f ? -EINVAL : 0));
		reeve_unregister_name(name);
	}
	REEVE_CHECK(reeve_register_name(NULL, reeve_self()) == -EINVAL);
	REEVE_CHECK(reeve_whereis(NULL) == REEVE_PID_NONE);
}

static void names_have_a_form(void **state)
{
	(void)state;
	run(story_rules, 1);
	assert_int_equal(reeve_register_name("a", 1), -EPERM);
	assert_int_equal(reeve_unregister_name("a"), -EPERM);
}

enum { N_MANY = 5000 };

static void story_many(void *arg)
{
	static reeve_pid pids[N_MANY];
	char name[16];
	int i;

	(void)arg;
	for (i = 0; i < N_MANY; i++) {
		pids[i] = spawn();
		snprintf(name, sizeof(name), "name %d", i);
		REEVE_CHECK(reeve_register_name(name, pids[i]) == 0);
	}
	for (i = 0; i < N_MANY; i++) {
		snprintf(name, sizeof(name), "name %d", i);
		REEVE_CHECK(reeve_whereis(name) == pids[i]);
	}
	for (i = 0; i < N_MANY; i += 2)
		end(pids[i]);
	for (i = 0; i < N_MANY; i++) {
		snprintf(name, sizeof(name), "name %d", i);
		REEVE_CHECK(reeve_whereis(name) ==
			    (i % 2 ? pids[i] : REEVE_PID_NONE));
	}
}

static void there_can_be_many(void **state)
{
	(void)state;
	run(story_many, 2);
}

static void end_at_once(void *arg)
{
	(void)arg;
}

/* Names processes that are about to end; none of these names may stay. */
static void story_race(void *arg)
{
	char name[16];
	reeve_pid pid;
	int i, n_named = 0;

	(void)arg;
	for (i = 0; i < 20000; i++) {
		REEVE_CHECK(reeve_spawn(end_at_once, NULL, NULL, &pid) == 0);
		if (i % 64 == 0)
			reeve_yield();
		snprintf(name, sizeof(name), "name %d", i % 100);
		n_named += reeve_register_name(name, pid) == 0;
	}
	while (reeve_is_alive(pid))
		reeve_yield();
	/* The last one may still be on its way out on another worker. */
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "name %d", i);
		while (reeve_whereis(name) != REEVE_PID_NONE)
			reeve_yield();
	}
	REEVE_CHECK(n_named > 0);
}

static void no_name_outlives_its_process(void **state)
{
	(void)state;
	run(story_race, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_goes_with_its_process),
		cmocka_unit_test(a_process_is_born_with_its_name),
		cmocka_unit_test(names_have_a_form),
		cmocka_unit_test(there_can_be_many),
		cmocka_unit_test(no_name_outlives_its_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
