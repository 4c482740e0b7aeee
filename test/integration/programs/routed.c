/*
 * A service that routes: its clients say what shall happen to the process that
 * serves them.
 *
 * routed PATH RULE [NUMBER [QUEUE [DRAIN_MS]]]: RULE is talk, port, pool, key
 * or pick, with the suffix "-handler" without a stack. A request is "KEY VERB
 * [OPERAND]"; the answer is the PID of who served it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <reeve.h>
#include <reeve/router.h>

static int use_up(int depth)
{
	volatile char page[2048];

	memset((char *)page, depth, sizeof(page));
	return depth > 1000000 ? depth : use_up(depth + 1) + page[7];
}

/* Until the story has made that file in the package. */
static void wait_for_file(const char *name)
{
	char path[128];

	printf("waiting for %s\n", name);
	snprintf(path, sizeof(path), "/pkg/%s", name);
	while (access(path, F_OK) < 0)
		reeve_sleep(10);
}

static void serve_words(const struct reeve_message *m)
{
	char words[256], key[64] = "", verb[64] = "", operand[64] = "";

	snprintf(words, sizeof(words), "%.*s", (int)m->n_bytes,
		 (const char *)m->bytes);
	sscanf(words, "%63s %63s %63s", key, verb, operand);
	if (!strcmp(verb, "wait"))
		wait_for_file(operand);
	else if (!strcmp(verb, "fail"))
		reeve_fail("as it was told");
	else if (!strcmp(verb, "overflow"))
		printf("%d\n", use_up(0));
	else if (!strcmp(verb, "say"))
		puts(operand);
}

static void answer_to(const struct reeve_message *m)
{
	char text[32];

	snprintf(text, sizeof(text), REEVE_PID_FORMAT,
		 REEVE_PID_PARTS(reeve_self()));
	reeve_answer(m, text, strlen(text));
}

static int serve(void *state, struct reeve_message *m)
{
	(void)state;
	serve_words(m);
	answer_to(m);
	return 0;
}

static void talk(struct reeve_channel *channel, void *userdata)
{
	char text[32];
	struct reeve_message *m;

	(void)userdata;
	snprintf(text, sizeof(text), REEVE_PID_FORMAT,
		 REEVE_PID_PARTS(reeve_self()));
	while (reeve_receive(channel, -1, &m) == 0) {
		serve_words(m);
		while (reeve_reply(channel, m, text, strlen(text)) == -EAGAIN)
			reeve_channel_wait(channel, POLLOUT, -1);
		reeve_message_free(m);
	}
}

static uint64_t key(const struct reeve_message *m, void *userdata)
{
	const char *c = m->bytes;
	uint64_t sum = 0;
	size_t i;

	(void)userdata;
	for (i = 0; i < m->n_bytes && c[i] != ' '; i++)
		sum = sum * 131 + (uint8_t)c[i];
	return sum;
}

static void picked(void *arg)
{
	struct reeve_message *m;

	(void)arg;
	while (reeve_next(-1, &m) == 0) {
		serve(NULL, m);
		reeve_message_free(m);
	}
}

static reeve_pid pick(const struct reeve_message *m, void *userdata)
{
	(void)m;
	(void)userdata;
	return reeve_whereis("picked");
}

static unsigned number(const char *const *args, int i)
{
	while (i && *args) {
		args++;
		i--;
	}
	return *args ? (unsigned)strtoul(*args, NULL, 10) : 0;
}

static struct reeve_route route_of(const char *const *args)
{
	struct reeve_route route = {
		.serve = serve,
		.talk = talk,
		.key = key,
		.pick = pick,
		.n_processes = number(args, 2),
		.queue = number(args, 3),
	};
	static const char *const names[] = { "talk", "port", "pool", "key",
					     "pick" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(args[1], names[i], strlen(names[i])))
			route.rule = (enum reeve_route_rule)i;
	if (strstr(args[1], "-handler"))
		route.flags = REEVE_ROUTE_NO_STACK;
	return route;
}

/* Says when nothing more is taken. */
static void watch_stop(void *arg)
{
	while (!reeve_is_stopping(arg))
		reeve_sleep(5);
	puts("stopping");
}

static void start(void *arg)
{
	struct reeve *r = arg;
	const char *const *args = reeve_args(r);
	const struct reeve_spawn_options o = { .name = "picked" };
	struct reeve_route route = route_of(args);
	struct reeve_router_info info;
	struct reeve_router *router;

	reeve_spawn(picked, NULL, &o, NULL);
	reeve_spawn(watch_stop, r, NULL, NULL);
	REEVE_CHECK(reeve_router_new(r, &router) == 0);
	REEVE_CHECK(reeve_router_serve(router, args[0], &route) == 0);
	if (number(args, 4))
		reeve_router_set_drain(router, (int)number(args, 4));
	puts("serving");
	reeve_router_run(router);
	REEVE_CHECK(reeve_router_info(router, args[0], &info) == 0);
	printf("drained; %u connections, %llu failed\n", info.n_connections,
	       (unsigned long long)info.n_failed);
	reeve_router_free(router);
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
