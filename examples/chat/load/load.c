/*
 * The thousands: a process for each client, which reads like one that is alone.
 *
 * Rooms have twenty clients. Each client joins its room, waits until all are
 * in, says a few things, and leaves when it has heard everything that was said
 * in its room.
 */
#include "../chat.h"

#include <time.h>

enum {
	N_DEFAULT = 10000,
	ROOM_SIZE = 20,
	LINES = 3,
	/* Opens that are not answered yet: a component may have some. */
	OPENING_MAX = 100,
	/* Descriptors for other things than clients. */
	OTHERS = 64,
	WAIT_MS = 120000,

	NOTE_JOINED = 1, /* from a client to the first process */
	NOTE_HEARD,
	NOTE_BEGIN, /* to a client */
};

struct client {
	struct reeve_channel *channel;
	reeve_pid first;
	unsigned number, n_in_room;
};

static void tell(reeve_pid pid, uint64_t ordinal)
{
	const struct reeve_message m = { .ordinal = ordinal };

	REEVE_CHECK(reeve_send_to(pid, &m) == 0);
}

static void wait_for(uint64_t ordinal)
{
	const struct reeve_match match = { .ordinal = ordinal };
	struct reeve_message *m;

	REEVE_CHECK(reeve_next_match(&match, WAIT_MS, &m) == 0);
	reeve_message_free(m);
}

static void channel_close(void *arg)
{
	reeve_channel_close(arg);
}

static void join(const struct client *c)
{
	char room[32];
	struct reeve_message request = { .ordinal = CHAT_JOIN, .bytes = room };
	struct reeve_message *answer;

	snprintf(room, sizeof(room), "%u", c->number / ROOM_SIZE);
	request.n_bytes = strlen(room);
	REEVE_CHECK(reeve_call(c->channel, &request, WAIT_MS, &answer) == 0);
	reeve_message_free(answer);
}

static void say(const struct client *c, int line)
{
	char text[64];
	struct reeve_message m = { .ordinal = CHAT_SAY, .bytes = text };

	snprintf(text, sizeof(text), "client %u, line %d", c->number, line);
	m.n_bytes = strlen(text);
	REEVE_CHECK(reeve_send(c->channel, &m) == 0);
}

static void client(void *arg)
{
	const struct client *c = arg;
	struct reeve_message *m;
	unsigned i;

	REEVE_CHECK(reeve_defer(channel_close, c->channel) == 0);
	join(c);
	tell(c->first, NOTE_JOINED);
	wait_for(NOTE_BEGIN);
	for (i = 0; i < LINES; i++)
		say(c, (int)i);
	for (i = 0; i < c->n_in_room * LINES; i++) {
		REEVE_CHECK(reeve_receive(c->channel, WAIT_MS, &m) == 0);
		REEVE_CHECK(m->ordinal == CHAT_HEAR);
		reeve_message_free(m);
	}
	tell(c->first, NOTE_HEARD);
	/* Until all have heard everything: then there were that many at once.
	 */
	wait_for(NOTE_BEGIN);
}

/* ---- the first process ---- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned in_room(unsigned number, unsigned n)
{
	unsigned first = number / ROOM_SIZE * ROOM_SIZE;

	return n - first < ROOM_SIZE ? n - first : ROOM_SIZE;
}

static reeve_pid client_start(struct reeve *r, unsigned number, unsigned n)
{
	struct client c = {
		.first = reeve_self(),
		.number = number,
		.n_in_room = in_room(number, n),
	};
	/* What happens to one of them happens to all. */
	const struct reeve_spawn_options o = {
		.flags = REEVE_SPAWN_LINK,
		.arg_size = sizeof(c),
	};
	reeve_pid pid;
	int e = reeve_open(r, CHAT, &c.channel);

	if (e)
		reeve_fail("client %u: %s", number, strerror(-e));
	e = reeve_spawn(client, &c, &o, &pid);
	if (e)
		reeve_fail("client %u: %s", number, strerror(-e));
	return pid;
}

static void all(uint64_t ordinal, reeve_pid *clients, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		tell(clients[i], ordinal);
}

/* As many as were asked for, and as can be had. */
static unsigned how_many(struct reeve *r)
{
	const char *wanted = reeve_args(r)[0];
	unsigned n = wanted ? (unsigned)strtoul(wanted, NULL, 10) : N_DEFAULT;
	unsigned long most = descriptors_raise();

	most = most > OTHERS ? most - OTHERS : 1;
	if (n <= most)
		return n ? n : 1;
	printf("%lu clients instead of %u: a task here has no more "
	       "descriptors\n",
	       most, n);
	return (unsigned)most;
}

static void start(void *arg)
{
	struct reeve *r = arg;
	unsigned i, n = how_many(r);
	reeve_pid *clients = calloc(n, sizeof(*clients));
	double begin = now(), joined, heard;

	REEVE_CHECK(clients && reeve_defer(free, clients) == 0);
	for (i = 0; i < n; i++) {
		if (i >= OPENING_MAX)
			wait_for(NOTE_JOINED);
		clients[i] = client_start(r, i, n);
	}
	for (i = 0; i < n && i < OPENING_MAX; i++)
		wait_for(NOTE_JOINED);
	joined = now();
	printf("%u clients are in %u rooms, after %.1f s\n", n,
	       (n + ROOM_SIZE - 1) / ROOM_SIZE, joined - begin);
	all(NOTE_BEGIN, clients, n);
	for (i = 0; i < n; i++)
		wait_for(NOTE_HEARD);
	heard = now();
	printf("all have heard all of %u lines, after %.1f s\n", n * LINES,
	       heard - joined);
	all(NOTE_BEGIN, clients, n);
	puts("done");
}

int main(void)
{
	struct reeve *r;
	int reason;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("load: start me with reeve run\n", stderr);
		return 1;
	}
	reason = reeve_processes_run(NULL, start, r);
	reeve_leave(r);
	return reason ? 1 : 0;
}
