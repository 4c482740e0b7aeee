/*
 * The Realm protocol: what a component may do with its own children, as
 * fidl/fuchsia.sys2.fidl (the seed's form) and fidl/fuchsia.component.fidl (the
 * modern one) write it down. One reader takes both; a reply is written in the
 * form of its request.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"

/* First eight bytes, little-endian, of the SHA-256 of the name; top bit clear.
 */
/* fuchsia.sys2/Realm.BindChild */
#define REALM_SYS2_ORDINAL_BIND_CHILD UINT64_C(0x39e4908dc5362981)
/* fuchsia.sys2/Realm.CreateChild */
#define REALM_SYS2_ORDINAL_CREATE_CHILD UINT64_C(0x4a172f9123f40725)
/* fuchsia.sys2/Realm.DestroyChild */
#define REALM_SYS2_ORDINAL_DESTROY_CHILD UINT64_C(0x632533e8e2211eff)
/* fuchsia.sys2/Realm.ListChildren */
#define REALM_SYS2_ORDINAL_LIST_CHILDREN UINT64_C(0x595e11cb39c2c100)
/* fuchsia.sys2/ChildIterator.Next */
#define REALM_SYS2_ORDINAL_NEXT UINT64_C(0x3df176acd499b1f1)
/* fuchsia.component/Realm.OpenExposedDir */
#define REALM_MODERN_ORDINAL_OPEN_EXPOSED_DIR UINT64_C(0x7f993235ca59f92c)
/* fuchsia.component/Realm.CreateChild */
#define REALM_MODERN_ORDINAL_CREATE_CHILD UINT64_C(0x43e48ce8483d7560)
/* fuchsia.component/Realm.DestroyChild */
#define REALM_MODERN_ORDINAL_DESTROY_CHILD UINT64_C(0x71d8caf8850c9222)
/* fuchsia.component/Realm.ListChildren */
#define REALM_MODERN_ORDINAL_LIST_CHILDREN UINT64_C(0x6888a76683efc0a1)
/* fuchsia.component/ChildIterator.Next */
#define REALM_MODERN_ORDINAL_NEXT UINT64_C(0x40e4c3882b050d08)

enum {
	REALM_NAME_MAX = 1024, /* of a child or a collection */
	REALM_URL_MAX = 4096,
	REALM_BATCH_MAX = 128, /* children in one reply of Next */
};

enum realm_method {
	REALM_BIND_CHILD = 1,	/* sys2 only */
	REALM_OPEN_EXPOSED_DIR, /* modern only */
	REALM_CREATE_CHILD,
	REALM_DESTROY_CHILD,
	REALM_LIST_CHILDREN,
	REALM_NEXT, /* of protocol ChildIterator */
};

/* fuchsia.component/Error. */
enum realm_error {
	REALM_OK = 0,
	REALM_ERROR_INTERNAL = 1,
	REALM_ERROR_INVALID_ARGUMENTS = 2,
	REALM_ERROR_UNSUPPORTED = 3,
	REALM_ERROR_ACCESS_DENIED = 4,
	REALM_ERROR_INSTANCE_NOT_FOUND = 5,
	REALM_ERROR_INSTANCE_ALREADY_EXISTS = 6,
	REALM_ERROR_INSTANCE_CANNOT_START = 7,
	REALM_ERROR_INSTANCE_CANNOT_RESOLVE = 8,
	REALM_ERROR_COLLECTION_NOT_FOUND = 9,
	REALM_ERROR_RESOURCE_UNAVAILABLE = 10,
	REALM_ERROR_INSTANCE_DIED = 11,
	REALM_ERROR_RESOURCE_NOT_FOUND = 12,
	REALM_ERROR_INSTANCE_CANNOT_UNRESOLVE = 13,
	REALM_ERROR_INSTANCE_ALREADY_STARTED = 14,
	REALM_ERROR_DEPENDENCY_CYCLE = 15,
	REALM_ERROR_MAX = 15,
};

/* "INSTANCE_NOT_FOUND"; "OK"; "UNKNOWN". Static. */
const char *realm_error_name(uint32_t error);

struct realm_child_ref {
	struct wire_string name;
	struct wire_string collection; /* absent for a static child */
};

enum realm_startup {
	REALM_STARTUP_LAZY = 0,
	REALM_STARTUP_EAGER = 1,
};

/* The declaration of a child: a table, so each field may be missing. */
struct realm_child {
	uint64_t has; /* enum realm_child_has */
	struct wire_string name, url;
	uint32_t startup; /* enum realm_startup */
};

enum realm_child_has {
	REALM_CHILD_NAME = 1 << 0,
	REALM_CHILD_URL = 1 << 1,
	REALM_CHILD_STARTUP = 1 << 2,
};

struct realm_request {
	enum realm_method method;
	bool is_modern; /* of library fuchsia.component */
	uint32_t txid;
	/* BindChild, OpenExposedDir, DestroyChild. */
	struct realm_child_ref child;
	/* CreateChild, ListChildren. */
	struct wire_string collection;
	struct realm_child decl;
	/* CreateChild: the declaration or the arguments have fields that we do
	 * not know. A server answers UNSUPPORTED rather than ignoring them. */
	bool has_unknown;
	/* BindChild, OpenExposedDir: server end of the exposed directory;
	 * ListChildren: server end of a ChildIterator. */
	uint32_t handle;
};

struct realm_reply {
	enum realm_method method;
	bool is_modern;
	uint32_t txid;
	uint32_t error; /* enum realm_error; always REALM_OK for Next */
	/* Next: empty at the end. */
	struct realm_child_ref children[REALM_BATCH_MAX];
	uint32_t n_children;
};

/*
 * Readers: WIRE_UNKNOWN when the message is not one of these, -EBADMSG when it
 * is malformed. Writers: -EMSGSIZE, -EINVAL as wire_write().
 */
int realm_request_read(const struct message *m, struct realm_request *ret);
int realm_request_write(struct message *m, const struct realm_request *request);
int realm_reply_read(const struct message *m, struct realm_reply *ret);
int realm_reply_write(struct message *m, const struct realm_reply *reply);
