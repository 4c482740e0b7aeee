/*
 * reeve.component: what a component is told at its start and at its end, as
 * fidl/reeve.component.fidl writes it down.
 */
#pragma once

#include <stdint.h>

#include "wire/codec.h"

/* reeve.component/Bootstrap.OnStart */
#define COMPONENT_ORDINAL_ON_START UINT64_C(0x6babdbfa6a531e05)
/* reeve.component/Lifecycle.Stop */
#define COMPONENT_ORDINAL_STOP UINT64_C(0x6efedf276bf5ef11)
/* reeve.component/Lifecycle.Lost */
#define COMPONENT_ORDINAL_LOST UINT64_C(0x65a84c25307125fe)

enum {
	COMPONENT_STRING_MAX = 4096, /* moniker, URL, path, argument */
	COMPONENT_ARGS_MAX = 64,
	COMPONENT_NAMESPACE_MAX = 64,
	/* Of these, at most so many carry a handle. */
	COMPONENT_NAMESPACE_HANDLES_MAX = 32,
};

struct component_namespace_entry {
	struct wire_string path;
	/* WIRE_NO_HANDLE when the path is simply mounted in the cell. */
	uint32_t directory;
};

struct component_start_info {
	struct wire_string moniker, url;
	struct wire_string args[COMPONENT_ARGS_MAX];
	uint32_t n_args;
	struct component_namespace_entry ns[COMPONENT_NAMESPACE_MAX];
	uint32_t n_ns;
	/* Both required. The receiving end of the outgoing directory, and the
	 * client end of Lifecycle. */
	uint32_t outgoing, lifecycle;
};

enum component_event {
	COMPONENT_ON_START = 1, /* on the bootstrap channel, first and only */
	COMPONENT_STOP,		/* on the lifecycle channel */
	COMPONENT_LOST,		/* the same */
};

/*
 * Readers: WIRE_UNKNOWN when it is another message, -EBADMSG when malformed.
 * Writers: -EMSGSIZE, -EINVAL as wire_write(). A struct of 4 KiB: zeroed before
 * it is read to.
 */
int component_start_read(const struct message *m,
			 struct component_start_info *ret);
int component_start_write(struct message *m,
			  const struct component_start_info *info);

/* Lifecycle.Stop: finish and exit; the channel closes when you are gone. */
int component_stop_read(const struct message *m);
int component_stop_write(struct message *m);

/* Lifecycle.Lost: what provided the use at @path has ended. */
struct component_lost {
	struct wire_string path;
};
int component_lost_read(const struct message *m, struct component_lost *ret);
int component_lost_write(struct message *m, const struct component_lost *lost);
