"""The driver: rounds of everything, medians, the table and bench.json."""
import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time

import cases
import processes_table
import table
from packages import Layout
from programs import Failure, Programs


def machine():
    model = ""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            for line in f:
                if line.startswith("model name"):
                    model = line.split(":", 1)[1].strip()
                    break
    except OSError:
        pass
    return {"cpus": len(os.sched_getaffinity(0)), "model": model,
            "kernel": platform.release(), "uid": os.getuid(),
            "load": os.getloadavg()[0]}


class Record:
    """Every figure of every round, by name."""

    def __init__(self):
        self.rounds = {}
        self.failures = []

    def add(self, name, value):
        self.rounds.setdefault(name, []).append(value)

    def guard(self, what, fn):
        """A case that fails is told and does not end the others."""
        try:
            fn(self.add)
        except (Failure, OSError, IndexError) as e:
            self.failures.append(f"{what}: {e}")
            print(f"bench: {what}: {e}", file=sys.stderr)
        except Exception as e:  # a time-out of a measured program
            if type(e).__name__ != "TimeoutExpired":
                raise
            self.failures.append(f"{what}: {e}")
            print(f"bench: {what}: {e}", file=sys.stderr)

    def medians(self):
        return {k: statistics.median(v) for k, v in self.rounds.items()}

    def tails(self):
        """What one of a hundred exceeds, where there were enough."""
        return {k + ":p99": sorted(v)[-1 - len(v) // 100]
                for k, v in self.rounds.items() if len(v) >= 50}


def measure(chosen, n_rounds, record, quiet):
    for i in range(n_rounds):
        for name, case in chosen.items():
            if hasattr(case, "round"):
                if not quiet:
                    print(f"\rround {i + 1} of {n_rounds}: {name}   ", end="",
                          file=sys.stderr)
                record.guard(name, case.round)
    for name, case in chosen.items():
        if hasattr(case, "once"):
            if not quiet:
                print(f"\ronce: {name}                ", end="", file=sys.stderr)
            record.guard(name, case.once)
    if not quiet:
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr)


def arguments():
    p = argparse.ArgumentParser(
        prog="run", description="Measure this build beside its peers and floors.")
    p.add_argument("--rounds", type=int, default=7, help="rounds (default 7)")
    p.add_argument("--only", default=",".join(cases.ALL), metavar="CASE,...",
                   help="of " + ", ".join(cases.ALL))
    p.add_argument("--json", metavar="FILE",
                   help="where all figures go (default: bench.json in the build)")
    p.add_argument("--quiet", action="store_true", help="no progress")
    return p.parse_args()


def main(build):
    options = arguments()
    wanted = options.only.split(",")
    unknown = [c for c in wanted if c not in cases.ALL]
    if unknown or options.rounds < 1:
        print(f"run: no such case: {', '.join(unknown)}", file=sys.stderr)
        return 2
    work = tempfile.mkdtemp(prefix="reeve-bench-")
    # Cells of other users have to reach the packages.
    os.chmod(work, 0o755)
    try:
        programs = Programs(build, work)
        layout = Layout(os.path.join(work, "packages"), build)
        chosen = {n: cases.ALL[n](programs, layout) for n in wanted}
        record = Record()
        start = time.monotonic()
        about = machine()
        measure(chosen, options.rounds, record, options.quiet)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    missing = {k: v for c in chosen.values()
               for k, v in getattr(c, "missing", {}).items() if v}
    rows = table.rows({**record.medians(), **record.tails()})
    out = {"machine": about, "rounds": options.rounds,
           "seconds": round(time.monotonic() - start, 1),
           "rows": [r._asdict() for r in rows], "skipped": missing,
           "failures": record.failures, "medians": record.medians(),
           "tails": record.tails(),
           "processes": processes_table.goals(record.rounds),
           "figures": record.rounds}
    path = options.json or os.path.join(build, "bench.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(out, f, indent=1)
        f.write("\n")
    print(table.render(about, options.rounds, rows, missing, record.failures))
    print(processes_table.render(record.rounds), end="")
    print(f"all figures: {path}")
    return 1 if record.failures else 0
