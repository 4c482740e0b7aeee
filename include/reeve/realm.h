/*
 * One's own children: the Realm protocol.
 *
 * A component that uses fuchsia.sys2.Realm (or fuchsia.component.Realm) from
 * the framework opens it like any service and passes the channel to these
 * functions. It reaches its own children with it and nobody else's.
 *
 * They return 0, an enum reeve_realm_error (above 0) when the manager said no,
 * or a negative errno as in <reeve/channel.h>. Requests on one channel are
 * handled in order; a timeout leaves it usable, but says nothing about whether
 * the request was carried out.
 */
#pragma once

#include <reeve/channel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers of fuchsia.component/Error. */
enum reeve_realm_error {
	REEVE_REALM_INTERNAL = 1,
	REEVE_REALM_INVALID_ARGUMENTS = 2,
	REEVE_REALM_UNSUPPORTED = 3,
	REEVE_REALM_ACCESS_DENIED = 4,
	REEVE_REALM_INSTANCE_NOT_FOUND = 5,
	REEVE_REALM_INSTANCE_ALREADY_EXISTS = 6,
	REEVE_REALM_INSTANCE_CANNOT_START = 7,
	REEVE_REALM_INSTANCE_CANNOT_RESOLVE = 8,
	REEVE_REALM_COLLECTION_NOT_FOUND = 9,
	REEVE_REALM_RESOURCE_UNAVAILABLE = 10,
	REEVE_REALM_INSTANCE_DIED = 11,
	REEVE_REALM_RESOURCE_NOT_FOUND = 12,
	REEVE_REALM_INSTANCE_CANNOT_UNRESOLVE = 13,
	REEVE_REALM_INSTANCE_ALREADY_STARTED = 14,
	REEVE_REALM_DEPENDENCY_CYCLE = 15,
};

/* "INSTANCE_NOT_FOUND" and so on, for messages. */
REEVE_PUBLIC const char *reeve_realm_error_name(int error);

/* A child; @collection is NULL for one that the manifest declares. */
struct reeve_child {
	const char *collection;
	const char *name;
};

/* Make a child in a collection, from the manifest at @url. It does not start
 * before somebody uses it, unless the collection is single_run. */
REEVE_PUBLIC int reeve_realm_create_child(struct reeve_channel *realm,
					  const struct reeve_child *child,
					  const char *url, int timeout_ms);

/* Start the child; *ret is the directory of what it exposes: reeve_open_at().
 */
REEVE_PUBLIC int reeve_realm_bind_child(struct reeve_channel *realm,
					const struct reeve_child *child,
					int timeout_ms,
					struct reeve_channel **ret);

/* The same directory, without starting the child: what is opened in it does. */
REEVE_PUBLIC int reeve_realm_open_exposed(struct reeve_channel *realm,
					  const struct reeve_child *child,
					  int timeout_ms,
					  struct reeve_channel **ret);

/* End a child of a collection, with everything below it. */
REEVE_PUBLIC int reeve_realm_destroy_child(struct reeve_channel *realm,
					   const struct reeve_child *child,
					   int timeout_ms);

/* Anything but 0 ends the listing and is returned. */
typedef int (*reeve_child_fn)(void *userdata, const struct reeve_child *child);

/* Call @fn for each child in @collection. The timeout is for each batch. */
REEVE_PUBLIC int reeve_realm_list_children(struct reeve_channel *realm,
					   const char *collection,
					   int timeout_ms, reeve_child_fn fn,
					   void *userdata);

#ifdef __cplusplus
}
#endif
