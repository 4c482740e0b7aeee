/*
 * Realm A: processes that send to "database". None of them knows which process
 * of B will serve it; each gets its answer itself.
 */
#include "../words.h"

enum {
	ROUNDS = 3,
	REPORTERS = 8,
};

/* By the name under which the main process has registered the connection. */
static void ask(const char *service, const char *words)
{
	const struct reeve_message request = words_of(words);
	struct reeve_message *answer;
	char text[128];
	int e;

	e = reeve_call_to(reeve_whereis(service), &request, TIMEOUT_MS,
			  &answer);
	if (e) {
		printf("%s: \"%s\": %s\n", service, words, strerror(-e));
		return;
	}
	words_copy(answer, text, sizeof(text));
	printf("process " REEVE_PID_FORMAT ": \"%s\" -> %s\n",
	       REEVE_PID_PARTS(reeve_self()), words, text);
	reeve_message_free(answer);
}

static void add_often(void *arg)
{
	char words[64];
	int i;

	snprintf(words, sizeof(words), "add %s 1", (const char *)arg);
	for (i = 0; i < ROUNDS; i++)
		ask("database", words);
}

static void report(void *arg)
{
	(void)arg;
	ask("reports", "how is business");
}

/* Open a service under a name. */
static reeve_pid service_open(struct reeve *r, const char *path)
{
	const struct reeve_spawn_options o = {
		.flags = REEVE_SPAWN_MONITOR,
		.name = strrchr(path, '/') + 1,
	};
	reeve_pid pid;
	int e = reeve_open_process(r, path, REEVE_PID_NONE, &o, &pid);

	if (e)
		reeve_fail("%s: %s", path, strerror(-e));
	printf("process " REEVE_PID_FORMAT " is \"%s\"\n", REEVE_PID_PARTS(pid),
	       o.name);
	return pid;
}

static void spawn(reeve_process_fn fn, const char *word)
{
	const struct reeve_spawn_options o = { .flags = REEVE_SPAWN_MONITOR };
	int e = reeve_spawn(fn, (void *)word, &o, NULL);

	if (e)
		reeve_fail("cannot spawn: %s", strerror(-e));
}

/* Wait for the end of something that is monitored. */
static struct reeve_notice wait_end(void)
{
	const struct reeve_match match = { .ordinal = REEVE_NOTICE_DOWN };
	struct reeve_notice notice;
	struct reeve_message *m;
	int e = reeve_next_match(&match, -1, &m);

	if (e)
		reeve_fail("%s", strerror(-e));
	memcpy(&notice, m->bytes, sizeof(notice));
	reeve_message_free(m);
	return notice;
}

/* Go on asking, until the other realm is gone. */
static void watch(reeve_pid database)
{
	struct reeve_notice notice;

	puts("watching");
	do
		notice = wait_end();
	while (notice.pid != database);
	printf("\"database\" has ended: %s, %s\n",
	       reeve_exit_reason_name(notice.reason),
	       reeve_status_name((int32_t)notice.reserved));
}

static void start(void *arg)
{
	static const char *const rows[] = { "apples", "pears", "plums",
					    "apples" };
	const size_t n = sizeof(rows) / sizeof(rows[0]);
	struct reeve *r = arg;
	reeve_pid database = service_open(r, DATABASE);
	size_t i;

	service_open(r, REPORTS);
	for (i = 0; i < n; i++)
		spawn(add_often, rows[i]);
	for (i = 0; i < n; i++)
		wait_end();
	for (i = 0; i < REPORTERS; i++)
		spawn(report, NULL);
	for (i = 0; i < REPORTERS; i++)
		wait_end();
	if (reeve_args(r)[0] && !strcmp(reeve_args(r)[0], "watch"))
		watch(database);
	puts("done");
}

int main(void)
{
	struct reeve *r;
	int reason;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("a: start me with reeve run\n", stderr);
		return 1;
	}
	reason = reeve_processes_run(NULL, start, r);
	reeve_leave(r);
	return reason ? 1 : 0;
}
