"""Typed configuration, and shards, in real cells: what is routed, where it is found, and what
keeps a component from being started."""
import json

from stage import (actor, child, equal, matches, play, story)

FILE = "/config/config.json"


def value(name, type, value, **more):
    return dict(config=name, type=type, value=value, **more)


def use(name, key, type, **more):
    return dict(config=name, key=key, type=type, **more)


def offer(to, *names, **more):
    return {"config": list(names), "from": "self", "to": to, **more}


def optional(default, *arguments, **more):
    return use(*arguments, availability="optional", default=default, **more)


STRINGS = dict(max_count=3, element=dict(type="string", max_size=20))


@story
def values_come_by_routes(stage):
    """From above, renamed on the way; from a child; from oneself."""
    root = stage.tree(
        dict(children=[child("a", startup="eager"), child("b")],
             capabilities=[
                 value("Limit", "uint64", 18446744073709551615),
                 value("Names", "vector", ["x", "\u20ac\n\"\\"], **STRINGS)],
             offer=[offer("#a", "Limit"),
                    offer("#a", "Names", **{"as": "Words"}),
                    {"config": "Low", "from": "#b", "to": "#a"}]),
        a=actor("sh cat %s" % FILE,
                capabilities=[value("Own", "bool", True)],
                use=[use("Limit", "limit", "uint64"),
                     use("Words", "words", "vector", **STRINGS),
                     use("Low", "low", "int8"),
                     use("Own", "own", "bool", **{"from": "self"})]),
        b=dict(capabilities=[value("Low", "int8", -128)],
               expose=[{"config": "Low", "from": "self"}]))
    with stage.run(root) as run:
        equal(run.end(), 0)
        says = run.says("/a")
        # The actor's own line goes on where the file ended.
        equal(says[0].split("}")[0] + "}",
              '{"limit":18446744073709551615,"low":-128,"own":true,'
              '"words":["x","\u20ac\\n\\"\\\\"]}')


@story
def defaults_stand_in_for_nothing(stage):
    root = stage.tree(
        dict(children=[child("a", startup="eager")],
             capabilities=[value("There", "bool", True)],
             offer=[offer("#a", "There"),
                    {"config": "Not", "from": "void", "to": "#a",
                     "availability": "optional"}]),
        a=actor("sh cat %s" % FILE,
                use=[optional(False, "There", "there", "bool"),
                     optional([], "Not", "not", "vector", **STRINGS)]))
    with stage.run(root) as run:
        equal(run.end(), 0)
        matches(r'^{"not":\[\],"there":true}', run.says("/a")[0])


@story
def nobody_can_change_it(stage):
    """Nor hide it: it lies in the root of the cell."""
    root = stage.tree(
        actor("sh echo '{}' >%s" % FILE, "sh rm -f %s" % FILE,
              "sh mv /config /other", "sh chmod 666 %s" % FILE,
              "sh stat -c %%a %s" % FILE, "sh cat %s; echo" % FILE,
              capabilities=[value("C", "uint8", 7)],
              use=[use("C", "c", "uint8", **{"from": "self"})]))
    with stage.run(root) as run:
        equal(run.end(), 0)
        says = run.says("/")
        equal([s for s in says if s.startswith("sh ")][-2:], ["sh 0", "sh 0"])
        equal("sh 0" in [s for s in says if s.startswith("sh ")][:4], False,
              says)
        equal("444" in says, True, says)
        equal('{"c":7}' in says, True, says)


@story
def who_has_no_fields_has_no_file(stage):
    root = stage.tree(actor("sh ls -d /config"))
    with stage.run(root) as run:
        equal(run.end(), 0)
        matches("No such file", run.says("/")[0])


@story
def a_directory_may_stand_beside_it(stage):
    root = stage.tree(
        dict(children=[child("a", startup="eager")],
             capabilities=[dict(directory="d", rights=["r*"], path="/d"),
                           value("C", "bool", True)],
             offer=[{"directory": "d", "from": "self", "to": "#a"},
                    offer("#a", "C")]),
        a=actor("sh ls /config",
                use=[dict(directory="d", rights=["r*"], path="/config/data"),
                     use("C", "c", "bool")]))
    with stage.run(root) as run:
        equal(run.end(), 0)
        equal(run.says("/a")[:2], ["config.json", "data"])


@story
def without_a_value_it_is_not_started(stage):
    """And is told which field has none, and why."""
    root = stage.tree(
        dict(children=[child(n) for n in "abcd"],
             capabilities=[value("Other", "uint8", 1),
                           value("Long", "string", "x" * 65000,
                                 max_size=65536),
                           value("Longer", "string", "y" * 1000,
                                 max_size=65536)],
             offer=[{"config": "Not", "from": "void", "to": "#c",
                     "availability": "optional"},
                    offer("#d", "Long", "Longer")]),
        a=actor(use=[use("Absent", "field", "bool")]),
        b=actor(config=dict(field=dict(type="bool"))),
        c=actor(config=dict(field=dict(type="bool")),
                use=[use("Not", "field", "bool", availability="optional")]),
        d=actor(use=[use("Long", "l", "string", max_size=65536),
                     use("Longer", "m", "string", max_size=65536)]))
    with stage.run(root, "--start", "/a", "--start", "/b", "--start", "/c",
                   "--start", "/d") as run:
        for moniker, why in (
                ("/a", 'configuration field "field" has no value: .*Absent'),
                ("/b", 'nothing gives its configuration field "field" a '
                       'value: add a use of type config with "key": "field"'),
                ("/c", '"Not" comes from "void", and the use has no '
                       '"default"'),
                ("/d", "its configuration has more than 65536 bytes")):
            matches(why, run.wait("failed", moniker)["text"])


@story
def shards_say_it_too(stage):
    """A manager reads them like the tools: from the package, and from where it
    is told; elsewhere they are not found."""
    root = stage.tree(
        dict(children=[child("a", startup="eager")]),
        a=dict(actor("sh cat %s; echo" % FILE),
               include=["//own.cml", "shared.cml"]))
    stage.write("packages/a/own.cml", json.dumps(dict(
        capabilities=[value("C", "uint8", 7)])))
    stage.write("shared/shared.cml", json.dumps(dict(
        use=[use("C", "c", "uint8", **{"from": "self"})])))
    with stage.run(root, "--include", stage.path("shared")) as run:
        equal(run.end(), 0)
        equal(run.says("/a")[0], '{"c":7}')
    with stage.run(root) as run:
        matches("its manifest .* has 1 error",
                run.wait("failed", "/a")["text"])


@story
def it_is_shown(stage):
    root = stage.tree(
        dict(children=[child("a"), child("b")],
             capabilities=[value("C", "uint8", 7)],
             offer=[offer("#a", "C")]),
        a=actor("sleep 1000", use=[use("C", "c", "uint8"),
                                   optional("q", "D", "d", "string", max_size=3,
                                            **{"from": "self"})],
                capabilities=[value("D", "string", "xyz", max_size=3)]),
        b=actor(use=[use("C", "c", "uint8")]))
    with stage.run(root, "--start", "/a") as run:
        run.wait("started", "/a")
        shown = run.show("/a")["config"]
        equal(shown, [
            {"key": "c", "type": "uint8", "value": 7, "from": "/",
             "error": None},
            {"key": "d", "type": "string of at most 3 bytes", "value": "xyz",
             "from": "/a", "error": None}])
        shown = run.show("/b")["config"][0]
        equal(shown["value"], None)
        matches('"c" has no value', shown["error"])
        text = run.ask("show", "/a")
        matches(r"\n    c = 7  from /\n    d = \"xyz\"  from /a\n", text)
        plan = json.loads(run.ask("show", "--json", "--plan", "/a"))["plan"]
        equal(plan["config"], '{"c":7,"d":"xyz"}')
        run.stop()


@story
def the_library_reads_it(stage):
    """Each type, and what is of another or does not fit."""
    fields = dict(flag=("bool", True, {}), low=("int64", -2**63, {}),
                  high=("uint64", 2**64 - 1, {}),
                  text=("string", "a\t\u20ac", dict(max_size=9)),
                  list=("vector", [1, 2], dict(max_count=2, element=dict(
                      type="uint8"))))
    root = stage.tree(
        dict(program=dict(runner="elf", binary="bin/configured",
                          args=["bool flag", "int64 low", "uint64 high",
                                "string text", "json list", "int64 high",
                                "uint64 low", "bool text", "string list",
                                "json none"]),
             capabilities=[value(k.upper(), t, v, **more)
                           for k, (t, v, more) in fields.items()],
             use=[use(k.upper(), k, t, **{"from": "self"}, **more)
                  for k, (t, _, more) in fields.items()]))
    stage.program("root", "configured")
    with stage.run(root) as run:
        equal(run.end(), 0)
        equal(run.says("/"), [
            "flag: true", "low: -9223372036854775808",
            "high: 18446744073709551615", "text: a\t\u20ac", "list: [1,2]",
            "high: Numerical result out of range",
            "low: Numerical result out of range", "text: Invalid argument",
            "list: Invalid argument", "none: No such file or directory"])


if __name__ == "__main__":
    play()
