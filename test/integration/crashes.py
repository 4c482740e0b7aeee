"""What ends without being asked: providers, cells, the launcher."""
import os
import signal

from stage import (actor, child, command_of, equal, matches, offer, play,
                   provider, story, tasks_below, tasks_left, until,
                   user)

ECHO = "example.Echo"
OPEN = "open /svc/" + ECHO
SERVE = ("serve /svc/%s echo" % ECHO, "run")


def crashing(stage, times, *commands, crash=None):
    """A provider that aborts so many times before it serves."""
    return stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             capabilities=[
                 dict(directory="state", rights=["rw*"], path="/state"),
                 {"storage": "data", "from": "self", "backing_dir": "state",
                  "storage_id": "static_instance_id_or_moniker"}],
             offer=[offer("#s", "#u"),
                    offer("self", "#s", name="data", kind="storage")]),
        s=provider("crash-times /data/n %d" % times, *SERVE,
                   use=[dict(storage="data", path="/data")]),
        u=user(*commands))


@story
def queued_opens_survive_a_crash(stage):
    """Between Open and serve: the next start finds what was not read."""
    root = crashing(stage, 1, "hold 20 /svc/" + ECHO, "call-held x")
    with stage.run(root) as run:
        run.said("/u", "^answered 20 refused 0 of 20$")
        equal(run.end(), 0)
        equal(len(run.find("start", "/s")), 2)
        matches("signal 6", run.find("exit", "/s")[0]["text"])


@story
def queued_opens_survive_three_crashes(stage):
    root = crashing(stage, 3, "hold 20 /svc/" + ECHO, "call-held x")
    with stage.run(root) as run:
        run.said("/u", "^answered 20 refused 0 of 20$")
        equal(run.end(), 0)
        starts = run.find("start", "/s")
        equal(len(starts), 4)
        # The first crash may be an accident; after that it takes its time.
        waits = [b["time"] - a["time"] for a, b in zip(starts, starts[1:])]
        assert waits[1] >= 0.1 and waits[2] >= 0.2, waits


@story
def a_crash_loop_ends(stage):
    """The openers are told, and one that comes later may try again."""
    root = crashing(stage, 6, "hold 5 /svc/" + ECHO, "call-held x", OPEN,
                    "call again")
    with stage.run(root) as run:
        e = run.wait("refused", "/s", timeout=30)
        matches("5 opens.*6 times.*reeve log /s", e["text"])
        run.said("/u", "^answered 0 refused 5 of 5$")
        run.said("/u", "^the first UNAVAILABLE by manager$")
        equal(len(run.find("start", "/s", after=0)), 6)
        # It is still in its last back-off, and then starts for the new open.
        run.said("/u", "^answer again$", timeout=30)
        equal(run.end(), 0)
        equal(len(run.find("start", "/s")), 7)


@story
def live_channels_see_the_crash(stage):
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager"),
                       child("v", startup="eager")],
             offer=[offer("#s", "#u", "#v")]),
        s=provider("serve /svc/%s abort-on-call" % ECHO, "run"),
        u=user(OPEN, "obey"),
        v=user("hold 10 /svc/" + ECHO, OPEN, "say ready", "wait-closed",
               "call-held x"))
    with stage.run(root) as run:
        run.said("/u", "^obeying$")
        run.said("/v", "^ready$")
        # What it has not read would wait for its next start.
        until(lambda: len(run.show("/v")["connections"]) == 11 and
              run.show("/s")["opens_waiting"] == 0, "it has them all")
        run.order("/u", "call x", "exit 0", waits=False)
        # By nobody: the manager is not on the path and says nothing.
        matches("^refused PEER_CLOSED by (peer|nobody)$",
                run.said("/u", "^refused")["text"])
        matches("^closed PEER_CLOSED by (peer|nobody)$",
                run.said("/v", "^closed")["text"])
        matches("refused 10 of 10$", run.said("/v", "^answered")["text"])
        equal(run.end(), 0)
        matches("signal 6", run.wait("exit", "/s")["text"])


@story
def the_next_open_starts_it_again(stage):
    root = stage.tree(
        actor("run", children=[child("s"), child("u")],
              offer=[offer("#s", "#u")]),
        s=provider(*SERVE), u=user(OPEN, "call x"))
    with stage.run(root) as run:
        run.wait("started", "/")
        for n in 1, 2:
            run.start("/u")
            run.said("/u", "^answer x$", n=n)
            run.wait("started", "/s", n=n)
            run.wait_state("/u", "stopped")
            os.kill(run.task("/s"), signal.SIGKILL)
            run.wait("exit", "/s", n=n)
            until(lambda: run.state("/s") in ("stopped", "backoff"), "it ends")
        exits = run.show("/s")["exits"]
        equal([e["signal"] for e in exits], [signal.SIGKILL] * 2)


@story
def it_ends_with_a_status(stage):
    root = stage.tree(
        dict(children=[child("a", startup="eager"),
                       child("b", startup="eager")]),
        a=actor("obey"), b=actor("obey"))
    with stage.run(root) as run:
        run.said("/b", "^obeying$")
        run.order("/a", "exit 42", waits=False)
        run.wait("exit", "/a")
        run.order("/b", "kill 11", waits=False)
        # The first that is not 0 is the run's.
        equal(run.end(), 42)
        matches("status 42", run.find("exit", "/a")[0]["text"])
        matches("signal 11", run.find("exit", "/b")[0]["text"])


@story
def the_root_ends_by_a_signal(stage):
    root = stage.tree(actor("kill 11"))
    with stage.run(root) as run:
        equal(run.end(), 128 + 11)


@story
def one_task_of_many_is_killed(stage):
    """A child of the program dies: nothing to us. The program does: all go."""
    root = stage.tree(actor("run", children=[child("a", startup="eager")]),
                      a=actor("litter 5", "run"))
    with stage.run(root) as run:
        run.said("/a", "^littered$")
        first = run.task("/a")
        below = tasks_below(first)
        assert len(below) >= 6, below
        programs = sorted(p for p in below if "actor" in command_of(p))
        assert len(programs) == 6, [command_of(p) for p in below]
        os.kill(programs[-1], signal.SIGKILL)
        until(lambda: len(tasks_left(below)) == len(below) - 1, "one is gone")
        equal(run.find("exit", "/a"), [])
        os.kill(programs[0], signal.SIGKILL)
        matches("signal 9", run.wait("exit", "/a")["text"])
        equal(tasks_left(below), [])


@story
def a_cells_first_task_is_killed(stage):
    root = stage.tree(actor("run", children=[child("a", startup="eager"),
                                             child("b", startup="eager")]),
                      a=actor("litter 3", "run"), b=actor("run"))
    with stage.run(root) as run:
        run.said("/a", "^littered$")
        run.wait("started", "/b")
        below = tasks_below(run.task("/a"))
        os.kill(run.task("/a"), signal.SIGKILL)
        run.wait("exit", "/a")
        equal(tasks_left(below), [])
        equal(run.state("/b"), "running")


@story
def the_launcher_is_killed(stage):
    """What runs is not touched, and another one makes the next cells."""
    root = stage.tree(
        actor("run", children=[child("a", startup="eager"), child("b")]),
        a=actor("run"), b=actor("say here", "sleep 50"))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.wait("started", "/a")
        os.kill(run.children()[0], signal.SIGKILL)
        run.wait("manager", "", "launcher was killed")
        run.start("/b")
        run.said("/b", "^here$")
        equal(run.state("/a"), "running")
        equal(run.find("exit", "/a"), [])


@story
def the_launcher_is_killed_while_it_is_needed(stage):
    """Starts that wait for a cell get it from the next one."""
    names = ["c%d" % n for n in range(20)]
    root = stage.tree(
        actor("run", children=[child(n, "c") for n in names]),
        c=actor("sleep 100"))
    with stage.run(root) as run:
        run.wait("started", "/")
        launcher = run.children()[0]
        starting = [stage.popen("start", "/" + n, "--manager", str(run.pid))
                    for n in names]
        os.kill(launcher, signal.SIGKILL)
        for p in starting:
            p.wait()
        until(lambda: len(run.find("exit")) + len(run.find("failed")) >=
              len(names), "all came to an end")
        # One whose cell was half made may fail; nothing hangs.
        assert len(run.find("failed")) <= 4, run.find("failed")
        equal(run.state("/"), "running")


@story
def the_launcher_is_killed_again_and_again(stage):
    """There is an end to that: the manager says so and stops in order."""
    root = stage.tree(
        actor("save-on-stop", "say ready", "run",
              children=[child("a", startup="eager")]), a=actor("run"))
    with stage.run(root) as run:
        run.said("/", "^ready$")
        run.wait("started", "/a")
        below = {}
        for n in range(1, 20):
            below.update(tasks_below(run.pid))
            os.kill(run.children()[0], signal.SIGKILL)
            until(lambda: len(run.find("manager", "", "launcher")) >= n,
                  "it was seen")
            if run.find("manager", "", "no launcher"):
                break
        equal(run.end(), 1)
        assert "saved" in run.says("/")
        until(lambda: not tasks_left(below), "no task is left")


@story
def blank_cells_are_killed(stage):
    """Those that are kept ready may die; the next start takes another one."""
    root = stage.tree(
        actor("run", children=[child("a")]), a=actor("say here", "run"))
    with stage.run(root) as run:
        run.wait("started", "/")
        root_task = run.task("/")

        def ready():
            cells = run.children()[1]
            return {p: born for p, born in tasks_below(run.pid).items()
                    if p in cells and p != root_task}

        blanks = until(ready, "there are some")
        for p in blanks:
            os.kill(p, signal.SIGKILL)
        until(lambda: not tasks_left(blanks), "they are dead")
        run.start("/a")
        run.said("/a", "^here$")
        equal(run.find("exit", "/a"), [])
        equal(run.state("/"), "running")


play()
