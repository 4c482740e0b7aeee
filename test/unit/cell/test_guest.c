/* Guests without a cell: what the init does for them, with children of our own
 * in their place, and what is said over a line. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "cell/guest.h"
#include "cell/guest_work.h"
#include "cell/ward.h"
#include "sys/fd.h"
#include "sys/packet.h"

enum { ABOVE = 40 };

/* A task that stands still, in a group of its own. */
static pid_t stand_still(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	setpgid(pid, pid);
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Handle what has been said at the desks. */
static void attend(struct ward *w)
{
	struct pollfd p[GUESTS_MAX];

	ward_poll(w, p);
	assert_true(poll(p, GUESTS_MAX, 0) >= 0);
	ward_handle(w, p);
}

/* Our end of a desk, whose papers have been read. */
static int admit(struct ward *w, size_t n_papers)
{
	struct guest_desk m;
	int pair[2], fds[2] = { -1, -1 };
	size_t n_fds;

	assert_int_equal(packet_pair(pair), 0);
	ward_admit(w, pair[1]);
	assert_int_equal(packet_receive(pair[0], &m, sizeof(m), fds, 2, &n_fds,
					MSG_DONTWAIT),
			 sizeof(m));
	assert_int_equal(m.type, GUEST_DESK_PAPERS);
	assert_int_equal(n_fds, n_papers);
	fd_close_all(fds, n_fds);
	return pair[0];
}

static void say(struct ward *w, int desk_fd, enum guest_desk_type type,
		int value)
{
	struct guest_desk m = { type, value };

	assert_int_equal(packet_send(desk_fd, &m, sizeof(m), NULL, 0, 0), 0);
	attend(w);
}

/* The next that was said to us, of this type; its value. */
static int hear(int desk_fd, enum guest_desk_type type)
{
	struct guest_desk m;
	size_t n_fds;

	assert_int_equal(packet_receive(desk_fd, &m, sizeof(m), NULL, 0, &n_fds,
					MSG_DONTWAIT),
			 sizeof(m));
	assert_int_equal(m.type, type);
	return m.value;
}

static bool is_over(int desk_fd)
{
	struct guest_desk m;
	size_t n_fds;

	return packet_receive(desk_fd, &m, sizeof(m), NULL, 0, &n_fds,
			      MSG_DONTWAIT) == 0;
}

static void ward_keeps_a_guest(void **state)
{
	pid_t guest = stand_still();
	struct ward w;
	int desk_fd, status;

	(void)state;
	ward_open(&w, getpid(), -1, ABOVE);
	assert_true(w.main_fd >= ABOVE);
	desk_fd = admit(&w, 1);
	say(&w, desk_fd, GUEST_DESK_KEEP, guest);
	hear(desk_fd, GUEST_DESK_KEPT);
	say(&w, desk_fd, GUEST_DESK_SIGNAL, SIGTERM);
	status = status_of(guest);
	assert_int_equal(WTERMSIG(status), SIGTERM);
	/* Another child's end is nothing to it. */
	ward_reaped(&w, guest + 1, 0);
	ward_reaped(&w, guest, status);
	assert_int_equal(hear(desk_fd, GUEST_DESK_ENDED), status);
	assert_true(is_over(desk_fd));
	close(desk_fd);
	close(w.main_fd);
}

static void ward_shows_the_rules(void **state)
{
	struct ward w;
	int desk_fd;

	(void)state;
	/* Any descriptor will do. */
	ward_open(&w, getpid(), dup(2), ABOVE);
	assert_true(w.rules_fd >= ABOVE);
	desk_fd = admit(&w, 2);
	close(desk_fd);
	close(w.main_fd);
	close(w.rules_fd);
}

static void ward_kills_whose_desk_closes(void **state)
{
	pid_t guest = stand_still();
	struct ward w;
	int desk_fd;

	(void)state;
	ward_open(&w, getpid(), -1, ABOVE);
	desk_fd = admit(&w, 1);
	say(&w, desk_fd, GUEST_DESK_KEEP, guest);
	close(desk_fd);
	attend(&w);
	assert_int_equal(WTERMSIG(status_of(guest)), SIGKILL);
	assert_int_equal(w.guests[0].desk_fd, -1);
	close(w.main_fd);
}

static void ward_kills_for_nonsense(void **state)
{
	static const struct guest_desk wrong[] = {
		{ 0, 0 },
		{ GUEST_DESK_PAPERS, 0 },
		{ GUEST_DESK_KEPT, 0 },
		{ GUEST_DESK_ENDED, 0 },
		{ GUEST_DESK_KEEP, 1 },
		{ GUEST_DESK_KEEP, -1 },
		{ GUEST_DESK_KEEP, 9999 }, /* another one */
	};
	struct ward w;
	size_t i;

	(void)state;
	ward_open(&w, getpid(), -1, ABOVE);
	for (i = 0; i < N_ELEMENTS(wrong); i++) {
		pid_t guest = stand_still();
		int desk_fd = admit(&w, 1);

		say(&w, desk_fd, GUEST_DESK_KEEP, guest);
		hear(desk_fd, GUEST_DESK_KEPT);
		say(&w, desk_fd, wrong[i].type, wrong[i].value);
		assert_int_equal(WTERMSIG(status_of(guest)), SIGKILL);
		assert_true(is_over(desk_fd));
		close(desk_fd);
	}
	close(w.main_fd);
}

/* It was killed, and reaped, before the init was told of it. */
static void ward_tells_of_one_that_is_gone(void **state)
{
	pid_t guest = stand_still();
	struct ward w;
	int desk_fd;

	(void)state;
	ward_open(&w, getpid(), -1, ABOVE);
	desk_fd = admit(&w, 1);
	kill(guest, SIGKILL);
	status_of(guest);
	say(&w, desk_fd, GUEST_DESK_KEEP, guest);
	hear(desk_fd, GUEST_DESK_KEPT);
	assert_int_equal(hear(desk_fd, GUEST_DESK_ENDED), SIGKILL);
	assert_true(is_over(desk_fd));
	close(desk_fd);
	close(w.main_fd);
}

static void ward_is_full(void **state)
{
	int desks[GUESTS_MAX], pair[2], i;
	struct ward w;

	(void)state;
	ward_open(&w, getpid(), -1, ABOVE);
	for (i = 0; i < GUESTS_MAX; i++)
		desks[i] = admit(&w, 1);
	assert_int_equal(packet_pair(pair), 0);
	ward_admit(&w, pair[1]);
	assert_true(is_over(pair[0]));
	close(pair[0]);
	/* Whoever goes makes room. */
	close(desks[3]);
	attend(&w);
	desks[3] = admit(&w, 1);
	fd_close_all(desks, GUESTS_MAX);
	close(w.main_fd);
}

/* ---- the line ---- */

static struct guest_what what_of(char *const *args)
{
	static char *const none[] = { NULL };

	return (struct guest_what){ .args = args,
				    .environ = none,
				    .streams = { 0, 1, 2 },
				    .program_fd = -1 };
}

static void start_is_sent_whole(void **state)
{
	char *const args[] = { (char *)"sh", (char *)"", NULL };
	char *const variables[] = { (char *)"A=b", NULL };
	struct guest_what what = what_of(args);
	struct guest_start *s = calloc(1, sizeof(*s));
	int pair[2], fds[4];
	size_t n_fds;

	(void)state;
	assert_int_equal(packet_pair(pair), 0);
	what.environ = variables;
	what.program_fd = 2;
	assert_int_equal(guest_send_start(pair[0], &what), 0);
	assert_int_equal(packet_receive(pair[1], s, sizeof(*s), fds, 4, &n_fds,
					MSG_DONTWAIT),
			 offsetof(struct guest_start, bytes) + 8);
	assert_int_equal(n_fds, 4);
	assert_int_equal(s->n_args, 2);
	assert_int_equal(s->n_environ, 1);
	assert_memory_equal(s->bytes, "sh\0\0A=b", 8);
	fd_close_all(fds, n_fds);
	fd_close_all(pair, 2);
	free(s);
}

static void start_has_bounds(void **state)
{
	char *many[GUEST_STRINGS_MAX + 2];
	char *const one[] = { malloc(GUEST_BYTES_MAX + 1), NULL };
	struct guest_what what;
	int pair[2], i;

	(void)state;
	assert_int_equal(packet_pair(pair), 0);
	for (i = 0; i <= GUEST_STRINGS_MAX; i++)
		many[i] = (char *)"";
	many[i] = NULL;
	what = what_of(many);
	assert_int_equal(guest_send_start(pair[0], &what), -E2BIG);
	many[GUEST_STRINGS_MAX] = NULL;
	assert_int_equal(guest_send_start(pair[0], &what), 0);
	memset(one[0], 'x', GUEST_BYTES_MAX);
	one[0][GUEST_BYTES_MAX] = 0;
	what = what_of(one);
	assert_int_equal(guest_send_start(pair[0], &what), -E2BIG);
	one[0][GUEST_BYTES_MAX - 1] = 0;
	assert_int_equal(guest_send_start(pair[0], &what), 0);
	free(one[0]);
	fd_close_all(pair, 2);
}

static void events_are_read(void **state)
{
	struct guest_event sent = { .type = GUEST_ENDED, .code = 3 }, e;
	int pair[2];

	(void)state;
	memset(sent.program, 'x', sizeof(sent.program));
	assert_int_equal(packet_pair(pair), 0);
	assert_int_equal(guest_read(pair[0], &e), GUEST_AGAIN);
	packet_send(pair[1], &sent, sizeof(sent), NULL, 0, 0);
	assert_int_equal(guest_read(pair[0], &e), 0);
	assert_int_equal(e.type, GUEST_ENDED);
	assert_int_equal(e.code, 3);
	assert_int_equal(strlen(e.program), sizeof(e.program) - 1);
	packet_send(pair[1], &sent, 4, NULL, 0, 0);
	assert_int_equal(guest_read(pair[0], &e), -EPROTO);
	close(pair[1]);
	assert_int_equal(guest_read(pair[0], &e), GUEST_OVER);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ward_keeps_a_guest),
		cmocka_unit_test(ward_shows_the_rules),
		cmocka_unit_test(ward_kills_whose_desk_closes),
		cmocka_unit_test(ward_kills_for_nonsense),
		cmocka_unit_test(ward_tells_of_one_that_is_gone),
		cmocka_unit_test(ward_is_full),
		cmocka_unit_test(start_is_sent_whole),
		cmocka_unit_test(start_has_bounds),
		cmocka_unit_test(events_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
