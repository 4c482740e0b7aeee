/*
 * Where routed directories and storage are on the host.
 *
 * A directory capability names a path in its provider's cell. That path is its
 * package (/pkg/...), lies in a storage or a directory that the provider itself
 * uses, or is a directory that the manager keeps for it under its state
 * directory. Either way it is a real directory that can be mounted, without the
 * provider running: its rights are then the kernel's to enforce.
 */
#pragma once

#include "base/text.h"
#include "host/manager.h"

/* A directory on the host: @base is trusted, @sub (in it) may hold links that a
 * component made, and is resolved beneath @base only. */
struct files_place {
	struct text base;
	struct text sub;
};

void files_place_fini(struct files_place *p);

enum {
	FILES_ELSEWHERE = 1, /* the route does not end at files of the host */
	FILES_INVALID = 2,   /* *ret_why says what is in the way */
};

/*
 * The place that a finished route of a directory or storage leads to; made if
 * it does not exist and the manager keeps it. 0, a verdict, or a fault.
 */
int files_find(struct manager *m, const struct route *route,
	       struct files_place *ret, struct text *ret_why);

/* The place of a directory that @r itself declares, for its own cell. */
int files_find_own(struct manager *m, struct realm *r, const char *path,
		   struct files_place *ret, struct text *ret_why);

/* Remove the storage of a realm that is destroyed, and the directories that
 * were kept for it. */
void files_remove_storage(struct manager *m, struct realm *r);
