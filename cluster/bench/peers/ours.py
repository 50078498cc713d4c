"""Ours: `Cluster.submit` and `map`, and goroutines for a tree."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from cluster.api.cluster import Cluster
from cluster.kernel.chan import Chan
from cluster.kernel.sched import go

T = TypeVar("T")


class Ours:
    """A cluster with a P and an M for each worker."""

    distribution: ClassVar[str] = "gmp-cluster"
    chunks: ClassVar[str] = "automatic"
    _cluster: Cluster

    def start(self, workers: int) -> None:
        """See System."""
        self._cluster = Cluster(procs=workers, workers=workers)

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """See System."""
        submit = self._cluster.submit
        return [future.result() for future in [submit(fn, *row) for row in rows]]

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        return list(self._cluster.map(fn, items))

    def tree(self, n: int) -> int:
        """See System."""
        value: int = self._cluster.submit(_fib, n).result()
        return value

    def close(self) -> None:
        """See System."""
        self._cluster.close()


async def _fib(n: int) -> int:
    if n < 2:
        return n
    values = Chan[int](2)
    go(_send_fib, n - 1, values)
    go(_send_fib, n - 2, values)
    return await values.recv() + await values.recv()


async def _send_fib(n: int, values: Chan[int]) -> None:
    await values.send(await _fib(n))
