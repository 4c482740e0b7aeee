/*
 * The tables of keys, one per kind of object. A key may have two rows when the
 * dialects give it different types.
 */
#include <string.h>

#include "manifest/shape_rows.h"

/* clang-format off */
static const struct row rows_manifest[] = {
	{ "include", KEY_INCLUDE, ARRAY, BOTH, 0, ALL },
	{ "program", KEY_PROGRAM, OBJECT, BOTH, 0, ALL },
	{ "use", KEY_USE, ARRAY, BOTH, 0, ALL },
	{ "offer", KEY_OFFER, ARRAY, BOTH, 0, ALL },
	{ "expose", KEY_EXPOSE, ARRAY, BOTH, 0, ALL },
	{ "capabilities", KEY_CAPABILITIES, ARRAY, MODERN, 0, ALL },
	{ "storage", KEY_STORAGE, ARRAY, SEED, 0, ALL },
	{ "runners", KEY_RUNNERS, ARRAY, SEED, 0, ALL },
	{ "resolvers", KEY_RESOLVERS, ARRAY, SEED, 0, ALL },
	{ "environments", KEY_ENVIRONMENTS, ARRAY, BOTH, 0, ALL },
	{ "children", KEY_CHILDREN, ARRAY, BOTH, 0, ALL },
	{ "collections", KEY_COLLECTIONS, ARRAY, BOTH, 0, ALL },
	{ "config", KEY_CONFIG, OBJECT, MODERN, 0, ALL },
	{ "policy", KEY_POLICY, OBJECT, MODERN, 0, ALL },
	{ "facets", KEY_FACETS, OBJECT, BOTH, 0, ALL },
};
SHAPE(manifest, "a manifest");

static const struct row rows_use[] = {
	{ "service", KEY_SERVICE, STRING, SEED, KEYWORD, SERVICE },
	{ "service", KEY_SERVICE, STRINGS, MODERN, KEYWORD, SERVICE },
	{ "legacy_service", KEY_LEGACY_SERVICE, STRING, SEED, KEYWORD, SERVICE },
	{ "legacy_services", KEY_LEGACY_SERVICES, STRINGS, SEED, KEYWORD, SERVICE },
	{ "protocol", KEY_PROTOCOL, STRINGS, BOTH, KEYWORD, SERVICE },
	{ "directory", KEY_DIRECTORY, STRING, BOTH, KEYWORD, DIRECTORY },
	{ "storage", KEY_STORAGE, STRING, BOTH, KEYWORD, STORAGE },
	{ "runner", KEY_RUNNER, STRING, BOTH, KEYWORD, RUNNER },
	{ "dictionary", KEY_DICTIONARY, STRING, MODERN, KEYWORD, DICTIONARY },
	{ "config", KEY_CONFIG, STRING, MODERN, KEYWORD, CONFIG },
	{ "event", KEY_EVENT, STRINGS, SEED, KEYWORD, EVENT_STREAM },
	{ "event_stream", KEY_EVENT_STREAM, STRINGS, BOTH, KEYWORD, EVENT_STREAM },
	{ "socket", KEY_NONE, ANY, MODERN, UNSUPPORTED | KEYWORD, ALL },
	{ "from", KEY_FROM, STRINGS, BOTH, 0, ALL & ~STORAGE },
	{ "as", KEY_AS, STRING, SEED, 0, SERVICE | DIRECTORY | STORAGE | EVENT_STREAM },
	{ "path", KEY_PATH, STRING, MODERN, 0, SERVICE | DIRECTORY | STORAGE | DICTIONARY | EVENT_STREAM },
	{ "rights", KEY_RIGHTS, ARRAY, BOTH, 0, DIRECTORY },
	{ "subdir", KEY_SUBDIR, STRING, BOTH, 0, DIRECTORY },
	{ "dependency", KEY_DEPENDENCY, STRING, BOTH, 0, SERVICE | DIRECTORY | DICTIONARY },
	{ "availability", KEY_AVAILABILITY, STRING, MODERN, 0, SERVICE | DIRECTORY | STORAGE | DICTIONARY | CONFIG },
	{ "key", KEY_KEY, STRING, MODERN, 0, CONFIG },
	{ "type", KEY_TYPE, STRING, MODERN, 0, CONFIG },
	{ "max_size", KEY_MAX_SIZE, NUMBER, MODERN, 0, CONFIG },
	{ "max_count", KEY_MAX_COUNT, NUMBER, MODERN, 0, CONFIG },
	{ "element", KEY_ELEMENT, OBJECT, MODERN, 0, CONFIG },
	{ "default", KEY_DEFAULT, ANY, MODERN, 0, CONFIG },
	{ "filter", KEY_FILTER, OBJECT, BOTH, 0, EVENT_STREAM },
	{ "scope", KEY_SCOPE, STRINGS, MODERN, 0, EVENT_STREAM },
	{ "numbered_handle", KEY_NUMBERED_HANDLE, NUMBER, MODERN, 0, SERVICE },
	{ "transfer", KEY_TRANSFER, STRING, MODERN, 0, SERVICE },
	{ "if_provider_ends", KEY_IF_PROVIDER_ENDS, STRING, MODERN, 0, SERVICE | DIRECTORY },
	{ "on_revoke", KEY_ON_REVOKE, STRING, MODERN, 0, DIRECTORY | STORAGE },
};
SHAPE(use, "a use");

/* What can be offered and what can be exposed are named alike. */
#define ROWS_PASSED                                                            \
	{ "service", KEY_SERVICE, STRING, SEED, KEYWORD, SERVICE },            \
	{ "service", KEY_SERVICE, STRINGS, MODERN, KEYWORD, SERVICE },         \
	{ "legacy_service", KEY_LEGACY_SERVICE, STRING, SEED, KEYWORD, SERVICE }, \
	{ "legacy_services", KEY_LEGACY_SERVICES, STRINGS, SEED, KEYWORD, SERVICE }, \
	{ "protocol", KEY_PROTOCOL, STRINGS, BOTH, KEYWORD, SERVICE },         \
	{ "directory", KEY_DIRECTORY, STRING, SEED, KEYWORD, DIRECTORY },      \
	{ "directory", KEY_DIRECTORY, STRINGS, MODERN, KEYWORD, DIRECTORY },   \
	{ "storage", KEY_STORAGE, STRING, SEED, KEYWORD, STORAGE },            \
	{ "storage", KEY_STORAGE, STRINGS, MODERN, KEYWORD, STORAGE },         \
	{ "runner", KEY_RUNNER, STRING, SEED, KEYWORD, RUNNER },               \
	{ "runner", KEY_RUNNER, STRINGS, MODERN, KEYWORD, RUNNER },            \
	{ "resolver", KEY_RESOLVER, STRING, SEED, KEYWORD, RESOLVER },         \
	{ "resolver", KEY_RESOLVER, STRINGS, MODERN, KEYWORD, RESOLVER },      \
	{ "dictionary", KEY_DICTIONARY, STRINGS, MODERN, KEYWORD, DICTIONARY }, \
	{ "config", KEY_CONFIG, STRINGS, MODERN, KEYWORD, CONFIG },            \
	{ "event_stream", KEY_EVENT_STREAM, STRINGS, MODERN, KEYWORD, EVENT_STREAM }, \
	{ "socket", KEY_NONE, ANY, MODERN, UNSUPPORTED | KEYWORD, ALL }

static const struct row rows_offer[] = {
	ROWS_PASSED,
	{ "event", KEY_EVENT, STRINGS, SEED, KEYWORD, EVENT_STREAM },
	{ "from", KEY_FROM, STRINGS, BOTH, REQUIRED, ALL },
	{ "to", KEY_TO, ARRAY, SEED, REQUIRED, ALL },
	{ "to", KEY_TO, STRINGS, MODERN, REQUIRED, ALL },
	{ "as", KEY_AS, STRING, SEED, 0, ALL & ~STORAGE },
	{ "as", KEY_AS, STRING, MODERN, 0, ALL },
	{ "rights", KEY_RIGHTS, ARRAY, BOTH, 0, DIRECTORY },
	{ "subdir", KEY_SUBDIR, STRING, BOTH, 0, DIRECTORY },
	{ "dependency", KEY_DEPENDENCY, STRING, BOTH, 0, SERVICE | DIRECTORY | DICTIONARY },
	{ "availability", KEY_AVAILABILITY, STRING, MODERN, 0, SERVICE | DIRECTORY | STORAGE | DICTIONARY | CONFIG },
	{ "source_availability", KEY_SOURCE_AVAILABILITY, STRING, MODERN, 0, ALL },
	{ "source_instance_filter", KEY_SOURCE_INSTANCE_FILTER, STRINGS, MODERN, 0, SERVICE },
	{ "renamed_instances", KEY_RENAMED_INSTANCES, ARRAY, MODERN, 0, SERVICE },
	{ "filter", KEY_FILTER, OBJECT, BOTH, 0, EVENT_STREAM },
	{ "scope", KEY_SCOPE, STRINGS, MODERN, 0, EVENT_STREAM },
	{ "transfer", KEY_TRANSFER, STRING, MODERN, 0, SERVICE },
};
SHAPE(offer, "an offer");

static const struct row rows_expose[] = {
	ROWS_PASSED,
	{ "from", KEY_FROM, STRINGS, BOTH, REQUIRED, ALL },
	{ "to", KEY_TO, STRING, BOTH, 0, ALL },
	{ "as", KEY_AS, STRING, BOTH, 0, ALL },
	{ "rights", KEY_RIGHTS, ARRAY, BOTH, 0, DIRECTORY },
	{ "subdir", KEY_SUBDIR, STRING, BOTH, 0, DIRECTORY },
	{ "availability", KEY_AVAILABILITY, STRING, MODERN, 0, SERVICE | DIRECTORY | DICTIONARY | CONFIG },
	{ "source_availability", KEY_SOURCE_AVAILABILITY, STRING, MODERN, 0, ALL },
	{ "scope", KEY_SCOPE, STRINGS, MODERN, 0, EVENT_STREAM },
	{ "transfer", KEY_TRANSFER, STRING, MODERN, 0, SERVICE },
};
SHAPE(expose, "an expose");

static const struct row rows_capability[] = {
	{ "service", KEY_SERVICE, STRINGS, MODERN, KEYWORD, SERVICE },
	{ "protocol", KEY_PROTOCOL, STRINGS, MODERN, KEYWORD, SERVICE },
	{ "directory", KEY_DIRECTORY, STRING, MODERN, KEYWORD, DIRECTORY },
	{ "storage", KEY_STORAGE, STRING, MODERN, KEYWORD, STORAGE },
	{ "runner", KEY_RUNNER, STRING, MODERN, KEYWORD, RUNNER },
	{ "resolver", KEY_RESOLVER, STRING, MODERN, KEYWORD, RESOLVER },
	{ "dictionary", KEY_DICTIONARY, STRING, MODERN, KEYWORD, DICTIONARY },
	{ "config", KEY_CONFIG, STRING, MODERN, KEYWORD, CONFIG },
	{ "event_stream", KEY_EVENT_STREAM, STRINGS, MODERN, KEYWORD, EVENT_STREAM },
	{ "socket", KEY_NONE, ANY, MODERN, UNSUPPORTED | KEYWORD, ALL },
	{ "path", KEY_PATH, STRING, MODERN, 0, SERVICE | DIRECTORY | RUNNER | RESOLVER | DICTIONARY },
	{ "rights", KEY_RIGHTS, ARRAY, MODERN, 0, DIRECTORY },
	{ "from", KEY_FROM, STRING, MODERN, 0, STORAGE },
	{ "backing_dir", KEY_BACKING_DIR, STRING, MODERN, 0, STORAGE },
	{ "storage_id", KEY_STORAGE_ID, STRING, MODERN, 0, STORAGE },
	{ "subdir", KEY_SUBDIR, STRING, MODERN, 0, STORAGE },
	{ "type", KEY_TYPE, STRING, MODERN, 0, CONFIG },
	{ "max_size", KEY_MAX_SIZE, NUMBER, MODERN, 0, CONFIG },
	{ "max_count", KEY_MAX_COUNT, NUMBER, MODERN, 0, CONFIG },
	{ "element", KEY_ELEMENT, OBJECT, MODERN, 0, CONFIG },
	{ "value", KEY_VALUE, ANY, MODERN, 0, CONFIG },
	{ "delivery", KEY_DELIVERY, STRING, MODERN, 0, SERVICE },
	{ "access", KEY_ACCESS, STRINGS, MODERN, 0, SERVICE | DIRECTORY },
	{ "transfer", KEY_TRANSFER, STRING, MODERN, 0, SERVICE },
};
SHAPE(capability, "a capability");

static const struct row rows_storage[] = {
	{ "name", KEY_NAME, STRING, SEED, REQUIRED, ALL },
	{ "from", KEY_FROM, STRING, SEED, REQUIRED, ALL },
	{ "path", KEY_PATH, STRING, SEED, REQUIRED, ALL },
};
SHAPE(storage, "a storage");

static const struct row rows_runner[] = {
	{ "name", KEY_NAME, STRING, SEED, REQUIRED, ALL },
	{ "from", KEY_FROM, STRING, SEED, REQUIRED, ALL },
	{ "path", KEY_PATH, STRING, SEED, REQUIRED, ALL },
};
SHAPE(runner, "a runner");

static const struct row rows_resolver[] = {
	{ "name", KEY_NAME, STRING, SEED, REQUIRED, ALL },
	{ "path", KEY_PATH, STRING, SEED, REQUIRED, ALL },
};
SHAPE(resolver, "a resolver");

static const struct row rows_environment[] = {
	{ "name", KEY_NAME, STRING, BOTH, REQUIRED, ALL },
	{ "extends", KEY_EXTENDS, STRING, BOTH, 0, ALL },
	{ "extend", KEY_EXTENDS, STRING, SEED, 0, ALL },
	{ "runners", KEY_RUNNERS, ARRAY, BOTH, 0, ALL },
	{ "resolvers", KEY_RESOLVERS, ARRAY, BOTH, 0, ALL },
	{ "debug", KEY_DEBUG, ARRAY, MODERN, 0, ALL },
	{ "__stop_timeout_ms", KEY_STOP_TIMEOUT_MS, NUMBER, BOTH, 0, ALL },
};
SHAPE(environment, "an environment");

static const struct row rows_environment_runner[] = {
	{ "runner", KEY_RUNNER, STRING, BOTH, REQUIRED, ALL },
	{ "from", KEY_FROM, STRING, BOTH, REQUIRED, ALL },
	{ "as", KEY_AS, STRING, BOTH, 0, ALL },
};
SHAPE(environment_runner, "a runner of an environment");

static const struct row rows_environment_resolver[] = {
	{ "resolver", KEY_RESOLVER, STRING, BOTH, REQUIRED, ALL },
	{ "from", KEY_FROM, STRING, BOTH, REQUIRED, ALL },
	{ "scheme", KEY_SCHEME, STRING, BOTH, REQUIRED, ALL },
};
SHAPE(environment_resolver, "a resolver of an environment");

static const struct row rows_environment_debug[] = {
	{ "protocol", KEY_PROTOCOL, STRINGS, MODERN, REQUIRED, ALL },
	{ "from", KEY_FROM, STRING, MODERN, REQUIRED, ALL },
	{ "as", KEY_AS, STRING, MODERN, 0, ALL },
};
SHAPE(environment_debug, "a debug protocol of an environment");

static const struct row rows_child[] = {
	{ "name", KEY_NAME, STRING, BOTH, REQUIRED, ALL },
	{ "url", KEY_URL, STRING, BOTH, REQUIRED, ALL },
	{ "startup", KEY_STARTUP, STRING, BOTH, 0, ALL },
	{ "environment", KEY_ENVIRONMENT, STRING, BOTH, 0, ALL },
	{ "on_terminate", KEY_ON_TERMINATE, STRING, MODERN, 0, ALL },
	{ "limits", KEY_LIMITS, OBJECT, MODERN, 0, ALL },
	{ "restart", KEY_RESTART, STRING | OBJECT, MODERN, 0, ALL },
};
SHAPE(child, "a child");

static const struct row rows_collection[] = {
	{ "name", KEY_NAME, STRING, BOTH, REQUIRED, ALL },
	{ "durability", KEY_DURABILITY, STRING, BOTH, REQUIRED, ALL },
	{ "environment", KEY_ENVIRONMENT, STRING, BOTH, 0, ALL },
	{ "allowed_offers", KEY_ALLOWED_OFFERS, STRING, MODERN, 0, ALL },
	{ "allow_long_names", KEY_NONE, BOOL, MODERN, RESTRICTED, ALL },
	{ "persistent_storage", KEY_PERSISTENT_STORAGE, BOOL, MODERN, 0, ALL },
	{ "limits", KEY_LIMITS, OBJECT, MODERN, 0, ALL },
	{ "restart", KEY_RESTART, STRING | OBJECT, MODERN, 0, ALL },
};
SHAPE(collection, "a collection");

static const struct row rows_limits[] = {
	{ "memory", KEY_MEMORY, OBJECT, MODERN, 0, ALL },
	{ "cpu", KEY_CPU, OBJECT, MODERN, 0, ALL },
	{ "tasks", KEY_TASKS, OBJECT, MODERN, 0, ALL },
	{ "opens", KEY_OPENS, NUMBER, MODERN, 0, ALL },
	{ "connections", KEY_CONNECTIONS, NUMBER, MODERN, 0, ALL },
	{ "channels", KEY_CHANNELS, NUMBER, MODERN, 0, ALL },
	{ "children", KEY_CHILDREN, NUMBER, MODERN, 0, ALL },
	{ "requests_per_second", KEY_REQUESTS_PER_SECOND, NUMBER, MODERN, 0, ALL },
};
SHAPE(limits, "\"limits\"");

static const struct row rows_limits_memory[] = {
	{ "min", KEY_MIN, NUMBER | STRING, MODERN, 0, ALL },
	{ "max", KEY_MAX, NUMBER | STRING, MODERN, 0, ALL },
};
SHAPE(limits_memory, "limits of \"memory\"");

static const struct row rows_limits_cpu[] = {
	{ "share", KEY_SHARE, NUMBER, MODERN, 0, ALL },
	{ "max", KEY_MAX, NUMBER | STRING, MODERN, 0, ALL },
};
SHAPE(limits_cpu, "limits of \"cpu\"");

static const struct row rows_limits_tasks[] = {
	{ "max", KEY_MAX, NUMBER, MODERN, 0, ALL },
};
SHAPE(limits_tasks, "limits of \"tasks\"");

static const struct row rows_restart[] = {
	{ "policy", KEY_POLICY, STRING, MODERN, REQUIRED, ALL },
	{ "delay_ms", KEY_DELAY_MS, NUMBER, MODERN, 0, ALL },
	{ "max_delay_ms", KEY_MAX_DELAY_MS, NUMBER, MODERN, 0, ALL },
	{ "give_up", KEY_GIVE_UP, NUMBER, MODERN, 0, ALL },
	{ "forget_ms", KEY_FORGET_MS, NUMBER, MODERN, 0, ALL },
};
SHAPE(restart, "a restart");

static const struct row rows_target[] = {
	{ "dest", KEY_DEST, STRING, SEED, REQUIRED, ALL },
	{ "as", KEY_AS, STRING, SEED, 0, ALL & ~STORAGE },
};
SHAPE(target, "a target");

static const struct row rows_instance[] = {
	{ "source_name", KEY_SOURCE_NAME, STRING, MODERN, REQUIRED, ALL },
	{ "target_name", KEY_TARGET_NAME, STRING, MODERN, REQUIRED, ALL },
};
SHAPE(instance, "an element of \"renamed_instances\"");

static const struct row rows_program[] = {
	{ "runner", KEY_RUNNER, STRING, MODERN, 0, ALL },
	{ "binary", KEY_BINARY, STRING, BOTH, REQUIRED, ALL },
	{ "args", KEY_ARGS, ARRAY, BOTH, 0, ALL },
	{ "environ", KEY_ENVIRON, ARRAY, MODERN, 0, ALL },
	{ "env", KEY_ENV, OBJECT, SEED, 0, ALL },
	{ "lifecycle", KEY_LIFECYCLE, OBJECT, BOTH, 0, ALL },
	{ "strict", KEY_STRICT, BOOL, MODERN, 0, ALL },
	{ "forward_stdout_to", KEY_FORWARD_STDOUT_TO, STRING, MODERN, 0, ALL },
	{ "forward_stderr_to", KEY_FORWARD_STDERR_TO, STRING, MODERN, 0, ALL },
	{ "main_process_critical", KEY_NONE, BOOL, MODERN, RESTRICTED, ALL },
	{ "is_shared_process", KEY_NONE, BOOL, MODERN, RESTRICTED, ALL },
	{ "job_policy_ambient_mark_vmo_exec", KEY_NONE, BOOL, MODERN, RESTRICTED, ALL },
	{ "job_policy_create_raw_processes", KEY_NONE, BOOL, MODERN, RESTRICTED, ALL },
	{ "job_with_available_exception_channel", KEY_NONE, BOOL, MODERN, RESTRICTED, ALL },
};
SHAPE(program, "a program");

static const struct row rows_lifecycle[] = {
	{ "stop_event", KEY_STOP_EVENT, STRING, BOTH, 0, ALL },
};
SHAPE(lifecycle, "a program's lifecycle");
/* clang-format on */

const char *shape_restriction(const char *name)
{
	static const struct {
		const char *name, *why;
	} rows[] = {
		{ "allow_long_names",
		  "names become directories, which hold 255 bytes; take it "
		  "out and keep names short" },
		{ "main_process_critical",
		  "no component takes the machine down with it; take it out, "
		  "and say \"restart\" at the child" },
		{ "is_shared_process",
		  "every program is a process of its own here; take it out" },
		{ "job_policy_ambient_mark_vmo_exec",
		  "memory can be made executable without it; take it out" },
		{ "job_policy_create_raw_processes",
		  "there are no jobs here: what a program forks stays in its "
		  "cell; take it out" },
		{ "job_with_available_exception_channel",
		  "there are no jobs here, and no exception channels; take it "
		  "out, and look at the exit with reeve show" },
	};
	size_t i;

	for (i = 0; i < N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].why;
	return "take it out";
}
