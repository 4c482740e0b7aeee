"""What follows an end: a new start or none, and for those who depend on it."""
import os
import signal

from stage import (actor, child, equal, matches, offer, play, provider, story,
                   until, user)

ECHO = "example.Echo"
OPEN = "open /svc/" + ECHO
SERVE = ("serve /svc/%s echo" % ECHO, "run")
REALM = "fuchsia.sys2.Realm"
# What a component needs to count its runs in /data/n.
COUNTS = [dict(storage="data", path="/data")]
STATE = dict(
    capabilities=[
        dict(directory="state", rights=["rw*"], path="/state"),
        {"storage": "data", "from": "self", "backing_dir": "state",
         "storage_id": "static_instance_id_or_moniker"}])


def policy(word, **more):
    """Quick, unless the story says otherwise."""
    return dict(dict(policy=word, delay_ms=20, max_delay_ms=100), **more)


def counting(name="s"):
    return offer("self", "#" + name, name="data", kind="storage")


def uses(end, name=ECHO):
    return [dict(protocol=name, if_provider_ends=end)]


def starts(run, moniker):
    return [e["text"] for e in run.find("start", moniker)]


def kill(run, moniker):
    os.kill(run.task(moniker), signal.SIGKILL)


# ---- policies ----

@story
def by_default_only_an_open_starts_it_again(stage):
    root = stage.tree(
        actor("run", children=[child("s"), child("u"), child("other")],
              offer=[offer("#s", "#u")]),
        s=provider(*SERVE), u=user(OPEN, "call x"), other=actor("run"))
    with stage.run(root) as run:
        run.wait("started", "/")
        equal(run.show("/s").get("restart", {}).get("policy", "never"),
              "never")
        run.start("/u")
        run.said("/u", "^answer x$")
        run.wait_state("/u", "stopped")
        kill(run, "/s")
        run.wait("exit", "/s")
        until(lambda: run.state("/s") == "stopped", "it rests")
        # It was decided at its end: nothing was said of a new start.
        equal(run.find("manager", "/s", "started again"), [])
        run.start("/other")
        run.wait("started", "/other")
        equal(len(starts(run, "/s")), 1)
        run.start("/u")
        run.said("/u", "^answer x$", n=2)
        matches("/u opens", starts(run, "/s")[1])


@story
def on_failure_it_starts_without_an_open(stage):
    """By a status, and not after it has ended well. The tree waits for it."""
    root = stage.tree(
        dict(children=[child("s", startup="eager",
                             restart=policy("on-failure"))],
             offer=[counting()], **STATE),
        s=actor("exit-times /data/n 3 7", "say here", use=COUNTS))
    with stage.run(root) as run:
        equal(run.end(), 0)
        run.said("/s", "^here$")
        equal(len(starts(run, "/s")), 4)
        for text in starts(run, "/s")[1:]:
            matches("failed, and its restart policy is on-failure", text)
        tales = run.find("manager", "/s", "started again")
        equal([t["delay_ms"] for t in tales], [20, 40, 80])
        equal([t["failures"] for t in tales], [1, 2, 3])


@story
def on_failure_by_a_signal(stage):
    root = stage.tree(
        dict(children=[child("s", startup="eager", restart="on-failure")],
             offer=[counting()], **STATE),
        s=actor("crash-times /data/n 1", "say here", use=COUNTS))
    with stage.run(root) as run:
        equal(run.end(), 0)
        equal(len(starts(run, "/s")), 2)
        matches("signal 6", run.find("exit", "/s")[0]["text"])


@story
def always_is_after_a_good_end_as_well(stage):
    root = stage.tree(
        dict(children=[child("s", startup="eager", restart=policy("always")),
                       child("other", startup="eager")],
             offer=[counting()], **STATE),
        s=actor("exit-times /data/n 2 0", "say here", "run", use=COUNTS),
        other=actor("run"))
    with stage.run(root) as run:
        run.said("/s", "^here$")
        equal(len(starts(run, "/s")), 3)
        matches("ended, and its restart policy is always", starts(run, "/s")[2])
        # But not after a stop that somebody asked for.
        mark = run.mark()
        run.ask("stop", "/s")
        run.wait("exit", "/s", after=mark)
        until(lambda: run.state("/s") == "stopped", "it rests")
        equal(run.find("manager", "/s", "started again", after=mark), [])
        run.start("/s")
        run.said("/s", "^here$", n=2)


@story
def a_collection_has_a_policy(stage):
    root = stage.tree(
        actor("realm /svc/" + REALM,
              "create pool w fuchsia-pkg://example.org/w#meta/w.cm",
              "bind pool w", "run",
              use=[{"protocol": REALM, "from": "framework"}],
              collections=[dict(name="pool", durability="transient",
                                restart=policy("on-failure", give_up=3))]),
        w=actor("exit 1"))
    with stage.run(root) as run:
        matches("3 times in a row",
                run.wait("failed", "/pool:w", "suspended")["text"])
        equal(len(starts(run, "/pool:w")), 3)


@story
def a_start_that_fails_is_a_failure(stage):
    root = stage.tree(
        actor("run", children=[child("s", startup="eager",
                                     restart=policy("on-failure", give_up=2))]),
        s=dict(program=dict(runner="elf", binary="bin/nothing")))
    with stage.run(root) as run:
        run.wait("failed", "/s", "suspended")
        equal(len(starts(run, "/s")), 2)


@story
def it_is_given_up_and_an_operator_starts_it(stage):
    root = stage.tree(
        dict(children=[child("s", restart=policy("on-failure", give_up=3)),
                       child("u", startup="eager"), child("v"),
                       child("w", startup="eager")],
             offer=[offer("#s", "#u", "#v"), counting()], **STATE),
        s=provider("exit-times /data/n 3 9", *SERVE, use=COUNTS),
        u=user("hold 5 /svc/" + ECHO, "call-held x", "run"),
        v=user(OPEN, "call x"), w=actor("run"))
    with stage.run(root) as run:
        matches("failed 3 times in a row.*reeve start /s",
                run.wait("failed", "/s", "suspended")["text"])
        # Those who waited are not left waiting.
        run.said("/u", "^answered 0 refused 5 of 5$")
        run.said("/u", "^the first UNAVAILABLE by manager$")
        equal(len(starts(run, "/s")), 3)
        equal(run.state("/s"), "suspended")
        matches("3 times in a row", run.list()["/s"]["reason"])
        equal(run.show("/s")["restart"]["failures_in_a_row"], 3)
        # Nor are those who come later, and none of them starts it.
        run.start("/v")
        run.said("/v", "^refused UNAVAILABLE by manager$")
        matches("/s is suspended.*reeve start /s",
                run.wait("refused", "/v")["text"])
        equal(len(starts(run, "/s")), 3)
        # Whoever starts it begins anew.
        run.start("/s")
        run.wait("started", "/s", n=4)
        matches("operator", starts(run, "/s")[3])
        run.wait_state("/v", "stopped")
        run.start("/v")
        run.said("/v", "^answer x$")
        equal(run.show("/s")["restart"]["failures_in_a_row"], 0)


@story
def its_parent_starts_what_was_given_up(stage):
    root = stage.tree(
        actor("realm /svc/" + REALM, "obey", use=[{"protocol": REALM, "from": "framework"}],
              children=[child("s", restart=policy("always", give_up=2))]),
        s=actor("exit 1"))
    with stage.run(root) as run:
        for n in 1, 2:
            run.order("/", "bind - s")
            run.wait("failed", "/s", "suspended", n=n)
        equal(len(starts(run, "/s")), 4)
        matches("/ binds", starts(run, "/s")[2])


@story
def a_stop_ends_the_wait_for_a_start(stage):
    root = stage.tree(
        actor("run", children=[
            child("s", startup="eager",
                  restart=policy("on-failure", delay_ms=3600000,
                                 max_delay_ms=3600000))]),
        s=actor("exit 1"))
    with stage.run(root) as run:
        run.wait("manager", "/s", "started again in 3600000 ms")
        run.wait_state("/s", "backoff")
        assert run.show("/s")["restart"]["next_ms"] > 3000000
        run.ask("stop", "/s")
        run.wait_state("/s", "stopped")
        # Asked for by hand, it need not wait at all.
        run.start("/s")
        run.wait("start", "/s", n=2)
        run.wait_state("/s", "backoff")
        run.start("/s")
        run.wait("start", "/s", n=3)


@story
def who_is_to_start_again_keeps_the_tree(stage):
    """Until it is given up: then its status is the run's."""
    root = stage.tree(
        dict(children=[child("s", startup="eager",
                             restart=policy("on-failure", give_up=3))]),
        s=actor("exit 9"))
    with stage.run(root) as run:
        equal(run.end(), 9)
        equal(len(starts(run, "/s")), 3)


@story
def while_all_stops_nobody_starts_again(stage):
    root = stage.tree(
        dict(children=[child("s", restart=policy("always")),
                       child("u", startup="eager", restart=policy("always"))],
             offer=[offer("#s", "#u")]),
        s=provider(*SERVE),
        u=actor(OPEN, "call x", "run", use=uses("restart")))
    with stage.run(root) as run:
        run.said("/u", "^answer x$")
        equal(run.stop(), 128 + signal.SIGTERM)
        equal(len(starts(run, "/s")), 1)
        equal(len(starts(run, "/u")), 1)


# ---- dependents ----

def dependents(stage, end, *commands, **sections):
    """A provider /s, and /u that uses it and may be told of its end."""
    return stage.tree(
        actor("run", children=[child("s", **sections), child("u"),
                               child("plain"), child("v")],
              offer=[offer("#s", "#u", "#plain", "#v")]),
        s=provider(*SERVE), u=actor(*commands, use=uses(end)),
        plain=user("on-lost", OPEN, "call x", "run"),
        v=user(OPEN, "call x"))


def begin(run):
    run.wait("started", "/")
    for m in "/u", "/plain":
        run.start(m)
        run.said(m, "^answer x$")


@story
def who_wants_to_know_is_told(stage):
    """Of a crash, of a stop, and of a good end; the others are not."""
    root = dependents(stage, "tell", "on-lost", OPEN, "call x", "run")
    with stage.run(root) as run:
        begin(run)
        kill(run, "/s")
        run.said("/u", "^lost /svc/example.Echo$")
        tale = run.wait("manager", "/s", "told to 1 .* 0 are started")
        matches(r"told +/u example.Echo \(.*u.cml:\d+:\d+\)", tale["detail"])
        run.start("/v")
        run.said("/v", "^answer x$")
        run.ask("stop", "/s")
        run.said("/u", "^lost", n=2)
        equal(run.state("/u"), "running")
        equal(len(starts(run, "/u")), 1)
        # On the same channel as the wish to stop, which still comes through.
        run.stop()
        equal(run.says("/u")[-1], "loop ended with 0")
        assert "lost /svc/example.Echo" not in run.says("/plain")


@story
def a_use_that_was_never_opened_is_told_too(stage):
    root = dependents(stage, "tell", "on-lost", "say ready", "run")
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/u")
        run.said("/u", "^ready$")
        run.start("/v")
        run.said("/v", "^answer x$")
        kill(run, "/s")
        run.said("/u", "^lost /svc/example.Echo$")


@story
def who_does_not_listen_is_still_stopped(stage):
    """Many ends are told to one who does not read, until that is enough; the
    wish to stop is not lost behind them."""
    listener = actor("on-lost", "say ready", "run", use=uses("tell"))
    listener["program"]["lifecycle"] = dict(stop_event="notify")
    root = stage.tree(
        actor("run", children=[child("s"), child("u"), child("v")],
              offer=[offer("#s", "#u", "#v")]),
        s=provider(*SERVE), u=listener, v=user(OPEN, "call x", "run"))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/u")
        run.said("/u", "^ready$")
        program = run.program("/u")
        os.kill(program, signal.SIGSTOP)
        for n in range(1, 300):
            run.start("/s")
            run.wait("started", "/s", n=n)
            run.ask("stop", "/s")
            tale = run.wait("manager", "/s", "its end is told", n=n)
            if "untold" in tale["detail"]:
                break
        matches("told to 0 of", tale["text"])
        assert n > 5, n
        run.ask("stop", "/u")
        os.kill(program, signal.SIGCONT)
        run.wait("exit", "/u", "status 0")
        equal(run.says("/u")[-1], "loop ended with 0")
        equal(len(run.find("log", "/u", "^lost ")), n - 1)


@story
def who_depends_is_started_again(stage):
    root = dependents(stage, "restart", OPEN, "call x", "run")
    with stage.run(root) as run:
        begin(run)
        kill(run, "/s")
        run.said("/u", "^answer x$", n=2)
        matches("what provides its example.Echo, /s, has ended",
                starts(run, "/u")[1])
        # It was asked, not killed; and the others were left alone.
        assert "loop ended with 0" in run.says("/u")
        equal(len(run.find("stop", "/u")), 1)
        equal(len(starts(run, "/plain")), 1)
        equal(run.find("stop", "/plain"), [])
        # Not once more for the end that is over.
        run.wait_state("/u", "running")
        equal(len(starts(run, "/u")), 2)


@story
def the_provider_is_first(stage):
    """It takes its time; who depends on it waits for that."""
    root = dependents(stage, "restart", OPEN, "call x", "run",
                      restart=policy("on-failure", delay_ms=700,
                                     max_delay_ms=700))
    with stage.run(root) as run:
        begin(run)
        mark = run.mark()
        kill(run, "/s")
        run.wait("started", "/u", after=mark)
        order = [(e["event"], e["moniker"]) for e in run.events[mark:]
                 if e["event"] in ("exit", "started")]
        # Who depends on it may take longer to stop than it to start.
        equal((order[0], order[-1]), (("exit", "/s"), ("started", "/u")))
        equal(sorted(order[1:-1]), [("exit", "/u"), ("started", "/s")])
        matches("restart policy", starts(run, "/s")[1])


@story
def who_was_given_up_is_not_waited_for(stage):
    root = dependents(stage, "restart", OPEN, "call x", "run",
                      restart=policy("on-failure", give_up=1))
    with stage.run(root) as run:
        begin(run)
        mark = run.mark()
        kill(run, "/s")
        run.wait("failed", "/s", "suspended")
        run.wait("started", "/u", after=mark)
        run.said("/u", "^refused UNAVAILABLE by manager$")


@story
def each_use_says_for_itself(stage):
    names = ["one", "two", "three"]
    root = stage.tree(
        actor("run", children=[child("s" + n, "s" + n) for n in names]
              + [child("u")],
              offer=[offer("#s" + n, "#u", name=n) for n in names]),
        u=actor("on-lost", "open /svc/one", "call 1", "open /svc/two",
                "call 2", "open /svc/three", "call 3", "run",
                use=uses("tell", "one") + uses("restart", "two")
                + uses("nothing", "three")),
        **{"s" + n: provider("serve /svc/%s echo" % n, "run", name=n)
           for n in names})
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/u")
        run.said("/u", "^answer 3$")
        kill(run, "/sthree")
        run.wait("exit", "/sthree")
        kill(run, "/sone")
        run.said("/u", "^lost /svc/one$")
        equal(run.find("manager", "/sthree", "its end"), [])
        equal(len(starts(run, "/u")), 1)
        kill(run, "/stwo")
        run.said("/u", "^answer 3$", n=2)
        equal(len(starts(run, "/u")), 2)
        equal(len([t for t in run.says("/u") if t.startswith("lost")]), 1)


def chain(stage):
    """/c uses /b uses /a, each started again with what it uses."""
    return stage.tree(
        actor("run", children=[child(n) for n in "abc"],
              offer=[offer("#a", "#b", name="from.a"),
                     offer("#b", "#c", name="from.b")]),
        a=provider("serve /svc/from.a echo", "run", name="from.a"),
        b=provider("serve /svc/from.b echo", "open /svc/from.a", "call a",
                   "run", name="from.b", use=uses("restart", "from.a")),
        c=actor("open /svc/from.b", "call b", "run",
                use=uses("restart", "from.b")))


@story
def a_restart_goes_down_the_chain(stage):
    with stage.run(chain(stage)) as run:
        run.wait("started", "/")
        run.start("/c")
        run.said("/c", "^answer b$")
        kill(run, "/a")
        run.said("/c", "^answer b$", n=2)
        equal([len(starts(run, "/" + n)) for n in "abc"], [2, 2, 2])
        started = [e["moniker"] for e in run.find("started")]
        assert started.index("/b", started.index("/b") + 1) < \
            started.index("/c", started.index("/c") + 1), started


@story
def a_circle_of_restarts_comes_to_rest(stage):
    """Each is restarted for the other's end; once is enough."""
    serve = dict(restart=policy("on-failure"))
    root = stage.tree(
        actor("run", children=[child("a", **serve), child("b", **serve),
                               child("other")],
              offer=[offer("#a", "#b", name="one", dependency="weak"),
                     offer("#b", "#a", name="two")]),
        a=provider("serve /svc/one echo", "open /svc/two", "call x", "run",
                   name="one", use=uses("restart", "two")),
        b=provider("serve /svc/two echo", "say here", "run", name="two",
                   use=uses("restart", "one")),
        other=actor("say other"))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/a")
        for n in 1, 2, 3:
            run.said("/a", "^answer x$", n=n)
            run.said("/b", "^here$", n=n)
            until(lambda: run.state("/a") == run.state("/b") == "running",
                  "both run")
            if n < 3:
                kill(run, "/ab"[:1] + "ab"[n - 1])
        # Anything that still went round would have had its turn here.
        for n in 1, 2, 3:
            run.start("/other")
            run.said("/other", "^other$", n=n)
            run.wait("exit", "/other", n=n)
        equal(len(starts(run, "/a")), 3)
        equal(len(starts(run, "/b")), 3)


@story
def a_stop_wins_over_a_restart(stage):
    """It is asked to stop while it stops to be started again."""
    root = dependents(stage, "restart", "save-on-stop", OPEN, "call x", "run")
    with stage.run(root) as run:
        begin(run)
        program = run.program("/u")
        os.kill(program, signal.SIGSTOP)
        kill(run, "/s")
        run.wait("stop", "/u")
        run.ask("stop", "/u")
        os.kill(program, signal.SIGCONT)
        run.said("/u", "^saved$")
        run.wait("exit", "/u")
        run.wait_state("/u", "stopped")
        run.start("/v")
        run.said("/v", "^answer x$")
        equal(len(starts(run, "/u")), 1)


@story
def the_end_of_a_realm_is_an_end(stage):
    """A dynamic child is destroyed: its user is another member's."""
    root = stage.tree(
        actor("realm /svc/" + REALM,
              "create pool w fuchsia-pkg://example.org/w#meta/w.cm",
              "bind pool w", "run",
              use=[{"protocol": REALM, "from": "framework"}],
              collections=[dict(name="pool", durability="transient")]),
        w=actor("run", children=[child("s"), child("u", startup="eager")],
                offer=[offer("#s", "#u")]),
        s=provider(*SERVE),
        u=actor("on-lost", OPEN, "call x", "run", use=uses("tell")))
    with stage.run(root) as run:
        run.said("/pool:w/u", "^answer x$")
        run.ask("stop", "/pool:w/s")
        run.said("/pool:w/u", "^lost")


play()
