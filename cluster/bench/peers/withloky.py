"""loky: a ProcessPoolExecutor that survives the death of its workers; what joblib stands on."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import loky

from cluster.bench.peers.stdlib import NO_WAY_BACK, by_hand
from cluster.bench.peers.system import CannotError

T = TypeVar("T")


class Loky:
    """`loky.ProcessPoolExecutor`: `submit` and `map`."""

    distribution: ClassVar[str] = "loky"
    chunks: ClassVar[str] = "by hand, as Pool.map's"
    _pool: Any
    _workers: int

    def start(self, workers: int) -> None:
        """See System."""
        self._pool = loky.ProcessPoolExecutor(workers)
        self._workers = workers

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """See System."""
        submit = self._pool.submit
        return [future.result() for future in [submit(fn, *row) for row in rows]]

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        return list(self._pool.map(fn, items, chunksize=by_hand(len(items), self._workers)))

    def tree(self, n: int) -> int:
        """See System."""
        raise CannotError(NO_WAY_BACK)

    def close(self) -> None:
        """See System."""
        self._pool.shutdown(kill_workers=True)
