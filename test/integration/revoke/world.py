"""
What the stories of revocation share: a tree of holders (programs/holder.c), their
orders, and requests to the manager as its tools make them.

    /           grants and revokes by its program
    /p          provides example.Echo, which /a, /b and /c use
    /q          provides example.Other, which /p and /a use
    /c, /d      provide example.SideC (which /a uses) and example.SideD (which /c
                and /p use): channels over which others are passed on

A story tells holders what to do, has something revoked, and asks at once, without
waiting for anything, what each of them sees.
"""
import json
import os
import select
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from stage import (TIMEOUT, PROGRAMS, actor, child, command_of, equal, matches,
                   offer, tasks_below, until)

ECHO, OTHER = "example.Echo", "example.Other"
SIDE_C, SIDE_D = "example.SideC", "example.SideD"
REALM, OLD_REALM = "reeve.Realm", "fuchsia.component.Realm"
REGISTRY = "reeve.Registry"

# What a slot says whose channel was ended and emptied.
DEAD = r"^eof 0 EPIPE( ACCESS_DENIED)?$"
ALIVE = "open 0 ok"

REQUEST, ON_DATA, ON_END = (0x18d16d53c4c49746, 0x554ca051956610bc,
                            0x3a70448c7520e5c6)
PRESENT = 2**64 - 1
FILES_UID = 1000


# ---- requests, by hand ----

def _string(b):
    return struct.pack("<QQ", len(b), PRESENT)


def _padded(b):
    return b + b"\0" * (-len(b) % 8)


class Request:
    """A request to the manager that is under way. (The tool waits for the answer;
    a story may want to do something else meanwhile, or to leave.)"""

    def __init__(self, run, verb, *arguments):
        a = [s.encode() for s in arguments]
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(run.socket())
        self.socket.send(
            struct.pack("<IBxxBQ", 1, 2, 1, REQUEST) + _string(verb.encode()) +
            struct.pack("<QQ", len(a), PRESENT) + _padded(verb.encode()) +
            b"".join(map(_string, a)) + b"".join(map(_padded, a)))

    def answer(self):
        """(the values, the status, the sentence)"""
        values = []
        while True:
            data = self.socket.recv(65536)
            assert data, "the manager closed the request"
            ordinal, = struct.unpack_from("<Q", data, 8)
            if ordinal == ON_DATA:
                n, = struct.unpack_from("<Q", data, 16)
                values.append(json.loads(data[32:32 + n]))
            elif ordinal == ON_END:
                status, = struct.unpack_from("<i", data, 16)
                n, = struct.unpack_from("<Q", data, 24)
                self.leave()
                return values, status, data[40:40 + n].decode()

    def report(self):
        """Of a revocation that is expected to succeed."""
        values, status, why = self.answer()
        equal(status, 0, why)
        return values[0]["report"]

    def begun(self):
        """Once it has been understood."""
        data = self.socket.recv(65536)
        equal(struct.unpack_from("<Q", data, 8)[0], REQUEST)
        return self

    def leave(self):
        self.socket.close()


# ---- holders ----

class Holder:
    def __init__(self, world, moniker, connection):
        self.world, self.moniker, self.socket = world, moniker, connection
        self.socket.settimeout(TIMEOUT + 5)

    def send(self, *orders):
        """Give orders, without waiting for them to be carried out."""
        self.socket.send("\n".join(orders).encode())

    def answer(self):
        data = self.socket.recv(65536)
        assert data, "%s has ended" % self.moniker
        return data.rstrip(b"\0").decode()

    def __call__(self, order):
        """Carry out an order; what came of it."""
        self.send(order)
        return self.answer()

    def all(self, *orders):
        self.send(*orders)
        return self.answer().split("\n")

    def ok(self, *orders):
        for order, said in zip(orders, self.all(*orders)):
            assert said.split()[0] == "ok", "%s: %s: %s" % (self.moniker,
                                                            order, said)

    def __getattr__(self, verb):
        """a.open(3, "/svc/x") is a("open 3 /svc/x")"""
        def order(*operands):
            return self(" ".join([verb.replace("_", "-"),
                                  *map(str, operands)]))
        return order

    def is_dead(self, *slots):
        """These are ended, and nothing can be read from them."""
        for n in slots:
            matches(DEAD, self.end(n), "%s, slot %s" % (self.moniker, n))

    def is_alive(self, *slots):
        for n in slots:
            equal(self.end(n), ALIVE, "%s, slot %s" % (self.moniker, n))

    def answers(self, *slots):
        """At their other ends somebody echoes."""
        for n in slots:
            equal(self.call(n, "hello"), "got hello",
                  "%s, slot %s" % (self.moniker, n))

    def is_silent(self, *slots):
        """Nothing, neither a message nor an end, waits in them."""
        for n in slots:
            equal(self.receive(n, 0), "nothing",
                  "%s, slot %s" % (self.moniker, n))


def use(*names, **more):
    return [dict(protocol=n, **more) for n in names]


def framework(*names):
    return [{"protocol": n, "from": "framework"} for n in names]


def holder(*provided, uses=(), orders=(), **more):
    m = actor(*orders, use=[
        dict(directory="orders", path="/orders", rights=["rw*"]), *uses],
        capabilities=[dict(protocol=n) for n in provided],
        expose=[{"protocol": n, "from": "self"} for n in provided], **more)
    m["program"]["binary"] = "bin/holder"
    return m


class World:
    """A tree of holders that runs; see above for the usual one."""

    NAMES = ("p", "q", "a", "b", "c", "d")

    def __init__(self, stage, freezer=None, names=NAMES, also=(),
                 arguments=None, start=None, **packages):
        self.stage, self.names = stage, names
        self.lay_out(arguments or {}, packages, also)
        place = stage.path("kept", "directories", "own", "orders")
        os.makedirs(place, exist_ok=True)
        for d in (place, stage.path("kept"),
                  stage.path("kept", "directories"), os.path.dirname(place)):
            os.chmod(d, 0o777)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The path may be longer than an address.
        here = os.open(place, os.O_PATH)
        self.listener.bind("/proc/self/fd/%d/s" % here)
        os.close(here)
        self.path = os.path.join(place, "s")
        os.chmod(self.path, 0o777)
        if stage.is_root():
            # Whose files the cells' own are, on the disk.
            os.chown(self.path, FILES_UID, FILES_UID)
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.holders = {}
        environment = {"REEVE_FREEZER": freezer} if freezer else {}
        self.run = stage.run(stage.path("packages/root/meta/root.cml"),
                             "--state", stage.path("kept"),
                             environment=environment)
        try:
            started = ["/"] + ["/" + n for n in names]
            for m in started if start is None else start:
                setattr(self, m.strip("/") or "root", self.holder(m))
        except BaseException:
            self.run.__exit__(*sys.exc_info())
            raise

    def lay_out(self, arguments, packages, also):
        all_of = dict(
            p=holder(ECHO, uses=use(OTHER, SIDE_D) + framework(REGISTRY)),
            q=holder(OTHER),
            a=holder(uses=use(ECHO, OTHER, SIDE_C) +
                     framework(REALM, OLD_REALM)),
            b=holder(uses=use(ECHO)),
            c=holder(SIDE_C, uses=use(ECHO, SIDE_D)),
            d=holder(SIDE_D))
        all_of.update(packages)
        children = [n for n in self.names]
        gives = [("#p", ECHO, ("a", "b", "c")), ("#q", OTHER, ("p", "a")),
                 ("#c", SIDE_C, ("a",)), ("#d", SIDE_D, ("c", "p"))]
        offers = [offer("self", *["#" + n for n in children], name="orders",
                        kind="directory")]
        for source, name, to in gives:
            to = ["#" + n for n in to if n in children]
            if source[1:] in children and to:
                offers.append(offer(source, *to, name=name))
        root = actor(
            children=[child(n, startup="eager" if n not in
                            arguments.get("lazy", ()) else "lazy")
                      for n in children],
            capabilities=[dict(directory="orders", rights=["rw*"],
                               path="/orders")],
            use=framework(REALM, REGISTRY), offer=offers)
        root.update(arguments.get("root", {}))
        root["program"]["binary"] = "bin/holder"
        for n in (*children, *also):
            self.package(n, all_of[n])
        self.package("root", root)

    def package(self, name, manifest):
        self.stage.package(name, manifest, None)
        self.stage.program(name, "holder")

    def holder(self, moniker, anew=False):
        """The holder, once it has come. @anew: not one that came before."""
        if anew:
            self.holders.pop(moniker, None)
        while moniker not in self.holders:
            until(lambda: self.comes() or self.run.status is not None,
                  moniker + " comes")
            connection = self.listener.accept()[0]
            connection.settimeout(TIMEOUT)
            name = connection.recv(4096).decode()
            self.holders[name] = Holder(self, name, connection)
        return self.holders[moniker]

    def comes(self):
        return select.select([self.listener], [], [], 0)[0]

    # Revoking, and what was done.

    def begin(self, *what):
        return Request(self.run, "revoke", *what)

    def revoke(self, *what, killed=0, connections=None):
        """Revoke; the report, when it is true."""
        report = self.begin(*what).report()
        equal(report["killed"], killed, "killed by %r: %r" % (what, report))
        equal(report["unproven"], 0, "unproven: %r" % report)
        if connections is not None:
            equal(report["connections"], connections,
                  "connections: %r" % report)
        return report

    def grant(self, moniker, name, **options):
        """Give @name, by the operator; the number of the grant."""
        options.setdefault("from", "#p")
        lines = "\n".join("%s=%s" % (k.replace("_", "-"), v)
                          for k, v in options.items())
        values, status, why = Request(self.run, "grant", moniker, name,
                                      lines).answer()
        equal(status, 0, why)
        return values[0]["grant"]

    def give_back(self, moniker, name):
        """What the manifest offers, and was taken."""
        values, status, why = Request(self.run, "grant", moniker,
                                      name).answer()
        equal((values, status), ([dict(grant=0)], 0), why)

    def restore(self, moniker):
        _, status, why = Request(self.run, "restore", moniker).answer()
        equal(status, 0, why)

    def pids(self):
        return {m: v["pid"] for m, v in self.run.list().items()}

    def is_calm(self):
        """Nothing is frozen, and everybody runs."""
        for moniker in self.run.list():
            path = self.run.show(moniker).get("cgroup")
            for base, _, files in os.walk(path) if path else ():
                if "cgroup.events" in files:
                    with open(os.path.join(base, "cgroup.events")) as f:
                        assert "frozen 0" in f.read(), base + " is frozen"
        for base, names, _ in os.walk("/sys/fs/cgroup/freezer"):
            for n in names:
                assert not n.startswith("reeve-%d." % self.run.pid), \
                    "%s/%s is left" % (base, n)
        for moniker, h in self.holders.items():
            if self.run.state(moniker) == "running":
                equal(h.ping(7), "pong 7", moniker)

    def serve(self, moniker="/p", name=ECHO, how="echo"):
        self.holder(moniker).ok("serve /svc/%s %s" % (name, how))

    def __enter__(self):
        self.run.__enter__()
        return self

    def __exit__(self, kind, value, trace):
        try:
            if not kind:
                self.is_calm()
        finally:
            self.run.__exit__(kind, value, trace)
            self.listener.close()
            os.unlink(self.path)
            for h in self.holders.values():
                h.socket.close()
