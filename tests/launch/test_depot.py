"""The files of a depot: written whole, read where they lie, removed, and nothing else taken for one."""

import errno
import gc
import os
import struct
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cluster.launch.depot import ALIGNMENT, DISK, LOOK_BYTES, MEMORY, WRITTEN_AT_ONCE, Depot
from cluster.model.errors import CannotShipError
from cluster.wire.apart import Part

PARTS: list[bytes | memoryview] = [b"pickle", memoryview(b"x" * 1000), b"", b"y" * ALIGNMENT]
NOBODYS_PID = (1 << 22) + 1  # one more than the most that Linux gives


class Room:
    """What the system says of the room in a file system."""

    def __init__(self, free: int, blocks: int = 100, frsize: int = LOOK_BYTES) -> None:
        self.f_bavail, self.f_blocks, self.f_frsize = free, blocks, frsize


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(os, "statvfs", lambda _: Room(100))
    for place in (MEMORY, DISK):
        (tmp_path / place).mkdir(0o700)
    return tmp_path


def files(entry: Path) -> list[str]:
    return sorted(path.name for path in entry.glob("*/*"))


def test_parts_are_read_where_they_lie_and_belong_to_the_reader(entry: Path) -> None:
    depot = Depot(entry, once=False)
    name = depot.put(PARTS)
    first, second = depot.fetch(name), depot.fetch(name)
    assert [bytes(part) for part in first] == [bytes(part) for part in PARTS]
    first[1][0] = 7
    assert second[1][0] == ord("x"), "each has a view of his own"
    assert depot.fetched == 2 * int(name.rpartition("-")[2])
    (path,) = entry.glob("*/*")
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    assert all(content.find(bytes(part)) % ALIGNMENT == 0 for part in PARTS)


def test_what_is_fetched_once_is_removed_and_still_read(entry: Path) -> None:
    depot = Depot(entry, once=True)
    name = depot.put(PARTS)
    parts = depot.fetch(name)
    assert files(entry) == [] and bytes(parts[1]) == b"x" * 1000
    with pytest.raises(CannotShipError, match=r"and cannot be read: .*No such file"):
        depot.fetch(name)
    depot.drop(name)


def test_files_go_to_memory_until_there_is_enough_and_then_to_disk(entry: Path) -> None:
    depot = Depot(entry, once=False, memory_max=3000)
    names = [depot.put([b"x" * 1000]) for _ in range(4)]
    assert [name.partition("-")[0] for name in names] == [MEMORY, MEMORY, DISK, DISK]
    assert depot.put([b"x" * 5000]).startswith(DISK), "alone it is too large"
    depot.drop(names[0])
    assert depot.put([b"x" * 1000]).startswith(MEMORY), "there is room again"
    assert depot.put([b"x" * 1000]).startswith(DISK)


def test_of_memory_that_is_half_full_no_more_is_used(entry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: Room(50))
    assert Depot(entry, once=False).put(PARTS).startswith(DISK)
    monkeypatch.setattr(os, "statvfs", lambda _: Room(51))
    assert Depot(entry, once=False).put(PARTS).startswith(MEMORY)


def full(*places: str) -> Callable[[int, Sequence[Part]], int]:
    """The system call, on a machine where these are full after a few bytes."""

    def write(fd: int, pieces: Sequence[Part]) -> int:
        if Path(os.readlink(f"/proc/self/fd/{fd}")).parent.name in places:
            if os.fstat(fd).st_size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return os.write(fd, bytes(pieces[0])[:5])
        return os.writev(fd, pieces)

    return write


def test_where_there_is_no_room_the_next_place_is_tried_and_nothing_is_left_of_the_attempt(entry: Path) -> None:
    depot = Depot(entry, once=False, write=full(MEMORY))
    name = depot.put(PARTS)
    assert name.startswith(DISK) and files(entry) == [name]
    assert [bytes(part) for part in depot.fetch(name)] == [bytes(part) for part in PARTS]
    assert Depot(entry, once=False, write=full(MEMORY, DISK)).put(PARTS) == ""
    assert files(entry) == [name]


def test_without_memory_all_goes_to_disk_and_without_a_depot_nowhere(entry: Path) -> None:
    (entry / MEMORY).rmdir()
    depot = Depot(entry, once=False)
    depot.drop(depot.put(PARTS))
    (entry / DISK).rmdir()
    assert depot.put(PARTS) == ""


def test_who_is_interrupted_leaves_nothing(entry: Path) -> None:
    def interrupted(fd: int, pieces: Sequence[Part]) -> int:
        os.write(fd, b"abc")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Depot(entry, once=False, write=interrupted).put(PARTS)
    assert files(entry) == []


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_write_that_does_less_than_it_was_asked_for_is_gone_on_with(entry: Path, step: int) -> None:
    def write(fd: int, pieces: Sequence[Part]) -> int:
        return os.write(fd, b"".join(pieces)[:step])

    depot = Depot(entry, once=True, write=write)
    assert [bytes(part) for part in depot.fetch(depot.put(PARTS))] == [bytes(part) for part in PARTS]


def test_many_parts_are_written(entry: Path) -> None:
    depot = Depot(entry, once=True)
    parts = [b"%d" % i for i in range(3 * WRITTEN_AT_ONCE)]
    assert [bytes(part) for part in depot.fetch(depot.put(parts))] == parts


def test_threads_may_write_at_the_same_time(entry: Path) -> None:
    depot = Depot(entry, once=False)
    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(depot.put, [[b"%d" % i] for i in range(200)]))
    assert [bytes(depot.fetch(name)[0]) for name in names] == [b"%d" % i for i in range(200)]


def test_a_process_that_holds_many_maps_few_files_and_reads_the_others(entry: Path) -> None:
    depot = Depot(entry, once=True, mapped_max=2)
    before = len(os.listdir("/proc/self/fd"))
    held = [depot.fetch(depot.put([b"%d" % i, b"z" * 5000])) for i in range(50)]
    assert len(os.listdir("/proc/self/fd")) <= before + 2
    assert [bytes(parts[0]) for parts in held] == [b"%d" % i for i in range(50)]
    held[40][1][0] = 1
    del held
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "name",
    [
        "", "memory", "../connection.json", "memory-1.1-1-64/../../x", "disk-1.1-1", "disk-1.1-1-", "disk-1.x-1-64",
        "disk-1.1-1-64\n", "other-1.1-1-64", "disk-1.1-1-64/", "/etc/passwd", "disk-1.\u0661-1-64",
    ],
)  # fmt: skip
def test_names_that_nobody_wrote_lead_nowhere(entry: Path, name: str) -> None:
    depot = Depot(entry, once=True)
    with pytest.raises(CannotShipError, match="is no name of an argument or a result"):
        depot.fetch(name)
    depot.drop(name)


def test_what_is_no_file_of_ours_is_not_read(entry: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "file"
    elsewhere.write_bytes(b"x" * 64)
    (entry / DISK / "disk-1.1-1-64").symlink_to(elsewhere)
    os.mkfifo(entry / DISK / "disk-1.1-2-64")
    (entry / DISK / "disk-1.1-3-64").mkdir()
    (entry / DISK / "disk-1.1-4-64").write_bytes(b"x" * 63)
    (entry / DISK / "disk-1.1-5-0").write_bytes(b"")
    for number, size in ((1, 64), (2, 64), (3, 64), (4, 64), (5, 0)):
        with pytest.raises(CannotShipError, match="cannot be read"):
            Depot(entry, once=False).fetch(f"disk-1.1-{number}-{size}")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give something to somebody else")
def test_a_file_of_another_user_is_not_read(entry: Path) -> None:
    depot = Depot(entry, once=False)
    name = depot.put(PARTS)
    os.chown(next(entry.glob("*/*")), 65534, 65534)
    with pytest.raises(CannotShipError, match="it is not what was written"):
        depot.fetch(name)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"abc", struct.pack("<Q", 0), struct.pack("<Q", 1 << 60), struct.pack("<QQ", 1, 1 << 62),
        struct.pack("<QQQ", 2, 64, (1 << 64) - 64), struct.pack("<QQ", 1, 65), struct.pack("<QQ", 1, 0),
        struct.pack("<QQ", 1, (1 << 64) - 1), struct.pack("<Q", (1 << 64) - 1),
    ],
)  # fmt: skip
def test_a_file_whose_lengths_are_not_its_size_is_refused(entry: Path, content: bytes) -> None:
    content = content.ljust(128, b"\0")
    (entry / DISK / "disk-1.1-1-128").write_bytes(content)
    with pytest.raises(CannotShipError, match="does not hold the parts"):
        Depot(entry, once=False).fetch("disk-1.1-1-128")


def test_when_nothing_more_is_told_all_of_the_dead_is_removed(entry: Path) -> None:
    namespace = os.stat("/proc/self/ns/pid").st_ino
    for pid in (NOBODYS_PID, NOBODYS_PID + 1):
        (entry / DISK / f"disk-{namespace}.{pid}-1-64").write_bytes(b"")
    Depot(entry, once=True).drop_of_the_dead()
    assert files(entry) == []


def test_what_the_dead_have_written_is_removed_and_nothing_of_the_living(entry: Path) -> None:
    mine = Depot(entry, once=False).put(PARTS)
    namespace = os.stat("/proc/self/ns/pid").st_ino
    foreign = f"disk-{namespace + 1}.{NOBODYS_PID}-1-64"  # of another container, where it may live
    (entry / DISK / foreign).write_bytes(b"")
    for place in (MEMORY, DISK):
        (entry / place / f"{place}-{namespace}.{NOBODYS_PID}-1-64").write_bytes(b"")
        (entry / place / "something else").write_bytes(b"")
    before = files(entry)
    for living in (os.getpid(), NOBODYS_PID + 1, 0):
        Depot(entry, once=True).drop_of_the_dead(living)
        assert files(entry) == before, "of others that died more may yet be told"
    Depot(entry, once=True).drop_of_the_dead(NOBODYS_PID)
    assert files(entry) == sorted([mine, foreign, "something else", "something else"])
