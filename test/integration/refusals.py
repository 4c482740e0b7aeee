"""
Every hop that can break, live: what the opener sees, what is logged for it, and
that `check` and `route` say the same beforehand.
"""
import json

from stage import (actor, child, equal, matches, offer, play, provider,
                   story, url, user)

ECHO = "example.Echo"


def broken_tree(stage):
    """One tree with a user for each way in which a route can break."""
    root = actor("run")
    root.update(children=[], offer=[], collections=[])

    def broken(name, offers=(), commands=(), more_children=(), **use):
        use = use or dict(protocol=ECHO)
        root["children"].append(child("u-" + name, startup="eager"))
        root["children"] += more_children
        root["offer"] += offers
        stage.package("u-" + name,
                      actor(*(commands or ("open /svc/" + ECHO, "call x")),
                            use=[use]))

    broken("parent")

    # The root offers on what nobody gave to it.
    broken("above", [offer("parent", "#u-above")])

    # Its grandparent does not offer it.
    stage.package("middle", dict(
        children=[child("u-middle", startup="eager")],
        offer=[offer("parent", "#u-middle")]))
    stage.package("u-middle", user("open /svc/" + ECHO, "call x"))
    root["children"].append(child("middle", startup="eager"))

    # A sibling that does not expose it; one whose child does not.
    stage.package("mute", actor("run", capabilities=[dict(protocol=ECHO)]))
    broken("mute", [offer("#mute", "#u-mute")], (), [child("mute")])
    stage.package("deep", dict(
        children=[child("mute")],
        expose=[{"protocol": ECHO, "from": "#mute"}]))
    broken("deep", [offer("#deep", "#u-deep")], (), [child("deep")])

    # A component without a program; one that cannot be resolved.
    stage.package("hollow", dict(
        capabilities=[dict(protocol=ECHO)],
        expose=[{"protocol": ECHO, "from": "self"}]))
    broken("hollow", [offer("#hollow", "#u-hollow")], (), [child("hollow")])
    broken("absent", [offer("#absent", "#u-absent")], (), [child("absent")])
    stage.package("invalid", '{ use: [ { protocol: "x", colour: 1 } ] }')
    broken("invalid", [offer("#invalid", "#u-invalid")], (),
           [child("invalid")])

    # Void for one that needs it, and less than it needs.
    broken("void", [offer("void", "#u-void", availability="optional")])
    stage.package("server", provider("serve /svc/%s echo" % ECHO, "run"))
    broken("weak", [offer("#server", "#u-weak", availability="optional")], (),
           [child("server")])
    return root


# user -> (rule, the component whose manifest is to blame)
BROKEN = {
    "/u-parent": ("use-from-parent-not-found", "/"),
    "/u-above": ("offer-from-component-manager-not-found", "/"),
    "/middle/u-middle": ("offer-from-parent-not-found", "/"),
    "/u-mute": ("offer-from-child-expose-not-found", "/mute"),
    "/u-deep": ("expose-from-child-expose-not-found", "/deep/mute"),
    "/u-hollow": ("instance-not-executable", "/hollow"),
    "/u-absent": ("resolve-failed", "/"),
    "/u-invalid": ("resolve-failed", "/"),
    # An offer from void must say that it is optional.
    "/u-void": ("availability", "/"),
    "/u-weak": ("availability", "/"),
}


@story
def each_broken_hop(stage):
    path = stage.package("root", broken_tree(stage))
    with stage.run(path) as run:
        for moniker, (rule, at) in BROKEN.items():
            e = run.wait("refused", moniker)
            error = e["route"]["error"]
            equal((error["rule"], error["moniker"], error["status"]),
                  (rule, at, "NOT_FOUND"), moniker)
            # In one line: what, where, why, and what to type next.
            matches(ECHO, e["text"])
            matches(r"%s:%d:%d: " % (error["file"], error["line"],
                                     error["column"]), e["text"])
            matches(r"\[%s\]" % rule, e["text"])
            assert error["line"] > 0, error
            more = "reeve route %s %s %s" % (path, moniker, ECHO)
            assert more in e["text"] + e["detail"], e
            # The opener's own side of it.
            run.said(moniker, "^refused NOT_FOUND by manager$")
            equal(len(run.find("refused", moniker)), 1, moniker)
            # `route` says it without anything running.
            r = stage.reeve("route", "--json", path, moniker, ECHO)
            equal(r.returncode, 1, moniker)
            equal(json.loads(r.stdout)["error"], error, moniker)
        # Nobody was started for any of it.
        equal([e["moniker"] for e in run.find("start")
               if e["moniker"] not in BROKEN and e["moniker"] != "/"], [])
        wanted = {rule for rule, _ in BROKEN.values()}
    found = json.loads(stage.reeve("check", "--json", path).stdout)
    equal(wanted - {d["rule"] for d in found}, set())


@story
def the_user_in_the_seeds_dialect(stage):
    root = stage.tree(
        {"children": [{"name": "D", "url": url("d"), "startup": "eager"}]},
        d={"program": {"binary": "bin/actor",
                       "args": ["open /svc/%s" % ECHO, "call x"]},
           "use": [{"service": "/svc/" + ECHO}]})
    with stage.run(root) as run:
        equal(run.wait("refused", "/D")["route"]["error"]["rule"],
              "use-from-parent-not-found")
        run.said("/D", "^refused NOT_FOUND by manager$")


@story
def the_root_uses_what_nobody_gave(stage):
    root = stage.tree(user("open /svc/" + ECHO, "call x"))
    with stage.run(root) as run:
        equal(run.wait("refused", "/")["route"]["error"]["rule"],
              "use-from-component-manager-not-found")
        run.said("/", "^refused NOT_FOUND by manager$")


@story
def what_is_optional_is_absent_quietly(stage):
    root = stage.tree(
        dict(children=[child("u", startup="eager")],
             offer=[offer("void", "#u", availability="optional")]),
        u=actor("list /svc", "open /svc/" + ECHO, "call x",
                use=[dict(protocol=ECHO, availability="optional")]))
    with stage.run(root) as run:
        # The entry exists; only opening it fails, and nobody is warned.
        run.said("/u", "^entry %s$" % ECHO)
        run.said("/u", "^refused NOT_FOUND by manager$")
        equal(run.end(), 0)
        equal(run.find("refused"), [])


@story
def a_name_that_is_not_in_the_namespace(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider("serve /svc/%s echo" % ECHO, "run"),
        u=user("open /svc/example.Other", "call x", "open /nowhere/x",
               "plain /svc/example.Other x"))
    with stage.run(root) as run:
        run.said("/u", "^refused NOT_FOUND by manager$")
        run.said("/u", "^open: No such file or directory$")
        run.said("/u", "^connect: No such file or directory$")
        equal(run.end(), 0)
        equal(run.find("start", "/s"), [])


def directories(stage, offered, **use):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[dict({"directory": "d", "from": "#s", "to": "#u"},
                         **offered)]),
        s=actor("run",
                capabilities=[dict(directory="d", path="/d", rights=["rw*"])],
                expose=[{"directory": "d", "from": "self"}]),
        u=actor("sh ls /d/", "open /d/x", "call x", "list /d",
                use=[dict(dict(directory="d", path="/d"), **use)]))
    return root


@story
def a_directory_with_too_few_rights(stage):
    root = directories(stage, {"rights": ["r*"]}, rights=["rw*"])
    with stage.run(root) as run:
        e = run.wait("refused", "/u", "rights")
        matches("reeve route", e["text"])
        # Nothing is there: neither a mount, nor behind the channel.
        run.said("/u", "^sh [1-9]")
        run.said("/u", r"^refused ACCESS_DENIED by manager$")
        equal(run.end(), 0)
        equal(run.find("start", "/s"), [])
    r = stage.reeve("route", "--json", root, "/u", "d")
    error = json.loads(r.stdout)["error"]
    equal((error["rule"], error["status"], error["moniker"]),
          ("rights-invalid", "ACCESS_DENIED", "/"))


@story
def a_path_beyond_all_bounds(stage):
    deep = "/".join(["x" * 250] * 12)
    root = directories(stage, {"subdir": deep}, rights=["r*"], subdir=deep)
    with stage.run(root) as run:
        run.wait("refused", "/u")
        run.said("/u", "^refused NOT_FOUND by manager$")
        equal(run.end(), 0)
    r = stage.reeve("route", "--json", root, "/u", "d")
    equal(json.loads(r.stdout)["error"]["rule"], "path-too-long")


@story
def storage_without_a_backing_directory(stage):
    root = stage.tree(
        dict(children=[child("u", startup="eager")],
             capabilities=[dict({"storage": "data", "from": "parent",
                                 "backing_dir": "nothing",
                                 "storage_id":
                                 "static_instance_id_or_moniker"})],
             offer=[offer("self", "#u", name="data", kind="storage")]),
        u=actor("sh ls /data/", use=[dict(storage="data", path="/data")]))
    with stage.run(root) as run:
        matches("data.*route", run.wait("refused", "/u")["text"])
        run.said("/u", "^sh [1-9]")
        equal(run.end(), 0)


@story
def the_provider_cannot_start(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        u=user("open /svc/" + ECHO, "call x", "open /svc/" + ECHO, "call x"))
    manifest = provider("run")
    manifest["program"]["binary"] = "bin/absent"
    stage.package("s", manifest)
    with stage.run(root) as run:
        matches("bin/absent", run.wait("failed", "/s")["text"])
        run.said("/u", "^refused UNAVAILABLE by manager$", n=2)
        equal(run.end(), 0)


@story
def the_provider_itself_refuses(stage):
    """Not to be mistaken for the manager."""
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u", name=n) for n in ("refuse", "drop",
                                                        "unserved")]),
        s=actor("serve /svc/refuse refuse", "serve /svc/drop drop", "run",
                capabilities=[dict(protocol=["refuse", "drop", "unserved"])],
                expose=[{"protocol": ["refuse", "drop", "unserved"],
                         "from": "self"}]),
        u=actor("open /svc/refuse", "call x", "open /svc/drop", "call x",
                "open /svc/unserved", "call x",
                use=[dict(protocol=["refuse", "drop", "unserved"])]))
    with stage.run(root) as run:
        run.said("/u", "^refused BAD_STATE by peer$")
        matches("^refused PEER_CLOSED by (peer|nobody)$",
                run.said("/u", "PEER_CLOSED")["text"])
        run.said("/u", "^refused NOT_FOUND by peer$")
        equal(run.end(), 0)
        equal(run.find("refused"), [])


@story
def unknown_framework_capability(stage):
    root = stage.tree(
        dict(children=[child("u", startup="eager")]),
        u=actor("open /svc/fuchsia.sys2.Nothing", "call x",
                use=[{"protocol": "fuchsia.sys2.Nothing",
                      "from": "framework"}]))
    with stage.run(root) as run:
        e = run.wait("refused", "/u")
        equal(e["route"]["error"]["rule"], "framework-not-found")
        run.said("/u", "^refused NOT_FOUND by manager$")
        equal(run.end(), 0)


play()
