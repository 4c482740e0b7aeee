#!/usr/bin/env python3
"""reeve as it is typed, beside a running manager: list, tree, show, start,
stop, log and run, their exit statuses and their JSON.

test_live.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from reeve_test import Case, EXAMPLES, Managed, REEVE, example, main, wait_for

HELLO = example("hello", "hello")
EVENTS = ("manager", "open", "refused", "closed", "start", "started", "failed",
          "exit", "stop", "log", "grant", "mint", "register", "revoke", "expire")
STATES = ("unresolved", "broken", "no program", "stopped", "starting",
          "running", "stopping", "backoff", "suspended")


class Live(Managed):
    def is_event(self, e):
        self.has_fields(e, event=str, number=int, time=float, moniker=str,
                        text=str)
        self.assertIn(e["event"], EVENTS)
        if "detail" in e:
            self.has_fields(e, detail=str)
        if e["event"] == "open":
            self.has_fields(e, capability=str, connection=int, route=dict)
            self.is_route(e["route"])
            self.assertEqual(e["route"]["verdict"], "routed")
        if e["event"] == "refused" and "route" in e:
            self.has_fields(e, capability=str, status=str)
            self.is_route(e["route"])
            self.assertEqual(e["route"]["verdict"], "failed")

    def is_realm(self, realm):
        self.has_fields(realm, moniker=str, url=str, state=str)
        self.assertIn(realm["state"], STATES)
        if realm["state"] == "running":
            self.has_fields(realm, pid=int, reason=str, uptime_ms=int)
        else:
            self.assertNotIn("pid", realm)

    # ---- list and tree ----

    def test_list(self):
        with self.manager("--start", "/greeter", HELLO, running=["/greeter"]):
            for verb in ("list", "tree"):
                realms = self.ask(verb, "--json").json_lines()
                self.assertEqual([r["moniker"] for r in realms],
                                 ["/", "/greeter", "/guest"])
                for realm in realms:
                    self.is_realm(realm)
                self.assertEqual(realms[1]["state"], "running")
            self.assertEqual(self.ask("list", "-q").out,
                             "/\n/greeter\n/guest\n")
            self.assertRegex(self.ask("list").out,
                             r"(?m)^running +\d+ +/greeter +fuchsia-pkg://")
            self.assertRegex(self.ask("tree").out,
                             r"(?m)^running +greeter  \(.+\)$")
            self.assertNotIn("\x1b", self.ask("list").out)

    # ---- show ----

    def test_show(self):
        with self.manager("--start", "/greeter", HELLO, running=["/greeter"]):
            full = self.ask("show", "--json", "/greeter").json()
            self.is_realm(full)
            self.has_fields(
                full, startup=str, collection=(str, None),
                package=(str, None), manifest=(str, None), binary=(str, None),
                uses=list, exposes=list, capabilities=list, offers=list,
                starts=int, crashes_in_a_row=int, opens_waiting=int,
                cgroup=(str, None), exits=list, account=dict, connections=list)
            self.assertNotIn("plan", full)
            for d in full["exposes"] + full["capabilities"]:
                self.has_fields(d, name=str, type=str, path=(str, None),
                                text=str, line=int, column=int)
            for counted in full["account"].values():
                self.has_fields(counted, held=int, limit=int, refused=int)
            self.assertEqual(self.ask("show", "--json", "greeter").json()
                             ["moniker"], "/greeter")

    def test_show_plan(self):
        with self.manager("--start", "/greeter", HELLO, running=["/greeter"]):
            full = self.ask("show", "--json", "--plan", "guest").json()
            self.has_fields(full, plan=dict, plan_text=str)
            plan = full["plan"]
            self.has_fields(
                plan, moniker=str, binary=str, cwd=str, args=list,
                environ=list, mounts=list, links=list, grants=str,
                sockets=list, services=list, limits=dict, tmp_bytes=int, strict=bool, notify_stop=bool,
                stop_ms=int)
            self.assertEqual(plan["services"], ["/svc/example.Greeter"])
            for mount in plan["mounts"]:
                self.has_fields(mount, target=str, source=str, subpath=str,
                                kind=str, optional=bool, rights=list)
            self.assertIn("/svc/example.Greeter",
                          self.ask("show", "--plan", "guest").out)
            none = self.ask("show", "--json", "--plan", "/").json()
            self.assertIsNone(none["plan"])
            self.has_fields(none, plan_error=str)

    def test_show_says_a_path_once(self):
        with self.manager("--start", "/greeter", HELLO, running=["/greeter"]):
            for line in self.ask("show", "greeter").out.splitlines():
                self.assertLessEqual(line.count(" at /svc/"), 1)
                self.assertNotRegex(line, r"\s$")

    # ---- names ----

    def test_names(self):
        hippo = os.path.join(EXAMPLES, "hippo")
        root = os.path.join(self.work.name, "root.cml")
        with open(root, "w", encoding="utf-8") as f:
            f.write("""{ children: [
                { name: "one", url: "fuchsia-pkg://x.org/b#meta/b.cm" },
                { name: "two", url: "fuchsia-pkg://x.org/b#meta/b.cm" },
            ] }""")
        with self.manager("-p", hippo, "--start", "/one/A", root,
                          running=["/one/A"]):
            self.assertEqual(self.ask("show", "--json", "A").json()["moniker"],
                             "/one/A")
            self.ask("show", "/two/A")
            done = self.ask("show", "A", status=4)
            self.assertIn("could be any of /one/A, /two/A", done.err)
            self.assertEqual(self.ask("show", "--json", "/two/").json()[
                "moniker"], "/two/A")
            done = self.ask("show", "/tw", status=4)
            self.assertIn("could be any of /two, /two/A", done.err)
            for wrong in ("B", "/three", "", "ne/A", "/" + "x" * 900):
                for verb in ("show", "start", "stop", "log"):
                    done = self.ask(verb, wrong, status=4)
                    self.assertEqual(done.out, "")
                    self.assertEqual(len(done.err.splitlines()), 1, done)

    # ---- start and stop ----

    def test_start_and_stop(self):
        with self.manager("--start", "/greeter", HELLO,
                          running=["/greeter"]) as run:
            self.ask("start", "/greeter")
            self.assertEqual(self.ask("start", "guest").out, "")
            self.assertTrue(wait_for(
                lambda: any(e["event"] == "exit" and e["moniker"] == "/guest"
                            for e in self.events())))
            self.assertIn("not running", self.ask("stop", "guest",
                                                  status=3).err)
            self.assertIn("no program", self.ask("start", "/", status=1).err)
            # All are tried; the last status that is not 0 is returned.
            self.ask("start", "/nothing", "guest", status=4)
            # It was started at first; the tree ends with it.
            self.ask("stop", "/nothing", "greeter", status=4)
            self.assertEqual(run.wait(20), 0)

    # ---- log ----

    def test_log(self):
        with self.manager("--start", "/greeter", HELLO, running=["/greeter"]):
            self.ask("start", "guest")
            self.assertTrue(wait_for(
                lambda: any(e["event"] == "closed" for e in self.events())))
            events = self.ask("log", "--json").json_lines()
            for e in events:
                self.is_event(e)
            self.assertEqual([e["number"] for e in events],
                             list(range(1, len(events) + 1)))
            self.assertEqual(events, self.events()[:len(events)])
            self.assertEqual(self.ask("log", "--json", "-n", "2").json_lines(),
                             events[-2:])
            self.assertEqual(
                self.ask("log", "--json", "guest").json_lines(),
                [e for e in events if e["moniker"] == "/guest"])
            self.assertEqual(len(self.ask("log", "-n", "999999999999999999",
                                          "--json").json_lines()), len(events))
            text = self.ask("log").out
            self.assertIn("/guest | Hello, world!\n", text)
            self.assertRegex(text, r"(?m)^open +/guest  example.Greeter -> ")

    def test_follow(self):
        with self.manager("--start", "/greeter", HELLO,
                          running=["/greeter"]) as run:
            follow = subprocess.Popen(
                [REEVE, "log", "-m", self.pid, "-f", "--json", "-n", "1"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.is_event(json.loads(follow.stdout.readline()))
            run.send_signal(signal.SIGTERM)
            out, err = follow.communicate(timeout=30)
            for line in out.splitlines():
                self.is_event(json.loads(line))
            self.assertIn("the manager has ended", err)
            self.assertEqual(follow.returncode, 3)
            self.assertEqual(run.wait(20), 128 + signal.SIGTERM)


class Run(Case):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = work.name

    def run_tree(self, *args, status=0):
        return self.reeve("run", "--state", self.work, *args, status=status)

    def test_events(self):
        done = self.run_tree("--json", HELLO)
        events = done.json_lines()
        for e in events:
            Live.is_event(self, e)
        self.assertEqual([e["number"] for e in events],
                         list(range(1, len(events) + 1)))
        self.assertEqual(len([e for e in events if e["event"] == "open"]), 1)
        self.assertIn(("/guest", "Hello, world!"),
                      [(e["moniker"], e["text"]) for e in events])

    def test_nobody_reads(self):
        """Output that is not read stops neither the tree nor its end."""
        package = os.path.join(self.work, "loud")
        os.makedirs(os.path.join(package, "meta"))
        os.makedirs(os.path.join(package, "bin"))
        root = os.path.join(package, "meta", "loud.cml")
        with open(root, "w", encoding="utf-8") as f:
            f.write('{ program: { runner: "elf", binary: "bin/loud" } }')
        program = os.path.join(package, "bin", "loud")
        with open(program, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nyes 0123456789012345678901234567890123456789 "
                    "| head -n 60000\n")
        os.chmod(program, 0o755)
        with subprocess.Popen([REEVE, "run", "--state", self.work, root],
                              stdout=subprocess.PIPE) as run:
            self.assertEqual(run.wait(60), 0)
            shown = run.stdout.read()
        self.assertTrue(shown.startswith(b"start "), shown[:80])
        self.assertLess(len(shown), 128 * 1024)

    def test_text(self):
        done = self.run_tree(HELLO)
        self.assertEqual(done.err, "")
        self.assertNotIn("\x1b", done.out)
        self.assertIn("/guest | Hello, world!\n", done.out)
        self.assertRegex(done.out, r"(?m)^ +offer +\S+hello\.cml:\d+:\d+ ")

    def test_quiet(self):
        for line in self.run_tree("-q", HELLO).out.splitlines():
            self.assertRegex(line, r"^/\w+ \| ")

    def test_refused(self):
        tree = shutil.copytree(os.path.join(EXAMPLES, "hippo"),
                               os.path.join(self.work, "hippo"))
        b = os.path.join(tree, "b", "meta", "b.cml")
        with open(b, encoding="utf-8") as f:
            text = f.read()
        with open(b, "w", encoding="utf-8") as f:
            f.write(text.replace("example.Foo", "example.Fooo"))
        root = os.path.join(tree, "c", "meta", "c.cml")
        done = self.reeve("run", "--json", root, status=1)
        refused = [e for e in done.json_lines() if e["event"] == "refused"]
        self.assertEqual(len(refused), 1)
        Live.is_event(self, refused[0])
        self.assertEqual((refused[0]["moniker"], refused[0]["status"]),
                         ("/D", "NOT_FOUND"))
        self.assertRegex(refused[0]["text"], re.escape(b) + r":\d+:\d+: ")
        self.assertIn(f"reeve route {root} /D fuchsia.example.Foo",
                      refused[0]["text"])

    def test_nothing_to_run(self):
        for root, says in (("nothing.cml", "No such file"),
                           (EXAMPLES, "is not a file")):
            done = self.run_tree(root, status=1)
            self.assertEqual(done.out, "")
            self.assertIn(says, done.err)
        done = self.run_tree("--start", "/nothing", HELLO, status=1)
        self.assertIn("/nothing", done.out)

    def test_program(self):
        self.assertEqual(self.reeve("run", "--", "echo", "--json", "-q").out,
                         "--json -q\n")
        self.assertEqual(self.reeve("run", "--", "cat", stdin="x\ny").out,
                         "x\ny")
        self.reeve("run", "--", "sh", "-c", "exit 7", status=7)
        self.reeve("run", "--", "sh", "-c", "kill -9 $$", status=137)

    def test_program_that_is_not_there(self):
        for name in ("no-such-program", "/usr/bin", "./x"):
            done = self.reeve("run", "--", name, status=1)
            self.assertIn(f'there is no program "{name}"', done.err)

    def test_program_outside_of_usr(self):
        """Its directory is its package."""
        program = os.path.join(self.work, "program")
        with open(program, "w", encoding="utf-8") as f:
            f.write('#!/bin/sh\necho "$0 $*"; ls /pkg\n')
        os.chmod(program, 0o755)
        os.chmod(self.work, 0o755)
        self.assertEqual(self.reeve("run", "--", program, "a").out,
                         "/pkg/program a\nprogram\n")

    def test_program_that_cannot_start_says_so(self):
        program = os.path.join(self.work, "program")
        with open(program, "w", encoding="utf-8") as f:
            f.write("#!/no/such/interpreter\n")
        os.chmod(program, 0o755)
        os.chmod(self.work, 0o755)
        done = self.reeve("run", "--", program, status=126)
        self.assertEqual(done.out, "")
        self.assertIn("reeve: ", done.err)


if __name__ == "__main__":
    probe = subprocess.run([REEVE, "run", "--", "true"], capture_output=True,
                           text=True, timeout=60)
    if probe.returncode:
        print("cells cannot be made here:", probe.stderr)
        sys.exit(77)
    main()
