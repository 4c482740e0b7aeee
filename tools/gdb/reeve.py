"""Light processes for gdb.

    reeve processes                 list them
    reeve backtrace PID             where one is, running or not
    reeve apply all COMMAND         run COMMAND in each that is parked, as
                                    "thread apply all" does for threads

PID is as reeve prints it ("5.1"), its first half, or a name. Works on a running
task and on a core dump, and changes neither: a parked process is shown as what
called the frame that gdb stands on, and that one is left out.
"""
import itertools

import gdb
import gdb.unwinder

STATES = ("running", "runnable", "waiting", "ending")


class Process:
    """A place of the table; what is shown is read at once, the rest on demand."""

    def __init__(self, value):
        self.value = value
        self.pid = int(value["pid"])
        self.state = int(value["state"])
        self.is_handler = bool(value["is_handler"])
        self.stack = int(value["stack"])

    def __str__(self):
        return "%u.%u" % (self.pid & 0xffffffff, self.pid >> 32)

    def name(self):
        name = self.value["name"]
        if not int(name):
            return ""
        text = name.dereference()["text"].address
        return text.cast(gdb.lookup_type("char").pointer()).string()

    def function(self):
        address = int(self.value["function"])
        symbol = gdb.execute("info symbol %#x" % address, to_string=True)
        if symbol.startswith("No symbol"):
            return "%#x" % address
        return symbol.split()[0]

    def waits_for(self):
        if STATES[self.state] != "waiting":
            return ""
        what = self.value["waits_for"]
        if self.is_handler or not int(what):
            return "a message"
        number = int(self.value["waits_number"])
        return what.string() + (" %d" % number if number >= 0 else "")

    def has_context(self):
        """Is it left on a stack of its own?"""
        return not self.is_handler and self.stack and not self.thread()

    def thread(self):
        """The thread that is on its stack, or None."""
        low, high = self.stack, self.stack + int(self.value["stack_size"])
        return next((thread for thread, sp in stack_pointers()
                     if low <= sp < high), None)


def stack_pointers():
    """Each thread with its stack pointer."""
    before = gdb.selected_thread()
    found = []
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        sp = int(gdb.newest_frame().read_register("sp")) & (1 << 64) - 1
        found.append((thread, sp))
    if before:
        before.switch()
    return found


def processes():
    places = gdb.lookup_global_symbol("table_places")
    n = gdb.lookup_global_symbol("table_n_mapped")
    if not places or not n:
        raise gdb.GdbError("no light processes, or no debug symbols of them")
    if not gdb.selected_thread():
        raise gdb.GdbError("the program is not being run")
    first = places.value()
    if not int(first):
        return
    kind = first.dereference().type
    size = kind.sizeof
    at = next(field.bitpos // 8 for field in kind.fields()
              if field.name == "pid")
    step = 4096
    memory = gdb.selected_inferior()
    for start in range(0, int(n.value()), step):
        many = min(step, int(n.value()) - start)
        chunk = memory.read_memory(int(first) + start * size, many * size)
        # Most places of a large table are empty; gdb's values are slow.
        for i in range(many):
            if bytes(chunk[i * size + at:i * size + at + 8]) != bytes(8):
                yield Process((first + start + i).dereference())


def process_named(text):
    for process in processes():
        if text in (str(process), str(process).split(".")[0], process.name()):
            return process
    raise gdb.GdbError("no process " + text)


# What context_switch() saved: the offset of each register from the saved stack
# pointer, and where the stack pointer is once it has returned.
LAYOUTS = {
    "i386:x86-64": (56, {"r15": 0, "r14": 8, "r13": 16, "r12": 24, "rbx": 32,
                         "rbp": 40, "rip": 48}),
    "aarch64": (160, dict(
        [("x29", 0), ("pc", 8), ("x30", 8)] +
        [("x%d" % (19 + i), 16 + 8 * i) for i in range(10)])),
}
# The names of the stack pointer and the program counter.
POINTERS = {"i386:x86-64": ("rsp", "rip"), "aarch64": ("sp", "pc")}


class FrameId:
    def __init__(self, sp, pc):
        self.sp = gdb.Value(sp)
        self.pc = gdb.Value(pc)


class Unwinder(gdb.unwinder.Unwinder):
    """While a process is shown, what called the innermost frame is its saved
    context."""

    def __init__(self):
        super().__init__("reeve")
        self.saved_sp = None
        self.stood_on = None

    def __call__(self, pending):
        if self.saved_sp is None:
            return None
        machine = pending.architecture().name()
        sp, pc = [int(pending.read_register(name))
                  for name in POINTERS[machine]]
        if (sp, pc) != self.stood_on:
            return None
        above, offsets = LAYOUTS[machine]
        # The lowest of all stacks, for gdb expects callers above their callees.
        info = pending.create_unwind_info(FrameId(16, pc))
        word = gdb.lookup_type("unsigned long")
        for register, offset in offsets.items():
            saved = gdb.Value(self.saved_sp + offset)
            info.add_saved_register(
                register, saved.cast(word.pointer()).dereference())
        info.add_saved_register(
            POINTERS[machine][0],
            gdb.Value(self.saved_sp + above).cast(word))
        return info

    def show(self, process):
        context = process.value["context"]
        if any(field.name == "ucontext" for field in context.type.fields()):
            raise gdb.GdbError("contexts of ucontext(3) are not understood")
        frame = gdb.newest_frame()
        machine = frame.architecture().name()
        if machine not in LAYOUTS:
            raise gdb.GdbError("contexts of this machine are not understood")
        self.stood_on = tuple(int(frame.read_register(name))
                              for name in POINTERS[machine])
        self.saved_sp = int(context["sp"])
        gdb.invalidate_cached_frames()

    def end(self):
        self.saved_sp = None
        gdb.invalidate_cached_frames()


class Filter:
    """Leaves out the frame that gdb stands on while a process is shown."""

    name = "reeve"
    enabled = True
    priority = 100

    def filter(self, frames):
        if unwinder.saved_sp is None:
            return frames
        return itertools.islice(frames, 1, None)


unwinder = Unwinder()
gdb.unwinder.register_unwinder(None, unwinder, replace=True)
gdb.frame_filters["reeve"] = Filter()


def run_in(process, command):
    """Run a command as if @process were where gdb stands."""
    before = gdb.selected_thread()
    thread = process.thread()
    if thread:
        thread.switch()
        gdb.execute(command)
        before.switch()
        return
    if not process.has_context():
        print("a handler that is not running: it has no stack")
        return
    unwinder.show(process)
    try:
        gdb.newest_frame().older().select()
        gdb.execute(command)
    finally:
        unwinder.end()
        before.switch()


def headline(process):
    name = process.name()
    return "Process %s%s: %s, %s%s" % (
        process, " (%s)" % name if name else "", process.function(),
        STATES[process.state],
        " for " + process.waits_for() if process.waits_for() else "")


class Reeve(gdb.Command):
    """Light processes of reeve."""

    def __init__(self):
        super().__init__("reeve", gdb.COMMAND_STACK, prefix=True)


class Processes(gdb.Command):
    """List light processes."""

    def __init__(self):
        super().__init__("reeve processes", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        print("%-12s %-16s %-24s %-9s %s" %
              ("PID", "NAME", "FUNCTION", "STATE", "WAITS FOR"))
        for process in processes():
            print(("%-12s %-16s %-24s %-9s %s" %
                   (process, process.name(), process.function(),
                    STATES[process.state], process.waits_for())).rstrip())


class Backtrace(gdb.Command):
    """Show the stack of a light process: reeve backtrace PID."""

    def __init__(self):
        super().__init__("reeve backtrace", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("usage: reeve backtrace PID")
        process = process_named(argument)
        print(headline(process))
        run_in(process, "backtrace")


class Apply(gdb.Command):
    """Run a command in light processes: reeve apply all COMMAND."""

    def __init__(self):
        super().__init__("reeve apply", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        words = argument.split(None, 1)
        if len(words) != 2 or words[0] != "all":
            raise gdb.GdbError("usage: reeve apply all COMMAND")
        for process in list(processes()):
            if not process.has_context():
                continue
            print("\n" + headline(process))
            run_in(process, words[1])


Reeve()
Processes()
Backtrace()
Apply()
