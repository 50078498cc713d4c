"""What is made of runs that have been measured; no run is made here."""

import random
from dataclasses import replace

import pytest

from cluster.bench import imbalance
from cluster.bench.imbalance import (
    Job,
    Looks,
    Run,
    aims,
    beside_others,
    describe,
    loops_for,
    measured,
    ratios,
    show,
    undisturbed,
)
from cluster.model.clock import SECOND


def runs(moved: Run, stayed_ns: int = 20) -> dict[str, list[Run]]:
    split, bare = [Run(10, (1.0, 1.0), 0.9)], [Run(10, (1.0, 1.0), 1.0)]
    return {"moved": [moved], "stayed": [Run(stayed_ns, (0.0, 1.0), 0.5)], "split": split, "bare": bare}


def test_busy_is_the_share_between_the_looks_that_lie_within() -> None:
    looks = Looks()
    for at, cpu in ((0, 0), (100, 0), (200, 50), (300, 150), (400, 150)):
        looks.note(at, cpu)
    assert looks.busy(100, 300) == 0.75
    assert looks.busy(50, 399) == 0.75
    assert looks.busy(0, 1000) == 0.375


@pytest.mark.parametrize(("begin", "end"), [(150, 250), (300, 400), (0, 50)])
def test_with_fewer_than_two_looks_nothing_was_seen(begin: int, end: int) -> None:
    looks = Looks()
    looks.note(200, 100)
    assert looks.busy(begin, end) == 0.0


def test_a_ratio_is_to_the_bare_processes_of_the_same_round() -> None:
    made = {"moved": [Run(10, (), 1.0), Run(30, (), 1.0)], "bare": [Run(5, (), 1.0), Run(20, (), 1.0)]}
    assert ratios(made, "moved").samples == (2.0, 1.5)
    assert ratios(made, "bare", "moved").samples == (0.5, 20 / 30)


def test_aims_are_met_when_both_ms_are_busy_and_the_work_is_split() -> None:
    assert list(aims(runs(Run(10, (0.96, 0.99), 0.9))).values()) == [True] * 4


def test_aims_are_not_met_when_one_m_idles_or_staying_costs_nothing() -> None:
    assert list(aims(runs(Run(11, (0.94, 0.99), 0.9), stayed_ns=10)).values()) == [False] * 4


def test_runs_as_data_have_each_kind_and_each_aim() -> None:
    told = describe(runs(Run(2 * SECOND, (0.9, 0.8), 0.7, (40, 24))))
    assert list(told) == ["runs", "undisturbed", "aims"]
    kinds = told["runs"]
    assert isinstance(kinds, dict) and list(kinds) == ["moved", "stayed", "split", "bare"]
    assert kinds["moved"]["wall"]["median"] == 2.0
    assert kinds["moved"]["runs"][0]["ended"] == (40, 24)


def test_a_round_in_which_others_used_the_machine_is_left_out() -> None:
    calm, disturbed = Run(1, (1.0,), 1.0), Run(9, (0.5,), 0.5, others=0.5)
    made = {"moved": [disturbed, calm, calm], "stayed": [calm] * 3, "bare": [calm, calm, disturbed]}
    assert undisturbed(made) == {"moved": [calm], "stayed": [calm], "bare": [calm]}


def test_when_all_rounds_were_disturbed_no_aim_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    made = {name: [Run(9, (0.5,), 0.5, others=0.5)] for name in ("moved", "stayed", "split", "bare")}
    assert set(aims(made).values()) == {None}
    show(made)
    assert capsys.readouterr().out.count("unknown") == 4


def test_what_others_used_is_a_share_that_is_not_negative() -> None:
    assert beside_others(lambda: Run(1, (1.0,), 1.0)).others >= 0.0


def test_the_table_says_which_aims_are_not_met(capsys: pytest.CaptureFixture[str]) -> None:
    show(runs(Run(10, (0.94, 0.99), 0.9, (40, 24))))
    printed = capsys.readouterr().out
    assert "40+24" in printed
    assert [line.split()[0] for line in printed.splitlines()[-4:]] == ["NOT", "met", "met", "met"]


def test_more_work_is_more_turns() -> None:
    assert loops_for(0) == 1
    assert loops_for(1e9) > loops_for(1e3)


def test_each_round_has_a_run_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def pretend(name: str) -> Run:
        order.append(name)
        return Run(1, (1.0,), 1.0)

    monkeypatch.setattr(imbalance, "on_cluster", lambda _job, *more, godebug="": pretend(godebug or "".join(more)))
    monkeypatch.setattr(imbalance, "on_bare_processes", lambda _job: pretend("bare"))
    monkeypatch.setattr(imbalance, "beside_others", lambda measure: measure())
    made = measured(Job(2, 1, 1), 4, random.Random(0))
    assert {name: len(runs) for name, runs in made.items()} == {"moved": 4, "stayed": 4, "split": 4, "bare": 4}
    rounds = [order[i : i + 4] for i in range(0, len(order), 4)]
    assert all(sorted(one) == ["", "bare", "moveoff=1", "split"] for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1, "the order is random"


def test_more_rounds_are_made_when_others_disturb_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imbalance, "on_cluster", lambda *_, **__: Run(1, (1.0,), 1.0))
    monkeypatch.setattr(imbalance, "on_bare_processes", lambda _: Run(1, (1.0,), 1.0))
    disturbed = iter([True] * 4 + [False] * 8)  # the first round of three
    monkeypatch.setattr(imbalance, "beside_others", lambda measure: replace(measure(), others=float(next(disturbed))))
    assert len(measured(Job(2, 1, 1), 2, random.Random(0))["bare"]) == 3
    monkeypatch.setattr(imbalance, "beside_others", lambda measure: replace(measure(), others=1.0))
    assert len(measured(Job(2, 1, 1), 2, random.Random(0))["bare"]) == 2 * imbalance.TRIES
