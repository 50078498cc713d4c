"""The timer heap, and sleep. Who runs first of many that wake is in test_go_orders.py."""

import random
from functools import partial
from itertools import count

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cluster.kernel.events import Returned
from cluster.kernel.g import G, Program
from cluster.kernel.sched import sleep
from cluster.kernel.timers import RuntimeTimer, Timers
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


# Timers that call a function.


def a_timer(log: list[str], name: str, period: int = 0, program: Program = PROGRAM) -> RuntimeTimer:
    return RuntimeTimer(program, partial(log.append, name), period)


def test_a_timer_calls_its_function_once_and_is_pending_until_then() -> None:
    timers, log = Timers(), list[str]()
    t = a_timer(log, "t")
    assert not timers.stop(t)
    assert not timers.start(t, Instant(5)) and timers.next() == 5
    assert timers.fire(Instant(9), fail) == 1 and log == ["t"]
    assert not timers.stop(t) and timers.fire(Instant(99), fail) == 0


def test_a_stopped_timer_neither_fires_nor_counts_from_that_moment_on() -> None:
    timers, log = Timers(), list[str]()
    t, other = a_timer(log, "t"), a_timer(log, "other")
    timers.start(t, Instant(5))
    timers.start(other, Instant(7))
    assert timers.stop(t) and not timers.stop(t)
    assert (len(timers), timers.next(), timers.count_for(PROGRAM)) == (1, 7, 1)
    assert timers.fire(Instant(9), fail) == 1 and log == ["other"]


def test_a_timer_can_be_set_anew_earlier_or_later() -> None:
    timers, log = Timers(), list[str]()
    t = a_timer(log, "t")
    timers.start(t, Instant(5))
    assert timers.start(t, Instant(3)) and timers.next() == 3
    assert timers.start(t, Instant(8)) and timers.next() == 8 and timers.count_for(PROGRAM) == 1
    assert timers.fire(Instant(7), fail) == 0 and timers.fire(Instant(8), fail) == 1


def test_a_periodic_timer_skips_what_it_missed() -> None:
    timers, log = Timers(), list[str]()
    timers.start(a_timer(log, "t", 10), Instant(10))
    due = []
    for now in (10, 19, 20, 57, 60):
        timers.fire(Instant(now), fail)
        due.append((len(log), timers.next()))
    assert due == [(1, 20), (1, 20), (2, 30), (3, 60), (4, 70)]


def test_goroutines_and_functions_fire_in_the_order_of_their_deadlines() -> None:
    timers, log = Timers(), list[str]()
    for i in (3, 1, 2, 0):
        if i % 2:
            timers.add(Instant(i), new_gs([f"g{i}"], PROGRAM, [])[0])
        else:
            timers.start(a_timer(log, f"f{i}"), Instant(i))
    timers.fire(Instant(9), lambda g: log.append(str(g.args[0])))
    assert log == ["f0", "g1", "f2", "g3"]


def fail(g: G) -> None:
    raise AssertionError(f"{g} was readied")


class TimerHeap(RuleBasedStateMachine):
    """The heap does what a dictionary of deadlines would do."""

    def __init__(self) -> None:
        super().__init__()
        self.timers, self.now = Timers(), 0
        self.fired: list[int] = []
        self.made = [
            RuntimeTimer(PROGRAM, partial(self.fired.append, i), period) for i, period in enumerate([0, 0, 0, 7])
        ]
        self.pending: dict[int, int] = {}

    @rule(i=st.integers(0, 3), delay=st.integers(0, 30))
    def start(self, i: int, delay: int) -> None:
        assert self.timers.start(self.made[i], Instant(self.now + delay)) is (i in self.pending)
        self.pending[i] = self.now + delay

    @rule(i=st.integers(0, 3))
    def stop(self, i: int) -> None:
        assert self.timers.stop(self.made[i]) is (self.pending.pop(i, None) is not None)

    @rule(passed=st.integers(0, 20))
    def fire(self, passed: int) -> None:
        self.now += passed
        due = [i for i, when in self.pending.items() if when <= self.now]
        deadlines = [self.pending[i] for i in due]
        self.fired.clear()
        assert self.timers.fire(Instant(self.now), fail) == len(due)
        assert sorted(self.fired) == sorted(due)
        assert sorted(deadlines) == [self.pending[i] for i in self.fired]
        for i in due:
            when = self.pending.pop(i)
            if period := self.made[i].period:
                self.pending[i] = next(at for at in count(when, period) if at > self.now)

    @invariant()
    def next_and_count_are_those_of_what_is_pending(self) -> None:
        assert self.timers.next() == min(self.pending.values(), default=None)
        assert len(self.timers) == self.timers.count_for(PROGRAM) == len(self.pending)


TestTimerHeap = TimerHeap.TestCase


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
