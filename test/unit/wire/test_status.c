#include "golden.h"

#include <errno.h>

#include "wire/status.h"

static void numbers_are_zircons(void **state)
{
	(void)state;
	assert_int_equal(REEVE_ERR_PEER_CLOSED, -24);
	assert_int_equal(REEVE_ERR_NOT_FOUND, -25);
	assert_int_equal(REEVE_ERR_ACCESS_DENIED, -30);
	assert_int_equal(REEVE_ERR_NOT_EMPTY, -55);
}

static void statuses_have_names(void **state)
{
	(void)state;
	assert_string_equal(status_name(REEVE_OK), "OK");
	assert_string_equal(status_name(REEVE_ERR_NOT_FOUND), "NOT_FOUND");
	assert_string_equal(status_name(REEVE_ERR_NOT_EMPTY), "NOT_EMPTY");
	assert_string_equal(status_name(-1000), "UNKNOWN");
	assert_string_equal(status_name(1), "UNKNOWN");
}

static void faults_have_a_status(void **state)
{
	(void)state;
	assert_int_equal(status_from_errno(0), REEVE_OK);
	assert_int_equal(status_from_errno(-ENOENT), REEVE_ERR_NOT_FOUND);
	assert_int_equal(status_from_errno(ENOENT), REEVE_ERR_NOT_FOUND);
	assert_int_equal(status_from_errno(-EPERM), REEVE_ERR_ACCESS_DENIED);
	assert_int_equal(status_from_errno(-EXDEV), REEVE_ERR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_zircons),
		cmocka_unit_test(statuses_have_names),
		cmocka_unit_test(faults_have_a_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
