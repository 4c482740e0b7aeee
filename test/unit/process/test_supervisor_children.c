/* Supervisors: children that come and go while it runs. */
#include "supervisor_rig.h"

#include <stdio.h>
#include <string.h>

static reeve_pid start_empty(void)
{
	const struct reeve_supervisor_spec spec = { .max_restarts = 100 };
	reeve_pid pid = REEVE_PID_NONE;

	REEVE_CHECK(reeve_supervisor_start(&spec, &pid) == 0);
	return pid;
}

static int add(reeve_pid s, reeve_process_fn fn, const char *name,
	       enum reeve_restart_type type)
{
	struct reeve_child_spec spec = spec_of(fn, name);
	reeve_pid pid = REEVE_PID_NONE;
	int r;

	spec.restart = type;
	r = reeve_supervisor_start_child(s, &spec, &pid);
	REEVE_CHECK(!r == (pid != REEVE_PID_NONE));
	REEVE_CHECK(r || pid == reeve_whereis(name));
	return r;
}

static struct reeve_supervisor_count count_of(reeve_pid s)
{
	struct reeve_supervisor_count count;

	REEVE_CHECK(reeve_supervisor_count_children(s, &count) == 0);
	return count;
}

static void story_come_and_go(void *arg)
{
	reeve_pid s = start_empty(), pid;

	(void)arg;
	REEVE_CHECK(add(s, child, "a", REEVE_RESTART_PERMANENT) == 0);
	REEVE_CHECK(add(s, child, "b", REEVE_RESTART_TEMPORARY) == 0);
	expect("+a +b");
	/* Its name, its id. */
	REEVE_CHECK(add(s, child, "a", REEVE_RESTART_PERMANENT) == -EEXIST);
	REEVE_CHECK(reeve_supervisor_restart_child(s, "a", &pid) == -EBUSY);
	REEVE_CHECK(reeve_supervisor_delete_child(s, "a") == -EBUSY);
	REEVE_CHECK(count_of(s).n_running == 2);
	REEVE_CHECK(reeve_supervisor_stop_child(s, "a") == 0);
	expect("-a");
	REEVE_CHECK(count_of(s).n_running == 1);
	REEVE_CHECK(count_of(s).n_children == 2);
	/* Its id is taken though it does not run. */
	REEVE_CHECK(add(s, child, "a", REEVE_RESTART_PERMANENT) == -EEXIST);
	REEVE_CHECK(reeve_supervisor_stop_child(s, "a") == 0);
	REEVE_CHECK(reeve_supervisor_restart_child(s, "a", &pid) == 0);
	expect("+a");
	REEVE_CHECK(pid == reeve_whereis("a"));
	REEVE_CHECK(reeve_supervisor_stop_child(s, "a") == 0);
	REEVE_CHECK(reeve_supervisor_delete_child(s, "a") == 0);
	REEVE_CHECK(reeve_supervisor_delete_child(s, "a") == -ENOENT);
	REEVE_CHECK(reeve_supervisor_restart_child(s, "a", &pid) == -ENOENT);
	REEVE_CHECK(reeve_supervisor_stop_child(s, "a") == -ENOENT);
	REEVE_CHECK(reeve_supervisor_stop_child(s, NULL) == -ENOENT);
	expect("-a");
	/* A temporary one is forgotten with its stop. */
	pid = reeve_whereis("b");
	REEVE_CHECK(reeve_supervisor_stop_pid(s, reeve_self()) == -ENOENT);
	REEVE_CHECK(reeve_supervisor_stop_pid(s, REEVE_PID_NONE) == -ENOENT);
	REEVE_CHECK(reeve_supervisor_stop_pid(s, pid) == 0);
	expect("-b");
	REEVE_CHECK(reeve_supervisor_stop_pid(s, pid) == -ENOENT);
	REEVE_CHECK(count_of(s).n_children == 0);
	REEVE_CHECK(reeve_supervisor_stop(s, -1) == 0);
	REEVE_CHECK(add(s, child, "a", REEVE_RESTART_PERMANENT) == -ESRCH);
	REEVE_CHECK(reeve_supervisor_stop_child(s, "a") == -ESRCH);
}

static void children_come_and_go(void **state)
{
	(void)state;
	play(story_come_and_go);
}

static void tells_it_to_refuse(void *arg)
{
	const enum deed *deed = arg;

	while (reeve_whereis("slow") == REEVE_PID_NONE)
		reeve_sleep(1);
	do_to("slow", *deed);
}

static void story_does_not_start(void *arg)
{
	static const enum deed refuse = REFUSE, go_on = GO_ON;
	reeve_pid s = start_empty();

	(void)arg;
	REEVE_CHECK(reeve_spawn(tells_it_to_refuse, (void *)&refuse, NULL,
				NULL) == 0);
	REEVE_CHECK(add(s, slow_child, "slow", REEVE_RESTART_PERMANENT) ==
		    -EIO);
	REEVE_CHECK(count_of(s).n_children == 0);
	REEVE_CHECK(reeve_spawn(tells_it_to_refuse, (void *)&go_on, NULL,
				NULL) == 0);
	REEVE_CHECK(add(s, slow_child, "slow", REEVE_RESTART_PERMANENT) == 0);
	expect("?slow ?slow +slow");
	REEVE_CHECK(reeve_supervisor_stop(s, -1) == 0);
	expect("-slow");
}

static void forgets_what_does_not_start(void **state)
{
	(void)state;
	play(story_does_not_start);
}

static void idle(void *arg)
{
	(void)arg;
	reeve_next(-1, &(struct reeve_message *){ NULL });
}

enum { N_MANY = 100 };

static void check_list(reeve_pid s, uint64_t after, size_t n, size_t n_expected)
{
	struct reeve_child_info rows[N_MANY + 1];
	char id[64];
	size_t n_rows, i;

	REEVE_CHECK(reeve_supervisor_list_children(s, after, n, rows,
						   &n_rows) == 0);
	REEVE_CHECK(n_rows == n_expected);
	for (i = 0; i < n_rows; i++) {
		snprintf(id, sizeof(id), "#%zu", (size_t)after + i + 1);
		REEVE_CHECK(!strcmp(rows[i].id, id));
		REEVE_CHECK(rows[i].serial == after + i + 1);
		REEVE_CHECK(reeve_is_alive(rows[i].pid));
		REEVE_CHECK(!rows[i].is_supervisor && !rows[i].is_restarting);
	}
}

static void story_list(void *arg)
{
	const struct reeve_child_spec one = { .fn = idle };
	struct reeve_child_info row;
	reeve_pid s = start_empty();
	size_t n;
	int i;

	(void)arg;
	check_list(s, 0, N_MANY, 0);
	for (i = 0; i < N_MANY; i++)
		REEVE_CHECK(reeve_supervisor_start_child(s, &one, NULL) == 0);
	check_list(s, 0, N_MANY + 1, N_MANY);
	check_list(s, 0, 7, 7);
	check_list(s, 90, N_MANY, 10);
	check_list(s, 40, 33, 33);
	check_list(s, 3, 5, 5);
	check_list(s, N_MANY, 1, 0);
	check_list(s, 0, 0, 0);
	REEVE_CHECK(reeve_supervisor_stop_child(s, "#50") == 0);
	REEVE_CHECK(reeve_supervisor_list_children(s, 49, 1, &row, &n) == 0);
	REEVE_CHECK(n == 1 && row.serial == 50 && !row.pid);
	REEVE_CHECK(reeve_supervisor_delete_child(s, "#50") == 0);
	REEVE_CHECK(reeve_supervisor_list_children(s, 49, 1, &row, &n) == 0);
	REEVE_CHECK(n == 1 && row.serial == 51);
	REEVE_CHECK(reeve_supervisor_stop(s, -1) == 0);
}

static void lists_its_children(void **state)
{
	(void)state;
	play(story_list);
}

static void story_slow_nested(void *arg)
{
	struct reeve_child_spec slow = spec_of(slow_child, "slow");
	const struct reeve_supervisor_spec nested = { .children = &slow,
						      .n_children = 1 };
	const struct reeve_child_spec one = { .supervisor = &nested };
	reeve_pid s = start_empty();
	int r;

	(void)arg;
	/* It never gets ready; its time does not depend on it. */
	slow.start_ms = 20;
	r = reeve_supervisor_start_child(s, &one, NULL);
	REEVE_CHECK(r == -ETIMEDOUT);
	expect("?slow");
	REEVE_CHECK(reeve_is_alive(s));
	REEVE_CHECK(count_of(s).n_children == 0);
	REEVE_CHECK(reeve_supervisor_stop(s, -1) == 0);
}

static void a_nested_start_takes_no_longer_than_its_children(void **state)
{
	(void)state;
	play(story_slow_nested);
}

static void asks_its_supervisor(void *arg)
{
	reeve_pid *s = arg;

	say("%d", reeve_supervisor_stop(*s, -1));
}

static void story_own_stop(void *arg)
{
	static reeve_pid s;
	const struct reeve_child_spec one = { .fn = asks_its_supervisor,
					      .arg = &s };

	(void)arg;
	reeve_trap_exit(true);
	s = start_empty();
	REEVE_CHECK(reeve_supervisor_start_child(s, &one, NULL) == 0);
	/* It is ended with the others, and says nothing. */
	end_of(s);
	REEVE_CHECK(reeve_next_match(&(struct reeve_match){ .ordinal = 1000 },
				     0, &(struct reeve_message *){ NULL }) < 0);
}

static void a_child_may_end_all(void **state)
{
	(void)state;
	play(story_own_stop);
}

static void asks_for_many(void *arg)
{
	reeve_pid *s = arg;
	const struct reeve_child_spec one = { .fn = idle };
	reeve_pid pid;
	int i;

	for (i = 0; i < 50; i++) {
		REEVE_CHECK(reeve_supervisor_start_child(*s, &one, &pid) == 0);
		if (i % 2)
			REEVE_CHECK(reeve_supervisor_stop_pid(*s, pid) == 0);
		else
			REEVE_CHECK(reeve_kill(pid, REEVE_EXIT_OWN) == 0);
	}
	say("done");
}

static void story_many_ask(void *arg)
{
	reeve_pid s = start_empty();
	const struct reeve_spawn_options options = { .arg_size = sizeof(s) };
	struct reeve_supervisor_spec spec = { .max_restarts = 10000 };
	int i;

	(void)arg;
	REEVE_CHECK(reeve_supervisor_stop(s, -1) == 0);
	REEVE_CHECK(reeve_supervisor_start(&spec, &s) == 0);
	for (i = 0; i < 4; i++)
		REEVE_CHECK(reeve_spawn(asks_for_many, &s, &options, NULL) ==
			    0);
	expect("done*4");
	/* Those that were stopped are known, and do not run; the others were
	 * started again, or are about to be. */
	REEVE_CHECK(count_of(s).n_children == 200);
	while (count_of(s).n_running < 100)
		reeve_sleep(1);
	REEVE_CHECK(count_of(s).n_running == 100);
	REEVE_CHECK(reeve_supervisor_stop(s, -1) == 0);
}

static void is_asked_by_many(void **state)
{
	(void)state;
	play(story_many_ask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_come_and_go),
		cmocka_unit_test(forgets_what_does_not_start),
		cmocka_unit_test(lists_its_children),
		cmocka_unit_test(
			a_nested_start_takes_no_longer_than_its_children),
		cmocka_unit_test(a_child_may_end_all),
		cmocka_unit_test(is_asked_by_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
