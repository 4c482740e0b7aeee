/*
 * A turn: read the order, freeze if that is wanted, look, thaw, write down what
 * came of it. Whatever goes wrong on the way becomes a problem of the cells
 * that were not searched; only a paper that cannot be read or filled in ends
 * the worker.
 */
#include "cell/sever_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/freezer.h"
#include "cell/sever_paper.h"
#include "cell/sweep.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/unix_socket.h"

enum {
	/* Passes over cells that cannot be kept from running. */
	SEVER_PASSES = 4,
	/* How much longer than its time an order takes at most. */
	SEVER_SLACK_MS = 1000,
	SEVER_PRIORITY = -10,
};

struct sever_worker {
	const struct work *work;
	/* What has come for the next order. */
	int loose_fds[SEVER_LOOSE_MAX + PACKET_FDS_MAX];
	size_t n_loose;
	int cgroup_fds[SEVER_CELLS_MAX + PACKET_FDS_MAX];
	size_t n_cgroups;
};

/* One order, while it is carried out. */
struct sever_turn {
	struct sever_worker *worker;
	struct sever_paper paper;
	struct freezer freezer;
	struct sweep sweep;
};

/* Queues that are the manager's own; nobody receives from them. */
static void sever_look_at_loose(struct sever_turn *t)
{
	struct sever_worker *w = t->worker;
	struct sweep *s = &t->sweep;
	bool is_thorough = s->is_thorough;
	size_t i;

	sweep_begin_cell(s, t->paper.head.order_ms);
	s->is_thorough = true;
	for (i = 0; i < w->n_loose && s->targets.n_pending; i++) {
		sweep_descriptor(s, w->loose_fds[i]);
		w->loose_fds[i] = -1;
		flight_run(s);
	}
	s->is_thorough = is_thorough;
	t->paper.head.loose_problems = s->problems;
}

/* Search one cell, once, and write down what was seen. */
static void sever_look_at_cell(struct sever_turn *t, size_t i)
{
	const struct sever_cell *cell = &t->paper.cells[i];
	struct freezer_cell *frozen = &t->freezer.cells[i];
	struct sever_seen *seen = &t->paper.seen[i];
	struct sweep *s = &t->sweep;
	uint32_t n_tasks = s->n_tasks, n_descriptors = s->n_descriptors;

	if (!s->targets.n_pending) {
		seen->problems |= SEVER_PROBLEM_SKIPPED;
		return;
	}
	sweep_begin_cell(s, t->paper.head.cell_ms);
	sweep_cell(s, cell->pid, frozen->cgroup_fd);
	seen->problems |= s->problems;
	seen->n_tasks = s->n_tasks - n_tasks;
	seen->n_descriptors = s->n_descriptors - n_descriptors;
}

static void sever_look(struct sever_turn *t)
{
	size_t i;

	for (i = 0; i < t->paper.head.n_cells; i++)
		sever_look_at_cell(t, i);
}

static size_t sever_count_running(const struct sever_turn *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->freezer.n; i++)
		n += !t->freezer.cells[i].is_frozen;
	return n;
}

/* What runs may have moved its descriptors behind our back: look again. */
static void sever_look_frozen(struct sever_turn *t)
{
	struct sever_head *head = &t->paper.head;
	uint64_t start = sweep_clock_us();
	size_t i, pass;

	if (!t->sweep.targets.n_pending) {
		sever_look(t);
		return;
	}
	freezer_freeze(&t->freezer, head->freezer,
		       head->order_ms + SEVER_SLACK_MS);
	t->sweep.is_thorough = true;
	sever_look(t);
	for (pass = 1; pass < SEVER_PASSES && sever_count_running(t); pass++)
		for (i = 0; i < t->freezer.n && t->sweep.targets.n_pending; i++)
			if (!t->freezer.cells[i].is_frozen)
				sever_look_at_cell(t, i);
	freezer_thaw(&t->freezer);
	head->frozen_us = (uint32_t)(sweep_clock_us() - start);
	for (i = 0; i < t->freezer.n; i++) {
		t->paper.seen[i].freezer = t->freezer.cells[i].way;
		if (!t->freezer.cells[i].is_frozen)
			t->paper.seen[i].problems |= SEVER_PROBLEM_FREEZE;
	}
	/* What we have looked at may be held by nothing but each other. */
	socket_collect_garbage();
}

/* Their numbers on the paper are the manager's. */
static int sever_give_cgroups(struct sever_turn *t)
{
	struct sever_worker *w = t->worker;
	size_t i, next = 0;

	for (i = 0; i < t->paper.head.n_cells; i++) {
		if (t->paper.cells[i].cgroup_fd < 0)
			continue;
		if (next == w->n_cgroups)
			return -EPROTO;
		t->paper.cells[i].cgroup_fd = w->cgroup_fds[next++];
	}
	return 0;
}

static int sever_carry_out(struct sever_turn *t)
{
	struct sever_head *head = &t->paper.head;
	const struct work *work = t->worker->work;
	uint64_t start = sweep_clock_us();
	size_t i;
	int r;

	r = sever_give_cgroups(t);
	if (r == 0)
		r = freezer_init(&t->freezer, t->paper.cells, head->n_cells,
				 work->name);
	if (r == 0)
		r = sweep_init(&t->sweep, t->paper.targets, t->paper.found,
			       head->n_targets, work->socket_fd);
	if (r < 0)
		return r;
	t->sweep.targets.is_seal = head->kind == SEVER_SEAL;
	for (i = 0; i < head->n_cells; i++)
		t->paper.seen[i].id = t->paper.cells[i].id;
	t->sweep.end_us = start + (uint64_t)head->order_ms * 1000;
	sever_look_at_loose(t);
	if (head->kind == SEVER_SWEEP_FROZEN)
		sever_look_frozen(t);
	else
		sever_look(t);
	head->n_tasks = t->sweep.n_tasks;
	head->n_descriptors = t->sweep.n_descriptors;
	head->n_in_flight = t->sweep.n_in_flight;
	head->took_us = (uint32_t)(sweep_clock_us() - start);
	return 0;
}

/* False when there is no point in going on. */
static bool sever_answer(struct sever_worker *w, int paper_fd)
{
	struct sever_turn t = { .worker = w, .paper = SEVER_PAPER_INIT };
	uint32_t message = SEVER_MESSAGE_REPORT;
	int r;

	t.freezer = (struct freezer){ .v1_fd = -1, .guard_fd = -1 };
	r = sever_paper_read(paper_fd, &t.paper);
	if (r == 0)
		r = sever_carry_out(&t);
	if (r == 0)
		r = sever_paper_fill(paper_fd, &t.paper);
	sweep_fini(&t.sweep);
	freezer_fini(&t.freezer);
	sever_paper_fini(&t.paper);
	fd_close_all(w->loose_fds, w->n_loose);
	fd_close_all(w->cgroup_fds, w->n_cgroups);
	w->n_loose = w->n_cgroups = 0;
	if (r == 0)
		r = packet_send(w->work->socket_fd, &message, sizeof(message),
				NULL, 0, 0);
	return r == 0;
}

/* Add to a list that is longer than its maximum by one message. */
static bool sever_keep(int *list, size_t *n, size_t max, const int *fds,
		       size_t n_fds)
{
	memcpy(list + *n, fds, n_fds * sizeof(*fds));
	*n += n_fds;
	return *n <= max;
}

/* One message. False when the manager is gone, or talks nonsense. */
static bool sever_listen(struct sever_worker *w)
{
	int fds[PACKET_FDS_MAX];
	bool is_well = false;
	uint32_t message;
	size_t n_fds;
	ssize_t n;

	n = packet_receive(w->work->socket_fd, &message, sizeof(message), fds,
			   PACKET_FDS_MAX, &n_fds, 0);
	if (n != sizeof(message))
		return false;
	switch (message) {
	case SEVER_MESSAGE_LOOSE:
		return sever_keep(w->loose_fds, &w->n_loose, SEVER_LOOSE_MAX,
				  fds, n_fds);
	case SEVER_MESSAGE_CGROUPS:
		return sever_keep(w->cgroup_fds, &w->n_cgroups, SEVER_CELLS_MAX,
				  fds, n_fds);
	case SEVER_MESSAGE_ORDER:
		is_well = n_fds == 1 && sever_answer(w, fds[0]);
	}
	fd_close_all(fds, n_fds);
	return is_well;
}

/*
 * Copies of others' descriptors need room. And what is revoked should end soon,
 * however busy those are who have it; orders bound how much that can take from
 * others. Only root may have it so.
 */
static void sever_raise_limits(void)
{
	struct rlimit limit;

	setpriority(PRIO_PROCESS, 0, SEVER_PRIORITY);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void sever_work(const struct work *w)
{
	static struct sever_worker worker;

	worker.work = w;
	sever_raise_limits();
	freezer_thaw_stale(w->cells_fd, w->name);
	while (sever_listen(&worker))
		;
}
