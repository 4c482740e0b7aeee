/* A process of which only the mailbox is used. */
#pragma once

#include "process_test.h"

#include <string.h>

#include "process/mailbox.h"

static const reeve_pid somebody = UINT64_C(7) << 32 | 3;

/* A process in its life @pid, which runs. */
static inline void process_prepare(struct process *p, reeve_pid pid)
{
	memset(p, 0, sizeof(*p));
	atomic_store(&p->pid, pid);
	atomic_store(&p->inbox, inbox_tag(pid >> 32));
	p->queue_end = &p->queue;
}
