/*
 * The chat's realm: a process for each member, and one for each room.
 *
 * A member is its connection's process: it tells rooms what its client says. A
 * room keeps the ports of those in it, and sends what it hears to all of them;
 * a port that has ended, or whose client does not read, is left out. None of
 * them has a stack, so ten thousand members are a few megabytes.
 */
#include "../chat.h"

enum {
	/* What waits for a client that does not read. */
	BACKLOG = 1000,
};

/* ---- rooms ---- */

struct room {
	reeve_pid *ports;
	size_t n, capacity;
};

static void room_free(void *state)
{
	free(((struct room *)state)->ports);
}

static int room_add(struct room *room, reeve_pid port)
{
	size_t capacity = room->capacity ? room->capacity * 2 : 16;
	reeve_pid *ports;

	if (!room->capacity && reeve_defer(room_free, room) < 0)
		return -1;
	if (room->n == room->capacity) {
		ports = realloc(room->ports, capacity * sizeof(*ports));
		if (!ports)
			return -1;
		room->ports = ports;
		room->capacity = capacity;
	}
	room->ports[room->n++] = port;
	return 0;
}

static void room_tell(struct room *room, const struct reeve_message *m)
{
	const struct reeve_message heard = { .ordinal = CHAT_HEAR,
					     .bytes = m->bytes,
					     .n_bytes = m->n_bytes };
	size_t i = 0;

	while (i < room->n) {
		reeve_pid port = room->ports[i];

		if (reeve_send_to(port, &heard) == 0) {
			i++;
			continue;
		}
		/* It is gone, or shall be. */
		reeve_kill(port, REEVE_EXIT_SHUTDOWN);
		room->ports[i] = room->ports[--room->n];
	}
}

/* What members pass on: whoever sent it is the port. */
static int room_handle(void *state, struct reeve_message *m)
{
	struct room *room = state;

	if (m->ordinal == CHAT_SAY)
		room_tell(room, m);
	else if (m->ordinal == CHAT_JOIN &&
		 room_add(room, reeve_message_sender(m)) == 0)
		reeve_answer(m, NULL, 0);
	return 0;
}

/* The room of that name, which is made when the first one comes. */
static reeve_pid room_find(const char *name)
{
	const struct reeve_spawn_options o = { .name = name };
	const struct room empty = { 0 };
	reeve_pid pid = reeve_whereis(name);

	if (pid)
		return pid;
	if (reeve_spawn_handler(room_handle, &empty, sizeof(empty), &o, &pid) ==
	    0)
		return pid;
	/* Another one came at the same time. */
	return reeve_whereis(name);
}

/* ---- members ---- */

struct member {
	reeve_pid room;
};

static int member_serve(void *state, struct reeve_message *m)
{
	struct member *member = state;
	char name[64];

	if (m->ordinal == CHAT_JOIN) {
		snprintf(name, sizeof(name), "room %.*s", (int)m->n_bytes,
			 (const char *)m->bytes);
		member->room = room_find(name);
	}
	/* The room answers to the port that it came from. When its mailbox is
	 * full this member ends, and its client is told by the epitaph. */
	return reeve_forward(member->room, m) < 0 ? REEVE_EXIT_FAILED : 0;
}

static void start(void *arg)
{
	const struct member nobody = { 0 };
	const struct reeve_route members = {
		.rule = REEVE_ROUTE_PORT,
		.flags = REEVE_ROUTE_NO_STACK,
		.serve = member_serve,
		.state = &nobody,
		.n_state = sizeof(nobody),
		.backlog = BACKLOG,
	};
	struct reeve_router *router;

	if (reeve_router_new(arg, &router) < 0 ||
	    reeve_router_serve(router, CHAT, &members) < 0)
		reeve_fail("no memory");
	reeve_router_run(router);
	reeve_router_free(router);
}

int main(void)
{
	struct reeve *r;
	int reason;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("server: start me with reeve run\n", stderr);
		return 1;
	}
	descriptors_raise();
	reason = reeve_processes_run(NULL, start, r);
	reeve_leave(r);
	return reason ? 1 : 0;
}
