/*
 * Open and Clone: what a path leads to, and with which rights.
 *
 * The rules are those of fuchsia.io in 2019-20. Errors of an Open are told on
 * the new channel alone, as an OnOpen event when DESCRIBE was asked for and as
 * an epitaph in any case; only flags that do not exist, and handles that are no
 * channels, cost the connection that they came on.
 */
#include <string.h>

#include "channel/channel.h"
#include "client/serve.h"
#include "reeve/status.h"
#include "sys/fd.h"

void open_refuse(struct directory *d, int take_server_end, uint32_t flags,
		 int32_t status)
{
	if (flags & IO_FLAG_DESCRIBE)
		describe_open(take_server_end, status, NULL);
	channel_close_epitaph(take_server_end, status, d->is_manager);
}

/* Flags that contradict each other, or ask for more than there is. */
static int32_t flags_check(const struct connection *c, uint32_t flags)
{
	uint32_t rights = flags & IO_RIGHTS;
	const uint32_t both = IO_FLAG_DIRECTORY | IO_FLAG_NOT_DIRECTORY;

	if (c->is_reference)
		return REEVE_ERR_BAD_HANDLE;
	if ((flags & both) == both)
		return REEVE_ERR_INVALID_ARGS;
	if (flags & IO_FLAG_NODE_REFERENCE)
		return flags & ~(uint32_t)IO_FLAGS_WITH_NODE_REFERENCE
			       ? REEVE_ERR_INVALID_ARGS
			       : REEVE_OK;
	if (!rights)
		return REEVE_ERR_INVALID_ARGS;
	if (flags & IO_FLAG_CREATE_IF_ABSENT && !(flags & IO_FLAG_CREATE))
		return REEVE_ERR_INVALID_ARGS;
	return rights & ~c->rights ? REEVE_ERR_ACCESS_DENIED : REEVE_OK;
}

/* The type in @mode, when given, must be that of the node. */
static int32_t mode_check(uint32_t mode, bool is_directory)
{
	switch (mode & IO_MODE_TYPE) {
	case 0:
		return REEVE_OK;
	case IO_MODE_DIRECTORY:
		return is_directory ? REEVE_OK : REEVE_ERR_NOT_DIR;
	case IO_MODE_SERVICE:
		return is_directory ? REEVE_ERR_WRONG_TYPE : REEVE_OK;
	case IO_MODE_FILE:
		return REEVE_ERR_NOT_FILE;
	default:
		return REEVE_ERR_INVALID_ARGS;
	}
}

static int32_t existing_check(uint32_t flags)
{
	if (flags & IO_FLAG_CREATE_IF_ABSENT)
		return REEVE_ERR_ALREADY_EXISTS;
	return flags & (IO_FLAG_TRUNCATE | IO_FLAG_APPEND)
		       ? REEVE_ERR_INVALID_ARGS
		       : REEVE_OK;
}

static int32_t directory_check(const struct io_open *open)
{
	int32_t status = existing_check(open->flags);

	if (status == REEVE_OK && open->flags & IO_FLAG_NOT_DIRECTORY)
		status = REEVE_ERR_NOT_FILE;
	return status == REEVE_OK ? mode_check(open->mode, true) : status;
}

static int32_t service_check(const struct io_open *open, bool wants_directory)
{
	int32_t status = existing_check(open->flags);

	if (status != REEVE_OK)
		return status;
	if (wants_directory || open->flags & IO_FLAG_DIRECTORY)
		return REEVE_ERR_NOT_DIR;
	if (open->flags & (IO_RIGHT_ADMIN | IO_RIGHT_EXECUTABLE))
		return REEVE_ERR_INVALID_ARGS;
	return mode_check(open->mode, false);
}

static void serve_node(struct connection *c, struct node *n, uint32_t flags,
		       int take_server_end)
{
	struct connection_kind kind = {
		.node = n,
		.rights = flags & IO_RIGHTS,
		.is_reference = flags & IO_FLAG_NODE_REFERENCE,
		.describe = flags & IO_FLAG_DESCRIBE,
		.client = c->client,
	};

	if (flags & IO_FLAG_POSIX)
		kind.rights |=
			c->rights & (IO_RIGHT_WRITABLE | IO_RIGHT_EXECUTABLE);
	/* A failure was told on the new channel. */
	(void)connection_new(c->directory, &kind, take_server_end);
}

/*
 * POSIX asks for as many rights as there are. Behind another server these would
 * be that server's, so it is passed on only if this connection holds them all.
 */
static uint32_t flags_to_pass(const struct connection *c,
			      const struct node *leaf, uint32_t flags)
{
	const uint32_t all = IO_RIGHT_WRITABLE | IO_RIGHT_EXECUTABLE;

	if (leaf->kind != DIRECTORY_REMOTE || (c->rights & all) != all)
		flags &= ~(uint32_t)IO_FLAG_POSIX;
	if (leaf->kind == DIRECTORY_SERVICE_DESCRIBED)
		flags &= ~(uint32_t)IO_FLAG_DESCRIBE;
	return flags;
}

static void leaf_open(struct connection *c, struct node *leaf,
		      const struct io_open *open, const char *rest,
		      int take_server_end)
{
	const struct directory_open call = {
		.flags = flags_to_pass(c, leaf, open->flags),
		.mode = open->mode,
		.path = rest,
		.name = leaf->name,
		.client = c->client,
	};

	if (leaf->kind == DIRECTORY_SERVICE_DESCRIBED &&
	    open->flags & IO_FLAG_DESCRIBE)
		describe_open(take_server_end, REEVE_OK, leaf);
	leaf->on_open(leaf->userdata, &call, take_server_end);
}

static int32_t leaf_check(const struct node *leaf, const struct io_open *open,
			  const char *rest, bool wants_directory)
{
	if (leaf->kind == DIRECTORY_INSTANCES)
		return REEVE_OK;
	if (leaf->kind != DIRECTORY_REMOTE)
		return *rest ? REEVE_ERR_NOT_DIR
			     : service_check(open, wants_directory);
	if (open->flags & IO_FLAG_NO_REMOTE)
		return REEVE_ERR_NOT_SUPPORTED;
	/* What lies below is for the remote server to judge. */
	return *rest ? REEVE_OK : directory_check(open);
}

/* Not REEVE_OK: refused, and the server end is still the caller's. */
static int32_t path_open(struct connection *c, const struct io_open *open,
			 const char *path, int take_server_end)
{
	bool wants_directory = path[strlen(path) - 1] == '/';
	struct directory *d = c->directory;
	const char *rest;
	struct node *n;
	int32_t status;

	n = tree_walk(&d->tree, c->node, path, &rest);
	if (node_is_directory(n)) {
		if (*rest)
			return open->flags & IO_FLAG_CREATE
				       ? REEVE_ERR_NOT_SUPPORTED
				       : REEVE_ERR_NOT_FOUND;
		status = directory_check(open);
		if (status == REEVE_OK)
			serve_node(c, n, open->flags, take_server_end);
		return status;
	}
	status = leaf_check(n, open, rest, wants_directory);
	if (status != REEVE_OK)
		return status;
	if (n->kind != DIRECTORY_REMOTE && open->flags & IO_FLAG_NODE_REFERENCE)
		serve_node(c, n, open->flags, take_server_end);
	else
		leaf_open(c, n, open, rest, take_server_end);
	return REEVE_OK;
}

int connection_open(struct connection *c, const struct io_open *open,
		    int take_server_end)
{
	struct directory *d = c->directory;
	char path[IO_PATH_MAX + 1];
	int32_t status;

	if (!channel_is(take_server_end)) {
		fd_close(take_server_end);
		return REEVE_ERR_INVALID_ARGS;
	}
	if (open->flags & ~(uint32_t)IO_FLAGS_OPEN ||
	    open->mode & ~(uint32_t)(IO_MODE_TYPE | IO_MODE_PROTECTION)) {
		open_refuse(d, take_server_end, 0, REEVE_ERR_INVALID_ARGS);
		return REEVE_ERR_INVALID_ARGS;
	}
	status = flags_check(c, open->flags);
	if (status == REEVE_OK &&
	    (io_path_check(open->path) != 0 ||
	     !wire_string_copy(open->path, path, sizeof(path))))
		status = REEVE_ERR_BAD_PATH;
	if (status == REEVE_OK)
		status = path_open(c, open, path, take_server_end);
	if (status != REEVE_OK)
		open_refuse(d, take_server_end, open->flags, status);
	return REEVE_OK;
}

static int32_t clone_check(const struct connection *c, uint32_t flags)
{
	uint32_t rights = flags & IO_RIGHTS;

	if (flags & (IO_FLAG_SAME_RIGHTS | IO_FLAG_NODE_REFERENCE))
		return rights ? REEVE_ERR_INVALID_ARGS : REEVE_OK;
	if (c->is_reference)
		return REEVE_ERR_ACCESS_DENIED;
	if (!rights)
		return REEVE_ERR_INVALID_ARGS;
	return rights & ~c->rights ? REEVE_ERR_ACCESS_DENIED : REEVE_OK;
}

int connection_clone(struct connection *c, const struct io_clone *clone,
		     int take_server_end)
{
	struct directory *d = c->directory;
	uint32_t flags = clone->flags;
	int32_t status;

	if (!channel_is(take_server_end)) {
		fd_close(take_server_end);
		return REEVE_ERR_INVALID_ARGS;
	}
	if (flags & ~(uint32_t)IO_FLAGS_CLONE) {
		open_refuse(d, take_server_end, 0, REEVE_ERR_INVALID_ARGS);
		return REEVE_ERR_INVALID_ARGS;
	}
	status = clone_check(c, flags);
	if (status != REEVE_OK) {
		open_refuse(d, take_server_end, flags, status);
		return REEVE_OK;
	}
	if (flags & IO_FLAG_SAME_RIGHTS)
		flags |= c->rights;
	if (c->is_reference || flags & IO_FLAG_NODE_REFERENCE)
		flags = (flags & ~(uint32_t)IO_RIGHTS) | IO_FLAG_NODE_REFERENCE;
	serve_node(c, c->node, flags, take_server_end);
	return REEVE_OK;
}
