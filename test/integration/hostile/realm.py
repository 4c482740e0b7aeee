"""Hostile use of the Realm protocol: frames, names, floods, and races."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rest import held_at_rest, wait_held
from stage import (actor, child, equal, matches, memory_of, offer, play,
                   provider, story, until, url, user)

HERE = os.path.dirname(os.path.abspath(__file__))
ECHO = "example.Echo"
REALM = "fuchsia.sys2.Realm"
GROWTH = 8 * 1024

# What the attackers share: requests by hand.
REQUESTS = '''#!/usr/bin/python3
import random, socket, time
from wire import *

W = b"fuchsia-pkg://example.org/w#meta/w.cm"

def optional(b):
    return string(b) if b is not None else struct.pack("<QQ", 0, 0)

def child(name, collection=b"pool"):
    return string(name) + optional(collection)

def tail(name, collection=b"pool"):
    return padded(name) + padded(collection or b"")

def with_handle(ordinal, txid, name, collection=b"pool"):
    return (header(ordinal, txid) + child(name, collection) +
            struct.pack("<Ixxxx", HANDLE) + tail(name, collection))

def bind(txid, name, collection=b"pool"):
    return with_handle(BIND_CHILD, txid, name, collection)

def destroy(txid, name, collection=b"pool"):
    return header(DESTROY_CHILD, txid) + child(name, collection) + \\
        tail(name, collection)

def create(txid, name, url=W, collection=b"pool"):
    return (header(CREATE_CHILD, txid) + string(collection) +
            struct.pack("<QQ", 3, PRESENT) + padded(collection) +
            struct.pack("<IHH", 16 + len(padded(name)), 0, 0) +
            struct.pack("<IHH", 16 + len(padded(url)), 0, 0) +
            struct.pack("<IHH", 0, 0, 1) +
            string(name) + padded(name) + string(url) + padded(url))

def children(txid, collection=b"pool"):
    return (header(LIST_CHILDREN, txid) + string(collection) +
            struct.pack("<Ixxxx", HANDLE) + padded(collection))

def realm():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect("/svc/fuchsia.sys2.Realm")
    return s

def answer(s, timeout=20):
    """0 for success, the error, or "closed"."""
    data, fds = receive(s, timeout)
    for fd in fds:
        os.close(fd)
    if not data or data[8:16] == b"\\xff" * 8:
        return "closed"
    ordinal, = struct.unpack_from("<Q", data, 16)
    return 0 if ordinal == 1 else struct.unpack_from("<I", data, 24)[0]

def call(s, request, fds=()):
    send(s, request, fds)
    return answer(s)
'''


def attack(stage, script, worker=None):
    with open(os.path.join(HERE, "wire.py")) as f:
        wire = f.read()
    manifest = actor(use=[{"protocol": REALM, "from": "framework"}],
                     collections=[dict(name="pool", durability="transient"),
                                  dict(name="once", durability="single_run")])
    manifest["program"]["binary"] = "bin/attack.py"
    stage.package("bad", manifest, None,
                  {"bin/wire.py": wire, "bin/attack.py": REQUESTS + script})
    return stage.tree(
        actor("run", children=[child("s"), child("good"), child("bad")],
              offer=[offer("#s", "#good")]),
        s=provider("serve /svc/%s echo" % ECHO, "run"),
        w=worker or provider("serve /svc/%s echo" % ECHO, "run"),
        good=user("open /svc/" + ECHO, "call x"))


class Calm:
    def __init__(self, run):
        run.wait("started", "/")
        self.run, self.n = run, 0
        self.check()
        self.memory = memory_of(run.pid)
        self.held = held_at_rest(run.pid)

    def check(self):
        self.n += 1
        self.run.start("/good")
        self.run.said("/good", "^answer x$", n=self.n)
        self.run.wait("exit", "/good", n=self.n)
        self.run.wait_state("/good", "stopped")


@story
def malformed_requests(stage):
    root = attack(stage, '''
random.seed(3)
good = [create(1, b"x"), bind(1, b"x"), destroy(1, b"x"), children(1),
        header(NEXT, 1)]
bad = [g[:n] for g in good for n in range(1, len(g), 2)]
bad += [g + b"\\0" * 8 for g in good]
for g in good:
    for _ in range(100):
        b = bytearray(g)
        b[random.randrange(len(b))] ^= 1 << random.randrange(8)
        bad.append(bytes(b))
s = realm()
for data in bad:
    for n_fds in 0, 1, 2:
        mine, theirs = channel()
        try:
            if send(s, data, [theirs.fileno()] * n_fds):
                if answer(s) == "closed":
                    s.close(); s = realm()
        except (BrokenPipeError, ConnectionResetError):
            s.close(); s = realm()
        mine.close(); theirs.close()
s = realm()
mine, theirs = channel()
say("children", call(s, children(1), [theirs.fileno()]))
say("end")
''')
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        run.said("/bad", "^end$|Error", timeout=60)
        equal(run.says("/bad")[-2:], ["children 0", "end"])
        calm.check()
        assert memory_of(run.pid) - calm.memory < GROWTH


@story
def names_and_urls(stage):
    """None leads out of the collection, the packages or the file system."""
    os.makedirs(stage.path("outside/meta"))
    stage.write("outside/meta/x.cml", "{}")
    root = attack(stage, '''
s = realm()
names = [b"", b".", b"..", b"../up", b"a/b", b"/", b"a:b", b"pool:a", b"#a",
         b"x" * 1024, b"x" * 256, b" ", b"\\xc3\\xa4", b"a\\nb", b"-", b"a b"]
for name in names:
    say("name", repr(name[:20]), call(s, create(1, name)))
urls = [b"", b"x", b"file:///etc#passwd", b"file://OUTSIDE#meta/x.cm",
        b"file:///#OUTSIDE/meta/x.cm", b"fuchsia-pkg://h/../..#meta/x.cm",
        b"fuchsia-pkg://h/w#../../outside/meta/x.cm",
        b"fuchsia-pkg://h/%2e%2e#meta/x.cm", b"../outside#meta/x.cm",
        b"fuchsia-pkg://h/w#/etc/passwd", b"http://example.org/#meta/x.cm",
        b"fuchsia-pkg://h/" + b"w" * 4000 + b"#meta/x.cm"]
outside = open("/pkg/outside").read().encode()
for n, u in enumerate(urls):
    u = u.replace(b"/OUTSIDE", outside).replace(b"OUTSIDE", outside[1:])
    name = b"u%d" % n
    e = call(s, create(1, name, u))
    mine, theirs = channel()
    say("url", n, e or call(s, bind(1, name), [theirs.fileno()]))
say("end")
''')
    stage.write("packages/bad/outside", stage.path("outside"))
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        run.said("/bad", "^end$|Error", timeout=60)
        says = run.says("/bad")
        made = [s for s in says if s.startswith("name") and s.endswith(" 0")]
        for line in made:
            matches(r"^name b'(x{20}|-|\\xc3\\xa4|a b| )'", line)
        # 2: invalid arguments; 8: cannot be resolved.
        for line in says:
            if line.startswith("url"):
                matches(" (2|8)$", line)
        # Monikers say what they are: no name looks like a path.
        for m in run.list():
            matches(r"^/$|^(/[^/]+)+$", m)
            assert "\n" not in m and ".." not in m.split("/"), m
        calm.check()


@story
def children_without_end(stage):
    """Up to a bound that is the creator's, grandchildren included."""
    root = attack(stage, '''
s = realm()
n = 0
while n < 5000:
    e = call(s, create(1, b"c%d" % n))
    if e:
        break
    n += 1
say("created", n, "then", e)
# All listed, in as many batches as it takes, over and over.
for k in range(50):
    mine, theirs = channel()
    call(s, children(1), [theirs.fileno()])
    theirs.close()
    if k % 10:
        # Never asked again; closed, or not.
        if k % 2:
            mine.close()
        continue
    total = 0
    while True:
        send(mine, header(NEXT, 1))
        data, _ = receive(mine)
        count, = struct.unpack_from("<Q", data, 16)
        if not count:
            break
        total += count
    mine.close()
say("listed", total)
for k in range(n):
    e = call(s, destroy(1, b"c%d" % k)) or e if k else 0
say("destroyed", e, call(s, create(1, b"again")))
''')
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        run.said("/bad", "^destroyed|Error", timeout=60)
        equal(run.says("/bad"), ["created 1024 then 10", "listed 1024",
                                 "destroyed 0 0"])
        calm.check()
        run.wait("exit", "/bad")
        until(lambda: len(run.list()) == 4, "they are gone")
        assert memory_of(run.pid) - calm.memory < GROWTH


@story
def replies_that_are_not_read(stage):
    root = attack(stage, '''
mine, theirs = channel()
for k in range(10):
    s = realm()
    try:
        for n in range(3000):
            if not send(s, children(1), [theirs.fileno()]):
                time.sleep(0.001)
    except OSError:
        pass
say("end")
time.sleep(0.2)
''')
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        run.said("/bad", "^end$|Error", timeout=60)
        equal(run.says("/bad")[-1], "end")
        calm.check()
        assert memory_of(run.pid) - calm.memory < GROWTH


@story
def wishes_that_cross(stage):
    """Create, bind and destroy of one name from several connections at once."""
    root = attack(stage, '''
import threading
random.seed(4)
def play(seed):
    rnd = random.Random(seed)
    s = realm()
    for n in range(120):
        name = rnd.choice((b"a", b"b"))
        collection = rnd.choice((b"pool", b"once"))
        what = rnd.randrange(4)
        if what == 0:
            call(s, create(1, name, W, collection))
        elif what == 1:
            mine, theirs = channel()
            call(s, bind(1, name, collection), [theirs.fileno()])
            open_at(mine, b"svc/example.Echo")
            theirs.close()
        elif what == 2:
            call(s, destroy(1, name, collection))
        else:
            # Asked, and gone before the answer.
            send(s, destroy(1, name, collection))
            s.close()
            s = realm()
threads = [threading.Thread(target=play, args=(n,)) for n in range(4)]
for t in threads: t.start()
for t in threads: t.join()
s = realm()
for name in b"a", b"b":
    for collection in b"pool", b"once":
        call(s, destroy(1, name, collection))
        say(collection.decode(), name.decode(),
            call(s, destroy(1, name, collection)))
say("end")
''')
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        run.said("/bad", "^end$|Error", timeout=90)
        # 5: there is no such child (any more).
        equal(run.says("/bad"), ["pool a 5", "once a 5", "pool b 5",
                                 "once b 5", "end"])
        run.wait("exit", "/bad")
        calm.check()
        until(lambda: len(run.list()) == 4, "they are gone")
        wait_held(calm.held, run.pid)


@story
def a_child_that_creates_itself(stage):
    """Each makes one more below it: the tree has a depth, and an account."""
    manifest = actor("realm /svc/" + REALM,
                     "create pool w " + url("w"), "bind pool w", "run",
                     use=[{"protocol": REALM, "from": "framework"}],
                     collections=[dict(name="pool", durability="transient")])
    root = stage.tree(
        actor("run", children=[child("w"), child("s"), child("good")],
              offer=[offer("#s", "#good")]),
        w=manifest, s=provider("serve /svc/%s echo" % ECHO, "run"),
        good=user("open /svc/" + ECHO, "call x"))
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/w")

        def deepest():
            return max(m.count("/") for m in run.list())
        until(lambda: deepest() > 20 or run.find("failed"), "it goes down")
        calm.check()
        run.ask("stop", "/w")
        until(lambda: not [m for m in run.list() if m.startswith("/w/")],
              "all of it goes with the first", 60)
        calm.check()


play()
