"""
What manifests can say beyond one source and one target, while it runs:
dictionaries, services of several sources, environments, the policy of a tree.
"""
from stage import (actor, child, equal, matches, obeyer, offer, play, provider,
                   story, until, uses)

ECHO = "serve svc/example.Echo echo"


def placed(name, environment="e", **more):
    return child(name, environment="#" + environment, **more)


def bundle(*members, name="d"):
    """A component that puts what it serves into a dictionary."""
    return actor(
        *["serve svc/%s echo" % m for m in members], "run",
        capabilities=[dict(protocol=list(members)), dict(dictionary=name)],
        offer=[{"protocol": list(members), "from": "self",
                "to": "self/" + name}],
        expose=[{"dictionary": name, "from": "self"}])


def begin(run, *monikers):
    """The tree is there, and these run."""
    run.wait("started", "/")
    run.start(*monikers)


def answers(run, moniker, path):
    """Does the service at this path answer to it?"""
    says = run.order(moniker, "open " + path, "call hello")
    equal(says[-1], "answer hello", "%s of %s: %s" % (path, moniker, says))


# ---- dictionaries ----

@story
def what_is_in_a_dictionary_is_taken_out(stage):
    """By name, and under another one further down."""
    root = stage.tree(
        actor("run", children=[child("bundle"), child("user"), child("whole")],
              offer=[offer("#bundle", "#user", "#whole", name="d",
                           kind="dictionary")]),
        bundle=bundle("example.A", "example.B"),
        user=obeyer(use=[{"protocol": "example.A", "from": "parent/d"}]),
        whole=obeyer(use=[{"dictionary": "d", "path": "/bundle"}]))
    with stage.run(root) as run:
        begin(run, "/user", "/whole")
        answers(run, "/user", "/svc/example.A")
        answers(run, "/whole", "/bundle/example.A")
        answers(run, "/whole", "/bundle/example.B")
        equal(run.order("/whole", "plain /bundle/example.B x", "call hello"),
              ["answer x", "answer hello"])
        matches("NOT_FOUND",
                " ".join(run.order("/whole", "open /bundle/example.C",
                                   "call x")))


@story
def to_take_a_dictionary_back_takes_what_was_in_it(stage):
    """The offer of the dictionary goes, and with it the connections to what was
    taken out of it; who has the same by another way keeps it."""
    root = stage.tree(
        actor("run", children=[child("bundle"), child("user"), child("other")],
              offer=[offer("#bundle", "#user", "#other", name="d",
                           kind="dictionary")]),
        bundle=bundle("example.A"),
        user=obeyer(use=[{"protocol": "example.A", "from": "parent/d"},
                         {"dictionary": "d", "path": "/bundle"}]),
        other=obeyer(use=[{"protocol": "example.A", "from": "parent/d"}]))
    with stage.run(root) as run:
        begin(run, "/user", "/other")
        answers(run, "/user", "/bundle/example.A")
        answers(run, "/user", "/svc/example.A")
        answers(run, "/other", "/svc/example.A")
        run.ask("revoke", "/user", "d")
        equal(run.one("/user", "call hello"), "refused PEER_CLOSED by nobody")
        equal(run.one("/other", "call hello"), "answer hello")
        says = run.order("/user", "open /svc/example.A", "call hello")
        matches("NOT_FOUND", " ".join(says))
        run.ask("restore", "/user")
        answers(run, "/user", "/svc/example.A")
        answers(run, "/user", "/bundle/example.A")


# ---- services of several sources ----

def server():
    return actor(ECHO, "run", capabilities=[dict(service="example.Echo")],
                 expose=[{"service": "example.Echo", "from": "self"}])


@story
def a_service_of_several_sources_is_a_list_of_instances(stage):
    root = stage.tree(
        actor("run", children=[child("left"), child("right"), child("user")],
              offer=[{"service": "example.Echo", "from": ["#left", "#right"],
                      "to": "#user"}]),
        left=server(), right=server(),
        user=obeyer(use=[dict(service="example.Echo")]))
    with stage.run(root) as run:
        begin(run, "/user")
        listed = run.order("/user", "list /svc/example.Echo")
        equal(listed[-1], "listed 2")
        matches("left", " ".join(listed))
        matches("right", " ".join(listed))
        # Looking at it starts nobody.
        equal(run.find("started", "/left"), [])
        answers(run, "/user", "/svc/example.Echo/right")
        run.wait("started", "/right")
        equal(run.find("started", "/left"), [])
        answers(run, "/user", "/svc/example.Echo/left")
        matches("NOT_FOUND",
                " ".join(run.order("/user", "open /svc/example.Echo/middle",
                                   "call hello")))


@story
def what_is_put_together_may_be_put_together_again(stage):
    """An instance that is several is named with the inner one behind it."""
    root = stage.tree(
        actor("run", children=[child("pair"), child("one"), child("user")],
              offer=[{"service": "example.Echo", "from": ["#pair", "#one"],
                      "to": "#user"}]),
        pair=dict(children=[child("left", "one"), child("right", "one")],
                  expose=[{"service": "example.Echo",
                           "from": ["#left", "#right"]}]),
        one=server(), user=obeyer(use=[dict(service="example.Echo")]))
    with stage.run(root) as run:
        begin(run, "/user")
        answers(run, "/user", "/svc/example.Echo/one")
        answers(run, "/user", "/svc/example.Echo/pair:right")
        run.wait("started", "/pair/right")
        after = run.mark()
        matches("NOT_FOUND",
                " ".join(run.order("/user", "open /svc/example.Echo/pair",
                                   "call hello")))
        run.wait("refused", "/user", "put together", after=after)


@story
def the_members_of_a_collection_are_instances(stage):
    root = stage.tree(
        obeyer(children=[child("user"), child("worker")],
               collections=[dict(name="pool", durability="transient")],
               offer=[{"service": "example.Echo", "from": "#pool",
                       "to": "#user"}]),
        worker=server(), user=obeyer(use=[dict(service="example.Echo")]))
    with stage.run(root) as run:
        begin(run, "/", "/user")
        equal(run.order("/user", "list /svc/example.Echo")[-1], "listed 0")
        for name in ("one", "two"):
            run.ask("create", "/", "pool:" + name,
                    "fuchsia-pkg://example.org/worker#meta/worker.cm")
        listed = run.order("/user", "list /svc/example.Echo")
        equal(listed[-1], "listed 2")
        answers(run, "/user", "/svc/example.Echo/two")
        equal(run.find("started", "/pool:one"), [])
        run.ask("destroy", "/pool:two")
        equal(run.order("/user", "list /svc/example.Echo")[-1], "listed 1")
        matches("NOT_FOUND",
                " ".join(run.order("/user", "open /svc/example.Echo/two",
                                   "call hello")))


# ---- collections ----

WORKER = "fuchsia-pkg://example.org/worker#meta/worker.cm"


@story
def a_collection_may_give_what_is_offered_and_no_more(stage):
    root = stage.tree(
        obeyer(ECHO, capabilities=[dict(protocol="example.Echo")],
               children=[child("worker")],
               collections=[dict(name="strict", durability="transient",
                                 allowed_offers="static_only"),
                            dict(name="free", durability="transient")]),
        worker=obeyer())
    with stage.run(root) as run:
        begin(run, "/")
        for name in ("strict:a", "free:a"):
            run.ask("create", "/", name, WORKER)
        r = stage.reeve("grant", "/strict:a", "example.Echo", "--from", "self",
                        "--manager", str(run.pid))
        equal(r.returncode, 1, r.stdout)
        matches("static_only", r.stderr)
        run.ask("grant", "/free:a", "example.Echo", "--from", "self")


@story
def what_a_member_stored_is_there_for_the_next(stage):
    """A collection that says so; in any other it is gone."""
    use = [{"storage": "data", "path": "/data"}]
    root = stage.tree(
        obeyer(children=[child("worker")],
               capabilities=[{"storage": "data", "from": "parent",
                              "backing_dir": "data",
                              "storage_id": "static_instance_id_or_moniker"}],
               collections=[dict(name="kept", durability="transient",
                                 persistent_storage=True),
                            dict(name="gone", durability="transient")],
               offer=[offer("self", "#kept", "#gone", name="data",
                            kind="storage")]),
        worker=actor("sh cat /data/*; echo x >/data/was-here; echo wrote",
                     "run", use=use))
    with stage.run(root) as run:
        begin(run, "/")
        for name, before in (("kept:a", False), ("gone:a", False),
                             ("kept:a", True), ("gone:a", False)):
            after = run.mark()
            run.ask("create", "/", name, WORKER)
            run.ask("start", "/" + name)
            run.said("/" + name, "^wrote$", after=after)
            equal(bool(run.find("log", "/" + name, "^x$", after=after)),
                  before, name)
            run.ask("destroy", "/" + name)


# ---- environments ----

@story
def a_debug_capability_comes_by_the_environment(stage):
    """Nobody on the way offers it, and only who is placed there has it."""
    root = stage.tree(
        actor("run", children=[child("log"), placed("near"), child("far", "near")],
              environments=[{"name": "e", "extends": "realm",
                             "debug": [{"protocol": "example.Echo",
                                        "from": "#log"}]}]),
        log=provider(ECHO, "run"),
        near=obeyer(use=uses("example.Echo", source="debug"),
                    children=[child("inner", "near2")]),
        near2=obeyer(use=uses("example.Echo", source="debug")))
    with stage.run(root) as run:
        begin(run, "/near", "/near/inner", "/far")
        answers(run, "/near", "/svc/example.Echo")
        answers(run, "/near/inner", "/svc/example.Echo")
        after = run.mark()
        matches("NOT_FOUND",
                " ".join(run.order("/far", "open /svc/example.Echo",
                                   "call hello")))
        run.wait("refused", "/far", "environment", after=after)


@story
def an_environment_says_how_long_a_stop_may_take(stage):
    """The deaf one is killed at the end of its own time, not of the usual."""
    root = stage.tree(
        actor("run", children=[placed("deaf")],
              environments=[{"name": "e", "extends": "realm",
                             "__stop_timeout_ms": 50}]),
        deaf=actor("deaf"))
    with stage.run(root) as run:
        begin(run, "/deaf")
        run.said("/deaf", "^deaf$")
        run.ask("stop", "/deaf")
        run.wait_state("/deaf", "stopped")
        run.wait("exit", "/deaf", "signal 9")


@story
def a_runner_of_ones_own_is_refused_with_a_sentence(stage):
    root = stage.tree(
        actor("run", children=[child("runner"), placed("page")],
              environments=[{"name": "e", "extends": "realm",
                             "runners": [{"runner": "web",
                                          "from": "#runner"}]}]),
        runner=actor("run", capabilities=[dict(runner="web", path="/svc/r")],
                     expose=[{"runner": "web", "from": "self"}]),
        page=dict(program=dict(runner="web")))
    with stage.run(root) as run:
        run.wait("started", "/")
        run.ask("start", "/page")
        run.wait("failed", "/page", "runner is \"web\"")


# ---- the policy of a tree ----

@story
def what_must_never_be_is_refused_to_grants_as_well(stage):
    root = stage.tree(
        obeyer(policy={"never": [{"from": "/bank", "to": "/guest"}]},
               children=[child("bank"), child("guest"), child("shop", "guest")],
               offer=[offer("#bank", "#shop")]),
        bank=provider(ECHO, "run"), guest=obeyer())
    with stage.run(root) as run:
        begin(run, "/", "/guest", "/shop")
        r = stage.reeve("grant", "/guest", "example.Echo", "--from", "#bank",
                        "--manager", str(run.pid))
        equal(r.returncode, 1, r.stdout)
        matches("says never", r.stderr)
        run.ask("grant", "/shop", "example.Echo", "--from", "#bank", "--as",
                "example.Other")
        answers(run, "/shop", "/svc/example.Other")


@story
def what_must_never_be_is_refused_to_a_manifest(stage):
    """The live open says what the check says."""
    root = stage.tree(
        actor("run", policy={"never": [{"from": "/bank", "to": "/*"}]},
              children=[child("bank"), child("guest")],
              offer=[offer("#bank", "#guest")]),
        bank=provider(ECHO, "run"),
        guest=obeyer(use=[dict(protocol="example.Echo")]))
    r = stage.reeve("check", root)
    equal(r.returncode, 1)
    matches(r"guest\.cml:\d+:\d+: error: .*\[policy-never\]", r.stderr)
    with stage.run(root) as run:
        begin(run, "/guest")
        matches("ACCESS_DENIED",
                " ".join(run.order("/guest", "open /svc/example.Echo",
                                   "call hello")))
        equal(run.find("started", "/bank"), [])


# ---- programs ----

@story
def what_a_program_writes_is_kept_or_not(stage):
    """Each of its two outputs for itself."""
    def writer(**forwards):
        manifest = actor("sh echo out; echo err >&2", "say said", "exit 0")
        manifest["program"].update(forwards)
        return manifest

    kept = {"/both": ["err", "out", "said", "sh 0"],
            "/out": ["out", "said", "sh 0"], "/err": ["err"]}
    root = stage.tree(
        actor("run", children=[child("both"), child("out"), child("err")]),
        both=writer(), out=writer(forward_stderr_to="none"),
        err=writer(forward_stdout_to="none"))
    with stage.run(root) as run:
        begin(run, *kept)
        for moniker, lines in kept.items():
            run.wait("exit", moniker)
            until(lambda: len(run.says(moniker)) >= len(lines), moniker)
            equal(sorted(run.says(moniker)), lines)


play()
