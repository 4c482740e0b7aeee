/*
 * Orders: what they say of several cells and channels, what is drained, and
 * what a budget does.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "hide.h"
#include "rig.h"
#include "sever_rig.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/unix_socket.h"

/* Provider and client in cells of their own, each with something unread. */
struct couple {
	struct act provider, client;
	struct channel channel;
	struct sever_cell cells[2];
	int client_copy, server_copy; /* to look at the queues with */
};

static void couple_begin(struct couple *p)
{
	act_begin(&p->provider, false);
	act_begin(&p->client, false);
	channel_open(&p->channel);
	assert_int_equal(send(p->channel.client_fd, "to server", 9, 0), 9);
	assert_int_equal(send(p->channel.client_fd, "", 0, 0), 0);
	assert_int_equal(send(p->channel.client_fd, "more", 4, 0), 4);
	assert_int_equal(send(p->channel.server_fd, "to client", 9, 0), 9);
	p->server_copy = dup(p->channel.server_fd);
	p->client_copy = dup(p->channel.client_fd);
	assert_int_equal(act_play(&p->provider, HIDE_PLAIN,
				  TAKE_FD(p->channel.server_fd)),
			 0);
	assert_int_equal(
		act_play(&p->client, HIDE_PLAIN, TAKE_FD(p->channel.client_fd)),
		0);
	p->cells[0] = p->provider.cell;
	p->cells[1] = p->client.cell;
}

static void couple_end(struct couple *p)
{
	act_expect_running(&p->provider);
	act_expect_running(&p->client);
	act_end(&p->provider);
	act_end(&p->client);
	close(p->client_copy);
	close(p->server_copy);
	channel_close(&p->channel);
}

static void expect_end(int fd)
{
	char bytes[16];

	assert_int_equal(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT), 0);
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
}

static void sever_both_ends(enum sever_kind kind)
{
	struct sever_report r;
	struct couple p;

	couple_begin(&p);
	sever_do(kind, SEVER_FREEZER_BEST, p.cells, 2, &p.channel, 1, &r);
	assert_int_equal(r.found[0].ends, SEVER_SERVER_END | SEVER_CLIENT_END);
	assert_int_equal(r.found[0].n_unread, 0);
	assert_int_equal(r.cells[0].problems, 0);
	assert_int_equal(r.cells[1].problems, 0);
	assert_int_equal(socket_unread(p.server_copy), 0);
	assert_int_equal(socket_unread(p.client_copy), 0);
	expect_end(p.server_copy);
	expect_end(p.client_copy);
	sever_report_fini(&r);
	couple_end(&p);
}

static void sever_empties_both_ends(void **state)
{
	(void)state;
	sever_both_ends(SEVER_SWEEP);
	sever_both_ends(SEVER_SWEEP_FROZEN);
}

/* The client's end alone is found by its label, and told as such. */
static void sever_finds_the_client(void **state)
{
	struct sever_report r;
	struct couple p;

	(void)state;
	couple_begin(&p);
	sever_do(SEVER_SWEEP, SEVER_FREEZER_BEST, &p.cells[1], 1, &p.channel, 1,
		 &r);
	assert_int_equal(r.found[0].ends, SEVER_CLIENT_END);
	assert_true(r.found[0].n_unread > 0);
	assert_true(socket_unread(p.client_copy) > 0);
	sever_report_fini(&r);
	/* And the rest of it afterwards. */
	sever_do(SEVER_SWEEP, SEVER_FREEZER_BEST, p.cells, 1, &p.channel, 1,
		 &r);
	assert_int_equal(r.found[0].ends, SEVER_SERVER_END);
	assert_int_equal(socket_unread(p.client_copy), 0);
	expect_end(p.server_copy);
	sever_report_fini(&r);
	couple_end(&p);
}

/* Once all is found, nobody else is looked at; and others' sockets live. */
static void sever_looks_no_further(void **state)
{
	struct sever_report r;
	struct channel other;
	struct couple p;
	char byte;

	(void)state;
	couple_begin(&p);
	channel_open(&other);
	p.channel.target.n_label = 0;
	sever_do(SEVER_SWEEP, SEVER_FREEZER_BEST, p.cells, 2, &p.channel, 1,
		 &r);
	assert_int_equal(r.found[0].ends, SEVER_SERVER_END);
	assert_true(r.found[0].n_unread > 0);
	assert_int_equal(r.cells[0].problems, 0);
	assert_int_equal(r.cells[1].problems, SEVER_PROBLEM_SKIPPED);
	assert_int_equal(r.cells[1].n_tasks, 0);
	assert_int_equal(send(other.client_fd, "x", 1, 0), 1);
	assert_int_equal(recv(other.server_fd, &byte, 1, 0), 1);
	sever_report_fini(&r);
	channel_close(&other);
	couple_end(&p);
}

static void sever_ends_many(void **state)
{
	enum { N = 1000 };
	struct channel *channels = calloc(N, sizeof(*channels));
	struct sever_report r;
	struct rlimit limit;
	struct act a;
	int i, wrap[2];

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < 3 * N + 200) {
		print_message("too few descriptors here\n");
		skip();
	}
	/* What a plain holder has, it may have in one socket's queue. */
	assert_int_equal(packet_pair(wrap), 0);
	act_begin(&a, false);
	for (i = 0; i < N; i++) {
		channel_open(&channels[i]);
		assert_int_equal(packet_send(wrap[0], "x", 1,
					     &channels[i].server_fd, 1,
					     MSG_DONTWAIT),
				 0);
		channels[i].server_fd = fd_close(channels[i].server_fd);
		/* The sending buffer is smaller than N messages. */
		if (i % 100 == 99) {
			assert_int_equal(
				act_play(&a, HIDE_UNPACK, TAKE_FD(wrap[1])),
				100);
			close(wrap[0]);
			assert_int_equal(packet_pair(wrap), 0);
		}
	}
	fd_close_all(wrap, 2);
	sever_do(SEVER_SWEEP, SEVER_FREEZER_BEST, &a.cell, 1, channels, N, &r);
	print_message("  %d channels: %u us, %u descriptors\n", N, r.took_us,
		      r.n_descriptors);
	for (i = 0; i < N; i++) {
		assert_int_equal(r.found[i].ends, SEVER_SERVER_END);
		channel_expect_dead(&channels[i]);
		channel_close(&channels[i]);
	}
	sever_report_fini(&r);
	act_end(&a);
	free(channels);
}

/* Sockets of the manager's own are searched and left as they are. */
static void sever_searches_loose_sockets(void **state)
{
	struct sever_order order = { .kind = SEVER_SWEEP, .n_targets = 1 };
	struct sever_report r;
	struct channel c;
	char bytes[16];
	int loose[2], fds[1];
	size_t n_fds;

	(void)state;
	channel_open(&c);
	assert_int_equal(send(c.client_fd, "unread", 6, 0), 6);
	assert_int_equal(packet_pair(loose), 0);
	assert_int_equal(packet_send(loose[0], "before", 6, NULL, 0, 0), 0);
	assert_int_equal(packet_send(loose[0], "open", 4, &c.server_fd, 1, 0),
			 0);
	c.server_fd = fd_close(c.server_fd);
	order.targets = &c.target;
	order.loose_fds = &loose[1];
	order.n_loose = 1;
	sever_start();
	assert_int_equal(sever_order(&sever, &order), 0);
	sever_wait(&r);
	assert_int_equal(r.found[0].ends, SEVER_SERVER_END);
	assert_int_equal(r.loose_problems, 0);
	assert_int_equal(r.n_in_flight, 1);
	sever_report_fini(&r);
	channel_expect_dead(&c);
	assert_int_equal(packet_receive(loose[1], bytes, sizeof(bytes), NULL, 0,
					&n_fds, MSG_DONTWAIT),
			 6);
	assert_int_equal(packet_receive(loose[1], bytes, sizeof(bytes), fds, 1,
					&n_fds, MSG_DONTWAIT),
			 4);
	assert_int_equal(n_fds, 1);
	expect_end(fds[0]);
	close(fds[0]);
	fd_close_all(loose, 2);
	channel_close(&c);
}

/* A cell that is too large to be searched in time is told, and is not kept from
 * running for longer. */
static void sever_keeps_to_its_budget(void **state)
{
	struct sever_order order = {
		.kind = SEVER_SWEEP_FROZEN,
		.n_cells = 2,
		.n_targets = 1,
		.cell_ms = 1,
		.order_ms = 5000,
	};
	struct sever_cell cells[2];
	struct act large, small;
	struct sever_report r;
	struct channel c;
	int n;

	(void)state;
	act_begin(&large, true);
	act_begin(&small, true);
	channel_open(&c);
	n = act_play(&large, 100000, -1);
	if (n < 4000) {
		print_message("too few descriptors here\n");
		skip();
	}
	assert_int_equal(act_play(&small, HIDE_PLAIN, TAKE_FD(c.server_fd)), 0);
	cells[0] = large.cell;
	cells[1] = small.cell;
	order.cells = cells;
	order.targets = &c.target;
	sever_start();
	assert_int_equal(sever_order(&sever, &order), 0);
	sever_wait(&r);
	assert_true(r.cells[0].problems & SEVER_PROBLEM_BUDGET);
	assert_true(r.cells[0].n_descriptors < (uint32_t)n);
	/* That was its own loss alone. */
	assert_int_equal(r.found[0].ends, SEVER_SERVER_END);
	sever_report_fini(&r);
	act_expect_running(&large);
	act_expect_running(&small);
	act_end(&large);
	act_end(&small);
	channel_close(&c);
}

static void sever_of_what_is_gone(void **state)
{
	struct sever_report r;
	struct channel c;
	struct act a;

	(void)state;
	act_begin(&a, false);
	channel_open(&c);
	act_end(&a);
	sever_do(SEVER_SWEEP, SEVER_FREEZER_BEST, &a.cell, 1, &c, 1, &r);
	assert_int_equal(r.found[0].ends, 0);
	assert_int_equal(r.cells[0].problems, SEVER_PROBLEM_GONE);
	sever_report_fini(&r);
	sever_do(SEVER_SWEEP_FROZEN, SEVER_FREEZER_BEST, &a.cell, 1, &c, 1, &r);
	assert_int_equal(r.found[0].ends, 0);
	assert_int_equal(r.cells[0].problems, SEVER_PROBLEM_GONE);
	sever_report_fini(&r);
	assert_false(channel_has_ended(&c));
	channel_close(&c);
}

/* Nothing to be done is done at once. */
static void sever_of_nothing(void **state)
{
	struct sever_order order = { .kind = SEVER_SWEEP_FROZEN };
	struct sever_report r;

	(void)state;
	sever_start();
	assert_int_equal(sever_order(&sever, &order), 0);
	sever_wait(&r);
	assert_int_equal(r.n_found, 0);
	assert_int_equal(r.n_cells, 0);
	sever_report_fini(&r);
}

/* Work of no known kind, or with more than a message holds. */
static void work_that_cannot_be_done(void **state)
{
	static const char bytes[WORK_BYTES_MAX + 1];
	struct pollfd p = { .events = POLLIN };
	int fds[WORK_FDS_MAX + 1] = { 0 };
	char byte;

	(void)state;
	assert_int_equal(launcher_work(&launcher, (enum work_kind)1000, bytes,
				       WORK_BYTES_MAX, fds, WORK_FDS_MAX,
				       &p.fd),
			 0);
	assert_int_equal(poll(&p, 1, CALM_MS), 1);
	assert_int_equal(recv(p.fd, &byte, 1, 0), 0);
	close(p.fd);
	assert_int_equal(launcher_work(&launcher, WORK_SEVER, bytes,
				       WORK_BYTES_MAX + 1, NULL, 0, &p.fd),
			 -EMSGSIZE);
	assert_int_equal(launcher_work(&launcher, WORK_SEVER, NULL, 0, fds,
				       WORK_FDS_MAX + 1, &p.fd),
			 -EMSGSIZE);
}

static void sever_refuses_what_is_too_much(void **state)
{
	struct sever_order order = { .kind = SEVER_SWEEP };

	(void)state;
	sever_start();
	order.n_cells = SEVER_CELLS_MAX + 1;
	assert_int_equal(sever_order(&sever, &order), -E2BIG);
	order.n_cells = 0;
	order.n_targets = SEVER_TARGETS_MAX + 1;
	assert_int_equal(sever_order(&sever, &order), -E2BIG);
	order.n_targets = 0;
	order.n_loose = SEVER_LOOSE_MAX + 1;
	assert_int_equal(sever_order(&sever, &order), -E2BIG);
	sever_end(&sever);
	order.n_loose = 0;
	assert_int_equal(sever_order(&sever, &order), -EPIPE);
}

/* In real cells, as whoever runs this: all of their tasks can be looked at. */
static void sever_reaches_into_cells(void **state)
{
	struct cell_files files = { -1, -1, -1, NULL, 0 };
	struct sever_cell cells[2];
	struct cell_failure why;
	struct sever_report r;
	struct channel c[2];
	struct cell cell;
	struct plan plan;
	struct rig rig;
	int i;

	(void)state;
	rig_start(&rig, 0, 0);
	rig_take(&rig, &cell);
	for (i = 0; i < 2; i++) {
		channel_open(&c[i]);
		assert_int_equal(send(c[i].client_fd, "unread", 6, 0), 6);
	}
	files.fds = &c[0].server_fd;
	files.n_fds = 1;
	rig_plan_shell(&plan, "sleep 1000 & sleep 1000");
	assert_int_equal(cell_send_plan(&cell, &plan, &files, &why), 0);
	c[0].server_fd = fd_close(c[0].server_fd);
	rig_wait_started(&cell);
	cells[0] = sever_cell_from(&cell);
	sever_do(SEVER_SWEEP, SEVER_FREEZER_BEST, cells, 1, c, 2, &r);
	assert_int_equal(r.found[0].ends, SEVER_SERVER_END);
	assert_int_equal(r.found[1].ends, 0);
	assert_int_equal(r.cells[0].problems, 0);
	assert_true(r.cells[0].n_tasks >= 2);
	channel_expect_dead(&c[0]);
	sever_report_fini(&r);
	for (i = 0; i < 50; i++) {
		sever_do(SEVER_SWEEP_FROZEN, SEVER_FREEZER_BEST, cells, 1,
			 &c[1], 1, &r);
		print_message("  frozen by %s in %u us\n",
			      sever_freezer_name(r.cells[0].freezer),
			      r.frozen_us);
		if (!(r.cells[0].problems & SEVER_PROBLEM_FREEZE))
			break;
		sever_report_fini(&r);
	}
	assert_int_equal(r.found[0].ends, 0);
	assert_int_equal(r.cells[0].problems, 0);
	sever_report_fini(&r);
	assert_false(channel_has_ended(&c[1]));
	for (i = 0; i < 2; i++)
		channel_close(&c[i]);
	cell_kill(&cell);
	cell_fini(&cell);
	plan_fini(&plan);
	rig_stop(&rig);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sever_empties_both_ends),
		cmocka_unit_test(sever_finds_the_client),
		cmocka_unit_test(sever_looks_no_further),
		cmocka_unit_test(sever_ends_many),
		cmocka_unit_test(sever_searches_loose_sockets),
		cmocka_unit_test(sever_keeps_to_its_budget),
		cmocka_unit_test(sever_of_what_is_gone),
		cmocka_unit_test(sever_of_nothing),
		cmocka_unit_test(work_that_cannot_be_done),
		cmocka_unit_test(sever_refuses_what_is_too_much),
		cmocka_unit_test(sever_reaches_into_cells),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, sever_rig_start, sever_rig_stop);
}
