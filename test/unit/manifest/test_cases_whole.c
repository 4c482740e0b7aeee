/*
 * The modern dialect case by case, each under its number: what is declared
 * besides uses, exposes and offers, the limits of names, what holds across
 * sections, and dependency cycles. Odd numbers are cases that others are known
 * to answer; even ones are their neighbours.
 */
#include <stdlib.h>
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
#define ID   "storage_id: 'static_instance_id_or_moniker'"

#define S16  "0123456789abcdef"
#define S64  S16 S16 S16 S16
#define S255 S64 S64 S64 S16 S16 S16 "0123456789abcde"
#define S256 S64 S64 S64 S64
/* 15 segments of 255 bytes and one of 247, each with its slash. */
#define PATH3840                                                               \
	"/" S255 "/" S255 "/" S255 "/" S255 "/" S255 "/" S255 "/" S255         \
	"/" S255 "/" S255 "/" S255 "/" S255 "/" S255 "/" S255 "/" S255         \
	"/" S255
#define PATH4095 PATH3840 "/" S64 S64 S64 S16 S16 S16 "012345678901ab"
#define DICT4095 "parent" PATH3840 "/" S64 S64 S64 S16 S16 S16 "01234567"

static const struct manifest_case sections[] = {
	{ "M103", "{ children: [``{}] }", "missing-key missing-key" },
	{ "M103",
	  "{ children: [{ name: 'a', url: '#a' }, { name: `'a', url: '#b' }] }",
	  "duplicate-name" },
	{ "M103", "{ children: [{ name: 'a', url: `'#meta/a.cml' }] }",
	  "cml-url" },
	{ "M103", "{ children: [{ name: 'a', url: '#a', startup: `'zzz' }] }",
	  "invalid-value" },
	{ "M103",
	  "{ children: [{ name: 'a', url: '#a', on_terminate: `'zzz' }] }",
	  "invalid-value" },
	{ "M103",
	  "{ children: [{ name: 'a', url: '#a', environment: `'parent' }] }",
	  "invalid-reference" },
	{ "M104",
	  "{ environments: [{ name: 'e', extends: 'realm' }], children: ["
	  "{ name: 'a', url: 'fuchsia-pkg://x.com/a#meta/a.cm', "
	  "startup: 'eager', on_terminate: 'none', environment: '#e' }, "
	  "{ name: 'b', url: '#b', environment: `'#f' }, { name: 'd', "
	  "url: '#d', on_terminate: `'reboot', environment: `'#a' }] }",
	  "unknown-environment restricted-feature unknown-environment" },
	{ "M105",
	  "{ environments: [{ name: 'e', __stop_timeout_ms: 10000 }, "
	  "{ name: 'f', __stop_timeout_ms: `-3 }] }",
	  "invalid-number" },
	{ "M106",
	  "{ environments: [`{ name: 'e', extends: 'none' }, { name: 'f', "
	  "extends: 'none', __stop_timeout_ms: 0 }, { name: 'g', "
	  "__stop_timeout_ms: 4294967295 }, { name: 'h', "
	  "__stop_timeout_ms: `4294967296 }, { name: 'i', "
	  "__stop_timeout_ms: `1.5 }, { name: 'j', "
	  "__stop_timeout_ms: `'1' }] }",
	  "missing-key invalid-number invalid-number wrong-type" },
	{ "M107", "{ environments: [{ name: 'e', extends: `'x' }, `{}] }",
	  "invalid-value missing-key" },
	{ "M108",
	  "{ environments: [{ name: 'e', extends: 'realm', runners: ["
	  "{ runner: 'r', from: 'parent' }], resolvers: [{ resolver: 's', "
	  "from: 'parent', scheme: 'x-y' }], debug: [{ protocol: ['p', 'q'], "
	  "from: 'parent' }] }, { name: 'f', `extend: 'realm' }, `1] }",
	  "unknown-key wrong-type" },
	{ "M109",
	  "{ environments: [{ name: 'e', debug: [{ protocol: `'p', "
	  "from: 'self' }, { protocol: 'q', from: `'#missing' }] }] }",
	  "undeclared-capability unknown-source" },
	{ "M110",
	  "{ " AB "capabilities: [{ protocol: 'p' }], environments: ["
	  "{ name: 'e', debug: [{ protocol: 'p', from: 'self', as: 'x' }, "
	  "{ protocol: ['q', 'r'], from: '#a' }, { protocol: ['s', 't'], "
	  "from: 'parent', `as: 'y' }, { protocol: 'u', from: `'framework' }, "
	  "{ protocol: `'x', from: 'parent' }, { protocol: 'v', "
	  "from: `'parent/d' }] }, { name: 'f', debug: [{ protocol: 'x', "
	  "from: 'parent' }] }] }",
	  "multiple-names bad-source duplicate-target bad-source" },
	{ "M111",
	  "{ environments: [{ name: 'e', runners: [{ runner: `'#elf', "
	  "from: 'parent' }] }] }",
	  "invalid-name" },
	{ "M112",
	  "{ environments: [{ name: 'e', runners: [{ runner: 'elf', "
	  "from: 'parent', as: 'gpu' }, { runner: 'elf', from: 'parent', "
	  "as: `'#x' }, { runner: `'gpu', from: 'parent', as: 'gpu' }, "
	  "``{}] }] }",
	  "invalid-name duplicate-target missing-key missing-key" },
	{ "M113",
	  "{ environments: [{ name: 'e', runners: [{ runner: 'r', "
	  "from: `'#x' }], resolvers: [{ resolver: 's', from: `'#x', "
	  "scheme: 'x-y' }] }] }",
	  "unknown-source unknown-source" },
	{ "M114",
	  "{ " AB COLL "capabilities: [{ runner: 'r', path: '/r' }], "
	  "environments: [{ name: 'e', runners: [{ runner: 'r', "
	  "from: 'self' }, { runner: 's', from: '#a' }, { runner: 't', "
	  "from: `'#c' }], resolvers: [{ resolver: `'r', from: 'self', "
	  "scheme: 'x-y' }, { resolver: 'u', from: '#b', scheme: 'x-z' }] }] "
	  "}",
	  "bad-source undeclared-capability" },
	{ "M115",
	  "{ environments: [{ name: 'e', resolvers: [{ resolver: 'r', "
	  "from: 'parent', scheme: 'x-y' }, { resolver: `'s', "
	  "from: 'parent', scheme: 'x-y' }] }] }",
	  "duplicate-target" },
	{ "M116",
	  "{ environments: [{ name: 'e', resolvers: [{ resolver: 'r', "
	  "from: 'parent', scheme: 'x-y' }, { resolver: 'r', "
	  "from: 'parent', scheme: 'x+z.9' }, { resolver: 's', "
	  "from: 'parent', scheme: `'9p' }, { resolver: 's', "
	  "from: 'parent', scheme: `'X' }, { resolver: 's', "
	  "from: 'parent', scheme: `'' }, { resolver: 's', "
	  "from: 'parent', scheme: `'x_y' }, `{ resolver: 's', "
	  "from: 'parent' }] }] }",
	  "invalid-name invalid-name invalid-name invalid-name missing-key" },
	{ "M117",
	  "{ collections: [{ name: 'c', durability: 'transient', "
	  "allow_long_names: `true }] }",
	  "restricted-feature" },
	{ "M118",
	  "{ collections: [{ name: 'c', durability: 'single_run', "
	  "allow_long_names: false, persistent_storage: true, "
	  "allowed_offers: 'static_only' }, { name: 'd', "
	  "durability: 'transient', persistent_storage: `1, "
	  "allowed_offers: `'all' }] }",
	  "wrong-type invalid-value" },
	{ "M119",
	  "{ capabilities: [{ protocol: ['p', 'q'], `path: '/svc/x' }, "
	  "{ service: ['s', 't'], `path: '/svc/y' }] }",
	  "multiple-names multiple-names" },
	{ "M120",
	  "{ capabilities: [{ protocol: ['p'], path: '/svc/x' }, "
	  "{ service: 's', path: '/svc/y' }, { resolver: 'r', "
	  "path: '/svc/z' }, { runner: 'u', path: '/svc/z' }] }",
	  "" },
	{ "M121",
	  "{ " AB "capabilities: [{ storage: 's', from: 'parent', "
	  "backing_dir: 'd', " ID " }, { storage: 't', from: '#a', "
	  "backing_dir: 'd', " ID " }] }",
	  "" },
	{ "M121",
	  "{ capabilities: [{ storage: 's', from: `'#x', backing_dir: 'd', " ID
	  " }] }",
	  "unknown-source" },
	{ "M121",
	  "{ capabilities: [`{ storage: 's', from: 'parent', " ID " }] }",
	  "missing-key" },
	{ "M121",
	  "{ capabilities: [`{ storage: 's', from: 'parent', "
	  "backing_dir: 'd' }] }",
	  "missing-key" },
	{ "M121",
	  "{ capabilities: [{ storage: 's', from: 'parent', "
	  "backing_dir: 'd', " ID ", `path: '/s' }] }",
	  "misplaced-key" },
	{ "M122",
	  "{ capabilities: [{ directory: 'd', path: '/d', rights: ['rw*'] }, "
	  "{ storage: 's', from: 'self', backing_dir: 'd', subdir: 'x', " ID
	  " }, { storage: 't', from: 'self', backing_dir: 'd', "
	  "storage_id: `'static_instance_id' }, { storage: 'u', "
	  "from: `'self/x', backing_dir: 'd', " ID " }] }",
	  "unsupported bad-source" },
	{ "M122",
	  "{ capabilities: [{ directory: 'd', path: '/d', rights: ['rw*'] }, "
	  "{ storage: 's', from: 'self', backing_dir: `'e', " ID " }] }",
	  "undeclared-capability" },
	{ "M123", "{ capabilities: [`{ path: '/x' }] }", "missing-capability" },
	{ "M124", "{ capabilities: [{ protocol: 'p', `dictionary: 'd' }] }",
	  "multiple-capabilities" },
	{ "M125", "{ facets: { a: 1 } }", "" },
	{ "M125", "{ facets: `55 }", "wrong-type" },
	{ "M125", "{ facets: `'' }", "wrong-type" },
	{ "M126", "{ facets: { parent: { use: [{ service: '/x' }] } } }", "" },
};

static const struct manifest_case limits[] = {
	{ "M127",
	  "{ capabilities: [{ protocol: 'a', path: `'' }, { protocol: 'b', "
	  "path: `'/' }, { protocol: 'c', path: `'c' }, { protocol: 'd', "
	  "path: `'/d/' }, { protocol: 'e', path: `'" PATH4095 "x' }, "
	  "{ protocol: 'f', path: `'/foo/../bar' }] }",
	  "invalid-path invalid-path invalid-path invalid-path invalid-path "
	  "invalid-path" },
	{ "M128",
	  "{ capabilities: [{ protocol: 'a', path: '/" S255 "' }, "
	  "{ protocol: 'b', path: `'/" S256
	  "' }, { protocol: 'c', path: '" PATH4095
	  "' }, { protocol: 'd', path: '/a...b/..c' }] }",
	  "invalid-path" },
	{ "M129",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#" S256 "', to: '#a' }, "
	  "{ protocol: 'q', from: `'" DICT4095 "x', to: '#a' }] }",
	  "invalid-reference invalid-reference" },
	{ "M130",
	  "{ children: [{ name: '" S255 "', url: '#a' }, { name: `'" S256
	  "', url: '#a' }], use: [{ protocol: 'p', from: '#" S255 "' }, "
	  "{ protocol: 'q', from: '" DICT4095 "' }] }",
	  "invalid-name" },
	{ "M131",
	  "{ children: [{ name: 'a', "
	  "url: 'my+awesome-scheme.2://abc123!@$%.com' }] }",
	  "" },
	{ "M132",
	  "{ children: [{ name: 'a', url: `'' }, { name: 'b', "
	  "url: `'://x' }, { name: 'd', url: `'2scheme://x' }] }",
	  "invalid-url invalid-url invalid-url" },
	{ "M133",
	  "{ " AB "collections: [{ name: `'a', durability: 'transient' }] }",
	  "duplicate-name" },
	{ "M133",
	  "{ " AB "capabilities: [{ storage: `'a', from: 'parent', "
	  "backing_dir: 'd', " ID " }] }",
	  "duplicate-name" },
	{ "M133",
	  "{ " COLL "capabilities: [{ storage: `'c', from: 'parent', "
	  "backing_dir: 'd', " ID " }] }",
	  "duplicate-name" },
	{ "M133", "{ " AB "capabilities: [{ runner: `'a', path: '/r' }] }",
	  "duplicate-name" },
	{ "M133", "{ " AB "environments: [{ name: `'a' }] }",
	  "duplicate-name" },
	{ "M133", "{ " AB "capabilities: [{ dictionary: `'a' }] }",
	  "duplicate-name" },
	{ "M133",
	  "{ " AB "capabilities: [{ resolver: `'a', path: '/r' }, "
	  "{ dictionary: 'd' }, { dictionary: `'d' }] }",
	  "duplicate-name duplicate-name" },
	{ "M133",
	  "{ " AB "capabilities: [{ protocol: 'a' }, { directory: 'b', "
	  "path: '/b', rights: ['r*'] }, { config: 'a', type: 'bool', "
	  "value: false }] }",
	  "" },
};

static const struct manifest_case availability[] = {
	{ "M134",
	  "{ " AB "offer: [{ protocol: 'p', from: '#missing', to: '#a', "
	  "source_availability: 'unknown' }], expose: [{ directory: 'd', "
	  "from: '#missing', source_availability: 'unknown' }] }",
	  "" },
	{ "M135",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#missing', to: '#a', "
	  "source_availability: 'required' }, { protocol: 'q', "
	  "from: `'#missing', to: '#a' }], expose: [{ protocol: 'r', "
	  "from: `'#missing', source_availability: 'required' }, "
	  "{ protocol: 's', from: `'#missing' }] }",
	  "unknown-source unknown-source unknown-source unknown-source" },
	{ "M136",
	  "{ " AB "offer: [{ protocol: 'p', from: '#b', to: '#a', "
	  "source_availability: 'unknown', availability: 'required' }, "
	  "{ protocol: 'q', from: '#b', to: '#a', "
	  "source_availability: `'maybe' }], use: [{ protocol: 'r', "
	  "from: '#a', `source_availability: 'unknown' }] }",
	  "invalid-value unknown-key" },
	{ "M137",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#missing', to: '#a', "
	  "source_availability: 'unknown', availability: 'required' }, "
	  "{ protocol: 'q', from: `'#missing', to: '#a', "
	  "source_availability: 'unknown', "
	  "availability: 'same_as_target' }] }",
	  "void-availability void-availability" },
	{ "M138",
	  "{ " AB "offer: [{ protocol: 'p', from: '#missing', to: '#a', "
	  "source_availability: 'unknown', availability: 'optional' }, "
	  "{ protocol: 'q', from: '#missing/dict', to: '#a', "
	  "source_availability: 'unknown' }, { protocol: 'r', "
	  "from: `'#missing', to: '#a', source_availability: 'unknown', "
	  "availability: 'transitional' }] }",
	  "void-availability" },
	{ "M139", "{ use: [{ service: 's', from: `'debug' }] }", "bad-source" },
	{ "M140",
	  "{ " AB "use: [{ protocol: 'p', from: 'debug' }, { directory: 'd', "
	  "path: '/d', rights: ['r*'], from: `'debug' }], "
	  "offer: [{ protocol: 'p', from: `'debug', to: '#a' }] }",
	  "bad-source bad-source" },
};

static const struct manifest_case configs[] = {
	{ "M141", "{ config: `1 }", "wrong-type" },
	{ "M141", "{ config: `{} }", "empty-list" },
	{ "M141", "{ config: { k: { type: `7 } } }", "wrong-type" },
	{ "M141", "{ config: { k: { type: `'bolo' } } }", "invalid-value" },
	{ "M141",
	  "{ config: { k: { type: `'vector', element: { type: 'bool' } } } }",
	  "missing-key" },
	{ "M141", "{ config: { k: { type: `'string' } } }", "missing-key" },
	{ "M141",
	  "{ config: { k: { type: 'vector', max_count: 2, "
	  "element: { type: `'string' } } } }",
	  "missing-key" },
	{ "M142",
	  "{ config: { k: { type: 'vector', max_count: 2, element: { "
	  "type: 'string', max_size: 3 } }, l: { type: 'uint8' } } }",
	  "" },
	{ "M142",
	  "{ config: { k: { type: 'vector', max_count: 2, element: { "
	  "type: `'vector' } }, `K: { type: 'bool' }, `_a: { type: 'bool' }, "
	  "`a_: { type: 'bool' }, `'': { type: 'bool' }, l: `1 } }",
	  "invalid-value invalid-name invalid-name invalid-name "
	  "invalid-name wrong-type" },
	{ "M143",
	  "{ config: { k: { type: 'string', max_size: `'abcd' }, "
	  "l: { type: 'string', max_size: `0 }, m: { type: 'vector', "
	  "max_count: `'abcd', element: { type: 'bool' } }, "
	  "n: { type: 'vector', max_count: `0, element: { type: 'bool' } } } }",
	  "wrong-type invalid-number wrong-type invalid-number" },
	{ "M144",
	  "{ use: [{ config: 'c', key: 'k', type: 'string', max_size: 4, "
	  "default: 'abcd', availability: 'optional' }, { config: 'd', "
	  "key: 'l', type: 'string', max_size: 4, default: `'abcde', "
	  "availability: 'optional' }] }",
	  "config-value" },
	{ "M145",
	  "{ use: [{ config: `'c', key: 'k', type: 'bool', "
	  "availability: 'optional' }, { config: `'d', key: 'l', "
	  "type: 'bool', availability: 'transitional' }] }",
	  "undeclared-config undeclared-config" },
	{ "M146",
	  "{ config: { k: { type: 'bool' }, l: { type: 'uint8' } }, "
	  "use: [{ config: 'c', key: 'k', type: 'bool', "
	  "availability: 'optional' }, { config: `'d', key: 'l', "
	  "type: 'bool', availability: 'optional' }] }",
	  "config-type" },
	{ "M147",
	  "{ use: [{ config: 'c', key: 'k', type: 'bool', "
	  "`default: true }] }",
	  "config-default" },
	{ "M148",
	  "{ use: [{ config: 'c', key: 'k', type: 'bool', default: true, "
	  "availability: 'optional' }, `{ config: 'd', type: 'bool' }] }",
	  "missing-key" },
};

static const struct manifest_case all[] = {
	{ "M149",
	  "{ capabilities: [{ dictionary: 'd' }], "
	  "expose: [{ dictionary: 'd', from: 'self' }] }",
	  "" },
	{ "M150",
	  "{ " AB "capabilities: [{ dictionary: 'd' }, { dictionary: 'e' }], "
	  "offer: [{ dictionary: 'e', from: 'self', to: 'self/d', as: 'f' }, "
	  "{ dictionary: 'd', from: 'self', to: ['#a', '#b'] }, "
	  "{ dictionary: `'x', from: 'self', to: '#a' }, "
	  "{ dictionary: 'y', from: 'parent', to: '#a', `rights: ['r*'] }] }",
	  "undeclared-capability misplaced-key" },
	{ "M151",
	  "{ " AB "capabilities: [{ dictionary: 'd', `path: '/d' }], "
	  "offer: [{ protocol: 'p', from: 'parent', to: `'self/d' }] }",
	  "restricted-feature bad-target" },
	{ "M152",
	  "{ capabilities: [{ dictionary: 'd' }], offer: [{ storage: 's', "
	  "from: 'parent', to: `'self/d' }, { event_stream: 'e', "
	  "from: 'parent', to: `'self/d' }, { runner: 'r', from: 'parent', "
	  "to: 'self/d' }, { config: 'c', from: 'parent', to: 'self/d' }] }",
	  "bad-target bad-target" },
	{ "M153",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent', to: 'all' }, "
	  "{ protocol: `'p', from: 'framework', to: 'all' }] }",
	  "duplicate-target" },
	{ "M153",
	  "{ offer: [{ protocol: 'p', from: 'parent', to: 'all' }, "
	  "{ dictionary: `'q', from: 'parent', to: 'all', as: 'p' }] }",
	  "duplicate-target" },
	{ "M154",
	  "{ " AB COLL "offer: [{ protocol: 'p', from: 'parent', to: '#a' }, "
	  "{ protocol: 'p', from: 'parent', to: 'all' }, { protocol: 'p', "
	  "from: 'parent', to: '#c' }] }",
	  "" },
	{ "M155",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent', to: 'all' }, "
	  "{ protocol: `'q', from: 'parent', to: '#a', as: 'p' }, "
	  "{ protocol: `'p', from: 'framework', to: '#b' }] }",
	  "duplicate-target duplicate-target" },
	{ "M156",
	  "{ " AB "offer: [{ directory: 'd', from: 'parent', to: `'all' }, "
	  "{ service: 's', from: 'parent', to: `'all' }, { protocol: 'p', "
	  "from: 'parent', to: ['#a', `'all'] }], expose: [{ protocol: 'p', "
	  "from: '#a', to: `'all' }] }",
	  "bad-target bad-target bad-target bad-target" },
	{ "M157",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent', to: 'all', "
	  "as: 'x' }, { protocol: 'p', from: 'parent', to: 'all', as: 'y' }] "
	  "}",
	  "" },
	{ "M158",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: 'all' }, "
	  "{ dictionary: 'd', from: 'parent', to: ['all'] }, "
	  "{ protocol: 'q', from: `'#x', to: 'all' }] }",
	  "unknown-source" },
	{ "M159",
	  "{ policy: { must_use: [{ protocol: 'fuchsia.logger.LogSink' }], "
	  "must_offer: [{ protocol: ['p', 'q'] }] } }",
	  "" },
};

static const struct manifest_case cycles[] = {
	{ "C1",
	  "{ children: [{ name: 'a', url: '#a' }, { name: 'b', url: '#b' }, "
	  "{ name: 'c', url: '#c' }, { name: 'd', url: '#d' }], offer: ["
	  "{ protocol: 'p', from: '#a', to: '#b' }, "
	  "{ directory: 'q', from: '#b', to: '#c' }, "
	  "{ service: 'r', from: '#c', to: `'#a' }, "
	  "{ runner: 's', from: '#b', to: '#d' }, "
	  "{ resolver: 't', from: '#d', to: `'#b' }] }",
	  "dependency-cycle dependency-cycle" },
	{ "C2",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: '#b', "
	  "dependency: 'weak' }, { protocol: 'q', from: '#b', to: '#a' }] }",
	  "" },
	{ "C3", "{ " AB "offer: [{ protocol: 'p', from: '#a', to: `'#a' }] }",
	  "same-source-target" },
	{ "C3",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: '#a', "
	  "dependency: 'weak' }] }",
	  "" },
	{ "C4",
	  "{ " AB "capabilities: [{ protocol: 'p' }], use: [{ protocol: 'q', "
	  "from: '#a' }], offer: [{ protocol: 'p', from: 'self', to: `'#a' }] "
	  "}",
	  "dependency-cycle" },
	{ "C5",
	  "{ children: [{ name: 'b', url: '#b', environment: '#e' }], "
	  "environments: [{ name: 'e', runners: [{ runner: 'r', "
	  "from: `'#b' }] }] }",
	  "dependency-cycle" },
	{ "C5",
	  "{ environments: [{ name: 'e', resolvers: [{ resolver: 'r', "
	  "from: '#b', scheme: 'x-y' }], debug: [{ protocol: 'p', "
	  "from: '#d' }] }], children: [{ name: 'b', url: '#b' }, "
	  "{ name: 'd', url: '#d' }], collections: [{ name: 'c', "
	  "durability: 'transient', environment: '#e' }], "
	  "offer: [{ service: 's', from: '#c', to: [`'#b', `'#d'] }] }",
	  "dependency-cycle dependency-cycle" },
	{ "C6",
	  "{ " AB "capabilities: [{ storage: 's', from: '#a', "
	  "backing_dir: 'd', " ID " }], offer: [{ storage: 's', "
	  "from: 'self', to: '#b' }, { protocol: 'p', from: '#b', "
	  "to: `'#a' }] }",
	  "dependency-cycle" },
	{ "C7",
	  "{ " AB "capabilities: [{ dictionary: 'd' }], offer: ["
	  "{ protocol: 'p', from: '#a', to: 'self/d' }, { dictionary: 'd', "
	  "from: 'self', to: '#b' }, { protocol: 'q', from: '#b', "
	  "to: `'#a' }] }",
	  "dependency-cycle" },
	{ "C7",
	  "{ " AB "capabilities: [{ dictionary: 'd' }, { dictionary: 'e' }], "
	  "offer: [{ dictionary: 'd', from: 'self', to: 'self/e' }, "
	  "{ protocol: 'p', from: 'self/e/d', to: `'self/d' }] }",
	  "dependency-cycle" },
	{ "C7",
	  "{ " AB "capabilities: [{ dictionary: 'd' }, { protocol: 'p' }], "
	  "offer: [{ protocol: 'p', from: 'self', to: 'self/d' }], "
	  "use: [{ protocol: 'q', from: `'self/d' }] }",
	  "dependency-cycle" },
};

static void test_sections(void **state)
{
	(void)state;
	manifest_expect_all(sections, N_ELEMENTS(sections));
}

static void test_limits(void **state)
{
	(void)state;
	manifest_expect_all(limits, N_ELEMENTS(limits));
}

static void test_availability(void **state)
{
	(void)state;
	manifest_expect_all(availability, N_ELEMENTS(availability));
}

static void test_configs(void **state)
{
	(void)state;
	manifest_expect_all(configs, N_ELEMENTS(configs));
}

static void test_all(void **state)
{
	(void)state;
	manifest_expect_all(all, N_ELEMENTS(all));
}

static void test_cycles(void **state)
{
	(void)state;
	manifest_expect_all(cycles, N_ELEMENTS(cycles));
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
	sweep_all(sections, N_ELEMENTS(sections));
	sweep_all(all, N_ELEMENTS(all));
	sweep_all(availability, N_ELEMENTS(availability));
	sweep_all(cycles, N_ELEMENTS(cycles));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_availability),
		cmocka_unit_test(test_configs),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
