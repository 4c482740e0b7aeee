/* Checking a whole tree: its parts, for check.c. Each puts what it finds into
 * @report and returns 0 or a fault. */
#pragma once

#include "base/report.h"
#include "route/survey.h"

/* What the policy forbids beyond single routes. */
int check_nevers(struct topology *t, const struct policy *p,
		 struct report *report);

/* The same, and what it demands of manifests. */
int check_policy(struct topology *t, const struct policy *p,
		 struct report *report);

/* Offers that the child neither uses nor passes on. */
void check_offers(struct topology *t, struct report *report);

/* Does it use a service of the framework by which it reaches children or names
 * at run time? */
bool check_has_framework(const struct realm *r);
