/* The modern dialect: its cases, its limits, and the form that comes out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "fault.h"
#include "manifest_test.h"

#define RUN "program: { runner: 'elf', binary: 'bin/x' }, "
#define AB                                                                     \
	"children: [{ name: 'a', url: '#meta/a.cm' }, "                        \
	"{ name: 'b', url: '#meta/b.cm' }], "
#define COLL "collections: [{ name: 'c', durability: 'transient' }], "
#define STORE                                                                  \
	"{ storage: 's', from: 'parent', backing_dir: 'd', "                   \
	"storage_id: 'static_instance_id_or_moniker' }"

/* 16 characters, to make long ones of. */
#define S16  "0123456789abcdef"
#define S64  S16 S16 S16 S16
#define S255 S64 S64 S64 S16 S16 S16 "0123456789abcde"
#define S256 S64 S64 S64 S64
#define PATH4096                                                               \
	"/" S255 "/" S255 "/" S255 "/" S255 "/" S255 "/" S255 "/" S255         \
	"/" S255 "/" S255 "/" S255 "/" S255 "/" S255 "/" S255 "/" S255         \
	"/" S255 "/" S255
#define LEGAL                                                                  \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

static const struct manifest_case sections[] = {
	{ "nothing", "{}", "" },
	{ "an open brace", "{`", "syntax" },
	{ "unknown key at the top", "{ `xyz: 1 }", "unknown-key" },
	{ "program of another runner",
	  "{ program: { runner: 'web', anything: { at: ['all'] } } }", "" },
	{ "program with a use of its runner",
	  "{ program: { binary: 'x' }, use: [{ runner: 'elf' }] }", "" },
	{ "program without any runner", "{ program: `{ binary: 'x' } }",
	  "missing-runner" },
	{ "program with two",
	  "{ program: { runner: `'elf', binary: 'x' }, "
	  "use: [{ runner: 'elf' }] }",
	  "runner-conflict" },
	{ "runner as a reference", "{ program: { runner: `'#elf' } }",
	  "invalid-name" },
	{ "runner of a wrong type", "{ program: { runner: `1, binary: 'x' } }",
	  "wrong-type" },
	{ "program in full",
	  "{ program: { runner: 'elf', binary: 'bin/x', args: [], environ: "
	  "['A=b', 'C='], lifecycle: { stop_event: 'ignore' }, strict: true } "
	  "}",
	  "" },
	{ "program wrong all over",
	  "{ program: { runner: 'elf', binary: `'/x', args: `'a', environ: "
	  "[`'A', `'=b', `1], lifecycle: { stop_event: `'no', `x: 1 }, "
	  "strict: `'yes', `env: {}, `binry: 'x' } }",
	  "invalid-path wrong-type invalid-value invalid-value wrong-type "
	  "invalid-value unknown-key wrong-type unknown-key unknown-key" },
	{ "program keys that ask for what is not there",
	  "{ program: { runner: 'elf', binary: 'x', forward_stdout_to: 'log', "
	  "forward_stderr_to: `'nowhere', main_process_critical: `true, "
	  "is_shared_process: false, job_policy_create_raw_processes: `1 } }",
	  "invalid-value restricted-feature wrong-type" },
	{ "sections of a wrong type",
	  "{ program: `[], use: `{}, offer: `1, expose: `null, children: `'a', "
	  "collections: `{}, capabilities: `true, facets: `'' }",
	  "wrong-type wrong-type wrong-type wrong-type wrong-type wrong-type "
	  "wrong-type wrong-type" },
	{ "elements of a wrong type",
	  "{ use: [`'a'], offer: [`1], expose: [`[]], children: [`null], "
	  "collections: [`true], capabilities: [`'x'] }",
	  "wrong-type wrong-type wrong-type wrong-type wrong-type wrong-type" },
	{ "child empty", "{ children: [``{}] }", "missing-key missing-key" },
	{ "child names twice",
	  "{ children: [{ name: 'a', url: '#a' }, { name: `'a', url: '#b' }] }",
	  "duplicate-name" },
	{ "child wrong",
	  "{ children: [{ name: `'-a', url: `'a:b', startup: `'Lazy' }, "
	  "{ name: 'b', url: '#b', on_terminate: `'reboot', "
	  "environment: `'#e' }, { name: 'c', url: '#c', on_terminate: 'none', "
	  "environment: `'#b' }, { name: 'd', url: '#d', on_terminate: `'zzz', "
	  "environment: `'parent' }] }",
	  "invalid-name invalid-url invalid-value restricted-feature "
	  "unknown-environment unknown-environment invalid-value "
	  "invalid-reference" },
	{ "child names at their limits",
	  "{ children: [{ name: '" LEGAL "', url: '#a' }, { name: '" S255
	  "', url: '#a' }, { name: `'" S256 "', url: '#a' }, "
	  "{ name: `'.a', url: '#a' }, { name: `'ä', url: '#a' }] }",
	  "invalid-name invalid-name invalid-name" },
	{ "collections",
	  "{ collections: [{ name: 'c', durability: 'single_run' }, "
	  "{ name: 'd', durability: `'zzz' }, ``{}] }",
	  "invalid-value missing-key missing-key" },
	{ "collection in full",
	  "{ environments: [{ name: 'e' }], collections: [{ name: 'c', "
	  "durability: 'transient', allow_long_names: false, "
	  "persistent_storage: true, environment: '#e', "
	  "allowed_offers: 'static_and_dynamic' }] }",
	  "" },
	{ "collection wrong",
	  "{ collections: [{ name: 'c', durability: 'transient', "
	  "allow_long_names: `true, persistent_storage: `'yes', "
	  "allowed_offers: `'dynamic' }] }",
	  "restricted-feature wrong-type invalid-value" },
	{ "one set of names",
	  "{ " AB RUN "collections: [{ name: `'a', durability: 'transient' }], "
	  "capabilities: [{ storage: `'b', from: 'parent', backing_dir: 'x', "
	  "storage_id: 'static_instance_id_or_moniker' }, "
	  "{ runner: `'a', path: '/svc/r' }] }",
	  "duplicate-name duplicate-name duplicate-name" },
};

static const struct manifest_case capabilities[] = {
	{ "all kinds",
	  "{ " RUN "capabilities: [{ protocol: ['p', 'q'] }, { service: 's' }, "
	  "{ protocol: 'r', path: '/other/r' }, { directory: 'd', path: '/d', "
	  "rights: ['rw*'] }, { runner: 'u', path: '/svc/u' }, "
	  "{ storage: 't', from: 'self', backing_dir: 'd', subdir: 'x/y', "
	  "storage_id: 'static_instance_id_or_moniker' }] }",
	  "" },
	{ "a list with a path",
	  "{ capabilities: [{ protocol: ['p', 'q'], `path: '/svc/p' }, "
	  "{ service: ['s', 't'], `path: '/svc/s' }] }",
	  "multiple-names multiple-names" },
	{ "directory without path and rights",
	  "{ capabilities: [``{ directory: 'd' }] }",
	  "missing-key missing-rights" },
	{ "storage from a missing child",
	  "{ capabilities: [{ storage: 's', from: `'#x', backing_dir: 'd', "
	  "storage_id: 'static_instance_id_or_moniker' }] }",
	  "unknown-source" },
	{ "storage with nothing", "{ capabilities: [```{ storage: 's' }] }",
	  "missing-key missing-key missing-key" },
	{ "storage with a path",
	  "{ capabilities: [{ storage: 's', from: 'parent', backing_dir: 'd', "
	  "storage_id: 'static_instance_id_or_moniker', `path: '/s' }] }",
	  "misplaced-key" },
	{ "storage by an index",
	  "{ capabilities: [{ storage: 's', from: 'parent', backing_dir: 'd', "
	  "storage_id: `'static_instance_id' }] }",
	  "unsupported" },
	{ "storage id wrong",
	  "{ capabilities: [{ storage: 's', from: 'parent', backing_dir: 'd', "
	  "storage_id: `'moniker' }] }",
	  "invalid-value" },
	{ "storage from a collection",
	  "{ " COLL "capabilities: [{ storage: 's', from: `'#c', "
	  "backing_dir: 'd', storage_id: 'static_instance_id_or_moniker' }] }",
	  "bad-source" },
	{ "runner without a path", "{ capabilities: [`{ runner: 'r' }] }",
	  "missing-key" },
	{ "runner with from",
	  "{ capabilities: [{ runner: 'r', path: '/r', `from: 'self' }] }",
	  "misplaced-key" },
	{ "without a keyword", "{ capabilities: [`{ path: '/r' }] }",
	  "missing-capability" },
	{ "all other kinds",
	  "{ capabilities: [{ resolver: 'r', path: '/r' }, "
	  "{ dictionary: 'd' }, { config: 'c', type: 'bool', value: true }, "
	  "{ protocol: 'p', delivery: 'immediate' }] }",
	  "" },
	{ "what cannot be declared",
	  "{ capabilities: [{ `socket: 's' }, { `event_stream: 'e' }, "
	  "{ dictionary: 'd', `path: '/d' }, { protocol: 'p', "
	  "delivery: `'on_readable' }, { protocol: 'q', delivery: `'later' }, "
	  "`{ resolver: 'r' }, { resolver: 's', path: '/s', `from: 'self' }] }",
	  "unsupported restricted-feature restricted-feature "
	  "restricted-feature invalid-value missing-key misplaced-key" },
	{ "twice", "{ capabilities: [{ protocol: 'p' }, { service: `'p' }] }",
	  "duplicate-name" },
	{ "paths",
	  "{ capabilities: [{ protocol: 'a', path: `'' }, "
	  "{ protocol: 'b', path: `'/' }, { protocol: 'c', path: `'c' }, "
	  "{ protocol: 'd', path: `'/d/' }, { protocol: 'e', path: `'/" S256
	  "' }, { protocol: 'f', path: '/" S255 "' }, { protocol: 'g', "
	  "path: `'/foo/../bar' }, { protocol: 'h', path: `'" PATH4096 "' }] }",
	  "invalid-path invalid-path invalid-path invalid-path invalid-path "
	  "invalid-path invalid-path" },
};

static const struct manifest_case uses[] = {
	{ "all kinds",
	  "{ " AB COLL RUN "capabilities: [{ protocol: 'p' }], use: ["
	  "{ protocol: 'a', path: '/svc/x' }, { protocol: 'b', from: "
	  "'framework' }, { protocol: ['c', 'd'] }, { protocol: 'p', from: "
	  "'self' }, { directory: 'e', path: '/e', rights: ['rw*'] }, "
	  "{ directory: 'f', path: '/f', rights: ['rx*'], subdir: 'g', "
	  "from: 'parent' }, { storage: 'h', path: '/h' }, "
	  "{ storage: 'i', path: '/i' }, { service: 'j', from: '#c' }, "
	  "{ protocol: 'k', from: '#a', dependency: 'weak', "
	  "availability: 'optional' }, { directory: 'l', path: '/l', "
	  "rights: ['r*'], availability: 'transitional' }] }",
	  "" },
	{ "runner from the parent",
	  "{ use: [{ runner: 'elf', from: 'parent' "
	  "}] }",
	  "" },
	{ "from self, undeclared",
	  "{ use: [{ protocol: `'a', from: 'self' }, { service: `'b', "
	  "from: 'self' }, { directory: `'c', path: '/c', rights: ['r*'], "
	  "from: 'self' }], capabilities: [{ directory: 'a', path: '/a', "
	  "rights: ['r*'] }] }",
	  "undeclared-capability undeclared-capability undeclared-capability" },
	{ "runner from self",
	  "{ capabilities: [{ runner: 'r', path: '/r' }], "
	  "use: [{ runner: 'r', from: `'self' }] }",
	  "bad-source" },
	{ "storage with from",
	  "{ use: [{ storage: 's', path: '/s', `from: 'parent' }] }",
	  "misplaced-key" },
	{ "from nobody", "{ " AB "use: [{ protocol: 'a', from: `'#x' }] }",
	  "unknown-source" },
	{ "from a word",
	  "{ use: [{ protocol: 'a', from: `'parnet' }, { protocol: 'b', "
	  "from: `'' }] }",
	  "invalid-reference invalid-reference" },
	{ "the same twice", "{ use: [{ protocol: 'a' }, { protocol: `'a' }] }",
	  "duplicate-target" },
	{ "one path twice",
	  "{ use: [{ protocol: 'a' }, { service: `'b', path: '/svc/a' }] }",
	  "duplicate-target" },
	{ "subdir wrong",
	  "{ use: [{ directory: 'a', path: '/a', rights: ['r*'], "
	  "subdir: `'/' }] }",
	  "invalid-path" },
	{ "a directory in a directory",
	  "{ use: [{ directory: 'a', path: '/foo/bar', rights: ['r*'] }, "
	  "{ directory: `'b', path: '/foo/bar/baz', rights: ['r*'] }] }",
	  "path-overlap" },
	{ "a storage in a directory",
	  "{ use: [{ directory: 'a', path: '/foo/bar', rights: ['r*'] }, "
	  "{ storage: `'b', path: '/foo/bar/baz' }] }",
	  "path-overlap" },
	{ "a protocol in a directory",
	  "{ use: [{ directory: 'a', path: '/foo/bar', rights: ['r*'] }, "
	  "{ protocol: `'b', path: '/foo/bar/fuchsia.2' }] }",
	  "path-overlap" },
	{ "a directory below a protocol's",
	  "{ use: [{ directory: 'a', path: '/foo/bar/baz', rights: ['r*'] }, "
	  "{ protocol: `'b', path: '/foo/bar/p' }] }",
	  "path-overlap" },
	{ "protocols in directories inside each other",
	  "{ use: [{ protocol: 'a', path: '/foo/a' }, "
	  "{ protocol: `'b', path: '/foo/bar/b' }] }",
	  "path-overlap" },
	{ "protocols in one directory",
	  "{ use: [{ protocol: 'a', path: '/foo/a' }, "
	  "{ protocol: 'b', path: '/foo/b' }] }",
	  "" },
	{ "the package",
	  "{ use: [{ protocol: `'a', path: '/pkg/a' }, "
	  "{ storage: `'b', path: '/pkg' }] }",
	  "protected-path protected-path" },
	{ "weak from the parent",
	  "{ use: [{ protocol: 'a', dependency: `'weak' }, "
	  "{ protocol: 'b', dependency: 'strong' }] }",
	  "weak-dependency" },
	{ "two kinds", "{ use: [{ protocol: 'a', `directory: 'b' }] }",
	  "multiple-capabilities" },
	{ "availability of the target",
	  "{ use: [{ protocol: 'a', availability: `'same_as_target' }] }",
	  "invalid-value" },
	{ "availability of a runner",
	  "{ use: [{ runner: 'elf', `availability: 'optional' }] }",
	  "misplaced-key" },
	{ "filter on a directory",
	  "{ use: [{ directory: 'a', path: '/a', rights: ['r*'], "
	  "`filter: {} }] }",
	  "misplaced-key" },
	{ "from debug, from a dictionary, from a storage",
	  "{ capabilities: [" STORE ", { dictionary: 'd' }], "
	  "use: [{ protocol: 'a', from: 'debug' }, { protocol: 'b', "
	  "from: 'self/d' }, { protocol: 'c', from: `'#s' }] }",
	  "unsupported" },
	{ "as", "{ use: [{ protocol: 'a', `as: 'b' }] }", "unknown-key" },
	{ "protocol from a collection",
	  "{ " COLL "use: [{ protocol: 'a', from: `'#c' }] }", "bad-source" },
	{ "rights of the other dialect",
	  "{ use: [{ directory: 'a', path: '/a', rights: [`'admin'] }] }",
	  "unknown-right" },
	{ "directories in a list",
	  "{ use: [{ directory: `['a', 'b'], path: '/a', rights: ['r*'] }] }",
	  "wrong-type" },
	{ "a protocol without a name",
	  "{ use: [{ protocol: `'' }, { protocol: 'a' }, { protocol: [`1] }] }",
	  "invalid-name wrong-type" },
	{ "zero character", "{ use: [{ protocol: `'a\\0b' }] }",
	  "invalid-string" },
};

static const struct manifest_case exposes[] = {
	{ "all kinds",
	  "{ " AB COLL RUN "capabilities: [{ protocol: ['p', 'q', 'r'] }, "
	  "{ directory: 'd', path: '/d', rights: ['rw*'] }, " STORE "], "
	  "expose: [{ protocol: 'p', from: 'self' }, { protocol: ['q', 'r'], "
	  "from: 'self' }, { directory: 'd', from: 'self', rights: ['r*'], "
	  "subdir: 'blob' }, { directory: 'e', from: 'framework' }, "
	  "{ runner: 'w', from: '#a' }, { service: 's', from: '#c' }, "
	  "{ protocol: 'v', from: 'void', availability: 'optional' }, "
	  "{ protocol: 'p', from: 'self', to: 'framework' }] }",
	  "" },
	{ "from a missing child",
	  "{ " AB "expose: [{ protocol: 'p', from: `'#missing' }, "
	  "{ directory: 'd', from: `'#aa' }] }",
	  "unknown-source unknown-source" },
	{ "from several",
	  "{ " AB "expose: [{ protocol: 'p', from: `['self', '#a'] }, "
	  "{ service: 's', from: ['#a', '#b'] }, { service: 't', from: `[] }] "
	  "}",
	  "multiple-sources empty-list" },
	{ "several as one",
	  "{ " AB "expose: [{ protocol: ['p', 'q'], from: '#a', `as: 'r' }] }",
	  "multiple-names" },
	{ "a subdirectory to the framework",
	  "{ " AB "expose: [{ directory: 'd', from: '#a', to: 'framework', "
	  "`subdir: 's' }] }",
	  "framework-subdir" },
	{ "from self, undeclared",
	  "{ expose: [{ protocol: `'p', from: 'self' }, { protocol: ['q', "
	  "`'r'], from: 'self' }, { directory: `'d', from: 'self' }, "
	  "{ service: `'s', from: 'self' }, { runner: `'t', from: 'self' }], "
	  "capabilities: [{ protocol: 'q' }] }",
	  "undeclared-capability undeclared-capability undeclared-capability "
	  "undeclared-capability undeclared-capability" },
	{ "from the parent",
	  "{ expose: [{ protocol: 'p', from: `'parent' }, { protocol: 'q', "
	  "from: `'parent/a' }] }",
	  "bad-source bad-source" },
	{ "from a collection",
	  "{ " COLL "expose: [{ protocol: 'p', from: `'#c' }, { directory: "
	  "'d', from: `'#c' }, { runner: 'r', from: `'#c' }] }",
	  "bad-source bad-source bad-source" },
	{ "event streams",
	  "{ expose: [{ event_stream: 'started', from: `'self', scope: `'#a' "
	  "}] }",
	  "bad-source unknown-scope" },
	{ "duplicates across kinds",
	  "{ " AB "expose: [{ protocol: 'p', from: '#a' }, { directory: `'p', "
	  "from: '#b' }, { runner: `'q', from: '#b', as: 'p' }] }",
	  "duplicate-target duplicate-target" },
	{ "a service from two",
	  "{ " AB "expose: [{ service: 's', from: '#a' }, "
	  "{ service: 's', from: '#b' }] }",
	  "" },
	{ "void and required",
	  "{ expose: [{ protocol: 'p', from: `'void' }, { protocol: 'q', "
	  "from: `'void', availability: 'required' }, { protocol: 'r', "
	  "from: `'void', availability: 'same_as_target' }] }",
	  "void-availability void-availability void-availability" },
};

static const struct manifest_case offers[] = {
	{ "all kinds",
	  "{ " AB COLL RUN "capabilities: [{ protocol: 'p' }, " STORE "], "
	  "offer: [{ protocol: 'p', from: 'self', to: '#a', as: 'q' }, "
	  "{ protocol: ['r', 's'], from: 'parent', to: ['#a', '#b', '#c'] }, "
	  "{ directory: ['d', 'e'], from: 'parent', to: '#a', rights: ['r*'], "
	  "subdir: 'x', dependency: 'weak', availability: 'same_as_target' }, "
	  "{ storage: 's', from: 'self', to: '#b', as: 'data' }, "
	  "{ storage: 't', from: 'parent', to: '#b' }, "
	  "{ runner: 'elf', from: 'parent', to: '#b' }, "
	  "{ service: 'u', from: '#c', to: '#b' }, "
	  "{ protocol: 'v', from: 'framework', to: '#b', "
	  "source_availability: 'required' }, { protocol: 'w', from: 'void', "
	  "to: '#b', availability: 'optional' }] }",
	  "" },
	{ "from a missing child",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#missing', to: '#a' }] }",
	  "unknown-source" },
	{ "from no reference",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#invalid@', to: '#a' }, "
	  "{ protocol: 'q', from: `'bad/a', to: '#a' }, "
	  "{ protocol: 'r', from: `'#" S256 "', to: '#a' }] }",
	  "invalid-reference invalid-reference invalid-reference" },
	{ "from a collection",
	  "{ " AB COLL "offer: [{ protocol: 'p', from: `'#c', to: '#a' }, "
	  "{ directory: 'd', from: `'#c', to: '#a' }, { runner: 'r', "
	  "from: `'#c', to: '#a' }, { storage: 's', from: `'#c', to: '#a' }] }",
	  "bad-source bad-source bad-source bad-source" },
	{ "storage from a child",
	  "{ " AB "offer: [{ storage: 's', from: `'#a', to: '#b' }, "
	  "{ storage: 't', from: `'framework', to: '#b' }] }",
	  "bad-source bad-source" },
	{ "storage, undeclared",
	  "{ " AB "offer: [{ storage: `'s', from: 'self', to: '#b' }] }",
	  "undeclared-capability" },
	{ "to a missing child",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: `'#missing' }] }",
	  "unknown-target" },
	{ "to others",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: [`'all', '#b'] }, "
	  "{ protocol: 'q', from: '#a', to: `'self/dict' }, "
	  "{ protocol: 'r', from: '#a', to: `'parent' }, "
	  "{ protocol: 's', from: '#a', to: `'framework' }, "
	  "{ protocol: 't', from: '#a', to: [`1, `'b'] }] }",
	  "bad-target unknown-target bad-target bad-target wrong-type "
	  "invalid-reference" },
	{ "to the source, weakly",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: '#a', "
	  "dependency: 'weak' }, { directory: 'q', from: '#a', to: '#a', "
	  "dependency: 'weak' }] }",
	  "" },
	{ "to the source",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', "
	  "to: ['#b', `'#a'] }] }",
	  "same-source-target" },
	{ "storage to its source",
	  "{ " AB "capabilities: [{ storage: 's', from: '#a', backing_dir: "
	  "'d', storage_id: 'static_instance_id_or_moniker' }], "
	  "offer: [{ storage: 's', from: 'self', to: ['#b', `'#a'] }] }",
	  "same-source-target" },
	{ "duplicates across kinds",
	  "{ " AB
	  "offer: [{ protocol: 'p', from: 'parent', to: ['#a', '#b'] }, "
	  "{ directory: `'q', from: 'parent', to: '#b', as: 'p' }] }",
	  "duplicate-target" },
	{ "several as one",
	  "{ " AB "offer: [{ protocol: ['p', 'q'], from: 'parent', to: '#a', "
	  "`as: 'r' }] }",
	  "multiple-names" },
	{ "the same target twice",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent', "
	  "to: ['#a', `'#a'] }] }",
	  "duplicate-value" },
	{ "dependency of a storage",
	  "{ " AB "offer: [{ storage: 's', from: 'parent', to: '#a', "
	  "`dependency: 'weak' }, { protocol: 'p', from: 'parent', to: '#a', "
	  "dependency: `'weak_for_migration' }] }",
	  "misplaced-key invalid-value" },
	{ "one mistake is told once, whatever it is multiplied with",
	  "{ " AB RUN "capabilities: [{ protocol: 'zz' }], "
	  "offer: [{ protocol: ['p', 'q'], from: `'#x', to: ['#a', '#b'] }, "
	  "{ protocol: ['r', 's'], from: 'parent', to: ['#a', `'#x'] }, "
	  "{ protocol: [`'t', 'zz'], from: 'self', to: ['#a', '#b'] }, "
	  "{ protocol: ['u', 'v'], from: '#a', to: [`'#a', '#b'] }] }",
	  "unknown-source unknown-target undeclared-capability "
	  "same-source-target" },
	{ "from a runner",
	  "{ " AB RUN "capabilities: [{ runner: 'r', path: '/r' }], "
	  "offer: [{ runner: 'r', from: `'#r', to: '#a' }] }",
	  "bad-source" },
};

static void test_sections(void **state)
{
	(void)state;
	manifest_expect_all(sections, N_ELEMENTS(sections));
}

static void test_capabilities(void **state)
{
	(void)state;
	manifest_expect_all(capabilities, N_ELEMENTS(capabilities));
}

static void test_uses(void **state)
{
	(void)state;
	manifest_expect_all(uses, N_ELEMENTS(uses));
}

static void test_exposes(void **state)
{
	(void)state;
	manifest_expect_all(exposes, N_ELEMENTS(exposes));
}

static void test_offers(void **state)
{
	(void)state;
	manifest_expect_all(offers, N_ELEMENTS(offers));
}

static int sweep(void *arg)
{
	struct manifest *m = NULL;
	const char *text = arg;
	struct report report;
	int r;

	report_init(&report);
	r = manifest_load("f", text, strlen(text), &m, &report);
	manifest_free(m);
	report_fini(&report);
	return r < 0 ? r : 0;
}

static void test_faults(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(offers); i++)
		assert_true(fault_sweep(sweep, (void *)offers[i].marked));
	for (i = 0; i < N_ELEMENTS(uses); i++)
		assert_true(fault_sweep(sweep, (void *)uses[i].marked));
	assert_true(
		fault_sweep(sweep,
			    "{ " AB COLL RUN "capabilities: [{ protocol: ['p', "
			    "'q'] }, " STORE "], use: [{ protocol: ['u', 'v'] "
			    "}, { directory: 'd', path: '/d', rights: ['r*'], "
			    "subdir: 'e' }], offer: [{ protocol: ['p', 'q'], "
			    "from: 'self', to: ['#a', '#b', '#c'] }, "
			    "{ storage: 's', from: 'self', to: '#a' }, "
			    "{ protocol: 'x', from: '#a', to: '#b' }], "
			    "expose: [{ protocol: 'y', from: '#a', as: 'z' }] "
			    "}") > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_exposes),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
