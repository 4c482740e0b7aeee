#!/usr/bin/env python3
"""Spin looks at every order of events in a model, NAME.pml.

NAME_scopes.py says in which scopes. SCOPES say what may happen; in each, no
claim is broken. PROMISES are what must happen at last. A flaw breaks one rule of
the protocol, and Spin has to find that: else the model could not fail. Without
spin or a compiler the test is skipped.

    test_model.py NAME.pml [SCOPE...]     all, or those that are named
"""
import concurrent.futures
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
# Both at a time: below 1 GiB. Far more steps than the longest way has.
MEMORY_MIB = 450
DEPTH = 50000


class Outcome:
    def __init__(self, name, text, seconds):
        self.name = name
        self.text = text
        self.seconds = seconds
        found = re.search(r"errors: (\d+)", text)
        # Whatever was cut short has looked at too little to hold.
        self.is_whole = found and not re.search(
            r"max search depth too small|reached -DMEMLIM|out of memory", text)
        self.has_error = bool(found) and int(found.group(1)) > 0
        states = re.search(r"(\d+(?:e\+\d+)?) states, stored", text)
        self.states = int(float(states.group(1))) if states else 0

    def first_error(self):
        found = re.search(r"^pan:1: (.*)$", self.text, re.M)
        return found.group(1) if found else "nothing was broken"


def load_scopes(model):
    path = model.with_name(model.stem + "_scopes.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    scopes = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scopes)
    return scopes


def is_flaw(name):
    return name.startswith("flaw ")


def explore(name, model, words, is_promise):
    start = time.monotonic()
    defines = ["-D" + word for word in words]
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run(["spin", *defines, "-a", model], cwd=folder,
                              capture_output=True, text=True)
        # What is found soon is compiled fast.
        pan = ["-O0" if is_flaw(name) else "-O1", "-w", "-DVECTORSZ=512", "-DCOLLAPSE",
               f"-DMEMLIM={MEMORY_MIB}"]
        pan.append("-DNFAIR=3" if is_promise else "-DSAFETY")
        built = subprocess.run(["gcc", *pan, "-o", "pan", "pan.c"], cwd=folder,
                               capture_output=True, text=True)
        if built.returncode:
            return Outcome(name, made.stdout + built.stderr, 0)
        run = ["./pan", f"-m{DEPTH}"]
        # Weak fairness: who can always go on does.
        run += ["-a", "-f"] if is_promise else []
        done = subprocess.run(run, cwd=folder, capture_output=True, text=True)
    return Outcome(name, done.stdout + done.stderr, time.monotonic() - start)


def jobs_of(scopes, names):
    jobs = {name: words.split() for name, words in
            {**scopes.SCOPES, **scopes.PROMISES}.items()}
    jobs.update({"flaw " + name:
                 [*words.split(), "FLAW_" + name.upper().replace("-", "_")]
                 for name, words in scopes.FLAWS.items()})
    return {name: words for name, words in jobs.items()
            if not names or name in names or name.split()[-1] in names}


def judge(outcome):
    """The line for people, and whether it is as it should be."""
    if is_flaw(outcome.name) and outcome.has_error:
        return f"noticed: {outcome.first_error()}", True
    if is_flaw(outcome.name):
        return "NOT NOTICED", False
    if outcome.is_whole and not outcome.has_error:
        return "holds", True
    return f"BROKEN\n{outcome.text}", False


def main():
    model = pathlib.Path(sys.argv[1]).resolve()
    for tool in ("spin", "gcc"):
        if not shutil.which(tool):
            print(f"{tool} is not installed; Debian's package is called so")
            sys.exit(SKIPPED)
    scopes = load_scopes(model)
    jobs = jobs_of(scopes, set(sys.argv[2:]))
    # The first word of a promise says which claim it is.
    promises = {words.split()[0] for words in scopes.PROMISES.values()}
    start = time.monotonic()
    n_states, are_good = 0, True
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count())) as pool:
        outcomes = pool.map(
            lambda job: explore(job[0], model, job[1],
                                bool(promises & set(job[1]))), jobs.items())
        for outcome in outcomes:
            text, is_good = judge(outcome)
            print(f"{outcome.name:24} {outcome.states:9} states "
                  f"{outcome.seconds:5.1f} s  {text}", flush=True)
            n_states += outcome.states
            are_good &= is_good
    print(f"{n_states} states in {time.monotonic() - start:.0f} s")
    sys.exit(0 if are_good else 1)


main()
