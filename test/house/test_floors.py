#!/usr/bin/env python3
"""The house stands as it says: a floor includes only what is below it, pure
floors make no system calls, every header compiles alone, and nobody builds a
folder for odds and ends."""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1])
CC = sys.argv[2:]

BELOW = {
    "base": set(),
    "manifest": {"base"},
    "route": {"base", "manifest"},
    "wire": {"base"},
    "sys": {"base"},
    "channel": {"base", "wire", "sys"},
    "process": {"base", "wire", "sys", "channel"},
    "client": {"base", "wire", "sys", "channel", "process"},
    "cell": {"base", "sys"},
    "host": {"base", "manifest", "route", "wire", "sys", "channel", "client",
             "cell"},
    "draw": {"base", "manifest", "route"},
    "lsp": {"base", "manifest", "route", "sys", "host"},
    "cmd": {"base", "manifest", "route", "wire", "sys", "channel", "client",
            "cell", "host", "lsp", "draw"},
}
PURE = ("base", "manifest", "route", "draw", "wire")
# Headers that a floor without system calls has no use for.
IMPURE = re.compile(r"<(unistd|fcntl|poll|time|signal|sched|pthread|dirent|"
                    r"sys/(?!types)[^>]*|linux/[^>]*)(\.h)?>")
# report.c and text.c format into memory; nothing else of stdio is pure.
IMPURE_CALLS = re.compile(r"(?<![.>\w])(fopen|open|read|write|close|getenv|errno|"
                          r"clock_gettime|printf|fprintf|puts)\s*\(")
ODDS_AND_ENDS = {"util", "utils", "common", "misc", "helpers", "lib"}

failures = []


def fail(path, line, text):
    failures.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def check_file(path, floor):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+([<"][^>"]+[>"])', line)
        if match:
            name = match.group(1)
            if name.startswith('"'):
                other = name.strip('"').split("/")[0]
                if other != "reeve" and other != floor \
                        and other not in BELOW[floor] \
                        and name.strip('"') != "reeve.h":
                    fail(path, number, f"{floor} includes {name}")
            elif floor in PURE and IMPURE.match(name):
                fail(path, number, f"pure floor {floor} includes {name}")
        elif floor in PURE and IMPURE_CALLS.search(line) \
                and not line.lstrip().startswith(("*", "/*")):
            fail(path, number, f"pure floor {floor} calls: {line.strip()}")


def check_header(path):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as source:
        source.write(f'#include "{path}"\nint alone;\n')
        source.flush()
        done = subprocess.run(
            [*CC, "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Werror",
             "-fsyntax-only", f"-I{ROOT / 'src'}", f"-I{ROOT / 'include'}",
             source.name], capture_output=True, text=True)
        if done.returncode:
            fail(path, 1, "does not compile alone:\n" + done.stderr)


def main():
    for folder in (ROOT / "src").iterdir():
        if folder.name in ODDS_AND_ENDS:
            fail(folder, 0, "a folder for odds and ends")
        if folder.name not in BELOW:
            if any(folder.glob("*.[ch]")):
                fail(folder, 0, "a floor that the plan does not know")
            continue
        for path in sorted(folder.glob("*.[ch]")):
            check_file(path, folder.name)
            lines = len(path.read_text().splitlines())
            if lines > 600:
                fail(path, lines, "more than 600 lines: it is two nouns")
    headers = list((ROOT / "src").glob("*/*.h"))
    headers += (ROOT / "include").rglob("*.h")
    for path in headers:
        check_header(path)
    assert len(headers) > 30
    print("\n".join(failures) or f"{len(headers)} headers, all floors hold")
    sys.exit(1 if failures else 0)


main()
