/*
 * A realm of processes that ask a service.
 *
 * asker PATH SCRIPT...: each script is a process; its commands are separated by
 * semicolons, its lines begin with its number. All send to one port, or, after
 * "own", to one that only this process has.
 *
 *	call N WORDS	N calls, one after the other
 *	wait FILE	until the story has made it
 *	mute N WORDS	send so many on a channel, and read nothing
 *	read		the answers to these
 *	watch		until the connection has ended; why
 *	say TEXT
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <reeve.h>
#include <reeve/router.h>

enum {
	TIMEOUT_MS = 60000,
	/* Failures to send, one after the other, that mean that it is full. */
	FULL = 50,
};

struct asker {
	struct reeve *r;
	int number;
	const char *script;
	reeve_pid port;
	struct reeve_channel *channel;
	int n_sent;
};

static struct reeve_message request_of(const char *words)
{
	return (struct reeve_message){ .ordinal = 77,
				       .bytes = words,
				       .n_bytes = strlen(words) };
}

static void act_call(struct asker *a, const char *operands)
{
	const char *words = strchr(operands, ' ') + 1;
	const struct reeve_message request = request_of(words);
	struct reeve_message *answer;
	int e, n = (int)strtol(operands, NULL, 10);

	while (n--) {
		e = reeve_call_to(a->port, &request, TIMEOUT_MS, &answer);
		if (e) {
			printf("%d: %s: %s\n", a->number, words, strerror(-e));
			continue;
		}
		printf("%d: %s -> %.*s\n", a->number, words,
		       (int)answer->n_bytes, (const char *)answer->bytes);
		reeve_message_free(answer);
	}
}

static void act_wait(struct asker *a, const char *operands)
{
	char path[128];

	(void)a;
	snprintf(path, sizeof(path), "/pkg/%s", operands);
	while (access(path, F_OK) < 0)
		reeve_sleep(10);
}

static void act_mute(struct asker *a, const char *operands)
{
	struct reeve_message request = request_of(strchr(operands, ' ') + 1);
	int most = (int)strtol(operands, NULL, 10), n_failed = 0;

	while (a->n_sent < most && n_failed < FULL) {
		request.txid = (uint32_t)a->n_sent + 1;
		if (reeve_send(a->channel, &request) == 0) {
			a->n_sent++;
			n_failed = 0;
		} else {
			n_failed++;
			reeve_sleep(5);
		}
	}
	printf("%d: sent %d\n", a->number, a->n_sent);
}

static void act_read(struct asker *a, const char *operands)
{
	struct reeve_message *answer;
	int n = 0;

	(void)operands;
	while (n < a->n_sent &&
	       reeve_receive(a->channel, TIMEOUT_MS, &answer) == 0) {
		n++;
		reeve_message_free(answer);
	}
	printf("%d: read %d\n", a->number, n);
}

static void act_watch(struct asker *a, const char *operands)
{
	const struct reeve_match match = { .ordinal = REEVE_NOTICE_DOWN };
	struct reeve_notice notice;
	struct reeve_message *m;

	(void)operands;
	if (reeve_monitor(a->port, NULL) < 0 ||
	    reeve_next_match(&match, TIMEOUT_MS, &m) < 0)
		return;
	memcpy(&notice, m->bytes, sizeof(notice));
	reeve_message_free(m);
	printf("%d: ended: %s, %s\n", a->number,
	       reeve_exit_reason_name(notice.reason),
	       reeve_status_name((int32_t)notice.reserved));
}

static void act_say(struct asker *a, const char *operands)
{
	printf("%d: %s\n", a->number, operands);
}

static const struct {
	const char *verb;
	void (*act)(struct asker *a, const char *operands);
} commands[] = {
	{ "call ", act_call }, { "wait ", act_wait }, { "mute ", act_mute },
	{ "read", act_read },  { "say ", act_say },   { "watch", act_watch },
};

static void command_run(struct asker *a, const char *command)
{
	size_t i, n;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		n = strlen(commands[i].verb);
		if (!strncmp(command, commands[i].verb, n)) {
			commands[i].act(a, command + n);
			return;
		}
	}
	printf("%d: what is %s?\n", a->number, command);
}

static void ask(void *arg)
{
	struct asker *a = arg;
	char script[1024], *at, *command;

	snprintf(script, sizeof(script), "%s", a->script);
	for (command = strtok_r(script, ";", &at); command;
	     command = strtok_r(NULL, ";", &at))
		command_run(a, command + strspn(command, " "));
}

/* What the script needs; only this process opens anything. */
static void asker_start(struct asker a, reeve_pid shared)
{
	const struct reeve_spawn_options monitored = {
		.flags = REEVE_SPAWN_MONITOR,
		.arg_size = sizeof(a),
	}, alone = { .flags = REEVE_SPAWN_MONITOR };
	const char *path = reeve_args(a.r)[0];

	a.port = shared;
	if (!strncmp(a.script, "own;", 4)) {
		a.script += 4;
		REEVE_CHECK(reeve_open_process(a.r, path, REEVE_PID_NONE,
					       &alone, &a.port) == 0);
	}
	if (strstr(a.script, "mute "))
		REEVE_CHECK(reeve_open(a.r, path, &a.channel) == 0);
	REEVE_CHECK(reeve_spawn(ask, &a, &monitored, NULL) == 0);
}

static void start(void *arg)
{
	struct reeve *r = arg;
	const char *const *args = reeve_args(r);
	const struct reeve_spawn_options alone = {
		.flags = REEVE_SPAWN_MONITOR
	};
	reeve_pid shared;
	int i;

	REEVE_CHECK(reeve_open_process(r, args[0], REEVE_PID_NONE, &alone,
				       &shared) == 0);
	for (i = 1; args[i]; i++)
		asker_start((struct asker){ .r = r,
					    .number = i,
					    .script = args[i] },
			    shared);
	/* Until it is asked to stop, like any component. */
	while (!reeve_is_stopping(r)) {
		reeve_wait_fd(reeve_fd(r), POLLIN, -1, NULL);
		reeve_dispatch(r);
	}
}

int main(void)
{
	struct reeve *r;
	int reason;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0)
		return 1;
	reason = reeve_processes_run(NULL, start, r);
	reeve_leave(r);
	return reason;
}
