/* Looking at processes, from anywhere. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "process/mail.h"
#include "process/names.h"
#include "process/runtime.h"

static void info_fill(struct process *p, reeve_pid pid,
		      struct reeve_process_info *ret)
{
	const char *what =
		atomic_load_explicit(&p->waits_for, memory_order_relaxed);
	int number =
		atomic_load_explicit(&p->waits_number, memory_order_relaxed);
	/* It may end meanwhile: then this is of nobody, and not told. */
	const void *stack = __atomic_load_n(&p->stack, __ATOMIC_RELAXED);
	uint32_t stack_size = __atomic_load_n(&p->stack_size, __ATOMIC_RELAXED);

	*ret = (struct reeve_process_info){
		.pid = pid,
		.parent =
			atomic_load_explicit(&p->parent, memory_order_relaxed),
		.function = atomic_load_explicit(&p->function,
						 memory_order_relaxed),
		.state = atomic_load_explicit(&p->state, memory_order_relaxed),
		.is_handler = p->is_handler,
		.n_messages = n_waiting(p),
		.stack_used =
			stack ? (uint32_t)stack_used(stack, stack_size) : 0,
		.n_received = atomic_load_explicit(&p->n_received,
						   memory_order_relaxed),
		.n_sent =
			atomic_load_explicit(&p->n_sent, memory_order_relaxed),
		.cpu_ns =
			atomic_load_explicit(&p->cpu_ns, memory_order_relaxed),
	};
	names_copy(p, ret->name);
	if (ret->state != REEVE_PROCESS_WAITING)
		return;
	if (p->is_handler || !what)
		what = "a message";
	if (number >= 0 && !p->is_handler)
		snprintf(ret->waits_for, sizeof(ret->waits_for), "%s %d", what,
			 number);
	else
		snprintf(ret->waits_for, sizeof(ret->waits_for), "%s", what);
}

int reeve_process_info(reeve_pid pid, struct reeve_process_info *ret)
{
	struct process *p;

	if (!runtime || !pid)
		return -ESRCH;
	p = table_at(pid);
	if (!p || !reeve_is_alive(pid))
		return -ESRCH;
	/* Somebody wants to know. */
	atomic_store_explicit(&runtime->is_counting, true,
			      memory_order_relaxed);
	info_fill(p, pid, ret);
	return reeve_is_alive(pid) ? 0 : -ESRCH;
}

size_t reeve_process_list(reeve_pid after, size_t n,
			  struct reeve_process_info *ret)
{
	uint32_t place = after ? (uint32_t)after + 1 : 0;
	uint32_t end = runtime ? table_end() : 0;
	size_t done = 0;
	reeve_pid pid;

	for (; place < end && done < n; place++) {
		pid = atomic_load_explicit(&table_places[place].pid,
					   memory_order_relaxed);
		if (pid && !reeve_process_info(pid, &ret[done]))
			done++;
	}
	return done;
}

void reeve_runtime_info(struct reeve_runtime_info *ret)
{
	uint64_t n_ended = 0;
	struct worker *w;
	unsigned k;

	*ret = (struct reeve_runtime_info){};
	if (!runtime)
		return;
	ret->n_workers = runtime->n_workers;
	for (k = 0; k < runtime->n_workers; k++)
		n_ended += atomic_load(&runtime->workers[k].n_ended);
	for (k = 0; k < runtime->n_workers; k++) {
		w = &runtime->workers[k];
		ret->n_spawned += atomic_load(&w->n_spawned);
		ret->n_switches += atomic_load(&w->n_switches);
		ret->n_steals += atomic_load(&w->n_steals);
	}
	ret->n_processes = (uint32_t)(ret->n_spawned - n_ended);
}
