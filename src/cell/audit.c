/* The manager's side: an order is written and an answer read, nothing is
 * touched. */
#include "cell/audit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "cell/audit_work.h"
#include "sys/packet.h"

int audit_begin(struct launcher *l, const struct cell *a, const struct cell *b,
		uint32_t budget_ms, int *ret_fd)
{
	const struct cell *cells[] = { a, b };
	struct audit_order order;
	int fds[N_AUDIT_FDS] = { a->pidfd, b->pidfd };
	size_t n_fds = AUDIT_FD_CGROUPS, i;

	memset(&order, 0, sizeof(order));
	order.budget_ms = budget_ms;
	for (i = 0; i < 2; i++) {
		order.inits[i] = cells[i]->pid;
		order.has_cgroup[i] = cells[i]->cgroup_fd >= 0;
		if (order.has_cgroup[i])
			fds[n_fds++] = cells[i]->cgroup_fd;
	}
	return launcher_work(l, WORK_AUDIT, &order, sizeof(order), fds, n_fds,
			     ret_fd);
}

int audit_read(int fd, struct audit_result *ret)
{
	size_t n_fds;
	ssize_t n = packet_receive(fd, ret, sizeof(*ret), NULL, 0, &n_fds,
				   MSG_DONTWAIT);

	if (n == -EAGAIN)
		return AUDIT_AGAIN;
	if (n == sizeof(*ret))
		return 0;
	if (n < 0 && n != -ECONNRESET)
		return (int)n;
	memset(ret, 0, sizeof(*ret));
	ret->error = -EPIPE;
	return 0;
}

const char *audit_kind_name(enum audit_kind kind)
{
	static const char *const names[] = {
		[AUDIT_PIPE] = "pipe",	 [AUDIT_SOCKET] = "socket",
		[AUDIT_PAIR] = "pair",	 [AUDIT_FILE] = "file",
		[AUDIT_OTHER] = "other",
	};

	return names[kind];
}

static void audit_holder_render(const struct audit_holder *h, struct text *t)
{
	switch (h->hold) {
	case AUDIT_HOLD_FD:
		text_printf(t, "descriptor %d of task %d", h->fd, (int)h->pid);
		break;
	case AUDIT_HOLD_CWD:
		text_printf(t, "the working directory of task %d", (int)h->pid);
		break;
	case AUDIT_HOLD_ROOT:
		text_printf(t, "the root directory of task %d", (int)h->pid);
		break;
	case AUDIT_HOLD_MAP:
		text_printf(t, "mapped by task %d", (int)h->pid);
		break;
	case AUDIT_HOLD_MOUNT:
		text_printf(t, "in the directories of task %d", (int)h->pid);
		break;
	}
}

void audit_edge_render(const struct audit_edge *e, const char *name,
		       struct text *t)
{
	if (!name)
		name = e->name;
	text_safe(t, name, strlen(name));
	text_puts(t, ": ");
	audit_holder_render(&e->holders[0], t);
	text_puts(t, ", ");
	audit_holder_render(&e->holders[1], t);
}
