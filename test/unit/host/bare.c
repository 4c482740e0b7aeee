/* The fields that manager_new() sets, but for those of the launcher. */
#include "bare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/budget.h"
#include "host/control.h"
#include "host/open.h"
#include "host/revoke.h"
#include "host/told.h"

struct bare {
	struct manager manager;
	const char *packages[1];
};

static int bare_init(struct manager *m)
{
	struct connection_owner owner = { open_on_closed, m };
	int r = loop_new(&m->loop);

	if (!r)
		r = journal_new(&m->journal);
	if (!r)
		r = connections_new(m->loop, &owner, &m->connections);
	if (!r)
		r = budgets_new(m, &m->budgets);
	if (!r)
		r = revoker_new(m, &m->revoker);
	if (!r)
		r = told_new(&m->told);
	if (!r)
		r = control_new(m, &m->control);
	if (r)
		return r;
	m->route = calloc(1, sizeof(*m->route));
	m->state_directory = strdup(m->options.state_directory);
	return m->route && m->state_directory ? 0 : -ENOMEM;
}

static int bare_plant(struct manager *m)
{
	struct report report;
	int r;

	m->builtins[0] = (struct builtin){ .type = CAPABILITY_DIRECTORY,
					   .name = "data",
					   .rights = RIGHTS_R | RIGHTS_W };
	r = resolver_tree(&m->tree, m->options.root_file, m->builtins, 1);
	if (r)
		return r;
	report_init(&report);
	r = resolver_resolve(&m->resolver, m->tree.root, &report);
	report_fini(&report);
	return r;
}

int bare_new(const char *root_file, const char *packages, const char *state,
	     struct manager **ret)
{
	struct bare *b = calloc(1, sizeof(*b));
	struct manager *m;
	int r;

	if (!b)
		return -ENOMEM;
	m = &b->manager;
	b->packages[0] = packages;
	m->options.root_file = root_file;
	m->options.state_directory = state;
	m->options.paths = (struct package_paths){ .directories = b->packages, .n = 1 };
	m->launcher = (struct launcher)LAUNCHER_INIT;
	m->signal_fd = -1;
	list_init(&m->instances);
	list_init(&m->starting);
	list_init(&m->due);
	list_init(&m->retired);
	list_init(&m->doomed);
	resolver_init(&m->resolver, m->options.paths);
	r = bare_init(m);
	if (!r)
		r = bare_plant(m);
	if (r) {
		manager_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

void bare_free(struct manager *m)
{
	manager_free(m);
}

void bare_turn(struct manager *m)
{
	while (loop_turn(m->loop, 0) > 0)
		;
}
