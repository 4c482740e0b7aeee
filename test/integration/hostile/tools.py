"""Garbage on the control socket; tools that do not read, or never ask."""
import hashlib
import os
import random
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rest import held_at_rest, kinds_of, wait_held
from stage import (actor, child, equal, memory_of, play, story, tasks_below,
                   until)
from wire import PRESENT, header, padded, string

GROWTH = 6 * 1024


def running(stage):
    return stage.tree(actor("run", children=[child("a")]),
                      a=actor("print 500 " + "y" * 900))


def connect(run):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # A full backlog is not an answer: wait until it is read.
    until(lambda: s.connect_ex(run.socket()) == 0, "it takes us")
    s.settimeout(10)
    return s


def is_refused(s):
    """The manager has closed it, with or without a word."""
    try:
        while True:
            if not s.recv(65536):
                return True
    except (ConnectionResetError, BrokenPipeError):
        return True
    except TimeoutError:
        return False


def request(verb, *arguments):
    """A well-formed request, as the tool writes it."""
    data = string(verb) + struct.pack("<QQ", len(arguments), PRESENT)
    data += padded(verb)
    for a in arguments:
        data += string(a)
    for a in arguments:
        data += padded(a)
    return header(ORDINAL, 1) + data


def ordinal(name):
    digest = hashlib.sha256(name.encode()).digest()
    return struct.unpack("<Q", digest[:8])[0] & (2**63 - 1)


ORDINAL = ordinal("reeve.control/Control.Request")


@story
def garbage_on_the_control_socket(stage):
    random.seed(2)
    good = request(b"show", b"/a")
    bad = [good[:n] for n in range(1, len(good), 3)]
    bad += [b"\0" * 65536, b"\xff" * 1000, b"GET / HTTP/1.0\r\n\r\n",
            request(b"", b""), request(b"x" * 33), request(b"show"),
            request(b"show", *[b"/a"] * 64), request(b"show", *[b"/a"] * 65),
            request(b"show", b"x" * 4096), request(b"show", b"x" * 4097),
            request(b"log", b"", b"9" * 4000), request(b"log", b"\xff\xfe"),
            request(b"sh\0ow", b"/a"), request(b"show", b"/a\0b"),
            header(0x1234, 1), header(ORDINAL, 0) + good[16:]]
    for _ in range(300):
        b = bytearray(good)
        b[random.randrange(len(b))] ^= 1 << random.randrange(8)
        bad.append(bytes(b))
        bad.append(random.randbytes(random.choice((1, 16, 40, 2000))))
    with stage.run(running(stage)) as run:
        run.wait("started", "/")
        equal(run.state("/"), "running")
        held, memory = held_at_rest(run.pid), memory_of(run.pid)
        for data in bad:
            with connect(run) as s:
                s.send(data)
                assert is_refused(s), data[:60]
        # Descriptors are not wanted either.
        for n in 1, 60:
            with connect(run) as s:
                socket.send_fds(s, [good], [0] * n)
                is_refused(s)
        # A second request on one connection.
        with connect(run) as s:
            s.send(good)
            try:
                s.send(good)
            except BrokenPipeError:
                pass
            assert is_refused(s)
        wait_held(held, run.pid)
        assert memory_of(run.pid) - memory < GROWTH
        equal(run.state("/"), "running")


@story
def tools_that_never_ask(stage):
    """A bounded number; then one more is turned away, and told so."""
    with stage.run(running(stage)) as run:
        run.wait("started", "/")
        equal(run.state("/"), "running")
        held = held_at_rest(run.pid)
        before = kinds_of(run.pid)["socket"]
        idle = [connect(run) for _ in range(64)]
        until(lambda: kinds_of(run.pid)["socket"] >= before + 64,
              "all are there")
        for _ in range(20):
            with connect(run) as s:
                assert is_refused(s)
        r = stage.reeve("list", "--manager", str(run.pid))
        assert r.returncode != 0 and r.stderr, r
        for s in idle:
            s.close()
        wait_held(held, run.pid)
        equal(run.state("/"), "running")


@story
def a_tool_that_does_not_read(stage):
    """It loses its connection, not the manager its memory."""
    with stage.run(running(stage)) as run:
        run.wait("started", "/")
        slow = [connect(run) for _ in range(10)]
        for s in slow:
            s.send(request(b"log", b"", b"0", b"follow"))
        run.start("/a")
        run.said("/a", "^line 499 ")
        memory = memory_of(run.pid)
        for n in range(2, 12):
            run.wait_state("/a", "stopped")
            run.start("/a")
            run.said("/a", "^line 499 ", n=n)
        # Each may hold back 4 MiB, no more; half of that for the allocator.
        grown = memory_of(run.pid) - memory
        assert grown < 15 * 4096 + GROWTH, grown
        equal(run.state("/"), "running")
        for s in slow:
            s.close()


# What the worker that makes a guest is sent: see src/cell/guest.h.
START, SIGNAL = 1, 2


def lines(run, moniker=b"/a"):
    """Ask to be let in; the line, which comes with the answer."""
    with connect(run) as s:
        s.send(request(b"exec", moniker, b""))
        while True:
            data, fds, _, _ = socket.recv_fds(s, 65536, 4)
            assert data, "no line came"
            if fds:
                line = socket.socket(fileno=fds[0])
                line.settimeout(10)
                return line


@story
def lines_that_are_misused(stage):
    """What is said to the worker that makes a guest; then it ends, and
    nothing else does."""
    arguments = b"/bin/true\0"
    good = struct.pack("<IIII", START, 0, 1, 0) + arguments
    bad = [b"x", b"\0" * 65000, os.urandom(5000), good[:15],
           struct.pack("<II", SIGNAL, 9),
           struct.pack("<IIII", START, 0, 0, 0),
           struct.pack("<IIII", START, 0, 2, 0) + arguments,
           struct.pack("<IIII", START, 0, 1, 1) + arguments,
           struct.pack("<IIII", START, 0, 2**32 - 1, 0) + arguments,
           struct.pack("<IIII", START, 0, 1, 2**32 - 1) + arguments,
           struct.pack("<IIII", START, 0, 1, 0) + b"/bin/true"]
    with stage.run(stage.tree(
            actor("run", children=[child("a", startup="eager")]),
            a=actor("run"))) as run:
        run.wait("started", "/a")
        held = held_at_rest(run.pid)
        tasks = tasks_below(run.task("/a"))
        for data in bad:
            # With too few descriptors, enough, and too many.
            for n in 0, 2, 3, 4, 5, 60:
                with lines(run) as line:
                    socket.send_fds(line, [data], [0] * n)
                    assert is_refused(line), data[:20]
        # A good one, but without its streams.
        for n in 0, 1, 2, 5:
            with lines(run) as line:
                socket.send_fds(line, [good], [0] * n)
                assert is_refused(line), n
        # Nothing at all; and a guest that is told nonsense.
        lines(run).close()
        for data in b"x", os.urandom(100), struct.pack("<II", 77, 1):
            with lines(run) as line, open("/dev/null", "r+b") as null:
                socket.send_fds(line, [struct.pack("<IIII", START, 0, 2, 0) +
                                       b"sleep\x001000\0"],
                                [null.fileno()] * 3)
                equal(struct.unpack_from("<I", line.recv(4096))[0], 3)
                line.send(data)
                equal(struct.unpack_from("<I", line.recv(4096))[0], 5)
        # Signals that are none.
        with lines(run) as line, open("/dev/null", "r+b") as null:
            socket.send_fds(line, [struct.pack("<IIII", START, 0, 2, 0) +
                                   b"sleep\x001000\0"], [null.fileno()] * 3)
            line.recv(4096)
            for n in 0, -1, -9, 65, 2**31 - 1:
                line.send(struct.pack("<Ii", SIGNAL, n))
            line.send(struct.pack("<Ii", SIGNAL, 15))
            event = struct.unpack_from("<Iii", line.recv(4096))
            equal(event, (5, 0, 15))
        wait_held(held, run.pid)
        equal(run.state("/a"), "running")
        until(lambda: set(tasks_below(run.task("/a"))) == set(tasks),
              "no guest is left")


@story(only="root")
def another_user_may_not(stage):
    """Neither look nor change, though he finds the socket."""
    with stage.run(running(stage)) as run:
        run.wait("started", "/")
        status = os.stat(run.socket())
        equal(status.st_mode & 0o777, 0o600)
        pid = os.fork()
        if not pid:
            os.setgroups([])
            os.setgid(54321)
            os.setuid(54321)
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                s.connect(run.socket())
            except PermissionError:
                os._exit(0)
            os._exit(1)
        equal(os.waitpid(pid, 0)[1], 0)


play()
