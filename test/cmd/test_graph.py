#!/usr/bin/env python3
"""reeve graph: what is in the picture, and whether it can be looked at.

The geometry is computed from the SVG itself: boxes, curves and labels are read
back and held against what a picture promises.

test_graph.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

from reeve_test import Case, REEVE, SOURCE, main

SVG = "{http://www.w3.org/2000/svg}"
FORMATS = ("svg", "dot", "mermaid", "json")
EXAMPLES = os.path.join(SOURCE, "examples")
EXAMPLE_ROOTS = [
    os.path.join(EXAMPLES, *path) for path in (
        ("hippo", "c", "meta", "c.cml"),
        ("hippo-modern", "c", "meta", "c.cml"),
        ("echo", "echo", "meta", "echo.cml"),
        ("registry", "registry", "meta", "registry.cml"),
        ("revocation", "revocation", "meta", "revocation.cml"),
        ("router", "router", "meta", "router.cml"),
        ("plugin-host", "plugin-host", "meta", "plugin-host.cml"))]


def child(name, package=None):
    package = package or name
    return {"name": name,
            "url": f"fuchsia-pkg://example.org/{package}#meta/{package}.cm"}


def program(**more):
    return {"program": {"runner": "elf", "binary": "bin/x"}, **more}


def server(*names, **more):
    return program(capabilities=[{"protocol": list(names)}],
                   expose=[{"protocol": list(names), "from": "self"}], **more)


def client(*names, **more):
    return program(use=[{"protocol": list(names)}], **more)


# ---- reading a picture ----

class Box:
    def __init__(self, group):
        rect = group.find(SVG + "rect")
        self.x, self.y, self.width, self.height = (
            float(rect.get(k)) for k in ("x", "y", "width", "height"))
        self.moniker = group.get("data-moniker")
        self.collection = group.get("data-collection")
        self.classes = group.get("class").split()
        self.texts = ["".join(t.itertext()) for t in group.iter(SVG + "text")]

    def holds(self, other):
        return (self.x <= other.x and self.y <= other.y and
                self.x + self.width >= other.x + other.width and
                self.y + self.height >= other.y + other.height)

    def touches(self, other):
        return (self.x < other.x + other.width and
                other.x < self.x + self.width and
                self.y < other.y + other.height and
                other.y < self.y + self.height)

    def has_inside(self, x, y):
        return (self.x + 1 < x < self.x + self.width - 1 and
                self.y + 1 < y < self.y + self.height - 1)

    def __repr__(self):
        return (f"{self.moniker} {self.collection or ''} at {self.x},{self.y} "
                f"{self.width}x{self.height}")


class Label(Box):
    """A text beside a route; its size as a font of fixed pitch has it."""

    def __init__(self, text):
        # pylint: disable=super-init-not-called
        self.moniker = "".join(text.itertext())
        self.collection = None
        self.width = 0.6 * 10 * len(self.moniker)
        self.height = 10
        self.x = float(text.get("x")) - self.width / 2
        self.y = float(text.get("y")) - 8


def points(path):
    """Points on a path of M, H and C commands."""
    found, at = [], (0, 0)
    for command, numbers in re.findall(r"([MHC])([-\d ]+)", path):
        n = [float(k) for k in numbers.split()]
        if command == "M":
            at = (n[0], n[1])
            found.append(at)
        elif command == "H":
            found += [(at[0] + (n[0] - at[0]) * k / 8, at[1])
                      for k in range(9)]
            at = (n[0], at[1])
        else:
            for k in range(17):
                t = k / 16
                s = 1 - t
                found.append(tuple(
                    s ** 3 * at[i] + 3 * s * s * t * n[i] +
                    3 * s * t * t * n[2 + i] + t ** 3 * n[4 + i]
                    for i in (0, 1)))
            at = (n[4], n[5])
    return found


class Picture:
    def __init__(self, text):
        self.root = ElementTree.fromstring(text)
        groups = self.root.findall(SVG + "g")
        self.boxes = [Box(g) for g in groups if g.get("data-moniker")]
        self.routes = [g for g in groups
                       if (g.get("class") or "").startswith("route ")]
        self.labels = [(g, Label(t)) for g in self.routes
                       for t in g.findall(SVG + "text")]
        self.notes = ["".join(t.itertext())
                      for t in self.root.iter(SVG + "text")
                      if t.get("class") == "note"]

    def wires(self, route):
        return next(p.get("d") for p in route.findall(SVG + "path")
                    if p.get("class") == "wire")

    def by_moniker(self):
        return {b.moniker: b for b in self.boxes if not b.collection}


def parent_of(moniker):
    return moniker.rsplit("/", 1)[0] or "/"


class GraphCase(Case):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = work.name

    def write(self, name, manifest):
        path = os.path.join(self.work, name, "meta", f"{name}.cml")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(manifest, f)
        return path

    def graph(self, root, *args):
        return self.reeve("graph", *args, root).out

    def picture(self, root, *args):
        return Picture(self.graph(root, *args))

    def data(self, root, *args):
        return json.loads(self.graph(root, "--json", *args))

    def city(self):
        """Services in one place, users in another, a slip, a collection."""
        self.write("logger", server("example.Log"))
        self.write("vault", server("example.Vault",
                                   use=[{"protocol": "example.Log"}]))
        self.write("core", {
            "children": [child("logger"), child("vault")],
            "offer": [{"protocol": "example.Log", "from": "#logger",
                       "to": "#vault"}],
            "expose": [{"protocol": "example.Log", "from": "#logger"},
                       {"protocol": "example.Vault", "from": "#vault"}]})
        self.write("web", client("example.Log", "example.Vaults"))
        self.write("worker", client("example.Log"))
        self.write("idle", program())
        self.write("shop", {
            "children": [child("web"), child("w1", "worker"),
                         child("w2", "worker"), child("idle")],
            "collections": [{"name": "jobs", "durability": "transient"}],
            "offer": [{"protocol": ["example.Log"], "from": "parent",
                       "to": ["#web", "#w1", "#w2"]}]})
        return self.write("city", {
            "children": [child("core"), child("shop"), child("gone")],
            "offer": [{"protocol": "example.Log", "from": "#core",
                       "to": "#shop"}],
            "expose": [{"protocol": "example.Vault", "from": "#core"}]})


# ---- what is promised of every picture ----

class Geometry(GraphCase):
    def check_boxes(self, picture):
        boxes = picture.by_moniker()
        inside = {}
        for box in picture.boxes:
            if box.moniker == "/" and not box.collection:
                continue
            parent = box.moniker if box.collection else parent_of(box.moniker)
            self.assertTrue(boxes[parent].holds(box), (boxes[parent], box))
            inside.setdefault(parent, []).append(box)
        for siblings in inside.values():
            siblings.sort(key=lambda b: b.y)
            for i, a in enumerate(siblings):
                for b in siblings[i + 1:]:
                    if b.y >= a.y + a.height:
                        break
                    self.assertFalse(a.touches(b), (a, b))

    def check_labels(self, picture):
        view = [float(k) for k in picture.root.get("viewBox").split()]
        leaves = [b for b in picture.boxes if "leaf" in b.classes]
        for _, label in picture.labels:
            self.assertGreaterEqual(label.x, view[0], label)
            self.assertGreaterEqual(label.y, view[1], label)
            self.assertLessEqual(label.x + label.width, view[2], label)
            self.assertLessEqual(label.y + label.height, view[3], label)
            for leaf in leaves:
                self.assertFalse(label.touches(leaf), (label, leaf))
        for i, (_, a) in enumerate(picture.labels):
            for _, b in picture.labels[i + 1:]:
                self.assertFalse(a.touches(b), (a, b))

    def check_wires(self, picture):
        """No route passes through a box without others in it, and none through
        the words of another."""
        leaves = [b for b in picture.boxes
                  if "leaf" in b.classes or b.collection]
        for route in picture.routes:
            for x, y in points(picture.wires(route)):
                for leaf in leaves:
                    self.assertFalse(leaf.has_inside(x, y), (leaf, x, y))
                for other, label in picture.labels:
                    self.assertFalse(other is not route and
                                     label.has_inside(x, y), (label, x, y))

    def check_texts(self, picture):
        """What is written in a box fits into it."""
        for box in picture.boxes:
            for text in box.texts[1:]:
                self.assertLessEqual(0.6 * 10 * len(text) + 12, box.width + 1,
                                     (box, text))

    def check(self, root):
        picture = self.picture(root)
        self.check_boxes(picture)
        self.check_labels(picture)
        self.check_wires(picture)
        self.check_texts(picture)
        data = self.data(root)
        self.assertEqual({b.moniker for b in picture.boxes
                          if not b.collection},
                         {n["moniker"] for n in data["nodes"]})
        return picture

    def test_examples(self):
        for root in EXAMPLE_ROOTS:
            with self.subTest(root=root):
                self.check(root)

    def test_city(self):
        picture = self.check(self.city())
        broken = [g for g in picture.routes if "broken" in g.get("class")]
        self.assertEqual(len(broken), 1)
        texts = [label.moniker for g, label in picture.labels
                 if g is broken[0]]
        self.assertEqual(texts, ["example.Vaults",
                                 "[use-from-parent-not-found]"])
        self.assertIn("unresolved", picture.by_moniker()["/gone"].classes)
        self.assertEqual([b.collection for b in picture.boxes
                          if b.collection], ["jobs"])
        # Those who use the same of the same run together.
        logs = [g for g, label in picture.labels
                if label.moniker == "example.Log"]
        self.assertEqual(len(logs), 2)
        self.assertEqual(picture.notes, [])

    def test_titles_say_where(self):
        root = self.city()
        picture = self.picture(root)
        titles = "\n".join(g.find(SVG + "title").text for g in picture.routes)
        for edge in self.data(root)["edges"]:
            self.assertIn(f"({edge['file']}:{edge['line']}:{edge['column']})",
                          titles)

    def test_circle(self):
        """Two that use each other: one of the routes leads back."""
        self.write("left", server("a.Left", use=[{"protocol": "a.Right"}]))
        self.write("right", server("a.Right", use=[{"protocol": "a.Left"}]))
        root = self.write("circle", {
            "children": [child("left"), child("right")],
            "offer": [{"protocol": "a.Left", "from": "#left",
                       "to": "#right"},
                      {"protocol": "a.Right", "from": "#right",
                       "to": "#left", "dependency": "weak"}]})
        picture = self.check(root)
        self.assertEqual(len(picture.routes), 2)
        self.assertEqual(sum("weak" in g.get("class")
                             for g in picture.routes), 1)
        boxes = picture.by_moniker()
        self.assertNotEqual(boxes["/left"].x, boxes["/right"].x)

    def test_random(self):
        for seed in range(25):
            with self.subTest(seed=seed):
                self.check(self.random_tree(random.Random(seed)))

    def random_tree(self, dice):
        """Groups in groups; services anywhere, used by whom it may concern.
        What a group does not get is a broken route, which is drawn too."""
        shutil.rmtree(self.work)
        count = [0]

        def grow(depth):
            name = f"n{count[0]}"
            count[0] += 1
            kids = [grow(depth + 1) for _ in
                    range(dice.randint(2, 5) if depth < 1 else
                          dice.choice((0, 0, 1, 3)) if depth < 4 else 0)]
            names = [f"p.{k}" for k, _ in kids] + \
                    [p for _, provided in kids for p in provided]
            provided = [p for p in names if dice.random() < 0.7]
            offers, exposes = [], []
            for kid, given in kids:
                for p in [f"p.{kid}"] + given:
                    others = [f"#{k}" for k, _ in kids
                              if k != kid and dice.random() < 0.5]
                    if others:
                        offers.append({"protocol": p, "from": f"#{kid}",
                                       "to": others, "dependency": "weak"})
                    if p in provided:
                        exposes.append({"protocol": p, "from": f"#{kid}"})
            uses = {f"p.n{dice.randrange(count[0] + 3)}"
                    for _ in range(dice.randint(0, 3))} - {f"p.{name}"}
            manifest = server(f"p.{name}")
            manifest["children"] = [child(k) for k, _ in kids]
            if uses:
                manifest["use"] = [{"protocol": sorted(uses)}]
            if offers:
                manifest["offer"] = offers
            manifest["expose"] += exposes
            if depth:
                self.write(name, {k: v for k, v in manifest.items() if v})
                return name, provided
            return self.write(name, manifest)

        return grow(0)


class Formats(GraphCase):
    def check_dot(self, text):
        self.assertTrue(text.startswith("digraph reeve {\n"), text)
        self.assertEqual(text.count("\n}\n"), 1)
        if not shutil.which("dot"):
            return
        done = subprocess.run(["dot", "-Tsvg"], input=text, text=True,
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), text)
        ElementTree.fromstring(done.stdout)

    def check_mermaid(self, text):
        """Every line is one of those that we write, names are ours, and quotes
        hold nothing that could end them."""
        quoted = r'"(?:[^"`\n]|(?<=<)/)*"'
        name = r"n\d+l?"
        known = [re.compile(line) for line in (
            r"flowchart LR",
            rf"(?:  )+subgraph {name}\[{quoted}\]",
            r"(?:  )+(?:end|direction LR)",
            rf"(?:  )+{name}(?:\[{quoted}\]|\(\[{quoted}\]\)):::[a-z]+",
            rf'  {name} (?:-->|-\.->)\|{quoted}\| {name}',
            rf"  class {name}(?:,{name})* none",
            r"  linkStyle \d+(?:,\d+)* stroke:#cf222e,color:#cf222e",
            r"  classDef [a-z]+ [a-z0-9:#,\- ]+")]
        depth = 0
        for line in text.splitlines():
            self.assertTrue(any(k.fullmatch(line) for k in known), line)
            depth += line.lstrip().startswith("subgraph ")
            depth -= line.strip() == "end"
            self.assertGreaterEqual(depth, 0)
        self.assertEqual(depth, 0)
        nodes = set(re.findall(r"(?m)^ +(?:subgraph )?(n\d+)[\[(]", text))
        for line in re.findall(r"(?m)^  n\d+ -.*$", text):
            self.assertLessEqual({line.split()[0], line.split()[-1]}, nodes)

    def check_json(self, text):
        data = json.loads(text)
        self.assertEqual(set(data), {"nodes", "collections", "edges"})
        monikers = {n["moniker"] for n in data["nodes"]}
        for node in data["nodes"]:
            self.has_fields(node, moniker=str, url=str, state=str)
            self.assertIn(node["state"], ("program", "broken",
                                            "no program"))
            self.assertEqual("error" in node, node["state"] == "broken")
        for collection in data["collections"]:
            self.has_fields(collection, moniker=str, name=str, durability=str)
            self.assertIn(collection["moniker"], monikers)
        for edge in data["edges"]:
            self.has_fields(edge, declaration=str, type=str, name=str,
                            verdict=str, weak=bool, **{"from": str, "to": str,
                                                       "as": str})
            self.is_place(edge)
            self.assertIn(edge["from"], monikers)
            self.assertIn(edge["to"],
                          monikers | {"framework", "builtin", "void"})
            self.assertEqual("rule" in edge, edge["verdict"] == "failed")
            self.assertEqual("text" in edge, edge["verdict"] == "failed")

    def check_all(self, root, *args):
        ElementTree.fromstring(self.graph(root, "--format", "svg", *args))
        self.check_dot(self.graph(root, "--format", "dot", *args))
        self.check_mermaid(self.graph(root, "--format", "mermaid", *args))
        self.check_json(self.graph(root, "--format", "json", *args))

    def test_examples(self):
        for root in EXAMPLE_ROOTS:
            with self.subTest(root=root):
                self.check_all(root)

    def test_broken_tree(self):
        self.check_all(self.city())
        self.check_all(self.city(), "--moniker", "/shop/web")
        self.check_all(self.city(), "--capability", "example.Log")

    def test_hippo(self):
        data = self.data(EXAMPLE_ROOTS[0])
        self.assertEqual([(n["moniker"], n["state"]) for n in data["nodes"]],
                         [("/", "no program"), ("/B", "no program"),
                          ("/B/A", "program"),
                          ("/D", "program")])
        self.assertEqual(len(data["edges"]), 1)
        edge = data["edges"][0]
        self.assertEqual(edge, {
            "from": "/D", "to": "/B/A", "declaration": "use",
            "type": "service", "name": "fuchsia.example.Foo",
            "as": "fuchsia.example.Foo", "verdict": "routed", "weak": False,
            "file": os.path.join(EXAMPLES, "hippo", "d", "meta", "d.cml"),
            "line": 6, "column": 9})

    def test_several_routes_are_one_edge(self):
        root = EXAMPLE_ROOTS[5]
        self.assertEqual(len(self.data(root)["edges"]), 2)
        picture = self.picture(root)
        self.assertEqual([label.moniker for _, label in picture.labels],
                         ["database", "reports"])
        self.assertEqual(len(picture.routes), 1)
        self.assertEqual(self.graph(root, "--format", "dot").count("->"), 1)

    def test_what_is_no_component(self):
        self.write("user", program(use=[
            {"protocol": "reeve.Registry", "from": "framework"},
            {"protocol": "a.Gone", "availability": "optional"},
            {"directory": "data", "rights": ["r*"], "path": "/d"},
            {"protocol": "a.Own", "from": "self"}],
            capabilities=[{"protocol": "a.Own"}]))
        root = self.write("top", {
            "children": [child("user")],
            "offer": [{"protocol": "a.Gone", "from": "void", "to": "#user",
                       "availability": "optional"},
                      {"directory": "data", "from": "parent",
                       "to": "#user"}]})
        self.assertEqual({e["as"]: e["to"] for e in self.data(root)["edges"]},
                         {"reeve.Registry": "framework", "a.Gone": "void",
                          "data": "builtin", "a.Own": "/user"})
        texts = self.picture(root).by_moniker()["/user"].texts
        self.assertEqual(sorted(texts[2:]), [
            "a.Gone from void", "a.Own from itself",
            "directory data from builtin", "reeve.Registry from framework"])
        self.check_all(root)

    def test_program_among_its_children(self):
        self.write("user", client("a.Thing"))
        root = self.write("top", program(
            capabilities=[{"protocol": "a.Thing"}], children=[child("user")],
            offer=[{"protocol": "a.Thing", "from": "self", "to": "#user"}]))
        self.assertEqual([(e["from"], e["to"])
                          for e in self.data(root)["edges"]],
                         [("/user", "/")])
        mermaid = self.graph(root, "--format", "mermaid")
        self.assertIn('["<b>program</b>"]:::program', mermaid)
        self.check_all(root)

    def test_several_sources(self):
        """Of a service that is put together, each who has a part of it."""
        for name in ("one", "two"):
            self.write(name, program(
                capabilities=[{"service": "a.Many"}],
                expose=[{"service": "a.Many", "from": "self"}]))
        self.write("user", program(use=[{"service": "a.Many"}]))
        root = self.write("top", {
            "children": [child("user"), child("one"), child("two")],
            "offer": [{"service": "a.Many", "from": ["#one", "#two"],
                       "to": "#user"}]})
        self.assertEqual([(e["from"], e["to"])
                          for e in self.data(root)["edges"]],
                         [("/user", "/one"), ("/user", "/two")])
        self.check_all(root)

    def test_what_is_only_declared(self):
        self.write("user", program(
            config={"level": {"type": "uint8"}},
            use=[{"config": "a.Level", "key": "level", "type": "uint8"}]))
        root = self.write("top", {
            "children": [child("user")],
            "capabilities": [{"config": "a.Level", "type": "uint8",
                              "value": 3}],
            "offer": [{"config": "a.Level", "from": "self",
                       "to": "#user"}]})
        edge, = self.data(root)["edges"]
        self.assertEqual((edge["type"], edge["to"]), ("config", "/"))
        self.assertIn('["<b>manifest</b>"]',
                      self.graph(root, "--format", "mermaid"))
        self.check_all(root)

    def test_other_name(self):
        self.write("server", server("a.Thing"))
        self.write("user", client("a.Other"))
        root = self.write("top", {
            "children": [child("user"), child("server")],
            "offer": [{"protocol": "a.Thing", "as": "a.Other",
                       "from": "#server", "to": "#user"}]})
        edge, = self.data(root)["edges"]
        self.assertEqual((edge["name"], edge["as"]), ("a.Thing", "a.Other"))
        self.assertIn("a.Thing as a.Other", self.graph(root))

    def test_hostile_words(self):
        hostile = "x]]>\"'<script>&amp;`end`;#quot;{}--%20é日本|"
        root = self.write("evil", {
            "program": {"binary": "bin/x"},
            "use": [{"directory": "/" + hostile, "rights": ["read_bytes"]},
                    {"directory": "/" + hostile + "?" * 90 + "end",
                     "rights": ["read_bytes"]}],
            "children": [{"name": "end", "url":
                          f"fuchsia-pkg://x.org/{hostile}#meta/{hostile}.cm"}],
            "expose": [{"service": "/svc/x", "from": "#end"}]})
        self.check_all(root)
        svg = self.graph(root)
        self.assertNotIn("<script", svg)
        texts = ["".join(t.itertext())
                 for t in ElementTree.fromstring(svg).iter()]
        self.assertTrue(any(hostile in t for t in texts), texts)
        self.assertNotIn("<script",
                         self.graph(root, "--format", "mermaid"))
        data = self.data(root)
        self.assertIn(hostile, data["nodes"][1]["url"])
        self.assertIn("/" + hostile, [e["as"] for e in data["edges"]])

    def test_bytes_that_are_no_text(self):
        """A file's name may be anything; XML may not."""
        path = os.path.join(os.fsencode(self.work), b"a\xff\x1b[31m<b>.cml")
        with open(path, "w", encoding="utf-8") as f:
            f.write("{}")
        for form in FORMATS:
            done = subprocess.run(
                [REEVE, "graph", "--format", form, path],
                capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done)
            text = done.stdout.decode("utf-8")
            self.assertNotIn("\x1b", text)
            if form == "svg":
                ElementTree.fromstring(text)
            if form == "dot":
                self.check_dot(text)


class Filters(GraphCase):
    def monikers(self, root, *args):
        return [n["moniker"] for n in self.data(root, *args)["nodes"]]

    def test_moniker(self):
        root = self.city()
        self.assertEqual(self.monikers(root, "--moniker", "/shop/w1"),
                         ["/", "/core", "/core/logger", "/shop", "/shop/w1"])
        data = self.data(root, "--moniker", "/shop/w1")
        self.assertEqual([e["from"] for e in data["edges"]], ["/shop/w1"])
        # Those that use something of it, too.
        self.assertEqual(self.monikers(root, "--moniker", "/core/logger"),
                         ["/", "/core", "/core/logger", "/core/vault",
                          "/shop", "/shop/web", "/shop/w1", "/shop/w2"])

    def test_what_is_below(self):
        root = self.city()
        data = self.data(root, "--moniker", "/shop")
        self.assertEqual([n["moniker"] for n in data["nodes"]],
                         ["/", "/core", "/core/logger", "/shop", "/shop/web",
                          "/shop/w1", "/shop/w2", "/shop/idle"])
        self.assertEqual([c["name"] for c in data["collections"]], ["jobs"])

    def test_root_is_everything(self):
        root = self.city()
        self.assertEqual(self.data(root, "--moniker", "/"), self.data(root))

    def test_capability(self):
        root = self.city()
        data = self.data(root, "--capability", "example.Vault")
        self.assertEqual([(e["from"], e["to"], e["declaration"])
                          for e in data["edges"]],
                         [("/", "/core/vault", "expose")])
        self.assertEqual([n["moniker"] for n in data["nodes"]],
                         ["/", "/core", "/core/vault"])
        self.assertEqual(data["collections"], [])

    def test_both(self):
        root = self.city()
        data = self.data(root, "--capability", "example.Log",
                         "--moniker", "/core/vault")
        self.assertEqual([(e["from"], e["to"]) for e in data["edges"]],
                         [("/core/vault", "/core/logger")])

    def test_nothing_is_found(self):
        root = self.city()
        done = self.reeve("graph", "--moniker", "/shop/webs", root, status=4)
        self.assertIn("did you mean /shop/web?", done.err)
        done = self.reeve("graph", "--capability", "example.Lag", root,
                          status=1)
        self.assertIn("did you mean example.Log?", done.err)


class CommandLine(GraphCase):
    def test_output(self):
        root = self.city()
        for ending, begins in (("svg", "<svg "), ("dot", "digraph "),
                               ("gv", "digraph "), ("mmd", "flowchart "),
                               ("mermaid", "flowchart "), ("json", "{"),
                               ("picture", "<svg ")):
            path = os.path.join(self.work, "out." + ending)
            self.assertEqual(self.graph(root, "--output", path), "")
            with open(path, encoding="utf-8") as f:
                self.assertTrue(f.read().startswith(begins), ending)
        # Not what such a file should hold.
        path = os.path.join(self.work, "out.png")
        done = self.reeve("graph", root, "--output", path, status=2)
        self.assertIn('no format "png"; there are svg', done.err)
        self.assertFalse(os.path.exists(path))
        path = os.path.join(self.work, "other.svg")
        self.graph(root, "--format", "dot", "--output", path)
        with open(path, encoding="utf-8") as f:
            self.assertTrue(f.read().startswith("digraph "))

    def test_usage(self):
        root = self.city()
        self.reeve("graph", status=2)
        self.reeve("graph", root, root, status=2)
        done = self.reeve("graph", "--format", "sgv", root, status=2)
        self.assertIn("did you mean svg?", done.err)

    def test_cannot_be_loaded(self):
        missing = os.path.join(self.work, "missing.cml")
        done = self.reeve("graph", missing, status=1)
        self.assertIn("missing.cml", done.err)
        self.assertEqual(done.out, "")
        bad = self.write("bad", {"children": 7})
        done = self.reeve("graph", bad, status=1)
        self.assertRegex(done.err, r"bad\.cml:1:\d+: error")

    def test_cannot_be_written(self):
        done = self.reeve("graph", "--output", self.work + "/no/where.svg",
                          self.city(), status=1)
        self.assertIn("No such file or directory", done.err)
        with open("/dev/full", "w", encoding="utf-8") as full:
            status = subprocess.run(
                [REEVE, "graph", EXAMPLE_ROOTS[0]], stdout=full,
                stderr=subprocess.DEVNULL, timeout=60).returncode
        self.assertEqual(status, 1)

    def test_packages(self):
        root = self.city()
        away = os.path.join(self.work, "city.cml")
        os.rename(root, away)
        found = [n["moniker"] for n in
                 self.data(away, "-p", self.work)["nodes"]]
        self.assertIn("/core/logger", found)


class Large(GraphCase):
    """Sizes that nobody looks at end all the same."""

    def groups(self, n):
        """A logger, and groups of 100 in which everybody uses it."""
        self.write("logger", server("example.Log"))
        self.write("leaf", client("example.Log"))
        names = [f"c{i}" for i in range(99)]
        self.write("group", {
            "children": [child(k, "leaf") for k in names],
            "offer": [{"protocol": "example.Log", "from": "parent",
                       "to": [f"#{k}" for k in names]}]})
        names = [f"g{i}" for i in range(n // 100)]
        return self.write("many", {
            "children": [child("logger")] + [child(k, "group")
                                             for k in names],
            "offer": [{"protocol": "example.Log", "from": "#logger",
                       "to": [f"#{k}" for k in names]}]})

    def test_below_the_limit_all_are_drawn(self):
        root = self.groups(1900)
        picture = self.picture(root)
        self.assertEqual(len(picture.boxes), 1 + 1 + 1900)
        self.assertEqual(picture.notes, [])

    def test_above_the_limit_it_says_so(self):
        root = self.groups(10000)
        picture = self.picture(root)
        self.assertEqual(len(picture.boxes), 2000)
        self.assertEqual(len(picture.notes), 1)
        self.assertIn("10002", picture.notes[0])
        self.assertIn("and 99 more components",
                      [t for b in picture.boxes for t in b.texts])
        self.assertEqual(len(self.data(root)["nodes"]), 10002)
        self.assertEqual(
            self.graph(root, "--format", "dot").count(" -> "), 9900)
        # What is asked for is drawn.
        self.assertIn("/g99/c98", self.picture(
            root, "--moniker", "/g99/c98").by_moniker())

    def test_chain(self):
        """Each uses the one before it and the first: the longest way there
        is, with lines past all of it."""
        n = 1200
        offers = []
        for i in range(n):
            name = f"p.c{i}"
            self.write(f"c{i}", server(name, use=[{"protocol": sorted(
                {f"p.c{max(i - 1, 0)}", "p.c0"})}]) if i else server(name))
            to = [f"#c{i + 1}"] if i + 1 < n else []
            if not i:
                to = [f"#c{k}" for k in range(1, n)]
            if to:
                offers.append({"protocol": name, "from": f"#c{i}", "to": to})
        root = self.write("chain", {
            "children": [child(f"c{i}") for i in range(n)], "offer": offers})
        picture = self.picture(root)
        boxes = picture.by_moniker()
        self.assertEqual(len(boxes), n + 1)
        self.assertLess(boxes["/c2"].x, boxes["/c1"].x)

    def test_everybody_uses_everything(self):
        """More lines than a picture has room for: it says so."""
        n = 120
        offers = []
        for i in range(n):
            # Under a name for each pair, so that none run together.
            uses = [f"p.c{k}.c{i}" for k in range(i)]
            self.write(f"c{i}", server(
                f"p.c{i}", **({"use": [{"protocol": uses}]} if i else {})))
            offers += [{"protocol": f"p.c{i}", "as": f"p.c{i}.c{k}",
                        "from": f"#c{i}", "to": f"#c{k}"}
                       for k in range(i + 1, n)]
        root = self.write("mesh", {
            "children": [child(f"c{i}") for i in range(n)], "offer": offers})
        self.assertEqual(len(self.data(root)["edges"]), n * (n - 1) // 2)
        picture = self.picture(root)
        self.assertEqual(len(picture.boxes), n + 1)
        self.assertEqual(len(picture.notes), 1)
        left_out = int(re.match(r"(\d+) routes are not drawn",
                                picture.notes[0])[1])
        self.assertEqual(len(picture.routes) + left_out, n * (n - 1) // 2)


if __name__ == "__main__":
    main()
