/*
 * The component's main task: made and confined ahead of time, told what to run
 * once the plan is there, and if that does not run, why. In the cell's init.
 */
#pragma once

#include <sys/types.h>

#include "cell/blank.h"
#include "cell/failure.h"
#include "cell/filter.h"
#include "cell/plan.h"

struct exec_files {
	int stdio[3];
	const int *fds; /* become 3, 4, ... */
	size_t n_fds;
};

struct exec_task;

/*
 * Make the task: it gives up its privileges, loads @filter if that is in
 * @b->layers, and waits. 0 and the task, which is never freed; or -1 with
 * *ret_why.
 */
int exec_prepare(const struct blank *b, const struct filter *filter,
		 struct exec_task **ret, struct cell_failure *ret_why);

/* Its number in our pid namespace. */
pid_t exec_pid(const struct exec_task *t);

/*
 * Let it confine itself by the blank's Landlock rules and run the program. All
 * of @files must lie above 2 + n_fds, and nothing else that is still needed may
 * lie below: those descriptors are the program's afterwards, and here too.
 * Returns its pid once it has been exec'd, or -1 with *ret_why.
 */
pid_t exec_run(struct exec_task *t, const struct blank *b,
	       const struct plan *plan, const struct exec_files *files,
	       struct cell_failure *ret_why);

/* Of the calling task: every signal does what it does at first, and none is
 * blocked. 0 or -1 with errno. */
int exec_reset_signals(void);

/*
 * Why execve() of @path may have failed with @error: fills the failure of stage
 * EXEC. Looks at the file.
 */
void exec_diagnose(const char *path, int error, struct cell_failure *ret);
