/*
 * What is wished of the tree as a whole: what starts at first, and how all of
 * it stops. Wishes are reconciled: whenever something ended, manager_continue()
 * looks at what is there now, not at what was planned.
 */
#include "host/wish.h"

#include <stdlib.h>
#include <string.h>

#include "host/instance.h"
#include "host/order.h"
#include "host/retire.h"

void manager_start(struct manager *m, struct instance *i, const char *reason,
		   bool is_main)
{
	if (i->realm->manifest->program) {
		if (is_main && !i->is_main) {
			i->is_main = true;
			m->n_mains++;
		}
		instance_event(i, LIFE_WANTED, reason);
		/* A single run that could not even begin is gone by now. */
		if (i->state == LIFE_GONE)
			return;
	}
	instance_start_eager(i, is_main);
}

/* Nobody can open what exposes nothing and offers nothing of its own. */
static bool realm_is_closed(const struct realm *r)
{
	const struct manifest *mf = r->manifest;
	size_t i;

	if (mf->n_decls[DECL_EXPOSE])
		return false;
	for (i = 0; i < mf->n_decls[DECL_OFFER]; i++)
		if (mf->decls[DECL_OFFER][i].from.kind == SOURCE_SELF)
			return false;
	return mf->program;
}

static void start_closed(struct manager *m, struct realm *r)
{
	struct instance *i;
	struct realm *child;

	if (manager_resolve(m, r) < 0 || r->state != REALM_RESOLVED)
		return;
	if (realm_is_closed(r) && !instance_get(m, r, &i))
		manager_start(m, i,
			      "nothing in this tree is eager, and nobody can "
			      "open it",
			      true);
	list_for_each (child, &r->children, link)
		start_closed(m, child);
}

/* Starts what the operator named. False if a name is wrong. */
static bool start_named(struct manager *m)
{
	struct instance *i;
	struct realm *r;
	size_t k;

	for (k = 0; k < m->options.n_starts; k++) {
		r = manager_find(m, m->options.starts[k]);
		if (!r || manager_resolve(m, r) < 0 ||
		    r->state != REALM_RESOLVED || instance_get(m, r, &i) < 0) {
			journal_write(
				m->journal, JOURNAL_FAILED,
				m->options.starts[k], NULL, NULL,
				"there is no such component to start; see "
				"reeve tree %s",
				m->options.root_file);
			return false;
		}
		manager_start(m, i, "the operator named it", true);
	}
	return true;
}

bool wish_begin(struct manager *m)
{
	struct realm *root = m->tree.root;
	struct instance *i;

	if (m->options.n_starts)
		return start_named(m);
	if (instance_get(m, root, &i) < 0)
		return false;
	manager_start(m, i, "root of the tree", true);
	if (!m->n_mains)
		start_closed(m, root);
	if (!m->n_mains)
		journal_write(
			m->journal, JOURNAL_MANAGER, "", NULL, NULL,
			"nothing in this tree starts by itself; name what "
			"shall: reeve run %s --start MONIKER",
			m->options.root_file);
	return m->n_mains;
}

/* ---- stopping ---- */

size_t wish_n_alive(const struct manager *m)
{
	const struct instance *i;
	size_t n = 0;

	list_for_each (i, &m->instances, link)
		n += instance_is_alive(i);
	return n;
}

/* Ask everybody whom nobody alive depends on. If all depend on each other,
 * somebody must be first: then all are asked at once. */
static void manager_stop_some(struct manager *m)
{
	struct instance *i, *tmp;
	bool asked = false;

	list_for_each_safe (i, tmp, &m->instances, link) {
		if (!instance_is_alive(i))
			continue;
		if (i->state == LIFE_STOPPING || i->state == LIFE_KILLING) {
			asked = true;
			continue;
		}
		if (order_is_needed(i))
			continue;
		instance_event(i, LIFE_ASKED, NULL);
		asked = true;
	}
	if (asked)
		return;
	list_for_each_safe (i, tmp, &m->instances, link)
		if (instance_is_alive(i))
			instance_event(i, LIFE_ASKED, NULL);
}

void manager_continue(struct manager *m)
{
	retire_doomed(m);
	if (!m->is_stopping)
		return;
	manager_stop_some(m);
	if (!wish_n_alive(m))
		loop_quit(m->loop, m->status);
}

void manager_stop(struct manager *m)
{
	struct instance *i;

	if (m->is_stopping)
		return;
	m->is_stopping = true;
	/* What waits for a restart waits no longer. */
	list_for_each (i, &m->instances, link)
		if (i->state == LIFE_BACKOFF)
			instance_event(i, LIFE_ASKED, NULL);
	manager_continue(m);
}

void manager_main_ended(struct manager *m, int status)
{
	if (status && !m->status)
		m->status = status;
	if (--m->n_mains || m->is_stopping)
		return;
	journal_write(m->journal, JOURNAL_MANAGER, "", NULL, NULL,
		      "what was started at first has ended: stopping the rest");
	manager_stop(m);
}
