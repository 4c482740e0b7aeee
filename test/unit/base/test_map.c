/* Maps: many keys, equal hashes, removal in any order, keyed hashing. */
#include "base_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/own.h"
#include "fault.h"

struct element {
	char key[16];
	struct map_node node;
};

static struct element *find(const struct map *m, const char *key, uint64_t hash)
{
	struct map_node *node;
	struct element *e;

	for (node = map_find(m, hash); node; node = map_next(node)) {
		e = container_of(node, struct element, node);
		if (strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

static void an_empty_map_finds_nothing(void **state)
{
	struct map m = MAP_INIT;

	(void)state;
	assert_null(map_find(&m, 0));
	map_fini(&m);
}

static void many_keys_are_all_found(void **state)
{
	enum { N = 20000 };
	struct map m = MAP_INIT;
	struct element *e = calloc(N, sizeof(*e));
	size_t i;

	(void)state;
	assert_non_null(e);
	for (i = 0; i < N; i++) {
		snprintf(e[i].key, sizeof(e[i].key), "key-%zu", i);
		assert_null(find(&m, e[i].key, map_hash_string(e[i].key)));
		assert_int_equal(
			map_link(&m, &e[i].node, map_hash_string(e[i].key)), 0);
	}
	assert_int_equal(m.n, N);
	/* Growth keeps the chains short. */
	assert_true(m.n_buckets >= N);
	for (i = 0; i < N; i++)
		assert_ptr_equal(find(&m, e[i].key, map_hash_string(e[i].key)),
				 &e[i]);
	/* Every third one goes; the others stay. */
	for (i = 0; i < N; i += 3)
		map_unlink(&m, &e[i].node);
	for (i = 0; i < N; i++)
		assert_ptr_equal(find(&m, e[i].key, map_hash_string(e[i].key)),
				 i % 3 ? &e[i] : NULL);
	for (i = 0; i < N; i++)
		if (i % 3)
			map_unlink(&m, &e[i].node);
	assert_int_equal(m.n, 0);
	map_fini(&m);
	free(e);
}

static void equal_hashes_form_one_chain(void **state)
{
	struct map m = MAP_INIT;
	struct element e[100], far;
	struct map_node *node;
	unsigned n, round;
	size_t i;

	(void)state;
	/* Another hash in the same bucket is not part of the chain. */
	snprintf(far.key, sizeof(far.key), "far");
	assert_int_equal(map_link(&m, &far.node, 7 + (1ull << 40)), 0);
	for (i = 0; i < 100; i++) {
		snprintf(e[i].key, sizeof(e[i].key), "%zu", i);
		assert_int_equal(map_link(&m, &e[i].node, 7), 0);
	}
	for (round = 0; round < 100; round++) {
		n = 0;
		for (node = map_find(&m, 7); node; node = map_next(node))
			n++;
		assert_int_equal(n, 100 - round);
		/* First, last and from the middle of the chain. */
		i = round % 2 ? 99 - round / 2 : round / 2;
		assert_ptr_equal(find(&m, e[i].key, 7), &e[i]);
		map_unlink(&m, &e[i].node);
		assert_null(find(&m, e[i].key, 7));
	}
	assert_null(map_find(&m, 7));
	assert_ptr_equal(find(&m, "far", 7 + (1ull << 40)), &far);
	map_unlink(&m, &far.node);
	map_fini(&m);
}

static void hashes_depend_on_every_byte_the_length_and_the_key(void **state)
{
	unsigned char bytes[40] = { 0 };
	uint64_t before[41];
	size_t n, i;

	(void)state;
	map_seed(1, 2);
	for (n = 0; n <= sizeof(bytes); n++) {
		before[n] = map_hash(bytes, n);
		for (i = 0; i < n; i++)
			assert_int_not_equal(before[i], before[n]);
	}
	for (n = 1; n <= sizeof(bytes); n++)
		for (i = 0; i < n; i++) {
			bytes[i] ^= 0x80;
			assert_int_not_equal(map_hash(bytes, n), before[n]);
			bytes[i] ^= 0x80;
		}
	assert_int_equal(map_hash_string("abc"), map_hash("abc", 3));
	map_seed(1, 3);
	for (n = 0; n <= sizeof(bytes); n++)
		assert_int_not_equal(map_hash(bytes, n), before[n]);
}

static int link_one(void *arg)
{
	struct map m = MAP_INIT;
	struct map_node node;
	int r = map_link(&m, &node, 1);

	(void)arg;
	if (!r) {
		map_unlink(&m, &node);
	} else {
		assert_int_equal(m.n, 0);
		assert_null(map_find(&m, 1));
	}
	map_fini(&m);
	return r;
}

static void the_first_link_can_lack_memory(void **state)
{
	(void)state;
	assert_int_equal(fault_sweep(link_one, NULL), 1);
}

/* A table that could not grow is only slower, and nobody is told: the size it
 * ended with is reported as the lack of memory here. */
static int link_one_too_many(void *arg)
{
	struct map m = MAP_INIT;
	struct element e[9];
	size_t i, n, n_buckets;

	(void)arg;
	for (n = 0; n < 9; n++) {
		snprintf(e[n].key, sizeof(e[n].key), "%zu", n);
		if (map_link(&m, &e[n].node, n * 8) < 0)
			break;
	}
	assert_true(n == 0 || n == 9);
	n_buckets = m.n_buckets;
	for (i = 0; i < n; i++)
		assert_ptr_equal(find(&m, e[i].key, i * 8), &e[i]);
	for (i = 0; i < n; i++)
		map_unlink(&m, &e[i].node);
	map_fini(&m);
	return n_buckets < 16 ? -ENOMEM : 0;
}

static void links_stay_findable_when_growth_fails(void **state)
{
	(void)state;
	assert_int_equal(fault_sweep(link_one_too_many, NULL), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_finds_nothing),
		cmocka_unit_test(many_keys_are_all_found),
		cmocka_unit_test(equal_hashes_form_one_chain),
		cmocka_unit_test(
			hashes_depend_on_every_byte_the_length_and_the_key),
		cmocka_unit_test(the_first_link_can_lack_memory),
		cmocka_unit_test(links_stay_findable_when_growth_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
