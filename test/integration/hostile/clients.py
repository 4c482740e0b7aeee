"""
Hostile clients against a live manager: whatever they send, it lives, its memory
stays bounded, and a well-behaved client next to them is served promptly.
"""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rest import held_at_rest, wait_held
from stage import (actor, child, descriptors_of, equal, matches, memory_of,
                   offer, play, provider, story, until, user)

HERE = os.path.dirname(os.path.abspath(__file__))
ECHO = "example.Echo"
SERVE = ("serve /svc/%s echo" % ECHO, "run")
# What a manager may grow under attack, in KiB: mostly its journal, which keeps
# a bounded number of entries.
GROWTH = 10 * 1024
# What a well-behaved client's call may take meanwhile, in seconds. It includes
# starting the client, and other tests that run at the same time.
PROMPTLY = 20


# An ordinary user has one account at the kernel for all descriptors in flight,
# which its cells share; as root each cell has its own. So some stories are for
# root alone, or play it softer for a user.


def with_wire():
    with open(os.path.join(HERE, "wire.py")) as f:
        return {"bin/wire.py": f.read()}


def attack(stage, script, provider_manifest=None, **sections):
    """A tree of an attacker, whose program is @script, the provider it may
    open, and a good provider with a good client that is started by hand."""
    manifest = actor(use=[dict(protocol=ECHO)], **sections)
    manifest["program"]["binary"] = "bin/attack.py"
    stage.package("bad", manifest, None, dict(
        with_wire(), **{"bin/attack.py":
                        "#!/usr/bin/python3\nimport socket, time\n"
                        "from wire import *\n" + script}))
    return stage.tree(
        actor("run", children=[child("s"), child("victim"), child("good"),
                               child("bad")],
              offer=[offer("#victim", "#bad"), offer("#s", "#good")]),
        s=provider(*SERVE), victim=provider_manifest or provider(*SERVE),
        good=user("open /svc/" + ECHO, "call x"))


class Calm:
    """The state before an attack, and that it is the same after it."""

    def __init__(self, run, growth=GROWTH):
        self.growth = growth
        run.wait("started", "/")
        run.start("/good")
        run.said("/good", "^answer x$")
        run.wait("exit", "/good")
        self.run = run
        self.memory = memory_of(run.pid)

    def check(self):
        """Somebody else is served, now."""
        begin, after = time.monotonic(), self.run.mark()
        # In a flood of news those of the good one may be left out: once more.
        while not self.run.find("log", "/good", "^answer x$", after=after):
            self.run.start("/good")
            self.run.wait_state("/good", "stopped")
            equal(self.run.find("refused", "/good"), [])
            took = time.monotonic() - begin
            assert took < PROMPTLY, "it took %.2f s" % took
        grown = memory_of(self.run.pid) - self.memory
        assert grown < self.growth, "it has grown by %d KiB" % grown

    def check_while(self, moniker, text, timeout=60):
        """Until a component says something, others are served."""
        end = time.monotonic() + timeout
        while not self.run.find("log", moniker, text):
            if time.monotonic() > end:
                raise AssertionError("%s never said %s" % (moniker, text))
            self.check()
        self.check()


@story
def malformed_frames(stage):
    """Each costs its own connection at most."""
    root = attack(stage, '''
import random
svc = bootstrap()[0]
good = open_request(b"example.Echo")
bad = [good[:n] for n in range(1, len(good))]
bad += [
    header(OPEN), header(0), header(2**64 - 1), header(0x1234),
    header(OPEN, 5) + good[16:], header(DESCRIBE, 0),
    header(OPEN, 0, 0) + good[16:], header(OPEN, 0, 2, 9) + good[16:],
    good + b"\\0" * 8, good + b"x", good[:-1] + b"x",
    open_request(b""), open_request(b"/"), open_request(b"//"),
    open_request(b"../../etc/passwd"), open_request(b"a/../b"),
    open_request(b"\\xff\\xfe"), open_request(b"a\\0b"),
    open_request(b"x" * 4096), open_request(b"x" * 5000),
    open_request(b"x/" * 2000), open_request(b"example.Echo", 0),
    open_request(b"example.Echo", 0xffffffff), open_request(b".", 0x00080001),
    open_request(b"example.Echo", RIGHTS, 0xffffffff),
    header(OPEN) + struct.pack("<IIQQII", 3, 0, 2**63, PRESENT, HANDLE, 0),
    header(OPEN) + struct.pack("<IIQQII", 3, 0, 2**32, PRESENT, HANDLE, 0),
    header(OPEN) + struct.pack("<IIQQII", 3, 0, 12, 0, HANDLE, 0),
    header(OPEN) + struct.pack("<IIQQII", 3, 0, 12, 7, HANDLE, 0),
    header(READ_DIRENTS, 1) + struct.pack("<Q", 2**64 - 1),
    header(READ_DIRENTS, 1), header(WATCH, 1) + b"\\xff" * 8,
    header(WATCH, 1) + struct.pack("<IIII", 31, 77, HANDLE, 0),
    clone_request(0xffffffff), clone_request(0), header(CLONE),
    b"\\0" * 65536, b"\\xff" * 65536,
]
random.seed(1)
for n in range(400):
    bad.append(random.randbytes(random.choice((1, 15, 16, 17, 24, 40, 4000))))
for n in range(400):
    b = bytearray(good)
    b[random.randrange(len(b))] ^= 1 << random.randrange(8)
    bad.append(bytes(b))
for data in bad:
    for n_fds in 0, 1, 3:
        c = live_clone(svc)
        mine, theirs = channel()
        try:
            send(c, data, [theirs.fileno()] * n_fds)
        except OSError:
            pass
        c.close(); mine.close(); theirs.close()
# And on the connection itself, with a witness.
witness = live_clone(svc)
c = live_clone(svc)
send(c, header(0x1234))
say("unknown method:", end_of(c))
say("alive" if is_alive(witness) else "dead")
s = open_at(witness, b"example.Echo")
say("served" if echo(s) else "not served")
''')
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        calm.check_while("/bad", "^(not )?served$|Error")
        equal(run.says("/bad")[-2:], ["alive", "served"])
        calm.check()


@story
def wrong_handles(stage):
    """What is no channel, or a channel that leads back here."""
    root = attack(stage, '''
import select
svc, *rest = bootstrap()
witness = live_clone(svc)
def try_one(name, fds):
    c = live_clone(witness)
    for request in open_request(b"example.Echo"), clone_request(), \\
            open_request(b"."), open_request(b"nothing"):
        try:
            send(c, request, fds)
        except OSError as e:
            say(name, e)
    c.close()
os.mkfifo("/tmp/fifo")
def maybe(make, *arguments):
    """A descriptor; another one where the cell has none of this kind."""
    try:
        s = make(*arguments)
        keep.append(s)
        return (s[0] if isinstance(s, tuple) else s).fileno()
    except OSError:
        return 0
keep = []
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind("/tmp/listener"); listener.listen()
unbound = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
dgram = maybe(socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)
stream = maybe(socket.socketpair, socket.AF_UNIX, socket.SOCK_STREAM)
tcp = maybe(socket.socket, socket.AF_INET, socket.SOCK_STREAM)
e, f = channel()
shut, g = channel(); shut.shutdown(socket.SHUT_RDWR)
send(e, b"early"); send(f, b"early")
handles = dict(
    file=os.open("/tmp/file", os.O_RDWR | os.O_CREAT),
    package=os.open("/pkg/bin/attack.py", os.O_RDONLY),
    directory=os.open("/tmp", os.O_RDONLY), path=os.open("/", os.O_PATH),
    fifo=os.open("/tmp/fifo", os.O_RDWR), null=os.open("/dev/null", os.O_RDWR),
    pipe=os.pipe()[1], memfd=os.memfd_create("x"), event=os.eventfd(0),
    epoll=select.epoll().fileno(), listener=listener.fileno(),
    unbound=unbound.fileno(), dgram=dgram, stream=stream, tcp=tcp,
    channel=e.fileno(), shut=shut.fileno(), svc=svc.fileno(),
    lifecycle=rest[-1].fileno(), outgoing=rest[0].fileno(), stdout=1,
    bootstrap=3, proc=os.open("/proc/self/status", os.O_RDONLY))
for name, fd in handles.items():
    try_one(name, [fd]); try_one(name, [])
    for n in MANY:
        try_one(name, [fd] * n)
# A channel that carries its own other end, and one that carries itself.
x, y = channel()
send(x, b"loop", [y.fileno()]); send(y, b"loop", [x.fileno()])
try_one("loop", [y.fileno()])
send(x, b"self", [x.fileno()])
try_one("self", [x.fileno()])
# Whoever hands out the end that it asks with has itself to blame.
say("alive" if is_alive(witness) else "dead")
for n in range(100):
    s = open_at(witness, b"example.Echo")
    if s and echo(s):
        break
    time.sleep(0.05)
say("served" if n < 99 else "not served")
'''.replace("MANY", "(2, 5, 64)" if stage.is_root() else "(2, 5)"))
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/victim")
        run.wait("started", "/victim")
        held = held_at_rest(run.pid)
        run.start("/bad")
        calm.check_while("/bad", "^(not )?served$|Error")
        equal(run.says("/bad")[-2:], ["alive", "served"])
        run.wait("exit", "/bad")
        wait_held(held, run.pid)


DEAF = actor("deaf", capabilities=[dict(protocol=ECHO)],
             expose=[{"protocol": ECHO, "from": "self"}])


def kill(run):
    """What is deaf would keep us for its grace period."""
    run.signal(signal.SIGINT)
    run.wait("manager", "", "once more kills")
    run.signal(signal.SIGINT)
    run.end()


@story
def a_hundred_thousand_opens_never_served(stage):
    """By a client that keeps none of them; its bound is its own."""
    root = attack(stage, '''
svc = bootstrap()[0]
path = open_request(b"example.Echo")
n = 0
mine, theirs = channel()
while n < 100000:
    # The same end again and again: each open is another one all the same.
    if n % 64 == 0:
        mine.close(); theirs.close()
        mine, theirs = channel()
    if send(svc, path, [theirs.fileno()]):
        n += 1
    else:
        time.sleep(0.0005)
say("sent", n)
say("alive" if is_alive(svc) else "dead")
last = open_at(svc, b"example.Echo")
say("the next:", end_of(last))
''', DEAF)
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        calm.check_while("/bad", "^the next|Error", 120)
        equal(run.says("/bad"),
              ["sent 100000", "alive", "the next: NO_RESOURCES"])
        calm.check()
        kill(run)


@story
def opens_that_are_held(stage):
    """By a client that keeps every end that it can."""
    root = attack(stage, '''
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
svc = bootstrap()[0]
held = []
while len(held) < 8000:
    try:
        c = open_at(svc, b"example.Echo")
    except OSError as e:
        say(e.errno)
        break
    if c:
        held.append(c)
    else:
        time.sleep(0.001)
say("held", len(held) > 500)
refused = 0
for c in held[:2000]:
    try:
        refused += end_of(c, 0.001) == "NO_RESOURCES"
    except TimeoutError:
        pass
say("refused", refused > 100, "alive", is_alive(svc))
time.sleep(0.5)
say("done")
''', DEAF)
    with stage.run(root) as run:
        calm = Calm(run)
        before = descriptors_of(run.pid)
        run.start("/bad")
        calm.check_while("/bad", "^done|Error", 120)
        equal([s for s in run.says("/bad") if not s.isdigit()],
              ["held True", "refused True alive True", "done"])
        # The manager holds no descriptor for what it handed over.
        assert descriptors_of(run.pid) < before + 200
        equal(run.find("refused", "/good"), [])
        kill(run)


@story(only="root")
def half_open_channels(stage):
    """Ends that are closed, shut, full or copied when they are handed over."""
    root = attack(stage, '''
svc = bootstrap()[0]
keep = []
for n in range(3000):
    mine, theirs = channel()
    kind = n % 6
    if kind == 0:
        mine.close()
    elif kind == 1:
        mine.shutdown(socket.SHUT_RDWR)
    elif kind == 2:
        while send(mine, b"x" * 1000):
            pass
    elif kind == 3:
        keep.append(socket.socket(fileno=os.dup(theirs.fileno())))
        keep.append(mine)
    elif kind == 4:
        send(mine, b"fds", [theirs.fileno()] * 60)
    else:
        theirs.shutdown(socket.SHUT_WR)
    while not send(svc, open_request(b"example.Echo"), [theirs.fileno()]):
        pass
    theirs.close()
    if len(keep) > 400:
        for s in keep:
            s.close()
        keep = []
say("alive" if is_alive(svc) else "dead")
for n in range(100):
    s = open_at(svc, b"example.Echo")
    if s and echo(s):
        break
say("served", n < 100)
''')
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        calm.check_while("/bad", "^served|Error", 120)
        equal(run.says("/bad")[-2:], ["alive", "served True"])
        calm.check()


@story
def connects_that_are_never_served(stage):
    """connect(2) on the socket file, as often as it goes."""
    root = attack(stage, '''
bootstrap()
held, refused = [], 0
for n in range(2000):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.setblocking(False)
    try:
        s.connect("/svc/example.Echo")
    except BlockingIOError:
        s.close()
        time.sleep(0.001)
        continue
    except OSError as e:
        say(e)
        break
    held.append(s)
    if len(held) > 600:
        for s in held[:300]:
            s.close()
        held = held[300:]
say("done")
time.sleep(0.3)
say("end")
''', DEAF)
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        calm.check_while("/bad", "^end$|Error", 120)
        equal(run.says("/bad")[-2:], ["done", "end"])
        kill(run)


@story
def clones_and_watchers_without_end(stage):
    """Channels to the manager itself are counted, too."""
    root = attack(stage, '''
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
svc = bootstrap()[0]
held = []
for n in range(5000):
    c = clone(svc)
    held.append(c)
    if n % 3 == 0:
        mine, theirs = channel()
        try:
            send(c, header(WATCH, 1) + struct.pack("<IIIxxxx", 31, 0, HANDLE),
                 [theirs.fileno()])
        except OSError:
            pass
        theirs.close()
        held.append(mine)
    if n % 50 == 0:
        time.sleep(0.002)
say("cloned")
say("alive" if is_alive(svc) else "dead")
time.sleep(0.3)
say("end")
''')
    with stage.run(root) as run:
        calm = Calm(run)
        before = descriptors_of(run.pid)
        run.start("/bad")
        calm.check_while("/bad", "^end$|Error", 120)
        equal(run.says("/bad")[-3:], ["cloned", "alive", "end"])
        assert descriptors_of(run.pid) < before + 300, descriptors_of(run.pid)


@story
def the_managers_own_descriptors(stage):
    """Eight that take all they get, from a manager that has few."""
    names = ["bad%d" % n for n in range(8)]
    manifest = actor(use=[dict(protocol=ECHO)])
    manifest["program"]["binary"] = "bin/attack.py"
    stage.package("bad", manifest, None, dict(with_wire(), **{
        "bin/attack.py": """#!/usr/bin/python3
import signal, socket, time
from wire import *
svc = bootstrap()[0]
held = []
for n in range(100):
    c = clone(svc)
    if c:
        held.append(c)
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.setblocking(False)
    s.connect_ex("/svc/example.Echo")
    held.append(s)
    time.sleep(0.001)
say("holding")
signal.pause()
"""}))
    root = stage.tree(
        actor("run", children=[child("s"), child("victim"), child("good")]
              + [child(n, "bad") for n in names],
              offer=[offer("#victim", *["#" + n for n in names]),
                     offer("#s", "#good")]),
        s=provider(*SERVE), victim=DEAF,
        good=user("open /svc/" + ECHO, "call x"))
    with stage.run(root, prefix=("prlimit", "--nofile=1024:1024", "--")) as run:
        calm = Calm(run)
        run.start(*["/" + n for n in names])
        for n in names:
            run.said("/" + n, "^holding")
        calm.check()
        # Starting, opening and the tools all still work.
        calm.check()
        kill(run)


@story
def requests_whose_replies_are_not_read(stage):
    root = attack(stage, '''
svc = bootstrap()[0]
for k in range(20):
    c = clone(svc)
    n = 0
    try:
        for n in range(20000):
            if not send(c, header(READ_DIRENTS, 1) + struct.pack("<Q", 8192)):
                time.sleep(0.0005)
    except OSError as e:
        pass
    if k == 0:
        say("ended after", n < 20000)
say("alive" if is_alive(svc) else "dead")
say("end")
''')
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        calm.check_while("/bad", "^end$|Error", 120)
        equal(run.says("/bad")[-2:], ["alive", "end"])


@story(only="root")
def channels_that_only_the_manager_reads(stage):
    """Bootstrap, lifecycle and outgoing: full of what nobody asked for."""
    root = attack(stage, '''
import random
svc, *rest = bootstrap()
for s in [*rest, socket.socket(fileno=os.dup(3))]:
    for n in range(1000):
        mine, theirs = channel()
        try:
            if not send(s, random.randbytes(500), [theirs.fileno()] * 20):
                break
        except OSError as e:
            break
        finally:
            mine.close(); theirs.close()
    try:
        s.shutdown(socket.SHUT_RD)
    except OSError:
        pass
say("alive" if is_alive(svc) else "dead")
''')
    with stage.run(root) as run:
        calm = Calm(run)
        run.start("/bad")
        calm.check_while("/bad", "^alive|^dead|Error")
        equal(run.says("/bad")[-1], "alive")
        run.wait("exit", "/bad")


@story
def many_attackers_at_once(stage):
    """Each has a bound of its own, and none of them is the good one's."""
    # See above.
    names = ["u%d" % n for n in range(30 if stage.is_root() else 2)]
    root = stage.tree(
        actor("run", children=[child("s"), child("victim"), child("good")]
              + [child(n, "u") for n in names],
              offer=[offer("#victim", *["#" + n for n in names]),
                     offer("#s", "#good")]),
        s=provider(*SERVE), victim=DEAF,
        u=user("flood 2000 /svc/" + ECHO, "hold 300 /svc/" + ECHO,
               "sleep 500"),
        good=user("open /svc/" + ECHO, "call x"))
    with stage.run(root) as run:
        calm = Calm(run)
        run.start(*["/" + n for n in names])
        for n in names:
            run.said("/" + n, "^flooded", timeout=120)
            if n in names[::10]:
                calm.check()
        until(lambda: not [m for m, v in run.list().items()
                           if m.startswith("/u") and v["state"] != "stopped"],
              "they have ended", 60)
        calm.check()
        kill(run)


if __name__ == "__main__":
    play()
