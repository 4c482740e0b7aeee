/*
 * A tree of supervised processes in which things go wrong on purpose.
 *
 *	main
 *	  shop            rest for one: what was started later needs what was
 *	    stock           started before
 *	    prices        all for one: two that know the same thing
 *	      list
 *	      index
 *	    counter       a handler
 *
 * Main is a customer: it buys something, sends an order that nobody can carry
 * out, sees who goes down and who comes up again, and buys again. In the end an
 * order that crashes the stock each time it comes up is more than the
 *supervisor takes.
 */
#include <errno.h>
#include <reeve.h>
#include <reeve/supervisor.h>
#include <stdio.h>
#include <string.h>

enum order { BUY = 1, ASK_PRICE, LOOK_UP, COUNT, BREAK };

/* Called by the supervisors, for what they do. */
static void tell(const struct reeve_supervisor_report *report, void *userdata)
{
	(void)userdata;
	if (report->event == REEVE_CHILD_ENDED ||
	    report->event == REEVE_CHILD_STOPPED)
		printf("  %s %s (%s)\n", report->id,
		       report->event == REEVE_CHILD_ENDED ? "ended"
							  : "was ended",
		       reeve_exit_reason_name(report->reason));
	else if (report->event == REEVE_CHILD_STARTED)
		printf("  %s started\n", report->id);
	else
		printf("  %s: %s\n", report->id ? report->id : "",
		       reeve_supervisor_event_name(report->event));
}

/* ---- the processes ---- */

/* Answers with a number that it keeps; what it kept is gone with its crash. */
static void keep_count(void *arg)
{
	uint32_t n = *(uint32_t *)arg;
	struct reeve_message *m;

	while (reeve_next(-1, &m) == 0) {
		if (m->ordinal == BREAK)
			reeve_fail("somebody broke it");
		n -= m->ordinal == BUY;
		reeve_answer(m, &n, sizeof(n));
		reeve_message_free(m);
	}
}

/* The same without a stack: called for each message. */
static int count_messages(void *state, struct reeve_message *m)
{
	uint32_t *n = state;

	++*n;
	reeve_answer(m, n, sizeof(*n));
	return m->ordinal == BREAK ? REEVE_EXIT_FAILED : 0;
}

/* ---- the tree ---- */

#define KEEPER(its_name, its_count)                                            \
	{                                                                      \
		.id = its_name, .name = its_name, .fn = keep_count,            \
		.arg = &(const uint32_t){ its_count },                         \
		.arg_size = sizeof(uint32_t)                                   \
	}

static const struct reeve_child_spec prices_children[] = {
	KEEPER("list", 30),
	KEEPER("index", 7),
};

static const struct reeve_supervisor_spec prices = {
	.strategy = REEVE_ALL_FOR_ONE,
	.max_restarts = 3,
	.period_ms = 60000,
	.children = prices_children,
	.n_children = 2,
};

static const struct reeve_child_spec shop_children[] = {
	KEEPER("stock", 10),
	{ .id = "prices", .supervisor = &prices },
	{ .id = "counter",
	  .name = "counter",
	  .handler = count_messages,
	  .arg = &(const uint32_t){ 0 },
	  .arg_size = sizeof(uint32_t) },
};

static const struct reeve_supervisor_spec shop = {
	.strategy = REEVE_REST_FOR_ONE,
	.max_restarts = 3,
	.period_ms = 60000,
	.children = shop_children,
	.n_children = 3,
	.report = tell,
};

/* ---- the customer ---- */

static uint32_t ask(const char *name, enum order order)
{
	const struct reeve_message request = { .ordinal = order };
	struct reeve_message *answer;
	uint32_t n = 0;
	int r;

	/* It may be down; its name is back when it is. */
	while ((r = reeve_call_to(reeve_whereis(name), &request, 10000,
				  &answer)) == -ESRCH)
		reeve_sleep(1);
	if (r < 0)
		return 0;
	if (answer->n_bytes == sizeof(n))
		memcpy(&n, answer->bytes, sizeof(n));
	reeve_message_free(answer);
	return n;
}

static void buy(void)
{
	printf("bought one for %u, %u left, number %u in the index; "
	       "message %u\n",
	       ask("list", ASK_PRICE), ask("stock", BUY), ask("index", LOOK_UP),
	       ask("counter", COUNT));
}

/* Wait until the last of those that are started again is there. */
static void wait_for(const char *name, reeve_pid before)
{
	reeve_pid now;

	while ((now = reeve_whereis(name)) == REEVE_PID_NONE || now == before)
		reeve_sleep(1);
}

static void break_one(const char *name, const char *last)
{
	const struct reeve_message order = { .ordinal = BREAK };
	reeve_pid before = reeve_whereis(last);

	printf("%s breaks:\n", name);
	reeve_send_to(reeve_whereis(name), &order);
	wait_for(last, before);
}

static void wait_for_end(reeve_pid pid)
{
	const struct reeve_match exits = { .ordinal = REEVE_NOTICE_EXIT };
	const struct reeve_notice *notice;
	struct reeve_message *m;

	while (reeve_next_match(&exits, -1, &m) == 0) {
		notice = m->bytes;
		if (notice->pid == pid)
			printf("the shop is closed: %s\n",
			       reeve_exit_reason_name(notice->reason));
		reeve_message_free(m);
		if (notice->pid == pid)
			return;
	}
}

static void customer(void *arg)
{
	const struct reeve_message order = { .ordinal = BREAK };
	reeve_pid supervisor;

	(void)arg;
	/* The end of the shop is a message to us, and not our end. */
	reeve_trap_exit(true);
	if (reeve_supervisor_start(&shop, &supervisor) < 0)
		reeve_fail("the shop does not open");
	buy();
	buy();
	break_one("counter", "counter");
	buy();
	break_one("index", "index");
	buy();
	break_one("stock", "counter");
	buy();
	printf("stock breaks again and again:\n");
	while (reeve_is_alive(supervisor)) {
		reeve_send_to(reeve_whereis("stock"), &order);
		reeve_sleep(1);
	}
	wait_for_end(supervisor);
}

int main(void)
{
	struct reeve *r;
	int reason;

	if (reeve_join(&r) < 0) {
		fputs("supervisor: start me with reeve run\n", stderr);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	reason = reeve_processes_run(NULL, customer, NULL);
	reeve_leave(r);
	return reason != REEVE_EXIT_NORMAL;
}
