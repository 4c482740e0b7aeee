/*
 * What the files about budgets of realms share.
 */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "host/budget.h"
#include "sys/loop.h"

struct realm_budget;

struct limit_watch {
	struct loop_source source;
	struct budget_watch watch;
	struct realm_budget *owner;
};

/* How often a limit was met. */
struct limit_counts {
	uint64_t kills, refused;
};

struct realm_budget {
	struct budgets *all;
	struct map_node by_realm;
	struct list link;
	const struct realm *realm;
	struct limits given;   /* at run time */
	struct budget *budget; /* NULL until something starts in it */
	struct limit_watch watches[N_BUDGET_WATCHES];
	struct loop_timer quiet;
	/* What was told, and what belongs to realms below that are gone. */
	struct limit_counts told, gone;
};

struct budgets {
	struct manager *manager;
	struct budget_root *root;
	struct map by_realm;
	struct list list;
	struct loop_timer tidy;
	uint64_t tidy_ms;
};

/* By number. */
uint64_t budget_limits_value(const struct budget_limits *l,
			     enum budget_limit limit);

/* A budget was made: tell what does not hold as it should, and from now on
 * which limits are met. */
void budget_entry_watch(struct realm_budget *e);
void budget_entry_unwatch(struct realm_budget *e);
/* The same; and what happened in it was not the realm's above. */
void budget_entry_leave(struct realm_budget *e);
