/*
 * The component that gives and takes back. Its children are holders (holder.c):
 * #provider, #client, and #near, which talks to #far all the time and has
 * nothing to do with it. Its arguments say what to measure:
 *
 *	CPU CASE N [CASE N]...
 *
 * grant	give the thing to the client, which runs: until that is true,
 *and until it has been opened and has answered cycle	give it and take it
 *back, with nothing connected revoke-K	take it back with K connections open
 * beside-K	nothing is measured: #near opens K connections of its own to the
 *		same provider, which stay
 * mount	give a directory to the client and take it back
 * traffic-K	how #near fares in N milliseconds without revocations of K
 *		connections, and with; twice
 * idle		say so and stay, until the end
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <reeve.h>
#include <reeve/grant.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hold.h"
#include "samples.h"

enum { TIMEOUT_MS = 20000, WARM_UP = 3, SETTLE_US = 1000, QUIET_US = 100000 };

static struct reeve *reeve;
static struct reeve_channel *realm, *client, *near;
static const struct reeve_child to = { .name = "client" };
static const struct reeve_child bystander = { .name = "near" };
static const struct reeve_grant_spec thing = {
	.type = REEVE_CAPABILITY_SERVICE,
	.from = "#provider",
	.name = THING,
};
static const struct reeve_grant_spec directory = {
	.type = REEVE_CAPABILITY_DIRECTORY,
	.from = "self",
	.name = "stuff",
};

/* ---- failing ---- */

static void fail(const char *what, const char *why)
{
	printf("{\"error\":\"%s: %s\"}\n", what, why);
	fflush(stdout);
	_exit(1);
}

static void must(const char *what, int e)
{
	if (e)
		fail(what, e > 0 ? reeve_realm_why(realm) : strerror(-e));
}

static void must_be(const char *what, uint64_t found, uint64_t wanted)
{
	char why[96];

	snprintf(why, sizeof(why), "%llu, not %llu", (unsigned long long)found,
		 (unsigned long long)wanted);
	if (found != wanted)
		fail(what, why);
}

/* ---- the children ---- */

static void child_ask(struct reeve_channel *child, const char *method,
		      uint64_t n)
{
	struct hold_request body = { n };
	struct reeve_message m = { .ordinal = reeve_ordinal(method),
				   .txid = 1,
				   .bytes = &body,
				   .n_bytes = sizeof(body) };

	must(method, reeve_send(child, &m));
}

static struct hold_reply child_answer(struct reeve_channel *child)
{
	struct reeve_message *m;
	struct hold_reply reply;

	must("an answer", reeve_receive(child, TIMEOUT_MS, &m));
	must_be("its length", m->n_bytes, sizeof(reply));
	memcpy(&reply, m->bytes, sizeof(reply));
	reeve_message_free(m);
	must("what was asked", (int)reply.error);
	return reply;
}

static struct hold_reply child_do(struct reeve_channel *child,
				  const char *method, uint64_t n)
{
	child_ask(child, method, n);
	return child_answer(child);
}

/* ---- giving and taking back ---- */

static uint64_t give(const struct reeve_grant_spec *spec)
{
	uint64_t id = 0;

	must("grant", reeve_grant(realm, &to, spec, TIMEOUT_MS, &id));
	return id;
}

static void take_back(uint64_t id, uint32_t n_connections, uint64_t *ret_us)
{
	struct reeve_revoke_report report;

	must("revoke", reeve_revoke(realm, id, 0, TIMEOUT_MS, &report));
	must_be("cut", report.n_connections, n_connections);
	must_be("killed", report.n_killed, 0);
	if (ret_us)
		*ret_us = report.microseconds;
}

/* Give it, have it opened @k times, take it back. *ret_ns is how long that took
 * for whoever asks, *ret_own_ns how long the manager says it took. */
static void revoke_once(uint32_t k, uint64_t *ret_ns, uint64_t *ret_own_ns)
{
	uint64_t id = give(&thing), start, us = 0;

	child_do(client, HOLD_OPEN, k);
	/* The provider goes to sleep. */
	usleep(SETTLE_US);
	start = now_ns();
	take_back(id, k, &us);
	*ret_ns = now_ns() - start;
	*ret_own_ns = us * 1000;
	must_be("alive", child_do(client, HOLD_DROP, 0).n_alive, 0);
}

/* ---- cases ---- */

struct times {
	uint64_t *first, *second;
};

static void measure_revoke(struct times t, size_t n, unsigned k)
{
	char name[64];
	size_t i;

	for (i = 0; i < WARM_UP; i++)
		revoke_once(k, t.first, t.second);
	for (i = 0; i < n; i++)
		revoke_once(k, &t.first[i], &t.second[i]);
	snprintf(name, sizeof(name), "revoke-%u", k);
	samples_print_each(name, t.first, n);
	snprintf(name, sizeof(name), "revoke-%u-own", k);
	samples_print_each(name, t.second, n);
}

static void measure_grant(struct times t, size_t n, unsigned k)
{
	uint64_t id, start;
	size_t i;

	(void)k;
	for (i = 0; i < n + WARM_UP; i++) {
		size_t at = i < WARM_UP ? 0 : i - WARM_UP;

		start = now_ns();
		id = give(&thing);
		t.first[at] = now_ns() - start;
		child_do(client, HOLD_OPEN, 1);
		t.second[at] = now_ns() - start;
		take_back(id, 1, NULL);
		child_do(client, HOLD_DROP, 0);
	}
	samples_print_each("grant", t.first, n);
	samples_print_each("grant-opened", t.second, n);
}

static void measure_cycle(struct times t, size_t n, unsigned k)
{
	uint64_t start;
	size_t i;

	(void)k;
	for (i = 0; i < n + WARM_UP; i++) {
		start = now_ns();
		take_back(give(&thing), 0, NULL);
		t.first[i < WARM_UP ? 0 : i - WARM_UP] = now_ns() - start;
	}
	samples_print_each("cycle", t.first, n);
}

static void measure_mount(struct times t, size_t n, unsigned k)
{
	uint64_t start, id;
	size_t i;

	(void)k;
	for (i = 0; i < n + WARM_UP; i++) {
		size_t at = i < WARM_UP ? 0 : i - WARM_UP;

		start = now_ns();
		id = give(&directory);
		t.first[at] = now_ns() - start;
		start = now_ns();
		take_back(id, 0, NULL);
		t.second[at] = now_ns() - start;
	}
	samples_print_each("mount", t.first, n);
	samples_print_each("unmount", t.second, n);
}

static bool has_answered(struct reeve_channel *child)
{
	return reeve_channel_wait(child, POLLIN, 0) == 0;
}

static void measure_traffic(struct times t, size_t ms, unsigned k)
{
	struct hold_reply reply;
	size_t i, n = 0;

	for (i = 0; i < 4; i++) {
		child_ask(near, HOLD_TALK, ms);
		for (n = 0; i % 2 && !has_answered(near); n++)
			revoke_once(k, t.first, t.second);
		reply = child_answer(near);
		printf("{\"case\":\"traffic-%u-%s\",\"per_second\":%.0f,"
		       "\"median_us\":%.3f,\"p99_us\":%.3f,\"max_us\":%.3f,"
		       "\"revoked_per_second\":%.1f}\n",
		       k, i % 2 ? "busy" : "quiet",
		       (double)reply.n_calls / ((double)reply.ran_ns / 1e9),
		       (double)reply.median_ns / 1e3,
		       (double)reply.p99_ns / 1e3, (double)reply.max_ns / 1e3,
		       (double)n / ((double)reply.ran_ns / 1e9));
		fflush(stdout);
	}
}

static void beside(struct times t, size_t n, unsigned k)
{
	uint64_t id;

	(void)t;
	(void)n;
	must("grant", reeve_grant(realm, &bystander, &thing, TIMEOUT_MS, &id));
	child_do(near, HOLD_OPEN, k);
}

static void idle(struct times t, size_t n, unsigned k)
{
	(void)t;
	(void)n;
	(void)k;
	printf("{\"case\":\"idle\"}\n");
	fflush(stdout);
	reeve_run(reeve);
}

static const struct {
	const char *name;
	void (*fn)(struct times t, size_t n, unsigned k);
} cases[] = {
	{ "grant", measure_grant },
	{ "cycle", measure_cycle },
	{ "revoke-", measure_revoke },
	{ "mount", measure_mount },
	{ "traffic-", measure_traffic },
	{ "beside-", beside },
	{ "idle", idle },
};

static void measure(const char *name, size_t n)
{
	struct times t = { calloc(n + 1, sizeof(uint64_t)),
			   calloc(n + 1, sizeof(uint64_t)) };
	size_t i, length;

	if (!t.first || !t.second)
		fail(name, "out of memory");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		length = strlen(cases[i].name);
		if (!strncmp(cases[i].name, name, length))
			cases[i].fn(t, n, (unsigned)atoi(name + length));
	}
	free(t.first);
	free(t.second);
}

/* What is lent has to be there. */
static void make_stuff(void)
{
	int fd;

	mkdir("/stuff", 0755);
	fd = open("/stuff/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		fail("/stuff/file", strerror(errno));
	close(fd);
}

int main(void)
{
	const char *const *args;

	if (reeve_join(&reeve) < 0) {
		fputs("owner: start me with reeve run\n", stderr);
		return 1;
	}
	args = reeve_args(reeve);
	if (!args[0])
		return 2;
	pin(atoi(args[0]));
	make_stuff();
	must("realm", reeve_open(reeve, "/svc/reeve.Realm", &realm));
	must("client", reeve_open(reeve, "/svc/bench.Hold", &client));
	must("near", reeve_open(reeve, "/svc/bench.Near", &near));
	/* They run, and the manager knows that, before anything is measured. */
	child_do(client, HOLD_DROP, 0);
	child_do(near, HOLD_DROP, 0);
	usleep(QUIET_US);
	for (args++; args[0] && args[1]; args += 2)
		measure(args[0], strtoul(args[1], NULL, 10));
	reeve_leave(reeve);
	return 0;
}
