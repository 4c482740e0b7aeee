"""
A manager that is killed leaves nothing behind: no task, mount, cgroup, socket or
file of its components.
"""
import os
import signal
import time

from stage import (actor, child, equal, offer, play, provider, story,
                   task_stat, tasks_below, tasks_left, until, url)

ECHO = "example.Echo"
REALM = "fuchsia.sys2.Realm"


def busy(stage):
    """Of everything something: talkers, the deaf, litter, storage, children."""
    return stage.tree(
        actor("realm /svc/" + REALM, "create pool w " + url("w"),
              "bind pool w", "run",
              use=[{"protocol": REALM, "from": "framework"}],
              collections=[dict(name="pool", durability="transient")],
              children=[child("s"), child("u", startup="eager"),
                        child("deaf", startup="eager"),
                        child("late", startup="eager")],
              capabilities=[
                  dict(directory="state", rights=["rw*"], path="/state"),
                  {"storage": "data", "from": "self", "backing_dir": "state",
                   "storage_id": "static_instance_id_or_moniker"}],
              offer=[offer("#s", "#u"),
                     offer("self", "#u", name="data", kind="storage")]),
        s=provider("serve /svc/%s echo" % ECHO, "run"),
        u=actor("hold 50 /svc/" + ECHO, "call-held x", "run",
                use=[dict(protocol=ECHO), dict(storage="data", path="/data")]),
        deaf=actor("litter 5", "deaf"), late=actor("sleep 100000"),
        w=actor("run"))


def wait_until_busy(run):
    run.said("/u", "^answered 50 ")
    run.said("/deaf", "^deaf$")
    run.wait("started", "/pool:w")
    run.wait("started", "/late")


def mounts():
    """What is mounted here that looks like ours."""
    with open("/proc/self/mountinfo") as f:
        return [line for line in f if "reeve" in line]


def files_below(path):
    return sorted(os.path.join(base, n)
                  for base, dirs, names in os.walk(path) for n in names + dirs)


@story
def nothing_is_left_of_a_killed_manager(stage):
    before, temporary = mounts(), set(os.listdir("/tmp"))
    with stage.run(busy(stage)) as run:
        wait_until_busy(run)
        below, cgroup = tasks_below(run.pid), run.cgroup()
        assert len(below) > 12, below
        files = files_below(stage.path("run")) if not stage.is_root() else []
        assert os.path.exists(run.socket())
        if cgroup:
            assert os.path.isdir(cgroup), cgroup
        run.signal(signal.SIGKILL)
        run.end()
        until(lambda: not tasks_left(below), "no task is left")
        until(lambda: not os.path.exists(run.socket()), "no socket is left")
        if cgroup:
            until(lambda: not os.path.exists(cgroup), "no cgroup is left")
        equal(mounts(), before)
        equal([f for f in files_below(stage.path("run")) if f not in
               (stage.path("run", "reeve"),)], [])
        equal([f for f in set(os.listdir("/tmp")) - temporary
               if f.startswith("reeve") and not f.startswith("reeve-")], [])
    assert files or stage.is_root()


@story
def nothing_is_left_when_it_dies_early(stage):
    """At any moment of its start."""
    root = busy(stage)
    for n in range(12):
        with stage.run(root) as run:
            # Each time a little later: forked, listening, starting cells.
            until(lambda: len(tasks_below(run.pid)) > n, "it got so far")
            below = tasks_below(run.pid)
            run.signal(signal.SIGKILL)
            run.end()
            until(lambda: not tasks_left(below), "no task is left")
            until(lambda: not os.path.exists(run.socket()), "no socket is left")


@story
def no_task_outlives_manager_and_launcher(stage):
    """Nobody is there to tidy up: what has tasks ends all the same, and the
    next manager removes the rest."""
    root = busy(stage)
    with stage.run(root) as run:
        wait_until_busy(run)
        below, cgroup = tasks_below(run.pid), run.cgroup()
        launcher, _ = run.children()
        # Neither sees the other go.
        for p in run.pid, launcher:
            os.kill(p, signal.SIGSTOP)
        for p in launcher, run.pid:
            os.kill(p, signal.SIGKILL)
        run.end()
        until(lambda: not tasks_left(below), "no task is left")
    # A dead launcher counts as alive until its new parent has noticed.
    end = time.monotonic() + 10
    while task_stat(launcher) and time.monotonic() < end:
        time.sleep(0.05)
    with stage.run(root) as run:
        wait_until_busy(run)
        if cgroup and not task_stat(launcher):
            assert not os.path.exists(cgroup), cgroup
        # The dead one's socket misleads nobody.
        r = stage.reeve("list", "--quiet")
        if not stage.is_root():
            equal(r.returncode, 0, r.stderr)
        # As above: the deaf one would keep us.
        run.signal(signal.SIGKILL)
        run.end()


@story
def nothing_is_left_of_an_orderly_end(stage):
    before = mounts()
    with stage.run(busy(stage)) as run:
        wait_until_busy(run)
        below, cgroup = tasks_below(run.pid), run.cgroup()
        run.signal(signal.SIGINT)
        run.wait("manager", "", "once more kills")
        run.signal(signal.SIGINT)
        run.end()
        until(lambda: not tasks_left(below), "no task is left")
        assert not os.path.exists(run.socket())
        if cgroup:
            assert not os.path.exists(cgroup), cgroup
        equal(mounts(), before)


@story
def only_ones_own(stage):
    """Another manager of the same user is not touched."""
    root = busy(stage)
    with stage.run(root) as other:
        wait_until_busy(other)
        with stage.run(root) as run:
            wait_until_busy(run)
            run.signal(signal.SIGKILL)
            run.end()
        equal(other.state("/"), "running")
        equal(other.state("/deaf"), "running")
        assert os.path.exists(other.socket())
        # Twice, so that the deaf one does not keep us.
        other.signal(signal.SIGINT)
        other.wait("manager", "", "once more kills")
        other.signal(signal.SIGINT)


play()
