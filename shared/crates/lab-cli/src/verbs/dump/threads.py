"""What every thread of a Rust program is doing, and which locks it holds, as one JSON document: for gdb's own Python.

`cargo lab dump` runs it and shows what it wrote. By hand: LAB_DUMP='{"pid": 123, "out": "view.json"}' rust-gdb -batch -x threads.py
It finds out; what follows from it (who waits for whom, in a circle?) is worked out by who reads the document.
"""

import json
import os
import re
import resource
import signal
import time

import gdb

LOCK = re.compile(r"(?:^|::)(Mutex|RwLock)<.*>::(lock|read|write)\b")
GUARD = re.compile(r"(?:^|::)(Mapped)?(Mutex|RwLock|RwLockRead|RwLockWrite|ReentrantLock)Guard<")
# parking_lot's threads wait by an address; a queue of writers has the one behind it.
PARKED = re.compile(r"^parking_lot_core::parking_lot::park\b|^parking_lot::raw_\w+::\w+::\w+_slow\b")
PARKED_AT = ("key", "addr")
CONDVAR = re.compile(r"(?:^|::)Condvar::wait")
# Not somebody's own code: the standard library, a package from a registry, the system's C library.
LIBRARY = re.compile(r"^/rustc/|^library/|/registry/src/|/git/checkouts/|/rustlib/src/|^\.\.?/|^/usr/|^/build/")
# Local variables that are shown of one frame of the program's own.
LOCALS = 5
# Glances in a row that have to find threads running: two that pass something on to each other run at once for a moment.
GLANCES = 4
# Struct fields within struct fields that are searched for a guard.
DEPTH = 2


def main():
    task = json.loads(os.environ["LAB_DUMP"])
    for setting in ("confirm off", "pagination off", "width 0", "print thread-events off", "debuginfod enabled off",
                    "python print-stack none", "exec-file-mismatch off"):
        try:
            gdb.execute("set " + setting)
        except gdb.error:
            pass  # An older gdb does not know it, and does not do it either.
    try:
        document = look(task)
    except (gdb.error, OSError) as error:
        document = {"error": str(error)}
    with open(task["out"], "w", encoding="utf-8") as out:
        json.dump(document, out)


def look(task):
    if "pid" not in task:
        return of_core(task["core"], task.get("program"))
    pid = task["pid"]
    # gdb that was told to end while it read the symbols has put it off: here it ends.
    gdb.execute("show version", to_string=True)
    on_signals(signal.SIG_DFL)
    moment = wait_for_the_moment(pid, task.get("watch_s", 0))
    began = time.monotonic()
    # A gdb that is told to end in the middle of this leaves the program stopped, or takes it along.
    asked_to_end = []
    on_signals(lambda number, _: asked_to_end.append(number))
    if task.get("freeze"):
        os.kill(pid, signal.SIGSTOP)
    gdb.execute("attach %d" % pid, to_string=True)
    try:
        document = {"threads": threads()}
        if "core" in task and not asked_to_end:
            document.update(write_core(task["core"], task["most_bytes"]))
    finally:
        gdb.execute("detach", to_string=True)
        if task.get("freeze"):
            os.kill(pid, signal.SIGCONT)
    on_signals(signal.SIG_DFL)
    if asked_to_end:
        os.kill(os.getpid(), asked_to_end[0])
    document.update(moment, stood_still_ms=(time.monotonic() - began) * 1e3)
    return document


def on_signals(handler):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, handler)


def of_core(core, program):
    gdb.execute("core-file " + core, to_string=True)
    if program is None:
        program = program_of_core()
        # `file` splits at spaces and reads backslashes as escapes; `core-file` does neither.
        name = program.replace("\\", "\\\\").replace('"', '\\"')
        gdb.execute('file "%s"' % name, to_string=True)
        # Once more: only who knows the program finds the libraries that it was linked with.
        gdb.execute("core-file " + core, to_string=True)
    return {"threads": threads(), "program": program}


def program_of_core():
    """The file that was mapped where the program's first instruction is."""
    entry = re.search(r"AT_ENTRY\s.*(0x[0-9a-f]+)", gdb.execute("info auxv", to_string=True))
    for line in gdb.execute("info proc mappings", to_string=True).splitlines():
        mapping = re.match(r"\s*(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+0x[0-9a-f]+\s+0x[0-9a-f]+\s+(?:[-rwxps]+\s+)?(/.*)", line)
        if entry and mapping and int(mapping[1], 16) <= int(entry[1], 16) < int(mapping[2], 16):
            return mapping[3]
    raise gdb.error("the core does not say of which program it is")


def wait_for_the_moment(pid, watch_s):
    """Watches from outside for a while; then waits until about as many threads begin to run as did when the program was busiest."""
    before, began, running = cpu_s(pid), time.monotonic(), []
    while time.monotonic() - began < watch_s:
        running.append(running_threads(pid))
        time.sleep(0.002)
    if not running:
        return {}
    watched_s, after = time.monotonic() - began, cpu_s(pid)
    busy = sorted(running)[len(running) * 98 // 100]
    # Stopping a program takes a while, in which a stretch of work that was nearly over would end. One that is always busy has no such
    # beginning, and one that is never has none either.
    wait_until(lambda: running_threads(pid) < busy, 0.7)
    wait_until(lambda: all(running_threads(pid) >= busy for _ in glances(GLANCES)), 2)
    shares = {thread: min((after[thread] - before.get(thread, 0)) / watched_s, 1) for thread in after}
    return {"watched_s": watched_s, "cpu_shares": shares}


def glances(count):
    for glance in range(count):
        yield glance
        time.sleep(0.002)


def wait_until(is_so, seconds):
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.0005)


def of_threads(pid, name):
    for thread in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/%s" % (pid, thread, name), encoding="utf-8", errors="replace") as file:
                yield int(thread), file.read()
        except OSError:
            pass  # It has ended meanwhile.


def running_threads(pid):
    # The state comes after the name, which may have blanks and brackets of its own.
    return sum(text.rpartition(")")[2].split()[0] == "R" for _, text in of_threads(pid, "stat"))


def cpu_s(pid):
    return {thread: int(text.split()[0]) / 1e9 for thread, text in of_threads(pid, "schedstat")}


def write_core(path, most_bytes):
    # Writing more fails, in place of a signal that would end gdb while it holds the program.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    is_complete = False
    try:
        gdb.execute("generate-core-file " + path, to_string=True)
        is_complete = True
        return {"core": path}
    except gdb.error as error:
        return {"core_error": str(error)}
    finally:
        if not is_complete and os.path.exists(path):
            os.remove(path)


def threads():
    found = []
    for thread in sorted(gdb.selected_inferior().threads(), key=lambda thread: thread.num):
        found.append(
            {
                "number": thread.num,
                "lwp": thread.ptid[1],
                # A core has no names.
                "name": thread.name if gdb.selected_inferior().was_attached else None,
                **stack(thread),
            }
        )
    return found


def stack(thread):
    """A thread's frames and locks. What cannot be read of it is said, and the rest is there."""
    frames, holds, given_back, unreadable = [], [], set(), []
    waits = None
    try:
        thread.switch()
        waits = walk(frames, holds, given_back, unreadable)
    except Exception as error:  # Of this thread; the others are there.
        unreadable.append("The stack ends here because gdb cannot read on: %s." % error)
    holds = [hold for hold in holds if hold["lock"] not in given_back]
    return {"frames": frames, "holds": once_each(holds), "waits": waits, "unreadable": unreadable}


def walk(frames, holds, given_back, unreadable):
    waits, parked_at = None, None
    frame = gdb.newest_frame()
    while frame is not None and len(frames) < 400:
        name = frame.name()
        sal = frame.find_sal()
        # The compiler may have been given a path within the package; whose package it is shows in the whole one.
        file, whole = (sal.symtab.filename, sal.symtab.fullname()) if sal.symtab else (None, None)
        own = file is not None and LIBRARY.search(file) is None and LIBRARY.search(whole) is None
        entry = {"function": name, "file": file, "line": sal.line or None, "own": own, "shared_library": gdb.solib_name(frame.pc())}
        if PARKED.search(name or ""):
            parked_at = parked_at or number_in(frame, PARKED_AT)
        lock = LOCK.search(name or "")
        if lock and waits is None and not holds and not any(frame["own"] for frame in frames):
            waits = waited_for(frame, lock[1], lock[2], parked_at)
            if waits["lock"] is None:
                unreadable.append("Which lock it waits for cannot be read: the compiler has not kept the variable.")
        in_condvar = CONDVAR.search(name or "") is not None
        shown = []
        for symbol, value in locals_of(frame) if own or in_condvar or is_of_a_package(whole) else ():
            guards = list(guards_in(value, symbol.name, DEPTH))
            if in_condvar:
                given_back.update(guard["lock"] for guard in guards)
            else:
                holds += [{**guard, "frame": len(frames)} for guard in guards]
            if own and not guards and len(shown) < LOCALS and not of_the_compiler(symbol.name):
                shown += as_text(symbol.name, value)
        frames.append({**entry, "locals": shown})
        frame = frame.older()
    return waits


def number_in(frame, names):
    """The value of the first of these variables that is a number and can be read."""
    for symbol, value in locals_of(frame):
        if symbol.name in names and not value.is_optimized_out:
            try:
                return int(value)
            except Exception:
                pass  # It is something else of this name.
    return None


def once_each(holds):
    """A guard that was handed on is seen in each frame that it came through; the outermost is whose it is."""
    return list({hold["lock"]: hold for hold in holds}.values())


def is_of_a_package(file):
    return file is not None and ("/registry/src/" in file or "/git/checkouts/" in file)


def locals_of(frame):
    """Variables that are in scope, the innermost first. Of some the compiler has kept a part only, or nothing."""
    try:
        block = frame.block()
    except RuntimeError:
        return  # No debug information here.
    while block is not None:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument:
                try:
                    yield symbol, symbol.value(frame)
                except (gdb.error, ValueError):
                    pass  # It has no place at this instruction.
        if block.function is not None:
            return
        block = block.superblock


def guards_in(value, name, depth):
    """Guards of locks in a variable, and in the fields of structures in it, of locks that are taken."""
    try:
        kind = value.type.strip_typedefs()
        if kind.code != gdb.TYPE_CODE_STRUCT:
            return
        guard = GUARD.search(str(kind).split("<", 1)[0] + "<")
        if guard:
            lock = lock_of(value)
            if lock is not None and is_taken(lock, guard[2]):
                yield {"lock": address_of(lock), "kind": guard[2].replace("Guard", ""), "data": data_of(kind), "variable": name}
        elif depth:
            for field in kind.fields():
                # One of an enum's variants may not be there.
                if not field.is_base_class and field.name and not field.artificial and not kind.name.startswith(("core::option", "core::result")):
                    yield from guards_in(value[field], name + "." + field.name, depth - 1)
    except Exception:  # A program's own type has the name of a lock's guard, and is made of anything.
        return


def lock_of(guard):
    """The part of a lock that threads wait at: a guard of std's reader points at it, other guards at what it is in."""
    fields = {field.name for field in guard.type.strip_typedefs().fields()}
    if "inner_lock" in fields:
        return guard["inner_lock"].dereference()
    for name in ("lock", "mutex", "rwlock"):
        if name in fields:
            return inner(guard[name].dereference())
    return None


def inner(lock):
    fields = {field.name for field in lock.type.strip_typedefs().fields()}
    if "raw" in fields and "data" in fields:
        return lock["raw"]  # parking_lot's.
    return lock["inner"] if "inner" in fields and "poison" in fields else lock


def is_taken(lock, kind):
    """A variable outlives the guard that was moved out of it. Of std's locks and parking_lot's we can read whether anyone has them."""
    try:
        if (lock.type.strip_typedefs().name or "").startswith("parking_lot::"):
            # The two lowest bits of its RwLock tell of those who wait; of its Mutex the lowest is whether it is taken.
            return word(lock["state"]) & (1 if kind.endswith("Mutex") else ~3) != 0
        if kind == "Mutex":
            return word(lock["futex"]) != 0
        return word(lock["state"]) & 0x3FFF_FFFF != 0
    except Exception:
        return True


def word(atomic):
    """The number in an atomic, however it is wrapped."""
    while atomic.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        atomic = atomic[atomic.type.strip_typedefs().fields()[0]]
    return int(atomic)


def waited_for(frame, kind, how, parked_at):
    wait = {"lock": None, "kind": kind + {"lock": "", "read": "Read", "write": "Write"}[how], "data": None}
    for symbol, value in locals_of(frame):
        if symbol.name == "self":
            try:
                kind = value.type.strip_typedefs().target()
                wait.update(data=data_of(kind))
                wait.update(lock=address_of(inner(value.dereference())))
            except Exception:
                pass  # It is not kept here, or a lock of the program's own.
            break
    if wait["lock"] is None and parked_at is not None:
        wait.update(lock=hex(parked_at & ~1))
    return wait


def address_of(lock):
    return hex(int(lock.address))


def data_of(kind):
    """What a lock protects. parking_lot's types name the raw lock before it."""
    try:
        kind = kind.strip_typedefs()
        is_parking_lots = (kind.template_argument(0).name or "").startswith("parking_lot::raw")
        return str(kind.template_argument(1 if is_parking_lots else 0))
    except (gdb.error, RuntimeError):
        return None


def of_the_compiler(name):
    """What `?` and `.await` are made of."""
    return name in ("val", "residual") or name.startswith("__")


def as_text(name, value):
    try:
        # What is missing of it would be shown as something else, such as a length of 0.
        if value.is_optimized_out:
            return []
        text = value.format_string(max_elements=24, max_depth=2, symbols=False)
    except Exception:  # A pretty printer may stumble over anything in a variable that is not set yet.
        return []
    text = " ".join(text.split())
    return [] if not text or "<error" in text or text.startswith("<optimized out>") else [{"name": name, "value": text}]


main()
