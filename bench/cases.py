"""What is measured. Each case gives figures by name, one round at a time."""
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
import time

import authority
import growth
import packages
import peers
import processes
from programs import (PLACEMENTS, Background, Failure, cpu_argument,
                      descendants, has, memory, on_cpu, ran_ns, run)

N_CALLS, N_OPENS, N_PACED, N_COLD, N_BURST = 5000, 2000, 100, 10, 20
N_FLOOD = 500000  # calls: a million messages
N_RUNNING = 50
N_EACH, N_FILL = 200, 450
NAMES = ["bench.Echo", "bench.Raw"]


def median_of(found, case):
    return found[case]["median_us"]


class Live:
    """Opens and calls, in three placements: ours, the floor, the buses."""

    def __init__(self, programs, layout):
        self.programs = programs
        self.roots = {}
        n_cpus = len(os.sched_getaffinity(0))
        self.placements = {k: v for k, v in PLACEMENTS.items()
                           if k != "cross" or n_cpus > 1}
        for name, (client, rest) in self.placements.items():
            self.roots[name] = packages.pair(
                layout, "live-" + name,
                [cpu_argument(client), "open", N_OPENS, "connect", N_OPENS,
                 "open-raw", N_OPENS, "open-paced", N_PACED, "call", N_CALLS,
                 "raw", N_CALLS],
                [cpu_argument(rest), "serve-named"], NAMES, ["bench.Named"])
        self.missing = {bus: peers.bus_missing(programs, bus)
                        for bus in ("dbus-broker", "dbus-daemon")}
        self.floors = os.path.join(programs.work, "floor")
        for role in ("", "-server", "-server-loop", "-provider",
                     "-provider-loop", "-broker", "-broker-telling"):
            shutil.copy(programs.ours("floor"), self.floors + role)

    def round(self, add):
        for name, (client, rest) in self.placements.items():
            found = run(on_cpu(rest, self.programs.reeve_run(self.roots[name])))
            for case in ("open", "connect", "open-raw", "open-paced", "call",
                         "raw"):
                add(f"{name}/{case}", median_of(found, case))
            self.floor(name, client, rest, add)
            for bus, missing in self.missing.items():
                if missing:
                    continue
                found = peers.measure_bus(self.programs, bus, (client, rest),
                                          N_CALLS // 2, N_OPENS // 4)
                add(f"{name}/{bus}-open", median_of(found, "open"))
                add(f"{name}/{bus}-call", median_of(found, "call"))

    def floor(self, name, client, rest, add):
        for kind, program in (("floor", self.floors),
                              ("forked", self.programs.ours("floor"))):
            for case, n in (("open", N_OPENS), ("open-loop", N_OPENS),
                            ("open-told", N_OPENS), ("call", N_CALLS), ("call-loop", N_CALLS)):
                found = run([program, case, str(n), cpu_argument(client),
                             cpu_argument(rest)])
                add(f"{name}/{kind}-{case}", median_of(found, case))


class Cold:
    """From an open to its first reply when the provider does not run."""

    def __init__(self, programs, layout):
        self.programs = programs
        self.root = packages.pair(layout, "cold", ["-1", "cold", N_COLD],
                                  ["-1", "once"], ["bench.Cold"])
        self.burst = packages.many_cold(layout, "burst",
                                        ["-1", "burst", N_BURST], N_BURST)
        self.package = os.path.join(layout.directory, "cold-server")
        self.missing = {"bwrap": peers.bwrap_missing()}

    def spawn(self, case, n, command):
        found = run([self.programs.ours("spawn"), case, str(n)] + command)
        return median_of(found, case)

    def round(self, add):
        server = os.path.join(self.package, "bin", "server")
        bwrap = peers.bwrap_command(self.package, "server")
        for name, cpu in (("free", None), ("same", 0)):
            found = run(on_cpu(cpu, self.programs.reeve_run(self.root)))
            add(f"{name}/cold", median_of(found, "cold"))
            spawn = on_cpu(cpu, [self.programs.ours("spawn")])
            found = run(spawn + ["exec", str(N_COLD), server])
            add(f"{name}/exec", median_of(found, "exec"))
            if not self.missing["bwrap"]:
                found = run(spawn + ["bwrap", str(N_COLD)] + bwrap)
                add(f"{name}/bwrap", median_of(found, "bwrap"))
        found = run(self.programs.reeve_run(self.burst))
        add("burst/cold", median_of(found, "burst"))
        if not self.missing["bwrap"]:
            add("burst/bwrap", self.spawn("burst", N_BURST, bwrap))


class Sampler(threading.Thread):
    """Looks at how long tasks have run, many times a second, without touching
    them."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids = pids
        self.seen = []
        self.is_done = False

    def run(self):
        while not self.is_done:
            now = time.monotonic_ns()
            try:
                self.seen.append((now, {p: ran_ns(p) for p in self.pids}))
            except OSError:
                return
            time.sleep(0.02)

    def between(self, start_ns, end_ns):
        """{pid: (ns, slices)} from just before the start to just after the end."""
        before = [s for t, s in self.seen if t <= start_ns][-1]
        after = [s for t, s in self.seen if t >= end_ns][0]
        return {p: (after[p][0] - before[p][0], after[p][1] - before[p][1])
                for p in self.pids}


class Traced:
    """strace on one task: how many calls it made in a stretch of time."""

    def __init__(self, pid, file):
        self.file = file
        self.calls = []
        # Both clocks, to translate between them.
        self.offset = time.time() - time.monotonic()
        self.process = subprocess.Popen(
            ["strace", "-qq", "-f", "-ttt", "-o", file, "-p", str(pid)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.15)

    def between(self, start_ns, end_ns):
        self.process.terminate()
        if self.process.wait() not in (0, -15, 143):
            raise Failure("strace cannot attach")
        n = 0
        with open(self.file, encoding="utf-8", errors="replace") as f:
            for line in f:
                found = re.match(r"(?:\d+ +)?(\d+\.\d+) ", line)
                if not found:
                    continue
                at = (float(found.group(1)) - self.offset) * 1e9
                if start_ns <= at <= end_ns:
                    n += 1
                    self.calls.append(line.strip()[:120])
        return n


class Flood:
    """What the manager does during a million messages. Measured once."""

    def __init__(self, programs, layout):
        self.programs = programs
        self.root = packages.pair(layout, "flood", ["-1", "flood", N_FLOOD],
                                  ["-1", "serve"], NAMES)
        self.missing = {"strace": None if has("strace")
                        else "strace is not installed"}

    def once(self, add):
        with Background(on_cpu(0, self.programs.reeve_run(self.root))) as manager:
            manager.wait_for("flood-ready")
            tree = descendants(manager.pid)
            # The components' own programs are what runs; all else is ours.
            ours = [p for p, name in tree.items()
                    if name not in ("client", "server")]
            sampler = Sampler(ours)
            sampler.start()
            flood = manager.wait_for("flood", timeout=300)
            time.sleep(0.1)
            sampler.is_done = True
            ran = sampler.between(flood["start_ns"], flood["end_ns"])
        add("flood/messages", 2 * flood["n"])
        add("flood/manager_ns", ran[manager.pid][0])
        add("flood/manager_slices", ran[manager.pid][1])
        add("flood/others_ns", sum(v[0] for v in ran.values())
            - ran[manager.pid][0])
        if not self.missing["strace"]:
            self.traced(add)

    def traced(self, add):
        with Background(on_cpu(0, self.programs.reeve_run(self.root))) as manager:
            manager.wait_for("flood-ready")
            try:
                trace = Traced(manager.pid,
                               os.path.join(self.programs.work, "strace"))
            except OSError:
                return
            flood = manager.wait_for("flood", timeout=300)
            add("flood/manager_calls",
                trace.between(flood["start_ns"], flood["end_ns"]))
            for call in trace.calls[:10]:
                print("bench: the manager called:", call, file=sys.stderr)


class Trees:
    """Ten thousand components: time to check, and memory."""

    def __init__(self, programs, layout):
        self.programs = programs
        self.check = {
            "100x100": packages.ten_thousand(layout, "tree", 100, 100, True),
            "1x10000": packages.wide(layout, "wide", 10000),
        }
        self.trees = {
            "none": packages.ten_thousand(layout, "none", 0, 0, True),
            "named": self.check["100x100"],
            "resolved": packages.ten_thousand(layout, "closed", 100, 100, False),
        }
        self.each = packages.many_cold(
            layout, "each",
            ["-1", "churn", N_FILL, "each", N_EACH, "idle", 1], N_EACH)
        self.one = packages.copies(layout, "one", 1)
        self.more = packages.copies(layout, "more", 1 + N_RUNNING)

    def round(self, add):
        for name, root in self.check.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            start = time.monotonic()
            p = subprocess.run(self.programs.reeve_check(root), check=False,
                               capture_output=True, text=True, timeout=300)
            took = time.monotonic() - start
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if p.returncode:
                raise Failure(f"check: {p.stderr.strip().splitlines()[:1]}")
            add(f"check/{name}_ms", took * 1e3)
            add(f"check/{name}_cpu_ms",
                (after.ru_utime + after.ru_stime - before.ru_utime
                 - before.ru_stime) * 1e3)

    def manager_memory(self, root, n_idle=1):
        with Background(self.programs.reeve_run(root)) as manager:
            manager.wait_for("idle", n_idle)
            time.sleep(0.5)
            return self.sum_up(manager.pid)

    @staticmethod
    def sum_up(manager):
        """KiB: the manager, its other helpers, the components' programs."""
        total = {"manager": 0, "helpers": 0, "programs": 0}
        for pid, name in descendants(manager).items():
            try:
                pss = memory(pid)["pss"]
            except (OSError, KeyError):
                continue
            kind = ("manager" if pid == manager else "programs"
                    if name == "client" else "helpers")
            total[kind] += pss
        total["anonymous"] = memory(manager)["anonymous"]
        return total

    def once(self, add):
        empty = self.manager_memory(self.trees["none"])
        for name in ("named", "resolved"):
            full = self.manager_memory(self.trees[name])
            add(f"memory/{name}_bytes",
                (full["anonymous"] - empty["anonymous"]) * 1024 / 10100)
        self.after_use(add)
        one = self.manager_memory(self.one)
        more = self.manager_memory(self.more, 1 + N_RUNNING)
        for kind in ("manager", "helpers", "programs"):
            add(f"memory/running_{kind}_kib",
                (more[kind] - one[kind]) / N_RUNNING)

    def after_use(self, add):
        """Instances that ran once. The journal is full before, so that it does
        not grow meanwhile."""
        with Background(self.programs.reeve_run(self.each)) as manager:
            manager.wait_for("churn")
            time.sleep(0.3)
            before = self.sum_up(manager.pid)
            manager.wait_for("each")
            time.sleep(0.3)
            after = self.sum_up(manager.pid)
            manager.wait_for("idle")
        add("memory/used_bytes",
            (after["anonymous"] - before["anonymous"]) * 1024 / N_EACH)


ALL = {"live": Live, "cold": Cold, "flood": Flood, "trees": Trees,
       **authority.ALL, **processes.ALL, **growth.ALL}
