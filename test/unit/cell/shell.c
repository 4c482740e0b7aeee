#include "shell.h"

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
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 60000, BUDGET_MS = 20000 };

struct rig rig;

int shell_rig_start(void **state)
{
	(void)state;
	rig_start(&rig, 0, 0);
	return 0;
}

int shell_rig_stop(void **state)
{
	(void)state;
	rig_stop(&rig);
	return 0;
}

void wait_for(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_true(poll(&p, 1, WAIT_MS) > 0);
}

static void shell_wait_started(struct shell *s)
{
	struct cell_event e;
	int r;

	for (;;) {
		wait_for(s->cell.socket_fd);
		while ((r = cell_read_event(&s->cell, &e)) == 0) {
			cell_event_fini(&e);
			if (e.type == CELL_EVENT_FAILED)
				fail_msg("%s", rig_sentence(&e.failure));
			if (e.type == CELL_EVENT_STARTED)
				return;
		}
		assert_int_equal(r, CELL_AGAIN);
	}
}

void shell_start_with(struct shell *s, struct plan *p, const int *fds,
		      size_t n_fds)
{
	struct cell_files files = { .fds = fds, .n_fds = n_fds };
	struct cell_failure why;
	int in[2], out[2];

	rig_take(&rig, &s->cell);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	files.stdin_fd = in[0];
	files.stdout_fd = files.stderr_fd = out[1];
	if (cell_send_plan(&s->cell, p, &files, &why))
		fail_msg("%s", rig_sentence(&why));
	close(in[0]);
	close(out[1]);
	s->in_fd = in[1];
	s->out_fd = out[0];
	plan_fini(p);
	shell_wait_started(s);
}

void shell_start_in(struct shell *s, struct plan *p)
{
	shell_start_with(s, p, NULL, 0);
}

void shell_plan(struct plan *p)
{
	rig_plan_shell(p, "exec sh");
}

void shell_start(struct shell *s)
{
	struct plan p;

	shell_plan(&p);
	shell_start_in(s, &p);
}

void shell_stop(struct shell *s)
{
	int status;

	close(s->in_fd);
	cell_kill(&s->cell);
	wait_for(s->cell.pidfd);
	assert_int_equal(cell_reap(&s->cell, &status), 0);
	cell_fini(&s->cell);
	close(s->out_fd);
}

/* What @command prints, on both streams, in s->said. */
static const char *shell_ask(struct shell *s, const char *command)
{
	char line[2048];
	size_t n = 0;
	ssize_t got;
	char *end;
	int length;

	length = snprintf(line, sizeof(line), "%s\necho @@\n", command);
	assert_int_equal(write(s->in_fd, line, (size_t)length), length);
	for (;;) {
		wait_for(s->out_fd);
		got = read(s->out_fd, s->said + n, sizeof(s->said) - 1 - n);
		assert_true(got > 0);
		n += (size_t)got;
		s->said[n] = 0;
		end = n >= 3 ? s->said + n - 3 : s->said;
		if (strcmp(end, "@@\n"))
			continue;
		*end = 0;
		return s->said;
	}
}

void shell_expect(struct shell *s, const char *command, const char *said)
{
	assert_string_equal(shell_ask(s, command), said);
}

void read_answer(int fd, struct graft_result *ret)
{
	wait_for(fd);
	assert_int_equal(graft_read(fd, ret), 0);
	close(fd);
}

struct plan_mount mount_of(const char *target, const char *name,
			   uint32_t rights)
{
	return (struct plan_mount){ .target = target,
				    .source = rig_path(&rig, name),
				    .rights = rights,
				    .kind = PLAN_DIRECTORY };
}

void put(struct shell *s, struct plan_mount m)
{
	struct graft_result result;
	int fd;

	assert_int_equal(graft_mount(&rig.launcher, &s->cell, &m, &fd), 0);
	read_answer(fd, &result);
	if (result.is_failed)
		fail_msg("%s", rig_sentence(&result.failure));
}

void take(struct shell *s, struct plan_mount m, struct graft_result *ret)
{
	int fd;

	assert_int_equal(
		graft_unmount(&rig.launcher, &s->cell, &m, BUDGET_MS, &fd), 0);
	read_answer(fd, ret);
	if (ret->is_failed)
		fail_msg("%s", rig_sentence(&ret->failure));
}

void put_fails(struct shell *s, struct plan_mount m, enum cell_stage stage,
	       int error)
{
	struct graft_result result;
	int fd;

	assert_int_equal(graft_mount(&rig.launcher, &s->cell, &m, &fd), 0);
	read_answer(fd, &result);
	assert_true(result.is_failed);
	if (result.failure.stage != stage || result.failure.error != error)
		fail_msg("%s", rig_sentence(&result.failure));
}

void take_fails(struct shell *s, struct plan_mount m, enum cell_stage stage,
		int error)
{
	struct graft_result result;
	int fd;

	assert_int_equal(
		graft_unmount(&rig.launcher, &s->cell, &m, BUDGET_MS, &fd), 0);
	read_answer(fd, &result);
	assert_true(result.is_failed);
	if (result.failure.stage != stage || result.failure.error != error)
		fail_msg("%s", rig_sentence(&result.failure));
}

void expect_open(const struct graft_result *r, enum graft_hold hold, int fd,
		 const char *path)
{
	uint32_t i;

	for (i = 0; i < r->n_named; i++)
		if (r->opens[i].hold == hold && r->opens[i].fd == fd &&
		    !strcmp(r->opens[i].path, path) &&
		    kill(r->opens[i].pid, 0) == 0)
			return;
	for (i = 0; i < r->n_named; i++)
		print_message("%d %d %d %s\n", r->opens[i].hold,
			      (int)r->opens[i].pid, r->opens[i].fd,
			      r->opens[i].path);
	fail_msg("nobody is said to hold %s", path);
}
