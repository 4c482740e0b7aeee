/*
 * Mounts of a running cell: one more is put in, or one is taken off. The
 * manager asks, and a worker of its own (see work.h) does it, because what is
 * looked at on the way was made by others and may take any time.
 *
 * Where. Every cell has a directory GRAFT_DIR, which is read-only to the
 * component and below which Landlock allows everything: Landlock's rules are
 * fixed at the start, so there the flags of the mount alone carry the rights.
 * They know three kinds (read and list; write, change and remove; execute); a
 * mount there with rights that lie between is refused with EOPNOTSUPP, never
 * widened or narrowed in silence. A mount at any other place goes onto a
 * directory that is there already, mostly one from which the same directory was
 * taken off; Landlock allows there what it allowed this source at the start,
 * and nothing if it was not there.
 *
 * Taking off makes the files unreachable by path at once, with all that was
 * mounted below. What the component still has of it stays usable until the
 * component closes it or ends; graft_unmount() names it.
 *
 * For several orders about one target: the next is given when the one before
 * was answered. Orders for different targets may run at the same time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "cell/cell.h"
#include "cell/failure.h"
#include "cell/launcher.h"
#include "cell/plan.h"
#include "cell/work.h"

/* The directory of grants in every cell. */
#define GRAFT_DIR "/grants"

enum {
	GRAFT_OPENS_MAX = 32,	 /* what is named; more are only counted */
	GRAFT_BUDGET_MS = 200,	 /* for looking, ordinarily */
	GRAFT_TIMEOUT_MS = 5000, /* when an answer is not to be expected any
				  * more: the disk hangs */
};

/* How a task can still get at what was taken off. */
enum graft_hold {
	GRAFT_HOLD_FILE, /* an open descriptor, of a file or a directory */
	GRAFT_HOLD_CWD,	 /* its working directory */
	GRAFT_HOLD_ROOT, /* its root directory */
	GRAFT_HOLD_MAP,	 /* a mapping */
};

struct graft_open {
	enum graft_hold hold;
	pid_t pid; /* as seen by the host */
	int fd;	   /* of a FILE; else -1 */
	/* As it was called in the cell, cut if it is longer; from the
	 * component, so not fit to be shown as it is. */
	char path[256];
};

struct graft_result {
	bool is_failed;
	struct cell_failure failure; /* of a failed one */
	/* After taking off. */
	uint32_t n_opens; /* all that were found */
	uint32_t n_named; /* the first of them, in @opens */
	bool is_partial;  /* there was no time to look at everything */
	struct graft_open opens[GRAFT_OPENS_MAX];
};

/*
 * Attach @m to the running cell @c; @m->target is absolute and either below
 * GRAFT_DIR, where it is made, or a directory of the cell. An optional mount
 * whose source does not exist fails like any other. 0 and a socket to watch for
 * EPOLLIN in *ret_fd, to be given to graft_read() and closed; or -errno
 * (-EINVAL:
 * @m is none that a cell can have). Closed before the answer, it may have been
 * attached or not.
 */
int graft_mount(struct launcher *l, const struct cell *c,
		const struct plan_mount *m, int *ret_fd);

/*
 * Take off what is mounted at @m->target, and for @budget_ms look who still
 * holds something of it. The rest of @m tells which mount is meant: where its
 * source still exists, another mount that stands in its place is left alone and
 * that is a failure (ESTALE), as it is one that nothing is mounted there
 * (EINVAL) or that the path is gone (ENOENT): a component that may rename the
 * directories above its mounts can bring both about, so end a cell whose mount
 * cannot be taken off. An empty mount point below GRAFT_DIR is removed.
 * Otherwise as graft_mount().
 */
int graft_unmount(struct launcher *l, const struct cell *c,
		  const struct plan_mount *m, uint32_t budget_ms, int *ret_fd);

enum graft_verdict {
	GRAFT_OK,
	GRAFT_AGAIN, /* no answer yet */
};

/*
 * Read the answer. 0 and *ret, which holds a failure if there was one (a cell
 * that has ended meanwhile: ESRCH; a worker that died: EPIPE); GRAFT_AGAIN; or
 * -errno.
 */
int graft_read(int fd, struct graft_result *ret);

/* "/grants/x/file: open in task 12 as descriptor 5", fit to be shown. */
void graft_open_render(const struct graft_open *o, struct text *t);

/* The worker's part. */
void graft_work(const struct work *w);
