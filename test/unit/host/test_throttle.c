/* Throttling: what is paused, what goes on, and what is said about it. */
#include "host_test.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel.h"
#include "client/directory.h"
#include "client/remote.h"
#include "host/throttle.h"
#include "sys/fd.h"
#include "wire/io.h"

struct rig {
	struct loop *loop;
	struct journal *journal;
	struct throttle throttle;
	struct loop_source source;
	int fds[2];
	unsigned n_calls, n_read;
};

static void on_event(struct loop_source *source, uint32_t events)
{
	struct rig *rig = container_of(source, struct rig, source);
	char byte;

	(void)events;
	rig->n_calls++;
	if (!throttle_allows(&rig->throttle, source))
		return;
	if (recv(rig->fds[0], &byte, 1, MSG_DONTWAIT) != 1) {
		loop_remove(source);
		return;
	}
	throttle_count(&rig->throttle);
	rig->n_read++;
}

/* @rate in a second, twice that at once. */
static void rig_init(struct rig *rig, uint32_t rate)
{
	*rig = (struct rig){ 0 };
	assert_int_equal(loop_new(&rig->loop), 0);
	assert_int_equal(journal_new(&rig->journal), 0);
	throttle_init(&rig->throttle, rig->loop, rig->journal, "/a", rate);
	assert_int_equal(channel_pair(rig->fds), 0);
	assert_int_equal(loop_add(rig->loop, &rig->source, rig->fds[0], EPOLLIN,
				  on_event),
			 0);
}

static void rig_fini(struct rig *rig)
{
	throttle_fini(&rig->throttle);
	loop_remove(&rig->source);
	loop_free(rig->loop);
	journal_free(rig->journal);
	fd_close(rig->fds[0]);
	fd_close(rig->fds[1]);
}

static void ask(struct rig *rig, unsigned n)
{
	while (n--)
		assert_int_equal(write(rig->fds[1], "x", 1), 1);
}

/* Turns of the loop while there is anything to do at once. */
static void turn(struct rig *rig)
{
	while (loop_turn(rig->loop, 0) > 0)
		;
}

static bool count_entry(void *userdata, const struct journal_entry *e)
{
	unsigned *n = userdata;

	assert_string_equal(e->moniker, "/a");
	assert_contains(e->text, "requests were delayed");
	++*n;
	return true;
}

static unsigned n_told(struct rig *rig)
{
	unsigned n = 0;

	journal_each(rig->journal, NULL, 0, count_entry, &n);
	return n;
}

static void test_the_honest_do_not_notice(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 0);
	ask(&rig, 200);
	turn(&rig);
	assert_int_equal(rig.n_read, 200);
	assert_int_equal(rig.throttle.n_requests, 200);
	assert_int_equal(rig.throttle.n_pauses, 0);
	assert_int_equal(rig.throttle.n_delayed, 0);
	assert_int_equal(rig.throttle.rate, THROTTLE_RATE);
	/* Not even a timer. */
	assert_null(rig.throttle.timer.loop);
	assert_int_equal(n_told(&rig), 0);
	rig_fini(&rig);
}

static void test_beyond_the_burst_it_waits(void **state)
{
	struct rig rig;
	unsigned calls;

	(void)state;
	/* A second for each: none comes while this test looks. */
	rig_init(&rig, 1);
	ask(&rig, 10);
	turn(&rig);
	assert_int_equal(rig.n_read, 2);
	assert_true(loop_is_paused(&rig.source));
	assert_int_equal(rig.throttle.n_pauses, 1);
	/* What waits does not wake the loop. */
	calls = rig.n_calls;
	ask(&rig, 10);
	turn(&rig);
	assert_int_equal(rig.n_calls, calls);
	rig_fini(&rig);
}

static void test_it_goes_on_with_new_tokens(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 40);
	ask(&rig, 120);
	while (rig.n_read < 120)
		assert_true(loop_turn(rig.loop, 5000) >= 0);
	assert_int_equal(rig.throttle.n_requests, 120);
	assert_true(rig.throttle.n_pauses > 1);
	assert_true(rig.throttle.n_delayed > 0 &&
		    rig.throttle.n_delayed <= 120 - 80);
	/* All of it is told; then it is as if nothing had been. */
	while (rig.throttle.timer.loop)
		loop_turn(rig.loop, 5000);
	assert_false(rig.throttle.is_throttled);
	assert_int_equal(rig.throttle.n_untold, 0);
	assert_true(n_told(&rig) > 0 && n_told(&rig) < 40);
	ask(&rig, 1);
	turn(&rig);
	assert_int_equal(rig.n_read, 121);
	rig_fini(&rig);
}

/* The hang-up of a paused source cannot be masked, and must not spin. */
static void test_who_hangs_up_while_paused_is_told_once(void **state)
{
	struct rig rig;
	unsigned calls;

	(void)state;
	rig_init(&rig, 1);
	ask(&rig, 5);
	turn(&rig);
	assert_true(loop_is_paused(&rig.source));
	calls = rig.n_calls;
	rig.fds[1] = fd_close(rig.fds[1]);
	turn(&rig);
	turn(&rig);
	assert_true(rig.n_calls - calls <= 1);
	assert_true(loop_is_paused(&rig.source));
	/* When it goes on, it is read to its end. */
	loop_resume(&rig.source);
	assert_false(loop_is_paused(&rig.source));
	bucket_init(&rig.throttle.bucket, 1000, 1000);
	turn(&rig);
	assert_int_equal(rig.n_read, 5);
	assert_int_equal(rig.source.slot, 0);
	rig_fini(&rig);
}

static void test_a_source_goes_while_paused(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	ask(&rig, 5);
	turn(&rig);
	assert_false(list_is_empty(&rig.throttle.paused));
	loop_remove(&rig.source);
	assert_true(list_is_empty(&rig.throttle.paused));
	assert_false(loop_is_paused(&rig.source));
	/* Neither of these finds it any more. */
	loop_resume(&rig.source);
	loop_pause(&rig.source, &rig.throttle.paused);
	assert_true(list_is_empty(&rig.throttle.paused));
	rig_fini(&rig);
}

static void test_what_was_asked_for_meanwhile_holds(void **state)
{
	struct rig rig;
	unsigned calls;

	(void)state;
	rig_init(&rig, 1);
	ask(&rig, 5);
	turn(&rig);
	calls = rig.n_calls;
	assert_int_equal(loop_modify(&rig.source, 0), 0);
	assert_int_equal(loop_modify(&rig.source, EPOLLIN), 0);
	turn(&rig);
	assert_int_equal(rig.n_calls, calls);
	assert_int_equal(loop_modify(&rig.source, 0), 0);
	loop_resume(&rig.source);
	turn(&rig);
	assert_int_equal(rig.n_calls, calls);
	assert_int_equal(loop_modify(&rig.source, EPOLLIN), 0);
	turn(&rig);
	assert_true(rig.n_calls > calls);
	rig_fini(&rig);
}

/* It goes with its instance; its sources may outlive it for a moment. */
static void test_the_end_lets_go(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	ask(&rig, 5);
	turn(&rig);
	throttle_fini(&rig.throttle);
	assert_false(loop_is_paused(&rig.source));
	assert_null(rig.throttle.timer.loop);
	rig_fini(&rig);
}

static void test_what_it_says_of_itself(void **state)
{
	struct rig rig;
	struct text t = TEXT_INIT;

	(void)state;
	rig_init(&rig, 1);
	throttle_render_json(&rig.throttle, &t);
	assert_string_equal(text_string(&t),
			    "{\"requests_per_second\":1,\"requests\":0,"
			    "\"delayed\":0,\"pauses\":0,\"throttled\":false}");
	ask(&rig, 5);
	turn(&rig);
	text_clear(&t);
	throttle_render_json(&rig.throttle, &t);
	assert_string_equal(text_string(&t),
			    "{\"requests_per_second\":1,\"requests\":2,"
			    "\"delayed\":0,\"pauses\":1,\"throttled\":true}");
	text_fini(&t);
	rig_fini(&rig);
}

/* ---- directories, whose payer is an instance ---- */

static void on_open(void *userdata, const struct directory_open *open,
		    int take_server_end)
{
	unsigned *n = userdata;

	(void)open;
	++*n;
	fd_close(take_server_end);
}

static bool on_take(uint64_t client)
{
	(void)client;
	return true;
}

static void on_give_back(uint64_t client)
{
	(void)client;
}

static void test_a_directory_asks_before_it_reads(void **state)
{
	static const struct directory_payer payer = {
		.on_take = on_take,
		.on_give_back = on_give_back,
		.may_ask = throttle_may_ask,
		.on_request = throttle_on_request,
	};
	struct instance slow = { 0 }, quick = { 0 };
	struct instance *clients[2] = { &slow, &quick };
	unsigned n_opens = 0;
	struct directory *d;
	struct rig rig;
	int fds[2][2], pair[2], k, i;

	(void)state;
	rig_init(&rig, 0);
	throttle_init(&slow.throttle, rig.loop, rig.journal, "/a", 1);
	throttle_init(&quick.throttle, rig.loop, rig.journal, "/b", 0);
	assert_int_equal(directory_new(rig.loop, NULL, &d), 0);
	directory_set_payer(d, &payer);
	assert_int_equal(
		directory_add(d, "x", DIRECTORY_SERVICE, on_open, &n_opens), 0);
	for (k = 0; k < 2; k++) {
		assert_int_equal(channel_pair(fds[k]), 0);
		assert_int_equal(
			directory_serve(d, fds[k][1], IO_RIGHT_READABLE,
					(uint64_t)(uintptr_t)clients[k]),
			0);
	}
	/* As many as one look may read, which is more than it has. */
	for (k = 0; k < 2; k++)
		for (i = 0; i < 40; i++) {
			assert_int_equal(channel_pair(pair), 0);
			assert_int_equal(remote_open(fds[k][0],
						     IO_RIGHT_READABLE, 0, "x",
						     pair[1]),
					 0);
			fd_close(pair[0]);
		}
	turn(&rig);
	assert_int_equal(slow.throttle.n_requests, 16);
	assert_int_equal(quick.throttle.n_requests, 40);
	assert_int_equal(n_opens, 16 + 40);
	assert_int_equal(quick.throttle.n_pauses, 0);
	/* A paused connection ends with its directory like any other. */
	directory_free(d);
	assert_true(list_is_empty(&slow.throttle.paused));
	throttle_fini(&slow.throttle);
	throttle_fini(&quick.throttle);
	fd_close(fds[0][0]);
	fd_close(fds[1][0]);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_the_honest_do_not_notice),
		host_test(test_beyond_the_burst_it_waits),
		host_test(test_it_goes_on_with_new_tokens),
		host_test(test_who_hangs_up_while_paused_is_told_once),
		host_test(test_a_source_goes_while_paused),
		host_test(test_what_was_asked_for_meanwhile_holds),
		host_test(test_the_end_lets_go),
		host_test(test_what_it_says_of_itself),
		host_test(test_a_directory_asks_before_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
