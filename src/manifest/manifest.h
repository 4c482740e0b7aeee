/*
 * Manifests: what one component declares.
 *
 * The loader reads either dialect (the seed's and the modern one) into this one
 * form; nothing behind it knows which dialect a file was written in. Everything
 * points into the manifest's arena and is constant once loaded.
 *
 * Normal forms:
 *  - One struct decl per (capability, target): lists of names and of targets
 *    are expanded, and each decl keeps the place of its own name and target.
 *  - A path-named service "/svc/NAME" is called NAME; any other path of the
 *    seed's dialect is its own name ("/example/data").
 *  - Where the seed's dialect says "from self" without declaring a capability
 *    (it has no such section), an implied capability decl stands for it.
 *  - service and protocol are one type, CAPABILITY_SERVICE; @keyword keeps what
 *    the author wrote. A service of several sources is one decl per source.
 *  - "to": "all" is one decl per child and collection.
 *  - Shards are merged before anything is read; a place says by its file index
 *    which of @files it is in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/report.h"

enum manifest_dialect {
	DIALECT_NONE, /* says nothing that tells: read as the modern one */
	DIALECT_SEED,
	DIALECT_MODERN,
};

enum capability_type {
	CAPABILITY_SERVICE,
	CAPABILITY_DIRECTORY,
	CAPABILITY_STORAGE,
	CAPABILITY_RUNNER,
	CAPABILITY_RESOLVER,
	CAPABILITY_DICTIONARY,
	CAPABILITY_CONFIG,
	CAPABILITY_EVENT_STREAM, /* read and checked, but never routed */
	N_CAPABILITY_TYPES,
};

/* Rights of a directory; fuchsia.io's Operations bits. */
enum {
	RIGHT_CONNECT = 0x1,
	RIGHT_READ_BYTES = 0x2,
	RIGHT_WRITE_BYTES = 0x4,
	RIGHT_EXECUTE = 0x8,
	RIGHT_GET_ATTRIBUTES = 0x10,
	RIGHT_UPDATE_ATTRIBUTES = 0x20,
	RIGHT_ENUMERATE = 0x40,
	RIGHT_TRAVERSE = 0x80,
	RIGHT_MODIFY_DIRECTORY = 0x100,
	RIGHT_ADMIN = 0x200, /* the seed's dialect only */

	RIGHTS_R = RIGHT_CONNECT | RIGHT_ENUMERATE | RIGHT_TRAVERSE |
		   RIGHT_READ_BYTES | RIGHT_GET_ATTRIBUTES,
	RIGHTS_W = RIGHT_CONNECT | RIGHT_ENUMERATE | RIGHT_TRAVERSE |
		   RIGHT_WRITE_BYTES | RIGHT_UPDATE_ATTRIBUTES |
		   RIGHT_MODIFY_DIRECTORY,
	RIGHTS_X = RIGHT_CONNECT | RIGHT_ENUMERATE | RIGHT_TRAVERSE |
		   RIGHT_EXECUTE,
};

enum source_kind {
	SOURCE_PARENT, /* "parent", the seed's "realm" */
	SOURCE_SELF,
	SOURCE_CHILD,	   /* "#name", a child of this component */
	SOURCE_COLLECTION, /* "#name", a collection */
	SOURCE_CAPABILITY, /* "#name", a storage declared in this manifest */
	SOURCE_FRAMEWORK,
	SOURCE_VOID,
	SOURCE_DEBUG,	    /* a debug registration of the environment */
	SOURCE_ENVIRONMENT, /* a runner or resolver of the environment */
	N_SOURCE_KINDS,
};

struct source {
	enum source_kind kind;
	const char *name; /* without "#"; NULL where the kind says it all */
	/* "a/b" of "parent/a/b": it is taken out of the dictionary b in the
	 * dictionary a of the source; else NULL. */
	const char *dictionary;
	struct place place;
};

enum target_kind {
	TARGET_PARENT, /* an expose's default */
	TARGET_FRAMEWORK,
	TARGET_CHILD,
	TARGET_COLLECTION,
	TARGET_DICTIONARY, /* "self/NAME", declared in this manifest */
};

struct target {
	enum target_kind kind;
	const char *name; /* without "#" or "self/" */
	bool is_all;	  /* the author wrote "all" */
	struct place place;
};

enum availability {
	AVAILABILITY_REQUIRED,
	AVAILABILITY_OPTIONAL,
	AVAILABILITY_TRANSITIONAL,
	AVAILABILITY_SAME_AS_TARGET,
	N_AVAILABILITIES,
};

/* As manifests say it: "required". A use is never the last one. */
extern const char *const availability_words[N_AVAILABILITIES];

/* What a component gets when the one that provides what it uses ends. */
enum provider_end {
	PROVIDER_END_NOTHING, /* its channels close, no more */
	PROVIDER_END_TELL,    /* an event on its lifecycle channel */
	PROVIDER_END_RESTART, /* it is started anew */
};

enum access_pattern_kind {
	ACCESS_PATTERN_CHILD,	   /* "#name": a static child */
	ACCESS_PATTERN_COLLECTION, /* "#name": any member of a collection */
	ACCESS_PATTERN_MONIKER,	   /* absolute, maybe with "*" in it */
};

struct access_pattern {
	enum access_pattern_kind kind;
	const char *text; /* without "#" */
	struct place place;
};

enum access_kind {
	ACCESS_CHILDREN, /* the declaring component's own children */
	ACCESS_LIST,	 /* whom a pattern matches; nobody if there is none */
};

/* Who may have a capability; see manifest/access.h for the matching. */
struct access {
	enum access_kind kind;
	const struct access_pattern *patterns;
	size_t n_patterns;
	struct place place; /* of the value of "access" */
};

/* The type of a configuration value. */
enum config_kind {
	CONFIG_BOOL,
	CONFIG_UINT8,
	CONFIG_UINT16,
	CONFIG_UINT32,
	CONFIG_UINT64,
	CONFIG_INT8,
	CONFIG_INT16,
	CONFIG_INT32,
	CONFIG_INT64,
	CONFIG_STRING,
	CONFIG_VECTOR,
	N_CONFIG_KINDS,
};

struct config_type {
	enum config_kind kind;
	uint32_t max_size;	  /* bytes: of a string, or a string element */
	uint32_t max_count;	  /* elements of a vector */
	enum config_kind element; /* of a vector; not CONFIG_VECTOR */
};

/* One field of what a component can be configured with. */
struct config_field {
	const char *key;
	struct config_type type;
	bool is_mutable; /* "mutability": ["parent"]; nobody changes it yet */
	struct place place, key_place;
};

enum decl_kind {
	DECL_USE,
	DECL_OFFER,
	DECL_EXPOSE,
	DECL_CAPABILITY,
	DECL_REGISTRATION, /* of an environment */
	N_DECL_KINDS,
};

struct environment_decl;

/* An instance of a service that is put together from several. */
struct instance_name {
	const char *source, *target;
};

struct decl {
	enum decl_kind kind;
	enum capability_type type;
	const char *keyword; /* "service", "protocol", "directory", ... */

	/*
	 * What it is called where it comes from, and what it is called where it
	 * goes (the same unless "as" renames it). A use's target is the
	 * component's own namespace, at @path.
	 */
	const char *name;
	const char *target_name;

	/*
	 * use: the absolute path in the namespace ("/svc/NAME" by default).
	 * capability: the path that the program serves; storage has none.
	 * offer, expose: NULL.
	 */
	const char *path;

	struct source
		from;	  /* not for capability, but for storage: its backing */
	struct target to; /* offer, expose */

	uint32_t rights; /* RIGHT_ bits, meaningful if @has_rights */
	bool has_rights;
	const char *subdir; /* relative, normalised; NULL if none */
	bool weak;	    /* dependency: weak */
	enum availability availability;

	/* capability of type storage: the directory capability behind it (its
	 * name at @from). */
	const char *backing;

	/*
	 * config. use: the field of "config" it fills, and what is used where
	 * none comes (canonical JSON, or NULL). capability: its value.
	 */
	const char *config_key;
	const struct config_type *config;
	const char *value;

	/* registration: of which environment. Its @target_name is what it is
	 * called there; of a resolver, the URL scheme. */
	const struct environment_decl *environment;

	/* offer, service: only these instances of the source, and what they are
	 * called at the target; NULL: all, under their own names. */
	const struct instance_name *instances;
	size_t n_instances;

	/* Ours. capability, of type service or directory: who may have it; NULL
	 * is everybody whom a route reaches. */
	const struct access *access;
	/* Ours. Services: no descriptor may pass over the channel. */
	bool no_transfer;
	/* Ours. use, service or directory. */
	enum provider_end if_provider_ends;
	/* Ours. use, directory or storage: it was taken back while the
	 * component had files of it open; without this the component is left
	 * alone. */
	bool restart_on_revoke;
	/* offer, expose: the author wrote that the source may be absent. If it
	 * is, @from is SOURCE_VOID and @availability optional. */
	bool source_may_be_absent;

	bool implied; /* not written by the author; see the head of this file */
	struct place place;	 /* of the item's opening brace */
	struct place name_place; /* of the value that names the capability */
};

struct program {
	const char *runner; /* "elf" unless the manifest says otherwise */
	const char *binary; /* relative to the package */
	const char *const *args;
	size_t n_args;
	const char *const *environ; /* "KEY=VALUE" */
	size_t n_environ;
	bool notify_stop; /* lifecycle.stop_event: "notify" */
	bool strict;	  /* ours: no host libraries in the cell */
	/* forward_stdout_to, forward_stderr_to: "none"; what it writes there is
	 * not kept. */
	bool drops_stdout, drops_stderr;
	struct place place, binary_place;
};

/* What the children that are placed in it find besides their offers. */
struct environment_decl {
	const char *name;
	bool extends_parent; /* what it lacks is looked for further up */
	bool has_stop_timeout;
	uint32_t stop_timeout_ms;
	struct place place, name_place;
};

enum startup {
	STARTUP_LAZY,
	STARTUP_EAGER,
};

/*
 * What an instance may have. Memory, cpu and tasks hold for it together with
 * everything below it, the others for itself. 0: not limited here.
 */
struct limits {
	uint64_t memory_min, memory_max; /* bytes */
	uint32_t cpu_share; /* a weight, 1..10000, among siblings */
	uint32_t cpu_max;   /* percent of one core */
	uint32_t tasks_max;
	uint32_t opens, connections, channels, children;
	uint32_t requests_per_second;
	struct place place; /* of the object */
};

enum restart_policy {
	RESTART_NEVER, /* an open still starts it */
	RESTART_ON_FAILURE,
	RESTART_ALWAYS,
};

/*
 * Whether it is started again when it ends by itself. Before the n-th start in
 * a row there is a delay of @delay_ms times 2^(n-1), at most @max_delay_ms;
 * after @give_up of them it is left alone until somebody starts it. A run that
 * lasted @forget_ms begins the row anew. The numbers are always set.
 */
struct restart {
	enum restart_policy policy;
	uint32_t delay_ms, max_delay_ms, give_up, forget_ms;
};

enum {
	RESTART_DELAY_MS = 100,
	RESTART_MAX_DELAY_MS = 30000,
	RESTART_GIVE_UP = 6,
	RESTART_FORGET_MS = 10000,
};

struct child_decl {
	const char *name;
	const char *url;
	enum startup startup;
	const struct environment_decl *environment; /* NULL: the parent's own */
	const struct limits *limits;		    /* ours; NULL: none */
	struct restart restart;			    /* ours */
	struct place place, name_place, url_place;
};

enum durability {
	DURABILITY_TRANSIENT,
	DURABILITY_SINGLE_RUN,
};

struct collection_decl {
	const char *name;
	enum durability durability;
	const struct environment_decl *environment; /* NULL: the parent's own */
	/* The author wrote that members get what the manifest offers, and no
	 * more: no offers when they are created, no grants of their parent. */
	bool has_static_offers_only;
	bool allows_long_names; /* up to 1024 bytes */
	bool keeps_storage;	/* a later member of the same name finds it */
	/* Ours, for each member. */
	const struct limits *limits; /* NULL: none */
	struct restart restart;
	struct place place, name_place;
};

/* Ours. Authority that must not be in a tree, and what must be in each of its
 * manifests; it counts in the root's manifest only. */
struct policy_never {
	/* Monikers, maybe with "*" and "**" as in "access". */
	const struct access_pattern *from, *to;
	/* What @to may not have of @from; NULL: anything. */
	const char *capability;
	bool is_indirect; /* neither through others */
	struct place place;
};

struct policy_must {
	enum capability_type type;
	const char *keyword, *name;
	struct place place;
};

struct policy {
	const struct policy_never *nevers;
	size_t n_nevers;
	/* Each manifest with a program has to use, and each has to offer to all
	 * of its children, what is listed. */
	const struct policy_must *must_use, *must_offer;
	size_t n_must_use, n_must_offer;
	struct place place;
};

struct manifest {
	struct arena arena;
	const char *file; /* as given to manifest_load() */
	/* The file itself and the shards it includes, by place.file. */
	const char *const *files;
	size_t n_files;
	enum manifest_dialect dialect;
	const struct program *program; /* NULL: nothing to run */
	/* By kind, each in the order of the file; implied ones last. */
	const struct decl *decls[N_DECL_KINDS];
	size_t n_decls[N_DECL_KINDS];
	const struct child_decl *children;
	size_t n_children;
	const struct collection_decl *collections;
	size_t n_collections;
	const struct environment_decl *environments;
	size_t n_environments;
	const struct config_field *config;
	size_t n_config;
	const struct policy *policy; /* NULL: none */
};

/* The file that @place of @m is in. */
static inline const char *manifest_file(const struct manifest *m,
					struct place place)
{
	return place.file < m->n_files ? m->files[place.file] : m->file;
}

enum {
	MANIFEST_INVALID = 1, /* the report says why */
};

/*
 * How included files are had. @from is the name of the file that includes,
 * @path what it says. 0: the caller owns *ret_bytes (free) and *ret_file
 * (free), its name for messages and for telling files apart: two paths to one
 * file have one name. MANIFEST_INVALID and a static phrase that goes on behind
 * the path
 * ("does not exist"), or a fault.
 */
struct manifest_includes {
	int (*read)(void *userdata, const char *from, const char *path,
		    char **ret_file, char **ret_bytes, size_t *ret_n,
		    const char **ret_why);
	void *userdata;
};

/*
 * Read a manifest from @n bytes. @file is for messages and is copied. On 0 the
 * caller owns *ret (manifest_free); the report may hold warnings. On
 * MANIFEST_INVALID the report holds at least one error, all that were found.
 * With @includes NULL, a file that includes others is refused. Bounds: 1 MiB a
 * file, 64 levels, PLACE_FILES_MAX files. Faults: -ENOMEM, and those of
 * @includes.
 */
int manifest_load(const char *file, const char *bytes, size_t n,
		  struct manifest **ret, struct report *report);
int manifest_load_with(const char *file, const char *bytes, size_t n,
		       const struct manifest_includes *includes,
		       struct manifest **ret, struct report *report);

/* The environment of that name; NULL if the manifest declares none. */
const struct environment_decl *manifest_environment(const struct manifest *m,
						    const char *name);

/* Append the type as a manifest's author would say it: "string of at most 10
 * bytes". */
void config_type_render(const struct config_type *type, struct text *t);

/* Do they say the same? */
bool config_type_is_same(const struct config_type *a,
			 const struct config_type *b);

void manifest_free(struct manifest *m);
void manifest_freep(struct manifest **m);

/* The field's word for a type or kind, for messages: "directory", "offer". */
const char *capability_type_name(enum capability_type type);
const char *decl_kind_name(enum decl_kind kind);

/* Append "#name", "parent", "self", ... */
void source_render(const struct source *s, struct text *t);

/* The rights that a word of the modern dialect stands for; "r" is "r*". 0:
 * there is no such word, and *ret_near is the one that was perhaps meant, or
 * NULL. */
uint32_t rights_word(const char *word, const char **ret_near);

/* Append rights as the shortest list of tokens: "r*, execute". */
void rights_render(uint32_t rights, struct text *t);
