/*
 * The order lies in the socket before the worker exists, and the worker reads
 * it itself: so the launcher never holds what came with it.
 */
#include "cell/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/audit.h"
#include "cell/graft.h"
#include "cell/guest_work.h"
#include "cell/protocol.h"
#include "cell/sever_work.h"
#include "sys/fd.h"
#include "sys/packet.h"

enum { WORK_SOCKET = 3, WORK_CELLS = 4, WORK_FIRST_FREE = 5 };

static const struct {
	const char *name; /* of the task, for people: at most 15 bytes */
	work_fn run;
} work_kinds[] = {
	[WORK_SEVER] = { "reeve-sever", sever_work },
	[WORK_GRAFT] = { "reeve-graft", graft_work },
	[WORK_AUDIT] = { "reeve-audit", audit_work },
	[WORK_GUEST] = { "reeve-guest", guest_work },
};

/* Keep the two descriptors, at numbers of our own, and nothing else. */
static void work_detach(int socket_fd, int *cells_fd)
{
	int socket_copy = fcntl(socket_fd, F_DUPFD_CLOEXEC, WORK_FIRST_FREE);
	int cells_copy = fcntl(*cells_fd, F_DUPFD_CLOEXEC, WORK_FIRST_FREE);

	if (socket_copy < 0 || dup3(socket_copy, WORK_SOCKET, O_CLOEXEC) < 0)
		_exit(1);
	*cells_fd =
		cells_copy < 0 ? -1 : dup3(cells_copy, WORK_CELLS, O_CLOEXEC);
	if (*cells_fd < 0)
		close(WORK_CELLS);
	syscall(SYS_close_range, WORK_FIRST_FREE, ~0U, 0);
}

_Noreturn void work_main(int socket_fd, int cells_fd, const char *name)
{
	static struct protocol_work order;
	int fds[WORK_FDS_MAX];
	struct work w = { .socket_fd = WORK_SOCKET,
			  .cells_fd = cells_fd,
			  .name = name,
			  .bytes = order.bytes,
			  .fds = fds };
	ssize_t n;

	work_detach(socket_fd, &w.cells_fd);
	n = packet_receive(WORK_SOCKET, &order, sizeof(order), fds,
			   WORK_FDS_MAX, &w.n_fds, 0);
	if (n < (ssize_t)offsetof(struct protocol_work, bytes))
		_exit(1);
	if (order.kind >= N_ELEMENTS(work_kinds) || !work_kinds[order.kind].run)
		_exit(1);
	w.n = (size_t)n - offsetof(struct protocol_work, bytes);
	prctl(PR_SET_NAME, work_kinds[order.kind].name, 0, 0, 0);
	work_kinds[order.kind].run(&w);
	_exit(0);
}
