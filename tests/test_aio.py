"""`cluster.aio.run`, with a cluster that runs nothing; programs are in tests/process/test_aio.py."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from cluster import ClusterError, aio


class FakeCluster:
    """Waits until it is to stop, or gives what its main is."""

    began = threading.Event()
    closed = 0

    def __init__(self, *_sizes: object, connection: object, race: bool) -> None:
        self.race = race

    def __enter__(self) -> "FakeCluster":
        return self

    def __exit__(self, *_: object) -> None:
        FakeCluster.closed += 1

    def run_until(self, stop: Callable[[], bool], main: object, *args: object) -> object:
        FakeCluster.began.set()
        if main is None:
            while not stop():
                pass
            raise ClusterError("the program was ended: interrupted")
        if isinstance(main, BaseException):
            raise main
        return main, args


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aio, "Cluster", FakeCluster)
    FakeCluster.began.clear()
    FakeCluster.closed = 0


def test_what_main_returns_is_returned_and_the_cluster_is_closed() -> None:
    assert asyncio.run(aio.run("main", 1, 2)) == ("main", (1, 2))  # type: ignore[arg-type]
    assert FakeCluster.closed == 1


def test_what_main_raises_is_raised() -> None:
    with pytest.raises(ClusterError, match="lost"):
        asyncio.run(aio.run(ClusterError("lost")))  # type: ignore[arg-type]
    assert FakeCluster.closed == 1


def test_a_cancelled_task_has_the_program_ended_before_it_ends() -> None:
    async def top() -> None:
        task = asyncio.create_task(aio.run(None))  # type: ignore[arg-type]
        await asyncio.to_thread(FakeCluster.began.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert FakeCluster.closed == 1

    asyncio.run(top())


def test_several_run_at_once() -> None:
    async def top() -> list[object]:
        return list(await asyncio.gather(*(aio.run(str(i)) for i in range(4))))  # type: ignore[arg-type]

    assert asyncio.run(top()) == [(str(i), ()) for i in range(4)]
