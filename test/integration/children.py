"""The Realm protocol: children that are made and ended at run time."""
from stage import (actor, child, equal, matches, offer, play, provider, story,
                   until, url)

ECHO = "example.Echo"
REALM = "fuchsia.sys2.Realm"
SERVE = ("serve /svc/%s echo" % ECHO, "run")
POOL = [dict(name="pool", durability="transient")]
USE_REALM = [{"protocol": REALM, "from": "framework"}]


def parent(*commands, **sections):
    sections.setdefault("collections", POOL)
    return actor("realm /svc/" + REALM, *commands, use=USE_REALM, **sections)


@story
def a_child_is_made_used_and_ended(stage):
    root = stage.tree(
        parent("create pool w " + url("w"), "children pool",
               "exposed pool w", "list-in .", "list-in svc",
               "say not started yet", "sleep 100",
               "in svc/" + ECHO, "call x", "destroy pool w",
               "wait-closed", "children pool", "bind pool w"),
        w=provider(*SERVE))
    with stage.run(root) as run:
        equal(run.end(), 0)
        says = run.says("/")
        equal(says[:9],
              ["created w", "child w", "1 children", "bound w", "entry svc",
               "listed 1", "entry " + ECHO, "listed 1", "not started yet"])
        equal(says[9:11], ["answer x", "destroyed w"])
        matches("^closed PEER_CLOSED", says[11])
        equal(says[12:], ["0 children", "bind: INSTANCE_NOT_FOUND"])
        # Looking at what it exposes started nothing.
        order = [(e["event"], e["moniker"], e["text"]) for e in run.events]
        assert order.index(("log", "/", "not started yet")) < \
            next(i for i, e in enumerate(order)
                 if e[:2] == ("start", "/pool:w"))


@story
def to_bind_is_to_start(stage):
    root = stage.tree(parent("create pool w " + url("w"), "bind pool w", "run"),
                      w=actor("say alive", "run"))
    with stage.run(root) as run:
        run.said("/pool:w", "^alive$")
        matches("/ binds", run.wait("start", "/pool:w")["text"])


@story
def a_static_child_is_reached_by_binding(stage):
    """In the seed's dialect a parent may not use a child's service."""
    root = stage.tree(
        {"program": {"binary": "bin/actor",
                     "args": ["realm /svc/" + REALM, "bind - w",
                              "in svc/" + ECHO, "call x", "destroy - w"]},
         "use": [{"service": "/svc/" + REALM, "from": "framework"}],
         "children": [{"name": "w", "url": url("w")}]},
        w={"program": {"binary": "bin/actor", "args": list(SERVE)},
           "expose": [{"service": "/svc/" + ECHO, "from": "self"}]})
    with stage.run(root) as run:
        run.said("/", "^answer x$")
        # What the manifest declares stays.
        run.said("/", "^destroy: INVALID_ARGUMENTS$")
        equal(run.end(), 0)


@story
def errors_have_names(stage):
    root = stage.tree(
        parent("create pool w " + url("w"), "create pool w " + url("w"),
               "create nowhere w " + url("w"), "create pool b/ad " + url("w"),
               "create pool bad nonsense", "bind pool bad",
               "destroy pool bad", "bind pool nobody",
               "destroy pool nobody", "children nowhere",
               "create pool ghost " + url("ghost"), "bind pool ghost",
               "bind - nobody", "destroy pool ghost"),
        w=provider(*SERVE))
    with stage.run(root) as run:
        equal(run.end(), 0)
        equal(run.says("/"),
              ["created w", "create: INSTANCE_ALREADY_EXISTS",
               "create: COLLECTION_NOT_FOUND", "create: INVALID_ARGUMENTS",
               "created bad", "bind: INSTANCE_CANNOT_RESOLVE", "destroyed bad",
               "bind: INSTANCE_NOT_FOUND",
               "destroy: INSTANCE_NOT_FOUND", "children: COLLECTION_NOT_FOUND",
               "0 children", "created ghost", "bind: INSTANCE_CANNOT_RESOLVE",
               "bind: INSTANCE_NOT_FOUND", "destroyed ghost"])


@story
def the_scope_is_ones_own(stage):
    """Two realms with equal collections do not see each other's children."""
    manifest = parent("children pool", "create pool w " + url("w"),
                      "sleep 200", "children pool", "bind pool w", "run")
    root = stage.tree(dict(children=[child("a", "p", startup="eager"),
                                     child("b", "p", startup="eager")]),
                      p=manifest, w=actor("arguments", "run"))
    with stage.run(root) as run:
        for m in "/a", "/b":
            run.said(m + "/pool:w", "^I am %s/pool:w of " % m)
            equal([s for s in run.says(m) if s.endswith("children")],
                  ["0 children", "1 children"])


@story
def the_framework_offered_onward(stage):
    """Realm from the framework, offered to a child, is the offerer's realm."""
    root = stage.tree(
        dict(children=[child("helper", startup="eager")], collections=POOL,
             offer=[offer("framework", "#helper", name=REALM)]),
        helper=actor("realm /svc/" + REALM, "create pool w " + url("w"),
                     "bind pool w", "in svc/" + ECHO, "call x", "run",
                     use=[dict(protocol=REALM)]),
        w=provider("arguments", *SERVE))
    with stage.run(root) as run:
        run.said("/helper", "^answer x$")
        run.said("/pool:w", "^I am /pool:w of ")


@story
def single_run_children_go_by_themselves(stage):
    root = stage.tree(
        parent("obey", collections=[dict(name="pool",
                                         durability="single_run")]),
        w=actor("say once"))
    with stage.run(root) as run:
        for n in 1, 2:
            equal(run.one("/", "create pool w " + url("w")), "created w")
            run.said("/pool:w", "^once$", n=n)
            until(lambda: "/pool:w" not in run.list(), "it has gone")
            equal(run.one("/", "children pool"), "0 children")


@story
def children_end_with_their_parent(stage):
    root = stage.tree(
        actor("run", children=[child("p", startup="eager")]),
        p=parent("create pool w " + url("w"), "bind pool w", "obey"),
        w=actor("say alive", "run"))
    with stage.run(root) as run:
        run.said("/p/pool:w", "^alive$")
        run.order("/p", "exit 0", waits=False)
        run.wait("exit", "/p")
        run.wait("exit", "/p/pool:w")
        until(lambda: "/p/pool:w" not in run.list(), "the child is gone")


@story
def a_provider_destroyed_while_it_is_opened(stage):
    """Every opener is told; nobody waits for ever, nothing comes back."""
    root = stage.tree(
        parent("obey"),
        w=provider("sh test -e /pkg/second || sleep 1000", *SERVE))
    with stage.run(root) as run:
        says = run.order("/", "create pool w " + url("w"), "exposed pool w",
                         "hold-in 100 svc/" + ECHO, "destroy pool w",
                         "call-held x", "drop-held")
        for line in ("held 100", "destroyed w",
                     "answered 0 refused 100 of 100"):
            assert line in says, says
        stage.write("packages/w/second", "")
        says = run.order("/", "create pool w " + url("w"), "bind pool w",
                         "in svc/" + ECHO, "call again")
        equal(says[-1], "answer again")


@story
def a_destroyed_child_is_not_opened_back_to_life(stage):
    """Its own child outlives it a little, and opens it once more."""
    manifest = provider(*SERVE, children=[child("stubborn", startup="eager")],
                        offer=[offer("self", "#stubborn")])
    root = stage.tree(
        parent("create pool w " + url("w"), "bind pool w", "obey"),
        w=manifest,
        stubborn=actor("sh until test -e /pkg/now; do sleep 0.01; done",
                       "hold 5 /svc/" + ECHO, "call-held x", "sleep 20000",
                       use=[dict(protocol=ECHO)]))
    with stage.run(root) as run:
        run.wait("started", "/pool:w/stubborn")
        run.order("/", "destroy pool w", "children pool", waits=False)
        run.wait("stop", "/pool:w/stubborn")
        stage.write("packages/stubborn/now", "")
        run.said("/", "^destroyed w$", timeout=30)
        run.said("/", "^0 children$")
        equal(len(run.find("start", "/pool:w")), 1)
        assert not [m for m in run.list() if m.startswith("/pool:w")]


@story
def many_children(stage):
    """As many as may be: more are refused, and all can be listed."""
    n = 1024
    root = stage.tree(
        parent(*["create pool w%d %s" % (i, url("w")) for i in range(40)],
               "children pool"), w=actor("run"))
    with stage.run(root) as run:
        run.said("/", "^40 children$")
        equal(run.end(), 0)
        equal(len(run.find("log", "/", "^child w")), 40)
    stage.package("root", "")
    manifest = parent()
    manifest["program"]["binary"] = "bin/many.py"
    stage.package("root", manifest, None, {"bin/many.py": MANY})
    with stage.run(stage.path("packages/root/meta/root.cml")) as run:
        run.said("/", "^%d created, then error 10$" % n)
        equal(run.end(), 0)


# Frames by hand: CreateChild on a plain connection.
MANY = """#!/usr/bin/python3
import socket, struct
def string(s):
    return struct.pack("<QQ", len(s), 2**64 - 1)
def body(s):
    return s + b"\\0" * (-len(s) % 8)
def create(txid, name):
    url = b"fuchsia-pkg://example.org/w#meta/w.cm"
    # CollectionRef { name }, Child table { name, url, startup }.
    m = struct.pack("<IBxxBQ", txid, 2, 1, 0x4a172f9123f40725)
    m += string(b"pool") + struct.pack("<QQ", 3, 2**64 - 1)
    m += body(b"pool")
    m += struct.pack("<IHH", 16 + len(body(name)), 0, 0)
    m += struct.pack("<IHH", 16 + len(body(url)), 0, 0)
    m += struct.pack("<IHH", 0, 0, 1)
    return m + string(name) + body(name) + string(url) + body(url)
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
    s.connect("/svc/fuchsia.sys2.Realm")
    for n in range(5000):
        s.send(create(n + 1, b"w%d" % n))
        reply = s.recv(65536)
        ordinal, = struct.unpack_from("<Q", reply, 16)
        if ordinal != 1:
            print(n, "created, then error", struct.unpack_from("<I", reply, 24)[0])
            break
"""


play()
