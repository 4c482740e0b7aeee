"""Trees of which test_schema.py has everything printed that there is to print."""
import json
import os
import shutil

from reeve_test import BUILD

PROGRAMS = os.path.join(BUILD, "test", "integration")
ECHO = "example.Echo"


def child(name, package=None, **more):
    return {"name": name, "url": "{0}#meta/{0}.cm".format(package or name),
            **more}


def actor(*commands, **sections):
    return {"program": {"runner": "elf", "binary": "bin/actor",
                        "args": list(commands)}, **sections}


def shell(script, **sections):
    return {"program": {"runner": "elf", "binary": "bin/run"},
            "#script": "#!/bin/sh\n" + script, **sections}


def protocols(*names):
    return {"capabilities": [{"protocol": n} for n in names],
            "expose": [{"protocol": n, "from": "self"} for n in names]}


def uses(*names, source="parent"):
    return [{"protocol": n, "from": source} for n in names]


SERVED = (ECHO, "example.Raw", "example.Refuse", "example.Drop",
          "example.Silent")

# What is wrong in it: Lost and later are offered to nobody, torn cannot be read,
# what old says is not known, dim has no colour, nobin no program, and crash is
# started in vain.
WORLD = {
    "root": {
        "children": [
            child("server", startup="eager"), child("base"),
            child("client", startup="eager", environment="#place"),
            child("left", "many"), child("right", "many"), child("torn"),
            child("nobin"), child("dim"), child("old"),
            child("crash", startup="eager",
                  restart={"policy": "on-failure", "give_up": 2,
                           "delay_ms": 10}),
            child("flood", limits={"requests_per_second": 5,
                                   "memory": {"min": "1M", "max": "64M"},
                                   "cpu": {"share": 50, "max": "50%"},
                                   "tasks": {"max": 50}}),
            child("late", startup="eager"), child("made", startup="eager"),
            child("crowd", startup="eager"),
        ],
        "environments": [{"name": "place", "extends": "realm",
                          "debug": [{"protocol": ECHO, "from": "#server"}]}],
        "collections": [{"name": "pool", "durability": "transient"}],
        "capabilities": [{"config": "Colour", "type": "string",
                          "max_size": 20, "value": "red"}],
        "offer": [
            {"protocol": list(SERVED), "from": "#server", "to": "#client"},
            {"protocol": "example.Base", "from": "#base", "to": "#server"},
            {"protocol": ECHO, "from": "#server",
             "to": ["#made", "#flood", "#pool"]},
            {"protocol": "example.Maybe", "from": "void", "to": "#client",
             "availability": "optional"},
            {"service": "example.Many", "from": ["#left", "#right"],
             "to": "#client"},
            {"directory": "data", "from": "parent", "to": "#client",
             "rights": ["rw*"], "subdir": "part", "as": "papers"},
            {"config": "Colour", "from": "self", "to": "#client"},
        ],
    },
    "server": actor("serve /svc/example.Echo echo",
                    "serve /svc/example.Raw raw",
                    "serve /svc/example.Refuse refuse",
                    "serve /svc/example.Drop drop",
                    "serve /svc/example.Silent silence", "run",
                    use=uses("example.Base"), **protocols(*SERVED)),
    "base": actor("run", **protocols("example.Base")),
    "client": actor(
        "hold 2 /svc/example.Echo", "open /svc/example.Lost", "call x",
        "say holds", "run", children=[child("inner", "dim")],
        use=uses(*SERVED, "example.Lost") +
        [{"protocol": "example.Maybe", "availability": "optional"},
         {"protocol": ECHO, "from": "debug", "path": "/svc/debug.Echo"},
         {"service": "example.Many"},
         {"directory": "papers", "path": "/papers", "rights": ["r*"]},
         {"directory": "later", "path": "/later", "rights": ["r*"],
          "availability": "optional"},
         {"config": "Colour", "key": "colour", "type": "string",
          "max_size": 20}]),
    "many": actor("run", capabilities=[{"service": "example.Many"}],
                  expose=[{"service": "example.Many", "from": "self"}]),
    "torn": "{ program: { runner: 7 } ",
    "old": '{ "program": { "binary": "bin/x" }, "colour": "red", "expose": '
           '[ { "service": "/svc/old.Echo", "from": "self" } ] }',
    "nobin": {"program": {"runner": "elf", "binary": "bin/missing"}},
    "dim": actor("run", use=[{"config": "Colour", "key": "colour",
                              "type": "string", "max_size": 20}]),
    "crash": shell("exit 3\n"),
    "flood": actor("flood 60 /svc/example.Echo", "run", use=uses(ECHO)),
    "late": actor("register example.Late access=/client", "run",
                  use=uses("reeve.Registry", source="framework")),
    "made": actor("derive service example.Echo as=less", "run",
                  use=uses(ECHO) + uses("reeve.Realm", source="framework")),
    "crowd": {"program": {"runner": "elf", "binary": "bin/crowd",
                          "args": ["3"]}},
}

# The same, but for what it takes from some and gives to others.
OTHER = {
    **WORLD,
    "root": {**WORLD["root"],
             "offer": [o for o in WORLD["root"]["offer"]
                       if o.get("from") != "#server"] +
             [{"protocol": list(SERVED), "from": "#server",
               "to": ["#client", "#late"]}]},
    "late": actor("run", use=uses(ECHO)),
    "torn": {"program": {"runner": "elf", "binary": "bin/run"}},
}

# One word is missing, and one is wrong.
MENDED = {
    "root": {"children": [child("server"), child("user")],
             "offer": [{"protocol": ECHO, "from": "#server", "to": "#user",
                        "as": "example.Exho"}]},
    "server": actor("run", **protocols(ECHO)),
    "user": actor("run", use=uses(ECHO)),
}


def write(directory, files):
    """The packages; returns the file of the root's manifest."""
    for name, manifest in files.items():
        package = os.path.join(directory, name)
        for part in ("meta", "bin"):
            os.makedirs(os.path.join(package, part), exist_ok=True)
        if isinstance(manifest, dict):
            manifest = dict(manifest)
            script = manifest.pop("#script", None)
            binary = manifest.get("program", {}).get("binary", "")
            program = os.path.join(package, binary)
            if script:
                with open(program, "w", encoding="utf-8") as f:
                    f.write(script)
                os.chmod(program, 0o755)
            elif binary in ("bin/actor", "bin/crowd"):
                shutil.copy(os.path.join(PROGRAMS, binary[4:]), program)
            manifest = json.dumps(manifest, indent=1)
        with open(os.path.join(package, "meta", name + ".cml"), "w",
                  encoding="utf-8") as f:
            f.write(manifest)
    return os.path.join(directory, "root", "meta", "root.cml")
