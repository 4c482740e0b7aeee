"""
The protocols by hand, for programs in cells that mean no good: nothing here
checks what it sends. Copied into the package of each hostile component.
"""
import array
import errno
import os
import socket
import struct
import time

PRESENT = 2**64 - 1
OPEN = 0x2c5044561d685ec0
CLONE = 0x5a61678f293ce16f
CLOSE = 0x5309c5bd1c33dc44
DESCRIBE = 0x0ffcec215078dea0
READ_DIRENTS = 0x3582806bf27faa0a
WATCH = 0x5717193a59d66d91
BIND_CHILD = 0x39e4908dc5362981
CREATE_CHILD = 0x4a172f9123f40725
DESTROY_CHILD = 0x632533e8e2211eff
LIST_CHILDREN = 0x595e11cb39c2c100
NEXT = 0x3df176acd499b1f1

RIGHTS = 3
SAME_RIGHTS = 0x04000000
HANDLE = 0xffffffff
STATUS = {-3: "NO_RESOURCES", -10: "INVALID_ARGS", -24: "PEER_CLOSED",
          -25: "NOT_FOUND", -28: "UNAVAILABLE", -50: "BAD_PATH"}


def say(*words):
    print(*words, flush=True)


def header(ordinal, txid=0, flags=2, magic=1):
    return struct.pack("<IBxxBQ", txid, flags, magic, ordinal)


def padded(b):
    return b + b"\0" * (-len(b) % 8)


def string(b):
    return struct.pack("<QQ", len(b), PRESENT)


def open_request(path, flags=RIGHTS, mode=0):
    return (header(OPEN) + struct.pack("<II", flags, mode) + string(path) +
            struct.pack("<Ixxxx", HANDLE) + padded(path))


def clone_request(flags=SAME_RIGHTS):
    return header(CLONE) + struct.pack("<II", flags, HANDLE)


def channel():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(s, data, fds=()):
    """False when there is no room."""
    control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                array.array("i", fds))] if fds else []
    try:
        s.sendmsg([data], control, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        return True
    except OSError as e:
        # The last: as many descriptors in flight as one user may have.
        if e.errno in (errno.EAGAIN, errno.ETOOMANYREFS):
            return False
        raise


def receive(s, timeout=10):
    """(bytes, descriptors); b"" when it is closed."""
    s.settimeout(timeout)
    try:
        data, fds, _, _ = socket.recv_fds(s, 65536, 64)
    except ConnectionResetError:
        return b"", []
    finally:
        s.settimeout(None)
    return data, fds


def end_of(s, timeout=10):
    """How a channel ends: the name in its epitaph, or "closed"."""
    last = "closed"
    while True:
        data, fds = receive(s, timeout)
        for fd in fds:
            os.close(fd)
        if not data:
            return last
        if len(data) == 24 and data[8:16] == b"\xff" * 8:
            n, = struct.unpack_from("<i", data, 16)
            last = STATUS.get(n, str(n))


def bootstrap():
    """(the channel of /svc, lifecycle, outgoing) of a program with one
    directory in its namespace."""
    first = socket.socket(fileno=3)
    _, fds = receive(first)
    first.detach()
    channels = [socket.socket(fileno=fd) for fd in fds]
    # Only a served directory answers.
    for c in channels:
        send(c, header(DESCRIBE, 1))
    found = []
    for c in list(channels):
        try:
            if receive(c, 0.5)[0]:
                found.append(c)
                channels.remove(c)
        except TimeoutError:
            pass
    return (found[0], *channels)


def clone(directory):
    mine, theirs = channel()
    send(directory, clone_request(), [theirs.fileno()])
    theirs.close()
    return mine


def open_at(directory, path, flags=RIGHTS):
    mine, theirs = channel()
    sent = send(directory, open_request(path, flags), [theirs.fileno()])
    theirs.close()
    if not sent:
        mine.close()
        return None
    return mine


def echo(s, text=b"hello"):
    """Does the provider at the other end answer?"""
    frame = header(0x79f6afbbd548b988, 1) + text
    if not send(s, frame):
        return False
    return receive(s)[0][16:] == text


def is_alive(directory):
    try:
        while not send(directory, header(DESCRIBE, 9)):
            time.sleep(0.001)
        while True:
            data, _ = receive(directory)
            if not data or data[:4] == b"\x09\0\0\0":
                return bool(data)
    except (TimeoutError, BrokenPipeError):
        return False


def live_clone(directory):
    """A clone that is served: there is a bound, and those that were closed may
    not have been noticed yet."""
    while True:
        c = clone(directory)
        if is_alive(c):
            return c
        c.close()
        time.sleep(0.001)
