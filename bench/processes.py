"""What is measured of light processes: ours, Go, Erlang and the bare floor, each
with one worker and with two, among few and among many. Every program is called
alike: PROGRAM CASE WORKERS N SIZE; floor.c says what the cases are."""
import os
import resource
import subprocess

from programs import Background, Failure, has, on_cpu, said

# In how many rounds the sizes are measured that only show how a cost grows.
GROWTH_ROUNDS = 3
ECHO_WINDOW, ECHO_MS = 64, 1000
# Descriptors that a program has besides its connections.
N_SPARE = 64
# At a million processes the largest needs 4.5 GiB.
BYTES_PER_PROCESS = 6000

# Case: (the size that is compared, {size: operations}).
CASES = {
    "pingpong": (2, {2: 500000, 10: 500000, 1000: 500000, 100000: 500000}),
    "ring": (503, {503: 500000, 10: 500000, 1000: 500000, 100000: 500000}),
    "spawn": (10, {10: 300000, 1000: 300000, 100000: 200000}),
    "spawn-call": (10, {10: 300000, 1000: 300000, 100000: 200000}),
    "fanin": (2, {2: 500000, 10: 500000, 1000: 500000, 100000: 200000}),
    "big": (100, {10: 200000, 100: 400000, 1000: 1}),
    "chameneos": (10, {10: 300000, 1000: 300000, 100000: 300000}),
    "selective": (10000, {10: 200000, 1000: 20000, 10000: 2000,
                          100000: 200}),
    "selective-call": (10000, {10: 200000, 1000: 200000, 10000: 50000,
                               100000: 5000}),
    "wakeup": (10, {10: 200, 1000: 200, 100000: 200}),
}
# Where a case is so different for one that it takes other numbers to be timed.
OPERATIONS_OF = {("selective", "go"): 200000}
MEMORY_SIZES = (1000, 100000, 1000000)
ECHO_SIZES = (10, 1000, 10000)

# Who has which case. Go has no selective receive; light.go says what it does
# instead.
OF_HANDLERS = ("pingpong", "ring", "spawn-call", "memory")
NOT_OF_GO = ("selective-call",)
NOT_OF_FLOOR = ("selective-call",)
WORKERS = (1, 2)


def figure(case, who, n_workers, size, what="ns"):
    return f"processes/{case}/{who}/{n_workers}/{size}/{what}"


class Contestants:
    """How each is called, and why one is missing."""

    def __init__(self, programs):
        self.directory = os.path.join(programs.bench, "processes")
        self.missing = {
            "Go": self.absent("light-go", "golang-go"),
            "Erlang": self.absent("light.beam", "erlang-base") or
                      (None if has("erl") else "erl is not installed"),
            "the bare floor": self.absent("floor", None),
        }
        self.names = ["ours", "handler"]
        self.names += ["go"] if not self.missing["Go"] else []
        self.names += ["erlang"] if not self.missing["Erlang"] else []
        self.names += ["bare"] if not self.missing["the bare floor"] else []

    def program(self, name):
        return os.path.join(self.directory, name)

    def absent(self, file, package):
        if os.path.exists(self.program(file)):
            return None
        if package:
            return f"{package} was not there when this was built"
        return "for x86-64 only"

    def of(self, case, n_workers):
        """Who takes part."""
        if case == "echo":
            return [n for n in self.names if n not in ("handler", "bare")] + ["bare"]
        not_there = set()
        if case not in OF_HANDLERS:
            not_there.add("handler")
        if case in NOT_OF_GO:
            not_there.add("go")
        # Bare processes have one worker; waking is done by two threads.
        if case in NOT_OF_FLOOR or (n_workers > 1) != (case == "wakeup"):
            not_there.add("bare")
        return [n for n in self.names if n not in not_there]

    def command(self, who, case, n_workers, n, size):
        arguments = [case, str(n_workers), str(n), str(size)]
        if who == "handler":
            return [self.program("ours"), case + "-handler", *arguments[1:]]
        if who == "erlang":
            # A million processes are more than it has room for by default.
            return ["env", "ERL_CRASH_DUMP_SECONDS=0", "erl",
                    "+S", f"{n_workers}:{n_workers}", "+P", "4000000",
                    "-noshell", "-noinput", "-pa", self.directory,
                    "-run", "light", "main", *arguments]
        return [self.program({"ours": "ours", "go": "light-go",
                              "bare": "floor"}[who]), *arguments]

    def server(self, who, n_workers, path):
        if who in ("go", "erlang"):
            return self.command(who, "echo", n_workers, path, 0)
        return [self.program({"ours": "service", "bare": "epoll"}[who]),
                "echo", str(n_workers), path, "0"]


def memory_available():
    with open("/proc/meminfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


class Case:
    """One case: in some numbers of workers and sizes, by everybody in turn. Who
    fails is told once and left out from then on; the others go on."""

    def __init__(self, programs, name):
        self.programs = programs
        self.name = name
        self.contestants = Contestants(programs)
        self.missing = dict(self.contestants.missing)
        self.failed = set()
        self.n_rounds = 0

    def measure_all(self, add, plan):
        told = {}
        for n_workers, size in plan:
            for who in self.contestants.of(self.name, n_workers):
                key = (who, n_workers, size)
                if key in self.failed:
                    continue
                try:
                    self.measure(add, *key)
                except (Failure, OSError, subprocess.TimeoutExpired) as e:
                    self.failed.add(key)
                    told.setdefault(f"{who}: {e}", []).append(
                        f"{n_workers}/{size}")
        if told:
            raise Failure("; ".join(f"{why} (workers/size {', '.join(where)})"
                                    for why, where in told.items()))

    def plan(self, main, sizes):
        """(workers, size) of this round."""
        grows = self.n_rounds < GROWTH_ROUNDS
        self.n_rounds += 1
        return [(w, s) for w in WORKERS for s in sizes if s == main or grows]

    def measure(self, add, who, n_workers, size):
        n = CASES[self.name][1][size] if self.name in CASES else 1
        n = OPERATIONS_OF.get((self.name, who), n)
        found = said(self.contestants.command(who, self.name, n_workers, n, size))
        for what in ("ns", "bytes"):
            if what in found[0]:
                add(figure(self.name, who, n_workers, size, what),
                    found[0][what])


class Timed(Case):
    """The cases that are a time of one operation."""

    def round(self, add):
        main, sizes = CASES[self.name]
        plan = self.plan(main, sizes)
        # Waking another worker takes two.
        self.measure_all(add, [(w, s) for w, s in plan
                               if w > 1 or self.name != "wakeup"])


class Memory(Case):
    """What one costs that is there and waits. Measured once: it hardly varies."""

    def __init__(self, programs, _layout):
        super().__init__(programs, "memory")
        most = memory_available() // BYTES_PER_PROCESS
        self.sizes = [s for s in MEMORY_SIZES if s <= most]
        for s in MEMORY_SIZES[len(self.sizes):]:
            self.missing[f"memory of {s} processes"] = "there is not enough"

    def once(self, add):
        self.measure_all(add, [(1, s) for s in self.sizes])


class Echo(Case):
    """Servers of many connections, and one client for all of them. With one
    worker each side has a processor of its own; with two the kernel decides."""

    def __init__(self, programs, _layout):
        super().__init__(programs, "echo")
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard == resource.RLIM_INFINITY:
            hard = ECHO_SIZES[-1] + N_SPARE
        self.sizes = [s for s in ECHO_SIZES if s + N_SPARE <= hard]
        for s in ECHO_SIZES[len(self.sizes):]:
            self.missing[f"echo of {s} connections"] = \
                f"this user may open {hard} descriptors (ulimit -Hn)"
        self.path = os.path.join(programs.work, "echo")

    def round(self, add):
        self.measure_all(add, self.plan(ECHO_SIZES[-1], self.sizes))

    def measure(self, add, who, n_workers, size):
        apart = n_workers == 1 and len(os.sched_getaffinity(0)) > 1
        server = self.contestants.server(who, n_workers, self.path)
        client = [self.contestants.program("load"),
                  "stream" if who == "erlang" else "seqpacket", self.path,
                  str(size), str(min(size, ECHO_WINDOW)), str(ECHO_MS)]
        try:
            with Background(on_cpu(0 if apart else None, server)) as background:
                background.wait_for("ready")
                found = said(on_cpu(1 if apart else None, client))
        finally:
            if os.path.exists(self.path):
                os.unlink(self.path)
        for what in ("per_second", "server_ns", "load_busy"):
            add(figure("echo", who, n_workers, size, what), found[0][what])


def timed(name):
    return lambda programs, _layout: Timed(programs, name)


ALL = {**{name: timed(name) for name in CASES}, "memory": Memory, "echo": Echo}
