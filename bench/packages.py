"""Packages and trees for measuring, laid out in a directory of their own."""
import json
import os
import shutil


class Layout:
    """A directory of packages; the two programs are copied where asked for."""

    def __init__(self, directory, build):
        self.directory = directory
        self.programs = {
            name: os.path.join(build, "bench", "bench-" + name)
            for name in ("client", "server", "owner", "holder", "names")
        }
        os.makedirs(directory, exist_ok=True)

    def add(self, name, manifest, program=None):
        """Write a package of one manifest, NAME.cml; its path is returned."""
        meta = os.path.join(self.directory, name, "meta")
        os.makedirs(meta, exist_ok=True)
        path = os.path.join(meta, name + ".cml")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(manifest, f)
        if program:
            binary = os.path.join(self.directory, name, "bin", program)
            os.makedirs(os.path.dirname(binary), exist_ok=True)
            if not os.path.exists(binary):
                shutil.copy(self.programs[program], binary)
        return path


def url(name):
    return f"fuchsia-pkg://bench.example/{name}#meta/{name}.cm"


def child(name, package=None, eager=False):
    # Measured is what it takes, not what it may ask for.
    c = {"name": name, "url": url(package or name),
         "limits": {"requests_per_second": 1000000}}
    if eager:
        c["startup"] = "eager"
    return c


def program(binary, args=()):
    return {"runner": "elf", "binary": "bin/" + binary, "args": [str(a) for a in args]}


def provider(binary, args, names):
    return {
        "program": program(binary, args),
        "capabilities": [{"protocol": n} for n in names],
        "expose": [{"protocol": n, "from": "self"} for n in names],
    }


def consumer(args, names):
    manifest = {"program": program("client", args)}
    if names:
        manifest["use"] = [{"protocol": n} for n in names]
    return manifest


def pair(layout, name, client_args, server_args, names, registered=()):
    """One client, one server, and a root that routes between the two; also what
    the server registers when it runs."""
    server, client = provider("server", server_args, names), consumer(client_args, names)
    if registered:
        server["use"] = framework("reeve.Registry")
        client["use"] += framework("reeve.Registry")
    layout.add(name + "-server", server, "server")
    layout.add(name + "-client", client, "client")
    return layout.add(
        name,
        {
            "children": [
                child("server", name + "-server"),
                child("client", name + "-client", eager=True),
            ],
            "offer": [
                {"protocol": n, "from": "#server", "to": "#client"} for n in names
            ]
            + [
                {
                    "protocol": n,
                    "from": "#server",
                    "to": "#client",
                    "source_availability": "unknown",
                }
                for n in registered
            ],
        },
    )


def many_cold(layout, name, client_args, n):
    """A client of n providers that end after one client each, and of one more."""
    names = [f"bench.Cold{i}" for i in range(n)]
    layout.add(name + "-one", provider("server", [-1, "once"], ["bench.Cold"]), "server")
    layout.add(
        name + "-client", consumer(client_args, ["bench.Cold"] + names), "client"
    )
    return layout.add(
        name,
        {
            "children": [child("client", name + "-client", eager=True)]
            + [child(f"one-{i}", name + "-one") for i in range(n)]
            + [child("one", name + "-one")],
            "offer": [{"protocol": "bench.Cold", "from": "#one", "to": "#client"}]
            + [
                {
                    "protocol": "bench.Cold",
                    "as": f"bench.Cold{i}",
                    "from": f"#one-{i}",
                    "to": "#client",
                }
                for i in range(n)
            ],
        },
    )


def copies(layout, name, n):
    """A root with n eager components that do nothing."""
    layout.add(name + "-idle", consumer([-1, "idle", 1], []), "client")
    return layout.add(
        name,
        {"children": [child(f"idle-{i}", name + "-idle", eager=True) for i in range(n)]},
    )


def leaf(layout, name):
    manifest = provider("server", [-1, "serve"], ["bench.Echo"])
    manifest["use"] = [{"protocol": "bench.Peer"}]
    layout.add(name, manifest, "server")


def chained_offers(n):
    """Each child is offered what the one before it exposes."""
    return [
        {
            "protocol": "bench.Echo",
            "as": "bench.Peer",
            "from": f"#c{(i or n) - 1}",
            "to": f"#c{i}",
            "dependency": "weak",
        }
        for i in range(n)
    ]


def ten_thousand(layout, name, n_realms, n_children, main_is_eager):
    """n_realms realms of n_children each: every child uses what its neighbour
    exposes. Beside them one component that does nothing; if it is not eager it
    is the only one that nobody can open, and all others are resolved in search
    of it."""
    leaf(layout, name + "-leaf")
    layout.add(
        name + "-realm",
        {
            "children": [child(f"c{i}", name + "-leaf") for i in range(n_children)],
            "offer": chained_offers(n_children),
            "expose": [{"protocol": "bench.Echo", "from": "#c0"}],
        },
    )
    layout.add(name + "-main", consumer([-1, "idle", 1], []), "client")
    return layout.add(
        name,
        {
            "children": [child("main", name + "-main", main_is_eager)]
            + [child(f"r{i}", name + "-realm") for i in range(n_realms)]
        },
    )


def wide(layout, name, n):
    """One component with n children, all offered one service."""
    manifest = provider("server", [-1, "serve"], ["bench.Echo"])
    layout.add(name + "-server", manifest, "server")
    layout.add(name + "-leaf", consumer([-1, "idle", 1], ["bench.Echo"]), "client")
    return layout.add(
        name,
        {
            # In few words: a manifest has at most 1 MiB.
            "children": [child("server", name + "-server")]
            + [
                {"name": f"c{i}", "url": f"{name}-leaf#meta/{name}-leaf.cm"}
                for i in range(n)
            ],
            "offer": [
                {
                    "protocol": "bench.Echo",
                    "from": "#server",
                    "to": [f"#c{i}" for i in range(n)],
                }
            ],
        },
    )


def framework(*names):
    return [{"protocol": n, "from": "framework"} for n in names]


def owned(layout, name, owner_args, crowd=(2, 0, "first"), near_cpu=-1):
    """An owner and its children: a provider and a client of what is given and
    taken back, in cells with a crowd of (tasks, descriptors each, place of the
    program), and two bystanders that talk to each other."""
    layout.add(
        name + "-provider",
        provider("holder", [-1, "provide", *crowd], ["bench.Thing"]),
        "holder",
    )
    layout.add(
        name + "-client", provider("holder", [-1, "hold", *crowd], ["bench.Hold"]),
        "holder",
    )
    near = provider("holder", [near_cpu, "talk"], ["bench.Hold"])
    near["use"] = [{"protocol": "bench.Raw"}]
    layout.add(name + "-near", near, "holder")
    layout.add(
        name + "-far", provider("server", [near_cpu, "serve"], ["bench.Raw"]), "server"
    )
    layout.add(
        name + "-owner",
        {
            "program": program("owner", owner_args),
            "use": framework("reeve.Realm")
            + [
                {"protocol": "bench.Hold", "from": "#client"},
                {"protocol": "bench.Hold", "from": "#near", "path": "/svc/bench.Near"},
            ],
            "capabilities": [
                {"directory": "stuff", "path": "/stuff", "rights": ["r*"]}
            ],
            "children": [
                child(n, f"{name}-{n}") for n in ("provider", "client", "near", "far")
            ],
            "offer": [{"protocol": "bench.Raw", "from": "#far", "to": "#near"}],
        },
        "owner",
    )
    return layout.add(
        name, {"children": [child("owner", name + "-owner", eager=True)]}
    )


def watchers(layout, name, n_children, n_names, measured):
    """One that registers names, and n children that wait for n_names each."""
    watcher = provider("names", [-1, "watch"], ["bench.Wait"])
    watcher["use"] = framework("reeve.Registry")
    layout.add(name + "-watcher", watcher, "names")
    layout.add(
        name + "-register",
        {
            "program": program(
                "names", [-1, "register", n_children, n_names, *measured]
            ),
            "use": framework("reeve.Registry")
            + [
                {
                    "protocol": "bench.Wait",
                    "from": f"#w{i}",
                    "path": f"/svc/bench.Wait{i}",
                }
                for i in range(n_children)
            ],
            "children": [
                child(f"w{i}", name + "-watcher") for i in range(n_children)
            ],
        },
        "names",
    )
    return layout.add(
        name, {"children": [child("register", name + "-register", eager=True)]}
    )
