"""Ray, with a cluster on this machine."""

import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import ray

from cluster.bench.peers.stdlib import by_hand

T = TypeVar("T")

STORE_BYTES = 512 << 20  # of shared memory for arguments and results: more than what is under way at once


class Ray:
    """Remote functions; the items of a map in tasks of many, as Ray's own guide advises."""

    distribution: ClassVar[str] = "ray"
    chunks: ClassVar[str] = "by hand, as Pool.map's"
    _workers: int

    def __init__(self) -> None:
        self._remote: dict[Callable[..., object], Any] = {}

    def start(self, workers: int) -> None:
        """See System. Listens on the loopback only, and has no dashboard."""
        self._workers = workers
        ray.init(
            num_cpus=workers,
            include_dashboard=False,
            object_store_memory=STORE_BYTES,
            log_to_driver=False,
            _node_ip_address="127.0.0.1",
            _temp_dir=os.path.join(os.environ["TMPDIR"], "ray"),
        )

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """See System."""
        remote = self._remote.get(fn)
        if remote is None:
            remote = self._remote[fn] = ray.remote(fn).remote
        return list(ray.get([remote(*row) for row in rows]))

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        size = by_hand(len(items), self._workers)
        parts = [(fn, items[at : at + size]) for at in range(0, len(items), size)]
        return [value for part in self.each(_part, parts) for value in part]

    def tree(self, n: int) -> int:
        """See System. Ray starts another process for each task that waits."""
        return int(ray.get(ray.remote(_fib).remote(n)))

    def close(self) -> None:
        """See System."""
        ray.shutdown()


def _part(fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
    return [fn(item) for item in items]


def _fib(n: int) -> int:
    if n < 2:
        return n
    remote = ray.remote(_fib).remote
    return sum(ray.get([remote(n - 1), remote(n - 2)]))
