"""
Limits of realms: who exceeds them is stopped, with all below it, and nobody else
notices. Where there are no cgroups for it, the limits of tasks.
"""
import os
import signal
import time

from stage import (actor, child, equal, matches, offer, play, provider, story,
                   until, user, url)

ECHO = "example.Echo"
REALM = "fuchsia.sys2.Realm"
MIB = 1 << 20

BOMB = """#!/bin/sh
(while :; do sleep 1000 & done) 2>/dev/null
echo full
sleep 1000
"""
HOG = """#!/bin/sh
echo begun
tail /dev/zero >/dev/null 2>&1
echo "ended with $?"
sleep 1000
"""
SPIN = """#!/bin/sh
echo begun
while :; do :; done
"""


def script(stage, name, text):
    """A package whose program is a shell script."""
    stage.package(name, dict(program=dict(runner="elf", binary="bin/x")),
                  program=None, files={"bin/x": text})


def tree(stage, **limits):
    """/bad with these limits, and one that calls its sibling all the time."""
    script(stage, "bomb", BOMB)
    script(stage, "hog", HOG)
    script(stage, "spin", SPIN)
    return stage.tree(
        actor("run", children=[
            child("s"), child("good"), child("bomb", limits=limits),
            child("hog", limits=limits), child("spin", limits=limits)],
              offer=[offer("#s", "#good")]),
        s=provider("serve /svc/%s echo" % ECHO, "run"),
        good=user("cycle 500 /svc/" + ECHO, "run"))


def budget(run, moniker):
    return run.show(moniker)["budget"]


def is_enforced(run, moniker, limit):
    """By a cgroup, for a realm as a whole?"""
    return budget(run, moniker)["limits"][limit]["by"].startswith("cgroup")


def directories(pid):
    """What budgets of this manager have left anywhere."""
    found = []
    for path, names, _ in os.walk("/sys/fs/cgroup"):
        found += [os.path.join(path, n) for n in names
                  if n in ("reeve-budget-%d" % pid, "reeve-manager-%d" % pid)]
    return found


@story
def a_fork_bomb_stops_and_its_siblings_are_served(stage):
    with stage.run(tree(stage, tasks=dict(max=30))) as run:
        run.wait("started", "/")
        run.start("/bomb")
        run.said("/bomb", "^full$", timeout=60)
        run.start("/good")
        run.said("/good", "^cycled 500 of 500$", timeout=60)
        b = budget(run, "/bomb")
        equal(b["moniker"], "/bomb")
        equal(b["limits"]["tasks_max"]["value"], 30)
        if not is_enforced(run, "/bomb", "tasks_max"):
            equal(b["limits"]["tasks_max"]["by"], "rlimit")
            run.find("manager", "/bomb", "limits that hold less")[0]
            return
        assert 2 < b["tasks"]["now"] <= 30, b
        assert b["tasks"]["refused"] > 0, b
        equal("budget" in run.show("/good"), False)
        equal(run.find("manager", "/good", "limit hit"), [])


@story
def a_hog_is_killed_and_its_siblings_are_served(stage):
    with stage.run(tree(stage, memory=dict(max="32M"))) as run:
        run.wait("started", "/")
        run.start("/hog")
        run.said("/hog", "^ended with ", timeout=60)
        run.start("/good")
        run.said("/good", "^cycled 500 of 500$", timeout=60)
        if not is_enforced(run, "/hog", "memory_max"):
            return
        run.said("/hog", "^ended with 137$")
        tale = run.wait("manager", "/hog", "limit hit")
        matches("killed for want of memory", tale["text"])
        equal(tale["limit"], "memory_max")
        b = budget(run, "/hog")
        assert b["memory"]["kills"] > 0, b
        assert 0 < b["memory"]["peak"] <= 33 * MIB, b


@story
def processor_time_is_counted_and_capped(stage):
    with stage.run(tree(stage, cpu=dict(max="10%"))) as run:
        run.wait("started", "/")
        run.start("/spin")
        run.said("/spin", "^begun$")
        if not is_enforced(run, "/spin", "cpu_max"):
            equal(budget(run, "/spin")["limits"]["cpu_max"]["by"], "none")
            return
        begin, first = time.monotonic(), budget(run, "/spin")["cpu"]["usec"]
        # On a busy machine it may not get that much.
        until(lambda: budget(run, "/spin")["cpu"]["throttled_periods"] > 3 or
              time.monotonic() > begin + 10, "it is throttled")
        used = budget(run, "/spin")["cpu"]["usec"] - first
        passed = (time.monotonic() - begin) * 1e6
        assert used <= passed * 0.1 * 3 + 200000, (used, passed)


@story
def children_at_run_time_have_what_their_parent_has(stage):
    """Members of a collection share their parent's budget, however many."""
    script(stage, "bomb", BOMB)
    n = 6
    root = stage.tree(
        actor("run", children=[child("p", limits=dict(tasks=dict(max=60)),
                                     startup="eager")]),
        p=actor("realm /svc/" + REALM,
                *["create pool w%d %s" % (i, url("bomb")) for i in range(n)],
                *["bind pool w%d" % i for i in range(n)], "say made", "run",
                use=[{"protocol": REALM, "from": "framework"}],
                collections=[dict(name="pool", durability="transient",
                                  limits=dict(tasks=dict(max=1000)))]))
    with stage.run(root) as run:
        run.said("/p", "^made$", timeout=60)
        if not is_enforced(run, "/p", "tasks_max"):
            return
        until(lambda: budget(run, "/p")["tasks"]["refused"] > 0,
              "a task is refused", timeout=60)
        # Cells that were let in at the same moment bring two tasks each.
        assert budget(run, "/p")["tasks"]["now"] <= 60 + 2 * n
        assert directories(run.pid)
        member = [m for m in run.list() if m.startswith("/p/pool:")][0]
        equal(budget(run, member)["moniker"], member)
        run.ask("stop", "/p")
        until(lambda: not [m for m in run.list() if ":" in m],
              "the members are gone")
        until(lambda: budget(run, "/p")["tasks"]["now"] == 0,
              "nothing is left in the budget")
    equal(directories(run.pid), [])


@story
def nothing_is_left_of_the_budgets_of_a_killed_manager(stage):
    with stage.run(tree(stage, tasks=dict(max=30), memory=dict(max="64M"))) as run:
        run.wait("started", "/")
        run.start("/bomb")
        run.said("/bomb", "^full$", timeout=60)
        if is_enforced(run, "/bomb", "tasks_max"):
            assert directories(run.pid)
        run.signal(signal.SIGKILL)
        run.end()
        until(lambda: not directories(run.pid), "the directories are gone")


if __name__ == "__main__":
    play()
