"""Answers to the coordinator's questions: what have I got?

Active.     A program is active here while one of its goroutines is runnable, running, asleep, in a system call or
            in an IO wait, or waits for the program's main file to be loaded; and while its end is known here and not
            yet told: a deadlock must not be found in a program whose main has returned.
            What is held back in the outbox counts as sent and not received.
Counting.   An M tells how many goroutines began on it less those that ended there, so the sum over all
            Ms is right whatever is under way: see coordinator/core/queries.py.
Order.      Goroutines in the order of their making.
Unlike Go.  Go's checkdead counts Ms, under a lock. An M of ours answers for itself, at any moment,
            also beside a running goroutine, and so only copies what it walks.
Sources.    Go 1.19 runtime/proc.go: checkdead, schedtrace; runtime/traceback.go: tracebackothers.
"""

from collections.abc import Collection, Mapping

from cluster.kernel.dump import describe
from cluster.kernel.g import IO_WAIT, SYSCALL, G, pinned_by, status_of
from cluster.kernel.sched import Sched, program_of
from cluster.kernel.stealing import movable
from cluster.model.ids import ProgramId
from cluster.model.limits import STACK_MIN
from cluster.model.status import GStatus
from cluster.wire.messages import Census, Dumped, GRow, Load, Surveyed
from worker.core.programs import Hosted


def load(sched: Sched, programs: Collection[Hosted], to_ms: int = 0) -> Load:
    """What this M has, in numbers; `to_ms` messages have gone to others."""
    queued = [*sched.ring, *sched.globrunq]
    return Load(
        runnable=sched.runnable() + sum(len(hosted.inbox) for hosted in programs),
        stealable=sum(1 for g in queued if movable(g, True)),
        ring=len(sched.ring),
        globrunq=len(sched.globrunq),
        goroutines=sum(len(hosted.kernel.gs) for hosted in programs),
        tick=sched.tick,
        timers=len(sched.timers),
        pinned=sum(1 for hosted in programs for g in goroutines(hosted) if pinned_by(g)),
        to_ms=to_ms,
    )


def surveyed(round: int, sched: Sched, programs: Collection[Hosted], detail: bool, to_ms: int = 0) -> Surveyed:
    """The answer to a Survey."""
    rows = tuple(_row(hosted, g, sched.cur) for hosted in programs for g in goroutines(hosted)) if detail else ()
    return Surveyed(round, tuple(_census(hosted, sched) for hosted in programs), load(sched, programs, to_ms), rows)


def _census(hosted: Hosted, sched: Sched) -> Census:
    gs = goroutines(hosted)
    waiting = sum(1 for g in gs if g.wait_reason not in (None, SYSCALL, IO_WAIT) and g is not sched.cur)
    ends = sum(1 for event in list(sched.events) if program_of(event) is hosted.kernel) + hosted.closed
    active = len(gs) - waiting + len(hosted.inbox) + sched.timers.count_for(hosted.kernel) + ends
    grown = [stack.size for stack in list(hosted.kernel.stacks.values())]
    stacks = sum(grown) + STACK_MIN * (len(gs) - len(grown))
    largest = max(grown, default=STACK_MIN if gs else 0)
    return Census(hosted.id, len(gs) + hosted.away, active, hosted.sent, hosted.received, stacks, largest)


def _row(hosted: Hosted, g: G, cur: G | None) -> GRow:
    status = status_of(g, cur)
    reason = g.wait_reason.text if status is GStatus.WAITING and g.wait_reason is not None else ""
    return GRow(hosted.id, g.goid, status.value, reason, g is cur)


def answer_dump(program: ProgramId, programs: Mapping[ProgramId, Hosted], cur: G | None) -> Dumped:
    """The answer to a Dump: nothing of a program that is not here, what was left of one that a fatal error ended."""
    hosted = programs.get(program)
    return Dumped(program, (), ()) if hosted is None else hosted.remains or dumped(hosted, cur)


def dumped(hosted: Hosted, cur: G | None, but: G | None = None) -> Dumped:
    """Descriptions of all goroutines, `but` this one."""
    gs = [g for g in goroutines(hosted) if g is not but]
    return Dumped(hosted.id, tuple(g.goid for g in gs), tuple(describe(g, cur) for g in gs))


def goroutines(hosted: Hosted) -> list[G]:
    """All goroutines of a program on this M. A copy: the other thread may be ending some."""
    return list(hosted.kernel.gs.values())
