"""Ten thousand times the same thing costs what it cost the first time."""
import time

from stage import (actor, child, command_of, descriptors_of, equal, memory_of,
                   offer, play, provider, story, tasks_below, url, user)

ECHO = "example.Echo"
REALM = "fuchsia.sys2.Realm"
SERVE = ("serve /svc/%s echo" % ECHO, "run")
# For the allocator's own habits, in KiB.
SLACK = 2048


def program_of(run, moniker):
    """The program itself, below its cell's first task."""
    found = [p for p in tasks_below(run.task(moniker))
             if "/pkg/bin/actor" in command_of(p)]
    return max(found)


class Costs:
    """Descriptors and memory of the manager and of some programs."""

    def __init__(self, run, *monikers):
        self.tasks = [run.pid] + [program_of(run, m) for m in monikers]
        self.descriptors, self.memory = self.settled()

    def settled(self):
        """Once blank cells are made again and all news are read."""
        same, last = 0, None
        while same < 20:
            now = [descriptors_of(p) for p in self.tasks]
            same = same + 1 if now == last else 0
            last = now
            time.sleep(0.02)
        return last, [memory_of(p) for p in self.tasks]

    def compare(self):
        """Descriptors as before, and memory about as before."""
        descriptors, memory = self.settled()
        equal(descriptors, self.descriptors, "descriptors")
        for b, a in zip(self.memory, memory):
            assert a <= b + SLACK, \
                "memory: was %r, is %r" % (self.memory, memory)


@story
def ten_thousand_opens(stage):
    """Of one client, one after the other, each with a call."""
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        # So many that the journal is full when we begin to compare.
        s=provider(*SERVE),
        u=user("cycle 2500 /svc/" + ECHO, "sleep 800",
               "cycle 10000 /svc/" + ECHO, "run"))
    with stage.run(root) as run:
        run.said("/u", "^cycled 2500 of 2500$", timeout=60)
        before = Costs(run, "/s", "/u")
        run.said("/u", "^cycled 10000 of 10000$", timeout=60)
        equal(run.find("refused"), [])
        equal(len(run.find("start", "/s")), 1)
        before.compare()


@story
def channels_that_are_held_and_dropped(stage):
    """A thousand at once, five times: each goes when both ends have gone."""
    thousand = ["hold 100 /svc/" + ECHO, "call-held x"] * 10 + [
        "drop-held", "sleep 200"]
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE),
        u=user(*thousand * 2, "say begin", "sleep 1000",
               *thousand * 3, "say done", "run"))
    with stage.run(root) as run:
        run.said("/u", "^begin$")
        before = Costs(run, "/s", "/u")
        run.said("/u", "^done$", timeout=60)
        before.compare()
        equal(run.show("/u")["connections"], [])
        held = run.show("/u")["account"]["connections"]["held"]
        equal(held, 0)


@story
def plain_connects(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE),
        u=user(*["plain /svc/%s x" % ECHO] * 4, "sleep 1000",
               *["plain /svc/%s x" % ECHO] * 50, "run"))
    with stage.run(root) as run:
        run.said("/u", "^answer x$", n=4)
        before = Costs(run, "/s")
        run.said("/u", "^answer x$", n=54)
        before.compare()


@story
def starts_and_stops(stage):
    """Sixty runs of one component, with storage, services and output."""
    root = stage.tree(
        actor("run", children=[child("a"), child("s")],
              capabilities=[
                  dict(directory="state", rights=["rw*"], path="/state"),
                  {"storage": "data", "from": "self", "backing_dir": "state",
                   "storage_id": "static_instance_id_or_moniker"}],
              offer=[offer("#s", "#a"),
                     offer("self", "#a", name="data", kind="storage")]),
        s=provider(*SERVE),
        a=actor("open /svc/" + ECHO, "call x", "list /svc",
                use=[dict(protocol=ECHO), dict(storage="data", path="/data")]))
    with stage.run(root) as run:
        run.wait("started", "/")
        for n in range(1, 61):
            run.start("/a")
            run.wait("exit", "/a", n=n)
            run.wait_state("/a", "stopped")
            if n == 10:
                before = Costs(run, "/s")
        before.compare()


@story
def children_that_come_and_go(stage):
    commands = ["create pool w " + url("w"), "bind pool w",
                "in svc/" + ECHO, "call x", "destroy pool w"]
    root = stage.tree(
        actor("realm /svc/" + REALM, *commands * 5, "sleep 1000",
              *commands * 6, "say done", "run",
              use=[{"protocol": REALM, "from": "framework"}],
              collections=[dict(name="pool", durability="transient")]),
        w=provider(*SERVE))
    with stage.run(root) as run:
        run.said("/", "^destroyed w$", n=5)
        before = Costs(run)
        run.said("/", "^done$")
        equal(len(run.find("log", "/", "^answer x$")), 11)
        before.compare()
        equal(list(run.list()), ["/"])


play()
