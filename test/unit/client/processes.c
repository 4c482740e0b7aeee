#include "processes.h"

#include <errno.h>
#include <string.h>

#include "rig.h"

enum { LONG_MS = 20000 };

static void play_on(const struct reeve_runtime_options *o, reeve_process_fn fn,
		    void *arg)
{
	int reason, n = count_fds();

	reason = reeve_processes_run(o, fn, arg);
	if (reason)
		print_error("with %u workers, seed %lu\n", o->n_workers,
			    (unsigned long)o->seed);
	assert_int_equal(reason, 0);
	assert_int_equal(count_fds(), n);
}

void play_in_time(reeve_process_fn fn, void *arg)
{
	play_on(&(struct reeve_runtime_options){ .n_workers = 1 }, fn, arg);
	play_on(&(struct reeve_runtime_options){ .n_workers = 3 }, fn, arg);
}

void play(reeve_process_fn fn, void *arg)
{
	uint64_t seed;

	play_in_time(fn, arg);
	for (seed = 1; seed <= 20; seed++)
		play_on(&(struct reeve_runtime_options){ .seed = seed }, fn,
			arg);
}

struct reeve_message *expect_message(void)
{
	struct reeve_message *m;
	int r = reeve_next(LONG_MS, &m);

	if (r < 0)
		reeve_fail("no message: %s", strerror(-r));
	return m;
}

struct reeve_message *expect_ordinal(uint64_t ordinal)
{
	const struct reeve_match match = { .ordinal = ordinal };
	struct reeve_message *m;
	int r = reeve_next_match(&match, LONG_MS, &m);

	if (r < 0)
		reeve_fail("no message 0x%llx: %s", (unsigned long long)ordinal,
			   strerror(-r));
	return m;
}

static bool is_end(const struct reeve_message *m, void *arg)
{
	const reeve_pid *pid = arg;
	struct reeve_notice notice;

	if (m->ordinal != REEVE_NOTICE_EXIT && m->ordinal != REEVE_NOTICE_DOWN)
		return false;
	memcpy(&notice, m->bytes, sizeof(notice));
	return notice.pid == *pid;
}

struct reeve_notice expect_end(reeve_pid pid)
{
	const struct reeve_match match = { .fn = is_end, .arg = &pid };
	struct reeve_notice notice;
	struct reeve_message *m;

	REEVE_CHECK(reeve_next_match(&match, LONG_MS, &m) == 0);
	memcpy(&notice, m->bytes, sizeof(notice));
	reeve_message_free(m);
	return notice;
}

void expect_nothing(void)
{
	struct reeve_message *m;

	REEVE_CHECK(reeve_next(0, &m) == -EAGAIN);
}

struct reeve_message *expect_receive(struct reeve_channel *channel)
{
	struct reeve_message *m;

	REEVE_CHECK(reeve_receive(channel, LONG_MS, &m) == 0);
	return m;
}

void send_text(struct reeve_channel *channel, uint64_t ordinal, uint32_t txid,
	       const char *text)
{
	const struct reeve_message m = { .ordinal = ordinal,
					 .txid = txid,
					 .bytes = text,
					 .n_bytes = strlen(text) };

	REEVE_CHECK(reeve_send(channel, &m) == 0);
}

void expect_text(struct reeve_message *take_m, const char *text)
{
	REEVE_CHECK(take_m->n_bytes == strlen(text));
	REEVE_CHECK(!memcmp(take_m->bytes, text, take_m->n_bytes));
	reeve_message_free(take_m);
}
