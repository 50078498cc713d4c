"""Instants and durations."""

from cluster.model.clock import MICROSECOND, MILLISECOND, SECOND, Instant, MonotonicClock, after
from tests.fakes import FakeClock


def test_units_are_nanoseconds() -> None:
    assert (MICROSECOND, MILLISECOND, SECOND) == (10**3, 10**6, 10**9)


def test_after_counts_from_an_instant() -> None:
    assert after(Instant(5), 3 * SECOND) == 3_000_000_005


def test_the_clock_of_the_machine_never_goes_back() -> None:
    clock = MonotonicClock()
    readings = [clock.now() for _ in range(100)]
    assert readings == sorted(readings) and all(isinstance(reading, int) for reading in readings)


def test_a_fake_clock_stands_still_until_it_is_told_to_go_on() -> None:
    clock = FakeClock()
    start = clock.now()
    assert clock.now() == start
    clock.advance(7)
    assert clock.now() == after(start, 7)
