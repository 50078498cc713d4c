"""Futures of tasks: the standard ones, made when they are needed, and cancelled in three ways."""

from concurrent import futures
from typing import Any

import pytest

from cluster.pool.futures import CancelledError, Future, InvalidStateError

Asked = list[tuple[object, bool, bool]]


def out(asked: Asked | None = None) -> Future[int]:
    """One whose task has left."""
    future: Future[int] = Future(withdraw=None if asked is None else lambda *what: asked.append(what))
    assert future.set_running_or_notify_cancel()
    return future


def test_one_that_nobody_waits_for_has_no_lock_of_its_own() -> None:
    future = out()
    future.set_result(3)
    assert future._made is None and future.done() and future.result() == 3 and future.exception() is None


def test_it_is_waited_for_as_any_other() -> None:
    first, second, third = out(), out(), out()
    called: list[Any] = []
    first.add_done_callback(called.append)
    first.set_result(1)
    second.set_exception(LookupError("no"))
    assert called == [first]
    done, pending = futures.wait([first, second, third], timeout=0)
    assert done == {first, second} and pending == {third}
    third.set_result(3)
    assert {*futures.as_completed([first, second, third])} == {first, second, third}
    with pytest.raises(LookupError, match="no"):
        second.result()


def test_one_that_is_not_done_is_waited_for_no_longer_than_asked() -> None:
    with pytest.raises(TimeoutError):
        out().result(timeout=0)


def test_what_is_done_is_not_done_again() -> None:
    future = out()
    future.set_result(1)
    with pytest.raises(InvalidStateError):
        future.set_result(2)
    with pytest.raises(InvalidStateError):
        future.set_exception(LookupError())


def test_a_queued_one_is_cancelled_at_once_and_its_task_does_not_leave() -> None:
    future: Future[int] = Future()
    assert future.cancel() and future.cancelled() and not future.set_running_or_notify_cancel()
    with pytest.raises(CancelledError):
        future.result()


def test_one_that_has_left_is_only_cancelled_when_asked_and_then_its_pool_is_told_how() -> None:
    asked: Asked = []
    future = out(asked)
    assert not future.cancel() and asked == []
    assert future.cancel(running=True) and future.cancel(force=True) and future.cancel(end=True)
    assert asked == [(future, False, False), (future, True, False), (future, True, True)]
    assert not future.done() and future.unwanted
    called: list[Any] = []
    future.add_done_callback(called.append)
    future.withdrawn()
    future.withdrawn()
    assert future.cancelled() and called == [future]
    assert futures.wait([future], timeout=0).done == {future}


def test_one_that_has_ended_is_not_cancelled_any_more() -> None:
    asked: Asked = []
    future = out(asked)
    future.set_result(1)
    assert not future.cancel(running=True) and asked == []
    future.withdrawn()
    assert future.result() == 1
    assert not out().cancel(running=True), "of no pool"
