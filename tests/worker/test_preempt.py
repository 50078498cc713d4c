"""When a signal may take the M away from a goroutine, and when it must not."""

import gc
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.sched import Sched, go, gosched, here
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
