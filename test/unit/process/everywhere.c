#include "everywhere.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { N_SEEDS = 6 };

static unsigned descriptors_count(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* One that was ended with the reason 0 has not come to its end. */
static reeve_process_fn body;
static bool is_through;

static void run_body(void *arg)
{
	body(arg);
	is_through = true;
}

static void run_once(const struct reeve_runtime_options *o, reeve_process_fn fn,
		     int reason)
{
	unsigned n = descriptors_count();

	body = fn;
	is_through = false;
	assert_int_equal(reeve_processes_run(o, run_body, NULL), reason);
	assert_int_equal(is_through, reason == REEVE_EXIT_NORMAL);
	assert_int_equal(descriptors_count(), n);
}

void run_everywhere(const struct reeve_runtime_options *like,
		    reeve_process_fn fn, int reason)
{
	struct reeve_runtime_options o = {};

	if (like)
		o = *like;
	for (o.n_workers = 1; o.n_workers <= 3; o.n_workers++)
		run_once(&o, fn, reason);
	o.n_workers = 0;
	for (o.seed = 1; o.seed <= N_SEEDS; o.seed++)
		run_once(&o, fn, reason);
}

int tell(reeve_pid pid, uint64_t ordinal)
{
	return reeve_send_to(pid,
			     &(struct reeve_message){ .ordinal = ordinal });
}

reeve_pid hear(uint64_t ordinal)
{
	struct reeve_message *m;
	reeve_pid sender;

	MUST_EQUAL(reeve_next(-1, &m), 0);
	MUST_EQUAL(m->ordinal, ordinal);
	sender = reeve_message_sender(m);
	reeve_message_free(m);
	return sender;
}

struct reeve_notice hear_notice(uint64_t ordinal)
{
	const struct reeve_match match = { .ordinal = ordinal };
	struct reeve_notice notice;
	struct reeve_message *m;

	MUST_EQUAL(reeve_next_match(&match, -1, &m), 0);
	MUST_EQUAL(m->n_bytes, sizeof(notice));
	notice = *(const struct reeve_notice *)m->bytes;
	reeve_message_free(m);
	return notice;
}

static bool is_about(const struct reeve_message *m, void *arg)
{
	return ((const struct reeve_notice *)m->bytes)->reference ==
	       *(uint64_t *)arg;
}

uint64_t watch(reeve_pid pid)
{
	uint64_t reference;

	MUST_EQUAL(reeve_monitor(pid, &reference), 0);
	return reference;
}

int end_of(uint64_t watched)
{
	const struct reeve_match match = { .ordinal = REEVE_NOTICE_DOWN,
					   .fn = is_about,
					   .arg = &watched };
	struct reeve_message *m;
	int reason;

	MUST_EQUAL(reeve_next_match(&match, -1, &m), 0);
	reason = ((const struct reeve_notice *)m->bytes)->reason;
	reeve_message_free(m);
	return reason;
}

void hear_nothing(void)
{
	enum { MARK = 0x6d61726b };
	struct reeve_message *m;
	unsigned n;

	for (n = 0; n < 50; n++)
		reeve_yield();
	MUST_EQUAL(reeve_sleep(2), 0);
	MUST_EQUAL(tell(reeve_self(), MARK), 0);
	MUST_EQUAL(reeve_next(-1, &m), 0);
	MUST_EQUAL(m->ordinal, MARK);
	reeve_message_free(m);
}

void wait_for_ever(void *arg)
{
	struct reeve_message *m;

	(void)arg;
	while (reeve_next(-1, &m) == 0)
		reeve_message_free(m);
}

reeve_pid start(reeve_process_fn fn, void *arg,
		const struct reeve_spawn_options *options)
{
	reeve_pid pid;

	MUST_EQUAL(reeve_spawn(fn, arg, options, &pid), 0);
	MUST(pid != REEVE_PID_NONE);
	return pid;
}

bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

int open_something(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	MUST(fd >= 0);
	return fd;
}

uint64_t number_of(const struct reeve_message *m)
{
	uint64_t n;

	MUST_EQUAL(m->n_bytes, sizeof(n));
	memcpy(&n, m->bytes, sizeof(n));
	return n;
}

int send_number(reeve_pid to, uint64_t ordinal, uint64_t n)
{
	return reeve_send_to(to,
			     &(struct reeve_message){ .ordinal = ordinal,
						      .bytes = &n,
						      .n_bytes = sizeof(n) });
}

uint64_t next_number(uint64_t ordinal)
{
	struct reeve_message *m;
	uint64_t n;

	MUST_EQUAL(reeve_next(-1, &m), 0);
	MUST_EQUAL(m->ordinal, ordinal);
	n = number_of(m);
	reeve_message_free(m);
	return n;
}
