/*
 * The registry: services that are registered, found and watched by name while
 * everything runs.
 *
 * A component that uses reeve.Registry from the framework may call these. Whom
 * a name reaches follows from the tree, not from the name: what a component
 * registers its children can connect to, unless its access list says less, and
 * its parent; siblings reach nothing of each other. A name is looked up in what
 * was given to oneself first, then in what the parent registered, then in what
 * the children did.
 *
 * They return 0, an enum reeve_realm_error (above 0, see <reeve/realm.h>) when
 * the manager said no, for which reeve_registry_why() has the sentence, or a
 * negative errno: -ENOENT or -EACCES when the component does not use the
 * registry, -EINVAL for a name or path longer than 255 or 4095 bytes or not
 * UTF-8, otherwise as in <reeve/channel.h>. Outputs are set only with 0. After
 * -ETIMEDOUT it is not known whether the request was carried out.
 *
 * They wait for the manager, which asks no other component, and may be called
 * in handlers. They belong to the thread of the struct reeve.
 */
#pragma once

#include <reeve.h>
#include <reeve/realm.h>

#ifdef __cplusplus
extern "C" {
#endif

struct reeve_registration {
	/* Where the service stands in the outgoing directory; NULL for
	 * "/svc/NAME". */
	const char *path;
	/* Who may connect: "children", "#child", "/shop/web"; a moniker may
	 * end in a star. At most 64 of at most 1024 bytes, NULL ends; an empty
	 * list is nobody. NULL: whoever reaches it, see above. */
	const char *const *access;
	/* Take the place of an earlier registration of the name, whose
	 * connections are cut. Otherwise REEVE_REALM_INSTANCE_ALREADY_EXISTS.
	 */
	bool replace;
	/* No handle is to pass over what is connected. */
	bool no_transfer;
};

/*
 * Serve a service, as reeve_serve() does, and register it under @name. NULL for
 * @options is all zero. With @fn NULL the path is already served and stays so.
 * Waits up to ten seconds. -EEXIST when the path is served and @fn is not NULL;
 * others as reeve_serve(). Unless 0 is returned, nothing more is served than
 * before. Registrations end with the program.
 */
REEVE_PUBLIC int reeve_register(struct reeve *r, const char *name,
				const struct reeve_registration *options,
				reeve_open_fn fn, void *userdata);

/*
 * End it: everything that was connected through it is cut when this returns 0.
 * What reeve_register() began to serve is not served any more, whatever is
 * returned.
 */
REEVE_PUBLIC int reeve_unregister(struct reeve *r, const char *name,
				  int timeout_ms);

/*
 * Connect to what @name stands for. With 0 the manager has found it, allowed it
 * and handed the channel over; the provider may still be starting, and may
 * still close it. REEVE_REALM_RESOURCE_NOT_FOUND when there is nothing.
 */
REEVE_PUBLIC int reeve_connect(struct reeve *r, const char *name,
			       int timeout_ms, struct reeve_channel **ret);

/* Wait until @name can be found, or, with @present false, cannot. -ETIMEDOUT.
 */
REEVE_PUBLIC int reeve_wait_name(struct reeve *r, const char *name,
				 bool present, int timeout_ms);

struct reeve_name_watch;

/*
 * @presence is 1 when @name can be found from now on, and 0 when it cannot. A
 * negative errno is the last call, after which the watch is freed: -EACCES and
 * so on when the manager refuses to watch that name, -EPIPE when the manager
 * ended it. May do anything but reeve_leave().
 */
typedef void (*reeve_name_fn)(struct reeve *r, const char *name, int presence,
			      void *userdata);

/*
 * Call @fn in the loop each time the presence of @name changes; at first it
 * counts as absent, so the first call comes soon if it is there. Of changes
 * that follow each other quickly some may be left out, but not the last one.
 * Each watch has a channel of its own to the manager. Returns at once.
 */
REEVE_PUBLIC int reeve_watch_name(struct reeve *r, const char *name,
				  reeve_name_fn fn, void *userdata,
				  struct reeve_name_watch **ret);

/* End it without a last call. NULL is allowed. May be called from its own
 * handler. reeve_leave() does it for those that are left. */
REEVE_PUBLIC void reeve_unwatch_name(struct reeve_name_watch *take_watch);

/*
 * Why the registry refused the last request, in one sentence for people; ""
 * when it did not. Lives until the next call of this header.
 */
REEVE_PUBLIC const char *reeve_registry_why(const struct reeve *r);

#ifdef __cplusplus
}
#endif
