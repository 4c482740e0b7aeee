/* What two real cells are said to have given each other. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
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

#include "base/own.h"
#include "cell/audit.h"
#include "cell/crew.h"
#include "shell.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/pidfd.h"
#include "sys/unix_diag.h"

enum { BUDGET_MS = 20000, MANY = 70 };

static struct shell a, b;

/* Two shells, with these descriptors. */
static void start_both(const int *for_a, size_t n_a, const int *for_b,
		       size_t n_b)
{
	struct plan p;

	shell_plan(&p);
	shell_start_with(&a, &p, for_a, n_a);
	shell_plan(&p);
	shell_start_with(&b, &p, for_b, n_b);
}

static void stop_both(void)
{
	shell_stop(&a);
	shell_stop(&b);
}

static void audit_for(uint32_t budget_ms, struct audit_result *ret)
{
	int fd;

	assert_int_equal(
		audit_begin(&rig.launcher, &a.cell, &b.cell, budget_ms, &fd),
		0);
	wait_for(fd);
	assert_int_equal(audit_read(fd, ret), 0);
	close(fd);
}

static void audit(struct audit_result *ret)
{
	audit_for(BUDGET_MS, ret);
	assert_int_equal(ret->error, 0);
	assert_false(ret->is_partial);
	assert_false(ret->lacks_pairs);
	assert_int_equal(ret->n_named, ret->n_edges);
}

static void audit_expect_nothing(void)
{
	static struct audit_result r;
	uint32_t i;

	audit(&r);
	for (i = 0; i < r.n_named; i++)
		print_message("%s %s\n", audit_kind_name(r.edges[i].kind),
			      r.edges[i].name);
	assert_int_equal(r.n_edges, 0);
}

static void print_all(const struct audit_result *r)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	uint32_t i;

	for (i = 0; i < r->n_named; i++) {
		text_puts(&t, audit_kind_name(r->edges[i].kind));
		text_puts(&t, " ");
		audit_edge_render(&r->edges[i], NULL, &t);
		text_puts(&t, "\n");
	}
	print_message("%s", text_string(&t));
}

static bool is_held(const struct audit_holder *h, enum audit_hold hold, int fd)
{
	return h->hold == hold && h->fd == fd && kill(h->pid, 0) == 0;
}

/* It must be among them, held like this by tasks that live. */
static const struct audit_edge *expect_held(const struct audit_result *r,
					    enum audit_kind kind,
					    enum audit_hold hold_a, int fd_a,
					    enum audit_hold hold_b, int fd_b)
{
	const struct audit_edge *e;
	uint32_t i;

	for (i = 0; i < r->n_named; i++) {
		e = &r->edges[i];
		if (e->kind == kind && is_held(&e->holders[0], hold_a, fd_a) &&
		    is_held(&e->holders[1], hold_b, fd_b))
			return e;
	}
	print_all(r);
	fail_msg("no %s by %d and %d", audit_kind_name(kind), fd_a, fd_b);
	return NULL;
}

static const struct audit_edge *expect(const struct audit_result *r,
				       enum audit_kind kind, int fd_a, int fd_b)
{
	return expect_held(r, kind, AUDIT_HOLD_FD, fd_a, AUDIT_HOLD_FD, fd_b);
}

/* Does this kernel list unix sockets? Without, there are other expectations. */
static bool on_any(const struct unix_diag_socket *s, void *context)
{
	(void)s;
	(void)context;
	return false;
}

static void need_list(void)
{
	int fd, r;

	r = unix_diag_open(&fd);
	if (r == 0) {
		r = unix_diag_each(fd, on_any, NULL);
		close(fd);
	}
	if (r < 0) {
		print_message("this kernel does not list unix sockets\n");
		skip();
	}
}

static void need_python(void)
{
	if (access("/usr/bin/python3", X_OK) < 0) {
		print_message("there is no /usr/bin/python3\n");
		skip();
	}
}

static void pair(int ret[2])
{
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret), 0);
}

/* ---- what is found ---- */

static void audit_finds_what_was_given(void **state)
{
	static struct audit_result r;
	int pipe_fds[2], ends[2], same[2], memory, counter, events;
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
	{
		const int for_a[] = { pipe_fds[0], ends[0], same[0],
				      memory,	   counter, events };
		const int for_b[] = { events,  counter, memory,
				      same[0], ends[1], pipe_fds[1] };

		start_both(for_a, 6, for_b, 6);
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
		shell_expect(s,
			     "cd /shared; exec 3<>/shared/file 4</dev/null "
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

/* ---- where things hide ---- */

/* A program that receives descriptors over 3, and does something with them. */
static void take_in(struct shell *s, int control_fd, const int *fds, size_t n,
		    const char *then)
{
	char command[1500], answer[4];
	int length;

	length = snprintf(command, sizeof(command),
			  "/usr/bin/python3 -c '\n"
			  "import ctypes, mmap, os, socket, time\n"
			  "s = socket.socket(fileno=os.dup(3))\n"
			  "fds = socket.recv_fds(s, 1, 200)[1]\n"
			  "%s\n"
			  "s.send(b\"ok\")\n"
			  "time.sleep(1000)' <&- &",
			  then);
	assert_true(length > 0 && length < (int)sizeof(command));
	shell_expect(s, command, "");
	assert_int_equal(packet_send(control_fd, "x", 1, fds, n, 0), 0);
	wait_for(control_fd);
	assert_int_equal(recv(control_fd, answer, sizeof(answer), 0), 2);
}

/* Two shells with a line each to us, and the python at both that takes. */
static void both_take(const int *for_a, size_t n_a, const char *then_a,
		      const int *for_b, size_t n_b, const char *then_b)
{
	int line_a[2], line_b[2];

	pair(line_a);
	pair(line_b);
	start_both(&line_a[1], 1, &line_b[1], 1);
	take_in(&a, line_a[0], for_a, n_a, then_a);
	take_in(&b, line_b[0], for_b, n_b, then_b);
	fd_close_all(line_a, 2);
	fd_close_all(line_b, 2);
}

static void audit_sees_what_is_only_mapped(void **state)
{
	static const char then[] = "m = mmap.mmap(fds[0], 4096)\n"
				   "os.close(fds[0])";
	static struct audit_result r;
	int memory = memfd_create("mapped", MFD_CLOEXEC);
	const struct audit_edge *e;

	(void)state;
	need_python();
	assert_int_equal(ftruncate(memory, 4096), 0);
	both_take(&memory, 1, then, &memory, 1, then);
	audit(&r);
	/* Python keeps a descriptor of what it maps. */
	assert_int_equal(r.n_edges, 1);
	e = &r.edges[0];
	assert_int_equal(e->kind, AUDIT_FILE);
	assert_string_equal(e->name, "/memfd:mapped (deleted)");
	stop_both();
	/* So without: mmap(2) itself. */
	both_take(&memory, 1,
		  "libc = ctypes.CDLL(None)\n"
		  "libc.mmap.restype = ctypes.c_void_p\n"
		  "libc.mmap(None, 4096, 3, 1, fds[0], 0)\n"
		  "os.close(fds[0])",
		  &memory, 1, "");
	audit(&r);
	assert_int_equal(r.n_edges, 1);
	e = &r.edges[0];
	assert_int_equal(e->holders[0].hold, AUDIT_HOLD_MAP);
	assert_int_equal(e->holders[1].hold, AUDIT_HOLD_FD);
	assert_string_equal(e->name, "/memfd:mapped (deleted)");
	stop_both();
	close(memory);
}

/* A component may hide from its equals, but not from us. */
static void audit_sees_an_undumpable_holder(void **state)
{
	static struct audit_result r;
	int fds[2];

	(void)state;
	need_python();
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	both_take(&fds[0], 1, "ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)", &fds[1],
		  1, "");
	audit(&r);
	assert_int_equal(r.n_edges, 1);
	assert_int_equal(r.edges[0].kind, AUDIT_PIPE);
	assert_int_equal(strncmp(r.edges[0].name, "pipe:[", 6), 0);
	stop_both();
	fd_close_all(fds, 2);
}

/* What is named is bounded, all is counted. */
static void audit_counts_without_end(void **state)
{
	static struct audit_result r;
	int readers[MANY], writers[MANY], fds[2], i;

	(void)state;
	need_python();
	for (i = 0; i < MANY; i++) {
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		readers[i] = fds[0];
		writers[i] = fds[1];
	}
	both_take(readers, MANY, "", writers, MANY, "");
	audit_for(BUDGET_MS, &r);
	assert_false(r.is_partial);
	assert_int_equal(r.n_edges, MANY);
	assert_int_equal(r.n_named, AUDIT_EDGES_MAX);
	fd_close_all(readers, MANY);
	fd_close_all(writers, MANY);
	/* Without time nothing is found, and that is said. */
	audit_for(0, &r);
	assert_int_equal(r.error, 0);
	assert_true(r.is_partial);
	stop_both();
}

/* A pair that one of the two has made, in a namespace of its own. */
static void audit_finds_a_pair_made_inside(void **state)
{
	static struct audit_result r;
	int line[2];

	(void)state;
	need_python();
	need_list();
	pair(line);
	start_both(&line[0], 1, &line[1], 1);
	shell_expect(&a,
		     "/usr/bin/python3 -c '\n"
		     "import socket, time\n"
		     "s = socket.socket(fileno=3)\n"
		     "x, y = socket.socketpair()\n"
		     "socket.send_fds(s, [b\"x\"], [y.fileno()])\n"
		     "y.close()\n"
		     "time.sleep(1000)' <&- &",
		     "");
	shell_expect(&b,
		     "mkfifo /tmp/ready\n"
		     "/usr/bin/python3 -c '\n"
		     "import socket, time\n"
		     "s = socket.socket(fileno=3)\n"
		     "fds = socket.recv_fds(s, 1, 1)\n"
		     "open(\"/tmp/ready\", \"w\").close()\n"
		     "time.sleep(1000)' <&- &\n"
		     "cat /tmp/ready",
		     "");
	audit(&r);
	assert_int_equal(r.n_edges, 2);
	assert_int_equal(r.edges[0].kind, AUDIT_PAIR);
	assert_int_equal(r.edges[1].kind, AUDIT_PAIR);
	shell_expect(&a, "exec 3<&-", "");
	close(line[0]);
	close(line[1]);
	stop_both();
}

static void audit_finds_tasks_without_cgroup(void **state)
{
	static struct audit_result r;
	int fds[2], cgroup_fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	start_both(&fds[0], 1, &fds[1], 1);
	shell_expect(&a, "sleep 1000 <&- & exec 3<&-", "");
	cgroup_fds[0] = a.cell.cgroup_fd;
	cgroup_fds[1] = b.cell.cgroup_fd;
	a.cell.cgroup_fd = b.cell.cgroup_fd = -1;
	audit(&r);
	a.cell.cgroup_fd = cgroup_fds[0];
	b.cell.cgroup_fd = cgroup_fds[1];
	assert_int_equal(r.n_edges, 1);
	expect(&r, AUDIT_PIPE, 3, 3);
	stop_both();
	fd_close_all(fds, 2);
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
		cmocka_unit_test(audit_sees_what_is_only_mapped),
		cmocka_unit_test(audit_sees_an_undumpable_holder),
		cmocka_unit_test(audit_counts_without_end),
		cmocka_unit_test(audit_finds_a_pair_made_inside),
		cmocka_unit_test(audit_finds_tasks_without_cgroup),
		cmocka_unit_test(audit_of_one_that_has_ended),
		cmocka_unit_test(audit_ends_with_its_worker),
		cmocka_unit_test(audit_edge_is_fit_to_be_shown),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, shell_rig_start, shell_rig_stop);
}
