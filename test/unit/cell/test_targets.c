/* What orders are made of: targets, lists of tasks, and the paper. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "cell/crew.h"
#include "cell/sever_paper.h"
#include "cell/targets.h"
#include "fault.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/unix_socket.h"

enum { N = 50 };

static void targets_make(struct sever_target *ret, size_t n)
{
	size_t i;

	memset(ret, 0, n * sizeof(*ret));
	for (i = 0; i < n; i++) {
		ret[i].cookie = 1000 + i;
		ret[i].n_label = (uint8_t)(i % 3 ? 8 : 0);
		memcpy(ret[i].label, "label000", 8);
		ret[i].label[7] = (char)('0' + i);
	}
}

static void targets_are_found_by_cookie(void **state)
{
	struct sever_target what[N];
	struct sever_found found[N] = { 0 };
	struct targets t;
	enum sever_end end;
	size_t i;

	(void)state;
	targets_make(what, N);
	assert_int_equal(targets_init(&t, what, found, N), 0);
	for (i = 0; i < N; i++) {
		assert_ptr_equal(targets_find(&t, -1, 1000 + i, &end)->what,
				 &what[i]);
		assert_int_equal(end, SEVER_SERVER_END);
	}
	assert_null(targets_find(&t, -1, 999, &end));
	assert_null(targets_find(&t, -1, 0, &end));
	targets_fini(&t);
}

/* A channel whose server's end has the name of target 1. */
static void targets_open(int ret[2], uint64_t *ret_cookie)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const socklen_t size = offsetof(struct sockaddr_un, sun_path) + 1 + 8;

	memcpy(a.sun_path + 1, "label001", 8);
	assert_int_equal(packet_pair(ret), 0);
	assert_int_equal(bind(ret[1], (struct sockaddr *)&a, size), 0);
	assert_int_equal(socket_cookie(ret[0], ret_cookie), 0);
}

static void targets_are_done_when_both_ends_are_empty(void **state)
{
	struct sever_target what[2];
	struct sever_found found[2] = { 0 };
	struct target *target;
	struct targets t;
	enum sever_end end;
	uint64_t cookie;
	int ends[2];

	(void)state;
	targets_open(ends, &cookie);
	targets_make(what, 2);
	assert_int_equal(targets_init(&t, what, found, 2), 0);
	assert_int_equal(t.n_pending, 2);
	assert_int_equal(send(ends[1], "to client", 9, 0), 9);
	target = targets_find(&t, ends[0], cookie, &end);
	assert_ptr_equal(target->what, &what[1]);
	assert_int_equal(end, SEVER_CLIENT_END);
	/* The server's end first: there is something left in the client's. */
	targets_shut(&t, target, ends[1]);
	targets_drain(&t, target, ends[1], SEVER_SERVER_END);
	assert_int_equal(found[1].ends, SEVER_SERVER_END);
	assert_true(found[1].n_unread > 0);
	assert_int_equal(t.n_pending, 2);
	targets_drain(&t, target, ends[0], SEVER_CLIENT_END);
	assert_int_equal(found[1].ends, SEVER_SERVER_END | SEVER_CLIENT_END);
	assert_int_equal(found[1].n_unread, 0);
	assert_int_equal(t.n_pending, 1);
	assert_int_equal(socket_unread(ends[1]), 0);
	/* Once more changes nothing. */
	targets_drain(&t, target, ends[0], SEVER_CLIENT_END);
	assert_int_equal(t.n_pending, 1);
	targets_fini(&t);
	fd_close_all(ends, 2);
}

/* So few that the maps need not grow: they can do without. */
static int make_targets(void *what)
{
	struct sever_found found[4] = { 0 };
	struct targets t;
	int r = targets_init(&t, what, found, 4);

	targets_fini(&t);
	return r;
}

static void targets_do_without_memory(void **state)
{
	struct sever_target what[N];

	(void)state;
	targets_make(what, N);
	assert_int_equal(fault_sweep(make_targets, what), 3);
}

static void targets_refuse_long_labels(void **state)
{
	struct sever_target what = { .n_label = SEVER_LABEL_MAX + 1 };
	struct sever_found found = { 0 };
	struct targets t;

	(void)state;
	assert_int_equal(targets_init(&t, &what, &found, 1), -EPROTO);
	targets_fini(&t);
}

static int read_crew(void *crew)
{
	return crew_read(crew, getpid(), -1);
}

static void crew_of_ourselves(void **state)
{
	struct crew c = CREW_INIT, same = CREW_INIT;

	(void)state;
	assert_true(fault_sweep(read_crew, &c) > 0);
	assert_int_equal(c.n, 1);
	assert_true(crew_has(&c, getpid()));
	assert_false(crew_has(&c, 1));
	assert_int_equal(crew_read(&same, getpid(), -1), 0);
	assert_true(crew_is_equal(&c, &same));
	assert_int_equal(crew_add(&same, 7), 0);
	assert_false(crew_is_equal(&c, &same));
	crew_fini(&same);
	crew_fini(&c);
}

static int read_paper(void *fd)
{
	struct sever_paper p;
	int r = sever_paper_read(*(int *)fd, &p);

	if (r == 0)
		sever_paper_fini(&p);
	return r;
}

static void paper_comes_back(void **state)
{
	struct sever_cell cells[3] = { { 1, 2, 3 }, { 4, 5, -1 }, { 6, 7, 8 } };
	struct sever_target what[N];
	struct sever_order order = {
		.cells = cells, .n_cells = 3, .targets = what, .n_targets = N
	};
	struct sever_head head = {
		.kind = SEVER_SWEEP, .n_cells = 3, .n_targets = N, .cell_ms = 17
	};
	struct sever_paper asked, results;
	int fd;

	(void)state;
	targets_make(what, N);
	assert_int_equal(sever_paper_new(&head, &order, &fd), 0);
	assert_true(fault_sweep(read_paper, &fd) > 3);
	assert_int_equal(sever_paper_read(fd, &asked), 0);
	assert_int_equal(asked.head.cell_ms, 17);
	assert_memory_equal(asked.cells, cells, sizeof(cells));
	assert_memory_equal(asked.targets, what, sizeof(what));
	asked.head.took_us = 99;
	asked.found[N - 1].ends = SEVER_CLIENT_END;
	asked.seen[2].problems = SEVER_PROBLEM_HIDDEN;
	assert_int_equal(sever_paper_fill(fd, &asked), 0);
	assert_int_equal(sever_paper_read_results(fd, 3, N, &results), 0);
	assert_int_equal(results.head.took_us, 99);
	assert_int_equal(results.found[N - 1].ends, SEVER_CLIENT_END);
	assert_int_equal(results.seen[2].problems, SEVER_PROBLEM_HIDDEN);
	sever_paper_fini(&results);
	/* Another order's, or cut short. */
	assert_int_equal(sever_paper_read_results(fd, 2, N, &results), -EPROTO);
	assert_int_equal(ftruncate(fd, (off_t)sizeof(head) + 5), 0);
	assert_int_equal(sever_paper_read_results(fd, 3, N, &results), -EPROTO);
	sever_paper_fini(&asked);
	assert_int_equal(sever_paper_read(fd, &asked), -EPROTO);
	close(fd);
	head.n_targets = SEVER_TARGETS_MAX + 1;
	assert_int_equal(sever_paper_new(&head, &order, &fd), 0);
	assert_int_equal(sever_paper_read(fd, &asked), -E2BIG);
	close(fd);
}

static void problems_have_names(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)state;
	sever_problems_render(SEVER_PROBLEM_DENIED | SEVER_PROBLEM_HIDDEN |
				      SEVER_PROBLEM_GONE,
			      &t);
	assert_string_equal(text_string(&t), "denied,hidden,gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_found_by_cookie),
		cmocka_unit_test(targets_are_done_when_both_ends_are_empty),
		cmocka_unit_test(targets_do_without_memory),
		cmocka_unit_test(targets_refuse_long_labels),
		cmocka_unit_test(crew_of_ourselves),
		cmocka_unit_test(paper_comes_back),
		cmocka_unit_test(problems_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
