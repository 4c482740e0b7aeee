#include "process/record.h"

enum {
	/* So many hang in a chain. */
	CHAIN_MAX = 32,
	INDEX_MIN = 64,
	/* Envelopes per bucket before there are more buckets. */
	BUCKET_MAX = 2,
};

/* The body of a RECORD_INDEX. */
struct index {
	uint32_t n, n_buckets; /* a power of two */
	struct envelope *buckets[];
};

struct envelope *record_new(enum envelope_kind kind, reeve_pid from,
			    uint64_t reference)
{
	struct envelope *e = envelope_signal(
		kind, 0, &(struct reeve_notice){ .reference = reference });

	if (e)
		e->from = from;
	return e;
}

static struct index *index_of(const struct process *p)
{
	if (!p->links || p->links->kind != RECORD_INDEX)
		return NULL;
	return (struct index *)(void *)p->links->message.bytes;
}

static uint64_t record_key(const struct envelope *e)
{
	return e->kind == SIGNAL_LINK ? e->from : envelope_body(e)->reference;
}

/* Keys are counted up, in one half or the other; multiplying spreads them
 * (Knuth, "The Art of Computer Programming", 6.4). */
static struct envelope **bucket_of(struct index *index, uint64_t key)
{
	uint64_t hash = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);

	return &index->buckets[hash >> 32 & (index->n_buckets - 1)];
}

static void chain_push(struct envelope **chain, struct envelope *e)
{
	e->next = *chain;
	*chain = e;
}

static void index_add(struct index *index, struct envelope *e)
{
	chain_push(bucket_of(index, record_key(e)), e);
	index->n++;
}

/* All that @p has into an index of so many buckets, if there is memory. */
static void index_make(struct process *p, uint32_t n_buckets)
{
	struct envelope *e, *next, *envelope;
	struct index *index;
	size_t n = sizeof(*index) + n_buckets * sizeof(*index->buckets);

	envelope = envelope_new(RECORD_INDEX, n, 0);
	if (!envelope)
		return;
	index = (struct index *)(void *)envelope->message.bytes;
	*index = (struct index){ .n_buckets = n_buckets };
	for (uint32_t i = 0; i < n_buckets; i++)
		index->buckets[i] = NULL;
	for (e = record_take_all(p); e; e = next) {
		next = e->next;
		index_add(index, e);
	}
	p->links = envelope;
}

void record_add(struct process *p, struct envelope *take_e)
{
	struct index *index = index_of(p);

	if (index) {
		index_add(index, take_e);
		if (index->n > index->n_buckets * BUCKET_MAX)
			index_make(p, index->n_buckets * 2);
		return;
	}
	chain_push(&p->links, take_e);
	if (p->n_links++ < CHAIN_MAX)
		return;
	p->n_links = CHAIN_MAX;
	index_make(p, INDEX_MIN);
}

/* The chain that those with that key are in. */
static struct envelope **chain_of(struct process *p, uint64_t key)
{
	struct index *index = index_of(p);

	return index ? bucket_of(index, key) : &p->links;
}

static void one_less(struct process *p)
{
	struct index *index = index_of(p);

	if (index)
		index->n--;
	else if (p->n_links)
		p->n_links--;
}

struct envelope *record_take(struct process *p, enum envelope_kind kind,
			     reeve_pid pid, uint64_t reference)
{
	struct envelope **at, *e;

	at = chain_of(p, kind == SIGNAL_LINK ? pid : reference);
	for (; (e = *at); at = &e->next) {
		if (e->kind != kind || (pid && e->from != pid) ||
		    (reference && envelope_body(e)->reference != reference))
			continue;
		*at = e->next;
		one_less(p);
		return e;
	}
	return NULL;
}

bool record_is_linked(struct process *p, reeve_pid pid)
{
	const struct envelope *e;

	for (e = *chain_of(p, pid); e; e = e->next)
		if (e->kind == SIGNAL_LINK && e->from == pid)
			return true;
	return false;
}

struct envelope *record_take_all(struct process *p)
{
	struct envelope *first = p->links, *all = NULL, *e;
	struct index *index = index_of(p);

	p->links = NULL;
	p->n_links = 0;
	if (!index)
		return first;
	for (uint32_t i = 0; i < index->n_buckets; i++) {
		while ((e = index->buckets[i])) {
			index->buckets[i] = e->next;
			chain_push(&all, e);
		}
	}
	envelope_free(first);
	return all;
}
