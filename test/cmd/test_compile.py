#!/usr/bin/env python3
"""Manifests of several files, as tools read them, and reeve compile.

test_compile.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import json
import os
import re
import tempfile

import reeve_test
from reeve_test import DATA


class Shards(reeve_test.Case):
    """Each test has a package of its own: P/meta, P/shards, and beside it
    shared/, which is no part of it."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.root = os.path.realpath(place.name)

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return name

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def run_reeve(self, *args, **more):
        return self.reeve(*args, cwd=self.root, **more)

    def check(self, *args, **more):
        return self.run_reeve("check", "--manifest-only", *args, **more)


class Search(Shards):
    def manifest(self, *includes):
        return self.write("p/meta/a.cml",
                          json.dumps({"include": includes}))

    def test_beside_then_in_the_package_then_where_told(self):
        wrong = "{ wrong: 1 }"
        for name, args, where in [
                ("x", [], "p/meta/x"), ("x", [], "p/x"),
                ("shards/x", [], "p/shards/x"), ("//x", [], "p/x"),
                ("../shards/x", [], "p/shards/x"),
                ("x", ["--include", "shared"], "shared/x"),
                ("s/x", ["-I", "other", "-I", "shared"], "shared/s/x")]:
            with self.subTest(name=name, where=where):
                self.setUp()
                self.write(where, wrong)
                done = self.check(*args, self.manifest(name), status=1)
                self.assertIn(f"{where}:1:3: error: ", done.err)

    def test_the_first_one_counts(self):
        for where in "p/meta/x", "p/x", "shared/x":
            self.write(where, "{}" if where == "p/meta/x" else "{ wrong: 1 }")
        self.check("--include", "shared", self.manifest("x"))

    def test_a_path_from_the_top_is_not_looked_for_elsewhere(self):
        self.write("p/meta/x", "{}")
        self.write("shared/x", "{}")
        done = self.check("-I", "shared", self.manifest("//x"), status=1)
        self.assertIn('p/meta/a.cml:1:14: error: the included file "//x" does '
                      "not exist [unreadable-include]", done.err)

    def test_nothing_from_outside(self):
        self.write("shared/x", "{}")
        os.makedirs(self.path("p/meta"))
        os.symlink("../../shared/x", self.path("p/meta/link"))
        os.symlink("../../shared", self.path("p/meta/way"))
        for name in "../../shared/x", "link", "way/x", "//../shared/x":
            with self.subTest(name=name):
                done = self.check(self.manifest(name), status=1)
                self.assertIn("lies outside of the package", done.err)
                self.check("--include", "shared", self.manifest(name))

    def test_what_is_no_file(self):
        os.makedirs(self.path("p/meta/d"))
        os.mkfifo(self.path("p/meta/f"))
        for name in "d", "f":
            done = self.check(self.manifest(name), status=1)
            self.assertIn("is not a file", done.err)

    def test_two_ways_to_one_file(self):
        self.write("p/meta/x", "{ children: [{ name: 'c', "
                               "url: '#meta/c.cm' }] }")
        os.symlink("x", self.path("p/meta/y"))
        self.check(self.manifest("x", "../meta/x", "//meta/x", "y"))

    def test_a_circle_by_another_way(self):
        self.manifest("//x")
        self.write("p/x", "{ include: ['meta/../meta/a.cml'] }")
        done = self.check("p/meta/a.cml", status=1)
        self.assertIn("p/x:1:13: error: the files include each other in a "
                      "circle: p/meta/a.cml, which includes p/x, which "
                      "includes p/meta/a.cml again [circular-include]",
                      done.err)

    def test_too_large(self):
        self.write("p/meta/x", "{}" + " " * (1 << 20))
        done = self.check(self.manifest("x"), status=1)
        self.assertIn("p/meta/x: error: ", done.err)
        self.assertIn("[too-large]", done.err)


class Trees(Shards):
    """A shard is as good as the manifest for whatever works on trees."""

    def setUp(self):
        super().setUp()
        self.write("r/meta/r.cml", """{
            include: [ "//kids.cml" ],
            offer: [ { protocol: "p", from: "#a", to: "#b" } ],
        }""")
        self.write("r/kids.cml", """{
            children: [ { name: "a", url: "a#meta/a.cm" },
                        { name: "b", url: "b#meta/b.cm" } ],
        }""")
        self.write("a/meta/a.cml", """{
            include: [ "elf.cml" ],
            capabilities: [ { protocol: "p" } ],
            expose: [ { protocol: "p", from: "self" } ],
        }""")
        self.write("b/meta/b.cml", """{
            include: [ "elf.cml" ],
            use: [ { protocol: "p" } ],
        }""")
        self.write("shared/elf.cml", """{
            program: { runner: "elf", binary: "bin/x" },
        }""")

    def test_check_and_route(self):
        args = "-I", "shared", "r/meta/r.cml"
        self.run_reeve("check", *args)
        self.run_reeve("route", *args, "/b")
        done = self.run_reeve("show", "-f", args[2], "-I", "shared", "/b")
        self.assertIn("shared/elf.cml", done.out)
        done = self.run_reeve("check", args[2], status=1)
        self.assertIn('"elf.cml" does not exist', done.err)

    def test_compiled_packages_need_no_shards(self):
        for name in "r", "a", "b":
            source = f"{name}/meta/{name}.cml"
            self.run_reeve("compile", "-I", "shared", source)
            os.remove(self.path(source))
        os.remove(self.path("r/kids.cml"))
        os.remove(self.path("shared/elf.cml"))
        self.run_reeve("check", "r/meta/r.cm")
        self.run_reeve("route", "r/meta/r.cm", "/b", "p")


class Compile(Shards):
    def setUp(self):
        super().setUp()
        self.write("x.cml", "{ include: ['y'], use: [{ protocol: 'p' }] }")
        self.write("y", "// more\n{ use: [{ protocol: 'q' }], facets: { n: 0x1 "
                        "} }")

    whole = ('{\n    "use": [\n        {"protocol": "p"},\n'
             '        {"protocol": "q"}\n    ],\n    "facets": {"n":1}\n}\n')

    def compile(self, *args, **more):
        return self.run_reeve("compile", *args, **more)

    def test_beside(self):
        done = self.compile("x.cml")
        self.assertEqual((done.out, done.err), ("", ""))
        self.assertEqual(self.read("x.cm"), self.whole)
        self.assertEqual(sorted(os.listdir(self.root)),
                         ["x.cm", "x.cml", "y"])

    def test_output(self):
        self.compile("--output", "z", "x.cml")
        self.assertEqual(self.read("z"), self.whole)
        self.assertEqual(self.compile("--output", "-", "x.cml").out,
                         self.whole)
        self.assertFalse(os.path.exists(self.path("x.cm")))

    def test_again(self):
        self.compile("x.cml")
        self.compile("--output", "again.cm", "x.cm")
        self.assertEqual(self.read("again.cm"), self.whole)

    def test_what_is_wrong_leaves_what_was_there(self):
        self.write("x.cm", "old")
        self.write("y", "{ use: [{}] }")
        done = self.compile("x.cml", status=1)
        self.assertIn("y:1:9: error: ", done.err)
        self.assertIn("reeve: x.cml was not compiled: it has 1 error\n",
                      done.err)
        self.assertEqual(self.read("x.cm"), "old")
        self.assertEqual(self.compile("-q", "x.cml", status=1).err, "")

    def test_what_cannot_be_written(self):
        done = self.compile("--output", "no/where", "x.cml", status=1)
        self.assertIn("no/where: No such file or directory", done.err)
        self.assertEqual(sorted(os.listdir(self.root)), ["x.cml", "y"])

    def test_several(self):
        self.write("w.cml", "{ wrong: 1 }")
        self.compile("w.cml", "x.cml", status=1)
        self.assertEqual(self.read("x.cm"), self.whole)
        self.assertFalse(os.path.exists(self.path("w.cm")))

    def test_usage(self):
        for args, text in [
                ((), "name a manifest"),
                (("y",), "does not end in .cml"),
                (("--output", "z", "x.cml", "x.cml"), "one manifest"),
                (("--output", "x.cml", "x.cml"), "over itself"),
                (("--output", "-", "--json", "x.cml"), "standard output"),
                (("--outptu", "z", "x.cml"), "--output")]:
            with self.subTest(args=args):
                self.assertIn(text, self.compile(*args, status=2).err)

    def test_json(self):
        value = self.compile("--json", "x.cml").json()
        self.assertEqual(value, {
            "file": "x.cml", "output": "x.cm", "shards": [self.path("y")],
            "diagnostics": [], "error": None})
        self.write("y", "{ use: [{}] }")
        value = self.compile("--json", "x.cml", status=1).json()
        self.assertIsNone(value["output"])
        self.assertIsNone(value["error"])
        self.assertEqual(value["diagnostics"][0]["file"], "y")
        self.assertEqual(value["diagnostics"][0]["rule"],
                         "missing-capability")
        value = self.compile("--json", "none.cml", status=1).json()
        self.assertRegex(value["error"], "No such file")

    def test_a_device_is_written_to(self):
        self.compile("--output", "/dev/null", "x.cml")
        self.assertTrue(os.path.exists("/dev/null"))
        self.assertFalse(os.path.isfile("/dev/null"))

    def test_data(self):
        """Every good manifest compiles to one that is good without shards."""
        good = os.path.join(DATA, "good")
        names = [n for n in os.listdir(good) if n.endswith(".cml")]
        self.assertGreater(len(names), 50)
        for name in names:
            self.compile("-I", os.path.join(DATA, "shards"), "--output",
                         "out.cm", os.path.join(good, name))
            self.check("-q", "out.cm")

    def test_manual(self):
        """The manual shows what really comes."""
        page = os.path.join(reeve_test.SOURCE, "doc", "man",
                            "reeve-compile.1")
        with open(page, encoding="utf-8") as f:
            shown = re.search(r"^\$ (reeve compile .*)\n((?s:.*?))\.Ed",
                              f.read(), re.M)
        done = self.reeve(*shown[1].split()[1:])
        self.assertEqual(done.out, shown[2])


if __name__ == "__main__":
    reeve_test.main()
