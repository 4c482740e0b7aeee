/*
 * The order of things in a turn is the loop's: events, then what was deferred.
 * Instances that died are freed in the deferred part, so no handler ever stands
 * on freed memory.
 */
#include "host/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/budget.h"
#include "host/authority.h"
#include "host/control.h"
#include "host/instance.h"
#include "host/open.h"
#include "host/program.h"
#include "host/served.h"
#include "host/registry_server.h"
#include "host/retire.h"
#include "host/revoke.h"
#include "host/run.h"
#include "host/told.h"
#include "host/wish.h"
#include "reeve/status.h"
#include "sys/fd.h"

enum {
	LAUNCHER_STOP_MS = 5000,
	/* For blanks that are on their way, files, and tools. */
	DESCRIPTORS_KEPT = 48,
	/* How often a launcher that was killed is replaced. */
	LAUNCHERS_MAX = 8,
};

/* ---- resolving and routing ---- */

/* Children that are made by the thousand fail by the thousand. */
static bool manager_may_tell(const struct realm *r)
{
	return !r->collection || !r->parent->instance ||
	       open_may_tell(r->parent->instance);
}

int manager_resolve(struct manager *m, struct realm *r)
{
	struct report report;
	_cleanup_text_ struct text detail = TEXT_INIT;
	int k = 0;

	if (r->state != REALM_UNRESOLVED)
		return 0;
	report_init(&report);
	k = resolver_resolve(&m->resolver, r, &report);
	report_render(&report, &detail);
	if (!k && (r->state == REALM_BROKEN || report.n_warnings) &&
	    manager_may_tell(r))
		journal_write(m->journal,
			      r->state == REALM_BROKEN ? JOURNAL_FAILED
						       : JOURNAL_MANAGER,
			      r->moniker, text_string(&detail), NULL, "%s%s",
			      r->state == REALM_BROKEN ? "cannot be resolved: "
						       : "was resolved",
			      r->state == REALM_BROKEN && r->broken ? r->broken
								    : "");
	report_fini(&report);
	return k;
}

int manager_route_slot(struct manager *m, struct slot *s,
		       const struct realm *client, struct route *route)
{
	int k, e;

	for (;;) {
		k = route_walk_slot(s, client, route);
		if (k != ROUTE_UNRESOLVED)
			return k;
		e = manager_resolve(m, route->need);
		if (e < 0)
			return e;
	}
}

int manager_route(struct manager *m, struct realm *r, const struct decl *decl,
		  struct route *route)
{
	return manager_route_instance(m, r, decl, NULL, route);
}

int manager_route_instance(struct manager *m, struct realm *r,
			   const struct decl *decl, const char *instance,
			   struct route *route)
{
	int k, e;

	for (;;) {
		k = route_walk_instance(r, decl, instance, route);
		if (k != ROUTE_UNRESOLVED)
			return k;
		e = manager_resolve(m, route->need);
		if (e < 0)
			return e;
	}
}

struct realm *manager_find(struct manager *m, const char *moniker)
{
	_cleanup_free_ char *path = strdup(moniker);
	struct realm *r = m->tree.root, *next;
	char *slash = path;

	if (!path || *path != '/')
		return NULL;
	/* Every ancestor is resolved on the way down. */
	while (r && slash && slash[1]) {
		if (manager_resolve(m, r) < 0 || r->state != REALM_RESOLVED)
			return NULL;
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = 0;
		next = topology_find(&m->tree, path);
		if (slash)
			*slash = '/';
		r = next;
	}
	return r && !strcmp(r->moniker, moniker) ? r : NULL;
}

/* ---- cells ---- */

static int manager_take_cell(struct manager *m, struct cell *ret,
			     struct cell_failure *ret_why)
{
	if (manager_has_room(m, -1, ROOM_FOR_STARTS))
		return launcher_take(&m->launcher, ret, ret_why);
	cell_failure_set(ret_why, CELL_STAGE_LAUNCHER, EMFILE, CELL_REASON_NONE,
			 NULL);
	return LAUNCHER_FAILED;
}

static int manager_launch_again(struct manager *m);

/* The two ways in which a send tells that nobody is there. Any other failure,
 * of descriptors for instance, leaves the launcher alone. */
static bool launcher_is_lost(int r, const struct cell_failure *failure)
{
	return r == LAUNCHER_FAILED && failure->stage == CELL_STAGE_LAUNCHER &&
	       (failure->error == EPIPE || failure->error == ECONNRESET);
}

static void manager_serve_starting(struct manager *m)
{
	struct cell_failure failure = { 0 };
	_cleanup_text_ struct text why = TEXT_INIT;
	struct instance *i;
	struct cell cell;
	int r;

	while ((i = list_first(&m->starting, struct instance, by_start))) {
		r = manager_take_cell(m, &cell, &failure);
		if (r == LAUNCHER_EMPTY)
			return;
		/* It was killed, and this is how we learn it: who waits goes
		 * on waiting, for the next one. */
		if (launcher_is_lost(r, &failure) && !m->is_stopping &&
		    !manager_launch_again(m))
			return;
		list_unlink(&i->by_start);
		if (r == LAUNCHER_OK) {
			instance_begin(i, &cell);
			continue;
		}
		if (r < 0)
			cell_failure_set(&failure, CELL_STAGE_LAUNCHER, -r,
					 CELL_REASON_NONE, NULL);
		text_clear(&why);
		cell_failure_render(&failure, &why);
		journal_write(m->journal, JOURNAL_FAILED, i->realm->moniker,
			      NULL, NULL, "cannot be started: %s",
			      text_string(&why));
		outgoing_refuse(&i->outgoing, REEVE_ERR_UNAVAILABLE);
		instance_event(i, LIFE_FAILED, NULL);
	}
}

static void on_starting(struct loop_task *task)
{
	manager_serve_starting(
		container_of(task, struct manager, serve_starting));
}

/* Not at once: a start that fails ends its instance, and realms with it, on
 * which somebody on the stack may stand. */
void manager_want_cell(struct manager *m, struct instance *i)
{
	list_link(&m->starting, &i->by_start);
	loop_defer(m->loop, &m->serve_starting, on_starting);
}

static void on_launcher(struct loop_source *source, uint32_t events);

static int manager_launch(struct manager *m)
{
	int r = launcher_start(&m->launcher, &(struct launcher_config){ 0 });

	return r ? r
		 : loop_add(m->loop, &m->launcher_source, m->launcher.socket_fd,
			    EPOLLIN, on_launcher);
}

/*
 * The launcher was killed. Its cells are our children and live on; another
 * launcher makes the next ones, and tidies up in its place.
 */
static int manager_launch_again(struct manager *m)
{
	int r;

	loop_remove(&m->launcher_source);
	(void)launcher_stop(&m->launcher, LAUNCHER_STOP_MS);
	if (m->n_launchers++ == LAUNCHERS_MAX)
		return -EAGAIN;
	journal_write(m->journal, JOURNAL_MANAGER, "", NULL, NULL,
		      "the launcher was killed; what runs is not touched, and "
		      "another launcher makes the next cells");
	r = manager_launch(m);
	if (!r) {
		control_register(m->control);
		budgets_register(m->budgets);
	}
	return r;
}

static void on_launcher(struct loop_source *source, uint32_t events)
{
	struct manager *m =
		container_of(source, struct manager, launcher_source);
	int r = launcher_process(&m->launcher);

	(void)events;
	if (r < 0)
		r = manager_launch_again(m);
	if (r < 0) {
		journal_write(
			m->journal, JOURNAL_MANAGER, "", NULL, NULL,
			"there is no launcher, so no cell can be made any "
			"more; stopping");
		m->status = 1;
		manager_stop(m);
	}
	manager_serve_starting(m);
}

static void on_signal(struct loop_source *source, uint32_t events)
{
	struct manager *m = container_of(source, struct manager, signals);
	struct signalfd_siginfo info;
	struct instance *i, *tmp;

	(void)events;
	if (read(m->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGPIPE)
		return;
	if (!m->n_interrupts++) {
		journal_write(m->journal, JOURNAL_MANAGER, "", NULL, NULL,
			      "%s: stopping, dependents first; once more kills "
			      "at once",
			      strsignal((int)info.ssi_signo));
		m->status = 128 + (int)info.ssi_signo;
		manager_stop(m);
		return;
	}
	list_for_each_safe (i, tmp, &m->instances, link) {
		if (i->state == LIFE_RUNNING)
			instance_event(i, LIFE_ASKED, NULL);
		if (i->state == LIFE_STOPPING)
			instance_event(i, LIFE_EXPIRED, NULL);
	}
}

/* ---- making and ending ---- */

/* Descriptors are what opens cost us: take as many as we may have. */
static void raise_limits(struct manager *m)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		m->n_descriptors_max = limit.rlim_cur < INT_MAX
					       ? (int)limit.rlim_cur
					       : INT_MAX;
}

bool manager_has_room(const struct manager *m, int fd, enum manager_room room)
{
	int probe = -1, limit = m->n_descriptors_max;

	if (!limit)
		return true;
	/* The lowest number that is free. */
	if (fd < 0)
		fd = probe = fcntl(m->signal_fd, F_DUPFD_CLOEXEC, 0);
	fd_close(probe);
	return fd >= 0 && fd < limit / 16 * (int)room &&
	       fd < limit - DESCRIPTORS_KEPT;
}

/* From the start: once it is needed there is none to be had. */
static void manager_keep_spare(struct manager *m)
{
	if (m->spare_fd <= 0)
		m->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int manager_accept(struct manager *m, int listener_fd)
{
	int fd;

	manager_keep_spare(m);
	fd = accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0 || (errno != EMFILE && errno != ENFILE) || m->spare_fd <= 0)
		return fd;
	m->spare_fd = fd_close(m->spare_fd);
	fd_close(accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC));
	return -1;
}

static int manager_signals(struct manager *m)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	m->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (m->signal_fd < 0)
		return -errno;
	return loop_add(m->loop, &m->signals, m->signal_fd, EPOLLIN, on_signal);
}

static char *default_state_directory(void)
{
	const char *base = getenv("XDG_STATE_HOME");
	struct text t = TEXT_INIT;

	if (geteuid() == 0 && !base)
		text_puts(&t, "/var/lib/reeve");
	else if (base && *base == '/')
		text_printf(&t, "%s/reeve", base);
	else
		text_printf(&t, "%s/.local/state/reeve",
			    getenv("HOME") ? getenv("HOME") : "/tmp");
	if (text_is_failed(&t)) {
		text_fini(&t);
		return NULL;
	}
	return t.bytes;
}

/* Each tree has its own state: named after its root manifest's path. */
static int manager_state(struct manager *m)
{
	_cleanup_free_ char *base = m->options.state_directory
					    ? strdup(m->options.state_directory)
					    : default_state_directory();
	_cleanup_free_ char *root = realpath(m->options.root_file, NULL);
	_cleanup_text_ struct text t = TEXT_INIT;
	const char *s;

	if (!base)
		return -ENOMEM;
	if (m->options.state_directory) {
		m->state_directory = TAKE(base);
		return 0;
	}
	text_printf(&t, "%s/", base);
	for (s = root ? root + 1 : m->options.root_file; *s; s++)
		text_append(&t, *s == '/' ? "-" : s, 1);
	if (text_is_failed(&t))
		return -ENOMEM;
	m->state_directory = TAKE(t.bytes);
	return 0;
}

static int manager_init(struct manager *m)
{
	struct connection_owner owner = { open_on_closed, m };
	uint64_t seed[2] = { 0 };
	int r;

	raise_limits(m);
	if (getrandom(seed, sizeof(seed), 0) == sizeof(seed))
		map_seed(seed[0], seed[1]);
	r = loop_new(&m->loop);
	/* Now: there is nothing yet that it could inherit. */
	if (!r)
		r = manager_launch(m);
	manager_keep_spare(m);
	if (!r)
		r = journal_new(&m->journal);
	if (!r)
		r = told_new(&m->told);
	if (!r)
		r = manager_signals(m);
	if (!r)
		r = connections_new(m->loop, &owner, &m->connections);
	if (!r)
		r = revoker_new(m, &m->revoker);
	if (!r)
		r = budgets_new(m, &m->budgets);
	if (!r)
		r = manager_state(m);
	if (r)
		return r;
	m->route = calloc(1, sizeof(*m->route));
	return m->route ? 0 : -ENOMEM;
}

static int manager_plant_program(struct manager *m, struct realm *root,
				 struct text *ret_why)
{
	struct package package = { 0 };
	struct manifest *manifest;
	int r;

	r = program_make(m->options.program, &manifest, &package, ret_why);
	if (r)
		return r < 0 ? r : MANAGER_INVALID;
	return resolver_plant(&m->resolver, root, manifest, &package);
}

static int manager_plant(struct manager *m, struct report *report,
			 struct text *ret_why)
{
	struct realm *root;
	int r;

	m->builtins[0] = (struct builtin){ .type = CAPABILITY_DIRECTORY,
					   .name = "data",
					   .rights = RIGHTS_R | RIGHTS_W };
	resolver_init(&m->resolver, m->options.paths);
	m->resolver.state_directory = m->state_directory;
	r = resolver_tree(&m->tree, m->options.root_file, m->builtins,
			  N_ELEMENTS(m->builtins));
	if (r < 0)
		return r;
	root = m->tree.root;
	if (m->options.program)
		return manager_plant_program(m, root, ret_why);
	r = resolver_resolve(&m->resolver, root, report);
	if (r < 0 || root->state == REALM_RESOLVED)
		return r;
	text_puts(ret_why, root->broken ? root->broken : "out of memory");
	return MANAGER_INVALID;
}

static int manager_control(struct manager *m, struct text *ret_why)
{
	int r = control_new(m, &m->control);

	if (!r)
		r = control_listen(m->control);
	if (r >= 0 || r == -ENOMEM)
		return r;
	text_puts(ret_why, "its control socket cannot be made in ");
	control_render_place(ret_why);
	text_printf(ret_why, ": %s; %s", strerror(-r),
		    r == -ENAMETOOLONG ? "set XDG_RUNTIME_DIR to a shorter path"
				       : "make that a directory of yours");
	return MANAGER_INVALID;
}

int manager_new(const struct manager_options *options, struct manager **ret,
		struct report *report, struct text *ret_why)
{
	struct manager *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->options = *options;
	m->launcher = (struct launcher)LAUNCHER_INIT;
	m->signal_fd = -1;
	list_init(&m->instances);
	list_init(&m->starting);
	list_init(&m->due);
	list_init(&m->retired);
	list_init(&m->doomed);
	resolver_init(&m->resolver, options->paths);
	r = manager_init(m);
	if (!r)
		r = manager_plant(m, report, ret_why);
	if (!r)
		r = manager_control(m, ret_why);
	if (r) {
		manager_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

int manager_run(struct manager *m)
{
	int r;

	if (!wish_begin(m)) {
		m->status = 1;
		manager_stop(m);
	}
	/* All of it may have failed before the first turn. */
	r = m->is_stopping && !wish_n_alive(m) ? m->status : loop_run(m->loop);
	journal_write(m->journal, JOURNAL_MANAGER, "", NULL, NULL,
		      "done: %llu opened and handed over, %llu refused; the "
		      "manager woke %llu times in all, never for a message "
		      "between components",
		      (unsigned long long)m->n_opens,
		      (unsigned long long)m->n_refused,
		      (unsigned long long)loop_n_turns(m->loop));
	return r;
}

static void manager_free_instances(struct manager *m)
{
	struct instance *i;
	while ((i = list_first(&m->instances, struct instance, link))) {
		served_drop(i);
		run_clear(i);
		i->state = LIFE_GONE;
		instance_retire(i);
	}
	retire_fini(m);
}

void manager_free(struct manager *m)
{
	struct realm *r;

	if (!m)
		return;
	control_free(m->control);
	revoker_free(m->revoker);
	m->revoker = NULL;
	if (m->loop) {
		manager_free_instances(m);
		registry_server_fini(m);
	}
	connections_free(m->connections);
	for (r = m->tree.root; r; r = realm_next(r))
		authority_forget_realm(r);
	topology_fini(&m->tree);
	resolver_fini(&m->resolver);
	if (m->route)
		route_fini(m->route);
	free(m->route);
	budgets_free(m->budgets);
	loop_remove(&m->launcher_source);
	(void)launcher_stop(&m->launcher, LAUNCHER_STOP_MS);
	loop_remove(&m->signals);
	fd_close(m->signal_fd);
	if (m->spare_fd > 0)
		fd_close(m->spare_fd);
	journal_free(m->journal);
	told_free(m->told);
	if (m->loop)
		(void)loop_turn(m->loop, 0);
	loop_free(m->loop);
	free(m->state_directory);
	free(m);
}
