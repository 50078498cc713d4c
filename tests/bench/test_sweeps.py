"""The points of both sweeps, and the curves that are made of them."""

from pathlib import Path

from cluster.bench import sweeps
from cluster.bench.placement import places
from cluster.bench.sampling import FULL
from tests.bench.rungs import ladder, taken


def test_each_point_has_its_baseline() -> None:
    rungs = {rung.name: rung for rung in sweeps.rungs(["floor"], places((0,), Path("/nowhere")).all[0])}
    hops = [rung for rung in rungs.values() if rung.baseline]
    assert len(hops) == len(sweeps.POINTS) == 12 and all(rung.baseline in rungs for rung in hops)
    assert all(rung.switches == 1.0 and rungs[rung.baseline].switches == 0.0 for rung in hops)
    assert sweeps.PARTIES[0] == 2 and sweeps.PARTIES[-1] == 96 and sweeps.KIBS[-1] == 1024


def test_curves_are_what_is_left_of_the_hops_that_were_measured() -> None:
    some = ladder(
        taken(f"{sweeps.name_of(2, 0)}, one core", 1300.0, baseline=sweeps.self_of(2, 0)),
        taken(sweeps.self_of(2, 0), 400.0),
        taken(f"{sweeps.name_of(96, 0)}, one core", 2000.0),
    )
    (parties, points), (kib, touched) = sweeps.curves(some).values()
    assert (parties, kib) == ("parties", "KiB")
    assert [(at, round(figure.median)) for at, figure in points] == [(2.0, 900), (96.0, 2000)]
    assert [(at, round(figure.median)) for at, figure in touched] == [(0.0, 900)]
    assert sweeps.curves(ladder()) == {}


def test_a_point_takes_less_time_than_a_rung() -> None:
    assert sweeps.effort(FULL).sample_ns * sweeps.PART == FULL.sample_ns and sweeps.effort(FULL).samples == 11
