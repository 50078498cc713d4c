"""Where parties are put on machines of several kinds, and what cannot be told apart there."""

import os
from pathlib import Path

import pytest

from cluster.bench.placement import ANY, held_on, pinnable, places, siblings


def topology(root: Path, *pairs: str) -> Path:
    for cpu, text in enumerate(pairs):
        file = root / f"cpu{cpu}/topology/thread_siblings_list"
        file.parent.mkdir(parents=True)
        file.write_text(text + "\n")
    return root


def test_of_two_cores_both_placements_are_measured(tmp_path: Path) -> None:
    found = places((0, 1), topology(tmp_path, "0", "1"))
    assert [(p.name, p.measures, p.first, p.second) for p in found.all] == [
        ("one core", "switch cost", 1, 1),
        ("two cores", "wake-up latency", 1, 0),
    ]
    assert found.left_out == () and all(p.counted for p in found.all) and found.all[1].arguments == ("1", "0")


def test_the_second_core_is_not_a_thread_of_the_first(tmp_path: Path) -> None:
    root = topology(tmp_path, "0,2", "1,3", "0,2", "1,3")
    assert places((0, 1, 2, 3), root).all[1].second == 2
    only_threads = places((1, 3), root)
    assert only_threads.all[1].second == 1 and "threads of one" in only_threads.left_out[0]


def test_with_one_core_wake_ups_are_left_out(tmp_path: Path) -> None:
    found = places((3,), tmp_path)
    assert [p.name for p in found.all] == ["one core"] and "only core 3 is usable" in found.left_out[0]


def test_who_may_not_pin_measures_what_cannot_be_told_apart(tmp_path: Path) -> None:
    found = places((), tmp_path)
    assert [p.name for p in found.all] == ["not pinned"] and not found.all[0].counted
    assert found.all[0].arguments == ("-1", "-1") and "may not pin itself" in found.left_out[0]


def test_without_permission_no_core_is_pinnable(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _cores: set[int]) -> None:
        raise PermissionError(1, "Operation not permitted")

    assert pinnable() == tuple(sorted(os.sched_getaffinity(0)))
    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    assert pinnable() == ()
    monkeypatch.delattr(os, "sched_getaffinity")
    assert pinnable() == ()


@pytest.mark.parametrize(("text", "found"), [("0-1", (0, 1)), ("1,3", (1, 3)), ("0-1,8-9", (0, 1, 8, 9)), ("x", (5,))])
def test_siblings_are_read_from_ranges(tmp_path: Path, text: str, found: tuple[int, ...]) -> None:
    assert siblings(5, topology(tmp_path, "", "", "", "", "", text)) == found


def test_who_was_held_is_free_again_afterwards() -> None:
    before = os.sched_getaffinity(0)
    core = min(before)
    with held_on(core):
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before
    with held_on(core, ANY):
        assert os.sched_getaffinity(0) == before
