/* The process that answers the tools: who gets one, and what it says. */
#include "rig.h"

#include <errno.h>
#include <string.h>

#include "client/api.h"
#include "fault.h"
#include "manager.h"
#include "process/everywhere.h"
#include "reeve/process.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/processes.h"

enum { R = IO_RIGHT_READABLE, ASKERS_MAX = 4, N_PARKED = 600 };

static struct manager manager;
static struct reeve *component;

static void setup(void)
{
	manager_init(&manager);
	component = manager_join(&manager);
}

static void teardown(void)
{
	reeve_leave(component);
	manager_fini(&manager);
}

/* Open it, and let the component hear of that. */
static int ask(void)
{
	int fd = manager_open(&manager, PROCESSES_PATH, R);

	MUST(reeve_dispatch(component) >= 0);
	return fd;
}

static void call(int fd, struct processes_request *q,
		 struct processes_reply *ret)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes), reply = MESSAGE_OVER(bytes);
	struct channel_call c = CHANNEL_CALL_INIT;

	q->txid = 1;
	MUST_EQUAL(processes_request_write(&m, q), 0);
	MUST_EQUAL(channel_call(fd, &m, &reply, &c), 0);
	MUST_EQUAL(processes_reply_read(&reply, ret), 0);
	MUST_EQUAL(ret->method, q->method);
}

/* The status of the epitaph that is the next message. Closes @fd. */
static int32_t epitaph_of(int fd)
{
	_Alignas(8) uint8_t bytes[WIRE_EPITAPH_SIZE];
	struct message m = MESSAGE_OVER(bytes);
	struct wire_epitaph epitaph;

	MUST_EQUAL(channel_wait(fd, CHANNEL_FOREVER, -1), 0);
	MUST_EQUAL(channel_read(fd, &m, CHANNEL_NOW), 0);
	MUST_EQUAL(wire_epitaph_read(&m, &epitaph), 0);
	fd_close(fd);
	return epitaph.status;
}

static void test_without_processes(void **state)
{
	(void)state;
	setup();
	MUST_EQUAL(epitaph_of(ask()), REEVE_ERR_NOT_FOUND);
	teardown();
}

/* ---- with them ---- */

static int ignore(void *state, struct reeve_message *message)
{
	(void)state;
	(void)message;
	return 0;
}

static void spawn_parked(void)
{
	const struct reeve_spawn_options options = { .name = "first \377" };
	reeve_pid pid;
	int i;

	for (i = 0; i < N_PARKED; i++)
		MUST_EQUAL(reeve_spawn_handler(ignore, NULL, 0,
					       i ? NULL : &options, &pid),
			   0);
}

/* Each process that the list has, once, by rising place. */
static void check_list(int fd)
{
	struct processes_request q = { .method = PROCESSES_LIST };
	static struct processes_reply reply;
	uint32_t n = 0, n_handlers = 0, i;
	bool has_first = false, has_self = false;
	int64_t last = -1;

	do {
		call(fd, &q, &reply);
		for (i = 0; i < reply.n_entries; i++) {
			const struct processes_entry *e = &reply.entries[i];

			MUST((int64_t)(uint32_t)e->pid > last);
			last = (uint32_t)e->pid;
			q.after = e->pid;
			n_handlers += e->is_handler;
			has_self |= e->pid == reeve_self();
			has_first |= wire_string_equals(e->name, "first ?");
			MUST(e->function.n > 0);
		}
		n += reply.n_entries;
	} while (reply.n_entries);
	MUST(has_first && has_self);
	MUST_EQUAL(n_handlers, N_PARKED);
	q.method = PROCESSES_SUMMARY;
	call(fd, &q, &reply);
	MUST_EQUAL(reply.summary.n_processes, n);
	MUST(reply.summary.n_workers > 0);
}

static void wait_until_alone(void)
{
	while (reeve_whereis("reeve.Processes"))
		MUST_EQUAL(reeve_sleep(1), 0);
}

static void everything(void *arg)
{
	int fds[ASKERS_MAX], i;

	(void)arg;
	spawn_parked();
	fds[0] = ask();
	check_list(fds[0]);
	/* What is no question is the end. */
	MUST_EQUAL(channel_write(fds[0], "x", 1, NULL, 0, CHANNEL_NOW), 0);
	MUST_EQUAL(epitaph_of(fds[0]), REEVE_ERR_INVALID_ARGS);
	wait_until_alone();

	/* So many at a time, and each for itself. */
	for (i = 0; i < ASKERS_MAX; i++)
		fds[i] = ask();
	MUST_EQUAL(epitaph_of(ask()), REEVE_ERR_NO_RESOURCES);
	check_list(fds[ASKERS_MAX - 1]);
	fd_close_all(fds, ASKERS_MAX);
	wait_until_alone();
	for (i = 0; i < 1000; i++)
		reeve_yield();
	fds[0] = ask();
	check_list(fds[0]);
	fd_close(fds[0]);
	wait_until_alone();
}

/* One that never ran leaves nothing open either. */
static void killed_at_once(void *arg)
{
	int fd = ask();

	(void)arg;
	MUST_EQUAL(reeve_kill(reeve_whereis("reeve.Processes"),
			      REEVE_EXIT_KILLED),
		   0);
	wait_until_alone();
	MUST_EQUAL(channel_wait(fd, CHANNEL_NOW, -1), 0);
	fd_close(fd);
}

static void test_killed_at_once(void **state)
{
	const struct reeve_runtime_options options = { .n_workers = 1 };
	int n = count_fds();

	(void)state;
	setup();
	MUST_EQUAL(reeve_processes_run(&options, killed_at_once, NULL), 0);
	teardown();
	MUST_EQUAL(count_fds(), n);
}

static void test_with_processes(void **state)
{
	int n = count_fds();

	(void)state;
	setup();
	MUST_EQUAL(reeve_processes_run(NULL, everything, NULL), 0);
	/* And with them it goes. */
	MUST_EQUAL(epitaph_of(ask()), REEVE_ERR_NOT_FOUND);
	teardown();
	MUST_EQUAL(count_fds(), n);
}

/* One that is asked while there is no memory says so. */
static int ask_without_memory(void *arg)
{
	int *fd = arg;

	*fd = ask();
	if (channel_wait(*fd, CHANNEL_NOW, -1))
		return 0;
	MUST_EQUAL(epitaph_of(*fd), REEVE_ERR_NO_MEMORY);
	return -ENOMEM;
}

static void sweep(void *arg)
{
	int fd = -1;

	(void)arg;
	MUST(fault_sweep(ask_without_memory, &fd) >= 1);
	spawn_parked();
	check_list(fd);
	fd_close(fd);
	wait_until_alone();
}

static void test_faults(void **state)
{
	const struct reeve_runtime_options options = { .n_workers = 1 };
	int n = count_fds();

	(void)state;
	setup();
	MUST_EQUAL(reeve_processes_run(&options, sweep, NULL), 0);
	teardown();
	MUST_EQUAL(count_fds(), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_processes),
		cmocka_unit_test(test_with_processes),
		cmocka_unit_test(test_killed_at_once),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
