/* Budgets with cells in them that run while a test looks at them. */
#pragma once

#include "cell/budget.h"
#include "rig.h"

enum { PATIENCE_MS = 60000, MIB = 1024 * 1024 };

/* Starts as many tasks as it can, says so, and keeps them. */
#define BOMB                                                                   \
	"(while :; do sleep 1000 & done) 2>/dev/null; echo full; "             \
	"while read -r x; do :; done"
/* Forks, with nothing to spare. */
#define FORKS                                                                  \
	"for i in 1 2 3 4 5 6 7 8; do /bin/true || exit 1; done; echo fine"
#define WAITS "echo ready; read -r x; echo \"$x\"; read -r x"

extern struct rig rig;
extern struct budget_root *root;

/* A cell that runs while the test looks at it. */
struct run {
	struct cell cell;
	struct budget *budget;
	int in_fd, out_fd;
};

/* For a group of tests. Nothing may be left at its end. */
int budget_rig_start(void **state);
int budget_rig_stop(void **state);

/* Call @fn for the path of this manager's budgets in every hierarchy there may
 * be. */
void each_top(pid_t pid, void (*fn)(const char *path));
/* Fails unless @path goes. */
void expect_gone(const char *path);

/* The test is about a limit that a cgroup enforces, or there is nothing to
 * test. */
void need_cgroup(enum budget_limit limit);

struct budget *budget(struct budget *parent, struct budget_limits limits);
/* Remove it; its tasks may take their time. */
void end_budget(struct budget *b);
struct budget_usage usage(struct budget *b);

void run_start(struct run *run, struct budget *b, const char *script);
/* The next line of its output must be this. */
void run_expect(struct run *run, const char *expected);
void run_tell(struct run *run, const char *line);
void run_end(struct run *run);
