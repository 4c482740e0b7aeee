/*
 * Orders for one target are given one after the other: what is to go while it
 * is still on its way in is taken off when it has arrived.
 *
 * A cell whose mount cannot be taken off is ended: it may have moved the
 * directories above it, and taking back must not depend on it.
 */
#include "host/mounted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "sys/fd.h"

/* Everything that a worker is at. */
static struct list busy = LIST_INIT(busy);

int mounted_new(struct instance *i, const struct decl *use,
		const struct plan_mount *m, bool is_on, struct mounted **ret)
{
	struct mounted *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	list_init(&d->link);
	list_init(&d->busy);
	d->instance = i;
	d->use = use;
	d->rights = m->rights;
	d->kind = m->kind;
	d->restarts = use->restart_on_revoke;
	d->is_on = is_on;
	d->fd = -1;
	d->target = strdup(m->target);
	d->source = strdup(m->source);
	d->sub = strdup(m->subpath ? m->subpath : "");
	if (!d->target || !d->source || !d->sub) {
		mounted_free(d);
		return -ENOMEM;
	}
	*ret = d;
	return 0;
}

void mounted_free(struct mounted *d)
{
	list_unlink(&d->link);
	list_unlink(&d->busy);
	loop_remove(&d->answer);
	loop_timer_cancel(&d->timer);
	fd_close(d->fd);
	free(d->target);
	free(d->source);
	free(d->sub);
	free(d);
}

void mounted_free_all(struct list *l)
{
	while (!list_is_empty(l))
		mounted_free(list_first(l, struct mounted, link));
}

void mounted_forget_instance(const struct instance *i)
{
	struct mounted *d;

	list_for_each (d, &busy, busy)
		if (d->instance == i)
			d->instance = NULL;
}

bool mounted_is_pending(const struct realm *top)
{
	const struct mounted *d;

	list_for_each (d, &busy, busy)
		if (d->instance && !d->is_taken_off &&
		    realm_is_below(d->instance->realm, top))
			return true;
	return false;
}

static struct plan_mount plan_mount_of(const struct mounted *d)
{
	return (struct plan_mount){
		.target = d->target,
		.source = d->source,
		.subpath = d->sub,
		.rights = d->rights,
		.kind = d->kind,
	};
}

/* Does the cell still run that it was mounted in? */
static bool has_cell(const struct mounted *d)
{
	return d->instance && d->instance->cell.id == d->cell_id &&
	       !d->instance->cell.is_reaped;
}

/* ---- answers ---- */

static void order_take_off(struct mounted *d);

static void finish_put_in(struct mounted *d, const struct graft_result *result)
{
	_cleanup_text_ struct text why = TEXT_INIT;

	/* Of an order whose answer was lost nobody knows. */
	d->is_on = !result->is_failed || result->failure.error == EPIPE ||
		   result->failure.error == ETIMEDOUT;
	if (d->is_unwanted) {
		order_take_off(d);
		return;
	}
	if (!result->is_failed || !has_cell(d))
		return;
	cell_failure_render(&result->failure, &why);
	journal_write(d->instance->manager->journal, JOURNAL_REFUSED,
		      d->instance->realm->moniker, NULL, NULL,
		      "%s cannot be mounted at %s: %s",
		      d->use ? d->use->target_name : "a directory", d->target,
		      text_string(&why));
}

static void opens_render(const struct graft_result *result, struct text *t)
{
	uint32_t k;

	for (k = 0; k < result->n_named; k++) {
		text_puts(t, "  open       ");
		graft_open_render(&result->opens[k], t);
		text_puts(t, "\n");
	}
	if (result->n_opens > result->n_named)
		text_printf(t, "  open       and %u more\n",
			    result->n_opens - result->n_named);
	if (result->is_partial)
		text_puts(t, "  open       there was no time to look at "
			     "everything\n");
}

/* True if it had to be killed for it. */
static bool end_cell(struct mounted *d, const struct graft_result *result)
{
	_cleanup_text_ struct text why = TEXT_INIT;

	if (!result->is_failed || !d->is_on || !has_cell(d) ||
	    result->failure.error == ESRCH)
		return false;
	cell_failure_render(&result->failure, &why);
	journal_write(d->instance->manager->journal, JOURNAL_MANAGER,
		      d->instance->realm->moniker, NULL, NULL,
		      "is killed: what was taken back cannot be unmounted from "
		      "%s: %s",
		      d->target, text_string(&why));
	cell_kill(&d->instance->cell);
	return true;
}

static void finish_take_off(struct mounted *d,
			    const struct graft_result *result)
{
	_cleanup_text_ struct text opens = TEXT_INIT;
	struct mounted_result r = {
		.instance = has_cell(d) ? d->instance : NULL,
		.n_open_files = result->n_opens,
		.restarts = d->restarts,
	};
	void (*done)(void *, const struct mounted_result *) = d->done;
	void *userdata = d->userdata;

	r.was_killed = end_cell(d, result);
	opens_render(result, &opens);
	r.open_files = text_string(&opens);
	mounted_free(d);
	if (done)
		done(userdata, &r);
}

static void finish(struct mounted *d, const struct graft_result *result)
{
	loop_remove(&d->answer);
	loop_timer_cancel(&d->timer);
	d->fd = fd_close(d->fd);
	list_unlink(&d->busy);
	if (d->is_taken_off)
		finish_take_off(d, result);
	else
		finish_put_in(d, result);
}

static void fail(struct mounted *d, int error)
{
	/* Large, and one at a time. */
	static struct graft_result result;

	memset(&result, 0, sizeof(result));
	result.is_failed = true;
	cell_failure_set(&result.failure, CELL_STAGE_ATTACH, error,
			 CELL_REASON_NONE, d->target);
	finish(d, &result);
}

static void on_answer(struct loop_source *source, uint32_t events)
{
	struct mounted *d = container_of(source, struct mounted, answer);
	static struct graft_result result;
	int r = graft_read(d->fd, &result);

	(void)events;
	if (r == GRAFT_AGAIN)
		return;
	if (r < 0)
		fail(d, r);
	else
		finish(d, &result);
}

static void on_timeout(struct loop_timer *timer)
{
	fail(container_of(timer, struct mounted, timer), -ETIMEDOUT);
}

/* ---- orders ---- */

static void watch(struct mounted *d, int r)
{
	struct loop *loop = d->instance ? d->instance->manager->loop : NULL;

	list_link(&busy, &d->busy);
	if (r == 0)
		r = loop_add(loop, &d->answer, d->fd, EPOLLIN, on_answer);
	if (r < 0)
		fail(d, r);
	else
		loop_timer_set(loop, &d->timer, GRAFT_TIMEOUT_MS * NS_PER_MS,
			       on_timeout);
}

void mounted_put_in(struct mounted *d)
{
	struct plan_mount m = plan_mount_of(d);
	struct instance *i = d->instance;

	if (!list_is_empty(&d->busy))
		return;
	d->cell_id = i->cell.id;
	d->is_taken_off = false;
	watch(d, graft_mount(&i->manager->launcher, &i->cell, &m, &d->fd));
}

static void order_take_off(struct mounted *d)
{
	struct plan_mount m = plan_mount_of(d);

	d->is_taken_off = true;
	if (!has_cell(d) || !d->is_on) {
		fail(d, -ESRCH);
		return;
	}
	watch(d,
	      graft_unmount(&d->instance->manager->launcher, &d->instance->cell,
			    &m, GRAFT_BUDGET_MS, &d->fd));
}

void mounted_take_off(struct list *l,
		      void (*done)(void *userdata,
				   const struct mounted_result *result),
		      void *userdata)
{
	struct mounted *d, *tmp;

	/* Each may be answered at once, and the last answer may end the owner
	 * of the list: it is not looked at after the last one. */
	list_for_each (d, l, link) {
		d->done = done;
		d->userdata = userdata;
		d->is_unwanted = true;
	}
	list_for_each_safe (d, tmp, l, link) {
		bool is_last = &tmp->link == l;

		if (list_is_empty(&d->busy)) {
			if (!d->cell_id && d->instance)
				d->cell_id = d->instance->cell.id;
			order_take_off(d);
		}
		if (is_last)
			return;
	}
}
