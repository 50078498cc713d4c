"""IPython's parallel engines, with a controller on this machine."""

import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import ipyparallel

from cluster.bench.peers.stdlib import by_hand
from cluster.bench.peers.system import CannotError

T = TypeVar("T")


class IPyParallel:
    """`apply_async` and `map` of the load-balanced view."""

    distribution: ClassVar[str] = "ipyparallel"
    chunks: ClassVar[str] = "by hand, as Pool.map's"
    _cluster: Any
    _view: Any
    _workers: int

    def start(self, workers: int) -> None:
        """See System. Listens on the loopback only."""
        self._workers = workers
        self._cluster = ipyparallel.Cluster(
            n=workers,
            profile_dir=os.path.join(os.environ["TMPDIR"], "ipython"),
            controller_ip="127.0.0.1",
            log_level=40,
        )
        self._view = self._cluster.start_and_connect_sync().load_balanced_view()

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """See System."""
        apply = self._view.apply_async
        return [result.get() for result in [apply(fn, *row) for row in rows]]

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        return list(self._view.map_sync(fn, items, chunksize=by_hand(len(items), self._workers)))

    def tree(self, n: int) -> int:
        """See System."""
        raise CannotError("an engine is no client of its own controller")

    def close(self) -> None:
        """See System."""
        self._cluster.stop_cluster_sync()
