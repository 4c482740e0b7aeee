/*
 * The modern dialect case by case, each under its number: uses, exposes and
 * offers. Odd numbers are cases that others are known to answer; even ones are
 * their neighbours.
 */
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

#define S16  "0123456789abcdef"
#define S64  S16 S16 S16 S16
#define S256 S64 S64 S64 S64

static const struct manifest_case uses[] = {
	{ "M1", "{`", "syntax" },
	{ "M2", "{} `{}", "syntax" },
	{ "M3", "{}", "" },
	{ "M4", "{ `offers: [] }", "unknown-key" },
	{ "M5",
	  "{ program: { binary: 'x' }, use: [{ runner: 'elf', from: 'parent' "
	  "}] }",
	  "" },
	{ "M6",
	  "{ program: { runner: `'elf', binary: 'x' }, use: [{ runner: 'elf' "
	  "}] }",
	  "runner-conflict" },
	{ "M7", "{ program: `{ binary: 'x' } }", "missing-runner" },
	{ "M8",
	  "{ program: { runner: 'elf', binary: 'x', args: ['a'], "
	  "environ: ['A=b'], lifecycle: { stop_event: 'notify' }, "
	  "forward_stdout_to: 'log', forward_stderr_to: 'log', "
	  "main_process_critical: false } }",
	  "" },
	{ "M9",
	  "{ " AB RUN "capabilities: [" STORE "], use: ["
	  "{ protocol: 'a', path: '/fonts/a' }, "
	  "{ protocol: 'b', from: 'parent/x/y' }, "
	  "{ protocol: 'c', from: 'framework' }, "
	  "{ protocol: 'd', from: `'#s' }, "
	  "{ protocol: ['e', 'f'] }, "
	  "{ directory: 'g', rights: ['rw*'], path: '/g' }, "
	  "{ directory: 'h', from: 'parent', rights: ['rx*'], path: '/h', "
	  "subdir: 'i/j' }, { storage: 'k', path: '/k' }, "
	  "{ storage: 'l', path: '/l' }, "
	  "{ event_stream: ['started', 'stopped'], scope: ['#a', '#b'], "
	  "path: '/events/m' }] }",
	  "unsupported" },
	{ "M10",
	  "{ use: [{ runner: 'r', from: 'parent' }, "
	  "{ directory: 'd', rights: `'r*', path: '/d' }, "
	  "{ protocol: `{} }, { config: 'c', key: `1, type: 'bool' }] }",
	  "wrong-type wrong-type wrong-type" },
	{ "M11", "{ use: [{ protocol: `'p', from: 'self' }] }",
	  "undeclared-capability" },
	{ "M12",
	  "{ use: [{ directory: `'d', from: 'self', rights: ['r*'], "
	  "path: '/d' }] }",
	  "undeclared-capability" },
	{ "M13", "{ use: [{ service: `'s', from: 'self' }] }",
	  "undeclared-capability" },
	{ "M14",
	  "{ use: [{ config: `'c', from: 'self', key: 'k', type: 'bool' }] }",
	  "undeclared-capability" },
	{ "M15", "{ use: [{ protocol: 'p', from: `'self/dict/inner' }] }",
	  "undeclared-capability" },
	{ "M16",
	  "{ capabilities: [{ dictionary: 'dict' }], "
	  "use: [{ protocol: ['p', 'q'], from: 'self/dict/inner' }] }",
	  "" },
	{ "M17",
	  "{ use: [{ directory: 'd', path: '/foo/bar/baz', rights: ['r*'] }, "
	  "{ event_stream: `'started', path: '/foo/bar/baz/er' }] }",
	  "path-overlap" },
	{ "M18",
	  "{ use: [{ directory: 'd', path: '/foo/baz', rights: ['r*'] }, "
	  "{ event_stream: 'started', path: '/foo/bar/er' }, "
	  "{ event_stream: 'stopped', path: '/foo/bar/er' }] }",
	  "" },
	{ "M19", "{ use: [{ event_stream: 'started', from: `'self' }] }",
	  "bad-source" },
	{ "M20",
	  "{ " AB "use: [{ event_stream: 'started', from: 'framework', "
	  "scope: '#a', filter: { name: ['x', 'y'] } }] }",
	  "" },
	{ "M21",
	  "{ capabilities: [{ runner: 'r', path: '/r' }], "
	  "use: [{ runner: 'r', from: `'self' }] }",
	  "bad-source" },
	{ "M22", "{ use: [{ runner: 'r', from: `'framework' }] }",
	  "bad-source" },
	{ "M23", "{ use: [{ storage: 's', path: '/s', `from: 'parent' }] }",
	  "misplaced-key" },
	{ "M24", "{ use: [`{ storage: 's' }, `{ dictionary: 'd' }] }",
	  "missing-key missing-key" },
	{ "M25",
	  "{ capabilities: [{ protocol: 'x' }], "
	  "use: [{ protocol: 'p', from: `'#x' }] }",
	  "unknown-source" },
	{ "M26",
	  "{ capabilities: [{ dictionary: 'd' }], environments: [{ name: 'e' "
	  "}], use: [{ protocol: 'p', from: `'#d' }, { protocol: 'q', "
	  "from: `'#e' }] }",
	  "bad-source bad-source" },
	{ "M27", "{ use: [{ protocol: 'p' }, { protocol: `'p' }] }",
	  "duplicate-target" },
	{ "M28",
	  "{ use: [{ protocol: 'p', path: '/svc/q' }, { service: `'q' }, "
	  "{ dictionary: `'d', path: '/svc/q' }] }",
	  "duplicate-target duplicate-target" },
	{ "M29",
	  "{ use: [{ directory: 'd', path: '/d', rights: ['r*'], "
	  "subdir: `'/' }] }",
	  "invalid-path" },
	{ "M30",
	  "{ use: [{ directory: 'd', path: '/d', rights: ['r*'], "
	  "subdir: `'a/../b' }] }",
	  "invalid-path" },
	{ "M31",
	  "{ use: [{ directory: 'd', path: '/foo/bar', rights: ['r*'] }, "
	  "{ directory: `'e', path: '/foo/bar/baz', rights: ['r*'] }] }",
	  "path-overlap" },
	{ "M32",
	  "{ use: [{ directory: 'd', path: '/foo/bar', rights: ['r*'] }, "
	  "{ directory: 'e', path: '/foo/barbaz', rights: ['r*'] }, "
	  "{ dictionary: `'f', path: '/foo/bar/baz' }] }",
	  "path-overlap" },
	{ "M33",
	  "{ use: [{ directory: 'd', path: '/foo/bar', rights: ['r*'] }, "
	  "{ storage: `'s', path: '/foo/bar/baz' }] }",
	  "path-overlap" },
	{ "M34",
	  "{ use: [{ storage: 's', path: '/foo/bar/baz' }, "
	  "{ storage: `'t', path: '/foo' }] }",
	  "path-overlap" },
	{ "M35",
	  "{ use: [{ directory: 'd', path: '/foo/bar', rights: ['r*'] }, "
	  "{ protocol: `'p', path: '/foo/bar/fuchsia.2' }] }",
	  "path-overlap" },
	{ "M36",
	  "{ use: [{ protocol: 'p', path: '/foo/bar/p' }, "
	  "{ protocol: `'q', path: '/foo/q' }, "
	  "{ protocol: 'r', path: '/fo/r' }] }",
	  "path-overlap" },
	{ "M37",
	  "{ use: [{ protocol: `'p', path: '/pkg/p' }, { directory: `'d', "
	  "path: '/pkg/x/y', rights: ['r*'] }, { dictionary: `'e', "
	  "path: '/pkg' }, { protocol: 'q', path: '/pkgs/q' }] }",
	  "protected-path protected-path protected-path" },
	{ "M38",
	  "{ use: [{ protocol: 'p', availability: `'same_as_target' }, "
	  "{ event_stream: 'e', `availability: 'optional' }, "
	  "{ runner: 'r', `availability: 'optional' }] }",
	  "invalid-value misplaced-key misplaced-key" },
	{ "M39",
	  "{ use: [{ directory: 'd', path: '/d', rights: ['r*'], "
	  "`filter: { path: '/x' } }] }",
	  "misplaced-key" },
	{ "M40",
	  "{ " AB "use: [{ protocol: 'p', `scope: '#a' }, "
	  "{ protocol: 'q', numbered_handle: `'x' }, { protocol: 'r', "
	  "`numbered_handle: 10 }, { protocol: 's', numbered_handle: `256 }, "
	  "{ protocol: 't', `numbered_handle: 1, `path: '/svc/v' }] }",
	  "misplaced-key wrong-type restricted-feature invalid-number "
	  "restricted-feature misplaced-key" },
	{ "M41",
	  "{ use: [{ protocol: 'p', from: 'parent', dependency: `'weak' }] }",
	  "weak-dependency" },
	{ "M42",
	  "{ " AB "use: [{ protocol: 'p', from: '#a', dependency: 'weak' }, "
	  "{ protocol: 'q', from: 'parent', dependency: 'strong' }, "
	  "{ dictionary: 'd', from: '#a', path: '/d', dependency: 'weak' }] }",
	  "" },
	{ "M43",
	  "{ " AB "use: [{ protocol: 'p', `service: 's' }], "
	  "offer: [{ protocol: 'p', `runner: 'r', from: 'parent', to: '#a' }], "
	  "expose: [{ directory: 'd', `protocol: 'p', from: '#a' }] }",
	  "multiple-capabilities multiple-capabilities "
	  "multiple-capabilities" },
	{ "M44",
	  "{ " AB "use: [`{ path: '/x' }], offer: [`{ from: 'parent', "
	  "to: '#a' }], expose: [`{ from: '#a' }], "
	  "capabilities: [`{ path: '/x' }] }",
	  "missing-capability missing-capability missing-capability "
	  "missing-capability" },
};

static const struct manifest_case exposes[] = {
	{ "M45",
	  "{ " AB "capabilities: [{ protocol: ['p', 'q', 'r'] }, "
	  "{ directory: 'd', path: '/d', rights: ['rw*'] }, " STORE "], "
	  "expose: [{ protocol: 'p', from: 'self' }, { protocol: ['q', 'r'], "
	  "from: 'self' }, { protocol: 't', from: `'#s' }, { directory: 'd', "
	  "from: 'self', rights: ['r*'], subdir: 'blob' }, "
	  "{ directory: 'hub', from: 'framework' }, { runner: 'u', from: '#a' "
	  "}, { resolver: 'v', from: '#b' }] }",
	  "unsupported" },
	{ "M46",
	  "{ expose: [{ protocol: 'p', from: 'void', "
	  "availability: 'optional' }, { protocol: 'q', from: `'void' }] }",
	  "void-availability" },
	{ "M47",
	  "{ " AB "expose: [{ protocol: 'p', from: `'#missing' }, "
	  "{ directory: 'd', from: `'#self' }, { runner: 'r', from: `'#A' }] "
	  "}",
	  "unknown-source unknown-source unknown-source" },
	{ "M48",
	  "{ " COLL "expose: [{ service: 's', from: '#c' }, "
	  "{ protocol: 'p', from: `'#c' }] }",
	  "bad-source" },
	{ "M49",
	  "{ children: [{ name: 'logger', url: '#l' }], "
	  "expose: [{ protocol: 'p', from: `['self', '#logger'] }] }",
	  "multiple-sources" },
	{ "M50",
	  "{ " AB COLL "capabilities: [{ service: 's' }], "
	  "expose: [{ service: 's', from: ['self', '#a', '#c'] }, "
	  "{ service: 't', from: ['#a', `'#a'] }] }",
	  "duplicate-value" },
	{ "M51",
	  "{ " AB "expose: [{ protocol: ['A', 'B'], from: '#a', `as: 'thing' "
	  "}] }",
	  "multiple-names" },
	{ "M52",
	  "{ " AB "expose: [{ protocol: ['A', 'B'], from: '#a' }, "
	  "{ resolver: ['C', 'D'], from: '#a' }] }",
	  "" },
	{ "M53",
	  "{ " AB "expose: [{ directory: 'd', from: '#a', to: 'framework', "
	  "`subdir: 's' }] }",
	  "framework-subdir" },
	{ "M54",
	  "{ " AB "expose: [{ directory: 'd', from: '#a', to: 'framework' }, "
	  "{ directory: 'e', from: '#a', to: `'#b' }] }",
	  "bad-target" },
	{ "M55", "{ expose: [{ protocol: `'p', from: 'self' }] }",
	  "undeclared-capability" },
	{ "M56",
	  "{ capabilities: [{ protocol: 'q' }], "
	  "expose: [{ protocol: [`'p', 'q'], from: 'self' }] }",
	  "undeclared-capability" },
	{ "M57", "{ expose: [{ directory: `'d', from: 'self' }] }",
	  "undeclared-capability" },
	{ "M58", "{ expose: [{ service: `'s', from: 'self' }] }",
	  "undeclared-capability" },
	{ "M59", "{ expose: [{ runner: `'r', from: 'self' }] }",
	  "undeclared-capability" },
	{ "M60", "{ expose: [{ resolver: `'r', from: 'self' }] }",
	  "undeclared-capability" },
	{ "M61", "{ expose: [{ protocol: 'p', from: `'self/dict/inner' }] }",
	  "undeclared-capability" },
	{ "M62",
	  "{ " AB "capabilities: [{ dictionary: 'dict' }], "
	  "expose: [{ protocol: 'p', from: 'self/dict/inner' }, "
	  "{ directory: 'd', from: '#a/dict' }] }",
	  "" },
	{ "M63", "{ expose: [{ protocol: 'p', from: `'parent/a' }] }",
	  "bad-source" },
	{ "M64",
	  "{ " COLL "expose: [{ service: 's', from: `'#c/dict' }, "
	  "{ protocol: 'p', from: `'framework/d' }, "
	  "{ protocol: 'q', from: `'void/d' }] }",
	  "bad-source invalid-reference invalid-reference" },
	{ "M65",
	  "{ capabilities: [{ dictionary: 'd' }, { config: 'c', type: 'bool', "
	  "value: true }], expose: [{ dictionary: 'd', from: 'self' }, "
	  "{ config: 'c', from: 'self' }] }",
	  "" },
	{ "M66", "{ " AB "expose: [`{ storage: 's', from: '#a' }] }",
	  "bad-target" },
	{ "M67",
	  "{ " AB "expose: [{ protocol: 'p', from: '#a' }, { dictionary: `'p', "
	  "from: '#a' }, { config: `'q', from: '#b', as: 'p' }] }",
	  "duplicate-target duplicate-target" },
	{ "M68",
	  "{ " AB "expose: [{ protocol: 'p', from: '#a' }, { protocol: 'p', "
	  "from: '#a', to: 'framework' }, { service: 's', from: '#a' }, "
	  "{ service: 's', from: '#b' }, { service: `'s', from: '#b' }] }",
	  "duplicate-target" },
	{ "M69", "{ expose: [{ event_stream: 'started', from: `'self' }] }",
	  "bad-source" },
	{ "M70",
	  "{ " AB "expose: [{ event_stream: 'started', from: 'framework', "
	  "scope: '#a', as: 'x' }, { event_stream: 'stopped', from: '#a', "
	  "to: `'framework' }] }",
	  "bad-target" },
	{ "M71",
	  "{ " AB "expose: [{ event_stream: 'started', from: 'framework', "
	  "scope: ['#a', `'#x'] }] }",
	  "unknown-scope" },
	{ "M72",
	  "{ " AB "capabilities: [" STORE "], "
	  "expose: [{ event_stream: 'started', from: 'framework', "
	  "scope: [`'a', `'#s', `'#-'] }, { event_stream: ['p', 'q'], "
	  "from: 'framework', `as: 'x' }] }",
	  "invalid-reference unknown-scope invalid-reference "
	  "multiple-names" },
};

static const struct manifest_case offers[] = {
	{ "M73",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent', to: '#a' }] }",
	  "" },
	{ "M74",
	  "{ " AB COLL "offer: [{ protocol: 'p', from: 'parent', "
	  "to: ['#a', '#c', `'#a'] }] }",
	  "duplicate-value" },
	{ "M75",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#missing', to: '#a' }] }",
	  "unknown-source" },
	{ "M76",
	  "{ " AB "offer: [{ runner: 'r', from: `'#missing', to: '#a', "
	  "source_availability: 'unknown' }, { protocol: 'p', "
	  "from: '#missing', to: '#a', source_availability: 'unknown' }] }",
	  "unknown-source" },
	{ "M77",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#invalid@', to: '#a' }, "
	  "{ protocol: 'q', from: `'bad/a', to: '#a' }] }",
	  "invalid-reference invalid-reference" },
	{ "M78",
	  "{ " AB "offer: [{ protocol: 'p', from: `'parent/', to: '#a' }, "
	  "{ protocol: 'q', from: `'parent//a', to: '#a' }, "
	  "{ protocol: 'r', from: `'/a', to: '#a' }, "
	  "{ protocol: 's', from: `'#/a', to: '#a' }, "
	  "{ protocol: 't', from: `'parent/../a', to: '#a' }] }",
	  "invalid-reference invalid-reference invalid-reference "
	  "invalid-reference invalid-reference" },
	{ "M79",
	  "{ " AB COLL "offer: [{ protocol: 'p', from: `'#c', to: '#a' }] }",
	  "bad-source" },
	{ "M80",
	  "{ " AB COLL "offer: [{ directory: 'd', from: `'#c', to: '#a' }] }",
	  "bad-source" },
	{ "M81",
	  "{ " AB COLL "offer: [{ runner: 'r', from: `'#c', to: '#a' }] }",
	  "bad-source" },
	{ "M82",
	  "{ " AB COLL "offer: [{ resolver: 'r', from: `'#c', to: '#a' }] }",
	  "bad-source" },
	{ "M83",
	  "{ capabilities: [{ protocol: 'dict' }, { runner: 'run', path: '/r' "
	  "}], offer: [{ protocol: 'p', from: 'parent', to: `'self/dict' }, "
	  "{ protocol: 'p', from: 'parent', to: `'self/run' }] }",
	  "unknown-target unknown-target" },
	{ "M84",
	  "{ capabilities: [{ dictionary: 'dict' }, { dictionary: 'inner' }], "
	  "offer: [{ protocol: ['p', 'q'], from: 'parent', to: 'self/dict' }, "
	  "{ dictionary: 'inner', from: 'self', to: 'self/dict' }, "
	  "{ directory: 'd', from: 'parent/x', to: 'self/inner' }, "
	  "{ protocol: 'r', from: 'parent', to: `'self/dict/inner' }, "
	  "{ protocol: 's', from: 'parent', to: `'self/' }] }",
	  "invalid-reference invalid-reference" },
	{ "M85",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: `'#unknown' }] }",
	  "unknown-target" },
	{ "M86",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: `'#a' }, "
	  "{ directory: 'd', from: '#b', to: `'#b' }] }",
	  "same-source-target same-source-target" },
	{ "M87",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: '#a', "
	  "dependency: 'weak' }, { directory: 'd', from: '#b', to: '#b', "
	  "dependency: 'weak' }] }",
	  "" },
	{ "M88",
	  "{ " AB "capabilities: [{ storage: 's', from: '#a', "
	  "backing_dir: 'd', storage_id: 'static_instance_id_or_moniker' }, "
	  "{ dictionary: 'd' }], offer: [{ storage: 's', from: 'self', "
	  "to: `'#a' }, { dictionary: 'd', from: 'self', to: `'self/d' }, "
	  "{ protocol: 'p', from: 'self/d', to: `'self/d' }] }",
	  "same-source-target same-source-target same-source-target" },
	{ "M89",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent', to: '#a' }, "
	  "{ directory: `'d', from: 'parent', to: '#a', as: 'p' }, "
	  "{ config: `'p', from: 'parent', to: '#a' }] }",
	  "duplicate-target duplicate-target" },
	{ "M90",
	  "{ " AB "capabilities: [{ dictionary: 'd' }], "
	  "offer: [{ protocol: 'p', from: 'parent', to: '#a' }, "
	  "{ protocol: 'p', from: '#a', to: ['#b', 'self/d'] }, "
	  "{ protocol: `'p', from: 'parent', to: 'self/d' }] }",
	  "duplicate-target" },
	{ "M91",
	  "{ " AB "offer: [{ protocol: ['A', 'B'], from: 'parent', to: '#a', "
	  "`as: 'thing' }] }",
	  "multiple-names" },
	{ "M92",
	  "{ " AB "offer: [{ protocol: ['A', 'B'], from: 'parent', "
	  "to: ['#a', '#b'] }, { resolver: ['C'], from: 'parent', to: '#a', "
	  "as: 'thing' }] }",
	  "" },
	{ "M93",
	  "{ " AB "offer: [{ service: 's', from: '#a', to: '#b', "
	  "source_instance_filter: ['x', 'y'], renamed_instances: ["
	  "{ source_name: 'x', target_name: 'z' }] }, { service: 's', "
	  "from: '#a', to: '#b', source_instance_filter: 'w' }] }",
	  "" },
	{ "M94",
	  "{ " AB COLL "offer: [{ service: 's', from: '#a', to: '#b', "
	  "source_instance_filter: ['x', 'y'] }, { service: `'s', "
	  "from: '#c', to: '#b', renamed_instances: [{ source_name: 'v', "
	  "target_name: 'y' }] }, { service: 't', from: '#a', to: '#b', "
	  "source_instance_filter: 'x' }, { service: `'t', from: '#c', "
	  "to: '#b' }] }",
	  "aggregate-instances aggregate-instances" },
	{ "M95",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent', to: '#a', "
	  "`source_instance_filter: ['x'] }, { service: 's', from: 'parent', "
	  "to: '#a', source_instance_filter: `[] }, { service: 't', "
	  "from: 'parent', to: '#a', source_instance_filter: ['x', `'x', "
	  "`'-'], renamed_instances: [{ source_name: 'p', target_name: 'q' }, "
	  "{ source_name: 'r', target_name: `'q' }, `{ source_name: `1, "
	  "`target_nam: 's' }] }] }",
	  "misplaced-key empty-list duplicate-value invalid-name "
	  "duplicate-value missing-key wrong-type unknown-key" },
	{ "M96",
	  "{ " AB "offer: [{ service: 's', from: '#a', to: '#b', "
	  "availability: 'optional' }, { service: `'s', from: 'parent', "
	  "to: '#b' }, { service: 't', from: ['#a', 'parent', '#gone'], "
	  "to: '#b', source_availability: 'unknown' }] }",
	  "aggregate-availability" },
	{ "M97",
	  "{ " AB "offer: [{ runner: 'r', from: 'parent', to: '#a', "
	  "`dependency: 'weak' }, { runner: 's', from: 'parent', to: '#a', "
	  "`availability: 'optional' }, { resolver: 't', from: 'parent', "
	  "to: '#a', `availability: 'optional' }, { event_stream: 'u', "
	  "from: 'parent', to: '#a', `availability: 'optional' }] }",
	  "misplaced-key misplaced-key misplaced-key misplaced-key" },
	{ "M98",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent', to: '#a', "
	  "availability: 'same_as_target' }, { config: 'c', from: 'void', "
	  "to: '#a', availability: 'optional' }, { dictionary: 'd', "
	  "from: `'void', to: '#a', availability: 'transitional' }] }",
	  "void-availability" },
	{ "M99",
	  "{ " AB "offer: [{ protocol: 'p', from: `'self/dict/inner', "
	  "to: ['#a', '#b'] }] }",
	  "undeclared-capability" },
	{ "M100",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent/dict', to: '#a' }, "
	  "{ runner: 'r', from: '#a/x/y', to: '#b' }, { storage: 's', "
	  "from: `'parent/dict', to: '#a' }, { event_stream: 'e', "
	  "from: `'parent/dict', to: '#a' }] }",
	  "bad-source bad-source" },
	{ "M101",
	  "{ " AB "offer: [{ event_stream: ['a', 'b'], from: 'parent', "
	  "to: '#a', `as: 'x' }, { event_stream: 'c', from: `'self', "
	  "to: '#a' }] }",
	  "multiple-names bad-source" },
	{ "M102",
	  "{ " AB "offer: [{ event_stream: ['a', 'b'], from: 'framework', "
	  "to: '#a', scope: '#b', filter: { x: 'y' } }, { event_stream: 'c', "
	  "from: 'parent', to: '#a', filter: { x: `1 } }] }",
	  "wrong-type" },
};

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

static void sweep_all(const struct manifest_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		assert_true(fault_sweep(sweep, (void *)cases[i].marked));
}

static void test_faults(void **state)
{
	(void)state;
	sweep_all(uses, N_ELEMENTS(uses));
	sweep_all(exposes, N_ELEMENTS(exposes));
	sweep_all(offers, N_ELEMENTS(offers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_exposes),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
