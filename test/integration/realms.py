"""Realms that are made, bounded and ended at run time, by reeve.Realm and by
the tool."""
import os
import re
import signal

from stage import (actor, child, equal, is_sanitized, matches, obeyer, offer,
                   play, story, until, url, uses)

ECHO = "example.Echo"
REALM = "fuchsia.sys2.Realm"
CUT = "refused PEER_CLOSED by nobody"
POOL = [dict(name="pool", durability="transient")]
W = "create-with pool %s " + url("w")


def tree(stage, *commands, **packages):
    """A root that makes children of /w, and serves an echo and files itself."""
    packages.setdefault("w", obeyer())
    return stage.run(stage.tree(
        obeyer("serve /svc/%s echo" % ECHO, "realm /svc/" + REALM,
               "sh mkdir -p /d/one && echo top >/d/file", *commands,
               use=uses(REALM), collections=POOL,
               capabilities=[dict(protocol=ECHO),
                             dict(directory="d", path="/d",
                                  rights=["rw*"])]), **packages))


def make(run, name, *parts):
    equal(run.one("/", " ".join([W % name, ";".join(parts)]).strip()),
          "created " + name)


def refused(run, code, text, command):
    found = run.one("/", command).split(": ", 2)
    equal(found[1], code, command)
    matches(text, found[2])


def has_child(run, name):
    return "/pool:" + name in run.list()


# ---- a life ----

@story
def created_started_stopped_destroyed(stage):
    with tree(stage) as run:
        make(run, "w")
        equal(run.state("/pool:w"), "unresolved")
        equal(run.find("start", "/pool:w"), [])
        for _ in range(2):
            after = run.mark()
            equal(run.one("/", "start-child pool w"), "started w")
            run.said("/pool:w", "^obeying$", after=after)
            # Again is nothing.
            equal(run.one("/", "start-child pool w"), "started w")
            equal(run.one("/", "stop-child pool w"), "stopped w")
            equal(run.state("/pool:w"), "stopped")
            equal(len(run.find("exit", "/pool:w", after=after)), 1)
        equal(run.one("/", "stop-child pool w"), "stopped w")
        equal(run.one("/", "destroy pool w"), "destroyed w")
        equal(has_child(run, "w"), False)
        for verb in "start-child", "stop-child", "usage", "limit":
            refused(run, "INSTANCE_NOT_FOUND", "no such child",
                    verb + " pool w")


@story
def the_last_wish_holds(stage):
    """What is started while it still stops is started behind that."""
    with tree(stage, w=obeyer("save-on-stop")) as run:
        make(run, "w", "eager")
        run.said("/pool:w", "^obeying$")

        def ask(*verbs):
            """All of them before it can have done what the first one says."""
            program = run.program("/pool:w")
            os.kill(program, signal.SIGSTOP)
            for verb in verbs:
                run.ask(verb, "/pool:w")
            os.kill(program, signal.SIGCONT)

        after = run.mark()
        ask("stop", "start", "stop", "start")
        run.wait("exit", "/pool:w", after=after)
        run.said("/pool:w", "^obeying$", after=after)
        after = run.mark()
        ask("start", "stop", "start", "stop")
        run.wait("exit", "/pool:w", after=after)
        run.wait_state("/pool:w", "stopped")
        equal(run.one("/", "start-child pool w"), "started w")
        run.said("/pool:w", "^obeying$", after=after)
        equal(run.one("/", "stop-child pool w"), "stopped w")
        equal(len(run.find("start", "/pool:w", after=after)), 1)


@story
def one_that_does_not_want_to_stop(stage):
    """It is killed after the grace period; Stop returns when it is gone."""
    with tree(stage, w=actor("deaf")) as run:
        make(run, "w", "eager")
        run.said("/pool:w", "^deaf$")
        equal(run.one("/", "stop-child pool w"), "stopped w")
        equal(len(run.find("exit", "/pool:w")), 1)


@story
def what_cannot_start_says_why(stage):
    with tree(stage, v=dict(children=[child("x", "w")])) as run:
        equal(run.one("/", "create-with pool ghost " + url("ghost")),
              "created ghost")
        refused(run, "INSTANCE_CANNOT_START", "ghost",
                "start-child pool ghost")
        equal(run.one("/", "create-with pool none " + url("v")),
              "created none")
        refused(run, "INSTANCE_CANNOT_START", "no program",
                "start-child pool none")


@story
def the_tool_does_the_same(stage):
    with tree(stage) as run:
        run.said("/", "^obeying$")
        run.ask("create", "/", "pool:w", url("w"))
        equal(run.state("/pool:w"), "unresolved")
        run.ask("start", "/pool:w")
        run.said("/pool:w", "^obeying$")
        after = run.mark()
        run.ask("restart", "/pool:w")
        run.wait("exit", "/pool:w", after=after)
        run.said("/pool:w", "^obeying$", after=after)
        run.ask("limit", "/pool:w", "connections=2")
        matches("already|there is",
                run.stage.reeve("create", "/", "pool:w", url("w"), "--manager",
                                str(run.pid)).stderr)
        run.ask("destroy", "/pool:w")
        equal(has_child(run, "w"), False)
        for words in (["destroy", "/pool:w"], ["destroy", "/"],
                      ["create", "/", "nowhere:w", url("w")],
                      ["create", "/", "pool:b/ad", url("w")]):
            r = run.stage.reeve(*words, "--manager", str(run.pid))
            assert r.returncode != 0 and r.stderr, words


# ---- offers at creation ----

@story
def what_is_offered_at_creation_is_there_at_the_start(stage):
    """It never runs without it, not even for a moment."""
    with tree(stage, w=obeyer("open /svc/" + ECHO, "call first",
                              "plain /svc/my.Echo second",
                              "sh cat /got/file")) as run:
        make(run, "w", "eager", "offer service %s" % ECHO,
             "offer service %s as=my.Echo" % ECHO,
             "offer directory d path=/got rights=r")
        run.said("/pool:w", "^obeying$")
        equal(run.says("/pool:w")[:4],
              ["answer first", "answer second", "top", "sh 0"])
        says = run.order("/", "grants")
        equal(says[-1], "3 grants")
        for line in says[:-1]:
            matches(r"^grant \d+ to /pool:w: ", line)
        # They are grants like all others.
        number = [s for s in says if "as my.Echo" in s][0].split()[1]
        matches("^revoked: 1 connections", run.one("/", "revoke " + number))
        equal(run.one("/pool:w", "call x"), CUT)
        equal(run.order("/pool:w", "open /svc/" + ECHO, "call y"),
              ["answer y"])


@story
def a_refused_creation_leaves_nothing(stage):
    with tree(stage) as run:
        run.said("/", "^obeying$")
        good = "offer service " + ECHO
        for code, text, parts in (
                ("RESOURCE_NOT_FOUND", "nothing.Here",
                 "eager;%s;offer service nothing.Here" % good),
                ("INSTANCE_ALREADY_EXISTS", "already", ";".join([good] * 2)),
                ("INVALID_ARGUMENTS", "nothing can be put at",
                 good + " path=/proc/x/y"),
                ("ACCESS_DENIED", "rights", "offer directory d rights=rx"),
                ("RESOURCE_UNAVAILABLE", "least memory is more",
                 "%s;limit memory_min=65536000 memory_max=32768000" % good)):
            refused(run, code, text, "%s %s" % (W % "w", parts))
            equal(run.order("/", "children pool"), ["0 children"])
            equal(run.one("/", "grants"), "0 grants")
            until(lambda: not has_child(run, "w"), "it is gone")
        equal(run.find("start", "/pool:w"), [])
        refused(run, "COLLECTION_NOT_FOUND", "no such collection",
                "create-with nowhere w %s x" % url("w"))
        refused(run, "INVALID_ARGUMENTS", "",
                "create-with pool b/ad %s x" % url("w"))
        # And the name is free.
        make(run, "w", good)
        refused(run, "INSTANCE_ALREADY_EXISTS", "a child of that name",
                W % "w" + " x")


@story
def more_offers_than_a_request_holds(stage):
    with tree(stage) as run:
        run.said("/", "^obeying$")
        offers = ["offer service %s as=n%d" % (ECHO, n) for n in range(33)]
        equal(run.one("/", "%s %s" % (W % "w", ";".join(offers))),
              "create: Invalid argument")
        make(run, "w", *offers[:32])
        equal(run.order("/", "count-grants"), ["32 grants"])


@story
def who_comes_again_has_nothing(stage):
    """Grants are to a child, not to its name."""
    with tree(stage) as run:
        make(run, "w", "eager", "offer service " + ECHO)
        equal(run.order("/pool:w", "open /svc/" + ECHO, "call x"),
              ["answer x"])
        equal(run.one("/", "destroy pool w"), "destroyed w")
        equal(run.order("/", "grants"), ["0 grants"])
        equal([g for g in run.grants() if g["kind"] == "grant"], [])
        after = run.mark()
        make(run, "w", "eager")
        run.said("/pool:w", "^obeying$", after=after)
        equal(run.order("/pool:w", "open /svc/" + ECHO, "call x"),
              ["refused NOT_FOUND by manager"])


# ---- grants, many ----

@story
def two_hundred_grants_are_listed(stage):
    """In as many messages as it takes, each once, and taken at once."""
    n = 200
    with tree(stage) as run:
        make(run, "w", "eager")
        run.said("/pool:w", "^obeying$")
        equal(run.one("/", "grant-many %d pool w service %s" % (n, ECHO)),
              "granted %d of %d" % (n, n))
        equal(run.order("/", "count-grants"), ["%d grants" % n])
        equal(len({g["grant"] for g in run.grants("/pool:w")
                   if g["kind"] == "grant"}), n)
        equal(run.order("/pool:w", "connect n0", "call x", "keep a",
                        "connect n%d" % (n - 1), "call y", "keep b"),
              ["connected n0", "answer x", "connected n%d" % (n - 1),
               "answer y"])
        matches("^revoked: [0-9]+ connections, ",
                run.one("/", "revoke-child pool w"))
        equal(run.order("/pool:w", "take a", "call x", "take b", "call x"),
              [CUT] * 2)
        equal(run.order("/", "count-grants"), ["0 grants"])


# ---- limits ----

def memory(mib):
    """Not for a program whose sanitizer reserves all there is."""
    return "" if is_sanitized() else " memory_max=%d" % (mib << 20)


def usage(run):
    """The numbers of "usage" by their words."""
    line = run.one("/", "usage pool w")
    m = re.match(r"usage: memory (\d+) of (\d+), tasks (\d+) of (\d+), "
                 r"(\d+) connections, (\d+) refused, cpu (\d+)$", line)
    assert m, line
    return dict(zip(("memory", "memory_max", "tasks", "tasks_max",
                     "connections", "refused", "cpu"), map(int, m.groups())))


@story
def limits_at_creation_and_other_ones_later(stage):
    with tree(stage) as run:
        make(run, "w", "eager", "offer service " + ECHO,
             "limit connections=3 tasks_max=20" + memory(64))
        run.said("/pool:w", "^obeying$")
        hold = ("hold 6 /svc/" + ECHO, "call-held x", "drop-held")
        says = run.order("/pool:w", *hold)
        matches("answered 3 refused 3 of 6", " ".join(says))
        u = usage(run)
        equal(u["tasks_max"], 20)
        equal(u["memory_max"], 0 if is_sanitized() else 64 << 20)
        assert u["refused"] >= 3, u
        equal(run.one("/", "limit pool w connections=5 tasks_max=20" +
                      memory(64)), "limited w")
        matches("answered 5 refused 1 of 6",
                " ".join(run.order("/pool:w", *hold)))
        run.ask("limit", "/pool:w", "connections=2")
        matches("answered 2 refused 4 of 6",
                " ".join(run.order("/pool:w", *hold)))
        equal(run.one("/pool:w", "say alive"), "alive")


@story
def usage_is_what_it_and_its_children_use(stage):
    with tree(stage, w=obeyer(children=[child("below", "v")]),
              v=obeyer()) as run:
        make(run, "w", "eager", "offer service " + ECHO,
             "limit tasks_max=50" + memory(128))
        run.said("/pool:w", "^obeying$")
        run.order("/pool:w", "hold 4 /svc/" + ECHO, "call-held x")
        alone = usage(run)
        equal(alone["connections"], 4)
        run.start("/pool:w/below")
        run.said("/pool:w/below", "^obeying$")
        # More than the kernel charges in advance.
        equal(run.one("/pool:w/below", "sh head -c 8388608 /dev/zero >/tmp/full"),
              "sh 0")
        both = usage(run)
        counted = run.show("/pool:w").get("budget", {}).get("limits", {}).get(
            "tasks_max", {}).get("by", "")
        if counted.startswith("cgroup"):
            assert 0 < alone["tasks"] < both["tasks"], (alone, both)
            assert 0 < alone["memory"] < both["memory"] - (4 << 20), \
                (alone, both)
        run.order("/pool:w", "drop-held")
        until(lambda: usage(run)["connections"] == 0, "none is left")


# ---- the rule, with children that come and go ----

@story
def a_plugin_registers_and_goes(stage):
    """Its parent waits for it by name, and is told of its end."""
    plugin = obeyer("register example.Plugin")
    with tree(stage, w=plugin) as run:
        waits = run.order("/", "watch-name example.Plugin",
                          "wait-name example.Plugin", waits=False)
        run.ask("create", "/", "pool:w", url("w"))
        run.start("/pool:w")
        equal(run.done("/", waits)[-1], "example.Plugin is there")
        equal(run.order("/", "connect example.Plugin", "call x"),
              ["connected example.Plugin", "answer x"])
        after = run.mark()
        run.ask("destroy", "/pool:w")
        run.said("/", "^saw example.Plugin go$", after=after)
        equal(run.one("/", "call x"), CUT)
        # Another one of that name is another one.
        after = run.mark()
        make(run, "w", "eager")
        run.said("/", "^saw example.Plugin come$", after=after)
        equal(run.order("/", "connect example.Plugin", "call x"),
              ["connected example.Plugin", "answer x"])


@story
def ended_while_it_waits(stage):
    """For a name, with a watch, on a channel: nothing of it is left."""
    with tree(stage) as run:
        for _ in range(2):
            after = run.mark()
            make(run, "w", "eager", "offer service " + ECHO)
            run.said("/pool:w", "^obeying$", after=after)
            run.order("/pool:w", "watch-name never", "open /svc/" + ECHO,
                      "call x", "wait-name never.Ever", waits=False)
            run.said("/pool:w", "^answer x$", after=after)
            equal(run.one("/", "destroy pool w"), "destroyed w")
        equal(run.one("/", "say alive"), "alive")
        equal(run.order("/", "grants"), ["0 grants"])


@story
def the_framework_offered_onward(stage):
    """reeve.Realm from the framework, offered to a child, is the offerer's: its
    helper gives to its siblings what the offerer has."""
    root = stage.tree(
        obeyer("serve /svc/%s echo" % ECHO,
               children=[child("helper", startup="eager")], collections=POOL,
               capabilities=[dict(protocol=ECHO)],
               offer=[offer("framework", "#helper", name="reeve.Realm")]),
        helper=actor("obey", use=[dict(protocol="reeve.Realm")]), w=obeyer())
    with stage.run(root, "--start", "/", "--start", "/helper") as run:
        equal(run.one("/helper", "%s eager" % (W % "w")), "created w")
        run.said("/pool:w", "^obeying$")
        says = run.one("/helper", "grant pool w service " + ECHO)
        matches("^granted", says)
        equal(run.order("/pool:w", "open /svc/" + ECHO, "call x"),
              ["answer x"])
        # It is the same realm whoever asks for it.
        equal(run.order("/", "count-grants"), ["1 grants"])
        matches("^revoked: 1 ", run.one("/", "revoke " + says.split()[1]))
        equal(run.one("/pool:w", "call x"), CUT)


play()
