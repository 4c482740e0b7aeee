"""Those who ask too much wait for themselves; nobody else notices."""
import re
import signal
import time

from stage import (actor, child, equal, matches, offer, play, provider, story,
                   until, user)

ECHO = "example.Echo"
OPEN = "open /svc/" + ECHO
SERVE = ("serve /svc/%s echo" % ECHO, "run")
REALM = "fuchsia.sys2.Realm"
# What is asked for may exceed what was to be had when the count is taken by
# what one look at each of a component's channels may read.
OVERRUN = 200


def slow(rate, **more):
    """After a burst of two seconds' worth: so low that asking one by one on a
    busy machine is still too much."""
    return dict(more, requests_per_second=rate)


def tree(stage, bad, limits, **sections):
    """/bad with these limits, /good without, and each its own provider."""
    return stage.tree(
        actor("run", children=[child("s"), child("good"), child("other", "s"),
                               child("bad", limits=limits)],
              offer=[offer("#s", "#good"), offer("#other", "#bad")]),
        s=provider(*SERVE), bad=dict(user(*bad), **sections),
        good=user("cycle 1000 /svc/" + ECHO, "run"))


@story
def a_flood_is_slowed_down_and_the_others_are_not(stage):
    rate = 50
    root = tree(stage, ["say flooding", "flood 10000000 /svc/" + ECHO],
                slow(rate))
    with stage.run(root) as run:
        run.wait("started", "/")
        begin = time.monotonic()
        run.start("/bad")
        tale = run.wait("manager", "/bad", "throttled")
        matches("requests were delayed; it may ask for 50 a second",
                tale["text"])
        run.start("/good")
        run.said("/good", "^cycled 1000 of 1000$", timeout=60)
        good, bad = run.show("/good"), run.show("/bad")
        seconds = time.monotonic() - begin
        # Nobody but the one who asked too much was made to wait.
        equal(good["throttle"]["pauses"], 0)
        equal(good["throttle"]["delayed"], 0)
        equal(good["throttle"]["requests_per_second"], 5000)
        assert good["throttle"]["requests"] >= 1000, good["throttle"]
        assert bad["throttle"]["throttled"], bad["throttle"]
        equal(bad["throttle"]["requests_per_second"], rate)
        assert bad["throttle"]["requests"] <= \
            (seconds + 2) * rate + OVERRUN, (seconds, bad["throttle"])
        assert bad["throttle"]["delayed"] > 0, bad["throttle"]
        # It was not refused: nothing failed.
        equal(run.find("refused", "/bad"), [])
        assert len(run.find("manager", "/bad", "throttled")) <= seconds + 1


@story
def what_is_delayed_is_answered(stage):
    root = tree(stage, ["flood 120 /svc/" + ECHO, OPEN, "call x"], slow(30))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/bad")
        run.said("/bad", "^flooded 120 of 120$")
        run.said("/bad", "^answer x$")
        run.wait("exit", "/bad", "status 0")
        throttle = run.show("/bad")["throttle"]
        assert throttle["pauses"] and throttle["delayed"], throttle
        equal(throttle["requests"], 121)
        # It is told, if only once it is over, and then all is as before.
        told = until(lambda: run.find("manager", "/bad", "throttled"), "told")
        until(lambda: sum(e["delayed"] for e in
                          run.find("manager", "/bad", "throttled"))
              == throttle["delayed"], "all of it is told")
        assert told[0]["delayed"] > 0
        until(lambda: not run.show("/bad")["throttle"]["throttled"],
              "it is not throttled any more")


@story
def who_waits_does_not_keep_the_manager_awake(stage):
    root = tree(stage, ["flood 10000000 /svc/" + ECHO], slow(10))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/bad")
        begin = time.monotonic()
        run.wait("manager", "/bad", "throttled", n=3)
        run.stop()
        seconds = time.monotonic() - begin
        done = run.wait("manager", "", "woke .* times in all")["text"]
        # Each request, each look, and what begins and ends.
        n = int(re.search(r"woke (\d+) times in all", done)[1])
        assert n <= 200 * (seconds + 2), (n, seconds)


@story
def connecting_to_a_socket_is_asking(stage):
    root = tree(stage, ["plain /svc/%s %d" % (ECHO, n) for n in range(30)],
                slow(5))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/bad")
        run.said("/bad", "^answer 29$")
        run.wait("exit", "/bad", "status 0")
        equal(run.says("/bad"), ["answer %d" % n for n in range(30)])
        throttle = run.show("/bad")["throttle"]
        equal(throttle["requests"], 30)
        assert throttle["delayed"], throttle


@story
def looking_into_a_directory_is_asking(stage):
    root = tree(stage, ["list /svc"] * 12, slow(10))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/bad")
        run.wait("exit", "/bad", "status 0")
        equal(run.says("/bad").count("listed 1"), 12)
        assert run.show("/bad")["throttle"]["delayed"], run.show("/bad")


@story
def asking_about_children_is_asking(stage):
    root = stage.tree(
        actor("run", children=[child("bad", limits=slow(8))]),
        bad=actor("realm /svc/" + REALM, *["children pool"] * 20,
                  use=[{"protocol": REALM, "from": "framework"}],
                  collections=[dict(name="pool", durability="transient")]))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/bad")
        run.wait("exit", "/bad", "status 0")
        equal(run.says("/bad"), ["0 children"] * 20)
        throttle = run.show("/bad")["throttle"]
        assert throttle["delayed"] and throttle["requests"] > 20, throttle


@story
def a_child_that_is_destroyed_while_it_waits(stage):
    root = stage.tree(
        actor("realm /svc/" + REALM,
              "create pool w fuchsia-pkg://example.org/w#meta/w.cm",
              "bind pool w", "sleep 700", "destroy pool w", "run",
              use=[{"protocol": REALM, "from": "framework"}],
              collections=[dict(name="pool", durability="transient",
                                limits=slow(10))]),
        w=actor("run", children=[child("s"), child("u", startup="eager",
                                                   limits=slow(5))],
                offer=[offer("#s", "#u")]),
        s=provider(*SERVE), u=user("flood 1000000 /svc/" + ECHO))
    with stage.run(root) as run:
        run.said("/", "^destroyed w$")
        equal(run.state("/"), "running")


# ---- what is held ----

@story
def who_never_reads_is_seen(stage):
    """The opens that wait for it are counted, and so is who was refused."""
    root = stage.tree(
        actor("run", children=[child("s"), child("u")],
              offer=[offer("#s", "#u")]),
        s=actor("deaf", capabilities=[dict(protocol=ECHO)],
                expose=[{"protocol": ECHO, "from": "self"}]),
        u=user("hold 200 /svc/" + ECHO, "run"))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/u")
        run.said("/u", "^held 200$")
        until(lambda: run.show("/u")["account"]["opens"]["refused"] == 72,
              "they are refused")
        account = run.show("/u")["account"]["opens"]
        equal((account["held"], account["limit"]), (128, 128))
        equal(run.show("/s")["opens_waiting"], 128)
        matches("unread opens", run.find("refused", "/u")[0]["text"])
        # It would take the whole grace period.
        run.signal(signal.SIGTERM)
        run.wait("manager", "", "once more kills")
        run.stop()


@story
def a_manifest_bounds_what_is_held(stage):
    root = stage.tree(
        actor("run", children=[child("s"),
                               child("u", limits=dict(connections=3)),
                               child("p", limits=dict(children=2))],
              offer=[offer("#s", "#u")]),
        s=provider(*SERVE),
        u=user("hold 5 /svc/" + ECHO, "call-held x", "run"),
        p=actor("realm /svc/" + REALM,
                *["create pool %s fuchsia-pkg://example.org/s#meta/s.cm" % n
                  for n in "abc"], "children pool", "run",
                use=[{"protocol": REALM, "from": "framework"}],
                collections=[dict(name="pool", durability="transient")]))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/u", "/p")
        run.said("/u", "^answered 3 refused 2 of 5$")
        equal(run.show("/u")["account"]["connections"]["limit"], 3)
        equal(run.show("/u")["account"]["opens"]["limit"], 128)
        run.said("/p", "^2 children$")
        equal(run.show("/p")["account"]["children"],
              dict(held=2, limit=2, refused=1))


play()
