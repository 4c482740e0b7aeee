#!/usr/bin/env python3
"""reeve diff: every kind of line and of JSON that it prints, what counts as
growth, and how it ends, with trees in both dialects.

test_diff.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import os
import subprocess
import tempfile

from reeve_test import Case, EXAMPLES, REEVE, example, main
from trees import PROGRAM, child, write

# web calls orders; vault has keys.
BEFORE = {
    "root": "{ children: [\n" + child("web") + child("orders") +
            child("vault") + "],\n"
            'offer: [ { protocol: "O", from: "#orders", to: "#web" },\n'
            '{ directory: "keys", from: "#vault", to: "#orders" } ] }\n',
    "web": "{ " + PROGRAM + 'use: [ { protocol: "O" } ] }\n',
    "orders": "{ " + PROGRAM + 'capabilities: [ { protocol: "O" } ],\n'
              'expose: [ { protocol: "O", from: "self" } ] }\n',
    "vault": "{ " + PROGRAM +
             'capabilities: [ { directory: "keys", path: "/keys",\n'
             '  rights: [ "rw*" ] } ],\n'
             'expose: [ { directory: "keys", from: "self" } ] }\n',
}


def uses_keys(rights):
    return ("{ " + PROGRAM + 'use: [ { directory: "keys", path: "/keys",\n'
            f'  rights: [ "{rights}" ] }} ],\n'
            'capabilities: [ { protocol: "O" } ],\n'
            'expose: [ { protocol: "O", from: "self" } ] }\n')


READS = {**BEFORE, "orders": uses_keys("r*")}
WRITES = {**BEFORE, "orders": uses_keys("rw*")}


class Diff(Case):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = work.name

    def diff(self, old, new, *args, status=0):
        for name, files in (("old", old), ("new", new)):
            write(os.path.join(self.work, name), **files)
        return self.reeve("diff", *args, "old/root/meta/root.cml",
                          "new/root/meta/root.cml", status=status,
                          cwd=self.work)

    def is_had(self, had):
        if had is not None:
            self.has_fields(had, holds=str, type=str, name=str, **{"as": str},
                            source=str, rights=(str, None),
                            subdir=(str, None), weak=bool, transfer=bool,
                            origin=dict)
            self.is_place(had)

    def json(self, old, new, *args, status=0):
        done = self.diff(old, new, "--json", *args, status=status)
        self.assertEqual(len(done.out.splitlines()), 1, done)
        answer = done.json()
        self.has_fields(answer, grows=bool, unread=int, changes=list,
                        indirect=dict)
        for change in answer["changes"]:
            self.has_fields(change, moniker=str, kind=str, change=str,
                            grows=bool, text=str)
            self.is_place(change)
            self.assertIn(change["kind"],
                          ("component", "program", "use", "expose", "offer",
                           "member", "access", "limit", "policy"))
            self.assertIn(change["change"], ("added", "removed", "altered"))
            self.is_had(change["before"])
            self.is_had(change["after"])
        self.has_fields(answer["indirect"], gained=int, lost=int, pairs=list)
        for pair in answer["indirect"]["pairs"]:
            self.has_fields(pair, path=list, **{"from": str, "to": str})
            self.assertEqual(pair["path"][0]["from"], pair["from"])
            self.assertEqual(pair["path"][-1]["to"], pair["to"])
        return answer

    def test_nothing(self):
        self.assertEqual(self.diff(BEFORE, BEFORE).out,
                         "no authority is added or removed\n")
        self.diff(BEFORE, BEFORE, "--fail-on-growth")
        answer = self.json(BEFORE, BEFORE)
        self.assertEqual(answer, {"grows": False, "unread": 0, "changes": [],
                                  "indirect": {"gained": 0, "lost": 0,
                                               "pairs": []}})

    def test_gained(self):
        done = self.diff(BEFORE, READS)
        self.assertEqual(
            done.out,
            "/orders\n"
            "  ! + uses directory keys of /vault [r*]; it was only offered "
            "before  (new/orders/meta/orders.cml:2:8)\n"
            "\n"
            "indirectly: 1 pair can reach each other now, 0 can not any more\n"
            "  ! /web reaches /vault over /orders\n"
            "\n"
            "1 change; 1 adds authority (!)\n")

    def test_lost(self):
        self.assertEqual(
            self.diff(READS, BEFORE).out,
            "/orders\n"
            "    - uses directory keys of /vault [r*]; it is still offered  "
            "(old/orders/meta/orders.cml:2:8)\n"
            "\n"
            "indirectly: 0 pairs can reach each other now, 1 can not any more\n"
            "\n"
            "1 change; 0 add authority\n")

    def test_altered(self):
        self.assertEqual(
            self.diff(READS, WRITES).out,
            "/orders\n"
            "  ! ~ uses directory keys: rights [rw*], not [r*] any more  "
            "(new/orders/meta/orders.cml:2:8)\n"
            "\n"
            "1 change; 1 adds authority (!)\n")
        self.assertIn("\n    ~ uses directory keys: rights [r*], not [rw*] any "
                      "more  (new", self.diff(WRITES, READS).out)

    def test_components(self):
        more = {**BEFORE, "root": BEFORE["root"].replace(
            "children: [\n", "children: [\n" + child("spy")).replace(
                'to: "#web"', 'to: [ "#web", "#spy" ]'),
            "spy": BEFORE["web"]}
        self.assertEqual(
            self.diff(BEFORE, more).out,
            "/spy\n"
            "    + component spy#meta/spy.cm  (new/root/meta/root.cml:2:1)\n"
            "  ! + uses protocol O of /orders  (new/spy/meta/spy.cml:2:8)\n"
            "\n"
            "2 changes; 1 adds authority (!)\n")
        self.assertEqual(
            self.diff(more, BEFORE).out,
            "/spy\n"
            "    - component spy#meta/spy.cm  (old/root/meta/root.cml:2:1)\n"
            "    - uses protocol O of /orders  (old/spy/meta/spy.cml:2:8)\n"
            "\n"
            "2 changes; 0 add authority\n")

    def test_url(self):
        moved = {**BEFORE, "net": BEFORE["web"],
                 "root": BEFORE["root"].replace("web#meta/web", "net#meta/net")}
        self.assertEqual(
            self.diff(BEFORE, moved, "--fail-on-growth").out,
            "/web\n"
            "    ~ component net#meta/net.cm, not web#meta/web.cm any more  "
            "(new/root/meta/root.cml:2:1)\n"
            "\n"
            "1 change; 0 add authority\n")

    def kind_of(self, old, new, kind):
        changes = self.json(old, new)["changes"]
        found = [c for c in changes if c["kind"] == kind]
        self.assertEqual(len(found), 1, changes)
        return found[0]

    def with_root(self, find, put):
        self.assertIn(find, BEFORE["root"])
        return {**BEFORE, "root": BEFORE["root"].replace(find, put)}

    def test_kinds(self):
        """Each kind of change: what it says, and whether it grows."""
        limited = self.with_root(
            child("web"), child("web", ", limits: { memory: { max: '64M' } }"))
        more = self.with_root(
            child("web"), child("web", ", limits: { memory: { max: '1G' } }"))
        nobody = {**BEFORE, "orders": BEFORE["orders"].replace(
            '"O" } ],\nexpose', '"O", access: [ "/", "/web" ] } ],\nexpose')}
        strict = {**BEFORE, "web": BEFORE["web"].replace(
            "binary", "strict: true, binary")}
        policy = self.with_root(
            "offer:", 'policy: { never: [ { from: "/vault", to: "/web" } ] },'
            "\noffer:")
        pool = self.with_root(
            "offer: [ ", 'collections: [ { name: "pool",\n'
            '  durability: "transient" } ],\noffer: [ ')
        pooled = {**BEFORE, "root": pool["root"].replace(
            '"#web"', '[ "#web", "#pool" ]')}
        extra = {**BEFORE, "vault": BEFORE["vault"].replace(
            "expose: [ ", 'expose: [ { directory: "keys", from: "self",\n'
            '  as: "doors" }, ')}
        for old, new, kind, change, grows, text in (
                (limited, more, "limit", "altered", True,
                 "limit memory_max is 1G, not 64M any more"),
                (more, limited, "limit", "altered", False,
                 "limit memory_max is 64M, not 1G any more"),
                (limited, BEFORE, "limit", "altered", True,
                 "limit memory_max is none, not 64M any more"),
                (BEFORE, nobody, "access", "altered", False,
                 'access to protocol O is for ["/", "/web"], not for everybody '
                 "any more"),
                (nobody, BEFORE, "access", "altered", True,
                 'access to protocol O is for everybody, not for ["/", "/web"] '
                 "any more"),
                (BEFORE, strict, "program", "altered", False,
                 "the program does not see the host's libraries any more"),
                (strict, BEFORE, "program", "altered", True,
                 "the program sees the host's libraries now"),
                (BEFORE, policy, "policy", "added", False,
                 "policy: nothing of /vault may get to /web"),
                (policy, BEFORE, "policy", "removed", True,
                 "policy: nothing of /vault may get to /web"),
                (pool, pooled, "member", "added", True,
                 "are offered protocol O of /orders"),
                (BEFORE, extra, "expose", "added", True,
                 "exposes directory keys of /vault [rw*], called doors")):
            with self.subTest(text=text):
                found = self.kind_of(old, new, kind)
                self.assertEqual((found["change"], found["grows"],
                                  found["text"]), (change, grows, text))
                done = self.diff(old, new, "--fail-on-growth",
                                 status=1 if grows else 0)
                self.assertIn(text, done.out)

    def test_fail_on_growth(self):
        for old, new, grows in ((BEFORE, READS, True), (READS, BEFORE, False),
                                (READS, WRITES, True), (WRITES, READS, False)):
            self.diff(old, new)
            done = self.diff(old, new, "--fail-on-growth", "-q",
                             status=1 if grows else 0)
            self.assertEqual(done.out + done.err, "")
            self.assertEqual(self.json(old, new)["grows"], grows)

    def test_json(self):
        answer = self.json(READS, WRITES)
        change, = answer["changes"]
        self.assertEqual((change["moniker"], change["kind"], change["change"],
                          change["file"], change["line"], change["column"]),
                         ("/orders", "use", "altered",
                          "new/orders/meta/orders.cml", 2, 8))
        self.assertEqual((change["before"]["rights"],
                          change["after"]["rights"]), ("r*", "rw*"))
        self.assertEqual(change["before"]["file"], "old/orders/meta/orders.cml")
        pair, = self.json(BEFORE, READS)["indirect"]["pairs"]
        self.assertEqual((pair["from"], pair["to"], len(pair["path"])),
                         ("/web", "/vault", 2))
        change, = self.json(BEFORE, READS)["changes"]
        self.assertEqual((change["before"]["holds"],
                          change["after"]["holds"]), ("offer", "use"))

    def test_pairs_are_bounded(self):
        n = 15
        children = "".join(child(f"c{i}") for i in range(n))
        many = {
            **BEFORE, "root": BEFORE["root"].replace(
                "children: [\n", "children: [\n" + children).replace(
                    'to: "#web"', "to: [ " + "".join(
                        f'"#c{i}", ' for i in range(n)) + '"#web" ]'),
            **{f"c{i}": BEFORE["web"] for i in range(n)}}
        more = {**many, "orders": READS["orders"]}
        done = self.diff(many, more)
        self.assertEqual(done.out.count(" reaches "), 10)
        self.assertIn("indirectly: 16 pairs can reach", done.out)
        self.assertIn("\n    and 6 more\n", done.out)
        self.assertEqual(self.diff(many, more, "-a").out.count(" reaches "), 16)
        answer = self.json(many, more)["indirect"]
        self.assertEqual((answer["gained"], len(answer["pairs"])), (16, 16))

    def test_what_both_have(self):
        """A pair may also be gained over a directory."""
        def tree(rights):
            return {
                "root": "{ children: [\n" + child("w") + child("r") + "],\n"
                        'offer: [ { directory: "data", from: "parent",\n'
                        '  to: [ "#w", "#r" ] } ] }',
                "w": "{ " + PROGRAM + 'use: [ { directory: "data",\n'
                     f'  path: "/d", rights: [ "{rights}" ] }} ] }}',
                "r": "{ " + PROGRAM + 'use: [ { directory: "data",\n'
                     '  path: "/d", rights: [ "r*" ] } ] }',
            }
        self.assertIn("\n  ! /w reaches /r over directory data of the host "
                      "[rw*]\n", self.diff(tree("r*"), tree("rw*")).out)

    def test_what_cannot_be_read(self):
        broken = {**BEFORE, "web": "{ nonsense: 1 }"}
        for old, new in ((BEFORE, broken), (broken, BEFORE)):
            done = self.diff(old, new, status=1)
            self.assertIn("web/meta/web.cml:1:3: error:", done.err)
            self.assertIn("1 component could not be read; what it may do was "
                          "not compared\n", done.err)
            self.assertEqual(self.json(old, new, status=1)["unread"], 1)
        done = self.diff(BEFORE, {**BEFORE, "root": "{"}, status=1)
        self.assertEqual(done.out, "")
        self.assertIn("new/root/meta/root.cml:", done.err)

    def test_usage(self):
        for args in ([], ["a"], ["a", "b", "c"]):
            done = self.reeve("diff", *args, status=2)
            self.assertIn("name two root manifests", done.err)

    def test_colour(self):
        self.diff(READS, WRITES)
        ours, theirs = os.openpty()
        with open(ours, "rb") as terminal:
            subprocess.run([REEVE, "diff", "old/root/meta/root.cml",
                            "new/root/meta/root.cml"], stdout=theirs,
                           check=True, timeout=60, cwd=self.work,
                           env={**os.environ, "NO_COLOR": ""})
            os.close(theirs)
            out = terminal.read1(65536).decode()
        self.assertIn("\x1b[33m~\x1b[0m", out)
        self.assertIn("\x1b[1;31m!\x1b[0m", out)

    def test_dialects(self):
        """The same authority in both dialects is the same."""
        self.assertEqual(
            self.reeve("diff", example("hippo", "c"),
                       example("hippo-modern", "c")).out,
            "no authority is added or removed\n")
        seed = os.path.join(EXAMPLES, "hippo")
        done = self.reeve("diff", example("hippo", "b"), example("hippo", "c"),
                          "-p", seed)
        self.assertIn("/D\n    + component fuchsia-pkg:", done.out)
        self.assertIn("  ! + uses service fuchsia.example.Foo of /B/A  (",
                      done.out)


if __name__ == "__main__":
    main()
