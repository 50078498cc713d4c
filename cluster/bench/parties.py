"""Two parties that pass a token to each other, or one that passes it to itself: the rungs of the standard library.

One rung in a process of its own, which is started as `python -I -S parties.py RUNG CORE CORE [PARTIES KIB]`, without
any package: what is measured is the interpreter and the system. It is told a count on each line of its standard
input, does at least so many operations, and answers `COUNT NANOSECONDS SWITCHES`; or `! WHY` when it cannot.

Operation   The token, one int, is passed on once: half a round trip. Not so: a call (and its return), a `send` (and the
            `yield` that answers it), a turn of an empty loop, a call of sched_yield.
Parties     The first runs on the first core, the second on the second; of more, by turns. The same core twice: a hop
            must switch. Two cores: it must wake the other core up.
Baseline    The calls of a hop by one party: a write and a read of its own pipe, and so on.
Switches    Voluntary and not, of all threads of all parties, as /proc tells.
Ring        Processes and pipes in a circle, each with an array that it reads whenever it has the token: the method of
            lat_ctx, written afresh. The baseline is one process with as many pipes and one array, which stays hot.
            All are SCHED_BATCH: else who is woken preempts who woke it, which then runs once more only to wait, and
            a hop is one or two switches as it happens.
Collector   Off.
"""

import asyncio
import contextlib
import ctypes
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from time import perf_counter_ns
from typing import IO, Final

Loop = Callable[[int], object]  # does so many operations
Opened = tuple[Loop, tuple[int, ...]]  # and the processes whose switches count

TOKEN: Final = (1).to_bytes(4, sys.byteorder)
BYTES: Final = len(TOKEN)
PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
KIB: Final = 1024
DESCRIPTORS: Final = 64  # that may be open behind those which a child keeps


class CannotError(Exception):
    """The rung is not to be had here."""


def pin(core: int) -> None:
    """This thread runs on that core only; on any when it is negative."""
    if core < 0:
        return
    try:
        os.sched_setaffinity(0, {core})
    except (AttributeError, OSError) as error:
        raise CannotError(f"no permission to pin a thread to core {core}: {error}") from error


def forked(core: int, keep: Sequence[int], serve: Callable[[], object]) -> int:
    """The pid of another process that only serves. It ends with this one: it keeps no other descriptors than these."""
    pid = os.fork()
    if pid:
        return pid
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        for fd in range(3, max(keep, default=3) + DESCRIPTORS):
            if fd not in keep:
                with contextlib.suppress(OSError):
                    os.close(fd)
        pin(core)
        serve()
    finally:
        os._exit(0)


def threaded(core: int, serve: Callable[[], object]) -> None:
    """Another thread that only serves, as long as this process lives."""

    def run() -> None:
        pin(core)
        serve()

    threading.Thread(target=run, daemon=True).start()


def passes(read: Callable[[], object], write: Callable[[], object]) -> Loop:
    """The loop of the first party, by any means: it passes on, and waits until the token has come back."""

    def loop(count: int) -> None:
        for _ in range(count // 2):
            write()
            read()

    return loop


def pipe_echo(source: int, target: int) -> None:
    """The other party of a pipe."""
    read, write = os.read, os.write
    while token := read(source, BYTES):
        write(target, token)


def pipe_loop(target: int, source: int) -> Loop:
    """The first party. Nothing is allocated in it but the token that is read."""

    def loop(count: int) -> None:
        read, write = os.read, os.write
        for _ in range(count // 2):
            write(target, TOKEN)
            read(source, BYTES)

    return loop


def pipe_process(core: int) -> Opened:
    """To another process and back, by two pipes."""
    (there, out), (back, home) = os.pipe(), os.pipe()
    pid = forked(core, (there, home), lambda: pipe_echo(there, home))
    return pipe_loop(out, back), (os.getpid(), pid)


def pipe_thread(core: int) -> Opened:
    """To another thread and back, by two pipes."""
    (there, out), (back, home) = os.pipe(), os.pipe()
    threaded(core, lambda: pipe_echo(there, home))
    return pipe_loop(out, back), (os.getpid(),)


def pipe_self(_core: int) -> Opened:
    """To oneself: a hop's write and read."""
    source, target = os.pipe()
    once = pipe_loop(target, source)
    return (lambda count: once(2 * count)), (os.getpid(),)


def eventfds() -> tuple[int, int]:
    """Two of them."""
    if not hasattr(os, "eventfd"):
        raise CannotError("this system has no eventfd")
    return os.eventfd(0), os.eventfd(0)


def eventfd_echo(source: int, target: int) -> None:
    """The other party of an eventfd."""
    read, write = os.eventfd_read, os.eventfd_write
    while True:
        write(target, read(source))


def eventfd_loop(target: int, source: int) -> Loop:
    """The first party."""

    def loop(count: int) -> None:
        read, write = os.eventfd_read, os.eventfd_write
        for _ in range(count // 2):
            write(target, 1)
            read(source)

    return loop


def eventfd_process(core: int) -> Opened:
    """To another process and back, by two counters of the kernel."""
    out, back = eventfds()
    pid = forked(core, (out, back), lambda: eventfd_echo(out, back))
    return eventfd_loop(out, back), (os.getpid(), pid)


def eventfd_thread(core: int) -> Opened:
    """To another thread and back."""
    out, back = eventfds()
    threaded(core, lambda: eventfd_echo(out, back))
    return eventfd_loop(out, back), (os.getpid(),)


def eventfd_self(_core: int) -> Opened:
    """To oneself."""
    own, _ = eventfds()
    once = eventfd_loop(own, own)
    return (lambda count: once(2 * count)), (os.getpid(),)


class Turns:
    """Whose turn it is, under a condition: the token is an int."""

    def __init__(self) -> None:
        self.condition: Final = threading.Condition()
        self.turn = 0

    def take(self, mine: int, theirs: int) -> None:
        """Wait for my turn, and make it theirs."""
        with self.condition:
            while self.turn != mine:
                self.condition.wait()
            self.turn = theirs
            self.condition.notify()


def condition_thread(core: int) -> Opened:
    """To another thread and back, by a condition."""
    turns = Turns()

    def serve() -> None:
        while True:
            turns.take(1, 0)

    def loop(count: int) -> None:
        for _ in range(count // 2):
            turns.take(0, 1)
        with turns.condition:
            while turns.turn:
                turns.condition.wait()

    threaded(core, serve)
    return loop, (os.getpid(),)


def condition_self(_core: int) -> Opened:
    """It is always my turn: the condition is entered, its variable set, and nobody waits."""
    turns = Turns()

    def loop(count: int) -> None:
        for _ in range(count):
            turns.take(0, 0)

    return loop, (os.getpid(),)


def yield_process(core: int) -> Opened:
    """Two processes that only call sched_yield; both do half of the count."""
    (there, out), (back, home) = os.pipe(), os.pipe()

    def yields(count: int) -> None:
        call = os.sched_yield
        for _ in range(count):
            call()

    def serve() -> None:
        while told := os.read(there, 8):
            yields(int.from_bytes(told, "little"))
            os.write(home, TOKEN)

    def loop(count: int) -> None:
        os.write(out, (count // 2).to_bytes(8, "little"))
        yields(count // 2)
        os.read(back, BYTES)

    pid = forked(core, (there, home), serve)
    return loop, (os.getpid(), pid)


def yield_self(_core: int) -> Opened:
    """sched_yield with nobody to yield to."""

    def loop(count: int) -> None:
        call = os.sched_yield
        for _ in range(count):
            call()

    return loop, (os.getpid(),)


def empty(_core: int) -> Opened:
    """A loop without anything in it."""

    def loop(count: int) -> None:
        for _ in range(count):
            pass

    return loop, (os.getpid(),)


def call(_core: int) -> Opened:
    """A function of one argument, which it returns."""

    def same(token: int) -> int:
        return token

    def loop(count: int) -> None:
        for _ in range(count):
            same(1)

    return loop, (os.getpid(),)


def send(_core: int) -> Opened:
    """A generator that yields what it was sent."""

    def echo() -> Generator[int, int, None]:
        token = 0
        while True:
            token = yield token

    def loop(count: int) -> None:
        generator = echo()
        next(generator)
        give = generator.send
        for _ in range(count):
            give(1)

    return loop, (os.getpid(),)


def task(_core: int) -> Opened:
    """Two tasks of asyncio that yield to each other: `sleep(0)`. The loop is there before."""
    events = asyncio.new_event_loop()

    async def yields(count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    async def both(count: int) -> None:
        await asyncio.gather(yields(count // 2), yields(count // 2))

    return (lambda count: events.run_until_complete(both(count))), (os.getpid(),)


def without_preemption() -> None:
    """A wake-up by this thread, or by those that it forks, does not preempt."""
    if hasattr(os, "SCHED_BATCH"):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def ring(core: int, parties: int, kib: int) -> Opened:
    """A circle of processes, this one is the first of them. An operation is a hop."""
    without_preemption()
    pipes = [os.pipe() for _ in range(parties)]
    first = next(iter(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else -1
    pids = []
    for i in range(1, parties):
        source, target = pipes[i - 1][0], pipes[i][1]
        own = bytearray(kib * KIB)

        def serve(source: int = source, target: int = target, own: bytearray = own) -> None:
            while token := os.read(source, BYTES):
                own.count(1)
                os.write(target, token)

        pids.append(forked(core if i % 2 else first, (source, target), serve))
    out, back, own = pipes[0][1], pipes[-1][0], bytearray(kib * KIB)
    touch = own.count if kib else (lambda _: 0)

    def loop(count: int) -> None:
        read, write = os.read, os.write
        for _ in range(count // parties):
            write(out, TOKEN)
            read(back, BYTES)
            touch(1)

    return loop, (os.getpid(), *pids)


def ring_self(_core: int, parties: int, kib: int) -> Opened:
    """One process that passes the token through as many pipes, and reads one array."""
    pipes, own = [os.pipe() for _ in range(parties)], bytearray(kib * KIB)
    touch = own.count if kib else (lambda _: 0)

    def loop(count: int) -> None:
        read, write = os.read, os.write
        for _ in range(count // parties):
            for source, target in pipes:
                write(target, TOKEN)
                read(source, BYTES)
                touch(1)

    return loop, (os.getpid(),)


RUNGS: Final[dict[str, Callable[..., Opened]]] = {
    rung.__name__: rung
    for rung in (
        empty, call, send, task, pipe_process, pipe_thread, pipe_self, eventfd_process, eventfd_thread, eventfd_self,
        condition_thread, condition_self, yield_process, yield_self, ring, ring_self,
    )
}  # fmt: skip


def switches_of(pids: Sequence[int]) -> int:
    """Voluntary and involuntary switches of all threads of these processes so far; -1 where nobody tells."""
    switches = 0
    for pid in pids:
        tasks = f"/proc/{pid}/task"
        if not os.path.isdir(tasks):
            return -1
        for thread in os.listdir(tasks):
            with open(f"{tasks}/{thread}/status", "rb") as status:
                switches += sum(int(line.split()[1]) for line in status if b"voluntary_ctxt_switches" in line)
    return switches


def readings(opened: Opened, whole: int, counts: Iterator[str]) -> Iterator[str]:
    """An answer to each count, which is rounded up to a whole number of rounds."""
    loop, pids = opened
    loop(whole)  # all parties are there
    for text in counts:
        count = -(-int(text) // whole) * whole
        before = switches_of(pids)
        began = perf_counter_ns()
        loop(count)
        ns = perf_counter_ns() - began
        yield f"{count} {ns} {switches_of(pids) - before if before >= 0 else -1}"


def serve(rungs: dict[str, Callable[..., Opened]], arguments: Sequence[str], asks: IO[str], answers: IO[str]) -> None:
    """Set the rung up that the arguments name, and answer until nobody asks."""
    name, first, second, *more = arguments
    gc.disable()
    try:
        pin(int(first))
        opened = rungs[name](int(second), *map(int, more))
    except CannotError as error:
        answers.write(f"! {error}\n")
        return
    for answer in readings(opened, int(more[0]) if more else 2, asks):
        answers.write(answer + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(RUNGS, sys.argv[1:], sys.stdin, sys.stdout)
