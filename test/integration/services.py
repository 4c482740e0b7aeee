"""
Services between realms: what the figure and the tables of the model say, row by
row. The realms are A, B, C and D below a root; B serves "database", C "logger"
and D "network".
"""
from stage import child, equal, matches, obeyer, offer, play, story, until

OWNERS = {"database": "b", "logger": "c", "network": "d"}
ACCESS = {"database": "access=/a,/c", "logger": "access=/a,/b,/d,/c/*",
          "network": "access=/a"}
MAY = {"database": ["/a", "/c"],
       "logger": ["/a", "/b", "/d", "/c/one", "/c/two"],
       "network": ["/a"]}
CUT = "refused PEER_CLOSED by nobody"
REALMS = ["/a", "/b", "/c", "/c/one", "/c/two", "/d"]


def figure(stage, offers=()):
    """A to D, of which C has two children; each waits for orders."""
    root = stage.tree(
        obeyer(children=[child(n, "x") for n in "abd"] + [child("c")],
               offer=list(offers)),
        x=obeyer(),
        c=obeyer(children=[child("one", "x"), child("two", "x")]))
    return stage.run(root)


def register(run, *names):
    """All are there, and the owners of these names register them."""
    run.wait("started", "/")
    run.start(*REALMS)
    for name in names or OWNERS:
        equal(run.one("/" + OWNERS[name],
                      "register %s %s" % (name, ACCESS[name])),
              "registered " + name)


def init_configuration():
    """Whatever B, C and D may register, offered to everybody else: nobody
    needs anybody to be there."""
    return [offer("#" + owner, *["#" + n for n in "abcd" if n != owner],
                  name=name, source_availability="unknown",
                  dependency="weak")
            for name, owner in OWNERS.items()]


def tries(run, moniker, name):
    """Connect and call: "answered", or the error's name; and the sentence."""
    says = run.order(moniker, "connect " + name, "call hello")
    if says[0] == "connected " + name:
        equal(says[1], "answer hello")
        return "answered", ""
    equal(says[1], "call: no channel")
    _, error, why = says[0].split(": ", 2)
    return error, why


def refused_in_journal(run, moniker, text, after):
    return run.wait("refused", moniker, text, after=after)


def try_all(run, name, offered):
    """Every realm tries it: those of the table are answered, the others are
    refused, with a sentence in their name."""
    for moniker in REALMS:
        after = run.mark()
        answer, why = tries(run, moniker, name)
        if moniker in MAY[name]:
            equal((moniker, answer), (moniker, "answered"))
            continue
        equal((moniker, answer),
              (moniker, "ACCESS_DENIED" if moniker in offered
               else "RESOURCE_NOT_FOUND"))
        matches(r"^/[a-z/]+ (lets only|has no service) ", why)
        refused_in_journal(run, moniker, name, after)


# ---- the figure ----

@story
def figure_database_for_a_and_c(stage):
    with figure(stage, offers=init_configuration()) as run:
        register(run)
        try_all(run, "database", ["/a", "/c", "/d"])


@story
def figure_logger_for_all_children(stage):
    """All realms but its own: A, B and D by the root's configuration, its own
    children by the rule."""
    with figure(stage, offers=init_configuration()) as run:
        register(run)
        try_all(run, "logger", ["/a", "/b", "/d"])


@story
def figure_network_for_a(stage):
    with figure(stage, offers=init_configuration()) as run:
        register(run)
        try_all(run, "network", ["/a", "/b", "/c"])


# ---- the life of a service ----

@story
def lifecycle_1_registration(stage):
    """Name, endpoint and policy are on record from the reply on."""
    with figure(stage) as run:
        register(run, "database")
        told = run.wait("register", "/b")
        matches('^provides database from now on, to .*"/a".*"/c"',
                told["text"])
        kept = [g for g in run.grants() if g["kind"] == "registration"]
        equal([(g["holder"], g["capability"]) for g in kept],
              [("/b", "database")])
        matches('"/a".*"/c"', kept[0]["access"])


@story
def lifecycle_2_connection(stage):
    """The policy is looked at when somebody connects, and only then."""
    with figure(stage, offers=init_configuration()) as run:
        register(run, "database")
        equal(run.order("/a", "connect database", "call one"),
              ["connected database", "answer one"])
        opened = run.wait("open", "/a", "^database -> /b$")
        equal([hop["moniker"] for hop in opened["route"]["hops"]],
              ["/a", "/", "/b", "/b"])
        equal(tries(run, "/d", "database")[0], "ACCESS_DENIED")
        # A new policy is for those who connect from now on.
        equal(run.one("/b", "register database access=/d replace served"),
              "registered database")
        equal(tries(run, "/d", "database")[0], "answered")
        equal(tries(run, "/a", "database")[0], "ACCESS_DENIED")


@story
def lifecycle_3_direct_communication(stage):
    """Of ten thousand messages the manager sees none."""
    with figure(stage, offers=init_configuration()) as run:
        register(run, "database")
        after = run.mark()
        equal(run.order("/a", "connect database", "talk 10000", "close"),
              ["connected database"])
        # What ends without a word is found when somebody looks.
        closed = until(lambda: run.show("/a") and
                       run.find("closed", "/a", after=after), "it ends")[0]
        equal(closed["capability"], "database")
        assert closed["turns"] < 100, closed


# ---- grant mechanisms ----

@story
def grant_mechanism_parent_grants(stage):
    with figure(stage) as run:
        register(run)
        equal(tries(run, "/a", "database")[0], "RESOURCE_NOT_FOUND")
        matches("^granted ", run.one("/", "grant - a service database "
                                     "from=#b"))
        equal(tries(run, "/a", "database")[0], "answered")
        # Explicitly, and nobody else.
        equal(tries(run, "/c", "database")[0], "RESOURCE_NOT_FOUND")


@story
def grant_mechanism_init_configuration(stage):
    """The root's manifest says who has what before anything is registered."""
    with figure(stage, offers=init_configuration()[:1]) as run:
        run.wait("started", "/")
        run.start("/a", "/d")
        equal(tries(run, "/a", "database")[0], "RESOURCE_NOT_FOUND")
        register(run)
        equal(tries(run, "/a", "database")[0], "answered")
        equal(tries(run, "/a", "network")[0], "RESOURCE_NOT_FOUND")


@story
def grant_mechanism_hierarchy_rules(stage):
    """A child reaches what its parent registers, and the parent what its child
    does; siblings, nephews and grandparents do not."""
    with figure(stage) as run:
        register(run, "logger")
        run.one("/c", "register logger replace served")
        equal(run.one("/c/one", "register upward"), "registered upward")
        answered = {m: [n for n in ("logger", "upward")
                        if tries(run, m, n)[0] == "answered"]
                    for m in ["/", *REALMS]}
        equal(answered, {"/": ["logger"], "/a": [], "/b": [],
                         "/c": ["upward"], "/c/one": ["logger"],
                         "/c/two": ["logger"], "/d": []})


@story
def grant_mechanism_service_policy(stage):
    """The policy narrows what all the others give, and adds nothing."""
    with figure(stage, offers=init_configuration()) as run:
        register(run)
        for policy, allowed in (("", "acd"), ("access=", ""),
                                ("access=/d", "d"), ("access=/*", "acd"),
                                ("access=/a,/c/one", "a")):
            equal(run.one("/b", "register database replace served " + policy),
                  "registered database")
            equal("".join(n for n in "acd" if
                          tries(run, "/" + n, "database")[0] == "answered"),
                  allowed, policy)


# ---- revocation ----

@story
def revocation_parent_revokes_childs_capability(stage):
    with figure(stage) as run:
        register(run)
        ids = {n: run.one("/", "grant - %s service database from=#b" % n)
               .split()[1] for n in "ac"}
        for n in "ac":
            equal(tries(run, "/" + n, "database")[0], "answered")
        matches("^revoked: 1 connections, ", run.one("/", "revoke " + ids["a"]))
        equal(run.one("/a", "call again"), CUT)
        equal(tries(run, "/a", "database")[0], "RESOURCE_NOT_FOUND")
        # The other one has not even noticed.
        equal(run.one("/c", "call again"), "answer again")
        equal(run.find("exit"), [])


@story
def revocation_service_realm_terminated(stage):
    with figure(stage, offers=init_configuration()) as run:
        register(run)
        for n in "ac":
            equal(tries(run, "/" + n, "database")[0], "answered")
        run.ask("stop", "/b")
        run.wait("exit", "/b")
        for n in "ac":
            equal(run.one("/" + n, "call again"),
                  CUT)
            equal(tries(run, "/" + n, "database")[0],
                  "RESOURCE_NOT_FOUND")


@story
def revocation_propagates_to_all_derived(stage):
    """What was passed on, and what was made weaker and passed on."""
    with figure(stage) as run:
        register(run)
        run.one("/b", "register database replace served")
        top = run.one("/", "grant - c service database from=#b").split()[1]
        run.one("/c", "grant - one service database")
        run.one("/c", "derive service database as=less uses=5")
        run.one("/c", "grant - two service less as=database")
        holders = ["/c", "/c/one", "/c/two"]
        for m in holders:
            equal(tries(run, m, "database")[0], "answered")
        equal(len(run.find("open", None, "^database -> /b")), 3)
        matches("^revoked: 3 connections, ", run.one("/", "revoke " + top))
        for m in holders:
            equal(run.one(m, "call again"), CUT)
            equal(tries(run, m, "database")[0], "RESOURCE_NOT_FOUND")
        equal([g for g in run.grants() if g["kind"] in ("grant", "copy")], [])


# ---- compared with messages inside a realm (the latency is for bench/) ----

@story
def comparison_addressing(stage):
    """A name and a connection: the name means what one's parent gave."""
    with figure(stage) as run:
        register(run)
        run.one("/b", "register database replace served")
        run.one("/d", "register network replace served")
        run.one("/", "grant - a service database from=#b as=it")
        run.one("/", "grant - c service network from=#d as=it")
        for n, source in ("a", "/b"), ("c", "/d"):
            equal(tries(run, "/" + n, "it")[0], "answered")
            run.wait("open", "/" + n, "^it -> %s$" % source)


@story
def comparison_message_format(stage):
    """Bytes, copied: what arrives is what was sent."""
    with figure(stage, offers=init_configuration()) as run:
        register(run)
        text = "".join(chr(c) for c in range(0x21, 0x600) if chr(c).isalpha())
        equal(run.order("/a", "connect database", "call " + text),
              ["connected database", "answer " + text])


@story
def comparison_access_control(stage):
    """To know a name is nothing; a capability is required."""
    with figure(stage) as run:
        register(run)
        for m in REALMS:
            for name in OWNERS:
                equal((m, name, tries(run, m, name)[0]),
                      (m, name, "answered" if
                       (m[:3], name) == ("/c/", "logger")
                       else "RESOURCE_NOT_FOUND"))


@story
def comparison_setup(stage):
    """Registration, then connection; neither alone."""
    with figure(stage, offers=init_configuration()) as run:
        run.wait("started", "/")
        run.start(*REALMS)
        equal(tries(run, "/a", "database")[0], "RESOURCE_NOT_FOUND")
        register(run, "database")
        equal(run.order("/a", "call x"), ["call: no channel"])
        equal(tries(run, "/a", "database")[0], "answered")


play()
