/*
 * The rules a manifest has to keep, each with the id that messages end in.
 *
 * An id is stable: scripts match on it. This list is the only one; the manual
 * page and the tests are checked against it.
 */
#pragma once

#include <stddef.h>

/* clang-format off */
#define RULES(X)                                                               \
	X(SYNTAX, "syntax", "the file is not JSON5")                           \
	X(ENCODING, "encoding", "the file is not UTF-8")                       \
	X(TOO_LARGE, "too-large", "the file is larger than 1 MiB")             \
	X(TOO_DEEP, "too-deep", "more than 64 arrays and objects inside each other") \
	X(TOO_MANY, "too-many", "more than 100000 declarations when lists are written out") \
	X(DUPLICATE_KEY, "duplicate-key", "a key stands twice in one object")  \
	X(MIXED_DIALECTS, "mixed-dialects", "one file holds words of both dialects") \
	X(UNKNOWN_KEY, "unknown-key", "a key that is not known here (a warning in the path-named dialect)") \
	X(UNSUPPORTED, "unsupported", "part of the language, but not supported") \
	X(RESTRICTED_FEATURE, "restricted-feature", "part of the language that has no meaning on this system") \
	X(UNREADABLE_INCLUDE, "unreadable-include", "an included file that cannot be read") \
	X(CIRCULAR_INCLUDE, "circular-include", "files include each other in a circle") \
	X(TOO_MANY_INCLUDES, "too-many-includes", "more than 256 files, 64 of them inside each other, or 8 MiB in all") \
	X(CONFLICTING_VALUE, "conflicting-value", "two files of one manifest give one key different values") \
	X(WRONG_TYPE, "wrong-type", "a value of another type than its key wants") \
	X(MISSING_KEY, "missing-key", "a required key is absent")              \
	X(MISPLACED_KEY, "misplaced-key", "a key that does not go with this kind of capability or value") \
	X(MISSING_CAPABILITY, "missing-capability", "a declaration names no capability") \
	X(MULTIPLE_CAPABILITIES, "multiple-capabilities", "a declaration names two types of capability") \
	X(MULTIPLE_NAMES, "multiple-names", "\"as\" or \"path\" beside a list of several names") \
	X(MULTIPLE_SOURCES, "multiple-sources", "a list of sources where only a service may have one") \
	X(EMPTY_LIST, "empty-list", "a list that needs at least one element")  \
	X(DUPLICATE_VALUE, "duplicate-value", "a list that says the same twice") \
	X(INVALID_STRING, "invalid-string", "a string with a zero character in it") \
	X(INVALID_VALUE, "invalid-value", "a word that is none of those this key knows") \
	X(INVALID_NUMBER, "invalid-number", "a number or size that is none, or outside of what its key takes") \
	X(INVALID_PATTERN, "invalid-pattern", "an element of \"access\" that is neither \"#\" and a name nor a moniker") \
	X(MIN_ABOVE_MAX, "min-above-max", "a least value that is above the greatest") \
	X(INVALID_NAME, "invalid-name", "a name with wrong characters or of a wrong length") \
	X(INVALID_PATH, "invalid-path", "a path that is not absolute (or not relative), or has wrong segments") \
	X(INVALID_REFERENCE, "invalid-reference", "a reference that is not \"#\" and a name") \
	X(INVALID_URL, "invalid-url", "a component URL that cannot be taken apart") \
	X(CML_URL, "cml-url", "a component URL that ends in .cml instead of .cm (a warning in the path-named dialect)") \
	X(UNKNOWN_RIGHT, "unknown-right", "a directory right that does not exist") \
	X(DUPLICATE_RIGHT, "duplicate-right", "a directory right that another one of the list already holds") \
	X(MISSING_RIGHTS, "missing-rights", "a directory that has to state its rights and does not") \
	X(DUPLICATE_NAME, "duplicate-name", "two of the things that \"#name\" can mean have one name") \
	X(DUPLICATE_TARGET, "duplicate-target", "two declarations put something at one place") \
	X(BAD_SOURCE, "bad-source", "this cannot come from there")             \
	X(BAD_TARGET, "bad-target", "this cannot go there")                    \
	X(UNKNOWN_SOURCE, "unknown-source", "\"from\" names something that is not in this manifest") \
	X(UNKNOWN_TARGET, "unknown-target", "\"to\" names no child, collection or dictionary of this manifest") \
	X(UNKNOWN_ACCESS, "unknown-access", "\"access\" names neither a child nor a collection") \
	X(UNDECLARED_CAPABILITY, "undeclared-capability", "\"from\": \"self\" of something that this manifest does not declare") \
	X(SAME_SOURCE_TARGET, "same-source-target", "a child is offered what comes from itself") \
	X(DEPENDENCY_CYCLE, "dependency-cycle", "what is declared here needs each other in a circle") \
	X(WEAK_DEPENDENCY, "weak-dependency", "a use that is weak, but not from a child") \
	X(PATH_OVERLAP, "path-overlap", "one entry of the namespace lies inside another") \
	X(PROTECTED_PATH, "protected-path", "/pkg belongs to the component's package, /reeve of what a program serves to the tools") \
	X(MISSING_RUNNER, "missing-runner", "a program without a runner")      \
	X(CONFIG_VALUE, "config-value", "a configuration value that is not of its type") \
	X(CONFIG_TYPE, "config-type", "a use gives a field of \"config\" another type") \
	X(CONFIG_DEFAULT, "config-default", "a required configuration value with a default") \
	X(UNDECLARED_CONFIG, "undeclared-config", "a configuration value that may be absent, without a default or a field in \"config\"") \
	X(RUNNER_CONFLICT, "runner-conflict", "more than one runner is named")  \
	X(VOID_AVAILABILITY, "void-availability", "\"from\": \"void\" without \"availability\": \"optional\"") \
	X(AGGREGATE_AVAILABILITY, "aggregate-availability", "the sources of one service differ in their availability") \
	X(AGGREGATE_INSTANCES, "aggregate-instances", "the sources of one service give the same instance, or only some say which they give") \
	X(UNKNOWN_ENVIRONMENT, "unknown-environment", "\"environment\" names none of this manifest") \
	X(UNKNOWN_SCOPE, "unknown-scope", "\"scope\" names neither a child nor a collection") \
	X(FRAMEWORK_SUBDIR, "framework-subdir", "a subdirectory is exposed to the framework")
/* clang-format on */

enum rule {
#define RULE_ENUM(name, id, text) RULE_##name,
	RULES(RULE_ENUM)
#undef RULE_ENUM
		N_RULES,
};

/* The stable id, and one line that says when the rule is broken. */
const char *rule_id(enum rule rule);
const char *rule_text(enum rule rule);
