"""Running what is measured: pinned, bounded in time, read line by line."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

# Which processor the client runs on, and which the rest; None: not pinned.
PLACEMENTS = {
    "same": (0, 0),
    "cross": (0, 1),
    "free": (None, None),
}


class Failure(Exception):
    """A measured program did not do what it should; the text says what."""


def cpu_argument(cpu):
    return "-1" if cpu is None else str(cpu)


def on_cpu(cpu, command):
    return command if cpu is None else ["taskset", "-c", str(cpu)] + command


def objects(text):
    """The JSON objects in lines, whatever stands in front of them."""
    for line in text.splitlines():
        found = re.search(r"\{\"(case|error)\".*\}$", line.strip())
        if found:
            yield json.loads(found.group(0))


def said(command, timeout=120):
    """Run to the end; the objects that it said, in their order."""
    p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, timeout=timeout)
    found = list(objects(p.stdout))
    errors = [o["error"] for o in found if "error" in o]
    if errors:
        raise Failure(errors[0])
    if p.returncode != 0 or not found:
        lines = (p.stderr or p.stdout).strip().splitlines() or ["nothing said"]
        raise Failure(f"{os.path.basename(command[0])} ended with "
                      f"{p.returncode}: {lines[-1]}")
    return found


def run(command, timeout=120):
    """Run to the end and return the results by case."""
    return {o["case"]: o for o in said(command, timeout)}


def samples(command, timeout=120):
    """The same of a program that tells each single time: by case, in us."""
    out = {}
    for o in said(command, timeout):
        out.setdefault(o["case"], []).extend(o["us"])
    return out


class Background:
    """A program that runs until it is stopped, and says "ready" lines."""

    def __init__(self, command):
        # In a session of its own, as a daemon: see floor.c.
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True,
                                        start_new_session=True)
        self.pid = self.process.pid

    def wait_for(self, case, n=1, timeout=60):
        """Read until @n lines of that case were said; the last of them."""
        end = time.monotonic() + timeout
        last = None
        while n and time.monotonic() < end:
            line = self.process.stdout.readline()
            if not line:
                raise Failure("ended before it was ready")
            for o in objects(line):
                if "error" in o:
                    raise Failure(o["error"])
                if o["case"] == case:
                    last = o
                    n -= 1
        if n:
            raise Failure(f"did not become ready in {timeout} s")
        return last

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Programs:
    """Where everything is in this build."""

    def __init__(self, build, work):
        self.reeve = os.path.join(build, "src", "cmd", "reeve")
        self.bench = os.path.join(build, "bench")
        self.work = work

    def ours(self, name):
        return os.path.join(self.bench, "bench-" + name)

    def reeve_run(self, root, quiet=True):
        return [self.reeve, "run", *(["-q"] if quiet else []), "--state",
                os.path.join(self.work, "state"), "--packages",
                os.path.join(self.work, "packages"), root]

    def reeve_check(self, root):
        return [self.reeve, "check", "-q", "--packages",
                os.path.join(self.work, "packages"), root]


    def reports(self, manager):
        """What the revocations reported that this manager remembers."""
        p = subprocess.run([self.reeve, "log", "--audit", "--json", "-m",
                            str(manager)], stdout=subprocess.PIPE, text=True,
                           check=False, timeout=60)
        events = map(json.loads, p.stdout.splitlines())
        return [e["report"] for e in events if e["event"] == "revoke"]


def has(program):
    return shutil.which(program) is not None


def descendants(pid):
    """All tasks below @pid, itself included: {pid: name}."""
    parents, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as f:
                stat = f.read()
        except OSError:
            continue
        name, rest = stat[stat.index("(") + 1 :].rsplit(")", 1)
        parents[int(entry)] = int(rest.split()[1])
        names[int(entry)] = name
    found = {pid: names.get(pid, "")}
    grew = True
    while grew:
        grew = False
        for child, parent in parents.items():
            if parent in found and child not in found:
                found[child] = names[child]
                grew = True
    return found


def memory(pid):
    """KiB of one task: what is its own (anonymous), and its fair share of all."""
    out = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as f:
        for line in f:
            fields = line.split()
            if fields[0] in ("Rss:", "Pss:", "Pss_Anon:", "Anonymous:"):
                out[fields[0][:-1].lower()] = int(fields[1])
    return out


def ran_ns(pid):
    """How long the threads of @pid have run in all, and how often they began."""
    total = [0, 0]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="utf-8") as f:
            ns, _, slices = f.read().split()
        total[0] += int(ns)
        total[1] += int(slices)
    return tuple(total)
