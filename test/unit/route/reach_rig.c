#include "reach_rig.h"

#include <string.h>

void reach_rig_init(struct reach_rig *r, const struct rig_file *files)
{
	rig_init(&r->rig, files);
	assert_int_equal(check_resolve(&r->rig.tree, rig_resolve, &r->rig,
				       &r->rig.report),
			 0);
	assert_int_equal(reach_take(&r->rig.tree, NULL, NULL, &r->reach), 0);
}

void reach_rig_fini(struct reach_rig *r)
{
	reach_fini(&r->reach);
	rig_fini(&r->rig);
}

const struct realm *reach_rig_realm(const struct reach_rig *r,
				    const char *moniker)
{
	size_t i;

	for (i = 0; i < r->reach.n_realms; i++)
		if (!strcmp(r->reach.realms[i]->moniker, moniker))
			return r->reach.realms[i];
	fail_msg("there is no %s", moniker);
	return NULL;
}

void reach_path_summary(const struct reach_path *p, struct text *t)
{
	static const char *const kinds[N_REACH_KINDS] = {
		[REACH_SERVICE] = "service", [REACH_DIRECTORY] = "directory",
		[REACH_CONTROL] = "control", [REACH_CHILD] = "child",
		[REACH_NAME] = "name",	     [REACH_REGISTERED] = "registered",
		[REACH_RUNNER] = "runner",   [REACH_SHARED] = "shared",
	};
	size_t i;

	text_puts(t, p->steps[0].from->moniker);
	for (i = 0; i < p->n; i++)
		text_printf(t, "%s %s %s %s", i ? " |" : "",
			    kinds[p->steps[i].kind], p->steps[i].by->name,
			    p->steps[i].to->moniker);
}

void reach_expect(const struct reach_rig *r, const char *from, const char *to,
		  const char *path)
{
	struct text t = TEXT_INIT;
	struct reach_path p;
	int k = reach_find(&r->reach, reach_rig_realm(r, from),
			   reach_rig_realm(r, to), &p);

	if (k == REACH_NONE) {
		text_puts(&t, "none");
	} else {
		assert_int_equal(k, 0);
		reach_path_summary(&p, &t);
		reach_path_fini(&p);
	}
	assert_string_equal(text_string(&t), path);
	text_fini(&t);
}
