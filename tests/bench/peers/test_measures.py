"""How many tasks a sample has, and that wrong results are refused: on a pool of this process with its own clock."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

import pytest

from cluster.bench.peers import measures, tasks
from cluster.bench.peers.measures import Budget, samples
from cluster.bench.peers.system import CannotError
from cluster.model.errors import ClusterError

T = TypeVar("T")

BUDGET = Budget(sample_s=0.001, samples=2, workers=2)  # a millisecond


class Here:
    """Runs tasks at once; each takes `task_ns` of its clock, and the first so much more."""

    distribution: ClassVar[str] = ""
    chunks: ClassVar[str] = ""

    def __init__(self, task_ns: int, first_ns: int = 0, trees: bool = True) -> None:
        self.now = 0
        self.counts: list[int] = []
        self._task_ns = task_ns
        self._first_ns = first_ns
        self._trees = trees

    def start(self, workers: int) -> None:
        pass

    def each(self, fn: Callable[..., T], rows: Sequence[tuple[object, ...]]) -> list[T]:
        self._worked(len(rows))
        return [fn(*row) for row in rows]

    def map(self, fn: Callable[[int], T], items: Sequence[int]) -> list[T]:
        self._worked(len(items))
        return [fn(item) for item in items]

    def tree(self, n: int) -> int:
        if not self._trees:
            raise CannotError("no trees here")
        self._worked(tasks.calls_of(n))
        return tasks.fibonacci(n)

    def close(self) -> None:
        pass

    def _worked(self, count: int) -> None:
        self.counts.append(count)
        self.now += self._task_ns * count + self._first_ns
        self._first_ns = 0

    def clock(self) -> int:
        return self.now


def test_a_sample_has_as_many_tasks_as_fit_into_the_budget_after_a_warm_up() -> None:
    pool = Here(task_ns=1_000, first_ns=10_000_000)
    taken = list(samples(pool, measures.SUBMIT, BUDGET, 1.0, pool.clock))
    assert [(sample.what, sample.ns, sample.count) for sample in taken] == [("submit", 1_000, 1_000)] * 2
    assert pool.counts[0] == pool.counts[1] == 8  # the slow first time decides nothing


def test_long_tasks_are_four_for_each_worker() -> None:
    pool = Here(task_ns=5_000_000)
    (first, _) = samples(pool, measures.SUBMIT, BUDGET, 1.0, pool.clock)
    assert first.count == measures.LEAST_TASKS * BUDGET.workers


def test_work_is_measured_at_each_length() -> None:
    pool = Here(task_ns=100_000)
    taken = list(samples(pool, measures.WORK, BUDGET, 1.0, pool.clock))
    assert list(dict.fromkeys(sample.what for sample in taken)) == ["0.01 ms", "0.1 ms", "1 ms", "10 ms", "100 ms"]


def test_a_map_has_many_items() -> None:
    pool = Here(task_ns=10)
    taken = list(samples(pool, measures.MAP, BUDGET, 1.0, pool.clock))
    assert [sample.count for sample in taken] == [100_000] * 2


def test_a_tree_grows_until_it_takes_long_enough_and_its_tasks_are_counted() -> None:
    pool = Here(task_ns=10_000)
    taken = list(samples(pool, measures.TREE, BUDGET, 1.0, pool.clock))
    assert [(sample.ns, sample.count) for sample in taken] == [(10_000, tasks.calls_of(8))] * 2


def test_a_pool_without_trees_says_why() -> None:
    pool = Here(task_ns=10_000, trees=False)
    assert [sample.why_not for sample in samples(pool, measures.TREE, BUDGET, 1.0, pool.clock)] == ["no trees here"]


def test_large_arguments_are_all_different_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "LARGE_BYTES", 100)
    pool, seen = Here(task_ns=10_000), set()

    def each(_fn: Callable[..., object], rows: Sequence[tuple[object, ...]]) -> list[object]:
        seen.add(len({row[0] for row in rows}) == len(rows))
        pool.now += 1_000_000
        return [100] * len(rows)

    monkeypatch.setattr(pool, "each", each)
    assert len(list(samples(pool, measures.BYTES, BUDGET, 1.0, pool.clock))) == 2
    assert seen == {True}


@pytest.mark.parametrize("section", [measures.SUBMIT, measures.MAP, measures.TREE])
def test_a_pool_with_wrong_results_is_refused(section: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Here(task_ns=1_000)
    monkeypatch.setattr(pool, "each", lambda _fn, rows: [1] * len(rows))
    monkeypatch.setattr(pool, "map", lambda _fn, items: list(items))
    monkeypatch.setattr(pool, "tree", lambda n: n)
    with pytest.raises(ClusterError, match="gave"):
        list(samples(pool, section, BUDGET, 1.0, pool.clock))
