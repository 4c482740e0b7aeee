/*
 * Supervisors: processes whose only work is to start others, in order, to start
 * them again when they fail, and to end them, in the reverse order.
 *
 *	static const struct reeve_child_spec children[] = {
 *		{ .id = "store", .fn = store, .name = "store" },
 *		{ .id = "front", .fn = front },
 *	};
 *	static const struct reeve_supervisor_spec tree = {
 *		.strategy = REEVE_REST_FOR_ONE,
 *		.max_restarts = 5,
 *		.period_ms = 10000,
 *		.children = children,
 *		.n_children = 2,
 *	};
 *
 *	reeve_supervisor_start(&tree, &supervisor);
 *
 * The semantics are those of Erlang/OTP's supervisor(3), where they apply: the
 * types of restart and what each does at which end, the strategies and what
 * they do with the others, the restart intensity, shutdown in reverse order,
 * attempts to restart that fail and are counted and tried again, and what the
 * functions on children refuse. What is different here:
 *
 *   - A child is started when it was spawned. One that has start_ms says when
 * it is ready (reeve_started()), as after proc_lib:start_link(), and is killed
 *     if it does not in time.
 *   - A supervisor that gives up ends with REEVE_EXIT_RESTARTS, not with
 *     "shutdown". So a transient supervisor that gave up is started again.
 *   - A child that does not end when it is killed, because it computes and
 * calls nothing or sits in reeve_block(), is left behind after
 *     REEVE_KILL_WAIT_MS: it ends when it can, unsupervised.
 *   - There is no simple_one_for_one (a child's id may be left out instead), no
 *     significant child, no hibernation, no change of code.
 *
 * Children do not trap exits unless they mean to: one that does gets
 * REEVE_NOTICE_EXIT with REEVE_EXIT_SHUTDOWN when it is to end, and is killed
 * when its time is over. They must stay linked with their supervisor.
 *
 * Errors are those of <reeve/process.h>, and
 *   -EINVAL     a specification that says nothing, two things, or nonsense
 *   -EMSGSIZE   one that takes more than 65,520 bytes with all that belongs to
 *               it: names, copied arguments, nested supervisors
 *   -ENOENT     there is no such child
 *   -EEXIST     there is one with that id
 *   -EBUSY      it runs, or is about to be started again
 *   -ESRCH      there is no such supervisor (any more)
 * and those of a start that failed: what spawning it gave, what it told with
 * reeve_started(), -ESRCH if it ended before that, -ETIMEDOUT.
 */
#pragma once

#include <reeve/process.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is done when a child has ended that is to be started again. */
enum reeve_strategy {
	/* It is started again. */
	REEVE_ONE_FOR_ONE,
	/* All others are ended, and all are started. */
	REEVE_ALL_FOR_ONE,
	/* Those that were started after it are ended, and it and they are
	 * started. */
	REEVE_REST_FOR_ONE,
};

/* When a child that has ended is started again. */
enum reeve_restart_type {
	REEVE_RESTART_PERMANENT, /* always */
	/* If the reason was not REEVE_EXIT_NORMAL or REEVE_EXIT_SHUTDOWN. */
	REEVE_RESTART_TRANSIENT,
	/* Never, not even for the sake of another; it is forgotten then. */
	REEVE_RESTART_TEMPORARY,
};

/* For shutdown_ms. */
#define REEVE_SHUTDOWN_FOREVER (-1) /* wait until it has ended */
#define REEVE_SHUTDOWN_KILL    (-2) /* kill it at once */

/* What a supervisor waits for the end of what it has killed. */
#define REEVE_KILL_WAIT_MS 5000

/* For max_restarts. */
#define REEVE_RESTARTS_NONE UINT32_MAX
#define REEVE_RESTARTS_MAX  10000

struct reeve_supervisor_spec;

/* A child. All that is not named may be zero. */
struct reeve_child_spec {
	/* Of 1 to 63 bytes, one of its kind in its supervisor. NULL: "#1", ...
	 * is made up, for dynamic children. */
	const char *id;
	/* One of these: a process with a stack, a handler, a supervisor. */
	reeve_process_fn fn;
	reeve_handler_fn handler;
	const struct reeve_supervisor_spec *supervisor;
	/* As for reeve_spawn(): passed as it is, or, with a size, copied, and
	 * copied from that copy for each start. The state of a handler. */
	const void *arg;
	uint32_t arg_size;
	enum reeve_restart_type restart;
	/* How long it may take to end when it is asked to, before it is killed.
	 * 0: 5,000; of a supervisor REEVE_SHUTDOWN_FOREVER. */
	int shutdown_ms;
	/* Not 0: it is started when it has called reeve_started(), and has that
	 * long to do so; -1: without end. Supervisors do so by themselves, when
	 * their children are started; for them 0 is -1. */
	int start_ms;
	/* As struct reeve_spawn_options. */
	const char *name;
	uint32_t mailbox, stack_size;
};

enum reeve_supervisor_event {
	REEVE_CHILD_STARTED,
	REEVE_CHILD_ENDED,   /* by itself, with @reason */
	REEVE_CHILD_FAILED,  /* it could not be started: @reason is -errno */
	REEVE_CHILD_STOPPED, /* the supervisor ended it */
	REEVE_CHILD_KILLED,  /* it did not end in time, so it was killed */
	REEVE_CHILD_LEFT,    /* it did not end even then */
	/* There were too many restarts: the supervisor ends. */
	REEVE_SUPERVISOR_GAVE_UP,
};

struct reeve_supervisor_report {
	enum reeve_supervisor_event event;
	reeve_pid supervisor, child;
	const char *id; /* of the child */
	int reason;
};

/* Told what happens; called by the supervisor. It must not wait. */
typedef void (*reeve_supervisor_fn)(
	const struct reeve_supervisor_report *report, void *userdata);

/* "STARTED", ..., "GAVE_UP". */
REEVE_PUBLIC const char *
reeve_supervisor_event_name(enum reeve_supervisor_event event);

/*
 * A supervisor. All zero is one without children. If a child has to be started
 * again after it was already done max_restarts times in the last period_ms, all
 * children are ended, last first, and then it ends itself with
 * REEVE_EXIT_RESTARTS. A restart of many for the sake of one counts once.
 */
struct reeve_supervisor_spec {
	enum reeve_strategy strategy;
	uint32_t max_restarts; /* 0: 1. REEVE_RESTARTS_NONE: none */
	uint32_t period_ms;    /* 0: 5,000 */
	const struct reeve_child_spec *children;
	size_t n_children;
	const char *name;
	/* NULL: nobody, or, of a nested one, whom the one above it tells. */
	reeve_supervisor_fn report;
	void *userdata;
};

/* ---- a supervisor ---- */

/*
 * Start one, linked with the caller, and return when all of its children are
 * started, in order. If one could not be, the others are ended, last first, and
 * so is the supervisor; the caller is not harmed by that. It ends with whoever
 * started it. @spec is copied.
 */
REEVE_PUBLIC int
reeve_supervisor_start(const struct reeve_supervisor_spec *spec,
		       reeve_pid *ret);

/* End it with all its children, last first, and wait until that is done. The
 * caller's link with it is undone before. After -ETIMEDOUT it goes on ending.
 */
REEVE_PUBLIC int reeve_supervisor_stop(reeve_pid supervisor, int timeout_ms);

/* For a child with start_ms: it is ready (0), or cannot be (-errno). */
REEVE_PUBLIC int reeve_started(int error);

/* ---- its children ----
 *
 * From any process with a stack, but not before the supervisor has started.
 * These wait until the supervisor has answered; it does not answer while it
 * starts or ends a child.
 */

/* Add a child and start it, as the last one. *ret may be NULL. If it cannot be
 * started it is not added. */
REEVE_PUBLIC int
reeve_supervisor_start_child(reeve_pid supervisor,
			     const struct reeve_child_spec *spec,
			     reeve_pid *ret);

/* End a child. It stays known, and can be started again, also for the sake of
 * another; a temporary one is forgotten. */
REEVE_PUBLIC int reeve_supervisor_stop_child(reeve_pid supervisor,
					     const char *id);
/* The same by its PID. */
REEVE_PUBLIC int reeve_supervisor_stop_pid(reeve_pid supervisor, reeve_pid pid);

/* Start one that does not run. *ret may be NULL. */
REEVE_PUBLIC int reeve_supervisor_restart_child(reeve_pid supervisor,
						const char *id, reeve_pid *ret);

/* Forget one that does not run. */
REEVE_PUBLIC int reeve_supervisor_delete_child(reeve_pid supervisor,
					       const char *id);

struct reeve_child_info {
	/* It rises in the order of the first starts. */
	uint64_t serial;
	reeve_pid pid; /* REEVE_PID_NONE: it does not run */
	enum reeve_restart_type restart;
	bool is_supervisor;
	bool is_restarting; /* a restart failed and is tried again */
	char id[64];
};

/* At most @n children with serials above @after (0: from the first), in the
 * order of their first starts; *ret_n is how many. */
REEVE_PUBLIC int reeve_supervisor_list_children(reeve_pid supervisor,
						uint64_t after, size_t n,
						struct reeve_child_info *ret,
						size_t *ret_n);

struct reeve_supervisor_count {
	size_t n_children; /* running or not */
	size_t n_running;
	size_t n_supervisors, n_workers; /* among n_children */
};

REEVE_PUBLIC int
reeve_supervisor_count_children(reeve_pid supervisor,
				struct reeve_supervisor_count *ret);

#ifdef __cplusplus
}
#endif
