"""Services that are registered, found and waited for by name at run time."""
from stage import (actor, child, equal, matches, obeyer, offer, play, provider,
                   story, url, user, uses)

CUT = "refused PEER_CLOSED by nobody"
NAME = "example.Later"
OK = ["connected " + NAME, "answer x"]
TRY = ("connect " + NAME, "call x")


def family(stage, offers=(), **packages):
    """/s and /u below a root that offers them this; all wait for orders."""
    packages.setdefault("s", obeyer())
    packages.setdefault("u", obeyer())
    return stage.run(stage.tree(
        obeyer(children=[child(n.replace("_", "-")) for n in packages],
               offer=list(offers)), **packages))


def ready(run, *monikers):
    run.wait("started", "/")
    run.start(*(monikers or ("/s", "/u")))


def later(*to, source="#s", **more):
    return offer(source, *to, name=NAME, source_availability="unknown",
                 **more)


def error(line):
    """("connect", "ACCESS_DENIED", "why")"""
    return line.split(": ", 2)


# ---- registering ----

@story
def registered_replaced_unregistered(stage):
    with family(stage, [later("#u")]) as run:
        ready(run)
        equal(run.one("/s", "register " + NAME), "registered " + NAME)
        equal(run.order("/u", *TRY), OK)
        # Twice is a mistake, and changes nothing.
        equal(error(run.one("/s", "register %s served" % NAME)),
              ["register", "INSTANCE_ALREADY_EXISTS",
               "/s has registered %s already" % NAME])
        equal(run.one("/u", "call y"), "answer y")
        # To replace is to begin anew.
        equal(run.one("/s", "register %s replace served" % NAME),
              "registered " + NAME)
        run.wait("revoke", text="registration of " + NAME)
        equal(run.one("/u", "call y"), CUT)
        equal(run.order("/u", *TRY), OK)
        # When it is unregistered, nothing passes when that was answered.
        equal(run.one("/s", "unregister " + NAME), "unregistered " + NAME)
        equal(run.one("/u", "call y"), CUT)
        equal(error(run.order("/u", *TRY)[0])[1], "RESOURCE_NOT_FOUND")
        equal(error(run.one("/s", "unregister " + NAME)),
              ["unregister", "RESOURCE_NOT_FOUND",
               "/s has not registered " + NAME])


@story
def the_end_is_seen_before_the_reply(stage):
    """One that waits on the channel is told by the time Unregister returns."""
    with family(stage, [later("#u")]) as run:
        ready(run)
        run.one("/s", "register " + NAME)
        equal(run.order("/u", *TRY), OK)
        waits = run.order("/u", "wait-closed", waits=False)
        run.one("/s", "unregister " + NAME)
        matches("^closed PEER_CLOSED", run.done("/u", waits)[0])
        cut = run.wait("revoke", text="registration of " + NAME)
        equal(cut["report"]["connections"], 1)
        # Proven before anybody was told: both are in the order of the journal.
        assert run.events.index(cut) < run.events.index(
            run.said("/s", "^unregistered"))


@story
def served_at_another_path(stage):
    with family(stage, [later("#u")]) as run:
        ready(run)
        run.order("/s", "serve /inner/echo echo")
        equal(run.one("/s", "register %s path=/inner/echo served" % NAME),
              "registered " + NAME)
        equal(run.order("/u", *TRY), OK)


@story
def gone_when_the_realm_stops_and_there_again(stage):
    """The offer of the manifest is still good when it is registered again."""
    with family(stage, [later("#u")]) as run:
        ready(run)
        for end in "stop", "crash", "exit":
            equal(run.one("/s", "register " + NAME), "registered " + NAME)
            equal(run.order("/u", *TRY), OK)
            after = run.mark()
            if end == "stop":
                run.ask("stop", "/s")
            else:
                run.order("/s", "kill 11" if end == "crash" else "exit 3",
                          waits=False)
            run.wait("exit", "/s", after=after)
            run.wait("revoke", text="/s", after=after)
            equal(run.one("/u", "call y"), CUT)
            equal(error(run.order("/u", *TRY)[0])[1], "RESOURCE_NOT_FOUND")
            run.start("/s")
            run.said("/s", "^obeying$", after=after)
        equal(run.one("/s", "register " + NAME), "registered " + NAME)
        equal(run.order("/u", *TRY), OK)


@story
def a_standing_grant_outlives_the_provider(stage):
    """And so does what the hierarchy rule gives."""
    with family(stage, s=obeyer(children=[child("in", "u")])) as run:
        ready(run, "/s", "/u", "/s/in")
        run.one("/s", "register " + NAME)
        matches("^granted", run.one("/", "grant - u service %s from=#s" % NAME))
        holders = ["/u", "/s/in", "/"]
        for m in holders:
            equal(run.order(m, *TRY), OK)
        after = run.mark()
        run.order("/s", "kill 11", waits=False)
        run.wait("revoke", text="/s", after=after)
        for m in holders:
            equal(run.one(m, "call y"), CUT)
            equal(error(run.order(m, *TRY)[0])[1], "RESOURCE_NOT_FOUND")
        run.start("/s")
        run.said("/s", "^obeying$", after=after)
        run.one("/s", "register " + NAME)
        for m in holders:
            equal((m, run.order(m, *TRY)), (m, OK))


@story
def its_place_outlives_the_provider(stage):
    """/svc/NAME of who was given it, and of whose manifest uses it."""
    with family(stage, [later("#v")], v=actor(
            "obey", use=[dict(protocol=NAME, availability="optional")])) as run:
        ready(run, "/s", "/u", "/v")
        run.one("/s", "register " + NAME)
        matches("^granted", run.one("/", "grant - u service %s from=#s" % NAME))
        both = ("open /svc/" + NAME, "call x", "plain /svc/%s y" % NAME)
        for how in "exit", "replace", "unregister":
            for m in "/u", "/v":
                equal((m, run.order(m, *both)), (m, ["answer x", "answer y"]))
            if how == "exit":
                run.order("/s", "exit 0", waits=False)
                run.wait("revoke", text="/s")
                run.start("/s")
            if how == "unregister":
                run.one("/s", "unregister " + NAME)
            if how != "replace":
                for m in "/u", "/v":
                    equal((m, run.order(m, *both)),
                          (m, ["refused NOT_FOUND by manager"] * 2))
            run.one("/s", "register " + NAME + (
                " replace served" if how == "replace" else ""))
            for m in "/u", "/v":
                equal((m, run.order(m, *both)), (m, ["answer x", "answer y"]))


@story
def registrations_of_who_ends_while_it_registers(stage):
    """Nothing is left of a program that registered and was gone."""
    with family(stage, [later("#u")],
                s=obeyer("register " + NAME, "exit 0")) as run:
        run.wait("started", "/")
        run.start("/u")
        for n in range(5):
            after = run.mark()
            run.start("/s")
            run.wait("exit", "/s", after=after)
            run.wait("revoke", text="/s", after=after)
            equal(error(run.order("/u", *TRY)[0])[1], "RESOURCE_NOT_FOUND")
        equal([g for g in run.grants() if g["kind"] == "registration"], [])


@story
def what_is_wrong_is_said_in_a_sentence(stage):
    with family(stage, s=provider("obey", use=uses("reeve.Registry"))) as run:
        ready(run)
        many = ",".join("/a%d" % n for n in range(65))
        for words, code, text in (
                ("a/b", "INVALID_ARGUMENTS", '^"a/b" is not the name of'),
                ("-x", "INVALID_ARGUMENTS", '^"-x" is not the name of'),
                ("x access=#nobody", "INVALID_ARGUMENTS",
                 '^/s has no child or collection "nobody"$'),
                ("x access=web", "INVALID_ARGUMENTS", '^the pattern "web" '),
                ("x access=/a*", "INVALID_ARGUMENTS", '^the pattern "/a\\*" '),
                ("x path=other", "INVALID_ARGUMENTS",
                 '"other" is not a path'),
                ("example.Echo", "INVALID_ARGUMENTS",
                 "declared in the manifest of /s; it needs no registration"),
        ):
            found = error(run.one("/s", "register " + words))
            equal(found[:2], ["register", code], words)
            matches(text, found[2])
        equal(run.one("/s", "register x access=" + many),
              "register: Invalid argument")
        equal([g for g in run.grants() if g["kind"] == "registration"], [])
        # Nothing is served that was not registered.
        equal(run.one("/s", "register x"), "registered x")


@story
def without_the_registry(stage):
    """Who does not use it has none, whatever it calls."""
    with family(stage, [offer("framework", "#v", name="reeve.Registry")],
                v=actor("obey"), w=user("obey", name="reeve.Registry")) as run:
        ready(run, "/v", "/w")
        for verb in "register", "connect", "wait-name":
            equal(run.one("/v", "%s %s" % (verb, NAME)).split(": ")[1:],
                  ["No such file or directory"])
            equal(run.one("/w", "%s %s" % (verb, NAME)).split(": ")[1:],
                  ["No such file or directory"])


@story
def as_many_as_may_be(stage):
    """Registrations are charged to who makes them."""
    with family(stage) as run:
        ready(run)
        says = []
        for n in range(0, 4200, 420):
            says += run.order("/s", *["register n%d served" % k
                                      for k in range(n, n + 420)])
        good = [s for s in says if s.startswith("registered")]
        bad = [s for s in says if not s.startswith("registered")]
        assert good and bad, len(good)
        for line in bad:
            equal(error(line)[1], "RESOURCE_UNAVAILABLE")
            matches("as many grants and registrations", line)
        # What goes makes room.
        equal(run.one("/s", "unregister n0"), "unregistered n0")
        equal(run.one("/s", "register again served"), "registered again")
        equal(run.one("/u", "register mine"), "registered mine")


# ---- looking up ----

@story
def looked_up_in_order(stage):
    """What was given to oneself, what the parent registered, what children
    did."""
    with family(stage, s=obeyer(children=[child("in", "t")]),
                t=obeyer()) as run:
        ready(run, "/s", "/s/in", "/t")
        run.start("/s")

        def source():
            after = run.mark()
            equal(run.order("/s", *TRY), OK)
            return run.wait("open", "/s", NAME, after=after)["text"]

        run.one("/s/in", "register " + NAME)
        equal(source(), NAME + " -> /s/in")
        run.one("/", "register " + NAME)
        equal(source(), NAME + " -> /")
        run.one("/t", "register " + NAME)
        granted = run.one("/", "grant - s service %s from=#t" % NAME)
        matches("^granted ", granted)
        equal(source(), NAME + " -> /t")
        # And back, when it goes.
        run.one("/", "revoke " + granted.split()[1])
        equal(source(), NAME + " -> /")
        run.one("/", "unregister " + NAME)
        equal(source(), NAME + " -> /s/in")


@story
def of_two_children_neither_is_meant(stage):
    with family(stage) as run:
        ready(run)
        for m in "/s", "/u":
            run.one(m, "register " + NAME)
        matches("^connect: RESOURCE_NOT_FOUND: 2 children of / have registered",
                run.one("/", "connect " + NAME))
        run.one("/u", "unregister " + NAME)
        equal(run.order("/", *TRY), OK)


@story
def a_use_of_the_manifest_finds_what_is_registered(stage):
    """/svc/NAME is there from the start; it leads somewhere from then on."""
    with family(stage, [later("#u")], u=actor(
            "obey", use=[dict(protocol=NAME, availability="optional")])) as run:
        ready(run)
        tries = ("open /svc/" + NAME, "call x", "plain /svc/%s y" % NAME)
        equal(run.order("/u", *tries),
              ["refused NOT_FOUND by manager"] * 2)
        run.one("/s", "register " + NAME)
        equal(run.order("/u", *tries), ["answer x", "answer y"])


@story
def a_parent_looks_into_what_its_child_exposes(stage):
    """What the child registers is in there, as long as it is registered."""
    realm = "fuchsia.sys2.Realm"
    root = stage.tree(
        obeyer("realm /svc/" + realm, use=uses(realm),
               children=[child("s")]), s=obeyer())
    with stage.run(root) as run:
        ready(run, "/s")
        run.order("/", "exposed - s")
        equal(run.order("/", "list-in ."), ["listed 0"])
        for _ in range(2):
            run.one("/s", "register " + NAME)
            equal(run.order("/", "list-in svc"), ["entry " + NAME, "listed 1"])
            equal(run.order("/", "in svc/" + NAME, "call x"), ["answer x"])
            run.one("/s", "unregister " + NAME)
            equal(run.order("/", "call x"), [CUT])
            equal(run.order("/", "in svc/" + NAME, "call x"),
                  ["refused NOT_FOUND by manager"])


@story
def policies_name_children_and_collections(stage):
    with stage.run(stage.tree(
            obeyer(children=[child("a", "u"), child("b", "u")],
                   collections=[dict(name="pool", durability="transient")]),
            u=obeyer())) as run:
        ready(run, "/a", "/b")
        for name in "one", "two":
            run.ask("create", "/", "pool:" + name, url("u"))
            run.start("/pool:" + name)
        everybody = ["/a", "/b", "/pool:one", "/pool:two"]
        for policy, allowed in (("access=#a", ["/a"]),
                                ("access=#pool", everybody[2:]),
                                ("access=#b,#pool", everybody[1:]),
                                ("access=/pool:one,#a", ["/a", "/pool:one"]),
                                ("access=children", everybody)):
            run.one("/", "register %s replace %s%s" % (
                NAME, policy, "" if policy == "access=#a" else " served"))
            equal([m for m in everybody if run.order(m, *TRY) == OK], allowed,
                  policy)


@story
def what_is_registered_below_is_exposed_upwards(stage):
    """By a manifest that says it may not be there yet."""
    middle = dict(children=[child("s", startup="eager")],
                  expose=[{"protocol": NAME, "from": "#s",
                           "source_availability": "unknown"}])
    with stage.run(stage.tree(
            obeyer(children=[child("m"), child("u")],
                   offer=[later("#u", source="#m")]),
            m=middle, s=obeyer(), u=obeyer())) as run:
        ready(run, "/m/s", "/u")
        equal(error(run.order("/u", *TRY)[0])[1], "RESOURCE_NOT_FOUND")
        run.order("/u", "watch-name " + NAME)
        for _ in range(2):
            after = run.mark()
            run.one("/m/s", "register " + NAME)
            saw(run, "/u", "come", after)
            equal(run.order("/u", *TRY), OK)
            after = run.mark()
            run.one("/m/s", "unregister " + NAME)
            saw(run, "/u", "go", after)
            equal(run.one("/u", "call y"), CUT)


# ---- waiting ----

@story
def waiting_before_the_service_exists(stage):
    with family(stage, [later("#u")]) as run:
        ready(run)
        waits = run.order("/u", "wait-name " + NAME, *TRY, waits=False)
        # It stands in the manager's queue by now, or is on its way there.
        run.one("/s", "register " + NAME)
        equal(run.done("/u", waits), [NAME + " is there", *OK])
        waits = run.order("/u", "wait-gone " + NAME, waits=False)
        run.one("/s", "unregister " + NAME)
        equal(run.done("/u", waits), [NAME + " is gone"])


def saw(run, moniker, what, after):
    run.said(moniker, "^saw %s %s$" % (NAME, what), after=after)


@story
def told_when_it_comes_and_goes(stage):
    """By registration, by grant, by the provider's end, by revoking."""
    with family(stage) as run:
        ready(run)
        run.order("/u", "watch-name " + NAME)
        run.one("/s", "register " + NAME)
        after = run.mark()
        granted = run.one("/", "grant - u service %s from=#s" % NAME)
        saw(run, "/u", "come", after)
        for leave, come in (
                ("unregister " + NAME, "register " + NAME),
                ("exit 1", "register " + NAME)):
            after = run.mark()
            run.order("/s", leave, waits=False)
            saw(run, "/u", "go", after)
            after = run.mark()
            if leave == "exit 1":
                run.wait("exit", "/s")
                run.start("/s")
            run.one("/s", come)
            saw(run, "/u", "come", after)
        after = run.mark()
        run.one("/", "revoke " + granted.split()[1])
        saw(run, "/u", "go", after)
        after = run.mark()
        run.one("/", "grant - u service %s from=#s uses=1" % NAME)
        saw(run, "/u", "come", after)
        equal(run.order("/u", *TRY), OK)
        equal(error(run.order("/u", *TRY)[0])[1], "ACCESS_DENIED")


@story
def told_of_what_the_operator_takes_and_gives_back(stage):
    """An offer of the manifest."""
    with family(stage, [later("#u")]) as run:
        ready(run)
        run.one("/s", "register " + NAME)
        after = run.mark()
        run.order("/u", "watch-name " + NAME)
        saw(run, "/u", "come", after)
        equal(run.order("/u", *TRY), OK)
        after = run.mark()
        run.ask("revoke", "/u", NAME)
        saw(run, "/u", "go", after)
        equal(run.one("/u", "call y"), CUT)
        matches("^connect: ACCESS_DENIED: .*taken back by the operator",
                run.order("/u", *TRY)[0])
        after = run.mark()
        run.ask("grant", "/u", NAME)
        saw(run, "/u", "come", after)
        equal(run.order("/u", *TRY), OK)


@story
def told_of_what_a_new_policy_says(stage):
    with family(stage, [later("#u")]) as run:
        ready(run)
        run.order("/u", "watch-name " + NAME)
        run.one("/s", "register %s access=/v" % NAME)
        after = run.mark()
        run.one("/s", "register %s replace served access=/u" % NAME)
        saw(run, "/u", "come", after)
        after = run.mark()
        run.one("/s", "register %s replace served access=" % NAME)
        saw(run, "/u", "go", after)


@story
def many_wait_and_each_is_told(stage):
    n = 40
    names = ["u%d" % k for k in range(n)]
    with stage.run(stage.tree(
            obeyer(children=[child("s")] + [child(u, "u") for u in names]),
            s=obeyer(),
            u=actor("watch-name " + NAME, "obey",
                    use=uses("reeve.Registry")))) as run:
        run.wait("started", "/")
        run.start("/s", *["/" + u for u in names])
        for u in names:
            run.said("/" + u, "^obeying$")
        run.one("/", "register " + NAME)
        run.wait("log", None, "^saw %s come$" % NAME, n=n)
        run.one("/", "unregister " + NAME)
        run.wait("log", None, "^saw %s go$" % NAME, n=n)


play()
