"""From figures to a table: ours, what it is compared with, the ratio, the goal."""
from collections import namedtuple

import growth

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
    ("connect by name to first reply", "connect", "bare, epoll, told by broker",
     "floor-open-told", None),
    ("", "connect", "  bare, not told", "floor-open-loop", None),
    ("", "connect", "  our open", "open", None),
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

# For both placements.
GRANT = [
    ("grant until opened once, {}", "{}/grant-opened", "bare, an end sent to both",
     "{}/bare/grant"),
    ("live mount, {}", "{}/mount", "bare, from outside", "{}/bare/enter"),
    ("", "{}/mount", "  bare, inside", "{}/bare/mount"),
    ("live unmount, {}", "{}/unmount", "bare, from outside", "{}/bare/enter-off"),
    ("", "{}/unmount", "  bare, inside", "{}/bare/unmount"),
]

CROWDS = [("10", "10 tasks"), ("100", "100 tasks"),
          ("100-last", "the last of 100")]

# (what, ours, unit, against, theirs)
OTHERS = [
    ("calls of others, revocations in a loop", "traffic/busy/per_second", "/s",
     "without", "traffic/quiet/per_second"),
    ("  median", "traffic/busy/median_us", "us", "without",
     "traffic/quiet/median_us"),
    ("  p99", "traffic/busy/p99_us", "us", "without", "traffic/quiet/p99_us"),
    ("registration, 10,000 names waited for", "watch/one-10000", "us",
     "10 waited for", "watch/one-10"),
    ("  until who waits is told", "watch/one-10000-told", "us", "10 waited for",
     "watch/one-10-told"),
    ("10,000 wait for it: the last is told", "watch/all-10000-told", "us",
     "bare, sent to each", "watch/tell-10000"),
]

# (what, ours, unit, the most it may be or None)
ABSOLUTE = [
    ("grant alone, same", "same/grant", "us", None),
    ("grant and revoke, nothing open, same", "same/cycle", "us", None),
    ("revoke of 1000, 10 tasks, p99", "revoke/10/revoke-1000:p99", "us", 10000),
    ("revocations that went beyond a sweep", "revoke/beyond_sweep", "", 0),
    ("  of", "revoke/reports", "", None),
    ("  time anybody was frozen", "revoke/frozen_us", "us", 0),
    ("revocations a second beside the calls",
     "traffic/busy/revoked_per_second", "/s", None),
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


def compared(figures, what, ours, against, theirs, goal, unit="us"):
    if ours not in figures or theirs not in figures:
        return None
    ratio = figures[ours] / figures[theirs] if figures[theirs] else 0
    met = None if goal is None else ratio <= goal
    return Row(what, figures[ours], unit, against, figures[theirs], ratio, goal,
               met)


def revocations(figures):
    out = []
    out.append(compared(figures, "revoke of 1, beside 3000 others",
                        "revoke/beside/revoke-1", "bare sweep",
                        "revoke/beside/sweep-1", None))
    for crowd, where in CROWDS:
        for k in (1, 10, 100, 1000):
            ours, bare = f"revoke/{crowd}/revoke-{k}", f"revoke/{crowd}/sweep-{k}"
            out += [
                compared(figures, f"revoke of {k}, {where}", ours, "bare sweep",
                         bare, None),
                compared(figures, "", ours, "  bare shutdown",
                         f"revoke/{crowd}/shutdown-{k}", None),
                compared(figures, "  p99", ours + ":p99", "bare sweep, p99",
                         bare + ":p99", None),
            ]
    return out


def authority(figures):
    out = []
    for place in ("same", "free"):
        for what, ours, against, theirs in GRANT:
            out.append(compared(figures, what.format(place), ours.format(place),
                                against, theirs.format(place), None))
    out += revocations(figures)
    for what, ours, unit, against, theirs in OTHERS:
        out.append(compared(figures, what, ours, against, theirs, None, unit))
    return out


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
    out += authority(figures)
    for what, ours, unit, most in ABSOLUTE:
        if ours in figures:
            met = None if most is None else figures[ours] <= most
            out.append(Row(what, figures[ours], unit, "", None, None, most, met))
    out += growth.rows(figures, grown)
    return [r for r in out if r]


def grown(what, ours, unit, against, theirs, goal):
    met = None if goal is None else ours <= goal
    return Row(what, ours, unit, against, theirs,
               ours / theirs if theirs else None, goal, met)


def number(value):
    if value is None:
        return ""
    if value == int(value):
        return str(int(value))
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}"


def goal_text(r):
    if r.goal is None:
        return ""
    if r.ratio is None or r.unit == "ms":
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
    ]
    if all_rows:
        lines.append(f"{'':<40}{'ours':>9} {'':<6}{'against':<26}{'theirs':>9} "
                     f"{'ratio':>8}  {'goal':<11}".rstrip())
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
