"""The executor against CPython's own tests of executors, where the interpreter has those; and at its end."""

import sys
import unittest
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from cluster import Cluster
from cluster.pool.executor import Executor
from tests.process import pooltasks as t
from tests.process.place import Place

pytestmark = pytest.mark.timeout(120)

# What CPython tests of every executor, by file and class: all of it must pass but what follows.
OF_ANY: dict[str, str] = {
    "executor": "ExecutorTest",
    "test_shutdown": "ExecutorShutdownTest",
    "test_wait": "WaitTests",
    "test_as_completed": "AsCompletedTests",
    "test_init": "InitializerMixin FailingInitializerMixin",
}
_NAMED = "its script imports the executor by its name from concurrent.futures: see test_what_was_submitted_is_run_first"
NOT_OURS: dict[str, str] = {
    "test_interpreter_shutdown": _NAMED,
    "test_submit_after_interpreter_shutdown": _NAMED,
    "test_hang_gh83386": _NAMED,
    "test_hang_gh94440": "it makes an executor by its class, with a context of multiprocessing",
}
# The rest of the package is of one executor: threads, queues and processes of the standard library's own.
OF_ONE = {
    "test_deadlock": "the pipes of ProcessPoolExecutor; what dies here is in test_pool.py and test_badtasks.py",
    "test_future": "the class Future of the standard library, from which ours derives; ours is in tests/pool",
    "test_process_pool": "ProcessPoolExecutor's processes and options, max_tasks_per_child among them",
    "test_thread_pool": "ThreadPoolExecutor's threads",
}

ours: list[Cluster] = []  # one, for all of these tests


def made(max_workers: int | None = None, **options: Any) -> Executor:  # noqa: ANN401  # as a class is called
    """What stands for the class of an executor."""
    return ours[0].executor(max_workers, **options)


@pytest.fixture(scope="module", autouse=True)
def one_cluster() -> Iterator[None]:
    with Cluster(procs=2, workers=2) as cluster:
        ours.append(cluster)
        yield
    ours.clear()


def package() -> ModuleType | None:
    """CPython's tests; None where the interpreter came without."""
    try:
        import_module("test.support").use_resources = ["walltime"]  # type: ignore[attr-defined]
        return import_module("test.test_concurrent_futures.util")
    except ImportError:
        return None


def cases() -> list[unittest.TestCase]:
    """CPython's tests of any executor, against ours."""
    util = package()
    if util is None:
        return []
    found = []
    for file, classes in OF_ANY.items():
        module = import_module(f"test.test_concurrent_futures.{file}")
        for name in classes.split():
            mixin = getattr(module, name)
            bases = (mixin,) if issubclass(mixin, util.ExecutorMixin) else (mixin, util.ExecutorMixin)
            kind = type(f"Our{name}", (*bases, util.BaseTestCase), {"executor_type": staticmethod(made)})
            names = unittest.defaultTestLoader.getTestCaseNames(kind)
            found += [kind(name) for name in names if name not in NOT_OURS]
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id().rpartition("test_executor.")[2])
def test_what_cpython_tests_of_any_executor(case: unittest.TestCase) -> None:
    result = case.run()
    assert result is not None
    assert not result.errors and not result.failures, "\n".join(text for _, text in result.errors + result.failures)


@pytest.mark.skipif(package() is None, reason="this interpreter has no package `test`")
def test_the_table_of_what_does_not_apply_names_tests_that_exist() -> None:
    there = {
        name
        for file, classes in OF_ANY.items()
        for kind in classes.split()
        for name in dir(getattr(import_module(f"test.test_concurrent_futures.{file}"), kind))
    }
    assert set(NOT_OURS) - there <= ({"test_hang_gh94440"} if sys.version_info < (3, 12) else set())
    for file in OF_ONE:
        import_module(f"test.test_concurrent_futures.{file}")


def test_an_initializer_runs_once_on_each_worker_and_breaks_the_executor_if_it_raises() -> None:
    with made(initializer=t.gets_ready, initargs=("word",)) as executor:
        assert all(found == ["word"] for found in executor.map(lambda _: t.ready(), range(20)))
    executor = made(initializer=t.is_not_ready)
    with pytest.raises(BrokenExecutor, match="LookupError: not ready"):
        executor.submit(t.pid).result()
    with pytest.raises(BrokenExecutor):
        executor.submit(t.pid)
    executor.shutdown()
    with pytest.raises(TypeError, match="initializer must be a callable"):
        made(initializer=3)


def test_a_worker_that_dies_does_not_break_the_executor() -> None:
    with made() as executor:
        assert executor.submit(t.kills_itself).exception() is not None
        assert executor.submit(t.square, 3).result() == 9


def test_an_executor_that_nobody_holds_runs_what_was_submitted() -> None:
    future = made().submit(t.blocks, 0.1)
    assert future.result() == 0.1


AT_EXIT = """
    import atexit, time
    from cluster import Cluster

    def late(word):
        time.sleep(0.3)
        print(word, flush=True)

    def submits_too_late():
        try:
            executor.submit(late, "too late")
        except RuntimeError as error:
            print(error)

    if __name__ == "__main__":
        cluster = Cluster(procs=2, workers=2)
        executor = cluster.executor()
        atexit.register(submits_too_late)
        executor.submit(late, "apple")
        executor.shutdown(wait=False) if {early} else None
"""


@pytest.mark.parametrize("early", [False, True])
def test_what_was_submitted_is_run_first_when_the_interpreter_ends(place: Place, early: bool) -> None:
    done = place.run(place.write("app.py", AT_EXIT.format(early=early)))
    assert done.code == 0 and done.lines[0] == "apple", done
    assert done.lines[1].startswith("cannot schedule new futures after"), done
