"""Directories with the kernel's rights, and storage that is one's own."""
import os

from stage import (actor, child, equal, matches, offer, play, story,
                   until)

REALM = "fuchsia.sys2.Realm"


def storage(**more):
    """Declarations of a realm that keeps storage for others."""
    return dict(
        capabilities=[
            dict(directory="state", rights=["rw*"], path="/state"),
            {"storage": "data", "from": "self", "backing_dir": "state",
             "storage_id": "static_instance_id_or_moniker"}], **more)


def keeper(*commands, **sections):
    return actor(*commands, use=[dict(storage="data", path="/data")],
                 **sections)


def offer_data(*to, **more):
    return offer("self", *to, name="data", kind="storage", **more)


def files_of(stage):
    """All files below the state directory, by their last two parts."""
    found = []
    for base, _, names in os.walk(stage.path("state")):
        found += [os.path.join(os.path.basename(base), n) for n in names]
    return sorted(found)


@story
def siblings_do_not_see_each_other(stage):
    commands = ("sh ls -A /data; echo $0 >>/data/mine",
                "sh ls /data; ls -d /state", "sh cat /data/mine")
    root = stage.tree(
        storage(children=[child("a", startup="eager"),
                          child("b", startup="eager")],
                offer=[offer_data("#a", "#b")]),
        a=keeper(*commands), b=keeper(*commands))
    with stage.run(root) as run:
        equal(run.end(), 0)
        for m in "/a", "/b":
            says = run.says(m)
            equal(says[0], "sh 0")
            equal(says[1], "mine")
            matches("/state.*No such file", says[2])
            equal(says[-2:], ["sh", "sh 0"])
    equal(files_of(stage), ["data/mine", "data/mine"])


@story
def storage_survives_restarts(stage):
    """Of the component, and of the manager."""
    root = stage.tree(
        dict(actor("run"), **storage(children=[child("a")],
                                     offer=[offer_data("#a")])),
        a=keeper("sh echo x >>/data/n; wc -l </data/n"))
    for n in 1, 3:
        with stage.run(root) as run:
            run.wait("started", "/")
            run.start("/a")
            run.said("/a", "^%d$" % n)
            run.wait("exit", "/a")
            run.wait_state("/a", "stopped")
            run.start("/a")
            run.said("/a", "^%d$" % (n + 1))


@story
def a_tree_of_its_own_state(stage):
    """--state keeps storage where the operator wants it."""
    root = stage.tree(
        storage(children=[child("a", startup="eager")],
                offer=[offer_data("#a")]),
        a=keeper("sh echo x >/data/file"))
    os.mkdir(stage.path("home/kept"))
    os.chown(stage.path("home/kept"), stage.uid, -1)
    with stage.run(root, "--state", stage.path("home/kept")) as run:
        equal(run.end(), 0)
    equal(files_of(stage), [])
    assert any("file" in names
               for _, _, names in os.walk(stage.path("home/kept")))


@story
def from_the_grandparent(stage):
    root = stage.tree(
        storage(children=[child("middle")], offer=[offer_data("#middle")]),
        middle=dict(children=[child("a", startup="eager")],
                    offer=[offer("parent", "#a", name="data",
                                 kind="storage")]),
        a=keeper("sh echo x >/data/file; cat /data/file"))
    with stage.run(root, "--start", "/middle/a") as run:
        run.said("/middle/a", "^x$")
        equal(run.end(), 0)


@story
def from_a_childs_directory(stage):
    """The backing directory is a child's; so its own cell sees what is in it."""
    root = stage.tree(
        dict(children=[child("disk"), child("a", startup="eager")],
             capabilities=[{"storage": "data", "from": "#disk",
                            "backing_dir": "state",
                            "storage_id": "static_instance_id_or_moniker"}],
             offer=[offer_data("#a")]),
        disk=actor("sh find /state -name mine", "run",
                   capabilities=[dict(directory="state", rights=["rw*"],
                                      path="/state")],
                   expose=[{"directory": "state", "from": "self"}]),
        a=keeper("sh echo x >/data/mine; cat /data/mine", "run"))
    with stage.run(root) as run:
        run.said("/a", "^x$")
        equal(run.find("start", "/disk"), [])
        run.start("/disk")
        run.said("/disk", "/state/.*mine")


def giver(rights, user_rights, commands, **offered):
    return dict(
        root=dict(
            children=[child("s"), child("u", startup="eager")],
            offer=[dict({"directory": "d", "from": "#s", "to": "#u"},
                        **offered)]),
        s=actor("sh mkdir -p /d/one/two/three && "
                "echo inside >/d/one/two/three/file; echo top >/d/file", "run",
                capabilities=[dict(directory="d", path="/d", rights=rights)],
                expose=[{"directory": "d", "from": "self"}]),
        u=actor(*commands,
                use=[dict(directory="d", path="/got", rights=user_rights)]))


@story
def rights_are_the_kernels(stage):
    for use, wanted in ((["r*"], "1"), (["rw*"], "0")):
        tree = giver(["rw*"], use,
                     ("sh cat /got/file",
                      "sh (echo x >/got/new) 2>&1; test -e /got/new"))
        root = stage.tree(**tree)
        # Two runs: the provider's files are there before the user comes.
        with stage.run(root, "--start", "/s") as run:
            run.wait("log", "/s", "^sh 0$")
        with stage.run(root) as run:
            equal(run.end(), 0)
            says = run.says("/u")
            equal(says[0], "top")
            equal(says[-1], "sh " + wanted)
            if wanted == "1":
                matches("Read-only file system", says[2])


@story
def subdirectories_add_up(stage):
    tree = giver(["rw*"], ["r*"],
                 ("sh cat /got/file", "sh ls /got/.. | grep -c one"),
                 subdir="one")
    tree["root"]["offer"][0]["subdir"] = "two"
    tree["s"]["expose"][0]["subdir"] = "one"
    tree["u"]["use"][0]["subdir"] = "three"
    root = stage.tree(**tree)
    with stage.run(root, "--start", "/s") as run:
        run.wait("log", "/s", "^sh 0$")
    with stage.run(root) as run:
        equal(run.end(), 0)
        # And nothing above it is reached through "..".
        equal(run.says("/u"), ["inside", "sh 0", "0", "sh 1"])


@story
def a_package_is_read_only(stage):
    root = stage.tree(
        dict(children=[child("u", startup="eager")]),
        u=actor("sh ls /pkg; (echo x >/pkg/bin/actor) 2>&1;"
                " (echo x >/pkg/new) 2>&1"))
    with stage.run(root) as run:
        equal(run.end(), 0)
        says = run.says("/u")
        equal(says[:2], ["bin", "meta"])
        for line in says[2:4]:
            matches("Read-only|Text file busy|Permission denied", line)
    assert not os.path.exists(stage.path("packages/u/new"))


# ---- of children that come and go ----

def dynamic(stage, *commands):
    return stage.tree(
        dict(actor("realm /svc/" + REALM, *commands),
             collections=[dict(name="pool", durability="transient")],
             use=[{"protocol": REALM, "from": "framework"}],
             **storage(offer=[offer_data("#pool")])),
        w=keeper("sh cat /data/mine; echo $$ >/data/mine; echo wrote", "run"))


URL_W = "fuchsia-pkg://example.org/w#meta/w.cm"


@story
def dynamic_siblings_do_not_see_each_other(stage):
    root = dynamic(stage, "create pool one " + URL_W, "bind pool one",
                   "create pool two " + URL_W, "bind pool two", "run")
    with stage.run(root) as run:
        for m in "/pool:one", "/pool:two":
            run.said(m, "^wrote$")
            matches("No such file", run.says(m)[0])
        equal(files_of(stage), ["data/mine", "data/mine"])


@story
def a_created_again_child_finds_nothing(stage):
    make = "create pool one " + URL_W, "bind pool one"
    with stage.run(dynamic(stage, *make, "obey")) as run:
        run.said("/pool:one", "^wrote$")
        run.order("/", "destroy pool one", *make)
        run.said("/pool:one", "^wrote$", n=2)
        equal(len([line for line in run.says("/pool:one")
                   if "No such" in line]), 2)


@story
def a_destroyed_childs_storage_is_removed(stage):
    root = dynamic(stage, "create pool one " + URL_W, "bind pool one",
                   "create pool two " + URL_W, "bind pool two", "obey")
    stage.package("w", keeper(
        "sh mkdir -p /data/a/b/c; echo x >/data/a/b/c/deep; echo x >/data/mine;"
        " ln -s / /data/root; ln -s /data /data/loop; chmod 0 /data/a/b;"
        " mkdir -p $(printf 'd/%.0s' $(seq 300) | sed s,^,/data/,);"
        " chmod 500 /data/a; mkfifo /data/fifo; echo wrote", "run"))
    with stage.run(root) as run:
        for m in "/pool:one", "/pool:two":
            run.said(m, "^wrote$")
        equal(run.one("/", "destroy pool one"), "destroyed one")
        equal([base for base, _, _ in os.walk(stage.path("state"))
               if "pool:one" in base], [])
        assert any("pool:two" in base
                   for base, _, _ in os.walk(stage.path("state")))
        # What the links led to is untouched.
        assert os.path.exists("/usr")


@story
def storage_of_stopped_children_goes_with_the_parent(stage):
    """Transient children, and what they kept, go when the parent stops."""
    root = dynamic(stage, "create pool one " + URL_W, "bind pool one",
                   "obey")
    with stage.run(root) as run:
        run.said("/pool:one", "^wrote$")
        run.order("/", "exit 0", waits=False)
        equal(run.end(), 0)
    until(lambda: files_of(stage) == [], "the storage is gone")


play()
