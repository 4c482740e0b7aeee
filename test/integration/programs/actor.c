/*
 * A component that does what its arguments say, one command after the other:
 * the stories write their programs in their manifests.
 *
 * Each argument is one command: a verb and its operands, separated by blanks;
 * the last operand may contain blanks. What happens is printed a line at a
 * time, so that it can be read in the manager's journal.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <reeve/realm.h>

#include "actor.h"

enum { FDS_MAX = 64 };

void say(const char *what, int e)
{
	printf("%s: %s\n", what,
	       e > 0 ? reeve_realm_error_name(e) : strerror(-e));
}

void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static void act_say(struct actor *a, char *const *o)
{
	(void)a;
	puts(o[0]);
}

static void act_exit(struct actor *a, char *const *o)
{
	(void)a;
	fflush(stdout);
	_exit((int)strtol(o[0], NULL, 10));
}

static void act_kill(struct actor *a, char *const *o)
{
	int n = (int)strtol(o[0], NULL, 10);

	(void)a;
	fflush(stdout);
	signal(n, SIG_DFL);
	/* The first task of a PID namespace would survive its own signal. */
	raise(n);
	abort();
}

static void act_sleep(struct actor *a, char *const *o)
{
	(void)a;
	sleep_ms(strtol(o[0], NULL, 10));
}

static void be_deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;)
		sleep_ms(1000);
}

/* Neither reads its channels nor minds signals. */
static void act_deaf(struct actor *a, char *const *o)
{
	(void)a;
	(void)o;
	puts("deaf");
	be_deaf();
}

/* litter N: deaf tasks that outlive us */
static void act_litter(struct actor *a, char *const *o)
{
	long n = strtol(o[0], NULL, 10);

	(void)a;
	while (n--) {
		if (fork())
			continue;
		setsid();
		be_deaf();
	}
	puts("littered");
}

static void on_stop_save(struct reeve *r, void *userdata)
{
	(void)userdata;
	puts("saving");
	sleep_ms(200);
	puts("saved");
	reeve_quit(r, 0);
}

static void act_save(struct actor *a, char *const *o)
{
	(void)o;
	reeve_on_stop(a->r, on_stop_save, a);
}

static void on_term(int n)
{
	(void)n;
	_exit(write(1, "terminated\n", 11) == 11 ? 0 : 1);
}

/* Ignores the lifecycle channel, ends at SIGTERM. */
static void act_until_term(struct actor *a, char *const *o)
{
	(void)a;
	(void)o;
	signal(SIGTERM, on_term);
	puts("waiting for SIGTERM");
	for (;;)
		sleep_ms(1000);
}

/* Shut down every channel we have: outgoing, lifecycle, namespace. */
static void act_shut(struct actor *a, char *const *o)
{
	int fd, n = 0;

	(void)a;
	(void)o;
	for (fd = 3; fd < FDS_MAX; fd++)
		n += shutdown(fd, SHUT_RDWR) == 0;
	printf("shut %d\n", n);
}

static void act_sh(struct actor *a, char *const *o)
{
	int status;

	(void)a;
	fflush(stdout);
	status = system(o[0]);
	printf("sh %d\n", status < 0	      ? -1
			  : WIFEXITED(status) ? WEXITSTATUS(status)
					      : 128 + WTERMSIG(status));
}

/* Is this one of the first @times runs that ask? Counted in @file. */
static bool is_early_run(const char *file, const char *times)
{
	int fd = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct stat st;
	bool early;

	if (fd < 0 || fstat(fd, &st) < 0) {
		say(file, -errno);
		return false;
	}
	early = st.st_size < strtol(times, NULL, 10) && write(fd, "x", 1) == 1;
	close(fd);
	return early;
}

/* crash-times FILE N: abort the first N times */
static void act_crash_times(struct actor *a, char *const *o)
{
	(void)a;
	if (is_early_run(o[0], o[1]))
		abort();
}

/* exit-times FILE N STATUS: end with it the first N times */
static void act_exit_times(struct actor *a, char *const *o)
{
	if (is_early_run(o[0], o[1]))
		act_exit(a, o + 2);
}

static void on_lost(struct reeve *r, const char *path, void *userdata)
{
	(void)r;
	(void)userdata;
	printf("lost %s\n", path);
}

/* Print what was lost, while the loop runs. */
static void act_on_lost(struct actor *a, char *const *o)
{
	(void)o;
	reeve_on_lost(a->r, on_lost, a);
}

static void act_print(struct actor *a, char *const *o)
{
	long n = strtol(o[0], NULL, 10), i;

	(void)a;
	for (i = 0; n < 0 || i < n; i++)
		printf("line %ld %s\n", i, o[1]);
}

static void act_arguments(struct actor *a, char *const *o)
{
	const char *const *args;

	(void)o;
	printf("I am %s of %s\n", reeve_moniker(a->r), reeve_url(a->r));
	for (args = reeve_args(a->r); *args; args++)
		printf("argument %s\n", *args);
}

static const struct act {
	const char *name;
	int n_operands;
	act_fn fn;
} acts[] = {
	{ "arguments", 0, act_arguments },
	{ "bind", 2, act_bind },
	{ "call", 1, act_call },
	{ "call-held", 1, act_call_held },
	{ "children", 1, act_children },
	{ "close", 0, act_close },
	{ "connect", 1, act_connect },
	{ "count-grants", 0, act_count_grants },
	{ "crash-times", 2, act_crash_times },
	{ "create", 3, act_create },
	{ "create-with", 4, act_create_with },
	{ "cut", 1, act_cut },
	{ "cycle", 2, act_cycle },
	{ "deaf", 0, act_deaf },
	{ "derive", 1, act_derive },
	{ "destroy", 2, act_destroy },
	{ "drop-held", 0, act_drop_held },
	{ "exit", 1, act_exit },
	{ "exit-times", 3, act_exit_times },
	{ "exposed", 2, act_exposed },
	{ "flood", 2, act_flood },
	{ "grant", 3, act_grant },
	{ "grant-many", 4, act_grant_many },
	{ "grants", 0, act_grants },
	{ "hold", 2, act_hold },
	{ "hold-in", 2, act_hold_in },
	{ "id", 0, act_id },
	{ "in", 1, act_in },
	{ "keep", 1, act_keep },
	{ "kill", 1, act_kill },
	{ "limit", 3, act_limit },
	{ "list", 1, act_list },
	{ "list-in", 1, act_list_in },
	{ "litter", 1, act_litter },
	{ "obey", 0, act_obey },
	{ "on-lost", 0, act_on_lost },
	{ "open", 1, act_open },
	{ "open-directory", 1, act_open_directory },
	{ "plain", 2, act_plain },
	{ "print", 2, act_print },
	{ "realm", 1, act_realm },
	{ "register", 2, act_register },
	{ "revoke", 2, act_revoke },
	{ "revoke-child", 3, act_revoke_child },
	{ "revoke-name", 4, act_revoke_name },
	{ "run", 0, act_run },
	{ "save-on-stop", 0, act_save },
	{ "say", 1, act_say },
	{ "serve", 2, act_serve },
	{ "sh", 1, act_sh },
	{ "shut", 0, act_shut },
	{ "sleep", 1, act_sleep },
	{ "start-child", 2, act_start_child },
	{ "stop-child", 2, act_stop_child },
	{ "take", 1, act_take },
	{ "talk", 1, act_talk },
	{ "unregister", 1, act_unregister },
	{ "until-term", 0, act_until_term },
	{ "usage", 2, act_usage },
	{ "wait-closed", 0, act_wait_closed },
	{ "wait-gone", 1, act_wait_gone },
	{ "wait-name", 1, act_wait_name },
	{ "watch-name", 1, act_watch_name },
};

void perform(struct actor *a, const char *command)
{
	char line[4096], *operands[4] = { "", "", "", "" }, *at;
	size_t i;
	int n;

	snprintf(line, sizeof(line), "%s", command);
	at = line + strcspn(line, " ");
	if (*at)
		*at++ = 0;
	for (i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		if (strcmp(acts[i].name, line))
			continue;
		for (n = 0; n < acts[i].n_operands; n++) {
			operands[n] = at;
			at += strcspn(at, " ");
			if (n + 1 < acts[i].n_operands && *at)
				*at++ = 0;
			else
				break;
		}
		acts[i].fn(a, operands);
		return;
	}
	printf("no verb %s\n", line);
}

int main(int argc, char **argv)
{
	static struct actor a;
	int i, e;

	setvbuf(stdout, NULL, _IOLBF, 0);
	e = reeve_join(&a.r);
	if (e) {
		say("join", e);
		return 1;
	}
	for (i = 1; i < argc; i++)
		perform(&a, argv[i]);
	reeve_leave(a.r);
	return 0;
}
