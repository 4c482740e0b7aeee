/* Lists whose links are embedded in their elements. */
#include "base_test.h"

#include "base/list.h"

struct element {
	int value;
	struct list link;
};

static void assert_values(struct list *l, const char *expected)
{
	struct element *e;
	struct list *back = l->previous;
	size_t n = 0;

	list_for_each (e, l, link)
		assert_int_equal(e->value, expected[n++] - '0');
	assert_int_equal(expected[n], 0);
	/* The other direction agrees. */
	for (; back != l; back = back->previous)
		assert_int_equal(list_entry(back, struct element, link)->value,
				 expected[--n] - '0');
	assert_int_equal(n, 0);
}

static void elements_stand_in_the_order_of_linking(void **state)
{
	struct list l = LIST_INIT(l);
	struct element e[4];
	int i;

	(void)state;
	assert_true(list_is_empty(&l));
	assert_null(list_first(&l, struct element, link));
	for (i = 0; i < 4; i++) {
		e[i].value = i;
		list_init(&e[i].link);
		assert_true(list_is_empty(&e[i].link));
		list_link(&l, &e[i].link);
		assert_false(list_is_empty(&e[i].link));
	}
	assert_values(&l, "0123");
	assert_ptr_equal(list_first(&l, struct element, link), &e[0]);
}

static void unlinking_anywhere_and_twice_is_harmless(void **state)
{
	struct list l = LIST_INIT(l);
	struct element e[4];
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		e[i].value = i;
		list_link(&l, &e[i].link);
	}
	list_unlink(&e[1].link);
	assert_values(&l, "023");
	list_unlink(&e[1].link);
	assert_true(list_is_empty(&e[1].link));
	assert_values(&l, "023");
	list_unlink(&e[0].link);
	list_unlink(&e[3].link);
	assert_values(&l, "2");
	list_unlink(&e[2].link);
	assert_values(&l, "");
	assert_true(list_is_empty(&l));
	/* What was taken out can be put in again, also elsewhere. */
	list_link(&l, &e[3].link);
	list_link(&l, &e[1].link);
	assert_values(&l, "31");
}

static void the_element_stood_on_may_go(void **state)
{
	struct list l = LIST_INIT(l);
	struct element e[6], *it, *tmp;
	int i;

	(void)state;
	for (i = 0; i < 6; i++) {
		e[i].value = i;
		list_link(&l, &e[i].link);
	}
	list_for_each_safe (it, tmp, &l, link)
		if (it->value % 2)
			list_unlink(&it->link);
	assert_values(&l, "024");
	list_for_each_safe (it, tmp, &l, link)
		list_unlink(&it->link);
	assert_values(&l, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_stand_in_the_order_of_linking),
		cmocka_unit_test(unlinking_anywhere_and_twice_is_harmless),
		cmocka_unit_test(the_element_stood_on_may_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
