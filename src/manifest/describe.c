/* One table. A row for one kind of object goes before that for all of them. */
#include "manifest/describe.h"

#include <string.h>

#include "base/own.h"

#define RIGHTS_WORDS                                                           \
	"r* w* x* rw* rx* connect read_bytes write_bytes execute "             \
	"get_attributes update_attributes enumerate traverse "                 \
	"modify_directory"
#define AVAILABILITY_WORDS "required optional transitional"

/* clang-format off */
static const struct description rows[] = {
	{ &shape_manifest, "program", "What is run. Without it the component runs nothing itself.", &shape_program, false, NULL, NULL },
	{ &shape_manifest, "use", "What appears in the component's namespace.", &shape_use, false, NULL, NULL },
	{ &shape_manifest, "offer", "What children and collections are given.", &shape_offer, false, NULL, NULL },
	{ &shape_manifest, "expose", "What the parent can reach.", &shape_expose, false, NULL, NULL },
	{ &shape_manifest, "capabilities", "What the component provides itself.", &shape_capability, false, NULL, NULL },
	{ &shape_manifest, "storage", "Storages: directories that are divided among those who use them.", &shape_storage, false, NULL, NULL },
	{ &shape_manifest, "children", "The static children.", &shape_child, false, NULL, NULL },
	{ &shape_manifest, "collections", "Where children are created at run time.", &shape_collection, false, NULL, NULL },
	{ &shape_manifest, "facets", "Anything; Reeve ignores it.", NULL, false, NULL, NULL },
	{ &shape_manifest, "environments", "What children find besides their offers: runners, resolvers, debug services.", &shape_environment, false, NULL, NULL },
	{ &shape_manifest, "runners", "Runners that the component provides.", &shape_runner, false, NULL, NULL },
	{ &shape_manifest, "resolvers", "Resolvers that the component provides.", &shape_resolver, false, NULL, NULL },
	{ &shape_manifest, "include", "Manifest shards that are merged into this one.", NULL, false, NULL, NULL },
	{ &shape_manifest, "config", "The values the component can be configured with, each with its type.", &shape_config_field, true, NULL, NULL },
	{ &shape_manifest, "policy", "Authority that must not be anywhere in the tree; it counts in the root's manifest.", &shape_policy, false, NULL, NULL },

	{ &shape_program, "runner", "How it is run: \"elf\" runs a program of the package.", NULL, false, NULL, NULL },
	{ &shape_program, "binary", "The file to run, relative to the package.", NULL, false, NULL, NULL },
	{ &shape_program, "args", "Its arguments, a list of strings.", NULL, false, NULL, NULL },
	{ &shape_program, "environ", "Its environment, a list of \"NAME=VALUE\".", NULL, false, NULL, NULL },
	{ &shape_program, "env", "Its environment, an object: NAME to VALUE.", NULL, false, NULL, NULL },
	{ &shape_program, "lifecycle", "What it is told of its own life.", &shape_lifecycle, false, NULL, NULL },
	{ &shape_program, "strict", "true: the cell has nothing of the host, not even its libraries.", NULL, false, "true false", NULL },
	{ &shape_program, "forward_stdout_to", "Where its standard output goes.", NULL, false, "log none", NULL },
	{ &shape_program, "forward_stderr_to", "Where its standard error goes.", NULL, false, "log none", NULL },
	{ &shape_program, "main_process_critical", "Whether the system goes down with it.", NULL, false, "true false", NULL },
	{ &shape_program, "is_shared_process", "Whether it may share its address space.", NULL, false, "true false", NULL },
	{ &shape_program, "job_policy_ambient_mark_vmo_exec", "Whether it may make memory executable.", NULL, false, "true false", NULL },
	{ &shape_program, "job_policy_create_raw_processes", "Whether it may create processes directly.", NULL, false, "true false", NULL },
	{ &shape_program, "job_with_available_exception_channel", "Whether it handles the exceptions of its own tasks.", NULL, false, "true false", NULL },
	{ &shape_lifecycle, "stop_event", "Whether it is told to stop before it is killed.", NULL, false, "ignore notify", NULL },

	{ &shape_child, "name", "What the child is called here; \"#NAME\" elsewhere in this file.", NULL, false, NULL, NULL },
	{ &shape_child, "url", "Its manifest: fuchsia-pkg://HOST/NAME#meta/X.cm, file:///DIRECTORY#meta/X.cm, NAME#meta/X.cm or #meta/X.cm.", NULL, false, NULL, NULL },
	{ &shape_child, "startup", "\"eager\": it is started with its parent, not with the first open.", NULL, false, "lazy eager", NULL },
	{ &shape_child, "on_terminate", "What happens when it ends.", NULL, false, "none", NULL },
	{ &shape_collection, "name", "What the collection is called; its members are NAME:MEMBER.", NULL, false, NULL, NULL },
	{ &shape_collection, "durability", "\"transient\": a member lives until it is destroyed or its parent stops. \"single_run\": until it ends.", NULL, false, "transient single_run", "transient" },
	{ &shape_collection, "allowed_offers", "Whether members may be given offers of their own when they are created.", NULL, false, "static_only static_and_dynamic", NULL },
	{ &shape_collection, "allow_long_names", "true: names of members may have up to 1024 bytes.", NULL, false, "true false", NULL },
	{ &shape_collection, "persistent_storage", "true: a later member of the same name finds the storage of the first.", NULL, false, "true false", NULL },
	{ NULL, "environment", "The environment it lives in: \"#NAME\" of \"environments\".", NULL, false, NULL, NULL },
	{ NULL, "limits", "What it may have, together with everything below it.", &shape_limits, false, NULL, NULL },
	{ NULL, "restart", "Whether it is started again when it ends by itself: a word, or an object with the delays.", &shape_restart, false, "never on-failure always", NULL },

	{ &shape_limits, "memory", "Memory: \"min\", which it is sure of, and \"max\", which it never exceeds.", &shape_limits_memory, false, NULL, NULL },
	{ &shape_limits, "cpu", "Processor time: \"share\", a weight among siblings, and \"max\", so much of one core.", &shape_limits_cpu, false, NULL, NULL },
	{ &shape_limits, "tasks", "Tasks: \"max\", how many there may be.", &shape_limits_tasks, false, NULL, NULL },
	{ &shape_limits, "opens", "Opens at a time that their providers have not read yet; 128 if not given.", NULL, false, NULL, NULL },
	{ &shape_limits, "connections", "Live connections that it opened; 4096 if not given.", NULL, false, NULL, NULL },
	{ &shape_limits, "channels", "Channels to the manager that it holds; 64 if not given.", NULL, false, NULL, NULL },
	{ &shape_limits, "children", "Children in its collections; 1024 if not given.", NULL, false, NULL, NULL },
	{ &shape_limits, "requests_per_second", "Requests to the manager, delayed above it; 5000 if not given.", NULL, false, NULL, NULL },
	{ &shape_limits_memory, "min", "Bytes it is sure of: a number, or a string as \"64M\".", NULL, false, NULL, NULL },
	{ &shape_limits_memory, "max", "Bytes it never exceeds: a number, or a string as \"256M\".", NULL, false, NULL, NULL },
	{ &shape_limits_cpu, "share", "A weight from 1 to 10000 among siblings; 100 if not given.", NULL, false, NULL, NULL },
	{ &shape_limits_cpu, "max", "At most so much of one core: \"50%\", \"150%\".", NULL, false, NULL, NULL },
	{ &shape_limits_tasks, "max", "At most so many tasks.", NULL, false, NULL, NULL },
	{ &shape_restart, "policy", "When it is started again without being asked.", NULL, false, "never on-failure always", NULL },
	{ &shape_restart, "delay_ms", "Before the first restart; doubles with each that follows. 100 if not given.", NULL, false, NULL, NULL },
	{ &shape_restart, "max_delay_ms", "The longest delay; 30000 if not given.", NULL, false, NULL, NULL },
	{ &shape_restart, "give_up", "After so many restarts in a row it is left alone; 6 if not given.", NULL, false, NULL, NULL },
	{ &shape_restart, "forget_ms", "A run that lasted so long ends the row; 10000 if not given.", NULL, false, NULL, NULL },

	{ &shape_use, "from", "Where it is taken from; the parent if not given.", NULL, false, NULL, NULL },
	{ &shape_offer, "from", "Where it is taken from.", NULL, false, NULL, NULL },
	{ &shape_expose, "from", "Where it is taken from.", NULL, false, NULL, NULL },
	{ &shape_capability, "from", "A storage: where the directory behind it comes from.", NULL, false, NULL, NULL },
	{ &shape_storage, "from", "Where the directory behind it comes from.", NULL, false, NULL, NULL },
	{ &shape_policy_never, "from", "Whose authority it is: a moniker, maybe with * and **.", NULL, false, NULL, NULL },
	{ NULL, "from", "Where it is taken from.", NULL, false, NULL, NULL },
	{ &shape_offer, "to", "The children and collections that are given it.", &shape_target, false, NULL, NULL },
	{ &shape_expose, "to", "Who can reach it: the parent if not given, or the framework.", NULL, false, "parent framework", "realm framework" },
	{ &shape_use, "as", "Where it appears in the namespace.", NULL, false, NULL, NULL },
	{ NULL, "as", "What it is called where it goes.", NULL, false, NULL, NULL },
	{ &shape_target, "dest", "The child or collection that is given it: \"#NAME\".", NULL, false, NULL, NULL },
	{ &shape_use, "path", "Where it appears in the namespace; /svc/NAME for a service if not given.", NULL, false, NULL, NULL },
	{ &shape_capability, "path", "Where the program serves it; /svc/NAME for a service if not given.", NULL, false, NULL, NULL },
	{ &shape_storage, "path", "The directory behind it.", NULL, false, NULL, NULL },
	{ NULL, "path", "Where the program serves it.", NULL, false, NULL, NULL },
	{ &shape_storage, "name", "What the storage is called; \"#NAME\" in offers.", NULL, false, NULL, NULL },
	{ NULL, "rights", "What may be done in the directory; aliases as \"r*\" or single rights.", NULL, false, RIGHTS_WORDS, RIGHTS_WORDS " admin" },
	{ NULL, "subdir", "Only this part of the directory, a relative path.", NULL, false, NULL, NULL },
	{ NULL, "dependency", "\"weak\": the provider need not outlive this one, and circles are allowed.", NULL, false, "strong weak", "strong weak_for_migration" },
	{ &shape_use, "availability", "Whether it has to be there.", NULL, false, AVAILABILITY_WORDS, NULL },
	{ NULL, "availability", "Whether it has to be there.", NULL, false, AVAILABILITY_WORDS " same_as_target", NULL },
	{ NULL, "source_availability", "\"unknown\": what \"from\" names may be absent, and counts as void then.", NULL, false, "required unknown", NULL },
	{ NULL, "if_provider_ends", "What this component gets when the one that provides it ends.", NULL, false, "nothing tell restart", NULL },
	{ NULL, "on_revoke", "What becomes of this component when it is taken back while its files are open.", NULL, false, "keep restart", NULL },
	{ NULL, "transfer", "\"none\": no descriptor passes over the channel.", NULL, false, "none", NULL },
	{ NULL, "access", "Who may have it: \"children\", or a list of \"#NAME\" and monikers; everybody if not given.", NULL, false, NULL, NULL },
	{ NULL, "backing_dir", "The name of the directory behind the storage, where \"from\" says.", NULL, false, NULL, NULL },
	{ NULL, "storage_id", "How the parts of the storage are told apart.", NULL, false, "static_instance_id_or_moniker", NULL },
	{ NULL, "delivery", "When an open is delivered: at once.", NULL, false, "immediate", NULL },
	{ NULL, "filter", "Only events of this kind.", NULL, false, NULL, NULL },
	{ NULL, "scope", "Only events of these children.", NULL, false, NULL, NULL },
	{ NULL, "numbered_handle", "It arrives as a descriptor at the start instead of in the namespace.", NULL, false, NULL, NULL },
	{ NULL, "source_instance_filter", "Only these instances of the service.", NULL, false, NULL, NULL },
	{ NULL, "renamed_instances", "What instances of the service are called at the target.", &shape_instance, false, NULL, NULL },

	{ NULL, "service", "A service, by name: what components open and talk to.", NULL, false, NULL, NULL },
	{ NULL, "protocol", "A protocol, by name: what components open and talk to.", NULL, false, NULL, NULL },
	{ NULL, "directory", "A directory, by name.", NULL, false, NULL, NULL },
	{ NULL, "storage", "A storage: a directory of one's own that outlives the component.", NULL, false, NULL, NULL },
	{ &shape_use, "runner", "The runner that runs this component's program.", NULL, false, NULL, NULL },
	{ NULL, "runner", "A runner: what runs programs.", NULL, false, NULL, NULL },
	{ NULL, "resolver", "A resolver: what finds manifests by URL.", NULL, false, NULL, NULL },
	{ NULL, "dictionary", "A dictionary: capabilities that travel together.", NULL, false, NULL, NULL },
	{ NULL, "config", "A configuration value, by name.", NULL, false, NULL, NULL },
	{ NULL, "event", "An event of the framework.", NULL, false, NULL, NULL },
	{ NULL, "event_stream", "A stream of events of the framework.", NULL, false, NULL, NULL },
	{ NULL, "legacy_service", "A service, in words of old.", NULL, false, NULL, NULL },
	{ NULL, "legacy_services", "Services, in words of old.", NULL, false, NULL, NULL },
	{ NULL, "socket", "A stream socket at a path, for programs that know nothing of Reeve.", NULL, false, NULL, NULL },
	{ NULL, "key", "Which field of \"config\" it fills.", NULL, false, NULL, NULL },
	{ NULL, "type", "The type of the value.", NULL, false, "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 string vector", NULL },
	{ NULL, "max_size", "The most bytes that the string may have.", NULL, false, NULL, NULL },
	{ NULL, "max_count", "The most elements that the vector may have.", NULL, false, NULL, NULL },
	{ NULL, "element", "The type of the vector's elements, an object.", &shape_config_element, false, NULL, NULL },
	{ NULL, "default", "The value where none is routed.", NULL, false, NULL, NULL },
	{ NULL, "value", "The value that is provided.", NULL, false, NULL, NULL },
	{ NULL, "mutability", "Who may change it while the component is created.", NULL, false, "parent", NULL },
	{ NULL, "extends", "Whether what it lacks is looked for in the parent's environment.", NULL, false, "realm none", NULL },
	{ &shape_environment, "runners", "The runners that are found there.", &shape_environment_runner, false, NULL, NULL },
	{ &shape_environment, "resolvers", "The resolvers that are found there, each for a scheme of URLs.", &shape_environment_resolver, false, NULL, NULL },
	{ &shape_environment, "debug", "The services that are found there by \"from\": \"debug\".", &shape_environment_debug, false, NULL, NULL },
	{ &shape_environment, "extend", "Whether what it lacks is looked for in the parent's environment.", NULL, false, "realm none", NULL },
	{ NULL, "scheme", "The scheme of the URLs that it resolves.", NULL, false, NULL, NULL },
	{ NULL, "__stop_timeout_ms", "How long a component may take to stop before it is killed.", NULL, false, NULL, NULL },
	{ &shape_policy, "never", "Authority that must not be anywhere in the tree.", &shape_policy_never, false, NULL, NULL },
	{ &shape_policy, "must_use", "What each component with a program has to use.", &shape_policy_must_use, false, NULL, NULL },
	{ &shape_policy, "must_offer", "What each component has to offer to all its children.", &shape_policy_must_offer, false, NULL, NULL },
	{ &shape_policy_never, "to", "Who must not have it: a moniker, maybe with * and **.", NULL, false, NULL, NULL },
	{ &shape_policy_never, "capability", "What must not be had; anything if not given.", NULL, false, NULL, NULL },
	{ &shape_policy_never, "indirect", "true: neither through others.", NULL, false, "true false", NULL },
	{ NULL, "source_name", "What the source calls the instance.", NULL, false, NULL, NULL },
	{ NULL, "target_name", "What the target calls it.", NULL, false, NULL, NULL },
	{ NULL, "name", "What it is called; \"#NAME\" elsewhere in this file.", NULL, false, NULL, NULL },
};
/* clang-format on */

const struct description *describe_key(const struct shape *shape,
				       const char *key)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(rows); i++)
		if ((!rows[i].shape || rows[i].shape == shape) &&
		    !strcmp(rows[i].key, key))
			return &rows[i];
	return NULL;
}

const char *describe_words(const struct description *d,
			   enum manifest_dialect dialect)
{
	return dialect == DIALECT_SEED && d->seed_words ? d->seed_words
							: d->words;
}
