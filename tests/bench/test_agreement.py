"""How tries are judged; no try is made here."""

import pytest

from cluster.bench import agreement
from cluster.bench.agreement import by_rung, show, tried, verdicts
from cluster.bench.sampling import Ladder
from tests.bench.rungs import ladder, taken


def tries(*ratios: float) -> list[Ladder]:
    return [
        ladder(
            taken("C: OS process by pipe, one core", 1000.0 * ratio), taken("perf bench sched pipe, one core", 1000.0)
        )
        for ratio in ratios
    ]


def test_nine_of_ten_tries_must_agree(capsys: pytest.CaptureFixture[str]) -> None:
    nine = by_rung(tries(*[1.1] * 9, 1.5))
    assert verdicts(nine) == {"C: OS process by pipe, one core": True}
    assert verdicts(by_rung(tries(*[0.9] * 8, 0.5, 1.5))) == {"C: OS process by pipe, one core": False}
    show(nine)
    printed = capsys.readouterr().out
    assert printed.count(" agrees") == 9 and "DOES NOT AGREE" in printed and "9 of 10 tries" in printed


def test_each_try_is_a_ladder_of_its_own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    made = iter(tries(1.0, 1.1, 1.2))
    monkeypatch.setattr(agreement, "climb", lambda *_: next(made))
    ladders = tried(3, [], agreement.IN_A_TRY, agreement.Random(1))
    assert [check.ratio for check in by_rung(ladders)["C: OS process by pipe, one core"]] == pytest.approx(
        [1.0, 1.1, 1.2]
    )
    assert "try 3 of 3" in capsys.readouterr().err
