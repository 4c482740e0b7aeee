"""Ten thousand times the same thing costs what it cost the first time."""
from rest import held_at_rest, wait_held
from stage import (actor, child, equal, memory_of, offer, play, provider,
                   story, until, url)

ECHO = "example.Echo"
REALM = "fuchsia.sys2.Realm"
SERVE = ("serve /svc/%s echo" % ECHO, "run")
# For the allocator's own habits, in KiB.
SLACK = 2048


class Costs:
    """Descriptors and memory of the manager and of some programs."""

    def __init__(self, run, *monikers):
        self.tasks = [run.pid, *map(run.program, monikers)]
        self.held = held_at_rest(*self.tasks)
        self.memory = self.memories()

    def memories(self):
        return [memory_of(p) for p in self.tasks]

    def compare(self):
        """Descriptors as before, and memory about as before."""
        wait_held(self.held, *self.tasks)
        memory = self.memories()
        for b, a in zip(self.memory, memory):
            assert a <= b + SLACK, \
                "memory: was %r, is %r" % (self.memory, memory)


def client(stage):
    """A tree of a server and a client that does what it is told."""
    return stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE), u=actor("obey", use=[dict(protocol=ECHO)]))


@story
def ten_thousand_opens(stage):
    """Of one client, one after the other, each with a call."""
    def cycle(n):
        # No more at once than the manager tells one who reads nothing.
        for _ in range(0, n, 500):
            run.order("/u", "cycle 500 /svc/" + ECHO)

    with stage.run(client(stage)) as run:
        # So many that the journal is full when we begin to compare.
        cycle(2500)
        before = Costs(run, "/s", "/u")
        cycle(10000)
        equal(run.find("refused"), [])
        equal(len(run.find("start", "/s")), 1)
        before.compare()


@story
def channels_that_are_held_and_dropped(stage):
    """A thousand at once, five times: each goes when both ends have gone."""
    def thousand():
        run.order("/u", *["hold 100 /svc/" + ECHO, "call-held x"] * 10,
                  "drop-held")
        until(lambda: not run.show("/u")["connections"], "they are gone")

    with stage.run(client(stage)) as run:
        thousand()
        thousand()
        before = Costs(run, "/s", "/u")
        for _ in range(3):
            thousand()
        before.compare()
        held = run.show("/u")["account"]["connections"]["held"]
        equal(held, 0)


@story
def plain_connects(stage):
    def connect(n):
        equal(run.order("/u", *["plain /svc/%s x" % ECHO] * n),
              ["answer x"] * n)

    with stage.run(client(stage)) as run:
        connect(4)
        before = Costs(run, "/s")
        connect(50)
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
        actor("realm /svc/" + REALM, "obey",
              use=[{"protocol": REALM, "from": "framework"}],
              collections=[dict(name="pool", durability="transient")]),
        w=provider(*SERVE))
    with stage.run(root) as run:
        run.order("/", *commands * 5)
        before = Costs(run)
        run.order("/", *commands * 6)
        equal(len(run.find("log", "/", "^answer x$")), 11)
        before.compare()
        equal(list(run.list()), ["/"])


play()
