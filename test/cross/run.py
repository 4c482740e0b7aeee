#!/usr/bin/env python3
"""Run tests of light processes on a processor that this one is not: compile
them and all that they need for aarch64, and run them in an emulator.

    run.py ROOT BUILD TEST... -- SOURCE...

SOURCE are those of the floor; BUILD keeps what was compiled. Exits with 77, and the reason, if there is no
compiler or no emulator."""
import concurrent.futures
import pathlib
import resource
import shutil
import subprocess
import sys

COMPILER = "aarch64-linux-gnu-gcc"
EMULATOR = "qemu-aarch64"
ROOT = pathlib.Path(sys.argv[1])
BUILD = pathlib.Path(sys.argv[2])
TESTS = sys.argv[3:sys.argv.index("--")]
SOURCES = [pathlib.Path(name).resolve()
           for name in sys.argv[sys.argv.index("--") + 1:]]
BELOW = ("base", "wire", "sys", "channel")
# What needs a library that is not there for that processor, or is for another.
LEFT_OUT = {"seccomp.c", "context_x86_64.c", "context_x86_64.S",
            "context_aarch64.c", "context_aarch64.S", "context_ucontext.c"}
FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-DTEST_EMULATED", "-O2", "-g",
         "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion",
         f"-I{ROOT}/src", f"-I{ROOT}/include", f"-I{ROOT}/test",
         f"-I{ROOT}/test/unit", f"-I{ROOT}/test/cross"]
# The C library calls them too, and stands behind the archive they are in.
WRAP = ("-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,"
        "--undefined=__wrap_malloc")


def skip(reason):
    print(reason)
    sys.exit(77)


def is_current(made, source):
    """Is it newer than its source and everything that was included?"""
    rules = made.with_suffix(".d")
    if not made.exists() or not rules.exists():
        return False
    words = rules.read_text().replace("\\\n", " ").split()[1:]
    return all(pathlib.Path(name).exists() and
               pathlib.Path(name).stat().st_mtime < made.stat().st_mtime
               for name in [str(source), *words])


def compiled(source):
    made = BUILD / ("-".join(source.relative_to(ROOT).parts) + ".o")
    if not is_current(made, source):
        subprocess.run([COMPILER, *FLAGS, "-MMD", "-c", source, "-o", made],
                       check=True)
    return made


def main():
    if not shutil.which(COMPILER):
        skip(f"there is no {COMPILER}")
    if not shutil.which(EMULATOR):
        skip(f"there is no {EMULATOR}")
    # The emulator dumps its own.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    BUILD.mkdir(parents=True, exist_ok=True)
    sources = [path for floor in BELOW
               for path in sorted((ROOT / "src" / floor).glob("*.c"))]
    sources += SOURCES
    sources = [path for path in sources if path.name not in LEFT_OUT]
    sources += [ROOT / "src/process/context_aarch64.c",
                ROOT / "src/process/context_aarch64.S",
                ROOT / "test/unit/fault.c"]
    folder = ROOT / "test/unit/process"
    shared = sorted(path for path in folder.glob("*.c")
                    if not path.name.startswith("test_"))
    tests = [folder / f"test_{name}.c" for name in TESTS]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        objects = list(pool.map(compiled, sources + shared + tests))
    library = BUILD / "library.a"
    library.unlink(missing_ok=True)
    subprocess.run(["aarch64-linux-gnu-ar", "rcs", library,
                    *objects[:-len(tests)]], check=True)
    for name, made in zip(TESTS, objects[-len(tests):]):
        program = BUILD / name
        subprocess.run([COMPILER, "-static", WRAP, made, library, "-lpthread",
                        "-o", program], check=True)
        print(f"== {name}", flush=True)
        subprocess.run([EMULATOR, program], check=True)


try:
    main()
except subprocess.CalledProcessError as failure:
    sys.exit(f"{failure.cmd[0]} {failure.cmd[-1]}: {failure.returncode}")
