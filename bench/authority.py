"""What is measured of authority that changes while everything runs: grants,
revocations, names that are waited for, directories that come and go."""
import os

import packages
from programs import Background, cpu_argument, on_cpu, said, samples

# Connections under one grant, and how many times that is taken back in a round.
REVOKED = {1: 40, 10: 40, 100: 20, 1000: 15}
# Tasks in both cells together, descriptors of each, and where among the tasks of
# its cell the one is that holds the connections.
CROWDS = {"10": (10, 10, "first"), "100": (100, 10, "first"),
          "100-last": (100, 10, "last")}
# Connections of somebody else to the same provider, which stay.
N_BESIDE = 3000
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

        n_tasks, n_fds, place = CROWDS["10"]
        self.beside = packages.owned(
            layout, "revoke-beside",
            [-1, f"beside-{N_BESIDE}", 1, "revoke-1", N_STEPS * 2],
            (n_tasks // 2, n_fds, place))

    def round(self, add):
        self.round_beside(add)
        for name, (n_tasks, n_fds, place) in CROWDS.items():
            add_each(add, "revoke/" + name,
                     samples(self.programs.reeve_run(self.roots[name])))
            for k, n in REVOKED.items():
                for how in ("sweep", "shutdown"):
                    add_each(add, "revoke/" + name, samples(
                        [self.programs.ours("sweep"), how, str(n), str(k),
                         str(n_tasks // 2), str(n_fds), place]))

    def round_beside(self, add):
        n_tasks, n_fds, place = CROWDS["10"]
        add_each(add, "revoke/beside",
                 samples(self.programs.reeve_run(self.beside)))
        add_each(add, "revoke/beside", samples(
            [self.programs.ours("sweep"), "sweep", str(N_STEPS * 2), "1",
             str(n_tasks // 2), str(n_fds), place, str(N_BESIDE)]))

    def once(self, add):
        """How far the manager had to go: its own reports. The journal of a
        thousand connections has room for the last one or two only."""
        reports = []
        for (_, k), root in self.steps.items():
            with Background(self.programs.reeve_run(root)) as manager:
                manager.wait_for("idle")
                reports += [r for r in self.programs.reports(manager.pid)
                            if r["connections"] == k]
        add("revoke/reports", len(reports))
        add("revoke/beyond_sweep", sum(r["step"] != "sweep" for r in reports))
        add("revoke/frozen_us", max((r["frozen_us"] for r in reports), default=0))


class Grant:
    """Giving to a child that runs, services and directories."""

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

    def __init__(self, programs, layout):
        self.programs = programs
        self.root = packages.owned(
            layout, "traffic", [0, f"traffic-{TRAFFIC_REVOKED}", TRAFFIC_MS],
            (5, 10, "first"), len(os.sched_getaffinity(0)) - 1)

    def round(self, add):
        command = on_cpu(0, self.programs.reeve_run(self.root))
        for found in said(command):
            kind = found["case"].rsplit("-", 1)[1]
            for figure in ("per_second", "median_us", "p99_us", "max_us",
                           "revoked_per_second"):
                add(f"traffic/{kind}/{figure}", found[figure])


class Watch:
    """Many that wait for names."""

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
