"""map: what is submitted when, and what its consumer sees."""

import pickle
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import count, pairwise
from typing import Any, cast

import pytest

from cluster.model.limits import APART_BYTES_MIN
from cluster.pool.futures import Future
from cluster.pool.mapping import (
    AHEAD,
    CHUNK_BYTES_MAX,
    CHUNK_MAX,
    CHUNK_NS,
    GROWTH,
    LIGHT_BYTES_MAX,
    Chunks,
    Mapping,
    length_of,
    mapping,
)
from cluster.pool.pool import Pool
from cluster.wire.apart import Lump

ITEM_NS = 1000


class FakePool:
    """Makes chunks at once, or when it is told to."""

    def __init__(self, procs: int = 1, at_once: bool = True, apart: int = 0, brought: int = 0) -> None:
        """Each chunk has `apart` bytes of arguments and `brought` of results that are not in frames."""
        self.procs = procs
        self.apart, self.brought = apart, brought
        self.lumps = 0
        self.at_once = at_once
        self.futures: list[Future[Any]] = []
        self.sizes: list[int] = []
        self.withdrawn = 0

    def submit(
        self, _run_chunk: object, args: tuple[Any, ...], _kwargs: dict[str, object], _retries: int
    ) -> Future[Any]:
        fn, (items,), star = args
        future: Future[Any] = Future(withdraw=self._withdraw)
        future.set_running_or_notify_cancel()
        self.futures.append(future)
        self.sizes.append(len(items))
        future.data = pickle.dumps(items, 5)
        future.size = len(future.data)
        future.apart, future.brought = self.apart, self.brought
        self.lumps += sum(isinstance(value, Lump) for item in items for value in (item if star else [item]))
        future.make = lambda: future.set_result(_chunk(fn, pickle.loads(future.data), star))  # type: ignore[attr-defined]
        if self.at_once:
            self.make(future)
        return future

    def make(self, future: Future[Any]) -> None:
        future.make()  # type: ignore[attr-defined]

    def exception(self, value: bytes) -> BaseException:
        error: BaseException = pickle.loads(value)
        return error

    def _withdraw(self, *_: object) -> None:
        self.withdrawn += 1


def _chunk(fn: Callable[..., object], items: list[Any], star: bool) -> tuple[list[object], bytes | None, int]:
    values: list[object] = []
    try:
        for item in items:
            values.append(fn(*item) if star else fn(item))
    except ArithmeticError as error:
        return values, pickle.dumps(error), ITEM_NS
    return values, None, ITEM_NS * len(items)


class FakeBar:
    """Counts."""

    def __init__(self) -> None:
        self.done, self.ends = 0, 0

    def advance(self, items: int) -> None:
        self.done += items

    def end(self) -> None:
        self.ends += 1


def over(pool: FakePool, fn: Callable[..., object], *iterables: Iterable[object], **options: object) -> Mapping[Any]:
    wanted: dict[str, Any] = {"retries": 2, **options}
    return mapping(cast("Pool", pool), fn, iterables, **wanted)


def test_results_come_in_order_from_one_or_several_iterables_or_rows() -> None:
    assert list(over(FakePool(), abs, range(-100, 0))) == list(range(100, 0, -1))
    assert list(over(FakePool(), pow, [2, 3], [3, 2, 9])) == [8, 9]
    assert list(over(FakePool(), pow, [(2, 3), (3, 2)], star=True)) == [8, 9]
    assert list(over(FakePool(), abs, [])) == []


def test_nothing_to_map_and_chunks_of_nothing_are_refused() -> None:
    with pytest.raises(TypeError, match="map needs an iterable"):
        over(FakePool(), abs)
    with pytest.raises(ValueError, match="a chunk has at least one item"):
        over(FakePool(), abs, [], chunksize=0)


def test_an_endless_iterable_is_read_a_few_chunks_ahead_and_no_further() -> None:
    pool, items = FakePool(procs=2), count()
    results = over(pool, abs, items, chunksize=3)
    assert next(items) == 3 * AHEAD * 2
    for _ in range(100):
        next(results)
    assert len(pool.futures) <= 100 // 3 + 2 + AHEAD * 2


def test_an_eager_one_submits_all_at_once_and_is_not_cancelled_when_nobody_asks() -> None:
    pool = FakePool(at_once=False)
    results = over(pool, abs, range(1000), chunksize=1, eager=True)
    assert len(pool.futures) == 1000
    del results
    assert pool.withdrawn == 0


def test_who_asks_no_more_cancels_the_rest() -> None:
    pool = FakePool(at_once=False)
    results = over(pool, abs, count(), chunksize=1)
    pool.make(pool.futures[0])
    assert next(results) == 0
    del results
    assert pool.withdrawn >= AHEAD - 1


def test_unordered_results_come_as_they_are_made() -> None:
    pool = FakePool(at_once=False)
    results = over(pool, abs, [-1, -2, -3], chunksize=1, ordered=False)
    for i in (2, 0, 1):
        pool.make(pool.futures[i])
        assert next(results) == i + 1
    assert list(results) == []


@pytest.mark.parametrize("ordered", [True, False])
def test_who_waits_longer_than_asked_has_a_timeout(ordered: bool) -> None:
    pool = FakePool(at_once=False)
    results = over(pool, abs, [1, 2], timeout=0, ordered=ordered)
    with pytest.raises(TimeoutError):
        next(results)
    assert list(results) == [] and pool.withdrawn


def test_what_an_item_raises_comes_in_its_place_and_is_the_end() -> None:
    results = over(FakePool(), lambda x: 6 // x, [3, 2, 0, 1], chunksize=4)
    assert [next(results), next(results)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert list(results) == []


def test_a_task_that_is_lost_raises_too() -> None:
    pool = FakePool(at_once=False)
    results = over(pool, abs, [1, 2])
    pool.futures[0].set_exception(LookupError("lost"))
    with pytest.raises(LookupError):
        next(results)


def test_a_bar_hears_of_all_items_and_of_the_end() -> None:
    bar = FakeBar()
    assert len(list(over(FakePool(), abs, range(50), progress=bar))) == 50
    assert bar.done == 50 and bar.ends >= 1


def sizes(chunks: Chunks, n: int, item_ns: int, item_bytes: int = 1) -> Iterator[int]:
    for _ in range(n):
        size = chunks.next()
        chunks.took(size)
        chunks.ended(size, size * item_bytes, size * item_ns)
        yield size


def test_chunks_grow_until_they_take_their_time() -> None:
    found = list(sizes(Chunks(2, None, None), 12, CHUNK_NS // 1000))
    assert found[0] == 1 and found[-1] == 1000
    assert all(b <= GROWTH * a for a, b in pairwise(found))
    assert list(sizes(Chunks(2, None, None), 5, 10 * CHUNK_NS)) == [1] * 5
    assert max(sizes(Chunks(2, None, None), 20, 0)) == CHUNK_MAX


def test_of_large_items_there_are_few_in_a_chunk() -> None:
    assert max(sizes(Chunks(2, None, None), 20, 1, CHUNK_BYTES_MAX // 4)) <= 4


def test_large_items_and_results_bound_how_far_ahead_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.pool.mapping.AHEAD_BYTES_MAX", 250)
    pool = FakePool(procs=2, apart=100)
    results = over(pool, abs, count(), chunksize=1)
    assert len(pool.futures) == 3, "the third is over it"
    assert [next(results) for _ in range(20)] == list(range(20)) and len(pool.futures) <= 23
    pool = FakePool(procs=2, brought=100)
    results = over(pool, abs, count(), chunksize=1)
    assert len(pool.futures) > 3, "how much a result has is not known yet"
    assert [next(results) for _ in range(20)] == list(range(20)) and len(pool.futures) <= 22 + 2
    pool = FakePool(apart=1000)
    assert list(over(pool, abs, range(9), chunksize=1)) == list(range(9)), "one always goes"
    pool = FakePool(apart=1000)
    over(pool, abs, range(99), chunksize=1, eager=True)
    assert len(pool.futures) == 99


def test_of_items_with_large_arguments_or_results_there_are_few_in_a_chunk() -> None:
    for given in ({"apart": CHUNK_BYTES_MAX}, {"brought": CHUNK_BYTES_MAX}):
        pool = FakePool(**given)
        assert len(list(over(pool, abs, iter(range(100))))) == 100
        assert max(pool.sizes) == 1


def test_large_bytes_are_sent_as_lumps_of_which_the_first_item_tells() -> None:
    large = b"x" * APART_BYTES_MIN
    for star, items in ((False, [large, b"", large]), (True, [(large, 1), [large], (large, 2)])):
        pool = FakePool()
        over(pool, lambda *_: 0, items, star=star, chunksize=3)
        assert pool.lumps == 2
    pool = FakePool()
    assert list(over(pool, len, [b"", large], chunksize=2)) == [0, len(large)] and pool.lumps == 0


def test_near_the_end_chunks_become_smaller_and_given_ones_stay() -> None:
    found = [size for size in sizes(Chunks(2, None, 4000), 60, CHUNK_NS // 500) if size]
    assert max(found) > 100 and found[-1] < max(found)
    assert list(sizes(Chunks(2, 7, 20), 3, 1)) == [7, 7, 7]


def test_the_length_is_that_of_the_shortest_if_all_have_one() -> None:
    assert length_of([[1, 2], (1,)]) == 1 and length_of([[1], iter([1])]) is None


class Thing:
    """Somebody can watch it go."""


def make_thing(_: int) -> Thing:
    return Thing()


@pytest.mark.parametrize(("brought", "kept"), [(LIGHT_BYTES_MAX, True), (LIGHT_BYTES_MAX + 1, False)])
def test_a_large_result_is_let_go_when_it_is_given_out(brought: int, kept: bool) -> None:
    pool = FakePool(at_once=False)
    results = over(pool, make_thing, range(2), chunksize=2)
    (future,) = pool.futures
    future.brought = brought
    pool.make(future)
    first = weakref.ref(next(results))
    assert (first() is not None) == kept and isinstance(next(results), Thing)
    assert list(results) == []
