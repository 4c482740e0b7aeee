/*
 * What the manager and its sever worker say to each other. An order and its
 * results are written on one sheet of paper, a memory file that goes with the
 * order; the messages only say whose turn it is. So no order is too long for a
 * message, and neither side ever waits for the other.
 *
 * On the paper: the head, the cells, the targets; then what was found of each
 * target, and what was seen of each cell.
 */
#pragma once

#include "cell/sever.h"

enum sever_message {
	SEVER_MESSAGE_LOOSE = 1, /* sockets to be searched by the next order */
	SEVER_MESSAGE_CGROUPS,	 /* of its cells that have one */
	SEVER_MESSAGE_ORDER,	 /* with the paper */
	SEVER_MESSAGE_REPORT,	 /* the paper is filled in */
};

struct sever_head {
	uint32_t kind, freezer;
	uint32_t n_cells, n_targets;
	uint32_t cell_ms, order_ms;
	/* Filled in by the worker. */
	uint32_t loose_problems;
	uint32_t n_tasks, n_descriptors, n_in_flight;
	uint32_t took_us, frozen_us;
};

struct sever_paper {
	struct sever_head head;
	struct sever_cell *cells;
	struct sever_target *targets;
	struct sever_found *found;
	struct sever_seen *seen;
};

#define SEVER_PAPER_INIT                                                       \
	{                                                                      \
		.cells = NULL, .targets = NULL, .found = NULL, .seen = NULL,   \
	}

void sever_paper_fini(struct sever_paper *p);

/* A new paper with the head and what was asked. 0 or -errno. */
int sever_paper_new(const struct sever_head *head,
		    const struct sever_order *order, int *ret_fd);

/* Read what was asked; the results are all zero. 0 or -errno. */
int sever_paper_read(int fd, struct sever_paper *ret);

/* Write the head and the results. 0 or -errno. */
int sever_paper_fill(int fd, const struct sever_paper *p);

/* Read the results of an order of so many cells and targets. 0 or -errno. */
int sever_paper_read_results(int fd, size_t n_cells, size_t n_targets,
			     struct sever_paper *ret);
