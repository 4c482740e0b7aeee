/*
 * The manager is asked for a line to whoever lets us in, and is done then. What
 * is to be run goes over the line, with the streams that relay.c made.
 */
#include "cmd/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/guest.h"
#include "cmd/relay.h"
#include "cmd/remote.h"
#include "sys/fd.h"
#include "sys/loop.h"

enum {
	VISIT_NOT_RUNNABLE = 126,
	VISIT_NOT_FOUND = 127,
	VISIT_SIGNAL = 128,
	/* Between two looks whether it has started. */
	VISIT_LOOK_MS = 20,
};

#define VISIT_START_NS (30 * NS_PER_SECOND)

/* ---- being let in ---- */

static bool on_state(void *userdata, const char *json,
		     const struct json5_value *v)
{
	const struct json5_value *strict = json5_get(v, "strict");
	struct visit *visit = userdata;
	size_t n;

	free(visit->moniker);
	visit->moniker = strdup(json_text(v, "moniker"));
	snprintf(visit->state, sizeof(visit->state), "%s",
		 json_text(v, "state"));
	visit->is_strict =
		strict && !strncmp(json_source(json, strict, &n), "true", 4);
	return visit->moniker;
}

static int visit_ask(struct visit *v, bool starts, struct text *error)
{
	const char *const arguments[] = { v->name, starts ? "start" : "" };
	const struct remote_request q = {
		.verb = "exec",
		.arguments = arguments,
		.n_arguments = 2,
		.on_data = on_state,
		.userdata = v,
		.ret_channel = &v->line_fd,
	};
	int r = remote_request(v->options, &q, error);

	if (!r && (!v->moniker || v->line_fd < 0)) {
		text_puts(error, "the manager gave no way in");
		r = EXIT_NOT;
	}
	return r;
}

/* It was asked to start: it will run, or say that it does not. */
static bool is_on_its_way(const struct visit *v)
{
	return !strcmp(v->state, "starting") || !strcmp(v->state, "stopping") ||
	       !strcmp(v->state, "running");
}

static int visit_wait_start(struct visit *v, struct text *error)
{
	uint64_t end = loop_now() + VISIT_START_NS;
	int r = EXIT_NOT_RUNNING;

	while (r == EXIT_NOT_RUNNING && is_on_its_way(v) && loop_now() < end) {
		(void)poll(NULL, 0, VISIT_LOOK_MS);
		text_clear(error);
		v->state[0] = 0;
		r = visit_ask(v, false, error);
	}
	if (r == EXIT_NOT_RUNNING && *v->state) {
		text_clear(error);
		text_printf(error,
			    "%s did not stay up (it is %s); see reeve "
			    "log %s",
			    v->moniker, v->state, v->moniker);
	}
	return r;
}

/* So that nothing of ours is taken for a standard stream that is not there. */
static void open_missing_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	fd_close(fd);
}

int visit_open(struct visit *v, const struct cmd_options *options,
	       const char *name)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	int r;

	open_missing_streams();
	*v = (struct visit){ .options = options, .name = name, .line_fd = -1 };
	r = visit_ask(v, options->starts_first, &error);
	if (r == EXIT_NOT_RUNNING && options->starts_first)
		r = visit_wait_start(v, &error);
	if (r && error.n)
		cmd_fail("%s", text_string(&error));
	return r;
}

void visit_close(struct visit *v)
{
	v->line_fd = fd_close(v->line_fd);
	free(TAKE(v->moniker));
}

/* ---- what is brought along ---- */

/* A copy of the program, which nobody can change any more: what runs in there
 * holds no file of ours. */
static int bring_copy(const char *path, int *ret)
{
	_cleanup_fd_ int from = open(path, O_RDONLY | O_CLOEXEC), to = -1;
	struct stat st;
	off_t at = 0;

	if (from < 0 || fstat(from, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	to = memfd_create("program", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (to < 0)
		return -errno;
	while (at < st.st_size) {
		ssize_t n = copy_file_range(from, &at, to, NULL,
					    (size_t)(st.st_size - at), 0);
		char bytes[65536];

		if (n > 0)
			continue;
		n = pread(from, bytes, sizeof(bytes), at);
		if (n <= 0 || write(to, bytes, (size_t)n) != n)
			return n < 0 ? -errno : -EIO;
		at += n;
	}
	if (fchmod(to, 0755) < 0 ||
	    fcntl(to, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	*ret = TAKE_FD(to);
	return 0;
}

/* ---- running ---- */

static int say_failed(const struct visit *v, const struct cell_failure *f)
{
	_cleanup_text_ struct text t = TEXT_INIT, safe = TEXT_INIT;
	bool is_missing = f->stage == CELL_STAGE_EXEC && f->error == ENOENT;

	if (is_missing && f->reason == CELL_REASON_NONE)
		text_printf(&t, "there is no program \"%s\" in the cell of %s",
			    f->detail, v->moniker);
	else
		cell_failure_render(f, &t);
	text_safe(&safe, text_string(&t), t.n);
	if (is_missing && v->is_strict)
		text_puts(&safe,
			  "; the component is strict and has nothing of "
			  "the host: run a program of its own (/pkg/bin), or "
			  "--bring a static one");
	cmd_fail("%s", text_string(&safe));
	if (f->stage != CELL_STAGE_EXEC)
		return EXIT_NOT;
	return is_missing ? VISIT_NOT_FOUND : VISIT_NOT_RUNNABLE;
}

static int say_ended(const struct visit *v, const struct guest_event *e)
{
	if (e->is_forced)
		cmd_fail("%s has ended, and all that was in it", v->moniker);
	return e->signal ? VISIT_SIGNAL + e->signal : e->code;
}

/* Until it has ended; its exit status. */
static int visit_carry(struct visit *v, struct relay *relay)
{
	struct guest_event e;
	int r;

	for (;;) {
		r = relay_wait(relay, v->line_fd);
		if (r < 0)
			return cmd_fail("%s", strerror(-r));
		if (r > 0)
			(void)guest_send_signal(v->line_fd, r);
		r = guest_read(v->line_fd, &e);
		if (r == GUEST_AGAIN)
			continue;
		if (r == 0 && e.type == GUEST_STARTED) {
			relay_begin(relay);
			continue;
		}
		relay_finish(relay);
		relay_close(relay);
		if (r)
			return cmd_fail("nobody is there any more to say how "
					"it ended");
		return e.type == GUEST_FAILED ? say_failed(v, &e.failure)
					      : say_ended(v, &e);
	}
}

int visit_run(struct visit *v, char *const *args, char *const *environment)
{
	_cleanup_fd_ int program_fd = -1;
	struct guest_what what = { .args = args, .environ = environment };
	struct relay relay;
	int r;

	if (v->options->bring) {
		r = bring_copy(v->options->bring, &program_fd);
		if (r < 0)
			return cmd_fail("%s: %s", v->options->bring,
					strerror(-r));
	}
	r = relay_open(&relay);
	if (r < 0)
		return cmd_fail("no streams for the program: %s", strerror(-r));
	memcpy(what.streams, relay.theirs, sizeof(what.streams));
	what.has_terminal = relay.has_terminal;
	what.program_fd = program_fd;
	r = guest_send_start(v->line_fd, &what);
	if (r < 0)
		r = cmd_fail("%s", r == -E2BIG ? "the arguments are too long"
					       : strerror(-r));
	else
		r = visit_carry(v, &relay);
	relay_close(&relay);
	return r;
}
