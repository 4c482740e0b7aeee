"""
What a machine can lack and an operator can get wrong: one clear sentence that
says what to do, and nothing else breaks.
"""
import os
import shutil
import struct
import subprocess

from stage import (Skip, actor, child, equal, matches, offer, play, provider,
                   story, user)

ECHO = "example.Echo"


def with_witness(stage, **packages):
    """A tree of "bad", which is wrong, and "good", which must not notice."""
    packages.setdefault("good", actor("say good", "sleep 100"))
    return stage.tree(
        dict(children=[child("bad", startup="eager"),
                       child("good", startup="eager")]), **packages)


def fails(stage, root, *patterns, kind="failed"):
    """The bad one fails with one entry that says all this."""
    with stage.run(root) as run:
        e = run.wait(kind, "/bad")
        for p in patterns:
            matches(p, e["text"])
        assert "\n" not in e["text"]
        run.said("/good", "^good$")
        assert run.end() != 0
        equal(len(run.find(kind, "/bad")), 1)


# ---- packages and manifests ----

@story
def a_missing_package(stage):
    root = with_witness(stage)
    fails(stage, root, 'no package "bad"', "--packages")
    r = stage.reeve("check", root)
    equal(r.returncode, 1)
    matches(r'root\.cml:\d+:\d+: error: .*no package "bad"', r.stderr)
    # With the directory that has it, it is there.
    os.makedirs(stage.path("more"))
    stage.package("bad", actor("say found"))
    os.rename(stage.path("packages/bad"), stage.path("more/bad"))
    with stage.run(root, "--packages", stage.path("more"), "--packages",
                   stage.packages) as run:
        run.said("/bad", "^found$")
        equal(run.end(), 0)


@story
def a_missing_manifest(stage):
    root = with_witness(stage)
    os.makedirs(stage.path("packages/bad/meta"))
    fails(stage, root, r"no manifest .*bad/meta/bad\.cm", "No such file")


@story
def a_root_that_is_not_there(stage):
    for name, pattern in (("nowhere.cml", "No such file"),
                          ("packages", "not a file|[Ii]s a directory")):
        for verb in "run", "check", "tree":
            r = stage.reeve(verb, stage.path(name))
            equal(r.returncode, 1, verb)
            matches(pattern, r.stderr + r.stdout, verb)
            assert name in r.stderr + r.stdout, r


@story
def an_unreadable_manifest(stage):
    if stage.is_root():
        raise Skip("root can read everything")
    root = with_witness(stage, bad=actor())
    os.chmod(stage.path("packages/bad/meta/bad.cml"), 0)
    fails(stage, root, r"bad/meta/bad\.cml", "Permission denied")


@story
def manifests_that_are_no_text(stage):
    root = with_witness(stage, bad=actor())
    path = stage.path("packages/bad/meta/bad.cml")
    for content in (b"\0" * 100, b"\xff\xfe", b"", b"[" * 100000,
                    b'{ "x": "' + b"y" * 2000000 + b'" }'):
        stage.write("packages/bad/meta/bad.cml", content)
        with stage.run(root) as run:
            matches("manifest.*has [0-9]+ error",
                    run.wait("failed", "/bad")["text"])
            run.said("/good", "^good$")
    os.unlink(path)
    os.mkfifo(path)
    fails(stage, root, "not a file")


@story
def a_manifest_that_vanishes_or_changes(stage):
    """Between its load and its start, while the tree lives."""
    root = stage.tree(actor("run", children=[child("a"), child("b")]),
                      a=actor("say old"), b=actor("say b"))
    path = stage.path("packages/a/meta/a.cml")
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/a")
        run.said("/a", "^old$")
        run.wait_state("/a", "stopped")
        stage.package("a", actor("say new"))
        run.start("/a")
        # What was loaded stays in force, and that is said.
        run.said("/a", "^old$", n=2)
        matches("changed or gone", run.wait("manager", "/a")["text"])
        run.wait_state("/a", "stopped")
        os.unlink(path)
        run.start("/a")
        run.said("/a", "^old$", n=3)
        run.wait_state("/a", "stopped")
        # Gone before anybody looked at it.
        shutil.rmtree(stage.path("packages/b"))
        r = stage.reeve("start", "/b", "--manager", str(run.pid))
        equal(r.returncode, 1)
        matches('no package "b"', r.stderr)
        # And with the package goes what is in it.
        shutil.rmtree(stage.path("packages/a"))
        run.start("/a")
        matches("package .*/a is gone", run.wait("failed", "/a")["text"])
        equal(run.state("/"), "running")


@story
def a_runner_that_nobody_has(stage):
    manifest = actor()
    manifest["program"]["runner"] = "wasm"
    fails(stage, with_witness(stage, bad=manifest), 'runner is "wasm"',
          '"elf"')


@story
def a_namespace_that_is_too_large(stage):
    manifest = actor("run", use=[
        dict(protocol="p", path="/d%d/p" % n, availability="optional")
        for n in range(80)])
    fails(stage, with_witness(stage, bad=manifest), "namespace")


# ---- programs ----

def elf(machine, interpreter=None, kind=2):
    """The smallest 64-bit ELF file with this machine."""
    n = 2 if interpreter else 1
    head = b"\x7fELF" + bytes([2, 1, 1, 0]) + b"\0" * 8 + struct.pack(
        "<HHIQQQIHHHHHH", kind, machine, 1, 0x400078, 64, 0, 0, 64, 56, n,
        0, 0, 0)
    segments = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 4096,
                           4096, 4096)
    text = b""
    if interpreter:
        text = interpreter + b"\0"
        at = 64 + 56 * 2
        segments = struct.pack("<IIQQQQQQ", 3, 4, at, 0x400000 + at,
                               0x400000 + at, len(text), len(text),
                               1) + segments
    return (head + segments + text).ljust(4096, b"\0")


# What is in bin/actor, and the words that must be said about it.
PROGRAMS = {
    "missing": (None, r"bin/actor"),
    "not executable": ("no mode", r"bin/actor.*(not executable|chmod)"),
    "empty": (b"", r"bin/actor"),
    "text": (b"hello\n", r"bin/actor"),
    "other machine": (elf(0xf3), r"another machine \(RISC-V\); build it"),
    "missing interpreter": (elf(62, b"/nowhere/ld.so"), r"/nowhere/ld\.so"),
    "missing script interpreter": (b"#!/nowhere/sh\n", r"/nowhere/sh"),
    "directory": ("directory", r"bin/actor"),
    "loop": ("loop", r"bin/actor"),
    "outside": ("outside", r"bin/actor"),
}


def put_program(stage, content):
    path = stage.path("packages/bad/bin/actor")
    if os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    elif os.path.lexists(path):
        os.unlink(path)
    if content == "no mode":
        stage.program("bad")
        os.chmod(path, 0o644)
    elif content == "directory":
        os.mkdir(path)
    elif content == "loop":
        os.symlink("actor", path)
    elif content == "outside":
        os.symlink(stage.path("secret"), path)
    elif content is not None:
        stage.write("packages/bad/bin/actor", content, 0o755)


@story
def programs_that_cannot_run(stage):
    root = with_witness(stage, bad=actor())
    shutil.copy(stage.path("packages/bad/bin/actor"), stage.path("secret"))
    for name, (content, pattern) in PROGRAMS.items():
        put_program(stage, content)
        with stage.run(root) as run:
            e = run.wait("failed", "/bad")
            matches("cannot be started: ", e["text"], name)
            matches(pattern, e["text"], name)
            run.said("/good", "^good$")
            run.end()
            # Said once, not again and again.
            equal(len(run.find("failed", "/bad")), 1, name)


@story
def an_unreadable_program(stage):
    """As root it is the cell's user who cannot read it."""
    root = with_witness(stage, bad=actor())
    os.chmod(stage.path("packages/bad/bin/actor"), 0o700)
    os.chown(stage.path("packages/bad/bin/actor"), 0 if stage.switches() or
             stage.is_root() else -1, -1)
    if not stage.switches() and not stage.is_root():
        os.chmod(stage.path("packages/bad/bin/actor"), 0)
    fails(stage, root, "bin/actor", "[Pp]ermission|not executable|may not")


@story
def run_names_what_it_cannot_run(stage):
    stage.write("noexec", "#!/bin/sh\n", 0o644)
    for program, pattern in (("no-such-program", 'no program "no-such-program"'),
                             (stage.path("noexec"), "noexec"),
                             (stage.path("packages"), "packages")):
        r = stage.reeve("run", "--", program)
        assert r.returncode in (1, 126, 127), r
        matches(pattern, r.stderr)
        equal(len(r.stderr.splitlines()), 1, r.stderr)


# ---- the state directory ----

def storing(stage):
    return stage.tree(
        dict(children=[child("bad", startup="eager"),
                       child("good", startup="eager")],
             capabilities=[
                 dict(directory="state", rights=["rw*"], path="/state"),
                 {"storage": "data", "from": "self", "backing_dir": "state",
                  "storage_id": "static_instance_id_or_moniker"}],
             offer=[offer("self", "#bad", name="data", kind="storage")]),
        bad=actor("say started", use=[dict(storage="data", path="/data")]),
        good=actor("say good", "sleep 100"))


@story
def a_state_directory_that_cannot_be_written(stage):
    if stage.is_root():
        raise Skip("root can write everywhere; see the one that is read-only")
    os.chmod(stage.path("state"), 0o555)
    fails(stage, storing(stage), stage.path("state"), "Permission denied")


@story
def a_state_directory_that_is_a_file(stage):
    stage.write("home/file", "x")
    root = storing(stage)
    with stage.run(root, "--state", stage.path("home/file")) as run:
        matches("home/file", run.wait("failed", "/bad")["text"])
        run.said("/good", "^good$")


def in_namespace(stage, script, *command, **more):
    """Run a shell script as root in a mount namespace of its own, which ends in
    the command as the stage's account."""
    become = ["setpriv", "--reuid=%d" % stage.uid, "--regid=%d" % stage.uid,
              "--clear-groups", "--"] if stage.switches() else []
    return subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-ec",
         script + '\nexec "$@"', "sh", *become, stage.reeve_path, *command],
        env=stage.environment, cwd=stage.directory, capture_output=True,
        text=True, timeout=60, stdin=subprocess.DEVNULL, **more)


def needs_root():
    if os.geteuid():
        raise Skip("only root can mount")


@story
def a_full_disk(stage):
    needs_root()
    root = storing(stage)
    state = stage.path("state")
    r = in_namespace(stage, '''
mount -t tmpfs -o size=64k,nr_inodes=24,mode=0777 none %s
i=0; while mkdir %s/$i 2>/dev/null; do i=$((i+1)); done
''' % (state, state), "run", root)
    matches("failed +/bad +cannot be started: .*No space left.*free some space",
            r.stdout)
    matches(r"/good \| good", r.stdout)


@story
def a_full_disk_under_a_component(stage):
    """It is the component's own error then; the manager only tells it."""
    needs_root()
    root = storing(stage)
    stage.package("bad", actor(
        "sh head -c 1000000 /dev/zero >/data/file", "say went on",
        use=[dict(storage="data", path="/data")]))
    r = in_namespace(stage, "mount -t tmpfs -o size=64k,mode=0777 none "
                     + stage.path("state"), "run", root)
    matches(r"/bad \| .*No space left on device", r.stdout)
    matches(r"/bad \| went on", r.stdout)
    equal(r.returncode, 0)


@story
def a_read_only_state_directory(stage):
    needs_root()
    root = storing(stage)
    r = in_namespace(stage, "mount -t tmpfs -o ro none " + stage.path("state"),
                     "run", root)
    matches("failed +/bad +cannot be started: .*%s.*Read-only file system"
            % stage.path("state"), r.stdout)
    matches(r"/good \| good", r.stdout)


@story
def no_place_for_the_control_socket(stage):
    needs_root()
    root = with_witness(stage, bad=actor())
    where = "/run" if stage.is_root() else stage.path("run")
    r = in_namespace(stage, "mount -t tmpfs -o ro none " + where, "run", root)
    equal(r.returncode, 1)
    matches("%s.*Read-only file system" % where, r.stderr)
    equal(len(r.stderr.splitlines()), 1, r.stderr)


# ---- what the kernel or the system does not give ----

@story
def without_a_cgroup_mount(stage):
    """Cells go without: limits and freezing are lost, and doctor says so."""
    needs_root()
    root = with_witness(stage, bad=actor("say cell"))
    script = "umount -l /sys/fs/cgroup 2>/dev/null || " \
             "mount -t tmpfs none /sys/fs/cgroup"
    r = in_namespace(stage, script, "run", root)
    equal(r.returncode, 0, r.stdout + r.stderr)
    matches(r"/bad \| cell", r.stdout)
    matches(r"/good \| good", r.stdout)
    r = in_namespace(stage, script, "doctor")
    matches(r"(?m)^(degraded|missing) +cgroup2 ", r.stdout)
    matches(r"to mend it: ", r.stdout)


@story
def a_cgroup_mount_that_goes_away(stage):
    """While the tree lives: the next cells go without."""
    needs_root()
    root = stage.tree(actor(
        "run", children=[child("a")]), a=actor("say here"))
    script = '''
%s run %s >%s 2>&1 &
pid=$!
for i in $(seq 200); do grep -q 'started  /' %s && break; sleep 0.02; done
umount -l /sys/fs/cgroup 2>/dev/null || mount -t tmpfs none /sys/fs/cgroup
%s start /a --manager $pid
for i in $(seq 200); do grep -q '/a | here' %s && break; sleep 0.02; done
kill $pid; wait $pid || true
''' % (stage.reeve_path, root, stage.path("home/out"), stage.path("home/out"),
       stage.reeve_path, stage.path("home/out"))
    if stage.switches():
        # The mount is root's to take away, the manager is not root's.
        raise Skip("an ordinary user's cells had no cgroup to begin with")
    in_namespace(stage, script, "version")
    with open(stage.path("home/out")) as f:
        text = f.read()
    matches(r"/a \| here", text)


@story
def without_user_namespaces(stage):
    """As a system that restricts them has it: nothing starts, and why."""
    if stage.is_root():
        raise Skip("root makes its cells without asking for any")
    root = with_witness(stage, bad=actor("say cell"))
    # A namespace in which no further ones may be made.
    script = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"'

    def play(*arguments):
        return subprocess.run(
            ["unshare", "-U", "--map-current-user", "--keep-caps",
             "sh", "-ec", script, "sh", "setpriv", "--ambient-caps=-all",
             "--inh-caps=-all", "--", stage.reeve_path, *arguments],
            env=stage.environment, cwd=stage.directory, capture_output=True,
            text=True, timeout=60, stdin=subprocess.DEVNULL,
            **(dict(user=stage.uid, group=stage.uid, extra_groups=[])
               if stage.switches() else {}))

    r = play("doctor")
    matches(r"(?m)^missing +(user-namespaces|max_user_namespaces|namespaces) ",
            r.stdout + r.stderr)
    matches("max_user_namespaces", r.stdout)
    matches("to mend it: ", r.stdout)
    equal(r.returncode, 1)
    r = play("run", root)
    assert r.returncode not in (0, 2), r
    for moniker in "/bad", "/good":
        matches("failed +%s +cannot be started: .*user namespaces" % moniker,
                r.stdout)
    matches("reeve doctor|sysctl|max_user_namespaces", r.stdout)


@story
def with_few_descriptors(stage):
    """The manager holds none for what it handed over: few are enough."""
    root = stage.tree(
        actor("run", children=[child("s"), child("u", startup="eager")],
              offer=[offer("#s", "#u")]),
        s=provider("serve /svc/%s echo" % ECHO, "run"),
        u=user(*["cycle 30 /svc/" + ECHO, "hold 60 /svc/" + ECHO,
                 "call-held x", "drop-held"] * 5, "say done", "run"))
    with stage.run(root, prefix=("prlimit", "--nofile=128:128", "--")) as run:
        run.said("/u", "^done$")
        equal(len(run.find("log", "/u", "^cycled 30 of 30$")), 5)
        equal(len(run.find("log", "/u", "^answered 60 refused 0 of 60$")), 5)
        equal(run.state("/"), "running")


@story
def with_a_closed_standard_output(stage):
    """`reeve run ... | head` must not end the tree."""
    root = stage.tree(actor(
        "print 2000 text", "sh sleep 0.2", "exit 5"))
    p = stage.popen("run", root, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE)
    p.stdout.readline()
    p.stdout.close()
    equal(p.wait(20), 5)
    p.stderr.close()


play()
