"""The peers: two buses of our own, and a sandbox. One that is missing is
skipped, with the reason."""
import os
import time

from programs import Background, Failure, cpu_argument, has, on_cpu, run

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def bus_missing(programs, name):
    """Why this bus cannot be measured; None if it can."""
    if not os.path.exists(programs.ours("peer")):
        return "built without libsystemd (libsystemd-dev)"
    if not has(name):
        return f"{name} is not installed"
    return None


def wait_for_socket(path):
    for _ in range(500):
        if os.path.exists(path):
            return
        time.sleep(0.01)
    raise Failure(f"{path} did not appear")


def bus_command(programs, name, socket):
    if name == "dbus-broker":
        return [programs.ours("peer"), "broker", socket]
    config = socket + ".conf"
    with open(config, "w", encoding="utf-8") as f:
        f.write(BUS_CONFIG.format(socket=socket))
    return ["dbus-daemon", "--nofork", "--config-file=" + config]


def measure_bus(programs, name, placement, n_calls, n_opens):
    """The times of a call and of a new connection over a bus of this kind."""
    client, rest = placement
    socket = os.path.join(programs.work, name)
    if os.path.exists(socket):
        os.unlink(socket)
    peer, address = programs.ours("peer"), "unix:path=" + socket
    with Background(on_cpu(rest, bus_command(programs, name, socket))) as bus:
        if name == "dbus-broker":
            bus.wait_for("ready")
        wait_for_socket(socket)
        with Background(on_cpu(rest, [peer, "serve", address, "-1"])) as service:
            service.wait_for("ready")
            cpu = cpu_argument(client)
            out = run([peer, "call", address, cpu, str(n_calls)])
            out.update(run([peer, "open", address, cpu, str(n_opens)]))
    return out


def bwrap_missing():
    if not has("bwrap"):
        return "bwrap is not installed (bubblewrap)"
    return None


def bwrap_command(package, program):
    """The sandbox that is nearest to a default cell."""
    return ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr",
            "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64",
            "/lib64", "--symlink", "usr/bin", "/bin", "--ro-bind", package,
            "/pkg", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
            "/pkg/bin/" + program]
