#include "router_rig.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

int router_gate = -1;

struct start {
	reeve_pid parent;
	struct reeve_route route;
	int drain_ms;
};

static void router_main(void *arg)
{
	const struct start *s = arg;
	struct reeve_router *router;
	struct reeve_message m = { .ordinal = 1,
				   .bytes = &router,
				   .n_bytes = sizeof(router) };

	REEVE_CHECK(reeve_router_new(NULL, &router) == 0);
	if (s->drain_ms)
		reeve_router_set_drain(router, s->drain_ms);
	REEVE_CHECK(reeve_router_serve(router, ROUTER_PATH, &s->route) == 0);
	REEVE_CHECK(reeve_send_to(s->parent, &m) == 0);
	REEVE_CHECK(reeve_router_run(router) == 0);
	reeve_router_free(router);
}

struct beside router_start(const struct reeve_route *route, int drain_ms)
{
	struct start s = { .parent = reeve_self(),
			   .route = *route,
			   .drain_ms = drain_ms };
	const struct reeve_spawn_options o = { .flags = REEVE_SPAWN_MONITOR,
					       .arg_size = sizeof(s) };
	struct reeve_message *m;
	struct beside b;

	REEVE_CHECK(reeve_spawn(router_main, &s, &o, &b.runner) == 0);
	m = expect_ordinal(1);
	memcpy(&b.router, m->bytes, sizeof(b.router));
	reeve_message_free(m);
	return b;
}

struct reeve_channel *router_client(const struct beside *b)
{
	struct reeve_channel *mine, *other;

	REEVE_CHECK(reeve_channel_pair(&mine, &other) == 0);
	REEVE_CHECK(reeve_router_take(b->router, ROUTER_PATH, mine) == 0);
	return other;
}

void router_stop(const struct beside *b)
{
	reeve_router_stop(b->router);
	REEVE_CHECK(expect_end(b->runner).reason == REEVE_EXIT_NORMAL);
}

struct reeve_router_info router_look(const struct beside *b)
{
	struct reeve_router_info i;

	REEVE_CHECK(reeve_router_info(b->router, ROUTER_PATH, &i) == 0);
	return i;
}

int serve_pid(void *state, struct reeve_message *m)
{
	const reeve_pid me = reeve_self();

	(void)state;
	if (m->ordinal == CRASH)
		return REEVE_EXIT_OWN;
	if (m->ordinal == BLOCK)
		REEVE_CHECK(reeve_wait_fd(router_gate, POLLIN, LONG_MS, NULL) ==
			    0);
	if (m->ordinal == SILENCE)
		return 0;
	REEVE_CHECK(reeve_answer(m, &me, sizeof(me)) == 0);
	return 0;
}

uint64_t key_first(const struct reeve_message *m, void *userdata)
{
	(void)userdata;
	return m->n_bytes ? *(const uint8_t *)m->bytes : 0;
}

reeve_pid ask_pid(struct reeve_channel *c, uint64_t ordinal, const char *text)
{
	const struct reeve_message request = { .ordinal = ordinal,
					       .bytes = text,
					       .n_bytes = strlen(text) };
	struct reeve_message *answer;
	reeve_pid who;

	REEVE_CHECK(reeve_call(c, &request, LONG_MS, &answer) == 0);
	memcpy(&who, answer->bytes, sizeof(who));
	reeve_message_free(answer);
	return who;
}

void expect_gone(reeve_pid pid)
{
	while (reeve_is_alive(pid))
		REEVE_CHECK(reeve_sleep(1) == 0);
}

void expect_closed_with(struct reeve_channel *take_c, int32_t status)
{
	struct reeve_message *m;
	int r;

	while ((r = reeve_receive(take_c, LONG_MS, &m)) == 0)
		reeve_message_free(m);
	REEVE_CHECK(r == -EPIPE);
	REEVE_CHECK(reeve_channel_status(take_c) == status);
	reeve_channel_close(take_c);
}

void talk_pid(struct reeve_channel *channel, void *userdata)
{
	const reeve_pid me = reeve_self();
	struct reeve_message *m;

	(void)userdata;
	while (reeve_receive(channel, -1, &m) == 0) {
		REEVE_CHECK(m->ordinal != CRASH);
		REEVE_CHECK(reeve_reply(channel, m, &me, sizeof(me)) == 0);
		reeve_message_free(m);
	}
}
