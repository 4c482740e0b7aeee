"""Where a holder can put its end of a channel, and how it finds it again."""
import os

from world import ECHO, PROGRAMS, equal, matches


class Place:
    """@hide takes the end in slot 1; @find looks at it after the end."""

    def __init__(self, hide, find, killed=0):
        self.hide, self.find, self.killed = hide, find, killed


def _orders(*orders):
    return lambda h: h.ok(*orders)


def _child(kind, n=1, dups=0, told="eof 0 EPIPE"):
    """In tasks of its own; in the program itself no more."""
    def hide(h):
        h.ok("spawn 1 %s %d %d" % (kind, n, dups), "close 1")

    def find(h):
        h.ok("ask %d" % n)
        equal(h.told(n), "%d: %s" % (n, told), h.moniker)
        h.ok("kill")
    return Place(hide, find)


def _stopped():
    place = _child("stopped")

    def hide(h):
        place.hide(h)
        while h.states() != "T":
            pass

    def find(h):
        # Nobody but its owner has it go on.
        equal(h.states(), "T", h.moniker)
        place.find(h)
    return Place(hide, find)


def _by_itself(kind, told):
    """These tell without being asked."""
    def hide(h):
        h.ok("spawn 1 %s 1 0" % kind, "close 1")

    def find(h):
        equal(h.told(1), "1: " + told, h.moniker)
        h.ok("kill")
    return Place(hide, find)


def _nested(depth):
    def find(h):
        h.ok("unnest 2 %d 1" % depth)
        h.is_dead(1)
    return Place(_orders("nest 1 %d 2" % depth), find)


def _queue():
    """Sent by the holder to itself, behind other messages."""
    def find(h):
        for _ in range(9):
            equal(h.receive(3, 0), "got filled")
        h.ok("take 1 3")
        h.is_dead(1)
    return Place(_orders("pair 2 3", "fill 2 9", "pass 1 2"), find)


def _backlog():
    def find(h):
        # Connections that wait with something in them are ended.
        matches("^(EAGAIN|ok)$", h.unpack(2, 1))
    return Place(_orders("backlog 1 2"), find)


def _moved(n):
    def find(h):
        matches("^1: (moved to its end|could not be moved)$", h.told(1))
        h.ok("kill")
    return Place(_orders("move 1 %d" % n), find)


def _undumpable():
    """The program itself, with all that it has."""
    def find(h):
        h.is_dead(1)
    return Place(_orders("undumpable"), find)


def _held():
    def find(h):
        h.is_dead(1, 2)
    return Place(_orders("dup 1 2"), find)


PLACES = {
    "in its table": _held(),
    "20 tasks, 100 dups": _child("plain", 20, 5),
    "an orphan": _child("orphaned"),
    "deaf": _child("deaf"),
    "stopped": _stopped(),
    "reading": _by_itself("reading", "eof"),
    "spinning": _by_itself("spinning", "eof"),
    "its own queue": _queue(),
    "three queues deep": _nested(3),
    "sixteen queues deep": _nested(16),
    "a listener's backlog": _backlog(),
    "moved by 32 tasks": _moved(32),
    "without a first thread": _child("leaderless"),
    "undumpable": _undumpable(),
    "undumpable child": _child("undumpable"),
    "undumpable, then executed": _child("executed"),
    "not to be read": _child("sealed"),
}


def seal(stage, *packages):
    """A program that may be executed, and not read, by anybody but root."""
    for name in packages:
        path = stage.path("packages", name, "bin", "sealed")
        with open(os.path.join(PROGRAMS, "holder"), "rb") as f:
            program = f.read()
        with open(path, "wb") as f:
            f.write(program)
        os.chmod(path, 0o711)


def connect(w):
    """Slot 1 of a and of p, with something queued in both directions."""
    w.a.ok("open 1 /svc/" + ECHO)
    w.p.ok("accept 1")
    w.a.ok("fill 1 3")
    w.p.ok("fill 1 3")
