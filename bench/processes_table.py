"""Light processes: from figures to two tables, what is compared and how it grows.
"Ours is" tells how many times as fast, or as small, ours is."""
import statistics
from collections import namedtuple

from processes import CASES, ECHO_SIZES, MEMORY_SIZES, WORKERS, figure

# What is told of a case: the title, and of which figure. @more: more is better.
Block = namedtuple("Block", "case what title unit size sizes more")


def block(case, title):
    main, sizes = CASES[case]
    grown = [s for s in sizes if s in (10, 1000, 100000) or case == "big"
             or case.startswith("selective")]
    return Block(case, "ns", title, "ns", main, grown, False)


BLOCKS = [
    block("pingpong", "ping-pong, 64 bytes copied, a round trip"),
    block("ring", "ring, 8 bytes, a hop"),
    block("spawn", "spawn, its first message to its parent, its end"),
    block("spawn-call", "spawn, a message to it, its answer, its end"),
    block("fanin", "fan-in, 64 bytes from many to one, a message"),
    block("big", "big: all to all and all answer, a message"),
    block("chameneos", "chameneos, a meeting"),
    block("selective", "selective receive behind others, a round trip"),
    block("selective-call", "call behind others, a round trip"),
    block("wakeup", "waking a worker that sleeps, until it runs"),
    Block("memory", "bytes", "memory, of one that waits", "bytes",
          MEMORY_SIZES[-1], MEMORY_SIZES, False),
    Block("memory", "ns", "filling it: spawn and first message, each", "ns",
          MEMORY_SIZES[-1], MEMORY_SIZES, False),
    Block("echo", "per_second", "echo, all connections, messages a second", "/s",
          ECHO_SIZES[-1], ECHO_SIZES, True),
    Block("echo", "server_ns", "echo, processor time of the server, a message",
          "ns", ECHO_SIZES[-1], ECHO_SIZES, False),
]

NAMES = {"ours": "ours", "handler": "ours, handlers", "go": "Go",
         "erlang": "Erlang", "bare": "bare: C, assembly"}
SPECIAL = {
    ("selective", "go"): "Go: none; another channel",
    ("fanin", "erlang"): "Erlang, without a bound",
    ("wakeup", "erlang"): "Erlang, bound to schedulers",
    ("wakeup", "bare"): "bare: threads, a futex",
    ("echo", "erlang"): "Erlang, stream sockets",
    ("echo", "bare"): "bare: C, epoll",
}

# The most that ours may be, by (case, figure, who, workers).
MOST = {
    ("pingpong", "ns", "ours", 1): 100,
    ("spawn", "ns", "ours", 1): 150,
    ("memory", "bytes", "ours", 1): 4608,
    ("memory", "bytes", "handler", 1): 400,
}
# How many times as fast as the other it has to be.
FASTER = {
    **{("pingpong", "ns", "go", w): 2 for w in WORKERS},
    **{("pingpong", "ns", "erlang", w): 5 for w in WORKERS},
    **{("echo", "per_second", "bare", w): 0.85 for w in WORKERS},
}

# One cell: the median, half of what lies between the least and the most in
# percent of it, how many times as fast ours is, the goal, and whether it is met.
Cell = namedtuple("Cell", "median spread ours_is goal met")


def cell(rounds, b, who, n_workers, size):
    values = rounds.get(figure(b.case, who, n_workers, size, b.what))
    if not values:
        return None
    median = statistics.median(values)
    spread = (max(values) - min(values)) / 2 / median * 100 if median else 0
    ours = rounds.get(figure(b.case, "ours", n_workers, size, b.what))
    ours_is = None
    if ours and median and who not in ("ours", "handler"):
        ours_is = statistics.median(ours) / median
        ours_is = ours_is if b.more else 1 / ours_is
    goal, met = None, None
    if size == b.size:
        key = (b.case, b.what, who, n_workers)
        if key in MOST:
            goal, met = f"<= {MOST[key]}", median <= MOST[key]
        elif key in FASTER and ours_is:
            goal, met = f"{FASTER[key]}x", ours_is >= FASTER[key]
    return Cell(median, spread, ours_is, goal, met)


def goals(rounds):
    """For the record: each goal and whether it is met."""
    out = []
    for b in BLOCKS:
        for who in NAMES:
            for w in WORKERS:
                c = cell(rounds, b, who, w, b.size)
                if c and c.goal:
                    out.append({"case": b.case, "figure": b.what, "who": who,
                                "workers": w, **c._asdict()})
    return out


def name_of(b, who):
    return "  " + SPECIAL.get((b.case, who), NAMES[who])


def number(value):
    if value >= 1e6:
        return f"{value / 1e6:.2f}M"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def cell_text(c):
    if not c:
        return " " * 38
    ours_is = f"{c.ours_is:.2f}x" if c.ours_is else ""
    goal = f"{c.goal} {'met' if c.met else 'MISSED'}" if c.goal else ""
    return f"{number(c.median):>9} {f'±{c.spread:.0f}%':>5} {ours_is:>8} {goal:<13}"


def compared(rounds):
    head = f"{'':>9} {'':>5} {'ours is':>8} {'goal':<13}"
    lines = [f"{'':<46}{'one worker':<38}two workers", f"{'':<46}{head}{head}".rstrip()]
    for b in BLOCKS:
        rows = []
        for who in NAMES:
            cells = [cell(rounds, b, who, w, b.size) for w in WORKERS]
            if any(cells):
                rows.append(f"{name_of(b, who):<46}"
                            + "".join(map(cell_text, cells)).rstrip())
        if rows:
            lines += [f"{b.title}; {b.unit}, {b.size:,}", *[r.rstrip() for r in rows]]
    return lines


def growth(rounds):
    lines = []
    for b in BLOCKS:
        of = {w: {who: [cell(rounds, b, who, w, s) for s in b.sizes]
                  for who in NAMES} for w in WORKERS}
        workers = [w for w in WORKERS if any(any(c) for c in of[w].values())]
        if not workers:
            continue
        only = {1: ", one worker", 2: ", two workers"}[workers[0]] \
            if len(workers) == 1 else ""
        lines += [f"{b.title}; {b.unit}{only}", f"{'  how many':<34}"
                  + "".join(f"{s:>11,}" for _ in workers for s in b.sizes)]
        for who in NAMES:
            cells = [c for w in workers for c in of[w][who]]
            if any(cells):
                lines.append((f"{name_of(b, who):<34}" + "".join(
                    f"{number(c.median) if c else '':>11}" for c in cells)).rstrip())
    return lines


def render(rounds):
    if not any(k.startswith("processes/") for k in rounds):
        return ""
    return "\n".join([
        "Light processes. Ours is: how many times as fast (small) as this one.", "",
        *compared(rounds), "",
        "How it grows: among so many processes, behind so many messages, with so",
        "many connections; first with one worker, then with two.", "",
        *growth(rounds), "", ""])
