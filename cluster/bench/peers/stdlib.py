"""The pools of Python's standard library, as `import` gives them: with their default way of starting processes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool
from multiprocessing import pool as pools
from typing import ClassVar, Generic, TypeVar

from cluster.bench.peers.system import CannotError

T = TypeVar("T")

CHUNKS_PER_WORKER = 4  # what Pool.map takes when it is not told
NO_WAY_BACK = "a task cannot reach the pool that it runs on"


def by_hand(items: int, workers: int) -> int:
    """The chunk size that Pool.map would choose, for those that have to be told."""
    return -(-items // (CHUNKS_PER_WORKER * workers))


class PoolApply:
    """`multiprocessing.Pool`: `apply_async` and `map`."""

    distribution: ClassVar[str] = ""
    chunks: ClassVar[str] = "automatic"
    _pool: pools.Pool
    _workers: int

    def start(self, workers: int) -> None:
        """See System."""
        self._pool = Pool(workers)
        self._workers = workers

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """See System."""
        apply = self._pool.apply_async
        return [result.get() for result in [apply(fn, row) for row in rows]]

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        return self._pool.map(fn, items)

    def tree(self, n: int) -> int:
        """See System."""
        raise CannotError(NO_WAY_BACK)

    def close(self) -> None:
        """See System."""
        self._pool.terminate()
        self._pool.join()


class PoolImap(PoolApply):
    """`multiprocessing.Pool.imap_unordered`, whose results come as they end."""

    chunks: ClassVar[str] = "by hand, as Pool.map's"

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """See System."""
        return list(self._pool.imap_unordered(_Spread(fn), rows))

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """See System."""
        return list(self._pool.imap_unordered(fn, items, by_hand(len(items), self._workers)))


class _Spread(Generic[T]):
    """A function of a row, for those that give one argument."""

    __slots__ = ("_fn",)

    def __init__(self, fn: Callable[..., T]) -> None:
        self._fn = fn

    def __call__(self, row: tuple[object, ...]) -> T:
        return self._fn(*row)


class Executor:
    """`ProcessPoolExecutor`: `submit` and `map`."""

    distribution: ClassVar[str] = ""
    chunks: ClassVar[str] = "by hand, as Pool.map's"
    _pool: ProcessPoolExecutor
    _workers: int

    def start(self, workers: int) -> None:
        """See System."""
        self._pool = ProcessPoolExecutor(workers)
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
        self._pool.shutdown()
