"""
Ends that are not where one would look. Each place is tried for the client's end,
while the provider has its own in plain sight, and for both.
"""
from places import PLACES, connect, seal
from world import ECHO, World, equal, matches
from stage import play, story


def hide(stage, *names):
    with World(stage) as w:
        seal(stage, "a", "p")
        w.serve(how="hold")
        w.serve("/q", "example.Other")
        w.b.ok("open 5 /svc/" + ECHO)
        w.p.ok("accept 5")
        w.a.ok("open 6 /svc/example.Other")
        w.a.answers(6)
        before = w.pids()
        for name in names:
            place = PLACES[name]
            for holders in (w.a,), (w.a, w.p):
                connect(w)
                for h in holders:
                    place.hide(h)
                report = w.revoke("capability", "/a", ECHO, connections=1)
                equal(report["undrained"], 0, name)
                if len(holders) == 1:
                    w.p.is_dead(1)
                for h in holders:
                    place.find(h)
                w.is_calm()
                w.a.answers(6)
                w.b.is_alive(5)
                equal(w.pids(), before, name)
                w.give_back("/a", ECHO)
                print("         %-26s %d: %-10s %6.2f ms, frozen %6.2f ms, "
                      "%d tasks" % (name, len(holders), report["step"],
                                    report["us"] / 1000,
                                    report["frozen_us"] / 1000,
                                    report["tasks"]))


@story
def in_other_tasks(stage):
    hide(stage, "in its table", "20 tasks, 100 dups", "an orphan", "reading",
         "without a first thread")


@story
def in_tasks_that_ignore_everything(stage):
    hide(stage, "deaf", "stopped", "spinning")


@story
def on_the_way(stage):
    hide(stage, "its own queue", "three queues deep", "sixteen queues deep",
         "a listener's backlog")


@story
def moved_about(stage):
    hide(stage, "moved by 32 tasks")


@story
def undumpable(stage):
    hide(stage, "undumpable", "undumpable child", "undumpable, then executed")


@story
def not_to_be_read(stage):
    """A program that its user may not read, and so not look at either: what it
    hides has to be killed, unless we are root."""
    with World(stage) as w:
        seal(stage, "a", "p")
        w.serve(how="hold")
        connect(w)
        before = w.pids()
        for h in w.a, w.p:
            PLACES["not to be read"].hide(h)
        report = w.begin("capability", "/a", ECHO).report()
        equal(report["unproven"], 0)
        if not stage.switches():
            # Root, or whoever owns the program.
            equal(report["killed"], 0)
            PLACES["not to be read"].find(w.a)
            PLACES["not to be read"].find(w.p)
            return
        equal(report["killed"], 2)
        after = w.run.list()
        for m in "/b", "/c", "/d", "/q", "/":
            equal(after[m]["pid"], before[m], m)
        for m in "/a", "/p":
            equal(w.run.wait("exit", m)["event"], "exit")


@story
def over_itself(stage):
    """The client's end lies in the queue of the provider's, and nowhere else."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        w.a.ok("pass 1 1")
        w.revoke("capability", "/a", ECHO, connections=1)
        w.p.is_dead(1)


@story
def in_each_others_queue(stage):
    """Both ends, in a circle that is held from outside by one channel."""
    with World(stage) as w:
        w.serve(how="hold")
        connect(w)
        # 2-3 holds 4; 4-5's queue holds the end, and 3 itself.
        w.a.ok("pair 2 3", "pair 4 5", "pass 1 4", "copy 3 4", "copy 5 2",
               "close 4", "close 5", "close 2")
        w.p.ok("pair 2 3", "pass 1 2")
        w.revoke("capability", "/a", ECHO, connections=1)
        w.a.ok("take 5 3", "take 1 5")
        w.p.ok("take 1 3")
        w.a.is_dead(1)
        w.p.is_dead(1)


@story
def a_table_of_ones_own(stage):
    """What a thread would hide in there cannot be hidden: it gets none."""
    with World(stage) as w:
        equal(w.a.private(), "unshare EPERM close_range EPERM clone3 ENOSYS "
              "clone EPERM")


@story
def out_of_band(stage):
    """Nor can it be sent beside the queue."""
    with World(stage) as w:
        w.a.ok("pair 2 3")
        equal(w.a("urgent 2"), "EOPNOTSUPP")


play()
