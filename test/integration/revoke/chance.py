"""
Ten thousand operations by chance, against a model.

Two providers, three clients and a client's child open, pass on, copy, hide and
close channels, are given what others have, lose it again, and end. The model
knows who may talk to whom. After each operation the ends that it touched are
tried, and after each that takes something away all there are: what the model
says lives is answered, and what it says is dead has ended and is empty.
"""
import array
import random
import socket
import sys
import time

from world import ECHO, OTHER, REALM, Request, World, equal, framework, holder
from stage import actor, child, offer, play, story

SEED = 20260901
OPERATIONS = 10000
CLIENTS = ("/a", "/b", "/m", "/m/n")
PROVIDERS = {"/p": ECHO, "/q": OTHER}
EVERYBODY = CLIENTS + tuple(PROVIDERS)
GRANTS_MAX, CONNECTIONS_MAX = 14, 40
# Of each; more of them would have to wait for longer and longer.
CRASHES = 3
# Slots: channels between holders, and what they hold.
SIDE, FIRST, LAST = 100, 200, 290
# What a holder's verb works with.
WORK = 99


class Grant:
    def __init__(self, number, holder, name, provider, above):
        self.number, self.holder, self.name = number, holder, name
        self.provider, self.above, self.is_alive = provider, above, True

    def is_below(self, other):
        g = self
        while g and g is not other:
            g = g.above
        return g is other


class Connection:
    """@slots: where its client's end is, as (moniker, slot, depth of hiding);
    @server: who answers at the other."""

    def __init__(self, grant, server):
        self.grant, self.server, self.state = grant, server, "alive"
        self.slots = set()


class Play:
    def __init__(self, world, seed):
        self.w, self.random = world, random.Random(seed)
        self.grants, self.connections, self.counts = [], [], {}
        self.n_named = 0
        self.n_crashes = {}
        # Has it opened a channel to the manager?
        self.has_asked = False
        self.side_of = {}
        for k, m in enumerate(EVERYBODY):
            self.side_of[m] = SIDE + k
        for m in EVERYBODY:
            self.connect_sides(m)

    # ---- channels that are not ours, for passing on ----

    def connect_sides(self, m):
        """@m is new: a pair with everybody else."""
        for other in EVERYBODY:
            if other == m or other not in self.w.holders:
                continue
            ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            for end, h, of in ((ends[0], m, other), (ends[1], other, m)):
                h = self.w.holder(h)
                h.socket.sendmsg(
                    [b"give %d" % self.side_of[of]],
                    [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                      array.array("i", [end.fileno()]))])
                equal(h.answer(), "ok")
                end.close()

    # ---- the model ----

    def held(self, depth=None):
        return [(c, s) for c in self.connections for s in sorted(c.slots)
                if depth is None or s[2] == depth]

    def free_slot(self, m):
        used = {s[1] for c in self.connections for s in c.slots if s[0] == m}
        free = [n for n in range(FIRST, LAST) if n not in used]
        return self.random.choice(free)

    def forget(self):
        self.connections = [c for c in self.connections if c.slots]
        self.grants = [g for g in self.grants if g.is_alive]

    def revoked(self, grants, connections=()):
        """These, and all below them. How many connections that cuts."""
        n = 0
        for g in self.grants:
            if any(g.is_below(top) for top in grants):
                g.is_alive = False
        for c in self.connections:
            if c.state == "alive" and (not c.grant.is_alive or
                                       c in connections):
                c.state = "revoked"
                n += 1
        return n

    # ---- trying ----

    def probe(self, pairs):
        """Are these as the model says?"""
        by_holder = {}
        for c, (m, n, depth) in pairs:
            if not depth:
                by_holder.setdefault(m, []).append((c, n))
        for m, what in by_holder.items():
            said = self.w.holder(m)("probe " + " ".join(
                str(n) for _, n in what))
            for (c, n), letter in zip(what, said):
                wanted = {"alive": "a", "revoked": "d", "ended": "dr"}[c.state]
                assert letter in wanted, \
                    "%s, slot %d, is %s, but %r (%s)" % (m, n, c.state, letter,
                                                         c.grant.name)

    def probe_all(self):
        self.probe(self.held())

    # ---- operations ----

    def op_open(self):
        if len(self.connections) >= CONNECTIONS_MAX:
            return self.op_close()
        m = self.random.choice(CLIENTS)
        mine = [g for g in self.grants if g.holder == m]
        n, h = self.free_slot(m), self.w.holder(m)
        if not mine or not self.random.randrange(10):
            # Something that it has not, or has no more.
            h.ok("open %d /svc/gone%d" % (n, self.random.randrange(5)))
            equal(h.probe(n), "d")
            return
        g = self.random.choice(mine)
        h.ok("open %d /svc/%s" % (n, g.name))
        c = Connection(g, g.provider)
        c.slots.add((m, n, 0))
        if g.provider == "/q":
            # Its server ends go elsewhere at times.
            q, c.server = self.w.holder("/q"), self.random.choice(EVERYBODY)
            q.ok("accept %d" % WORK)
            if c.server != "/q":
                self.hand_on("/q", WORK, c.server, WORK)
            self.w.holder(c.server).ok("echo %d" % WORK)
        self.connections.append(c)
        self.probe([(c, (m, n, 0))])

    def hand_on(self, m, n, to, k):
        self.w.holder(m).ok("pass %d %d" % (n, self.side_of[to]))
        self.w.holder(to).ok("take %d %d" % (k, self.side_of[m]))

    def some_slot(self, depth=0):
        pairs = self.held(depth)
        return self.random.choice(pairs) if pairs else (None, None)

    def op_pass(self):
        c, slot = self.some_slot()
        if not c:
            return
        m, n, _ = slot
        to = self.random.choice([x for x in EVERYBODY if x != m])
        k = self.free_slot(to)
        self.hand_on(m, n, to, k)
        c.slots.remove(slot)
        c.slots.add((to, k, 0))
        self.probe([(c, (to, k, 0))])

    def op_copy(self):
        c, slot = self.some_slot()
        if not c or len(self.held()) > 3 * CONNECTIONS_MAX:
            return
        m, n, _ = slot
        k = self.free_slot(m)
        self.w.holder(m).ok("dup %d %d" % (n, k))
        c.slots.add((m, k, 0))
        self.probe([(c, slot), (c, (m, k, 0))])

    def op_close(self):
        c, slot = self.some_slot()
        if c:
            self.w.holder(slot[0]).ok("close %d" % slot[1])
            c.slots.remove(slot)
            self.forget()

    def op_hide(self):
        """In a queue, one to three deep; or out of it."""
        hidden = [p for p in self.held() if p[1][2]]
        if hidden and self.random.randrange(2):
            c, slot = self.random.choice(hidden)
            m, n, depth = slot
            self.w.holder(m).ok("unnest %d %d %d" % (n, depth, n))
            c.slots.remove(slot)
            c.slots.add((m, n, 0))
            self.probe([(c, (m, n, 0))])
            return
        c, slot = self.some_slot()
        if c:
            m, n, _ = slot
            depth = self.random.randrange(1, 4)
            self.w.holder(m).ok("nest %d %d %d" % (n, depth, n))
            c.slots.remove(slot)
            c.slots.add((m, n, depth))

    def op_queue(self):
        """Messages whose answers nobody reads for now."""
        c, slot = self.some_slot()
        if c and c.state == "alive":
            self.w.holder(slot[0]).ok("fill %d 3" % slot[1])

    def op_grant(self):
        if len(self.grants) >= GRANTS_MAX:
            return self.op_revoke()
        self.n_named += 1
        m = self.random.choice(CLIENTS)
        name = "new%d" % self.n_named
        if m == "/m/n":
            of = [g for g in self.grants if g.holder == "/m"]
            if not of:
                return
            above = self.random.choice(of)
            if self.random.randrange(2):
                self.has_asked = True
                said = self.w.holder("/m").grant("n", "parent", above.name,
                                                 name, 0).split()
                equal(said[0], "ok", said)
                number = int(said[1])
            else:
                number = self.w.grant(m, above.name, **{
                    "as": name, "from": "parent"})
            g = Grant(number, m, name, above.provider, above)
        else:
            provider = self.random.choice(list(PROVIDERS))
            number = self.w.grant(m, PROVIDERS[provider], **{
                "as": name, "from": "#" + provider[1:]})
            g = Grant(number, m, name, provider, None)
        self.grants.append(g)

    def op_revoke(self):
        kind = self.random.choice(("grant", "grant", "capability",
                                   "connection", "connection", "realm",
                                   "program"))
        alive = [(c, s) for c, s in self.held(0) if c.state == "alive"]
        m = self.random.choice(CLIENTS)
        if kind == "connection":
            if not alive:
                return
            c, slot = self.random.choice(alive)
            what = self.w.holder(slot[0]).id(slot[1]),
            n = self.revoked((), [c])
        elif kind == "realm":
            # With all that it gave on.
            what = m,
            n = self.revoked([g for g in self.grants if g.holder == m])
            if m == "/m" and self.has_asked:
                n += 1
                self.has_asked = False
        else:
            if not self.grants:
                return
            g = self.random.choice(self.grants)
            what = (str(g.number),) if kind == "grant" else (g.holder, g.name)
            n = self.revoked([g])
        if kind == "program":
            parent = self.w.holder(g.holder.rpartition("/")[0] or "/")
            self.has_asked |= parent.moniker == "/m"
            equal(parent("revoke %d" % g.number), "ok %d 0" % n)
        else:
            report = self.w.revoke(kind, *what)
            equal(report["connections"], n, repr((kind, what)))
            equal(report["undrained"], 0, repr((kind, what)))
        self.probe_all()
        if kind == "realm":
            self.w.restore(m)
            self.w.holder(m).anew()
        self.forget()

    def op_end(self):
        """Somebody's program crashes or ends, and is started again."""
        m = self.random.choice(("/a", "/b", "/m/n", "/p", "/q"))
        n = self.n_crashes[m] = self.n_crashes.get(m, 0) + 1
        self.w.holder(m).send("crash" if n <= CRASHES else "exit 0")
        self.w.holder(m).socket.recv(1)
        for c in self.connections:
            c.slots = {s for s in c.slots if s[0] != m}
            if c.server == m and c.state == "alive":
                c.state = "ended"
        # What it provided ends with it, though others have the server ends.
        cut = [c for c in self.connections if c.slots and
               c.state == "alive" and c.grant.provider == m]
        for c in cut:
            c.state = "revoked"
        self.w.run.wait("exit", m, after=self.mark)
        if cut:
            self.w.run.wait("revoke", text="end of its provider",
                            after=self.mark)
        del self.w.holders[m]
        _, status, why = Request(self.w.run, "start", m).answer()
        equal(status, 0, why)
        self.w.holder(m)
        self.connect_sides(m)
        self.forget()
        self.probe_all()

    OPERATIONS = ((op_open, 30), (op_pass, 18), (op_copy, 8), (op_close, 8),
                  (op_hide, 9), (op_queue, 6), (op_grant, 9), (op_revoke, 10),
                  (op_end, 1))

    def play(self, n):
        kinds, weights = zip(*self.OPERATIONS)
        for k in range(n):
            self.mark = self.w.run.mark()
            op = self.random.choices(kinds, weights)[0]
            self.counts[op.__name__] = self.counts.get(op.__name__, 0) + 1
            try:
                op(self)
            except BaseException:
                print("at operation %d, %s" % (k, op.__name__))
                raise
        self.probe_all()


def tree(stage):
    """Nothing is offered to anybody: all comes by grants."""
    m = holder(uses=framework(REALM), orders=(),
               children=[child("n", startup="eager")],
               offer=[offer("parent", "#n", name="orders", kind="directory")])
    provider = {m[1:]: holder(name, orders=("serve /svc/%s %s" % (
        name, "echo" if m == "/p" else "hold"),))
        for m, name in PROVIDERS.items()}
    return World(stage, names=("p", "q", "a", "b", "m"), also=("n",),
                 m=m, n=holder(), a=holder(), b=holder(),
                 start=("/",) + EVERYBODY, **provider)


@story
def ten_thousand_operations(stage):
    n = int(sys.argv[3]) if len(sys.argv) > 3 else OPERATIONS
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else SEED
    with tree(stage) as w:
        p = Play(w, seed)
        start = time.monotonic()
        p.play(n)
        print("         %s; %.1f s" % (
            ", ".join("%d %s" % (n, name[3:])
                      for name, n in sorted(p.counts.items())),
            time.monotonic() - start))


play()
