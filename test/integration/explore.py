"""reeve exec, explore, call and doctor MONIKER: looking through a component's
eyes, with its authority and nothing more."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

from rest import held_at_rest, wait_held
from stage import (actor, child, descriptors_of, equal, matches, offer, play,
                   provider, story, tasks_below, until, user)

ECHO = "example.Echo"
SVC = "/svc/" + ECHO

# Opens the service and keeps it: what a guest may hold when it is taken back.
HOLD = r"""
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect("/svc/example.Echo")
print("connected", flush=True)
s.recv(1)
print("cut", flush=True)
sys.stdin.read()
"""


def world(stage, *commands, starts=("/client",), **sections):
    """A client that stays, and a provider."""
    root = stage.tree(
        actor("run", children=[child("client"), child("server")],
              offer=[offer("#server", "#client")]),
        client=user(*commands, "run", **sections),
        server=provider("serve %s raw" % SVC, "run"))
    return stage.run(root, *[a for s in starts for a in ("--start", s)])


def up(run):
    run.wait("started", "/client")
    return run


def inside(run, *program, name="/client", options=(), status=0, **more):
    r = run.stage.reeve("exec", "-m", str(run.pid), *options, name, "--",
                        *program, **more)
    equal(r.returncode, status, "exec %r: %s%s" % (program, r.stdout, r.stderr))
    return r


def begin(run, *program, options=(), **more):
    more.setdefault("stdin", subprocess.PIPE)
    return run.stage.popen("exec", "-m", str(run.pid), *options, "/client",
                           "--", *program, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, **more)


def line(process):
    return process.stdout.readline().decode().rstrip()


def ended(process, status, timeout=20):
    out, err = process.communicate(timeout=timeout)
    equal(process.returncode, status, "%r %r" % (out, err))
    return out, err


# ---- exec: what is seen ----

@story
def only_its_view(stage):
    with world(stage) as run:
        up(run)
        root = set(inside(run, "ls", "-a", "/").stdout.split())
        assert {"svc", "pkg", "tmp", "usr", "proc"} <= root, root
        assert not root & {"home", "root", "var", "run", "srv", "mnt"}, root
        equal(inside(run, "ls", "/svc").stdout.split(), [ECHO])
        assert "actor" in inside(run, "ls", "/pkg/bin").stdout
        equal(inside(run, "id", "-u").stdout.strip(), "1000")
        equal(inside(run, "id", "-G").stdout.strip(), "1000")
        equal(inside(run, "hostname").stdout.strip(), "client")
        equal(inside(run, "pwd").stdout.strip(), "/")
        r = inside(run, "cat", "/home/anything", status=1)
        matches("No such file", r.stderr)


@story
def no_more_authority(stage):
    """Its state is that of the component's own program."""
    keys = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd",
            "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters")

    def pick(status):
        found = dict(re.findall(r"^(\w+):\s*(.*?)\s*$", status, re.M))
        return {k: found.get(k) for k in keys if k not in ("Uid", "Gid")}

    with world(stage) as run:
        up(run)
        theirs = inside(run, "cat", "/proc/self/status").stdout
        with open("/proc/%d/status" % run.program("/client")) as f:
            ours = f.read()
        found = dict(re.findall(r"^(\w+):\s*(.*?)\s*$", theirs, re.M))
        equal(found["CapEff"], "0" * 16)
        equal(found["CapBnd"], "0" * 16)
        equal(found["Seccomp"], "2")
        equal(found["NoNewPrivs"], "1")
        # From outside the groups have other numbers.
        a, b = pick(theirs), pick(ours)
        del a["Groups"], b["Groups"]
        equal(a, b)
        # The same namespaces, and the same limits.
        for kind in ("user", "mnt", "pid", "ipc", "uts", "net", "cgroup"):
            equal(inside(run, "readlink", "/proc/self/ns/" + kind)
                  .stdout.strip(),
                  os.readlink("/proc/%d/ns/%s" % (run.program("/client"),
                                                  kind)), kind)
        with open("/proc/%d/limits" % run.program("/client")) as f:
            equal(inside(run, "cat", "/proc/self/limits").stdout, f.read())


@story
def what_is_refused(stage):
    tries = r"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *a):
    ctypes.set_errno(0)
    r = getattr(libc, name)(*a)
    print(name, "worked" if r >= 0 else os.strerror(ctypes.get_errno()))
call("ptrace", 16, 1, 0, 0)
call("mount", b"none", b"/tmp", b"tmpfs", 0, 0)
call("unshare", 0x10000000)
call("setuid", 0)
for path in "/usr/bin/x", "/pkg/x", "/x", "/svc/x":
    try:
        open(path, "w"); print(path, "worked")
    except OSError as e:
        print(path, e.strerror)
open("/tmp/x", "w").write("own")
print("tmp", open("/tmp/x").read())
"""
    with world(stage) as run:
        up(run)
        out = inside(run, "python3", "-c", tries).stdout
        assert "worked" not in out, out
        matches("^tmp own$", out.splitlines()[-1])
        # The component sees the same /tmp, for it is its own.
        equal(inside(run, "cat", "/tmp/x").stdout, "own")


@story
def the_streams_are_no_way_out(stage):
    """A guest gets no descriptor of ours, only what passes through."""
    secret = stage.write("secret", "read")
    with world(stage) as run:
        up(run)
        with open(secret) as f:
            r = inside(run, "sh", "-c",
                       "readlink /proc/self/fd/0; ls /proc/self/fd/; cat",
                       stdin=f)
        lines = r.stdout.split()
        matches("^pipe:", lines[0])
        equal(lines[-1], "read")
        # Nor anything else: 0, 1, 2, and the directory that ls reads.
        equal(lines[1:-1], ["0", "1", "2", "3"])
        r = inside(run, "sh", "-c", "echo out > /dev/stdout; "
                   "echo err > /dev/stderr")
        equal((r.stdout, r.stderr), ("out\n", "err\n"))


@story
def streams_that_are_closed(stage):
    with world(stage) as run:
        up(run)
        for closed in "0", "0 1", "0 1 2":
            r = subprocess.run(
                ["sh", "-c", "exec %s; exec \"$@\"" % " ".join(
                    "%s>&-" % n for n in closed.split()), "sh",
                 stage.reeve_path, "exec", "-m", str(run.pid), "/client", "--",
                 "sh", "-c", "cat; echo out; exit 3"],
                env=stage.environment, capture_output=True, timeout=20,
                **(dict(user=stage.uid, group=stage.uid, extra_groups=[])
                   if stage.switches() else {}))
            equal(r.returncode, 3, r.stderr)
            equal(r.stdout, b"" if "1" in closed else b"out\n")


@story
def environment(stage):
    with world(stage) as run:
        up(run)
        out = inside(run, "env", environment={"TERM": "vt100", "SECRET": "x"})
        found = dict(l.split("=", 1) for l in out.stdout.splitlines())
        equal(found["TERM"], "vt100")
        equal(found["HOME"], "/tmp")
        matches("^/pkg/bin:", found["PATH"])
        assert "SECRET" not in found
        # The component's own package comes first.
        equal(inside(run, "sh", "-c", "command -v actor").stdout,
              "/pkg/bin/actor\n")


# ---- exec: how it ends ----

@story
def exit_status(stage):
    with world(stage) as run:
        up(run)
        for n in 0, 1, 7, 200:
            inside(run, "sh", "-c", "exit %d" % n, status=n)
        inside(run, "sh", "-c", "kill -9 $$", status=128 + 9)
        r = inside(run, "no-such-program", status=127)
        matches('no program "no-such-program" in the cell of /client',
                r.stderr)
        r = inside(run, "/etc/passwd", status=126)
        matches("not executable", r.stderr)
        assert not r.stdout


@story
def ten_megabytes(stage):
    data = os.urandom(10 * 1024 * 1024)
    with world(stage) as run:
        up(run)
        p = begin(run, "cat")
        out, err = p.communicate(data, timeout=60)
        equal(p.returncode, 0, err)
        assert out == data, "%d bytes came back" % len(out)
        # To standard error as well, and nothing of it is lost at the end.
        p = begin(run, "sh", "-c", "head -c 3000000 /dev/zero >&2; exit 3")
        out, err = ended(p, 3, 60)
        equal(len(err), 3000000)


@story
def a_reader_that_goes_away(stage):
    with world(stage) as run:
        up(run)
        p = begin(run, "sh", "-c", "while echo y; do :; done; exit 5")
        equal(line(p), "y")
        p.stdout.close()
        p.stdin.close()
        equal(p.wait(20), 128 + signal.SIGPIPE)
        p.stderr.close()


@story
def a_program_that_does_not_read(stage):
    with world(stage) as run:
        up(run)
        p = begin(run, "true")
        try:
            p.communicate(b"x" * 1000000, timeout=20)
        except BrokenPipeError:
            pass
        equal(p.returncode, 0)


@story
def signals_are_passed_on(stage):
    with world(stage) as run:
        up(run)
        p = begin(run, "sh", "-c", "trap 'echo got; exit 9' USR1; echo ready;"
                  "while :; do sleep 0.05; done")
        equal(line(p), "ready")
        p.send_signal(signal.SIGUSR1)
        equal(ended(p, 9)[0], b"got\n")
        p = begin(run, "sh", "-c", "echo ready; exec sleep 1000")
        equal(line(p), "ready")
        p.send_signal(signal.SIGINT)
        ended(p, 128 + signal.SIGINT)


@story
def nobody_listens_any_more(stage):
    """A tool that was killed takes its guest along."""
    with world(stage) as run:
        up(run)
        before = tasks_below(run.task("/client"))
        p = begin(run, "sh", "-c", "trap '' HUP; echo ready; sleep 1000")
        equal(line(p), "ready")
        assert set(tasks_below(run.task("/client"))) > set(before)
        p.kill()
        p.wait()
        p.stdin.close()
        p.stdout.close()
        p.stderr.close()
        run.wait("operator", "/client", "was ended by signal")
        # What it ignored, its child did too; only the guest is ours to end.
        until(lambda: b"trap" not in b"".join(
            open("/proc/%d/cmdline" % t, "rb").read()
            for t in tasks_below(run.task("/client"))
            if os.path.exists("/proc/%d" % t)), "the guest is gone")
        equal(run.state("/client"), "running")


@story
def stop_ends_guests(stage):
    with world(stage, starts=("/client", "/server")) as run:
        up(run)
        guests = [begin(run, "sh", "-c", "trap '' TERM HUP INT; echo ready; "
                        "while :; do sleep 1; done") for _ in range(3)]
        for p in guests:
            equal(line(p), "ready")
        below = tasks_below(run.task("/client"))
        run.ask("stop", "/client")
        for p in guests:
            out, err = ended(p, 137)
            matches(b"/client has ended", err)
        run.wait_state("/client", "stopped")
        until(lambda: not [t for t in below if os.path.exists("/proc/%d" % t)],
              "nothing of it is left")
        # And it can be started again, and entered.
        inside(run, "true", options=["--start"])


@story
def the_manager_is_killed(stage):
    with world(stage) as run:
        up(run)
        p = begin(run, "sh", "-c", "echo ready; exec sleep 1000")
        equal(line(p), "ready")
        below = tasks_below(run.task("/client"))
        run.signal(signal.SIGKILL)
        run.end()
        equal(p.wait(20) != 0, True)
        for f in p.stdin, p.stdout, p.stderr:
            f.close()
        until(lambda: not [t for t in below if os.path.exists("/proc/%d" % t)],
              "nothing of it is left")


@story
def stopped_in_the_midst(stage):
    """Wherever the making of a guest is: nothing hangs, nothing is left."""
    with world(stage, starts=("/client", "/server")) as run:
        up(run)
        for n in range(40):
            if n:
                inside(run, "true", options=["--start"])
            below = tasks_below(run.task("/client"))
            guests = [begin(run, "true") for _ in range(3)]
            # Not a time that decides anything: another moment each time.
            time.sleep(n % 20 / 1000)
            run.ask("stop", "/client")
            for p in guests:
                p.communicate(timeout=20)
            run.wait_state("/client", "stopped")
            equal([t for t in below if os.path.exists("/proc/%d" % t)], [])


@story
def nothing_is_left(stage):
    with world(stage) as run:
        up(run)
        inside(run, "true")
        held = held_at_rest(run.pid)
        init = run.task("/client")
        tasks = set(tasks_below(init))
        if os.geteuid() == 0:
            theirs = descriptors_of(init)
        for n in range(20):
            inside(run, "true")
            inside(run, "no-such-program", status=127)
            inside(run, "true", name="/server", status=3)
        wait_held(held, run.pid)
        equal(set(tasks_below(init)), tasks)
        if os.geteuid() == 0:
            equal(descriptors_of(init), theirs)


# ---- exec: who and when ----

@story
def who_does_not_run(stage):
    with world(stage) as run:
        up(run)
        r = inside(run, "true", name="/server", status=3)
        matches("/server is not running; --start starts it", r.stderr)
        inside(run, "true", name="/server", options=["--start"])
        for wrong, meant in (("/cliemt", "/client"), ("serwer", "server")):
            r = inside(run, "true", name=wrong, status=4)
            matches(r'no component "%s" in this tree \(did you mean %s\?\)'
                    % (wrong, meant), r.stderr)
        r = inside(run, "true", name="/nobody", status=4)
        matches('no component "/nobody" in this tree; see reeve list',
                r.stderr)
        r = stage.reeve("exec", "-m", str(run.pid), "/client")
        equal(r.returncode, 2)
        # A unique ending is enough, as for every verb.
        inside(run, "true", name="client")


@story
def a_component_that_cannot_start(stage):
    root = stage.tree(actor("run", children=[child("client"), child("bad")]),
                      client=actor("run"),
                      bad=dict(program=dict(runner="elf",
                                            binary="bin/missing")))
    with stage.run(root, "--start", "/client") as run:
        up(run)
        r = inside(run, "true", name="/bad", options=["--start"], status=3)
        matches("/bad (did not stay up|is not running)", r.stderr)


@story
def no_program_no_cell(stage):
    root = stage.tree(dict(children=[child("client")]), client=actor("run"))
    with stage.run(root, "--start", "/client") as run:
        up(run)
        r = inside(run, "true", name="/", status=1)
        matches("no program", r.stderr)


@story
def a_strict_cell(stage):
    """There is nothing of the host's; a static program can be brought."""
    manifest = dict(program=dict(runner="elf", binary="bin/still",
                                 strict=True), use=[{"protocol": ECHO}])
    root = stage.tree(
        actor("run", children=[child("client"), child("server")],
              offer=[offer("#server", "#client")]),
        client=manifest, server=provider("serve %s raw" % SVC, "run"))
    stage.program("client", "still")
    still = stage.path("packages", "client", "bin", "still")
    with stage.run(root, "--start", "/client") as run:
        up(run)
        r = inside(run, "/bin/sh", "-c", "true", status=127)
        matches("strict", r.stderr)
        matches("--bring", r.stderr)
        equal(inside(run, "still", "here").stdout, "here\n")
        equal(inside(run, "x", "there", options=["--bring", still]).stdout,
              "there\n")
        # One that needs a loader does not run there.
        inside(run, "sh", options=["--bring", "/bin/sh"], status=127)


@story
def bring(stage):
    """A program from outside runs with the component's authority."""
    with world(stage) as run:
        up(run)
        r = inside(run, "sh", "-c", "id -u; ls /svc",
                   options=["--bring", "/bin/sh"])
        equal(r.stdout.split(), ["1000", ECHO])
        r = inside(run, "x", options=["--bring", "/nowhere"], status=1)
        matches("/nowhere: No such file", r.stderr)


@story
def not_too_many(stage):
    with world(stage) as run:
        up(run)
        guests = []
        for _ in range(8):
            guests.append(begin(run, "sh", "-c", "echo ready; cat"))
            equal(line(guests[-1]), "ready")
        r = inside(run, "true", status=1)
        matches("has 8 guests already", r.stderr)
        for p in guests:
            ended(p, 0)
        until(lambda: stage.reeve("exec", "-m", str(run.pid), "/client", "--",
                                  "true").returncode == 0, "there is room")


@story
def it_is_written_down(stage):
    with world(stage) as run:
        up(run)
        inside(run, "sh", "-c", "exit 4", status=4)
        e = run.wait("operator", "/client", "ended with status 4")
        equal(e["code"], 4)
        started, = run.find("operator", "/client", "runs in it")
        equal(started["program"], "sh -c exit 4")
        assert "operator" in run.ask("log", "--audit", "/client")


@story
def limits_hold(stage):
    """What it forks counts as the component's."""
    root = stage.tree(
        actor("run", children=[child("client", limits=dict(tasks=dict(max=12)))]),
        client=actor("run"))
    with stage.run(root, "--start", "/client") as run:
        up(run)
        r = stage.reeve("exec", "-m", str(run.pid), "/client", "--", "sh",
                        "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; "
                        "do sleep 3 & done; wait")
        matches("(?i)cannot fork|resource temporarily", r.stderr)


# ---- exec: authority that ends ----

@story
def revoke_reaches_a_guest(stage):
    with world(stage) as run:
        up(run)
        p = begin(run, "python3", "-c", HOLD)
        equal(line(p), "connected")
        out = run.ask("revoke", "/client", ECHO)
        matches("1 connection cut", out)
        equal(line(p), "cut")
        ended(p, 0)
        equal(run.state("/client"), "running")
        r = inside(run, "ls", "/svc")
        equal(r.stdout.split(), [])


@story
def its_opens_are_the_components(stage):
    with world(stage) as run:
        up(run)
        ask = ("import socket; s = socket.socket(socket.AF_UNIX, "
               "socket.SOCK_SEQPACKET); s.connect('%s'); s.send(b'hello'); "
               "print(s.recv(100))" % SVC)
        equal(inside(run, "python3", "-c", ask).stdout, "b'hello'\n")
        run.wait("open", "/client", ECHO)


# ---- a terminal ----

class Terminal:
    """The tool on a terminal of its own, as a person has it."""

    def __init__(self, run, *arguments):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            stage = run.stage
            os.chdir(stage.directory)
            if stage.switches():
                os.setgroups([])
                os.setresgid(stage.uid, stage.uid, stage.uid)
                os.setresuid(stage.uid, stage.uid, stage.uid)
            os.execve(stage.reeve_path, ["reeve", *arguments],
                      {**stage.environment, "TERM": "vt100"})
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, pattern, timeout=20):
        end = time.monotonic() + timeout
        while not re.search(pattern, self.seen):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError("no %r: %r" % (pattern, self.seen))
            try:
                block = os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                block = ""
            if not block:
                raise AssertionError("the end, no %r: %r" % (pattern,
                                                             self.seen))
            self.seen += block
        self.seen = self.seen[re.search(pattern, self.seen).end():]

    def status(self):
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


@story
def a_terminal(stage):
    with world(stage) as run:
        up(run)
        t = Terminal(run, "exec", "-m", str(run.pid), "/client", "--", "sh")
        t.type("tty -s && echo is-a-$((1+1))-terminal\n")
        t.wait("is-a-2-terminal")
        # ^C ends what runs in the shell, not the shell.
        t.type("sleep 1000; echo slept-$?\n")
        t.wait("slept")
        until(lambda: any("sleep" in open("/proc/%d/comm" % p).read()
                          for p in tasks_below(run.task("/client"))
                          if os.path.exists("/proc/%d/comm" % p)), "it sleeps")
        t.type("\x03")
        t.type("echo here-$((40+2))\n")
        t.wait("here-42")
        t.type("exit 6\n")
        equal(t.status(), 6)


@story
def the_size_of_a_terminal(stage):
    import fcntl
    import struct
    import termios
    with world(stage) as run:
        up(run)
        t = Terminal(run, "exec", "-m", str(run.pid), "/client", "--", "sh")
        t.type("echo ready-$((1+1))\n")
        t.wait("ready-2")
        fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
        os.kill(t.pid, signal.SIGWINCH)
        t.type("stty size\n")
        t.wait("33 77")
        t.type("exit\n")
        equal(t.status(), 0)


@story
def explore(stage):
    with world(stage) as run:
        up(run)
        t = Terminal(run, "explore", "-m", str(run.pid), "/client")
        t.wait("In the cell of /client")
        t.wait(r"/svc +example\.Echo")
        t.wait(r"/pkg +its package, read-only")
        t.wait(r"/client \$ ")
        t.type("ls /svc\n")
        t.wait(r"\nexample\.Echo")
        t.type("exit 3\n")
        equal(t.status(), 3)
        # Without a terminal it is a shell for a script.
        p = stage.popen("explore", "-m", str(run.pid), "/client",
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE)
        out, err = p.communicate(b"ls /svc\n", timeout=20)
        equal((p.returncode, out, err), (0, b"example.Echo\n", b""))


# ---- call ----

def call(run, *arguments, status=0, **more):
    r = run.stage.reeve("call", "-m", str(run.pid), *arguments, **more)
    equal(r.returncode, status, r.stdout + r.stderr)
    return r


@story
def call_and_answer(stage):
    with world(stage) as run:
        up(run)
        equal(call(run, "/client", ECHO, "hello").stdout, "hello\n")
        equal(call(run, "/client", SVC, "--text", "hello").stdout, "hello\n")
        r = call(run, "/client", ECHO, "--hex", "00 01 fe:ff")
        matches(r"^0000  00 01 fe ff +\.\.\.\.$", r.stdout)
        told = json.loads(call(run, "/client", ECHO, "--json", "--hex",
                               "0a0b").stdout)
        equal(told, {"verdict": "answered", "bytes": 2, "hex": "0a0b",
                     "text": None, "handles": 0, "epitaph": None})
        told = json.loads(call(run, "/client", ECHO, "--json", "x").stdout)
        equal(told["text"], "x")
        p = stage.popen("call", "-m", str(run.pid), "/client", ECHO,
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        equal(p.communicate(b"from input", timeout=20)[0], b"from input\n")
        run.wait("operator", "/client", "opens %s in its name" % ECHO)
        run.wait("open", "/client", ECHO)


@story
def call_what_is_exposed(stage):
    with world(stage) as run:
        up(run)
        equal(call(run, "--exposed", "/server", ECHO, "hi").stdout, "hi\n")
        r = call(run, "/server", ECHO, "hi", status=1)
        matches("uses no service .*exposes it: see --exposed", r.stderr)


@story
def call_in_vain(stage):
    root = stage.tree(
        actor("run", children=[child("client"), child("server"),
                               child("crash")],
              offer=[offer("#server", "#client", name=n) for n in
                     ("example.Silent", "example.Refuse", "example.Drop")] +
                    [offer("#crash", "#client")]),
        client=actor("run", use=[{"protocol": n} for n in
                                 ("example.Silent", "example.Refuse",
                                  "example.Drop", "example.Echo",
                                  "example.Lost")]),
        crash=dict(program=dict(runner="elf", binary="bin/missing"),
                   capabilities=[{"protocol": ECHO}],
                   expose=[{"protocol": ECHO, "from": "self"}]),
        server=actor("serve /svc/example.Silent silence",
                     "serve /svc/example.Refuse refuse",
                     "serve /svc/example.Drop drop", "run",
                     capabilities=[{"protocol": n} for n in
                                   ("example.Silent", "example.Refuse",
                                    "example.Drop")],
                     expose=[{"protocol": n, "from": "self"} for n in
                             ("example.Silent", "example.Refuse",
                              "example.Drop")]))
    with stage.run(root, "--start", "/client") as run:
        up(run)
        r = call(run, "/client", "example.Silent", "--timeout", "0.2",
                 "--hex", "00000000 02000001 0100000000000000", status=1)
        matches("/server did not answer within 0.2 s", r.stderr)
        r = call(run, "/client", "example.Refuse", "x", status=1)
        matches(r"closed by the provider, /server, with the epitaph "
                r"BAD_STATE \(-20\)", r.stderr)
        told = json.loads(call(run, "--json", "/client", "example.Refuse", "x",
                               status=1).stdout)
        equal(told["epitaph"], {"status": -20, "name": "BAD_STATE",
                                "by": "provider"})
        r = call(run, "/client", "example.Drop", "x", status=1)
        matches("closed by the provider, /server, without a word", r.stderr)
        # A provider that does not start: the manager says so.
        r = call(run, "/client", ECHO, "x", status=1)
        matches(r"closed by the manager with the epitaph UNAVAILABLE \(-28\): "
                "/crash cannot be started: could not run the program",
                r.stderr)
        # A route that does not hold: why, and where.
        r = call(run, "/client", "example.Lost", "x", status=1)
        matches(r"NOT_FOUND.*\.cml:\d+:\d+", r.stderr)
        r = call(run, "/client", "example.Refuze", "x", status=1)
        matches(r"did you mean example\.Refuse\?", r.stderr)
        call(run, "/nobody", ECHO, "x", status=4)
        for wrong in (("/client",), ("/client", ECHO, "--hex", "abc"),
                      ("/client", ECHO, "a", "--text", "b"),
                      ("/client", ECHO, "--text", ""),
                      ("/client", ECHO, "x", "--timeout", "soon")):
            call(run, *wrong, status=2)


# ---- doctor ----

def sick(stage):
    return stage.tree(
        actor("run", children=[child("client"), child("server")],
              offer=[offer("#server", "#client"),
                     offer("void", "#client", name="example.Maybe",
                           availability="optional")]),
        client=actor("run", use=[
            {"protocol": ECHO},
            {"protocol": "example.Maybe", "availability": "optional"},
            {"protocol": "example.Lost"}]),
        server=provider("serve %s raw" % SVC, "run"))


def rows(out):
    return {v["capability"]: v for v in map(json.loads, out.splitlines())}


def check_sick(out, err):
    matches(r"(?m)^used$", out)
    matches(r"(?m)^  ok +example\.Echo +protocol +from /server$", out)
    matches(r"(?m)^  void +example\.Maybe +protocol \[optional\] +routed from "
            "void", out)
    matches(r"(?m)^  broken +example\.Lost +protocol +\S+\.cml:\d+:\d+: ", out)


@story
def doctor_live_and_offline(stage):
    root = sick(stage)
    with stage.run(root, "--start", "/server") as run:
        run.wait("started", "/server")
        live = stage.reeve("doctor", "-m", str(run.pid), "/client")
        equal(live.returncode, 1, live.stderr)
        check_sick(live.stdout, live.stderr)
        r = stage.reeve("doctor", "-m", str(run.pid), "/server")
        equal(r.returncode, 0, r.stderr)
        matches(r"(?s)^exposed\n  ok +example\.Echo +protocol +from /server$",
                r.stdout.rstrip())
        found = rows(run.ask("doctor", "--json", "/client", status=1))
        equal({k: v["verdict"] for k, v in found.items()},
              {ECHO: "routed", "example.Maybe": "void",
               "example.Lost": "failed"})
        assert found["example.Lost"]["route"]["error"]["line"] > 0
        r = stage.reeve("doctor", "-m", str(run.pid), "/nobody")
        equal(r.returncode, 4)
        # Something that was taken back at run time shows at once.
        run.ask("revoke", "--all", "/client")
        found = rows(run.ask("doctor", "--json", "/client", status=1))
        equal(found[ECHO]["verdict"], "failed")
    offline = stage.reeve("doctor", "-f", root, "/client")
    equal(offline.returncode, 1, offline.stderr)
    check_sick(offline.stdout, offline.stderr)
    equal(offline.stdout, live.stdout)
    r = stage.reeve("doctor", "-f", root, "--json", "/client")
    equal({v["verdict"] for v in rows(r.stdout).values()},
          {"routed", "void", "failed"})
    equal(stage.reeve("doctor", "-f", root, "/server").returncode, 0)
    r = stage.reeve("doctor", "-f", root, "/cliemt")
    equal(r.returncode, 4)
    matches(r"no component /cliemt in this tree \(did you mean /client\?\)",
            r.stderr)
    equal(stage.reeve("doctor", "/a", "/b").returncode, 2)


play()
