"""
Routes over which no descriptor may pass: transfer: "none". What is sent as bytes
arrives; a descriptor is refused to whoever sends it, in both directions, and
neither end can allow it again.
"""
import os
import socket

from stage import (Skip, actor, child, equal, matches, offer, play, story)

HERE = os.path.dirname(os.path.abspath(__file__))
ECHO = "example.Echo"
PASSRIGHTS = 83

PRELUDE = """#!/usr/bin/python3
import errno, os, socket
from wire import *

def give(s, who):
    try:
        s.sendmsg([b"take this"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                  array.array("i", [1]))])
        say(who, "passed a descriptor")
    except OSError as e:
        say(who, "may not:", errno.errorcode[e.errno])

def allow(s, who):
    try:
        s.setsockopt(socket.SOL_SOCKET, %d, 1)
        say(who, "allowed it")
    except OSError as e:
        say(who, "cannot allow it:", errno.errorcode[e.errno])
""" % PASSRIGHTS

PROVIDER = PRELUDE + """
_, fds = receive(socket.socket(fileno=3))
channels = [socket.socket(fileno=fd) for fd in fds]
while True:
    for c in channels:
        try:
            data, fds = receive(c, 0.05)
        except TimeoutError:
            continue
        if fds:
            server = socket.socket(fileno=fds[0])
            data, _ = receive(server)
            allow(server, "provider")
            give(server, "provider")
            server.send(b"bytes")
"""

CLIENT = PRELUDE + """
svc, *rest = bootstrap()
c = open_at(svc, b"example.Echo")
c.send(b"hello")
allow(c, "client")
data, fds = receive(c)
say("client read", data.decode(), "and", len(fds), "descriptors")
give(c, "client")
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect("/svc/example.Echo")
say("connect ends in", end_of(s))
"""


def is_known():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with a, b:
        try:
            b.setsockopt(socket.SOL_SOCKET, PASSRIGHTS, 0)
            return True
        except OSError:
            return False


def lay_out(stage, **more):
    with open(os.path.join(HERE, "hostile", "wire.py")) as f:
        wire = f.read()
    for name, script, sections in (
            ("s", PROVIDER, dict(
                capabilities=[dict(protocol=ECHO)],
                expose=[{"protocol": ECHO, "from": "self"}])),
            ("u", CLIENT, dict(use=[dict(protocol=ECHO)]))):
        manifest = actor(**sections)
        manifest["program"]["binary"] = "bin/program.py"
        stage.package(name, manifest, None,
                      {"bin/wire.py": wire, "bin/program.py": script})
    return stage.tree(actor("run", children=[child("s"), child("u")],
                            offer=[offer("#s", "#u", **more)]))


@story
def no_descriptor_passes(stage):
    if not is_known():
        raise Skip("this kernel has no SO_PASSRIGHTS (Linux 6.16)")
    with stage.run(lay_out(stage, transfer="none")) as run:
        run.wait("started", "/")
        run.start("/u")
        run.said("/u", "^client cannot allow it: EPERM$")
        run.said("/s", "^provider cannot allow it: EPERM$")
        run.said("/s", "^provider may not: EPERM$")
        run.said("/u", "^client read bytes and 0 descriptors$")
        run.said("/u", "^client may not: EPERM$")
        # What connect(2) makes cannot be sealed from outside.
        e = run.wait("refused", "/u", "libreeve")
        matches("NOT_SUPPORTED", e["text"])
        run.said("/u", "^connect ends in")


@story
def without_it_descriptors_pass(stage):
    with stage.run(lay_out(stage)) as run:
        run.wait("started", "/")
        run.start("/u")
        run.said("/s", "^provider passed a descriptor$")
        run.said("/u", "^client read take this and 1 descriptors$")
        run.said("/u", "^client passed a descriptor$")
        equal(run.find("refused", "/u"), [])


@story
def a_kernel_that_cannot_refuses(stage):
    if is_known():
        raise Skip("this kernel can")
    with stage.run(lay_out(stage, transfer="none")) as run:
        run.wait("started", "/")
        run.start("/u")
        matches("6.16", run.wait("refused", "/u")["text"])


play()
