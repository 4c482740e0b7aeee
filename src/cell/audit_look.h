/*
 * Everything that the tasks of one cell have open or mapped.
 *
 * Descriptors are copied here one after the other (pidfd_getfd(2)), asked what
 * they are, and closed; nothing of a component's file system is called into but
 * for what it knows by heart (AT_STATX_DONT_SYNC).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "cell/audit.h"
#include "cell/crew.h"

/* What one cell may have for all of it to be compared; a bound to what it can
 * cost. */
enum {
	AUDIT_OBJECTS_MAX = 65536,
	AUDIT_MOUNTS_MAX = 4096,
	AUDIT_NETS_MAX = 16,
};

enum audit_type {
	AUDIT_TYPE_PIPE,
	AUDIT_TYPE_SOCKET,
	AUDIT_TYPE_FILE,
	/* All of the same kind have one inode; whether two are one only
	 * kcmp(2) can tell. */
	AUDIT_TYPE_ANONYMOUS,
};

struct audit_object {
	enum audit_type type;
	/* Which it is; ANONYMOUS: 0, and of what kind. */
	uint64_t device, inode;
	struct audit_holder holder;
	bool is_foreign; /* its mount is not one of the cell's own */
	bool is_others;	 /* its mount is one of the other cell's */
	bool is_known;	 /* as an edge */
	/* Sockets. */
	bool is_dead; /* it was connected, and shut down */
	bool has_peer;
	uint32_t n_in_flight;
	uint64_t cookie;
	uint64_t peer_cookie, peer_inode; /* 0: not known */
	char own_name[AUDIT_LABEL_MAX], peer_name[AUDIT_LABEL_MAX];
};

/* A mount in a cell. */
struct audit_mount {
	uint64_t id;
	dev_t device; /* of the file system */
};

/* Namespaces in which sockets that were seen were made. */
struct audit_nets {
	struct {
		uint64_t inode;
		int fd;
	} items[AUDIT_NETS_MAX];
	size_t n;
	bool has_ours; /* and in our own */
	bool is_cut;   /* there were more, or there was no telling */
};

/* Who looks. */
struct audit {
	int quit_fd;	 /* to the manager: closed, nobody wants to know */
	uint64_t end_ms; /* of the time there is, on audit_clock() */
	unsigned n_looks;
	bool is_over; /* the time, or the manager */
	struct audit_nets nets;
	struct audit_result *result;
};

struct audit_cell {
	struct audit *audit;
	const struct audit_cell *other;
	pid_t init;
	int cgroup_fd;		    /* -1: it has none */
	bool has_mounts;	    /* they could be read */
	struct audit_mount *mounts; /* by id */
	size_t n_mounts;
	struct audit_object *objects;
	size_t n_objects, size;
	struct crew seen;      /* tasks that were looked at */
	bool has_no_map_files; /* we may not see by which mount it was mapped */
};

/* Milliseconds on the monotonic clock. */
uint64_t audit_clock(void);
/* Is there no time left, or nobody who wants to know? Then it is partial. */
bool audit_is_over(struct audit *a);
/* Something could not be looked at. */
void audit_miss(struct audit *a);

/* Has the cell this mount? */
bool audit_cell_has_mount(const struct audit_cell *c, uint64_t id);
/* Has it one of this file system? */
bool audit_cell_has_device(const struct audit_cell *c, dev_t device);
/* Read its mounts. What cannot be read is a miss. */
void audit_cell_read_mounts(struct audit_cell *c);

/* Look at all its tasks; both cells' mounts were read before. */
void audit_cell_look(struct audit_cell *c);
void audit_cell_fini(struct audit_cell *c);

/* The number of a mount, or that nobody tells it. 0 is a number: the first that
 * the kernel made, on which memory files are. */
enum { AUDIT_MOUNT_UNKNOWN = -1 };
int64_t audit_mount_of(const struct statx *x);

/* One more. With a @mount that is not known its flags are set already. */
void audit_cell_add(struct audit_cell *c, const struct audit_object *o,
		    int64_t mount);

/* The mappings of a task; audit_maps.c. */
void audit_cell_look_at_maps(struct audit_cell *c, pid_t pid);
/* The path of a mapping, or "". */
void audit_map_name(pid_t pid, uint64_t device, uint64_t inode,
		    char ret[static AUDIT_NAME_MAX]);

/* Remember where a socket was made. */
void audit_nets_add(struct audit_nets *n, int socket_fd);
void audit_nets_fini(struct audit_nets *n);
/* Fill in the peers of all sockets of both; their objects are sorted. 0; or
 * -errno, when the kernel does not tell. audit_peers.c. */
int audit_peers_find(struct audit *a, struct audit_cell cells[2]);

/* Sort its objects, and leave one of each; audit_match.c. */
void audit_cell_sort(struct audit_cell *c);
/* The one with that key in a sorted cell, or NULL. */
struct audit_object *audit_cell_find(const struct audit_cell *c,
				     enum audit_type type, uint64_t device,
				     uint64_t inode);
/* Called with each edge, the object in the first cell and that in the second;
 * of these one is NULL if that cell only has the mount it is in. */
typedef void (*audit_edge_fn)(struct audit *a, enum audit_kind kind,
			      const struct audit_object *first,
			      const struct audit_object *second);
/* Compare. */
void audit_match(struct audit *a, struct audit_cell cells[2], audit_edge_fn fn);
