"""`GODEBUG=schedtrace=N,scheddetail=1`: Go's lines, in Go's format, from a survey of all Ms.

Order.      The head, then with scheddetail Ps and Ms as Go orders them: Ps upwards, Ms from the
            newest. Goroutines of all Ms are sorted by id; in Go each lies where it was made.
Unlike Go.  What Go has and we have not is printed as Go prints its absence: no garbage collector
            waits (gcwaiting, stopwait 0), no M allocates (mallocing 0), system calls keep no P
            (syscalltick 0). `threads` counts the coordinator as Go counts the thread of sysmon. Go
            stops the world's lock for one instant; ours is as old as the oldest answer of a survey.
Sources.    Go 1.19 runtime/proc.go: schedtrace.
"""

from cluster.model.clock import MILLISECOND
from cluster.model.ids import MId
from cluster.model.status import MStatus
from cluster.wire.messages import Surveyed
from coordinator.core.programs import Program
from coordinator.core.state import State


def lines(s: State, program: Program, answers: dict[MId, Surveyed]) -> str:
    """The report of one period, as Go writes it to stderr."""
    head = _head(s, program, answers)
    if not program.schedtrace_detail:
        rings = " ".join(str(_ring(answers, p.holder)) for p in s.table.ps)
        return f"{head} [{rings}]\n"
    idle_wired = 0
    rows = [f"{head} gcwaiting=0 nmidlelocked={idle_wired} stopwait=0 sysmonwait=0"]
    rows += [_p_line(s, answers, i) for i in range(len(s.table))]
    rows += [_m_line(s, answers, m, program) for m in sorted(s.members.ms, reverse=True)]
    rows += _g_lines(answers, program)
    return "\n".join(rows) + "\n"


def _head(s: State, program: Program, answers: dict[MId, Surveyed]) -> str:
    queued = len(s.globrunq) + sum(answer.load.globrunq for answer in answers.values())
    return (
        f"SCHED {(s.now - program.started_at) // MILLISECOND}ms: gomaxprocs={len(s.table)} idleprocs={s.table.idle} "
        f"threads={len(s.members.ms) + 1} spinningthreads={len(s.members.with_status(MStatus.SPINNING))} "
        f"idlethreads={s.members.idle} runqueue={queued}"
    )


def _ring(answers: dict[MId, Surveyed], m: MId | None) -> int:
    answer = None if m is None else answers.get(m)
    return 0 if answer is None else answer.load.ring


def _p_line(s: State, answers: dict[MId, Surveyed], index: int) -> str:
    p = s.table.ps[index]
    answer = None if p.holder is None else answers.get(p.holder)
    tick, timers = (p.tick, 0) if answer is None else (answer.load.tick, answer.load.timers)
    holder = -1 if p.holder is None else p.holder
    return (
        f"  P{p.id}: status={p.status.value} schedtick={tick} syscalltick=0 m={holder} "
        f"runqsize={_ring(answers, p.holder)} gfreecnt=0 timerslen={timers}"
    )


def _m_line(s: State, answers: dict[MId, Surveyed], m_id: MId, program: Program) -> str:
    m = s.members.ms[m_id]
    answer = answers.get(m_id)
    running = [row.goid for row in answer.rows if row.running] if answer else []
    curg = running[0] if running else -1
    spinning = "true" if m.status is MStatus.SPINNING else "false"
    blocked = "true" if m.status in (MStatus.IDLE, MStatus.WANTING) else "false"
    return (
        f"  M{m.id}: p={-1 if m.p is None else m.p} curg={curg} mallocing=0 throwing=0 preemptoff= locks=0 dying=0 "
        f"spinning={spinning} blocked={blocked} lockedg=-1"
    )


def _g_lines(answers: dict[MId, Surveyed], program: Program) -> list[str]:
    rows = [(row, m) for m, answer in answers.items() for row in answer.rows if row.program == program.id]
    rows.sort(key=lambda item: item[0].goid)
    return [
        f"  G{row.goid}: status={row.status}({row.reason}) m={m if row.running else -1} lockedm=-1" for row, m in rows
    ]
