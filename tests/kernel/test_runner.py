"""The stack of goroutines: one that is left never goes on, and none of its `finally` blocks runs."""

import gc
import threading
from contextvars import ContextVar, Token

import pytest
from greenlet import greenlet

from cluster.kernel import runner as runners
from cluster.kernel.runner import Left, PlainRunner, Runner, new_runner

VARIABLE: ContextVar[str] = ContextVar("VARIABLE", default="unset")


def test_a_runner_returns_what_its_loop_returns() -> None:
    results = [True, False]
    runner = Runner(lambda: results.pop(0))
    assert [runner.run(), runner.run()] == [True, False]


def test_an_exception_of_the_loop_is_raised_by_run_and_the_next_run_has_a_fresh_stack() -> None:
    def loop() -> bool:
        if not log:
            log.append("raised")
            raise KeyError("k")
        return False

    log: list[str] = []
    runner = Runner(loop)
    with pytest.raises(KeyError):
        runner.run()
    assert runner.run() is False


def test_what_is_left_stays_where_it_is_for_ever() -> None:
    log: list[str] = []

    def deep(n: int) -> None:
        try:
            if n:
                deep(n - 1)
            else:
                runner.leave()
        except BaseException:  # noqa: BLE001  # it must see nothing
            log.append("except")
        finally:
            log.append("finally")

    def loop() -> bool:
        deep(50)
        return False

    runner = Runner(loop)
    for _ in range(3):
        assert runner.run() is True
    gc.collect()
    assert log == []


def test_a_runner_is_here_only_inside_of_its_loop_and_on_its_thread() -> None:
    seen: list[bool] = []

    def loop() -> bool:
        seen.append(runner.is_here)
        thread = threading.Thread(target=lambda: seen.append(runner.is_here))
        thread.start()
        thread.join()
        return False

    runner = Runner(loop)
    runner.run()
    assert seen == [True, False] and not runner.is_here


def test_context_variables_are_those_of_the_thread() -> None:
    seen: list[str] = []

    def loop() -> bool:
        seen.append(VARIABLE.get())
        VARIABLE.set("by the loop")
        return False

    runner = Runner(loop)
    token = VARIABLE.set("by the caller")
    runner.run()
    assert seen == ["by the caller"] and VARIABLE.get() == "by the loop"
    VARIABLE.reset(token)


def test_what_steps_aside_keeps_its_context_variables_and_the_others_do_not_see_them() -> None:
    log: list[str] = []
    lefts: list[greenlet] = []

    def hogs() -> None:
        token = VARIABLE.set("the hog's")
        for _ in range(2):
            lefts.append(runner.here())
            runner.step_aside()
            log.append(f"hog: {VARIABLE.get()}")
        VARIABLE.reset(token)
        log.append(f"hog: {VARIABLE.get()}")

    def others() -> None:
        log.append(f"others: {VARIABLE.get()}")
        runner.resume(lefts[-1])
        log.append(f"others: {VARIABLE.get()}")

    def loop() -> bool:
        works.pop(0)()
        return False

    works = [hogs, others, others]
    runner = Runner(loop)
    before = VARIABLE.set("before")
    assert runner.run() is True
    for _ in range(2):
        runner.run()
    runs = ["others: before", "hog: the hog's", "others: before"]
    assert log == [*runs, "others: before", "hog: the hog's", "hog: before", "others: before"]
    assert VARIABLE.get() == "before"
    VARIABLE.set(before.old_value if before.old_value is not Token.MISSING else "unset")


def test_a_runner_runs_inside_of_another() -> None:
    log: list[str] = []

    def inner_loop() -> bool:
        log.append("inner")
        inner.leave()

    def outer_loop() -> bool:
        log.append(f"left: {inner.run()}")
        return False

    inner, outer = Runner(inner_loop), Runner(outer_loop)
    assert outer.run() is False
    assert log == ["inner", "left: True"]


def test_a_runner_without_another_stack_returns_what_its_loop_returns_and_is_here_meanwhile() -> None:
    seen: list[bool] = []

    def loop() -> bool:
        seen.append(runner.is_here)
        thread = threading.Thread(target=lambda: seen.append(runner.is_here))
        thread.start()
        thread.join()
        return False

    runner = PlainRunner(loop)
    assert runner.run() is False and seen == [True, False] and not runner.is_here


def test_without_another_stack_who_leaves_is_unwound() -> None:
    log: list[str] = []

    def loop() -> bool:
        try:
            runner.leave()
        except Exception:  # noqa: BLE001  # as programs do
            log.append("except")
        finally:
            log.append("finally")

    runner = PlainRunner(loop)
    with pytest.raises(Left):  # which the kernel's loop takes
        runner.run()
    assert log == ["finally"] and not runner.is_here


def test_what_there_is_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(new_runner(lambda: False)) is Runner
    monkeypatch.setattr(runners, "why_not", "it is not there")
    assert type(new_runner(lambda: False)) is PlainRunner
