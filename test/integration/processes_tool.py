"""reeve show --processes and reeve top --processes: what they say of a program's
light processes, and that they believe nothing of what it says."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "hostile"))

from clients import with_wire
from rest import held_at_rest, wait_held
from stage import actor, child, equal, matches, play, story, until

N_HANDLERS = 10000
# The first process, the four that it names, and who answers.
N_OTHERS = 6
HEAD = ["PID", "NAME", "FUNCTION", "KIND", "STATE", "MAILBOX", "RECEIVED",
        "SENT", "CPU", "STACK", "WAITS", "FOR"]


def crowd(stage, *arguments):
    """A tree of one component full of processes."""
    root = stage.tree(
        actor("run", children=[child("crowd", startup="eager")]),
        crowd=dict(program=dict(runner="elf", binary="bin/crowd",
                                args=[str(a) for a in arguments])))
    stage.program("crowd", "crowd")
    return root


def look(run, *arguments, verb="show", name="/crowd"):
    """Everything, once it is told in time: this machine may be busy."""
    def once():
        r = stage_of(run).reeve(verb, "--processes", *arguments, name,
                                "--manager", str(run.pid))
        if r.returncode == 1 and "in time" in r.stderr:
            return None
        equal(r.returncode, 0, r.stderr)
        equal(r.stderr, "")
        return r.stdout
    return until(once, "it answers", timeout=60)


def stage_of(run):
    return run.stage


def looks_json(run, *arguments, **more):
    return [json.loads(line) for line in
            look(run, "--json", *arguments, **more).splitlines()]


def named(told):
    return {p["name"]: p for p in told["processes"] if p["name"]}


def place(pid):
    return int(pid.split(".")[0])


# ---- what it says ----

@story
def a_crowd_as_json(stage):
    with stage.run(crowd(stage, N_HANDLERS)) as run:
        run.said("/crowd", "^ready$")
        told, = looks_json(run)
        equal(set(told), {"moniker", "n_processes", "n_workers", "n_spawned",
                          "n_switches", "n_steals", "n_more", "processes"})
        equal(told["moniker"], "/crowd")
        equal(told["n_processes"], N_HANDLERS + N_OTHERS)
        assert told["n_workers"] >= 1, told["n_workers"]
        assert told["n_spawned"] >= told["n_processes"]
        processes = told["processes"]
        equal(len(processes), N_HANDLERS + N_OTHERS)
        equal(told["n_more"], 0)
        for p in processes:
            equal(set(p), {"pid", "parent", "name", "function", "kind",
                           "state", "waits_for", "mailbox", "received", "sent",
                           "cpu_ns", "stack_bytes"})
            matches(r"^\d+\.\d+$", p["pid"])
            assert p["state"] in ("running", "runnable", "waiting", "ending")
        places = [place(p["pid"]) for p in processes]
        equal(places, sorted(set(places)), "places rise")

        who = named(told)
        equal(who["full"]["mailbox"], 10)
        equal(who["full"]["state"], "waiting")
        equal(who["full"]["function"], "crowd_sleep")
        equal(who["full"]["parent"], who["lead"]["pid"])
        equal(who["lead"]["sent"], 10)
        matches(r"^descriptor \d+$", who["reader"]["waits_for"])
        matches(r"^crowd\+0x[0-9a-f]+$", who["reader"]["function"])
        equal(who["sleeper"]["mailbox"], 0)
        assert "reeve.Processes" in who
        # A byte that is no text was replaced; the rest is as it is.
        assert "evil ?\x9b2J" in who, list(who)
        handlers = [p for p in processes if p["kind"] == "handler"]
        equal(len(handlers), N_HANDLERS)
        equal({p["function"] for p in handlers}, {"crowd_handle"})

        few, = looks_json(run, "-n", "3")
        equal(len(few["processes"]), 3)
        equal(few["n_more"], few["n_processes"] - 3)


@story
def a_crowd_as_a_table(stage):
    with stage.run(crowd(stage, N_HANDLERS)) as run:
        run.said("/crowd", "^ready$")
        lines = look(run).splitlines()
        matches(r"^/crowd: %d processes on \d+ workers?, \d+ spawned so far$"
                % (N_HANDLERS + N_OTHERS), lines[0])
        equal(lines[1].split(), HEAD)
        equal(len(lines), 2 + 1000 + 1)
        equal(lines[-1], "... and %d more" % (N_HANDLERS + N_OTHERS - 1000))
        full, = [l for l in lines if re.search(r"\d  full ", l)]
        matches(r"^ *\d+\.1  full +crowd_sleep +stack +waiting +10 ", full)
        handler, = [l for l in lines[2:-1] if "crowd_handle" in l][:1]
        matches(r" - +crowd_handle +handler waiting +0 .* a message$", handler)
        text = "\n".join(lines)
        assert "\x9b" not in text
        matches(r"evil \?\\x\w+2J ", text)
        equal(len(look(run, "--lines", "20").splitlines()), 2 + 20 + 1)
        equal(len(look(run, "-n", "0").splitlines()), 3)


@story
def the_busiest_first(stage):
    with stage.run(crowd(stage, N_HANDLERS)) as run:
        run.said("/crowd", "^ready$")
        told = looks_json(run, "-s", "mailbox", "-n", "2", verb="top")
        equal(len(told), 2)
        for t in told:
            equal(t["processes"][0]["name"], "full")
            counts = [p["mailbox"] for p in t["processes"]]
            equal(counts, sorted(counts, reverse=True))
        by_cpu, = looks_json(run, verb="top")
        used = [p["cpu_ns"] for p in by_cpu["processes"]]
        equal(used, sorted(used, reverse=True))
        lines = look(run, "-s", "pid", verb="top").splitlines()
        matches(r"^/crowd  \d\d:\d\d:\d\d  %d processes on "
                % (N_HANDLERS + N_OTHERS), lines[0])
        equal(lines[1].split(), HEAD[:8] + ["CPU%"] + HEAD[8:])
        places = [place(l.split()[0]) for l in lines[2:-1]]
        equal(places, sorted(places))
        equal(lines[-1], "... and %d more" % (N_HANDLERS + N_OTHERS - 1000))


@story
def it_answers_however_busy_it_is(stage):
    """Whoever turned the loop computes without end, once there is a process
    that answers."""
    with stage.run(crowd(stage, 100, "once")) as run:
        run.said("/crowd", "^ready$")
        told = looks_json(run, "-n", "3", verb="top")
        equal(len(told), 3)
        for t in told:
            equal(t["n_processes"], 100 + N_OTHERS)
            assert named(t)["lead"]["state"] in ("running", "runnable"), t


@story
def who_looks_leaves_nothing(stage):
    with stage.run(crowd(stage, 10)) as run:
        run.said("/crowd", "^ready$")
        looks_json(run)
        held = held_at_rest(run.pid)
        account = run.show("/crowd")["account"]
        for _ in range(20):
            told, = looks_json(run)
        wait_held(held, run.pid)
        equal(run.show("/crowd")["account"], account)
        until(lambda: looks_json(run)[0]["n_processes"] == 10 + N_OTHERS,
              "who answered has gone")


# ---- who does not answer ----

def refused(run, status, pattern, name, verb="show"):
    r = stage_of(run).reeve(verb, "--processes", name, "--manager",
                            str(run.pid))
    equal((r.returncode, r.stdout), (status, ""), r.stderr)
    matches(pattern, r.stderr)
    assert "\x1b" not in r.stderr, r.stderr
    equal(len(r.stderr.splitlines()), 1, r.stderr)


@story
def who_has_no_processes(stage):
    root = stage.tree(
        actor("run", children=[child("plain", startup="eager"), child("off")]),
        off=actor("run"))
    stage.package("plain", dict(program=dict(runner="elf", binary="bin/run")),
                  None, {"bin/run": "#!/bin/sh\nexec sleep 1000\n"})
    with stage.run(root) as run:
        run.wait("started", "/plain")
        run.wait("started", "/")
        # Of libreeve, but without the runtime.
        refused(run, 1, "^reeve: / has no light processes$", "/")
        # Of nothing: nobody hears of it.
        refused(run, 1, "^reeve: /plain has not answered in time: ", "/plain",
                "top")
        refused(run, 3, "^reeve: /off is not running$", "/off")
        refused(run, 4, 'no component "/none"', "/none")
        equal(run.find("start", "/off"), [])
        # And nothing of it counts as an open that waits.
        equal(run.show("/plain")["opens_waiting"], 0)
        run.ask("stop", "/plain")
        run.wait_state("/plain", "stopped")
        equal(len(run.find("started", "/plain")), 1)


@story
def nobody_turns_the_loop(stage):
    with stage.run(crowd(stage, 10, "deaf")) as run:
        run.said("/crowd", "^ready$")
        refused(run, 1, "^reeve: /crowd has not answered in time: ", "/crowd")
        held = held_at_rest(run.pid)
        tools = [stage.popen("show", "--processes", "/crowd", "--manager",
                             str(run.pid), stderr=-1) for _ in range(12)]
        said = [t.communicate(timeout=60)[1].decode() for t in tools]
        equal([t.returncode for t in tools], [1] * 12)
        # Eight questions wait, one of them the first.
        equal(len([s for s in said if "has not even read" in s]), 5, said)
        equal(len([s for s in said if "in time" in s]), 7, said)
        wait_held(held, run.pid)
        run.ask("stop", "/crowd")
        run.wait_state("/crowd", "stopped")
        equal(len(run.find("started", "/crowd")), 1)


# ---- who answers what is none ----

SERVER = '''#!/usr/bin/python3
import os, select, signal, socket, struct, sys, time
from wire import *
LIST = 0x672c36a3d6764319
SUMMARY = 0x2207805b5676cdda

def process(place, name=b"x", waits=b"", n=0):
    inline = struct.pack("<QQ", 1 << 32 | place, 0) + string(name)
    inline += string(b"f") + string(waits)
    return (inline + struct.pack("<IIIB3xQQQ", 2, n, 0, 0, 0, 0, 0),
            padded(name) + padded(b"f") + padded(waits))

def listed(txid, *processes):
    return (header(LIST, txid) +
            struct.pack("<QQ", len(processes), PRESENT) +
            b"".join(p[0] for p in processes) +
            b"".join(p[1] for p in processes))

def summed(txid, n=1):
    return header(SUMMARY, txid) + struct.pack("<IIQQQ", n, 1, n, 0, 0)

def questions(s):
    """(ordinal, txid, after) of each."""
    while True:
        data, _ = receive(s, None)
        if not data:
            return
        yield (struct.unpack_from("<Q", data, 8)[0],
               struct.unpack_from("<I", data)[0],
               struct.unpack_from("<Q", data + bytes(8), 16)[0])

def answers(s, entries, n=1):
    """By the book, but for what is listed."""
    for ordinal, txid, after in questions(s):
        s.send(summed(txid, n) if ordinal == SUMMARY else
               listed(txid, *entries(after)))

def attack(s):
%s

signal.signal(signal.SIGPIPE, signal.SIG_IGN)
_, fds = receive(socket.socket(fileno=3))
channels = [socket.socket(fileno=fd) for fd in fds]
say("ready")
while True:
    for c in select.select(channels, [], [])[0]:
        data, got = receive(c)
        if not got:
            sys.exit(0)
        try:
            attack(socket.socket(fileno=got[0]))
        except (BrokenPipeError, ConnectionResetError):
            pass
'''


def attacker(stage, name, script):
    """A package whose program answers by this."""
    script = "\n".join("    " + l for l in script.strip().splitlines())
    stage.package(name, dict(program=dict(runner="elf",
                                          binary="bin/attack.py")), None,
                  dict(with_wire(), **{"bin/attack.py": SERVER % script}))


def attacked(stage, *scripts):
    """A running tree of /bad0, /bad1 and so on, each of which answers by its
    script."""
    names = ["bad%d" % i for i in range(len(scripts))]
    for name, script in zip(names, scripts):
        attacker(stage, name, script)
    run = stage.run(stage.tree(
        actor("run", children=[child(n, startup="eager") for n in names])))
    for name in names:
        run.said("/" + name, "^ready$")
    return run


NOT_UNDERSTOOD = "answers what cannot be understood$"
NOT_IN_TIME = "has not answered in time: "
HUNG_UP = "has ended, or hung up$"

LIES = [
    # Garbage.
    ("for _ in questions(s): s.send(os.urandom(4000))", NOT_UNDERSTOOD),
    ("for _ in questions(s): s.send(b'x')", NOT_UNDERSTOOD),
    # The answer to another question.
    ("for o, t, a in questions(s): s.send(listed(t))", NOT_UNDERSTOOD),
    # One that is cut.
    ("""
for o, t, a in questions(s):
    s.send(summed(t) if o == SUMMARY else listed(t, process(1))[:-8])
""", NOT_UNDERSTOOD),
    # Descriptors.
    ("""
for o, t, a in questions(s):
    socket.send_fds(s, [summed(t)], [0] * 60)
""", NOT_UNDERSTOOD),
    # Lists that come round again.
    ("answers(s, lambda after: [process(1), process(2)])", NOT_UNDERSTOOD),
    ("answers(s, lambda after: [process(2), process(1)])", NOT_UNDERSTOOD),
    # What is no process.
    ("""
answers(s, lambda after: [(bytes(8) + p[8:], q) for p, q in [process(1)]])
""", NOT_UNDERSTOOD),
    # An end, at once, in the middle, and with a reason of its own.
    ("s.close()", HUNG_UP),
    ("next(questions(s)); s.close()", HUNG_UP),
    ("s.send(header(2**64 - 1) + struct.pack('<iI', -42, 0))",
     "does not tell of its processes: "),
]


@story
def lies(stage):
    with attacked(stage, *[script for script, _ in LIES]) as run:
        held = held_at_rest(run.pid)
        for i, (_, pattern) in enumerate(LIES):
            def once():
                r = stage.reeve("show", "--processes", "/bad%d" % i,
                                "--manager", str(run.pid))
                equal((r.returncode, r.stdout), (1, ""), r.stderr)
                # This machine may be busy.
                return None if "in time" in r.stderr else r.stderr
            matches("^reeve: /bad%d %s" % (i, pattern),
                    until(once, "it answers", timeout=60))
        wait_held(held, run.pid)
        for i in range(len(LIES)):
            equal(run.state("/bad%d" % i), "running")


SLOW = [
    # No answer at all.
    "for _ in questions(s): pass",
    # Answers to other questions, without end, each of them well-formed.
    """
for o, t, a in questions(s):
    while True: s.send(summed(t + 1))
""",
    # Each answer in time, all of them not.
    """
for o, t, a in questions(s):
    time.sleep(1)
    s.send(summed(t) if o == SUMMARY else
           listed(t, process((a & 0xffffffff) + 1)))
"""]


@story
def who_keeps_it_waiting(stage):
    with attacked(stage, *SLOW) as run:
        tools = [stage.popen("show", "--processes", "/bad%d" % i, "--manager",
                             str(run.pid), stderr=-1)
                 for i in range(len(SLOW))]
        for i, t in enumerate(tools):
            said = t.communicate(timeout=60)[1].decode()
            equal(t.returncode, 1)
            matches("^reeve: /bad%d %s" % (i, NOT_IN_TIME), said)


@story
def a_list_without_end(stage):
    """So much is read, and no more; so much is shown."""
    with attacked(stage, """
answers(s, lambda after: [process((after & 0xffffffff) + k)
                          for k in range(1, 501)], 7)
""") as run:
        told, = looks_json(run, name="/bad0")
        equal(len(told["processes"]), 100000)
        equal(told["n_more"], 0)
        equal(len(look(run, name="/bad0").splitlines()), 2 + 1000 + 1)


@story
def a_count_that_is_not_true(stage):
    with attacked(stage, """
answers(s, lambda after: [] if after else [process(5)], 2**32 - 1)
""") as run:
        told, = looks_json(run, name="/bad0")
        equal(len(told["processes"]), 1)
        equal(told["n_more"], 2**32 - 2)
        equal(look(run, name="/bad0").splitlines()[-1],
              "... and 4294967294 more")


@story
def words_that_a_terminal_would_obey(stage):
    with attacked(stage, r"""
answers(s, lambda after: [] if after else [
    process(1, b"\x1b]0;x\x07\r\n\0end", b"\x1b[31m\x9b" [:5] + "\u202e".encode()),
    process(2, "\u20ac".encode() * 21, b"y" * 63)])
""") as run:
        out = look(run, name="/bad0")
        equal(len(out.splitlines()), 4)
        for c in "\x1b\x07\r\0\x9b":
            assert c not in out, out
        matches(r"\\x1b\]0;x\\x0", out)
        matches("\u20ac{16}~", out)
        told, = looks_json(run, name="/bad0")
        equal(told["processes"][0]["name"], "\x1b]0;x\x07\r\n\0end")
        out = look(run, name="/bad0", verb="top")
        assert "\x1b" not in out, out


play()
