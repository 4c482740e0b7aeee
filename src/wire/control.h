/*
 * reeve.control: what the tools say to the manager, as fidl/reeve.control.fidl
 * writes it down.
 *
 * One connection carries one request: Request, its empty reply once it was
 * understood, any number of OnData, one OnEnd; and before the latter, if that
 * is what was asked for, a channel to a component.
 */
#pragma once

#include <stdint.h>

#include "wire/codec.h"

/* reeve.control/Control.Request */
#define CONTROL_ORDINAL_REQUEST UINT64_C(0x18d16d53c4c49746)
/* reeve.control/Control.OnData */
#define CONTROL_ORDINAL_ON_DATA UINT64_C(0x554ca051956610bc)
/* reeve.control/Control.OnChannel */
#define CONTROL_ORDINAL_ON_CHANNEL UINT64_C(0x4badb587a3c022bd)
/* reeve.control/Control.OnEnd */
#define CONTROL_ORDINAL_ON_END UINT64_C(0x3a70448c7520e5c6)

enum {
	CONTROL_VERB_MAX = 32,
	CONTROL_ARGUMENT_MAX = 4096,
	CONTROL_ARGUMENTS_MAX = 64,
	CONTROL_DATA_MAX = 60000,
	CONTROL_ERROR_MAX = 4096,
};

struct control_request {
	uint32_t txid;
	struct wire_string verb; /* not empty */
	struct wire_string arguments[CONTROL_ARGUMENTS_MAX];
	uint32_t n_arguments;
};

enum control_event_kind {
	CONTROL_REPLY = 1, /* the request was understood */
	CONTROL_ON_DATA,
	CONTROL_ON_CHANNEL,
	CONTROL_ON_END,
};

/* What the manager sends. */
struct control_event {
	enum control_event_kind kind;
	uint32_t txid;		 /* reply only */
	struct wire_string json; /* data: one JSON value, not checked here */
	uint32_t channel;	 /* channel: a handle, see wire/codec.h */
	/* end: the tool's exit status, and what to tell the person if not 0 */
	int32_t exit_status;
	struct wire_string error;
};

/*
 * Readers: WIRE_UNKNOWN when it is another message (an epitaph, for instance),
 * -EBADMSG when malformed. Writers: -EMSGSIZE, -EINVAL as wire_write().
 */
int control_request_read(const struct message *m, struct control_request *ret);
int control_request_write(struct message *m,
			  const struct control_request *request);
int control_event_read(const struct message *m, struct control_event *ret);
int control_event_write(struct message *m, const struct control_event *event);
