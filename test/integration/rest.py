"""
What a manager holds while nothing goes on, so that a story can say: as much as
before.

At rest it has its blank cells ready and its news read. It may have one worker,
which the first revocation begins and which waits for the next one; whether a
story had one is a matter of who was faster, so the socket to it does not count.
A second worker does.
"""
import os
import re
import time
from collections import Counter, namedtuple

# Blank cells that a manager keeps ready.
POOL = 2
TIMEOUT = 30
# Looked at so often, in a row and the same, it is at rest.
LOOKS = 10

Task = namedtuple("Task", "pid name parent session")


def tasks():
    """All that live; zombies are dead. Others' come and go meanwhile."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid, "rb") as f:
                head, _, rest = f.read().rpartition(b")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent, _, session = rest.split()[:4]
        if state not in b"ZX":
            name = head.partition(b"(")[2].decode(errors="replace")
            found.append(Task(int(pid), name, int(parent), int(session)))
    return found


def kinds_of(pid):
    """How many descriptors of which kind a task has."""
    kinds = Counter()
    for fd in os.listdir("/proc/%d/fd" % pid):
        target = os.readlink("/proc/%d/fd/%s" % (pid, fd))
        kind = re.sub(r":\[\d+\]$", "", target)
        kinds["cgroup" if kind.startswith("/sys/fs/cgroup") else kind] += 1
    return kinds


def _look(manager):
    """What it holds; None while something goes on."""
    now = tasks()
    children = [t for t in now if t.parent == manager]
    cells = [t for t in children if t.name != "reeve-launcher"]
    launcher = [t.pid for t in children if t not in cells]
    if len(launcher) != 1:
        return None
    # Set apart by the launcher: nobody's children, but of its session. Cells
    # have sessions of their own.
    workers = [t.name for t in now
               if t.session == launcher[0] and t.pid != launcher[0]]
    if workers not in ([], ["reeve-sever"]):
        return None
    # What is to be the program of a blank cell is an init still.
    programs = {t.parent: t.name for t in now}
    if [programs.get(c.pid) for c in cells].count("reeve-init") != POOL:
        return None
    held = kinds_of(manager)
    held["socket"] -= len(workers)
    held["cell"] = len(cells)
    return held


def held_at_rest(manager, *others):
    """What the manager holds and, for each other task, that does: as a list."""
    same, last, held = 0, None, None
    end = time.monotonic() + TIMEOUT
    while same < LOOKS:
        assert time.monotonic() < end, "it does not come to rest: %r" % held
        try:
            held = [_look(manager), *map(kinds_of, others)]
        except FileNotFoundError:
            # A descriptor was closed.
            held = [None]
        same = same + 1 if held[0] and held == last else 0
        last = held
        time.sleep(0.02)
    return held


def wait_held(before, manager, *others):
    """Wait until just that is held again: what is never let go is a leak."""
    end = time.monotonic() + TIMEOUT
    while True:
        held = held_at_rest(manager, *others)
        if held == before:
            return
        assert time.monotonic() < end, "it held %r, and now\n%r" % (before,
                                                                   held)
