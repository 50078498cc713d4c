"""mpire."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import mpire

from cluster.bench.peers.stdlib import NO_WAY_BACK
from cluster.bench.peers.system import CannotError

T = TypeVar("T")


class Mpire:
    """`mpire.WorkerPool`: `apply_async` and `map`, with workers that stay."""

    distribution: ClassVar[str] = "mpire"
    chunks: ClassVar[str] = "automatic"
    _pool: Any

    def start(self, workers: int) -> None:
        """See System."""
        self._pool = mpire.WorkerPool(workers, keep_alive=True)

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """See System."""
        apply = self._pool.apply_async
        return [result.get() for result in [apply(fn, row) for row in rows]]

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        return list(self._pool.map(fn, items))

    def tree(self, n: int) -> int:
        """See System."""
        raise CannotError(NO_WAY_BACK)

    def close(self) -> None:
        """See System."""
        self._pool.terminate()
