"""Dask distributed, with a cluster on this machine: a process for each worker, with one thread."""

import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import distributed

from cluster.bench.peers.stdlib import by_hand
from cluster.bench.peers.system import CannotError

T = TypeVar("T")


class Dask:
    """`Client.submit`; the items of a map in tasks of many, since one task an item is what Dask advises against."""

    distribution: ClassVar[str] = "distributed"
    chunks: ClassVar[str] = "by hand, as Pool.map's"
    _cluster: Any
    _client: Any
    _workers: int

    def start(self, workers: int) -> None:
        """See System. Listens on the loopback only, and has no dashboard."""
        self._workers = workers
        self._cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            worker_dashboard_address=None,
            local_directory=os.environ["TMPDIR"],
        )
        self._client = distributed.Client(self._cluster)
        self._client.wait_for_workers(workers)

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """See System. `pure=False`: else equal tasks would be run once."""
        submit = self._client.submit
        return list(self._client.gather([submit(fn, *row, pure=False) for row in rows]))

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        size = by_hand(len(items), self._workers)
        parts = [(fn, items[at : at + size]) for at in range(0, len(items), size)]
        return [value for part in self.each(_part, parts) for value in part]

    def tree(self, n: int) -> int:
        """See System."""
        if n > 1 and self._workers < 2:
            raise CannotError("a lone worker that waits for its own tasks")
        return int(self._client.submit(_fib, n, pure=False).result())

    def close(self) -> None:
        """See System."""
        self._client.close()
        self._cluster.close()


def _part(fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
    return [fn(item) for item in items]


def _fib(n: int) -> int:
    if n < 2:
        return n
    with distributed.worker_client() as client:
        return sum(client.gather([client.submit(_fib, n - 1, pure=False), client.submit(_fib, n - 2, pure=False)]))
