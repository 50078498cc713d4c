"""What joblib is told, and what is done to batches; on real processes it is tests/process/test_joblib.py."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

joblib = pytest.importorskip("joblib")
arrays = pytest.importorskip("cluster.joblib.arrays", exc_type=ImportError)
backend = pytest.importorskip("cluster.joblib.backend", exc_type=ImportError)


class FakeFuture:
    def __init__(self) -> None:
        self.callbacks: list[Any] = []
        self.cancelled_with: dict[str, bool] | None = None

    def add_done_callback(self, callback: Callable[[object], None]) -> None:
        self.callbacks.append(callback)

    def cancel(self, **how: bool) -> bool:
        self.cancelled_with = how
        return True

    def end(self) -> None:
        for callback in self.callbacks:
            callback(self)


class FakeExecutor:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.pool = SimpleNamespace(closed=False)
        self.futures: list[FakeFuture] = []
        self.submitted: list[Any] = []

    def submit(self, fn: object) -> FakeFuture:
        self.submitted.append(fn)
        self.futures.append(FakeFuture())
        return self.futures[-1]


class FakeCluster:
    def __init__(self, procs: int = 4, address: str = "ipc:///tmp/x") -> None:
        self.procs = procs
        self.address = address

    def status(self) -> SimpleNamespace:
        return SimpleNamespace(procs=self.procs)

    def executor(self, limit: int) -> FakeExecutor:
        return FakeExecutor(limit)


def test_importing_it_registers_it() -> None:
    registering = pytest.importorskip("cluster.joblib")
    with joblib.parallel_config("gmp"):
        active, _ = joblib.parallel.get_active_backend()
    assert type(active) is registering.GmpBackend
    assert active.default_n_jobs == -1  # all Ps


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (3, 3), (9, 4), (-1, 4), (-2, 3), (-9, 1), (None, 1)])
def test_as_many_jobs_as_asked_for_and_no_more_than_ps(asked: int | None, given: int) -> None:
    assert backend.GmpBackend(cluster=FakeCluster()).effective_n_jobs(asked) == given


def test_no_jobs_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="n_jobs == 0"):
        backend.GmpBackend(cluster=FakeCluster()).effective_n_jobs(0)


def test_one_job_runs_in_this_process() -> None:
    with pytest.raises(joblib.parallel.FallbackToBackend):
        backend.GmpBackend(cluster=FakeCluster()).configure(1)


def test_calls_share_an_executor_for_each_number_of_jobs_until_it_is_closed() -> None:
    cluster = FakeCluster()
    first = backend.executor_of(cluster, 2)
    assert first.limit == 2
    assert backend.executor_of(cluster, 2) is first
    assert backend.executor_of(cluster, 3) is not first
    assert backend.executor_of(FakeCluster(), 2) is not first
    first.pool.closed = True
    assert backend.executor_of(cluster, 2) is not first


def test_executors_of_clusters_that_are_closed_are_forgotten() -> None:
    cluster = FakeCluster()
    backend.executor_of(cluster, 2).pool.closed = True
    backend.executor_of(FakeCluster(), 2)
    assert cluster not in backend.EXECUTORS


def test_an_abort_ends_what_has_not_ended_and_a_worker_only_of_our_own_cluster() -> None:
    call = backend.GmpBackend(cluster=FakeCluster())
    call.configure(2)
    batches = [SimpleNamespace(items=[]) for _ in range(3)]
    first, second, third = (call.submit(batch) for batch in batches)
    first.end()
    call.abort_everything()
    assert first.cancelled_with is None
    assert second.cancelled_with == third.cancelled_with == {"running": True, "force": True, "end": False}
    assert call.submit(batches[0]) is not None  # it is ready for more
    call.terminate()


@pytest.mark.parametrize(("address", "mapped"), [("ipc:///tmp/x", True), ("tcp://10.0.0.1:7878", False)])
def test_files_are_for_workers_on_this_machine(address: str, mapped: bool) -> None:
    numpy = pytest.importorskip("numpy")
    cluster = FakeCluster(address=address)
    call, batch = backend.GmpBackend(cluster=cluster), SimpleNamespace(items=[(len, (numpy.zeros(100),), {})])
    call.configure(2, max_nbytes=1)
    call.submit(batch)
    ((_, (sent,), _),) = backend.executor_of(cluster, 2).submitted[0].items
    assert (type(sent) is arrays.Mapped) == mapped
    call.terminate()


def test_a_batch_is_not_changed_where_joblib_has_it() -> None:
    call, batch = backend.GmpBackend(cluster=FakeCluster()), SimpleNamespace(items=[(len, ((),), {})])
    call.configure(2)
    items = batch.items
    call.submit(batch)
    assert batch.items is items
