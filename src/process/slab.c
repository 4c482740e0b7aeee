/*
 * A slab is a power of two of bytes, aligned to itself, that holds between 32
 * and 63 stacks of the usual size; what is known of it is kept elsewhere, for a
 * page of its own would cost each of its stacks a hundred bytes. From the
 * lowest address on it is
 *
 *	guard, stack, guard, stack, ... and a rest that is never touched.
 *
 * The slab of a stack is found by the upper bits of its address, in a map.
 */
#include "process/slab.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/list.h"
#include "base/map.h"
#include "base/own.h"
#include "process/guard.h"

enum {
	/* Wholly free slabs that are kept: so many, or one for each eight that
	 * are in use, so that a tide of processes does not map and unmap. */
	N_KEPT = 16,
	KEPT_SHARE = 8,
};

struct slab {
	struct map_node node;
	struct list link; /* in depot.partial or depot.empty, or alone */
	char *base;
	uint64_t free;	 /* a bit for each stack that was made and is here */
	unsigned n_made; /* the others have no guard yet */
	unsigned n_max;
};

/* What the workers share. */
static struct {
	pthread_mutex_t lock;
	struct map slabs;    /* by address / slab_size() */
	struct list partial; /* have some to give, and some are in use */
	struct list empty;   /* none is in use */
	size_t n_empty;
} depot = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.slabs = MAP_INIT,
	.partial = LIST_INIT(depot.partial),
	.empty = LIST_INIT(depot.empty),
};

size_t slab_usual = 65536;

static unsigned slab_shift(void)
{
	return 64 - (unsigned)__builtin_clzl(guard_stride(slab_usual) * 32 - 1);
}

static size_t slab_size(void)
{
	return (size_t)1 << slab_shift();
}

static uint64_t slab_key(const void *address)
{
	return (uintptr_t)address >> slab_shift();
}

/* ---- one slab; the lock is held ---- */

void *slab_map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
		       -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/*
 * The kernel lays one mapping right below the other, so after the first one the
 * next is aligned by itself.
 */
static char *map_aligned(size_t n)
{
	char *p = slab_map(n), *aligned;

	if (!p || ((uintptr_t)p & (n - 1)) == 0)
		return p;
	munmap(p, n);
	p = slab_map(2 * n);
	if (!p)
		return NULL;
	aligned = (char *)(((uintptr_t)p + n - 1) & ~(uintptr_t)(n - 1));
	if (aligned > p)
		munmap(p, (size_t)(aligned - p));
	munmap(aligned + n, (size_t)(p + n - aligned));
	return aligned;
}

static struct slab *slab_new(void)
{
	_cleanup_free_ struct slab *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->base = map_aligned(slab_size());
	if (!s->base)
		return NULL;
	if (map_link(&depot.slabs, &s->node, slab_key(s->base)) < 0) {
		munmap(s->base, slab_size());
		return NULL;
	}
	/* A huge page would be two megabytes for the first stack in it. */
	madvise(s->base, slab_size(), MADV_NOHUGEPAGE);
	s->n_max = (unsigned)(slab_size() / guard_stride(slab_usual));
	list_init(&s->link);
	list_link(&depot.empty, &s->link);
	depot.n_empty++;
	return TAKE(s);
}

/* False if the kernel refuses, which it does when a hole would be one mapping
 * too many. */
static bool slab_free(struct slab *s)
{
	if (munmap(s->base, slab_size()) < 0)
		return false;
	map_unlink(&depot.slabs, &s->node);
	list_unlink(&s->link);
	depot.n_empty--;
	free(s);
	return true;
}

static struct slab *slab_of(const void *lowest)
{
	/* The address of a slab is its key, so there is one of each. */
	return container_of(map_find(&depot.slabs, slab_key(lowest)),
			    struct slab, node);
}

static bool slab_is_empty(const struct slab *s)
{
	return (unsigned)__builtin_popcountll(s->free) == s->n_made;
}

/* Put it into the list where it belongs. */
static void slab_file(struct slab *s, bool was_empty)
{
	bool is_empty = slab_is_empty(s);

	list_unlink(&s->link);
	depot.n_empty += (size_t)is_empty - (size_t)was_empty;
	if (is_empty)
		list_link(&depot.empty, &s->link);
	else if (s->free || s->n_made < s->n_max)
		/* In front: what came last is warm. */
		list_link(depot.partial.next, &s->link);
}

static char *slab_at(const struct slab *s, unsigned i)
{
	return s->base + i * guard_stride(slab_usual) + guard_size();
}

/* NULL: there is none left. What cannot be guarded is none. */
static void *slab_take_one(struct slab *s)
{
	unsigned i;

	if (s->free) {
		i = (unsigned)__builtin_ctzll(s->free);
		s->free &= ~(UINT64_C(1) << i);
		return slab_at(s, i);
	}
	if (s->n_made == s->n_max)
		return NULL;
	if (guard_install(slab_at(s, s->n_made) - guard_size()) < 0) {
		s->n_max = s->n_made;
		return NULL;
	}
	return slab_at(s, s->n_made++);
}

static void slab_give_one(struct slab *s, const char *lowest)
{
	size_t i = (size_t)(lowest - s->base) / guard_stride(slab_usual);

	s->free |= UINT64_C(1) << i;
}

/* ---- all of them ---- */

static struct slab *depot_choose(void)
{
	struct slab *s = list_first(&depot.partial, struct slab, link);

	return s ? s : list_first(&depot.empty, struct slab, link);
}

/* From one slab, up to @n of them. Returns how many. */
static unsigned depot_take_some(struct slab *s, unsigned n, void **ret)
{
	bool was_empty = slab_is_empty(s);
	unsigned i;

	for (i = 0; i < n; i++) {
		ret[i] = slab_take_one(s);
		if (!ret[i])
			break;
	}
	slab_file(s, was_empty);
	return i;
}

unsigned slab_take(unsigned n, void **ret)
{
	unsigned n_got = 0;
	struct slab *s;

	pthread_mutex_lock(&depot.lock);
	while (n_got < n) {
		s = depot_choose();
		/* More than was asked for is mapped only for the first. */
		if (!s && n_got == 0)
			s = slab_new();
		if (!s)
			break;
		n_got += depot_take_some(s, n - n_got, ret + n_got);
		if (s->n_max == 0) {
			slab_free(s);
			break;
		}
	}
	pthread_mutex_unlock(&depot.lock);
	return n_got;
}

static void depot_trim(void)
{
	size_t n_kept = (depot.slabs.n - depot.n_empty) / KEPT_SHARE;

	if (n_kept < N_KEPT)
		n_kept = N_KEPT;
	while (depot.n_empty > n_kept)
		if (!slab_free(list_first(&depot.empty, struct slab, link)))
			break;
}

void slab_give(unsigned n, void *const *take_stacks)
{
	struct slab *s;
	bool was_empty;
	unsigned i;

	pthread_mutex_lock(&depot.lock);
	for (i = 0; i < n; i++) {
		s = slab_of(take_stacks[i]);
		was_empty = slab_is_empty(s);
		slab_give_one(s, take_stacks[i]);
		slab_file(s, was_empty);
	}
	depot_trim();
	pthread_mutex_unlock(&depot.lock);
}

static void free_list(struct list *l)
{
	struct slab *s, *next;

	list_for_each_safe (s, next, l, link) {
		munmap(s->base, slab_size());
		map_unlink(&depot.slabs, &s->node);
		list_unlink(&s->link);
		free(s);
	}
}

void slab_free_all(void)
{
	pthread_mutex_lock(&depot.lock);
	free_list(&depot.partial);
	free_list(&depot.empty);
	depot.n_empty = 0;
	map_fini(&depot.slabs);
	depot.slabs = (struct map)MAP_INIT;
	pthread_mutex_unlock(&depot.lock);
}

size_t slab_count(void)
{
	size_t n;

	pthread_mutex_lock(&depot.lock);
	n = depot.slabs.n;
	pthread_mutex_unlock(&depot.lock);
	return n;
}
