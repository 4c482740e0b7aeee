#include "client/port_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLACE_BITS = 16,
	GENERATION_MAX = 0x7fff,
	NO_PLACE = UINT16_MAX + 1,
	PLACES_FIRST = 4,
	REQUESTS_FIRST = 4,
};

_Static_assert(PORT_CALLS_MAX == 1 << PLACE_BITS, "a place fits into an id");

/* ---- calls ---- */

static int calls_grow(struct port_calls *c)
{
	uint32_t i, n = c->n_places ? c->n_places * 2 : PLACES_FIRST;
	struct port_call *places;

	if (n > PORT_CALLS_MAX)
		return -EAGAIN;
	places = realloc(c->places, n * sizeof(*places));
	if (!places)
		return -ENOMEM;
	for (i = c->n_places; i < n; i++)
		places[i] = (struct port_call){
			.txid = i + 1 < n ? i + 1 : NO_PLACE,
		};
	c->first_free = c->n_places;
	c->places = places;
	c->n_places = n;
	return 0;
}

int port_calls_add(struct port_calls *c, const struct port_call *call,
		   uint32_t *ret)
{
	struct port_call *place;
	uint32_t i;
	int r;

	if (c->n == c->n_places) {
		r = calls_grow(c);
		if (r < 0)
			return r;
	}
	i = c->first_free;
	place = &c->places[i];
	c->first_free = place->txid;
	c->generation = c->generation % GENERATION_MAX + 1;
	*place = *call;
	place->wire = c->generation << PLACE_BITS | i;
	c->n++;
	*ret = place->wire;
	return 0;
}

static void calls_free_place(struct port_calls *c, struct port_call *place)
{
	*place = (struct port_call){ .txid = c->first_free };
	c->first_free = (uint32_t)(place - c->places);
	c->n--;
}

bool port_calls_take(struct port_calls *c, uint32_t wire, uint64_t ordinal,
		     struct port_call *ret)
{
	uint32_t i = wire & ((1U << PLACE_BITS) - 1);
	struct port_call *place;

	if (i >= c->n_places)
		return false;
	place = &c->places[i];
	if (!place->pid || place->wire != wire || place->ordinal != ordinal)
		return false;
	*ret = *place;
	calls_free_place(c, place);
	return true;
}

uint32_t port_calls_clean(struct port_calls *c, bool (*is_alive)(reeve_pid pid))
{
	uint32_t i, n = 0;

	for (i = 0; i < c->n_places; i++) {
		struct port_call *place = &c->places[i];

		if (!place->pid || is_alive(place->pid))
			continue;
		calls_free_place(c, place);
		n++;
	}
	return n;
}

void port_calls_fini(struct port_calls *c)
{
	free(c->places);
	*c = (struct port_calls){};
}

/* ---- requests ---- */

static struct port_request *request_at(const struct port_requests *q,
				       uint32_t i)
{
	return &q->items[(q->first + i) & (q->capacity - 1)];
}

static int requests_grow(struct port_requests *q)
{
	uint32_t i, n = q->capacity ? q->capacity * 2 : REQUESTS_FIRST;
	struct port_request *items = malloc(n * sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (i = 0; i < q->n; i++)
		items[i] = *request_at(q, i);
	free(q->items);
	*q = (struct port_requests){ .items = items, .n = q->n, .capacity = n };
	return 0;
}

int port_requests_add(struct port_requests *q, reeve_pid target, uint32_t txid)
{
	int r;

	if (q->n == q->capacity) {
		r = requests_grow(q);
		if (r < 0)
			return r;
	}
	*request_at(q, q->n++) = (struct port_request){ target, txid };
	return 0;
}

bool port_requests_take(struct port_requests *q, uint32_t txid,
			reeve_pid *ret_target)
{
	uint32_t i = 0;

	while (i < q->n && request_at(q, i)->txid != txid)
		i++;
	if (i == q->n)
		return false;
	*ret_target = request_at(q, i)->target;
	/* Those before it move up: answers mostly come in order. */
	for (; i > 0; i--)
		*request_at(q, i) = *request_at(q, i - 1);
	q->first = (q->first + 1) & (q->capacity - 1);
	q->n--;
	return true;
}

void port_requests_fini(struct port_requests *q)
{
	free(q->items);
	*q = (struct port_requests){};
}
