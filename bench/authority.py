"""What is measured of authority that changes while everything runs: grants,
revocations, names that are waited for, directories that come and go."""
import json
import os
import statistics
import subprocess

import packages
from programs import Background, cpu_argument, on_cpu, run, samples

# Connections under one grant, and how many times that is taken back in a round.
REVOKED = {1: 40, 10: 40, 100: 20, 1000: 10}
# Tasks in both cells together, descriptors of each, and where among the tasks of
# its cell the one is that holds the connections.
CROWDS = {"10": (10, 10, "first"), "100": (100, 10, "first"),
          "100-last": (100, 10, "last")}
N_GRANTS, N_MOUNTS, N_STEPS = 50, 20, 5
TRAFFIC_MS, TRAFFIC_REVOKED = 400, 10
N_WATCHING, N_WATCHED, N_ONE, N_ALL = 10, 1000, 20, 3


def add_each(add, prefix, found):
    """Every single time: what is told of a case is about all of them."""
    for case, us in found.items():
        for value in us:
            add(f"{prefix}/{case}", value)


class Revoke:
    """Taking back, as whoever asks for it sees it, and the bare search."""

    missing = {}

    def __init__(self, programs, layout):
        self.programs = programs
        cases = [a for k, n in REVOKED.items() for a in (f"revoke-{k}", n)]
        self.roots, self.steps = {}, {}
        for name, (n_tasks, n_fds, place) in CROWDS.items():
            crowd = (n_tasks // 2, n_fds, place)
            self.roots[name] = packages.owned(
                layout, "revoke-" + name, [-1, *cases], crowd)
            for k in REVOKED:
                self.steps[name, k] = packages.owned(
                    layout, f"steps-{name}-{k}",
                    [-1, f"revoke-{k}", N_STEPS, "idle", 1], crowd)

    def round(self, add):
        for name, (n_tasks, n_fds, place) in CROWDS.items():
            add_each(add, "revoke/" + name,
                     samples(self.programs.reeve_run(self.roots[name])))
            for k, n in REVOKED.items():
                for how in ("sweep", "shutdown"):
                    add_each(add, "revoke/" + name, samples(
                        [self.programs.ours("sweep"), how, str(n), str(k),
                         str(n_tasks // 2), str(n_fds), place]))

    def once(self, add):
        """How far the manager had to go: its own reports. The journal of a
        thousand connections has room for the last one or two only."""
        for (name, k), root in self.steps.items():
            with Background(self.programs.reeve_run(root)) as manager:
                manager.wait_for("idle")
                for report in self.programs.audited(manager.pid, "revoke"):
                    if report["connections"] != k:
                        continue
                    add(f"steps/{name}/{k}/frozen_us", report["frozen_us"])
                    add(f"steps/{name}/{k}/beyond_sweep",
                        report["step"] != "sweep")
                    add(f"steps/{name}/{k}/descriptors", report["descriptors"])


class Grant:
    """Giving to a child that runs, services and directories."""

    missing = {}

    def __init__(self, programs, layout):
        self.programs = programs
        self.roots = {
            place: packages.owned(
                layout, "grant-" + place,
                [cpu_argument(cpu), "grant", N_GRANTS, "cycle", N_GRANTS,
                 "mount", N_MOUNTS])
            for place, cpu in (("free", None), ("same", 0))}

    def round(self, add):
        lend = self.programs.ours("lend")
        for place, cpu in (("free", None), ("same", 0)):
            command = self.programs.reeve_run(self.roots[place])
            add_each(add, place, samples(on_cpu(cpu, command)))
            for case, n in (("grant", N_GRANTS), ("mount", N_MOUNTS),
                            ("enter", N_MOUNTS)):
                add_each(add, place + "/bare",
                         samples(on_cpu(cpu, [lend, case, str(n)])))


class Traffic:
    """Two that have nothing to do with it, while others are revoked in a loop.
    They have a core of their own, where there are two."""

    missing = {}

    def __init__(self, programs, layout):
        self.programs = programs
        self.root = packages.owned(
            layout, "traffic", [0, f"traffic-{TRAFFIC_REVOKED}", TRAFFIC_MS],
            (5, 10, "first"), len(os.sched_getaffinity(0)) - 1)

    def round(self, add):
        out = subprocess.run(self.programs.reeve_run(self.root), check=False,
                             capture_output=True, text=True, timeout=120)
        for said in self.programs.said(out):
            kind = said["case"].rsplit("-", 1)[1]
            for figure in ("per_second", "median_us", "p99_us", "max_us",
                           "revoked_per_second"):
                add(f"traffic/{kind}/{figure}", said[figure])


class Watch:
    """Many that wait for names."""

    missing = {}

    def __init__(self, programs, layout):
        self.programs = programs
        self.roots = {
            n * N_WATCHING: packages.watchers(
                layout, f"watch-{n}", N_WATCHING, n, ["one", N_ONE])
            for n in (1, N_WATCHED)}
        self.all = packages.watchers(
            layout, "watch-all", N_WATCHING, N_WATCHED, ["all", N_ALL])

    def round(self, add):
        for root in self.roots.values():
            add_each(add, "watch", samples(self.programs.reeve_run(root)))
        add_each(add, "watch", samples(self.programs.reeve_run(self.all)))
        add_each(add, "watch", samples(
            [self.programs.ours("lend"), "tell", str(N_WATCHING * N_WATCHED)]))


ALL = {"revoke": Revoke, "grant": Grant, "traffic": Traffic, "watch": Watch}
