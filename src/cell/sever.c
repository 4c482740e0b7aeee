/* The manager's side; the worker's is sever_work.c. */
#include "cell/sever.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/own.h"
#include "cell/sever_paper.h"
#include "sys/fd.h"
#include "sys/packet.h"

struct sever_cell sever_cell_from(const struct cell *c)
{
	return (struct sever_cell){ .id = c->id,
				    .pid = c->pid,
				    .cgroup_fd = c->cgroup_fd };
}

void sever_report_fini(struct sever_report *r)
{
	free(r->found);
	free(r->cells);
	*r = (struct sever_report)SEVER_REPORT_INIT;
}

int sever_begin(struct sever *s, struct launcher *l)
{
	int fd, r;

	r = launcher_work(l, WORK_SEVER, NULL, 0, NULL, 0, &fd);
	if (r < 0)
		return r;
	*s = (struct sever)SEVER_INIT;
	s->fd = fd;
	return 0;
}

void sever_end(struct sever *s)
{
	fd_close(s->fd);
	fd_close(s->order_fd);
	*s = (struct sever)SEVER_INIT;
}

/* Whoever is gone has not read what we would send. */
static int sever_send(struct sever *s, enum sever_message type, const int *fds,
		      size_t n_fds)
{
	uint32_t message = type;
	int r = packet_send(s->fd, &message, sizeof(message), fds, n_fds,
			    MSG_DONTWAIT);

	return r == -ECONNRESET ? -EPIPE : r;
}

/* Any number of descriptors, as many messages as it takes. */
static int sever_send_many(struct sever *s, enum sever_message type,
			   const int *fds, size_t n_fds)
{
	size_t at, n;
	int r = 0;

	for (at = 0; r == 0 && at < n_fds; at += n) {
		n = n_fds - at;
		if (n > PACKET_FDS_MAX)
			n = PACKET_FDS_MAX;
		r = sever_send(s, type, fds + at, n);
	}
	return r;
}

/* The cgroups of the cells that have one, in their order. */
static int sever_send_cgroups(struct sever *s, const struct sever_order *order)
{
	_cleanup_free_ int *fds = calloc(order->n_cells + 1, sizeof(*fds));
	size_t i, n = 0;

	if (!fds)
		return -ENOMEM;
	for (i = 0; i < order->n_cells; i++)
		if (order->cells[i].cgroup_fd >= 0)
			fds[n++] = order->cells[i].cgroup_fd;
	return sever_send_many(s, SEVER_MESSAGE_CGROUPS, fds, n);
}

int sever_order(struct sever *s, const struct sever_order *order)
{
	struct sever_head head = {
		.kind = order->kind,
		.freezer = order->freezer,
		.n_cells = (uint32_t)order->n_cells,
		.n_targets = (uint32_t)order->n_targets,
		.cell_ms = order->cell_ms ? order->cell_ms : SEVER_CELL_MS,
		.order_ms = order->order_ms ? order->order_ms : SEVER_ORDER_MS,
	};
	_cleanup_fd_ int paper_fd = -1;
	int r;

	if (s->fd < 0)
		return -EPIPE;
	if (s->is_busy)
		return -EBUSY;
	if (order->n_cells > SEVER_CELLS_MAX ||
	    order->n_targets > SEVER_TARGETS_MAX ||
	    order->n_loose > SEVER_LOOSE_MAX)
		return -E2BIG;
	r = sever_paper_new(&head, order, &paper_fd);
	if (r == 0)
		r = sever_send_many(s, SEVER_MESSAGE_LOOSE, order->loose_fds,
				    order->n_loose);
	if (r == 0)
		r = sever_send_cgroups(s, order);
	if (r == 0)
		r = sever_send(s, SEVER_MESSAGE_ORDER, &paper_fd, 1);
	if (r < 0)
		return r;
	s->order_fd = TAKE_FD(paper_fd);
	s->n_cells = order->n_cells;
	s->n_targets = order->n_targets;
	s->is_busy = true;
	return 0;
}

/* Turn the filled-in paper into a report. */
static int sever_take_report(struct sever *s, struct sever_report *ret)
{
	_cleanup_(sever_paper_fini) struct sever_paper p = SEVER_PAPER_INIT;
	int r;

	r = sever_paper_read_results(s->order_fd, s->n_cells, s->n_targets, &p);
	if (r < 0)
		return r;
	*ret = (struct sever_report){
		.n_found = s->n_targets,
		.n_cells = s->n_cells,
		.loose_problems = p.head.loose_problems,
		.n_tasks = p.head.n_tasks,
		.n_descriptors = p.head.n_descriptors,
		.n_in_flight = p.head.n_in_flight,
		.took_us = p.head.took_us,
		.frozen_us = p.head.frozen_us,
	};
	ret->found = TAKE(p.found);
	ret->cells = TAKE(p.seen);
	return 0;
}

int sever_read(struct sever *s, struct sever_report *ret)
{
	uint32_t message;
	size_t n_fds;
	ssize_t n;
	int r;

	if (s->fd < 0)
		return -EPIPE;
	n = packet_receive(s->fd, &message, sizeof(message), NULL, 0, &n_fds,
			   MSG_DONTWAIT);
	if (n == -EAGAIN)
		return SEVER_AGAIN;
	if (n == 0 || n == -ECONNRESET)
		return -EPIPE;
	if (n < 0)
		return (int)n;
	if (n != sizeof(message) || message != SEVER_MESSAGE_REPORT ||
	    !s->is_busy)
		return -EPROTO;
	r = sever_take_report(s, ret);
	s->order_fd = fd_close(s->order_fd);
	s->is_busy = false;
	return r;
}

void sever_problems_render(uint32_t problems, struct text *t)
{
	static const char *const names[] = { "denied",	"hidden", "thread",
					     "budget",	"freeze", "fault",
					     "skipped", "gone" };
	const char *comma = "";
	size_t i;

	for (i = 0; i < N_ELEMENTS(names); i++) {
		if (!(problems & 1U << i))
			continue;
		text_printf(t, "%s%s", comma, names[i]);
		comma = ",";
	}
}

const char *sever_freezer_name(enum sever_freezer freezer)
{
	static const char *const names[] = {
		[SEVER_FREEZER_BEST] = "best",
		[SEVER_FREEZER_CGROUP2] = "cgroup2",
		[SEVER_FREEZER_CGROUP1] = "cgroup1",
		[SEVER_FREEZER_STOP] = "stop",
		[SEVER_FREEZER_NONE] = "none",
	};

	return names[freezer];
}
