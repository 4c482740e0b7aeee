/*
 * Light processes: plain sequential C, by the hundred thousand, in one task.
 *
 * A process has an address (a PID), a mailbox, and either a stack of its own or
 * a function that is called for each message. Processes share nothing by
 * convention and talk by messages, which are copied: the receiver owns what it
 * gets. Waiting (for a message, a channel, a descriptor, time, another task)
 * parks the process and lets its thread run others.
 *
 *	static void serve(void *arg)
 *	{
 *		struct reeve_message *m;
 *
 *		while (reeve_next(-1, &m) == 0) {
 *			reeve_answer(m, m->bytes, m->n_bytes);
 *			reeve_message_free(m);
 *		}
 *	}
 *
 *	static void start(void *arg)
 *	{
 *		const struct reeve_message ask = { .ordinal = 1, .bytes = "hi",
 *						   .n_bytes = 2 };
 *		struct reeve_message *answer;
 *		reeve_pid server;
 *
 *		reeve_spawn(serve, NULL, NULL, &server);
 *		reeve_call_to(server, &ask, 1000, &answer);
 *		reeve_message_free(answer);
 *	}
 *
 *	int main(void)
 *	{
 *		return reeve_processes_run(NULL, start, NULL);
 *	}
 *
 * A connection to another realm becomes a process as well: reeve_port_open()
 * makes a PID of a channel. Sending to it sends over the channel, what comes
 * over the channel comes from it, and when the other end dies, it ends. So
 * there is one way to address, to call, and to learn of an end.
 *
 * Unless said otherwise functions return 0 or a negative errno, set their
 * outputs only when they return 0, and are called from a process; outside of
 * one they return -EPERM. Timeouts are in milliseconds; 0 does not wait, -1
 * waits without end. They may be late by some milliseconds, never early.
 * Handles that are passed are consumed whatever is returned. Frequent errors:
 *
 *	-ESRCH		there is no such process (any more)
 *	-EAGAIN		the mailbox is full; nothing is there, without waiting
 *	-ETIMEDOUT	the time is over
 *	-EMSGSIZE	a message beyond the limits of <reeve/channel.h>
 *	-EDEADLK	a process without a stack cannot wait
 *	-ENOMEM
 *
 * The model is Erlang's: processes, selective receive, links, monitors, exit
 * reasons and supervision mean what they mean there (Armstrong, "Making
 * reliable distributed systems in the presence of software errors", 2003). What
 * C cannot give is said in CAVEATS: a wild pointer in one process can harm all
 * of its task.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <reeve/channel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The address of a process: never used twice while the runtime runs. */
typedef uint64_t reeve_pid;

#define REEVE_PID_NONE UINT64_C(0)

/* "123.4": the number of its place, and how often that was taken. */
#define REEVE_PID_FORMAT     "%u.%u"
#define REEVE_PID_PARTS(pid) (uint32_t)(pid), (uint32_t)((pid) >> 32)

/* What a stackful process runs; it ends normally when this returns. */
typedef void (*reeve_process_fn)(void *arg);

/*
 * What a handler process does with a message; @state is its own copy of what it
 * was spawned with. 0: go on; anything else ends it with that reason, see
 * REEVE_EXIT_DONE. The message is freed after the call unless it was kept with
 * reeve_message_keep(). It must not wait: functions that would return -EDEADLK.
 */
typedef int (*reeve_handler_fn)(void *state, struct reeve_message *message);

/* ---- the runtime ---- */

/* All zero is a good choice. */
struct reeve_runtime_options {
	/* Threads that run processes. 0: one per processor that this task may
	 * use, or REEVE_WORKERS of the environment. At most 64. */
	uint32_t n_workers;
	/* Processes alive at once. 0: 4,194,304, which is the most. */
	uint32_t n_processes;
	/* Messages that one mailbox takes. 0: 65,536. At most 1,048,576. */
	uint32_t mailbox;
	/* Bytes of a stack, a multiple of 4,096; memory is used as it is
	 * touched. 0: 65,536. */
	uint32_t stack_size;
	/*
	 * Not 0: one worker, and which process runs next, and where it is
	 * interrupted, is drawn from this seed; the clock jumps to the next
	 * timer when nobody can run. Two runs with the same seed and the same
	 * input are the same. For tests.
	 */
	uint64_t seed;
};

/*
 * Run @fn as the first process, on this thread and others, until it ends; all
 * other processes are killed then. Returns its exit reason (0: normal), or a
 * negative errno if the runtime could not start. One at a time in a task. To be
 * called from a plain thread. SIGSEGV and SIGBUS are handled while it runs (a
 * stack that overflows is found by them); handlers that were there before are
 * called for what is not ours.
 */
REEVE_PUBLIC int
reeve_processes_run(const struct reeve_runtime_options *options,
		    reeve_process_fn fn, void *arg);

/* ---- life ---- */

enum reeve_exit_reason {
	REEVE_EXIT_NORMAL = 0,
	/* As a handler's return value: ends normally. Links see NORMAL. */
	REEVE_EXIT_DONE = 1,
	REEVE_EXIT_SHUTDOWN = 2,    /* asked to end, by its supervisor */
	REEVE_EXIT_KILLED = 3,	    /* reeve_kill() */
	REEVE_EXIT_FAILED = 4,	    /* reeve_fail(), REEVE_CHECK() */
	REEVE_EXIT_OVERFLOW = 5,    /* its stack was too small */
	REEVE_EXIT_NO_PROCESS = 6,  /* it was gone before */
	REEVE_EXIT_PEER_CLOSED = 7, /* of a port: the other end is gone */
	REEVE_EXIT_NO_MEMORY = 8,
	REEVE_EXIT_RESTARTS =
		9, /* of a supervisor: its children fail too often */
	/* From here on, reasons mean what the program says. */
	REEVE_EXIT_OWN = 256,
};

/* "KILLED" and so on; "OWN" for a program's own. Any thread. */
REEVE_PUBLIC const char *reeve_exit_reason_name(int reason);

enum reeve_spawn_flags {
	REEVE_SPAWN_LINK = 1,	   /* linked with its parent from the start */
	REEVE_SPAWN_MONITOR = 2,   /* monitored by its parent from the start */
	REEVE_SPAWN_TRAP_EXIT = 4, /* as reeve_trap_exit(true) */
};

/* All zero is a good choice; NULL is the same. */
struct reeve_spawn_options {
	uint32_t flags;
	uint32_t mailbox;    /* 0: the runtime's */
	uint32_t stack_size; /* 0: the runtime's */
	/* Not 0: @arg points to that many bytes (at most 65,536), and the new
	 * process gets a copy of them, 16-aligned, which is freed with it. */
	uint32_t arg_size;
	/* Registered before it runs, -EEXIST if taken. NULL: none. */
	const char *name;
};

/* Start a process with a stack of its own. */
REEVE_PUBLIC int reeve_spawn(reeve_process_fn fn, void *arg,
			     const struct reeve_spawn_options *options,
			     reeve_pid *ret);

/* Start one that is a function with @n_state bytes of state (at most 65,536),
 * which are copied; it costs some 300 bytes and runs when a message comes. */
REEVE_PUBLIC int reeve_spawn_handler(reeve_handler_fn fn, const void *state,
				     size_t n_state,
				     const struct reeve_spawn_options *options,
				     reeve_pid *ret);

/* The caller; REEVE_PID_NONE outside of a process. */
REEVE_PUBLIC reeve_pid reeve_self(void);

/* False for one that has ended; it may end right after this. Any thread while
 * the runtime runs. */
REEVE_PUBLIC bool reeve_is_alive(reeve_pid pid);

/* Let others run. Long computations should, now and then: nothing else takes
 * the processor away from them. */
REEVE_PUBLIC void reeve_yield(void);

REEVE_PUBLIC int reeve_sleep(int timeout_ms);

/* End the caller. What it deferred is called, last first. */
REEVE_PUBLIC _Noreturn void reeve_exit(int reason);

/* End the caller with REEVE_EXIT_FAILED; the sentence and what the process did
 * last go to standard error. */
REEVE_PUBLIC _Noreturn void reeve_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* What must hold; if it does not, only this process ends. */
#define REEVE_CHECK(condition)                                                 \
	do {                                                                   \
		if (__builtin_expect(!(condition), 0))                         \
			reeve_fail("%s:%d: %s does not hold", __FILE__,        \
				   __LINE__, #condition);                      \
	} while (0)

/*
 * Call @fn when the caller ends, however it does: the place to free what it
 * holds, for its stack just disappears. Messages that it received are freed
 * anyway. @fn must not wait; a REEVE_CHECK() that does not hold there ends the
 * task. reeve_undefer() takes the last such wish back and calls @fn if @run.
 */
REEVE_PUBLIC int reeve_defer(void (*fn)(void *arg), void *arg);
REEVE_PUBLIC void reeve_undefer(bool run);

/* End a process, wherever it waits, or as soon as it calls a function of this
 * header that waits, receives, sends or spawns. One that traps exits gets a
 * notice instead, unless @reason is REEVE_EXIT_KILLED. */
REEVE_PUBLIC int reeve_kill(reeve_pid pid, int reason);

/* ---- messages ---- */

/*
 * Send a copy of @message. Never waits. The sender's txid is kept. Order is
 * kept between two processes. A message to a process that ends before it reads
 * it is lost; a monitor tells.
 */
REEVE_PUBLIC int reeve_send_to(reeve_pid pid,
			       const struct reeve_message *message);

/* The same, and while the mailbox is full, wait for room. */
REEVE_PUBLIC int reeve_send_wait(reeve_pid pid,
				 const struct reeve_message *message,
				 int timeout_ms);

/* The next message. The caller frees it with reeve_message_free(), or it is
 * freed when the caller ends. */
REEVE_PUBLIC int reeve_next(int timeout_ms, struct reeve_message **ret);

/* What reeve_next_match() looks for: all of it that is not zero. */
struct reeve_match {
	uint64_t ordinal;
	uint32_t txid;
	reeve_pid sender;
	/* Asked last; must not wait nor change anything of the mailbox. */
	bool (*fn)(const struct reeve_message *message, void *arg);
	void *arg;
};

/* The first message that matches; others stay where they are. */
REEVE_PUBLIC int reeve_next_match(const struct reeve_match *match,
				  int timeout_ms, struct reeve_message **ret);

/* Who sent it; of what came from another realm, the port. NONE for a message
 * that came by reeve_receive(). */
REEVE_PUBLIC reeve_pid
reeve_message_sender(const struct reeve_message *message);

/* In a handler: @message stays beyond the call, and is the process's to free.
 */
REEVE_PUBLIC void reeve_message_keep(struct reeve_message *message);

/*
 * Send a request and wait for its answer, which the caller frees. To any PID: a
 * process here, or a port. The transaction id is chosen here. Besides the
 * usual, -ESRCH when the other ends before it answers, and -EPIPE when a port
 * does. A late answer is dropped.
 */
REEVE_PUBLIC int reeve_call_to(reeve_pid pid,
			       const struct reeve_message *request,
			       int timeout_ms, struct reeve_message **ret);

/* Answer a received request (with a txid) to whoever sent it: same ordinal,
 * same txid. Never waits. */
REEVE_PUBLIC int reeve_answer(const struct reeve_message *request,
			      const void *bytes, size_t n_bytes);
REEVE_PUBLIC int reeve_answer_with(const struct reeve_message *request,
				   const struct reeve_message *answer);

/* Pass a received message on, as it is: @pid sees the first sender, and its
 * answer goes there. On failure it is still the caller's. */
REEVE_PUBLIC int reeve_forward(reeve_pid pid,
			       struct reeve_message *take_message);

/* ---- names ---- */

/* Of at most 63 bytes. -EEXIST, -EINVAL. A name goes with its process. */
REEVE_PUBLIC int reeve_register_name(const char *name, reeve_pid pid);
REEVE_PUBLIC int reeve_unregister_name(const char *name);
/* REEVE_PID_NONE if nobody has it. Any thread while the runtime runs. */
REEVE_PUBLIC reeve_pid reeve_whereis(const char *name);

/* ---- links, monitors ---- */

/* The body of a notice. */
struct reeve_notice {
	reeve_pid pid;	    /* who ended; of a port: who was ready */
	uint64_t reference; /* of the monitor or the timer; else 0 */
	int32_t reason;
	uint32_t reserved;
};

/* Ordinals of notices. Nothing that comes from another realm can have one:
 * the top bit is never set there. */
#define REEVE_NOTICE(n)	   (UINT64_C(1) << 63 | (n))
#define REEVE_NOTICE_EXIT  REEVE_NOTICE(1) /* a linked process ended */
#define REEVE_NOTICE_DOWN  REEVE_NOTICE(2) /* a monitored process ended */
#define REEVE_NOTICE_TIMER REEVE_NOTICE(3) /* reeve_notify_after() */

/*
 * Two linked processes end together: when one ends with another reason than
 * REEVE_EXIT_NORMAL, the other ends with the same one, or, if it traps exits,
 * gets a notice (then also of a normal end). If @pid is gone already, that
 * happens at once, with REEVE_EXIT_NO_PROCESS. Linking twice is once.
 */
REEVE_PUBLIC int reeve_link(reeve_pid pid);
REEVE_PUBLIC int reeve_unlink(reeve_pid pid);
/* From now on. Returns what was before. */
REEVE_PUBLIC bool reeve_trap_exit(bool traps);

/* One notice when @pid ends, or at once if it has; with what is left in *ret as
 * its reference. */
REEVE_PUBLIC int reeve_monitor(reeve_pid pid, uint64_t *ret);
/* After this no notice of it comes any more. -ENOENT if it came already. */
REEVE_PUBLIC int reeve_unmonitor(uint64_t reference);

/* ---- time ---- */

/* Send @message to @pid (or a notice with *ret to the caller) after that time,
 * unless it is cancelled: -ENOENT if it was sent already. A message that finds
 * the mailbox full is lost; a notice never is. -ENOSPC beyond 1,048,576 timers
 * at once. */
REEVE_PUBLIC int reeve_send_after(reeve_pid pid,
				  const struct reeve_message *message,
				  int timeout_ms, uint64_t *ret);
REEVE_PUBLIC int reeve_notify_after(int timeout_ms, uint64_t *ret);
REEVE_PUBLIC int reeve_cancel_timer(uint64_t reference);

/* ---- waiting for other things ---- */

/*
 * Wait until one of @events (POLLIN, POLLOUT) or an error is there; *ret_events
 * (may be NULL) says which. One process per descriptor and direction: -EBUSY.
 * -EPERM for files that do not poll: reeve_block() is for them.
 *
 * All functions of <reeve/channel.h> that wait do so by this when they are
 * called from a process.
 */
REEVE_PUBLIC int reeve_wait_fd(int fd, short events, int timeout_ms,
			       short *ret_events);

/* Wait for the end of a child task of this one; *ret is as from waitpid(2).
 * -ECHILD if it is none. */
REEVE_PUBLIC int reeve_wait_task(int task, int timeout_ms, int *ret);

/* Call @fn on a thread where it may block for real, and wait for it. It must
 * not call functions of this header but reeve_send_to(). At most 64 run at a
 * time, others wait. A process that is killed meanwhile ends when @fn returns.
 */
REEVE_PUBLIC int reeve_block(void (*fn)(void *arg), void *arg);

/* ---- ports: other realms ---- */

/*
 * Make a process of a channel, linked with the caller unless @options (may be
 * NULL) says otherwise by REEVE_SPAWN_MONITOR. What is sent to it goes over the
 * channel; requests made by reeve_call_to() are answered to whoever called.
 * Requests and events that come over the channel go to @to, which answers them
 * with reeve_answer(); their txid is good for that only. While the mailbox of
 * @to is full, or 1,024 requests (or as many as its own mailbox takes) are not
 * answered, the channel is not read: the other realm waits for itself. It ends
 * with REEVE_EXIT_PEER_CLOSED with the other end, and with @to; the channel is
 * closed when it ends. @to may be REEVE_PID_NONE: what nobody asked for is
 * dropped then.
 */
REEVE_PUBLIC int reeve_port_open(struct reeve_channel *take_channel,
				 reeve_pid to,
				 const struct reeve_spawn_options *options,
				 reeve_pid *ret);

/* Why the other end of a port that has ended was closed (enum reeve_status) is
 * the reserved field of its notices. */

/* ---- looking ---- */

enum reeve_process_state {
	REEVE_PROCESS_RUNNING,
	REEVE_PROCESS_RUNNABLE,
	REEVE_PROCESS_WAITING,
	REEVE_PROCESS_ENDING,
};

struct reeve_process_info {
	reeve_pid pid, parent;
	char name[64];	      /* "": none */
	const void *function; /* what it was spawned with */
	enum reeve_process_state state;
	bool is_handler;
	char waits_for[48];  /* "a message", "descriptor 7", ... */
	uint32_t n_messages; /* in its mailbox */
	uint32_t stack_used; /* bytes, as far as was ever touched; 0: none */
	uint64_t n_received, n_sent;
	/* Nanoseconds; counted only since somebody first looked. */
	uint64_t cpu_ns;
};

/* -ESRCH. What is true at the moment, each number for itself. Any thread while
 * the runtime runs. */
REEVE_PUBLIC int reeve_process_info(reeve_pid pid,
				    struct reeve_process_info *ret);

/* The processes after @after (REEVE_PID_NONE: from the first), in the order of
 * their places, at most @n. Returns how many. Any thread while the runtime
 * runs. */
REEVE_PUBLIC size_t reeve_process_list(reeve_pid after, size_t n,
				       struct reeve_process_info *ret);

/* How many are alive, and what happened so far. */
struct reeve_runtime_info {
	uint32_t n_processes, n_workers;
	uint64_t n_spawned, n_switches, n_steals;
};
REEVE_PUBLIC void reeve_runtime_info(struct reeve_runtime_info *ret);

#ifdef __cplusplus
}
#endif
