/*
 * Waiting for names. One program is both sides:
 *
 *	CPU watch			waits for as many names as it is told
 *	CPU register N M CASE R...	has N children of the first kind, each
 *of which waits for M names
 *
 * one		every name is another one; one of them is registered: how long
 *		that took whoever registered it, and until the one who waited
 *		for it was told. R times
 * all		all wait for the same name: until the last one was told
 *
 * The Registry protocol is spoken by hand here (fidl/reeve.realm.fidl), because
 * reeve_watch_name() takes a channel for each name, and a component has 64.
 */
#include <errno.h>
#include <reeve.h>
#include <reeve/registry.h>
#include <string.h>
#include <unistd.h>

#include "samples.h"

#define ARM  "bench/Wait.Arm"
#define TOLD "bench/Wait.Told"

enum {
	/* Names that are waited for over one channel: the replies of all fit
	 * into its queue. */
	PER_CHANNEL = 64,
	CHANNELS_MAX = 32,
	CHILDREN_MAX = 64,
	TIMEOUT_MS = 20000,
	NAME_MAX = 48,
	WARM_UP = 2,
};

/* Arm: wait for names [first, first + n), or n times for the one name. Told:
 * answer when n were told since the last one. */
struct wait_request {
	uint64_t first, n, is_same;
};

struct wait_reply {
	int64_t error;
	uint64_t last_ns; /* Told: when the last was */
};

static struct reeve *reeve;

static void fail(const char *what, int e)
{
	printf("{\"error\":\"%s: %s\"}\n", what,
	       e > 0 ? reeve_registry_why(reeve) : strerror(-e));
	fflush(stdout);
	_exit(1);
}

static void must(const char *what, int e)
{
	if (e)
		fail(what, e);
}

static void name_of(uint64_t i, bool is_same, char ret[static NAME_MAX])
{
	if (is_same)
		snprintf(ret, NAME_MAX, "bench.Everyone");
	else
		snprintf(ret, NAME_MAX, "bench.Name%06llu",
			 (unsigned long long)i);
}

/* ---- who waits ---- */

static struct {
	struct reeve_channel *channels[CHANNELS_MAX];
	size_t n_on[CHANNELS_MAX]; /* waited for over that one */
	size_t n_told, n_wanted;
	uint64_t last_ns;
	/* Told, while it waits for its answer. */
	struct reeve_channel *asker;
	uint32_t txid;
} waiter;

static void tell_if_done(void)
{
	struct reeve_message request = { .txid = waiter.txid,
					 .ordinal = reeve_ordinal(TOLD) };
	struct wait_reply reply = { .last_ns = waiter.last_ns };

	if (!waiter.txid || waiter.n_told < waiter.n_wanted)
		return;
	waiter.n_told -= waiter.n_wanted;
	waiter.txid = 0;
	reeve_reply(waiter.asker, &request, &reply, sizeof(reply));
}

static void on_news(struct reeve *r, struct reeve_channel *registry,
		    struct reeve_message *m, void *n_on)
{
	(void)r;
	(void)registry;
	if (!m)
		fail("the registry", -EPIPE);
	waiter.last_ns = now_ns();
	waiter.n_told++;
	--*(size_t *)n_on;
	tell_if_done();
}

/* Watch(name, is_known_present), as the wire has it. */
static int watch_send(struct reeve_channel *c, const char *name, uint32_t txid,
		      bool is_known_present)
{
	struct {
		uint64_t n, is_there;
		uint8_t is_known_present, none[7];
		char name[NAME_MAX];
	} body = { .n = strlen(name),
		   .is_there = UINT64_MAX,
		   .is_known_present = is_known_present };
	struct reeve_message m = { .ordinal = reeve_ordinal(
					   "reeve/Registry.Watch"),
				   .txid = txid,
				   .bytes = &body };

	memcpy(body.name, name, body.n);
	m.n_bytes = sizeof(body) - NAME_MAX + (body.n + 7) / 8 * 8;
	return reeve_send(c, &m);
}

/* Requests are answered in their order, but for those that wait: the answer to
 * one that does not says that the manager has read the others. */
static int watch_sync(struct reeve_channel *c)
{
	struct reeve_message *m = NULL;
	int e = watch_send(c, "bench.Never", INT32_MAX, true);
	bool is_over = false;

	while (!e && !is_over) {
		e = reeve_receive(c, TIMEOUT_MS, &m);
		if (e)
			break;
		is_over = m->txid == INT32_MAX;
		if (!is_over)
			e = -EPROTO;
		reeve_message_free(m);
	}
	return e;
}

static int arm_on(size_t at, const struct wait_request *q, uint64_t from,
		  uint64_t to)
{
	struct reeve_channel *c = waiter.channels[at];
	char name[NAME_MAX];
	uint64_t i;
	int e = 0;

	if (!c)
		e = reeve_open(reeve, "/svc/reeve.Registry", &c);
	for (i = from; !e && i < to; i++) {
		name_of(q->first + i, q->is_same, name);
		e = watch_send(c, name, (uint32_t)(i - from + 1), false);
	}
	waiter.n_on[at] += (size_t)(to - from);
	if (e || waiter.channels[at])
		return e;
	waiter.channels[at] = c;
	e = watch_sync(c);
	return e ? e : reeve_watch(reeve, c, on_news, &waiter.n_on[at]);
}

/* Spread over as many channels as it takes. */
static int arm(const struct wait_request *q)
{
	uint64_t from = 0, to;
	size_t at;
	int e = 0;

	for (at = 0; !e && at < CHANNELS_MAX && from < q->n; at++) {
		if (waiter.n_on[at] >= PER_CHANNEL)
			continue;
		to = from + PER_CHANNEL - waiter.n_on[at];
		to = to < q->n ? to : q->n;
		e = arm_on(at, q, from, to);
		from = to;
	}
	return e ? e : from < q->n ? -ENOSPC : 0;
}

static void on_wait(struct reeve *r, struct reeve_channel *asker,
		    struct reeve_message *m, void *userdata)
{
	struct wait_request q;
	struct wait_reply reply = { 0 };

	(void)r;
	(void)userdata;
	if (!m || m->n_bytes < sizeof(q))
		return;
	memcpy(&q, m->bytes, sizeof(q));
	if (m->ordinal == reeve_ordinal(ARM)) {
		reply.error = arm(&q);
		reeve_reply(asker, m, &reply, sizeof(reply));
		return;
	}
	waiter.asker = asker;
	waiter.txid = m->txid;
	waiter.n_wanted = (size_t)q.n;
	tell_if_done();
}

static void on_open(struct reeve *r, struct reeve_channel *asker,
		    void *userdata)
{
	reeve_watch(r, asker, on_wait, userdata);
}

/* ---- who registers ---- */

static struct reeve_channel *children[CHILDREN_MAX];
static size_t n_children;

static void ask(struct reeve_channel *child, const char *method,
		struct wait_request q)
{
	struct reeve_message m = { .ordinal = reeve_ordinal(method),
				   .txid = 1,
				   .bytes = &q,
				   .n_bytes = sizeof(q) };

	must(method, reeve_send(child, &m));
}

static uint64_t answer(struct reeve_channel *child)
{
	struct wait_reply reply;
	struct reeve_message *m;

	must("an answer", reeve_receive(child, TIMEOUT_MS, &m));
	if (m->n_bytes != sizeof(reply))
		fail("an answer", -EPROTO);
	memcpy(&reply, m->bytes, sizeof(reply));
	reeve_message_free(m);
	must("waiting", (int)reply.error);
	return reply.last_ns;
}

static void arm_child(size_t child, uint64_t first, uint64_t n, bool is_same)
{
	ask(children[child], ARM, (struct wait_request){ first, n, is_same });
	answer(children[child]);
}

static void on_service(struct reeve *r, struct reeve_channel *take_channel,
		       void *userdata)
{
	(void)r;
	(void)userdata;
	reeve_channel_close(take_channel);
}

/* Register @name, which @n of the children's names are, and end it again. */
static void register_once(const char *name, size_t child, size_t n_asked,
			  uint64_t n, uint64_t *ret_registered,
			  uint64_t *ret_told)
{
	uint64_t start, end, last = 0, told;
	size_t i;

	for (i = child; i < child + n_asked; i++)
		ask(children[i], TOLD, (struct wait_request){ .n = n });
	start = now_ns();
	must("register", reeve_register(reeve, name, NULL, on_service, NULL));
	end = now_ns();
	for (i = child; i < child + n_asked; i++) {
		told = answer(children[i]);
		last = told > last ? told : last;
	}
	must("unregister", reeve_unregister(reeve, name, TIMEOUT_MS));
	*ret_registered = end - start;
	*ret_told = last - start;
}

static void print_both(const char *what, size_t n_waiting, uint64_t *registered,
		       uint64_t *told, size_t n)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-%zu", what, n_waiting);
	samples_print_each(name, registered, n);
	snprintf(name, sizeof(name), "%s-%zu-told", what, n_waiting);
	samples_print_each(name, told, n);
}

/* Those far from each other in turn: no two rounds have the same name. */
static void measure_one(uint64_t m, uint64_t *registered, uint64_t *told,
			size_t n)
{
	char name[NAME_MAX];
	uint64_t which;
	size_t i, at;

	for (i = 0; i < n_children; i++)
		arm_child(i, i * m, m, false);
	for (i = 0; i < n + WARM_UP; i++) {
		at = i < WARM_UP ? 0 : i - WARM_UP;
		which = (i % n_children) * m + i * 7 % m;
		name_of(which, false, name);
		register_once(name, i % n_children, 1, 1, &registered[at],
			      &told[at]);
		arm_child(i % n_children, which, 1, false);
	}
	print_both("one", n_children * m, registered, told, n);
}

static void measure_all(uint64_t m, uint64_t *registered, uint64_t *told,
			size_t n)
{
	char name[NAME_MAX];
	size_t i, k, at;

	name_of(0, true, name);
	for (i = 0; i < n + WARM_UP; i++) {
		at = i < WARM_UP ? 0 : i - WARM_UP;
		for (k = 0; k < n_children; k++)
			arm_child(k, 0, m, true);
		register_once(name, 0, n_children, m, &registered[at],
			      &told[at]);
	}
	print_both("all", n_children * m, registered, told, n);
}

static void measure(const char *what, uint64_t m, size_t n)
{
	uint64_t *registered = calloc(n + 1, sizeof(uint64_t));
	uint64_t *told = calloc(n + 1, sizeof(uint64_t));

	if (!registered || !told)
		fail(what, -ENOMEM);
	if (!strcmp(what, "one"))
		measure_one(m, registered, told, n);
	else
		measure_all(m, registered, told, n);
	free(registered);
	free(told);
}

static void register_names(const char *const *args)
{
	char path[64];
	uint64_t m;

	while (n_children < strtoul(args[0], NULL, 10)) {
		snprintf(path, sizeof(path), "/svc/bench.Wait%zu", n_children);
		must(path, reeve_open(reeve, path, &children[n_children]));
		n_children++;
	}
	m = strtoul(args[1], NULL, 10);
	for (args += 2; args[0] && args[1]; args += 2)
		measure(args[0], m, strtoul(args[1], NULL, 10));
}

int main(void)
{
	const char *const *args;

	if (reeve_join(&reeve) < 0) {
		fputs("names: start me with reeve run\n", stderr);
		return 1;
	}
	args = reeve_args(reeve);
	if (!args[0] || !args[1])
		return 2;
	pin(atoi(args[0]));
	if (!strcmp(args[1], "watch")) {
		reeve_serve(reeve, "/svc/bench.Wait", on_open, NULL);
		return reeve_run(reeve);
	}
	if (!args[2] || !args[3])
		return 2;
	register_names(args + 2);
	reeve_leave(reeve);
	return 0;
}
