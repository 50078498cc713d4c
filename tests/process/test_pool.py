"""submit and map on real processes: results, errors, deaths, cancellation."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, wait
from pathlib import Path

import pytest

from cluster import CannotShipError, Cluster, LostError, ProgramError, submit
from tests.process import pooltasks as t
from tests.process.place import Place, until

pytestmark = pytest.mark.timeout(60)

N = 500
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(procs=2, workers=2) as c:
        yield c


def test_a_burst_of_tasks_plain_and_async(cluster: Cluster) -> None:
    futures = [cluster.submit(t.square_later if i % 3 == 0 else t.square, i) for i in range(N)]
    assert [future.result() for future in futures] == [i * i for i in range(N)]
    assert {*cluster.as_completed(futures)} == {*futures}


def test_keyword_arguments_nameless_functions_and_what_tasks_share(cluster: Cluster) -> None:
    y = 5
    assert cluster.submit(lambda x: x + y, 3).result() == 8
    assert cluster.submit(dict, a=1).result() == {"a": 1}
    assert cluster.submit(t.sums, 10).result() == 45


def test_an_exception_keeps_its_type_and_says_where_it_was_raised(cluster: Cluster) -> None:
    with pytest.raises(LookupError, match="gone") as caught:
        cluster.submit(t.fails, "gone").result()
    (note,) = caught.value.__notes__
    assert "Traceback on the worker" in note and "in fails" in note and "run_task" not in note


@pytest.mark.parametrize(
    ("task", "kind", "text"),
    [
        (t.raises_odd, CannotShipError, "OddError: 7 at home"),
        (t.raises_held, CannotShipError, "HeldError, which a task raised, must go to another process"),
        (t.returns_a_lock, CannotShipError, "what a task returned must go to another process"),
        (t.returns_unreadable, CannotShipError, "its result cannot be read in this process: LookupError"),
        (t.exits, SystemExit, "3"),
        (t.fills_its_memory, MemoryError, "bytearray"),
        (t.panics_elsewhere, ProgramError, "panic: LookupError: in a goroutine"),
        (t.waits_for_ever, ProgramError, "all goroutines are asleep - deadlock!"),
    ],
)
def test_bad_tasks_end_with_a_clear_error_and_the_pool_goes_on(
    cluster: Cluster, task: object, kind: type[BaseException], text: str
) -> None:
    with pytest.raises(kind, match=text):
        cluster.submit(task).result()  # type: ignore[arg-type]  # functions of several types
    assert cluster.submit(t.square, 3).result() == 9


def test_what_cannot_be_pickled_is_said_by_the_future(cluster: Cluster) -> None:
    future = cluster.submit(t.square, threading.Lock())
    with pytest.raises(CannotShipError, match=r"a task, .*square.* must go to another process"):
        future.result()


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (t.kills_itself, r"M \d+ \(pid \d+\) was killed by signal 9"),
        (t.ends_the_process, r"M \d+ \(pid \d+\) exited with code 7"),
        (t.crashes, r"M \d+ \(pid \d+\) was killed by signal 11"),
    ],
)
def test_a_task_whose_worker_dies_has_a_lost_error(cluster: Cluster, task: object, text: str) -> None:
    with pytest.raises(LostError, match=text):
        cluster.submit(task, retries=0).result()  # type: ignore[arg-type]  # functions of several types
    assert cluster.submit(t.square, 3).result() == 9


def test_a_task_whose_worker_dies_is_run_again(cluster: Cluster, tmp_path: Path) -> None:
    assert cluster.submit(t.kills_once, str(tmp_path / "log")).result() == "the second time"


def test_a_task_that_kills_three_workers_is_not_tried_a_fourth_time(cluster: Cluster, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    with pytest.raises(LostError, match="It has been begun 3 times, and an M died each time"):
        cluster.submit(t.notes_and_kills, log, retries=9).result()
    pids = t.notes(log)
    assert len(pids) == len({*pids}) == 3


def test_others_survive_a_task_that_kills(cluster: Cluster) -> None:
    good = [cluster.submit(t.square, i) for i in range(N)]
    bad = cluster.submit(t.kills_itself)
    good += [cluster.submit(t.square, i) for i in range(N)]
    assert [future.result() for future in good] == [i * i for i in range(N)] * 2
    assert isinstance(bad.exception(), LostError)


def test_a_task_that_waits_is_cancelled_where_it_waits(cluster: Cluster, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    future = cluster.submit(t.waits, log)
    until(lambda: t.notes(log) == ["began"], "the task has begun")
    assert not future.cancel(), "it has begun"
    assert future.cancel(running=True)
    with pytest.raises(CancelledError):
        future.result()
    assert t.notes(log) == ["began", "finally"]


def test_a_task_that_is_queued_here_or_there_never_runs(cluster: Cluster, tmp_path: Path) -> None:
    """Who is late to cancel them finds that they have run: then once more."""
    for turn in itertools.count():
        log = str(tmp_path / str(turn))
        blockers = [cluster.submit(t.blocks, 0.2) for _ in range(8)]
        queued = [cluster.submit(t.note, log, "ran") for _ in range(20)]
        cancelled = [future for future in queued if future.cancel(running=True)]
        wait(blockers + queued)
        assert len(t.notes(log)) == len([future for future in queued if not future.cancelled()])
        if len(cancelled) >= 10:
            break


def test_map_is_ordered_lazy_and_takes_several_iterables(cluster: Cluster) -> None:
    assert list(cluster.map(t.square, range(N))) == [i * i for i in range(N)]
    assert list(cluster.map(pow, [2, 3], [3, 2])) == list(cluster.starmap(pow, [(2, 3), (3, 2)])) == [8, 9]
    assert sorted(cluster.map(t.square_later, range(50), ordered=False)) == [i * i for i in range(50)]
    assert list(cluster.map(t.square, [])) == []
    taken = itertools.count()
    squares = cluster.map(t.square, taken, chunksize=2)
    assert [next(squares) for _ in range(10)] == [i * i for i in range(10)]
    assert next(taken) < 100, "an endless iterable is not read ahead"


def test_map_raises_in_the_place_of_the_item_and_in_time(cluster: Cluster) -> None:
    quotients = cluster.map(divmod, [1, 1, 1], [1, 0, 1])
    assert next(quotients) == (1, 0)
    with pytest.raises(ZeroDivisionError):
        next(quotients)
    with pytest.raises(TimeoutError):
        list(cluster.map(t.waits_for_ever_but_a_second, [1], timeout=0.05))


def test_a_bar_shows_how_much_is_done(cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    assert len(list(cluster.map(t.square, range(30), progress=True))) == 30
    assert "30/30" in capfd.readouterr().err


def test_a_cluster_that_is_left_waits_for_its_tasks_and_one_that_is_closed_does_not() -> None:
    with Cluster(procs=1, workers=1) as c:
        future = c.submit(t.blocks, 0.2)
    assert future.result() == 0.2
    c = Cluster(procs=1, workers=1)
    future = c.submit(t.waits_for_ever_but_a_second, 1)
    c.close()
    with pytest.raises(LostError, match="the cluster was closed before this task had ended"):
        future.result()
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        c.submit(t.pid)


async def fib(n: int) -> int:
    """Naive fork and join: each call submits two more."""
    if n < 2:
        return n
    a, b = submit(fib, n - 1), submit(fib, n - 2)
    return int(await a + await b)


def test_tasks_submit_tasks_and_wait_for_them_without_deadlock(cluster: Cluster) -> None:
    assert cluster.submit(fib, 16).result() == 987


def test_a_task_that_does_not_await_is_cancelled_by_force(cluster: Cluster, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    future = cluster.submit(t.spins, log)
    until(lambda: t.notes(log) == ["began"], "the task has begun")
    assert future.cancel(force=True)
    with pytest.raises(CancelledError):
        future.result()
    assert t.notes(log) == ["began", "finally"]


@pytest.mark.parametrize("task", [t.blocks_and_notes, t.matches_for_years])
def test_a_task_in_a_call_ends_by_force_or_its_worker_is_ended(cluster: Cluster, tmp_path: Path, task: object) -> None:
    log = str(tmp_path / "log")
    future = cluster.submit(task, log)  # type: ignore[arg-type]  # functions of several types
    until(lambda: t.notes(log) == ["began"], "the task has begun")
    assert future.cancel(end=True)
    with pytest.raises(CancelledError):
        future.result()
    assert cluster.submit(t.square, 3).result() == 9


def test_the_readmes_example_prints_what_the_readme_says(place: Place) -> None:
    readme = (ROOT / "README.md").read_text()
    section = readme[readme.index("## A pool") :]
    code, printed = section.split("```python\n")[1].split("```\n")[0], section.split("```\n")[2]
    done = place.run(place.write("app.py", code))
    assert (done.code, done.out) == (0, printed), done.err
