"""Trees of manifests for test_fix.py: as values, as text in any layout, and
read back."""
import copy
import random
import re


class Layout:
    """How one file is written; comments are numbered, to be found again."""

    def __init__(self, seed, dialect):
        r = random.Random(seed)
        self.random = r
        self.indent = r.choice(["    ", "  ", "\t", "        "])
        self.newline = r.choice(["\n", "\n", "\n", "\r\n"])
        self.quote = r.choice(['"', '"', "'"])
        self.keys = dialect == "seed" or r.random() < 0.3
        self.comma = r.random() < 0.6
        self.rows = r.random() < 0.5  # items in a row
        self.cuddled = r.random() < 0.2
        self.pad = r.choice([" ", ""])
        self.comments = r.choice([0, 0.2, 0.5])
        self.minified = r.random() < 0.1
        if self.minified:
            self.comments = 0
        self.n = 0

    def comment(self, line_end):
        if self.random.random() >= self.comments:
            return ""
        self.n += 1
        if line_end and self.random.random() < 0.7:
            return f" // c{self.n}: it's, ] \"here\"{self.newline}"
        return f" /* c{self.n} }}, */ "

    def string(self, s):
        return self.quote + s + self.quote

    def key(self, k):
        return (self.string(k) if self.keys else k) + (
            ":" if self.minified else ": ")

    def row(self, v):
        if isinstance(v, str):
            return self.string(v)
        if isinstance(v, list):
            inner = [self.row(e) for e in v]
            open_, close, pad = "[", "]", ""
        else:
            inner = [self.key(k) + self.row(e) for k, e in v.items()]
            open_, close, pad = "{", "}", self.pad
        if self.minified:
            pad = ""
        gap = "," if self.minified else ", "
        return open_ + pad + gap.join(inner) + pad + close if inner else (
            open_ + close)

    def lines(self, parts, depth, open_, close):
        out, pad = open_, self.indent * (depth + 1)
        for i, part in enumerate(parts):
            out += self.newline
            before = self.comment(True)
            if before:
                out += pad + before.strip() + self.newline
            out += pad + part
            last = i + 1 == len(parts)
            if not last or self.comma:
                out += ","
            out += self.comment(True).rstrip("\r\n")
        out += self.newline + self.indent * depth
        return out + close

    def item(self, v, depth):
        if not isinstance(v, dict) or self.rows:
            return self.row(v)
        return self.lines([self.key(k) + self.row(e) for k, e in v.items()],
                          depth, "{", "}")

    def section(self, v):
        if isinstance(v, dict):
            return self.item(v, 1)
        if not v:
            return self.random.choice(["[]", "[ ]", "[" + self.newline
                                       + self.indent + "]"])
        if self.cuddled and len(v) == 1 and not self.rows:
            return "[" + self.item(v[0], 1) + "]"
        return self.lines([self.item(e, 2) for e in v], 1, "[", "]")

    def file(self, manifest):
        if self.minified:
            return self.row(manifest)
        head = self.comment(True)
        return head + self.lines(
            [self.key(k) + self.section(v) for k, v in manifest.items()],
            0, "{", "}") + self.newline


TOKEN = re.compile(r"""(?:\s|//[^\n]*|/\*.*?\*/)*
    (?: ([{}\[\]:,]) | '((?:[^'\\]|\\.)*)' | "((?:[^"\\]|\\.)*)" | ([\w.+-]+)
      | $ )""", re.X | re.S)


def read(text):
    """The value of a manifest's text; only what the writer above writes."""
    tokens = [m for m in TOKEN.finditer(text) if m.group().strip()]
    at = 0

    def take():
        nonlocal at
        at += 1
        return tokens[at - 1]

    def value():
        t = take()
        if t[1] == "{":
            out = {}
            while tokens[at][1] != "}":
                k = take()
                assert take()[1] == ":"
                out[k[2] or k[3] or k[4]] = value()
                if tokens[at][1] == ",":
                    take()
            take()
            return out
        if t[1] == "[":
            out = []
            while tokens[at][1] != "]":
                out.append(value())
                if tokens[at][1] == ",":
                    take()
            take()
            return out
        return next(g for g in (t[2], t[3], t[4]) if g is not None)

    return value()


def comments(text):
    """Every comment, in order."""
    out = []
    for m in re.finditer(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|//[^\r\n]*
            |/\*.*?\*/""", text, re.X | re.S):
        if m.group()[0] == "/":
            out.append(m.group().rstrip())
    return out


KEYWORDS = ("service", "protocol", "directory", "storage", "runner")


def many(v):
    return v if isinstance(v, list) else [v]


def declarations(manifest, rights=True):
    """What it declares, one for each name and target, however it is put."""
    out = []
    for section in ("use", "offer", "expose", "capabilities"):
        for item in manifest.get(section, []):
            keyword = next(k for k in KEYWORDS if k in item)
            more = {k: sorted(v) if k == "rights" else v
                    for k, v in item.items()
                    if k not in (keyword, "to", "from", "as")
                    and (k != "rights" or rights
                         or section in ("use", "capabilities"))}
            source = item.get("from", "")
            if source in ("realm", "parent"):
                source = "parent"
            for name in many(item[keyword]):
                for to in many(item.get("to", "")):
                    name_there = item.get("as", name)
                    if isinstance(to, dict):
                        name_there = to.get("as", name_there)
                        to = to["dest"]
                    out.append((section, keyword, name, source, to,
                                name_there, sorted(more.items())))
    return sorted(out, key=repr)


def child(name):
    return {"name": name, "url": f"fuchsia-pkg://x/{name}#meta/{name}.cm"}


PROGRAM = {"runner": "elf", "binary": "bin/x"}


def modern():
    """test.Foo, test.Log and the directory assets: prov -> side -> root -> mid ->
    user and other."""
    return {
        "prov": {
            "program": PROGRAM,
            "capabilities": [
                {"protocol": "test.Foo"},
                {"protocol": "test.Log"},
                {"directory": "assets", "path": "/assets",
                 "rights": ["rw*"]},
            ],
            "expose": [
                {"protocol": "test.Foo", "from": "self"},
                {"protocol": "test.Log", "from": "self"},
                {"directory": "assets", "from": "self",
                 "rights": ["rw*"]},
            ],
        },
        "side": {
            "children": [child("prov")],
            "expose": [
                {"protocol": "test.Log", "from": "#prov"},
                {"protocol": "test.Foo", "from": "#prov"},
                {"directory": "assets", "from": "#prov"},
            ],
        },
        "root": {
            "children": [child("side"), child("mid")],
            "offer": [
                {"protocol": "test.Foo", "from": "#side", "to": "#mid"},
                {"protocol": "test.Log", "from": "#side", "to": ["#mid"]},
                {"directory": "assets", "from": "#side", "to": "#mid",
                 "rights": ["rw*"]},
            ],
        },
        "mid": {
            "children": [child("user"), child("other")],
            "offer": [
                {"protocol": "test.Log", "from": "parent",
                 "to": ["#user", "#other"]},
                {"protocol": "test.Foo", "from": "parent", "to": "#user"},
                {"directory": "assets", "from": "parent",
                 "to": ["#other", "#user"]},
            ],
        },
        "user": {
            "program": PROGRAM,
            "use": [
                {"protocol": "test.Foo"},
                {"protocol": "test.Log"},
                {"directory": "assets", "path": "/assets",
                 "rights": ["rw*"]},
            ],
        },
        "other": {
            "program": PROGRAM,
            "use": [{"protocol": "test.Log"},
                    {"directory": "assets", "path": "/a",
                     "rights": ["r*"]}],
        },
    }


def dest(*names):
    return [{"dest": n} for n in names]


def seed():
    """The same in the path-named dialect."""
    return {
        "prov": {
            "program": {"binary": "bin/x"},
            "expose": [
                {"service": "/svc/test.Foo", "from": "self"},
                {"service": "/svc/test.Log", "from": "self"},
                {"directory": "/assets", "from": "self",
                 "rights": ["rw*"]},
            ],
        },
        "side": {
            "expose": [
                {"service": "/svc/test.Log", "from": "#prov"},
                {"service": "/svc/test.Foo", "from": "#prov"},
                {"directory": "/assets", "from": "#prov"},
            ],
            "children": [child("prov")],
        },
        "root": {
            "offer": [
                {"service": "/svc/test.Foo", "from": "#side",
                 "to": dest("#mid")},
                {"service": "/svc/test.Log", "from": "#side",
                 "to": dest("#mid")},
                {"directory": "/assets", "from": "#side",
                 "to": dest("#mid"), "rights": ["rw*"]},
            ],
            "children": [child("side"), child("mid")],
        },
        "mid": {
            "offer": [
                {"service": "/svc/test.Log", "from": "realm",
                 "to": dest("#user", "#other")},
                {"service": "/svc/test.Foo", "from": "realm",
                 "to": dest("#user")},
                {"directory": "/assets", "from": "realm",
                 "to": dest("#other", "#user")},
            ],
            "children": [child("user"), child("other")],
        },
        "user": {
            "program": {"binary": "bin/x"},
            "use": [
                {"service": "/svc/test.Foo"},
                {"service": "/svc/test.Log"},
                {"directory": "/assets", "rights": ["rw*"]},
            ],
        },
        "other": {
            "program": {"binary": "bin/x"},
            "use": [{"service": "/svc/test.Log"},
                    {"directory": "/assets", "rights": ["r*"]}],
        },
    }


def name_of(item):
    return next(item[k] for k in KEYWORDS if k in item)


def find(tree, package, section, name):
    for item in tree[package][section]:
        if name_of(item).endswith(name):
            return item
    raise KeyError((package, section, name))


# Each break takes a tree and changes it in one way; it returns what to ask for.

def drop(*places, name="test.Foo"):
    def do(tree):
        for package, section in places:
            tree[package][section].remove(find(tree, package, section, name))
        return name
    return do


def drop_section(package, section, name="test.Foo"):
    """The section has nothing else, and goes as well."""
    def do(tree):
        keep = find(tree, package, section, name)
        tree[package][section].remove(keep)
        if not tree[package][section]:
            del tree[package][section]
        return name
    return do


def slip(package, section, name="test.Foo", wrong="test.Fo"):
    def do(tree):
        item = find(tree, package, section, name)
        keyword = next(k for k in KEYWORDS if k in item)
        item[keyword] = item[keyword].replace(name, wrong)
        return wrong if section == "use" else name
    return do


def keyword(package, section, name="test.Foo"):
    def do(tree):
        item = find(tree, package, section, name)
        old = next(k for k in KEYWORDS if k in item)
        new = {("directory" if k == old else k): v for k, v in item.items()}
        if section == "use":
            new["rights"] = ["r*"]
            if old == "protocol":
                new["path"] = "/foo"
        item.clear()
        item.update(new)
        return name
    return do


def target(package, name, who):
    def do(tree):
        item = find(tree, package, "offer", name)
        item["to"] = [t for t in item["to"] if who not in (
            t, t.get("dest") if isinstance(t, dict) else t)]
        return name
    return do


def target_string(package, name, left):
    def do(tree):
        find(tree, package, "offer", name)["to"] = left
        return name
    return do


def rights(package, section, to):
    def do(tree):
        find(tree, package, section, "assets")["rights"] = to
        return "assets"
    return do


def framework(package, name="test.Foo"):
    def do(tree):
        find(tree, package, "expose", name)["to"] = "framework"
        return name
    return do


def source(package, section, wrong, name="test.Foo"):
    def do(tree):
        find(tree, package, section, name)["from"] = wrong
        return name
    return do


def optional(package, section, name="test.Foo"):
    def do(tree):
        find(tree, package, section, name)["availability"] = "optional"
        return name
    return do


HOPS = [("mid", "offer"), ("root", "offer"), ("side", "expose"),
        ("prov", "expose")]

BREAKS = {"both": {}, "modern": {}, "seed": {}}
for place in HOPS:
    BREAKS["both"]["no %s in %s" % place[::-1]] = drop(place)
    BREAKS["both"]["slip in %s of %s" % place[::-1]] = slip(*place)
    BREAKS["both"]["swapped letters in %s of %s" % place[::-1]] = slip(
        *place, wrong="test.oFo")
    BREAKS["both"]["keyword in %s of %s" % place[::-1]] = keyword(*place)
    BREAKS["both"]["no directory in %s of %s" % place[::-1]] = (
        target("mid", "assets", "#user") if place[0] == "mid"
        else drop(place, name="assets"))
BREAKS["both"].update({
    "slip in use": slip("user", "use", wrong="test.Foooo"),
    "no offers at all": drop(("mid", "offer"), ("root", "offer")),
    "nothing on the way": drop(*HOPS[:3]),
    "not to user": target("mid", "test.Log", "#user"),
    "framework in prov": framework("prov"),
    "framework in side": framework("side", "test.Log"),
    "rights in root": rights("root", "offer", ["r*"]),
    "rights in prov": rights("prov", "expose", ["r*"]),
    "rights in prov, long": rights("prov", "expose",
                                   ["connect", "read_bytes"]),
})
BREAKS["modern"].update({
    "keyword in use": keyword("user", "use"),
    "no capability": drop(("prov", "capabilities")),
    "slip in capability": slip("prov", "capabilities"),
    "rights in capability": rights("prov", "capabilities", ["r*"]),
    "one target as a string": target_string("mid", "test.Log", "#other"),
    "optional in root": optional("root", "offer"),
    "optional in side": optional("side", "expose"),
    "wrong source in root": source("root", "offer", "parent"),
    "slip in source of root": source("root", "offer", "#sid"),
    "slip in source of side": source("side", "expose", "#porv"),
    "slip in target": target_string("mid", "test.Foo", "#uesr"),
    "no section of exposes": drop_section("side", "expose"),
})
# In this dialect an expose from "self" is all that says that it is served.
for gone in ("no directory in expose of prov", "keyword in expose of prov"):
    BREAKS["both"].pop(gone)
BREAKS["modern"]["no directory in expose of prov"] = drop(
    ("prov", "expose"), name="assets")


def broken_trees(rounds):
    """(title, dialect, whole tree, broken tree, what to ask for, layout seed)"""
    for n in range(rounds):
        for dialect, make in (("modern", modern), ("seed", seed)):
            for title, break_ in {**BREAKS["both"],
                                  **BREAKS[dialect]}.items():
                tree = make()
                broken = copy.deepcopy(tree)
                asked = break_(broken)
                yield (f"{title}, {dialect}, {n}", dialect, tree, broken,
                       asked, hash_of(title, dialect, n))


def hash_of(*words):
    return sum(ord(c) * 31 ** i for i, c in enumerate("/".join(
        map(str, words)))) % 1000003
