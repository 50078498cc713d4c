"""The harness is fed a fake clock and known costs, and gives them back; a count that is wrong is refused."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import pytest

from cluster.bench.sampling import (
    COUNT_MAX,
    FULL,
    MISCOUNT_MAX,
    Effort,
    Measure,
    Reading,
    Rung,
    Taken,
    UnavailableError,
    climb,
    collector_off,
    in_random_order,
    judged,
    sample,
    scaled,
    steps,
    switches_in,
    switches_of,
    timed,
)

SHORT = Effort(1_000_000, 11)


class World:
    """A clock that only the operations move, and a kernel that counts the switches which they say they make."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.switches = 0
        self.done = 0

    def costs(self, ns: float, switches: float = 0.0, overhead_ns: int = 0) -> Measure:
        """Operations of that cost."""

        def loop(count: int) -> None:
            self.now_ns += int(ns * count) + overhead_ns
            self.switches += int(switches * count)
            self.done += count

        return lambda count: timed(count, loop, lambda: self.switches, lambda: self.now_ns)


def rung(name: str, measure: Measure, switches: float | None = None, baseline: str = "") -> Rung:
    @contextmanager
    def opened() -> Iterator[Measure]:
        yield measure

    return Rung(name, opened, switches, baseline)


def test_a_known_cost_is_given_back() -> None:
    ladder = climb([rung("switch", World().costs(1234.0, 1.0), 1.0)], SHORT, Random(1))
    taken = ladder.taken["switch"]
    assert taken.refused == ""
    assert len(taken.samples) == SHORT.samples
    assert taken.raw.median == pytest.approx(1234.0) and taken.raw.interval == pytest.approx((1234.0, 1234.0))
    assert all(one.reading.ns >= SHORT.sample_ns for one in taken.samples)


def test_the_baseline_is_taken_off_and_shown() -> None:
    world = World()
    rungs = [rung("switch", world.costs(1500.0, 1.0), 1.0, "self"), rung("self", world.costs(400.0), 0.0)]
    ladder = climb(rungs, SHORT, Random(1))
    assert ladder.net("switch").median == pytest.approx(1100.0)
    assert ladder.taken["switch"].raw.median == pytest.approx(1500.0)
    told = ladder.describe()["rungs"]
    assert isinstance(told, dict) and told["switch"]["baseline"] == "self"
    assert told["switch"]["net"]["median"] == pytest.approx(1100.0) and len(told["switch"]["samples"]) == 11


def test_without_its_baseline_a_rung_is_its_raw_cost() -> None:
    ladder = climb([rung("switch", World().costs(1500.0), None, "self")], SHORT, Random(1))
    assert ladder.baseline("switch") is None and ladder.net("switch") == ladder.taken["switch"].raw


@pytest.mark.parametrize(
    ("really", "said"), [(0.9, 1.0), (0.5, 1.0), (1.97, 2.0), (1.03, 1.0), (0.03, 0.0), (4.0, 2.0)]
)
def test_a_miscounted_divisor_is_refused(really: float, said: float) -> None:
    taken = climb([rung("switch", World().costs(1000.0, really), said)], SHORT, Random(1)).taken["switch"]
    assert all(one.why for one in taken.samples)
    assert f"{really:.2f} switches per operation were counted, and {said:g} expected" in taken.refused
    assert taken.raw.median == pytest.approx(1000.0), "what was measured is still told"
    assert taken.describe()["refused"] == taken.refused


@pytest.mark.parametrize(("really", "said"), [(0.981, 1.0), (1.019, 1.0), (0.0, 0.0), (0.019, 0.0), (2.0, 2.0)])
def test_a_count_within_two_percent_is_valid(really: float, said: float) -> None:
    assert climb([rung("switch", World().costs(1000.0, really), said)], SHORT, Random(1)).taken["switch"].refused == ""
    assert MISCOUNT_MAX == 0.02


def test_invalid_samples_are_kept_and_only_left_out_of_the_median() -> None:
    samples = tuple(judged(Reading(100, ns * 100, switches), 1.0) for ns, switches in ((5, 100), (7, 100), (99, 50)))
    taken = Taken(rung("switch", World().costs(1.0), 1.0), samples)
    assert taken.refused == "" and taken.raw.samples == (5.0, 7.0)
    told = taken.describe()["samples"]
    assert isinstance(told, list) and [bool(one["invalid"]) for one in told] == [False, False, True]
    assert taken.switches is not None and taken.switches.samples == (1.0, 1.0, 0.5)


def test_what_nobody_counts_is_neither_checked_nor_told() -> None:
    assert judged(Reading(10, 10, None), 1.0).why == "" and judged(Reading(10, 10, 99), None).why == ""
    assert Taken(rung("x", World().costs(1.0)), (judged(Reading(1, 1), None),)).switches is None
    assert (Reading(1, 2, 3) + Reading(1, 2, None)).switches is None


def test_the_overhead_of_a_run_vanishes_in_a_long_one() -> None:
    taken = climb([rung("call", World().costs(50.0, overhead_ns=300))], SHORT, Random(1)).taken["call"]
    assert taken.raw.median == pytest.approx(50.0, rel=0.01)


@pytest.mark.parametrize("cost_ns", [0.01, 1.0, 777.0, 3e6, 5e9])
def test_the_count_is_grown_until_a_run_is_long_enough(cost_ns: float) -> None:
    count = scaled(World().costs(cost_ns), FULL.sample_ns)
    assert max(FULL.sample_ns, cost_ns) <= count * cost_ns <= max(1.3 * FULL.sample_ns, cost_ns)


def test_a_clock_that_stands_is_an_error() -> None:
    with pytest.raises(ValueError, match=f"{COUNT_MAX // 100}|the clock stands"):
        scaled(World().costs(0.0), FULL.sample_ns)


def test_runs_that_were_too_short_are_added_up_to_one_sample() -> None:
    world = World()
    reading = sample(world.costs(10.0, 1.0), 1_000_000, 1000)
    assert reading.ns >= 1_000_000 and reading.count == world.done == reading.switches


def test_each_round_has_every_rung_once_in_an_order_of_its_own_that_the_seed_repeats() -> None:
    names = tuple("abcdef")
    order = list(in_random_order(names, 11, Random(5)))
    rounds = [tuple(order[i : i + 6]) for i in range(0, len(order), 6)]
    assert len(rounds) == 11 and all(sorted(one) == list(names) for one in rounds) and len(set(rounds)) > 5
    assert order == list(in_random_order(names, 11, Random(5))) != list(in_random_order(names, 11, Random(6)))


def test_a_rung_that_is_not_to_be_had_is_left_out_with_its_reason_and_the_others_are_measured() -> None:
    @contextmanager
    def refuses() -> Iterator[Measure]:
        raise UnavailableError("no compiler is on the PATH: install one")
        yield

    told: list[tuple[str, int]] = []
    rungs = [Rung("floor", refuses), rung("call", World().costs(50.0))]
    ladder = climb(rungs, SHORT, Random(1), lambda name, some: told.append((name, some)))
    assert ladder.left_out == {"floor": "no compiler is on the PATH: install one"} and list(ladder.taken) == ["call"]
    assert sum(some for _, some in told) == steps(rungs, SHORT) == 24
    both = ladder | climb([rung("yield", World().costs(9.0))], SHORT, Random(1))
    assert (list(both.taken), list(both.left_out)) == (["call", "yield"], ["floor"])


def test_no_garbage_is_collected_while_it_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gc.isenabled()
    seen: list[bool] = []
    reading = timed(3, lambda count: seen.append(gc.isenabled()))
    assert seen == [False] and gc.isenabled() and reading.count == 3 and reading.switches is None
    monkeypatch.setattr(gc, "isenabled", lambda: False)
    calls: list[str] = []
    monkeypatch.setattr(gc, "enable", lambda: calls.append("enabled"))
    with collector_off():
        pass
    assert not calls, "what was off stays off"


def test_switches_are_those_of_all_threads() -> None:
    status = "Name:\tx\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n"
    assert switches_in(status) == 15 and switches_in("Name:\tx\n") == 0
    first: Callable[[], int] = lambda: switches_of(1)  # noqa: E731
    assert first() > 0
