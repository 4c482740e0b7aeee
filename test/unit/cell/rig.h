/*
 * Running programs in real cells, as the manager would, and waiting for them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "cell/launcher.h"

enum {
	RIGHTS_R = PLAN_CONNECT | PLAN_READ_BYTES | PLAN_ENUMERATE |
		   PLAN_TRAVERSE | PLAN_GET_ATTRIBUTES,
	RIGHTS_RW = RIGHTS_R | PLAN_WRITE_BYTES | PLAN_UPDATE_ATTRIBUTES |
		    PLAN_MODIFY_DIRECTORY,
	RIGHTS_RX = RIGHTS_R | PLAN_EXECUTE,
};

struct rig {
	struct launcher launcher;
	char dir[64]; /* a directory of our own that everybody may enter */
};

struct rig_result {
	struct text out; /* standard output and error */
	bool is_started, is_failed, is_exited;
	struct cell_failure failure;
	uint32_t missing;
	int code, signal;     /* of the main task */
	int status;	      /* of the cell */
	int listener_fds[16]; /* -1: none */
	size_t n_listeners;
	int dir_fd; /* the first of its directories of sockets; -1: none */
};

/*
 * For a test that is to run as an ordinary user: with "--user" among the
 * arguments, and root now, become one for good. Before anything else.
 */
void rig_init(int argc, char **argv);

/* @layers, @required: as in struct launcher_config. */
void rig_start(struct rig *r, uint32_t layers, uint32_t required);
void rig_stop(struct rig *r);

/* Can this system make cells at all? If not, says why and skips the test. */
void rig_need_cells(void);

/* A plan for "/bin/sh -c SCRIPT". */
void rig_plan_shell(struct plan *p, const char *script);
/* One more mount for it. */
void rig_plan_mount(struct plan *p, const char *target, const char *source,
		    const char *subpath, uint32_t rights,
		    enum plan_mount_kind kind);

/* A blank; fails the test when there is none. */
void rig_take(struct rig *r, struct cell *ret);

/*
 * Send the plan to @c, follow its events until it has ended, and reap it. Ends
 * @c. @fds: what the program gets as 3 and up.
 */
void rig_follow(struct cell *c, const struct plan *p, const int *fds,
		size_t n_fds, struct rig_result *ret);

/* Follow its events until it has started, which it has to. */
void rig_wait_started(struct cell *c);

/* All of that with a fresh blank. */
void rig_run(struct rig *r, const struct plan *p, struct rig_result *ret);
void rig_result_fini(struct rig_result *r);
/* The same, for a program that must end well and print this. Ends @p. */
void rig_expect(struct rig *r, struct plan *p, const char *expected);

/* The sentence of a failed result; static memory. */
const char *rig_sentence(const struct cell_failure *f);

/* "DIR/NAME" in the rig's directory; static memory. */
const char *rig_path(const struct rig *r, const char *name);
/* A file with @content and @mode there; made for everybody to read. */
void rig_write(const struct rig *r, const char *name, const char *content,
	       unsigned mode);
void rig_mkdir(const struct rig *r, const char *name, unsigned mode);
