"""When a signal may take the M away from a goroutine, and when it must not."""

import ctypes
import decimal
import dis
import gc
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial, singledispatch
from types import FrameType
from weakref import finalize

import pytest
from greenlet import greenlet

from cluster.kernel.chan import Chan
from cluster.kernel.sched import Sched, go, gosched, here
from cluster.kernel.waitgroup import WaitGroup
from tests.fakes import FakeShell
from worker import preempt
from worker.preempt import SIGNAL, Preemptor
from worker.watch import MainThread

PAUSE_S = 0.0002  # between two requests


@pytest.fixture
def shell() -> FakeShell:
    return FakeShell(budget=256)


@pytest.fixture
def preemptor(shell: FakeShell) -> Iterator[Preemptor]:
    """One that is allowed all. The process is afterwards as before."""
    handler, callbacks = signal.getsignal(SIGNAL), list(gc.callbacks)
    yield Preemptor(lambda: shell.sched, lambda _: True)
    signal.signal(SIGNAL, handler)
    gc.callbacks[:] = callbacks


@pytest.fixture
def hammered(preemptor: Preemptor) -> Iterator[Preemptor]:
    """Requests come all the time, each by force."""
    with hammering(preemptor, force=True):
        yield preemptor


@contextmanager
def hammering(preemptor: Preemptor, force: bool, blocked: bool = False) -> Iterator[None]:
    """Requests come all the time; with `blocked` as to one who blocks wherever it is."""
    main, over = threading.main_thread().ident, threading.Event()
    assert main is not None

    def hammer() -> None:
        while not over.wait(PAUSE_S):
            watched.mark()
            preemptor.request(main, force=force, blocked_at=watched.place if blocked else None)

    watched = MainThread({preempt.__file__})
    thread, interval = threading.Thread(target=hammer), sys.getswitchinterval()
    sys.setswitchinterval(PAUSE_S)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(interval)


def loop_frame() -> FrameType:
    """Of the switch loop below the caller, which is a goroutine."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code is not Sched._switch.__code__:
        frame = frame.f_back
    assert frame is not None
    return frame


def test_between_two_goroutines_nobody_is_left(shell: FakeShell, preemptor: Preemptor) -> None:
    """The last one may stand in a wait queue already: queued as runnable, too, it would be resumed twice."""
    preemptor._force = True

    async def main() -> tuple[str, str]:
        g = here("main").cur
        assert g is not None
        return preemptor._refusal(g, sys._getframe()), preemptor._refusal(g, loop_frame())

    assert shell.run(main) == ("", "between two goroutines")


@pytest.mark.parametrize("file", sorted(preempt._HELD | preempt._HELD_UNLESS_BLOCKED))
def test_in_modules_that_hold_something_of_the_thread_nobody_is_left(
    shell: FakeShell, preemptor: Preemptor, file: str
) -> None:
    """Nor in what they call; but where a goroutine blocks the second kind has let go of all."""
    space: dict[str, Callable[..., object]] = {}
    exec(compile("def wait(fn): return fn()", file, "exec"), space)  # text of ours
    preemptor._force = True

    def refusal() -> tuple[str, str]:
        g, frame = here("main").cur, sys._getframe(1)
        assert g is not None
        preemptor._blocked_at = None
        computes = preemptor._refusal(g, frame)
        preemptor._blocked_at = preempt.place_of(frame)
        return computes, preemptor._refusal(g, frame)

    async def main() -> object:
        return space["wait"](lambda: space["wait"](refusal))

    why = f"in {os.path.basename(file)}"
    assert shell.run(main) == (why, "" if file in preempt._HELD_UNLESS_BLOCKED else why)


def test_what_python_calls_back_with_nothing_held_is_left(shell: FakeShell, preemptor: Preemptor) -> None:
    preemptor._force = True

    async def main() -> list[str]:
        g, seen = here("main").cur, list[str]()
        assert g is not None

        def looks(*_: object) -> None:
            seen.append(preemptor._refusal(g, sys._getframe()))

        future = Future[None]()
        future.add_done_callback(looks)
        future.set_result(None)
        future.add_done_callback(looks)
        finalize(main, looks)()
        singledispatch(looks)(None)
        return seen

    assert shell.run(main) == [""] * 4


def test_who_blocks_in_a_module_of_pythons_is_left_there_and_who_ends_its_wait_runs(
    shell: FakeShell, preemptor: Preemptor
) -> None:
    async def main() -> list[int]:
        asked, answered = queue.Queue[int](1), queue.Queue[int](1)

        def answers() -> None:
            for _ in range(20):
                answered.put(-asked.get())

        go(answers)
        got = []
        for n in range(20):
            asked.put(n)
            got.append(answered.get())
        return got

    with hammering(preemptor, force=True, blocked=True):
        assert shell.run(main) == [-n for n in range(20)]


def test_a_c_function_that_is_a_goroutine_is_left_where_it_blocks(shell: FakeShell, preemptor: Preemptor) -> None:
    async def main() -> bytes:
        inner, outer = os.pipe(), os.pipe()
        go(os.read, inner[0], 1)
        go(os.write, outer[1], b"!")
        await gosched()
        return os.read(outer[0], 1)

    with hammering(preemptor, force=True, blocked=True):
        assert shell.run(main) == b"!"


def test_who_is_in_c_and_hears_no_signal_is_deaf_and_waits_before_it_does_anything_else(
    shell: FakeShell, preemptor: Preemptor
) -> None:
    libc, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(128)
    main_thread, log, locking = threading.get_ident(), list[str](), threading.Event()
    preemptor._wait = lambda: log.append("waits")  # type: ignore[misc]  # a fixture's own
    preemptor._serve = lambda: log.append("serves")  # type: ignore[misc]

    def asks() -> None:
        locking.wait()
        while not preemptor.deaf(main_thread):
            preemptor.ask(main_thread)
        log.clear()
        log.append("is deaf")
        libc.pthread_mutex_unlock(mutex)

    async def main() -> list[str]:
        asking = threading.Thread(target=asks)
        asking.start()
        libc.pthread_mutex_lock(mutex)
        locking.set()
        libc.pthread_mutex_lock(mutex)
        log.append("goes on")
        asking.join()
        return log

    assert shell.run(main) == ["is deaf", "waits", "serves", "goes on"]


class Told:
    """Calls `looks` when a collection of garbage begins and ends."""

    def __init__(self, looks: Callable[[], None]) -> None:
        self._looks = looks

    def __call__(self, *_: object) -> None:
        self._looks()

    def method(self, *_: object) -> None:
        self._looks()

    def after(self, _count: int, *_: object) -> None:
        self._looks()


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("how", [lambda told: told, lambda told: told.method, lambda told: partial(told.after, 1)])
def test_nobody_is_left_in_what_a_collection_calls_back_before_and_after_ours(
    shell: FakeShell, preemptor: Preemptor, first: bool, how: Callable[[Told], Callable[..., None]]
) -> None:
    """A goroutine that is left there keeps the collector: gc.collect() of all others would do nothing meanwhile."""
    preemptor._force, seen = True, list[str]()

    async def main() -> str:
        g = here("main").cur
        assert g is not None
        told = Told(lambda: seen.append(preemptor._refusal(g, sys._getframe())))
        gc.callbacks.insert(0 if first else len(gc.callbacks), how(told))
        gc.collect()
        return preemptor._refusal(g, sys._getframe())

    assert shell.run(main) == ""
    assert len(seen) >= 2 and set(seen) == {"the garbage collector runs"}


def test_the_loop_has_one_place_where_a_goroutine_begins() -> None:
    stars = [at.opcode for at in dis.get_instructions(Sched._switch) if at.opcode == preempt._STAR_CALL]
    assert len(stars) == 1


def test_a_signal_on_top_of_the_handler_does_nothing(shell: FakeShell, preemptor: Preemptor) -> None:
    """Else the goroutine would be queued twice."""
    main_thread, served = threading.get_ident(), list[str]()

    def serves() -> None:
        preemptor.request(main_thread, force=True)
        served.append("twice" if preemptor.unheard else "once")

    preemptor._serve = serves  # type: ignore[misc]  # a fixture's own

    async def main() -> int:
        asking = threading.Thread(target=preemptor.ask, args=(main_thread,))
        asking.start()
        while not served:
            pass
        asking.join()
        await gosched()
        return preemptor.preemptions

    assert shell.run(main) == 0
    assert served == ["once"] and preemptor.refusals == {"in preempt.py": 1}


def test_a_goroutine_is_preempted_inside_of_a_decimal_context_and_nobody_else_is_in_it(
    shell: FakeShell, hammered: Preemptor
) -> None:
    """Python's context variables are the thread's: see kernel/runner.py."""
    seventh = {prec: decimal.Decimal(f"0.{'142857' * 20}"[: prec + 2]) for prec in (30, 60)}

    def sevenths(prec: int, done: Chan[bool]) -> None:
        right = True
        with decimal.localcontext() as context:
            context.prec, context.rounding = prec, decimal.ROUND_DOWN
            while hammered.preemptions < 100:
                right = right and decimal.Decimal(1) / decimal.Decimal(7) == seventh[prec]
        go(done.send, right and decimal.getcontext().prec == 28)

    async def main() -> list[bool]:
        done = Chan[bool]()
        for prec in seventh:
            go(sevenths, prec, done)
        seen = [len(str(decimal.Decimal(1) / decimal.Decimal(7))) == 30]
        while hammered.preemptions < 100:
            await gosched()
            seen.append(len(str(decimal.Decimal(1) / decimal.Decimal(7))) == 30)
        return [all(seen), await done.recv(), await done.recv()]

    assert shell.run(main) == [True, True, True]
    assert decimal.getcontext().prec == 28


LOOPS = {
    "for": "for i in range(1 << 40): pass",
    "while true": "while True: pass",
    "counting": "while n < end: n += 1",
    "calling": "while len(values) < end: pass",
    "two conditions": "while n >= 0 and len(values) < end: n += 1",
    "comparing floats": "while x < end: x += 0.001",
    "until": "while not n > end: n += 1",
    "none": "while values is not None: pass",
    "with continue":
        "while n < end:\n  n += 1\n  if n % 2: continue\n  len(values)",
    "calling python": "def f(i): return i\nwhile f(n) < end: n += 1",
    "nested": "while n < end:\n  for i in range(3): n += i",
}  # fmt: skip


@pytest.mark.parametrize("loop", LOOPS)
def test_every_loop_has_a_point_where_it_is_left_without_force(
    shell: FakeShell, preemptor: Preemptor, loop: str
) -> None:
    main_thread, over = threading.main_thread().ident, threading.Event()
    assert main_thread is not None

    def asks() -> None:
        while not over.wait(PAUSE_S):
            preemptor.request(main_thread, force=False)

    body = "".join(f"    {line}\n" for line in LOOPS[loop].splitlines())
    space: dict[str, object] = {}
    exec(f"def hog():\n    n, x, values, end = 0, 0.0, [], 1 << 60\n{body}", space)  # text of ours

    async def main() -> None:
        go(space["hog"])  # type: ignore[arg-type]  # it is a function
        while preemptor.preemptions < 5:
            await gosched()

    thread = threading.Thread(target=asks)
    thread.start()
    try:
        shell.run(main)
    finally:
        over.set()
        thread.join()
    assert preemptor.preemptions == 5


def test_the_stacks_of_goroutines_that_were_preempted_end_with_them(shell: FakeShell, hammered: Preemptor) -> None:
    def stacks() -> int:
        return sum(1 for obj in gc.get_objects() if type(obj) is greenlet)

    def hog(preemptions: int) -> None:
        while hammered.preemptions < preemptions:
            pass

    async def main() -> list[int]:
        counts = []
        for preemptions in (30, 60, 90, 120):
            gone = WaitGroup()
            for _ in range(5):
                gone.go(hog, preemptions)
            await gone.wait()
            await gosched()
            gc.collect()
            counts.append(stacks())
        return counts

    first, *_, last = shell.run(main)  # type: ignore[misc]  # main returns a list
    assert last <= first + 1, "one of them may be main's"


def test_values_arrive_once_and_in_order_under_a_hail_of_signals(shell: FakeShell, hammered: Preemptor) -> None:
    """Until a few hundred preemptions have happened; between each two of them switches of every kind."""

    async def double(source: Chan[int], sink: Chan[int]) -> None:
        while True:
            number = await source.recv()
            await gosched()
            await sink.send(2 * number)

    async def main() -> int:
        pairs = [(Chan[int](), Chan[int](cap)) for cap in (0, 1, 0, 2)]
        for source, sink in pairs:
            go(double, source, sink)
        number = 0
        while hammered.preemptions < 300:
            number += 1
            for source, _ in pairs:
                await source.send(number)
            assert [await sink.recv() for _, sink in pairs] == [2 * number] * len(pairs)
            sum(i for i in range(200))
        return number

    assert shell.run(main) > 0  # type: ignore[operator]  # main returns an int
    assert hammered.refusals["between two goroutines"] > 0


def test_a_loop_that_multiplies_is_left_without_force(shell: FakeShell, preemptor: Preemptor) -> None:
    """Products of ints of several digits find the signals before the back edge does."""

    async def main() -> int:
        factor, product = 1 << 40, 0
        while preemptor.preemptions < 3:
            for i in range(1000):
                product = factor * (i + factor)
        return product

    with hammering(preemptor, force=False):
        assert shell.run(main) == (1 << 40) * (999 + (1 << 40))
