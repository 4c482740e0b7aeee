"""Hostile components: what they print, and what they do to their channels."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from clients import Calm, ECHO, SERVE, with_wire
from stage import (actor, child, equal, matches, offer, play, provider, story,
                   until, user)


@story
def a_component_prints_without_end(stage):
    """Its pipe fills and it waits; nobody else does."""
    root = stage.tree(
        actor("run", children=[child("s"), child("bad"), child("good")],
              offer=[offer("#s", "#good")]),
        s=provider(*SERVE), bad=actor("print -1 " + "x" * 3000),
        good=user("open /svc/" + ECHO, "call x"))
    with stage.run(root) as run:
        # The journal keeps 2048 lines, which are as long as may be here.
        calm = Calm(run, 24 * 1024)
        run.start("/bad")
        run.said("/bad", "^line 100 ")
        for _ in range(5):
            calm.check()
        # Also to who follows the log and does not read it.
        follower = stage.popen("log", "--follow", "--manager", str(run.pid),
                               stdout=-1)
        time.sleep(0.5)
        calm.check()
        follower.kill()
        follower.wait()
        run.ask("stop", "/bad")


@story
def lines_that_are_no_lines(stage):
    """Binary, endless, and with what a terminal would obey."""
    root = stage.tree(
        dict(children=[child("bad", startup="eager")]),
        bad=actor("sh head -c 100000 /dev/zero", "sh printf '\\033[2Jred\\n'",
                  "sh printf '\\377\\376\\n'", "sh printf 'no newline at end'"))
    with stage.run(root) as run:
        equal(run.end(), 0)
        equal(run.noise, [])
        text = "".join(run.says("/bad"))
        assert "\033" not in text
        matches("red", text)
        matches("no newline at end", text)
    r = stage.reeve("run", root, text=False)
    assert b"\033" not in r.stdout and b"\0" not in r.stdout


@story
def a_provider_shuts_its_outgoing_channel(stage):
    """Who opens it waits, within the bound, for its successor."""
    root = stage.tree(
        actor("run", children=[child("s"), child("victim"), child("u"),
                               child("good")],
              capabilities=[
                  dict(directory="state", rights=["rw*"], path="/state"),
                  {"storage": "data", "from": "self", "backing_dir": "state",
                   "storage_id": "static_instance_id_or_moniker"}],
              offer=[offer("#victim", "#u"), offer("#s", "#good"),
                     offer("self", "#victim", name="data", kind="storage")]),
        s=provider(*SERVE),
        # The first time it shuts all it has and stays; then it serves.
        victim=provider("sh test -e /data/second || touch /data/first",
                        "sh test -e /data/second || "
                        "{ touch /data/second; exit 0; }", *SERVE,
                        use=[dict(storage="data", path="/data")]),
        u=user("hold 200 /svc/" + ECHO, "call-held x", "run"),
        good=user("open /svc/" + ECHO, "call x"))
    stage.package("victim", dict(
        provider(use=[dict(storage="data", path="/data")]),
        program=dict(runner="elf", binary="bin/victim.py")), None,
        dict(with_wire(), **{"bin/victim.py": SHUTTER}))
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/victim")
        run.said("/victim", "^shut$")
        run.start("/u")
        run.said("/u", "^held 200$")
        calm.check()
        until(lambda: run.show("/victim")["opens_waiting"] >= 100,
              "opens wait")
        run.ask("stop", "/victim")
        run.said("/victim", "^serving$")
        matches("^answered 128 refused 72 of 200$",
                run.said("/u", "^answered", timeout=30)["text"])
        calm.check()


SHUTTER = '''#!/usr/bin/python3
import os, signal, socket, struct
from wire import *
_, fds = receive(socket.socket(fileno=3))
channels = [socket.socket(fileno=fd) for fd in fds]
if not os.path.exists("/data/second"):
    open("/data/second", "w").close()
    for c in channels:
        c.shutdown(socket.SHUT_RDWR)
    say("shut")
    signal.pause()
say("serving")
# By hand: answer one call on each channel that arrives.
import selectors
poll = selectors.DefaultSelector()
for c in channels:
    poll.register(c, selectors.EVENT_READ, "open")
while True:
    for key, _ in poll.select():
        data, fds = receive(key.fileobj)
        if not data:
            poll.unregister(key.fileobj)
        for fd in fds:
            poll.register(socket.socket(fileno=fd), selectors.EVENT_READ, "call")
        if key.data == "call" and data:
            send(key.fileobj, data)
'''


play()
