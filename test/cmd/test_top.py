#!/usr/bin/env python3
"""What components need and may have, as it is typed: top, limit, create,
destroy and restart, and how show says it.

test_top.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

from reeve_test import Managed, REEVE, SOURCE, main, wait_for

ROOT = """{
    children: [
        { name: "idle", url: "fuchsia-pkg://x.org/idle#meta/idle.cm",
          startup: "eager", limits: { memory: { max: "64M" },
                                      tasks: { max: 50 } },
          restart: "on-failure" },
        { name: "busy", url: "fuchsia-pkg://x.org/busy#meta/busy.cm",
          startup: "eager" },
    ],
    collections: [ { name: "pool", durability: "transient" } ],
}"""
RUN = '{ program: { runner: "elf", binary: "bin/run" } }'
IDLE = "fuchsia-pkg://x.org/idle#meta/idle.cm"
HEAD = ["MONIKER", "STATE", "PID", "TASKS", "MEMORY", "CPU%", "CONNS",
        "WAITING", "REFUSED"]


class Top(Managed):
    def setUp(self):
        super().setUp()
        os.chmod(self.work.name, 0o755)
        self.tree = os.path.join(self.work.name, "tree")
        self.root = self.package("shop", ROOT)
        self.package("busy", RUN, "#!/bin/sh\nwhile :; do :; done\n")
        self.package("idle", RUN, "#!/bin/sh\nexec sleep 1000\n")

    def package(self, name, manifest, program=None):
        for part in ("meta", "bin"):
            os.makedirs(os.path.join(self.tree, name, part))
        if program:
            path = os.path.join(self.tree, name, "bin", "run")
            with open(path, "w", encoding="utf-8") as f:
                f.write(program)
            os.chmod(path, 0o755)
        path = os.path.join(self.tree, name, "meta", name + ".cml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(manifest)
        return path

    def shop(self):
        return self.manager("-p", self.tree, self.root,
                            running=["/busy", "/idle"])

    def started(self, moniker):
        return len([e for e in self.events() if e["event"] == "started" and
                    e["moniker"] == moniker])

    # ---- top ----

    def test_json(self):
        with self.shop():
            rows = self.ask("top", "--json").json_lines()
            self.assertEqual([r["moniker"] for r in rows], ["/idle", "/busy"])
            for r in rows:
                self.has_fields(r, state=str, pid=int, uptime_ms=int,
                                opens_waiting=int, account=dict, throttle=dict)
            self.has_fields(rows[0], budget=dict)
            self.assertNotIn("budget", rows[1])
            self.assertEqual([r["moniker"] for r in
                              self.ask("top", "--json", "idle").json_lines()],
                             ["/idle"])
            self.assertEqual(self.ask("top", "--json", "/").json_lines()[0]
                             ["moniker"], "/idle")
            self.assertEqual(len(self.ask("top", "--json", "-n", "2")
                                 .json_lines()), 4)
            self.ask("top", "nobody", status=4)

    def table(self, *args):
        done = self.ask("top", *args)
        self.assertNotIn("\x1b", done.out)
        self.assertEqual(done.err, "")
        lines = [l for l in done.out.splitlines() if l]
        self.assertRegex(lines[0], r"^shop\.cml  \d\d:\d\d:\d\d  \d+ running "
                         r"of \d+ components, ")
        self.assertEqual(lines[1].split(), HEAD)
        return {l.split()[0]: l.split() for l in lines[2:]}

    def test_table(self):
        with self.shop():
            rows = self.table()
            self.assertEqual(list(rows), ["/idle", "/busy"])
            self.assertEqual(rows["/idle"][1], "running")
            self.assertEqual(rows["/idle"][2], str(
                self.ask("show", "--json", "idle").json()["pid"]))
            # Known of any component, with or without a budget.
            for row in rows.values():
                self.assertGreaterEqual(int(row[3].split("/")[0]), 1)
                self.assertRegex(row[4], r"^[\d.]+[KM](/64M)?$")
                self.assertRegex(row[5], r"^\d+\.\d$")
            self.assertTrue(rows["/idle"][3].endswith("/50"), rows)
            self.assertTrue(rows["/idle"][4].endswith("/64M"), rows)
            self.assertNotIn("/", rows["/busy"][4])

    def test_table_of_one_and_of_none(self):
        with self.shop():
            self.assertEqual(list(self.table("busy")), ["/busy"])
            self.ask("stop", "idle")
            self.assertTrue(wait_for(lambda: list(self.table()) == ["/busy"]))
            self.assertEqual(self.table("idle"), {})

    def test_sorted(self):
        with self.shop():
            # Whoever got no time between two readings is not the first.
            self.assertTrue(wait_for(lambda: list(
                self.table("-s", "cpu")) == ["/busy", "/idle"]))
            self.assertEqual(list(self.table("--sort=name")),
                             ["/idle", "/busy"])
            self.assertEqual(set(self.table("--sort=memory")),
                             {"/busy", "/idle"})

    def test_rounds(self):
        with self.shop():
            out = self.ask("top", "-n", "2").out
            self.assertEqual(out.count("MONIKER"), 2)

    def test_budget_of_a_realm_that_does_not_run(self):
        """It is shared by those below, and has a line of its own."""
        self.package("group", """{ children: [ { name: "a", url:
            "%s", startup: "eager" }, { name: "b", url: "%s", startup: "eager"
            } ] }""" % (IDLE, IDLE))
        with open(self.root, "w", encoding="utf-8") as f:
            f.write("""{ children: [ { name: "group", url:
                "fuchsia-pkg://x.org/group#meta/group.cm", startup: "eager",
                limits: { memory: { max: "64M" } } } ] }""")
        with self.manager("-p", self.tree, self.root,
                          running=["/group/a", "/group/b"]):
            rows = self.table()
            self.assertEqual(list(rows), ["/group", "/group/a", "/group/b"])
            self.assertEqual(rows["/group"][1:3], ["budget", "-"])
            self.assertTrue(rows["/group"][4].endswith("/64M"), rows)
            self.assertNotIn("/", rows["/group/a"][4])

    # ---- top on a terminal ----

    def terminal(self, rows=24, columns=100, *args):
        ours, theirs = pty.openpty()
        self.resize(theirs, rows, columns)
        self.before = termios.tcgetattr(theirs)
        top = subprocess.Popen(
            [REEVE, "top", "-m", self.pid, *args], stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        return ours, theirs, top

    @staticmethod
    def resize(fd, rows, columns):
        fcntl.ioctl(fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def reads(self, fd, wanted, n=1):
        """What comes until @wanted was there @n times."""
        seen, end = "", time.monotonic() + 20
        while seen.count(wanted) < n and time.monotonic() < end:
            if select.select([fd], [], [], 0.1)[0]:
                seen += os.read(fd, 65536).decode()
        self.assertGreaterEqual(seen.count(wanted), n, seen)
        return seen

    def ends(self, how):
        with self.shop():
            ours, theirs, top = self.terminal()
            first = self.reads(ours, "/idle")
            self.assertIn("\x1b[?1049h", first)
            self.assertNotEqual(termios.tcgetattr(theirs), self.before)
            how(ours, top)
            left = self.reads(ours, "\x1b[?1049l")
            self.assertIn("\x1b[?25h", left)
            self.assertEqual(top.wait(20), 0)
            self.assertEqual(termios.tcgetattr(theirs), self.before)

    def test_q_ends_it(self):
        self.ends(lambda ours, top: os.write(ours, b"q"))

    def test_interrupt_ends_it(self):
        self.ends(lambda ours, top: os.write(ours, b"\x03"))

    def test_signal_ends_it(self):
        self.ends(lambda ours, top: top.send_signal(signal.SIGTERM))

    def test_end_of_the_manager_ends_it(self):
        with self.shop() as run:
            ours, theirs, top = self.terminal()
            self.reads(ours, "/idle")
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(30), 128 + signal.SIGTERM)
            left = self.reads(ours, "reeve: ")
            # Said where it can be read: behind the table's screen.
            self.assertLess(left.index("\x1b[?1049l"), left.index("reeve: "))
            self.assertEqual(top.wait(20), 3)
            self.assertEqual(termios.tcgetattr(theirs), self.before)

    def test_keys_sort(self):
        with self.shop():
            ours, _theirs, top = self.terminal()
            self.reads(ours, "by name")
            for key, order in ((b"m", "by memory"), (b"c", "by cpu"),
                               (b"n", "by name")):
                os.write(ours, key)
                self.reads(ours, order)
            os.write(ours, b"q")
            self.assertEqual(top.wait(20), 0)

    def test_resized(self):
        with self.shop():
            ours, theirs, top = self.terminal(rows=3)
            seen = self.reads(ours, "... and 2 more")
            self.assertNotIn("/idle", seen)
            self.resize(theirs, 24, 30)
            seen = self.reads(ours, "/idle")
            for line in seen[seen.rindex("\x1b[H") + 3:].split("\r\n"):
                plain = line.split("\x1b[K")[0]
                for code in ("\x1b[7m", "\x1b[0m", "\x1b[31m", "\x1b[2m"):
                    plain = plain.replace(code, "")
                self.assertLessEqual(len(plain), 30, line)
            os.write(ours, b"q")
            self.assertEqual(top.wait(20), 0)

    # ---- light processes ----

    def told(self):
        """A tree of a component that tells of 50 processes: the higher the
        place, the less each has to do."""
        self.package("teller", RUN, """#!/usr/bin/python3
import select, socket, struct, sys
sys.path.insert(0, "/pkg/bin")
from wire import *
_, fds = receive(socket.socket(fileno=3))
channels = [socket.socket(fileno=fd) for fd in fds]
turn = 0
def entry(k):
    name = b"p%d" % k
    return (struct.pack("<QQ", 1 << 32 | k, 0) + string(name) + string(b"f") +
            string(b"") + struct.pack("<IIIB3xQQQ", 1, 50 - k, 0, 0, 0, 0,
                                      turn * (50 - k) * 1000),
            padded(name) + padded(b"f"))
while True:
    for c in select.select(channels, [], [])[0]:
        data, got = receive(c)
        if got:
            channels.append(socket.socket(fileno=got[0]))
        elif not data and c in channels[2:]:
            channels.remove(c)
        elif c not in channels[2:]:
            sys.exit(0)
        elif len(data) == 16:
            turn += 1
            c.send(data + struct.pack("<IIQQQ", 50, 2, 50, 0, 0))
        else:
            after, = struct.unpack_from("<I", data, 16)
            all = [entry(k) for k in range(after + 1, 51)]
            c.send(data[:16] + struct.pack("<QQ", len(all), PRESENT) +
                   b"".join(e[0] for e in all) + b"".join(e[1] for e in all))
""")
        shutil.copy(os.path.join(SOURCE, "test", "integration", "hostile",
                                 "wire.py"),
                    os.path.join(self.tree, "teller", "bin"))
        root = self.package("root", """{ children: [ { name: "teller", url:
            "fuchsia-pkg://x.org/teller#meta/teller.cm", startup: "eager" } ]
            }""")
        return self.manager("-p", self.tree, root, running=["/teller"])

    def test_processes(self):
        with self.told():
            told = self.ask("top", "--json", "--processes", "-n", "2",
                            "teller").json_lines()
            self.assertEqual([t["moniker"] for t in told], ["/teller"] * 2)
            for t in told:
                self.assertEqual([p["name"] for p in t["processes"]],
                                 [f"p{k}" for k in range(1, 51)])
            lines = self.ask("top", "--processes", "-n", "2", "-s", "pid",
                             "teller").out.splitlines()
            self.assertEqual(len(lines), 2 * 52 + 1)
            # The second table knows what was used since the first.
            self.assertRegex(lines[55], r" p1 .* 0\.\d ")
            lines = self.ask("show", "--processes", "-n", "3",
                             "teller").out.splitlines()
            self.assertEqual(lines[0], "/teller: 50 processes on 2 workers, "
                             "50 spawned so far")
            self.assertEqual([l.split()[:3] for l in lines[2:5]],
                             [[f"{k}.1", f"p{k}", "f"] for k in (1, 2, 3)])
            self.assertEqual(lines[5:], ["... and 47 more"])

    def test_processes_on_a_terminal(self):
        with self.told():
            ours, theirs, top = self.terminal(
                10, 100, "--processes", "teller")
            seen = self.reads(ours, "by cpu (m c n)  q ends")
            self.assertIn("... and 43 more", seen + self.reads(ours, "more"))
            for key, order in ((b"m", "by mailbox"), (b"n", "by pid"),
                               (b"c", "by cpu")):
                os.write(ours, key)
                self.reads(ours, order)
            os.write(ours, b"q")
            self.reads(ours, "\x1b[?1049l")
            self.assertEqual(top.wait(20), 0)
            self.assertEqual(termios.tcgetattr(theirs), self.before)

    def test_processes_of_who_ends(self):
        with self.told():
            ours, _theirs, top = self.terminal(10, 100, "--processes",
                                               "teller")
            self.reads(ours, "by cpu")
            self.ask("stop", "teller")
            left = self.reads(ours, "reeve: ")
            self.assertLess(left.index("\x1b[?1049l"), left.index("reeve: "))
            self.assertIn(top.wait(20), (1, 3))

    # ---- limit ----

    def limits(self, moniker):
        budget = self.ask("show", "--json", moniker).json().get("budget", {})
        return {k.replace(".", "_"): v["value"]
                for k, v in budget.get("limits", {}).items()}

    def test_limit(self):
        with self.shop():
            self.assertEqual(self.limits("idle"), {"memory_max": 64 << 20,
                                                   "tasks_max": 50})
            self.assertEqual(self.ask("limit", "idle", "memory_max=32M",
                                      "opens=9").out, "")
            self.assertEqual(self.limits("idle"), {"memory_max": 32 << 20,
                                                   "tasks_max": 50})
            # What is not named stays, however it is spelt.
            self.ask("limit", "idle", "tasks.max=20")
            self.assertEqual(self.limits("idle"), {"memory_max": 32 << 20,
                                                   "tasks_max": 20})
            account = self.ask("show", "--json", "idle").json()["account"]
            self.assertEqual(account["opens"]["limit"], 9)
            # The manifest's own cannot be exceeded.
            self.ask("limit", "idle", "memory_max=1G", "tasks_max=none",
                     "opens=none")
            self.assertEqual(self.limits("idle"), {"memory_max": 64 << 20,
                                                   "tasks_max": 50})
            self.ask("limit", "nobody", "opens=1", status=4)

    # ---- create, restart, destroy ----

    def test_create_and_destroy(self):
        with self.shop():
            self.assertEqual(self.ask("create", "/", "pool:a", IDLE).out, "")
            self.assertEqual(self.ask("show", "--json", "a").json()["state"],
                             "stopped")
            done = self.ask("create", "/", "pool:a", IDLE, status=1)
            self.assertIn("of that name", done.err)
            self.assertIn("no such collection", self.ask(
                "create", "/", "pond:a", IDLE, status=1).err)
            self.ask("create", "nobody", "pool:a", IDLE, status=4)
            self.ask("start", "/pool:a")
            self.assertTrue(wait_for(lambda: self.started("/pool:a")))
            self.assertEqual(self.ask("destroy", "pool:a").out, "")
            self.assertNotIn("/pool:a", self.ask("list", "-q").out.split())
            self.ask("destroy", "/pool:a", status=4)
            self.assertIn("child of a collection", self.ask(
                "destroy", "idle", status=1).err)

    def test_restart(self):
        with self.shop():
            pid = self.ask("show", "--json", "idle").json()["pid"]
            self.assertEqual(self.ask("restart", "idle").out, "")
            self.assertTrue(wait_for(lambda: self.started("/idle") == 2))
            self.assertNotEqual(
                self.ask("show", "--json", "idle").json()["pid"], pid)
            # One that does not run is started.
            self.ask("create", "/", "pool:a", IDLE)
            self.ask("restart", "a")
            self.assertTrue(wait_for(lambda: self.started("/pool:a")))
            self.assertIn("no program", self.ask("restart", "/", status=1).err)
            self.ask("restart", "nobody", status=4)

    # ---- show ----

    def test_show(self):
        with self.shop():
            out = self.ask("show", "idle").out
            self.assertRegex(out, r"(?m)^throttle +\d+ requests of \d+ a sec")
            self.assertRegex(out, r"(?m)^restart +on-failure, after 100 ms, "
                             r"then up to 30 s, 6 times in a row$")
            self.assertRegex(out, r"(?m)^budget +of /idle, with all below it$")
            self.assertRegex(out, r"(?m)^    memory: .*; 64M at most \(")
            self.assertRegex(out, r"(?m)^    cpu: ")
            self.assertRegex(out, r"(?m)^    tasks: .*; 50 at most \(")
            self.assertRegex(out, r"(?m)^    opens: 0 of 128$")
            out = self.ask("show", "busy").out
            self.assertRegex(out, r"(?m)^restart +never$")
            self.assertNotRegex(out, r"(?m)^budget")


if __name__ == "__main__":
    probe = subprocess.run([REEVE, "run", "--", "true"], capture_output=True,
                           text=True, timeout=60)
    if probe.returncode:
        print("cells cannot be made here:", probe.stderr)
        sys.exit(77)
    main()
