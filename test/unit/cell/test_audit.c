/* What two real cells are said to have given each other. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit_rig.h"
#include "base/own.h"
#include "cell/crew.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/pidfd.h"

/* ---- what is found ---- */

static void audit_finds_what_was_given(void **state)
{
	static struct audit_result r;
	int pipe_fds[2], ends[2], same[2], memory, counter, events, device;
	_cleanup_text_ struct text t = TEXT_INIT;
	const struct audit_edge *e;
	char expected[160];

	(void)state;
	need_list();
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	pair(ends);
	pair(same);
	memory = memfd_create("given", MFD_CLOEXEC);
	counter = eventfd(0, EFD_CLOEXEC);
	events = epoll_create1(EPOLL_CLOEXEC);
	/* That is no tie. */
	device = open("/dev/null", O_RDWR | O_CLOEXEC);
	{
		const int for_a[] = { pipe_fds[0], ends[0], same[0], memory,
				      counter,	   events,  device };
		const int for_b[] = { events,  counter,	    memory, same[0],
				      ends[1], pipe_fds[1], device };

		start_both(for_a, 7, for_b, 7);
	}
	audit(&r);
	assert_int_equal(r.n_edges, 6);
	assert_int_equal(r.n_in_flight, 0);
	expect(&r, AUDIT_PAIR, 4, 7);
	expect(&r, AUDIT_SOCKET, 5, 6);
	expect(&r, AUDIT_OTHER, 7, 4);
	expect(&r, AUDIT_OTHER, 8, 3);
	e = expect(&r, AUDIT_FILE, 6, 5);
	assert_string_equal(e->name, "/memfd:given (deleted)");
	e = expect(&r, AUDIT_PIPE, 3, 8);
	audit_edge_render(e, NULL, &t);
	snprintf(expected, sizeof(expected),
		 "%s: descriptor 3 of task %d, descriptor 8 of task %d",
		 e->name, (int)e->holders[0].pid, (int)e->holders[1].pid);
	assert_string_equal(text_string(&t), expected);
	assert_int_equal(strncmp(e->name, "pipe:[", 6), 0);
	/* What one of them closes ties no more, what a child has still does. */
	shell_expect(&a, "exec 3<&- 4<&- 5<&- 6<&- 7<&-", "");
	shell_expect(&b, "sleep 1000 <&- & exec 3<&-", "");
	audit(&r);
	assert_int_equal(r.n_edges, 1);
	expect(&r, AUDIT_OTHER, 8, 3);
	stop_both();
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	fd_close_all(ends, 2);
	fd_close_all(same, 2);
	close(memory);
	close(counter);
	close(events);
	close(device);
}

/* Both have the same directory, libraries and devices, by routes. */
static void audit_knows_what_was_routed(void **state)
{
	struct plan_mount m;
	struct plan p;
	struct shell *s;

	(void)state;
	rig_mkdir(&rig, "shared", 0777);
	rig_write(&rig, "shared/file", "text\n", 0666);
	m = mount_of("/shared", "shared", RIGHTS_RW);
	for (s = &a; s; s = s == &a ? &b : NULL) {
		shell_plan(&p);
		assert_int_equal(plan_add_mount(&p, &m), 0);
		shell_start_in(s, &p);
		shell_expect(
			s,
			"umask 0; cd /shared; exec 3<>/shared/file 4</dev/null "
			"5</proc/self/status 6>/tmp/file;"
			"test -p fifo || mkfifo fifo; exec 7<>fifo;"
			"sleep 1000 <&- | sleep 1000 &",
			"");
	}
	audit_expect_nothing();
	stop_both();
}

/* A descriptor of the other's own directory, and what it leads to. */
static void audit_tells_whose_mount_it_is(void **state)
{
	static struct audit_result r;
	const struct audit_edge *e;
	int pidfd, file, dir;
	struct plan p;
	pid_t pid;

	(void)state;
	shell_start(&a);
	shell_expect(&a, "mkdir /tmp/dir; exec 5>/tmp/file 6</tmp/dir", "");
	/* The shell's pid, as the host sees it: it has 5. */
	shell_plan(&p);
	shell_start_in(&b, &p);
	audit_expect_nothing();
	shell_stop(&b);
	{
		struct crew crew = CREW_INIT;

		assert_int_equal(crew_read(&crew, a.cell.pid, a.cell.cgroup_fd),
				 0);
		assert_int_equal(crew.n, 2);
		pid = crew.pids[0] == a.cell.pid ? crew.pids[1] : crew.pids[0];
		crew_fini(&crew);
	}
	assert_int_equal(pidfd_from_pid(pid, &pidfd), 0);
	assert_int_equal(pidfd_take_fd(pidfd, 5, &file), 0);
	assert_int_equal(pidfd_take_fd(pidfd, 6, &dir), 0);
	close(pidfd);
	{
		const int fds[] = { file, dir };

		shell_plan(&p);
		shell_start_with(&b, &p, fds, 2);
	}
	audit(&r);
	assert_int_equal(r.n_edges, 2);
	e = expect(&r, AUDIT_FILE, 5, 3);
	assert_string_equal(e->name, "/tmp/file");
	expect(&r, AUDIT_FILE, 6, 4);
	/* The other one needs no descriptor to reach it. */
	shell_expect(&a, "exec 5<&- 6<&-", "");
	audit(&r);
	assert_int_equal(r.n_edges, 2);
	e = expect_held(&r, AUDIT_FILE, AUDIT_HOLD_MOUNT, -1, AUDIT_HOLD_FD, 3);
	assert_string_equal(e->name, "/tmp/file");
	assert_int_equal(e->holders[0].pid, a.cell.pid);
	expect_held(&r, AUDIT_FILE, AUDIT_HOLD_MOUNT, -1, AUDIT_HOLD_FD, 4);
	close(file);
	close(dir);
	stop_both();
}

static void audit_passes_over_what_is_dead(void **state)
{
	static struct audit_result r;
	int ends[2], same[2], fresh;

	(void)state;
	need_list();
	pair(ends);
	pair(same);
	/* One that was never connected can be yet. */
	fresh = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	{
		const int for_a[] = { ends[0], same[0], fresh };
		const int for_b[] = { ends[1], same[0], fresh };

		start_both(for_a, 3, for_b, 3);
	}
	audit(&r);
	assert_int_equal(r.n_edges, 3);
	/* One direction is not both. */
	shutdown(ends[0], SHUT_WR);
	audit(&r);
	assert_int_equal(r.n_edges, 3);
	shutdown(ends[1], SHUT_RDWR);
	shutdown(same[1], SHUT_RDWR);
	audit(&r);
	assert_int_equal(r.n_edges, 1);
	expect(&r, AUDIT_SOCKET, 5, 5);
	stop_both();
	fd_close_all(ends, 2);
	fd_close_all(same, 2);
	close(fresh);
}

/* How the manager knows its connections. */
static void audit_tells_label_and_cookies(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	static struct audit_result r;
	const struct audit_edge *e;
	uint64_t cookies[2];
	socklen_t n = sizeof(cookies[0]);
	char label[AUDIT_LABEL_MAX];
	int ends[2], i;

	(void)state;
	need_list();
	pair(ends);
	snprintf(label, sizeof(label), "reeve/%016x/%016x", getpid(), ends[0]);
	memcpy(address.sun_path + 1, label, strlen(label));
	assert_int_equal(
		bind(ends[1], (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				 strlen(label))),
		0);
	for (i = 0; i < 2; i++)
		assert_int_equal(getsockopt(ends[i], SOL_SOCKET, SO_COOKIE,
					    &cookies[i], &n),
				 0);
	start_both(&ends[0], 1, ends, 2);
	audit(&r);
	/* The second has both: it is an end that they share that counts. */
	assert_int_equal(r.n_edges, 1);
	e = expect(&r, AUDIT_SOCKET, 3, 3);
	assert_string_equal(e->label, label);
	assert_int_equal(e->cookies[0], cookies[0]);
	assert_int_equal(e->cookies[1], cookies[1]);
	shell_expect(&b, "exec 3<&-", "");
	audit(&r);
	assert_int_equal(r.n_edges, 1);
	e = expect(&r, AUDIT_PAIR, 3, 4);
	assert_string_equal(e->label, label);
	assert_int_equal(e->cookies[0], cookies[0]);
	assert_int_equal(e->cookies[1], cookies[1]);
	stop_both();
	fd_close_all(ends, 2);
}

static void audit_counts_what_is_in_flight(void **state)
{
	static struct audit_result r;
	int ends[2];

	(void)state;
	pair(ends);
	assert_int_equal(packet_send(ends[1], "x", 1, ends, 2, 0), 0);
	assert_int_equal(packet_send(ends[1], "y", 1, ends, 1, 0), 0);
	start_both(ends, 1, ends, 1);
	audit_for(BUDGET_MS, &r);
	assert_int_equal(r.n_edges, 1);
	assert_int_equal(r.n_in_flight, 3);
	stop_both();
	fd_close_all(ends, 2);
}

/* ---- ends ---- */

static void audit_of_one_that_has_ended(void **state)
{
	static struct audit_result r;

	(void)state;
	start_both(NULL, 0, NULL, 0);
	cell_kill(&b.cell);
	wait_for(b.cell.pidfd);
	audit_for(BUDGET_MS, &r);
	assert_int_equal(r.error, -ESRCH);
	stop_both();
}

static void audit_ends_with_its_worker(void **state)
{
	static struct audit_result r;
	int ends[2];

	(void)state;
	assert_int_equal(packet_pair(ends), 0);
	assert_int_equal(audit_read(ends[0], &r), AUDIT_AGAIN);
	close(ends[1]);
	assert_int_equal(audit_read(ends[0], &r), 0);
	assert_int_equal(r.error, -EPIPE);
	close(ends[0]);
}

static void audit_edge_is_fit_to_be_shown(void **state)
{
	const struct audit_edge e = {
		.kind = AUDIT_FILE,
		.holders = { { AUDIT_HOLD_CWD, 1, -1 },
			     { AUDIT_HOLD_MOUNT, 2, -1 } },
		.name = "/\033x",
	};
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)state;
	audit_edge_render(&e, NULL, &t);
	assert_string_equal(text_string(&t),
			    "/\\x1bx: the working directory of task 1, in the "
			    "directories of task 2");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(audit_finds_what_was_given),
		cmocka_unit_test(audit_knows_what_was_routed),
		cmocka_unit_test(audit_tells_whose_mount_it_is),
		cmocka_unit_test(audit_passes_over_what_is_dead),
		cmocka_unit_test(audit_tells_label_and_cookies),
		cmocka_unit_test(audit_counts_what_is_in_flight),
		cmocka_unit_test(audit_of_one_that_has_ended),
		cmocka_unit_test(audit_ends_with_its_worker),
		cmocka_unit_test(audit_edge_is_fit_to_be_shown),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, shell_rig_start, shell_rig_stop);
}
