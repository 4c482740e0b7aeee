/*
 * The measuring component. Its arguments say what to measure:
 *
 *	CPU CASE N [CASE N]...
 *
 * open		open /svc/bench.Echo and get the first reply; one round is over
 *		when the channel is closed again
 * connect	the same by name: reeve_connect() to bench.Named
 * open-raw	the same on the raw level, to /svc/bench.Raw
 * open-paced	as open, with a pause after each, so that what a close costs
 *		the others is not in the next round
 * call		reeve_call() to /svc/bench.Echo
 * raw		reeve_channel_write() and reeve_channel_read() to /svc/bench.Raw
 * flood	N calls with nothing else around, and when they began and ended
 * cold		open /svc/bench.Cold, whose provider ends after each client
 * burst	open /svc/bench.Cold0 and so on, N different providers, at once,
 *		and wait for all the replies
 * each		the same, one after another
 * churn	as cold, without a pause and without taking the time
 * idle		say so, and run until the end; N is not used
 */
#include <errno.h>
#include <reeve.h>
#include <reeve/registry.h>
#include <string.h>
#include <unistd.h>

#include "samples.h"

enum {
	PAYLOAD = 64,
	WARM_UP = 200,
	QUIET_US = 300000,
	PACE_US = 1000,
	COLD_PACE_US = 60000,
};

static struct reeve *reeve;
static uint64_t ordinal;
static const char payload[PAYLOAD] = { 1 };

static void fail(const char *what, int error, struct reeve_channel *c)
{
	printf("{\"error\":\"%s: %s%s%s\"}\n", what, strerror(-error),
	       c ? ", " : "",
	       c ? reeve_status_name(reeve_channel_status(c)) : "");
	fflush(stdout);
	_exit(1);
}

/* A path is opened, a name connected to. */
static struct reeve_channel *open_service(const char *path)
{
	struct reeve_channel *c = NULL;
	int r = *path == '/' ? reeve_open(reeve, path, &c)
			     : reeve_connect(reeve, path, -1, &c);

	if (r > 0)
		fail(reeve_registry_why(reeve), -EACCES, c);
	if (r)
		fail(path, r, c);
	return c;
}

static void call(struct reeve_channel *c)
{
	struct reeve_message request = { .ordinal = ordinal,
					 .bytes = payload,
					 .n_bytes = sizeof(payload) };
	struct reeve_message *reply;
	int r = reeve_call(c, &request, -1, &reply);

	if (r < 0)
		fail("call", r, c);
	reeve_message_free(reply);
}

static void call_raw(struct reeve_channel *c)
{
	char buffer[PAYLOAD];
	size_t n, n_handles;
	int handles[REEVE_HANDLES_MAX], r;

	r = reeve_channel_write(c, payload, sizeof(payload), NULL, 0);
	if (r == 0)
		r = reeve_channel_read(c, -1, buffer, sizeof(buffer), &n,
				       handles, &n_handles);
	if (r < 0)
		fail("raw", r, c);
}

static void open_once(const char *path, void (*first)(struct reeve_channel *))
{
	struct reeve_channel *c = open_service(path);

	first(c);
	reeve_channel_close(c);
}

struct measured {
	const char *name, *path;
	void (*fn)(struct reeve_channel *);
	useconds_t pace_us;
	size_t warm_up;
	bool is_open;
};

static const struct measured all[] = {
	{ "open", "/svc/bench.Echo", call, 0, WARM_UP, true },
	{ "connect", "bench.Named", call, 0, WARM_UP, true },
	{ "open-raw", "/svc/bench.Raw", call_raw, 0, WARM_UP, true },
	{ "open-paced", "/svc/bench.Echo", call, PACE_US, 10, true },
	{ "cold", "/svc/bench.Cold", call, COLD_PACE_US, 1, true },
	{ "call", "/svc/bench.Echo", call, 0, WARM_UP, false },
	{ "raw", "/svc/bench.Raw", call_raw, 0, WARM_UP, false },
};

static void measure(const struct measured *m, uint64_t *ns, size_t n)
{
	struct reeve_channel *c = m->is_open ? NULL : open_service(m->path);
	uint64_t start;
	size_t i;

	for (i = 0; i < n + m->warm_up; i++) {
		start = now_ns();
		if (m->is_open)
			open_once(m->path, m->fn);
		else
			m->fn(c);
		if (i >= m->warm_up)
			ns[i - m->warm_up] = now_ns() - start;
		if (m->pace_us)
			usleep(m->pace_us);
	}
	reeve_channel_close(c);
	samples_print(m->name, ns, n);
}

/* The pauses let whoever watches the manager find it as it was before and as it
 * is after. */
static void flood(size_t n)
{
	struct reeve_channel *c = open_service("/svc/bench.Echo");
	uint64_t start, end;
	size_t i;

	for (i = 0; i < WARM_UP; i++)
		call(c);
	printf("{\"case\":\"flood-ready\"}\n");
	fflush(stdout);
	usleep(QUIET_US);
	start = now_ns();
	for (i = 0; i < n; i++)
		call(c);
	end = now_ns();
	usleep(QUIET_US);
	printf("{\"case\":\"flood\",\"n\":%zu,\"start_ns\":%llu,"
	       "\"end_ns\":%llu}\n",
	       n, (unsigned long long)start, (unsigned long long)end);
	fflush(stdout);
	reeve_channel_close(c);
}

static struct reeve_channel *open_numbered(size_t i)
{
	char path[64];

	snprintf(path, sizeof(path), "/svc/bench.Cold%zu", i);
	return open_service(path);
}

static void burst(size_t n, uint64_t *ns)
{
	struct reeve_channel **all_of =
		calloc(n + 1, sizeof(struct reeve_channel *));
	struct reeve_message request = { .ordinal = ordinal, .txid = 1 };
	struct reeve_message *reply;
	uint64_t start = now_ns();
	size_t i;
	int r = 0;

	for (i = 0; all_of && i < n && !r; i++) {
		all_of[i] = open_numbered(i);
		r = reeve_send(all_of[i], &request);
	}
	for (i = 0; all_of && i < n && !r; i++) {
		r = reeve_receive(all_of[i], -1, &reply);
		if (!r)
			reeve_message_free(reply);
		if (r < 0)
			fail("burst", r, all_of[i]);
		reeve_channel_close(all_of[i]);
	}
	ns[0] = (now_ns() - start) / n;
	samples_print("burst", ns, 1);
	free(all_of);
}

static void each(size_t n)
{
	struct reeve_channel *c;
	size_t i;

	for (i = 0; i < n; i++) {
		c = open_numbered(i);
		call(c);
		reeve_channel_close(c);
	}
	printf("{\"case\":\"each\"}\n");
	fflush(stdout);
	usleep(2 * QUIET_US);
}

/* One open may still be taken by the provider that is about to end: then it is
 * made again. */
static void churn(size_t n)
{
	struct reeve_message request = { .ordinal = ordinal };
	struct reeve_message *reply;
	struct reeve_channel *c;

	while (n) {
		c = open_service("/svc/bench.Cold");
		if (reeve_call(c, &request, -1, &reply) == 0) {
			reeve_message_free(reply);
			n--;
		}
		reeve_channel_close(c);
	}
	printf("{\"case\":\"churn\"}\n");
	fflush(stdout);
	usleep(2 * QUIET_US);
}

static void idle(size_t n)
{
	(void)n;
	printf("{\"case\":\"idle\"}\n");
	fflush(stdout);
	reeve_run(reeve);
}

static const struct {
	const char *name;
	void (*fn)(size_t n);
} others[] = {
	{ "flood", flood },
	{ "each", each },
	{ "churn", churn },
	{ "idle", idle },
};

static void measure_named(const char *name, size_t n)
{
	uint64_t *ns = calloc(n + 1, sizeof(*ns));
	size_t i;

	for (i = 0; ns && i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, name))
			measure(&all[i], ns, n);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(others[i].name, name))
			others[i].fn(n);
	if (ns && n && !strcmp(name, "burst"))
		burst(n, ns);
	free(ns);
}

int main(void)
{
	const char *const *args;
	int r = reeve_join(&reeve);

	if (r < 0) {
		fprintf(stderr, "client: start me with reeve run: %s\n",
			strerror(-r));
		return 1;
	}
	args = reeve_args(reeve);
	ordinal = reeve_ordinal("bench/Echo.Echo");
	if (!args[0])
		return 2;
	pin(atoi(args[0]));
	for (args++; args[0] && args[1]; args += 2)
		measure_named(args[0], strtoul(args[1], NULL, 10));
	reeve_leave(reeve);
	return 0;
}
