"""What the tests of the command line share: running reeve, and examples."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

REEVE, SOURCE, BUILD = (os.path.realpath(a) for a in sys.argv[1:4])
EXAMPLES = os.path.join(BUILD, "examples")
DATA = os.path.join(SOURCE, "test", "data")


def example(name, package, manifest=None):
    return os.path.join(EXAMPLES, name, package, "meta",
                        f"{manifest or package}.cml")


class Done:
    """How a run of reeve ended."""

    def __init__(self, args, done):
        self.args, self.status = args, done.returncode
        self.out, self.err = done.stdout, done.stderr

    def __str__(self):
        return (f"reeve {' '.join(self.args)}: {self.status}\n"
                f"{self.out}---\n{self.err}")

    def json(self):
        return json.loads(self.out)

    def json_lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


class Case(unittest.TestCase):
    def reeve(self, *args, status=0, stdin=None, cwd=EXAMPLES, env=None):
        done = Done(args, subprocess.run(
            [REEVE, *args], capture_output=True, text=True, timeout=60,
            input=stdin, cwd=cwd, env={**os.environ, **(env or {})}))
        if status is not None:
            self.assertEqual(done.status, status, done)
        return done

    def has_fields(self, value, **fields):
        """Each field is there with its type; None allows null."""
        for name, types in fields.items():
            self.assertIn(name, value, value)
            types = types if isinstance(types, tuple) else (types,)
            allowed = tuple(type(None) if t is None else t for t in types)
            self.assertIsInstance(value[name], allowed, value)
            if isinstance(value[name], bool):
                self.assertIn(bool, allowed, value)

    def is_place(self, value):
        self.has_fields(value, file=str, line=int, column=int)
        self.assertGreaterEqual(value["line"], 0)

    def is_hop(self, hop):
        self.has_fields(hop, moniker=str, declaration=str, name=str)
        self.is_place(hop)
        self.assertIn(hop["declaration"],
                      ("use", "offer", "expose", "capability"))
        self.assertEqual(hop["moniker"][0], "/")

    def is_route(self, route):
        self.has_fields(route, verdict=str, hops=list)
        for hop in route["hops"]:
            self.is_hop(hop)
        if route["verdict"] == "routed":
            self.assertNotIn("error", route)
            self.has_fields(route, source=dict)
            self.has_fields(route["source"], moniker=str, path=(str, None))
        else:
            self.assertEqual(route["verdict"], "failed")
            self.assertNotIn("source", route)
            error = route["error"]
            self.has_fields(error, moniker=str, rule=str, text=str, status=str)
            self.is_place(error)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Managed(Case):
    """With a manager beside the tools."""

    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.addCleanup(self.work.cleanup)
        self.state = os.path.join(self.work.name, "state")
        self.output = os.path.join(self.work.name, "output")

    @contextlib.contextmanager
    def manager(self, *args, running):
        """A manager whose components @running have come up. Its tools are
        self.ask(VERB, ...)."""
        with open(self.output, "w", encoding="utf-8") as out:
            run = subprocess.Popen(
                [REEVE, "run", "--json", "--state", self.state, *args],
                stdout=out, stderr=subprocess.STDOUT, cwd=EXAMPLES)
        self.pid = str(run.pid)
        try:
            self.assertTrue(wait_for(
                lambda: run.poll() is not None or
                {e["moniker"] for e in self.events()
                 if e["event"] == "started"} >= set(running)))
            self.assertIsNone(run.poll(), self.events())
            yield run
        finally:
            if run.poll() is None:
                run.send_signal(signal.SIGINT)
            run.wait(30)

    def events(self):
        with open(self.output, encoding="utf-8") as f:
            return [json.loads(line) for line in f if line.endswith("\n")]

    def ask(self, verb, *args, status=0):
        return self.reeve(verb, "-m", self.pid, *args, status=status)


def main():
    del sys.argv[1:]
    unittest.main()
