"""Trees of 10 to 100,000 components, each with a manifest of its own: what a
check and a route cost, how that grows, and what reading the files alone costs."""
import json
import os
import resource
import subprocess
import time

from programs import Failure

SIZES = (10, 1000, 10000, 100000)
BRANCHES = 10


def node(i, n):
    """The i-th component: it hands what it is offered on to its children."""
    below = [k for k in range(BRANCHES * i + 1, BRANCHES * (i + 1) + 1) if k < n]
    manifest = {"program": {"runner": "elf", "binary": "bin/x"}}
    if i == 0:
        manifest["capabilities"] = [{"protocol": "bench.Echo"}]
    else:
        manifest["use"] = [{"protocol": "bench.Echo"}]
    if below:
        manifest["children"] = [{"name": f"c{k}", "url": f"#meta/c{k}.cm"}
                                for k in below]
        manifest["offer"] = [{"protocol": "bench.Echo",
                              "from": "parent" if i else "self",
                              "to": [f"#c{k}" for k in below]}]
    return manifest


def moniker(i):
    path = []
    while i:
        path.insert(0, f"c{i}")
        i = (i - 1) // BRANCHES
    return "/" + "/".join(path)


class Growth:
    def __init__(self, programs, layout):
        self.programs = programs
        self.trees = {n: self.write(layout, n) for n in SIZES}

    @staticmethod
    def write(layout, n):
        meta = os.path.join(layout.directory, f"grow-{n}", "meta")
        os.makedirs(meta, exist_ok=True)
        for i in range(n):
            with open(os.path.join(meta, f"c{i}.cml"), "w",
                      encoding="utf-8") as f:
                json.dump(node(i, n), f, indent=1)
        return meta

    @staticmethod
    def timed(command):
        """Wall milliseconds and those of the processor."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        p = subprocess.run(command, check=False, capture_output=True, text=True,
                           timeout=300)
        took = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if p.returncode:
            raise Failure(f"{command[1:3]}: {p.stderr.splitlines()[:1]}")
        return took * 1e3, (after.ru_utime + after.ru_stime
                            - before.ru_utime - before.ru_stime) * 1e3

    @staticmethod
    def memory(command):
        """KiB that the command had at its peak."""
        pid = os.posix_spawn(command[0], command, os.environ,
                             file_actions=[(os.POSIX_SPAWN_OPEN, 2, "/dev/null",
                                            os.O_WRONLY, 0)])
        return os.wait4(pid, 0)[2].ru_maxrss

    def round(self, add):
        for n, meta in self.trees.items():
            root = os.path.join(meta, "c0.cml")
            check = [self.programs.reeve, "check", "-q", root]
            add(f"growth/check-{n}", self.timed(check)[0])
            add(f"growth/read-{n}",
                self.timed([self.programs.ours("read"), meta])[0])
            add(f"growth/route-{n}",
                self.timed([self.programs.reeve, "route", "--json", root,
                            moniker(n - 1), "bench.Echo"])[0])

    def once(self, add):
        for n, meta in self.trees.items():
            add(f"growth/memory-{n}", self.memory(
                [self.programs.reeve, "check", "-q",
                 os.path.join(meta, "c0.cml")]))


ALL = {"growth": Growth}


def rows(figures, row):
    """@row makes one of (what, ours, unit, against, theirs, goal)."""
    out = []
    for n in SIZES:
        ours = figures.get(f"growth/check-{n}")
        read = figures.get(f"growth/read-{n}")
        if ours is None or read is None:
            continue
        out.append(row(f"check of {n} components", ours, "ms",
                       "reading their files", read,
                       1000 if n == 10000 else None))
        out.append(row("  each", ours / n * 1e3, "us", "", None, None))
        out.append(row("  one route, as far as it goes",
                       figures[f"growth/route-{n}"], "ms", "", None, None))
        memory = figures.get(f"growth/memory-{n}")
        if memory:
            out.append(row("  memory, each", memory / n, "KiB", "", None, None))
    return out
