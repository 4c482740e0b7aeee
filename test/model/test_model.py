#!/usr/bin/env python3
"""Spin looks at every order of events in revoke.pml.

The scopes say what the cells may do; in each, no claim is broken. A flaw breaks
one rule of the protocol, and Spin has to find that: else the model could not
fail. Without spin or a compiler the test is skipped.

    test_model.py revoke.pml [NAME...]     all, or those that are named
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

# What the cells, and fate, may do; see revoke.pml for each word.
SCOPES = {
    "two-revokes": "TWO OTHER",
    "crash": "CRASHES=1 OTHER",
    "crash-twice": "CRASHES=2 THIRD",
    "hide": "PARK BLOCK HIDE THIRD",
    "hide-both": "HIDE PASS_CLIENT",
    "pass": "PARK BLOCK THIRD PASS_CLIENT KEEP",
    "through-manager": "VIA_MANAGER PASS_CLIENT",
    "lost-worker": "LOSE_WORKER TWO HIDE",
}

# What must happen at last, if everybody who can go on does so at last.
PROMISES = {
    "answered": "ANSWERED TWO",
    "answered-crash": "ANSWERED CRASHES=1",
    "answered-hide": "ANSWERED HIDE PASS_CLIENT",
    "answered-park": "ANSWERED PARK THIRD",
    "thawed": "THAWED CRASHES=1",
    "thawed-lost-worker": "THAWED LOSE_WORKER",
    "started": "STARTED OTHER CRASHES=1",
}

# One rule is broken, and in which scope that shows.
FLAWS = {
    # The slot is marked when all is found, not before.
    "mark-after-sweep": "",
    # An open is checked in one turn and handed over in the next.
    "check-early": "",
    # The report is believed, and the weak reference is not asked.
    "no-proof": "",
    # Cells run while they are searched.
    "no-freeze": "",
    # A dead channel is taken for an empty one.
    "no-drain": "",
    # So is one of which the search has found nothing.
    "drained-unseen": "",
    # The provider's outgoing queue is not looked into,
    "forget-queue": "CRASHES=1",
    # or is thrown away with its pair when the provider has crashed,
    "forget-renew": "CRASHES=1 OTHER",
    # or those of cells that do not run are not looked into.
    "other-queues": "VIA_MANAGER PASS_CLIENT",
    # A report is acted upon before the requests that came earlier are read.
    "judge-early": "VIA_MANAGER PASS_CLIENT CRASHES=1",
    # "All were searched" is believed though a cell has begun to run meanwhile,
    # or an end went through the manager.
    "whole-too-early": "CRASHES=2 THIRD",
    # Searching goes on for ever; nobody is killed.
    "no-last-resort": "ANSWERED HIDE PASS_CLIENT",
    # A lost worker leaves frozen what it froze.
    "no-guard": "THAWED LOSE_WORKER",
}

PROMISE_WORDS = {"ANSWERED", "THAWED", "STARTED"}
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


def explore(name, model, words):
    start = time.monotonic()
    defines = ["-D" + word for word in words]
    is_promise = bool(PROMISE_WORDS & set(words))
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run(["spin", *defines, "-a", model], cwd=folder,
                              capture_output=True, text=True)
        pan = ["-O1", "-w", "-DVECTORSZ=512", "-DCOLLAPSE",
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


def jobs_of(names):
    jobs = {name: words.split() for name, words in
            {**SCOPES, **PROMISES}.items()}
    jobs.update({"flaw " + name:
                 [*words.split(), "FLAW_" + name.upper().replace("-", "_")]
                 for name, words in FLAWS.items()})
    return {name: words for name, words in jobs.items()
            if not names or name in names or name.split()[-1] in names}


def judge(outcome):
    """The line for people, and whether it is as it should be."""
    is_flaw = outcome.name.startswith("flaw ")
    if is_flaw and outcome.has_error:
        return f"noticed: {outcome.first_error()}", True
    if is_flaw:
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
    jobs = jobs_of(set(sys.argv[2:]))
    start = time.monotonic()
    n_states, are_good = 0, True
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count())) as pool:
        outcomes = pool.map(lambda job: explore(job[0], model, job[1]),
                            jobs.items())
        for outcome in outcomes:
            text, is_good = judge(outcome)
            print(f"{outcome.name:24} {outcome.states:9} states "
                  f"{outcome.seconds:5.1f} s  {text}", flush=True)
            n_states += outcome.states
            are_good &= is_good
    print(f"{n_states} states in {time.monotonic() - start:.0f} s")
    sys.exit(0 if are_good else 1)


main()
