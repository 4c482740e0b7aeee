/*
 * The shape of each object a manifest is made of: which keys it may have, of
 * which type, in which dialect.
 *
 * What is true of a key by itself is a row of a table here; what holds between
 * keys and values is code in the reader of that section.
 */
#pragma once

#include "manifest/load.h"

enum key {
	KEY_ACCESS,
	KEY_ALLOWED_OFFERS,
	KEY_ARGS,
	KEY_AS,
	KEY_AVAILABILITY,
	KEY_BACKING_DIR,
	KEY_BINARY,
	KEY_CAPABILITIES,
	KEY_CAPABILITY,
	KEY_CHANNELS,
	KEY_CHILDREN,
	KEY_COLLECTIONS,
	KEY_CONFIG,
	KEY_CONNECTIONS,
	KEY_CPU,
	KEY_DEBUG,
	KEY_DEFAULT,
	KEY_DELAY_MS,
	KEY_DELIVERY,
	KEY_DEPENDENCY,
	KEY_DEST,
	KEY_DICTIONARY,
	KEY_DIRECTORY,
	KEY_DURABILITY,
	KEY_ELEMENT,
	KEY_ENV,
	KEY_ENVIRON,
	KEY_ENVIRONMENT,
	KEY_ENVIRONMENTS,
	KEY_EVENT,
	KEY_EVENT_STREAM,
	KEY_EXPOSE,
	KEY_EXTENDS,
	KEY_FACETS,
	KEY_FILTER,
	KEY_FORGET_MS,
	KEY_FORWARD_STDERR_TO,
	KEY_FORWARD_STDOUT_TO,
	KEY_FROM,
	KEY_GIVE_UP,
	KEY_IF_PROVIDER_ENDS,
	KEY_INCLUDE,
	KEY_INDIRECT,
	KEY_KEY,
	KEY_LEGACY_SERVICE,
	KEY_LEGACY_SERVICES,
	KEY_LIFECYCLE,
	KEY_LIMITS,
	KEY_MAX,
	KEY_MAX_COUNT,
	KEY_MAX_DELAY_MS,
	KEY_MAX_SIZE,
	KEY_MEMORY,
	KEY_MIN,
	KEY_MUST_OFFER,
	KEY_MUST_USE,
	KEY_MUTABILITY,
	KEY_NAME,
	KEY_NEVER,
	KEY_NUMBERED_HANDLE,
	KEY_OFFER,
	KEY_ON_REVOKE,
	KEY_ON_TERMINATE,
	KEY_OPENS,
	KEY_PATH,
	KEY_PERSISTENT_STORAGE,
	KEY_POLICY,
	KEY_PROGRAM,
	KEY_PROTOCOL,
	KEY_RENAMED_INSTANCES,
	KEY_REQUESTS_PER_SECOND,
	KEY_RESOLVER,
	KEY_RESOLVERS,
	KEY_RESTART,
	KEY_RIGHTS,
	KEY_RUNNER,
	KEY_RUNNERS,
	KEY_SCHEME,
	KEY_SCOPE,
	KEY_SERVICE,
	KEY_SHARE,
	KEY_SOURCE_AVAILABILITY,
	KEY_SOURCE_INSTANCE_FILTER,
	KEY_SOURCE_NAME,
	KEY_STARTUP,
	KEY_STOP_EVENT,
	KEY_STOP_TIMEOUT_MS,
	KEY_STORAGE,
	KEY_STORAGE_ID,
	KEY_STRICT,
	KEY_SUBDIR,
	KEY_TARGET_NAME,
	KEY_TASKS,
	KEY_TO,
	KEY_TRANSFER,
	KEY_TYPE,
	KEY_URL,
	KEY_USE,
	KEY_VALUE,
	N_KEYS,
	KEY_NONE = N_KEYS, /* of keys that are known but not supported */
};

struct shape;

extern const struct shape shape_manifest, shape_use, shape_offer, shape_expose,
	shape_capability, shape_storage, shape_child, shape_collection,
	shape_limits, shape_limits_memory, shape_limits_cpu, shape_limits_tasks,
	shape_restart, shape_target, shape_program, shape_lifecycle,
	shape_runner, shape_resolver, shape_environment,
	shape_environment_runner, shape_environment_resolver,
	shape_environment_debug, shape_instance,
	/* config_read.c, policy.c */
	shape_config_field, shape_config_element, shape_policy,
	shape_policy_never, shape_policy_must_use, shape_policy_must_offer;

/* An object's values by key; NULL where absent or of a wrong type. */
struct fields {
	const struct json5_value *at[N_KEYS];
	/* Present, if maybe of a wrong type: nothing more is said about it. */
	bool has[N_KEYS];
};

/* Which capability an object declares. */
struct keyword {
	const char *name;
	enum key key;
	enum capability_type type;
	const struct json5_value *value;
};

/*
 * Find the one key of @object that names a capability. False and an error when
 * there is none, more than one, or one that is not supported.
 */
bool shape_find_keyword(struct load *l, const struct shape *shape,
			const struct json5_value *object, struct keyword *ret);

/*
 * Sort @object's values into *ret. Reports unknown, unsupported and missing
 * keys, values of a wrong type, and keys that do not go with @keyword (NULL for
 * objects that declare no capability). @object has to be an object.
 */
void shape_read(struct load *l, const struct shape *shape,
		const struct json5_value *object, const struct keyword *keyword,
		struct fields *ret);

/* Walk the objects of an array; elements of other types are reported. */
const struct json5_value *shape_next(struct load *l, const char *what,
				     const struct json5_value *element);

#define shape_for_each(l, what, it, list)                                      \
	for (const struct json5_value *it =                                    \
		     shape_next(l, what, json5_first(list));                   \
	     it; it = shape_next(l, what, it->next))

/* A row of a shape, for tools that explain manifests. */
struct shape_key {
	const char *name;
	bool is_seed, is_modern; /* in which dialect it is known */
	bool is_supported, is_required;
	bool is_keyword; /* it says what kind of capability is meant */
	unsigned types;	 /* 1 << JSON5_... */
	unsigned with;	 /* 1 << CAPABILITY_... */
};

/* The @i-th row; false behind the last one. */
bool shape_key_at(const struct shape *shape, size_t i, struct shape_key *ret);
