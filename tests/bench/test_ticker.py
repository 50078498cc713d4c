"""What is made of ticks; and a smoke run of each way to tick. No lateness is asserted."""

import json
from importlib.util import find_spec

import pytest
from click.testing import CliRunner

from cluster.bench import ticker
from cluster.bench.ticker import Ticks, aims, due_in, on_asyncio, on_trio, told_in
from cluster.examples.preempt import PERIOD_NS, next_due
from cluster.model.clock import MILLISECOND


def test_the_percentile_is_one_of_the_ticks() -> None:
    ticks = Ticks(200, tuple(range(0, 200 * MILLISECOND, MILLISECOND)))
    assert (ticks.median_ms, ticks.p99_ms, ticks.max_ms) == (99.5, 197, 199)
    assert Ticks(9, (MILLISECOND,)).describe() == {
        "due": 9, "ticks": 1, "median_ms": 1, "p99_ms": 1, "max_ms": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("seconds", "due"), [(0.1, 9), (1.0, 99), (0.105, 10)])
def test_a_ticker_is_due_every_period_and_not_at_the_end(seconds: float, due: int) -> None:
    assert due_in(seconds) == due


def test_ticks_that_nobody_was_there_for_are_dropped() -> None:
    assert next_due(PERIOD_NS, PERIOD_NS + 5) == 2 * PERIOD_NS
    assert next_due(PERIOD_NS, 2 * PERIOD_NS - 1) == 2 * PERIOD_NS
    assert next_due(PERIOD_NS, 7 * PERIOD_NS + 5) == 8 * PERIOD_NS


def test_the_aim_is_for_the_runtime_only() -> None:
    late, early = Ticks(9, (30 * MILLISECOND,)), Ticks(9, (MILLISECOND,))
    assert list(aims({"cluster": early, "asyncio": late, "trio": None}).values()) == [True]
    assert list(aims({"cluster": late, "asyncio": early, "trio": None}).values()) == [False]


def test_ticks_are_read_from_what_the_program_printed() -> None:
    assert told_in(["[1, 2]", "A ticker has ticked beside 3 hogs."], 1.0) == Ticks(99, (1, 2))


def test_in_one_event_loop_the_ticker_waits_for_the_hogs() -> None:
    assert len(on_asyncio(0.1).late_ns) == 1
    assert (on_trio(0.1) is None) == (find_spec("trio") is None)


def test_the_command_shows_all_that_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticker, "on_cluster", lambda seconds, godebug="": Ticks(due_in(seconds), (MILLISECOND,)))
    shown = CliRunner().invoke(ticker.main, ["--seconds", "0.1"], catch_exceptions=False).output
    assert "asyncpreemptoff" in shown and "met     cluster" in shown
    data = json.loads(CliRunner().invoke(ticker.main, ["--seconds", "0.1", "--json"], catch_exceptions=False).output)
    assert list(data["runs"]) == ["cluster", "asyncpreemptoff", "asyncio", "trio"]
    assert data["runs"]["cluster"]["p99_ms"] == 1 and all(data["aims"].values())
