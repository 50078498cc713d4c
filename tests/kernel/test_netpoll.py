"""Waiting for files: who is woken, by what, and in which order. The poller is a fake one."""

import pickle
from collections.abc import Callable

import pytest

from cluster.kernel.dump import describe
from cluster.kernel.netpoll import PollDesc, inject, readable, writable
from cluster.kernel.sched import go, gosched, sleep
from cluster.model.clock import SECOND
from cluster.model.errors import CannotShipError, NotInGoroutineError
from tests.fakes import FakePoller, FakeShell, park_for_ever


class Files:
    """A program whose goroutines wait for files, and write into `log` when they go on."""

    def __init__(self) -> None:
        self.shell = FakeShell()
        self.poller = FakePoller()
        self.log: list[object] = []
        self.pd: PollDesc
        self.shell.sched.outside = Outside(self.poller)  # type: ignore[assignment]  # the rest is not asked for

    def start(self, *waits: tuple[str, Callable[[], object]]) -> None:
        """Each of them in a goroutine of its own; all have parked."""

        async def one(name: str, wait: Callable[[], object]) -> None:
            result = await wait()  # type: ignore[misc]  # a goroutine call
            self.log.append(name if result is None else (name, result.value))

        async def main() -> None:
            self.pd = PollDesc(5)
            for name, wait in waits:
                go(one, name, wait)
                await gosched()
            await park_for_ever()

        self.shell.start(main)
        self.shell.run_until_idle()

    def ready(self, fd: int, write: bool = False) -> None:
        inject(self.shell.sched, self.poller.is_ready(fd, write))

    def run(self) -> list[object]:
        """What has been logged since."""
        self.shell.run_until_idle()
        log, self.log = self.log, []
        return log

    def pass_time(self, seconds: float) -> None:
        self.shell.clock.advance(int(seconds * SECOND))
        self.shell.sched.timers.fire(self.shell.clock.now(), self.shell.sched.ready)


class Outside:
    def __init__(self, netpoll: FakePoller) -> None:
        self.netpoll = netpoll


class File:
    def __init__(self, fd: int) -> None:
        self.fd = fd

    def fileno(self) -> int:
        return self.fd


def test_who_waits_for_a_file_is_in_an_io_wait_and_goes_on_when_that_is_ready() -> None:
    files = Files()
    files.start(("read", lambda: readable(3)), ("write", lambda: writable(File(3))))
    texts = [describe(g, None) for g in files.shell.program.gs.values()][1:]
    assert all("[IO wait]:\n" in text.splitlines()[0] + "\n" for text in texts) and files.run() == []
    files.ready(3, write=True)
    assert files.run() == ["write"]
    files.ready(3)
    assert files.run() == ["read"] and files.poller.waiting == []


def test_a_regular_file_is_ready_without_a_switch() -> None:
    files = Files()
    files.poller.always_ready = [3]
    files.start(("read", lambda: readable(3)), ("write", lambda: writable(3)))
    assert files.run() == ["read", "write"]


def test_all_who_wait_for_one_file_are_woken_in_their_order_behind_what_is_in_the_ring() -> None:
    files = Files()
    files.start(*((name, lambda: readable(3)) for name in "abc"), ("sleeper", lambda: sleep(1)))
    files.pass_time(1)
    files.ready(3)
    sched = files.shell.sched
    assert sched.runnext is not None and len(sched.ring) == 3
    assert files.run() == ["sleeper", "a", "b", "c"]


def test_what_does_not_fit_in_the_ring_goes_to_the_global_queue() -> None:
    files = Files()
    files.shell.sched.runq_size = 2  # type: ignore[misc]  # before it is used
    files.start(*((name, lambda: readable(3)) for name in "abc"))
    files.ready(3)
    assert (len(files.shell.sched.ring), len(files.shell.sched.globrunq)) == (2, 1)
    assert files.run() == ["a", "b", "c"]


def test_who_is_of_a_dropped_program_is_not_readied() -> None:
    files = Files()
    files.start(("read", lambda: readable(3)))
    files.shell.sched.drop(files.shell.program)
    files.ready(3)
    assert files.shell.sched.runnable() == 0


def test_a_file_that_is_closed_or_no_goroutine_is_an_error() -> None:
    files = Files()

    async def main() -> None:
        await readable(File(-1))

    with pytest.raises(ValueError, match="the number of a file is never negative"):
        files.shell.run(main)
    with pytest.raises(NotInGoroutineError, match="readable was called outside of a goroutine"):
        readable(3).send(None)


def test_the_waits_of_a_connection_end_by_readiness_deadline_or_its_end() -> None:
    files = Files()
    files.start(*((str(write), lambda write=write: files.pd.wait(write)) for write in (False, True)))
    files.ready(5)
    assert files.run() == [("False", "")]
    files.pd.set_deadline(2, True)
    files.pass_time(1)
    assert files.run() == []
    files.pass_time(1)
    assert files.run() == [("True", "i/o timeout")] and files.poller.waiting == []
    files.start(*((str(write), lambda write=write: files.pd.wait(write)) for write in (False, True)))
    files.pd.evict()
    assert files.poller.waiting == []
    assert sorted(map(str, files.run())) == [
        f"('{write}', 'use of closed network connection')" for write in (False, True)
    ]


def test_a_deadline_in_the_past_ends_a_wait_at_once_and_none_is_none() -> None:
    files = Files()
    files.start(("r", lambda: files.pd.wait(False)))
    files.pd.set_deadline(0, False)
    assert files.pd.check(False).value == "i/o timeout" and files.pd.check(True).value == ""
    assert files.run() == [("r", "i/o timeout")]
    files.pd.set_deadline(1, False)
    assert files.pd.check(False).value == ""
    files.pd.set_deadline(None, False)
    files.pass_time(2)
    assert files.pd.check(False).value == "" and files.shell.sched.timers.next() is None


def test_who_has_become_ready_is_readied_once_though_its_deadline_and_its_end_come_before_it_runs() -> None:
    files = Files()
    files.start(("ready", lambda: files.pd.wait(False)), ("late", lambda: files.pd.wait(True)))
    files.pd.set_deadline(1, False)
    files.ready(5)
    files.pass_time(1)
    assert files.shell.sched.runnable() == 1
    files.pd.evict()
    assert files.shell.sched.runnable() == 2
    assert files.run() == [(name, "use of closed network connection") for name in ("late", "ready")]


def test_readiness_that_came_before_the_deadline_counts() -> None:
    files = Files()
    files.start(("r", lambda: files.pd.wait(False)))
    files.pd.set_deadline(1, False)
    files.ready(5)
    files.pass_time(1)
    assert files.run() == [("r", "")] and files.pd.check(False).value == "i/o timeout"


def test_a_closed_connection_waits_for_nothing_and_sets_no_timer() -> None:
    files = Files()
    files.start()
    files.pd.set_deadline(1, False)
    files.pd.evict()
    assert files.shell.sched.timers.next() is None and files.pd.check(True).value == "use of closed network connection"
    with pytest.raises(CannotShipError, match="stays on the M that has the file"):
        pickle.dumps(files.pd)
