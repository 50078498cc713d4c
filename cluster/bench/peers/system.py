"""The one interface behind which each pool is measured, and the one error that says what a pool has not."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol, TypeVar

from cluster.model.errors import ClusterError

T = TypeVar("T")


class CannotError(ClusterError):
    """The system has nothing of the kind; the text says why."""


class System(Protocol):
    """A pool of worker processes."""

    distribution: ClassVar[str]  # whose version is printed; "" for Python's own
    chunks: ClassVar[str]  # how `map` cuts its items: "automatic", or what a user has to write

    def start(self, workers: int) -> None:
        """So many processes, each of which runs one task at a time."""

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        """`fn(*row)` for each row: all are submitted one by one, then the results are brought back in order."""

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        """`fn` of each item, the way that the system has for many small ones."""

    def tree(self, n: int) -> int:
        """The n-th Fibonacci number, naively: a task for each call, which waits for those that it makes.

        Raises CannotError.
        """

    def close(self) -> None:
        """End all that `start` has started."""
