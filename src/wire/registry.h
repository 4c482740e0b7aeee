/*
 * The Registry protocol: names that are registered, found and watched at run
 * time, as fidl/reeve.realm.fidl writes it down.
 *
 * The scope of a connection is the realm that uses it. Requests are answered in
 * their order, but for Watch, which may be answered at any time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"

/* First eight bytes, little-endian, of the SHA-256 of the name; top bit clear.
 */
/* reeve/Registry.Register */
#define REGISTRY_ORDINAL_REGISTER UINT64_C(0x0fcdfb4188935299)
/* reeve/Registry.Unregister */
#define REGISTRY_ORDINAL_UNREGISTER UINT64_C(0x258079620ece0983)
/* reeve/Registry.Connect */
#define REGISTRY_ORDINAL_CONNECT UINT64_C(0x0a2590e8f766c9c4)
/* reeve/Registry.Watch */
#define REGISTRY_ORDINAL_WATCH UINT64_C(0x7d580fbefc737966)

enum {
	REGISTRY_NAME_MAX = 255,
	REGISTRY_PATH_MAX = 4095,
	REGISTRY_PATTERN_MAX = 1024,
	REGISTRY_ACCESS_MAX = 64, /* patterns */
	REGISTRY_WHY_MAX = 1024,
};

/* Of Register. A server refuses what it does not know. */
enum registry_flag {
	/* Put this in the place of an earlier registration of the name. */
	REGISTRY_REPLACE = 0x1,
	/* @access says who may connect; without it the children may. */
	REGISTRY_HAS_ACCESS = 0x2,
	/* No handle is to pass over what is connected. */
	REGISTRY_NO_TRANSFER = 0x4,
};

enum registry_method {
	REGISTRY_REGISTER = 1,
	REGISTRY_UNREGISTER,
	REGISTRY_CONNECT,
	REGISTRY_WATCH,
};

struct registry_request {
	enum registry_method method;
	uint32_t txid;
	struct wire_string name;
	/* Register: in the registrant's outgoing directory; empty for
	 * "/svc/NAME". */
	struct wire_string path;
	uint32_t flags; /* Register: enum registry_flag */
	struct wire_string access[REGISTRY_ACCESS_MAX];
	uint32_t n_access;
	/* Watch: what the caller believes. */
	bool is_known_present;
	uint32_t handle; /* Connect: the provider's end */
};

struct registry_reply {
	enum registry_method method;
	uint32_t txid;
	uint32_t error; /* enum realm_error */
	/* One sentence for people, see wire_string_cut(); empty with REALM_OK.
	 */
	struct wire_string why;
	bool is_present; /* Watch */
};

/*
 * Readers: WIRE_UNKNOWN when the message is not one of these, -EBADMSG when it
 * is malformed. Writers: -EMSGSIZE, -EINVAL as wire_write(); a @why that was
 * left zero is written as empty.
 */
int registry_request_read(const struct message *m,
			  struct registry_request *ret);
int registry_request_write(struct message *m,
			   const struct registry_request *request);
int registry_reply_read(const struct message *m, struct registry_reply *ret);
int registry_reply_write(struct message *m, const struct registry_reply *reply);
