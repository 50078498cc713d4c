"""Executor: a pool as the concurrent.futures.Executor of the standard library, to its letter.

As there.   `submit` and `map` after `shutdown` raise RuntimeError, and BrokenExecutor once the initializer has raised;
            `map` takes its iterables at once and submits all of it; what is submitted and not cancelled runs to its
            end, also if the interpreter ends first.
More.       A task whose worker dies is run again; elsewhere the pool would be broken.
Not here.   max_tasks_per_child: an M belongs to its cluster, and runs tasks of other pools, too.
Sources.    CPython 3.11 to 3.13, Lib/concurrent/futures: _base.py, process.py, thread.py.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from typing import Any, Final, TypeVar
from weakref import finalize

from cluster.pool.futures import Future
from cluster.pool.mapping import mapping
from cluster.pool.pool import Pool

T = TypeVar("T")


class Executor(futures.Executor):
    """Made by `Cluster.executor`."""

    def __init__(self, pool: Pool, retries: int) -> None:
        self.pool: Final = pool
        self._retries: Final = retries
        finalize(self, pool.close, False).atexit = False  # then the pool itself waits for its tasks

    @property
    def _broken(self) -> BaseException | None:
        """Why no task can be run; as in the standard library, where others look for it."""
        return self.pool.broken

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401  # as its base has it
        """Run `fn(*args, **kwargs)`, plain or async, on some M; the future of what it returns."""
        return self.pool.submit(fn, args, kwargs, self._retries)

    def map(
        self, fn: Callable[..., T], /, *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[T]:
        """`fn` of each item in order. All of it is submitted now, in tasks of `chunksize` items.

        TimeoutError when the next one is not there `timeout` seconds after this call.
        """
        return mapping(
            self.pool, fn, iterables, chunksize=chunksize, timeout=timeout, retries=self._retries, eager=True
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; with `wait`, return when all have ended. `cancel_futures`: those that have not left."""
        self.pool.close(wait, cancel_futures)
