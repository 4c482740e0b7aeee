/* What is given, and not simply held by who was given it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit_rig.h"
#include "sys/fd.h"
#include "sys/packet.h"

enum { MANY = 70 };

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
		     "mkfifo /tmp/ready\n"
		     "/usr/bin/python3 -c '\n"
		     "import socket, time\n"
		     "s = socket.socket(fileno=3)\n"
		     "x, y = socket.socketpair()\n"
		     "socket.send_fds(s, [b\"x\"], [y.fileno()])\n"
		     "y.close()\n"
		     "open(\"/tmp/ready\", \"w\").close()\n"
		     "time.sleep(1000)' <&- &\n"
		     "cat /tmp/ready",
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
	if (r.n_edges != 2)
		print_all(&r);
	assert_int_equal(r.n_edges, 2);
	assert_int_equal(r.edges[0].kind, AUDIT_PAIR);
	assert_int_equal(r.edges[1].kind, AUDIT_PAIR);
	fd_close_all(line, 2);
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(audit_sees_what_is_only_mapped),
		cmocka_unit_test(audit_sees_an_undumpable_holder),
		cmocka_unit_test(audit_counts_without_end),
		cmocka_unit_test(audit_finds_a_pair_made_inside),
		cmocka_unit_test(audit_finds_tasks_without_cgroup),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, shell_rig_start, shell_rig_stop);
}
