/*
 * Dynamic children: made, started and given limits by their parent's program or
 * by the operator. What both Realm protocols and the tools share.
 */
#pragma once

#include "host/authority.h"
#include "wire/grants.h"

/* The child of @parent that a request names; NULL if there is none. */
struct realm *child_find_ref(struct realm *parent,
			     const struct realm_child_ref *ref);

/* The collection of @parent's manifest; NULL if there is none. */
const struct collection_decl *child_find_collection(const struct realm *parent,
						    struct wire_string name);

/* A grants_spec with its strings terminated. */
struct child_spec {
	struct grant_spec spec;
	uint64_t ms;
	char from[GRANTS_NAME_MAX + 1], name[GRANTS_NAME_MAX + 1];
	char as[GRANTS_NAME_MAX + 1], path[GRANTS_PATH_MAX + 1];
	char subdir[GRANTS_PATH_MAX + 1];
};
/* NULL, or what is wrong with it, in words. */
const char *child_spec_read(const struct grants_spec *s,
			    struct child_spec *ret);
/* Rights of a manifest, as those of requests that they cover. */
uint32_t child_rights_io(uint32_t has);

struct child_request {
	const struct collection_decl *collection;
	const char *name, *url;
	enum startup startup;
	const struct grants_spec *offers; /* given to it before it starts */
	size_t n_offers;
	const struct grants_limits *limits; /* NULL: none of its own */
};

/*
 * Make a child of @parent's realm, and start it if it is eager or for a single
 * run. 0, AUTHORITY_REFUSED (nothing was made, but for a child that exists and
 * cannot be resolved), or a fault.
 */
int child_make(struct instance *parent, const struct actor *actor,
	       const struct child_request *q,
	       struct authority_refusal *ret_why);

/* NULL, or why it cannot be started. Only the operator need not wait for the
 * end of a back-off. */
const char *child_start(struct manager *m, struct realm *r, const char *reason,
			bool is_operator);

/* NULL, or why it cannot have these limits. */
const char *child_set_limits(struct manager *m, struct realm *r,
			     const struct grants_limits *limits);

void child_usage(struct manager *m, const struct realm *r,
		 struct grants_usage *ret);
