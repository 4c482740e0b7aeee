"""Services that are routed to light processes: who serves what, who waits for
whom, and how it ends. When things happen is never checked: the stories open
gates, which are files in packages."""
import os
import re
import shutil
import signal

from stage import (EXAMPLES, Skip, actor, child, equal, matches,
                   offer, play, story, until)

NAME = "example.Routed"
PATH = "/svc/" + NAME


def program(name, *arguments, **sections):
    return dict(program=dict(runner="elf", binary="bin/" + name,
                             args=[str(a) for a in arguments]), **sections)


def tree(stage, rule, *arguments, **askers):
    """/server routes by this rule; each asker is a list of scripts. All gates
    are closed."""
    for name in ("server", *askers):
        shutil.rmtree(stage.path("packages", name), ignore_errors=True)
    root = stage.tree(
        actor("run", children=[child("server"),
                               *(child(name, startup="eager")
                                 for name in askers)],
              offer=[offer("#server", *("#" + name for name in askers),
                           name=NAME)]),
        server=program("routed", PATH, rule, *arguments,
                       capabilities=[dict(protocol=NAME)],
                       expose=[{"protocol": NAME, "from": "self"}]),
        **{name: program("asker", PATH, *scripts,
                         use=[dict(protocol=NAME)])
           for name, scripts in askers.items()})
    stage.program("server", "routed")
    for name in askers:
        stage.program(name, "asker")
    return root


def gate(stage, package, name):
    """Open it."""
    stage.write("packages/%s/%s" % (package, name), "")


def answers(run, moniker, words, n=1):
    """Wait for so many answers to these words; who gave them."""
    pattern = r"^\d+: %s -> (\d+\.\d+)$" % re.escape(words)
    run.said(moniker, pattern, n=n, timeout=60)
    return [re.match(pattern, line)[1] for line in run.says(moniker)
            if re.match(pattern, line)]


# ---- who serves ----

@story
def by_key(stage):
    """The same key is served by the same process, whichever realm asks."""
    for rule in "key", "key-handler":
        with stage.run(tree(stage, rule,
                            one=["call 20 apple x", "own;call 20 pear x"],
                            two=["call 20 apple x", "call 20 plum x"])) as run:
            apples = set(answers(run, "/one", "apple x", 20) +
                         answers(run, "/two", "apple x", 20))
            pears = set(answers(run, "/one", "pear x", 20))
            plums = set(answers(run, "/two", "plum x", 20))
            equal([len(apples), len(pears), len(plums)], [1, 1, 1], rule)
            equal(len(apples | pears | plums), 3, rule)


@story
def by_connection(stage):
    """Each connection has a process of its own."""
    for rule in "talk", "port", "port-handler":
        with stage.run(tree(stage, rule, one=[
                "call 10 a x", "call 10 a x", "own;call 10 b x"])) as run:
            shared = set(answers(run, "/one", "a x", 20))
            own = set(answers(run, "/one", "b x", 10))
            equal([len(shared), len(own)], [1, 1], rule)
            assert shared != own, rule


@story
def by_a_pool(stage):
    """No more processes than it has, and not always the same one: four calls
    wait at a time."""
    for rule in "pool", "pick":
        scripts = ["call 1 %d wait go" % i for i in range(1, 5)]
        with stage.run(tree(stage, rule, 3, one=scripts + [
                "wait asked; call 20 y x"])) as run:
            run.said("/server", "^serving$")
            gate(stage, "server", "go")
            gate(stage, "one", "asked")
            who = set(answers(run, "/one", "y x", 20))
            for i in range(1, 5):
                who |= set(answers(run, "/one", "%d wait go" % i))
            assert len(who) <= (3 if rule == "pool" else 1), (rule, who)


# ---- who waits ----

@story
def a_slow_key_holds_up_nobody_else(stage):
    """One key's process waits, and the connection's other keys are served."""
    with stage.run(tree(stage, "key", one=[
            "call 1 slow wait go", "call 50 quick x"])) as run:
        answers(run, "/one", "quick x", 50)
        equal([line for line in run.says("/one") if "slow" in line], [])
        gate(stage, "server", "go")
        answers(run, "/one", "slow wait go")


@story
def a_busy_pool_makes_its_clients_wait(stage):
    """What it cannot take stays with the clients; all of it is served in the
    end."""
    scripts = ["call 1 a wait go"] * 2 + ["own;mute 1000000 b x; read"]
    with stage.run(tree(stage, "pool", 2, 4, one=scripts)) as run:
        sent = int(run.said("/one", r"^3: sent \d+$",
                            timeout=60)["text"].split()[-1])
        assert 0 < sent < 100000, sent
        gate(stage, "server", "go")
        answers(run, "/one", "a wait go", 2)
        run.said("/one", "^3: read %d$" % sent, timeout=60)


@story
def a_client_that_does_not_read_waits_for_itself(stage):
    """It costs what its channel holds, and others are served."""
    for rule in "talk", "port", "pool", "key":
        with stage.run(tree(stage, rule, mute=["mute 1000000 m x; wait go; "
                                               "read"],
                            other=["wait go; call 200 o x"])) as run:
            sent = int(run.said("/mute", r"^1: sent \d+$",
                                timeout=60)["text"].split()[-1])
            assert 0 < sent < 100000, (rule, sent)
            gate(stage, "other", "go")
            answers(run, "/other", "o x", 200)
            gate(stage, "mute", "go")
            run.said("/mute", "^1: read %d$" % sent, timeout=60)


# ---- who fails ----

@story
def a_process_that_fails_is_replaced(stage):
    """Its client's connection ends; the others', and the realm, go on."""
    for rule, verb in (("talk", "fail"), ("port", "overflow"),
                       ("pool", "fail"), ("pool", "overflow"),
                       ("key-handler", "fail"), ("key", "overflow")):
        words = "a " + verb
        with stage.run(tree(stage, rule, 2, one=[
                "own;call 1 a x;call 1 %s;watch;say next" % words,
                "own;wait go;call 5 a x"])) as run:
            run.said("/one", r"^1: %s: Broken pipe$" % words, timeout=60)
            run.said("/one", "^1: next$")
            gate(stage, "one", "go")
            after = answers(run, "/one", "a x", 6)
            equal(len(after), 6)
            run.wait_state("/server", "running")
            equal(len(run.find("start", "/server")), 1, rule)


@story
def a_realm_that_is_killed_is_an_exit_reason(stage):
    """Whoever waits for it, and whoever watches it, learns of it; what asks
    again starts it again."""
    with stage.run(tree(stage, "key", one=[
            "call 1 a x; watch", "call 1 b wait never"],
            two=["wait go; call 1 c x"])) as run:
        answers(run, "/one", "a x")
        run.said("/server", "^serving$")
        os.kill(run.program("/server"), signal.SIGKILL)
        run.said("/one", "^1: ended: (PEER_CLOSED|NO_PROCESS), ")
        run.said("/one", "^2: b wait never: Broken pipe$")
        equal(run.state("/one"), "running")


# ---- how it ends ----

@story
def what_was_asked_is_answered_before_a_stop(stage):
    """And what is opened meanwhile waits for the next start."""
    for rule in "talk", "port", "pool", "key":
        with stage.run(tree(stage, rule, one=[
                "call 1 a wait go", "watch"])) as run:
            run.said("/server", "^waiting for go$", timeout=60)
            stop = stage.popen("stop", "/server", "--manager", str(run.pid))
            run.wait("stop", "/server")
            gate(stage, "server", "go")
            equal(stop.wait(60), 0)
            answers(run, "/one", "a wait go")
            run.said("/one", "^2: ended: PEER_CLOSED, UNAVAILABLE$")
            run.said("/server", "^drained; 0 connections, 0 failed$")
            matches("status 0", run.wait("exit", "/server")["text"])


@story
def what_is_opened_during_a_stop_waits_for_the_next_start(stage):
    root = tree(stage, "pool", one=["call 1 a wait go"], two=["call 1 b x"])
    with open(root) as f:
        text = f.read()
    # The second one comes when the story says so.
    late = text.rindex('"startup": "eager"')
    stage.write("packages/root/meta/root.cml",
                text[:late] + '"startup": "lazy"' + text[late + 18:])
    with stage.run(root) as run:
        run.said("/server", "^waiting for go$", timeout=60)
        stop = stage.popen("stop", "/server", "--manager", str(run.pid))
        run.said("/server", "^stopping$")
        run.start("/two")
        run.wait("open", "/two")
        gate(stage, "server", "go")
        equal(stop.wait(60), 0)
        answers(run, "/one", "a wait go")
        answers(run, "/two", "b x")
        equal(len(run.find("start", "/server")), 2)


@story
def what_is_never_answered_ends_with_its_time(stage):
    """The rest is closed, and who waits for it is told why."""
    for rule in "talk", "port", "pool", "key":
        with stage.run(tree(stage, rule, 0, 0, 100, one=[
                "call 1 a wait never", "watch"])) as run:
            run.said("/server", "^waiting for never$", timeout=60)
            run.ask("stop", "/server")
            run.said("/one", "^1: a wait never: Broken pipe$")
            run.said("/one", "^2: ended: PEER_CLOSED, UNAVAILABLE$")
            run.said("/server", "^drained; 0 connections")
            matches("status 0", run.wait("exit", "/server")["text"])


# ---- the examples ----

def example(stage, name, root, *options, arguments=None, **more):
    """Run a copy of an example; {package: [argument, ...]} for other ones."""
    at = stage.path("example")
    shutil.rmtree(at, ignore_errors=True)
    shutil.copytree(os.path.join(EXAMPLES, name), at)
    for package, given in (arguments or {}).items():
        path = os.path.join(at, package, "meta", package + ".cml")
        with open(path) as f:
            text = f.read()
        text = re.sub(r" *args: \[.*\],\n", "", text)
        text = re.sub(r"(binary: .*\n)", r"\1args: [%s],\n" % ", ".join(
            '"%s"' % a for a in given), text)
        with open(path, "w") as f:
            f.write(text)
    return stage.run(os.path.join(at, root, "meta", root + ".cml"), *options,
                     **more)


@story
def router(stage):
    """The seed's figure: who asks for a row reaches the row."""
    with example(stage, "router", "router") as run:
        equal(run.end(), 0)
        rows, reporters = {}, set()
        for line in run.says("/A"):
            m = re.match(r'process .*: "add (\w+) 1" -> process (\S+) has '
                         r'(\d+) \1$', line)
            if m:
                rows.setdefault(m[1], []).append((m[2], int(m[3])))
            m = re.match(r'process .*: "how is business" -> process (\S+) '
                         r'says: fine$', line)
            if m:
                reporters.add(m[1])
        equal(sorted(rows), ["apples", "pears", "plums"])
        for name, said in rows.items():
            equal(len({who for who, _ in said}), 1, name)
            # Two who ask for one row may print in another order.
            equal(sorted(n for _, n in said), list(range(1, len(said) + 1)),
                  name)
        equal(len(rows["apples"]), 6)
        equal(len({said[0][0] for said in rows.values()}), 3)
        assert 1 <= len(reporters) <= 4, reporters
        run.said("/B", "^all is answered$")
        equal({e["text"] for e in run.find("exit")}, {"ended with status 0"})


@story
def router_sees_its_database_killed(stage):
    with example(stage, "router", "router", arguments={"a": ["watch"]}) as run:
        run.said("/A", "^watching$")
        os.kill(run.program("/B"), signal.SIGKILL)
        run.said("/A", '^"database" has ended: PEER_CLOSED, PEER_CLOSED$')
        run.said("/A", "^done$")
        equal(run.end(), 0)


N_CLIENTS = 2500


@story
def chat(stage):
    """Thousands of connections between two realms."""
    with example(stage, "chat", "chat", "-q",
                 arguments={"load": [N_CLIENTS]}) as run:
        said = run.said("/load", r"^\d+ clients are in \d+ rooms",
                        timeout=120)["text"]
        n = int(said.split()[0])
        if n != N_CLIENTS:
            run.said("/load", "^%d clients instead of %d: a task here has no "
                     "more descriptors$" % (n, N_CLIENTS))
            raise Skip("only %d descriptors may be had" % n)
        run.said("/load", "^all have heard all of %d lines" % (3 * n),
                 timeout=120)
        equal(run.end(timeout=60), 0)
        equal(run.find("refused"), [])


@story
def chat_says_when_there_are_fewer_descriptors(stage):
    if not shutil.which("prlimit"):
        raise Skip("there is no prlimit(1)")
    with example(stage, "chat", "chat", "-q", arguments={"load": [N_CLIENTS]},
                 prefix=["prlimit", "--nofile=600:600"]) as run:
        said = run.said("/load", r"^\d+ clients instead of %d: a task here "
                        "has no more descriptors$" % N_CLIENTS)["text"]
        n = int(said.split()[0])
        assert 0 < n <= 600, n
        run.said("/load", "^%d clients are in" % n, timeout=60)
        run.said("/load", "^done$", timeout=60)
        equal(run.end(), 0)


play()
