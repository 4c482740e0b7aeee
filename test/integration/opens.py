"""Opens, from the first one on: who starts, when, and how often."""
import re
import time

from stage import (actor, child, equal, matches, offer, play, provider, story,
                   url, user)

ECHO = "example.Echo"
SERVE = ("serve /svc/%s echo" % ECHO, "run")


@story
def first_opens_of_two_hundred_start_once(stage):
    n = 200
    names = ["u%d" % i for i in range(n)]
    root = stage.tree(
        dict(children=[child("s")] + [child(u, "u", startup="eager")
                                      for u in names],
             offer=[offer("#s", *["#" + u for u in names])]),
        s=provider(*SERVE), u=user("open /svc/" + ECHO, "call x"))
    with stage.run(root) as run:
        equal(run.end(60), 0)
        equal(len(run.find("log", None, "^answer x$")), n)
        equal(len(run.find("open")), n)
        equal(len(run.find("start", "/s")), 1)
        equal(run.find("refused"), [])


@story
def first_opens_of_one_client_start_once(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider("sleep 300", *SERVE),
        u=user("hold 100 /svc/" + ECHO, "call-held x"))
    with stage.run(root) as run:
        run.said("/u", "^answered 100 refused 0 of 100$")
        equal(run.end(), 0)
        equal(len(run.find("start", "/s")), 1)


@story
def the_client_closes_before_the_provider_starts(stage):
    """The provider starts for nothing, and is there for the next one."""
    root = stage.tree(
        actor("run", children=[child("s"), child("u"), child("v")],
              offer=[offer("#s", "#u", "#v")]),
        s=provider(*SERVE), u=user("open /svc/" + ECHO, "close"),
        v=user("open /svc/" + ECHO, "call x"))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/u")
        run.wait("exit", "/u")
        run.wait("started", "/s")
        run.start("/v")
        run.said("/v", "^answer x$")
        equal(len(run.find("start", "/s")), 1)


@story
def enumerating_starts_nothing(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u"), offer("#s", "#u", name="other")]),
        s=actor(*SERVE, capabilities=[dict(protocol=[ECHO, "other"])],
                expose=[{"protocol": [ECHO, "other"], "from": "self"}]),
        u=actor("list /svc", "sh ls /svc | sort", "sh ls -l /svc",
                use=[dict(protocol=[ECHO, "other"])]))
    with stage.run(root) as run:
        equal(run.end(), 0)
        says = run.says("/u")
        equal(sorted(says[:3]), ["entry " + ECHO, "entry other", "listed 2"])
        equal(says[3:5], [ECHO, "other"])
        equal(run.find("start", "/s"), [])
        equal(run.find("open"), [])


@story
def a_path_below_a_service(stage):
    """A service is no directory; nobody needs to start to say so."""
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE),
        u=user("open /svc/%s/below/it" % ECHO, "call x"))
    with stage.run(root) as run:
        run.said("/u", "^refused NOT_DIR by manager$")
        equal(run.end(), 0)
        equal(run.find("start", "/s"), [])


@story
def closing_svc_and_opening_it_again(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE),
        u=user("open-directory /svc", "in " + ECHO, "call one",
               "open-directory /svc", "list-in .", "in " + ECHO, "call two"))
    with stage.run(root) as run:
        run.said("/u", "^answer one$")
        run.said("/u", "^listed 1$")
        run.said("/u", "^answer two$")
        equal(run.end(), 0)


@story
def connect_is_an_open_too(stage):
    """connect(2) on /svc/NAME in the cell starts the provider as well."""
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE), u=user("plain /svc/%s hello" % ECHO))
    with stage.run(root) as run:
        run.said("/u", "^answer hello$")
        equal(run.end(), 0)
        equal(len(run.find("open", "/u")), 1)
        matches("/u opens", run.wait("start", "/s")["text"])


PYTHON = """#!/usr/bin/python3
import socket, struct
# The header: transaction id, flags, magic, ordinal.
frame = struct.pack("<IBxxBQ", 7, 2, 1, 0x79f6afbbd548b988) + b"from Python"
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
    s.connect("/svc/example.Echo")
    s.send(frame)
    print("same" if s.recv(65536)[16:] == frame[16:] else "different")
"""


@story
def a_client_of_ten_lines_without_the_library(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE))
    manifest = user()
    manifest["program"] = dict(runner="elf", binary="bin/client.py")
    stage.package("u", manifest, None, {"bin/client.py": PYTHON})
    with stage.run(root) as run:
        run.said("/u", "^same$")
        equal(run.end(), 0)


def wakeups(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)",
                             f.read())[1])


@story
def the_manager_sleeps_while_they_talk(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE),
        u=user("open /svc/" + ECHO, "call x", "say begin", "sleep 400",
               "talk 20000", "sleep 100", "say end", "run"))
    with stage.run(root) as run:
        run.said("/u", "^begin$")
        time.sleep(0.2)
        before = wakeups(run.pid)
        run.said("/u", "^end$")
        # For that line, and whoever looks which managers there are.
        assert wakeups(run.pid) - before <= 100, wakeups(run.pid) - before


@story
def renamed_at_every_hop(stage):
    """Two children see one service under two names, through three others."""
    root = stage.tree(
        dict(children=[child("outer"), child("u", startup="eager"),
                       child("v", startup="eager")],
             offer=[offer("#outer", "#u", name="two", **{"as": "three"}),
                    offer("#outer", "#v", name="two", **{"as": "four"})]),
        outer=dict(children=[child("s")],
                   expose=[{"protocol": "one", "from": "#s", "as": "two"}]),
        s=actor("serve /deep/inside echo", "run",
                capabilities=[dict(protocol="zero", path="/deep/inside")],
                expose=[{"protocol": "zero", "from": "self", "as": "one"}]),
        u=actor("open /svc/three", "call x", use=[dict(protocol="three")]),
        v=actor("open /own/place", "call y",
                use=[dict(protocol="four", path="/own/place")]))
    with stage.run(root) as run:
        run.said("/u", "^answer x$")
        run.said("/v", "^answer y$")
        e = run.wait("open", "/v")
        equal([h["name"] for h in e["route"]["hops"]],
              ["four", "four", "two", "one", "zero"])
        equal(e["route"]["source"],
              {"moniker": "/outer/s", "path": "/deep/inside"})
        equal(run.end(), 0)


@story
def both_dialects_in_one_tree(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s={"program": {"binary": "bin/actor", "args": list(SERVE)},
           "expose": [{"service": "/svc/" + ECHO, "from": "self"}]},
        u=user("open /svc/" + ECHO, "call x"))
    with stage.run(root) as run:
        run.said("/u", "^answer x$")
        equal(run.end(), 0)


@story
def use_from_a_child(stage):
    root = stage.tree(
        actor("open /svc/" + ECHO, "call x", children=[child("s")],
              use=[{"protocol": ECHO, "from": "#s"}]),
        s=provider(*SERVE))
    with stage.run(root) as run:
        run.said("/", "^answer x$")
        equal(run.end(), 0)


@story
def an_eager_child_that_fails(stage):
    """Its siblings live; the run tells that not all was well."""
    root = stage.tree(
        dict(children=[child("bad", startup="eager"),
                       child("missing", startup="eager"),
                       child("good", startup="eager")]),
        good=actor("say here I am", "sleep 200"))
    manifest = actor()
    manifest["program"]["binary"] = "bin/nothing"
    stage.package("bad", manifest)
    with stage.run(root) as run:
        matches("bin/nothing", run.wait("failed", "/bad")["text"])
        matches("no package", run.wait("failed", "/missing")["text"])
        run.said("/good", "^here I am$")
        assert run.end() != 0


@story
def two_equal_wishes_are_one(stage):
    root = stage.tree(actor("run", children=[child("s")]),
                      s=provider(*SERVE))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/s", "/s", "/s")
        run.wait("started", "/s")
        run.start("/s")
        equal(len(run.find("start", "/s")), 1)
        equal(run.state("/s"), "running")


@story
def start_reasons(stage):
    """Why does it run? Every start says."""
    root = stage.tree(
        actor("run", children=[child("e", startup="eager"), child("s"),
                               child("u"), child("o")],
              offer=[offer("#s", "#u")]),
        e=actor("run"), o=actor("run"), s=provider(*SERVE),
        u=user("open /svc/" + ECHO, "call x", "run"))
    with stage.run(root) as run:
        matches("root", run.wait("start", "/")["text"])
        matches("eager", run.wait("start", "/e")["text"])
        run.start("/o", "/u")
        matches("operator", run.wait("start", "/o")["text"])
        run.said("/u", "answer")
        matches("/u opens " + ECHO, run.wait("start", "/s")["text"])
        matches("/u opens " + ECHO, run.show("/s")["reason"])


@story
def what_a_component_is_told(stage):
    manifest = actor("arguments", "sh echo $0 $HOME $COLOUR", "say with blanks")
    manifest["program"]["environ"] = ["COLOUR=blue"]
    root = stage.tree(dict(children=[child("u", startup="eager")]), u=manifest)
    with stage.run(root) as run:
        equal(run.end(), 0)
        equal(run.says("/u"),
              ["I am /u of " + url("u"), "argument arguments",
               "argument sh echo $0 $HOME $COLOUR", "argument say with blanks",
               "sh /tmp blue", "sh 0", "with blanks"])


@story
def no_surprises_are_inherited(stage):
    """Of the manager's environment and descriptors nothing reaches a cell."""
    root = stage.tree(
        dict(children=[child("u", startup="eager")]),
        u=actor("sh env | grep -c SECRET",
                "sh ls -l /proc/$PPID/fd | grep -v socket: | grep -c -- '->'"))
    with stage.run(root, environment={"SECRET": "x"}) as run:
        equal(run.end(), 0)
        # Standard input, output and error; the others are the library's.
        equal(run.says("/u")[0], "0")
        assert int(run.says("/u")[2]) <= 5, run.says("/u")


play()
