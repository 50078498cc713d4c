"""Seats whose goroutines have started: what the tests of moves and arrivals begin with."""

from cluster.kernel.g import G
from cluster.model.ids import MAIN_GOID
from cluster.wire.messages import Record
from tests.worker.seat import OTHER, A, Seat
from worker.core.pace import PACE_NS

STEPS = """
    async def steps(name, n):
        try:
            for i in range(n):
                log.append((name, i))
                await gosched()
        finally:
            log.append((name, "ends"))
    async def main():
        for name in "abcd":
            go(steps, name, 3)
        await gosched()
        await waits()
"""


def start(text: str = STEPS, slices: int = 6) -> Seat:
    """An M that has made so many slices, which were long."""
    seat = Seat(text)
    seat.join()
    seat.lease()
    seat.work(Record(A, MAIN_GOID, b""))
    seat.turn()
    step(seat, slices)
    seat.machine.moves.pace.ran(slices * PACE_NS, 1)
    return seat


def forget_slices(seat: Seat) -> None:
    """Here slices take no time: nobody shall know that."""
    seat.machine.moves.pace._means_ns.clear()


def step(seat: Seat, slices: int = 1) -> None:
    """So many slices."""
    for _ in range(slices):
        seat.machine._budget = 1
        seat.turn()
        forget_slices(seat)


def give(seat: Seat) -> tuple[Record, ...]:
    return seat.machine.moves.give(0, beside=False)


def twin(seat: Seat, *came: Record) -> Seat:
    """Another M of the same program, to which these have come."""
    other = Seat(seat.text, OTHER)
    other.join()
    other.lease()
    other.work(*came)
    return other


def queued(seat: Seat) -> list[G]:
    return [*seat.machine.sched.ring, *seat.machine.sched.globrunq]
