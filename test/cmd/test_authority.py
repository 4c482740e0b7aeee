#!/usr/bin/env python3
"""Authority that changes, as it is typed: grants, grant, revoke, why and the
audit log, beside a tree whose clients hold what they opened.

test_authority.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import json
import os
import signal
import subprocess
import sys

from reeve_test import EXAMPLES, Managed, REEVE, main, wait_for

AUDIT = ("open", "refused", "closed", "grant", "mint", "register", "revoke",
         "expire")
KINDS = ("capability", "expose", "offer", "use", "grant", "copy",
         "registration", "rule")

# Cells see nothing of this machine but /usr.
PYTHON = "/usr/bin/python3"

ROOT = """{
    children: [
        { name: "greeter", url: "fuchsia-pkg://x.org/greeter#meta/greeter.cm" },
        { name: "web", url: "fuchsia-pkg://x.org/web#meta/web.cm",
          startup: "eager" },
        { name: "idle", url: "fuchsia-pkg://x.org/idle#meta/idle.cm",
          startup: "eager" },
    ],
    offer: [
        { protocol: "example.Greeter", from: "#greeter", to: "#web" },
        { directory: "data", from: "parent", to: "#web", rights: [ "rw*" ] },
    ],
}"""
WEB = """{
    program: { runner: "elf", binary: "bin/run" },
    use: [
        { protocol: "example.Greeter" },
        { directory: "data", path: "/data", rights: [ "r*" ] },
    ],
}"""
IDLE = '{ program: { runner: "elf", binary: "bin/run" } }'

# Holds three connections, and says when one has ended.
HOLD = f"""#!{PYTHON}
import os, select, socket
held = {{}}
for i in range(3):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect("/svc/example.Greeter")
    held[s.fileno()] = (i, s)
print("holds", flush=True)
while True:
    for fd in select.select(list(held), [], [])[0]:
        if not os.read(fd, 65536):
            print("lost", held.pop(fd)[0], flush=True)
"""
SLEEP = "#!/bin/sh\necho sleeps\nexec sleep 1000\n"


class Authority(Managed):
    def setUp(self):
        super().setUp()
        self.tree = os.path.join(self.work.name, "tree")
        os.makedirs(self.tree)
        os.chmod(self.work.name, 0o755)
        self.root = self.package("shop", ROOT)
        self.package("web", WEB, HOLD)
        self.package("idle", IDLE, SLEEP)
        os.symlink(os.path.join(EXAMPLES, "hello", "greeter"),
                   os.path.join(self.tree, "greeter"))

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
                            running=["/web", "/idle"])

    def says(self, moniker, text):
        return len([e for e in self.events() if e["event"] == "log" and
                    e["moniker"] == moniker and e["text"] == text])

    def holds(self):
        """The greeter runs, and all that the client opened is counted."""
        self.assertTrue(wait_for(lambda: self.says("/web", "holds")))
        self.assertTrue(wait_for(lambda: len(self.connections()) == 3))

    def slots(self, *args):
        return self.ask("grants", "--json", *args).json_lines()

    def connections(self):
        return [c for slot in self.slots() for c in slot["connections"]]

    def lost(self):
        return len([e for e in self.events() if e["event"] == "log" and
                    e["text"].startswith("lost")])

    # ---- grants ----

    def test_grants_as_json(self):
        with self.shop():
            self.holds()
            slots = self.slots()
            for slot in slots:
                self.has_fields(slot, depth=int, kind=str, capability=str,
                                type=str, holder=str, text=str,
                                connections=list)
                self.assertIn(slot["kind"], KINDS)
            chain = [s for s in slots if s["capability"] == "example.Greeter"]
            self.assertEqual(
                [(s["depth"], s["kind"], s["holder"]) for s in chain],
                [(0, "capability", "/greeter"), (1, "expose", "/greeter"),
                 (2, "offer", "/web"), (3, "use", "/web")])
            for slot in chain:
                self.has_fields(slot, file=str, line=int, column=int)
                self.assertTrue(os.path.exists(slot["file"]))
            self.assertEqual(len(chain[3]["connections"]), 3)
            for c in chain[3]["connections"]:
                self.has_fields(c, id=int, ms=int, opener=str, provider=str)
                self.assertEqual((c["opener"], c["provider"]),
                                 ("/web", "/greeter"))

    def tree_lines(self, *args, **env):
        done = self.reeve("grants", "-m", self.pid, *args, env=env)
        self.assertEqual(done.err, "")
        self.assertNotIn("\x1b", done.out)
        return done.out.splitlines()

    def test_grants_as_a_tree(self):
        with self.shop():
            self.holds()
            lines = self.tree_lines(LC_ALL="C")
            at = [i for i, l in enumerate(lines)
                  if l.startswith("/greeter provides protocol example.")]
            self.assertEqual(len(at), 1, lines)
            lines = lines[at[0]:]
            for line, says in zip(lines, (
                    r"/greeter provides protocol example.Greeter at /svc/",
                    r"`-- /greeter exposes protocol example.Greeter from self",
                    r"    `-- / offers protocol example.Greeter from #greeter "
                    r"to #web  .*shop\.cml:10:9$",
                    r"        `-- /web uses protocol example.Greeter from",
                    r"            |-- connection \d+ from /web to /greeter, \d",
                    r"            |-- connection \d+ from ",
                    r"            `-- connection \d+ from ")):
                self.assertRegex(line, "^" + says.replace("|", r"\|"))
            drawn = self.tree_lines(LC_ALL="C.UTF-8")
            self.assertTrue(any(l.startswith("└── /greeter exposes")
                                for l in drawn), drawn)
            self.assertTrue(any("├── connection" in l for l in drawn), drawn)

    def test_grants_of_one(self):
        with self.shop():
            self.holds()
            self.assertEqual(self.slots("idle"), [])
            self.assertEqual(self.tree_lines("/idle"), [])
            self.assertEqual({s["capability"] for s in self.slots("web")},
                             {"example.Greeter", "data"})
            done = self.ask("grants", "nobody", status=4)
            self.assertIn("no component", done.err)

    def test_what_leads_nowhere_is_left_out(self):
        """The greeter's capability, when nobody is offered it."""
        with open(self.root, "w", encoding="utf-8") as f:
            f.write(ROOT.replace('"#greeter", to: "#web"',
                                 '"#greeter", to: "#idle"'))
        with self.shop():
            self.ask("start", "greeter")
            self.assertTrue(wait_for(lambda: any(
                e["event"] == "started" and e["moniker"] == "/greeter"
                for e in self.events())))
            shown, everything = self.tree_lines(), self.tree_lines("--all")
            self.assertFalse([l for l in shown if "provides" in l], shown)
            self.assertTrue([l for l in everything if "/greeter provides" in l])
            # Whose source is not known is told where to look for it.
            self.assertTrue([l for l in shown if "from where? reeve why /web "
                             "example.Greeter" in l], shown)

    # ---- grant ----

    def test_grant(self):
        with self.shop():
            self.holds()
            done = self.ask("grant", "idle", "example.Greeter", "--from",
                            "greeter", "--as", "shop.Hello", "--for", "1h30m",
                            "--uses", "2", "--no-transfer")
            self.assertRegex(done.out, r"^granted #\d+\n$")
            number = int(done.out[len("granted #"):])
            grant, use = [s for s in self.slots("idle") if "grant" in s]
            self.has_fields(grant, grant=int, by=str, since=int,
                            expires_in_ms=int, uses_left=int)
            self.assertEqual(
                (grant["kind"], grant["grant"], grant["holder"], grant["by"],
                 grant["uses_left"], grant["capability"]),
                ("grant", number, "/idle", "the operator", 2, "shop.Hello"))
            self.assertLessEqual(grant["expires_in_ms"], 90 * 60000)
            self.assertGreater(grant["expires_in_ms"], 60 * 60000)
            self.assertEqual((use["kind"], use["depth"]),
                             ("use", grant["depth"] + 1))
            line = [l for l in self.tree_lines("idle") if f"#{number} " in l]
            self.assertEqual(len(line), 1)
            self.assertRegex(line[0], rf"#{number} / gives protocol example."
                             r"Greeter from #greeter to #idle as shop.Hello, "
                             r"by the operator since [-\d: ]+, for 1 h \d+ min "
                             r"more, for 2 more opens$")

    def test_grant_in_other_forms(self):
        with self.shop():
            self.holds()
            as_json = self.ask("grant", "--json", "idle", "data", "--rights",
                               "r").json()
            self.has_fields(as_json, grant=int)
            self.assertEqual(self.ask("grant", "-q", "idle", "/svc/example."
                                      "Greeter", "--from=#greeter").out, "")
            given = {s["capability"]: s for s in self.slots("idle")
                     if s["kind"] == "grant"}
            self.assertEqual(set(given), {"data", "example.Greeter"})
            self.assertEqual((given["data"]["type"], given["data"]["rights"]),
                             ("directory", "r*"))

    def test_grant_that_cannot_be(self):
        with self.shop():
            self.holds()
            done = self.ask("grant", "idle", "nothing", status=1)
            self.assertIn("--from '#CHILD'", done.err)
            done = self.ask("grant", "idle", "nothing", "--from", "greeter",
                            status=1)
            self.assertIn("nothing", done.err)
            self.ask("grant", "idle", "x", "--from", "nobody", status=1)
            done = self.ask("grant", "/", "example.Greeter", status=2)
            self.assertIn("root", done.err)
            self.ask("grant", "nobody", "data", status=4)
            self.assertEqual([s for s in self.slots() if "grant" in s], [])

    def test_grant_that_expires(self):
        with self.shop():
            self.holds()
            self.ask("grant", "idle", "example.Greeter", "--from", "greeter",
                     "--for", "50ms")
            self.assertTrue(wait_for(lambda: any(e["event"] == "expire"
                                                 for e in self.events())))
            self.assertTrue(wait_for(lambda: not self.slots("idle")))

    # ---- revoke ----

    def test_revoke_a_capability(self):
        with self.shop():
            self.holds()
            done = self.ask("revoke", "web", "example.Greeter")
            self.assertRegex(done.out, r"^Revoked: 3 connections cut in \S+ "
                             r"(us|ms|s); nothing passes any more\.\n")
            self.assertTrue(wait_for(lambda: self.lost() == 3))
            self.assertEqual(self.connections(), [])
            line = [l for l in self.tree_lines()
                    if "taken back by the operator" in l]
            self.assertIn("/ offers protocol example.Greeter", line[0])
            done = self.ask("revoke", "web", "example.Greeter", status=0)
            self.assertIn("nothing was connected", done.out)
            why = self.ask("why", "web", "example.Greeter", status=1).out
            self.assertTrue(why.startswith("example.Greeter: broken\n"), why)
            self.assertIn("the operator", why)
            # And it is given again.
            self.assertEqual(self.ask("grant", "web", "example.Greeter").out,
                             "given back, as the manifest offers it\n")
            self.assertTrue(self.ask("why", "web", "example.Greeter").out
                            .startswith("example.Greeter: routed\n"))

    def test_revoke_a_connection(self):
        with self.shop():
            self.holds()
            one = self.connections()[0]["id"]
            done = self.ask("revoke", "--connection", str(one))
            self.assertIn("1 connection cut", done.out)
            self.assertTrue(wait_for(lambda: self.lost() == 1))
            self.assertEqual(len(self.connections()), 2)
            done = self.ask("revoke", "--connection", str(one), status=1)
            self.assertIn("no such connection", done.err)
            self.assertEqual(self.lost(), 1)

    def test_revoke_a_grant(self):
        with self.shop():
            self.holds()
            numbers = [self.ask("grant", "--json", "idle", "example.Greeter",
                                "--from", "greeter", "--as",
                                name).json()["grant"] for name in ("a", "b")]
            done = self.ask("revoke", f"#{numbers[0]}")
            self.assertIn("nothing was connected", done.out)
            self.assertEqual({s["capability"] for s in self.slots("idle")
                              if "grant" in s and "cut_by" not in s}, {"b"})
            self.ask("revoke", "--grant", str(numbers[1]))
            for number in numbers:
                done = self.ask("revoke", f"#{number}", status=1)
                self.assertIn("no such grant", done.err)

    def test_revoke_everything(self):
        with self.shop():
            self.holds()
            done = self.ask("revoke", "--json", "--all", "web").json()
            self.has_fields(done, report=dict, open_files=str)
            self.has_fields(done["report"], slots=int, connections=int,
                            killed=int, restarted=int, mounts=int,
                            open_files=int, undrained=int, unproven=int,
                            tasks=int, descriptors=int, frozen_us=int, us=int,
                            step=str)
            self.assertEqual((done["report"]["connections"],
                              done["report"]["unproven"]), (3, 0))
            self.assertTrue(wait_for(lambda: self.lost() == 3))
            self.assertEqual(self.ask("show", "--json", "web").json()["state"],
                             "running")

    def test_revoke_quietly(self):
        with self.shop():
            self.holds()
            done = self.ask("revoke", "-q", "web", "example.Greeter")
            self.assertEqual(done.out + done.err, "")
            self.assertTrue(wait_for(lambda: self.lost() == 3))

    def test_revoke_what_is_not_there(self):
        with self.shop():
            self.holds()
            done = self.ask("revoke", "web", "nothing", status=1)
            self.assertIn("/web has no nothing", done.err)
            self.assertEqual(done.out, "")
            self.ask("revoke", "nobody", "example.Greeter", status=4)
            self.ask("revoke", "--all", "nobody", status=4)
            self.ask("revoke", "#99999", status=1)
            # No name is taken for a word of the request.
            self.assertIn("/web has no restart", self.ask(
                "revoke", "web", "restart", status=1).err)
            self.assertEqual(len(self.connections()), 3)

    def interrupted(self):
        """What a tool says that is interrupted while it waits."""
        tool = subprocess.Popen(
            [REEVE, "revoke", "-m", self.pid, "web", "example.Greeter"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn("not true yet", tool.stderr.readline())
        tool.send_signal(signal.SIGINT)
        out, err = tool.communicate(timeout=30)
        self.assertEqual(out, "")
        self.assertEqual(tool.returncode, -signal.SIGINT)
        return err

    def test_nobody_has_to_wait(self):
        """A tool that is interrupted leaves the revocation to the manager."""
        with self.shop():
            self.holds()
            # What looks for the connections' ends.
            launcher = self.child("reeve-launcher")
            os.kill(launcher, signal.SIGSTOP)
            try:
                self.assertIn("goes on in the manager", self.interrupted())
            finally:
                os.kill(launcher, signal.SIGCONT)
            self.assertTrue(wait_for(lambda: self.lost() == 3))

    def child(self, name):
        """A task of the manager's own."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children",
                  encoding="utf-8") as f:
            for pid in f.read().split():
                with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                    if comm.read().strip() == name:
                        return int(pid)
        return self.fail(name)

    def test_nobody_is_told_what_is_not_known(self):
        """A manager that has not read the request may never do so."""
        with self.shop() as run:
            self.holds()
            run.send_signal(signal.SIGSTOP)
            try:
                self.assertIn("may not have heard of it", self.interrupted())
            finally:
                run.send_signal(signal.SIGCONT)

    # ---- revoke --audit ----

    def test_what_two_have_in_common(self):
        with self.shop():
            self.holds()
            numbers = {c["id"] for c in self.connections()}
            found = self.ask("revoke", "--audit", "--json", "web",
                             "greeter").json()
            for edge in found["edges"]:
                self.has_fields(edge, kind=str, text=str)
            self.assertEqual({e.get("connection") for e in found["edges"]},
                             numbers)
            lines = self.ask("revoke", "--audit", "web",
                             "greeter").out.splitlines()
            self.assertEqual(len(lines), 3, lines)
            for line in lines:
                self.assertRegex(line, r"^channel +connection \d+ of /web ")
            self.assertEqual(self.ask("revoke", "--audit", "web", "idle").out,
                             "nothing\n")
            self.assertEqual(len(self.connections()), 3)
            self.ask("revoke", "--audit", "web", "nobody", status=4)
            self.ask("stop", "idle")
            self.assertTrue(wait_for(lambda: any(
                e["event"] == "exit" for e in self.events())))
            self.ask("revoke", "--audit", "web", "idle", status=3)

    # ---- why ----

    def test_why(self):
        with self.shop():
            self.holds()
            live = self.ask("why", "--json", "web", "example.Greeter").json()
            self.is_route(live)
            self.assertEqual(live, self.reeve(
                "route", "--json", "-p", self.tree, self.root, "/web",
                "example.Greeter").json())
            number = self.ask("grant", "--json", "idle", "example.Greeter",
                              "--from", "greeter").json()["grant"]
            given = self.ask("why", "--json", "idle", "example.Greeter").json()
            self.is_route(given)
            self.assertIn(number, [h.get("grant") for h in given["hops"]])
            self.assertIn(f"grant #{number}",
                          self.ask("why", "idle", "example.Greeter").out)
            broken = self.ask("why", "--json", "idle", "nothing",
                              status=1).json()
            self.is_route(broken)
            self.assertEqual(broken["error"]["moniker"], "/idle")
            self.assertEqual(broken["fix"], {
                "text": broken["error"].get("fix", ""), "edits": []})
            self.ask("why", "nobody", "x", status=4)

    # ---- log --audit ----

    def test_audit(self):
        with self.shop():
            self.holds()
            self.ask("grant", "idle", "example.Greeter", "--from", "greeter")
            self.ask("revoke", "web", "example.Greeter")
            events = self.ask("log", "--audit", "--json").json_lines()
            self.assertEqual(
                [e for e in self.ask("log", "--json").json_lines()
                 if e["event"] in AUDIT], events)
            kinds = [e["event"] for e in events]
            for kind in ("open", "grant", "revoke", "closed"):
                self.assertIn(kind, kinds)
            for e in events:
                if e["event"] in ("open", "grant"):
                    self.is_route(e["route"])
            self.assertEqual(self.ask("log", "--audit", "--json", "-n",
                                      "3").json_lines(), events[-3:])
            self.assertEqual(
                self.ask("log", "--audit", "--json", "web").json_lines(),
                [e for e in events if e["moniker"] == "/web"])
            self.assertRegex(
                self.ask("log", "--audit").out,
                r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} grant +/idle ")

    def test_audit_as_it_happens(self):
        with self.shop():
            self.holds()
            follow = subprocess.Popen(
                [REEVE, "log", "-m", self.pid, "-f", "--audit", "--json",
                 "-n", "1"], stdout=subprocess.PIPE, text=True)
            try:
                json.loads(follow.stdout.readline())
                self.ask("stop", "idle")
                self.assertTrue(wait_for(lambda: any(
                    e["event"] == "exit" for e in self.events())))
                self.ask("revoke", "--connection",
                         str(self.connections()[0]["id"]))
                self.assertIn(json.loads(follow.stdout.readline())["event"],
                              ("closed", "revoke"))
            finally:
                follow.kill()
                follow.communicate()


if __name__ == "__main__":
    probe = subprocess.run([REEVE, "run", "--", PYTHON, "-c", ""],
                           capture_output=True, text=True, timeout=60)
    if probe.returncode:
        print("a cell cannot run", PYTHON, "here:", probe.stderr)
        sys.exit(77)
    main()
