"""reeve why --fix: broken trees are mended, and nothing else is changed."""
import os
import pty
import re
import stat
import tempfile
import unittest

import fix_trees
from reeve_test import Case, REEVE, main


class FixCase(Case):
    def setUp(self):
        room = tempfile.TemporaryDirectory()
        self.addCleanup(room.cleanup)
        self.room = room.name

    def path(self, package):
        return os.path.join(self.room, package, "meta", f"{package}.cml")

    def write(self, package, text):
        os.makedirs(os.path.dirname(self.path(package)), exist_ok=True)
        with open(self.path(package), "w", encoding="utf-8",
                  newline="") as f:
            f.write(text)

    def read(self, package):
        with open(self.path(package), encoding="utf-8", newline="") as f:
            return f.read()

    def why(self, moniker, name, *options, status=0, **more):
        return self.reeve("why", "-f", self.path("root"), *options, moniker,
                          name, status=status, cwd=self.room, **more)

    def plant(self, tree, seed=0, dialect="modern"):
        for i, (package, manifest) in enumerate(tree.items()):
            layout = fix_trees.Layout(seed * 7 + i, dialect)
            self.write(package, layout.file(manifest))


class Mended(FixCase):
    def mend(self, title, dialect, whole, broken, asked, seed):
        self.plant(broken, seed, dialect)
        before = {p: self.read(p) for p in broken}
        for package, text in before.items():
            self.assertEqual(fix_trees.read(text), broken[package])
        name = asked if asked != "assets" or dialect == "modern" else "/assets"
        done = self.why("/mid/user", name, "--fix", "--apply")
        self.assertIn("routed\n", done.out)
        self.reeve("check", self.path("root"))
        # What is not there says nothing of its rights.
        rights = "no directory" not in title
        for package, text in before.items():
            after = self.read(package)
            self.assertEqual(fix_trees.comments(text),
                             fix_trees.comments(after), done)
            self.assertEqual(
                fix_trees.declarations(whole[package], rights),
                fix_trees.declarations(fix_trees.read(after), rights),
                f"{done}\n{package}:\n{text}\nbecame\n{after}")
            if "\r\n" in text:
                self.assertEqual(after.count("\r\n"), after.count("\n"))

    def test_all(self):
        n = 0
        for title, *rest in fix_trees.broken_trees(3):
            with self.subTest(title):
                self.mend(title, *rest)
                n += 1
        self.assertGreaterEqual(n, 100)


def patched(shown):
    """{file: its new text}: what a strict reader makes of a unified diff."""
    new = {}
    for part in re.split(r"^--- ", shown, flags=re.M)[1:]:
        names, *hunks = re.split(r"^(@@ .* @@\n)", part, flags=re.M)
        file = names.split("\n")[0]
        assert names == f"{file}\n+++ {file}\n", names
        with open(file, encoding="utf-8") as f:
            old = f.read().splitlines(keepends=True)
        text, at = [], 0
        for head, body in zip(hunks[::2], hunks[1::2]):
            m = re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n",
                             head)
            begin, n_old, to, n_new = (
                1 if g is None else int(g) for g in m.groups())
            lines = body.splitlines(keepends=True)
            gone = [x[1:] for x in lines if x[0] in " -"]
            come = [x[1:] for x in lines if x[0] in " +"]
            assert (len(gone), len(come)) == (n_old, n_new), head
            text += old[at:begin - 1]
            assert len(text) == to - 1, head
            assert old[begin - 1:begin - 1 + n_old] == gone, body
            text += come
            at = begin - 1 + n_old
        new[file] = "".join(text + old[at:])
    return new


BROKEN = {
    "root": """{
    // who gets what
    children: [
        { name: "log", url: "fuchsia-pkg://x/log#meta/log.cm" },
        { name: "web", url: "fuchsia-pkg://x/web#meta/web.cm" }, // ours
    ],
    offer: [
        { protocol: "test.Lgo", from: "#log", to: "#web" } // to disk
    ],
}
""",
    "log": """{
    program: { runner: "elf", binary: "bin/x" },
    capabilities: [ { protocol: "test.Log" } ],
    // nobody has it yet
}
""",
    "web": """{
    program: { runner: "elf", binary: "bin/x" },
    use: [ { protocol: "test.Log" } ],
}
""",
}

MENDED = {
    "root": BROKEN["root"].replace("Lgo", "Log"),
    "log": """{
    program: { runner: "elf", binary: "bin/x" },
    capabilities: [ { protocol: "test.Log" } ],
    expose: [
        { protocol: "test.Log", from: "self" },
    ],
    // nobody has it yet
}
""",
}


class ShownCase(FixCase):
    def setUp(self):
        super().setUp()
        for package, text in BROKEN.items():
            self.write(package, text)

    def is_untouched(self):
        for package, text in BROKEN.items():
            self.assertEqual(self.read(package), text)
        self.assertEqual(self.strays(), [])

    def strays(self):
        return [f for _, _, files in os.walk(self.room) for f in files
                if not f.endswith((".cml", ".cm"))]

    def is_mended(self):
        for package, text in MENDED.items():
            self.assertEqual(self.read(package), text)
        self.assertEqual(self.read("web"), BROKEN["web"])
        self.assertEqual(self.strays(), [])


class Shown(ShownCase):
    def test_patch_is_shown(self):
        done = self.why("/web", "test.Log", "--fix", status=1)
        self.is_untouched()
        self.assertIn("change test.Lgo to test.Log in ", done.out)
        self.assertIn("expose protocol test.Log from self in ", done.out)
        self.assertIn("""
         { name: "web", url: "fuchsia-pkg://x/web#meta/web.cm" }, // ours
     ],
     offer: [
-        { protocol: "test.Lgo", from: "#log", to: "#web" } // to disk
+        { protocol: "test.Log", from: "#log", to: "#web" } // to disk
     ],
 }
""", done.out)
        self.assertIn("@@ -5,6 +5,6 @@", done.out)
        for file, new in patched(done.out).items():
            with open(file, "w", encoding="utf-8") as f:
                f.write(new)
        self.is_mended()

    def test_apply(self):
        done = self.why("/web", "test.Log", "--fix", "--apply")
        self.is_mended()
        self.assertIn("2 files changed; test.Log: routed", done.out)
        again = self.why("/web", "test.Log", "--fix", "--apply")
        self.is_mended()
        self.assertNotIn("edit ", again.out)

    def is_fix(self, route, applied=None):
        self.is_route(route)
        fix = route["fix"]
        self.has_fields(fix, text=str, edits=list)
        for edit in fix["edits"]:
            self.is_place(edit)
            self.has_fields(edit, remove=str, insert=str)
        self.assertEqual(fix.get("applied"), applied)
        return fix["edits"]

    def test_json(self):
        route = self.why("/web", "test.Log", "--json", status=1).json()
        edits = self.is_fix(route)
        self.is_untouched()
        self.assertEqual(route["error"]["line"], 8)
        for edit in sorted(edits, reverse=True, key=lambda e: (
                e["file"], e["line"], e["column"])):
            with open(edit["file"], encoding="utf-8") as f:
                lines = f.read().splitlines(keepends=True)
            text = "".join(lines)
            at = (sum(map(len, lines[:edit["line"] - 1]))
                  + edit["column"] - 1)
            end = at + len(edit["remove"])
            self.assertEqual(text[at:end], edit["remove"])
            with open(edit["file"], "w", encoding="utf-8") as f:
                f.write(text[:at] + edit["insert"] + text[end:])
        self.is_mended()
        self.assertNotIn("fix", self.why("/web", "test.Log", "--json").json())

    def test_json_apply(self):
        done = self.why("/web", "test.Log", "--json", "--fix", "--apply")
        self.is_fix(done.json(), applied=True)
        self.is_mended()

    def test_json_without_an_edit(self):
        self.write("web", BROKEN["web"].replace("test.Log", "other.Thing"))
        route = self.why("/web", "other.Thing", "--json", status=1).json()
        self.assertEqual(self.is_fix(route), [])
        self.assertIn("no edit is known", route["fix"]["text"])

    def test_shard(self):
        shard = os.path.join(self.room, "root", "meta", "who.shard.cml")
        at = BROKEN["root"].index("    offer:")
        offers = "{\n" + BROKEN["root"][at:]
        with open(shard, "w") as f:
            f.write(offers)
        main = BROKEN["root"][:at] + (
            '    include: [ "who.shard.cml" ],\n}\n')
        self.write("root", main)
        done = self.why("/web", "test.Log", "--fix", "--apply")
        self.assertIn(f"broken     {shard}:3:9: ", done.out)
        with open(shard) as f:
            self.assertEqual(f.read(), offers.replace("Lgo", "Log"))
        self.assertEqual(self.read("root"), main)

    def test_json_of_a_file_that_does_not_load(self):
        self.write("web", BROKEN["web"].replace("protocol", "protocl"))
        done = self.why("/web", "test.Log", "--json", status=1)
        edits = self.is_fix(done.json())
        self.assertIn(": error: ", done.err)
        self.assertEqual([e["file"] for e in edits],
                         [self.path(p) for p in ("log", "root", "web")])
        self.assertEqual(edits[-1]["insert"], "o")

    def test_mode_and_link_stay(self):
        path = self.path("root")
        real = os.path.join(self.room, "real.cml")
        os.rename(path, real)
        os.chmod(real, 0o640)
        os.symlink(real, path)
        self.why("/web", "test.Log", "--fix", "--apply")
        self.assertTrue(os.path.islink(path))
        self.assertEqual(stat.S_IMODE(os.stat(real).st_mode), 0o640)
        self.is_mended()

    # --- On a terminal ---

    def ask(self, answer, before_answer=lambda: None):
        """What is shown on a terminal, and the exit status."""
        pid, fd = pty.fork()
        if not pid:
            os.chdir(self.room)
            os.environ["NO_COLOR"] = "1"
            os.execl(REEVE, "reeve", "why", "-f", self.path("root"),
                     "--fix", "/web", "test.Log")
        shown, done = b"", False
        while True:
            try:
                part = os.read(fd, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
            if b"[y/N] " in shown and not done:
                before_answer()
                os.write(fd, answer + b"\n")
                done = True
        os.close(fd)
        self.assertTrue(done, shown)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return shown.decode(), status

    def test_yes(self):
        shown, status = self.ask(b"y")
        self.assertEqual(status, 0, shown)
        self.assertIn("test.Log: routed", shown)
        self.is_mended()

    def test_no(self):
        for answer in (b"", b"n", b"what"):
            shown, status = self.ask(answer)
            self.assertEqual(status, 1, shown)
            self.is_untouched()

    def test_file_that_has_changed(self):
        other = BROKEN["log"] + "// more\n"
        shown, status = self.ask(b"y", lambda: self.write("log", other))
        self.assertEqual(status, 1, shown)
        self.assertIn("log.cml has changed since it was read", shown)
        self.assertEqual(self.read("log"), other)
        self.assertEqual(self.read("root"), BROKEN["root"])
        self.assertEqual(self.strays(), [])

    def test_file_that_is_gone(self):
        shown, status = self.ask(b"y", lambda: os.unlink(self.path("log")))
        self.assertEqual(status, 1, shown)
        self.assertIn("is not there any more; nothing was changed", shown)
        self.assertEqual(self.read("root"), BROKEN["root"])

    def test_control_characters_are_shown(self):
        self.write("root", BROKEN["root"].replace("// to disk",
                                                  "// to \x1b[31mdisk"))
        shown, _ = self.ask(b"n")
        self.assertIn("\\x1b[31mdisk", shown)
        self.assertNotIn("\x1b[31m", shown)


class Refused(ShownCase):
    def test_read_only_file(self):
        for package in ("root", "log"):
            os.chmod(self.path(package), 0o444)
            done = self.why("/web", "test.Log", "--fix", "--apply", status=1)
            self.assertIn(f"{package}.cml is read-only; nothing was changed",
                          done.err)
            self.is_untouched()
            os.chmod(self.path(package), 0o644)

    def test_read_only_directory(self):
        if os.geteuid() == 0:
            self.skipTest("root writes everywhere")
        os.chmod(os.path.dirname(self.path("log")), 0o555)
        done = self.why("/web", "test.Log", "--fix", "--apply", status=1)
        os.chmod(os.path.dirname(self.path("log")), 0o755)
        self.assertIn("cannot be written", done.err)
        self.is_untouched()

    def test_compiled_manifest(self):
        source = self.path("log")
        os.rename(source, source[:-1])
        done = self.why("/web", "test.Log", "--fix", "--apply", status=1)
        self.assertIn("log.cm was compiled; mend its source", done.err)
        self.assertEqual(self.read("root"), BROKEN["root"])

    def test_nothing_is_known(self):
        self.write("log", "{ program: { runner: 'elf', binary: 'b' } }")
        self.write("web", BROKEN["web"].replace("test.Log", "other.Thing"))
        done = self.why("/web", "other.Thing", "--fix", "--apply", status=1)
        self.assertIn("no edit is known that mends it", done.err)
        self.assertIn("/ does not offer protocol other.Thing to /web",
                      done.err)
        self.assertNotIn("---", done.out)

    def test_access_is_not_widened(self):
        self.write("log", MENDED["log"].replace(
            '{ protocol: "test.Log" }', '{ protocol: "test.Log", '
            'access: ["/other"] }'))
        self.write("root", MENDED["root"])
        done = self.why("/web", "test.Log", "--fix", "--apply", status=1)
        self.assertIn("no edit is known that mends it: ", done.err)

    def test_several_sources(self):
        self.write("log", MENDED["log"])
        self.write("root", BROKEN["root"].replace(
            "// ours", '\n{ name: "log2", url: "fuchsia-pkg://x/log'
            '#meta/log.cm" },').replace("test.Lgo", "other.Thing"))
        done = self.why("/web", "test.Log", "--fix", "--apply", status=1)
        self.assertIn("2 places that are equally near", done.err)
        self.assertIn("  #log of /\n  #log2 of /\n", done.err)

    def test_usage(self):
        self.why("/web", "test.Log", "--apply", status=2)
        self.reeve("why", "--fix", "/web", "test.Log", status=2)

    def test_no_such_component(self):
        done = self.why("/wbe", "test.Log", "--fix", status=1)
        self.assertIn("there is no component /wbe", done.err)
        self.is_untouched()


if __name__ == "__main__":
    main()
