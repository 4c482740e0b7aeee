/* User namespaces: their maps, and making one for the sake of its map. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* @n ids from @inside on are @n ids from @outside on. */
struct userns_range {
	uint32_t inside, outside, n;
};

/*
 * Write the uid and gid map of the new namespace that task @pid is in. Without
 * privilege (@may_set_groups false) setgroups is denied first, as the kernel
 * wants it. 0 or -errno.
 */
int userns_write_maps(pid_t pid, struct userns_range uids,
		      struct userns_range gids, int may_set_groups);

/* The user namespace of a task. 0 or -errno. */
int userns_open_task(pid_t pid, int *ret);

/*
 * A namespace with these maps and no task in it: what an idmapped mount needs.
 * As root only. 0 or -errno.
 */
int userns_new(struct userns_range uids, struct userns_range gids, int *ret);
