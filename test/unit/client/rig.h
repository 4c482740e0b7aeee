/*
 * A directory server and a client of it, in one thread: the client writes, the
 * server's loop is turned, the client reads.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "channel/channel.h"
#include "client/directory.h"
#include "sys/loop.h"
#include "wire/io.h"

/* What the entries' callback saw last. */
struct rig_open {
	unsigned n;
	uint32_t flags, mode;
	char path[IO_PATH_MAX + 1], name[IO_NAME_MAX + 1];
	uint64_t client;
	int fd;
};

struct rig {
	struct loop *loop;
	struct directory *d;
	int client; /* a connection to the root */
	struct rig_open open;
	int n_fds; /* open in this process before */
};

enum { RIG_CLIENT = 7 };

/*
 * svc/one and svc/two are services, svc/told one that is described, far is a
 * remote directory, empty an empty one.
 */
void rig_init(struct rig *rig, uint32_t rights,
	      const struct directory_limits *limits);
/* Checks that no descriptor is left. */
void rig_fini(struct rig *rig);
void rig_on_open(void *userdata, const struct directory_open *open,
		 int take_server_end);

/* Let the server do all that it has to do. */
void rig_turn(struct rig *rig);

/* Descriptors open in this process. */
int count_fds(void);

/* Send one request, with @handle as its handle, which is taken (-1: none). */
void request_send(int fd, struct io_request *request, int handle);

/* The same, a turn, and the reply; its strings live until the next call. */
void request_call(struct rig *rig, int fd, struct io_request *request,
		  int handle, struct io_reply *ret);

/* A call without arguments whose reply is a status. */
int32_t request_status(struct rig *rig, int fd, enum io_method method);

/* Open or clone; returns the client's end, after a turn. */
int rig_open_at(struct rig *rig, int fd, const char *path, uint32_t flags,
		uint32_t mode);
int rig_clone(struct rig *rig, int fd, uint32_t flags);

/* The next message on @fd is an OnOpen with this status and kind. */
void expect_on_open(int fd, int32_t status, uint64_t kind);
/* The next message is an epitaph, and the last. Closes @fd. */
void expect_epitaph(int fd, int32_t status);
/* Nothing waits, and it is open. */
void expect_quiet(int fd);
/* Closed without a word. Closes @fd. */
void expect_closed(int fd);

/* The names of a directory, with blanks between. */
const char *list_names(struct rig *rig, int fd);
/* The events that wait at a watcher: "+name", "-name", "=name", ".", "x". */
const char *watch_events(int fd);
