#include "supervisor_rig.h"

#include <stdio.h>
#include <string.h>

enum {
	EVENT = 1000,
	DEED,
	N_SEEDS = 25,
	PATIENCE_MS = 60000,
};

/* Whom events go to; set before anybody else runs. */
static reeve_pid story_pid;
static reeve_process_fn story_fn;
static bool is_seeded;

static void story_main(void *arg)
{
	(void)arg;
	story_pid = reeve_self();
	story_fn(NULL);
}

static void play_with(reeve_process_fn story,
		      const struct reeve_runtime_options *options)
{
	int r;

	story_fn = story;
	is_seeded = options->seed;
	r = reeve_processes_run(options, story_main, NULL);
	if (r)
		fprintf(stderr, "seed %lu: %d\n", (unsigned long)options->seed,
			r);
	assert_int_equal(r, REEVE_EXIT_NORMAL);
}

void play_seeded(reeve_process_fn story)
{
	uint64_t seed;

	for (seed = 1; seed <= N_SEEDS; seed++)
		play_with(story,
			  &(struct reeve_runtime_options){ .seed = seed });
}

void play(reeve_process_fn story)
{
	play_seeded(story);
	play_with(story, &(struct reeve_runtime_options){ .n_workers = 2 });
}

/* ---- events ---- */

void say(const char *format, ...)
{
	char text[96];
	struct reeve_message m = { .ordinal = EVENT, .bytes = text };
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	m.n_bytes = strlen(text) + 1;
	/* When the story is over nobody listens. */
	(void)reeve_send_to(story_pid, &m);
}

static void expect_one(const char *event, size_t n)
{
	const struct reeve_match match = { .ordinal = EVENT };
	struct reeve_message *m;

	if (reeve_next_match(&match, PATIENCE_MS, &m) < 0)
		reeve_fail("expected %.*s, and nothing came", (int)n, event);
	if (strlen(m->bytes) != n || strncmp(m->bytes, event, n) != 0)
		reeve_fail("expected %.*s, came %s", (int)n, event,
			   (const char *)m->bytes);
	reeve_message_free(m);
}

void expect(const char *events)
{
	size_t n, n_text, i;
	unsigned times;

	for (; *events; events += n + (events[n] == ' ')) {
		n = strcspn(events, " ");
		n_text = n;
		times = 1;
		if (sscanf(events, "%*[^* ]*%u", &times) == 1)
			n_text = strcspn(events, "*");
		for (i = 0; i < times; i++)
			expect_one(events, n_text);
	}
}

void expect_silence(void)
{
	const struct reeve_match match = { .ordinal = EVENT };
	struct reeve_message *m;

	REEVE_CHECK(is_seeded);
	if (reeve_next_match(&match, PATIENCE_MS, &m) == 0)
		reeve_fail("nothing was expected, %s came",
			   (const char *)m->bytes);
}

void say_report(const struct reeve_supervisor_report *report, void *userdata)
{
	(void)userdata;
	say("%s:%s:%d", report->id ? report->id : "",
	    reeve_supervisor_event_name(report->event), report->reason);
}

int end_of(reeve_pid pid)
{
	const struct reeve_match match = { .ordinal = REEVE_NOTICE_DOWN };
	const struct reeve_notice *notice;
	struct reeve_message *m;
	uint64_t monitor;

	REEVE_CHECK(reeve_monitor(pid, &monitor) == 0);
	REEVE_CHECK(reeve_next_match(&match, -1, &m) == 0);
	notice = m->bytes;
	REEVE_CHECK(notice->pid == pid && notice->reference == monitor);
	return notice->reason;
}

/* ---- children ---- */

static void say_end(void *arg)
{
	say("-%s", (const char *)arg);
}

static enum deed next_deed(void)
{
	const struct reeve_match match = { .ordinal = DEED };
	struct reeve_message *m;
	enum deed deed;

	REEVE_CHECK(reeve_next_match(&match, -1, &m) == 0);
	REEVE_CHECK(m->n_bytes == sizeof(deed));
	memcpy(&deed, m->bytes, sizeof(deed));
	reeve_message_free(m);
	return deed;
}

static void supervisor_let_go(void)
{
	struct reeve_process_info self;

	REEVE_CHECK(reeve_process_info(reeve_self(), &self) == 0);
	REEVE_CHECK(reeve_unlink(self.parent) == 0);
}

static void do_what_is_said(void)
{
	for (;;) {
		switch (next_deed()) {
		case RETURN:
			return;
		case CRASH:
			reeve_exit(REEVE_EXIT_OWN);
		case LET_GO:
			supervisor_let_go();
			return;
		case GO_ON:
		case REFUSE:
			break;
		}
	}
}

void child(void *arg)
{
	REEVE_CHECK(reeve_defer(say_end, arg) == 0);
	say("+%s", (const char *)arg);
	reeve_started(0);
	do_what_is_said();
}

void slow_child(void *arg)
{
	say("?%s", (const char *)arg);
	switch (next_deed()) {
	case REFUSE:
		reeve_started(-EIO);
		return;
	case CRASH:
		reeve_exit(REEVE_EXIT_OWN);
	default:
		child(arg);
	}
}

void stubborn_child(void *arg)
{
	const struct reeve_match exits = { .ordinal = REEVE_NOTICE_EXIT };
	struct reeve_message *m;

	reeve_trap_exit(true);
	REEVE_CHECK(reeve_defer(say_end, arg) == 0);
	say("+%s", (const char *)arg);
	reeve_started(0);
	while (reeve_next_match(&exits, -1, &m) == 0)
		say("!%s", (const char *)arg);
}

struct reeve_child_spec spec_of(reeve_process_fn fn, const char *name)
{
	return (struct reeve_child_spec){
		.id = name,
		.fn = fn,
		.arg = name,
		.name = name,
		.start_ms = -1,
	};
}

void do_to(const char *name, enum deed deed)
{
	const struct reeve_message m = {
		.ordinal = DEED,
		.bytes = &deed,
		.n_bytes = sizeof(deed),
	};

	REEVE_CHECK(reeve_send_to(reeve_whereis(name), &m) == 0);
}

void kill_named(const char *name)
{
	reeve_pid pid = reeve_whereis(name);

	REEVE_CHECK(pid != REEVE_PID_NONE);
	REEVE_CHECK(reeve_kill(pid, REEVE_EXIT_KILLED) == 0);
	end_of(pid);
}
