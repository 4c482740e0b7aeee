"""
What all stories share: a stage with packages, an account to act as, and managers
that run on it.

A story is a function that takes a stage and fails by raising. Stories of a file
run one after the other, each on a stage of its own; the file's first argument
says as whom: "root" or "user". As root, "user" means a made-up user id of its
own, so that limits which the kernel keeps for each user are not shared between
files that run at the same time.
"""
import inspect
import json
import os
import queue
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

REEVE = os.environ["REEVE"]
PROGRAMS = os.environ["REEVE_PROGRAMS"]
EXAMPLES = os.environ["REEVE_EXAMPLES"]
SOURCE = os.environ["REEVE_SOURCE"]

TIMEOUT = 20
URL = "fuchsia-pkg://example.org/%s#meta/%s.cm"


class Skip(Exception):
    """The kernel, or the account, lacks what the story needs."""


def equal(found, wanted, what=""):
    if found != wanted:
        raise AssertionError("%s: found %.400r, wanted %.400r"
                             % (what, found, wanted))


def matches(pattern, text, what=""):
    if not re.search(pattern, text):
        raise AssertionError("%s: %.400r does not match %r"
                             % (what, text, pattern))


def until(condition, what, timeout=TIMEOUT):
    """Wait for a condition; its first true value is returned."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("it did not come true in %d s: %s"
                                 % (timeout, what))
        time.sleep(0.01)


# ---- manifests ----

def url(package, manifest=None):
    return URL % (package, manifest or package)


def child(name, package=None, **more):
    return dict(name=name, url=url(package or name), **more)


def actor(*commands, **sections):
    """A manifest whose program is the actor with these commands."""
    return dict(program=dict(runner="elf", binary="bin/actor",
                             args=list(commands)), **sections)


def provider(*commands, name="example.Echo", **sections):
    """An actor that declares and exposes a protocol."""
    return actor(*commands, capabilities=[dict(protocol=name)],
                 expose=[{"protocol": name, "from": "self"}], **sections)


def uses(*names, source="framework"):
    return [{"protocol": name, "from": source} for name in names]


REGISTRY, GRANTS = "reeve.Registry", "reeve.Realm"


def obeyer(*commands, **sections):
    """An actor that may use what changes at run time, and waits for orders."""
    sections["use"] = sections.get("use", []) + uses(REGISTRY, GRANTS)
    return actor(*commands, "obey", **sections)


def user(*commands, name="example.Echo", **sections):
    return actor(*commands, use=[dict(protocol=name)], **sections)


def offer(source, *to, name="example.Echo", kind="protocol", **more):
    return {kind: name, "from": source, "to": list(to), **more}


# ---- tasks ----

def task_stat(pid):
    """(parent, state, start time) of a task, or None."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as f:
            rest = f.read().rpartition(b")")[2].split()
        return int(rest[1]), rest[0].decode(), int(rest[19])
    except (FileNotFoundError, ProcessLookupError):
        return None


def tasks_below(pid):
    """{pid: start time} of a task and of all that descend from it."""
    parents, born = {}, {}
    for name in os.listdir("/proc"):
        stat = task_stat(int(name)) if name.isdigit() else None
        if stat:
            parents[int(name)], _, born[int(name)] = stat
    found = {pid} if pid in born else set()
    while True:
        more = {p for p, parent in parents.items() if parent in found}
        if more <= found:
            return {p: born[p] for p in found}
        found |= more


def tasks_left(tasks):
    """Those of a snapshot that still live. Zombies are dead."""
    left = []
    for pid, born in tasks.items():
        stat = task_stat(pid)
        if stat and stat[2] == born and stat[1] not in "ZX":
            left.append(pid)
    return left


def command_of(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            return f.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def is_sanitized():
    """Built with AddressSanitizer, which keeps what was freed?"""
    with open(REEVE, "rb") as f:
        return b"__asan_init" in f.read()


def memory_of(pid):
    """Memory of its own in KiB, wherever the kernel keeps it: what is mapped
    from files goes and comes. The same always, where it says nothing."""
    if is_sanitized():
        return 0
    with open("/proc/%d/status" % pid) as f:
        return sum(map(int, re.findall(r"(?:RssAnon|VmSwap):\s+(\d+)",
                                       f.read())))


def task_time(pid):
    """Seconds of a processor that a task has used."""
    with open("/proc/%d/stat" % pid, "rb") as f:
        rest = f.read().rpartition(b")")[2].split()
    return (int(rest[11]) + int(rest[12])) / os.sysconf("SC_CLK_TCK")


def descriptors_of(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


# ---- a manager ----

class Run:
    """`reeve run --json`, and what it told so far."""

    def __init__(self, stage, arguments, **more):
        self.stage = stage
        self.events = []
        self.noise = []
        self.status = None
        self.news = threading.Condition()
        self.n_orders = 0
        self.process = stage.popen("run", *arguments, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, **more)
        self.pid = self.process.pid
        self.stderr = b""
        self.blocks = queue.SimpleQueue()
        self.draining = threading.Lock()
        os.set_blocking(self.process.stdout.fileno(), False)
        self.readers = [threading.Thread(target=f, daemon=True) for f in
                        (self._drain_out, self._read_out, self._read_err)]
        for t in self.readers:
            t.start()

    def _drain_out(self):
        """Reading is one thing, understanding another: the manager waits for
        no reader, and leaves out what one that is too slow does not take."""
        while self._drain():
            select.select([self.process.stdout], [], [])

    def _drain(self):
        """Take what is there to be read; False at its end."""
        with self.draining:
            try:
                block = os.read(self.process.stdout.fileno(), 1 << 20)
            except BlockingIOError:
                return True
            self.blocks.put(block)
            return bool(block)

    def _read_out(self):
        rest = b""
        while True:
            block = self.blocks.get()
            if not block:
                break
            if isinstance(block, threading.Event):
                block.set()
                continue
            *lines, rest = (rest + block).split(b"\n")
            with self.news:
                for line in lines:
                    try:
                        self.events.append(json.loads(line))
                    except ValueError:
                        self.noise.append(line)
                self.news.notify_all()
        with self.news:
            self.status = self.process.wait()
            self.news.notify_all()

    def _read_err(self):
        for line in self.process.stderr:
            self.stderr += line

    def catch_up(self):
        """Understand all that was told until now."""
        understood = threading.Event()
        self._drain()
        self.blocks.put(understood)
        while not understood.wait(0.1) and self.status is None:
            pass

    def mark(self):
        """A point in the story, for wait(after=...)."""
        with self.news:
            return len(self.events)

    def find(self, event, moniker=None, text=None, after=0):
        return [e for e in self.events[after:]
                if e["event"] == event
                and (moniker is None or e["moniker"] == moniker)
                and (text is None or re.search(text, e["text"]))]

    def wait(self, event, moniker=None, text=None, after=0, n=1,
             timeout=TIMEOUT):
        """Wait for the n-th such event and return it."""
        end = time.monotonic() + timeout
        found = []
        with self.news:
            while True:
                # Each is looked at once: there may be very many.
                found += self.find(event, moniker, text, after)
                after = len(self.events)
                if len(found) >= n:
                    return found[n - 1]
                left = end - time.monotonic()
                if left <= 0 or self.status is not None:
                    raise AssertionError(
                        "%s: no event %s %s %s (number %d)"
                        % ("in time" if left <= 0 else "before the end",
                           event, moniker or "", text or "", n))
                self.news.wait(left)

    def said(self, moniker, text, **more):
        """Wait for a line that a component prints."""
        return self.wait("log", moniker, text, **more)

    def says(self, moniker):
        """All that a component printed so far."""
        return [e["text"] for e in self.find("log", moniker)]

    # Orders to those who obey: see programs/obey.c.

    def order(self, moniker, *commands, waits=True):
        """Have a component do something; what it says to that. Without
        waiting, the number of the order, for done()."""
        self.n_orders += 1
        after = self.mark()
        paths = self.stage.write_order(moniker, "\n".join(
            [str(self.n_orders), *commands, ""]))
        self.said(moniker, "^order %d$" % self.n_orders, after=after)
        for path in paths:
            os.unlink(path)
        return self.done(moniker, self.n_orders) if waits else self.n_orders

    def done(self, moniker, number):
        """Wait until an order is carried out; what the component said."""
        last = self.said(moniker, "^done %d$" % number)
        with self.news:
            lines = self.find("log", moniker)
        texts = [e["text"] for e in lines]
        begin = texts.index("order %d" % number)
        return texts[begin + 1:lines.index(last)]

    def one(self, moniker, *commands):
        """The only line that a component says to an order."""
        says = self.order(moniker, *commands)
        equal(len(says), 1, "%s to %r: %r" % (moniker, commands, says))
        return says[0]

    def signal(self, number):
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    def end(self, timeout=TIMEOUT):
        """Wait until it has ended; its exit status."""
        with self.news:
            if not self.news.wait_for(lambda: self.status is not None, timeout):
                raise AssertionError("it did not end in %d s" % timeout)
        return self.status

    def stop(self, timeout=TIMEOUT):
        self.signal(signal.SIGTERM)
        return self.end(timeout)

    # What the tools say about it.

    def ask(self, verb, *arguments, status=0):
        r = self.stage.reeve(verb, *arguments, "--manager", str(self.pid))
        equal(r.returncode, status, "reeve %s %s: %s"
              % (verb, " ".join(arguments), r.stderr))
        # What led to the answer was told before.
        self.catch_up()
        return r.stdout

    def start(self, *monikers):
        self.ask("start", *monikers)

    def list(self):
        return {v["moniker"]: v for v in
                map(json.loads, self.ask("list", "--json").splitlines())}

    def grants(self, *arguments):
        """The derivation tree as a list."""
        return list(map(json.loads, self.ask("grants", "--json", *arguments)
                        .splitlines()))

    def show(self, moniker):
        return json.loads(self.ask("show", "--json", moniker))

    def state(self, moniker):
        return self.list().get(moniker, {}).get("state")

    def wait_state(self, moniker, state):
        until(lambda: self.state(moniker) == state,
              "%s is %s" % (moniker, state))

    def task(self, moniker):
        """The process id of a cell's first task."""
        return self.list()[moniker]["pid"]

    def program(self, moniker):
        """The process id of its program, below that."""
        return max(p for p in tasks_below(self.task(moniker))
                   if command_of(p).startswith("/pkg/bin/"))

    def children(self):
        """The manager's own children: (launcher, [first tasks of cells])."""
        outside, inside = [], []
        for p in tasks_below(self.pid):
            if (task_stat(p) or [0])[0] == self.pid:
                with open("/proc/%d/status" % p) as f:
                    spaces = re.search(r"NSpid:(.*)", f.read())[1].split()
                (outside if len(spaces) == 1 else inside).append(p)
        equal(len(outside), 1, "launchers")
        return outside[0], inside

    # What must be gone once it is gone.

    def socket(self):
        return os.path.join(self.stage.runtime_directory(), str(self.pid))

    def cgroup(self):
        """Its own cgroup; None where it could not make one."""
        for e in self.list().values():
            path = self.show(e["moniker"]).get("cgroup")
            if path:
                return os.path.dirname(path)
        return None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.status is None:
            below = tasks_below(self.pid)
            try:
                self.stop()
            except AssertionError as e:
                os.kill(self.pid, signal.SIGKILL)
                self.end()
                if not kind:
                    raise e
            if not kind:
                until(lambda: not tasks_left(below), "no task is left")
        for t in self.readers:
            t.join(TIMEOUT)
        if kind:
            self.tell()
            return
        assert self.status >= 0 or self.status == -signal.SIGKILL, \
            "the manager died of signal %d: %s" % (-self.status, self.stderr)
        if self.status >= 0:
            assert not os.path.exists(self.socket()), "its socket is left"

    def tell(self):
        print("--- %d events, exit status %s" % (len(self.events), self.status))
        for e in self.events[-16:]:
            print("    %-8s %s  %.110s" % (e["event"], e["moniker"], e["text"]))
        for line in self.noise[-20:]:
            print("    ?", line)
        print(self.stderr.decode(errors="replace"))


# ---- a stage ----

class Stage:
    def __init__(self, who, name):
        self.who = who
        self.directory = tempfile.mkdtemp(prefix="reeve-%s-" % name[:20])
        self.uid = os.geteuid()
        if who == "user" and self.uid == 0:
            # Of its own: see above.
            self.uid = 20000 + os.getpid() % 30000
        self.packages = self.path("packages")
        for d in ("packages", "home", "run", "state", "bin"):
            os.mkdir(self.path(d))
            os.chown(self.path(d), self.uid, self.uid if self.switches() else -1)
        # Wherever the build is, the user may not be able to look into it.
        self.reeve_path = shutil.copy(REEVE, self.path("bin"))
        os.chmod(self.directory, 0o755)
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": self.path("home"),
            "XDG_RUNTIME_DIR": self.path("run"),
            "XDG_STATE_HOME": self.path("state"),
            "LANG": "C.UTF-8",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def switches(self):
        return os.geteuid() == 0 and self.uid != 0

    def is_root(self):
        return self.uid == 0

    def runtime_directory(self):
        return "/run/reeve" if self.is_root() else self.path("run", "reeve")

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    # Packages.

    def write(self, path, content, mode=0o644):
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "wb" if isinstance(content, bytes) else "w") as f:
            f.write(content)
        os.chmod(path, mode)
        return path

    def package(self, name, manifest, program="actor", files=None):
        """Lay out a package; the path of its manifest."""
        if not isinstance(manifest, str):
            manifest = json.dumps(manifest, indent=4)
        path = self.write("packages/%s/meta/%s.cml" % (name, name), manifest)
        if program and '"bin/%s"' % program in manifest:
            self.program(name, program)
        for file, content in (files or {}).items():
            self.write("packages/%s/%s" % (name, file), content, 0o755)
        return path

    def write_order(self, moniker, text):
        """Where the component of this moniker looks, whichever package it is
        of: all of a sudden, in each. The paths."""
        name, paths = moniker.replace("/", "+"), []
        for package in os.listdir(self.packages):
            at = "packages/%s/orders/%s" % (package, name)
            os.rename(self.write(at + ".new", text), self.path(at))
            paths.append(self.path(at))
        return paths

    def program(self, package, program="actor", name=None):
        to = self.path("packages", package, "bin", name or program)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if os.path.exists(to):
            os.unlink(to)
        shutil.copy(os.path.join(PROGRAMS, program), to)

    def tree(self, root, **packages):
        """A root manifest and its packages; underscores stand for dashes."""
        for name, manifest in packages.items():
            self.package(name.replace("_", "-"), manifest)
        return self.package("root", root)

    # Commands.

    def popen(self, *arguments, prefix=(), environment=None, **more):
        if self.switches():
            more.setdefault("user", self.uid)
            more.setdefault("group", self.uid)
            more.setdefault("extra_groups", [])
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("cwd", self.directory)
        return subprocess.Popen([*prefix, self.reeve_path, *arguments],
                                env={**self.environment, **(environment or {})},
                                **more)

    def reeve(self, *arguments, timeout=60, text=True, **more):
        """Run a verb to its end."""
        p = self.popen(*arguments, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=text, **more)
        try:
            out, err = p.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            p.kill()
            p.communicate()
            raise AssertionError("reeve %s did not end" % " ".join(arguments))
        return subprocess.CompletedProcess(arguments, p.returncode, out, err)

    def run(self, manifest, *options, **more):
        return Run(self, ("--json", *options, manifest), **more)


# ---- playing ----

def story(function=None, *, only=None):
    """Mark a function as a story; `only` limits it to one kind of account."""
    def mark(f):
        f.is_story, f.only = True, only
        return f
    return mark(function) if function else mark


def play():
    """Run all stories of the calling file as argv[1]; exit as Meson expects."""
    module = inspect.getmodule(inspect.stack()[1].frame)
    who = sys.argv[1] if len(sys.argv) > 1 else "user"
    names = sys.argv[2:]
    if who == "root" and os.geteuid() != 0:
        print("skipped: these stories are played as root, which this is not")
        sys.exit(77)
    stories = [f for f in vars(module).values()
               if getattr(f, "is_story", False) and f.only in (None, who)
               and (not names or f.__name__ in names)]
    failed, played = 0, 0
    for f in stories:
        stage, start = Stage(who, f.__name__), time.monotonic()
        try:
            f(stage)
            played += 1
            print("ok       %s (%.1f s)" % (f.__name__,
                                            time.monotonic() - start))
        except Skip as e:
            print("skipped  %s: %s" % (f.__name__, e))
        except Exception:
            failed += 1
            print("FAILED   %s" % f.__name__)
            traceback.print_exc(file=sys.stdout)
        finally:
            stage.close()
        sys.stdout.flush()
    sys.exit(1 if failed else 0 if played else 77)
