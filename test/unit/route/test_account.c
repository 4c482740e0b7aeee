/* Accounts: charges, releases, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route/account.h"

static void the_defaults(void **state)
{
	struct account a;

	(void)state;
	account_init(&a);
	assert_int_equal(a.limits[CHARGE_OPENS], 128);
	assert_int_equal(a.limits[CHARGE_CONNECTIONS], 4096);
	assert_int_equal(a.limits[CHARGE_CHANNELS], 64);
	assert_int_equal(a.limits[CHARGE_CHILDREN], 1024);
}

static void every_kind_is_bounded_for_itself(void **state)
{
	struct account a;
	int kind, other;
	uint32_t i;

	(void)state;
	for (kind = 0; kind < N_CHARGE_KINDS; kind++) {
		account_init(&a);
		for (i = 0; i < a.limits[kind]; i++)
			assert_int_equal(account_charge(&a, kind), 0);
		assert_int_equal(account_charge(&a, kind), ACCOUNT_EXCEEDED);
		assert_int_equal(account_charge(&a, kind), ACCOUNT_EXCEEDED);
		assert_int_equal(a.held[kind], a.limits[kind]);
		assert_int_equal(a.n_refused[kind], 2);
		/* The others are as they were. */
		for (other = 0; other < N_CHARGE_KINDS; other++) {
			if (other == kind)
				continue;
			assert_int_equal(a.held[other], 0);
			assert_int_equal(a.n_refused[other], 0);
			assert_int_equal(account_charge(&a, other), 0);
		}
		/* What is given back can be had again, once. */
		account_release(&a, kind);
		assert_int_equal(account_charge(&a, kind), 0);
		assert_int_equal(account_charge(&a, kind), ACCOUNT_EXCEEDED);
	}
}

static void a_lowered_limit_refuses_but_takes_nothing(void **state)
{
	struct account a;

	(void)state;
	account_init(&a);
	assert_int_equal(account_charge(&a, CHARGE_OPENS), 0);
	assert_int_equal(account_charge(&a, CHARGE_OPENS), 0);
	a.limits[CHARGE_OPENS] = 1;
	assert_int_equal(account_charge(&a, CHARGE_OPENS), ACCOUNT_EXCEEDED);
	account_release(&a, CHARGE_OPENS);
	assert_int_equal(account_charge(&a, CHARGE_OPENS), ACCOUNT_EXCEEDED);
	account_release(&a, CHARGE_OPENS);
	assert_int_equal(account_charge(&a, CHARGE_OPENS), 0);
	a.limits[CHARGE_OPENS] = 0;
	account_release(&a, CHARGE_OPENS);
	assert_int_equal(account_charge(&a, CHARGE_OPENS), ACCOUNT_EXCEEDED);
}

static void a_manifest_says_otherwise(void **state)
{
	const struct limits some = { .opens = 3, .children = 5000 };
	const struct limits others = { .connections = 1, .channels = 2 };
	struct account a, defaults;

	(void)state;
	account_init(&defaults);
	account_init(&a);
	account_limit(&a, &some);
	assert_int_equal(a.limits[CHARGE_OPENS], 3);
	assert_int_equal(a.limits[CHARGE_CHILDREN], 5000);
	/* What it does not say is as before. */
	assert_int_equal(a.limits[CHARGE_CONNECTIONS],
			 defaults.limits[CHARGE_CONNECTIONS]);
	assert_int_equal(a.limits[CHARGE_DIRECTORIES],
			 defaults.limits[CHARGE_DIRECTORIES]);
	account_limit(&a, &others);
	assert_int_equal(a.limits[CHARGE_OPENS], 3);
	assert_int_equal(a.limits[CHARGE_CONNECTIONS], 1);
	assert_int_equal(a.limits[CHARGE_CHANNELS], 2);
}

static void every_kind_has_a_name(void **state)
{
	int kind;

	(void)state;
	for (kind = 0; kind < N_CHARGE_KINDS; kind++)
		assert_non_null(charge_kind_name(kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults),
		cmocka_unit_test(every_kind_is_bounded_for_itself),
		cmocka_unit_test(a_lowered_limit_refuses_but_takes_nothing),
		cmocka_unit_test(a_manifest_says_otherwise),
		cmocka_unit_test(every_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
