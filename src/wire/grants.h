/*
 * The reeve.Realm protocol: what a component gives to its children and takes
 * back from them, as fidl/reeve.realm.fidl writes it down.
 *
 * The scope of a connection is the realm that uses it; its children are the
 * ones that are named, and the grants it made are the ones that are numbered.
 * Requests are answered in their order.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"
#include "wire/realm.h"

/* First eight bytes, little-endian, of the SHA-256 of the name; top bit clear.
 */
/* reeve/Realm.Grant */
#define GRANTS_ORDINAL_GRANT UINT64_C(0x52563e09bd883cdd)
/* reeve/Realm.Derive */
#define GRANTS_ORDINAL_DERIVE UINT64_C(0x574a66e375c82728)
/* reeve/Realm.Revoke */
#define GRANTS_ORDINAL_REVOKE UINT64_C(0x58f2435e7be15206)
/* reeve/Realm.RevokeChild */
#define GRANTS_ORDINAL_REVOKE_CHILD UINT64_C(0x0e741a7dd6dee3df)
/* reeve/Realm.CloseConnection */
#define GRANTS_ORDINAL_CLOSE_CONNECTION UINT64_C(0x735ad71a91ca8663)
/* reeve/Realm.ListGrants */
#define GRANTS_ORDINAL_LIST_GRANTS UINT64_C(0x318b64b41371c264)
/* reeve/Realm.CreateChild */
#define GRANTS_ORDINAL_CREATE_CHILD UINT64_C(0x0abfa09a13805d00)
/* reeve/Realm.StartChild */
#define GRANTS_ORDINAL_START_CHILD UINT64_C(0x0966fc571f221e1c)
/* reeve/Realm.StopChild */
#define GRANTS_ORDINAL_STOP_CHILD UINT64_C(0x16210b5c2380b7d8)
/* reeve/Realm.SetLimits */
#define GRANTS_ORDINAL_SET_LIMITS UINT64_C(0x1988d3f7be45d5ae)
/* reeve/Realm.GetUsage */
#define GRANTS_ORDINAL_GET_USAGE UINT64_C(0x616327bf9cb10cba)

enum {
	GRANTS_NAME_MAX = 255,	      /* of a capability */
	GRANTS_CHILD_NAME_MAX = 1024, /* of a child or a collection */
	GRANTS_PATH_MAX = 4095,
	GRANTS_MONIKER_MAX = 4096,
	GRANTS_URL_MAX = 4096,
	GRANTS_WHY_MAX = 1024,
	GRANTS_OFFERS_MAX = 32,
	GRANTS_BATCH_MAX = 64, /* entries in one reply of ListGrants */
};

enum grants_method {
	GRANTS_GRANT = 1,
	GRANTS_DERIVE,
	GRANTS_REVOKE,
	GRANTS_REVOKE_CHILD,
	GRANTS_CLOSE_CONNECTION,
	GRANTS_LIST_GRANTS,
	GRANTS_CREATE_CHILD,
	GRANTS_START_CHILD,
	GRANTS_STOP_CHILD,
	GRANTS_SET_LIMITS,
	GRANTS_GET_USAGE,
};

/* The readers take any number for types and flags, so that a server can say
 * why it refuses one. */
enum grants_type {
	GRANTS_SERVICE = 1,
	GRANTS_DIRECTORY = 2,
	GRANTS_STORAGE = 3,
};

/* Of a struct grants_spec. */
enum grants_spec_flag {
	/* No handle is to pass over what is connected. */
	GRANTS_NO_TRANSFER = 0x1,
	/* A holder with files still open is restarted when this is revoked. */
	GRANTS_RESTART_ON_REVOKE = 0x2,
};

/* Of Revoke, RevokeChild and CloseConnection. */
enum grants_revoke_flag {
	GRANTS_RESTART = 0x1, /* holders with files still open */
};

#define GRANTS_USES_ANY UINT32_MAX

/* What is to be given. */
struct grants_spec {
	uint32_t type; /* enum grants_type */
	/* "parent", "self", "#child"; empty: from wherever the caller has it.
	 */
	struct wire_string from;
	struct wire_string name;
	struct wire_string as;	 /* its name there; empty: the same */
	struct wire_string path; /* empty: the usual place */
	uint32_t rights;	 /* enum io_right; 0: as the caller has it */
	struct wire_string subdir;
	uint64_t expires_ms; /* from now; 0: never */
	uint32_t uses;	     /* opens; 0: any number */
	uint32_t flags;	     /* enum grants_spec_flag */
};

/* Of a child with what is below it. 0: none of its own. */
struct grants_limits {
	uint64_t memory_min, memory_max; /* bytes */
	uint32_t cpu_share, cpu_max;	 /* weight; percent of one CPU */
	uint32_t tasks_max;
	uint32_t opens, connections, channels, children;
	uint32_t requests_per_second;
};

struct grants_usage {
	uint64_t memory_bytes, memory_peak_bytes, memory_max_bytes;
	uint64_t limit_hits;
	uint32_t tasks, tasks_max;
	uint64_t cpu_us, throttled_us;
	uint32_t connections, opens, refused;
};

/* What a revocation did. */
struct grants_report {
	uint32_t n_connections, n_slots; /* cut */
	uint32_t n_killed;		 /* cells that had to be killed */
	uint32_t n_open_files;		 /* of revoked directories */
	uint64_t microseconds;
};

/* One grant that stands. */
struct grants_entry {
	uint64_t id;
	struct wire_string child; /* its moniker; empty: one's own */
	struct wire_string name, as;
	uint32_t rights;
	uint64_t expires_in_ms; /* 0: never */
	uint32_t uses_left;	/* GRANTS_USES_ANY */
	uint32_t n_connections, n_derived;
};

struct grants_request {
	enum grants_method method;
	uint32_t txid;
	/* Grant, Revoke (empty name: none), RevokeChild, StartChild, StopChild,
	 * SetLimits, GetUsage. */
	struct realm_child_ref child;
	struct grants_spec spec; /* Grant, Derive */
	/* Revoke: the grant, or 0 for what is called @name. CloseConnection:
	 * the connection. ListGrants: entries after this one. */
	uint64_t id;
	/* Revoke: of the capability. CreateChild: of the child. */
	struct wire_string name;
	uint32_t flags; /* enum grants_revoke_flag */
	/* CreateChild. */
	struct wire_string collection, url;
	uint32_t startup; /* enum realm_startup */
	struct grants_spec offers[GRANTS_OFFERS_MAX];
	uint32_t n_offers;
	struct grants_limits limits; /* and SetLimits */
};

struct grants_reply {
	enum grants_method method;
	uint32_t txid;
	uint32_t error; /* enum realm_error */
	/* One sentence for people, see wire_string_cut(); empty with REALM_OK.
	 */
	struct wire_string why;
	uint64_t id;		     /* Grant, Derive */
	struct grants_report report; /* Revoke, RevokeChild, CloseConnection */
	struct grants_usage usage;   /* GetUsage */
	/* ListGrants, by rising id; empty at the end. */
	struct grants_entry entries[GRANTS_BATCH_MAX];
	uint32_t n_entries;
};

/*
 * Readers: WIRE_UNKNOWN when the message is not one of these, -EBADMSG when it
 * is malformed. Writers: -EMSGSIZE, -EINVAL as wire_write(). Strings that were
 * left zero are written as empty, but for the collection of @child, which is
 * absent then. Both structs are large: not for a deep stack.
 */
int grants_request_read(const struct message *m, struct grants_request *ret);
int grants_request_write(struct message *m,
			 const struct grants_request *request);
int grants_reply_read(const struct message *m, struct grants_reply *ret);
int grants_reply_write(struct message *m, const struct grants_reply *reply);

/*
 * Add an entry to a reply of ListGrants. False, and nothing added, when it
 * would be one too many or the message longer than messages can be: send what
 * is there, the rest is asked for by id.
 */
bool grants_reply_add(struct grants_reply *reply,
		      const struct grants_entry *entry);
