#!/usr/bin/env python3
"""reeve reach: every kind of line and of JSON that it prints, and how it ends,
with trees in both dialects.

test_reach.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import os
import tempfile

from reeve_test import Case, example, main
from trees import PROGRAM, child, write

# web calls orders, which reads the keys of vault; idle is offered them, pool is
# offered the orders.
SHOP = {
    "root": "{ children: [\n" + child("web") + child("orders") +
            child("vault") + child("idle") + "],\n"
            'collections: [ { name: "pool", durability: "transient" } ],\n'
            "offer: [\n"
            '{ protocol: "shop.Orders", from: "#orders",\n'
            '  to: [ "#web", "#pool" ] },\n'
            '{ directory: "keys", from: "#vault",\n'
            '  to: [ "#orders", "#idle" ], as: "secrets" },\n'
            "] }\n",
    "web": "{ " + PROGRAM + 'use: [ { protocol: "shop.Orders" } ] }\n',
    "orders": "{ " + PROGRAM +
              'use: [ { directory: "secrets", path: "/keys",\n'
              '  rights: [ "r*" ] } ],\n'
              'capabilities: [ { protocol: "shop.Orders" } ],\n'
              'expose: [ { protocol: "shop.Orders", from: "self" } ] }\n',
    "vault": "{ " + PROGRAM +
             'capabilities: [ { directory: "keys", path: "/keys",\n'
             '  rights: [ "rw*" ] } ],\n'
             'expose: [ { directory: "keys", from: "self" } ] }\n',
    "idle": "{ " + PROGRAM + "}\n",
}


class Tree(Case):
    files = SHOP

    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = work.name
        self.root = write(self.work, **self.files)

    def reach(self, *args, status=0):
        done = self.reeve("reach", *args, "root/meta/root.cml", status=status,
                          cwd=self.work)
        # Text ends with a line, and so does JSON.
        self.assertTrue(not done.out or done.out.endswith("\n"), done)
        return done

    def is_had(self, had):
        self.has_fields(had, holds=str, type=str, name=str, **{"as": str},
                        source=str, rights=(str, None), subdir=(str, None),
                        weak=bool, transfer=bool, origin=dict)
        self.assertIn(had["holds"], ("use", "expose", "offer", "member"))
        self.is_place(had)
        self.is_place(had["origin"])

    def is_step(self, step):
        self.has_fields(step, kind=str, by=dict, **{"from": str, "to": str})
        self.assertIn(step["kind"], ("service", "directory", "control",
                                     "child", "name", "registered", "runner",
                                     "shared"))
        self.is_had(step["by"])
        self.assertEqual(step["with"] is not None,
                         step["kind"] in ("child", "name", "registered",
                                          "shared"))
        if step["with"]:
            self.is_had(step["with"])

    def is_path(self, path):
        self.assertTrue(path)
        for step in path:
            self.is_step(step)
        for one, next_one in zip(path, path[1:]):
            self.assertEqual(one["to"], next_one["from"])

    def paths(self, *args, status=0):
        done = self.reach("--json", *args, status=status)
        self.assertEqual(len(done.out.splitlines()), 1)
        answer = done.json()
        self.has_fields(answer, verdict=str, reached=int, within=int,
                        unread=int, paths=list, **{"from": str, "to": str})
        self.assertEqual(answer["verdict"],
                         "reached" if answer["paths"] else "unreached")
        for path in answer["paths"]:
            self.is_path(path)
        return answer


class Between(Tree):
    def test_path(self):
        self.assertEqual(
            self.reach("--from", "/web", "--to", "/vault").out,
            "/web reaches /vault in 2 steps\n"
            "  /web opens protocol shop.Orders of /orders\n"
            "      use      web/meta/web.cml:2:8\n"
            "      source   orders/meta/orders.cml:4:17\n"
            "  /orders opens directory keys of /vault [r*], called secrets\n"
            "      use      orders/meta/orders.cml:2:8\n"
            "      source   vault/meta/vault.cml:2:17\n")

    def test_none(self):
        self.assertEqual(
            self.reach("--from", "/vault", "--to", "/web", status=1).out,
            "nothing in this tree lets /vault reach /web; 0 components are "
            "within reach of /vault\n")
        self.assertIn("; 1 component is within reach of /orders\n",
                      self.reach("--from", "/orders", "--to", "/web",
                                 status=1).out)
        # To be offered something is not to have opened it.
        self.reach("--from", "/idle", "--to", "/vault", status=1)

    def test_status_is_turned_round(self):
        self.reach("--none", "--from", "/web", "--to", "/vault", status=1)
        self.reach("--none", "--from", "/vault", "--to", "/web", status=0)

    def test_quiet(self):
        for args, status in ((["--from", "/web", "--to", "/vault"], 0),
                             (["--from", "/vault", "--to", "/web"], 1)):
            done = self.reach("-q", *args, status=status)
            self.assertEqual(done.out + done.err, "")

    def test_json(self):
        answer = self.paths("--from", "/web", "--to", "/vault")
        self.assertEqual(answer["verdict"], "reached")
        self.assertEqual((answer["from"], answer["to"]), ("/web", "/vault"))
        self.assertEqual((answer["reached"], answer["within"],
                          answer["unread"]), (1, 2, 0))
        first, second = answer["paths"][0]
        self.assertEqual((first["kind"], first["from"], first["to"]),
                         ("service", "/web", "/orders"))
        self.assertEqual(second["kind"], "directory")
        by = second["by"]
        self.assertEqual((by["type"], by["name"], by["as"], by["source"],
                          by["rights"]),
                         ("directory", "keys", "secrets", "/vault", "r*"))
        self.assertEqual((by["file"], by["line"], by["column"]),
                         ("orders/meta/orders.cml", 2, 8))
        self.assertEqual(by["origin"], {"file": "vault/meta/vault.cml",
                                        "line": 2, "column": 17})
        answer = self.paths("--from", "/vault", "--to", "/web", status=1)
        self.assertEqual((answer["verdict"], answer["paths"],
                          answer["within"]), ("unreached", [], 0))

    def test_patterns(self):
        answer = self.paths("--from", "/*", "--to", "/**")
        self.assertEqual([(p[0]["from"], p[-1]["to"], len(p))
                          for p in answer["paths"]],
                         [("/web", "/orders", 1), ("/orders", "/vault", 1)])
        # A component that is asked for on both sides is found from the others.
        self.assertEqual(self.paths("--from", "/**", "--to",
                                    "/vault")["reached"], 1)
        self.reach("--from", "/*/*", "--to", "/vault", status=4)

    def test_members(self):
        self.assertEqual(
            self.reach("--from", "/pool:*", "--to", "/orders").out,
            "/pool:* reaches /orders in 1 step\n"
            "  /pool:* opens protocol shop.Orders of /orders\n"
            "      member   root/meta/root.cml:9:1\n"
            "      source   orders/meta/orders.cml:4:17\n")

    def test_no_such_component(self):
        done = self.reach("--from", "/web", "--to", "/valut", status=4)
        self.assertEqual(done.out, "")
        self.assertEqual(done.err,
                         "reeve: there is no component /valut in this tree "
                         "(did you mean /vault?); see reeve tree "
                         "root/meta/root.cml\n")
        # Nor is a check passed by a slip in a name.
        self.reach("--none", "--from", "/wbe", "--to", "/vault", status=4)

    def test_usage(self):
        for args, says in (
                ([], "say --from and --to, or --of"),
                (["--from", "/web"], "say --from and --to, or --of"),
                (["--of", "x", "--to", "/web"], "stands without"),
                (["--provider", "/", "--from", "/", "--to", "/web"],
                 "--provider goes with --of"),
                (["--from", "/web", "--to", "/web"], "the same component"),
                (["--from", "web", "--to", "/web"],
                 '--from "web" is neither'),
                (["--from", "/web", "--to", "#web"],
                 '--to "#web" is no absolute moniker'),
                (["--from", "/**/a", "--to", "/web"], "not at its end")):
            done = self.reach(*args, status=2)
            self.assertEqual(done.out, "")
            self.assertIn(says, done.err)
        done = self.reeve("reach", "--from", "/a", "--to", "/b", status=2)
        self.assertIn("name one root manifest", done.err)

    def test_root_that_cannot_be_read(self):
        done = self.reeve("reach", "--from", "/a", "--to", "/b", "nothing.cml",
                          status=1)
        self.assertEqual(done.out, "")
        self.assertIn("nothing.cml", done.err)
        self.reeve("reach", "--none", "--from", "/a", "--to", "/b",
                   "nothing.cml", status=1)

    def test_component_that_cannot_be_read(self):
        with open(os.path.join(self.work, "idle", "meta", "idle.cml"), "w",
                  encoding="utf-8") as f:
            f.write("{ nonsense: true }")
        done = self.reach("--from", "/web", "--to", "/vault")
        self.assertIn("idle/meta/idle.cml:1:3: error:", done.err)
        self.assertIn("1 component could not be read; what it may reach is "
                      "not known\n", done.err)
        done = self.reach("--none", "--from", "/vault", "--to", "/web",
                          status=1)
        self.assertIn("so this proves nothing", done.err)
        self.assertEqual(self.paths("--from", "/vault", "--to", "/web",
                                    status=1)["unread"], 1)


class Many(Tree):
    files = {
        "root": "{ children: [\n" + child("hub") +
                "".join(child(f"c{i}") for i in range(14)) + "],\n"
                'offer: [\n' + "".join(
                    f'{{ protocol: "C", from: "#c{i}", to: "#hub",\n'
                    f'  as: "C{i}" }},\n' for i in range(14)) +
                '{ protocol: "H", from: "#hub", to: "#c0",\n'
                '  dependency: "weak" } ] }\n',
        "hub": "{ " + PROGRAM + 'capabilities: [ { protocol: "H" } ],\n'
               'expose: [ { protocol: "H", from: "self" } ],\n'
               "use: [ " + "".join(f'{{ protocol: "C{i}" }}, '
                                   for i in range(14)) + "] }",
        **{f"c{i}": "{ " + PROGRAM + 'capabilities: [ { protocol: "C" } ],\n' +
           ('use: [ { protocol: "H" } ],\n' if not i else "") +
           'expose: [ { protocol: "C", from: "self" } ] }'
           for i in range(14)},
    }

    def test_paths_are_bounded(self):
        args = ("--from", "/hub", "--to", "/*")
        done = self.reach(*args)
        self.assertEqual(done.out.count("in 1 step\n"), 10)
        self.assertTrue(done.out.endswith(
            "\nand 4 more components that /hub can reach; --all shows them\n"))
        done = self.reach("--all", *args)
        self.assertEqual(done.out.count("in 1 step\n"), 14)
        answer = self.paths(*args)
        self.assertEqual((answer["reached"], len(answer["paths"])), (14, 10))
        self.assertEqual(len(self.paths("-a", *args)["paths"]), 14)

    def test_circle(self):
        self.reach("--from", "/c0", "--to", "/c13")
        self.reach("--from", "/c1", "--to", "/c0", status=1)

    def test_sources_are_told_apart(self):
        done = self.reach("--of", "C")
        self.assertEqual(done.out.count("C of /c"), 14)
        self.assertIn(
            "C of /c3  (c3/meta/c3.cml:2:17)\n"
            "  uses it         /hub  called C3  (hub/meta/hub.cml:4:", done.out)
        done = self.reach("--of", "C", "--provider", "/c3")
        self.assertEqual(done.out.count("C of /c"), 1)
        self.assertEqual(self.reach("--of", "C3").out, done.out)
        done = self.reach("--of", "C", "--provider", "/c99", status=4)
        self.assertIn("there is no component /c99", done.err)
        done = self.reach("--of", "C", "--provider", "/hub", status=1)
        self.assertEqual(done.out,
                         "nothing in this tree can get C of /hub\n")


class Sources(Tree):
    files = {
        "root": "{ children: [\n" +
                "".join(child(f"c{i}") for i in range(25)) + "],\n"
                "offer: [\n" + "".join(
                    f'{{ protocol: "C", from: "#c{i}", to: "#c{i + 1}",\n'
                    '  as: "D" },\n' for i in range(24)) + "] }\n",
        **{f"c{i}": "{ " + PROGRAM + 'capabilities: [ { protocol: "C" } ],\n' +
           ('use: [ { protocol: "D" } ],\n' if i else "") +
           'expose: [ { protocol: "C", from: "self" } ] }'
           for i in range(25)},
    }

    def test_sources_are_bounded(self):
        done = self.reach("--of", "C")
        self.assertEqual(done.out.count("C of /c"), 20)
        self.assertTrue(done.out.endswith(
            "\nand of 5 more; --provider names one, --all shows them\n"))
        self.assertEqual(self.reach("--all", "--of", "C").out.count("C of /c"),
                         25)
        for args, n in (([], 20), (["-a"], 25)):
            answer = self.reach("--json", *args, "--of", "C").json()
            self.assertEqual((answer["found"], len(answer["sources"])),
                             (25, n))

    def test_holders_are_bounded(self):
        done = self.reach("--of", "C", "--provider", "/c0")
        self.assertEqual(done.out.count("  through others  /"), 20)
        self.assertTrue(done.out.endswith(
            "  through others  and 3 more; --all shows them\n"))
        self.assertIn("  /c3   by way of /c2, 2 steps  (", done.out)
        done = self.reach("-a", "--of", "C", "--provider", "/c0")
        self.assertEqual(done.out.count("  through others  /"), 23)


class Kinds(Tree):
    files = {
        "root": "{ children: [\n" + child("lord") + child("namer") +
                child("writer") + child("reader") + child("runner") +
                child("run", ', environment: "#env"') + child("svc") +
                child("part") + child("teller") + "],\n"
                'environments: [ { name: "env", extends: "realm",\n'
                '  runners: [ { runner: "rr", from: "#runner" } ] } ],\n'
                'offer: [ { protocol: "S", from: "#svc", to: "#namer" },\n'
                '{ directory: "data", from: "parent",\n'
                '  to: [ "#writer", "#reader" ] },\n'
                '{ directory: "data", from: "parent", to: "#part",\n'
                '  subdir: "x/y" } ] }\n',
        "lord": "{ " + PROGRAM + "children: [\n" + child("lady") + "],\n"
                'use: [ { protocol: "fuchsia.component.Realm",\n'
                '  from: "framework" } ] }\n',
        "lady": "{ children: [\n" + child("page") + "],\n"
                'expose: [ { protocol: "P", from: "#page" } ] }\n',
        "page": "{ " + PROGRAM + 'capabilities: [ { protocol: "P" } ],\n'
                'expose: [ { protocol: "P", from: "self" } ] }\n',
        "namer": "{ " + PROGRAM + 'use: [ { protocol: "reeve.Registry",\n'
                 '  from: "framework" } ] }\n',
        "teller": "{ " + PROGRAM + 'children: [ ' + child("told") + '],\n'
                  'use: [ { protocol: "reeve.Registry",\n'
                  '  from: "framework" } ] }\n',
        "told": "{ " + PROGRAM + 'use: [ { protocol: "reeve.Registry",\n'
                '  from: "framework" } ] }\n',
        "svc": "{ " + PROGRAM + 'capabilities: [ { protocol: "S" } ],\n'
               'expose: [ { protocol: "S", from: "self" } ] }\n',
        "writer": "{ " + PROGRAM + 'use: [ { directory: "data",\n'
                  '  path: "/d", rights: [ "rw*" ] } ] }\n',
        "reader": "{ " + PROGRAM + 'use: [ { directory: "data",\n'
                  '  path: "/d", rights: [ "r*" ] } ] }\n',
        "part": "{ " + PROGRAM + 'use: [ { directory: "data",\n'
                '  path: "/d", rights: [ "r*" ] } ] }\n',
        "runner": "{ " + PROGRAM + 'capabilities: [ { runner: "rr",\n'
                  '  path: "/svc/r" } ],\n'
                  'expose: [ { runner: "rr", from: "self" } ] }\n',
        "run": '{ program: { runner: "rr" } }\n',
    }

    def expect(self, start, end, kind, text):
        self.assertEqual(self.reach("--from", start, "--to", end).out,
                         f"{start} reaches {end} in 1 step\n{text}")
        path = self.paths("--from", start, "--to", end)["paths"][0]
        self.assertEqual([step["kind"] for step in path], [kind])

    def test_control(self):
        self.expect("/lord", "/lord/lady", "control",
                    "  /lord controls /lord/lady by protocol "
                    "fuchsia.component.Realm of the framework at /lord\n"
                    "      use      lord/meta/lord.cml:5:8\n")

    def test_child(self):
        self.expect("/lord", "/lord/lady/page", "child",
                    "  /lord may open protocol P of /lord/lady/page, which "
                    "/lord/lady exposes\n"
                    "      expose   lady/meta/lady.cml:4:11\n"
                    "      use      lord/meta/lord.cml:5:8\n"
                    "      source   page/meta/page.cml:2:17\n")

    def test_name(self):
        self.expect("/namer", "/svc", "name",
                    "  /namer may open protocol S of /svc, which it is "
                    "offered, by its name\n"
                    "      offer    root/meta/root.cml:14:10\n"
                    "      use      namer/meta/namer.cml:2:8\n"
                    "      source   svc/meta/svc.cml:2:17\n")

    def test_registered(self):
        self.expect("/teller/told", "/teller", "registered",
                    "  /teller/told may open what /teller registers by "
                    "protocol reeve.Registry of the framework at /teller\n"
                    "      use      told/meta/told.cml:2:8\n"
                    "      use      teller/meta/teller.cml:4:8\n")

    def test_shared(self):
        self.expect("/writer", "/reader", "shared",
                    "  /writer writes to directory data of the host [rw*], "
                    "which /reader reads [r*]\n"
                    "      use      writer/meta/writer.cml:2:8\n"
                    "      use      reader/meta/reader.cml:2:8\n"
                    "      source   root/meta/root.cml:15:1\n")
        self.expect("/writer", "/part", "shared",
                    "  /writer writes to directory data of the host [rw*], "
                    "which /part reads [r*]\n"
                    "      use      writer/meta/writer.cml:2:8\n"
                    "      use      part/meta/part.cml:2:8\n"
                    "      source   root/meta/root.cml:15:1\n")
        self.reach("--from", "/reader", "--to", "/writer", status=1)

    def test_runner(self):
        done = self.reach("--from", "/runner", "--to", "/run")
        self.assertIn("  /runner is the runner of /run\n", done.out)

    def test_places_that_are_no_component(self):
        done = self.reach("--of", "data", "--provider", "builtin")
        self.assertIn("data of the host  (root/meta/root.cml:15:1)\n",
                      done.out)
        self.assertIn("  uses it         /writer", done.out)
        done = self.reach("--of", "fuchsia.component.Realm", "--provider",
                          "framework")
        self.assertIn("fuchsia.component.Realm of the framework  (", done.out)


class Of(Tree):
    def holders(self, *args, status=0):
        answer = self.reach("--json", *args, status=status).json()
        self.has_fields(answer, verdict=str, capability=str, unread=int,
                        found=int, sources=list)
        for source in answer["sources"]:
            self.has_fields(source, type=str, name=str, source=str,
                            holders=list)
            self.is_place(source)
            for holder in source["holders"]:
                self.has_fields(holder, moniker=str, holding=str)
                self.assertIn(holder["holding"], ("use", "member", "offer",
                                                  "expose", "indirect"))
                if holder["holding"] == "indirect":
                    self.is_path(holder["path"])
                else:
                    self.is_had(holder)
        return answer

    def test_text(self):
        text = ("keys of /vault  (vault/meta/vault.cml:2:17)\n"
                "  uses it         /orders  called secrets, [r*]  "
                "(orders/meta/orders.cml:2:8)\n"
                "  may give it     /        exposed to it by /vault, [rw*]  "
                "(vault/meta/vault.cml:4:11)\n"
                "  may give it     /idle    offered to it, not used, called "
                "secrets, [rw*]  (root/meta/root.cml:11:1)\n"
                "  through others  /web     by way of /orders  "
                "(web/meta/web.cml:2:8)\n"
                "  through others  /pool:*  by way of /orders  "
                "(root/meta/root.cml:9:1)\n")
        self.assertEqual(self.reach("--of", "keys").out, text)
        # By any of its names.
        self.assertEqual(self.reach("--of", "secrets").out, text)
        self.assertIn("  may use it      /pool:*",
                      self.reach("--of", "/svc/shop.Orders").out)

    def test_json(self):
        answer = self.holders("--of", "keys")
        self.assertEqual((answer["verdict"], answer["capability"]),
                         ("held", "keys"))
        source, = answer["sources"]
        self.assertEqual((source["type"], source["name"], source["source"]),
                         ("directory", "keys", "/vault"))
        self.assertEqual([(h["moniker"], h["holding"])
                          for h in source["holders"]],
                         [("/orders", "use"), ("/", "expose"),
                          ("/idle", "offer"), ("/web", "indirect"),
                          ("/pool:*", "indirect")])
        holders = self.holders("--of", "shop.Orders")["sources"][0]["holders"]
        self.assertIn(("/pool:*", "member"),
                      [(h["moniker"], h["holding"]) for h in holders])

    def test_status(self):
        self.reach("-q", "--of", "keys")
        self.reach("--none", "--of", "keys", status=1)

    def test_nothing_of_that_name(self):
        done = self.reach("--of", "shop.Order", status=4)
        self.assertEqual(done.err, "reeve: nothing in this tree is called "
                         "shop.Order (did you mean shop.Orders?)\n")
        self.reach("--none", "--of", "shop.Order", status=4)


class Nobody(Tree):
    files = {
        "root": "{ children: [\n" + child("a") + child("b") + "] }\n",
        "a": "{ " + PROGRAM + 'capabilities: [ { protocol: "A" } ] }\n',
        "b": "{ " + PROGRAM + 'use: [ { protocol: "B" } ] }\n',
    }

    def test_nobody_has_it(self):
        for name in ("A", "B"):
            done = self.reach("--of", name, status=1)
            self.assertEqual(done.out, f"nothing in this tree can get {name}\n")
            self.reach("--none", "--of", name)
            answer = self.reach("--json", "--of", name, status=1).json()
            self.assertEqual((answer["verdict"], answer["sources"]),
                             ("unheld", []))


class Dialects(Case):
    def test_seed(self):
        root = example("hippo", "c")
        done = self.reeve("reach", "--from", "/D", "--to", "/B/A", root)
        self.assertIn("/D opens service fuchsia.example.Foo of /B/A\n",
                      done.out)
        self.reeve("reach", "--from", "/B/A", "--to", "/D", root, status=1)
        done = self.reeve("reach", "--of", "/svc/fuchsia.example.Foo", root)
        self.assertIn("uses it         /D ", done.out)

    def test_modern(self):
        root = example("hippo-modern", "c")
        done = self.reeve("reach", "--from", "/D", "--to", "/B/A", root)
        self.assertIn("/D opens protocol fuchsia.example.Foo of /B/A\n",
                      done.out)


if __name__ == "__main__":
    main()
