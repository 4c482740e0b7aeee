#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cell/attach.h"
#include "sys/landlock.h"

static void rights_become_landlock_rights(void **state)
{
	uint64_t r;

	(void)state;
	assert_int_equal(attach_landlock_rights(PLAN_CONNECT), 0);
	assert_int_equal(attach_landlock_rights(PLAN_READ_BYTES),
			 LANDLOCK_READ_FILE);
	assert_int_equal(attach_landlock_rights(PLAN_ENUMERATE),
			 LANDLOCK_READ_DIR);
	assert_int_equal(attach_landlock_rights(PLAN_EXECUTE),
			 LANDLOCK_EXECUTE);
	r = attach_landlock_rights(PLAN_WRITE_BYTES);
	assert_int_equal(r, LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE);
	r = attach_landlock_rights(PLAN_MODIFY_DIRECTORY);
	assert_true(r & LANDLOCK_MAKE_REG && r & LANDLOCK_REMOVE_FILE);
	assert_false(r & LANDLOCK_WRITE_FILE);
}

/* Nobody can make device nodes, or talk to devices. */
static void rights_never_include_devices(void **state)
{
	(void)state;
	assert_int_equal(attach_landlock_rights(PLAN_RIGHTS_ALL) &
				 (LANDLOCK_MAKE_CHAR | LANDLOCK_MAKE_BLOCK |
				  LANDLOCK_IOCTL_DEV),
			 0);
}

/* One more right never takes something away. */
static void rights_are_monotonous(void **state)
{
	uint32_t rights, bit;

	(void)state;
	for (rights = 0; rights <= PLAN_RIGHTS_ALL; rights++)
		for (bit = 1; bit < PLAN_RIGHTS_ALL; bit <<= 1)
			assert_int_equal(
				attach_landlock_rights(rights) &
					~attach_landlock_rights(rights | bit),
				0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights_become_landlock_rights),
		cmocka_unit_test(rights_never_include_devices),
		cmocka_unit_test(rights_are_monotonous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
