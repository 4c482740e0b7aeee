/* Plain reads and writes: a file that somebody cuts short is a short read, and
 * not a signal. */
#include "cell/sever_paper.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/fd.h"

void sever_paper_fini(struct sever_paper *p)
{
	free(p->cells);
	free(p->targets);
	free(p->found);
	free(p->seen);
	*p = (struct sever_paper)SEVER_PAPER_INIT;
}

static int paper_write(int fd, const void *bytes, size_t n, off_t *at)
{
	const char *next = bytes;
	ssize_t r;

	while (n) {
		r = pwrite(fd, next, n, *at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -EIO;
		next += r;
		n -= (size_t)r;
		*at += r;
	}
	return 0;
}

static int paper_read(int fd, void *bytes, size_t n, off_t *at)
{
	char *next = bytes;
	ssize_t r;

	while (n) {
		r = pread(fd, next, n, *at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -EPROTO;
		next += r;
		n -= (size_t)r;
		*at += r;
	}
	return 0;
}

/* Where the results begin. */
static off_t paper_results(size_t n_cells, size_t n_targets)
{
	return (off_t)(sizeof(struct sever_head) +
		       n_cells * sizeof(struct sever_cell) +
		       n_targets * sizeof(struct sever_target));
}

int sever_paper_new(const struct sever_head *head,
		    const struct sever_order *order, int *ret_fd)
{
	_cleanup_fd_ int fd = memfd_create("reeve-sever", MFD_CLOEXEC);
	off_t at = 0;
	int r;

	if (fd < 0)
		return -errno;
	r = paper_write(fd, head, sizeof(*head), &at);
	if (r == 0)
		r = paper_write(fd, order->cells,
				order->n_cells * sizeof(*order->cells), &at);
	if (r == 0)
		r = paper_write(fd, order->targets,
				order->n_targets * sizeof(*order->targets),
				&at);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* One more than there are, for there may be none. */
static int paper_allocate(struct sever_paper *p, size_t n_cells,
			  size_t n_targets)
{
	if (n_cells > SEVER_CELLS_MAX || n_targets > SEVER_TARGETS_MAX)
		return -E2BIG;
	p->cells = calloc(n_cells + 1, sizeof(*p->cells));
	p->targets = calloc(n_targets + 1, sizeof(*p->targets));
	p->found = calloc(n_targets + 1, sizeof(*p->found));
	p->seen = calloc(n_cells + 1, sizeof(*p->seen));
	return p->cells && p->targets && p->found && p->seen ? 0 : -ENOMEM;
}

int sever_paper_read(int fd, struct sever_paper *ret)
{
	_cleanup_(sever_paper_fini) struct sever_paper p = SEVER_PAPER_INIT;
	off_t at = 0;
	int r;

	r = paper_read(fd, &p.head, sizeof(p.head), &at);
	if (r == 0)
		r = paper_allocate(&p, p.head.n_cells, p.head.n_targets);
	if (r == 0)
		r = paper_read(fd, p.cells, p.head.n_cells * sizeof(*p.cells),
			       &at);
	if (r == 0)
		r = paper_read(fd, p.targets,
			       p.head.n_targets * sizeof(*p.targets), &at);
	if (r < 0)
		return r;
	*ret = TAKE(p);
	return 0;
}

int sever_paper_fill(int fd, const struct sever_paper *p)
{
	off_t at = 0;
	int r;

	r = paper_write(fd, &p->head, sizeof(p->head), &at);
	at = paper_results(p->head.n_cells, p->head.n_targets);
	if (r == 0)
		r = paper_write(fd, p->found,
				p->head.n_targets * sizeof(*p->found), &at);
	if (r == 0)
		r = paper_write(fd, p->seen, p->head.n_cells * sizeof(*p->seen),
				&at);
	return r;
}

int sever_paper_read_results(int fd, size_t n_cells, size_t n_targets,
			     struct sever_paper *ret)
{
	_cleanup_(sever_paper_fini) struct sever_paper p = SEVER_PAPER_INIT;
	off_t at = 0;
	int r;

	r = paper_read(fd, &p.head, sizeof(p.head), &at);
	if (r == 0 &&
	    (p.head.n_cells != n_cells || p.head.n_targets != n_targets))
		r = -EPROTO;
	if (r == 0)
		r = paper_allocate(&p, n_cells, n_targets);
	at = paper_results(n_cells, n_targets);
	if (r == 0)
		r = paper_read(fd, p.found, n_targets * sizeof(*p.found), &at);
	if (r == 0)
		r = paper_read(fd, p.seen, n_cells * sizeof(*p.seen), &at);
	if (r < 0)
		return r;
	*ret = TAKE(p);
	return 0;
}
