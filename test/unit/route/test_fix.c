/*
 * Mending a route: which edits are found, that they are the smallest, and that
 * nothing is proposed where nothing is known.
 */
#include "fix_cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"

/* Files are called "b.cml" in messages. */
static int read_file(void *userdata, const char *file, char **ret,
		     size_t *ret_n)
{
	const struct rig *rig = userdata;
	const struct rig_file *f;

	for (f = rig->files; f->name; f++) {
		size_t n = strlen(f->name);

		if (strncmp(f->name, file, n) || strcmp(file + n, ".cml"))
			continue;
		*ret = strdup(f->text);
		*ret_n = strlen(f->text);
		return *ret ? 0 : -ENOMEM;
	}
	return FIX_NONE;
}

static int find_file(void *userdata, const struct realm *r, char **ret)
{
	const char *name = strrchr(r->url, '/') + 1;

	(void)userdata;
	*ret = NULL;
	return asprintf(ret, "%.*s.cml", (int)strcspn(name, "."), name) < 0
		       ? -ENOMEM
		       : 0;
}

static int fix_run(struct rig *rig, const char *moniker, const char *capability,
		   struct fix *ret)
{
	const struct fix_files files = { read_file, find_file, rig };

	return fix_find(&rig->tree, moniker, capability, &files, ret);
}

/* The files as they are afterwards. */
static void files_change(const struct fix_case *c, const struct fix *fix,
			 struct rig_file *ret)
{
	char name[80];
	size_t i, j;

	memcpy(ret, c->files, sizeof(c->files));
	for (i = 0; i < fix->n_files; i++)
		for (j = 0; ret[j].name; j++) {
			snprintf(name, sizeof(name), "%s.cml", ret[j].name);
			if (!strcmp(name, fix->files[i].file))
				ret[j].text = fix->files[i].new;
		}
}

static void mended_check(const struct fix_case *c, const struct fix *fix)
{
	struct rig_file files[FILES_MAX];
	struct rig rig;
	size_t i;

	files_change(c, fix, files);
	rig_init(&rig, files);
	if (rig_route(&rig, c->moniker, fix->name) != ROUTE_ENDED)
		fail_msg("%s: is still broken: %s", c->name,
			 text_string(&rig.route.why.text));
	rig_fini(&rig);
	for (i = 0; c->file && i < fix->n_files; i++)
		if (!strcmp(fix->files[i].file, c->file))
			break;
	if (c->file && i == fix->n_files)
		fail_msg("%s: %s was not changed", c->name, c->file);
	if (c->file && !strstr(fix->files[i].new, c->part))
		fail_msg("%s:\n%s\ndoes not have\n%s", c->name,
			 fix->files[i].new, c->part);
}

static void case_check(const struct fix_case *c)
{
	struct fix fix;
	struct rig rig;
	int verdict;

	rig_init(&rig, c->files);
	assert_int_equal(
		check_resolve(&rig.tree, rig_resolve, &rig, &rig.report), 0);
	verdict = fix_run(&rig, c->moniker, c->capability, &fix);
	if (verdict != c->verdict)
		fail_msg("%s: %d, and not %d: %s", c->name, verdict, c->verdict,
			 text_string(&fix.text));
	if (!verdict && strcmp(text_string(&fix.text), c->text))
		fail_msg("%s:\n%s\nand not\n%s", c->name,
			 text_string(&fix.text), c->text);
	if (verdict && !strstr(text_string(&fix.text), c->text))
		fail_msg("%s:\n%s\ndoes not say\n%s", c->name,
			 text_string(&fix.text), c->text);
	if (!verdict)
		mended_check(c, &fix);
	fix_fini(&fix);
	rig_fini(&rig);
}

static void test_mended(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(mended); i++)
		case_check(&mended[i]);
}

static void test_others(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(others); i++)
		case_check(&others[i]);
}

struct sweep {
	struct rig rig;
	const struct fix_case *c;
};

static int sweep(void *arg)
{
	struct sweep *s = arg;
	struct fix fix;
	int k = fix_run(&s->rig, s->c->moniker, s->c->capability, &fix);

	/* Never another answer than the one that there is. */
	if (k >= 0 && (k || strcmp(text_string(&fix.text), s->c->text)))
		k = 1;
	fix_fini(&fix);
	return k;
}

static void test_faults(void **state)
{
	static const char *const names[] = { "offer and expose are missing",
					     "\"as\" is the slip",
					     "a capability is missing" };
	struct sweep s = { 0 };
	size_t i, j;

	(void)state;
	for (i = 0; i < N_ELEMENTS(names); i++) {
		for (j = 0; strcmp(mended[j].name, names[i]);)
			j++;
		s.c = &mended[j];
		rig_init(&s.rig, s.c->files);
		assert_int_equal(check_resolve(&s.rig.tree, rig_resolve, &s.rig,
					       &s.rig.report),
				 0);
		assert_true(fault_sweep(sweep, &s) > 50);
		rig_fini(&s.rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mended),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
