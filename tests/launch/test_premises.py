"""Where depots are: nobody else can enter them, and they are gone when their owner is, whoever sees to it."""

import os
from pathlib import Path

import pytest

from cluster.launch import premises
from cluster.launch.depot import DISK, MEMORY, Depot
from cluster.model.errors import ClusterError


@pytest.fixture
def shm(tmp_path: Path) -> Path:
    (tmp_path / "shm").mkdir()
    return tmp_path / "shm"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "cluster").mkdir(mode=0o700)
    return tmp_path / "cluster"


def made(directory: Path, shm: Path, embedded: bool = True) -> premises.Premises:
    found = premises.make(f"ipc://{directory}/coordinator.sock", embedded, shm)
    assert found is not None
    return found


def forgotten(owned: premises.Premises) -> None:
    """As if its owner were killed: its locks are gone, and nothing is removed."""
    while owned._locks:
        os.close(owned._locks.pop())


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_depot_has_a_place_in_memory_and_one_on_disk_that_nobody_else_can_enter(directory: Path, shm: Path) -> None:
    owned = made(directory, shm)
    assert premises.find(directory, owned.name) == owned.entry
    for place in (owned.entry, owned.entry / MEMORY, owned.entry / DISK):
        assert place.stat().st_mode & 0o777 == 0o700
    assert (owned.entry / MEMORY).resolve().parent == shm
    held = Depot(owned.entry, once=False)
    parts = held.fetch(held.put([b"x" * 100]))
    owned.close()
    assert names(directory) == names(shm) == [] and bytes(parts[0]) == b"x" * 100
    assert held.put([b"x"]) == "", "nothing is made anew"
    owned.close()


def test_on_tcp_and_where_nothing_can_be_made_there_is_none(directory: Path, shm: Path) -> None:
    assert premises.make("tcp://127.0.0.1:7878", True, shm) is None
    assert premises.make(f"ipc://{directory}/nowhere/coordinator.sock", True, shm) is None


def test_without_shared_memory_all_is_on_disk(directory: Path, shm: Path) -> None:
    owned = made(directory, shm / "nowhere")
    assert names(owned.entry) == [DISK] and premises.find(directory, owned.name) == owned.entry
    owned.close()


def test_a_cluster_that_lives_in_memory_has_its_disk_elsewhere(
    directory: Path, shm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(premises, "_is_memory", lambda path: path == directory)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    owned = made(directory, shm)
    assert (owned.entry / DISK).resolve().parent == tmp_path / "temporary"
    owned.close()
    assert names(directory) == names(shm) == names(tmp_path / "temporary") == []


@pytest.mark.parametrize("in_memory", [False, True])
def test_of_a_cluster_that_others_started_only_its_directory_is_known_to_be_shared(
    directory: Path, shm: Path, in_memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(premises, "_is_memory", lambda _: in_memory)
    owned = made(directory, shm, embedded=False)
    assert names(owned.entry) == [MEMORY if in_memory else DISK] and names(shm) == []
    assert not any(path.is_symlink() for path in owned.entry.iterdir())
    assert premises.find(directory, owned.name) == owned.entry
    owned.close()
    assert names(directory) == []


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="this system has no memory with a name")
def test_memory_is_told_from_disk_by_what_is_mounted(tmp_path: Path) -> None:
    assert premises._is_memory(Path("/dev/shm")) and not premises._is_memory(Path("/proc"))
    assert not premises._is_memory(tmp_path / "nowhere")


def test_depots_of_the_dead_are_cleared_away_and_those_of_the_living_are_not(directory: Path, shm: Path) -> None:
    living, dead = made(directory, shm), made(directory, shm)
    (directory / "m-1.sock").touch()
    (directory / "large-of-somebody-else").mkdir()
    (dead.entry / MEMORY / "memory-1.1-1-64").write_bytes(b"x")
    (dead.entry / DISK / "disk-1.1-1-64").write_bytes(b"x")
    forgotten(dead)
    premises.clear(directory)
    assert names(directory) == sorted([living.name, "large-of-somebody-else", "m-1.sock"])
    assert names(shm) == [(living.entry / MEMORY).resolve().name]
    premises.clear(directory, all=True)
    assert names(directory) == ["large-of-somebody-else", "m-1.sock"] and names(shm) == []
    premises.clear(directory / "nowhere")
    living.close()


def test_who_makes_a_depot_clears_memory_of_those_whose_directory_is_gone(directory: Path, shm: Path) -> None:
    dead, living = made(directory, shm), made(directory, shm)
    forgotten(dead)
    (shm / "gmp-other").mkdir()
    owned = made(directory, shm)
    left = {(each.entry / MEMORY).resolve().name for each in (living, owned)}
    assert {*names(shm)} == left | {"gmp-other"}
    for each in (living, owned, dead):
        each.close()


def test_a_removal_that_was_interrupted_is_ended_by_the_next(directory: Path, shm: Path) -> None:
    dead = made(directory, shm)
    forgotten(dead)
    dead.entry.rename(dead.entry.with_name(dead.name + premises.GONE))
    premises.clear(directory)
    assert names(directory) == names(shm) == []


def test_a_directory_that_is_cleared_away_before_it_is_locked_is_made_again(
    directory: Path, shm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = premises._lock, [True, True]

    def lock(path: Path) -> int | None:
        if left:
            left.pop()
            path.rmdir()
        return real(path)

    monkeypatch.setattr(premises, "_lock", lock)
    owned = made(directory, shm)
    assert len(owned._locks) == 2 and names(directory) == [owned.name]
    owned.close()
    left += [True] * 100
    assert premises.make(f"ipc://{directory}/coordinator.sock", True, shm) is None and names(directory) == []


def test_names_that_are_no_depots_and_depots_that_others_can_enter_are_refused(directory: Path, shm: Path) -> None:
    owned = made(directory, shm)
    (directory / "large-0123456789abcdef").symlink_to(owned.entry)
    for name in ("", ".", "..", "large-0123456789abcdef", f"{owned.name}/", f"../cluster/{owned.name}", "large-x"):
        with pytest.raises(ClusterError, match="is no depot in"):
            premises.find(directory, name)
    for place in (owned.entry / MEMORY, owned.entry / DISK, owned.entry):
        place.chmod(0o750)
        with pytest.raises(ClusterError, match="others could reach"):
            premises.find(directory, owned.name)
        place.chmod(0o700)
    owned.close()


def test_what_a_link_leads_to_is_only_removed_if_it_is_ours(directory: Path, shm: Path, tmp_path: Path) -> None:
    owned = made(directory, shm)
    (tmp_path / "precious").mkdir()
    (owned.entry / MEMORY).unlink()
    (owned.entry / MEMORY).symlink_to(tmp_path / "precious")
    owned.close()
    assert (tmp_path / "precious").is_dir() and names(directory) == []
