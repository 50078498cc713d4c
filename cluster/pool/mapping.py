"""`map`: many calls of one function, in chunks, lazily.

Window.     AHEAD chunks for each P are under way or wait for their consumer, fewer when they and their results have
            more than AHEAD_BYTES_MAX. No more is taken from the iterable, and so no more results are kept: neither
            an endless iterable nor a slow consumer fills memory, here or there.
Chunks.     The first have one item each and tell how long an item takes; from then on a chunk has CHUNK_NS of
            work, at most GROWTH times the chunk before. Near the end of an iterable that has a length chunks become
            smaller, so that all Ps end together (guided self-scheduling).
Errors.     What an item raises is raised in its place; the items before it were returned. The rest is cancelled.
Sources.    CPython Lib/concurrent/futures/_base.py: Executor.map, for timeouts. Polychronopoulos and Kuck,
            Guided Self-Scheduling, 1987.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from queue import Empty, SimpleQueue
from sys import maxsize
from typing import Any, Final, Generic, Protocol, TypeVar

from cluster.kernel.tasks import Chunk, run_chunk
from cluster.model.clock import MILLISECOND
from cluster.model.limits import AHEAD_BYTES_MAX
from cluster.pool.futures import Future
from cluster.pool.pool import Pool
from cluster.wire.apart import has_lumps, lumped

T = TypeVar("T")

AHEAD: Final = 4  # chunks for each P: one runs, one is there, and two are on their way or wait to be consumed
CHUNK_NS: Final = 10 * MILLISECOND  # a hundred times what a chunk costs to send
CHUNK_MAX: Final = 1 << 16  # items
CHUNK_BYTES_MAX: Final = 1 << 20  # of arguments: of large items there are few in a chunk
GROWTH: Final = 8
LIGHT_BYTES_MAX: Final = 1 << 20  # of the results of a chunk, which may then go together: 15 ns an item less
TAIL: Final = 16  # the last chunks are so much smaller, and no smaller than that


class Progress(Protocol):
    """Who is told how much of a map is done. See bar.py."""

    def advance(self, items: int) -> None:
        """So many more are done."""
        ...

    def end(self) -> None:
        """No more will be."""
        ...


class Chunks:
    """How long the next chunk is. `size` fixes it."""

    def __init__(self, procs: int, size: int | None, total: int | None) -> None:
        self._procs: Final = procs
        self._fixed: Final = size
        self._left = total
        self._size = 1
        self._mean_ns = 0.0

    def next(self) -> int:
        """How many items the next chunk should have."""
        if self._fixed is not None:
            return self._fixed
        size = self._size
        if self._left is not None:
            size = max(1, size // TAIL, min(size, self._left // (2 * self._procs)))
        return size

    def took(self, items: int) -> None:
        """A chunk was made."""
        if self._left is not None:
            self._left -= items

    def ended(self, items: int, argument_bytes: int, ran_ns: int) -> None:
        """A chunk has ended."""
        mean = ran_ns / max(items, 1)
        self._mean_ns = mean if not self._mean_ns else (self._mean_ns + mean) / 2
        fitting = CHUNK_NS / max(self._mean_ns, 1.0)
        light = CHUNK_BYTES_MAX * max(items, 1) / max(argument_bytes, 1)
        self._size = max(1, min(int(fitting), int(light), self._size * GROWTH, CHUNK_MAX))


class Mapping(Iterator[Iterator[T]], Generic[T]):
    """The results of a map, chunk by chunk, as they are asked for. Large ones are let go when they are given out."""

    def __init__(
        self,
        pool: Pool,
        procs: int,
        fn: Callable[..., T],
        items: Iterator[tuple[object, ...]] | Iterator[object],
        *,
        star: bool,
        chunks: Chunks,
        ordered: bool,
        timeout: float | None,
        retries: int,
        progress: Progress | None,
        eager: bool,
    ) -> None:
        """`items` are rows of arguments when `star`, else single arguments. `eager`: see `mapping`."""
        self._pool: Final = pool
        self._fn: Final = fn
        self._items: Final = items
        self._star: Final = star
        self._chunks: Final = chunks
        self._ahead: Final = maxsize if eager else AHEAD * procs
        self._retries: Final = retries
        self._progress: Final = progress
        self._deadline: Final = None if timeout is None else time.monotonic() + timeout
        self._pending: deque[Future[Chunk]] = deque()
        self._ended: SimpleQueue[Future[Chunk]] | None = None if ordered else SimpleQueue()
        self._sizes: dict[Future[Chunk], int] = {}
        self._bytes = 0  # of arguments that are under way
        self._brought = 0  # bytes of the result that was taken last
        self._bytes_max: Final = maxsize if eager else AHEAD_BYTES_MAX
        self._values: list[T] = []
        self._light = True
        self._failure: bytes | None = None
        self._exhausted = False
        self._abandoned = not eager  # if nobody asks for more: then the rest is cancelled
        self._fill()

    def __iter__(self) -> "Mapping[T]":
        return self

    def __next__(self) -> Iterator[T]:
        self._abandoned = True
        while not self._values:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                self.close()
                raise self._pool.exception(failure)
            if not self._sizes:
                self.close()
                raise StopIteration
            try:
                self._take(self._next())
            except BaseException:
                self.close()
                raise
        values, self._values = self._values, []
        if self._light:
            return iter(values)
        kept = deque(values)
        values.clear()
        return map(deque.popleft, repeat(kept, len(kept)))

    def close(self) -> None:
        """Cancel what has not been asked for."""
        self._exhausted = True
        for future in self._sizes:
            future.cancel(running=True)
        self._sizes.clear()
        self._pending.clear()
        if self._progress is not None:
            self._progress.end()

    def __del__(self) -> None:
        if self._abandoned:
            self.close()

    def _next(self) -> Future[Chunk]:
        if self._ended is None:
            return self._pending.popleft()
        try:
            return self._ended.get(timeout=self._left())
        except Empty:
            raise TimeoutError from None

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _take(self, future: Future[Chunk]) -> None:
        size = self._sizes[future]
        values, failure, ran_ns = future.result(self._left())
        del self._sizes[future]
        given = future.size + future.apart
        self._bytes -= given
        self._brought = future.brought
        self._chunks.ended(size, max(given, future.brought), ran_ns)
        self._values = values  # type: ignore[assignment]  # what `fn` returned
        self._light = future.brought <= LIGHT_BYTES_MAX
        self._failure = failure
        if self._progress is not None:
            self._progress.advance(len(values))
        if failure is None:
            self._fill()

    @property
    def _has_room(self) -> bool:
        """Whether one more chunk, with its result, may wait."""
        return not self._sizes or self._bytes + len(self._sizes) * self._brought < self._bytes_max

    def _lumped(self, items: list[Any]) -> list[Any]:
        """These, as they are sent: see apart.py. The first one decides, for a look at each would cost a tenth more."""
        if not self._star:
            return lumped(items) if has_lumps(items[:1]) else items
        if type(items[0]) is tuple and has_lumps(items[0]):
            return [lumped(row) if type(row) is tuple else row for row in items]
        return items

    def _fill(self) -> None:
        while not self._exhausted and len(self._sizes) < self._ahead and self._has_room:
            items = list(islice(self._items, self._chunks.next()))
            if not items:
                self._exhausted = True
                break
            self._chunks.took(len(items))
            arguments = self._fn, (self._lumped(items),), self._star
            future = self._pool.submit(run_chunk, arguments, {}, self._retries)
            self._sizes[future] = len(items)
            self._bytes += future.size + future.apart
            if self._ended is None:
                self._pending.append(future)
            else:
                future.add_done_callback(self._ended.put)  # type: ignore[arg-type]  # it takes one, too


def length_of(iterables: Sequence[Iterable[object]]) -> int | None:
    """How many items there will be; None when that is not known."""
    try:
        return min(len(iterable) for iterable in iterables)  # type: ignore[arg-type]  # TypeError says so
    except TypeError:
        return None


def mapping(
    pool: Pool,
    fn: Callable[..., Any],
    iterables: Sequence[Iterable[object]],
    *,
    star: bool = False,
    chunksize: int | None = None,
    ordered: bool = True,
    timeout: float | None = None,
    retries: int,
    progress: Progress | None = None,
    eager: bool = False,
) -> Iterator[Any]:
    """See Cluster.map and Cluster.starmap. Raises ValueError for a chunksize below 1.

    `eager`: all of it is submitted now, and runs even if nobody asks for a result.
    """
    if not iterables:
        raise TypeError("map needs an iterable")
    if chunksize is not None and chunksize < 1:
        raise ValueError(f"chunksize={chunksize}: a chunk has at least one item")
    many = len(iterables) > 1
    items: Iterator[Any] = zip(*iterables, strict=False) if many else iter(iterables[0])
    procs = pool.procs
    chunks: Mapping[Any] = Mapping(
        pool,
        procs,
        fn,
        items,
        star=star or many,
        chunks=Chunks(procs, chunksize, length_of(iterables)),
        ordered=ordered,
        timeout=timeout,
        retries=retries,
        progress=progress,
        eager=eager,
    )
    return chain.from_iterable(chunks)  # 100 ns an item less than a method of ours for each would cost
