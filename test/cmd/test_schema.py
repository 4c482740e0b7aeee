#!/usr/bin/env python3
"""What --json prints is what doc/schema says: each verb in all its forms, of good
trees and broken ones, beside a manager and without. Each property that is
documented is met at least once, so a schema that has grown too wide fails as well
as one that is too narrow.

test_schema.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import functools
import json
import os
import re
import subprocess
import tempfile
import threading
import unittest
import warnings

from reeve_test import Case, DATA, Managed, REEVE, SOURCE, main, wait_for
from schema import Schemas
from schema_trees import (ECHO, MENDED, OTHER, WORLD, actor, child, shell, uses,
                          write)

try:
    import jsonschema
except ImportError:
    jsonschema = None

DIRECTORY = os.path.join(SOURCE, "doc", "schema")
SCHEMAS = Schemas(DIRECTORY)

# Verbs whose output is not ours to put into a form.
WITHOUT = {"exec": "what it prints is the program's",
           "explore": "it is a shell",
           "lsp": "it speaks the language server protocol"}

# Properties that no machine can be made to show at will, or not every one.
UNSEEN = {
    "event manager limit": "a limit has to be hit, which needs a cgroup",
    "event manager count": "the same",
    "common budget memory": "without cgroups nothing is known of it",
    "common budget tasks": "the same",
    "common budget cpu": "the same",
    "common memory now": "the same", "common memory peak": "the same",
    "common memory hits": "the same", "common memory kills": "the same",
    "common memory pressure": "the same",
    "common tasks now": "the same", "common tasks refused": "the same",
    "common cpu usec": "the same", "common cpu throttled_usec": "the same",
    "common cpu throttled_periods": "the same",
    "common cpu pressure": "the same",
    "show limits data": "it is a cgroup's limit where there are cgroups",
}


# ---- the tests ----

@functools.cache
def others(name):
    """What others make of a schema."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        resolver = jsonschema.RefResolver(
            f"file://{DIRECTORY}/{name}.json", SCHEMAS.files[name])
        return jsonschema.Draft202012Validator(SCHEMAS.files[name],
                                               resolver=resolver)


class Shown:
    """For test cases: values against their schemas."""

    def is_as(self, name, *values):
        for value in values:
            wrong = SCHEMAS.check(name, value)
            self.assertEqual(wrong, [], (name, value))
            if jsonschema:
                others(name).validate(value)

    def lines(self, name, done, n=None):
        """Each line is a value of its own."""
        values = done.json_lines()
        self.assertTrue(values, done)
        self.assertEqual(len(values), n or len(values), done)
        self.is_as(name, *values)
        return values

    def whole(self, name, done):
        value = done.json()
        self.is_as(name, value)
        return value


class Form(Case):
    """The schemas themselves."""

    def test_objects(self):
        for file, pointer, schema in SCHEMAS.each_object():
            with self.subTest(file=file, object=pointer):
                self.assertEqual(schema.get("type"), "object")
                self.assertIs(schema.get("additionalProperties"), False)
                self.assertLessEqual(set(schema["required"]),
                                     set(schema["properties"]))
                for name, of in schema["properties"].items():
                    self.assertTrue(SCHEMAS.describes(file, of), name)

    def test_heads(self):
        for file, schema in SCHEMAS.files.items():
            with self.subTest(file=file):
                self.assertEqual(schema["$schema"], "https://json-schema.org/"
                                 "draft/2020-12/schema")
                self.assertTrue(schema["title"] and schema["description"])
                if jsonschema:
                    jsonschema.Draft202012Validator.check_schema(schema)

    def test_every_verb_that_prints_has_one(self):
        verbs = re.findall(r"^  ([a-z]+) {2,}\S", self.reeve("--help").out,
                           re.M)
        self.assertGreater(len(verbs), 25)
        for verb in verbs:
            with self.subTest(verb=verb):
                self.assertEqual(
                    verb not in WITHOUT,
                    "--json" in self.reeve(verb, "--help").out)
                self.assertEqual(verb not in WITHOUT, verb in SCHEMAS.files)

    def test_every_event_has_one(self):
        with open(os.path.join(SOURCE, "src", "host", "journal.c"),
                  encoding="utf-8") as f:
            kinds = re.findall(r'\[JOURNAL_\w+\] = \{ "(\w+)"', f.read())
        self.assertGreater(len(kinds), 10)
        refs = [b["$ref"] for b in SCHEMAS.files["event"]["oneOf"]]
        self.assertEqual(sorted(refs), sorted("#/$defs/" + k for k in kinds))
        for kind in kinds:
            of = SCHEMAS.files["event"]["$defs"][kind]["properties"]["event"]
            self.assertEqual(of["const"], kind)

    def test_the_manual_names_every_schema(self):
        with open(os.path.join(SOURCE, "doc", "man", "reeve-json.5"),
                  encoding="utf-8") as f:
            page = f.read()
        for file in SCHEMAS.files:
            self.assertRegex(page, rf"(?m)^\.It .*\b{file}\.json\b")

    def test_what_is_wrong_is_found(self):
        good = {"moniker": "/", "url": "u", "state": "running", "pid": 1,
                "reason": "", "uptime_ms": 0, "throttled": False}
        self.assertEqual(SCHEMAS.check("list", good), [])
        for change in ({"pid": "1"}, {"pid": True}, {"pid": -1}, {"pid": 1.5},
                       {"state": "asleep"}, {"moniker": "a"}, {"more": 1},
                       {"reason": None}):
            self.assertEqual(len(SCHEMAS.check("list", {**good, **change})), 1,
                             change)
        for name in ("moniker", "url", "state"):
            lacks = {k: v for k, v in good.items() if k != name}
            self.assertEqual(len(SCHEMAS.check("list", lacks)), 1, name)
        self.assertTrue(SCHEMAS.check("check", {}))
        self.assertTrue(SCHEMAS.check("check", [{}]))
        self.assertTrue(SCHEMAS.check("route", {"verdict": "perhaps"}))


class Offline(Shown, Case):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = work.name
        self.root = self.plant(WORLD)

    def plant(self, files):
        directory = tempfile.mkdtemp(dir=self.work)
        return write(directory, files)

    def test_version(self):
        self.lines("version", self.reeve("version", "--json"), 1)

    def test_check(self):
        self.assertEqual(self.whole("check", self.reeve(
            "check", "--json", self.plant({"root": {}}))), [])
        self.assertTrue(self.whole("check", self.reeve(
            "check", "--json", self.root, status=1)))
        bad = sorted(os.listdir(os.path.join(DATA, "bad")))
        self.whole("check", self.reeve(
            "check", "--json", "--manifest-only",
            *[os.path.join(DATA, "bad", f) for f in bad], status=1))

    def test_route(self):
        routes = self.lines("route", self.reeve("route", "--json", self.root,
                                                "/client", status=1))
        self.assertEqual({r["verdict"] for r in routes}, {"routed", "failed"})
        self.lines("route", self.reeve("route", "--json", self.root,
                                       "/nobody", status=1), 1)

    def test_tree(self):
        self.lines("tree-file", self.reeve("tree", "--json", self.root,
                                           status=1))

    def test_show(self):
        for moniker in ("/", "/client", "/dim", "/flood"):
            self.lines("show-file", self.reeve("show", "--json", "--file",
                                               self.root, moniker), 1)
        done = self.reeve("show", "--json", "--file", self.root, "/nobody",
                          status=4)
        self.assertEqual(done.out, "")
        self.assertIn("/nobody", done.err)

    def test_why(self):
        self.lines("why-file", self.reeve("why", "--json", "-f", self.root,
                                          "/client", ECHO), 1)
        self.lines("why-file", self.reeve("why", "--json", "-f", self.root,
                                          "/nobody", ECHO, status=1), 1)
        root = self.plant(MENDED)
        for options, status in ([], 1), (["--fix", "--apply"], 0):
            said = self.lines("why-file", self.reeve(
                "why", "--json", "-f", root, *options, "/user", ECHO,
                status=status), 1)[0]
            self.assertTrue(said["fix"]["edits"], said)

    def test_doctor(self):
        done = subprocess.run([REEVE, "doctor", "--json"], timeout=60,
                              capture_output=True, text=True)
        self.is_as("doctor", json.loads(done.stdout))
        rows = self.lines("doctor-component", self.reeve(
            "doctor", "--json", "-f", self.root, "/client", status=1))
        self.assertEqual({r["verdict"] for r in rows},
                         {"routed", "void", "failed"})

    def test_reach(self):
        root = self.plant({**WORLD, "torn": {}})
        for to, status in ("/server", 0), ("/nobin", 1):
            self.lines("reach", self.reeve("reach", "--json", "--from",
                                           "/client", "--to", to, root,
                                           status=status), 1)
        self.lines("reach", self.reeve("reach", "--json", "--from", "/client",
                                       "--to", "/server", self.root), 1)
        for name, status in ((ECHO, 0), ("example.Base", 0),
                             ("example.Lost", 1)):
            self.lines("reach-of", self.reeve("reach", "--json", "--of", name,
                                              root, status=status), 1)

    def test_diff(self):
        for before, after in ((WORLD, OTHER), (OTHER, WORLD), (OTHER, OTHER)):
            before = {**before, "torn": {}}
            after = {**after, "torn": {}, "dim": {}}
            self.lines("diff", self.reeve("diff", "--json", self.plant(before),
                                          self.plant(after)), 1)

    def test_graph(self):
        self.whole("graph", self.reeve("graph", "--json", self.root))

    def test_compile(self):
        good = self.plant({"root": {"include": ["shard.cml"]}})
        with open(os.path.join(os.path.dirname(good), "shard.cml"), "w",
                  encoding="utf-8") as f:
            f.write("{}")
        done = self.lines("compile", self.reeve("compile", "--json", good), 1)
        self.assertEqual(len(done[0]["shards"]), 1)
        bad = os.path.join(DATA, "bad", "unknown-key.cml")
        self.lines("compile", self.reeve(
            "compile", "--json", "--output", os.path.join(self.work, "x.cm"),
            bad, status=1), 1)
        self.lines("compile", self.reeve("compile", "--json", "nothing.cml",
                                         status=1), 1)

    def test_nothing_runs(self):
        """What acts says so even then."""
        env = {"XDG_RUNTIME_DIR": self.work}
        said = self.lines("stop", self.reeve("stop", "-m", "1", "--json", "a",
                                             "b", status=3, env=env), 2)
        self.assertEqual([(s["done"], s["moniker"], s["argument"])
                          for s in said], [(False, None, "a"),
                                           (False, None, "b")])


class Live(Shown, Managed):
    def setUp(self):
        super().setUp()
        os.chmod(self.work.name, 0o755)
        self.root = write(os.path.join(self.work.name, "tree"), WORLD)

    def world(self):
        return self.manager(self.root, running=["/client", "/late", "/made",
                                                "/crowd"])

    def has(self, event, moniker, **fields):
        return [e for e in self.events() if e["event"] == event and
                e["moniker"] == moniker and
                all(e.get(k) == v for k, v in fields.items())]

    def wait(self, event, moniker, **fields):
        self.assertTrue(wait_for(lambda: self.has(event, moniker, **fields)),
                        (event, moniker, fields))

    def settle(self):
        """All that begins by itself has begun."""
        self.wait("log", "/client", text="holds")
        self.wait("log", "/late", text="registered example.Late")
        self.wait("mint", "/made")
        self.wait("failed", "/crash", restart="suspend")
        self.wait("log", "/crowd", text="ready")

    def asked(self, name, verb, *args, status=0, n=None):
        return self.lines(name, self.ask(verb, "--json", *args, status=status),
                          n)

    def asked_one(self, name, verb, *args, status=0):
        return self.asked(name, verb, *args, status=status, n=1)[0]

    def test_everything(self):
        with self.world():
            self.settle()
            self.acting()
            self.looking()
            self.calling()
            self.processes()
            self.exec()
            self.authority()
            self.asked("log", "log")
            self.asked("log", "log", "--audit")
            self.asked("grants", "grants", "--all")
        self.is_as("run", *self.events())

    def acting(self):
        """start, stop, restart, create, destroy, limit."""
        for moniker in ("left", "flood"):
            said = self.asked_one("start", "start", moniker)
            self.assertEqual((said["moniker"], said["argument"], said["done"]),
                             ("/" + moniker, moniker, True))
        self.asked_one("start", "start", "nobin")
        self.wait("failed", "/nobin")
        self.assertEqual(
            [(s["done"], s["exit_status"]) for s in
             self.asked("start", "start", "nobody", "/", status=1, n=2)],
            [(False, 4), (False, 1)])
        self.wait("started", "/left")
        self.assertFalse(self.asked_one("stop", "stop", "right",
                                        status=3)["done"])
        self.asked_one("restart", "restart", "left")
        self.asked_one("stop", "stop", "left")
        said = self.asked_one("create", "create", "/", "pool:one",
                              "many#meta/many.cm")
        self.assertEqual((said["argument"], said["moniker"]),
                         ("/", "/pool:one"))
        self.assertFalse(self.asked_one("create", "create", "/", "pond:one",
                                        "many#meta/many.cm",
                                        status=1)["done"])
        self.asked_one("limit", "limit", "pool:one", "connections=100")
        self.asked_one("destroy", "destroy", "pool:one")
        self.asked_one("destroy", "destroy", "left", status=1)

    def looking(self):
        """list, tree, show, top, why, doctor."""
        self.wait("manager", "/flood")
        for moniker in ("/", "client", "crash", "torn", "dim", "right", "flood",
                        "nobin", "old"):
            self.asked_one("show", "show", moniker)
            self.asked_one("show", "show", "--plan", moniker)
        self.asked("list", "list")
        self.asked("tree", "tree")
        self.asked("top", "top")
        self.asked("top", "top", "-n", "2", "client", n=2)
        self.asked_one("why", "why", "client", ECHO)
        self.assertIn("fix", self.asked_one("why", "why", "client",
                                            "example.Lost", status=1))
        self.asked("doctor-component", "doctor", "client", status=1)

    def calling(self):
        for name, status in (("example.Raw", 0), ("example.Refuse", 1),
                             ("example.Drop", 1)):
            self.asked_one("call", "call", "client", name, "x", status=status)
        said = self.asked_one("call", "call", "--timeout", "0.1", "--hex",
                              "00000000 02000001 0100000000000000", "client",
                              "example.Silent", status=1)
        self.assertEqual(said["verdict"], "timeout")

    def processes(self):
        self.asked_one("show-processes", "show", "--processes", "crowd")
        self.asked_one("show-processes", "show", "--processes", "-n", "1",
                       "crowd")
        self.asked("top-processes", "top", "--processes", "-n", "2", "crowd",
                   n=2)

    def exec(self):
        self.reeve("exec", "-m", self.pid, "client", "--", "/usr/bin/true")
        self.assertTrue(wait_for(
            lambda: [e for e in self.has("operator", "/client")
                     if "code" in e]))

    def authority(self):
        """grant, grants, revoke, restore."""
        edges = self.asked_one("revoke-audit", "revoke", "--audit", "client",
                               "server")["edges"]
        self.assertIn("channel", {e["kind"] for e in edges})
        self.asked_one("grant", "grant", "late", ECHO, "--from", "server",
                       "--for", "1h", "--uses", "5")
        self.asked_one("grant", "grant", "late", "data", "--rights", "r")
        self.asked_one("why", "why", "late", ECHO)
        self.asked("grants", "grants")
        self.asked_one("grant", "grant", "late", ECHO, "--from", "server",
                       "--as", "short", "--for", "10ms")
        self.wait("expire", "/late")
        self.asked_one("revoke", "revoke", "client", ECHO)
        self.asked("grants", "grants", "client")
        self.asked_one("why", "why", "client", ECHO, status=1)
        self.wait("closed", "/client", cut=True)
        self.asked_one("restore", "restore", "client")
        self.asked_one("restore", "restore", "nobody", status=4)

    def test_what_is_too_long_is_an_error(self):
        """Nothing of another form stands for it."""
        root = write(os.path.join(self.work.name, "long"), {
            "root": {"children": [child("server", startup="eager"),
                                  child("wide")]},
            "server": WORLD["server"],
            "wide": actor("run", use=uses(*(f"example.Name{i}"
                                            for i in range(500))))})
        with self.manager(root, running=["/server"]):
            for options in ([], ["--json"]):
                done = self.ask("show", *options, "wide", status=1)
                self.assertEqual(done.out, "")
                self.assertIn("too long", done.err)

    def test_what_nobody_reads_in_time(self):
        """Is left out, and nothing else takes its place."""
        root = write(os.path.join(self.work.name, "loud"), {"root": shell(
            "yes 0123456789012345678901234567890123456789 | head -n 30000\n"
            "echo done; exec sleep 1000\n")})
        with subprocess.Popen([REEVE, "run", "--json", "--state", self.state,
                               root], stdout=subprocess.PIPE) as run:
            self.pid = str(run.pid)
            self.assertTrue(wait_for(lambda: "done\n" in self.reeve(
                "log", "-m", self.pid, status=None).out))
            first = run.stdout.readline()
            # What is told while somebody reads is told.
            reader = threading.Thread(target=lambda: lines.extend(run.stdout))
            lines = [first]
            reader.start()
            self.assertTrue(wait_for(lambda: len(lines) > 1000))
            self.ask("stop", "/")
            reader.join(30)
        events = [json.loads(line) for line in lines]
        self.is_as("run", *events)
        self.assertLess(len(events), events[-1]["number"])
        self.assertEqual(events[-1]["event"], "manager")


class Whole(Case):
    """At the end."""

    def test_every_schema_is_used(self):
        parts = {"common", "event"}
        self.assertEqual(set(SCHEMAS.files) - SCHEMAS.used - parts, set())

    def test_every_property_was_seen(self):
        unseen, needless = [], dict(UNSEEN)
        for file, pointer, schema in SCHEMAS.each_object():
            names = pointer.split("/")
            named = [p for p in names if p not in (
                "", "$defs", "properties", "items", "anyOf", "oneOf", "0", "1",
                "2")]
            for name in schema["properties"]:
                key = " ".join([file, *named[-1:], name])
                needless.pop(key, None)
                if (file, pointer, name) not in SCHEMAS.seen and \
                        key not in UNSEEN:
                    unseen.append((key, pointer))
        self.assertFalse(unseen, "\n".join(map(str, unseen)))
        self.assertEqual(needless, {})


def load_tests(loader, _tests, _pattern):
    cases = [Form, Offline]
    probe = subprocess.run([REEVE, "run", "--", "true"], capture_output=True,
                           text=True, timeout=60)
    if probe.returncode:
        print("cells cannot be made here:", probe.stderr)
    else:
        cases += [Live, Whole]
    suite = unittest.TestSuite()
    for case in cases:
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    main()
