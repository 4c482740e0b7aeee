#!/usr/bin/env python3
"""The commands for gdb show processes that are parked, in a running task and in
its core dump.

    test_gdb.py GDB-SCRIPT PROGRAM"""
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

SCRIPT, PROGRAM = map(os.path.abspath, sys.argv[1:])
LOOK = ["-ex", "reeve processes", "-ex", "echo --- server\\n",
        "-ex", "reeve backtrace server", "-ex", "echo --- all\\n",
        "-ex", "reeve apply all bt 20", "-ex", "echo --- after\\n", "-ex", "bt"]


def gdb(*arguments):
    done = subprocess.run(
        ["gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off",
         "-ex", "set confirm off", "-x", SCRIPT, *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


def expect(pattern, text):
    if not re.search(pattern, text, re.S | re.M):
        sys.exit(f"{pattern} is not in:\n{text}")


def check(said):
    head, rest = said.split("--- server\n")
    server, rest = rest.split("--- all\n")
    everyone, after = rest.split("--- after\n")
    expect(r"^\d+\.\d+ +start +running$", head)
    expect(r"^\d+\.\d+ +server +serve +waiting +a message$", head)
    expect(r"^\d+\.\d+ +sleep_long +waiting +", head)
    expect(r"^\d+\.\d+ +read_pipe +waiting +descriptor \d+$", head)
    expect(r"^\d+\.\d+ +handle +waiting +a message$", head)
    expect(r"\(server\): serve, waiting for a message\n", server)
    # From the switch to the entry, without what gdb stands on.
    expect(r"reeve_next.*(wait_for_mail.*){4} in serve ", server)
    if "everything_waits" in server or "corrupt" in server:
        sys.exit(f"this is not its stack:\n{server}")
    if len(re.findall(r"^Process ", everyone, re.M)) != 3:
        sys.exit(f"three have a stack and are parked:\n{everyone}")
    expect(r"reeve_sleep.* in sleep_long ", everyone)
    expect(r"reeve_wait_fd.* in read_pipe ", everyone)
    # And gdb is where it was.
    expect(r"#0 .*everything_waits.*in start ", after)


def dumped(folder):
    """A core dump of it by the kernel, or None. Not by gdb, which gives up at
    the first guard of a stack."""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text()
    if pattern.startswith(("|", "/")):
        return None
    subprocess.run(
        [PROGRAM, "crash"], cwd=folder, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_CORE,
            (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2))
    return next(pathlib.Path(folder).iterdir(), None)


def main():
    if not shutil.which("gdb"):
        print("there is no gdb")
        sys.exit(77)
    said = gdb("-ex", "break everything_waits", "-ex", "run", *LOOK,
               "-ex", "kill", PROGRAM)
    if "Breakpoint 1, " not in said:
        if re.search(r"ptrace|not permitted|Python scripting is not", said):
            print("gdb cannot trace here, or has no Python")
            sys.exit(77)
        sys.exit(f"it did not stop:\n{said}")
    check(said)
    with tempfile.TemporaryDirectory() as folder:
        core = dumped(folder)
        if core:
            check(gdb(*LOOK, PROGRAM, str(core)))


main()
