"""Figures, ratios and efficiencies of samples that are made up; how they are taken is test_rounds."""

import json

import pytest

from cluster.bench.peers import catalog, measures
from cluster.bench.peers.comparison import compare
from cluster.bench.peers.measures import Sample
from cluster.bench.peers.rounds import Failed, Measured


def measured(number: int, system: str, what: str, *ns: float) -> list[Measured | Failed]:
    return [Measured(number, system, Sample(what, one, 10)) for one in ns]


SUBMITS = [
    *measured(1, catalog.OURS, measures.SUBMIT, 10_000, 12_000, 14_000),
    *measured(1, "mp.Pool", measures.SUBMIT, 60_000),
    *measured(2, "mp.Pool", measures.SUBMIT, 20_000),
    *measured(2, catalog.OURS, measures.SUBMIT, 2_000),
]


def test_a_ratio_is_of_medians_within_a_round() -> None:
    rows = compare(SUBMITS).sections[measures.SUBMIT]
    assert [row.system for row in rows] == [catalog.OURS, "mp.Pool"]  # the fastest first
    assert rows[0].ratio is None and rows[0].figure.samples == (10, 12, 14, 2) and rows[0].figure.unit == "us"
    assert rows[1].ratio is not None and rows[1].ratio.samples == (5, 10)


def test_a_round_that_ours_did_not_come_through_has_no_ratio() -> None:
    rows = compare([*SUBMITS, *measured(3, "mp.Pool", measures.SUBMIT, 1_000)]).sections[measures.SUBMIT]
    assert len(rows[1].figure.samples) == 3
    assert rows[1].ratio is not None and rows[1].ratio.samples == (5, 10)


def test_efficiency_is_by_bare_processes_of_the_same_round() -> None:
    millisecond = measures.work(1.0)
    comparison = compare(
        [
            *measured(1, catalog.BARE, millisecond, 400, 500, 600),
            *measured(1, catalog.OURS, millisecond, 500, 1_000),
            *measured(2, catalog.BARE, millisecond, 800),
            *measured(2, catalog.OURS, millisecond, 1_000),
        ]
    )
    assert comparison.sections == {}
    (curve,) = comparison.curves
    ((length, figure),) = curve.points
    assert (curve.system, length) == (catalog.OURS, 1.0)
    assert figure.samples == pytest.approx((1.0, 0.5, 0.8))


def test_what_a_pool_cannot_do_and_what_failed_is_told_once_and_is_no_figure() -> None:
    why = Sample(measures.TREE, 0, 0, "no way back")
    failed = Failed(2, "ray", "it did not start")
    comparison = compare([Measured(1, "loky", why), Measured(2, "loky", why), failed])
    assert comparison.cannot == ((measures.TREE, "loky", "no way back"),)
    assert comparison.failed == (failed,)
    assert comparison.sections == {} and comparison.curves == ()


def test_all_of_it_is_plain_data() -> None:
    bare = measured(1, catalog.BARE, measures.work(0.1), 100)
    told = compare([*SUBMITS, *bare, *measured(1, catalog.OURS, measures.work(0.1), 200)]).describe()
    data = json.loads(json.dumps(told))
    assert data["sections"]["submit"]["mp.Pool"]["ratio"]["median"] == 7.5
    assert data["sections"]["submit"]["cluster"]["ratio"] is None
    assert data["efficiency"]["cluster"]["lengths"][0]["median"] == 0.5
    assert data["efficiency"]["cluster"]["reached_at_ms"]["50%"] == {"ms": 0.1, "sign": "<"}
