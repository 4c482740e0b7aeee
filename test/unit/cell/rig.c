#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cell/probe.h"
#include "sys/fd.h"
#include "sys/mounts.h"

enum { RIG_TIMEOUT_MS = 60000, RIG_USER = 12345 };

/* Have mounts that propagate to their copies, as on most systems. */
static void rig_share_mounts(void)
{
	if (unshare(CLONE_NEWNS) == 0 && mount_make_private() == 0)
		mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
}

void rig_init(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--user") || geteuid() != 0)
			continue;
		if (setgroups(0, NULL) < 0 ||
		    setresgid(RIG_USER, RIG_USER, RIG_USER) < 0 ||
		    setresuid(RIG_USER, RIG_USER, RIG_USER) < 0)
			abort();
		/* Else our files in /proc would still be root's. */
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	}
	rig_share_mounts();
	signal(SIGPIPE, SIG_IGN);
}

void rig_need_cells(void)
{
	static const char *const names[] = {
		"clone3",	"user-namespaces",  "tmpfs",
		"mount-copies", "mount-attributes", "seccomp"
	};
	static struct cell_probe probe;
	const struct cell_probe_row *row;
	size_t i;

	if (!probe.n_rows)
		cell_probe_run(&probe);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		row = cell_probe_find(&probe, names[i]);
		if (row->state != PROBE_MISSING)
			continue;
		print_message("no cells here: %s\n", row->sentence);
		skip();
	}
}

void rig_start(struct rig *r, uint32_t layers, uint32_t required)
{
	struct launcher_config config = { .layers = layers,
					  .required = required };

	rig_need_cells();
	strcpy(r->dir, "/tmp/reeve-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	assert_int_equal(chmod(r->dir, 0755), 0);
	assert_int_equal(launcher_start(&r->launcher, &config), 0);
}

static int rig_remove(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	remove(path);
	return 0;
}

void rig_stop(struct rig *r)
{
	assert_int_equal(launcher_stop(&r->launcher, 10000), 0);
	nftw(r->dir, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
}

const char *rig_path(const struct rig *r, const char *name)
{
	static char path[4][256];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", r->dir, name);
	return path[turn];
}

void rig_write(const struct rig *r, const char *name, const char *content,
	       unsigned mode)
{
	const char *path = rig_path(r, name);
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);
	size_t n = strlen(content);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

void rig_mkdir(const struct rig *r, const char *name, unsigned mode)
{
	assert_int_equal(mkdir(rig_path(r, name), mode), 0);
	assert_int_equal(chmod(rig_path(r, name), mode), 0);
}

void rig_plan_shell(struct plan *p, const char *script)
{
	plan_init(p);
	assert_int_equal(plan_set_moniker(p, "/test/cell"), 0);
	assert_int_equal(plan_set_binary(p, "/bin/sh"), 0);
	assert_int_equal(plan_add_arg(p, "sh"), 0);
	assert_int_equal(plan_add_arg(p, "-c"), 0);
	assert_int_equal(plan_add_arg(p, script), 0);
	assert_int_equal(plan_add_environ(p, "PATH=/usr/bin:/bin"), 0);
}

void rig_plan_mount(struct plan *p, const char *target, const char *source,
		    const char *subpath, uint32_t rights,
		    enum plan_mount_kind kind)
{
	struct plan_mount m = { target, source, subpath, rights, kind, false };

	assert_int_equal(plan_add_mount(p, &m), 0);
}

void rig_take(struct rig *r, struct cell *ret)
{
	struct pollfd p = { .fd = r->launcher.socket_fd, .events = POLLIN };
	struct cell_failure why;
	int v;

	for (;;) {
		assert_int_equal(launcher_process(&r->launcher), 0);
		v = launcher_take(&r->launcher, ret, &why);
		if (v == 0)
			return;
		if (v != LAUNCHER_EMPTY)
			fail_msg("%s", rig_sentence(&why));
		assert_true(poll(&p, 1, RIG_TIMEOUT_MS) > 0);
	}
}

static void rig_keep_fds(struct rig_result *r, struct cell_event *e)
{
	size_t i;

	if (e->type == CELL_EVENT_DIRS && e->n_fds) {
		r->dir_fd = e->fds[0];
		e->fds[0] = -1;
	}
	if (e->type != CELL_EVENT_LISTENERS)
		return;
	for (i = 0; i < e->n_fds && e->first + i < 16; i++) {
		r->listener_fds[e->first + i] = e->fds[i];
		e->fds[i] = -1;
	}
	r->n_listeners += e->n_fds;
}

static void rig_on_event(struct rig_result *r, struct cell_event *e)
{
	rig_keep_fds(r, e);
	switch (e->type) {
	case CELL_EVENT_STARTED:
		r->is_started = true;
		r->missing = e->missing;
		break;
	case CELL_EVENT_FAILED:
		r->is_failed = true;
		r->failure = e->failure;
		break;
	case CELL_EVENT_EXITED:
		r->is_exited = true;
		r->code = e->code;
		r->signal = e->signal;
		break;
	default:
		break;
	}
	cell_event_fini(e);
}

static void rig_read_out(int fd, struct rig_result *r)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		text_append(&r->out, buffer, (size_t)n);
}

void rig_follow(struct cell *c, const struct plan *p, const int *fds,
		size_t n_fds, struct rig_result *ret)
{
	struct cell_files files = { .stdin_fd = -1,
				    .fds = fds,
				    .n_fds = n_fds };
	struct cell_event event;
	struct pollfd polls[2];
	int ends[2], v;
	bool is_gone = false;

	*ret = (struct rig_result){ .out = TEXT_INIT, .dir_fd = -1 };
	memset(ret->listener_fds, 0xff, sizeof(ret->listener_fds));
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	files.stdout_fd = files.stderr_fd = ends[1];
	/* The program's end blocks, as programs expect. */
	fcntl(ends[1], F_SETFL, 0);
	v = cell_send_plan(c, p, &files, &ret->failure);
	close(ends[1]);
	ret->is_failed = v == CELL_REFUSED;
	if (v) {
		assert_int_equal(v, CELL_REFUSED);
		is_gone = true;
		cell_kill(c);
	}
	polls[0] = (struct pollfd){ .fd = c->pidfd, .events = POLLIN };
	polls[1] = (struct pollfd){ .fd = c->socket_fd, .events = POLLIN };
	while (!is_gone) {
		assert_true(poll(polls, 2, 50) >= 0);
		while ((v = cell_read_event(c, &event)) == 0)
			rig_on_event(ret, &event);
		assert_true(v == CELL_AGAIN || v == CELL_CLOSED);
		if (v == CELL_CLOSED)
			polls[1].fd = -1;
		rig_read_out(ends[0], ret);
		is_gone = polls[0].revents != 0;
	}
	poll(polls, 1, RIG_TIMEOUT_MS);
	rig_read_out(ends[0], ret);
	close(ends[0]);
	assert_int_equal(cell_reap(c, &ret->status), 0);
	cell_fini(c);
}

void rig_run(struct rig *r, const struct plan *p, struct rig_result *ret)
{
	struct cell c;

	rig_take(r, &c);
	rig_follow(&c, p, NULL, 0, ret);
}

void rig_expect(struct rig *r, struct plan *p, const char *expected)
{
	struct rig_result result;

	rig_run(r, p, &result);
	if (result.is_failed)
		fail_msg("%s", rig_sentence(&result.failure));
	assert_string_equal(text_string(&result.out), expected);
	assert_true(result.is_started);
	assert_true(result.is_exited);
	assert_int_equal(result.code, 0);
	assert_int_equal(result.status, 0);
	rig_result_fini(&result);
	plan_fini(p);
}

void rig_wait_started(struct cell *c)
{
	struct pollfd poller = { .fd = c->socket_fd, .events = POLLIN };
	struct cell_event e;
	int r;

	for (;;) {
		assert_true(poll(&poller, 1, 30000) > 0);
		while ((r = cell_read_event(c, &e)) == 0) {
			assert_int_not_equal(e.type, CELL_EVENT_FAILED);
			cell_event_fini(&e);
			if (e.type == CELL_EVENT_STARTED)
				return;
		}
		assert_int_equal(r, CELL_AGAIN);
	}
}

void rig_result_fini(struct rig_result *r)
{
	text_fini(&r->out);
	fd_close_all(r->listener_fds, 16);
	r->dir_fd = fd_close(r->dir_fd);
}

const char *rig_sentence(const struct cell_failure *f)
{
	static char sentence[1024];
	_cleanup_text_ struct text t = TEXT_INIT;

	cell_failure_render(f, &t);
	snprintf(sentence, sizeof(sentence), "%s", text_string(&t));
	return sentence;
}
