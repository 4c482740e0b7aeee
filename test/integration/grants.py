"""What is given to a running component appears there, and goes again."""
import json

from stage import child, equal, matches, obeyer, offer, play, story

ECHO = "example.Echo"
CUT = "refused PEER_CLOSED by nobody"


def server(*commands, **sections):
    """It serves an echo and has a directory with something in it."""
    return obeyer(
        "serve /svc/%s echo" % ECHO,
        "sh mkdir -p /d/one/two && echo top >/d/file && "
        "echo inside >/d/one/two/file", *commands,
        capabilities=[dict(protocol=ECHO),
                      dict(directory="d", path="/d", rights=["rw*"])],
        expose=[{"protocol": ECHO, "from": "self"},
                {"directory": "d", "from": "self"}], **sections)


def family(stage, offers=(), **packages):
    packages.setdefault("s", server())
    packages.setdefault("u", obeyer())
    return stage.run(stage.tree(
        obeyer(children=[child("s"), child("u")],
               offer=list(offers)), **packages))


def ready(run, *monikers):
    run.wait("started", "/")
    run.start(*(monikers or ("/s", "/u")))
    if not monikers or "/s" in monikers:
        run.said("/s", "^obeying$")


def give(run, words, child="- u", giver="/"):
    """Of a parent: the grant's number."""
    says = run.one(giver, "grant %s %s" % (child, words))
    matches(r"^granted \d+$", says)
    return says.split()[1]


def take(run, number, giver="/", flag=""):
    says = run.one(giver, ("revoke %s %s" % (number, flag)).strip())
    matches("^revoked: ", says)
    return says


def shell(run, moniker, command):
    """What a shell says, and its status as the last line."""
    return run.order(moniker, "sh ( %s ) 2>&1" % command)


def appears(run, moniker, path):
    equal(shell(run, moniker, "until test -e %s; do sleep 0.01; done" % path),
          ["sh 0"])


def is_gone(run, moniker, path):
    equal(shell(run, moniker, "test -e %s" % path), ["sh 1"])


# ---- services ----

GONE = ["refused NOT_FOUND by manager", "connect: No such file or directory"]
BOTH = ("open /svc/" + ECHO, "call one", "plain /svc/%s two" % ECHO)


@story
def a_service_appears_and_goes(stage):
    """As a file, in the directory, and by name; opened in every way."""
    with family(stage) as run:
        ready(run)
        equal(shell(run, "/u", "ls /svc | sort"),
              ["reeve.Realm", "reeve.Registry", "sh 0"])
        run.order("/u", "watch-name " + ECHO)
        number = give(run, "service %s from=#s" % ECHO)
        run.said("/u", "^saw %s come$" % ECHO)
        equal(shell(run, "/u", "ls /svc | sort"),
              [ECHO, "reeve.Realm", "reeve.Registry", "sh 0"])
        equal(sorted(run.order("/u", "list /svc")),
              ["entry " + ECHO, "entry reeve.Realm", "entry reeve.Registry",
               "listed 3"])
        equal(run.order("/u", *BOTH), ["answer one", "answer two"])
        run.order("/u", "keep plain")
        equal(run.order("/u", "open /svc/" + ECHO, "call three", "keep open",
                        "connect " + ECHO, "call four"),
              ["answer three", "connected " + ECHO, "answer four"])
        matches("^revoked: 3 connections, ", take(run, number))
        run.said("/u", "^saw %s go$" % ECHO)
        equal(run.order("/u", "call x", "take plain", "call x", "take open",
                        "call x"), [CUT] * 3)
        equal(shell(run, "/u", "ls /svc | sort"),
              ["reeve.Realm", "reeve.Registry", "sh 0"])
        equal(run.order("/u", "list /svc")[-1], "listed 2")
        equal(run.order("/u", *BOTH),
              GONE)


@story
def given_under_another_name_and_path(stage):
    with family(stage, u=obeyer(use=[
            {"protocol": "other.Thing", "path": "/in/here/other.Thing",
             "availability": "optional"}])) as run:
        ready(run)
        give(run, "service %s from=#s as=my.Echo path=/in/here/mine" % ECHO)
        equal(run.order("/u", "open /in/here/mine", "call one",
                        "plain /in/here/mine two", "connect my.Echo",
                        "call three"),
              ["answer one", "answer two", "connected my.Echo",
               "answer three"])
        # Where there is no directory of services there will be none.
        give(run, "service %s from=#s as=far path=/far/away" % ECHO)
        run.wait("refused", "/u", "far cannot appear at /far/away")
        equal(run.order("/u", "connect far", "call x"),
              ["connected far", "answer x"])


@story
def a_use_of_the_manifest_is_fed_by_a_grant(stage):
    """The manifest knows the name; the parent gives it one day."""
    with family(stage, u=obeyer(use=[dict(protocol=ECHO)])) as run:
        ready(run)
        equal(run.order("/u", *BOTH), ["refused NOT_FOUND by manager"] * 2)
        number = give(run, "service %s from=#s" % ECHO)
        equal(run.order("/u", *BOTH), ["answer one", "answer two"])
        take(run, number)
        equal(run.order("/u", "call x", *BOTH), [CUT, *GONE])
        give(run, "service %s from=#s" % ECHO)
        equal(run.order("/u", *BOTH), ["answer one", "answer two"])


@story
def what_is_used_further_down_comes_and_goes(stage):
    """By the manifests in between, which know nothing of grants."""
    with family(stage, u=obeyer(
            children=[child("k", "v")],
            offer=[offer("parent", "#k"),
                   {"directory": "d", "from": "parent", "to": "#k"}]),
            v=obeyer(use=[dict(protocol=ECHO),
                          dict(directory="d", path="/got",
                               rights=["r*"])])) as run:
        ready(run)
        run.start("/u/k")
        equal(run.order("/u/k", *BOTH), ["refused NOT_FOUND by manager"] * 2)
        is_gone(run, "/u/k", "/got/file")
        for _ in range(2):
            numbers = [give(run, w + " from=#s") for w in
                       ("service " + ECHO, "directory d")]
            equal(run.order("/u/k", *BOTH), ["answer one", "answer two"])
            appears(run, "/u/k", "/got/file")
            for number in numbers:
                take(run, number)
            equal(run.order("/u/k", "call x", *BOTH), [CUT, *GONE])
            is_gone(run, "/u/k", "/got/file")


@story
def nothing_is_given_that_one_has_not(stage):
    with family(stage) as run:
        ready(run)
        for words, code, text in (
                ("service nothing.Here", "RESOURCE_NOT_FOUND", "nothing.Here"),
                ("service %s from=self" % ECHO, "RESOURCE_NOT_FOUND", ECHO),
                ("service %s from=#nobody" % ECHO, "INVALID_ARGUMENTS",
                 '"#nobody" is not a source'),
                ("service a/b from=#s", "INVALID_ARGUMENTS", "not the name"),
                ("service %s from=#s path=/proc/x/y" % ECHO,
                 "INVALID_ARGUMENTS", "nothing can be put at /proc/x/y"),
                ("service %s from=#s rights=r" % ECHO, "INVALID_ARGUMENTS",
                 "only directories have rights"),
                ("directory d from=#s subdir=../up", "INVALID_ARGUMENTS",
                 "not a relative path"),
                ("directory d from=#s rights=rx", "ACCESS_DENIED",
                 r"rights-invalid"),
                ("directory d from=#s path=/proc/x", "INVALID_ARGUMENTS",
                 "nothing can be put at"),
                ("nothing x", "INVALID_ARGUMENTS", "type is none")):
            says = run.one("/", "grant - u " + words)
            found = says.split(": ", 2)
            equal(found[:2], ["grant", code], words + ": " + says)
            matches(text, found[2])
        matches("INSTANCE_NOT_FOUND",
                run.one("/", "grant - nobody service %s from=#s" % ECHO))
        equal(run.one("/", "grants"), "0 grants")
        equal([g for g in run.grants() if "grant" in g], [])
        # A child gives its parent nothing, nor its sibling.
        matches("INSTANCE_NOT_FOUND", run.one("/u", "grant - s service x"))
        number = give(run, "service %s from=#s" % ECHO)
        matches("^grant: INSTANCE_ALREADY_EXISTS: /u has ",
                run.one("/", "grant - u service %s from=#s" % ECHO))
        # And takes nothing back that it did not give.
        matches("^revoke: RESOURCE_NOT_FOUND: there is no such grant of yours",
                run.one("/u", "revoke " + number))
        take(run, number)


@story
def so_many_opens_and_no_more(stage):
    with family(stage) as run:
        ready(run)
        give(run, "service %s from=#s uses=3" % ECHO)
        matches("uses 3", run.order("/", "grants")[0])
        equal(run.order("/u", *BOTH, "keep first"), ["answer one", "answer two"])
        matches("uses 1", run.order("/", "grants")[0])
        equal(run.order("/u", "connect " + ECHO, "call x"),
              ["connected " + ECHO, "answer x"])
        for _ in range(2):
            equal(run.order("/u", "open /svc/" + ECHO, "call x"),
                  ["refused ACCESS_DENIED by manager"])
            matches("^connect: ACCESS_DENIED: .*for a number of opens, and "
                    "these have been made", run.one("/u", "connect " + ECHO))
        matches("used-up", run.find("refused", "/u")[-1]["text"])
        # What was opened while it was good is good.
        equal(run.order("/u", "take first", "call y"), ["answer y"])


@story
def for_a_time_and_no_longer(stage):
    with family(stage) as run:
        ready(run)
        number = give(run, "service %s from=#s ms=3000" % ECHO)
        give(run, "service %s from=#s as=for.ever" % ECHO)
        equal(run.order("/u", "open /svc/" + ECHO, "call one"), ["answer one"])
        left = [g for g in run.grants() if g.get("grant") == int(number)]
        assert 0 < left[0]["expires_in_ms"] <= 3000, left
        # Its end comes by itself; the channel says so.
        matches("^closed PEER_CLOSED", run.one("/u", "wait-closed"))
        told = run.wait("expire")
        matches("grant #%s of %s to /u" % (number, ECHO), told["text"])
        equal(told["report"]["connections"], 1)
        for _ in range(3):
            matches("^connect: RESOURCE_NOT_FOUND",
                    run.one("/u", "connect " + ECHO))
        is_gone(run, "/u", "/svc/" + ECHO)
        equal(run.order("/u", "open /svc/for.ever", "call x"), ["answer x"])
        equal(run.order("/", "grants")[-1], "1 grants")


@story
def a_time_that_is_over_before_anybody_looks(stage):
    """A child that does not run has nothing when it starts."""
    with family(stage) as run:
        ready(run, "/s")
        give(run, "service %s from=#s ms=1" % ECHO)
        run.wait("expire")
        run.start("/u")
        matches("^connect: RESOURCE_NOT_FOUND",
                run.one("/u", "connect " + ECHO))
        is_gone(run, "/u", "/svc/" + ECHO)


# ---- directories ----

@story
def a_directory_is_mounted_and_taken_off(stage):
    with family(stage) as run:
        ready(run)
        is_gone(run, "/u", "/grants/d")
        number = give(run, "directory d from=#s rights=r")
        appears(run, "/u", "/grants/d/file")
        equal(shell(run, "/u", "cat /grants/d/file; ls /grants"),
              ["top", "d", "sh 0"])
        for command in ("echo x >/grants/d/new", "rm /grants/d/file",
                        "mkdir /grants/d/sub", "echo x >/grants/d/file"):
            matches("Read-only file system",
                    " ".join(shell(run, "/u", command)))
        # What its owner does there is seen.
        shell(run, "/s", "echo later >/d/later")
        equal(shell(run, "/u", "cat /grants/d/later"), ["later", "sh 0"])
        take(run, number)
        is_gone(run, "/u", "/grants/d/file")
        equal(shell(run, "/s", "cat /d/file"), ["top", "sh 0"])
        equal(run.find("exit"), [])


@story
def with_the_right_to_write(stage):
    with family(stage) as run:
        ready(run)
        number = give(run, "directory d from=#s")
        appears(run, "/u", "/grants/d/file")
        matches("^sh 0$", shell(run, "/u", "echo mine >/grants/d/new")[-1])
        equal(shell(run, "/s", "cat /d/new"), ["mine", "sh 0"])
        # Never to execute.
        equal(shell(run, "/u", "cp /bin/true /grants/d/x && chmod 755 "
                    "/grants/d/x && /grants/d/x")[-1], "sh 126")
        take(run, number)
        is_gone(run, "/u", "/grants/d/file")
        equal(shell(run, "/u", "echo more >/grants/d/new")[-1] != "sh 0", True)
        equal(shell(run, "/s", "cat /d/new"), ["mine", "sh 0"])


@story
def a_part_of_a_directory_elsewhere(stage):
    with family(stage) as run:
        ready(run)
        number = give(run, "directory d from=#s subdir=one as=part rights=r")
        appears(run, "/u", "/grants/part/two/file")
        equal(shell(run, "/u", "cat /grants/part/two/file; "
                    "ls /grants/part /grants/part/.."),
              ["inside", "/grants/part:", "two", "", "/grants/part/..:",
               "part", "sh 0"])
        give(run, "directory d from=#s subdir=one/two as=deep "
             "path=/grants/far/below")
        appears(run, "/u", "/grants/far/below/file")
        take(run, number)
        is_gone(run, "/u", "/grants/part/two")
        equal(shell(run, "/u", "cat /grants/far/below/file"),
              ["inside", "sh 0"])


@story
def no_directory_lies_inside_another(stage):
    """Nor around it: one would hide the other."""
    with family(stage) as run:
        ready(run)
        number = give(run, "directory d from=#s as=a path=/grants/x/y")
        for place in "/grants/x/y", "/grants/x", "/grants/x/y/one", "/x/y/z":
            matches("^grant: INSTANCE_ALREADY_EXISTS: /u has something at "
                    "/grants/x/y already",
                    run.one("/", "grant - u directory d from=#s as=b path=" +
                            place))
        give(run, "directory d from=#s as=b path=/grants/x/yy")
        appears(run, "/u", "/grants/x/yy/file")
        take(run, number)
        give(run, "directory d from=#s as=a path=/grants/x/y/z")
        appears(run, "/u", "/grants/x/y/z/file")


def holds(run, path="/grants/d/file"):
    """/u has a file of the directory open, in a task of its own: from before
    that one begins."""
    appears(run, "/u", path)
    equal(shell(run, "/u", "exec 3<%s; sleep 1000 >/dev/null 2>&1 &" % path),
          ["sh 0"])


@story
def what_is_still_open_is_named(stage):
    """And the holder goes on with it, if nobody wants otherwise."""
    with family(stage) as run:
        ready(run)
        number = give(run, "directory d from=#s rights=r")
        holds(run)
        said = json.loads(run.ask("revoke", "--json", "--grant", number))
        equal(said["report"]["open_files"], 1)
        equal(said["report"]["mounts"], 1)
        equal(said["report"]["restarted"], 0)
        matches("/grants/d/file: open in task", said["open_files"])
        is_gone(run, "/u", "/grants/d/file")
        equal(run.find("exit"), [])
        # To its giver the library says as much.
        number = give(run, "directory d from=#s rights=r")
        holds(run)
        matches(", 1 files$", take(run, number))


@story
def the_holder_is_restarted_when_asked(stage):
    """By the one who takes back, by the one who gave, by a manifest."""
    with family(stage) as run:
        ready(run)

        def is_restarted(how):
            after = run.mark()
            how()
            run.wait("exit", "/u", after=after)
            run.said("/u", "^obeying$", after=after)
            is_gone(run, "/u", "/grants/d/file")

        number = give(run, "directory d from=#s rights=r")
        holds(run)
        is_restarted(lambda: matches(
            ", 1 files$", take(run, number, flag="restart")))
        give(run, "directory d from=#s rights=r")
        holds(run)
        is_restarted(lambda: run.ask("revoke", "--restart", "/u", "d"))
        number = give(run, "directory d from=#s rights=r restart")
        holds(run)
        is_restarted(lambda: take(run, number))
        # Whoever has nothing open is left alone.
        number = give(run, "directory d from=#s rights=r restart")
        appears(run, "/u", "/grants/d/file")
        after = run.mark()
        matches(", 0 files$", take(run, number, flag="restart"))
        is_gone(run, "/u", "/grants/d/file")
        equal(run.find("exit", "/u", after=after), [])


def got(policy):
    """It uses the directory from the start, by its manifest."""
    return dict(u=obeyer(use=[dict(directory="d", path="/got", rights=["r*"],
                                   **policy)]))


OFFER_D = {"directory": "d", "from": "#s", "to": "#u", "rights": ["r*"]}


@story
def an_offer_of_the_manifest_is_taken_and_given_back(stage):
    with family(stage, [OFFER_D, offer("#s", "#u")], u=obeyer(
            use=[dict(protocol=ECHO),
                 dict(directory="d", path="/got", rights=["r*"])])) as run:
        ready(run, "/s")
        run.start("/u")
        equal(shell(run, "/u", "cat /got/file"), ["top", "sh 0"])
        equal(run.order("/u", *BOTH), ["answer one", "answer two"])
        for name in "d", ECHO:
            run.ask("revoke", "/u", name)
        equal(run.order("/u", "call x", *BOTH),
              [CUT, *GONE])
        is_gone(run, "/u", "/got/file")
        matches("taken back by the operator",
                run.one("/u", "connect " + ECHO))
        for name, option in ("d", ["--directory"]), (ECHO, []):
            run.ask("grant", *option, "/u", name)
        appears(run, "/u", "/got/file")
        equal(shell(run, "/u", "cat /got/file"), ["top", "sh 0"])
        equal(run.order("/u", *BOTH), ["answer one", "answer two"])
        # As it was: once more.
        run.ask("revoke", "/u", ECHO)
        equal(run.one("/u", "call x"), CUT)


@story
def a_manifest_says_what_becomes_of_its_program(stage):
    with family(stage, [OFFER_D], **got(dict(on_revoke="restart"))) as run:
        ready(run, "/s")
        run.start("/u")
        run.said("/u", "^obeying$")
        holds(run, "/got/file")
        after = run.mark()
        run.ask("revoke", "/u", "d")
        run.wait("exit", "/u", after=after)
        run.said("/u", "^obeying$", after=after)
        is_gone(run, "/u", "/got/file")
        # There again, though it was not when this one started.
        run.ask("grant", "--directory", "/u", "d")
        appears(run, "/u", "/got/file")


@story
def given_and_taken_faster_than_it_can_be_mounted(stage):
    """What was on its way in is taken off when it has arrived."""
    with family(stage) as run:
        ready(run)
        for _ in range(5):
            says = run.order("/", *["grant - u directory d from=#s",
                                    "revoke-name - u d"] * 5)
            for given, taken in zip(says[::2], says[1::2]):
                matches("^granted ", given)
                matches("^revoked: 0 connections", taken)
            is_gone(run, "/u", "/grants/d/file")
        give(run, "directory d from=#s")
        appears(run, "/u", "/grants/d/file")
        equal(run.find("exit"), [])


@story
def given_while_it_starts(stage):
    """Before it runs, or just after: it finds it."""
    with family(stage) as run:
        ready(run, "/s")
        for _ in range(5):
            after = run.mark()
            run.start("/u")
            says = run.order("/", "grant - u service %s from=#s" % ECHO,
                             "grant - u directory d from=#s")
            for line in says:
                matches("^granted ", line)
            run.said("/u", "^obeying$", after=after)
            appears(run, "/u", "/svc/" + ECHO)
            equal(run.order("/u", *BOTH), ["answer one", "answer two"])
            appears(run, "/u", "/grants/d/file")
            run.order("/", "revoke-name - u " + ECHO, "revoke-name - u d")
            run.ask("stop", "/u")
            run.wait("exit", "/u", after=after)


@story
def ended_with_what_it_was_given(stage):
    """Killed, with files of it open: nothing of it is in anybody's way."""
    with family(stage) as run:
        ready(run)
        number = give(run, "directory d from=#s")
        for _ in range(3):
            holds(run)
            after = run.mark()
            run.order("/u", "kill 9", waits=False)
            run.wait("exit", "/u", after=after)
            run.start("/u")
            run.said("/u", "^obeying$", after=after)
        take(run, number)
        is_gone(run, "/u", "/grants/d/file")


@story
def storage_is_given_while_it_runs(stage):
    """Each has its own, and finds it again."""
    root = stage.tree(
        obeyer(children=[child("u"), child("v", "u")],
               capabilities=[
                   dict(directory="state", rights=["rw*"], path="/state"),
                   {"storage": "data", "from": "self", "backing_dir": "state",
                    "storage_id": "static_instance_id_or_moniker"}]),
        u=obeyer())
    with stage.run(root) as run:
        ready(run, "/u", "/v")
        for m in "/u", "/v":
            number = give(run, "storage data", "- " + m[1:])
            appears(run, m, "/grants/data")
            equal(shell(run, m, "ls /grants/data; echo %s >/grants/data/mine" %
                        m), ["sh 0"])
            take(run, number)
            is_gone(run, m, "/grants/data/mine")
        for m in "/u", "/v":
            give(run, "storage data", "- " + m[1:])
            appears(run, m, "/grants/data/mine")
            equal(shell(run, m, "cat /grants/data/mine"), [m, "sh 0"])


@story
def to_who_cannot_be_resolved(stage):
    with family(stage) as run:
        ready(run, "/s")
        stage.write("packages/u/meta/u.cml", "{ nonsense }")
        matches("^grant: INSTANCE_CANNOT_RESOLVE: /u cannot be resolved: ",
                run.one("/", "grant - u service %s from=#s" % ECHO))
        equal(run.order("/", "grants"), ["0 grants"])


if __name__ == "__main__":
    play()
