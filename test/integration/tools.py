"""The tool: every verb, as text and as JSON, and its exit statuses."""
import json
import os
import pty
import re
import signal
import subprocess
import time

from stage import (actor, child, equal, matches, offer, play, provider, story,
                   until, url, user)

ECHO = "example.Echo"
VERBS = ("run", "check", "route", "tree", "list", "show", "start", "stop",
         "log", "doctor", "version")


def shop(stage):
    return stage.tree(
        actor("run", children=[child("shop"), child("s"), child("broken")],
              offer=[offer("#s", "#shop")]),
        shop=dict(children=[child("web", "w"), child("cart", "w")],
                  offer=[offer("parent", "#web", "#cart")]),
        s=provider("serve /svc/%s echo" % ECHO, "say up", "run"),
        w=user("open /svc/" + ECHO, "call x", "run"))


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


# ---- without a manager ----

@story
def usage(stage):
    """2, one line on stderr that says where to look, nothing on stdout."""
    for arguments, pattern in (
            (["frobnicate"], 'no verb "frobnicate"'),
            (["lst"], r"did you mean list\?"),
            (["stat"], r"did you mean start\?"),
            (["list", "--jsn"], r"did you mean --json\?"),
            (["run", "--pakages", "x", "y"], r"did you mean --packages\?"),
            (["check", "--manifest_only"], r"did you mean --manifest-only\?"),
            (["list", "-z"], "-z"),
            (["list", "extra"], "no arguments"),
            (["check"], "name a manifest"),
            (["route", "x.cml"], "moniker"),
            (["show"], "component"),
            (["show", "a", "b"], "component"),
            (["start"], "component"),
            (["stop"], "component"),
            (["log", "a", "b"], "component"),
            (["run"], "root manifest"),
            (["run", "a", "b"], "root manifest"),
            (["run", "--"], "program"),
            (["run", "--packages"], "needs a value"),
            (["list", "--json=1"], "no value"),
            (["doctor", "x", "y"], "one component"),
            (["version", "x"], "no arguments")):
        r = stage.reeve(*arguments)
        equal((r.returncode, r.stdout), (2, ""), arguments)
        matches(pattern, r.stderr, arguments)
        matches(r"see reeve( \w+)? --help", r.stderr, arguments)
        equal(len(r.stderr.splitlines()), 1, arguments)
    r = stage.reeve()
    equal(r.returncode, 2)
    matches("^usage: reeve VERB", r.stderr)


@story
def help_and_version(stage):
    r = stage.reeve("--help")
    equal(r.returncode, 0)
    for verb in VERBS:
        matches(r"(?m)^  %s " % verb, r.stdout)
        for arguments in ([verb, "--help"], [verb, "-h"], ["help", verb]):
            one = stage.reeve(*arguments)
            equal(one.returncode, 0, arguments)
            matches("^usage: reeve %s" % verb, one.stdout)
    for arguments in (["version"], ["--version"]):
        r = stage.reeve(*arguments)
        equal(r.returncode, 0)
        matches(r"^reeve \d+\.\d+\.\d+\n$", r.stdout)


@story
def no_manager(stage):
    """3, and how to get one."""
    if stage.is_root():
        # Others may be running; in a name space of our own there are none.
        def ask(*arguments):
            return subprocess.run(
                ["unshare", "-m", "sh", "-c",
                 'mount -t tmpfs none /run && exec "$@"', "sh",
                 stage.reeve_path, *arguments], capture_output=True, text=True)
    else:
        ask = stage.reeve
    for arguments in (["list"], ["tree"], ["show", "/"], ["start", "/"],
                      ["stop", "/"], ["log"], ["list", "--json"]):
        r = ask(*arguments)
        equal((r.returncode, r.stdout), (3, ""), arguments)
        matches("no manager runs; start one with reeve run", r.stderr)
    r = ask("list", "--manager", "1")
    equal(r.returncode, 3)
    matches("no manager 1", r.stderr)


@story
def check_and_its_json(stage):
    root = shop(stage)
    r = stage.reeve("check", root)
    equal(r.returncode, 1)
    found = json.loads(stage.reeve("check", "--json", root).stdout)
    equal([(d["rule"], d["severity"]) for d in found],
          [("resolve-failed", "error")])
    for d in found:
        matches(r"(?m)^%s:%d:%d: error: %s \[%s\]$"
                % (re.escape(d["file"]), d["line"], d["column"],
                   re.escape(d["text"]), d["rule"]), r.stderr)
    r = stage.reeve("check", "--quiet", root)
    equal((r.returncode, r.stdout, r.stderr), (1, "", ""))
    stage.package("broken", actor())
    for arguments in ([root], ["--quiet", root], ["--json", root],
                      ["--manifest-only", root],
                      ["-p", stage.packages, root]):
        equal(stage.reeve("check", *arguments).returncode, 0, arguments)
    equal(stage.reeve("check", "--json", root).stdout.strip(), "[]")


@story
def all_errors_at_once(stage):
    """Of a file, and of several files, each at its place."""
    bad = stage.write("bad.cml", '{ use: [ { protocol: "a", colour: 1 },\n'
                      '  { service: [] }, { directory: "d" } ],\n'
                      '  children: [ {} ], whatever: 2 }\n')
    worse = stage.write("worse.cml", '{ children: [\n { name: "#", url: "x" }')
    r = stage.reeve("check", "--manifest-only", bad, worse)
    equal(r.returncode, 1)
    found = re.findall(r"(?m)^(\S+):(\d+):(\d+): error: .* \[[a-z-]+\]$",
                       r.stderr)
    assert len([f for f in found if f[0] == bad]) >= 4, r.stderr
    assert [f for f in found if f[0] == worse], r.stderr
    equal(len(json.loads(stage.reeve("check", "--manifest-only", "--json", bad,
                                     worse).stdout)), len(found))


@story
def route_and_its_json(stage):
    root = shop(stage)
    r = stage.reeve("route", root, "/shop/web", ECHO)
    equal(r.returncode, 0)
    matches(r"routed", r.stdout)
    matches(r"offer +\S+root\.cml:\d+:\d+", r.stdout)
    matches(r"source +/s ", r.stdout)
    j = json.loads(stage.reeve("route", "--json", root, "/shop/web",
                               ECHO).stdout)
    equal((j["verdict"], j["source"]),
          ("routed", {"moniker": "/s", "path": "/svc/" + ECHO}))
    equal([(h["moniker"], h["declaration"]) for h in j["hops"]],
          [("/shop/web", "use"), ("/shop", "offer"), ("/", "offer"),
           ("/s", "expose"), ("/s", "capability")])
    # By its path as well; without a name, all there is.
    equal(stage.reeve("route", root, "/shop/web",
                      "/svc/" + ECHO).returncode, 0)
    equal(len(lines(stage.reeve("route", "--json", root,
                                "/shop/web").stdout)), 1)
    # What does not exist fails in the same form.
    for arguments, rule in (
            (["/shop/nobody"], "instance-not-found"),
            (["/shop/web", "example.Ecko"], "not-used")):
        r = stage.reeve("route", "--json", root, *arguments)
        equal(r.returncode, 1, arguments)
        j = json.loads(r.stdout)
        equal((j["verdict"], j["error"]["rule"]), ("failed", rule))
    r = stage.reeve("route", root, "/shop/web", "example.Ecko")
    matches(r"did you mean %s\?" % ECHO, r.stdout + r.stderr)


@story
def tree_of_manifests(stage):
    root = shop(stage)
    r = stage.reeve("tree", root)
    equal(r.returncode, 1)
    matches(r"(?m)^broken +broken +\(.*no package", r.stdout)
    matches(r"(?m)^program +web", r.stdout)
    equal([v["moniker"] for v in
           lines(stage.reeve("tree", "--json", root).stdout)],
          ["/", "/shop", "/shop/web", "/shop/cart", "/s", "/broken"])


@story
def doctor(stage):
    r = stage.reeve("doctor")
    matches(r"(?m)^ok +kernel ", r.stdout)
    j = json.loads(stage.reeve("doctor", "--json").stdout)
    states = {c["state"] for c in
              (j["checks"] if isinstance(j, dict) else j)}
    assert states <= {"ok", "degraded", "missing"}, states
    equal(r.returncode, 1 if "missing" in states else 0)


# ---- with one ----

@story
def list_show_tree(stage):
    with stage.run(shop(stage)) as run:
        run.wait("started", "/")
        # What nobody has looked at is not loaded.
        equal(run.state("/shop"), "unresolved")
        run.start("/shop/web")
        run.said("/shop/web", "^answer x$")
        v = run.list()
        equal(v["/shop/web"]["state"], "running")
        equal(v["/shop"]["state"], "no program")
        assert v["/shop/web"]["pid"] > 0
        equal(v["/shop/cart"]["state"], "unresolved")
        text = run.ask("list")
        matches(r"(?m)^running +%d  /shop/web +%s"
                % (v["/shop/web"]["pid"], re.escape(url("w"))), text)
        equal(sorted(run.ask("list", "-q").splitlines()), sorted(v))
        matches(r"(?m)^running +  +web  \(the operator", run.ask("tree"))
        # A unique ending, or beginning, is enough; an ambiguous one is not.
        for name in "/shop/web", "web", "shop/web":
            equal(run.show(name)["moniker"], "/shop/web")
        j = run.show("web")
        equal([c["capability"] for c in j["connections"]], [ECHO])
        equal(j["uses"][0]["name"], ECHO)
        matches("manifest +.*w.cml", run.ask("show", "web"))
        matches("/svc", run.ask("show", "--plan", "web"))
        j = json.loads(run.ask("show", "--plan", "--json", "web"))
        assert j["plan"], j
        # Not there.
        for verb in "show", "start", "stop":
            r = stage.reeve(verb, "/shop/nobody", "--manager", str(run.pid))
            equal(r.returncode, 4, verb)
            matches('no component "/shop/nobody"', r.stderr)
        r = stage.reeve("log", "nobody", "--manager", str(run.pid))
        equal(r.returncode, 4)


@story
def start_and_stop(stage):
    with stage.run(shop(stage)) as run:
        run.wait("started", "/")
        run.ask("start", "/shop/web", "/shop/cart")
        run.said("/shop/cart", "^answer x$")
        run.ask("stop", "/shop/web", "/shop/cart")
        run.wait("exit", "/shop/web")
        run.wait("exit", "/shop/cart")
        r = stage.reeve("stop", "/shop/web", "--manager", str(run.pid))
        equal(r.returncode, 3)
        matches("not running", r.stderr)
        for name, pattern in (("/shop", "no program"),
                              ("/broken", 'no package "broken"')):
            r = stage.reeve("start", name, "--manager", str(run.pid))
            equal(r.returncode, 1, name)
            matches(pattern, r.stderr)
        # Several, of which one is wrong: the others are done all the same.
        r = stage.reeve("start", "/shop/nobody", "/shop/web", "--manager",
                        str(run.pid))
        equal(r.returncode, 4)
        run.wait("started", "/shop/web", n=2)


@story
def log(stage):
    with stage.run(shop(stage)) as run:
        run.wait("started", "/")
        run.start("/shop/web")
        run.said("/shop/web", "^answer x$")
        all_of_it = lines(run.ask("log", "--json"))
        equal(all_of_it, run.events[:len(all_of_it)])
        equal({e["moniker"] for e in lines(run.ask("log", "--json", "/shop"))},
              {"/shop/web"})
        equal(len(lines(run.ask("log", "--json", "-n", "3"))), 3)
        text = run.ask("log")
        matches(r"(?m)^/shop/web \| answer x$", text)
        matches(r"(?m)^open +/shop/web  %s -> /s$" % ECHO, text)
        # Following: what was, what is, and the end with the manager.
        p = stage.popen("log", "-f", "/s", "--manager", str(run.pid),
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                        text=True)
        matches("start", p.stdout.readline())
        run.ask("stop", "/s")
        until(lambda: "asked to stop" in p.stdout.readline(), "it follows")
        run.stop()
        p.communicate(timeout=10)
        equal(p.returncode, 3)


@story
def a_refusal_in_the_log(stage):
    """The hops and the way to mend it are there later, too."""
    root = stage.tree(actor("run", children=[child("u")]),
                      u=user("open /svc/" + ECHO, "call x"))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start("/u")
        run.wait("refused", "/u")
        text = run.ask("log", "/u")
        matches(r"(?m)^refused +/u  %s" % ECHO, text)
        matches(r"(?m)^ +use +\S+u\.cml:\d+:\d+ ", text)
        matches(r"(?m)^ +fix +", text)
        matches(r"reeve route \S+ /u %s" % ECHO, text)


@story
def several_managers(stage):
    root = shop(stage)
    with stage.run(root) as a, stage.run(root) as b:
        a.wait("started", "/")
        b.wait("started", "/")
        r = stage.reeve("list")
        equal(r.returncode, 2)
        for run in a, b:
            matches(r"\b%d\b" % run.pid, r.stderr)
            equal(run.state("/"), "running")
        matches("--manager PID", r.stderr)
        b.start("/s")
        b.said("/s", "^up$")
        equal(a.state("/s"), "unresolved")
        b.stop()
        if not stage.is_root():
            equal(stage.reeve("list", "-q").returncode, 0)


# ---- run ----

@story
def run_start_names_what_runs(stage):
    with stage.run(shop(stage), "--start", "/shop/web", "--start",
                   "/shop/cart") as run:
        run.said("/shop/web", "^answer x$")
        run.said("/shop/cart", "^answer x$")
        equal(run.find("start", "/"), [])
    for name in "/nobody", "/shop/nobody", "web":
        with stage.run(shop(stage), "--start", name) as run:
            equal(run.end(), 1)
            matches("no such component", run.find("failed", name)[0]["text"])


@story
def nothing_to_run(stage):
    root = stage.tree(dict(children=[child("s")]),
                      s=provider("serve /svc/%s echo" % ECHO, "run"))
    with stage.run(root) as run:
        equal(run.end(), 1)
        matches("--start MONIKER", run.find("manager")[0]["text"])


@story
def run_a_program(stage):
    """Its status and its standard streams are the tool's."""
    for script, status in (("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137),
                           ("kill -15 $$", 143)):
        r = stage.reeve("run", "--", "sh", "-c", script)
        equal((r.returncode, r.stdout, r.stderr), (status, "", ""), script)
    p = stage.popen("run", "--", "sh", "-c", 'cat; echo "$1" >&2', "sh",
                    "two words", stdin=subprocess.PIPE, text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    equal(p.communicate("hello\n", 20), ("hello\n", "two words\n"))
    # Nothing but what the command line gives it.
    r = stage.reeve("run", "--", "sh", "-c",
                    "ls /home /root /work /etc/shadow 2>&1; "
                    "ls /sys /var 2>&1; cat /proc/net/dev | wc -l; env",
                    environment={"SECRET": "x"})
    assert "SECRET" not in r.stdout and "shadow:" not in r.stdout
    for line in r.stdout.splitlines()[:4]:
        matches("No such file|cannot", line)
    # A program of one's own, by a path.
    stage.write("tool/hello", "#!/bin/sh\necho own $1 $(ls /pkg)\n", 0o755)
    r = stage.reeve("run", "--", stage.path("tool/hello"), "-x", "--json")
    equal((r.returncode, r.stdout), (0, "own -x hello\n"))


@story
def an_interrupted_program(stage):
    p = stage.popen("run", "--", "sh", "-c",
                    "trap 'echo bye; exit 9' TERM; echo up;"
                    " while :; do sleep 0.05; done",
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    equal(p.stdout.readline(), "up\n")
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=20)
    equal(out, "bye\n")
    equal(p.returncode, 128 + signal.SIGINT, err)


@story
def plain_when_piped(stage):
    root = shop(stage)
    stage.package("broken", actor())
    p = stage.popen("run", "--start", "/shop/web", root,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # Each line is there as it happens, though nobody flushed a buffer.
    seen = b""
    while b"answer x" not in seen:
        seen += p.stdout.readline()
    p.send_signal(signal.SIGTERM)
    out, err = p.communicate(timeout=20)
    assert b"\033" not in seen + out + err
    matches(r"(?m)^/shop/web \| answer x$", (seen + out).decode())
    matches(r"(?m)^start    /s  /shop/web opens", (seen + out).decode())


def on_a_terminal(stage, *arguments, **environment):
    """What a verb prints on a terminal."""
    master, slave = pty.openpty()
    if stage.switches():
        os.fchown(slave, stage.uid, stage.uid)
    p = stage.popen(*arguments, stdout=slave, stderr=slave,
                    environment=dict(TERM="xterm", **environment))
    os.close(slave)
    out = b""
    try:
        while True:
            block = os.read(master, 65536)
            if not block:
                break
            out += block
    except OSError:
        pass
    p.wait(20)
    os.close(master)
    return out.decode()


@story
def colour_on_a_terminal(stage):
    root = stage.tree(dict(children=[child("a", startup="eager")]),
                      a=actor("say hello"))
    text = on_a_terminal(stage, "run", root)
    assert "\033[" in text, text
    matches("hello", text)
    assert "\033[" in on_a_terminal(stage, "tree", root)
    for arguments in (["run", root], ["tree", root], ["check", root],
                      ["doctor"]):
        text = on_a_terminal(stage, *arguments, NO_COLOR="1")
        assert text and "\033" not in text, arguments
    # JSON is never coloured.
    assert "\033" not in on_a_terminal(stage, "run", "--json", root)


@story
def quiet(stage):
    root = stage.tree(
        dict(children=[child("a", startup="eager"), child("s")],
             offer=[offer("#s", "#a")]),
        a=user("open /svc/" + ECHO, "call x"),
        s=provider("serve /svc/%s echo" % ECHO, "say up", "run"))
    r = stage.reeve("run", "-q", root)
    equal(r.returncode, 0)
    assert set(r.stdout.splitlines()) >= {"/a | answer x", "/s | up"}, r.stdout
    for line in r.stdout.splitlines():
        matches(r"^/[as] \| ", line)


@story
def slow_reader(stage):
    """A tool that is paused for a while misses nothing."""
    root = stage.tree(dict(children=[child("a", startup="eager")]),
                      a=actor("print 3000 " + "z" * 100))
    p = stage.popen("run", "--json", root, stdout=subprocess.PIPE)
    time.sleep(0.5)
    out, _ = p.communicate(timeout=30)
    equal(p.returncode, 0)
    events = lines(out.decode())
    equal(len([e for e in events if e["event"] == "log"]), 3000)
    equal([e["number"] for e in events], list(range(1, len(events) + 1)))


play()
