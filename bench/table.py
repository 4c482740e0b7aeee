"""From figures to a table: ours, what it is compared with, the ratio, the goal."""
from collections import namedtuple

Row = namedtuple("Row", "what ours unit against theirs ratio goal met")

# (what, ours, against, theirs, goal), where the goal is the most that ours may be
# as a multiple of theirs, or None: for information.
LIVE = [
    ("open to first reply", "open", "bare, epoll everywhere", "floor-open-loop",
     1.3),
    ("", "open", "  epoll in the broker only", "floor-open", None),
    ("", "open", "  one session, forked", "forked-open-loop", None),
    ("", "open", "  sd-bus, dbus-broker", "dbus-broker-open", None),
    ("", "open", "  sd-bus, dbus-daemon", "dbus-daemon-open", None),
    ("raw open", "open-raw", "bare, epoll in the broker", "floor-open", None),
    ("call, raw", "raw", "bare seqpacket pair", "floor-call", 1.05),
    ("", "raw", "  one session, forked", "forked-call", None),
    ("call, framed", "call", "bare, server in epoll", "floor-call-loop", None),
    ("", "call", "  sd-bus, dbus-broker", "dbus-broker-call", 0.25),
    ("", "call", "  sd-bus, dbus-daemon", "dbus-daemon-call", 0.25),
]

COLD = [
    ("cold start, {}", "{}/cold", "bwrap", "{}/bwrap", 1 / 3),
    ("", "{}/cold", "exec alone", "{}/exec", None),
]

# (what, ours, unit, the most it may be or None)
ABSOLUTE = [
    ("manager during 10^6 messages: time run", "flood/manager_ns", "ns", 0),
    ("  times it was scheduled", "flood/manager_slices", "", 0),
    ("  system calls (strace)", "flood/manager_calls", "", 0),
    ("  its launcher and inits: time run", "flood/others_ns", "ns", 0),
    ("check, 100 realms of 100", "check/100x100_ms", "ms", 1000),
    ("  processor time", "check/100x100_cpu_ms", "ms", None),
    ("check, one realm of 10,000", "check/1x10000_ms", "ms", 1000),
    ("  processor time", "check/1x10000_cpu_ms", "ms", None),
    ("manager, per stopped instance: known", "memory/named_bytes", "bytes", 4096),
    ("  resolved", "memory/resolved_bytes", "bytes", 4096),
    ("  that ran once", "memory/used_bytes", "bytes", 4096),
    ("manager, per running instance", "memory/running_manager_kib", "KiB", None),
    ("  its init", "memory/running_helpers_kib", "KiB", None),
    ("  its program", "memory/running_programs_kib", "KiB", None),
]


def compared(figures, what, ours, against, theirs, goal):
    if ours not in figures or theirs not in figures:
        return None
    ratio = figures[ours] / figures[theirs] if figures[theirs] else 0
    met = None if goal is None else ratio <= goal
    return Row(what, figures[ours], "us", against, figures[theirs], ratio, goal,
               met)


def rows(figures):
    out = []
    for place in ("same", "cross", "free"):
        for what, ours, against, theirs, goal in LIVE:
            # On several cores waking them is most of the time: the goals of
            # the bus are for one core.
            if place != "same" and "sd-bus" in against:
                goal = None
            # Where the kernel puts two tasks that it may move decides between
            # 10 and 60 us: no goal can be told from luck.
            if place == "free":
                goal = None
            label = f"{what}, {place}" if what else ""
            out.append(compared(figures, label, f"{place}/{ours}", against,
                                f"{place}/{theirs}", goal))
    for place in ("free", "same"):
        for what, ours, against, theirs, goal in COLD:
            out.append(compared(figures, what.format(place), ours.format(place),
                                against, theirs.format(place), goal))
    out.append(compared(figures, "20 cold starts at once, each", "burst/cold",
                        "bwrap", "burst/bwrap", None))
    for what, ours, unit, most in ABSOLUTE:
        if ours in figures:
            met = None if most is None else figures[ours] <= most
            out.append(Row(what, figures[ours], unit, "", None, None, most, met))
    return [r for r in out if r]


def number(value):
    if value is None:
        return ""
    if value == int(value):
        return str(int(value))
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}"


def goal_text(r):
    if r.goal is None:
        return ""
    if r.ratio is None:
        return f"<= {number(r.goal)}"
    if r.goal < 1:
        return f"{1 / r.goal:.0f}x faster"
    return f"<= {r.goal}x"


def ratio_text(r):
    if r.ratio is None:
        return ""
    return f"{r.ratio:.2f}x" if r.ratio > 0.5 else f"1/{1 / r.ratio:.1f}"


def render(machine, n_rounds, all_rows, missing, failures):
    lines = [
        f"{machine['cpus']} processors ({machine['model']}), Linux "
        f"{machine['kernel']}, uid {machine['uid']}, load {machine['load']:.1f}; "
        f"medians of {n_rounds} interleaved rounds.",
        "same: all on one core; cross: the client on one, the rest on another; "
        "free: not pinned.",
        "",
        f"{'':<40}{'ours':>9} {'':<6}{'against':<26}{'theirs':>9} {'ratio':>8}  "
        f"{'goal':<11}",
    ]
    for r in all_rows:
        verdict = {True: "met", False: "MISSED", None: ""}[r.met]
        lines.append(
            f"{r.what:<40}{number(r.ours) if r.what else '':>9} "
            f"{r.unit if r.what else '':<6}{r.against:<26}"
            f"{number(r.theirs):>9} {ratio_text(r):>8}  "
            f"{goal_text(r):<11} {verdict}".rstrip())
    lines.append("")
    for name, why in missing.items():
        lines.append(f"skipped: {name}: {why}")
    for f in failures:
        lines.append(f"failed: {f}")
    return "\n".join(lines)
