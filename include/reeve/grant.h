/*
 * Giving and taking back: what a component does with its children while
 * everything runs.
 *
 * A component that uses reeve.Realm from the framework opens
 * "/svc/reeve.Realm" like any service and passes the channel to these
 * functions. (The channel of <reeve/realm.h> is to another protocol.) It can
 * give to its own children only, what it has itself and no more rights than it
 * has; and it can take back what it gave, with everything that was derived from
 * it.
 *
 * They return 0, an enum reeve_realm_error (above 0, see <reeve/realm.h>) when
 * the manager said no, for which reeve_realm_why() has the sentence, or a
 * negative errno as in <reeve/channel.h>; -EINVAL for a string that is too long
 * (names of capabilities 255 bytes, of children 1024, paths 4095, URLs 4096) or
 * not UTF-8; -EBUSY on a channel that is watched by a loop. Outputs are set
 * only with 0. Requests on one channel are carried out in order; a timeout
 * leaves it usable, but says nothing about whether the request was carried out.
 *
 * Strings are copied; structs are all zero but for what is needed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <reeve/channel.h>
#include <reeve/realm.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Why the last of these requests on the channel was refused, in one sentence
 * for people; "" when it was not. Lives until the next request or the close.
 */
REEVE_PUBLIC const char *reeve_realm_why(const struct reeve_channel *realm);

/* ---- giving ---- */

enum reeve_capability_type {
	REEVE_CAPABILITY_SERVICE = 1,
	REEVE_CAPABILITY_DIRECTORY = 2,
	REEVE_CAPABILITY_STORAGE = 3,
};

/* The rights of a directory, as in fuchsia.io. */
enum reeve_right {
	REEVE_RIGHT_READABLE = 0x1,
	REEVE_RIGHT_WRITABLE = 0x2,
	REEVE_RIGHT_EXECUTABLE = 0x8,
};

struct reeve_grant_spec {
	enum reeve_capability_type type;
	/* "parent", "self" or "#child". NULL: from wherever one has it, what
	 * one was given before what is one's own. */
	const char *from;
	const char *name; /* what it is called here */
	const char *as;	  /* what it will be called; NULL: the same */
	/* Where it appears in the child's namespace. NULL: /svc/NAME for a
	 * service, /grants/NAME for the others. Below /grants in any case is
	 * what is not a service and is given to a child that runs. */
	const char *path;
	uint32_t rights;     /* enum reeve_right; 0: all that one has */
	const char *subdir;  /* below the directory; NULL: all of it */
	uint64_t expires_ms; /* from now; 0: never */
	uint32_t uses;	     /* how often it may be opened; 0: any number */
	/* No handle is to pass over what is connected. */
	bool no_transfer;
	/* A holder that still has files of it open when it is revoked is
	 * restarted. */
	bool restart_on_revoke;
};

/* Give a capability to a child, which has it when this returns. *ret_id is the
 * grant's number, for reeve_revoke(). */
REEVE_PUBLIC int reeve_grant(struct reeve_channel *realm,
			     const struct reeve_child *child,
			     const struct reeve_grant_spec *spec,
			     int timeout_ms, uint64_t *ret_id);

/*
 * Make a weaker copy of what one has, called @spec->as, to be given on or
 * connected to. Revoking the copy takes it from everyone who has it from there,
 * and leaves one's own as it is.
 */
REEVE_PUBLIC int reeve_derive(struct reeve_channel *realm,
			      const struct reeve_grant_spec *spec,
			      int timeout_ms, uint64_t *ret_id);

/* One grant, copy or registration that stands. */
struct reeve_grant_info {
	uint64_t id;
	const char *child; /* its moniker; "" for what is one's own */
	const char *name, *as;
	uint32_t rights;
	uint64_t expires_in_ms; /* 0: never */
	uint32_t uses_left;	/* UINT32_MAX: any number */
	uint32_t n_connections; /* that live through it */
	uint32_t n_derived;	/* that were made from it */
};

/* Anything but 0 ends the listing and is returned. The strings live during the
 * call. It may make requests on the same channel. */
typedef int (*reeve_grant_fn)(void *userdata,
			      const struct reeve_grant_info *grant);

/* Call @fn for what this component gave, copied and registered, by rising
 * number. The timeout is for each batch. */
REEVE_PUBLIC int reeve_list_grants(struct reeve_channel *realm, int timeout_ms,
				   reeve_grant_fn fn, void *userdata);

/* ---- taking back ---- */

enum reeve_revoke_flag {
	/* Restart who still has files of a revoked directory open. */
	REEVE_REVOKE_RESTART = 0x1,
};

/* What was done. */
struct reeve_revoke_report {
	uint32_t n_connections; /* cut */
	uint32_t n_slots;	/* grants and offers that ended with it */
	/* Components that were killed, because it could not be proven otherwise
	 * that they hold nothing any more. */
	uint32_t n_killed;
	/* Files of a revoked directory that holders still have open. */
	uint32_t n_open_files;
	uint64_t microseconds;
};

/*
 * Take back a grant or a copy, and everything that was derived from it. With 0,
 * every connection through it is dead in every holder, and not before: this can
 * take seconds when a holder resists. REEVE_REALM_INTERNAL when it was taken
 * back, but something could not be proven to be dead. @ret may be NULL.
 */
REEVE_PUBLIC int reeve_revoke(struct reeve_channel *realm, uint64_t id,
			      uint32_t flags, int timeout_ms,
			      struct reeve_revoke_report *ret);

/* The same for what is offered to the child under @name, whether by a grant or
 * by the manifest. */
REEVE_PUBLIC int reeve_revoke_name(struct reeve_channel *realm,
				   const struct reeve_child *child,
				   const char *name, uint32_t flags,
				   int timeout_ms,
				   struct reeve_revoke_report *ret);

/* The same for all that the child has: every grant, offer and connection. */
REEVE_PUBLIC int reeve_revoke_child(struct reeve_channel *realm,
				    const struct reeve_child *child,
				    uint32_t flags, int timeout_ms,
				    struct reeve_revoke_report *ret);

/* Cut one connection, which one provides or opened, for everyone who has an end
 * of it: see reeve_channel_id(). */
REEVE_PUBLIC int reeve_close_connection(struct reeve_channel *realm,
					uint64_t id, uint32_t flags,
					int timeout_ms,
					struct reeve_revoke_report *ret);

/* ---- children ---- */

/* Of a child with everything below it. 0 is no limit of its own: one's own
 * holds for it in any case. */
struct reeve_limits {
	uint64_t memory_min, memory_max; /* bytes */
	uint32_t cpu_share; /* weight among siblings; 100 is usual */
	uint32_t cpu_max;   /* percent of one processor */
	uint32_t tasks_max;
	uint32_t opens; /* that wait for a provider */
	uint32_t connections, channels, children;
	uint32_t requests_per_second; /* to the manager */
};

struct reeve_child_options {
	const char *url;
	bool is_eager; /* starts at once */
	/* At most 32; in one request with the child, so it never runs without
	 * them. */
	const struct reeve_grant_spec *offers;
	size_t n_offers;
	struct reeve_limits limits;
};

/*
 * Make a child in a collection, with what it is offered and may spend. When it
 * is refused, there is no child. -EMSGSIZE for offers longer than a message,
 * -EINVAL for more than 32 or without a collection.
 */
REEVE_PUBLIC int reeve_create_child_with(
	struct reeve_channel *realm, const struct reeve_child *child,
	const struct reeve_child_options *options, int timeout_ms);

/* Start a child without opening anything of it. 0 also when it runs. */
REEVE_PUBLIC int reeve_start_child(struct reeve_channel *realm,
				   const struct reeve_child *child,
				   int timeout_ms);

/* Stop a child, with what is below it: asked, and after the grace period
 * killed. 0 when it has stopped. The next open starts it again. */
REEVE_PUBLIC int reeve_stop_child(struct reeve_channel *realm,
				  const struct reeve_child *child,
				  int timeout_ms);

/* Give a child, which may be running, other limits in the place of those it
 * has. REEVE_REALM_RESOURCE_UNAVAILABLE when it uses more than that now. */
REEVE_PUBLIC int reeve_set_limits(struct reeve_channel *realm,
				  const struct reeve_child *child,
				  const struct reeve_limits *limits,
				  int timeout_ms);

/* What a child with everything below it uses. */
struct reeve_usage {
	uint64_t memory_bytes, memory_peak_bytes;
	uint64_t memory_max_bytes; /* 0: no limit */
	uint64_t limit_hits; /* how often that of memory or tasks was met */
	uint32_t tasks, tasks_max; /* 0: no limit */
	uint64_t cpu_us;	   /* processor time, all of it */
	uint64_t throttled_us;	   /* time that cpu_max took away */
	uint32_t connections, opens;
	uint32_t refused; /* requests, for a limit of its account */
};

REEVE_PUBLIC int reeve_get_usage(struct reeve_channel *realm,
				 const struct reeve_child *child,
				 int timeout_ms, struct reeve_usage *ret);

#ifdef __cplusplus
}
#endif
