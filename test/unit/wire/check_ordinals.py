#!/usr/bin/env python3
"""Compares fidl/ with src/wire: every method's ordinal is hashed anew from its
name, and every constant that both sides have must have one value.

usage: check_ordinals.py SOURCE_ROOT
"""
import hashlib
import pathlib
import re
import sys


def ordinal_of(name):
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "little") & (2**63 - 1)


def methods_of(text):
    """The full names of the methods that a library declares itself."""
    library = re.search(r"^library ([\w.]+);", text, re.M).group(1)
    # The tools have hashed this one library under another name since 2020.
    library = {"fuchsia.io": "fuchsia.io1"}.get(library, library)
    for protocol, body in re.findall(
            r"^closed protocol (\w+) \{\n(.*?)^\};", text, re.M | re.S):
        for method in re.findall(r"^    strict (?:-> )?(\w+)\(", body, re.M):
            yield f"{library}/{protocol}.{method}"


def fail(text):
    print(text)
    sys.exit(1)


def compare_ordinals(fidl, headers):
    expected = {name for text in fidl.values() for name in methods_of(text)}
    found = {}
    for text in headers.values():
        for name, macro, value in re.findall(
                r"/\* (\S+/\w+\.\w+) \*/\n#define (\w+_ORDINAL_\w+)\s*\\?\s*"
                r"UINT64_C\((0x[0-9a-f]+)\)", text):
            found[name] = int(value, 16)
            if ordinal_of(name) != found[name]:
                fail(f"{macro}: {name} is 0x{ordinal_of(name):016x}")
        n = len(re.findall(r"#define (?!WIRE_)\w+_ORDINAL_\w+", text))
        m = len(re.findall(r"/\* \S+/\w+\.\w+ \*/\n#define \w+_ORDINAL", text))
        if n != m:
            fail("an ordinal without the name of its method above it")
    if expected != set(found):
        fail(f"only in fidl/: {sorted(expected - set(found))}, "
             f"only in src/wire: {sorted(set(found) - expected)}")
    return len(found)


# How the names of constants are spelled on the two sides.
CONSTANTS = [
    ("fuchsia.io", "io", {
        "OPEN_RIGHT_": "IO_RIGHT_", "OPEN_FLAG_": "IO_FLAG_",
        "CLONE_FLAG_": "IO_FLAG_", "DIRENT_TYPE_": "IO_DIRENT_",
        "WATCH_EVENT_": "IO_WATCH_", "MODE_TYPE_MASK": "IO_MODE_TYPE",
        "MODE_PROTECTION_MASK": "IO_MODE_PROTECTION",
        "MODE_TYPE_": "IO_MODE_", "MAX_BUF": "IO_BYTES_MAX",
        "MAX_PATH": "IO_PATH_MAX", "MAX_FILENAME": "IO_NAME_MAX"}),
    ("fuchsia.sys2", "realm", {
        "MAX_NAME": "REALM_NAME_MAX", "MAX_URL": "REALM_URL_MAX",
        "MAX_CHILDREN": "REALM_BATCH_MAX"}),
    ("fuchsia.component", "realm", {
        "MAX_NAME": "REALM_NAME_MAX", "MAX_URL": "REALM_URL_MAX",
        "MAX_CHILDREN": "REALM_BATCH_MAX"}),
    ("reeve.component", "component", {
        "MAX_STRING": "COMPONENT_STRING_MAX", "MAX_ARGS": "COMPONENT_ARGS_MAX",
        "MAX_NAMESPACE": "COMPONENT_NAMESPACE_MAX"}),
    ("reeve.realm", "registry", {
        "MAX_NAME": "REGISTRY_NAME_MAX", "MAX_PATH": "REGISTRY_PATH_MAX",
        "MAX_PATTERN": "REGISTRY_PATTERN_MAX",
        "MAX_ACCESS": "REGISTRY_ACCESS_MAX", "MAX_WHY": "REGISTRY_WHY_MAX"}),
    ("reeve.realm", "grants", {
        "MAX_NAME": "GRANTS_NAME_MAX", "MAX_PATH": "GRANTS_PATH_MAX",
        "MAX_CHILD_NAME": "GRANTS_CHILD_NAME_MAX",
        "MAX_MONIKER": "GRANTS_MONIKER_MAX", "MAX_URL": "GRANTS_URL_MAX",
        "MAX_OFFERS": "GRANTS_OFFERS_MAX", "MAX_BATCH": "GRANTS_BATCH_MAX",
        "MAX_WHY": "GRANTS_WHY_MAX"}),
    ("reeve.process", "processes", {
        "MAX_PROCESS_NAME": "PROCESSES_NAME_MAX",
        "MAX_FUNCTION": "PROCESSES_FUNCTION_MAX",
        "MAX_WAITS_FOR": "PROCESSES_WAITS_FOR_MAX",
        "MAX_PROCESSES": "PROCESSES_BATCH_MAX"}),
    ("reeve.control", "control", {
        "MAX_VERB": "CONTROL_VERB_MAX", "MAX_ARGUMENTS":
        "CONTROL_ARGUMENTS_MAX", "MAX_ARGUMENT": "CONTROL_ARGUMENT_MAX",
        "MAX_DATA": "CONTROL_DATA_MAX", "MAX_ERROR": "CONTROL_ERROR_MAX"}),
]
# Types whose members are constants of a header, under another prefix.
TYPES = [
    ("fuchsia.component", "Error", "realm", "REALM_ERROR_"),
    ("fuchsia.component", "StartupMode", "realm", "REALM_STARTUP_"),
    ("reeve.process", "ProcessState", "processes", "PROCESSES_STATE_"),
    ("reeve.realm", "RegisterFlags", "registry", "REGISTRY_"),
    ("reeve.realm", "CapabilityType", "grants", "GRANTS_"),
    ("reeve.realm", "SpecFlags", "grants", "GRANTS_"),
    ("reeve.realm", "RevokeFlags", "grants", "GRANTS_"),
]
# Where the spelling is irregular, or the mask is not needed in C.
ALIASES = {"IO_MODE_BLOCK_DEVICE": "IO_MODE_BLOCK",
           "IO_DIRENT_BLOCK_DEVICE": "IO_DIRENT_BLOCK"}


def compare_constants(fidl, headers):
    n = 0
    for library, header, spellings in CONSTANTS:
        values = {k: int(v, 0) for k, v in re.findall(
            r"\b([A-Z]+_[A-Z0-9_]+) = (0x[0-9a-f]+|\d+)", headers[header])}
        for name, value in re.findall(
                r"^const (\w+) uint\d+ = (0x[0-9a-f]+|\d+);",
                fidl[library], re.M):
            prefix = next((p for p in spellings if name.startswith(p)), None)
            if prefix is None:
                continue
            c = spellings[prefix] + name[len(prefix):]
            c = ALIASES.get(c, c)
            if values.get(c) != int(value, 0):
                fail(f"{library}: {name} is {value}, {c} is {values.get(c)}")
            n += 1
    for library, name, header, prefix in TYPES:
        members = re.search(rf"type {name} = .*?\{{(.*?)\}};",
                            fidl[library], re.S).group(1)
        for member, value in re.findall(r"(\w+) = (\w+);", members):
            if not re.search(rf"\b{prefix}{member} = {value},",
                             headers[header]):
                fail(f"{library}: {name}.{member} is not {value} in C")
            n += 1
    return n


def main():
    root = pathlib.Path(sys.argv[1])
    fidl = {p.stem: p.read_text() for p in sorted(root.glob("fidl/*.fidl"))}
    headers = {p.stem: p.read_text()
               for p in sorted(root.glob("src/wire/*.h"))}
    n = compare_ordinals(fidl, headers)
    m = compare_constants(fidl, headers)
    if n < 28 or m < 50:
        fail(f"only {n} ordinals and {m} constants were found")
    print(f"{n} ordinals and {m} constants agree")


main()
