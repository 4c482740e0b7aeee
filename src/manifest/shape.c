/*
 * One table per kind of object. A key may have two rows when the dialects give
 * it different types.
 */
#include "manifest/shape.h"

#include <string.h>

#include "base/own.h"

enum {
	/* Which types a value may have. */
	BOOL = 1 << JSON5_BOOL,
	NUMBER = 1 << JSON5_NUMBER,
	STRING = 1 << JSON5_STRING,
	ARRAY = 1 << JSON5_ARRAY,
	OBJECT = 1 << JSON5_OBJECT,
	STRINGS = STRING | ARRAY,
	ANY = (1 << N_JSON5_TYPES) - 1,

	SEED = 1 << 0,
	MODERN = 1 << 1,
	BOTH = SEED | MODERN,

	REQUIRED = 1 << 0,
	/* Part of the language, not of this program. */
	UNSUPPORTED = 1 << 1,
	/* Says what kind of capability the object declares. */
	KEYWORD = 1 << 2,

	/* Which capabilities the key goes with. */
	SERVICE = 1 << CAPABILITY_SERVICE,
	DIRECTORY = 1 << CAPABILITY_DIRECTORY,
	STORAGE = 1 << CAPABILITY_STORAGE,
	RUNNER = 1 << CAPABILITY_RUNNER,
	ALL = SERVICE | DIRECTORY | STORAGE | RUNNER,
};

struct row {
	const char *name;
	enum key key;
	unsigned types, dialects, flags;
	/* keyword: its own type; others: what they go with */
	unsigned with;
};

struct shape {
	const char *phrase; /* "an offer" */
	const struct row *rows;
	size_t n;
};

#define SHAPE(name, text)                                                      \
	const struct shape shape_##name = { text, rows_##name,                 \
					    N_ELEMENTS(rows_##name) }

/* clang-format off */
static const struct row rows_manifest[] = {
	{ "program", KEY_PROGRAM, OBJECT, BOTH, 0, ALL },
	{ "use", KEY_USE, ARRAY, BOTH, 0, ALL },
	{ "offer", KEY_OFFER, ARRAY, BOTH, 0, ALL },
	{ "expose", KEY_EXPOSE, ARRAY, BOTH, 0, ALL },
	{ "capabilities", KEY_CAPABILITIES, ARRAY, MODERN, 0, ALL },
	{ "storage", KEY_STORAGE, ARRAY, SEED, 0, ALL },
	{ "children", KEY_CHILDREN, ARRAY, BOTH, 0, ALL },
	{ "collections", KEY_COLLECTIONS, ARRAY, BOTH, 0, ALL },
	{ "facets", KEY_FACETS, OBJECT, BOTH, 0, ALL },
	{ "environments", KEY_NONE, ANY, BOTH, UNSUPPORTED, ALL },
	{ "runners", KEY_NONE, ANY, SEED, UNSUPPORTED, ALL },
	{ "resolvers", KEY_NONE, ANY, SEED, UNSUPPORTED, ALL },
	{ "include", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "config", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "policy", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
};
SHAPE(manifest, "a manifest");

/* The keywords that every kind of declaration knows and we do not. */
#define ROWS_UNSUPPORTED_KEYWORDS                                              \
	{ "event", KEY_NONE, ANY, SEED, UNSUPPORTED | KEYWORD, ALL },          \
	{ "event_stream", KEY_NONE, ANY, BOTH, UNSUPPORTED | KEYWORD, ALL },   \
	{ "resolver", KEY_NONE, ANY, BOTH, UNSUPPORTED | KEYWORD, ALL },       \
	{ "legacy_service", KEY_NONE, ANY, SEED, UNSUPPORTED | KEYWORD, ALL }, \
	{ "legacy_services", KEY_NONE, ANY, SEED, UNSUPPORTED | KEYWORD, ALL },\
	{ "socket", KEY_NONE, ANY, MODERN, UNSUPPORTED | KEYWORD, ALL },       \
	{ "dictionary", KEY_NONE, ANY, MODERN, UNSUPPORTED | KEYWORD, ALL },   \
	{ "config", KEY_NONE, ANY, MODERN, UNSUPPORTED | KEYWORD, ALL }

static const struct row rows_use[] = {
	{ "service", KEY_SERVICE, STRING, SEED, KEYWORD, SERVICE },
	{ "service", KEY_SERVICE, STRINGS, MODERN, KEYWORD, SERVICE },
	{ "protocol", KEY_PROTOCOL, STRINGS, BOTH, KEYWORD, SERVICE },
	{ "directory", KEY_DIRECTORY, STRING, BOTH, KEYWORD, DIRECTORY },
	{ "storage", KEY_STORAGE, STRING, BOTH, KEYWORD, STORAGE },
	{ "runner", KEY_RUNNER, STRING, BOTH, KEYWORD, RUNNER },
	ROWS_UNSUPPORTED_KEYWORDS,
	{ "from", KEY_FROM, STRINGS, BOTH, 0, SERVICE | DIRECTORY | RUNNER },
	{ "as", KEY_AS, STRING, SEED, 0, SERVICE | DIRECTORY | STORAGE },
	{ "path", KEY_PATH, STRING, MODERN, 0, SERVICE | DIRECTORY | STORAGE },
	{ "rights", KEY_RIGHTS, ARRAY, BOTH, 0, DIRECTORY },
	{ "subdir", KEY_SUBDIR, STRING, BOTH, 0, DIRECTORY },
	{ "dependency", KEY_DEPENDENCY, STRING, BOTH, 0, SERVICE | DIRECTORY },
	{ "availability", KEY_AVAILABILITY, STRING, MODERN, 0, SERVICE | DIRECTORY | STORAGE },
	{ "transfer", KEY_TRANSFER, STRING, MODERN, 0, SERVICE },
	{ "if_provider_ends", KEY_IF_PROVIDER_ENDS, STRING, MODERN, 0, SERVICE | DIRECTORY },
	{ "on_revoke", KEY_ON_REVOKE, STRING, MODERN, 0, DIRECTORY | STORAGE },
	{ "filter", KEY_NONE, ANY, BOTH, UNSUPPORTED, ALL },
	{ "scope", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "numbered_handle", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
};
SHAPE(use, "a use");

static const struct row rows_offer[] = {
	{ "service", KEY_SERVICE, STRING, SEED, KEYWORD, SERVICE },
	{ "service", KEY_SERVICE, STRINGS, MODERN, KEYWORD, SERVICE },
	{ "protocol", KEY_PROTOCOL, STRINGS, BOTH, KEYWORD, SERVICE },
	{ "directory", KEY_DIRECTORY, STRING, SEED, KEYWORD, DIRECTORY },
	{ "directory", KEY_DIRECTORY, STRINGS, MODERN, KEYWORD, DIRECTORY },
	{ "storage", KEY_STORAGE, STRING, SEED, KEYWORD, STORAGE },
	{ "storage", KEY_STORAGE, STRINGS, MODERN, KEYWORD, STORAGE },
	{ "runner", KEY_RUNNER, STRING, SEED, KEYWORD, RUNNER },
	{ "runner", KEY_RUNNER, STRINGS, MODERN, KEYWORD, RUNNER },
	ROWS_UNSUPPORTED_KEYWORDS,
	{ "from", KEY_FROM, STRINGS, BOTH, REQUIRED, ALL },
	{ "to", KEY_TO, ARRAY, SEED, REQUIRED, ALL },
	{ "to", KEY_TO, STRINGS, MODERN, REQUIRED, ALL },
	{ "as", KEY_AS, STRING, SEED, 0, SERVICE | DIRECTORY | RUNNER },
	{ "as", KEY_AS, STRING, MODERN, 0, ALL },
	{ "rights", KEY_RIGHTS, ARRAY, BOTH, 0, DIRECTORY },
	{ "subdir", KEY_SUBDIR, STRING, BOTH, 0, DIRECTORY },
	{ "dependency", KEY_DEPENDENCY, STRING, BOTH, 0, SERVICE | DIRECTORY },
	{ "availability", KEY_AVAILABILITY, STRING, MODERN, 0, SERVICE | DIRECTORY | STORAGE },
	{ "source_availability", KEY_SOURCE_AVAILABILITY, STRING, MODERN, 0, ALL },
	{ "source_instance_filter", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "renamed_instances", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "filter", KEY_NONE, ANY, BOTH, UNSUPPORTED, ALL },
	{ "scope", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "transfer", KEY_TRANSFER, STRING, MODERN, 0, SERVICE },
};
SHAPE(offer, "an offer");

static const struct row rows_expose[] = {
	{ "service", KEY_SERVICE, STRING, SEED, KEYWORD, SERVICE },
	{ "service", KEY_SERVICE, STRINGS, MODERN, KEYWORD, SERVICE },
	{ "protocol", KEY_PROTOCOL, STRINGS, BOTH, KEYWORD, SERVICE },
	{ "directory", KEY_DIRECTORY, STRING, SEED, KEYWORD, DIRECTORY },
	{ "directory", KEY_DIRECTORY, STRINGS, MODERN, KEYWORD, DIRECTORY },
	{ "storage", KEY_STORAGE, STRINGS, BOTH, KEYWORD, STORAGE },
	{ "runner", KEY_RUNNER, STRING, SEED, KEYWORD, RUNNER },
	{ "runner", KEY_RUNNER, STRINGS, MODERN, KEYWORD, RUNNER },
	ROWS_UNSUPPORTED_KEYWORDS,
	{ "from", KEY_FROM, STRINGS, BOTH, REQUIRED, ALL },
	{ "to", KEY_TO, STRING, BOTH, 0, ALL },
	{ "as", KEY_AS, STRING, BOTH, 0, ALL },
	{ "rights", KEY_RIGHTS, ARRAY, BOTH, 0, DIRECTORY },
	{ "subdir", KEY_SUBDIR, STRING, BOTH, 0, DIRECTORY },
	{ "availability", KEY_AVAILABILITY, STRING, MODERN, 0, SERVICE | DIRECTORY },
	{ "source_availability", KEY_SOURCE_AVAILABILITY, STRING, MODERN, 0, ALL },
	{ "scope", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "transfer", KEY_TRANSFER, STRING, MODERN, 0, SERVICE },
};
SHAPE(expose, "an expose");

static const struct row rows_capability[] = {
	{ "service", KEY_SERVICE, STRINGS, MODERN, KEYWORD, SERVICE },
	{ "protocol", KEY_PROTOCOL, STRINGS, MODERN, KEYWORD, SERVICE },
	{ "directory", KEY_DIRECTORY, STRING, MODERN, KEYWORD, DIRECTORY },
	{ "storage", KEY_STORAGE, STRING, MODERN, KEYWORD, STORAGE },
	{ "runner", KEY_RUNNER, STRING, MODERN, KEYWORD, RUNNER },
	ROWS_UNSUPPORTED_KEYWORDS,
	{ "path", KEY_PATH, STRING, MODERN, 0, SERVICE | DIRECTORY | RUNNER },
	{ "rights", KEY_RIGHTS, ARRAY, MODERN, 0, DIRECTORY },
	{ "from", KEY_FROM, STRING, MODERN, 0, STORAGE },
	{ "backing_dir", KEY_BACKING_DIR, STRING, MODERN, 0, STORAGE },
	{ "storage_id", KEY_STORAGE_ID, STRING, MODERN, 0, STORAGE },
	{ "subdir", KEY_SUBDIR, STRING, MODERN, 0, STORAGE },
	{ "delivery", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
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

static const struct row rows_child[] = {
	{ "name", KEY_NAME, STRING, BOTH, REQUIRED, ALL },
	{ "url", KEY_URL, STRING, BOTH, REQUIRED, ALL },
	{ "startup", KEY_STARTUP, STRING, BOTH, 0, ALL },
	{ "environment", KEY_NONE, ANY, BOTH, UNSUPPORTED, ALL },
	{ "on_terminate", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "limits", KEY_LIMITS, OBJECT, MODERN, 0, ALL },
	{ "restart", KEY_RESTART, STRING | OBJECT, MODERN, 0, ALL },
};
SHAPE(child, "a child");

static const struct row rows_collection[] = {
	{ "name", KEY_NAME, STRING, BOTH, REQUIRED, ALL },
	{ "durability", KEY_DURABILITY, STRING, BOTH, REQUIRED, ALL },
	{ "environment", KEY_NONE, ANY, BOTH, UNSUPPORTED, ALL },
	{ "allowed_offers", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "allow_long_names", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "persistent_storage", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
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
	{ "as", KEY_AS, STRING, SEED, 0, SERVICE | DIRECTORY | RUNNER },
};
SHAPE(target, "a target");

static const struct row rows_program[] = {
	{ "runner", KEY_RUNNER, STRING, MODERN, 0, ALL },
	{ "binary", KEY_BINARY, STRING, BOTH, REQUIRED, ALL },
	{ "args", KEY_ARGS, ARRAY, BOTH, 0, ALL },
	{ "environ", KEY_ENVIRON, ARRAY, MODERN, 0, ALL },
	{ "env", KEY_ENV, OBJECT, SEED, 0, ALL },
	{ "lifecycle", KEY_LIFECYCLE, OBJECT, BOTH, 0, ALL },
	{ "strict", KEY_STRICT, BOOL, MODERN, 0, ALL },
	{ "forward_stdout_to", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "forward_stderr_to", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "main_process_critical", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "is_shared_process", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "job_policy_ambient_mark_vmo_exec", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "job_policy_create_raw_processes", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
	{ "job_with_available_exception_channel", KEY_NONE, ANY, MODERN, UNSUPPORTED, ALL },
};
SHAPE(program, "a program");

static const struct row rows_lifecycle[] = {
	{ "stop_event", KEY_STOP_EVENT, STRING, BOTH, 0, ALL },
};
SHAPE(lifecycle, "a program's lifecycle");
/* clang-format on */

static unsigned dialect_bit(const struct load *l)
{
	return load_is_seed(l) ? SEED : MODERN;
}

static const struct row *row_find(const struct load *l,
				  const struct shape *shape,
				  const struct json5_value *member)
{
	const struct row *row;

	for (row = shape->rows; row < shape->rows + shape->n; row++)
		if ((row->dialects & dialect_bit(l)) &&
		    strlen(row->name) == member->n_key &&
		    memcmp(row->name, member->key, member->n_key) == 0)
			return row;
	return NULL;
}

static void unknown_report(struct load *l, const struct shape *shape,
			   const struct json5_value *member)
{
	const char *names[64], *near;
	size_t n = 0, i;

	for (i = 0; i < shape->n; i++)
		if (shape->rows[i].dialects & dialect_bit(l))
			names[n++] = shape->rows[i].name;
	near = text_nearest(member->key, names, n);
	if (load_is_seed(l))
		load_warning(l, RULE_UNKNOWN_KEY, member->key_place,
			     "\"%.80s\" is not a key of %s and is "
			     "ignored%s%s%s",
			     member->key, shape->phrase,
			     near ? "; did you mean \"" : "", near ? near : "",
			     near ? "\"?" : "");
	else
		load_error(l, RULE_UNKNOWN_KEY, member->key_place,
			   "\"%.80s\" is not a key of %s%s%s%s", member->key,
			   shape->phrase, near ? "; did you mean \"" : "",
			   near ? near : "", near ? "\"?" : "");
}

static void unsupported_report(struct load *l, const struct shape *shape,
			       const struct json5_value *member)
{
	load_error(l, RULE_UNSUPPORTED, member->key_place,
		   "\"%s\" in %s is not supported yet; take it out",
		   member->key, shape->phrase);
}

static void type_report(struct load *l, const struct row *row,
			const struct json5_value *v)
{
	struct text t = TEXT_INIT;
	unsigned i;

	for (i = 0; i < N_JSON5_TYPES; i++) {
		if (!(row->types & 1u << i))
			continue;
		if (t.n)
			text_puts(&t, " or ");
		text_puts(&t, json5_type_phrase(i));
	}
	if (text_is_failed(&t))
		l->failed = true;
	load_error(l, RULE_WRONG_TYPE, v->place,
		   "expected %s for \"%s\", found %s", text_string(&t),
		   row->name, json5_type_phrase(v->type));
	text_fini(&t);
}

static void keyword_missing_report(struct load *l, const struct shape *shape,
				   const struct json5_value *object)
{
	const char *names[64], *near = NULL;
	size_t n = 0, i;

	for (i = 0; i < shape->n; i++)
		if ((shape->rows[i].flags & KEYWORD) &&
		    (shape->rows[i].dialects & dialect_bit(l)))
			names[n++] = shape->rows[i].name;
	json5_for_each(m, object) if (!near && !row_find(l, shape, m)) near =
		text_nearest(m->key, names, n);
	load_error(l, RULE_MISSING_CAPABILITY, object->place,
		   "%s has to say what it is about: \"service\", \"protocol\", "
		   "\"directory\", \"storage\" or \"runner\"%s%s%s",
		   shape->phrase, near ? "; did you mean \"" : "",
		   near ? near : "", near ? "\"?" : "");
}

static enum capability_type row_capability(const struct row *row)
{
	enum capability_type type = 0;

	while (!(row->with & 1u << type))
		type++;
	return type;
}

bool shape_find_keyword(struct load *l, const struct shape *shape,
			const struct json5_value *object, struct keyword *ret)
{
	const struct row *row, *found = NULL;
	const struct json5_value *at = NULL;

	json5_for_each(m, object)
	{
		row = row_find(l, shape, m);
		if (!row || !(row->flags & KEYWORD))
			continue;
		if (row->flags & UNSUPPORTED) {
			unsupported_report(l, shape, m);
			return false;
		}
		if (found) {
			load_error(l, RULE_MULTIPLE_CAPABILITIES, m->key_place,
				   "%s is about one type of capability; this "
				   "one has \"%s\" (%u:%u) and \"%s\"",
				   shape->phrase, found->name,
				   at->key_place.line, at->key_place.column,
				   row->name);
			return false;
		}
		found = row;
		at = m;
	}
	if (!found) {
		keyword_missing_report(l, shape, object);
		return false;
	}
	*ret = (struct keyword){ .name = found->name,
				 .key = found->key,
				 .type = row_capability(found),
				 .value = at };
	return true;
}

static void required_check(struct load *l, const struct shape *shape,
			   const struct json5_value *object,
			   const struct fields *fields)
{
	const struct row *row;

	for (row = shape->rows; row < shape->rows + shape->n; row++)
		if ((row->flags & REQUIRED) &&
		    (row->dialects & dialect_bit(l)) && !fields->has[row->key])
			load_error(l, RULE_MISSING_KEY, object->place,
				   "%s needs \"%s\"", shape->phrase, row->name);
}

void shape_read(struct load *l, const struct shape *shape,
		const struct json5_value *object, const struct keyword *keyword,
		struct fields *ret)
{
	const struct row *row;

	*ret = (struct fields){ 0 };
	json5_for_each(m, object)
	{
		row = row_find(l, shape, m);
		if (!row) {
			unknown_report(l, shape, m);
			continue;
		}
		if (row->flags & UNSUPPORTED) {
			unsupported_report(l, shape, m);
			continue;
		}
		ret->has[row->key] = true;
		if (keyword && !(row->with & 1u << keyword->type)) {
			load_error(l, RULE_MISPLACED_KEY, m->key_place,
				   "\"%s\" does not go with \"%s\" in %s",
				   row->name, keyword->name, shape->phrase);
			continue;
		}
		if (!(row->types & 1u << m->type)) {
			type_report(l, row, m);
			continue;
		}
		ret->at[row->key] = m;
	}
	required_check(l, shape, object, ret);
}

const struct json5_value *shape_next(struct load *l, const char *what,
				     const struct json5_value *element)
{
	for (; element; element = element->next) {
		if (element->type == JSON5_OBJECT)
			return element;
		load_error(l, RULE_WRONG_TYPE, element->place,
			   "expected an object (%s), found %s", what,
			   json5_type_phrase(element->type));
	}
	return NULL;
}
