/*
 * The range is reserved without access and opened from its beginning, a chunk
 * at a time. Workers take and give places in batches, under a lock; a chunk of
 * which all places were given back is dropped with MADV_DONTNEED: it reads as
 * zeros, and no PID matches a zero.
 */
#include "process/table.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
	CHUNK = 256, /* places: 64 KiB */
	BATCH = 64,
	/* Wholly free chunks that are kept as they are. */
	CHUNKS_KEPT = 16,
	/* Of less than this workers keep none at hand: another one would be
	 * told that there are no more. */
	PLACES_FEW = 65536,
	NO_CHUNK = -1,
};

_Static_assert(sizeof(struct process) % 256 == 0, "chunks are whole pages");
#if !defined(ANNOTATE_ADDRESS) && !defined(ANNOTATE_THREAD) &&                 \
	!defined(REEVE_CONTEXT_UCONTEXT)
_Static_assert(sizeof(struct process) == 256, "a million of them count");
#endif

struct process *table_places;
_Atomic uint32_t table_n_mapped;

struct chunk {
	struct process *free;
	uint32_t n_free;
	/* What a place of zeros begins with. */
	uint32_t generation;
	/* Among those with free places. */
	int32_t next, previous;
	bool is_dropped;
};

static struct {
	pthread_mutex_t lock;
	struct chunk *chunks;
	uint32_t n_chunks, n_chunks_max;
	uint32_t n_places; /* the last chunk may have less than the others */
	int32_t first;	   /* with free places; those used last first */
	uint32_t n_wholly_free;
	/* At hand of a worker: so many are taken at once, and left when there
	 * were too many. */
	unsigned batch, n_cached, n_cached_max;
} table = { .lock = PTHREAD_MUTEX_INITIALIZER, .first = NO_CHUNK };

static size_t range_size(uint32_t n_chunks)
{
	return (size_t)n_chunks * CHUNK * sizeof(struct process);
}

int table_init(uint32_t n_wanted)
{
	/* Nobody has place 0. */
	uint32_t n = n_wanted + 1;
	uint32_t n_chunks = (n + CHUNK - 1) / CHUNK;
	void *range = mmap(NULL, range_size(n_chunks), PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (range == MAP_FAILED)
		return -errno;
	/* Huge pages would keep what is given back. */
	(void)madvise(range, range_size(n_chunks), MADV_NOHUGEPAGE);
	table.chunks = calloc(n_chunks, sizeof(*table.chunks));
	if (!table.chunks) {
		munmap(range, range_size(n_chunks));
		return -ENOMEM;
	}
	table_places = range;
	table.n_chunks = 0;
	table.n_chunks_max = n_chunks;
	table.n_places = n;
	table.first = NO_CHUNK;
	table.n_wholly_free = 0;
	table.batch = n < PLACES_FEW ? 1 : BATCH;
	table.n_cached = n < PLACES_FEW ? 0 : BATCH;
	table.n_cached_max = n < PLACES_FEW ? 0 : 3 * BATCH;
	return 0;
}

void table_fini(void)
{
	atomic_store(&table_n_mapped, 0);
	munmap(TAKE(table_places), range_size(table.n_chunks_max));
	free(TAKE(table.chunks));
}

uint32_t table_end(void)
{
	return atomic_load_explicit(&table_n_mapped, memory_order_acquire);
}

/* ---- chunks, under the lock ---- */

static void chunk_link(int32_t k)
{
	struct chunk *c = &table.chunks[k];

	c->previous = NO_CHUNK;
	c->next = table.first;
	if (c->next != NO_CHUNK)
		table.chunks[c->next].previous = k;
	table.first = k;
}

static void chunk_unlink(int32_t k)
{
	struct chunk *c = &table.chunks[k];

	if (c->next != NO_CHUNK)
		table.chunks[c->next].previous = c->previous;
	if (c->previous != NO_CHUNK)
		table.chunks[c->previous].next = c->next;
	else
		table.first = c->next;
}

static struct process *chunk_places(int32_t k)
{
	return table_places + (size_t)k * CHUNK;
}

static uint32_t chunk_size(int32_t k)
{
	uint32_t left = table.n_places - (uint32_t)k * CHUNK;

	return left < CHUNK ? left : CHUNK;
}

/* All its places are free and zero. */
static void chunk_fill(int32_t k)
{
	struct chunk *c = &table.chunks[k];
	struct process *p = chunk_places(k) + chunk_size(k);

	c->free = NULL;
	while (p-- > chunk_places(k)) {
		p->generation = c->generation;
		p->run_next = c->free;
		c->free = p;
	}
	c->n_free = chunk_size(k);
	c->is_dropped = false;
}

/* Nothing in it is used; what is pushed to a stale PID there finds zeros. */
static void chunk_drop(int32_t k)
{
	struct chunk *c = &table.chunks[k];
	struct process *p;

	for (p = chunk_places(k); p < chunk_places(k) + CHUNK; p++)
		if (p->generation > c->generation)
			c->generation = p->generation;
	if (madvise(chunk_places(k), range_size(1), MADV_DONTNEED) == 0) {
		c->free = NULL;
		c->is_dropped = true;
	}
}

static void place_give(struct process *p)
{
	int32_t k = (int32_t)(table_place(p) / CHUNK);
	struct chunk *c = &table.chunks[k];

	p->run_next = c->free;
	c->free = p;
	if (c->n_free++ == 0)
		chunk_link(k);
	if (c->n_free < chunk_size(k))
		return;
	table.n_wholly_free++;
	/* It will be among the last to be used. */
	if (table.n_wholly_free > CHUNKS_KEPT)
		chunk_drop(k);
}

static struct process *place_take(void)
{
	int32_t k = table.first;
	struct chunk *c = &table.chunks[k];
	struct process *p;

	if (c->is_dropped)
		chunk_fill(k);
	if (c->n_free == chunk_size(k))
		table.n_wholly_free--;
	p = c->free;
	c->free = p->run_next;
	if (--c->n_free == 0)
		chunk_unlink(k);
	return p;
}

static int chunk_add(void)
{
	int32_t k = (int32_t)table.n_chunks;

	if (table.n_chunks == table.n_chunks_max)
		return -EAGAIN;
	if (mprotect(chunk_places(k), range_size(1), PROT_READ | PROT_WRITE))
		return -ENOMEM;
	table.n_chunks++;
	table.chunks[k] = (struct chunk){ .generation = 1 };
	chunk_fill(k);
	table.n_wholly_free++;
	chunk_link(k);
	/* A PID whose lower half is 0 would look like none. */
	if (!k)
		(void)place_take();
	atomic_store_explicit(&table_n_mapped, table.n_chunks * CHUNK,
			      memory_order_release);
	return 0;
}

/* ---- what workers do ---- */

static int cache_fill(struct table_cache *c)
{
	struct process *batch[BATCH];
	unsigned n = 0;
	int r = 0;

	pthread_mutex_lock(&table.lock);
	while (n < table.batch) {
		if (table.first == NO_CHUNK) {
			r = chunk_add();
			if (r < 0)
				break;
		}
		batch[n++] = place_take();
	}
	pthread_mutex_unlock(&table.lock);
	/* The lowest first: people read these numbers. */
	c->n = n;
	while (n--) {
		batch[n]->run_next = c->free;
		c->free = batch[n];
	}
	return c->n ? 0 : r;
}

static void cache_spill(struct table_cache *c, unsigned n)
{
	struct process *p;

	pthread_mutex_lock(&table.lock);
	while (c->n > n) {
		p = c->free;
		c->free = p->run_next;
		c->n--;
		place_give(p);
	}
	pthread_mutex_unlock(&table.lock);
}

int table_take(struct table_cache *c, struct process **ret, reeve_pid *ret_pid)
{
	struct process *p;
	int r;

	if (__builtin_expect(!c->n, 0)) {
		r = cache_fill(c);
		if (r < 0)
			return r;
	}
	p = c->free;
	c->free = p->run_next;
	c->n--;
	*ret = p;
	*ret_pid = (reeve_pid)p->generation << 32 | table_place(p);
	return 0;
}

void table_give(struct table_cache *c, struct process *take_p)
{
	struct process *p = take_p;

	/* No PID is used twice: a place that has had all of its own is given
	 * up.
	 */
	if (!++p->generation)
		return;
	p->run_next = c->free;
	c->free = p;
	if (__builtin_expect(++c->n > table.n_cached_max, 0))
		cache_spill(c, table.n_cached);
}

void table_cache_fini(struct table_cache *c)
{
	cache_spill(c, 0);
}
