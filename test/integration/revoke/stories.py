"""Revocation as the holders see it: whom it reaches, and whom it leaves alone."""
import os

from world import (ECHO, OLD_REALM, OTHER, REALM, REGISTRY, SIDE_C, SIDE_D,
                   World, equal, framework, holder, matches, tasks_below,
                   until)
from rest import held_at_rest, wait_held
from stage import play, story


def connect(w, moniker="a", slot=1, provider="p", name=ECHO):
    """A connection between two holders, in this slot of both."""
    w.holder("/" + moniker).ok("open %d /svc/%s" % (slot, name))
    w.holder("/" + provider).ok("accept %d" % slot)


def side(w):
    """Channels from a to c and from c to d: slots 8 and 9 of both."""
    w.serve("/c", SIDE_C, "hold")
    w.serve("/d", SIDE_D, "hold")
    connect(w, "a", 8, "c", SIDE_C)
    connect(w, "c", 9, "d", SIDE_D)


@story
def blocked_in_read(stage):
    """On both sides somebody waits for a message, and gets the end."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        w.p.ok("spawn 1 reading 1 0")
        w.a.ok("spawn 1 reading 1 0")
        before = w.pids()
        w.revoke("capability", "/a", ECHO, connections=1)
        w.a.is_dead(1)
        w.p.is_dead(1)
        equal(w.a.told(1), "1: eof")
        equal(w.p.told(1), "1: eof")
        equal(w.pids(), before)


@story
def queued_in_both_directions(stage):
    """What was sent and not yet read is not read any more."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        w.a.ok("fill 1 10")
        w.p.ok("fill 1 10")
        report = w.revoke("capability", "/a", ECHO, connections=1)
        equal(report["undrained"], 0)
        w.a.is_dead(1)
        w.p.is_dead(1)


@story
def others_go_on(stage):
    """Other clients of the provider, other providers of the client."""
    with World(stage) as w:
        w.serve()
        w.serve("/q", OTHER)
        for h in w.a, w.b, w.c:
            h.ok("open 1 /svc/" + ECHO)
        w.a.ok("open 2 /svc/" + OTHER)
        w.a.answers(1, 2)
        w.b.answers(1)
        w.c.answers(1)
        before = w.pids()
        w.revoke("capability", "/a", ECHO, connections=1)
        w.a.is_dead(1)
        w.a.answers(2)
        w.b.answers(1)
        w.c.answers(1)
        # What it has no more it cannot open; the others can.
        w.a.ok("open 3 /svc/" + ECHO)
        equal(w.a.receive(3, 20000), "epitaph NOT_FOUND")
        w.b.ok("open 3 /svc/" + ECHO)
        w.b.answers(3)
        equal(w.pids(), before)


@story
def given_back(stage):
    """What was offered and taken can be offered again; the old one is dead."""
    with World(stage) as w:
        w.serve()
        w.a.ok("open 1 /svc/" + ECHO)
        w.a.answers(1)
        for n in range(5):
            w.revoke("capability", "/a", ECHO, connections=1)
            w.a.is_dead(1)
            w.give_back("/a", ECHO)
            w.a.is_dead(1)
            w.a.ok("open 1 /svc/" + ECHO)
            w.a.answers(1)


@story
def passed_on_twice(stage):
    """Both ends have gone to third realms, and from there to a fourth."""
    with World(stage) as w:
        w.serve(how="hold")
        side(w)
        connect(w)
        w.a.ok("pass 1 8")
        w.c.ok("take 1 8", "copy 1 9")
        w.d.ok("take 1 9", "dup 1 2")
        w.c.is_silent(1)
        w.d.ok("send 1 from-d")
        equal(w.p.receive(1, 0), "got from-d")
        before = w.pids()
        report = w.revoke("capability", "/a", ECHO, connections=1)
        w.c.is_dead(1)
        w.d.is_dead(1, 2)
        w.p.is_dead(1)
        w.c.is_alive(8, 9)
        equal(report["step"], "sweep")
        equal(w.pids(), before)


@story
def both_ends_are_elsewhere(stage):
    """Neither its provider nor its client has it any more; both are with d,
    one of them has been there by way of c."""
    with World(stage) as w:
        w.serve(how="hold")
        side(w)
        connect(w)
        # The server end goes to a, by another channel between the two.
        connect(w, "a", 2)
        w.p.ok("pass 1 2")
        w.a.ok("take 3 2", "pass 1 8", "pass 3 8")
        w.c.ok("take 1 8", "take 3 8", "pass 1 9", "pass 3 9")
        w.d.ok("take 1 9", "take 3 9", "fill 1 5", "fill 3 5")
        before = w.pids()
        id_of = w.d.id(1)
        report = w.revoke("connection", id_of, connections=1)
        w.d.is_dead(1, 3)
        w.a.is_alive(2)
        equal(report["step"], "freeze-all")
        equal(w.pids(), before)


@story
def a_hundred_dups(stage):
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        w.a.ok("spawn 1 plain 20 5", "fill 1 3")
        w.p.ok("spawn 1 plain 20 5", "fill 1 3")
        w.revoke("capability", "/a", ECHO, connections=1)
        w.a.is_dead(1)
        w.p.is_dead(1)
        for h in w.a, w.p:
            h.ok("ask 20")
            matches(r"^20: eof 0 EPIPE", h.told(20))


@story
def half_closed(stage):
    """The client has said that it sends no more, and still listens."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        w.a.ok("send 1 last", "shut 1")
        w.p.ok("send 1 reply")
        w.revoke("capability", "/a", ECHO, connections=1)
        w.a.is_dead(1)
        w.p.is_dead(1)


@story
def half_closed_by_the_provider(stage):
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        w.p.ok("send 1 last", "shut 1")
        w.a.ok("send 1 more")
        w.revoke("capability", "/a", ECHO, connections=1)
        w.a.is_dead(1)
        w.p.is_dead(1)


@story
def forwarded(stage):
    """The provider had another one serve what it was given. Taken from the
    client or from the provider, it is dead."""
    with World(stage) as w:
        w.serve("/q", OTHER)
        w.serve(how="hold")
        for who, name in ("/a", ECHO), ("/p", OTHER):
            connect(w)
            w.p.ok("forward 1 " + OTHER)
            w.a.answers(1)
            w.a.ok("open 2 /svc/" + OTHER)
            w.a.answers(2)
            before = w.pids()
            w.revoke("capability", who, name, connections=1)
            w.a.is_dead(1)
            w.a.answers(2)
            equal(w.pids(), before)
            w.give_back(who, name)


@story
def opened_by_connect(stage):
    """Without the library: the client's end cannot be told from others, for it
    has no name of its own. It is as dead; what had come before can be read."""
    with World(stage) as w:
        w.serve(how="hold")
        w.a.ok("plain 1 /svc/" + ECHO)
        w.p.ok("accept 1")
        w.a.ok("fill 1 5")
        report = w.revoke("capability", "/a", ECHO, connections=1)
        equal(report["undrained"], 0)
        w.a.is_dead(1)
        w.p.is_dead(1)
        # The path is gone, and with it the listener.
        matches("^(ENOENT|ECONNREFUSED)$", w.a("plain 2 /svc/" + ECHO))
        w.give_back("/a", ECHO)
        w.a.ok("plain 1 /svc/" + ECHO)
        w.p.ok("accept 1", "fill 1 5")
        w.a.ok("fill 1 5")
        report = w.revoke("capability", "/a", ECHO, connections=1)
        equal(report["undrained"], 1)
        equal(w.a.end(1), "eof 5 EPIPE")
        w.p.is_dead(1)


@story
def a_thousand_under_one_grant(stage):
    with World(stage) as w:
        w.serve()
        name = "example.Granted"
        grant = w.grant("/a", ECHO, **{"as": name})
        w.b.ok("open 1 /svc/" + ECHO)
        # As many as may wait unread, and a few less.
        for first in range(0, 1000, 100):
            w.a.ok("open-many %d 100 /svc/%s" % (100 + first, name))
            equal(w.a.call_many(100 + first, 100, "x"), "100")
        before = w.pids()
        report = w.revoke("grant", str(grant), connections=1000)
        matches(r"^1000: eof 0 EPIPE$", w.a.ends(100, 1000))
        equal(report["step"], "sweep")
        w.b.answers(1)
        equal(w.pids(), before)
        print("         in %.2f ms" % (report["us"] / 1000))


@story
def closed_before(stage):
    """What the two have ended themselves, the provider first, is not revoked;
    nobody is searched or stopped for it."""
    with World(stage) as w:
        w.serve(how="hold")
        for first, second in (w.p, w.a), (w.a, w.p):
            for n in range(1, 4):
                connect(w, slot=n)
            first.ok("close 1", "close 2")
            second.ok("close 1", "close 2")
            report = w.revoke("capability", "/a", ECHO, connections=1)
            equal(report["step"], "sweep")
            equal(report["frozen_us"], 0)
            w.give_back("/a", ECHO)
            w.a.is_dead(3)
            w.p.is_dead(3)


# ---- by whom, and how it is said ----

@story
def by_each_of_its_names(stage):
    """A use, a whole realm, a grant, a connection, a provider's declaration."""
    with World(stage) as w:
        w.serve(how="hold")
        for what in (("capability", "/a", ECHO), ("realm", "/a"),
                     ("connection",), ("capability", "/p", ECHO)):
            connect(w)
            connect(w, "b", 2)
            if what == ("connection",):
                what = "connection", w.a.id(1)
            report = w.revoke(*what)
            w.a.is_dead(1)
            w.p.is_dead(1)
            others = what[1] == "/p"
            equal(report["connections"], 2 if others else 1, repr(what))
            (w.b.is_dead if others else w.b.is_alive)(2)
            if what[0] == "realm":
                w.restore("/a")
            elif what[0] == "capability" and not others:
                w.give_back(*what[1:])


@story
def a_grant_beside_an_offer(stage):
    """Of the same thing: the one is taken back, the other stays."""
    with World(stage) as w:
        w.serve(how="hold")
        for _ in range(3):
            grant = w.grant("/a", ECHO, **{"as": "example.Third"})
            connect(w, name="example.Third")
            connect(w, slot=2)
            w.revoke("grant", str(grant), connections=1)
            w.a.is_dead(1)
            w.p.is_dead(1)
            w.a.is_alive(2)


@story
def by_the_parents_program(stage):
    with World(stage) as w:
        w.serve()
        w.serve("/q", OTHER)
        w.b.ok("open 9 /svc/" + ECHO)

        def opened(name, h=w.a):
            h.ok("open 1 /svc/" + name)
            h.answers(1)
        said = w.root.grant("a", "#p", ECHO, "example.New", 0)
        matches(r"^ok \d+$", said)
        opened("example.New")
        equal(w.root.revoke(said.split()[1]), "ok 1 0")
        w.a.is_dead(1)
        opened(ECHO)
        equal(w.root.revoke_name("a", ECHO), "ok 1 0")
        w.a.is_dead(1)
        opened(OTHER)
        equal(w.root.revoke_child("a"), "ok 1 0")
        w.a.is_dead(1)
        w.b.answers(9)
        # It gives the whole back, and cuts one connection of it.
        opened(ECHO, w.c)
        matches("^ACCESS_DENIED|^RESOURCE_NOT_FOUND|^INVALID|^INSTANCE_NOT",
                w.root.cut(99999999))
        w.b.answers(9)


@story
def by_one_of_the_two(stage):
    """Provider and client can cut what they share, and nothing else."""
    p = holder(ECHO, uses=framework(REALM))
    with World(stage, p=p) as w:
        w.serve(how="hold")
        connect(w, "a")
        connect(w, "b", 2)
        number = w.p.id(2)
        equal(number, w.b.id(2))
        # Not a's.
        matches("^[A-Z_]+ ", w.a.cut(number))
        w.b.is_alive(2)
        equal(w.p.cut(number), "ok 1 0")
        w.b.is_dead(2)
        w.p.is_dead(2)
        equal(w.a.cut(w.a.id(1)), "ok 1 0")
        w.a.is_dead(1)
        w.p.is_dead(1)


@story
def a_registration(stage):
    """Ended by its provider, replaced, and taken away by the operator."""
    a = holder(uses=framework(REGISTRY))
    with World(stage, a=a) as w:
        name = "example.Registered"
        for how in "unregister", "operator", "replace":
            w.root.ok("register %s hold" % name)
            w.a.ok("connect 1 " + name)
            w.root.ok("accept 1", "fill 1 3")
            w.a.ok("fill 1 3")
            if how == "unregister":
                w.root.ok("unregister " + name)
            elif how == "operator":
                w.revoke("capability", "/", name, connections=1)
            else:
                # Here the answer does not wait for what was connected.
                mark = w.run.mark()
                w.root.ok("replace " + name)
                w.run.wait("revoke", after=mark)
            w.a.is_dead(1)
            w.root.is_dead(1)
            if how == "operator":
                # Its path is served still.
                matches("^RESOURCE_NOT_FOUND", w.a.connect(2, name))
                w.root("unregister " + name)
                w.root("unserve /svc/" + name)


@story
def its_provider_has_ended(stage):
    """What it had registered ends with it, though a third realm has the server
    end and would serve on."""
    with World(stage) as w:
        name = "example.Registered"
        w.serve("/d", SIDE_D, "hold")
        w.p.ok("register %s hold" % name, "open 8 /svc/" + SIDE_D)
        w.d.ok("accept 8")
        w.root.ok("connect 1 " + name)
        w.p.ok("accept 1", "pass 1 8")
        w.d.ok("take 1 8", "fill 1 3")
        w.root.ok("fill 1 3")
        mark = w.run.mark()
        w.p.send("exit 0")
        w.run.wait("revoke", after=mark)
        w.root.is_dead(1)
        w.d.is_dead(1)
        w.holders.pop("/p")


@story
def the_provider_of_a_manifest_has_ended(stage):
    """The same for what a manifest declares; what it had not read waits for its
    next run."""
    with World(stage) as w:
        w.serve(how="hold")
        w.serve("/d", SIDE_D, "hold")
        connect(w)
        w.p.ok("open 8 /svc/" + SIDE_D)
        w.d.ok("accept 8")
        w.p.ok("pass 1 8")
        w.d.ok("take 1 8", "fill 1 3")
        w.a.ok("fill 1 3")
        mark = w.run.mark()
        w.p.send("exit 0")
        w.run.wait("revoke", after=mark)
        w.a.is_dead(1)
        w.d.is_dead(1)
        w.holders.pop("/p")


@story
def its_time_is_over(stage):
    with World(stage) as w:
        w.serve(how="hold")
        name = "example.Short"
        w.grant("/a", ECHO, ms=3000, **{"as": name})
        connect(w, name=name)
        connect(w, slot=2)
        w.a.ok("fill 1 5")
        w.p.ok("fill 1 5")
        w.run.wait("expire", text="took|taken back")
        w.a.is_dead(1)
        w.p.is_dead(1)
        w.a.is_alive(2)
        w.a.ok("open 3 /svc/" + name)
        matches("epitaph (NOT_FOUND|ACCESS_DENIED)", w.a.receive(3, 20000))


@story
def a_number_of_uses(stage):
    """Which is up with the last of them; what was opened before lives on, until
    it is taken back."""
    with World(stage) as w:
        w.serve()
        name = "example.Thrice"
        grant = w.grant("/a", ECHO, uses=3, **{"as": name})
        w.a.ok(*["open %d /svc/%s" % (n, name) for n in (1, 2, 3, 4)])
        w.a.answers(1, 2, 3)
        matches("^epitaph ACCESS_DENIED", w.a.receive(4, 20000))
        w.revoke("grant", str(grant), connections=3)
        w.a.is_dead(1, 2, 3)


@story
def twice(stage):
    """The second finds nothing to cut. What is no more at all, it says."""
    with World(stage) as w:
        w.serve()
        grant = w.grant("/b", ECHO, **{"as": "example.New"})
        w.a.ok("open 1 /svc/" + ECHO)
        w.b.ok("open 1 /svc/example.New")
        w.a.answers(1)
        w.b.answers(1)
        number = w.a.id(1)
        w.revoke("capability", "/a", ECHO, connections=1)
        w.revoke("grant", str(grant), connections=1)
        w.revoke("capability", "/a", ECHO, connections=0)
        for again in ("grant", str(grant)), ("connection", number):
            _, status, why = w.begin(*again).answer()
            equal(status, 1)
            matches("no ", why)
        # A realm can be taken everything from when it has nothing.
        w.revoke("realm", "/a")
        w.revoke("realm", "/a", connections=0)
        w.a.is_dead(1)
        w.b.is_dead(1)


@story
def the_tool_leaves(stage):
    """Whoever asked for it and did not wait takes nothing back from it."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        # It takes a while: nobody has it but queues.
        w.a.ok("nest 1 3 2")
        w.p.ok("nest 1 3 2")
        mark = w.run.mark()
        w.begin("capability", "/a", ECHO).begun().leave()
        w.run.wait("revoke", after=mark)
        for h in w.a, w.p:
            h.ok("unnest 2 3 1")
            h.is_dead(1)


@story
def the_command(stage):
    """reeve revoke, and what it says."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        connect(w, slot=2)
        matches(r"1 connection cut.*nothing passes any more",
                w.run.ask("revoke", "--connection", w.a.id(2)))
        w.a.is_dead(2)
        w.a.is_alive(1)
        matches(r"1 connection cut", w.run.ask("revoke", "/a", ECHO))
        w.a.is_dead(1)
        w.p.is_dead(1)


@story
def channels_to_the_manager(stage):
    """What the framework serves is taken back like all else."""
    with World(stage) as w:
        for name in REALM, OLD_REALM:
            w.a.ok("open 1 /svc/" + name, "dup 1 2")
            w.a.is_silent(1)
            w.revoke("capability", "/a", name, connections=1)
            w.a.is_dead(1, 2)
            w.a.ok("open 3 /svc/" + name)
            equal(w.a.receive(3, 20000), "epitaph NOT_FOUND")
        # The parent's own has not been touched.
        matches(r"^ok \d+", w.root.grant("b", "#p", ECHO, "example.New", 0))


# ---- what it does not reach ----

@story
def what_they_gave_each_other(stage):
    """While it lived, the two made things that are not it: these go on. The
    guarantee ends here, see CAVEATS.md."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        # A channel of their own, a pipe, and memory.
        w.a.ok("pair 2 3", "pipe 4 5", "memory 6",
               "pass 3 1", "pass 4 1", "copy 6 1")
        w.p.ok("take 3 1", "take 4 1", "take 6 1")
        w.revoke("capability", "/a", ECHO, connections=1)
        w.a.is_dead(1)
        w.p.is_dead(1)
        w.a.ok("send 2 still", "write 5 flowing", "write 6 shared")
        equal(w.p.receive(3, 20000), "got still")
        equal(w.p.read(4), "got flowing")
        equal(w.p.read(6), "got shared")
        w.p.ok("send 3 and-back")
        equal(w.a.receive(2, 20000), "got and-back")


@story
def what_was_on_its_way_is_lost(stage):
    """The same, but it had not arrived yet: it never does."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        w.a.ok("pair 2 3", "pass 3 1")
        w.p.ok("pair 4 5", "pass 5 1")
        w.revoke("capability", "/a", ECHO, connections=1)
        w.p.is_dead(1)
        w.a.is_dead(1)
        # Nobody has their other ends.
        w.a.is_dead(2)
        w.p.is_dead(4)


# ---- its price ----

@story
def nothing_is_left(stage):
    """Twenty revocations cost what one did; no task, no descriptor stays, and no
    cgroup when all is over."""
    def once(w):
        connect(w)
        w.a.ok("nest 1 3 2")
        w.revoke("capability", "/a", ECHO, connections=1)
        w.a.ok("unnest 2 3 1")
        w.a.is_dead(1)
        w.p.is_dead(1)
        w.a.ok("close 1")
        w.p.ok("close 1")
        w.give_back("/a", ECHO)

    with World(stage) as w:
        w.serve(how="hold")
        for _ in range(3):
            once(w)
        held = held_at_rest(w.run.pid)
        tasks = len(tasks_below(w.run.pid))
        for _ in range(20):
            once(w)
        wait_held(held, w.run.pid)
        until(lambda: len(tasks_below(w.run.pid)) <= tasks, "tasks end")
        cgroup = w.run.cgroup()
    assert not cgroup or not os.path.exists(cgroup), cgroup + " is left"


play()
