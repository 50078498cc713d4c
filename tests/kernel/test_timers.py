"""The timer heap, and sleep. Who runs first of many that wake is in test_go_orders.py."""

import random

import pytest

from cluster.kernel.g import G, Program
from cluster.kernel.sched import Returned, sleep
from cluster.kernel.timers import Timers
from cluster.model.clock import Instant
from cluster.model.ids import ProgramId
from cluster.model.limits import SLEEP_MAX_S
from tests.fakes import FakeShell, new_gs

PROGRAM = Program(ProgramId(1))


def a_g(program: Program = PROGRAM) -> G:
    return new_gs(["g"], program, [])[0]


def fire(timers: Timers, now: int) -> list[G]:
    ready = list[G]()
    assert timers.fire(Instant(now), ready.append) == len(ready)
    return ready


def test_an_empty_heap_has_no_deadline_and_fires_nothing() -> None:
    timers = Timers()
    assert (len(timers), timers.next(), fire(timers, 1 << 62)) == (0, None, [])


def test_a_timer_fires_at_its_instant_and_only_once() -> None:
    timers, g = Timers(), a_g()
    timers.add(Instant(100), g)
    assert timers.next() == 100 and not fire(timers, 99)
    assert fire(timers, 100) == [g] and not fire(timers, 100) and timers.next() is None


def test_timers_fire_in_the_order_of_their_deadlines_and_equal_ones_in_that_of_their_making(rng: random.Random) -> None:
    timers = Timers()
    made = [(Instant(rng.randrange(20)), a_g()) for _ in range(200)]
    for when, g in made:
        timers.add(when, g)
    assert len(timers) == 200
    assert fire(timers, 9) + fire(timers, 19) == [g for _, g in sorted(made, key=lambda timer: timer[0])]


def test_a_goroutine_wakes_with_nothing_in_its_hands() -> None:
    timers, g = Timers(), a_g()
    g.val = "left over"
    timers.add(Instant(1), g)
    fire(timers, 1)
    assert g.val is None


def test_timers_of_a_dropped_program_neither_fire_nor_keep_anybody_waiting() -> None:
    timers, dropped = Timers(), Program(ProgramId(2))
    alive = a_g()
    for when, g in ((1, a_g(dropped)), (2, alive), (3, a_g(dropped))):
        timers.add(Instant(when), g)
    assert timers.count_for(dropped) == 2
    dropped.dropped = True
    assert timers.next() == 2
    assert fire(timers, 10) == [alive] and timers.next() is None


# Sleep, through the kernel.


def test_sleep_of_nothing_needs_no_goroutine_and_does_not_yield() -> None:
    for seconds in (0, -1, -0.5):
        with pytest.raises(StopIteration):
            sleep(seconds).send(None)


def test_a_sleep_ends_at_its_nanosecond_and_not_before() -> None:
    shell = FakeShell()
    shell.start(sleep, 0.25)
    shell.run_until_idle()
    shell.clock.advance(249_999_999)
    assert not shell.sched.run(shell.lease, 64)
    shell.clock.advance(1)
    assert shell.sched.run(shell.lease, 64) and shell.sched.events == [Returned(shell.program, None)]


@pytest.mark.parametrize("seconds", [float("inf"), 1e300, SLEEP_MAX_S * 2])
def test_a_sleep_longer_than_gos_longest_duration_is_that_long(seconds: float) -> None:
    shell = FakeShell()
    shell.start(sleep, seconds)
    shell.run_until_idle()
    assert shell.sched.timers.next() == shell.clock.now() + SLEEP_MAX_S * 1_000_000_000
