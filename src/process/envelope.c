/*
 * Every envelope is a block of malloc's; the caches stand in front of it. A
 * worker has two batches of each size: it takes from and frees to the first,
 * and swaps whole batches with the depot when it has two full or two empty
 * ones. So a flow from one worker to another costs a lock per batch, and what
 * is cached is bounded.
 */
#include "process/envelope.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "process/annotate.h"
#include "sys/fd.h"

enum {
	N_CLASSES = CACHE_CLASSES,
	BATCH = CACHE_BATCH,
	DEPOT_BATCHES = 32,
};

static const uint32_t class_size[N_CLASSES] = { 128, 192,  256,	 384,
						512, 1024, 2048, 4096 };

static struct depot {
	pthread_mutex_t lock;
	struct envelope *batches[DEPOT_BATCHES];
	unsigned n;
} depots[N_CLASSES] = {
	[0 ... N_CLASSES - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER },
};

static __thread struct cache *own_cache
	__attribute__((tls_model("initial-exec")));

/* Not inlined: the process that calls it may move to another thread, and the
 * compiler would keep the address of the first one's. */
static __attribute__((noinline)) struct cache *cache_here(void)
{
	__asm__ volatile("" ::: "memory");
	return own_cache;
}

static uint8_t class_of(size_t n)
{
	if (ANNOTATE_CACHES_HIDE_ERRORS || n > class_size[N_CLASSES - 1])
		return ENVELOPE_HEAP;
	if (n <= 1024)
		return envelope_class(n);
	return n <= 2048 ? 6 : 7;
}

/* ---- batches ---- */

static struct envelope *batch_pop(struct batch *b)
{
	struct envelope *e = b->first;

	b->first = e->next;
	b->n--;
	return e;
}

static void batch_free(struct batch *b)
{
	while (b->n)
		free(batch_pop(b));
}

static bool depot_get(uint8_t class, struct batch *ret)
{
	struct depot *d = &depots[class];

	pthread_mutex_lock(&d->lock);
	if (d->n)
		*ret = (struct batch){ d->batches[--d->n], BATCH };
	pthread_mutex_unlock(&d->lock);
	return ret->n;
}

static void depot_put(uint8_t class, struct batch *take_b)
{
	struct depot *d = &depots[class];
	bool has_room;

	pthread_mutex_lock(&d->lock);
	has_room = d->n < DEPOT_BATCHES;
	if (has_room)
		d->batches[d->n++] = take_b->first;
	pthread_mutex_unlock(&d->lock);
	if (!has_room)
		batch_free(take_b);
	*take_b = (struct batch){};
}

static struct envelope *cache_get(struct cache *c, uint8_t class)
{
	struct batch *now = &c->now[class], *spare = &c->spare[class];

	if (__builtin_expect(!now->n, 0)) {
		*now = *spare;
		*spare = (struct batch){};
		if (!now->n && !depot_get(class, now))
			return NULL;
	}
	return batch_pop(now);
}

static void cache_put(struct cache *c, uint8_t class, struct envelope *e)
{
	struct batch *now = &c->now[class], *spare = &c->spare[class];

	if (__builtin_expect(now->n == BATCH, 0)) {
		if (spare->n)
			depot_put(class, spare);
		*spare = *now;
		*now = (struct batch){};
	}
	e->next = now->first;
	now->first = e;
	now->n++;
}

int envelope_cache_new(struct cache **ret)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*ret = c;
	return 0;
}

void envelope_cache_use(struct cache *c)
{
	own_cache = c;
}

void envelope_cache_free(struct cache *take_c)
{
	unsigned k;

	if (!take_c)
		return;
	for (k = 0; k < N_CLASSES; k++) {
		batch_free(&take_c->now[k]);
		batch_free(&take_c->spare[k]);
	}
	free(take_c);
}

void envelope_depot_free(void)
{
	struct batch b;
	uint8_t k;

	for (k = 0; k < N_CLASSES; k++)
		for (b = (struct batch){}; depot_get(k, &b);)
			batch_free(&b);
}

/* ---- envelopes ---- */

static size_t handles_room(uint32_t n)
{
	return (n * sizeof(int) + 7) & ~(size_t)7;
}

static struct envelope *envelope_new_in(struct cache *c,
					enum envelope_kind kind, size_t n_bytes,
					uint32_t n_handles)
{
	size_t n = sizeof(struct envelope) + n_bytes + handles_room(n_handles);
	uint8_t class = class_of(n);
	struct envelope *e = NULL;
	uint8_t *behind;

	if (c && class != ENVELOPE_HEAP)
		e = cache_get(c, class);
	if (__builtin_expect(!e, 0))
		e = malloc(class == ENVELOPE_HEAP ? n : class_size[class]);
	if (!e)
		return NULL;
	behind = (uint8_t *)(e + 1);
	*e = (struct envelope){
		.kind = (uint16_t)kind,
		.size_class = class,
		.message = { .n_bytes = n_bytes,
			     .bytes = behind + handles_room(n_handles),
			     .n_handles = n_handles,
			     .handles =
				     n_handles ? (int *)(void *)behind : NULL },
	};
	return e;
}

struct envelope *envelope_new(enum envelope_kind kind, size_t n_bytes,
			      uint32_t n_handles)
{
	return envelope_new_in(cache_here(), kind, n_bytes, n_handles);
}

void envelope_free_slow(struct cache *c, struct envelope *take_e)
{
	struct envelope *e = take_e;
	uint32_t i;

	for (i = 0; i < e->message.n_handles; i++)
		fd_close(e->message.handles[i]);
	if (c && e->size_class != ENVELOPE_HEAP)
		cache_put(c, e->size_class, e);
	else
		free(e);
}

void envelope_free(struct envelope *take_e)
{
	if (take_e)
		envelope_free_slow(cache_here(), take_e);
}

int envelope_copy_slow(struct cache *c, const struct reeve_message *message,
		       struct envelope **ret)
{
	struct envelope *e = NULL;
	int r = -EMSGSIZE;

	if (message->n_bytes <= REEVE_BYTES_MAX - REEVE_HEADER_SIZE &&
	    message->n_handles <= REEVE_HANDLES_MAX) {
		e = envelope_new_in(c, ENVELOPE_MESSAGE, message->n_bytes,
				    message->n_handles);
		r = -ENOMEM;
	}
	if (!e) {
		fd_close_all(message->handles, message->n_handles);
		return r;
	}
	e->message.ordinal = message->ordinal;
	e->message.txid = message->txid;
	if (message->n_handles)
		memcpy(e->message.handles, message->handles,
		       message->n_handles * sizeof(int));
	if (message->n_bytes)
		memcpy((uint8_t *)e->message.bytes, message->bytes,
		       message->n_bytes);
	*ret = e;
	return 0;
}

int envelope_copy(const struct reeve_message *message, struct envelope **ret)
{
	return envelope_copy_slow(cache_here(), message, ret);
}

struct envelope *envelope_signal(enum envelope_kind kind, uint64_t ordinal,
				 const struct reeve_notice *body)
{
	struct envelope *e = envelope_new(kind, sizeof(*body), 0);

	if (!e)
		return NULL;
	e->is_signal = true;
	e->message.ordinal = ordinal;
	*envelope_body(e) = *body;
	return e;
}
