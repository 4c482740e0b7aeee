/*
 * The program's side of reeve.Processes.
 *
 * Whoever turns the component's loop hears of the open; it has to be a process,
 * for only those can spawn. The new process owns the channel, and goes with the
 * other end, or when nobody asked for a while. What it needs is allocated for
 * as long as it lives: who is never looked at pays for an entry in a directory.
 */
#include "client/processes_server.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "channel/channel.h"
#include "client/api.h"
#include "process/process.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/processes.h"

enum {
	IDLE_MS = 60 * 1000,
	/* Processes that are looked at in one go. */
	CHUNK = 64,
};

/* What one asker needs; too large for a stack. */
struct asker {
	int fd;
	struct processes_reply reply;
	struct reeve_process_info infos[PROCESSES_BATCH_MAX];
	char functions[PROCESSES_BATCH_MAX][PROCESSES_FUNCTION_MAX + 1];
	_Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
};

/* ---- entries ---- */

/* What is no text would be no message. */
static struct wire_string string_of(char *s, size_t max)
{
	size_t n = strnlen(s, max), i, k;

	for (i = 0; i < n; i += k ? k : 1) {
		k = utf8_length(s + i, n - i);
		if (!k)
			s[i] = '?';
	}
	return (struct wire_string){ s, (uint32_t)n };
}

/*
 * A symbol only if it is this function's: of a function that is not exported
 * dladdr(3) names the next exported one below it. Its place in the file is what
 * addr2line(1) wants then.
 */
static void function_render(const void *function,
			    char buffer[static PROCESSES_FUNCTION_MAX + 1])
{
	const char *slash;
	Dl_info info;

	if (!dladdr(function, &info) || !info.dli_fname) {
		snprintf(buffer, PROCESSES_FUNCTION_MAX + 1, "0x%llx",
			 (unsigned long long)(uintptr_t)function);
		return;
	}
	if (info.dli_sname && info.dli_saddr == function) {
		snprintf(buffer, PROCESSES_FUNCTION_MAX + 1, "%s",
			 info.dli_sname);
		return;
	}
	slash = strrchr(info.dli_fname, '/');
	snprintf(buffer, PROCESSES_FUNCTION_MAX + 1, "%.80s+0x%llx",
		 slash ? slash + 1 : info.dli_fname,
		 (unsigned long long)((uintptr_t)function -
				      (uintptr_t)info.dli_fbase));
}

static uint32_t state_of(enum reeve_process_state state)
{
	switch (state) {
	case REEVE_PROCESS_RUNNING:
		return PROCESSES_STATE_RUNNING;
	case REEVE_PROCESS_RUNNABLE:
		return PROCESSES_STATE_RUNNABLE;
	case REEVE_PROCESS_WAITING:
		return PROCESSES_STATE_WAITING;
	case REEVE_PROCESS_ENDING:
		break;
	}
	return PROCESSES_STATE_ENDING;
}

static bool entry_add(struct asker *a, struct reeve_process_info *info)
{
	uint32_t i = a->reply.n_entries;
	bool is_waiting = info->state == REEVE_PROCESS_WAITING;

	if (i == PROCESSES_BATCH_MAX)
		return false;
	/* Most processes run what their neighbours do. */
	if (i && a->infos[i - 1].function == info->function)
		memcpy(a->functions[i], a->functions[i - 1],
		       sizeof(a->functions[i]));
	else
		function_render(info->function, a->functions[i]);
	return processes_reply_add(
		&a->reply,
		&(struct processes_entry){
			.pid = info->pid,
			.parent = info->parent,
			.name = string_of(info->name, sizeof(info->name) - 1),
			.function = string_of(a->functions[i],
					      PROCESSES_FUNCTION_MAX),
			.waits_for = string_of(
				info->waits_for,
				is_waiting ? sizeof(info->waits_for) - 1 : 0),
			.state = state_of(info->state),
			.n_messages = info->n_messages,
			.stack_bytes = info->stack_used,
			.is_handler = info->is_handler,
			.n_received = info->n_received,
			.n_sent = info->n_sent,
			.cpu_ns = info->cpu_ns,
		});
}

static void list(struct asker *a, reeve_pid after)
{
	struct reeve_process_info *infos;
	size_t i, n, n_wanted;

	do {
		infos = a->infos + a->reply.n_entries;
		n_wanted = PROCESSES_BATCH_MAX - a->reply.n_entries;
		if (n_wanted > CHUNK)
			n_wanted = CHUNK;
		n = reeve_process_list(after, n_wanted, infos);
		for (i = 0; i < n; i++) {
			if (!entry_add(a, &infos[i]))
				return;
			after = infos[i].pid;
		}
		/* Others want to run as well. */
		reeve_yield();
	} while (n && n == n_wanted);
}

static void sum(struct processes_summary *ret)
{
	struct reeve_runtime_info info = { 0 };

	reeve_runtime_info(&info);
	*ret = (struct processes_summary){
		.n_processes = info.n_processes,
		.n_workers = info.n_workers,
		.n_spawned = info.n_spawned,
		.n_switches = info.n_switches,
		.n_steals = info.n_steals,
	};
}

/* ---- the process ---- */

static void asker_free(void *arg)
{
	struct asker *a = arg;

	fd_close(a->fd);
	free(a);
}

/* 0, or what ends the conversation: a status. */
static int32_t asker_answer(struct asker *a, struct message *m)
{
	struct processes_request q;

	if (processes_request_read(m, &q))
		return REEVE_ERR_INVALID_ARGS;
	memset(&a->reply, 0, offsetof(struct processes_reply, entries));
	a->reply.n_entries = a->reply.n_bytes = 0;
	a->reply.method = q.method;
	a->reply.txid = q.txid;
	if (q.method == PROCESSES_LIST)
		list(a, q.after);
	else
		sum(&a->reply.summary);
	if (processes_reply_write(m, &a->reply))
		return REEVE_ERR_INTERNAL;
	/* Who asks for the next before he read the last waits for himself. */
	return channel_send(a->fd, m, CHANNEL_NOW) ? REEVE_ERR_SHOULD_WAIT
						   : REEVE_OK;
}

static void asker_run(void *arg)
{
	struct asker *a = arg;
	int32_t status = REEVE_OK;
	struct message m;
	int e;

	while (status == REEVE_OK) {
		m = (struct message)MESSAGE_OVER(a->bytes);
		e = channel_wait(a->fd, deadline_of(IDLE_MS), -1);
		if (!e)
			e = channel_read(a->fd, &m, CHANNEL_NOW);
		if (e == CHANNEL_WOULD_BLOCK)
			continue;
		if (e)
			return;
		message_close_handles(&m);
		status = asker_answer(a, &m);
	}
	(void)channel_write_epitaph(a->fd, status, false);
}

static int32_t asker_spawn(struct asker *a, reeve_pid *ret)
{
	struct reeve_spawn_options options = { .name = "reeve.Processes" };
	int e = process_spawn_ending(asker_run, a, &options, asker_free, ret);

	/* Somebody else looks as well. */
	options.name = NULL;
	if (e == -EEXIST)
		e = process_spawn_ending(asker_run, a, &options, asker_free,
					 ret);
	/* Not in a process: the loop is turned by a thread of its own. */
	if (e == -EPERM)
		return REEVE_ERR_NOT_SUPPORTED;
	return e ? REEVE_ERR_NO_MEMORY : REEVE_OK;
}

/* ---- opens ---- */

static bool runtime_runs(void)
{
	struct reeve_runtime_info info = { 0 };

	reeve_runtime_info(&info);
	return info.n_workers > 0;
}

static reeve_pid *asker_place(struct reeve *r)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(r->askers); i++)
		if (!r->askers[i] || !reeve_is_alive(r->askers[i]))
			return &r->askers[i];
	return NULL;
}

static void processes_on_open(void *userdata, const struct directory_open *open,
			      int take_server_end)
{
	struct reeve *r = userdata;
	int32_t status = REEVE_ERR_NOT_FOUND;
	struct asker *a = NULL;
	reeve_pid *place = NULL;

	(void)open;
	if (runtime_runs()) {
		status = REEVE_ERR_NO_RESOURCES;
		place = asker_place(r);
	}
	if (place) {
		status = REEVE_ERR_NO_MEMORY;
		a = malloc(sizeof(*a));
	}
	if (a) {
		a->fd = take_server_end;
		status = asker_spawn(a, place);
	}
	if (status == REEVE_OK)
		return;
	free(a);
	channel_close_epitaph(take_server_end, status, false);
}

int processes_serve(struct reeve *r)
{
	return directory_add(r->outgoing, PROCESSES_PATH,
			     DIRECTORY_SERVICE_DESCRIBED, processes_on_open, r);
}
