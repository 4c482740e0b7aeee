"""
What is handed down, and what becomes of it: each level has less, and loses it
with the one above; who does not run has it when it starts; all of it is told.
"""
import json

from grants import (BOTH, CUT, ECHO, appears, family, give, got, is_gone, ready,
                    shell, take)
from stage import child, equal, matches, obeyer, offer, play, story


# ---- handed down ----

@story
def every_level_has_less_and_is_taken_back_in_turn(stage):
    """Rights shrink on the way down; what is cut goes with all below it."""
    with family(stage, u=obeyer(children=[child("k", "v")]),
                v=obeyer(children=[child("g", "w")]), w=obeyer()) as run:
        ready(run)
        run.start("/u/k", "/u/k/g")
        top = give(run, "directory d from=#s rights=rw")
        middle = run.one("/u", "derive directory d as=less rights=r")
        matches(r"^derived \d+$", middle)
        low = give(run, "directory less as=d", "- k", "/u")
        matches("^derived", run.one("/u/k", "derive directory d as=part "
                                    "subdir=one"))
        give(run, "directory part as=d", "- g", "/u/k")
        appears(run, "/u/k/g", "/grants/d/two/file")
        for m, may in ("/u", True), ("/u/k", False), ("/u/k/g", False):
            appears(run, m, "/grants/d")
            equal(shell(run, m, "echo x >/grants/d/%s" % m.count("/"))[-1]
                  == "sh 0", may)
        # More than one has cannot be given.
        matches("ACCESS_DENIED",
                run.one("/u/k", "derive directory d as=more rights=rw"))
        matches("ACCESS_DENIED",
                run.one("/u", "grant - k directory less as=more rights=rw"))
        # From the middle down.
        matches("^revoked: ", run.one("/u", "revoke " + middle.split()[1]))
        is_gone(run, "/u/k/g", "/grants/d/two/file")
        is_gone(run, "/u/k", "/grants/d/file")
        equal(shell(run, "/u", "cat /grants/d/file"), ["top", "sh 0"])
        matches("no such grant of yours", run.one("/u", "revoke " + low))
        # And from the top.
        give(run, "directory d", "- k", "/u")
        appears(run, "/u/k", "/grants/d/file")
        take(run, top)
        for m in "/u", "/u/k":
            is_gone(run, m, "/grants/d/file")


@story
def a_copy_counts_for_all_who_have_it(stage):
    """Opens of a copy are counted there, whoever makes them."""
    with family(stage, u=obeyer(children=[child("a", "v"), child("b", "v")]),
                v=obeyer()) as run:
        ready(run)
        run.start("/u/a", "/u/b")
        give(run, "service %s from=#s" % ECHO)
        matches("^derived", run.one("/u", "derive service %s as=twice uses=2"
                                    % ECHO))
        for name in "ab":
            give(run, "service twice as=it", "- " + name, "/u")
        for m in "/u/a", "/u/b":
            equal(run.order(m, "connect it", "call x"),
                  ["connected it", "answer x"])
        for m in "/u/a", "/u/b":
            matches("^connect: ACCESS_DENIED", run.one(m, "connect it"))
        # One's own is as it was.
        equal(run.order("/u", "connect " + ECHO, "call x"),
              ["connected " + ECHO, "answer x"])


@story
def a_connection_by_name_is_a_grant_of_its_own(stage):
    """The parent reached it by the rule: listed, and taken back by number."""
    with family(stage) as run:
        ready(run)
        equal(run.one("/s", "register example.Late"),
              "registered example.Late")
        equal(run.order("/", "connect example.Late", "call x"),
              ["connected example.Late", "answer x"])
        line, total = run.order("/", "grants")
        equal(total, "1 grants")
        matches("example.Late as example.Late.* 1 conn", line)
        matches("^revoked: 1 connections",
                run.one("/", "revoke " + line.split()[1]))
        equal(run.one("/", "call x"), CUT)
        # The rule does not give anew what was taken back.
        matches("^connect: ACCESS_DENIED",
                run.one("/", "connect example.Late"))


@story
def what_was_given_under_another_name_counts_with_all_below(stage):
    with family(stage, u=obeyer(children=[child("k", "v")]),
                v=obeyer()) as run:
        ready(run)
        run.start("/u/k")
        give(run, "service %s from=#s as=example.Other" % ECHO)
        give(run, "service example.Other", "- k", "/u")
        for m in "/u", "/u/k":
            equal(run.order(m, "open /svc/example.Other", "call x"),
                  ["answer x"])
        line = run.order("/", "grants")[0]
        # The child's two slots, and its own use is not counted.
        matches(ECHO + " as example.Other.* 2 conn\\S*, 2 derived", line)


@story
def a_refused_grant_changes_nothing(stage):
    """What was cut stays cut, and a time beyond all bounds is refused."""
    with family(stage, [offer("#s", "#u", name=ECHO)],
                u=obeyer(use=[dict(protocol=ECHO)])) as run:
        ready(run)
        equal(run.order("/u", "open /svc/" + ECHO, "call x"), ["answer x"])
        matches("^revoked: ", run.one("/", "revoke-child - u"))
        matches("RESOURCE_NOT_FOUND|INVALID",
                run.one("/", "grant - u service example.None as=" + ECHO))
        is_gone(run, "/u", "/svc/" + ECHO)
        matches("INVALID_ARGUMENTS.*hundred years",
                run.one("/", "grant - u service %s from=#s "
                        "ms=18446744073709551615" % ECHO))


# ---- who does not run ----

@story
def given_before_it_starts_and_after_it_ended(stage):
    with family(stage) as run:
        ready(run, "/s")
        give(run, "service %s from=#s" % ECHO)
        give(run, "directory d from=#s rights=r")
        equal(run.find("start", "/u"), [])
        for _ in range(2):
            after = run.mark()
            run.start("/u")
            run.said("/u", "^obeying$", after=after)
            equal(run.order("/u", *BOTH), ["answer one", "answer two"])
            appears(run, "/u", "/grants/d/file")
            run.order("/u", "kill 11", waits=False)
            run.wait("exit", "/u", after=after)
        equal(run.order("/", "grants")[-1], "2 grants")
        # Taken back while it does not run.
        matches("^revoked: ", run.one("/", "revoke-name - u " + ECHO))
        matches("^revoked: ", run.one("/", "revoke-name - u d"))
        after = run.mark()
        run.start("/u")
        run.said("/u", "^obeying$", after=after)
        matches("^connect: RESOURCE_NOT_FOUND",
                run.one("/u", "connect " + ECHO))
        is_gone(run, "/u", "/grants/d/file")


@story
def all_that_a_child_has_is_taken(stage):
    """Its offers, its grants, and what it opened of the framework."""
    with family(stage, [offer("#s", "#u", name="d", kind="directory",
                              rights=["r*"])],
                **got({})) as run:
        ready(run, "/s")
        run.start("/u")
        run.said("/u", "^obeying$")
        give(run, "service %s from=#s" % ECHO)
        equal(run.order("/u", *BOTH), ["answer one", "answer two"])
        equal(shell(run, "/u", "cat /got/file"), ["top", "sh 0"])
        matches("^revoked: ", run.one("/", "revoke-child - u"))
        equal(run.one("/u", "call x"), CUT)
        is_gone(run, "/u", "/got/file")
        is_gone(run, "/u", "/svc/" + ECHO)
        matches("^connect: ", run.one("/u", "connect " + ECHO))
        # It goes on, with nothing.
        equal(run.find("exit"), [])
        equal(run.one("/u", "say here"), "here")
        # Given back is what manifests give; what was granted is granted anew.
        run.ask("restore", "/u")
        appears(run, "/u", "/got/file")
        equal(run.one("/u", "register example.Mine"), "registered example.Mine")
        matches("^connect: RESOURCE_NOT_FOUND",
                run.one("/u", "connect " + ECHO))
        give(run, "service %s from=#s" % ECHO)
        equal(run.order("/u", *BOTH), ["answer one", "answer two"])


# ---- the audit log ----

@story
def every_change_of_authority_is_one_line(stage):
    with family(stage) as run:
        ready(run)
        run.one("/s", "register example.Late")
        number = give(run, "service %s from=#s" % ECHO)
        give(run, "service example.Late from=#s ms=300")
        matches("^derived", run.one("/u", "derive service %s as=less" % ECHO))
        run.order("/u", *BOTH)
        run.wait("expire")
        run.one("/u", "connect example.Late")
        take(run, number)
        lines = [json.loads(line) for line in
                 run.ask("log", "--audit", "--json").splitlines()]
        kinds = [e["event"] for e in lines]
        for kind, n in (("grant", 2), ("mint", 1), ("register", 1),
                        ("expire", 1), ("revoke", 1)):
            equal(kinds.count(kind), n, kind)
        assert not {"log", "start", "started", "exit"} & set(kinds), kinds
        opens = [e for e in lines if e["event"] == "open"
                 and e["capability"] == ECHO]
        equal(len(opens), 2)
        for e in opens + [e for e in lines if e["event"] in
                          ("grant", "mint", "expire", "revoke")]:
            hops = e["route"]["hops"]
            equal((hops[0]["moniker"], hops[-1]["moniker"]), ("/u", "/s"))
            assert len(hops) >= 4, hops
        for e in lines:
            if e["event"] == "refused":
                equal((e["capability"], e["status"]),
                      ("example.Late", "NOT_FOUND"))
            if e["event"] == "register":
                equal((e["moniker"], e["capability"]), ("/s", "example.Late"))
        for e in lines:
            if e["event"] in ("revoke", "expire"):
                assert e["what"] and e["by"] and "report" in e, e
        # The same for people.
        text = run.ask("log", "--audit")
        for word in "was given", "taken back", "nothing passes":
            assert word in text, text


@story
def why_says_how_and_why_not(stage):
    with family(stage) as run:
        ready(run)
        number = give(run, "service %s from=#s" % ECHO)
        out = run.ask("why", "/u", ECHO)
        matches("grant", out)
        matches("/s", out)
        take(run, number)
        matches("broken|no service|not",
                run.ask("why", "/u", ECHO, status=1))
        give(run, "service %s from=#s uses=1" % ECHO)
        run.order("/u", "open /svc/" + ECHO, "call x")
        matches("used-up|number of opens",
                run.ask("why", "/u", ECHO, status=1))


if __name__ == "__main__":
    play()
