/*
 * The cases on bare processes (bare.h): what is measured, in the fewest steps.
 * light.go, light.erl and ours.c do the same; measure.h says how it is called.
 *
 * pingpong	SIZE / 2 pairs pass 64 bytes to and fro, N times in all
 * ring		SIZE processes in a circle pass 8 bytes on, N times
 * spawn	N times: spawn one that says 8 bytes to its parent and ends;
 *SIZE others are alive spawn-call	the same, but it is said 8 bytes first
 * fanin	SIZE processes send 64 bytes to one, N times in all; 1,024 fit
 *		into its mailbox
 * big		SIZE processes: each sends to all others, and answers all
 *others; as many times as it takes to send N messages
 * chameneos	SIZE creatures ask a mall for company, which lets two meet, N
 *times selective	N round trips of 64 bytes by one who has SIZE other
 *messages in its mailbox memory	spawn SIZE that say 8 bytes to their
 *parent, and stay wakeup	N times: one worker wakes another that sleeps.
 *Here: two threads and a futex
 *
 * All are spawned before the clock starts, unless spawning is what is measured.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bare.h"
#include "measure.h"

enum { GO = 1, STOP, DONE, PING, PONG, OTHER };
enum { ROOM = 1024, COLOURS = 3, REST_NS = 1000000 };

static void *array(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		perror("calloc");
		exit(1);
	}
	return p;
}

static void say(struct process *to, uint64_t tag)
{
	uint64_t nothing = 0;

	process_send(to, tag, &nothing, sizeof(nothing));
}

static uint64_t hear(void)
{
	uint64_t nothing;

	return process_receive(&nothing, sizeof(nothing));
}

static void idle(void *arg)
{
	(void)arg;
	while (hear() != STOP)
		;
}

/* Start them all, wait until all are done: how long that took. */
static uint64_t run(struct process **all, size_t n, size_t n_done)
{
	uint64_t start = now_ns();
	size_t i;

	for (i = 0; i < n; i++)
		say(all[i], GO);
	for (i = 0; i < n_done; i++)
		hear();
	return now_ns() - start;
}

static void stop(struct process **all, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		say(all[i], STOP);
	process_yield();
}

/* ---- pingpong ---- */

struct couple {
	struct process *ping, *pong;
	size_t n;
};

static void ping(void *arg)
{
	struct couple *couple = arg;
	char bytes[BARE_BYTES] = "ping";
	size_t i;

	hear();
	for (i = 0; i < couple->n; i++) {
		process_send(couple->pong, PING, bytes, sizeof(bytes));
		process_receive(bytes, sizeof(bytes));
	}
	say(couple->pong, STOP);
	say(&main_process, DONE);
}

static void pong(void *arg)
{
	struct couple *couple = arg;
	char bytes[BARE_BYTES];

	while (process_receive(bytes, sizeof(bytes)) != STOP)
		process_send(couple->ping, PONG, bytes, sizeof(bytes));
}

static double pingpong(size_t n, size_t size)
{
	size_t i, n_couples = size / 2, each = n / n_couples + 1;
	struct couple *couples = array(n_couples, sizeof(*couples));
	struct process **pings = array(n_couples, sizeof(struct process *));
	uint64_t took;

	for (i = 0; i < n_couples; i++) {
		couples[i].n = each;
		couples[i].pong = process_new(pong, &couples[i]);
		couples[i].ping = pings[i] = process_new(ping, &couples[i]);
	}
	process_yield();
	took = run(pings, n_couples, n_couples);
	process_yield();
	free(couples);
	free(pings);
	return (double)took / (double)(each * n_couples);
}

/* ---- ring ---- */

static void pass(void *arg)
{
	struct process **next = arg;
	uint64_t left;

	while (process_receive(&left, sizeof(left)) != STOP)
		if (left)
			left--, process_send(*next, PING, &left, sizeof(left));
		else
			say(&main_process, DONE);
}

static double ring(size_t n, size_t size)
{
	struct process **all = array(size + 1, sizeof(struct process *));
	uint64_t start, left = n;
	size_t i;

	for (i = 0; i < size; i++)
		all[i] = process_new(pass, &all[i + 1]);
	all[size] = all[0];
	process_yield();

	start = now_ns();
	process_send(all[0], PING, &left, sizeof(left));
	hear();
	start = now_ns() - start;
	stop(all, size);
	free(all);
	return (double)start / (double)n;
}

/* ---- spawn ---- */

static void greet(void *arg)
{
	(void)arg;
	say(&main_process, DONE);
}

static void answer(void *arg)
{
	(void)arg;
	hear();
	say(&main_process, DONE);
}

static struct process **idle_new(size_t n)
{
	struct process **all = array(n, sizeof(struct process *));
	size_t i;

	for (i = 0; i < n; i++)
		all[i] = process_new(idle, NULL);
	process_yield();
	return all;
}

static double spawn(size_t n, size_t size)
{
	struct process **others = idle_new(size);
	uint64_t start = now_ns();
	size_t i;

	for (i = 0; i < n; i++) {
		process_new(greet, NULL);
		hear();
	}
	start = now_ns() - start;
	stop(others, size);
	free(others);
	return (double)start / (double)n;
}

static double spawn_call(size_t n, size_t size)
{
	struct process **others = idle_new(size);
	uint64_t start = now_ns();
	size_t i;

	for (i = 0; i < n; i++) {
		say(process_new(answer, NULL), PING);
		hear();
	}
	start = now_ns() - start;
	stop(others, size);
	free(others);
	return (double)start / (double)n;
}

/* ---- fanin ---- */

struct flow {
	struct process *to;
	size_t n;
};

static void flow_out(void *arg)
{
	struct flow *flow = arg;
	char bytes[BARE_BYTES] = "flow";
	size_t i;

	hear();
	for (i = 0; i < flow->n; i++) {
		process_wait_room(flow->to, ROOM);
		process_send(flow->to, PING, bytes, sizeof(bytes));
	}
}

static void flow_in(void *arg)
{
	struct flow *flow = arg;
	char bytes[BARE_BYTES];
	size_t i;

	for (i = 0; i < flow->n; i++)
		process_receive(bytes, sizeof(bytes));
	say(&main_process, DONE);
}

static double fanin(size_t n, size_t size)
{
	struct process **senders = array(size, sizeof(struct process *));
	struct flow out = { .n = n / size + 1 }, in = { .n = out.n * size };
	uint64_t took;
	size_t i;

	out.to = process_new(flow_in, &in);
	for (i = 0; i < size; i++)
		senders[i] = process_new(flow_out, &out);
	process_yield();
	took = run(senders, size, 1);
	free(senders);
	return (double)took / (double)in.n;
}

/* ---- big ---- */

struct member {
	uint64_t index;
	size_t n;
	struct process **all;
};

static void talk(void *arg)
{
	struct member *self = arg;
	uint64_t from;
	size_t i;

	hear();
	for (i = 0; i < self->n; i++)
		if (i != self->index)
			process_send(self->all[i], PING, &self->index,
				     sizeof(self->index));
	for (i = 0; i < 2 * (self->n - 1); i++)
		if (process_receive(&from, sizeof(from)) == PING)
			process_send(self->all[from], PONG, &self->index,
				     sizeof(self->index));
	say(&main_process, DONE);
}

static double big(size_t n, size_t size)
{
	struct process **all = array(size, sizeof(struct process *));
	struct member *members = array(size, sizeof(*members));
	size_t i, sent = 0;
	uint64_t took = 0;

	do {
		for (i = 0; i < size; i++) {
			members[i] = (struct member){ i, size, all };
			all[i] = process_new(talk, &members[i]);
		}
		process_yield();
		took += run(all, size, size);
		process_yield();
		sent += 2 * size * (size - 1);
	} while (sent < n);
	free(all);
	free(members);
	return (double)took / (double)sent;
}

/* ---- chameneos ---- */

/* Who asks for company, and who was met. */
struct guest {
	struct process *process;
	uint64_t colour;
};

struct creature {
	struct process *mall;
	uint64_t colour;
};

struct mall {
	size_t n_meetings, n_creatures;
};

static uint64_t complement(uint64_t a, uint64_t b)
{
	return a == b ? a : COLOURS - a - b;
}

static void meet(void *arg)
{
	struct creature *creature = arg;
	struct guest self = { current, creature->colour }, other;

	hear();
	process_send(creature->mall, PING, &self, sizeof(self));
	while (process_receive(&other, sizeof(other)) != STOP) {
		self.colour = complement(self.colour, other.colour);
		process_send(creature->mall, PING, &self, sizeof(self));
	}
	say(&main_process, DONE);
}

static void mall_run(void *arg)
{
	struct mall *mall = arg;
	struct guest first, second;
	size_t i;

	for (i = 0; i < mall->n_meetings; i++) {
		process_receive(&first, sizeof(first));
		process_receive(&second, sizeof(second));
		process_send(first.process, PING, &second, sizeof(second));
		process_send(second.process, PING, &first, sizeof(first));
	}
	for (i = 0; i < mall->n_creatures; i++) {
		process_receive(&first, sizeof(first));
		process_send(first.process, STOP, &first, sizeof(first));
	}
}

static double chameneos(size_t n, size_t size)
{
	struct process **all = array(size, sizeof(struct process *));
	struct creature *creatures = array(size, sizeof(*creatures));
	struct mall mall = { n, size };
	struct process *at = process_new(mall_run, &mall);
	uint64_t took;
	size_t i;

	for (i = 0; i < size; i++) {
		creatures[i] = (struct creature){ at, i % COLOURS };
		all[i] = process_new(meet, &creatures[i]);
	}
	process_yield();
	took = run(all, size, size);
	process_yield();
	free(creatures);
	free(all);
	return (double)took / (double)n;
}

/* ---- selective ---- */

static void choose(void *arg)
{
	struct couple *couple = arg;
	char bytes[BARE_BYTES] = "ping";
	size_t i;

	process_receive_tag(GO, bytes, sizeof(uint64_t));
	for (i = 0; i < couple->n; i++) {
		process_send(couple->pong, PING, bytes, sizeof(bytes));
		process_receive_tag(PONG, bytes, sizeof(bytes));
	}
	say(couple->pong, STOP);
	say(&main_process, DONE);
}

static double selective(size_t n, size_t size)
{
	struct couple couple = { .n = n };
	uint64_t took;
	size_t i;

	couple.pong = process_new(pong, &couple);
	couple.ping = process_new(choose, &couple);
	for (i = 0; i < size; i++)
		say(couple.ping, OTHER);
	process_yield();
	took = run(&couple.ping, 1, 1);
	process_yield();
	return (double)took / (double)n;
}

/* ---- memory ---- */

static void stay(void *arg)
{
	greet(arg);
	idle(arg);
}

static void memory(size_t size)
{
	uint64_t before = memory_now(), start = now_ns(), took;
	size_t i;

	for (i = 0; i < size; i++) {
		process_new(stay, NULL);
		hear();
	}
	took = now_ns() - start;
	print_memory((double)took / (double)size,
		     (double)(memory_now() - before) / (double)size);
}

/* ---- wakeup ---- */

static _Atomic uint32_t doorbell;
static _Atomic uint64_t woken_ns;

static void *sleeper(void *arg)
{
	for (;;) {
		while (!atomic_exchange(&doorbell, 0))
			syscall(SYS_futex, &doorbell, FUTEX_WAIT_PRIVATE, 0,
				NULL, NULL, 0);
		atomic_store(&woken_ns, now_ns());
	}
	return arg;
}

static double wakeup(size_t n, size_t size)
{
	uint64_t *ns = array(n, sizeof(*ns)), start, woken;
	struct timespec rest = { .tv_nsec = REST_NS };
	static pthread_t thread;
	size_t i;

	(void)size;
	if (!thread && pthread_create(&thread, NULL, sleeper, NULL))
		exit(1);
	for (i = 0; i < n; i++) {
		nanosleep(&rest, NULL);
		start = now_ns();
		atomic_store(&doorbell, 1);
		syscall(SYS_futex, &doorbell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL,
			0);
		while (!(woken = atomic_exchange(&woken_ns, 0)))
			;
		ns[i] = woken - start;
	}
	start = median_ns(ns, n);
	free(ns);
	return (double)start;
}

static const struct {
	const char *name;
	double (*fn)(size_t n, size_t size);
} cases[] = {
	{ "pingpong", pingpong },   { "ring", ring },
	{ "spawn", spawn },	    { "spawn-call", spawn_call },
	{ "fanin", fanin },	    { "big", big },
	{ "chameneos", chameneos }, { "selective", selective },
	{ "wakeup", wakeup },
};

int main(int argc, char **argv)
{
	size_t i, n = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
	size_t size = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;

	process_init(&main_process);
	if (n && size && !strcmp(argv[1], "memory")) {
		memory(size);
		return 0;
	}
	for (i = 0; n && i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!strcmp(cases[i].name, argv[1])) {
			cases[i].fn(n / 10 + 1, size);
			print_ns(argv[1], cases[i].fn(n, size));
			return 0;
		}
	fputs("usage: floor CASE 1 N SIZE\n", stderr);
	return 2;
}
