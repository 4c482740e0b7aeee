"""All examples, each run with its one command: what they print and what the
manager tells. When things happen in them is never checked, only in which
order."""
import json
import os
import re
import shutil

from stage import EXAMPLES, equal, matches, play, story


def example(stage, name, root, *options):
    """Run a copy of an example, so that the user can read it."""
    shutil.rmtree(stage.path("example"), ignore_errors=True)
    shutil.copytree(os.path.join(EXAMPLES, name), stage.path("example"))
    return stage.run(stage.path("example", root, "meta", root + ".cml"),
                     *options)


def order(run, *patterns):
    """These lines were printed, in this order; in between there may be others.
    Each pattern is matched against "MONIKER | TEXT"."""
    lines = ["%s | %s" % (e["moniker"], e["text"]) for e in run.find("log")]
    rest = iter(lines)
    for p in patterns:
        if not any(re.search(p, line) for line in rest):
            raise AssertionError("%r is not among, or not in its place in:\n%s"
                                 % (p, "\n".join(lines)))


@story
def hello(stage):
    with example(stage, "hello", "hello") as run:
        run.said("/guest", "^Hello, ")
        equal(run.end(), 0)


@story
def hippo(stage):
    for name in "hippo", "hippo-modern":
        with example(stage, name, "c") as run:
            run.said("/D", "^10000 calls answered")
            equal(run.end(), 0, name)


@story
def echo(stage):
    with example(stage, "echo", "echo") as run:
        for i in range(1, 6):
            run.said("/client-%d" % i, "^1000 of 1000 came back")
        run.said("/python", "^hello from Python")
        equal(run.end(), 0)
        equal(len(run.find("start", "/server")), 1)


@story
def storage(stage):
    for n in 1, 2:
        with example(stage, "storage", "storage") as run:
            run.said("/counter", "^this is start number %d$" % n)
            equal(run.end(), 0)


@story
def config(stage):
    with example(stage, "config", "config") as run:
        run.said("/kitchen", r"^I shine warm white and blink \[100,200,300\]$")
        run.said("/cellar", r"^I shine cold white and blink \[\]$")
        equal(run.end(), 0)


@story
def realm(stage):
    with example(stage, "realm", "realm") as run:
        for line in ("one: 2 squared is 4", "two: 3 squared is 9",
                     "three: 4 squared is 16", "done"):
            run.said("/", "^%s$" % line)
        equal(run.end(), 0)


# ---- the first seed's figure ----

# Its access table: service, provider, who may connect.
TABLE = (("database", "/B", ["/A", "/C"]),
         ("logger", "/C", ["/*"]),
         ("network", "/D", ["/A"]))


@story
def registry_has_the_figure_s_table(stage):
    """What is registered, by whom and for whom, word for word."""
    with example(stage, "registry", "registry") as run:
        equal(run.end(), 0)
        equal({(e["moniker"], e["text"]) for e in run.find("register")},
              {(moniker, "provides %s from now on, to %s"
                % (name, json.dumps(access)))
               for name, moniker, access in TABLE})
        equal([e for e in run.find("start") if e["moniker"] == "/B"
               ][0]["text"], "its parent asked for it")


@story
def registry_connects_whom_it_allows(stage):
    """Everybody in the table, by name, and nobody else."""
    with example(stage, "registry", "registry") as run:
        for moniker, line in (
                ("/A", 'database: "how many orders" -> "42"'),
                ("/A", 'logger: "A was here" -> "written"'),
                ("/A", 'network: "GET /" -> "200 OK"'),
                ("/C", 'database: "the last line I wrote" -> "42"'),
                ("/C", "log: the database is up"),
                ("/D", 'logger: "the network is up" -> "written"')):
            run.said(moniker, "^%s$" % re.escape(line))
        equal(run.end(), 0)
        equal({(e["moniker"], *e["text"].split(" -> "))
               for e in run.find("open")
               if not e["text"].endswith("framework")},
              {("/A", "database", "/B"), ("/C", "database", "/B"),
               ("/A", "logger", "/C"), ("/B", "logger", "/C"),
               ("/D", "logger", "/C"), ("/A", "network", "/D")})


@story
def registry_refuses_whom_it_does_not(stage):
    """By the provider's policy, though the root offers it; and because nobody
    gave it."""
    with example(stage, "registry", "registry") as run:
        e = run.wait("refused", "/C")
        matches(r'^network, ACCESS_DENIED: /D lets only \["/A"\] have network, '
                r"and /C is not among them \[access-denied\]", e["text"])
        matches(r"; see reeve why /C network$", e["text"])
        e = run.wait("refused", "/D")
        matches("^database, NOT_FOUND: /D has no service database", e["text"])
        run.said("/C", r'^network: refused: /D lets only \["/A"\]')
        run.said("/D", "^database: refused: /D has no service database")
        equal(run.end(), 0)
        equal(len(run.find("refused")), 2)
        matches("6 opened and handed over, 2 refused",
                run.find("manager", "", "^done")[0]["text"])


# ---- revocation ----

@story
def revocation(stage):
    with example(stage, "revocation", "revocation") as run:
        equal(run.end(), 0)
        # The owner's story; and what the others see meanwhile.
        order(run, r"^/ \| .* gave the ticker to client$",
              r"^/ \| .* gave the ticker to other$",
              r"^/friend \| .* reads ticks over the client's channel",
              r"^/ \| .* takes it back from the client",
              r"^/ \| .* it is taken back: 1 connection cut in .* ms, 0 cells "
              r"killed",
              r"^/ \| .* gave the ticker to client, for half a second")
        order(run, r"^/client \| .* read 3 ticks and passed the channel on",
              r"^/client \| .* end of file, after \d+ more ticks",
              r"^/client \| .* a new open: (NOT_FOUND|ACCESS_DENIED), by the "
              r"manager",
              r"^/client \| .* it is there again",
              r"^/client \| .* end of file after \d+ ms and \d+ ticks")
        order(run, r"^/ \| .* takes it back from the client",
              r"^/friend \| .* end of file on the channel that was passed")
        order(run, r"^/ \| .* it is taken back",
              r"^/other \| .* [1-9]\d* ticks in all, 0 missed")
        matches(r"^the grant #1 of example.Ticker to /client was taken back by "
                r"/: 1 connection cut", run.find("revoke")[0]["text"])
        matches(r"^the grant #3 of example.Ticker to /client was taken back by "
                r"the end of its time: 1 connection cut",
                run.find("expire")[0]["text"])
        # Nobody was restarted or killed for it.
        equal(len(run.find("start")), 5)
        equal({e["text"] for e in run.find("exit")}, {"ended with status 0"})


@story
def revocation_ends_what_the_provider_sees(stage):
    """The provider sees each of its connections end once."""
    with example(stage, "revocation", "revocation") as run:
        equal(run.end(), 0)
        begun, ended = ([re.search(r"connection (\d+) has " + word, line)[1]
                         for line in run.says("/ticker") if word in line]
                        for word in ("begun", "ended"))
        equal(len(begun), 4)
        equal(len(set(begun)), 4)
        assert set(ended) <= set(begun), (begun, ended)
        # The owner's, and the first that the client lost.
        assert len(ended) >= 2, ended


# ---- a plugin ----

@story
def plugin_host(stage):
    with example(stage, "plugin-host", "plugin-host") as run:
        equal(run.end(), 0)
        said = run.says("/host")
        work = re.search(r"^the plugin: wrote a result: (.*); beside it: (.*); "
                         r"asked: (.*); had (\d+) tasks more", said[1])
        equal(work[1], "done")
        matches("Read-only file system|Permission denied", work[2])
        # Twice, as it was given.
        equal(work[3], "answered, answered, ACCESS_DENIED")
        assert int(work[4]) < 8, work[4]
        order(run, r"^/host \| made a plugin: a directory for an hour",
              r"took the directory back: 1 file still open",
              r"a new file: .*(Read-only|No such|denied).*; the one it kept "
              r"open: done",
              r"lent it again, for a second",
              r"wrote [1-9]\d* times in /grants/work, then: .*"
              r"(Read-only|No such)")
        plugin = "/host/plugins:sorter"
        matches("was given work from /host for 3600.0 s",
                run.find("grant", plugin)[0]["text"])
        e = run.find("revoke")[0]
        matches("1 directory unmounted", e["text"])
        matches("1 file of it is still open", e["text"])
        # What is still open is named.
        matches(r"/work/result: open in task \d+ as descriptor \d+",
                json.dumps(e))
        run.said("/host", "^the plugin is gone")


# ---- light processes ----

@story
def supervisor(stage):
    """Each strategy does what it says, in its order, and giving up is an end."""
    with example(stage, "supervisor", "supervisor") as run:
        equal(run.end(), 0)
        said = [line.strip() for line in run.says("/")
                if not re.search("spawned by|received|sent|ends: ", line)]
    down = ["counter was ended (SHUTDOWN)", "index was ended (SHUTDOWN)",
            "list was ended (SHUTDOWN)", "prices was ended (SHUTDOWN)"]
    up = ["stock started", "list started", "index started", "prices started",
          "counter started"]
    bought = ("bought one for 30, %d left, number 7 in the index; message %d")
    lost = ["stock ended (FAILED)", *down, *up]
    again = said.index("stock breaks again and again:")
    equal(said[:again],
          [*up, bought % (9, 1), bought % (8, 2),
           "counter breaks:", "counter ended (FAILED)", "counter started",
           bought % (7, 1),
           "index breaks:", "index ended (FAILED)",
           "list was ended (SHUTDOWN)", "list started", "index started",
           bought % (6, 2),
           "stock breaks:", *lost, bought % (9, 1)])
    # Of three restarts two are made.
    equal(said[again + 1:],
          [*lost, "stock ended (FAILED)", "stock: GAVE_UP", *down,
           "the shop is closed: RESTARTS"])


@story
def ring(stage):
    """A smaller one than the manifest's."""
    shutil.copytree(os.path.join(EXAMPLES, "ring"), stage.path("example"))
    manifest = stage.path("example", "ring", "meta", "ring.cml")
    with open(manifest) as f:
        text = f.read()
    assert '"1000000", "20000"' in text, text
    stage.write(manifest, text.replace('"1000000", "20000"', '"20000", "500"'))
    with stage.run(manifest) as run:
        equal(run.end(), 0)
        said = run.says("/")
    equal([line for line in said if not line.startswith(" ")],
          ["20000 handlers", "500 processes with a stack"])
    for what in "spawn", "pass", "end":
        equal(len([line for line in said if line.startswith("  %s " % what)]),
              2, what)


play()
