"""joblib with its own default backend."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import joblib

T = TypeVar("T")


class Joblib:
    """`joblib.Parallel`: with batches of one, and with the batches that it chooses."""

    distribution: ClassVar[str] = "joblib"
    chunks: ClassVar[str] = "automatic"
    _one: Any
    _auto: Any

    def start(self, workers: int) -> None:
        """See System."""
        self._one = joblib.Parallel(workers, batch_size=1)
        self._auto = joblib.Parallel(workers)

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """See System."""
        delayed = joblib.delayed(fn)
        return list(self._one(delayed(*row) for row in rows))

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        delayed = joblib.delayed(fn)
        return list(self._auto(delayed(item) for item in items))

    def tree(self, n: int) -> int:
        """See System. joblib runs the second level on threads, and what is below it in sequence."""
        return _fib(n)

    def close(self) -> None:
        """See System."""
        joblib.externals.loky.get_reusable_executor().shutdown(kill_workers=True)


def _fib(n: int) -> int:
    if n < 2:
        return n
    delayed = joblib.delayed(_fib)
    return sum(joblib.Parallel(n_jobs=2)([delayed(n - 1), delayed(n - 2)]))
