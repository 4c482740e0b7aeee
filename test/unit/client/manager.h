/*
 * A manager for one component, in the same process: it writes the bootstrap
 * message by hand and serves /svc from a thread of its own.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "client/directory.h"
#include "reeve.h"
#include "sys/loop.h"
#include "wire/component.h"

struct manager {
	struct loop *loop;
	struct directory *svc; /* served at /svc */
	pthread_t thread;
	atomic_bool is_done;
	int bootstrap, lifecycle, outgoing; /* our ends */
	int component; /* the component's end of the bootstrap channel */
};

/*
 * Everything but the thread. /svc holds "fuchsia.example.Echo", which is served
 * by this manager's thread, and "denied", which it refuses. /data is mounted.
 */
void manager_init(struct manager *m);
/* Join it as a component. */
struct reeve *manager_join(struct manager *m);
void manager_start(struct manager *m);
/* Stops the thread if it runs. */
void manager_fini(struct manager *m);

/* Open @path in the component's outgoing directory; the client's end. */
int manager_open(struct manager *m, const char *path, uint32_t flags);
/* Ask the component to stop. */
void manager_stop(struct manager *m);

/* Tell the component that what provided @path has ended. */
void manager_lose(struct manager *m, const char *path);

/* Write a start message to @fd, with these handles (@svc -1: none). */
void bootstrap_write(int fd, int outgoing, int lifecycle, int svc);
