#!/usr/bin/env python3
"""reeve lsp, driven as an editor drives it: what it says about manifests that are
right, wrong and half typed, and what becomes of a session that is hostile.

test_lsp.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import copy
import glob
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

from lsp_client import Client, cut, frame, offset, position
from reeve_test import Case, DATA, REEVE, SOURCE, main

FOO = "fuchsia.example.Foo"
ASTRAL = "\U0001d11e"


class Lsp(Case):
    """With a copy of the examples that may be written to."""

    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = pathlib.Path(work.name)

    def example(self, name):
        shutil.copytree(pathlib.Path(SOURCE, "examples", name),
                        self.work / name)
        return self.work / name

    def client(self, **options):
        client = Client(**options)
        self.addCleanup(client.close)
        return client

    def write(self, name, text):
        file = self.work / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def problems(self, client, uri, version=1):
        """(rule, what is underlined) of each."""
        text = client.texts[uri]
        return [(d["code"], cut(text, d["range"], client.encoding))
                for d in client.diagnostics(uri, version)]


class Protocol(Lsp):
    def error(self, answer, code):
        self.assertEqual(answer["error"]["code"], code, answer)
        self.assertTrue(answer["error"]["message"])

    def test_life_of_a_session(self):
        client = self.client()
        self.assertEqual(client.capabilities["positionEncoding"], "utf-16")
        self.assertEqual(client.shut(), 0)
        self.assertEqual(client.run.stderr.read(), b"")

    def test_nothing_before_initialize(self):
        client = self.client(initialize=False)
        self.error(client.ask("textDocument/hover", {}), -32002)
        self.error(client.ask("shutdown"), -32002)
        client.notify("textDocument/didOpen", {})
        client.initialize()
        self.error(client.ask("initialize", {}), -32600)

    def test_nothing_behind_shutdown(self):
        client = self.client()
        client.request("shutdown")
        self.error(client.ask("textDocument/hover", {}), -32600)
        self.error(client.ask("shutdown"), -32600)
        client.notify("exit", None)
        self.assertEqual(client.run.wait(60), 0)

    def test_exit_without_shutdown(self):
        client = self.client()
        client.notify("exit", None)
        self.assertEqual(client.run.wait(60), 1)

    def test_end_of_input(self):
        client = self.client()
        client.run.stdin.close()
        self.assertEqual(client.run.wait(60), 1)

    def test_unknown_methods(self):
        client = self.client()
        self.error(client.ask("textDocument/foldingRange", {}), -32601)
        self.error(client.ask("$/never", {}), -32601)
        # These want no answer, and get none.
        client.notify("$/cancelRequest", {"id": 1})
        client.notify("workspace/never", {})
        client.send({"jsonrpc": "2.0", "id": 77, "result": None})
        self.assertIsNone(client.request("shutdown"))

    def test_wrong_parameters(self):
        client = self.client()
        for params in (None, [], 7, {}, {"textDocument": 1},
                       {"textDocument": {"uri": "file:///never"},
                        "position": {"line": 0, "character": 0}}):
            for method in ("hover", "definition", "completion",
                           "documentSymbol", "codeAction"):
                self.error(client.ask("textDocument/" + method, params),
                           -32602)
        for method in ("didOpen", "didChange", "didSave", "didClose"):
            client.notify("textDocument/" + method, {"textDocument": []})
        self.assertIsNone(client.request("shutdown"))

    def test_what_is_no_request(self):
        client = self.client()
        for body, code in ((b"", -32700), (b"{", -32700), (b"\xff", -32700),
                           (b"{\"a\":1}x", -32700), (b"[]", -32600),
                           (b"3", -32600), (b"{}", -32600),
                           (b'{"id":{},"method":"x"}', -32600),
                           (b'{"id":1.5,"method":"x"}', -32600),
                           (b'{"id":1,"method":3}', -32600)):
            client.write(frame(body))
            answer = client.read()
            self.assertIn(answer["id"], (None,), answer)
            self.error(answer, code)
        client.send({"jsonrpc": "2.0", "id": "a\"\u00fc", "method": "x"})
        self.assertEqual(client.read()["id"], "a\"\u00fc")

    def test_framing(self):
        client = self.client()
        message = frame({"jsonrpc": "2.0", "id": 9, "method": "x"})
        # One byte at a time, and with headers of other kinds.
        for i in range(len(message)):
            client.write(message[i:i + 1])
        self.error(client.answer(9), -32601)
        body = message[message.index(b"{"):]
        client.write(b"content-LENGTH:%d \r\nContent-Type: x; charset=utf-8"
                     b"\r\n\r\n" % len(body) + body + message)
        self.error(client.answer(9), -32601)
        self.error(client.answer(9), -32601)

    def test_broken_framing_ends_it(self):
        for data in (b"Content-Length: x\r\n\r\n{}", b"\r\n\r\n",
                     b"Content-Type: a\r\n\r\n", b"a" * 9000,
                     b"Content-Length: -1\r\n\r\n",
                     b"Content-Length: 5 5\r\n\r\n"):
            done = subprocess.run([REEVE, "lsp"], input=data, timeout=60,
                                  capture_output=True)
            self.assertEqual(done.returncode, 1, data)
            self.assertIn(b"Content-Length", done.stderr)
            self.assertEqual(done.stdout, b"")

    def test_too_large_is_passed_over(self):
        client = self.client()
        n = 16 * 1024 * 1024 + 1
        client.write(b"Content-Length: %d\r\n\r\n" % n)
        for _ in range(n // 65536):
            client.write(b" " * 65536)
        client.write(b" " * (n % 65536))
        self.error(client.read(), -32600)
        self.error(client.ask("x"), -32601)
        with open(f"/proc/{client.run.pid}/status", encoding="ascii") as f:
            size = [line for line in f if line.startswith("VmRSS")][0]
        self.assertLess(int(size.split()[1]), 300 * 1024)

    def test_usage(self):
        self.reeve("lsp", "x", status=2)
        self.reeve("lsp", "--json", status=2)
        self.reeve("lsp", stdin="", status=1)

    def test_files_are_watched(self):
        client = self.client(initialize=False)
        client.request("initialize", {"capabilities": {"workspace": {
            "didChangeWatchedFiles": {"dynamicRegistration": True}}}})
        client.notify("initialized", {})
        asked = client.read()
        self.assertEqual(asked["method"], "client/registerCapability")
        client.send({"jsonrpc": "2.0", "id": asked["id"], "result": None})
        self.assertEqual(client.shut(), 0)

    def test_encodings(self):
        for encoding in ("utf-8", "utf-16", "utf-32"):
            client = self.client(encoding=encoding)
            self.assertEqual(client.capabilities["positionEncoding"],
                             encoding)
        client = self.client(encoding="utf-7")
        self.assertEqual(client.capabilities["positionEncoding"], "utf-16")


class Diagnostics(Lsp):
    def test_what_is_underlined(self):
        client = self.client()
        head = "program: { runner: 'elf', binary: 'b' }, "
        for number, (text, *wanted) in enumerate((
                ("{}",),
                ("{ frm: 1 }", ("unknown-key", "frm")),
                ("{ 'usse': [] }", ("unknown-key", "'usse'")),
                ("{ use: 'x' }", ("wrong-type", "'x'")),
                ("{ use: 12.5 }", ("wrong-type", "12.5")),
                ("{ use: true }", ("wrong-type", "true")),
                ("{ use: { a: [1] } }", ("wrong-type", "{ a: [1] }")),
                ("{ use: {\n} }", ("wrong-type", "{")),
                ("{ use: [{ protocol: 'a', availability: 'some\\'times' }] }",
                 ("invalid-value", "'some\\'times'")),
                ("{ use: [{ protocol: ['\\u00e4\\ud834\\udd1e'] }] }",
                 ("invalid-name", "'\\u00e4\\ud834\\udd1e'")),
                ("{ use: [{ from: 'parent' }] }",
                 ("missing-capability", "{ from: 'parent' }")),
                ("{ " + head + "offer: [{ protocol: 'x', from: 'parent', "
                 "to: '#y' }] }", ("unknown-target", "'#y'")),
                ("{ use: [}", ("syntax", "}")),
                ("{ use: [\n", ("syntax", "")),
                ("{ a", ("syntax", "")),
                ("", ("syntax", ""))), 1):
            with self.subTest(text=text):
                file = self.work / f"{number}.cml"
                uri = client.open(file, text)
                self.assertEqual(self.problems(client, uri), wanted)

    def test_columns_behind_astral_characters(self):
        text = ("{ /* " + ASTRAL * 3 + "\u00e4\u20ac */ usse: [], /* " +
                ASTRAL + " */ offr: [] }")
        for encoding in ("utf-16", "utf-8", "utf-32"):
            client = self.client(encoding=encoding)
            uri = client.open(self.work / "a.cml", text)
            self.assertEqual(self.problems(client, uri),
                             [("unknown-key", "usse"),
                              ("unknown-key", "offr")])

    def test_byte_order_mark_and_line_ends(self):
        client = self.client()
        uri = client.open(self.work / "a.cml", "\ufeff{ usse: 1,\n}")
        (found,) = client.diagnostics(uri)
        self.assertEqual(found["range"]["start"],
                         {"line": 0, "character": 3})
        client.change(uri, "{\r\n  a: 1,\r  b: 1,\n  c: 1 }", 2)
        self.assertEqual([d["range"]["start"]
                          for d in client.diagnostics(uri, 2)],
                         [{"line": n, "character": 2} for n in (1, 2, 3)])

    def test_the_same_as_check(self):
        """Of every manifest that is wrong: rule, severity, place, sentence."""
        files = [file for file in
                 sorted(glob.glob(os.path.join(DATA, "*", "*.cml")))
                 if not file.endswith(".shard.cml")]
        self.assertGreater(len(files), 40)
        client, compared = self.client(), 0
        for file in files:
            done = subprocess.run(
                [REEVE, "check", "--manifest-only", "--json", file],
                capture_output=True, text=True, timeout=60)
            wanted = [(d["rule"], d["severity"] == "error", d["line"],
                       d["column"], d["text"]) for d in json.loads(done.stdout)
                      if d["file"] == file]
            try:
                uri = client.open(file)
            except UnicodeDecodeError:
                continue
            text = client.texts[uri].replace("\r\n", "\n").replace("\r", "\n")
            found = []
            for d in client.diagnostics(uri):
                start = d["range"]["start"]
                at = offset(text, start)
                column = at - (text.rfind("\n", 0, at) + 1)
                marked = not start["line"] and text.startswith("\ufeff")
                found.append((d["code"], d["severity"] == 1,
                              start["line"] + 1, column + 1 - marked,
                              d["message"]))
            with self.subTest(file=file):
                # What is about the file as a whole is shown at its start.
                self.assertLessEqual(
                    {(*w[:2], w[2] or 1, w[3] or 1, w[4]) for w in wanted},
                    set(found))
                if done.returncode:
                    self.assertEqual(len(wanted), len(found))
            compared += len(wanted)
            client.notify("textDocument/didClose",
                          {"textDocument": {"uri": uri}})
        self.assertGreater(compared, 40)

    def test_seed_of_mistakes(self):
        client = self.client()
        for name, rule in (("A", "syntax"), ("B", "syntax"), ("C", "syntax")):
            file = os.path.join(DATA, "seed", f"{name}.cml")
            uri = client.open(file)
            self.assertEqual({d["code"] for d in client.diagnostics(uri)},
                             {rule})

    def test_close_takes_them_away(self):
        client = self.client()
        uri = client.open(self.work / "a.cml", "{ usse: 1 }")
        self.assertTrue(client.diagnostics(uri))
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        client.until(lambda p: not p[uri]["diagnostics"])
        self.assertEqual(client.ask("textDocument/hover", {
            "textDocument": {"uri": uri},
            "position": {"line": 0, "character": 0}})["error"]["code"],
            -32602)

    def test_percent_escapes(self):
        root = self.write("a b#%\u00fc?/x.cml", "{ include: ['y.cml'] }")
        self.write("a b#%\u00fc?/y.cml", "{}")
        client = self.client()
        uri = client.open(root)
        self.assertIn("%20", uri)
        self.assertEqual(client.diagnostics(uri), [])

    def test_documents_that_are_no_files(self):
        client = self.client()
        for uri in ("untitled:Untitled-1", "file://elsewhere/a.cml",
                    "file:///%zz/a.cml", "file:///a%00b", "x", ""):
            client.texts[uri] = "{ usse: [{ protocol: 'a' }] }"
            client.notify("textDocument/didOpen", {"textDocument": {
                "uri": uri, "languageId": "cml", "version": 1,
                "text": client.texts[uri]}})
            self.assertEqual(self.problems(client, uri),
                             [("unknown-key", "usse")])
            self.assertIn("unknown-key", client.hover(uri, "usse", 1))


class Editing(Lsp):
    def test_incremental_edits(self):
        client = self.client()
        uri = client.open(self.work / "a.cml",
                          "{ /* " + ASTRAL + "x */ use: [] }")
        self.assertEqual(client.diagnostics(uri), [])
        at = client.texts[uri].index("use")
        client.edit(uri, 2, (at + 2, at + 3, "ee"), (0, 0, "// \u00e4\n"))
        self.assertEqual(self.problems(client, uri, 2),
                         [("unknown-key", "usee")])
        at = client.texts[uri].index(ASTRAL)
        client.edit(uri, 3, (at, at + 1, ""))
        self.assertEqual(self.problems(client, uri, 3),
                         [("unknown-key", "usee")])
        at = client.texts[uri].index("usee")
        client.edit(uri, 4, (at + 3, at + 4, ""))
        self.assertEqual(client.diagnostics(uri, 4), [])

    def test_positions_outside_of_the_text(self):
        client = self.client()
        uri = client.open(self.work / "a.cml", "{}")
        far = {"line": 10 ** 12, "character": 10 ** 12}
        client.notify("textDocument/didChange", {
            "textDocument": {"uri": uri, "version": 2},
            "contentChanges": [{"range": {"start": far, "end": far},
                                "text": " usse"}]})
        client.texts[uri] = "{} usse"
        self.assertEqual(self.problems(client, uri, 2), [("syntax", "usse")])
        # Its end lies before its start; a place within a pair.
        client.change(uri, "{ /*" + ASTRAL + "*/ }", 3)
        client.notify("textDocument/didChange", {
            "textDocument": {"uri": uri, "version": 4},
            "contentChanges": [{"range": {
                "start": {"line": 0, "character": 5},
                "end": {"line": 0, "character": 0}}, "text": "*/ a: 1, /*"}]})
        client.texts[uri] = "{ /**/ a: 1, /*" + ASTRAL + "*/ }"
        self.assertEqual(self.problems(client, uri, 4), [("unknown-key", "a")])

    def test_many_edits_are_one_text(self):
        """Random edits end in the same diagnostics as the text at once."""
        rng = random.Random(5)
        pieces = ["use", ": [", "]", "{", "}", "\n", "\r\n", "'", ASTRAL,
                  "\u00e4", ",", "protocol: 'a'", "// x\n", "offer"]
        for encoding in ("utf-16", "utf-8", "utf-32"):
            client = self.client(encoding=encoding)
            uri = client.open(self.work / "a.cml", "{ use: [] }")
            for version in range(2, 60):
                edits = []
                length = len(client.texts[uri])
                for _ in range(rng.randrange(1, 4)):
                    start = rng.randrange(length + 1)
                    end = min(length, start + rng.choice((0, 0, 1, 5)))
                    new = rng.choice(pieces)
                    edits.append((start, end, new))
                    length += len(new) - (end - start)
                # Positions count lines by "\n" here.
                if "\r" in client.texts[uri]:
                    client.change(uri, client.texts[uri].replace("\r", ""),
                                  version)
                else:
                    client.edit(uri, version, *edits)
                if version % 10:
                    continue
                other = client.open(self.work / "b.cml", client.texts[uri],
                                    version)
                self.assertEqual(client.diagnostics(uri, version),
                                 client.diagnostics(other, version))


class Trees(Lsp):
    def test_unsaved_text_counts(self):
        work = self.example("hippo-modern")
        root = work / "c/meta/c.cml"
        client = self.client(roots=[root])
        c, b = client.open(root), client.open(work / "b/meta/b.cml")
        self.assertEqual(client.diagnostics(c), [])
        self.assertEqual(client.diagnostics(b), [])
        client.change(b, client.texts[b].replace(FOO, FOO + "o"), 2)
        self.assertIn("offer-from-child-expose-not-found",
                      {d["code"] for d in client.diagnostics(b, 2)})
        self.assertIn("**broken**", client.hover(c, FOO, 2))
        # What was not saved is gone when the editor closes it.
        client.notify("textDocument/didClose", {"textDocument": {"uri": b}})
        self.assertIn("**routed**", client.hover(c, FOO, 2))
        self.assertEqual(client.published[b]["diagnostics"], [])

    def test_the_same_as_check(self):
        for name in ("hippo", "hippo-modern"):
            work = self.example(name)
            root = work / "c/meta/c.cml"
            root.write_text(root.read_text().replace(FOO, FOO + "x"))
            wanted = json.loads(subprocess.run(
                [REEVE, "check", "--json", str(root)], capture_output=True,
                text=True, timeout=60).stdout)
            self.assertTrue(wanted)
            client = self.client(roots=[root])
            found = set()
            for file in sorted(work.glob("*/meta/*.cml")):
                uri = client.open(file)
                for d in client.diagnostics(uri):
                    found.add((str(file), d["code"],
                               d["range"]["start"]["line"] + 1))
            self.assertEqual(found, {(d["file"], d["rule"], d["line"])
                                     for d in wanted})

    def test_alone_the_parent_is_not_known(self):
        work = self.example("hippo-modern")
        client = self.client()
        d = client.open(work / "d/meta/d.cml")
        self.assertEqual(client.diagnostics(d), [])
        self.assertIn("setting `roots`", client.hover(d, FOO, 3))
        # But what comes from children is.
        c = client.open(work / "c/meta/c.cml")
        self.assertEqual(client.diagnostics(c), [])
        client.change(c, client.texts[c].replace('from: "#B"',
                                                 'from: "#D"').replace(
                                                     'to: "#D"', 'to: "#B"'),
                      2)
        client.until(lambda p: any(
            x["code"] == "offer-from-child-expose-not-found"
            for x in p[c]["diagnostics"]) or p[c].get("version") == 2)

    def test_children_that_are_not_there(self):
        client = self.client()
        text = "{ children: [{ name: 'x', url: 'nowhere#meta/x.cm' }] }"
        uri = client.open(self.write("r/meta/r.cml", text))
        self.assertEqual(self.problems(client, uri),
                         [("resolve-failed", "'nowhere#meta/x.cm'")])
        self.write("nowhere/meta/x.cml", "{}")
        client.notify("workspace/didChangeWatchedFiles", {"changes": []})
        client.until(lambda p: not p[uri]["diagnostics"])

    def test_settings(self):
        work = self.example("hippo-modern")
        client = self.client(root=str(work), roots=["c/meta/c.cml"],
                             packages=["."])
        d = client.open(work / "d/meta/d.cml")
        self.assertIn("**routed**", client.hover(d, FOO, 3))
        client.notify("workspace/didChangeConfiguration",
                      {"settings": {"reeve": {"roots": []}}})
        self.assertIn("**from the parent**", client.hover(d, FOO, 3))
        client.notify("workspace/didChangeConfiguration",
                      {"settings": {"roots": ["c/meta/c.cml", 7, ""]}})
        self.assertIn("**routed**", client.hover(d, FOO, 3))

    def test_shards(self):
        root = self.write("p/meta/p.cml", "{ include: ['s.shard.cml'], "
                          "program: { runner: 'elf', binary: 'b' } }")
        shard = self.write("p/meta/s.shard.cml",
                           "{ use: [{ protocol: 'a', path: '/x/y' },\n"
                           "{ protocol: 'b', path: '/x/y' }] }")
        client = self.client(roots=[root])
        s = client.open(shard)
        self.assertIn(("duplicate-target", "'b'"), self.problems(client, s))
        # Mended in the editor, before it is saved.
        client.change(s, client.texts[s].replace("'/x/y' }]", "'/x/z' }]"), 2)
        self.assertNotIn("duplicate-target",
                         {d["code"] for d in client.diagnostics(s, 2)})

    def test_a_shard_is_judged_as_a_part(self):
        root = self.write("p/meta/p.cml", "{ include: ['s.shard.cml'], "
                          "children: [{ name: 'x', url: '#meta/x.cm' }] }")
        self.write("p/meta/x.cml", "{ use: [{ protocol: 'reeve.Realm' }], "
                   "program: { runner: 'elf', binary: 'b' } }")
        shard = self.write("p/meta/s.shard.cml", "{}")
        client = self.client(roots=[root])
        text = ("{ offer: [{ protocol: 'reeve.Realm', from: 'framework', "
                "to: '#%s' }] }")
        s = client.open(shard, text % "x")
        self.assertEqual(client.diagnostics(s), [])
        self.assertIn("source     framework",
                      client.hover(s, "reeve.Realm", 3))
        client.change(s, text % "y", 2)
        self.assertEqual(self.problems(client, s, 2),
                         [("unknown-target", "'#y'")])
        # Alone, nobody knows.
        alone = self.client()
        s = alone.open(shard, text % "y")
        self.assertEqual(alone.diagnostics(s), [])


class Hover(Lsp):
    def setUp(self):
        super().setUp()
        self.root = self.example("hippo-modern")
        self.client_ = self.client(roots=[self.root / "c/meta/c.cml"])

    def open(self, name, text=None):
        return self.client_.open(self.root / f"{name}/meta/{name}.cml", text)

    def test_route(self):
        for name, first in (("d", "use"), ("c", "offer"), ("b", "expose")):
            text = self.client_.hover(self.open(name), FOO, 4)
            self.assertIn(f"**routed** {FOO}", text)
            lines = text.split("\n")
            self.assertTrue(lines[3].startswith(f"  {first} "), text)
            self.assertIn("  source     /B/A serves it at /svc/" + FOO, text)

    def test_broken_route(self):
        uri = self.open("d", "{ use: [{ protocol: 'fuchsia.example.Fo' }] }")
        text = self.client_.hover(uri, "fuchsia", 4)
        self.assertIn("**broken** fuchsia.example.Fo", text)
        self.assertIn("[use-from-parent-not-found]", text)

    def test_capability_and_reference(self):
        text = self.client_.hover(self.open("a"), FOO, 4)
        self.assertIn("**capability**", text)
        self.assertIn("of /B/A", text)
        text = self.client_.hover(self.open("c"), '"#B"', 2)
        self.assertIn("fuchsia-pkg://fuchsia.com/b#meta/b.cm", text)

    def test_keys_say_what_they_are(self):
        uri = self.open("c", "{ children: [{ name: 'x', url: '#meta/x.cm', "
                        "startup: 'eager', limits: { memory: { max: '1G' } }"
                        "}], collections: [{ name: 'y', durability: "
                        "'transient' }], config: { a: { type: 'bool' } } }")
        for key, words in (("children", "static children"),
                           ("startup", "`lazy` `eager`"),
                           ("durability", "`transient` `single_run`"),
                           ("max", "never exceeds"),
                           ("memory", "Memory"), ("type", "`vector`"),
                           ("collections", "run time")):
            self.assertIn(words, self.client_.hover(uri, key + ":", 1))
        # The range is the key.
        result = self.client_.request("textDocument/hover",
                                      self.client_.at(uri, "startup", 3))
        self.assertEqual(cut(self.client_.texts[uri], result["range"]),
                         "startup")

    def test_rules(self):
        uri = self.open("c", "{ children: [{ name: 'x', urll: 'x' }] }")
        text = self.client_.hover(uri, "urll", 1)
        self.assertIn("**unknown-key**: a key that is not known here", text)

    def test_nothing_to_say(self):
        uri = self.open("c", "{ facets: { a: 'b' } }\n\n")
        for needle in ("'b'", "a:", "}\n"):
            self.assertIsNone(self.client_.hover(uri, needle, 1))

    def test_seed_dialect(self):
        work = self.example("hippo")
        client = self.client(roots=[work / "c/meta/c.cml"])
        d = client.open(work / "d/meta/d.cml")
        self.assertIn("**routed**", client.hover(d, FOO, 4))
        c = client.open(work / "c/meta/c.cml")
        self.assertIn("**routed**", client.hover(c, FOO, 4))
        self.assertIn("`#NAME`".strip("`"), client.hover(c, "dest", 1))

    def test_half_typed(self):
        uri = self.open("c")
        whole = self.client_.texts[uri]
        self.client_.diagnostics(uri)
        self.client_.change(uri, whole + "{ use: [", 2)
        self.assertIn("**routed**", self.client_.hover(uri, FOO, 4))
        self.client_.change(uri, whole.replace("children", "childr") + "'", 3)
        self.assertTrue(self.client_.hover(uri, "offer", 1))


class Definition(Lsp):
    def setUp(self):
        super().setUp()
        self.root = self.example("hippo-modern")
        self.client_ = self.client(roots=[self.root / "c/meta/c.cml"])

    def file(self, name):
        return self.root / f"{name}/meta/{name}.cml"

    def leads(self, result, name, wanted, nth=0):
        """To the @nth @wanted of the file."""
        text = self.file(name).read_text()
        self.assertEqual(result["uri"], self.file(name).as_uri())
        self.assertEqual(cut(text, result["range"]), wanted)
        place = -1
        for _ in range(nth + 1):
            place = text.index(wanted, place + 1)
        self.assertEqual(result["range"]["start"], position(text, place))

    def test_one_hop_along_the_route(self):
        quoted = f'"{FOO}"'
        for name, target, nth in (("d", "c", 0), ("c", "b", 0), ("b", "a", 1)):
            uri = self.client_.open(self.file(name))
            self.leads(self.client_.definition(uri, FOO, 2), target, quoted,
                       nth)
        uri = self.client_.open(self.file("a"))
        self.leads(self.client_.definition(uri, FOO, 2, nth=1), "a", quoted)
        self.assertIsNone(self.client_.definition(uri, FOO, 2))

    def test_references_and_children(self):
        uri = self.client_.open(self.file("c"))
        self.leads(self.client_.definition(uri, '"#B"', 2), "c", '"B"')
        self.leads(self.client_.definition(uri, '"#D"', 4), "c", '"D"')
        for needle in ('"B"', "fuchsia-pkg"):
            found = self.client_.definition(uri, needle, 1)
            self.assertEqual(found["uri"], self.file("b").as_uri())
        self.assertIsNone(self.client_.definition(uri, "children", 1))

    def test_alone_there_is_no_parent(self):
        client = self.client()
        uri = client.open(self.file("d"))
        self.assertIsNone(client.definition(uri, FOO, 2))

    def test_offers_to_collections(self):
        client = self.client()
        text = ("{ collections: [{ name: 'y', durability: 'transient' }],\n"
                "children: [{ name: 'B', url: 'b#meta/b.cm' }],\n"
                f"offer: [{{ protocol: '{FOO}', from: '#B', to: '#y' }}] }}")
        uri = client.open(self.file("c"), text)
        found = client.definition(uri, FOO, 2)
        self.assertEqual(found["uri"], self.file("b").as_uri())
        self.assertIn("**routed**", client.hover(uri, FOO, 2))

    def test_storage_and_environments(self):
        client = self.client()
        text = ("{ environments: [{ name: 'e', extends: 'realm' }], children:"
                " [{ name: 'x', url: '#meta/x.cm', environment: '#e' }] }")
        uri = client.open(self.work / "m.cml", text)
        found = client.definition(uri, "'#e'", 2)
        self.assertEqual(cut(text, found["range"]), "'e'")

    def test_dictionaries(self):
        client = self.client()
        text = ("{ capabilities: [{ dictionary: 'd' }, { protocol: 'p' }], "
                "program: { runner: 'elf', binary: 'b' }, "
                "offer: [{ protocol: 'p', from: 'self', to: 'self/d' }, "
                "{ protocol: 'p', from: 'self/d', to: '#y' }], collections: "
                "[{ name: 'y', durability: 'transient' }] }")
        uri = client.open(self.work / "m.cml", text)
        for needle, nth in (("'self/d'", 0), ("'self/d'", 1)):
            found = client.definition(uri, needle, 3, nth=nth)
            self.assertEqual(cut(text, found["range"]), "'d'")
        self.assertIn("of `capabilities`", client.hover(uri, "'self/d'", 3))

    def test_manifests_of_the_same_package(self):
        client = self.client()
        other = self.write("p/meta/s.cml", "{}")
        text = "{ children: [{ name: 's', url: '#meta/s.cm' }] }"
        uri = client.open(self.write("p/meta/p.cml", text))
        for needle in ("'s'", "'#meta"):
            self.assertEqual(client.definition(uri, needle, 1)["uri"],
                             other.as_uri())


class Completion(Lsp):
    def setUp(self):
        super().setUp()
        self.root = self.example("hippo-modern")
        self.client_ = self.client(roots=[self.root / "c/meta/c.cml"])
        self.uri = self.client_.open(self.root / "c/meta/c.cml")
        self.version = 1

    def offers(self, text):
        self.version += 1
        self.items = self.client_.complete(self.uri, text, self.version)
        return [item["label"] for item in self.items]

    def takes(self, label):
        item = next(i for i in self.items if i["label"] == label)
        return self.client_.apply(self.uri, item)

    def test_keys(self):
        self.assertEqual(set(self.offers("{ | }")),
                         {"include", "program", "use", "offer", "expose",
                          "capabilities", "environments", "children",
                          "collections", "config", "policy", "facets"})
        self.assertEqual(self.takes("use"), "{ use:  }")
        keys = self.offers("{ use: [{ protocol: 'a', | }] }")
        self.assertIn("availability", keys)
        self.assertNotIn("rights", keys)
        self.assertNotIn("protocol", keys)
        self.assertNotIn("directory", keys)
        keys = self.offers("{ use: [{ directory: 'a', ri| }] }")
        self.assertIn("rights", keys)
        self.assertEqual(self.takes("rights"),
                         "{ use: [{ directory: 'a', rights:  }] }")
        self.assertIn("subdir", self.offers(
            "{ use: [{ directory: 'a', su|: 'x' }] }"))
        self.assertEqual(self.takes("subdir"),
                         "{ use: [{ directory: 'a', subdir: 'x' }] }")
        self.assertEqual(set(self.offers(
            "{ children: [{ limits: { cpu: { | } } }] }")), {"share", "max"})
        self.assertEqual(set(self.offers("{ config: { a: { type: 'bool', | "
                                         "} } }")),
                         {"max_size", "max_count", "element", "mutability"})
        self.assertEqual(self.offers("{ facets: { | } }"), [])

    def test_quotes_as_the_file_has_them(self):
        self.offers('{ "use": [], | }')
        self.assertEqual(self.takes("offer"), '{ "use": [], "offer":  }')
        self.offers('{ "use": [], "of|" }')
        self.assertEqual(self.takes("offer"), '{ "use": [], "offer" }')

    def test_words(self):
        for text, words in (
                ("use: [{ protocol: 'a', availability: '|' }]",
                 ["required", "optional", "transitional"]),
                ("children: [{ startup: | }]", ["lazy", "eager"]),
                ("children: [{ restart: '|' }]",
                 ["never", "on-failure", "always"]),
                ("collections: [{ durability: |",
                 ["transient", "single_run"]),
                ("program: { lifecycle: { stop_event: '|",
                 ["ignore", "notify"]),
                ("program: { runner: '|' }", ["elf"]),
                ("program: { strict: | }", ["true", "false"])):
            self.assertEqual(self.offers("{ " + text + " }"), words, text)
        self.assertEqual(self.takes("true"), "{ program: { strict: true } }")
        rights = self.offers("{ use: [{ directory: 'a', rights: ['r*', '|'] "
                             "}] }")
        self.assertIn("rw*", rights)
        self.assertNotIn("admin", rights)
        self.offers("{ children: [{ startup: | }] }")
        self.assertEqual(self.takes("lazy"),
                         "{ children: [{ startup: \"lazy\" }] }")

    def test_sources_and_targets(self):
        head = ("{ children: [{ name: 'B', url: 'b#meta/b.cm' }], "
                "collections: [{ name: 'y', durability: 'transient' }], ")
        self.assertEqual(
            self.offers(head + "offer: [{ protocol: 'a', from: '|' }] }"),
            ["parent", "self", "framework", "void", "#B"])
        self.assertEqual(
            self.offers(head + "offer: [{ protocol: 'a', to: '|' }] }"),
            ["#B", "#y", "all"])
        self.assertEqual(
            self.offers(head + "offer: [{ directory: 'a', to: ['#B', |] }] }"),
            ["#B", "#y"])
        self.assertEqual(
            self.offers(head + "expose: [{ service: 'a', from: '#|' }] }"),
            ["self", "framework", "void", "#B", "#y"])
        self.assertEqual(
            self.offers(head + "expose: [{ service: 'a', to: '|' }] }"),
            ["parent", "framework"])
        self.assertEqual(self.offers(
            head + "environments: [{ name: 'e' }], children: [{ environment: "
            "'|' }] }"), ["#e"])

    def test_names(self):
        head = ("{ children: [{ name: 'B', url: 'b#meta/b.cm' }, { name: 'D',"
                " url: 'd#meta/d.cm' }], capabilities: [{ protocol: ['p', "
                "'q'] }, { directory: 'dir' }], ")
        for text, names in (
                ("offer: [{ protocol: '|', from: '#B', to: '#D' }]", [FOO]),
                ("offer: [{ from: '#D', protocol: '|' }]", []),
                ("offer: [{ protocol: '|', from: 'self' }]", ["p", "q"]),
                ("offer: [{ directory: '|', from: 'self' }]", ["dir"]),
                ("expose: [{ protocol: ['|'] }]", ["p", "q", FOO]),
                ("use: [{ protocol: '|', from: '#B' }]", [FOO])):
            self.assertEqual(self.offers(head + text + " }"), names, text)

    def test_names_of_the_parent(self):
        uri = self.client_.open(self.root / "d/meta/d.cml")
        items = self.client_.complete(uri, "{ use: [{ protocol: '|' }] }", 2)
        self.assertEqual([i["label"] for i in items], [FOO])

    def test_urls(self):
        urls = self.offers("{ children: [{ name: 'x', url: '|' }, { url: "
                           "'fuchsia-pkg://example.org/b#meta/b.cm' }] }")
        self.assertEqual(set(urls),
                         {f"fuchsia-pkg://example.org/{p}#meta/{p}.cm"
                          for p in "abcd"})

    def test_seed_dialect(self):
        work = self.example("hippo")
        client = self.client(roots=[work / "c/meta/c.cml"])
        uri = client.open(work / "c/meta/c.cml")
        self.assertEqual(client.diagnostics(uri), [])
        head = '{ "children": [{ "name": "B", "url": "b#meta/b.cm" }], '
        for number, (text, labels) in enumerate((
                ('"offer": [{ "service": "|", "from": "#B" }]',
                 ["/svc/" + FOO]),
                ('"offer": [{ "service": "/svc/a", "from": "|" }]',
                 ["realm", "self", "framework", "#B"]),
                ('"offer": [{ "service": "/svc/a", "to": [{ "dest": "|" }]'
                 ' }]', ["#B"]),
                ('"collections": [{ "durability": "|" }], "use": [{ '
                 '"service": "/svc/x" }]', ["transient"])), 2):
            items = client.complete(uri, head + text + " }", number)
            self.assertEqual([i["label"] for i in items], labels, text)

    def test_half_typed(self):
        for text, label, result in (
                ("{ children: [{ name: 'B' }], offer: [{ protocol: 'a', "
                 "from: '#|\n", "#B",
                 "{ children: [{ name: 'B' }], offer: [{ protocol: 'a', "
                 "from: '#B\"\n"),
                ("{ use: [{ protocol: 'a',\n  avail|\n", "availability",
                 "{ use: [{ protocol: 'a',\n  availability: \n"),
                ("{ use: [{ protocol: 'a', availability:| to: 3", "optional",
                 "{ use: [{ protocol: 'a', availability: \"optional\" to: 3"),
                ("]]} { offer: [ , { ,, from:|", "parent", None)):
            labels = self.offers(text)
            if result:
                self.assertIn(label, labels, text)
                self.assertEqual(self.takes(label), result)

    def test_outside_of_values_there_is_nothing(self):
        for text in ("| { }", "{ use: [] } |", "{ use: ['a'|] }",
                     "{ use: [{ availability: 'x'| }] }", "|"):
            self.assertEqual(self.offers(text), [], text)


class Symbols(Lsp):
    def names(self, symbols):
        return [(s["name"], self.names(s.get("children", [])))
                for s in symbols]

    def holds(self, outer, inner):
        at = [(p["line"], p["character"]) for p in (
            outer["start"], inner["start"], inner["end"], outer["end"])]
        self.assertEqual(at, sorted(at))

    def check_ranges(self, symbols):
        for s in symbols:
            self.holds(s["range"], s["selectionRange"])
            for child in s.get("children", []):
                self.holds(s["range"], child["range"])
            self.check_ranges(s.get("children", []))

    def test_sections(self):
        client = self.client()
        uri = client.open(self.work / "a.cml", """{
            program: { runner: "elf", binary: "b" },
            children: [{ name: "B", url: "b#meta/b.cm" }, { url: "x" }],
            capabilities: [{ protocol: ["p", "q"] }],
            use: [{ directory: "d", from: "parent", rights: ["r*"] }],
            offer: [{ protocol: "p", from: "self", to: "#B" }, "what"],
            facets: {}, expose: 3, storage""")
        symbols = client.request("textDocument/documentSymbol",
                                 {"textDocument": {"uri": uri}})
        self.assertEqual(self.names(symbols), [
            ("program", []), ("children", [("B", []), ("?", [])]),
            ("capabilities", [("p, q", [])]), ("use", [("d", [])]),
            ("offer", [("p", [])]), ("expose", []), ("storage", [])])
        self.assertEqual(symbols[4]["children"][0]["detail"],
                         "protocol from self to #B")
        self.check_ranges(symbols)


class Actions(Lsp):
    def test_what_was_perhaps_meant(self):
        client = self.client()
        for number, (text, mended) in enumerate((
                ("{ usse: [] }", "{ \"use\": [] }"),
                ("{ use: [{ protocol: 'a', availability: 'optionl' }] }",
                 "{ use: [{ protocol: 'a', availability: \"optional\" }] }"),
                ("{ use: [] }", None))):
            uri = client.open(self.work / f"{number}.cml", text)
            actions = client.request("textDocument/codeAction", {
                "textDocument": {"uri": uri},
                "range": {"start": position(text, 0),
                          "end": position(text, len(text))},
                "context": {"diagnostics": []}})
            if not mended:
                self.assertEqual(actions, [])
                continue
            (action,) = actions
            self.assertEqual(action["kind"], "quickfix")
            (edit,) = action["edit"]["changes"][uri]
            result = client.apply(uri, {"textEdit": edit})
            self.assertIn(result.replace('"use"', "use"),
                          (mended, mended.replace('"use"', "use")))
            client.change(uri, result, 2)
            self.assertEqual(client.diagnostics(uri, 2), [])


class Hostile(Lsp):
    """Nothing that an editor sends ends the server but what is meant to."""

    def session(self):
        file = self.example("hippo-modern") / "c/meta/c.cml"
        text, uri = file.read_text(), file.as_uri()
        where = {"textDocument": {"uri": uri},
                 "position": {"line": 14, "character": 30}}

        def note(method, params):
            return {"jsonrpc": "2.0", "method": method, "params": params}

        def ask(method, params):
            return {"jsonrpc": "2.0", "id": 1, "method": method,
                    "params": params}

        return [
            note("textDocument/didOpen", {"textDocument": {
                "uri": uri, "languageId": "cml", "version": 1,
                "text": text}}),
            note("textDocument/didChange", {
                "textDocument": {"uri": uri, "version": 2},
                "contentChanges": [
                    {"range": {"start": {"line": 2, "character": 1},
                               "end": {"line": 3, "character": 9}},
                     "text": "{ " + ASTRAL + "use: [{ protocol: '"},
                    {"text": text}]}),
            ask("textDocument/hover", where),
            ask("textDocument/definition", where),
            ask("textDocument/completion", where),
            ask("textDocument/documentSymbol", where),
            ask("textDocument/codeAction", {
                **where, "range": {"start": {"line": 0, "character": 0},
                                   "end": {"line": 99, "character": 0}}}),
            note("workspace/didChangeConfiguration",
                 {"settings": {"roots": [str(file)], "packages": ["/"]}}),
            note("textDocument/didSave", where),
            note("textDocument/didClose", where),
        ]

    def mutate_text(self, rng, text):
        """A document with something else in it."""
        pieces = ["{", "}", "[", "]", "'", '"', ":", ",", "\\", "/*", "//",
                  "\n", "\r", "use", "#B", "\ufeff", ASTRAL, "\u2028", "9e9",
                  "children: [", "from: 'self'", "\\u0000", "\x01"]
        for _ in range(rng.randrange(1, 6)):
            start = rng.randrange(len(text) + 1)
            end = min(len(text), start + rng.choice((0, 0, 1, 30, 400)))
            text = text[:start] + rng.choice(pieces) + text[end:]
        return text

    def mutate_value(self, rng, value):
        """The value with some of its parts changed."""
        others = [None, True, -1, 0, 1.5, 2 ** 31, 2 ** 53, -2 ** 63, 1e300,
                  "", "x", "\u0000", [], {}, [[]], "file:///", "file:///%"]
        if rng.random() < 0.06:
            return copy.deepcopy(rng.choice(others))
        if isinstance(value, dict):
            return {k: self.mutate_value(rng, v) for k, v in value.items()
                    if rng.random() > 0.02}
        if isinstance(value, list):
            return [self.mutate_value(rng, v) for v in value] * \
                rng.choice((1, 1, 1, 1, 3))
        if isinstance(value, str) and len(value) > 20 and rng.random() < 0.5:
            return self.mutate_text(rng, value)
        if isinstance(value, int) and rng.random() < 0.3:
            return rng.randrange(0, 60)
        return value

    def mutate_bytes(self, rng, body):
        body = bytearray(body or b" ")
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(body) + 1)
            body[at:at + rng.choice((0, 1, 1, 9))] = bytes(
                rng.choice(b"{}[]\",:\\0e-\xff\x00 a")
                for _ in range(rng.choice((0, 1, 3))))
        return bytes(body)

    def test_mutated_sessions(self):
        rng = random.Random(20)
        session = self.session()
        client = self.client()
        for number in range(2000):
            message = session[number % len(session)]
            mutated = self.mutate_value(rng, message)
            body = json.dumps(mutated).encode()
            if rng.random() < 0.15:
                body = self.mutate_bytes(rng, body)
            # These end it, and are meant to.
            if b'"exit"' in body or b'"shutdown"' in body:
                continue
            client.write(frame(body))
            if number % 10:
                continue
            client.last_id += 1
            client.send({"jsonrpc": "2.0", "id": f"p{number}",
                         "method": "ping"})
            self.assertEqual(client.answer(f"p{number}")["error"]["code"],
                             -32601)
        self.assertEqual(client.shut(), 0)
        self.assertEqual(client.run.stderr.read(), b"")

    def test_mutated_streams(self):
        rng = random.Random(21)
        stream = b"".join(
            frame(m) for m in [{"jsonrpc": "2.0", "id": 0, "method":
                                "initialize", "params": {}}] + self.session())
        for _ in range(60):
            done = subprocess.run([REEVE, "lsp"], timeout=60,
                                  input=self.mutate_bytes(rng, stream),
                                  capture_output=True)
            self.assertIn(done.returncode, (0, 1), done.stderr)

    def test_deep_and_wide_documents(self):
        client = self.client()
        for number, text in enumerate((
                "[" * 300000, "{a:" * 200000, "[" * 300000 + "}" * 300000,
                "{\"" * 100000, "'" * 300000, "/*" * 100000,
                "{ use: [" + "{}," * 100000 + "] }",
                "{ use: [{ protocol: [" + "'a'," * 100000 + "] }] }",
                "\n" * 900000, "{" + "a:1," * 100000 + "}")):
            uri = client.open(self.work / f"{number}.cml", text)
            client.diagnostics(uri)
            where = {"textDocument": {"uri": uri},
                     "position": {"line": 0, "character": 60000}}
            for method in ("hover", "completion", "definition",
                           "documentSymbol"):
                client.request("textDocument/" + method, where)
            client.notify("textDocument/didClose", where)

    def test_open_and_close_does_not_grow(self):
        def size():
            with open(f"/proc/{client.run.pid}/status",
                      encoding="ascii") as f:
                return int([line for line in f
                            if line.startswith("VmRSS")][0].split()[1])

        client = self.client()
        with open(f"/proc/{client.run.pid}/maps", encoding="utf-8") as f:
            if "libasan" in f.read():
                self.skipTest("the sanitizer keeps what was freed")
        text = "{ use: [" + "{ protocol: 'a' }," * 5000 + "] }"
        for number in range(30):
            uri = client.open(self.work / "a.cml", text, number)
            client.diagnostics(uri, number)
            client.notify("textDocument/didClose",
                          {"textDocument": {"uri": uri}})
            if number == 9:
                early = size()
        self.assertLess(size(), early * 1.5 + 20000)

    def test_too_much_is_given_up(self):
        client = self.client()
        text = " " * (8 * 1024 * 1024)
        for number in range(9):
            client.open(self.work / f"{number}.cml", text)
        while not client.others:
            client.read()
        self.assertEqual(client.others[0]["method"], "window/showMessage")
        self.assertEqual(client.shut(), 0)

    def test_endless_edits_are_given_up(self):
        client = self.client()
        uri = client.open(self.work / "a.cml", " " * (1024 * 1024))
        start = {"line": 0, "character": 0}
        client.notify("textDocument/didChange", {
            "textDocument": {"uri": uri, "version": 2},
            "contentChanges": [{"range": {"start": start, "end": start},
                                "text": "a"}] * 100000})
        while not client.others:
            client.read()
        self.assertEqual(client.shut(), 0)


if __name__ == "__main__":
    main()
