/*
 * The cases on <reeve/process.h>. floor.c says what they are, measure.h how
 * this is called. "CASE-handler" is the same with processes that are functions;
 * they stand in handlers.c.
 *
 * What is sent is copied; what came is looked at where it is, in the receiver's
 * own copy.
 */
#include <stdatomic.h>

#include "ours.h"

enum { REST_MS = 1, GIVE_UP_NS = 50000000 };

reeve_pid main_pid;

/* Others may have begun already, and their messages be here first. */
static void hear_go(void)
{
	const struct reeve_match go = { .ordinal = GO };
	struct reeve_message *message;

	must(reeve_next_match(&go, -1, &message));
	reeve_message_free(message);
}

static void idle(void *arg)
{
	(void)arg;
	while (hear() != STOP)
		;
}

static reeve_pid start_one(reeve_process_fn fn, void *arg)
{
	reeve_pid pid;

	must(reeve_spawn(fn, arg, NULL, &pid));
	return pid;
}

static reeve_pid *idle_new(size_t n)
{
	reeve_pid *all = array(n, sizeof(*all));
	size_t i;

	for (i = 0; i < n; i++)
		all[i] = start_one(idle, NULL);
	reeve_yield();
	return all;
}

/* ---- pingpong ---- */

struct couple {
	reeve_pid ping, pong;
	size_t n;
};

static void ping(void *arg)
{
	const struct couple couple = *(struct couple *)arg;
	struct reeve_message *message;
	char bytes[BYTES] = "ping";
	size_t i;

	hear();
	say_bytes(couple.pong, PING, bytes, sizeof(bytes));
	for (i = 1; i < couple.n; i++) {
		must(reeve_next(-1, &message));
		say_bytes(couple.pong, PING, message->bytes, message->n_bytes);
		reeve_message_free(message);
	}
	hear();
	say(couple.pong, STOP);
	say(main_pid, DONE);
}

static void pong(void *arg)
{
	struct couple *couple = arg;
	struct reeve_message *message;

	for (;;) {
		must(reeve_next(-1, &message));
		if (message->ordinal == STOP)
			return;
		say_bytes(couple->ping, PONG, message->bytes, message->n_bytes);
		reeve_message_free(message);
	}
}

static double pingpong(size_t n, size_t size)
{
	size_t i, n_couples = size / 2, each = n / n_couples + 1;
	struct couple *couples = array(n_couples, sizeof(*couples));
	reeve_pid *pings = array(n_couples, sizeof(*pings));
	uint64_t took;

	for (i = 0; i < n_couples; i++) {
		couples[i].n = each;
		couples[i].pong = start_one(pong, &couples[i]);
		couples[i].ping = pings[i] = start_one(ping, &couples[i]);
	}
	took = run(pings, n_couples, n_couples);
	free(couples);
	free(pings);
	return (double)took / (double)(each * n_couples);
}

/* ---- ring ---- */

static void pass(void *arg)
{
	reeve_pid *next = arg;
	struct reeve_message *message;
	uint64_t left;

	for (;;) {
		must(reeve_next(-1, &message));
		if (message->ordinal == STOP)
			return;
		left = *(const uint64_t *)message->bytes;
		reeve_message_free(message);
		if (left)
			left--, say_bytes(*next, PING, &left, sizeof(left));
		else
			say(main_pid, DONE);
	}
}

static double ring(size_t n, size_t size)
{
	reeve_pid *all = array(size + 1, sizeof(*all));
	uint64_t start, left = n;
	size_t i;

	for (i = 0; i < size; i++)
		all[i] = start_one(pass, &all[i + 1]);
	all[size] = all[0];
	reeve_yield();

	start = now_ns();
	say_bytes(all[0], PING, &left, sizeof(left));
	hear();
	start = now_ns() - start;
	stop(all, size);
	return (double)start / (double)n;
}

/* ---- spawn ---- */

static void greet(void *arg)
{
	(void)arg;
	say(main_pid, DONE);
}

static void answer(void *arg)
{
	(void)arg;
	hear();
	say(main_pid, DONE);
}

static double spawn(size_t n, size_t size)
{
	reeve_pid *others = idle_new(size);
	uint64_t start = now_ns();
	size_t i;

	for (i = 0; i < n; i++) {
		start_one(greet, NULL);
		hear();
	}
	start = now_ns() - start;
	stop(others, size);
	return (double)start / (double)n;
}

static double spawn_call(size_t n, size_t size)
{
	reeve_pid *others = idle_new(size);
	uint64_t start = now_ns();
	size_t i;

	for (i = 0; i < n; i++) {
		say(start_one(answer, NULL), PING);
		hear();
	}
	start = now_ns() - start;
	stop(others, size);
	return (double)start / (double)n;
}

/* ---- fanin ---- */

struct flow {
	reeve_pid to;
	size_t n;
};

static void flow_out(void *arg)
{
	const struct flow flow = *(struct flow *)arg;
	char bytes[BYTES] = "flow";
	const struct reeve_message message = { .ordinal = PING,
					       .bytes = bytes,
					       .n_bytes = sizeof(bytes) };
	size_t i;

	hear();
	for (i = 0; i < flow.n; i++)
		must(reeve_send_wait(flow.to, &message, -1));
}

static void flow_in(void *arg)
{
	const size_t n = *(size_t *)arg;
	size_t i;

	for (i = 0; i < n; i++)
		hear();
	say(main_pid, DONE);
}

static double fanin(size_t n, size_t size)
{
	const struct reeve_spawn_options bounded = { .mailbox = ROOM };
	reeve_pid *senders = array(size, sizeof(*senders));
	/* They read it when they first run. */
	static struct flow out;
	static size_t total;
	uint64_t took;
	size_t i;

	out.n = n / size + 1;
	total = out.n * size;
	must(reeve_spawn(flow_in, &total, &bounded, &out.to));
	for (i = 0; i < size; i++)
		senders[i] = start_one(flow_out, &out);
	reeve_yield();
	took = run(senders, size, 1);
	free(senders);
	return (double)took / (double)total;
}

/* ---- big ---- */

struct member {
	uint64_t index;
	size_t n;
	reeve_pid *all;
};

static void talk(void *arg)
{
	struct member *self = arg;
	struct reeve_message *message;
	uint64_t from;
	size_t i;

	hear_go();
	for (i = 0; i < self->n; i++)
		if (i != self->index)
			say_bytes(self->all[i], PING, &self->index,
				  sizeof(self->index));
	for (i = 0; i < 2 * (self->n - 1); i++) {
		must(reeve_next(-1, &message));
		from = *(const uint64_t *)message->bytes;
		if (message->ordinal == PING)
			say_bytes(self->all[from], PONG, &self->index,
				  sizeof(self->index));
		reeve_message_free(message);
	}
	say(main_pid, DONE);
}

static double big(size_t n, size_t size)
{
	reeve_pid *all = array(size, sizeof(*all));
	struct member *members = array(size, sizeof(*members));
	size_t i, sent = 0;
	uint64_t took = 0;

	do {
		for (i = 0; i < size; i++) {
			members[i] = (struct member){ i, size, all };
			all[i] = start_one(talk, &members[i]);
		}
		took += run(all, size, size);
		sent += 2 * size * (size - 1);
	} while (sent < n);
	free(all);
	free(members);
	return (double)took / (double)sent;
}

/* ---- chameneos ---- */

/* Who asks for company, and who was met. */
struct guest {
	reeve_pid process;
	uint64_t colour;
};

struct creature {
	reeve_pid mall;
	uint64_t colour;
};

struct mall {
	size_t n_meetings, n_creatures;
};

static uint64_t complement(uint64_t a, uint64_t b)
{
	return a == b ? a : COLOURS - a - b;
}

static bool hear_guest(struct guest *ret)
{
	struct reeve_message *message;
	bool is_stop;

	must(reeve_next(-1, &message));
	*ret = *(const struct guest *)message->bytes;
	is_stop = message->ordinal == STOP;
	reeve_message_free(message);
	return !is_stop;
}

static void meet(void *arg)
{
	const struct creature creature = *(struct creature *)arg;
	struct guest self = { reeve_self(), creature.colour }, other;

	hear();
	say_bytes(creature.mall, PING, &self, sizeof(self));
	while (hear_guest(&other)) {
		self.colour = complement(self.colour, other.colour);
		say_bytes(creature.mall, PING, &self, sizeof(self));
	}
	say(main_pid, DONE);
}

static void mall_run(void *arg)
{
	const struct mall mall = *(struct mall *)arg;
	struct guest first, second;
	size_t i;

	for (i = 0; i < mall.n_meetings; i++) {
		hear_guest(&first);
		hear_guest(&second);
		say_bytes(first.process, PING, &second, sizeof(second));
		say_bytes(second.process, PING, &first, sizeof(first));
	}
	for (i = 0; i < mall.n_creatures; i++) {
		hear_guest(&first);
		say_bytes(first.process, STOP, &first, sizeof(first));
	}
}

static double chameneos(size_t n, size_t size)
{
	reeve_pid *all = array(size, sizeof(*all));
	struct creature *creatures = array(size, sizeof(*creatures));
	struct mall mall = { n, size };
	reeve_pid at = start_one(mall_run, &mall);
	uint64_t took;
	size_t i;

	for (i = 0; i < size; i++) {
		creatures[i] = (struct creature){ at, i % COLOURS };
		all[i] = start_one(meet, &creatures[i]);
	}
	took = run(all, size, size);
	free(creatures);
	free(all);
	return (double)took / (double)n;
}

/* ---- selective ---- */

static void choose(void *arg)
{
	const struct reeve_match mine = { .ordinal = PONG };
	const struct couple couple = *(struct couple *)arg;
	struct reeve_message *message;
	char bytes[BYTES] = "ping";
	size_t i;

	hear_go();
	for (i = 0; i < couple.n; i++) {
		say_bytes(couple.pong, PING, bytes, sizeof(bytes));
		must(reeve_next_match(&mine, -1, &message));
		memcpy(bytes, message->bytes, sizeof(bytes));
		reeve_message_free(message);
	}
	say(couple.pong, STOP);
	say(main_pid, DONE);
}

static void call(void *arg)
{
	const struct couple couple = *(struct couple *)arg;
	struct reeve_message *message;
	char bytes[BYTES] = "ping";
	const struct reeve_message request = { .ordinal = PING,
					       .bytes = bytes,
					       .n_bytes = sizeof(bytes) };
	size_t i;

	hear_go();
	for (i = 0; i < couple.n; i++) {
		must(reeve_call_to(couple.pong, &request, -1, &message));
		memcpy(bytes, message->bytes, sizeof(bytes));
		reeve_message_free(message);
	}
	say(couple.pong, STOP);
	say(main_pid, DONE);
}

static void answer_calls(void *arg)
{
	struct reeve_message *message;

	(void)arg;
	for (;;) {
		must(reeve_next(-1, &message));
		if (message->ordinal == STOP)
			return;
		must(reeve_answer(message, message->bytes, message->n_bytes));
		reeve_message_free(message);
	}
}

static double chosen(struct couple *couple, reeve_process_fn fn, size_t size)
{
	uint64_t took;
	size_t i;

	couple->ping = start_one(fn, couple);
	for (i = 0; i < size; i++)
		say(couple->ping, OTHER);
	reeve_yield();
	took = run(&couple->ping, 1, 1);
	return (double)took / (double)couple->n;
}

static double selective(size_t n, size_t size)
{
	struct couple couple = { .n = n };

	couple.pong = start_one(pong, &couple);
	return chosen(&couple, choose, size);
}

static double selective_call(size_t n, size_t size)
{
	struct couple couple = { .n = n };

	couple.pong = start_one(answer_calls, NULL);
	return chosen(&couple, call, size);
}

/* ---- wakeup ---- */

static _Atomic uint64_t woken_ns;

static void sleeper(void *arg)
{
	(void)arg;
	while (hear() != STOP)
		atomic_store(&woken_ns, now_ns());
}

/* Who sends stays busy until the other has run, which therefore runs on the
 * other worker. Where no worker comes for it, it is let run here in the end. */
static uint64_t wake_once(reeve_pid other)
{
	char bytes[BYTES] = "wake";
	uint64_t start, woken;

	must(reeve_sleep(REST_MS));
	start = now_ns();
	say_bytes(other, PING, bytes, sizeof(bytes));
	while (!(woken = atomic_exchange(&woken_ns, 0)))
		if (now_ns() - start > GIVE_UP_NS)
			reeve_yield();
	return woken - start;
}

static double wakeup(size_t n, size_t size)
{
	uint64_t *ns = array(n, sizeof(*ns)), median;
	reeve_pid *others = idle_new(size), other = start_one(sleeper, NULL);
	size_t i;

	for (i = 0; i < n; i++)
		ns[i] = wake_once(other);
	say(other, STOP);
	stop(others, size);
	median = median_ns(ns, n);
	free(ns);
	return (double)median;
}

static const struct {
	const char *name;
	double (*fn)(size_t n, size_t size);
	/* 0: runs once, and tells itself what it found. */
	size_t warm_up;
} cases[] = {
	{ "pingpong", pingpong, 10 },
	{ "pingpong-handler", pingpong_handler, 10 },
	{ "ring", ring, 10 },
	{ "ring-handler", ring_handler, 10 },
	{ "spawn", spawn, 10 },
	{ "spawn-call", spawn_call, 10 },
	{ "spawn-call-handler", spawn_call_handler, 10 },
	{ "fanin", fanin, 10 },
	{ "big", big, 10 },
	{ "chameneos", chameneos, 10 },
	{ "selective", selective, 10 },
	{ "selective-call", selective_call, 10 },
	{ "wakeup", wakeup, 10 },
	{ "memory", memory, 0 },
	{ "memory-handler", memory_handler, 0 },
};

static void start(void *arg)
{
	char **argv = arg;
	size_t i, n = strtoul(argv[3], NULL, 10);
	size_t size = strtoul(argv[4], NULL, 10);

	main_pid = reeve_self();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!strcmp(cases[i].name, argv[1])) {
			if (!cases[i].warm_up) {
				cases[i].fn(n, size);
				return;
			}
			cases[i].fn(n / cases[i].warm_up + 1, size);
			print_ns(argv[1], cases[i].fn(n, size));
			return;
		}
	must(-EINVAL);
}

int main(int argc, char **argv)
{
	struct reeve_runtime_options options = { .mailbox = 1 << 20 };

	if (argc != 5) {
		fputs("usage: ours CASE WORKERS N SIZE\n", stderr);
		return 2;
	}
	options.n_workers = (uint32_t)strtoul(argv[2], NULL, 10);
	return reeve_processes_run(&options, start, argv) ? 1 : 0;
}
