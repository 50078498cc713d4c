"""The rungs of the standard library do what their names say, as far as one process can see."""

import io
import os
import threading
from collections.abc import Callable

import pytest

from cluster.bench import parties
from cluster.bench.parties import CannotError, Opened, readings, serve, switches_of

ALONE = ("empty", "call", "send", "pipe_self", "eventfd_self", "condition_self", "yield_self")


@pytest.mark.parametrize("name", ALONE)
def test_what_one_party_does_alone_ends_by_itself(name: str) -> None:
    loop, pids = parties.RUNGS[name](-1)
    loop(4)
    assert pids == (os.getpid(),)


def test_a_baseline_has_the_calls_of_as_many_hops(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(os, "write", lambda _fd, data: calls.append("write") or len(data))
    monkeypatch.setattr(os, "read", lambda _fd, size: calls.append("read") or b"x" * size)
    parties.pipe_self(-1)[0](6)
    assert calls == ["write", "read"] * 6
    calls.clear()
    parties.pipe_loop(1, 0)(6)
    assert calls == ["write", "read"] * 3, "half of a round trip is a hop"


def test_turns_go_to_and_fro_as_often_as_was_asked() -> None:
    turns, took = parties.Turns(), []
    other = threading.Thread(target=lambda: [took.append(turns.take(1, 0)) for _ in range(3)])
    other.start()
    for _ in range(3):
        turns.take(0, 1)
    other.join()
    assert len(took) == 3 and turns.turn == 0


def test_a_ring_alone_reads_its_array_on_each_hop(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[bytes] = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: calls.append(data) or write(fd, data))
    loop, _ = parties.ring_self(-1, 3, 1)
    loop(6)
    assert calls == [parties.TOKEN] * 6 and len(parties.TOKEN) == 4


def test_counts_are_rounded_up_to_whole_rounds_and_timed() -> None:
    done: list[int] = []
    answers = list(readings((done.append, (os.getpid(),)), 3, iter(["1", "3", "7"])))
    assert done == [3, 3, 3, 9], "once before the first count: all parties are there"
    assert [int(answer.split()[0]) for answer in answers] == [3, 3, 9]
    assert all(int(ns) > 0 and int(switches) >= 0 for _, ns, switches in map(str.split, answers))


def test_the_switches_of_a_process_that_is_gone_are_not_told() -> None:
    assert switches_of([os.getpid()]) > 0
    assert switches_of([2**22 + 1]) == -1


def served(rungs: dict[str, Callable[..., Opened]], *arguments: str, asks: str = "") -> str:
    answers = io.StringIO()
    serve(rungs, arguments, io.StringIO(asks), answers)
    return answers.getvalue()


def test_the_server_answers_each_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gc.disable", lambda: None)
    told: list[tuple[int, ...]] = []

    def opened(*numbers: int) -> Opened:
        told.append(numbers)
        return (lambda _count: None), (os.getpid(),)

    assert len(served({"x": opened}, "x", "-1", "7", asks="2\n4\n").splitlines()) == 2
    assert served({"x": opened}, "x", "-1", "7", "8", "64", asks="1\n").startswith("8 ")
    assert told == [(7,), (7, 8, 64)]


def test_the_server_says_why_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gc.disable", lambda: None)

    def refuses(_core: int) -> Opened:
        raise CannotError("this system has no eventfd")

    assert served({"x": refuses}, "x", "-1", "-1", asks="2\n") == "! this system has no eventfd\n"

    def forbidden(_pid: int, _cores: set[int]) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    assert served({"x": refuses}, "x", "3", "3").startswith("! no permission to pin a thread to core 3: ")
    monkeypatch.delattr(os, "eventfd")
    with pytest.raises(CannotError, match="no eventfd"):
        parties.eventfds()
