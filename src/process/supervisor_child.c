/*
 * One child of a supervisor.
 *
 * While the supervisor waits for one child it takes in what is said about all
 * of them, so every notice is looked at once, however many there are. What has
 * to be done about the others waits in the list @ended until it is their turn.
 *
 * A child is linked with its supervisor: both learn of each other's end. To end
 * one it is monitored as well, for it could have undone the link. Notices of
 * those that are not in the table any more are ignored, so nothing has to be
 * taken back.
 */
#include "process/supervisor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ASK_TIMES = 100 };

void supervisor_tell(struct supervisor *s, enum reeve_supervisor_event event,
		     const struct child *c, int reason)
{
	struct reeve_supervisor_report report = {
		.event = event,
		.supervisor = reeve_self(),
		.reason = reason,
	};

	if (!s->report)
		return;
	if (c) {
		report.child = c->pid;
		report.id = c->id;
	}
	s->report(&report, s->userdata);
}

/* ---- the table ---- */

static uint64_t pid_hash(reeve_pid pid)
{
	return map_hash(&pid, sizeof(pid));
}

static struct child *child_of_pid(struct supervisor *s, reeve_pid pid)
{
	struct map_node *node = map_find(&s->by_pid, pid_hash(pid));

	for (; node; node = map_next(node)) {
		struct child *c = container_of(node, struct child, by_pid);

		if (c->pid == pid)
			return c;
	}
	return NULL;
}

static struct child *child_of_id(struct supervisor *s, const char *id)
{
	struct map_node *node = map_find(&s->by_id, map_hash_string(id));

	for (; node; node = map_next(node)) {
		struct child *c = container_of(node, struct child, by_id);

		if (!strcmp(c->id, id))
			return c;
	}
	return NULL;
}

struct child *child_find(struct supervisor *s, const struct supervisor_key *key)
{
	return key->pid ? child_of_pid(s, key->pid) : child_of_id(s, key->id);
}

static void child_free(struct child *take_c)
{
	free(take_c->spec);
	free(take_c);
}

static struct child *child_new(const struct child_piece *spec)
{
	struct child *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->spec = malloc(spec->size);
	if (!c->spec) {
		free(c);
		return NULL;
	}
	memcpy(c->spec, spec, spec->size);
	list_init(&c->link);
	list_init(&c->wait);
	return c;
}

int child_add(struct supervisor *s, const struct child_piece *spec,
	      struct child **ret)
{
	const char *id = piece_at(spec, spec->id_at);
	struct child *c = child_new(spec);

	if (!c)
		return -ENOMEM;
	c->serial = s->last_serial + 1;
	if (id)
		snprintf(c->id, sizeof(c->id), "%s", id);
	else
		snprintf(c->id, sizeof(c->id), "#%llu",
			 (unsigned long long)c->serial);
	if (child_of_id(s, c->id)) {
		child_free(c);
		return -EEXIST;
	}
	if (map_link(&s->by_id, &c->by_id, map_hash_string(c->id))) {
		child_free(c);
		return -ENOMEM;
	}
	list_link(&s->children, &c->link);
	s->last_serial = c->serial;
	s->n_children++;
	*ret = c;
	return 0;
}

void child_remove(struct supervisor *s, struct child *take_c)
{
	child_set_idle(take_c);
	if (s->listed == take_c)
		s->listed = NULL;
	map_unlink(&s->by_id, &take_c->by_id);
	list_unlink(&take_c->link);
	s->n_children--;
	child_free(take_c);
}

void child_set_idle(struct child *c)
{
	list_unlink(&c->wait);
	c->state = CHILD_IDLE;
	c->pid = REEVE_PID_NONE;
}

void child_set_retry(struct supervisor *s, struct child *c)
{
	child_set_idle(c);
	c->state = CHILD_RETRY;
	list_link(&s->retry, &c->wait);
}

/* ---- what is heard ---- */

static void child_has_ended(struct supervisor *s, struct child *c, int reason)
{
	map_unlink(&s->by_pid, &c->by_pid);
	c->state = CHILD_ENDED;
	c->reason = reason;
	list_link(&s->ended, &c->wait);
}

static void note_end(struct supervisor *s, const struct reeve_notice *notice)
{
	struct child *c = child_of_pid(s, notice->pid);

	if (c) {
		child_has_ended(s, c, notice->reason);
	} else if (notice->pid == s->parent) {
		s->is_ending = true;
		s->reason = notice->reason;
	}
}

static void note_started(struct supervisor *s, const struct reeve_message *m)
{
	struct child *c = child_of_pid(s, reeve_message_sender(m));
	int32_t error;

	if (!c || m->n_bytes != sizeof(error))
		return;
	memcpy(&error, m->bytes, sizeof(error));
	c->is_started = true;
	c->start_error = error;
}

void supervisor_note(struct supervisor *s, const struct reeve_message *m)
{
	const struct reeve_notice *notice = m->bytes;

	if (m->ordinal == SUPERVISOR_STARTED) {
		note_started(s, m);
	} else if (m->ordinal == REEVE_NOTICE_TIMER) {
		if (s->deadline && notice->reference == s->deadline)
			s->is_late = true;
		else
			intensity_expire(&s->intensity, notice->reference);
	} else {
		note_end(s, notice);
	}
}

static bool is_for_waiting(const struct reeve_message *m, void *arg)
{
	(void)arg;
	return m->ordinal == REEVE_NOTICE_EXIT ||
	       m->ordinal == REEVE_NOTICE_DOWN ||
	       m->ordinal == REEVE_NOTICE_TIMER ||
	       m->ordinal == SUPERVISOR_STARTED;
}

static void supervisor_listen(struct supervisor *s)
{
	const struct reeve_match match = { .fn = is_for_waiting };
	struct reeve_message *m;

	/* Without memory for this there is none for anything. */
	if (reeve_next_match(&match, -1, &m) < 0)
		reeve_exit(REEVE_EXIT_NO_MEMORY);
	supervisor_note(s, m);
	reeve_message_free(m);
}

/* From now on; -1: none. Without memory for a timer the time is over. */
static void deadline_set(struct supervisor *s, int timeout_ms)
{
	s->deadline = 0;
	s->is_late = false;
	if (timeout_ms >= 0 && reeve_notify_after(timeout_ms, &s->deadline) < 0)
		s->is_late = true;
}

static void deadline_clear(struct supervisor *s)
{
	if (s->deadline)
		reeve_cancel_timer(s->deadline);
	s->deadline = 0;
}

/* ---- starting ---- */

static int child_spawn(struct supervisor *s, struct child *c, reeve_pid *ret)
{
	struct child_piece *spec = c->spec;
	struct supervisor_piece *nested = piece_at(spec, spec->supervisor_at);
	void *copied = piece_at(spec, spec->arg_at);
	struct reeve_spawn_options options = {
		.flags = REEVE_SPAWN_LINK,
		.mailbox = spec->mailbox,
		.stack_size = spec->stack_size,
		.arg_size = spec->arg_size,
		.name = piece_at(spec, spec->name_at),
	};

	if (spec->handler) {
		options.arg_size = 0;
		return reeve_spawn_handler(spec->handler, copied,
					   spec->arg_size, &options, ret);
	}
	if (!nested)
		return reeve_spawn(spec->fn,
				   copied ? copied : (void *)spec->arg,
				   &options, ret);
	options.flags |= REEVE_SPAWN_TRAP_EXIT;
	options.arg_size = nested->size;
	nested->parent = reeve_self();
	if (!nested->report) {
		nested->report = s->report;
		nested->userdata = s->userdata;
	}
	return reeve_spawn(supervisor_main, nested, &options, ret);
}

/* Wait until it says that it is ready. */
static int child_wait_started(struct supervisor *s, struct child *c)
{
	int error;

	deadline_set(s, c->spec->start_ms);
	while (!c->is_started && c->state == CHILD_RUNNING && !s->is_late &&
	       !s->is_ending)
		supervisor_listen(s);
	deadline_clear(s);
	if (c->is_started && !c->start_error)
		return 0;
	error = c->is_started		    ? c->start_error
		: c->state != CHILD_RUNNING ? -ESRCH
		: s->is_late		    ? -ETIMEDOUT
					    : -ECANCELED;
	child_stop(s, c);
	return error;
}

int child_start(struct supervisor *s, struct child *c)
{
	int r;

	c->is_started = false;
	c->start_error = 0;
	r = child_spawn(s, c, &c->pid);
	if (r)
		goto failed;
	if (map_link(&s->by_pid, &c->by_pid, pid_hash(c->pid))) {
		reeve_kill(c->pid, REEVE_EXIT_KILLED);
		c->pid = REEVE_PID_NONE;
		r = -ENOMEM;
		goto failed;
	}
	c->state = CHILD_RUNNING;
	r = c->spec->start_ms ? child_wait_started(s, c) : 0;
	if (r)
		goto failed;
	supervisor_tell(s, REEVE_CHILD_STARTED, c, 0);
	return 0;
failed:
	supervisor_tell(s, REEVE_CHILD_FAILED, c, r);
	return r;
}

/* ---- ending ---- */

/* Nobody else would ask it: memory is waited for. */
static void child_ask(const struct child *c, int reason)
{
	int n;

	for (n = 0; n < ASK_TIMES; n++) {
		if (reeve_kill(c->pid, reason) != -ENOMEM)
			return;
		reeve_sleep(1);
	}
}

/* Ask or kill it; true if it has ended in time. */
static bool child_end_within(struct supervisor *s, struct child *c, int reason,
			     int timeout_ms)
{
	child_ask(c, reason);
	deadline_set(s, timeout_ms);
	while (c->state == CHILD_RUNNING && !s->is_late)
		supervisor_listen(s);
	deadline_clear(s);
	return c->state != CHILD_RUNNING;
}

static void child_end(struct supervisor *s, struct child *c)
{
	int shutdown_ms = c->spec->shutdown_ms;

	if (shutdown_ms != REEVE_SHUTDOWN_KILL) {
		if (child_end_within(s, c, REEVE_EXIT_SHUTDOWN, shutdown_ms))
			return;
		supervisor_tell(s, REEVE_CHILD_KILLED, c, REEVE_EXIT_SHUTDOWN);
	}
	if (child_end_within(s, c, REEVE_EXIT_KILLED, REEVE_KILL_WAIT_MS))
		return;
	supervisor_tell(s, REEVE_CHILD_LEFT, c, REEVE_EXIT_KILLED);
	reeve_unlink(c->pid);
	map_unlink(&s->by_pid, &c->by_pid);
	child_set_idle(c);
}

void child_stop(struct supervisor *s, struct child *c)
{
	uint64_t monitor = 0;

	if (c->state == CHILD_RUNNING) {
		/* Without memory for it the link has to do. */
		if (reeve_monitor(c->pid, &monitor) < 0)
			monitor = 0;
		child_end(s, c);
		if (monitor)
			reeve_unmonitor(monitor);
	}
	if (c->state == CHILD_ENDED)
		supervisor_tell(s, REEVE_CHILD_STOPPED, c, c->reason);
	child_set_idle(c);
}
