"""When a signal may take the M away from a goroutine, and when it must not."""

import decimal
import gc
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from greenlet import greenlet

from cluster.kernel.chan import Chan
from cluster.kernel.sched import Sched, go, gosched, here
from cluster.kernel.waitgroup import WaitGroup
from tests.fakes import FakeShell
from worker.preempt import SIGNAL, Preemptor

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
def hammering(preemptor: Preemptor, force: bool) -> Iterator[None]:
    """Requests come all the time."""
    main, over = threading.main_thread().ident, threading.Event()
    assert main is not None

    def hammer() -> None:
        while not over.wait(PAUSE_S):
            preemptor.request(main, force=force)

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
