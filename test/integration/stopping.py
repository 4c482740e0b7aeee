"""How things end when they are asked to."""
import os
import signal
import time

from stage import (actor, child, equal, matches, offer, play, provider, story,
                   tasks_below, tasks_left, until, user)

ECHO = "example.Echo"
OPEN = "open /svc/" + ECHO
SAVE = ("save-on-stop", "say ready", "run")
SERVE = ("serve /svc/%s echo" % ECHO, "run")


def running(stage, *commands, **sections):
    """A tree with one component that runs until it is stopped."""
    return stage.tree(actor("run", children=[child("a", startup="eager")]),
                      a=actor(*commands, **sections))


def took(begin):
    return time.monotonic() - begin


@story
def it_is_told_and_saves(stage):
    with stage.run(running(stage, *SAVE)) as run:
        run.said("/a", "^ready$")
        run.ask("stop", "/a")
        run.said("/a", "^saved$")
        matches("status 0", run.wait("exit", "/a")["text"])
        run.wait_state("/a", "stopped")
        equal(run.state("/"), "running")
        # Once more is an answer of its own; and it starts again.
        run.ask("stop", "/a", status=3)
        run.start("/a")
        run.wait("started", "/a", n=2)


@story
def a_program_that_does_not_listen_gets_sigterm(stage):
    with stage.run(running(stage, "until-term")) as run:
        run.said("/a", "^waiting")
        begin = time.monotonic()
        run.ask("stop", "/a")
        run.said("/a", "^terminated$")
        matches("status 0", run.wait("exit", "/a")["text"])
        # After a moment for the lifecycle channel, long before the kill.
        assert took(begin) < 4, took(begin)


@story
def a_program_without_the_library_gets_sigterm_at_once(stage):
    manifest = actor()
    manifest["program"]["binary"] = "bin/sleep.sh"
    root = stage.tree(actor("run", children=[child("a", startup="eager")]))
    stage.package("a", manifest, None, {
        "bin/sleep.sh": "#!/bin/sh\ntrap 'echo bye; exit 3' TERM\necho here\n"
                        "while :; do sleep 0.05; done\n"})
    with stage.run(root) as run:
        run.said("/a", "^here$")
        run.wait("started", "/a")
        run.ask("stop", "/a")
        run.said("/a", "^bye$")
        matches("status 3", run.wait("exit", "/a")["text"])
        # Not over a channel first, and a second later by the signal.
        matches("SIGTERM", run.wait("stop", "/a")["text"])


@story
def what_ignores_everything_is_killed(stage):
    """With all that it left behind, after the grace period."""
    with stage.run(running(stage, "litter 5", "deaf")) as run:
        run.said("/a", "^deaf$")
        below = tasks_below(run.task("/a"))
        assert len(below) >= 6
        begin = time.monotonic()
        run.ask("stop", "/a")
        matches("signal 9", run.wait("exit", "/a", timeout=30)["text"])
        assert 4.5 < took(begin) < 12, took(begin)
        equal(tasks_left(below), [])
        equal(run.state("/"), "running")


@story
def litter_does_not_outlive_the_program(stage):
    """When the program ends by itself its other tasks end with it."""
    with stage.run(running(stage, "litter 5", "sleep 200", "exit 7")) as run:
        run.said("/a", "^littered$")
        below = tasks_below(run.task("/a"))
        assert len(below) >= 6
        matches("status 7", run.wait("exit", "/a")["text"])
        equal(tasks_left(below), [])


def chain(stage, *client_commands):
    """c uses b, b uses a: named so that no other order gives this one."""
    return stage.tree(
        dict(children=[child("b1"), child("c2"), child("a3", startup="eager")],
             offer=[offer("#b1", "#c2", name="one"),
                    offer("#c2", "#a3", name="two")]),
        b1=provider("serve /svc/one echo", "run", name="one"),
        c2=actor("open /svc/one", "call x", "serve /svc/two echo",
                 "save-on-stop", "run",
                 use=[dict(protocol="one")], capabilities=[dict(protocol="two")],
                 expose=[{"protocol": "two", "from": "self"}]),
        a3=actor("open /svc/two", "call x", *client_commands, "run",
                 use=[dict(protocol="two")]))


@story
def dependents_first(stage):
    with stage.run(chain(stage, "save-on-stop")) as run:
        run.said("/a3", "^answer x$")
        equal(run.stop(), 128 + signal.SIGTERM)
        order = [(e["event"], e["moniker"]) for e in run.events
                 if e["event"] in ("stop", "exit")]
        equal(order, [(k, m) for m in ("/a3", "/c2", "/b1")
                      for k in ("stop", "exit")])


@story
def while_all_stops_a_provider_still_serves(stage):
    """A dependent that saves at its end can open what still runs."""
    root = stage.tree(
        dict(children=[child("s"), child("u", startup="eager")],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE),
        u=user(OPEN, "call one", "say ready", "run", OPEN, "call two"))
    with stage.run(root) as run:
        run.said("/u", "^ready$")
        run.stop()
        run.said("/u", "^answer two$") if run.status is None else \
            equal(run.says("/u")[-1], "answer two")


@story
def those_that_use_each_other_all_stop(stage):
    root = stage.tree(
        dict(children=[child("a", startup="eager"), child("b")],
             offer=[offer("#a", "#b", name="one", dependency="weak"),
                    offer("#b", "#a", name="two")]),
        a=actor("serve /svc/one echo", "open /svc/two", "call x", "run",
                use=[dict(protocol="two")], capabilities=[dict(protocol="one")],
                expose=[{"protocol": "one", "from": "self"}]),
        b=actor("serve /svc/two echo", "run", use=[dict(protocol="one")],
                capabilities=[dict(protocol="two")],
                expose=[{"protocol": "two", "from": "self"}]))
    with stage.run(root) as run:
        run.said("/a", "^answer x$")
        begin = time.monotonic()
        run.stop()
        assert took(begin) < 5


@story
def each_signal_stops_in_order(stage):
    for n in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        with stage.run(running(stage, *SAVE)) as run:
            run.said("/a", "^ready$")
            run.signal(n)
            equal(run.end(), 128 + n)
            equal(run.says("/a"),
                  ["ready", "saving", "saved", "loop ended with 0"])


@story
def the_second_signal_kills(stage):
    with stage.run(running(stage, "litter 2", "deaf")) as run:
        run.said("/a", "^deaf$")
        below = tasks_below(run.pid)
        begin = time.monotonic()
        run.signal(signal.SIGINT)
        run.wait("stop", "/a")
        run.signal(signal.SIGINT)
        equal(run.end(), 128 + signal.SIGINT)
        assert took(begin) < 3, took(begin)
        until(lambda: not tasks_left(below), "no task is left")


@story
def a_terminal_interrupts_the_tree_not_its_parts(stage):
    """^C goes to the whole foreground group; the components get to stop."""
    with stage.run(running(stage, *SAVE),
                   start_new_session=True) as run:
        run.said("/a", "^ready$")
        os.killpg(run.pid, signal.SIGINT)
        equal(run.end(), 128 + signal.SIGINT)
        equal(run.says("/a"),
                  ["ready", "saving", "saved", "loop ended with 0"])


@story
def a_stop_before_it_runs(stage):
    """Wishes cross: whatever comes first, it ends stopped, once."""
    root = stage.tree(actor("run", children=[child("a")]), a=actor("run"))
    with stage.run(root) as run:
        run.wait("started", "/")
        for _ in range(10):
            run.start("/a")
            run.stage.reeve("stop", "/a", "--manager", str(run.pid))
            run.wait_state("/a", "stopped")
        equal(len(run.find("exit", "/a")), len(run.find("start", "/a")))


@story
def an_open_while_it_stops_is_not_lost(stage):
    """It waits in the channel and starts the provider again."""
    root = stage.tree(
        actor("run", children=[child("s"), child("u")],
              offer=[offer("#s", "#u")]),
        s=provider("serve /svc/%s echo" % ECHO, "say up", "run", "sleep 700"),
        u=user(OPEN, "call x"))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/s")
        run.said("/s", "^up$")
        run.ask("stop", "/s")
        run.said("/s", "^loop ended")
        run.start("/u")
        run.said("/u", "^answer x$")
        equal(len(run.find("start", "/s")), 2)
        equal(run.find("refused"), [])


@story
def stopping_the_root_ends_the_run(stage):
    with stage.run(running(stage, "run")) as run:
        run.wait("started", "/")
        run.ask("stop", "/")
        run.wait("exit", "/")
        # The eager child was started at first as well: it goes on.
        run.ask("stop", "/a")
        equal(run.end(), 0)


play()
