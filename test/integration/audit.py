"""
What two components gave each other over a channel, which a revocation of that
channel leaves alone: the tool lists it, before and after.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "revoke"))

from rest import held_at_rest, wait_held
from stage import Skip, equal, matches, play, story, tasks_below, until
from world import ECHO, OTHER, SIDE_C, Request, World


def audit(w, a, b):
    """What the manager answers."""
    values, status, why = Request(w.run, "audit", a, b).answer()
    equal(status, 0, why)
    equal(len(values), 1)
    for note in values[0]["notes"]:
        if note.startswith("this kernel does not tell"):
            raise Skip(note)
    equal(values[0]["more"], 0)
    equal(values[0]["partial"], False, values[0])
    return values[0]


def edges(w, a, b):
    """{kind: [edge]}"""
    found = {}
    for e in audit(w, a, b)["edges"]:
        found.setdefault(e["kind"], []).append(e)
    return found


def kinds(w, a, b):
    return {k: len(v) for k, v in edges(w, a, b).items()}


def connect(w, moniker="a", slot=1, provider="p", name=ECHO):
    w.holder("/" + moniker).ok("open %d /svc/%s" % (slot, name))
    w.holder("/" + provider).ok("accept %d" % slot)


def is_in_cell(w, moniker, pid):
    """Is this the pid of a task below the cell's first?"""
    while pid > 1:
        if pid == w.run.task(moniker):
            return True
        with open("/proc/%d/stat" % pid, "rb") as f:
            pid = int(f.read().rpartition(b")")[2].split()[1])
    return False


@story
def given_over_a_channel(stage):
    """Listed before and after the channel was revoked, and it goes on."""
    with World(stage) as w:
        w.serve(how="hold")
        equal(kinds(w, "/a", "/p"), {})
        connect(w)
        number = int(w.a.id(1))
        found = edges(w, "/a", "/p")
        equal({k: len(v) for k, v in found.items()}, {"channel": 1})
        channel = found["channel"][0]
        equal((channel["connection"], channel["known"]), (number, True))
        matches(r"^connection %d of /a to %s: descriptor \d+ of task %d, "
                % (number, ECHO, channel["a"]["pid"]), channel["text"])
        assert is_in_cell(w, "/a", channel["a"]["pid"]), channel
        assert is_in_cell(w, "/p", channel["b"]["pid"]), channel
        # The other way round it is the same.
        turned = edges(w, "/p", "/a")["channel"][0]
        equal((turned["a"], turned["b"]), (channel["b"], channel["a"]))

        w.a.ok("pair 2 3", "pipe 4 5", "memory 6",
               "pass 3 1", "pass 4 1", "copy 6 1")
        on_the_way = audit(w, "/a", "/p")
        equal(on_the_way["in_flight"], 3)
        equal(on_the_way["notes"],
              ["3 descriptors in flight were not looked at"])
        w.p.ok("take 3 1", "take 4 1", "take 6 1")
        given = {"pair": 1, "pipe": 1, "file": 1}
        before = edges(w, "/a", "/p")
        equal({k: len(v) for k, v in before.items()}, dict(given, channel=1))

        w.revoke("capability", "/a", ECHO, connections=1)
        w.a.is_dead(1)
        w.p.is_dead(1)
        after = edges(w, "/a", "/p")
        equal({k: len(v) for k, v in after.items()}, given)
        for kind in given:
            equal(after[kind], before[kind], kind)
        w.a.ok("send 2 still", "write 5 flowing")
        equal(w.p.receive(3, 20000), "got still")
        equal(w.p.read(4), "got flowing")

        # The tool says it in words, and for programs.
        lines = w.run.ask("revoke", "--audit", "a", "/p").splitlines()
        equal(sorted(line.split()[0] for line in lines), sorted(given))
        for line in lines:
            matches(r": descriptor \d+ of task \d+, descriptor \d+ of task "
                    r"\d+$", line)
        told = json.loads(w.run.ask("revoke", "--audit", "--json", "a", "p"))
        equal(sorted(e["kind"] for e in told["edges"]), sorted(given))

        # What one of them closes is no tie any more.
        w.p.ok("close 3", "close 4")
        w.a.ok("close 6")
        equal(kinds(w, "/a", "/p"), {})


@story
def nothing_was_given(stage):
    """Two that have the same directory, the same libraries, the same
    providers, and have talked."""
    with World(stage) as w:
        w.serve()
        w.serve("/q", OTHER)
        w.a.ok("open 1 /svc/" + ECHO, "open 2 /svc/" + OTHER)
        w.b.ok("open 1 /svc/" + ECHO)
        w.a.answers(1, 2)
        w.b.answers(1)
        # Something of their own.
        w.a.ok("pair 2 3", "pipe 4 5", "memory 6")
        w.b.ok("pair 2 3", "pipe 4 5", "memory 6")
        for pair in ("/a", "/b"), ("/b", "/c"), ("/c", "/d"):
            equal(kinds(w, *pair), {}, pair)
        equal(w.run.ask("revoke", "--audit", "/a", "/b"), "nothing\n")
        # A channel that was revoked is nothing either.
        w.revoke("capability", "/b", ECHO, connections=1)
        equal(kinds(w, "/b", "/p"), {})


@story
def a_channel_that_was_passed_on(stage):
    """It is the manager's, wherever its ends are: with a third, or both at
    one. Two who have the same end of it are tied, too."""
    with World(stage) as w:
        w.serve(how="hold")
        w.serve("/c", SIDE_C, "hold")
        connect(w)
        connect(w, "a", 8, "c", SIDE_C)
        number = int(w.a.id(1))
        w.a.ok("copy 1 8")
        w.c.ok("take 1 8")
        found = edges(w, "/a", "/c")["channel"]
        equal(sorted(e["connection"] for e in found),
              sorted([number, int(w.a.id(8))]))
        # C has A's end, and so is connected to P.
        found = edges(w, "/c", "/p")
        equal({k: len(v) for k, v in found.items()}, {"channel": 1})
        equal(found["channel"][0]["connection"], number)
        matches("of /a to " + ECHO, found["channel"][0]["text"])
        w.revoke("capability", "/a", ECHO, connections=1)
        equal(kinds(w, "/c", "/p"), {})
        equal(kinds(w, "/a", "/c"), {"channel": 1})


@story
def an_open_by_path(stage):
    """connect(2) on /svc/NAME makes a channel like any other."""
    with World(stage) as w:
        w.serve(how="hold")
        w.a.ok("plain 1 /svc/" + ECHO)
        w.p.ok("accept 1")
        found = edges(w, "/a", "/p")
        equal({k: len(v) for k, v in found.items()}, {"channel": 1})
        equal(found["channel"][0]["known"], True)
        w.revoke("connection", str(found["channel"][0]["connection"]),
                 connections=1)
        equal(kinds(w, "/a", "/p"), {})


@story
def not_running(stage):
    with World(stage) as w:
        equal(Request(w.run, "audit", "/a", "/a").answer()[1:],
              (2, "an audit is of two components"))
        equal(Request(w.run, "audit", "/a", "/nobody").answer()[1], 4)
        w.run.ask("stop", "/b")
        w.run.wait_state("/b", "stopped")
        for pair in ("/a", "/b"), ("/b", "/a"):
            equal(Request(w.run, "audit", *pair).answer()[1:],
                  (3, "/b is not running"))
            w.run.ask("revoke", "--audit", *pair, status=3)


@story
def who_does_not_wait(stage):
    """Requests that are left, many at once: the manager goes on, and nothing is
    left of them."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        equal(kinds(w, "/a", "/p"), {"channel": 1})
        held = held_at_rest(w.run.pid)
        tasks = len(tasks_below(w.run.pid))
        for _ in range(5):
            left = [Request(w.run, "audit", "/a", "/p").begun()
                    for _ in range(8)]
            for r in left:
                r.leave()
        until(lambda: Request(w.run, "audit", "/a", "/p").answer()[1] == 0,
              "an audit is made")
        equal(kinds(w, "/a", "/p"), {"channel": 1})
        wait_held(held, w.run.pid)
        until(lambda: len(tasks_below(w.run.pid)) <= tasks, "tasks end")


play()
