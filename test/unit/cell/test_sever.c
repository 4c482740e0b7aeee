/*
 * Channels are found wherever they hide, in each way of freezing, and
 * afterwards everybody runs again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "hide.h"
#include "rig.h"
#include "sever_rig.h"
#include "sys/cgroup.h"

/* What is to be expected of a place, once its cell stands still. */
enum verdict {
	V_FOUND,
	V_ENDED, /* the freezing alone ends it */
	V_HIDDEN,
	V_THREAD, /* found, or told to be out of reach */
	V_DENIED, /* the same */
};

static const struct {
	bool is_swept; /* found without freezing */
	enum verdict frozen;
} expected[N_HIDE_PLACES] = {
	[HIDE_PLAIN] = { true, V_FOUND },
	[HIDE_DUPS] = { true, V_FOUND },
	[HIDE_FORKS] = { true, V_FOUND },
	[HIDE_QUEUE] = { false, V_FOUND },
	[HIDE_QUEUE_STREAM] = { false, V_FOUND },
	[HIDE_NESTED_3] = { false, V_FOUND },
	[HIDE_NESTED_32] = { false, V_FOUND },
	[HIDE_MOVED_8] = { false, V_FOUND },
	[HIDE_MOVED_32] = { false, V_FOUND },
	[HIDE_BLOCKED_RECV] = { false, V_ENDED },
	[HIDE_BLOCKED_SEND] = { false, V_ENDED },
	[HIDE_EMPTY_PEEKED] = { false, V_HIDDEN },
	[HIDE_OOB] = { false, V_HIDDEN },
	[HIDE_BACKLOG] = { false, V_FOUND },
	[HIDE_THREAD] = { false, V_THREAD },
	[HIDE_LEADERLESS] = { false, V_THREAD },
	[HIDE_UNDUMPABLE] = { true, V_DENIED },
	[HIDE_ORPHAN] = { true, V_FOUND },
	[HIDE_BETWEEN_FORKS] = { true, V_FOUND },
};

static void print_report(const char *what, enum hide_place place,
			 const struct sever_report *r)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	sever_problems_render(r->cells[0].problems, &t);
	print_message("  %-18s %-7s ends %x, %u unread, %u tasks, %u "
		      "descriptors, %u in flight, %u us, %u us frozen: %s\n",
		      hide_name(place), what, r->found[0].ends,
		      r->found[0].n_unread, r->n_tasks, r->n_descriptors,
		      r->n_in_flight, r->took_us, r->frozen_us,
		      text_string(&t));
}

/* The sweep of cells that run: it finds what is in plain sight, and where it
 * finds nothing it says so. */
static bool expect_swept(struct act *a, struct channel *c,
			 enum hide_place place)
{
	struct sever_report r = SEVER_REPORT_INIT;
	bool is_found;

	sever_do(SEVER_SWEEP, SEVER_FREEZER_BEST, &a->cell, 1, c, 1, &r);
	print_report("swept", place, &r);
	is_found = r.found[0].ends != 0;
	assert_int_equal(r.frozen_us, 0);
	if (expected[place].is_swept &&
	    !(r.cells[0].problems & SEVER_PROBLEM_DENIED))
		assert_true(is_found);
	if (expected[place].is_swept && !is_found)
		assert_int_not_equal(geteuid(), 0);
	sever_report_fini(&r);
	return is_found;
}

static void expect_frozen(struct act *a, struct channel *c,
			  enum hide_place place, enum sever_freezer freezer)
{
	struct sever_report r = SEVER_REPORT_INIT;
	uint32_t problems;
	int i;

	/* On a busy machine it may take more than one turn to freeze. */
	for (i = 0; i < 50; i++) {
		sever_do(SEVER_SWEEP_FROZEN, freezer, &a->cell, 1, c, 1, &r);
		print_report(sever_freezer_name(freezer), place, &r);
		problems = r.cells[0].problems;
		if (freezer == SEVER_FREEZER_NONE || r.found[0].ends ||
		    !(problems & SEVER_PROBLEM_FREEZE))
			break;
		sever_report_fini(&r);
	}
	assert_true(i < 50);
	/* Whatever was not searched, or not surely, is told. */
	if (freezer == SEVER_FREEZER_NONE)
		assert_true(problems & SEVER_PROBLEM_FREEZE);
	else
		assert_int_equal(r.cells[0].freezer, freezer);
	if (r.found[0].ends) {
		assert_int_equal(r.found[0].ends, SEVER_SERVER_END);
		assert_true(expected[place].frozen != V_ENDED);
		channel_expect_dead(c);
		sever_report_fini(&r);
		return;
	}
	switch (expected[place].frozen) {
	case V_FOUND:
		assert_true(freezer == SEVER_FREEZER_NONE);
		break;
	case V_ENDED:
		if (freezer != SEVER_FREEZER_NONE)
			channel_expect_dead(c);
		break;
	case V_HIDDEN:
		assert_true(problems & SEVER_PROBLEM_HIDDEN);
		break;
	case V_THREAD:
		assert_true(problems & SEVER_PROBLEM_THREAD);
		break;
	case V_DENIED:
		assert_true(problems & SEVER_PROBLEM_DENIED);
		assert_int_not_equal(geteuid(), 0);
		break;
	}
	sever_report_fini(&r);
}

/* One place, in one way. @sweeps: look without freezing first, and be content
 * with what that finds. */
static void find_place(enum hide_place place, enum sever_freezer freezer,
		       bool sweeps)
{
	struct channel c;
	struct act a;
	int r;

	act_begin(&a, freezer == SEVER_FREEZER_CGROUP2);
	channel_open(&c);
	if (expected[place].frozen != V_ENDED)
		assert_int_equal(send(c.client_fd, "unread", 6, 0), 6);
	r = act_play(&a, place, TAKE_FD(c.server_fd));
	if (r < 0) {
		print_message("  %s: not here: %s\n", hide_name(place),
			      strerror(-r));
		act_end(&a);
		channel_close(&c);
		return;
	}
	assert_false(channel_has_ended(&c));
	if (!sweeps)
		expect_frozen(&a, &c, place, freezer);
	else if (expect_swept(&a, &c, place))
		channel_expect_dead(&c);
	act_expect_running(&a);
	act_end(&a);
	channel_close(&c);
}

static void find_places(enum sever_freezer freezer)
{
	int place;

	if (!has_freezer(freezer)) {
		print_message("no %s freezer that we may use here\n",
			      sever_freezer_name(freezer));
		skip();
	}
	for (place = 0; place < N_HIDE_PLACES; place++)
		find_place((enum hide_place)place, freezer, false);
}

static void sever_finds_what_is_in_plain_sight(void **state)
{
	int place;

	(void)state;
	for (place = 0; place < N_HIDE_PLACES; place++)
		find_place((enum hide_place)place, SEVER_FREEZER_BEST, true);
}

static void sever_finds_frozen_by_cgroup2(void **state)
{
	(void)state;
	find_places(SEVER_FREEZER_CGROUP2);
}

static void sever_finds_frozen_by_cgroup1(void **state)
{
	(void)state;
	find_places(SEVER_FREEZER_CGROUP1);
}

static void sever_finds_stopped(void **state)
{
	(void)state;
	find_places(SEVER_FREEZER_STOP);
}

static void sever_looks_at_what_runs(void **state)
{
	(void)state;
	find_places(SEVER_FREEZER_NONE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sever_finds_what_is_in_plain_sight),
		cmocka_unit_test(sever_finds_frozen_by_cgroup2),
		cmocka_unit_test(sever_finds_frozen_by_cgroup1),
		cmocka_unit_test(sever_finds_stopped),
		cmocka_unit_test(sever_looks_at_what_runs),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, sever_rig_start, sever_rig_stop);
}
