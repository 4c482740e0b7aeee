/*
 * The supervisor's process.
 *
 * Each turn deals with one thing: its own end, then a child that has ended,
 * then a message, then a restart that failed before. Whatever takes time ends
 * in child_start() and child_stop(), which listen to the children meanwhile and
 * leave requests where they are.
 *
 * All memory hangs on one struct supervisor, which is freed by what was
 * deferred: a supervisor can be killed at any call.
 */
#include "process/supervisor.h"

#include <errno.h>
#include <string.h>

/* ---- intensity ---- */

void intensity_expire(struct intensity *in, uint64_t timer)
{
	uint32_t i;

	for (i = 0; i < in->n; i++)
		if (in->timers[(in->first + i) % in->max] == timer)
			break;
	if (i == in->n)
		return;
	/* Those before it are older: some had no timer. */
	in->first = (in->first + i + 1) % in->max;
	in->n -= i + 1;
}

bool intensity_allow(struct supervisor *s)
{
	const struct reeve_match timers = { .ordinal = REEVE_NOTICE_TIMER };
	struct intensity *in = &s->intensity;
	struct reeve_message *m;
	uint64_t timer;

	while (reeve_next_match(&timers, 0, &m) == 0) {
		supervisor_note(s, m);
		reeve_message_free(m);
	}
	if (in->n == in->max)
		return false;
	if (reeve_notify_after((int)in->period_ms, &timer) < 0)
		timer = 0;
	in->timers[(in->first + in->n++) % in->max] = timer;
	return true;
}

/* ---- restarts ---- */

static struct child *child_after(struct supervisor *s, struct child *c)
{
	return c->link.next == &s->children
		       ? NULL
		       : list_entry(c->link.next, struct child, link);
}

/* End all from the last one to @first, which is included. */
static void stop_from(struct supervisor *s, struct child *first,
		      bool is_for_good)
{
	struct list *at, *previous;
	bool is_first = false;

	for (at = s->children.previous; !is_first; at = previous) {
		struct child *c = list_entry(at, struct child, link);

		is_first = c == first;
		previous = at->previous;
		child_stop(s, c);
		/* It is not started again, not even with others. */
		if (is_for_good || c->spec->restart == REEVE_RESTART_TEMPORARY)
			child_remove(s, c);
	}
}

static void start_from(struct supervisor *s, struct child *c)
{
	for (; c && !s->is_ending; c = child_after(s, c)) {
		if (child_start(s, c) == 0)
			continue;
		/* The others follow it when it is tried again. */
		child_set_retry(s, c);
		return;
	}
}

/* @c does not run, and is not a temporary one. */
static void restart(struct supervisor *s, struct child *c)
{
	struct child *first = c;

	child_set_idle(c);
	if (!intensity_allow(s)) {
		supervisor_tell(s, REEVE_SUPERVISOR_GAVE_UP, c,
				REEVE_EXIT_RESTARTS);
		s->is_ending = true;
		s->reason = REEVE_EXIT_RESTARTS;
		return;
	}
	switch (s->strategy) {
	case REEVE_ONE_FOR_ONE:
		if (child_start(s, c) < 0)
			child_set_retry(s, c);
		return;
	case REEVE_ALL_FOR_ONE:
		first = list_first(&s->children, struct child, link);
		break;
	case REEVE_REST_FOR_ONE:
		break;
	}
	stop_from(s, first, false);
	/* The first one may have been a temporary one. */
	if (s->strategy == REEVE_ALL_FOR_ONE)
		first = list_first(&s->children, struct child, link);
	start_from(s, first);
}

static bool is_failure(int reason)
{
	return reason != REEVE_EXIT_NORMAL && reason != REEVE_EXIT_SHUTDOWN;
}

static void on_ended(struct supervisor *s, struct child *c)
{
	supervisor_tell(s, REEVE_CHILD_ENDED, c, c->reason);
	switch (c->spec->restart) {
	case REEVE_RESTART_PERMANENT:
		break;
	case REEVE_RESTART_TRANSIENT:
		if (is_failure(c->reason))
			break;
		child_set_idle(c);
		return;
	case REEVE_RESTART_TEMPORARY:
		child_remove(s, c);
		return;
	}
	restart(s, c);
}

/* ---- requests ---- */

static void answer(struct supervisor *s, const struct reeve_message *request,
		   const void *bytes, size_t n)
{
	/* Who asked waits for this, or for our end. */
	if (reeve_answer(request, bytes, n) == -ENOMEM) {
		s->is_ending = true;
		s->reason = REEVE_EXIT_NO_MEMORY;
	}
}

static int on_start_child(struct supervisor *s, const struct reeve_message *m,
			  reeve_pid *ret)
{
	const struct child_piece *spec = m->bytes;
	struct child *c;
	int r;

	if (m->n_bytes < sizeof(*spec) || m->n_bytes != spec->size)
		return -EINVAL;
	r = child_add(s, spec, &c);
	if (r)
		return r;
	r = child_start(s, c);
	if (r) {
		child_remove(s, c);
		return r;
	}
	*ret = c->pid;
	return 0;
}

static int on_stop_child(struct supervisor *s, struct child *c, reeve_pid *ret)
{
	(void)ret;
	child_stop(s, c);
	if (c->spec->restart == REEVE_RESTART_TEMPORARY)
		child_remove(s, c);
	return 0;
}

static int on_restart_child(struct supervisor *s, struct child *c,
			    reeve_pid *ret)
{
	int r;

	if (c->state != CHILD_IDLE)
		return -EBUSY;
	r = child_start(s, c);
	if (!r)
		*ret = c->pid;
	return r;
}

static int on_delete_child(struct supervisor *s, struct child *c,
			   reeve_pid *ret)
{
	(void)ret;
	if (c->state != CHILD_IDLE)
		return -EBUSY;
	child_remove(s, c);
	return 0;
}

static const struct {
	uint64_t ordinal;
	int (*fn)(struct supervisor *s, struct child *c, reeve_pid *ret);
} child_requests[] = {
	{ SUPERVISOR_STOP_CHILD, on_stop_child },
	{ SUPERVISOR_RESTART_CHILD, on_restart_child },
	{ SUPERVISOR_DELETE_CHILD, on_delete_child },
};

static int on_child_request(struct supervisor *s, const struct reeve_message *m,
			    reeve_pid *ret)
{
	struct child *c;
	size_t i;

	if (m->n_bytes != sizeof(struct supervisor_key))
		return -EINVAL;
	c = child_find(s, m->bytes);
	if (!c)
		return -ENOENT;
	for (i = 0; i < N_ELEMENTS(child_requests); i++)
		if (child_requests[i].ordinal == m->ordinal)
			return child_requests[i].fn(s, c, ret);
	return -EINVAL;
}

static void child_describe(const struct child *c, struct reeve_child_info *ret)
{
	*ret = (struct reeve_child_info){
		.serial = c->serial,
		.pid = c->state == CHILD_RUNNING ? c->pid : REEVE_PID_NONE,
		.restart = c->spec->restart,
		.is_supervisor = c->spec->supervisor_at,
		.is_restarting = c->state == CHILD_RETRY,
	};
	memcpy(ret->id, c->id, sizeof(ret->id));
}

static void on_list(struct supervisor *s, const struct reeve_message *m)
{
	const struct supervisor_page *page = m->bytes;
	struct reeve_child_info rows[SUPERVISOR_PAGE];
	struct child *c = s->listed;
	size_t n = 0;

	if (!c || c->serial > page->after)
		c = list_first(&s->children, struct child, link);
	while (c && c->serial <= page->after)
		c = child_after(s, c);
	for (; c && n < page->n && n < SUPERVISOR_PAGE; c = child_after(s, c)) {
		child_describe(c, &rows[n++]);
		s->listed = c;
	}
	answer(s, m, rows, n * sizeof(*rows));
}

static void on_count(struct supervisor *s, const struct reeve_message *m)
{
	struct reeve_supervisor_count count = { .n_children = s->n_children };
	struct child *c;

	list_for_each (c, &s->children, link) {
		count.n_running += c->state == CHILD_RUNNING;
		count.n_supervisors += !!c->spec->supervisor_at;
	}
	count.n_workers = count.n_children - count.n_supervisors;
	answer(s, m, &count, sizeof(count));
}

static void on_message(struct supervisor *s, const struct reeve_message *m)
{
	struct supervisor_answer told = {};

	switch (m->ordinal) {
	case REEVE_NOTICE_EXIT:
	case REEVE_NOTICE_DOWN:
	case REEVE_NOTICE_TIMER:
	case SUPERVISOR_STARTED:
		supervisor_note(s, m);
		return;
	case SUPERVISOR_LIST:
		on_list(s, m);
		return;
	case SUPERVISOR_COUNT:
		on_count(s, m);
		return;
	case SUPERVISOR_STOP:
		s->is_ending = true;
		s->reason = REEVE_EXIT_SHUTDOWN;
		return;
	case SUPERVISOR_START_CHILD:
		told.error = on_start_child(s, m, &told.pid);
		break;
	case SUPERVISOR_STOP_CHILD:
	case SUPERVISOR_RESTART_CHILD:
	case SUPERVISOR_DELETE_CHILD:
		told.error = on_child_request(s, m, &told.pid);
		break;
	default:
		return;
	}
	answer(s, m, &told, sizeof(told));
}

/* ---- life ---- */

static void supervisor_free(void *arg)
{
	struct supervisor *s = arg;
	struct child *c, *next;

	list_for_each_safe (c, next, &s->children, link) {
		if (c->state == CHILD_RUNNING)
			map_unlink(&s->by_pid, &c->by_pid);
		child_remove(s, c);
	}
	map_fini(&s->by_id);
	map_fini(&s->by_pid);
	free(s->intensity.timers);
	free(s);
}

static struct supervisor *supervisor_new(const struct supervisor_piece *spec)
{
	struct supervisor *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->strategy = spec->strategy;
	s->report = spec->report;
	s->userdata = spec->userdata;
	s->parent = spec->parent;
	s->intensity.max = spec->max_restarts;
	s->intensity.period_ms = spec->period_ms;
	list_init(&s->children);
	list_init(&s->ended);
	list_init(&s->retry);
	s->intensity.timers =
		calloc(spec->max_restarts + 1, sizeof(*s->intensity.timers));
	if (s->intensity.timers && reeve_defer(supervisor_free, s) == 0)
		return s;
	free(s->intensity.timers);
	free(s);
	return NULL;
}

static int supervisor_start_all(struct supervisor *s,
				const struct supervisor_piece *spec)
{
	const char *at = piece_at(spec, spec->children_at);
	struct child *c;
	uint32_t i;
	int r;

	for (i = 0; i < spec->n_children; i++) {
		const struct child_piece *piece = (const void *)at;

		r = child_add(s, piece, &c);
		if (r)
			return r;
		r = child_start(s, c);
		if (r)
			return r;
		if (s->is_ending)
			return -ECANCELED;
		at += piece->size;
	}
	return 0;
}

static void supervisor_stop_all(struct supervisor *s)
{
	if (!list_is_empty(&s->children))
		stop_from(s, list_first(&s->children, struct child, link),
			  true);
}

/* It could not start. Its parent hears of that, and of nothing else. */
static _Noreturn void supervisor_fail(reeve_pid parent, int error)
{
	/* If that cannot be told, the end is. */
	if (reeve_started(error) == 0)
		reeve_unlink(parent);
	reeve_exit(REEVE_EXIT_NORMAL);
}

static void supervisor_turn(struct supervisor *s)
{
	struct reeve_message *m;
	int timeout_ms = list_is_empty(&s->retry) ? -1 : 0;
	int r;

	if (!list_is_empty(&s->ended)) {
		on_ended(s, list_first(&s->ended, struct child, wait));
		return;
	}
	r = reeve_next(timeout_ms, &m);
	if (r == 0) {
		on_message(s, m);
		reeve_message_free(m);
	} else if (timeout_ms) {
		reeve_exit(REEVE_EXIT_NO_MEMORY);
	}
	if (!list_is_empty(&s->retry) && list_is_empty(&s->ended) &&
	    !s->is_ending)
		restart(s, list_first(&s->retry, struct child, wait));
}

void supervisor_main(void *arg)
{
	const struct supervisor_piece *spec = arg;
	struct supervisor *s;
	int r;

	s = supervisor_new(spec);
	if (!s)
		supervisor_fail(spec->parent, -ENOMEM);
	r = supervisor_start_all(s, spec);
	if (!r)
		r = reeve_started(0);
	if (r) {
		supervisor_stop_all(s);
		supervisor_fail(spec->parent, r);
	}
	while (!s->is_ending)
		supervisor_turn(s);
	supervisor_stop_all(s);
	reeve_exit(s->reason);
}
