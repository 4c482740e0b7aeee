/*
 * Who has requests of a port to answer. Each is monitored as long as it has
 * any, and a few longer: most ports know one or two, and need no signals for
 * that while requests come and go.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/port_inside.h"

enum { TARGETS_MAX = 8 };

static struct port_target *target_find(struct port *p, reeve_pid pid)
{
	uint32_t i;

	for (i = 0; i < p->n_targets; i++)
		if (p->targets[i].pid == pid)
			return &p->targets[i];
	return NULL;
}

static void target_drop(struct port *p, struct port_target *t)
{
	*t = p->targets[--p->n_targets];
}

/* Make room for another one: by an idle one, or by growing. */
static int targets_prepare(struct port *p)
{
	struct port_target *t;
	uint32_t i;

	for (i = 0; p->n_targets >= TARGETS_MAX && i < p->n_targets; i++) {
		t = &p->targets[i];
		if (t->n_open || t->pid == p->spec.to)
			continue;
		(void)reeve_unmonitor(t->reference);
		target_drop(p, t);
		return 0;
	}
	/* In steps of powers of two. */
	if (p->n_targets & (p->n_targets - 1))
		return 0;
	t = realloc(p->targets,
		    (p->n_targets ? p->n_targets * 2 : 1) * sizeof(*t));
	if (!t)
		return -ENOMEM;
	p->targets = t;
	return 0;
}

int port_watch(struct port *p, reeve_pid pid, uint32_t n_open)
{
	struct port_target *t = target_find(p, pid);
	int r = 0;

	if (!t) {
		r = targets_prepare(p);
		if (r < 0)
			return r;
		t = &p->targets[p->n_targets++];
		*t = (struct port_target){ .pid = pid };
		r = reeve_monitor(pid, &t->reference);
	}
	t->n_open += n_open;
	return r;
}

void port_on_answered(struct port *p, reeve_pid target)
{
	struct port_target *t = target_find(p, target);

	if (t)
		t->n_open--;
}

void port_on_down(struct port *p, const struct reeve_notice *notice)
{
	struct port_target *t = target_find(p, notice->pid);
	bool is_needed;

	if (!t || t->reference != notice->reference)
		return;
	is_needed = t->n_open || t->pid == p->spec.to;
	target_drop(p, t);
	if (!is_needed)
		return;
	if (notice->reason == REEVE_EXIT_NORMAL && notice->pid == p->spec.to)
		port_end(p, REEVE_EXIT_NORMAL, REEVE_OK);
	port_end(p,
		 notice->reason == REEVE_EXIT_NORMAL ? REEVE_EXIT_NO_PROCESS
						     : notice->reason,
		 notice->reason == REEVE_EXIT_NORMAL ||
				 notice->reason == REEVE_EXIT_SHUTDOWN ||
				 notice->reason == REEVE_EXIT_NO_PROCESS
			 ? REEVE_ERR_UNAVAILABLE
			 : REEVE_ERR_INTERNAL);
}
