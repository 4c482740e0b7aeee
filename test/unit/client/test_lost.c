/* What a component is told when a provider of its has ended. */
#include "rig.h"

#include <string.h>

#include "manager.h"
#include "reeve.h"

static void quit_with_3(struct reeve *r, void *userdata)
{
	(void)userdata;
	reeve_quit(r, 3);
}

static void on_lost_collect(struct reeve *r, const char *path, void *userdata)
{
	(void)r;
	strcat(userdata, path);
	strcat(userdata, " ");
}

static void on_lost_quit(struct reeve *r, const char *path, void *userdata)
{
	(void)userdata;
	reeve_quit(r, (int)strlen(path));
}

static void test_lost(void **state)
{
	char paths[128] = "";
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	/* Nobody wants to know. */
	manager_lose(&m, "/svc/none");
	assert_int_equal(reeve_dispatch(r), 1);
	reeve_on_lost(r, on_lost_collect, paths);
	manager_lose(&m, "/svc/a");
	manager_lose(&m, "/svc/b");
	while (reeve_dispatch(r) > 0)
		;
	assert_string_equal(paths, "/svc/a /svc/b ");
	/* It is no stop, and a stop behind it is seen. */
	assert_false(reeve_is_stopping(r));
	manager_lose(&m, "/svc/c");
	manager_stop(&m);
	assert_int_equal(reeve_run(r), 0);
	assert_string_equal(paths, "/svc/a /svc/b /svc/c ");
	reeve_on_lost(r, on_lost_quit, NULL);
	reeve_on_stop(r, quit_with_3, NULL);
	manager_lose(&m, "/four");
	assert_int_equal(reeve_run(r), 5);
	reeve_on_lost(r, NULL, NULL);
	manager_lose(&m, "/four");
	assert_int_equal(reeve_dispatch(r), 1);
	reeve_leave(r);
	manager_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
