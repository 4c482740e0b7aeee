/*
 * The last resort of a revocation: cells that could not be searched whole, or
 * that had the ends, are ended, and with them whatever they hid. Their pidfds
 * say when that is so.
 */
#include "host/revoker.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "sys/fd.h"

enum { KILL_TIMEOUT_MS = 5000 };

static void victim_add(struct revoker *r, struct instance *i)
{
	struct revoke_victim *more;
	struct revocation *v = revoker_active(r);
	int fd;

	if (!i || !i->cell.id || i->cell.is_reaped)
		return;
	more = realloc(r->victims, (r->n_victims + 1) * sizeof(*more));
	fd = more ? fcntl(i->cell.pidfd, F_DUPFD_CLOEXEC, 0) : -1;
	if (more)
		r->victims = more;
	if (fd >= 0)
		r->victims[r->n_victims++].pidfd = fd;
	journal_write(r->manager->journal, JOURNAL_MANAGER, i->realm->moniker,
		      NULL, NULL,
		      "is killed: what was taken back could not be found, and "
		      "it may hold it");
	v->report.n_killed++;
	cell_kill(&i->cell);
}

static bool is_hider(const struct revoker *r, const struct instance *i)
{
	size_t k;

	for (k = 0; k < r->n_hiders; k++)
		if (r->hiders[k] == i->cell.id)
			return true;
	return false;
}

static bool is_end(struct revoker *r, const struct instance *i)
{
	struct connection *c;

	list_for_each (c, &revoker_active(r)->connections, by_revocation)
		if (c->provider == i || c->opener == i)
			return true;
	return false;
}

void killing_begin(struct revoker *r)
{
	struct instance *i;

	list_for_each (i, &r->manager->instances, link)
		if (r->step == REVOCATION_KILL_ALL ||
		    (r->step == REVOCATION_KILL_HIDERS && is_hider(r, i)) ||
		    (r->step == REVOCATION_KILL_ENDS && is_end(r, i)))
			victim_add(r, i);
	severing_wait(r, r->n_victims ? KILL_TIMEOUT_MS : 0);
}

void killing_end(struct revoker *r)
{
	size_t k;

	for (k = 0; k < r->n_victims; k++)
		fd_close(r->victims[k].pidfd);
	free(r->victims);
	r->victims = NULL;
	r->n_victims = 0;
}

void severing_continue(struct revoker *r)
{
	struct pollfd p = { .events = POLLIN };
	size_t k;

	if (!r->is_severing || r->step < REVOCATION_KILL_HIDERS)
		return;
	for (k = 0; k < r->n_victims; k++) {
		p.fd = r->victims[k].pidfd;
		if (poll(&p, 1, 0) <= 0)
			return;
	}
	/* Not from here: who calls may stand on a list of instances. */
	severing_wait(r, 0);
}
