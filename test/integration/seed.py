"""The second seed's tree, from its printed manifests."""
import json
import os
import re
import shutil

from stage import EXAMPLES, SOURCE, equal, matches, play, story, tasks_below

SEED = os.path.join(SOURCE, "test", "data", "seed")
FOO = "fuchsia.example.Foo"


def lay_out(stage, corrected):
    """The four manifests as packages, as their URLs name them."""
    for name in "ABCD":
        with open(os.path.join(SEED, "corrected" if name in corrected else "",
                               name + ".cml")) as f:
            low = name.lower()
            stage.write("packages/%s/meta/%s.cml" % (low, low), f.read())
    for name in "ad":
        os.makedirs(stage.path("packages", name, "bin"))
        shutil.copy(os.path.join(EXAMPLES, "hippo", name, "bin", "hippo"),
                    stage.path("packages", name, "bin"))
    return stage.path("packages/c/meta/c.cml")


@story
def each_typo_is_pointed_at(stage):
    lay_out(stage, "")
    for name, line, column, text in (
            ("a", 5, 12, r"a quote \(\"\) is missing here, behind \"expose\""),
            ("b", 2, 12, r"a quote \(\"\) is missing here, behind \"expose\""),
            ("c", 10, 6, r"a comma is missing here, before \"children\"")):
        path = stage.path("packages/%s/meta/%s.cml" % (name, name))
        r = stage.reeve("check", "--manifest-only", path)
        equal(r.returncode, 1, name)
        matches(r"^%s:%d:%d: error: .*%s.* \[syntax\]\n"
                % (re.escape(path), line, column, text), r.stderr)
        found = json.loads(stage.reeve("check", "--manifest-only", "--json",
                                       path).stdout)
        equal([(d["file"], d["line"], d["column"], d["rule"]) for d in found],
              [(path, line, column, "syntax")])
    r = stage.reeve("check", "--manifest-only",
                    stage.path("packages/d/meta/d.cml"))
    equal(r.returncode, 0, r.stderr)


@story
def a_tree_with_a_typo_is_not_run(stage):
    """At the root it ends the run, further down only what needs it."""
    r = stage.reeve("run", lay_out(stage, "AB"))
    equal(r.returncode, 1, r.stderr)
    matches(r"c\.cml:10:6: error:", r.stderr)
    shutil.rmtree(stage.packages)
    with stage.run(lay_out(stage, "BC")) as run:
        e = run.wait("refused", "/D")
        matches(r"/B/A cannot be resolved", e["text"])
        equal(e["status"], "NOT_FOUND")
        matches(r"refused: NOT_FOUND", run.said("/D", "refused")["text"])
        equal(run.end(), 1)


@story
def corrected_they_live(stage):
    root = lay_out(stage, "ABC")
    equal(stage.reeve("check", root).returncode, 0)
    with stage.run(root) as run:
        # Nothing is eager in the seed: D is what nobody can open.
        matches("nobody can open", run.wait("start", "/D")["text"])
        e = run.wait("open", "/D")
        equal(e["route"]["source"],
              {"moniker": "/B/A", "path": "/svc/" + FOO})
        path = stage.path("packages")
        equal([(h["moniker"], h["declaration"], h["name"], h["file"],
                h["line"], h["column"]) for h in e["route"]["hops"]],
              [("/D", "use", FOO, path + "/d/meta/d.cml", 6, 9),
               ("/", "offer", FOO, path + "/c/meta/c.cml", 3, 9),
               ("/B", "expose", FOO, path + "/b/meta/b.cml", 3, 9),
               ("/B/A", "expose", FOO, path + "/a/meta/a.cml", 6, 9)])
        matches("/D opens " + FOO, run.wait("start", "/B/A")["text"])
        matches("own cell", run.wait("started", "/B/A")["text"])
        run.said("/D", "^10000 calls answered")
        run.said("/B/A", "answered 10000 messages")
        equal(run.end(), 0)
        # B and the root have no program, so no cell.
        equal({e["moniker"] for e in run.find("start")}, {"/D", "/B/A"})
        matches("1 open.*handed over, 0 refused",
                run.find("manager", "", "^done")[0]["text"])


@story
def two_cells_and_no_more(stage):
    """D and A each have a PID, mount and network namespace of their own."""
    root = lay_out(stage, "ABC")
    stage.package("d", seed_actor())
    with stage.run(root) as run:
        run.said("/D", "answer|call")
        tasks = {m: run.task(m) for m in ("/D", "/B/A")}
        below = tasks_below(run.pid)
        for kind in ("pid", "mnt", "net", "ipc", "user"):
            spaces = {os.readlink("/proc/%d/ns/%s" % (t, kind))
                      for t in [*tasks.values(), os.getpid()]}
            equal(len(spaces), 3, kind)
        assert set(tasks.values()) <= set(below)


def seed_actor():
    return {"program": {"binary": "bin/actor",
                        "args": ["open /svc/" + FOO, "call x", "run"]},
            "use": [{"service": "/svc/" + FOO}]}


play()
