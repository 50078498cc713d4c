"""What `cluster status` shows: the coordinator's tables, with the loads that a survey has just brought.

Owner.      Nobody: it reads, and changes nothing.
Order.      Ps and Ms by id, programs by the time of their start.
Unlike Go.  Go stops the world to count goroutines exactly. Here each M answers when it
            is asked; what is under way is counted all the same, see queries.py.
Sources.    Go 1.19 runtime/proc.go: schedtrace, gcount.
"""

from cluster.model.ids import NO_P, MId
from cluster.wire import messages as w
from coordinator.core.state import State
from coordinator.core.survey import stacks, totals


def describe(s: State, answers: dict[MId, w.Surveyed]) -> w.Status:
    """The state of the cluster at `s.now`; goroutines of programs as the answers of a survey count them."""
    ps = []
    for p in s.table.ps:
        holder = s.members.ms.get(p.holder) if p.holder is not None else None
        runq = holder.load.runnable if holder else len(p.runq)
        tick = holder.load.tick if holder else p.tick
        ps.append(w.PRow(p.id, p.status.name.lower(), -1 if p.holder is None else p.holder, p.epoch, runq, tick))
    ms = tuple(
        w.MRow(
            m.id, m.pid, m.status.value, NO_P if m.p is None else m.p, m.load.runnable, m.load.goroutines,
            s.now - m.heard_at, m.load.pinned, m.immobile, m.unpreempted, m.bad_frames,
        )
        for m in s.members.ms.values()
    )  # fmt: skip
    programs = tuple(
        w.ProgramRow(
            program.id, program.name, max(0, 1 + totals(answers, program.id)[0]), *stacks(answers, program.id),
            s.now - program.started_at,
        )
        for program in s.programs.values()
    )  # fmt: skip
    tally = s.tally
    messages = tally.messages + sum(m.load.to_ms for m in s.members.ms.values())
    counts = w.Counts(tally.steals, tally.stolen, tally.handoffs, messages)
    return w.Status(
        s.pid, len(s.table), len(s.globrunq), tuple(ps), ms, programs, s.bad_frames, s.cut_off, s.turned_away, counts
    )
