"""Ends of programs: judged outside of the lock, told under a lease."""

import pytest

from cluster.kernel.events import Panicked, Returned
from cluster.model.clock import Instant
from cluster.model.errors import FatalError, Panic
from cluster.model.lease import Lease
from cluster.wire.messages import LoadProgram, MainFailed, MainReturned
from tests.worker.seat import EPOCH, OPTIONS, P0, SOURCE, A, Seat
from worker.core.census import surveyed
from worker.core.endings import Failure
from worker.core.outbox import COORDINATOR

LEASE = Lease(P0, EPOCH, Instant(1 << 60))


def seat() -> Seat:
    made = Seat()
    made.join()
    made.machine.load()
    return made


def told(made: Seat) -> list[object]:
    return [message for to, message in made.send() if to == COORDINATOR]


def test_a_return_is_told_under_the_lease_and_the_program_is_over_here() -> None:
    made = seat()
    verdicts, hosted = made.machine.verdicts, made.hosted()
    made.machine.sched.events.append(Returned(hosted.kernel, None))
    assert verdicts.pending
    verdicts.judge()
    assert not hosted.closed and told(made) == [], "it may run code of the program: nothing is changed yet"
    (census,) = surveyed(1, made.machine.sched, [hosted], False).programs
    assert census.active == 1, "a program whose main has returned is in no deadlock"
    verdicts.conclude(LEASE)
    assert hosted.closed and hosted.kernel.dropped and not verdicts.pending
    assert told(made) == [MainReturned(P0, EPOCH, A, b"")]


def test_without_a_lease_it_is_told_later_once() -> None:
    made = seat()
    made.machine.verdicts.fail(made.hosted(), Failure("load", 1, "why\n"))
    made.machine.verdicts.conclude(None)
    assert made.hosted().closed and made.machine.verdicts.pending and told(made) == []
    made.machine.verdicts.fail(made.hosted(), Failure("load", 1, "again\n"))
    made.machine.verdicts.conclude(LEASE)
    assert told(made) == [MainFailed(P0, EPOCH, A, "load", 1, "why\n")]
    assert not made.machine.verdicts.pending


@pytest.mark.parametrize(("error", "kind"), [(Panic("at sea"), "panic"), (FatalError("too late"), "fatal")])
def test_a_panic_is_put_into_words_and_a_fatal_error_keeps_what_the_others_did(error: Exception, kind: str) -> None:
    made = Seat("""
        async def main():
            go(waits)
            await waits()
    """)  # fmt: skip
    made.begin()
    g, other = made.gs()
    made.machine.sched.events.append(Panicked(g, error))
    made.machine.verdicts.judge()
    made.machine.verdicts.conclude(LEASE)
    (failed,) = [message for message in told(made) if isinstance(message, MainFailed)]
    assert failed.kind == kind and failed.code == 2
    remains = made.hosted().remains
    assert (remains is not None and remains.goids == (other.goid,)) is (kind == "fatal")


def test_what_main_returned_and_cannot_be_pickled_is_a_failure() -> None:
    made = Seat()
    made.join(None)
    made.take(LoadProgram(A, SOURCE, OPTIONS._replace(by_path=False), 0, 1))
    made.machine.load()
    made.machine.sched.events.append(Returned(made.hosted().kernel, (i for i in range(3))))
    made.machine.verdicts.judge()
    made.machine.verdicts.conclude(LEASE)
    (failed,) = [message for message in told(made) if isinstance(message, MainFailed)]
    assert failed.kind == "load" and "what main returned must go to another process" in failed.text
