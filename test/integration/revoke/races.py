"""Revocation at the wrong moment: while something opens, starts, stops or dies."""
import itertools
import os
import signal
import time

from places import PLACES
from world import (ECHO, OTHER, Request, World, command_of, equal, holder,
                   matches, tasks_below, until)
from stage import play, story


def program_of(w, moniker):
    """The process id of a holder's program."""
    return max(p for p in tasks_below(w.run.task(moniker))
               if "/pkg/bin/holder" in command_of(p))


def looped(h):
    """(opens, answers, when the last of these came)"""
    return tuple(map(int, h.looped().split()))


@story
def while_it_opens(stage):
    """A client opens, calls and closes without end. Once it is true, nothing is
    answered any more; who has it still does not notice."""
    with World(stage) as w:
        w.serve()
        for n in range(8):
            grant = w.grant("/a", ECHO, **{"as": "example.New"})
            name, what = ((ECHO, ("capability", "/a", ECHO)),
                          ("example.New", ("grant", str(grant))),
                          ("example.New", ("realm", "/a")),
                          (ECHO, ("realm", "/a")))[n % 4]
            w.a.ok("loop /svc/" + name)
            w.b.ok("loop /svc/" + ECHO)
            for h in w.a, w.b:
                until(lambda: looped(h)[1] > 20, "it is answered")
            w.revoke(*what)
            now = time.monotonic_ns()
            opened, answered, at = looped(w.a)
            assert at <= now, "answered %d ns too late" % (at - now)
            others = looped(w.b)[1]
            until(lambda: looped(w.a)[0] > opened + 50, "it goes on opening")
            equal(looped(w.a)[1], answered, "answers after " + repr(what))
            until(lambda: looped(w.b)[1] > others + 20, "others are answered")
            w.a.ok("unloop")
            w.b.ok("unloop")
            # Back to what the manifests say.
            w.revoke("realm", "/a")
            w.restore("/a")


@story
def while_its_provider_starts(stage):
    """An open that waits for the start, or is just being read."""
    p = holder(ECHO, orders=("serve /svc/%s hold" % ECHO,))
    with World(stage, p=p) as w:
        for n in range(12):
            w.run.ask("stop", "/p")
            w.run.wait_state("/p", "stopped")
            w.a.ok("open 1 /svc/" + ECHO, "send 1 hello")
            w.b.ok("open 2 /svc/" + ECHO, "send 2 from-b")
            for _ in range(n):
                w.c.ping(1)
            w.revoke("capability", "/a", ECHO)
            matches(r"^eof 0 EPIPE( ACCESS_DENIED)?$", w.a.end(1))
            p = w.holder("/p", anew=True)
            # Whatever comes to it, b's is the only one that lives.
            alive = []
            while not alive:
                p.ok("accept 1")
                if p.receive(1, 0) == "got from-b":
                    alive.append(1)
                else:
                    p.is_dead(1)
            p.ok("send 1 answer")
            equal(w.b.receive(2, 20000), "got answer")
            w.give_back("/a", ECHO)


@story
def while_its_provider_rests(stage):
    """It crashes at every start; what waits for it is refused in the queue, and
    what others opened goes on waiting."""
    p = holder(ECHO, orders=("exit 1",))
    with World(stage, p=p, arguments=dict(lazy=("p",)),
               start=("/", "/a", "/b")) as w:
        w.b.ok("open 2 /svc/" + ECHO)
        w.a.ok("open 1 /svc/" + ECHO)
        w.run.wait("exit", "/p", n=2)
        until(lambda: w.run.state("/p") in ("backoff", "stopped"), "it rests")
        report = w.revoke("capability", "/a", ECHO, connections=1)
        equal(w.a.end(1), "eof 0 EPIPE ACCESS_DENIED")
        equal(report["tasks"], 0, "searched")
        w.b.is_silent(2)
        # Its own end comes when the provider is given up.
        matches("^epitaph UNAVAILABLE$", w.b.receive(2, 20000))


@story
def unread_by_its_provider(stage):
    """The open lies in the outgoing channel of a provider that runs, and does
    not look."""
    with World(stage) as w:
        w.serve()
        pid = program_of(w, "/p")
        os.kill(pid, signal.SIGSTOP)
        w.a.ok(*["open %d /svc/%s" % (n, ECHO) for n in (1, 2, 3)])
        w.b.ok("open 5 /svc/" + ECHO)
        until(lambda: w.run.show("/p")["opens_waiting"] == 4, "they wait")
        w.revoke("capability", "/a", ECHO, connections=3)
        w.a.is_dead(1, 2, 3)
        w.b.is_silent(5)
        with open("/proc/%d/stat" % pid) as f:
            equal(f.read().rpartition(")")[2].split()[0], "T")
        os.kill(pid, signal.SIGCONT)
        w.b.answers(5)


@story
def while_somebody_crashes(stage):
    """The provider, the client, or both, at the same moment."""
    p = holder(ECHO, orders=("serve /svc/%s echo" % ECHO,))
    with World(stage, p=p) as w:
        for n in range(6):
            w.a.ok("open 1 /svc/" + ECHO)
            w.b.ok("open 2 /svc/" + ECHO)
            w.a.answers(1)
            w.b.answers(2)
            victims = (("/p",), ("/a",), ("/p", "/a"))[n % 3]
            pids = [program_of(w, m) for m in victims]
            request = None
            if n % 2:
                request = w.begin("capability", "/a", ECHO)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            request = request or w.begin("capability", "/a", ECHO)
            report = request.report()
            equal((report["killed"], report["unproven"]), (0, 0))
            if "/a" not in victims:
                w.a.is_dead(1)
            if "/p" not in victims:
                w.b.answers(2)
            for m in victims:
                until(lambda: w.run.state(m) in ("stopped", "backoff"), "gone")
                w.holders.pop(m)
            w.give_back("/a", ECHO)
            if "/a" in victims:
                w.run.start("/a")
                w.a = w.holder("/a")
            if "/p" in victims:
                w.a.ok("open 1 /svc/" + ECHO)
                w.holder("/p")
                w.a.answers(1)
                w.b.ok("open 2 /svc/" + ECHO)
                w.b.answers(2)


@story
def while_its_provider_stops(stage):
    """It was asked to, and does not."""
    with World(stage) as w:
        w.serve()
        w.p.ok("stubborn")
        w.a.ok("open 1 /svc/" + ECHO)
        w.b.ok("open 2 /svc/" + ECHO)
        w.a.answers(1)
        w.b.answers(2)
        w.run.ask("stop", "/p")
        w.run.said("/p", "asked to stop")
        # One more open, which is for its next run.
        w.a.ok("open 3 /svc/" + ECHO)
        w.revoke("capability", "/a", ECHO)
        w.a.is_dead(1, 3)
        w.b.answers(2)
        w.p.send("exit 0")
        w.run.wait("exit", "/p")
        w.holders.pop("/p")


@story
def several_at_once(stage):
    """Of sets that overlap. Each answer is true when it comes, whatever the
    order in which they were asked for."""
    with World(stage) as w:
        w.serve(how="hold")
        w.serve("/q", OTHER)
        covers = {("capability", "/a", ECHO): "a1 a2 p1 p2",
                  ("realm", "/a"): "a1 a2 a3 a4 p1 p2 p3",
                  ("grant",): "a3 p3",
                  ("connection",): "a2 p2"}
        for order in itertools.islice(itertools.permutations(covers), 0, 24, 3):
            grant = str(w.grant("/a", ECHO, **{"as": "example.New"}))
            for n, name in (1, ECHO), (2, ECHO), (3, "example.New"):
                w.a.ok("open %d /svc/%s" % (n, name))
                w.p.ok("accept %d" % n)
            w.a.ok("open 4 /svc/" + OTHER)
            w.a.answers(4)
            number = w.a.id(2)
            w.a.ok("nest 1 3 11")
            w.p.ok("nest 1 3 11")
            requests = [(what, w.begin(*(
                ("grant", grant) if what == ("grant",) else
                ("connection", number) if what == ("connection",) else
                what))) for what in order]
            n_cut, found = 0, set()
            for what, request in reversed(requests):
                values, status, why = request.answer()
                if status:
                    # One that came before has taken it.
                    matches("no |already", why)
                    continue
                report = values[0]["report"]
                equal((report["killed"], report["unproven"]), (0, 0))
                n_cut += report["connections"]
                for place in covers[what].split():
                    h, n = getattr(w, place[0]), place[1:]
                    if n == "1" and place not in found:
                        h.ok("unnest 11 3 1")
                        found.add(place)
                    h.is_dead(n)
            equal(n_cut, 4)
            w.restore("/a")


@story
def the_worker_is_killed(stage):
    """Whoever searches is killed, again and again: then another one does."""
    with World(stage) as w:
        w.serve(how="hold")
        for n in range(10):
            w.a.ok("open 1 /svc/" + ECHO)
            w.p.ok("accept 1")
            for h in w.a, w.p:
                PLACES["moved by 32 tasks"].hide(h)
            launcher = w.run.children()[0]
            known = set(tasks_below(launcher))
            request = w.begin("capability", "/a", ECHO)
            for _ in range(3 * n):
                for p in set(tasks_below(launcher)) - known:
                    try:
                        os.kill(p, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            report = request.report()
            equal(report["unproven"], 0)
            print("         %s, %d killed" % (report["step"],
                                              report["killed"]))
            if report["killed"]:
                return
            for h in w.a, w.p:
                PLACES["moved by 32 tasks"].find(h)
            w.is_calm()
            w.give_back("/a", ECHO)


play()
