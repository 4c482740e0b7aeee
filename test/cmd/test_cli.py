#!/usr/bin/env python3
"""reeve as it is typed, with no manager: options, wrong usage, help, and the
contract of check and route that scripts rely on.

test_cli.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import glob
import os
import re
import shutil
import subprocess
import tempfile

from reeve_test import Case, DATA, EXAMPLES, REEVE, example, main

VERBS = ("run", "check", "route", "tree", "list", "show", "start", "stop",
         "restart", "create", "destroy", "limit", "top", "grants", "grant",
         "revoke", "why", "log", "doctor", "reach", "lsp",
         "diff", "compile", "version")
HIPPO = example("hippo", "c")
DIAGNOSTIC = re.compile(r"^(.+?)(?::(\d+):(\d+))?: (error|warning): (.+)"
                        r" \[([a-z0-9-]+)\]$")
SUMMARY = re.compile(r"^\d+ errors?, \d+ warnings?$")
# No manager ever has the process id of init.
NOBODY = ("-m", "1")

# What the manifests in the test data include.
SHARDS = os.path.join(DATA, "shards")


class Usage(Case):
    def wrong(self, *args, says):
        done = self.reeve(*args, status=2)
        self.assertEqual(done.out, "", done)
        self.assertEqual(len(done.err.splitlines()), 1, done)
        self.assertIn(says, done.err)
        return done

    def test_nothing_is_not_enough(self):
        done = self.reeve(status=2)
        self.assertEqual(done.out, "")
        for verb in VERBS:
            self.assertRegex(done.err, rf"(?m)^  {verb} ")

    def test_help(self):
        for args in (["--help"], ["-h"], ["help"]):
            done = self.reeve(*args)
            self.assertEqual(done.err, "")
            self.assertIn("usage: reeve VERB", done.out)
        for verb in VERBS:
            done = self.reeve(verb, "--help")
            self.assertEqual(done.err, "")
            self.assertIn(f"usage: reeve {verb}", done.out)
            self.assertNotIn("?.", done.out)

    def test_help_before_anything_else(self):
        self.reeve("check", "--help", "nothing.cml")
        self.reeve("check", "nothing.cml", "--help")

    def test_version(self):
        self.assertRegex(self.reeve("version").out, r"^reeve \d+\.\d+\.\d+\n$")
        self.assertEqual(self.reeve("--version").out,
                         self.reeve("version").out)
        self.wrong("version", "please", says="takes no arguments")

    def test_processes(self):
        for args, says in (
                (["show", "--processes"], "name one component"),
                (["show", "--processes", "--plan", "a"], "either --plan or"),
                (["show", "--lines", "5", "a"], "goes with --processes"),
                (["show", "--processes", "-n", "x", "a"], "needs a number"),
                (["top", "--processes"], "needs one component"),
                (["top", "--processes", "a", "b"], "needs one component"),
                (["top", "--processes", "-s", "memory", "a"],
                 "sorted by mailbox, cpu or pid"),
                (["top", "-s", "mailbox"], "by memory, cpu or name")):
            self.wrong(*args, says=says)
        self.reeve("show", "--processes", "a", *NOBODY, status=3)

    def test_unknown_verb(self):
        self.wrong("rn", says='no verb "rn" (did you mean run?)')
        self.wrong("chekc", says="did you mean check?")
        self.wrong("help", "chekc", says="did you mean check?")
        done = self.wrong("frobnicate", says='no verb "frobnicate"')
        self.assertNotIn("did you mean", done.err)

    def test_unknown_option(self):
        for verb in VERBS:
            self.wrong(verb, "--frobnicate",
                       says="unknown option --frobnicate")
            self.wrong(verb, "-Z", says="unknown option -Z")
        self.wrong("check", "--jsn", says="(did you mean --json?)")
        self.wrong("run", "--package", "x", says="(did you mean --packages?)")

    def test_option_of_another_verb(self):
        self.wrong("check", "--follow", says="unknown option")
        self.wrong("start", "--quiet", says="unknown option")

    def test_values(self):
        self.wrong("check", "--packages", says="--packages needs a value")
        self.wrong("check", "-p", says="-p needs a value")
        self.wrong("check", "--json=yes", "x", says="takes no value")
        self.wrong("log", "--lines", "many", says='needs a number, not "many"')
        self.wrong("log", "-n", "-1", says="needs a number")
        self.wrong("log", "--lines=", says="needs a number")

    def test_values_in_every_form(self):
        packages = os.path.join(EXAMPLES, "hippo")
        with tempfile.TemporaryDirectory() as d:
            root = shutil.copy(HIPPO, d)
            self.reeve("check", root, status=1)
            for form in (["-p", packages], ["-p" + packages],
                         ["--packages", packages], ["--packages=" + packages]):
                self.reeve("check", *form, root)
                self.reeve("check", root, *form)
                self.reeve("route", *form, root, "/D")
                self.reeve("tree", *form, root)

    def test_first_directory_that_has_it(self):
        with tempfile.TemporaryDirectory() as d:
            root = shutil.copy(HIPPO, d)
            self.reeve("check", "-p", d, "-p",
                       os.path.join(EXAMPLES, "hippo"), root)

    def test_too_many_packages(self):
        self.wrong("check", *["-px"] * 33, "x", says="more than 32 --packages")

    def test_end_of_options(self):
        done = self.reeve("check", "--", "--json", status=1)
        self.assertIn("--json: error:", done.err)

    def test_number_of_arguments(self):
        self.wrong("check", says="name a manifest")
        self.wrong("route", HIPPO, says="name a root manifest")
        self.wrong("route", HIPPO, "/", "a", "b", says="at most one")
        self.wrong("run", says="name one root manifest")
        self.wrong("run", "a", "b", says="name one root manifest")
        self.wrong("run", "--", says="name a program")
        self.wrong("run", "a", "--", "ls", says="name one root manifest")
        self.wrong("tree", "a", "b", says="at most one root manifest")
        self.wrong("list", "a", says="takes no arguments")
        self.wrong("doctor", "a", "b", says="")
        self.wrong("show", says="name one component")
        self.wrong("show", "a", "b", says="name one component")
        self.wrong("start", says="name a component")
        self.wrong("stop", says="name a component")
        self.wrong("log", "a", "b", says="at most one component")
        self.wrong("restart", says="name a component")
        self.wrong("destroy", says="name a component")
        self.wrong("create", "/", "pool:a", says="name the parent")
        self.wrong("create", "/", "pool:a", "b", "c", says="name the parent")
        self.wrong("limit", "a", says="at least one KEY=VALUE")
        self.wrong("top", "a", "b", says="at most one component")
        self.wrong("grants", "a", "b", says="at most one component")
        self.wrong("grant", "a", says="name a component and the capability")
        self.wrong("grant", "a", "b", "c", says="name a component and")
        self.wrong("why", "a", says="name a component and a capability")
        for args in ([], ["a"], ["a", "b", "c"], ["--all"],
                     ["--all", "a", "b"], ["--grant", "1", "a"],
                     ["--connection", "1", "a"], ["#"], ["#x"]):
            self.wrong("revoke", *args, says="name a component and a cap")
        self.wrong("revoke", "--audit", "a", says="needs two components")
        self.wrong("revoke", "--audit", "a", "b", "c", says="two components")

    def test_what_is_created(self):
        for name in ("a", ":a", "pool:", ":", ""):
            self.wrong("create", "/", name, "url",
                       says=f'"{name}" is no COLLECTION:NAME')

    def test_limits(self):
        for word, says in (
                ("memory_max", '"memory_max" is no KEY=VALUE'),
                ("memorymax=1M", 'no limit "memorymax" (did you mean '
                 "memory_max?)"),
                ("frobnicate=1", 'no limit "frobnicate";'),
                ("memory_max=64MB", 'a number such as 64M, or none, not "64MB"'),
                ("memory_max=64m", 'not "64m"'),
                ("memory_max=-1", 'not "-1"'),
                ("memory_max=", 'not ""'),
                ("memory_max=99999999999G", 'not "99999999999G"'),
                ("memory_max=99999999999999999999", "64M"),
                ("cpu_max=50%%", 'such as 50%, or none, not "50%%"'),
                ("tasks_max=1K", 'such as 100, or none, not "1K"'),
                ("tasks_max=0", 'not "0"')):
            self.wrong("limit", "a", word, says=says)
            self.wrong("limit", "a", "opens=1", word, says=says)

    def test_grants_are_bounded(self):
        for time in ("", "10", "s", "10x", "0s", "-1s", "1h30", "1.5h",
                     "99999999999999999999s", "9999999999999999d"):
            self.wrong("grant", "a", "b", "--for", time,
                       says=f'such as 10s, 5m or 1h30m, not "{time}"')
        self.wrong("grant", "a", "b", "--uses", "0", says="at least 1")
        self.wrong("grant", "a", "b", "--uses", "x", says="needs a number")

    def test_grants_of_directories(self):
        self.wrong("grant", "a", "b", "--directory", "--storage",
                   says="either a --directory or a --storage")
        for words, wrong in (("", ""), ("r,", ""), ("q", "q"), ("r,W", "W"),
                             ("admin", "admin"), ("x" * 99, "x" * 99)):
            self.wrong("grant", "a", "b", "--rights", words,
                       says=f'"{wrong}" is no right of a directory')
        self.wrong("grant", "a", "b", "--rights", "r,exekute",
                   says="(did you mean execute?)")
        for option in ("from", "as", "path", "subdir"):
            for value in ("", "x\nuses=1"):
                self.wrong("grant", "a", "b", f"--{option}={value}",
                           says="needs a value")

    def test_one_thing_is_revoked(self):
        self.wrong("revoke", "--all", "--grant", "1", "a", says="it is one of")
        self.wrong("revoke", "--all", "--connection", "1", says="is one of")
        self.wrong("revoke", "--grant", "x", says="--grant needs a number")

    def test_tables(self):
        self.wrong("top", "--sort", "age", says="by memory, cpu or name, not "
                   '"age"')
        self.wrong("top", "-n", "x", says='--rounds needs a number, not "x"')
        self.wrong("top", "-n", "00", says="at least 1")

    def test_not_running(self):
        for args in (["list"], ["tree"], ["show", "x"], ["start", "x"],
                     ["stop", "x"], ["restart", "x"], ["destroy", "x"],
                     ["create", "/", "a:b", "c"], ["limit", "x", "opens=1"],
                     ["top"], ["top", "--json"], ["grants"],
                     ["grants", "--json"], ["grant", "x", "y", "--for", "1m"],
                     ["revoke", "x", "y"], ["revoke", "#7"],
                     ["revoke", "--all", "x"], ["revoke", "--connection", "1"],
                     ["revoke", "--audit", "x", "y"], ["why", "x", "y"],
                     ["log"], ["log", "--audit"]):
            done = self.reeve(*args, *NOBODY, status=3)
            self.assertEqual(done.out, "")
            self.assertIn("no manager 1 answers", done.err)

    def on_terminal(self, **env):
        """What reeve tree writes to a terminal."""
        ours, theirs = os.openpty()
        with open(ours, "rb", closefd=True) as terminal:
            subprocess.run([REEVE, "tree", HIPPO], stdout=theirs, check=True,
                           timeout=60, env={**os.environ, **env})
            os.close(theirs)
            return terminal.read1(65536).decode()

    def test_colour(self):
        self.assertNotIn("\x1b", self.reeve("tree", HIPPO).out)
        self.assertIn("\x1b[", self.on_terminal(NO_COLOR=""))
        self.assertNotIn("\x1b", self.on_terminal(NO_COLOR="1"))


class Check(Case):
    def test_valid(self):
        for root in (HIPPO, example("hello", "hello"), example("echo", "echo"),
                     example("hippo-modern", "c"), example("realm", "realm"),
                     example("storage", "storage")):
            done = self.reeve("check", root)
            self.assertEqual(done.err, "")
            self.assertEqual(self.reeve("check", "--json", root).json(), [])
            self.assertEqual(self.reeve("check", "-q", root).out, "")

    def test_several(self):
        done = self.reeve("check", HIPPO, example("hello", "hello"))
        self.assertIn("2 files checked", done.out)
        bad = os.path.join(DATA, "bad", "unknown-key.cml")
        syntax = os.path.join(DATA, "bad", "syntax.cml")
        done = self.reeve("check", "--json", "--manifest-only", bad, HIPPO,
                          syntax, status=1)
        self.assertEqual([d["file"] for d in done.json()], [bad, syntax])

    def diagnostics(self, done):
        """The lines of standard error, as the JSON has them."""
        lines = done.err.splitlines()
        self.assertRegex(lines.pop(), SUMMARY)
        found = []
        for line in lines:
            m = DIAGNOSTIC.match(line)
            self.assertIsNotNone(m, line)
            found.append({"file": m[1], "line": int(m[2] or 0),
                          "column": int(m[3] or 0), "severity": m[4],
                          "text": m[5], "rule": m[6]})
        return found

    def test_bad_manifests(self):
        files = sorted(glob.glob(os.path.join(DATA, "bad", "*.cml")))
        self.assertGreater(len(files), 20)
        for file in files:
            with self.subTest(file=file):
                done = self.reeve("check", "--manifest-only", file, status=1)
                self.assertEqual(done.out, "")
                as_json = self.reeve("check", "--manifest-only", "--json",
                                     file, status=1)
                self.assertEqual(as_json.err, "")
                self.assertEqual(self.diagnostics(done), as_json.json())
                for d in as_json.json():
                    self.has_fields(d, severity=str, rule=str, text=str)
                    self.is_place(d)
                quiet = self.reeve("check", "-q", "--manifest-only", file,
                                   status=1)
                self.assertEqual(quiet.out + quiet.err, "")

    def test_demands(self):
        """What an integrator asks of every manifest, whatever the dialect."""
        self.reeve("check", "--must-use", "protocol:fuchsia.example.Foo", HIPPO,
                   status=0)
        done = self.reeve("check", "--must-use", "protocol:x.Log",
                          "--must-offer", "protocol:x.Log", HIPPO, status=1)
        self.assertIn("[must-use]", done.err)
        self.assertIn("[must-offer]", done.err)
        done = self.reeve("check", "--must-use", "x.Log", HIPPO, status=2)
        self.assertIn("is no capability", done.err)
        done = self.reeve("check", "--manifest-only", "--must-use",
                          "protocol:x.Log", HIPPO, status=2)
        self.assertIn("whole trees", done.err)

    def test_bad_manifest_is_expected(self):
        for file in glob.glob(os.path.join(DATA, "bad", "*.cml")):
            with open(file, encoding="utf-8", errors="replace") as f:
                m = re.match(r"// expect: ([a-z-]+) (\d+):(\d+)", f.readline())
            if not m:
                continue
            found = self.reeve("check", "--manifest-only", "--json", "-I",
                               SHARDS, file, status=1).json()
            self.assertIn((m[1], int(m[2]), int(m[3])),
                          [(d["rule"], d["line"], d["column"]) for d in found])

    def test_good_manifests(self):
        for file in glob.glob(os.path.join(DATA, "good", "*.cml")):
            with self.subTest(file=file):
                self.reeve("check", "--manifest-only", "-I", SHARDS, file)

    def test_seed(self):
        """The printed manifests, and where each has its slip."""
        for name, place in (("A", (5, 12)), ("B", (2, 12)), ("C", (10, 6))):
            file = os.path.join(DATA, "seed", f"{name}.cml")
            found = self.reeve("check", "--manifest-only", "--json", file,
                               status=1).json()
            self.assertEqual(
                [(d["rule"], d["line"], d["column"]) for d in found],
                [("syntax", *place)])
        self.reeve("check", "--manifest-only",
                   os.path.join(DATA, "seed", "D.cml"))
        for name in "ABCD":
            self.reeve("check", "--manifest-only",
                       os.path.join(DATA, "seed", "corrected", f"{name}.cml"))

    def test_unreadable(self):
        for file in ("nothing.cml", EXAMPLES):
            found = self.reeve("check", "--json", file, status=1).json()
            self.assertEqual([(d["file"], d["rule"], d["line"])
                              for d in found], [(file, "unreadable", 0)])
        self.assertEqual(self.reeve("check", "nothing.cml", status=1).err
                         .count("nothing.cml"), 1)

    def test_missing_package(self):
        with tempfile.TemporaryDirectory() as d:
            root = shutil.copy(HIPPO, d)
            found = self.reeve("check", "--json", root, status=1).json()
            self.assertEqual({x["rule"] for x in found}, {"resolve-failed"})
            self.assertIn("--packages", found[0]["text"])
            self.reeve("check", "--manifest-only", root)


class Route(Case):
    def test_hippo(self):
        route = self.reeve("route", "--json", HIPPO, "/D",
                           "fuchsia.example.Foo").json()
        self.is_route(route)
        self.assertEqual(route["verdict"], "routed")
        self.assertEqual(route["source"], {"moniker": "/B/A", "path":
                                           "/svc/fuchsia.example.Foo"})
        self.assertEqual([(h["moniker"], h["declaration"])
                          for h in route["hops"]],
                         [("/D", "use"), ("/", "offer"), ("/B", "expose"),
                          ("/B/A", "expose")])
        for hop in route["hops"]:
            self.assertEqual(hop["name"], "fuchsia.example.Foo")
            self.assertTrue(os.path.exists(hop["file"]))
            self.assertGreater(hop["line"], 0)

    def test_name_by_path(self):
        """/svc/NAME and NAME are the same service."""
        plain = self.reeve("route", "--json", HIPPO, "/D",
                           "fuchsia.example.Foo").json()
        path = self.reeve("route", "--json", HIPPO, "/D",
                          "/svc/fuchsia.example.Foo").json()
        self.assertEqual(plain, path)

    def test_text(self):
        done = self.reeve("route", HIPPO, "/D")
        self.assertTrue(done.out.startswith("fuchsia.example.Foo: routed\n"))
        self.assertRegex(done.out, r"(?m)^  use +\S+d\.cml:\d+:\d+ +/D: ")
        self.assertRegex(done.out, r"(?m)^  source +/B/A ")

    def test_all_of_a_component(self):
        routes = self.reeve("route", "--json", example("echo", "echo"),
                            "/client-1").json_lines()
        self.assertEqual(len(routes), 1)
        self.is_route(routes[0])
        done = self.reeve("route", HIPPO, "/")
        self.assertEqual(done.out, "")
        self.assertIn("/ uses and exposes nothing", done.err)

    def test_framework(self):
        route = self.reeve("route", "--json", example("realm", "realm"), "/",
                           "fuchsia.sys2.Realm").json()
        self.is_route(route)
        self.assertEqual(route["source"]["moniker"], "framework")

    def failed(self, *args):
        route = self.reeve("route", "--json", *args, status=1).json()
        self.is_route(route)
        self.assertEqual(route["verdict"], "failed")
        self.reeve("route", *args, status=1)
        return route["error"]

    def test_broken(self):
        with tempfile.TemporaryDirectory() as d:
            tree = shutil.copytree(os.path.join(EXAMPLES, "hippo"),
                                   os.path.join(d, "hippo"))
            b = os.path.join(tree, "b", "meta", "b.cml")
            with open(b, encoding="utf-8") as f:
                text = f.read()
            with open(b, "w", encoding="utf-8") as f:
                f.write(text.replace("example.Foo", "example.Fooo"))
            root = os.path.join(tree, "c", "meta", "c.cml")
            error = self.failed(root, "/D", "fuchsia.example.Foo")
            self.assertEqual((error["moniker"], error["file"], error["rule"],
                              error["status"]),
                             ("/B", b, "offer-from-child-expose-not-found",
                              "NOT_FOUND"))
            self.assertIn("did you mean fuchsia.example.Fooo?", error["text"])
            self.assertIn("fix", error)
            found = self.reeve("check", "--json", root, status=1).json()
            self.assertIn((error["file"], error["line"], error["rule"]),
                          [(x["file"], x["line"], x["rule"]) for x in found])
            text = self.reeve("route", root, "/D", status=1).out
            self.assertRegex(text, r"(?m)^  broken +\S+b\.cml:\d+:\d+: ")
            self.assertRegex(text, r"(?m)^  fix +")

    def test_not_used(self):
        error = self.failed(HIPPO, "/D", "fuchsia.example.Fo")
        self.assertEqual((error["moniker"], error["rule"], error["status"]),
                         ("/D", "not-used", "NOT_FOUND"))
        self.assertIn("did you mean fuchsia.example.Foo?", error["text"])

    def test_no_such_component(self):
        error = self.failed(HIPPO, "/B/X", "fuchsia.example.Foo")
        self.assertEqual((error["moniker"], error["rule"]),
                         ("/B", "instance-not-found"))
        self.assertTrue(error["file"].endswith("b.cml"))
        for typed, meant in (("D", "/D"), ("B/A", "/B/A"), ("/B/AA", "/B/A")):
            self.assertIn(f"did you mean {meant}?",
                          self.failed(HIPPO, typed)["text"])
        self.assertIn("did you mean /greeter?",
                      self.failed(example("hello", "hello"), "greter")["text"])
        for typed in ("/X", "", "//", "/D/", "/D/..", "/" * 5000):
            self.assertEqual(self.failed(HIPPO, typed)["rule"],
                             "instance-not-found")

    def test_unreadable(self):
        error = self.failed("nothing.cml", "/D")
        self.assertEqual((error["moniker"], error["rule"]),
                         ("/", "resolve-failed"))
        self.assertIn("No such file", error["text"])
        syntax = os.path.join(DATA, "seed", "C.cml")
        done = self.reeve("route", syntax, "/D", status=1)
        self.assertIn(f"{syntax}:10:6: error:", done.err)
        self.assertNotIn("no component", done.err)

    def test_missing_package(self):
        with tempfile.TemporaryDirectory() as d:
            root = shutil.copy(HIPPO, d)
            error = self.failed(root, "/D")
            self.assertEqual((error["rule"], error["file"]),
                             ("resolve-failed", root))
            self.assertGreater(error["line"], 0)
            self.assertIn("--packages", error["text"])


class Why(Case):
    def test_without_a_manager(self):
        """Of the manifests it says what route says."""
        for args, status in ((["/D", "fuchsia.example.Foo"], 0),
                             (["/D", "fuchsia.example.Fo"], 1),
                             (["/X", "y"], 1)):
            for form in ([], ["--json"]):
                route = self.reeve("route", *form, HIPPO, *args, status=status)
                why = self.reeve("why", *form, "-f", HIPPO, *args,
                                 status=status)
                self.assertEqual(why.err, route.err)
                if not form or not status:
                    self.assertEqual(why.out, route.out)
                    continue
                # And how it would be mended.
                more = why.json()
                self.has_fields(more.pop("fix"), text=str, edits=list)
                self.assertEqual(more, route.json())

    def test_packages(self):
        with tempfile.TemporaryDirectory() as d:
            root = shutil.copy(HIPPO, d)
            self.reeve("why", "--file", root, "-p",
                       os.path.join(EXAMPLES, "hippo"), "/D",
                       "fuchsia.example.Foo")
        done = self.reeve("why", "-p", ".", "/D", "x", status=2)
        self.assertIn("--packages is for the manifests", done.err)

    def test_says_what_to_do(self):
        done = self.reeve("why", *NOBODY, "/D", "x", status=3)
        self.assertIn("reeve why -f ROOT.cml /D x", done.err)


class Tree(Case):
    def test_offline(self):
        found = self.reeve("tree", "--json", HIPPO).json_lines()
        self.assertEqual([r["moniker"] for r in found],
                         ["/", "/B", "/B/A", "/D"])
        for realm in found:
            self.has_fields(realm, moniker=str, url=str, state=str)
        self.assertEqual([r["state"] for r in found],
                         ["no program", "no program", "program", "program"])
        self.assertEqual(self.reeve("tree", HIPPO).out.split(),
                         ["-", "/", "-", "B", "program", "A", "program", "D"])

    def test_broken(self):
        with tempfile.TemporaryDirectory() as d:
            root = shutil.copy(HIPPO, d)
            found = self.reeve("tree", "--json", root, status=1).json_lines()
            self.assertEqual({r["moniker"] for r in found
                              if r["state"] == "broken"}, {"/B", "/D"})
            self.assertIn("--packages", found[1]["error"])


class Doctor(Case):
    def test_json(self):
        done = self.doctor("--json")
        self.assertTrue(done.out.endswith("]\n"))
        rows = done.json()
        for row in rows:
            self.has_fields(row, name=str, state=str, text=str, fix=str)
            self.assertIn(row["state"], ("ok", "degraded", "missing"))
        names = [row["name"] for row in rows]
        self.assertEqual(len(names), len(set(names)))
        missing = "missing" in [row["state"] for row in rows]
        self.assertEqual(done.status, 1 if missing else 0)

    def doctor(self, *args):
        try:
            return self.reeve("doctor", *args)
        except AssertionError:
            return self.reeve("doctor", *args, status=1)

    def test_text(self):
        for line in self.doctor().out.splitlines():
            self.assertRegex(line, r"^((ok|degraded|missing) +\S+ +\S| +to mend "
                             r"it: )")


class Places(Case):
    """A tree whose manifests are all of one package, in its meta."""

    def setUp(self):
        room = tempfile.TemporaryDirectory()
        self.addCleanup(room.cleanup)
        self.room = room.name
        self.meta = os.path.join(room.name, "pack", "meta")
        os.makedirs(self.meta)
        self.write("root", "{ children: [ { name: 'a', url: '#meta/a.cm' } ] }")

    def write(self, name, text):
        path = os.path.join(self.meta, name + ".cml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def test_wherever_one_stands(self):
        self.write("a", "{ ues: [] }")
        for below, file, shown in (
                ("", "pack/meta/root.cml", "pack/meta/a.cml"),
                ("pack", "meta/root.cml", "meta/a.cml"),
                ("pack/meta", "root.cml", "../meta/a.cml"),
                ("pack/meta", "./root.cml", "../meta/a.cml")):
            done = self.reeve("check", file, status=1,
                              cwd=os.path.join(self.room, below))
            self.assertIn(f'{shown}:1:3: error: "ues"',
                          done.err)

    def test_doctor_has_the_runner(self):
        self.write("a", "{ program: { runner: 'lua' } }")
        done = self.reeve("doctor", "-f", "root.cml", "/a", status=1,
                          cwd=self.meta)
        self.assertRegex(done.out, "broken +lua +runner .*environment")

    def test_doctor_says_why_not(self):
        self.write("a", "{ ues: [] }")
        for file, moniker, says in (
                ("none.cml", "/a", "none.cml: No such file"),
                ("root.cml", "/a", "/a cannot be resolved")):
            done = self.reeve("doctor", "-f", file, moniker, status=1,
                              cwd=self.meta)
            self.assertIn(says, done.err)


if __name__ == "__main__":
    main()
