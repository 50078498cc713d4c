"""Which rungs there are. Their processes are not started here."""

from pathlib import Path

import pytest

from cluster.bench import insiders, ladder, parties
from cluster.bench.placement import places
from cluster.bench.sampling import Rung

TWO, ONE, ANYWHERE = (places(cores, Path("/nowhere")).all for cores in ((0, 1), (0,), ()))
C, GO = Path("floor"), Path("native")


def all_of(where: object = TWO, c: Path | None = C, go: Path | None = GO) -> dict[str, Rung]:
    assert isinstance(where, tuple)
    parts = ladder.parts(where, c, go, ladder.PART_NAMES)
    found = [rung for _, rungs in parts for rung in rungs]
    assert len({rung.name for rung in found}) == len(found), "names are keys"
    return {rung.name: rung for rung in found}


def test_the_ladder_has_every_rung_of_the_protocol() -> None:
    names = all_of()
    for name in ("function call", "generator send", "greenlet switch", "asyncio task switch", "goroutine yield in an M",
                 "channel hop in an M", "preemption of a goroutine"):  # fmt: skip
        assert name in names
    for name in ("OS thread by pipe", "OS thread by condition", "OS thread by eventfd", "OS process by pipe",
                 "OS process by eventfd", "OS process by ZeroMQ ipc", "OS thread by ZeroMQ inproc",
                 "C: OS thread by futex", "C: OS process by futex", "C: OS thread by condition",
                 "hop from M to M", "lease handed from M to M"):  # fmt: skip
        assert f"{name}, one core" in names and f"{name}, two cores" in names
    assert "sched_yield, one core" in names and "sched_yield, two cores" not in names, "there it does not switch"


def test_every_baseline_is_a_rung() -> None:
    names = all_of()
    assert {rung.baseline for rung in names.values() if rung.baseline} <= names.keys()


def test_a_switch_is_expected_of_each_hop_where_both_parties_wait_in_the_system() -> None:
    names = all_of()
    assert names["OS process by pipe, one core"].switches == names["C: OS thread by futex, two cores"].switches == 1.0
    assert names["function call"].switches == names["own pipe"].switches == 0.0
    assert names["OS process by ZeroMQ ipc, one core"].switches is None, "ZeroMQ has threads on the way"


def test_where_nobody_is_pinned_no_count_is_expected() -> None:
    assert all(rung.switches is None for rung in all_of(ANYWHERE).values())
    assert "OS process by pipe, not pinned" in all_of(ANYWHERE)


def test_on_one_core_no_wake_up_is_measured_and_without_compilers_no_other_language() -> None:
    assert not [name for name in all_of(ONE) if name.endswith("two cores")]
    assert not [name for name in all_of(c=None, go=None) if name.startswith(("C: ", "Go: "))]


def test_only_the_parts_that_are_wanted_are_made() -> None:
    assert [name for name, _ in ladder.parts(TWO, C, GO, ["ms", "light"])] == ["light", "ms"]
    assert [name for name, _ in ladder.parts(TWO, None, GO, ["floor"])] == []


@pytest.mark.parametrize("owns", [ladder.IN_PYTHON, ladder.SELVES])
def test_the_rungs_of_the_standard_library_are_served(owns: tuple[ladder.Own, ...]) -> None:
    assert {own.rung for own in owns} | {how.rung for how in ladder.MEANS} <= parties.RUNGS.keys()


def test_the_other_programs_know_the_rungs_that_are_asked_of_them() -> None:
    assert {own.rung for own in ladder.INSIDE} | {how.rung for how in ladder.MESSAGES} <= insiders.RUNGS.keys()
    bench = Path(ladder.__file__).parent
    c, go = (bench / "floor.c").read_text(), (bench / "native.go").read_text()
    for own in (*ladder.C_SELVES, *ladder.IN_C):
        assert f'NAMED("{own.rung}")' in c
    for own in (*ladder.IN_GO, *ladder.GO_MEANS):
        assert f'case "{own.rung}":' in go
