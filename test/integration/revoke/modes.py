"""
The core of it by each of the ways in which cells can be kept from running, and
without any. Where nothing can be stopped, what moves may have to be killed; all
else is found as it is.
"""
import os

from places import PLACES, connect
from world import ECHO, World, equal
from stage import Skip, play, story

CORE = ("in its table", "20 tasks, 100 dups", "stopped", "reading", "spinning",
        "its own queue", "three queues deep", "a listener's backlog",
        "without a first thread", "undumpable child", "moved by 32 tasks")


def check_freezer(stage, freezer):
    """Has this account what the mode needs?"""
    if freezer == "cgroup2":
        with World(stage, freezer, names=("p",)) as w:
            if not w.run.cgroup():
                raise Skip("cells have no cgroup of version 2 here")
    if freezer == "cgroup1":
        if not os.path.isdir("/sys/fs/cgroup/freezer"):
            raise Skip("this system has no freezer of version 1")
        if not stage.is_root():
            raise Skip("only root may use the freezer of version 1")


def hide_one(w, name, may_kill):
    """True if somebody was killed for it. @may_kill: the search may also fail to
    prove that nobody can read on, where nobody stood still for it."""
    place = PLACES[name]
    for holders in (w.a,), (w.a, w.p):
        connect(w)
        before = w.pids()
        for h in holders:
            place.hide(h)
        report = w.begin("capability", "/a", ECHO).report()
        equal(report["unproven"], 0, name)
        print("         %-26s %d: %-11s %6.2f ms, frozen %6.2f ms, %d killed"
              % (name, len(holders), report["step"], report["us"] / 1000,
                 report["frozen_us"] / 1000, report["killed"]))
        if report["killed"] and may_kill:
            for m in "/b", "/":
                equal(w.pids()[m], before[m], m)
            return True
        equal(report["killed"], 0, name)
        if not may_kill:
            equal(report["undrained"], 0, name)
        if len(holders) == 1:
            w.p.is_dead(1)
        for h in holders:
            place.find(h)
        w.is_calm()
        equal(w.pids(), before, name)
        w.give_back("/a", ECHO)
    return False


def core(stage, freezer):
    left = list(CORE)
    check_freezer(stage, freezer)
    while left:
        with World(stage, freezer, names=("p", "a", "b")) as w:
            w.serve(how="hold")
            while left:
                name = left.pop(0)
                if hide_one(w, name, freezer == "none" and "moved" in name):
                    break


@story
def by_cgroups_of_version_2(stage):
    core(stage, "cgroup2")


@story
def by_cgroups_of_version_1(stage):
    core(stage, "cgroup1")


@story
def by_stopping(stage):
    core(stage, "stop")


@story
def without_any(stage):
    core(stage, "none")


play()
