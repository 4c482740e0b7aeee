/* Found out by preparing to make budgets, as a manager would. */
#include <stdarg.h>
#include <stdio.h>

#include "base/own.h"
#include "cell/budget.h"
#include "cell/probe_row.h"

void cell_probe_add(struct cell_probe *p, const char *name,
		    enum probe_state state, const char *fix, const char *format,
		    ...)
{
	struct cell_probe_row *row;
	va_list args;

	if (p->n_rows == CELL_PROBE_ROWS_MAX)
		return;
	row = &p->rows[p->n_rows++];
	row->name = name;
	row->state = state;
	snprintf(row->fix, sizeof(row->fix), "%s", fix ? fix : "");
	va_start(args, format);
	vsnprintf(row->sentence, sizeof(row->sentence), format, args);
	va_end(args);
}

void cell_probe_budgets(struct cell_probe *p)
{
	static const struct {
		const char *name;
		enum budget_limit limit;
		const char *what, *otherwise;
	} rows[] = {
		{ "memory-limits", BUDGET_MEMORY_MAX, "memory.max",
		  "memory.max holds for each task's data by itself, and "
		  "memory.min not at all" },
		{ "cpu-limits", BUDGET_CPU_MAX, "cpu.share and cpu.max",
		  "cpu.share and cpu.max do not hold" },
		{ "task-limits", BUDGET_TASKS_MAX, "tasks.max",
		  "tasks.max holds for each component by itself, not for what "
		  "is below it" },
	};
	struct budget_root *root;
	enum budget_mechanism by;
	const char *reason;
	size_t i;

	if (budget_root_open(NULL, &root) < 0)
		return;
	budget_root_prepare(root);
	reason = budget_root_reason(root);
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		by = budget_root_mechanism(root, rows[i].limit);
		if (by == BUDGET_BY_V1 || by == BUDGET_BY_V2)
			cell_probe_add(p, rows[i].name, PROBE_OK, NULL,
				       "%s: by %s, for a realm with all below "
				       "it%s",
				       rows[i].what, budget_mechanism_name(by),
				       by == BUDGET_BY_V1 && !i
					       ? "; memory.min does not hold"
					       : "");
		else
			cell_probe_add(p, rows[i].name, PROBE_DEGRADED,
				       "run reeve as: systemd-run --user "
				       "--scope -p Delegate=yes reeve ..., or "
				       "as root",
				       "%s: %s", rows[i].otherwise,
				       reason ? reason : "no controller");
	}
	budget_root_close(root);
}
