/*
 * A run begins with a blank cell. The plan, the namespace and the bootstrap
 * message are made, sent, and forgotten; what stays are the cell's socket, its
 * pidfd, the lifecycle channel and the manager's end of the namespace. A run
 * ends when the pidfd says that the last task is gone, not when the program
 * said that it ended: nothing of it is left then.
 */
#include "host/run.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "channel/channel.h"
#include "host/budget.h"
#include "host/configuration.h"
#include "host/namespace.h"
#include "host/output.h"
#include "host/restart.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/component.h"

enum { FILES_SOFT = 1024, FILES_HARD = 65536, TASKS_MAX = 1024 };

void run_clear(struct instance *i)
{
	loop_remove(&i->cell_source);
	loop_remove(&i->pidfd_source);
	if (i->cell.id)
		cell_fini(&i->cell);
	budgets_leave(i);
	i->cell = (struct cell)CELL_INIT;
	i->lifecycle_fd = fd_close(i->lifecycle_fd);
	i->bootstrap_fd = fd_close(i->bootstrap_fd);
	ns_free(TAKE(i->ns));
	output_free(TAKE(i->output));
	list_unlink(&i->by_start);
}

bool run_has_joined(const struct instance *i)
{
	int unread = 1;

	return i->bootstrap_fd >= 0 &&
	       ioctl(i->bootstrap_fd, SIOCOUTQ, &unread) == 0 && !unread;
}

/* ---- the plan ---- */

static int plan_program(const struct realm *r, struct plan *plan)
{
	const struct program *p = r->manifest->program;
	_cleanup_text_ struct text binary = TEXT_INIT;
	size_t i;
	int k;

	/* An absolute path is a program of the host: only `reeve run --`
	 * makes such a manifest. */
	text_printf(&binary, "%s%s", *p->binary == '/' ? "" : "/pkg/",
		    p->binary);
	if (text_is_failed(&binary))
		return -ENOMEM;
	k = plan_set_moniker(plan, r->moniker);
	if (!k)
		k = plan_set_binary(plan, text_string(&binary));
	if (!k)
		k = plan_add_arg(plan, text_string(&binary));
	for (i = 0; !k && i < p->n_args; i++)
		k = plan_add_arg(plan, p->args[i]);
	plan->strict = p->strict;
	plan->notify_stop = p->notify_stop;
	return k;
}

static bool has_environ(const struct program *p, const char *key)
{
	size_t i, n = strlen(key);

	for (i = 0; i < p->n_environ; i++)
		if (!strncmp(p->environ[i], key, n))
			return true;
	return false;
}

/* Nobody can be given more than we have ourselves. */
static int plan_files_limit(struct plan *plan)
{
	struct rlimit ours;
	uint64_t hard = FILES_HARD;

	if (getrlimit(RLIMIT_NOFILE, &ours) == 0 && ours.rlim_max < hard)
		hard = ours.rlim_max;
	return plan_add_limit(plan, RLIMIT_NOFILE,
			      hard < FILES_SOFT ? hard : FILES_SOFT, hard);
}

int run_environ(const struct instance *instance, struct plan *plan)
{
	static const struct {
		const char *key, *entry;
	} entries[] = {
		{ "PATH=", "PATH=/pkg/bin:/usr/local/bin:/usr/bin:/bin" },
		{ "HOME=", "HOME=/tmp" },
		{ "LANG=", "LANG=C.UTF-8" },
	};
	const struct program *p = instance->realm->manifest->program;
	size_t i;
	int k = 0;

	for (i = 0; !k && i < p->n_environ; i++)
		k = plan_add_environ(plan, p->environ[i]);
	for (i = 0; !k && i < N_ELEMENTS(entries); i++)
		if (!has_environ(p, entries[i].key))
			k = plan_add_environ(plan, entries[i].entry);
	return k;
}

static int plan_defaults(struct instance *instance, struct plan *plan)
{
	int k;

	k = run_environ(instance, plan);
	if (!k)
		k = plan_files_limit(plan);
	if (!k)
		k = budgets_plan(instance, TASKS_MAX, plan);
	if (!k)
		k = plan_add_limit(plan, RLIMIT_CORE, 0, 0);
	return k;
}

static int plan_package(const struct instance *i, struct plan *plan,
			struct text *ret_why)
{
	const struct package *p =
		resolver_package(&i->manager->resolver, i->realm);
	struct plan_mount mount = {
		.target = "/pkg",
		.rights = PLAN_CONNECT | PLAN_READ_BYTES | PLAN_EXECUTE |
			  PLAN_GET_ATTRIBUTES | PLAN_ENUMERATE | PLAN_TRAVERSE,
		.kind = PLAN_PACKAGE,
	};

	if (!p || !p->directory)
		return 0;
	if (package_has_changed(p)) {
		journal_write(
			i->manager->journal, JOURNAL_MANAGER, i->realm->moniker,
			NULL, NULL,
			"%s has changed or gone since it was loaded; what "
			"was loaded stays in force until the tree is run "
			"again",
			p->manifest_file);
		if (access(p->directory, F_OK) < 0) {
			text_printf(ret_why,
				    "its package %s is gone; put it back",
				    p->directory);
			return NS_INVALID;
		}
	}
	mount.source = p->directory;
	return plan_add_mount(plan, &mount);
}

static int plan_configuration(struct instance *i, struct plan *plan,
			      struct text *ret_why)
{
	const struct configuration_router router =
		configuration_router_of(i->manager);
	_cleanup_text_ struct text values = TEXT_INIT;
	int r;

	r = configuration_gather(&router, i->realm, &values, ret_why);
	if (r || !values.n)
		return r;
	r = plan_set_config(plan, text_string(&values));
	if (r > 0)
		text_printf(ret_why, "its configuration has more than %d bytes",
			    PLAN_CONFIG_MAX);
	return r;
}

static int run_make(struct instance *i, struct plan *plan, struct message *m,
		    struct component_start_info *info, struct ns **ret,
		    struct text *ret_why)
{
	int r;

	if (strcmp(i->realm->manifest->program->runner, "elf")) {
		text_printf(ret_why,
			    "its runner is \"%s\"; only \"elf\" is known",
			    i->realm->manifest->program->runner);
		return NS_INVALID;
	}
	r = plan_program(i->realm, plan);
	if (!r)
		r = plan_defaults(i, plan);
	if (!r)
		r = plan_package(i, plan, ret_why);
	if (!r)
		r = plan_configuration(i, plan, ret_why);
	if (r > 0 && !ret_why->n)
		text_printf(ret_why, "its plan is not possible: %s",
			    plan_verdict_text(r));
	if (r)
		return r > 0 ? NS_INVALID : r;
	return ns_new(i, plan, m, info, ret, ret_why);
}

int run_plan(struct instance *i, struct plan *plan, struct text *ret_why)
{
	_Alignas(8) static uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	struct component_start_info info = { 0 };
	struct ns *n = NULL;
	int r;

	r = run_make(i, plan, &m, &info, &n, ret_why);
	ns_free(n);
	message_close_handles(&m);
	return r;
}

/* ---- the bootstrap message ---- */

static int run_finish_message(struct instance *i, struct message *m,
			      struct component_start_info *info)
{
	const struct program *p = i->realm->manifest->program;
	int lifecycle[2], fd, r;
	size_t k;

	fd = outgoing_lend(&i->outgoing);
	if (fd < 0)
		return fd;
	info->outgoing = message_put_handle(m, fd);
	r = channel_pair(lifecycle);
	if (r < 0)
		return r;
	i->lifecycle_fd = lifecycle[0];
	info->lifecycle = message_put_handle(m, lifecycle[1]);
	info->moniker = wire_string_of(i->realm->moniker);
	info->url = wire_string_of(i->realm->url);
	for (k = 0; k < p->n_args && k < COMPONENT_ARGS_MAX; k++)
		info->args[info->n_args++] = wire_string_of(p->args[k]);
	return component_start_write(m, info);
}

/* ---- events of the cell ---- */

static void run_note_exit(struct instance *i, int code, int signal)
{
	struct instance_exit *e = &i->exits[i->n_exits++ % EXITS_KEPT];

	*e = (struct instance_exit){ .realtime_s = (uint64_t)time(NULL),
				     .code = code,
				     .signal = signal };
	i->exit_code = code;
	i->exit_signal = signal;
	i->has_exit = true;
}

static void run_fail(struct instance *i, const char *why)
{
	_cleanup_text_ struct text fields = TEXT_INIT;

	text_puts(&fields, ",\"reason\":");
	text_json(&fields, why);
	journal_write(i->manager->journal, JOURNAL_FAILED, i->realm->moniker,
		      NULL, text_string(&fields), "cannot be started: %s", why);
	i->has_failed = true;
}

static void run_tell_started(struct instance *i)
{
	/* Once; it may have been asked to stop before the news came. */
	if (i->has_started)
		return;
	i->has_started = true;
	journal_write(i->manager->journal, JOURNAL_STARTED, i->realm->moniker,
		      NULL, NULL,
		      "runs in its own cell, %.2f ms after it was wanted",
		      (double)(loop_now() - i->started_at) / (double)NS_PER_MS);
	if (i->state == LIFE_STARTING)
		instance_event(i, LIFE_STARTED, NULL);
	/* What was granted while it started. */
	if (i->ns)
		ns_reconcile(i->ns);
}

static void on_cell_message(struct instance *i, struct cell_event *e)
{
	_cleanup_text_ struct text why = TEXT_INIT;

	switch (e->type) {
	case CELL_EVENT_LISTENERS:
		if (ns_take_listeners(i->ns, e->first, e->fds, e->n_fds) < 0)
			cell_kill(&i->cell);
		break;
	case CELL_EVENT_DIRS:
		if (ns_take_dirs(i->ns, e->first, e->fds, e->n_fds) < 0)
			cell_kill(&i->cell);
		break;
	case CELL_EVENT_STARTED:
		run_tell_started(i);
		break;
	case CELL_EVENT_FAILED:
		cell_failure_render(&e->failure, &why);
		run_fail(i, text_string(&why));
		break;
	case CELL_EVENT_EXITED:
		run_note_exit(i, e->code, e->signal);
		break;
	}
}

static void on_cell(struct loop_source *source, uint32_t events)
{
	struct instance *i = container_of(source, struct instance, cell_source);
	static struct cell_event e;
	int r;

	(void)events;
	while (i->cell.id) {
		e = (struct cell_event){ 0 };
		r = cell_read_event(&i->cell, &e);
		if (r)
			break;
		on_cell_message(i, &e);
		cell_event_fini(&e);
	}
	if (i->cell.id && r != CELL_AGAIN) {
		/* Closed: the pidfd tells the end. Nonsense: end it. */
		loop_remove(&i->cell_source);
		if (r < 0)
			cell_kill(&i->cell);
	}
}

void run_catch_up(struct instance *i)
{
	if (i->state == LIFE_STARTING && i->cell_source.slot)
		on_cell(&i->cell_source, EPOLLIN);
	/* Who has read its first message runs, whether that was said or not. */
	if (i->state == LIFE_STARTING && run_has_joined(i))
		run_tell_started(i);
}

static void run_tell_exit(struct instance *i)
{
	struct journal *j = i->manager->journal;
	char fields[64];

	snprintf(fields, sizeof(fields), ",\"code\":%d,\"signal\":%d",
		 i->exit_code, i->exit_signal);
	if (i->exit_signal)
		journal_write(j, JOURNAL_EXIT, i->realm->moniker, NULL, fields,
			      "ended by signal %d (%s)", i->exit_signal,
			      strsignal(i->exit_signal));
	else
		journal_write(j, JOURNAL_EXIT, i->realm->moniker, NULL, fields,
			      "ended with status %d", i->exit_code);
}

/* Every task of the cell is gone. */
static void on_pidfd(struct loop_source *source, uint32_t events)
{
	struct instance *i =
		container_of(source, struct instance, pidfd_source);
	int status = 0;

	(void)events;
	/* What it said last may still be unread. */
	if (i->cell_source.slot)
		on_cell(&i->cell_source, EPOLLIN);
	/* It may have been killed before it could be said that it runs: who has
	 * read an open did. */
	outgoing_settle(&i->outgoing);
	if (i->state == LIFE_STARTING && !i->has_failed && i->outgoing.was_read)
		run_tell_started(i);
	if (cell_reap(&i->cell, &status) == CELL_RUNNING)
		return;
	if (i->has_failed && !i->has_exit && i->state != LIFE_RUNNING) {
		i->has_failed = false;
		/* The next start would fail as well: no open shall wait for
		 * it. */
		outgoing_refuse(&i->outgoing, REEVE_ERR_UNAVAILABLE);
		instance_event(i, LIFE_FAILED, NULL);
		return;
	}
	if (!i->has_exit)
		run_note_exit(i, status < 128 ? status : 0,
			      status < 128 ? 0 : status - 128);
	run_tell_exit(i);
	instance_event(i, restart_end_event(i), NULL);
}

/* ---- beginning ---- */

static int run_watch_cell(struct instance *i)
{
	struct loop *l = i->manager->loop;
	int r;

	r = loop_add(l, &i->cell_source, i->cell.socket_fd, EPOLLIN, on_cell);
	if (!r)
		r = loop_add(l, &i->pidfd_source, i->cell.pidfd, EPOLLIN,
			     on_pidfd);
	return r;
}

static int run_send(struct instance *i, const struct plan *plan,
		    struct message *m, struct text *ret_why)
{
	_cleanup_fd_ int out_fd = -1;
	bool is_ours = i->manager->options.program && !i->realm->parent;
	const struct program *p = i->realm->manifest->program;
	struct cell_files files = { .stdin_fd = -1 };
	struct cell_failure failure = { 0 };
	int bootstrap[2], r = 0;

	/* A program that was named on the command line has its terminal. */
	if (is_ours)
		files.stdin_fd = STDIN_FILENO;
	else
		r = output_new(i->manager->loop, i->manager->journal,
			       i->realm->moniker, &i->output, &out_fd);
	if (!r)
		r = channel_pair(bootstrap);
	if (r < 0)
		return r;
	r = channel_send(bootstrap[0], m, CHANNEL_NOW);
	if (!r) {
		files.stdout_fd = is_ours	    ? STDOUT_FILENO
				  : p->drops_stdout ? -1
						    : out_fd;
		files.stderr_fd = is_ours	    ? STDERR_FILENO
				  : p->drops_stderr ? -1
						    : out_fd;
		files.fds = &bootstrap[1];
		files.n_fds = 1;
		r = cell_send_plan(&i->cell, plan, &files, &failure);
		if (r == CELL_REFUSED) {
			cell_failure_render(&failure, ret_why);
			r = NS_INVALID;
		}
	}
	fd_close(bootstrap[1]);
	i->bootstrap_fd = bootstrap[0];
	return r;
}

void instance_begin(struct instance *i, struct cell *take_cell)
{
	/* One start at a time: the buffer is shared. */
	_Alignas(8) static uint8_t bytes[MESSAGE_BYTES_MAX];
	static struct component_start_info info;
	_cleanup_text_ struct text why = TEXT_INIT;
	_cleanup_plan_ struct plan plan;
	struct message m = MESSAGE_OVER(bytes);
	int r;

	i->cell = *take_cell;
	i->has_failed = i->has_exit = false;
	memset(&info, 0, sizeof(info));
	plan_init(&plan);
	r = run_watch_cell(i);
	if (!r)
		r = budgets_enter(i, &why);
	if (!r)
		r = run_make(i, &plan, &m, &info, &i->ns, &why);
	if (!r)
		r = run_finish_message(i, &m, &info);
	if (!r)
		r = run_send(i, &plan, &m, &why);
	message_close_handles(&m);
	if (!r) {
		restart_know_providers(i);
		return;
	}
	if (!why.n)
		text_printf(&why, "%s", strerror(r < 0 ? -r : EPROTO));
	/* The blank is ended; its pidfd then tells that the start failed. */
	run_fail(i, text_string(&why));
	cell_kill(&i->cell);
	if (!i->pidfd_source.slot)
		instance_event(i, LIFE_FAILED, NULL);
}
