"""Large arguments and results on real processes: they arrive, nobody keeps them in memory, and no file is left."""

import contextlib
import itertools
import os
import shutil
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, wait
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen

import numpy as np
import psutil
import pytest

from cluster import Cluster, LostError
from cluster.model.limits import APART_BYTES_MIN, APART_MEMORY_MAX, TASK_BYTES_MAX
from tests.process import largetasks as t
from tests.process.place import Place, descendants, first_line, gone, until
from tests.process.pooltasks import kills_itself

pytestmark = pytest.mark.timeout(60)

MB = 1_000_000
LASTING = """
    import sys
    from cluster import Cluster
    from tests.process import largetasks as t
    from tests.process.pooltasks import notes
    if __name__ == "__main__":
        where = {{"address": sys.argv[2]}} if len(sys.argv) > 2 else {{"procs": 2}}
        with Cluster(**where) as c:
            assert len(c.submit(t.makes, 1_000_000).result()) == 1_000_000
            futures = [c.submit(t.blocks, sys.argv[1], bytes(1_000_000)) for _ in range(8)]
            while not notes(sys.argv[1]):
                pass
            print("up", flush=True)
            {rest}
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(procs=2, workers=2) as c:
        yield c


def entries(directory: Path) -> list[Path]:
    """The depots in a cluster's directory."""
    return sorted(directory.glob("large-*"))


def entry_of(cluster: Cluster) -> Path:
    """The depot of the only pool of a cluster."""
    (entry,) = entries(Path(cluster.address.removeprefix("ipc://")).parent)
    return entry


def files(entry: Path) -> list[str]:
    return sorted(path.name for path in entry.glob("*/*"))


def places_of(entries: list[Path]) -> list[Path]:
    """The directories of their files, wherever they are."""
    return [place.resolve() for entry in entries for place in entry.iterdir()]


def test_an_array_arrives_equal_writable_and_uncopied(cluster: Cluster) -> None:
    array = np.arange(10 * MB // 8)
    assert cluster.submit(t.found, array).result() == (True, True, int(array.sum()) + 1)
    assert array[0] == 0
    result = cluster.submit(t.same, array).result()
    assert (result == array).all() and t.found(result)[:2] == (True, True)
    assert array[0] == 0
    del result
    until(lambda: files(entry_of(cluster)) == [], "no file is left")


def test_what_is_submitted_is_what_the_arguments_are_at_that_moment(cluster: Cluster) -> None:
    blockers = [cluster.submit(t.found, np.zeros(MB)) for _ in range(20)]
    array, mutable = np.zeros(MB), bytearray(MB)
    futures = [cluster.submit(t.found, array), cluster.submit(t.kind, mutable, named=mutable)]
    array[:] = 9
    mutable[-1] = 9
    assert futures[0].result() == (True, True, 1)
    assert futures[1].result() == ("bytearray", MB, bytes(3), {"named": MB})
    wait(blockers)


@pytest.mark.parametrize("value", [b"xyz" * MB, bytearray(b"xyz" * MB)])
def test_bytes_arrive_as_what_they_are(cluster: Cluster, value: bytes | bytearray) -> None:
    told = cluster.submit(t.kind, value, named=b"x" * MB).result()
    assert told == (type(value).__name__, 3 * MB, b"xyz", {"named": MB})
    back = cluster.submit(t.same, value).result()
    assert back == value and type(back) is type(value)
    assert cluster.submit(t.same, {"deep": [value]}).result() == {"deep": [value]}


def test_map_brings_large_items_and_results(cluster: Cluster) -> None:
    items = [bytes([i]) * MB for i in range(20)]
    assert list(cluster.map(t.same, items)) == items
    assert sorted(cluster.map(len, items, ordered=False)) == [MB] * 20
    assert list(cluster.starmap(t.same, [(item,) for item in items])) == items
    assert [int(array.sum()) for array in cluster.map(np.ones, [MB] * 20)] == [MB] * 20
    until(lambda: files(entry_of(cluster)) == [], "no file is left")


def test_an_endless_map_of_arrays_keeps_few_and_many_that_are_submitted_keep_little_memory() -> None:
    with Cluster(procs=1, workers=1) as c:
        arrays = (np.full(10 * MB, i % 100, np.uint8) for i in itertools.count())
        sums = c.map(np.sum, arrays)
        assert int(next(sums)) == 0
        assert size_of(entry_of(c).glob("*/*")) <= 8 * 10 * MB, "four chunks for a P, and some that have ended"
        assert [int(next(sums)) for _ in range(10)] == [i * 10 * MB for i in range(1, 11)]
        del sums
    with Cluster(procs=1, workers=1) as c:
        futures = [c.submit(len, bytes(40 * MB)) for _ in range(15)]
        assert size_of(entry_of(c).glob("memory/*")) <= APART_MEMORY_MAX
        assert [future.result() for future in futures] == [40 * MB] * 15


def size_of(paths: Iterable[Path]) -> int:
    """Of all these files that are still there, together."""
    size = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def test_a_result_that_no_frame_can_hold_arrives() -> None:
    size = TASK_BYTES_MAX + (64 << 20)
    assert size > APART_MEMORY_MAX, "it goes to disk"
    with Cluster(procs=1, workers=1) as c:
        result = c.submit(t.makes, size).result()
        assert len(result) == size and not result[0] and not result[-1]
        until(lambda: files(entry_of(c)) == [], "no file is left")


def test_many_results_pass_and_the_coordinator_does_not_grow() -> None:
    with Cluster(procs=2, workers=2) as c:
        assert len(list(c.map(t.makes, [10 * MB] * 4))) == 4
        coordinator, before = psutil.Process(c.pids[0]), peak_kb(c.pids[0])
        assert sum(len(value) for value in c.map(t.makes, [10 * MB] * 108)) == 108 * 10 * MB
        assert peak_kb(coordinator.pid) - before < 30_000


def peak_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:")))


def test_tasks_that_are_cancelled_leave_no_file(tmp_path: Path) -> None:
    with Cluster(procs=1, workers=1) as c:
        log, other = str(tmp_path / "log"), str(tmp_path / "other")
        running = c.submit(t.waits, log, bytes(MB))
        until(lambda: t.notes(log) == ["began"], "the task has begun")
        assert len(files(entry_of(c))) == 1, "it may have to be run again"
        assert running.cancel(running=True)
        with pytest.raises(CancelledError):
            running.result()
        blocking = c.submit(t.blocks, other, bytes(MB))
        until(lambda: t.notes(other) == ["began"], "the task has begun")
        queued = [c.submit(len, bytes(MB)) for _ in range(200)]
        assert sum(future.cancel() for future in queued)
        assert blocking.cancel(end=True)
        wait([blocking, *queued])
        assert blocking.cancelled()
        until(lambda: files(entry_of(c)) == [], "no file is left")


def test_a_task_is_run_again_with_its_large_argument(cluster: Cluster, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    assert cluster.submit(t.kills_once, log, bytes(MB)).result() == MB
    assert len({*t.notes(log)}) == 2
    until(lambda: files(entry_of(cluster)) == [], "no file is left")


def test_what_a_worker_wrote_that_died_before_it_told_is_removed(cluster: Cluster) -> None:
    assert cluster.submit(t.kind, bytes(MB)).result()[1] == MB
    with pytest.raises(LostError):
        cluster.submit(t.writes_and_dies, str(entry_of(cluster)), retries=0).result()
    until(lambda: files(entry_of(cluster)) == [], "no file is left")


def test_ms_that_die_at_any_moment_take_no_result_with_them_and_leave_no_file() -> None:
    """A result that was told before its M died is fetched, though another death is heard of before it is."""
    rng = Random(5)
    with Cluster(procs=2, workers=2) as c:
        for _ in range(6):
            futures = {}
            for number in range(40):
                size = rng.choice([100_000, MB, 5 * MB])
                if number % 19 == 5:
                    c.submit(kills_itself, retries=0)
                futures[c.submit(t.makes, size, bytes(rng.choice([10, MB])), retries=20)] = size
            assert all(len(future.result()) == size for future, size in futures.items())
        until(lambda: files(entry_of(c)) == [], "no file is left")


def test_a_pool_that_ends_leaves_nothing_though_others_go_on(cluster: Cluster) -> None:
    cluster.submit(t.kind, b"").result()
    (own,) = entries(entry_of(cluster).parent)
    with cluster.executor() as executor:
        future = executor.submit(t.same, np.ones(MB))
        (lent,) = [entry for entry in entries(own.parent) if entry != own]
        memory = (lent / "memory").resolve()
        array = future.result()
        assert memory.is_dir()
    until(lambda: entries(own.parent) == [own] and not memory.exists(), "the depot of the executor to be gone")
    assert array.sum() == MB, "who has a result keeps it"


@pytest.mark.parametrize("gone", [("memory",), ("memory", "disk")])
def test_where_nothing_can_be_written_it_goes_elsewhere_and_in_frames_at_last(gone: tuple[str, ...]) -> None:
    with Cluster(procs=1, workers=1) as c:
        assert c.submit(t.same, bytes(MB)).result() == bytes(MB)
        until(lambda: files(entry_of(c)) == [], "an empty depot")
        for place in gone:
            shutil.rmtree((entry_of(c) / place).resolve())
        array = np.arange(MB)
        for _ in range(3):
            assert (c.submit(t.same, array).result() == array).all()
            assert c.submit(t.same, b"x" * MB).result() == b"x" * MB


def lasting(place: Place, rest: str, *arguments: str) -> tuple[Popen[str], list[Path]]:
    """A client in the middle of large arguments, and the directories of its files."""
    app, env = place.write("app.py", LASTING.format(rest=rest)), {"PYTHONPATH": str(Path(__file__).parents[2])}
    client = place.start(app, place.path / "log", *arguments, stdin=PIPE, env=env)
    assert first_line(client) == "up"
    where = [place.cluster_dir] if arguments else place.embedded()
    places = [path for directory in where for path in places_of(entries(directory))]
    assert [path for path in places if list(path.iterdir())]
    return client, places


@pytest.mark.parametrize("rest", ["c.close()", "sys.exit(3)", "raise KeyboardInterrupt"])
def test_a_client_that_ends_leaves_nothing(place: Place, rest: str) -> None:
    client, places = lasting(place, f"input(); {rest}")
    client.communicate("\n")
    assert place.embedded() == [] and not any(path.exists() for path in places)


def test_a_client_that_is_killed_with_its_own_cluster_leaves_nothing(place: Place) -> None:
    client, places = lasting(place, "input()")
    client.kill()
    until(lambda: place.embedded() == [], "the removal of the directory")
    until(lambda: not any(path.exists() for path in places), "the removal of its files")


def test_of_a_client_that_is_killed_its_cluster_removes_what_it_left(place: Place) -> None:
    place.cluster()
    client, places = lasting(place, "input()", place.address)
    client.kill()
    until(lambda: entries(place.cluster_dir) == [], "the coordinator to find the client gone")
    assert not any(path.exists() for path in places)


def test_a_client_whose_coordinator_is_killed_removes_what_is_its_own(place: Place) -> None:
    coordinator, _ = place.cluster()
    client, places = lasting(place, "futures[0].exception()", place.address)
    coordinator.kill()
    client.communicate()
    assert entries(place.cluster_dir) == [] and not any(path.exists() for path in places)


def test_when_all_are_killed_at_once_the_next_coordinator_removes_what_is_left(place: Place) -> None:
    coordinator, worker = place.cluster()
    client, places = lasting(place, "input()", place.address)
    end_all(coordinator, worker, client)  # in this order: a coordinator removes what a client has left
    assert all(path.exists() for path in places)
    place.coordinator()
    until(lambda: entries(place.cluster_dir) == [], "the coordinator to clear the directory")
    assert not any(path.exists() for path in places)


def test_what_an_embedded_cluster_leaves_in_memory_when_all_are_killed_the_next_one_removes(place: Place) -> None:
    client, places = lasting(place, "input()")
    below = descendants(client)
    end_all(client, *(child for child in below if "coordinator" in child.cmdline() or "worker" in child.cmdline()))
    until(lambda: all(gone(child.pid) for child in below), "the end of all processes")
    with Cluster(procs=1, workers=1) as c:
        c.submit(t.kind, b"").result()
    assert not any(path.exists() for path in places if path.is_relative_to("/dev/shm"))
    for left in place.embedded():
        shutil.rmtree(left)


def end_all(*processes: Popen[str] | psutil.Process) -> None:
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
    for process in processes:
        if isinstance(process, Popen):
            process.communicate()


def test_over_tcp_large_values_go_in_frames(place: Place) -> None:
    place.start("-m", "coordinator", "--bind", "tcp://127.0.0.1:0", "--procs", "1")
    place.wait_for_sockets("connection.json", 1)
    place.start("-m", "worker")
    with Cluster(connection=place.cluster_dir / "connection.json") as c:
        array = np.arange(MB)
        assert (c.submit(t.same, array).result() == array).all()
        assert c.submit(t.same, b"x" * APART_BYTES_MIN).result() == b"x" * APART_BYTES_MIN
        assert entries(place.cluster_dir) == []
