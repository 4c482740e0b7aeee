"""
What the manifests say is what an open does: random trees, damaged here and there,
in which everything that anybody uses is routed by `reeve route`, and then opened
in a running system. Each answer is the same, and so is its reason.
"""
import json
import random

from stage import child, equal, obeyer, play, story

N_COMPONENTS = 9
N_ROUTES = 10
N_TREES = 16
STATUS_OF_RULE = {"access-denied": "ACCESS_DENIED",
                  "policy-never": "ACCESS_DENIED"}


class Tree:
    """A tree of components and routes through it; some are damaged."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.parent = [None] + [
            i - 1 if self.r.random() < .5 else self.r.randrange(i)
            for i in range(1, N_COMPONENTS)]
        self.manifests = [
            dict(children=[], use=[], offer=[], expose=[], capabilities=[],
                 serve=[]) for _ in self.parent]
        for i, above in enumerate(self.parent):
            if above is not None:
                self.manifests[above]["children"].append(
                    child("n%d" % i, self.package(i)))
        self.uses = []
        for i in range(N_ROUTES):
            self.lay("x.S%d" % i)

    @staticmethod
    def package(i):
        return "n%d" % i if i else "root"

    def chain(self, i):
        """From the root to i."""
        return [] if i is None else self.chain(self.parent[i]) + [i]

    def moniker(self, i):
        return "/" + "/".join("n%d" % k for k in self.chain(i)[1:])

    def lay(self, name):
        """One route, with at most one damage. All goes from a component to one
        that is later in the order of the tree, or is weak, so that nothing is a
        circle."""
        provider, user = self.r.sample(range(N_COMPONENTS), 2)
        up, down = self.chain(user), self.chain(provider)
        fork = max(i for i in up if i in down)
        bundled = self.r.random() < .3
        damage = self.r.choice(["none", "none", "drop", "slip", "access",
                                "optional", "keyword"])
        what = "dictionary" if bundled else "protocol"
        passed = "d." + name if bundled else name
        hops = []

        def declare(i, section, **decl):
            self.manifests[i][section].append(decl)
            hops.append((section, decl))

        # A weak use is one from a child only.
        at = "parent" if fork != user else "#n%d" % down[down.index(user) + 1]
        more = {} if fork != user else {"dependency": "weak"}
        self.manifests[user]["use"].append(
            {"protocol": name, "from": at + "/" + passed if bundled else at,
             **more})
        for below in reversed(up[up.index(fork) + 1:]):
            i = self.parent[below]
            source = ("self" if i == provider else "parent" if i != fork else
                      "#n%d" % down[down.index(fork) + 1])
            declare(i, "offer", **{what: passed, "from": source,
                                   "to": "#n%d" % below,
                                   "dependency": "weak"})
        for i in down[down.index(fork) + 1:]:
            source = ("self" if i == provider
                      else "#n%d" % down[down.index(i) + 1])
            declare(i, "expose", **{what: passed, "from": source})
        capability = {"protocol": name}
        self.manifests[provider]["capabilities"].append(capability)
        self.manifests[provider]["serve"].append(name)
        if bundled:
            self.manifests[provider]["capabilities"].append(
                {"dictionary": passed})
            declare(provider, "offer", **{"protocol": name, "from": "self",
                                          "to": "self/" + passed})
        self.damage(damage, hops, capability, what)
        self.uses.append((user, name))

    def damage(self, kind, hops, capability, what):
        section, decl = self.r.choice(hops)
        key = what if what in decl else "protocol"
        if kind == "drop":
            for m in self.manifests:
                m[section] = [d for d in m[section] if d is not decl]
        elif kind == "slip":
            decl["as"] = decl[key] + "z"
        elif kind == "access":
            capability["access"] = ["/nobody"]
        elif kind == "optional":
            decl["availability"] = "optional"
        elif kind == "keyword" and decl["from"] != "self" and \
                key == "protocol":
            decl["directory"] = decl.pop(key)

    def write(self, stage):
        """The packages; the root manifest's path."""
        for i, m in reversed(list(enumerate(self.manifests))):
            serve = m.pop("serve")
            root = stage.package(self.package(i), obeyer(
                *["serve svc/%s echo" % name for name in serve], **m))
        return root


def offline(stage, root, moniker, name):
    r = stage.reeve("route", "--json", root, moniker, name)
    answer = json.loads(r.stdout)
    equal(r.returncode, 0 if answer["verdict"] == "routed" else 1)
    return answer


def live(run, moniker, name):
    """The status of an open, "OK" if it was answered."""
    says = run.order(moniker, "open /svc/" + name, "call hello")
    if says == ["answer hello"]:
        return "OK"
    equal(says[-1].split()[0], "refused", says)
    equal(says[-1].split()[-1], "manager", says)
    return says[-1].split()[1]


def compare(stage, seed):
    tree = Tree(seed)
    root = tree.write(stage)
    n_routed = n_broken = 0
    with stage.run(root) as run:
        run.wait("started", "/")
        run.start(*{tree.moniker(user) for user, _ in tree.uses})
        for user, name in tree.uses:
            moniker = tree.moniker(user)
            said = offline(stage, root, moniker, name)
            after = run.mark()
            did = live(run, moniker, name)
            if said["verdict"] == "routed":
                equal(did, "OK", "%s of %s, seed %d" % (name, moniker, seed))
                n_routed += 1
                continue
            error = said["error"]
            equal(did, error["status"],
                  "%s of %s, seed %d" % (name, moniker, seed))
            equal(did, STATUS_OF_RULE.get(error["rule"], "NOT_FOUND"))
            # The same place, in the line that the refused one gets.
            event = run.wait("refused", moniker, name, after=after)
            equal([event["route"]["error"][k] for k in
                   ("moniker", "file", "line", "column", "rule")],
                  [error[k] for k in
                   ("moniker", "file", "line", "column", "rule")], str(event))
            n_broken += 1
    return n_routed, n_broken


@story
def an_open_does_what_the_manifests_say(stage):
    routed = broken = 0
    for seed in range(N_TREES):
        r, b = compare(stage, seed)
        routed, broken = routed + r, broken + b
    if not (routed > N_TREES and broken > N_TREES):
        raise AssertionError("%d routed, %d broken" % (routed, broken))


play()
