/*
 * What others call: requests to a supervisor, and the wait for its answer.
 *
 * Every function of the runtime may be the last one that its caller calls, if
 * somebody kills it. So what a call holds meanwhile is deferred.
 */
#include "process/supervisor.h"

#include <errno.h>
#include <string.h>

#include "process/process.h"

const char *reeve_supervisor_event_name(enum reeve_supervisor_event event)
{
	static const char *const names[] = {
		[REEVE_CHILD_STARTED] = "STARTED",
		[REEVE_CHILD_ENDED] = "ENDED",
		[REEVE_CHILD_FAILED] = "FAILED",
		[REEVE_CHILD_STOPPED] = "STOPPED",
		[REEVE_CHILD_KILLED] = "KILLED",
		[REEVE_CHILD_LEFT] = "LEFT",
		[REEVE_SUPERVISOR_GAVE_UP] = "GAVE_UP",
	};

	return event < N_ELEMENTS(names) ? names[event] : "UNKNOWN";
}

/* ---- a supervisor ---- */

/* What the end of a supervisor that starts looks like to who waits. */
struct awaited {
	reeve_pid pid;
	uint64_t monitor;
};

static bool is_outcome(const struct reeve_message *m, void *arg)
{
	const struct reeve_notice *notice = m->bytes;
	const struct awaited *a = arg;

	if (m->ordinal == SUPERVISOR_STARTED)
		return reeve_message_sender(m) == a->pid;
	return m->ordinal == REEVE_NOTICE_DOWN &&
	       notice->reference == a->monitor;
}

static int await_started(reeve_pid pid)
{
	struct awaited awaited = { .pid = pid };
	const struct reeve_match match = { .fn = is_outcome, .arg = &awaited };
	struct reeve_message *m;
	int32_t error = -ESRCH;
	int r;

	r = reeve_monitor(pid, &awaited.monitor);
	if (!r)
		r = reeve_next_match(&match, -1, &m);
	if (r) {
		reeve_unlink(pid);
		reeve_kill(pid, REEVE_EXIT_KILLED);
		return r;
	}
	if (m->ordinal == SUPERVISOR_STARTED && m->n_bytes == sizeof(error))
		memcpy(&error, m->bytes, sizeof(error));
	reeve_message_free(m);
	reeve_unmonitor(awaited.monitor);
	return error;
}

static int supervisor_spawn(const struct supervisor_piece *piece,
			    reeve_pid *ret)
{
	const struct reeve_spawn_options options = {
		.flags = REEVE_SPAWN_LINK | REEVE_SPAWN_TRAP_EXIT,
		.arg_size = piece->size,
		.name = piece_at(piece, piece->name_at),
	};

	return reeve_spawn(supervisor_main, (void *)piece, &options, ret);
}

int reeve_supervisor_start(const struct reeve_supervisor_spec *spec,
			   reeve_pid *ret)
{
	struct supervisor_piece *piece;
	reeve_pid pid;
	int r;

	r = process_may_wait();
	if (!r)
		r = supervisor_piece_new(spec, &piece);
	if (r)
		return r;
	r = reeve_defer(free, piece);
	if (r) {
		free(piece);
		return r;
	}
	piece->parent = reeve_self();
	r = supervisor_spawn(piece, &pid);
	reeve_undefer(true);
	if (!r)
		r = await_started(pid);
	if (!r)
		*ret = pid;
	return r;
}

static bool is_reference(const struct reeve_message *m, void *arg)
{
	const struct reeve_notice *notice = m->bytes;

	return notice->reference == *(const uint64_t *)arg;
}

int reeve_supervisor_stop(reeve_pid supervisor, int timeout_ms)
{
	const struct reeve_message request = { .ordinal = SUPERVISOR_STOP };
	uint64_t monitor;
	const struct reeve_match match = {
		.ordinal = REEVE_NOTICE_DOWN,
		.fn = is_reference,
		.arg = &monitor,
	};
	struct reeve_message *m;
	int r;

	r = process_may_wait();
	if (!r)
		r = reeve_monitor(supervisor, &monitor);
	if (r)
		return r;
	reeve_unlink(supervisor);
	r = reeve_send_to(supervisor, &request);
	if (!r || r == -ESRCH)
		r = reeve_next_match(&match, timeout_ms, &m);
	if (r) {
		reeve_unmonitor(monitor);
		return r;
	}
	reeve_message_free(m);
	return 0;
}

int reeve_started(int error)
{
	const int32_t told = error;
	const struct reeve_message m = {
		.ordinal = SUPERVISOR_STARTED,
		.bytes = &told,
		.n_bytes = sizeof(told),
	};
	struct reeve_process_info self;
	int r;

	if (!reeve_self())
		return -EPERM;
	r = reeve_process_info(reeve_self(), &self);
	if (r)
		return r;
	return reeve_send_wait(self.parent, &m, -1);
}

/* ---- its children ---- */

static int request_send(reeve_pid supervisor, uint64_t ordinal,
			const void *bytes, size_t n, struct reeve_message **ret)
{
	const struct reeve_message request = {
		.ordinal = ordinal,
		.bytes = bytes,
		.n_bytes = n,
	};

	return reeve_call_to(supervisor, &request, -1, ret);
}

/* A request about a child; *ret_pid, which may be NULL, is its PID. */
static int child_request(reeve_pid supervisor, uint64_t ordinal,
			 const void *bytes, size_t n, reeve_pid *ret_pid)
{
	struct supervisor_answer answer = { .error = -EPROTO };
	struct reeve_message *m;
	int r;

	r = request_send(supervisor, ordinal, bytes, n, &m);
	if (r)
		return r;
	if (m->n_bytes == sizeof(answer))
		memcpy(&answer, m->bytes, sizeof(answer));
	reeve_message_free(m);
	if (!answer.error && ret_pid)
		*ret_pid = answer.pid;
	return answer.error;
}

int reeve_supervisor_start_child(reeve_pid supervisor,
				 const struct reeve_child_spec *spec,
				 reeve_pid *ret)
{
	struct child_piece *piece;
	int r;

	r = process_may_wait();
	if (!r)
		r = child_piece_new(spec, &piece);
	if (r)
		return r;
	r = reeve_defer(free, piece);
	if (r) {
		free(piece);
		return r;
	}
	r = child_request(supervisor, SUPERVISOR_START_CHILD, piece,
			  piece->size, ret);
	reeve_undefer(true);
	return r;
}

static int key_request(reeve_pid supervisor, uint64_t ordinal, const char *id,
		       reeve_pid *ret)
{
	struct supervisor_key key = {};

	if (!id || strlen(id) >= sizeof(key.id))
		return -ENOENT;
	memcpy(key.id, id, strlen(id));
	return child_request(supervisor, ordinal, &key, sizeof(key), ret);
}

int reeve_supervisor_stop_child(reeve_pid supervisor, const char *id)
{
	return key_request(supervisor, SUPERVISOR_STOP_CHILD, id, NULL);
}

int reeve_supervisor_stop_pid(reeve_pid supervisor, reeve_pid pid)
{
	const struct supervisor_key key = { .pid = pid };

	if (!pid)
		return -ENOENT;
	return child_request(supervisor, SUPERVISOR_STOP_CHILD, &key,
			     sizeof(key), NULL);
}

int reeve_supervisor_restart_child(reeve_pid supervisor, const char *id,
				   reeve_pid *ret)
{
	return key_request(supervisor, SUPERVISOR_RESTART_CHILD, id, ret);
}

int reeve_supervisor_delete_child(reeve_pid supervisor, const char *id)
{
	return key_request(supervisor, SUPERVISOR_DELETE_CHILD, id, NULL);
}

int reeve_supervisor_list_children(reeve_pid supervisor, uint64_t after,
				   size_t n, struct reeve_child_info *ret,
				   size_t *ret_n)
{
	struct supervisor_page page = { .after = after };
	struct reeve_message *m;
	size_t n_rows = 0, n_new = 0;
	int r;

	do {
		page.n = n - n_rows < SUPERVISOR_PAGE ? (uint32_t)(n - n_rows)
						      : SUPERVISOR_PAGE;
		r = request_send(supervisor, SUPERVISOR_LIST, &page,
				 sizeof(page), &m);
		if (r)
			return r;
		n_new = m->n_bytes / sizeof(*ret);
		if (n_new > page.n)
			n_new = page.n;
		memcpy(ret + n_rows, m->bytes, n_new * sizeof(*ret));
		reeve_message_free(m);
		n_rows += n_new;
		if (n_new)
			page.after = ret[n_rows - 1].serial;
	} while (n_new && n_rows < n);
	*ret_n = n_rows;
	return 0;
}

int reeve_supervisor_count_children(reeve_pid supervisor,
				    struct reeve_supervisor_count *ret)
{
	struct reeve_message *m;
	int r;

	r = request_send(supervisor, SUPERVISOR_COUNT, NULL, 0, &m);
	if (r)
		return r;
	if (m->n_bytes == sizeof(*ret))
		memcpy(ret, m->bytes, sizeof(*ret));
	else
		r = -EPROTO;
	reeve_message_free(m);
	return r;
}
