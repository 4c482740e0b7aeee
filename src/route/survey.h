/*
 * A survey: every use and every expose of every realm of a tree, routed once.
 *
 * What looks at a tree as a whole (checks, who can reach whom, pictures,
 * comparisons) begins with one, so that all of them see what the walk decided.
 * What is put together from several sources has a record per instance.
 */
#pragma once

#include "route/route.h"

/* One declaration and where it led. */
struct survey_route {
	struct realm *realm; /* whose use or expose it is */
	const struct decl *decl;
	int verdict;		       /* ROUTE_ENDED or ROUTE_BROKEN */
	enum route_source_kind source; /* meaningful if it ended */
	const struct realm *provider;  /* NULL for builtin and void */
	const char *name;	       /* what the source calls it */
	uint32_t rights;	       /* directories and storage */
	bool is_weak; /* some declaration on the way is a weak dependency */
	/* Of a service of several sources: which one, as route_walk_instance()
	 * calls it; in the survey's arena. NULL: there is only one, or, with
	 * ROUTE_SOURCE_AGGREGATE, none. */
	const char *instance;
};

enum {
	/* A few manifests can make more: what is in a dictionary, or of several
	 * sources, times everybody who has it. */
	SURVEY_ROUTES_MAX = 1000000,
};

struct survey {
	struct arena arena;
	struct survey_route
		*routes; /* by realm in document order, uses first */
	size_t n, n_room;
};

/* Called with each route while its hops are still there. 0, or what stops the
 * survey: a fault. */
typedef int (*survey_fn)(void *userdata, struct realm *r, const struct decl *d,
			 int verdict, const struct route *route);

/*
 * Route everything in a tree whose realms are all resolved or broken. @on_route
 * may be NULL. 0 and the caller owns *ret (survey_fini; it points into the
 * tree), or a fault: -ENOMEM, -EFBIG if there are more than SURVEY_ROUTES_MAX
 * (or services of too many sources for too many users), or what @on_route
 * answered.
 */
int survey_take(struct topology *t, survey_fn on_route, void *userdata,
		struct survey *ret);
void survey_fini(struct survey *s);
