/*
 * What the manager, the launcher and a cell's init say to each other. All three
 * are forks of one program, so messages are plain structs.
 *
 * The launcher and the manager trust each other. The manager does not trust an
 * init: a component that broke its init could speak in its place.
 */
#pragma once

#include <stdint.h>

#include "cell/failure.h"
#include "cell/plan.h"
#include "cell/work.h"

enum protocol_type {
	/* Manager to launcher. */
	PROTOCOL_ASK = 1,  /* make one more blank, when there is time */
	PROTOCOL_HURRY,	   /* somebody waits for those that were asked for */
	PROTOCOL_REGISTER, /* a path follows */
	PROTOCOL_UNREGISTER,
	PROTOCOL_ERASE, /* a name follows, and its directory as a descriptor */
	PROTOCOL_WORK,	/* with a worker's end of its socket */
	/* Launcher to manager. */
	PROTOCOL_BLANK,
	PROTOCOL_NO_BLANK,
	/* Launcher to init: the maps are written. */
	PROTOCOL_GO,
	/* Manager to init. */
	PROTOCOL_PLAN,
	PROTOCOL_SIGNAL,
	PROTOCOL_GUEST, /* with a desk; the rest is unused */
	/* Init to manager. */
	PROTOCOL_LISTENERS,
	PROTOCOL_DIRS,
	PROTOCOL_STARTED,
	PROTOCOL_FAILED,
	PROTOCOL_EXITED,
};

/* A request to the launcher; @path only for those that have one. */
struct protocol_request {
	uint32_t type;
	char path[PLAN_PATH_MAX + 1];
};

/* The first message in a worker's socket: what it is to do. */
struct protocol_work {
	uint32_t kind; /* enum work_kind */
	uint32_t unused;
	char bytes[WORK_BYTES_MAX]; /* as many as there are */
};

/* With descriptors: pidfd, socket, user namespace, mount namespace, and the
 * cgroup if any. */
struct protocol_blank {
	uint32_t type; /* BLANK or NO_BLANK */
	uint32_t uid, gid;
	uint32_t layers;
	uint64_t id;
	int32_t pid;
	char cgroup[256];
	struct cell_failure failure; /* NO_BLANK */
};

/* How the init gets at a mount of the plan. */
enum protocol_mount {
	PROTOCOL_MOUNT_OPEN,   /* opens it itself */
	PROTOCOL_MOUNT_PASSED, /* a descriptor is passed */
	PROTOCOL_MOUNT_ABSENT, /* optional, and not there */
};

/*
 * In front of the encoded plan. Descriptors in this order: standard input,
 * output and error (those whose bit is set), the files, the mounts that are
 * passed, and for each further cgroup to enter its list of tasks.
 */
struct protocol_plan {
	uint32_t type;
	uint32_t stdio; /* bit 0: input, 1: output, 2: error */
	uint32_t n_files;
	uint32_t n_groups;
	uint8_t mounts[PLAN_MOUNTS_MAX]; /* enum protocol_mount */
};

/* What a running cell's init is asked. */
struct protocol_signal {
	uint32_t type;
	int32_t signo;
	uint32_t all;
};

struct protocol_event {
	uint32_t type;
	uint32_t first;		     /* LISTENERS, DIRS */
	uint32_t missing;	     /* STARTED */
	int32_t code, signal;	     /* EXITED */
	struct cell_failure failure; /* FAILED */
};
