"""What a goroutine asks about all of its program: how many, where they are, how many Ps there shall be.

Counting.   Each M answers with the goroutines that began on it less those that ended there, main being
            born here. A goroutine under way is counted once, whenever its two Ms answer.
Stopping.   While a resize waits, no P is granted and all Ms are asked for theirs, but the one that asked,
            if its P stays. When the last one is back the table is changed, what waited on Ps that are gone
            goes to the head of globrunq, and who asked has a P again before anybody else. One resize at a
            time, in their order; the M of the next gives its P back like all others.
Order.      A description is never older than the question: who asks during a round waits for the next.
Unlike Go.  Go stops the world for a dump; ours shows each M at a moment of its own. What is under way
            between two Ms at that moment is in no dump.
Sources.    Go 1.19 runtime/proc.go: stopTheWorldWithSema, procresize, startTheWorldWithSema, gcount.
"""

from typing import Final

from cluster.kernel.dump import in_order
from cluster.model.clock import SECOND, Instant, after
from cluster.model.ids import ProgramId
from cluster.model.limits import PROCS_MAX
from cluster.model.status import MStatus
from cluster.wire.messages import Dump, Dumped, Query, Refused, Reply, Retake
from cluster.wire.parts import About
from coordinator.core.membership import M, PeerId
from coordinator.core.placement import grant
from coordinator.core.programs import DumpRound, Program
from coordinator.core.state import Resize, State
from coordinator.core.survey import Round, totals

VIEW_PATIENCE_NS: Final = 1 * SECOND  # an M that is stopped, or in a call that keeps the GIL, does not answer


def take(s: State, m: M, query: Query) -> None:
    """A goroutine of `m` asks; its M waits for the reply."""
    program = s.programs.get(query.program)
    if program is None or program.result is not None:
        return  # its M hears Drop
    match query.what:
        case About.COUNT:
            s.surveys.want_counts.append((m.id, query.ticket, program.id))
        case About.OTHERS:
            program.dump_askers.append((m.id, query.ticket, query.number))
        case About.PROCS:
            s.resizes.append(Resize(m.id, query.ticket, max(1, min(query.number, PROCS_MAX))))
        case _:
            s.warn("unknown query", m=m.id, what=query.what)


def tick(s: State) -> None:
    """Go on with what waited for an M."""
    for program in s.programs.values():
        if program.result is None and not program.dumping:
            _go_on_with_dumps(s, program)


def counted(s: State, done: Round) -> None:
    """A survey has come to its end: tell who asked for a count."""
    for m_id, ticket, program in done.counts:
        if (m := s.members.ms.get(m_id)) is not None:
            s.tell(m, Reply(ticket, goroutines(done, program), ()))


def goroutines(done: Round, program: ProgramId) -> int:
    """How many a program has. See the essay."""
    return 1 + totals(done.answers, program)[0]


# -- descriptions


def described(s: State, m: M, message: Dumped) -> None:
    """An M has described its goroutines for a round that goroutines asked for."""
    program = s.programs.get(message.program)
    if program is not None and program.dump_round is not None and m.id in program.dump_round.awaiting:
        del program.dump_round.awaiting[m.id]
        program.dump_round.dumps.extend(zip(message.goids, message.texts, strict=False))
        _go_on_with_dumps(s, program)


def _go_on_with_dumps(s: State, program: Program) -> None:
    current = program.dump_round
    if current is not None and not any(m in s.members.ms for m in current.awaiting):
        for m_id, ticket, but in current.askers:
            if (m := s.members.ms.get(m_id)) is not None:
                texts = in_order([(goid, text) for goid, text in current.dumps if goid != but])
                s.tell(m, Reply(ticket, len(texts), tuple(texts)))
        _show(s, program, current)
        program.dump_round = None
    elif current is not None and current.viewers and s.now >= after(current.began_at, VIEW_PATIENCE_NS):
        _show(s, program, current)
        if not current.askers:
            program.dump_round = None  # who asks next need not wait for the Ms that are silent; goroutines do
    if program.dump_round is None and (program.dump_askers or program.dump_viewers):
        viewers = program.dump_viewers
        program.dump_round = DumpRound(program.dump_askers, dict.fromkeys(s.members.ms), viewers, s.now)
        program.dump_askers, program.dump_viewers = [], []
        for m in s.members.ms.values():
            s.tell(m, Dump(program.id))


def view(s: State, client: PeerId, program_id: ProgramId) -> None:
    """A client asks for the goroutines of a program."""
    program = s.programs.get(program_id)
    if program is None or program.result is not None:
        s.send(client, Refused(f"there is no program {program_id}, or no longer"))
    else:
        program.dump_viewers.append(client)


def next_view(s: State) -> Instant | None:
    """When a client is shown what there is, without the Ms that have not answered."""
    rounds = [program.dump_round for program in s.programs.values() if program.dump_round is not None]
    return min((after(one.began_at, VIEW_PATIENCE_NS) for one in rounds if one.viewers), default=None)


def _show(s: State, program: Program, current: DumpRound) -> None:
    for viewer in current.viewers:
        dumps = sorted(current.dumps)
        s.send(viewer, Dumped(program.id, tuple(goid for goid, _ in dumps), tuple(in_order(dumps))))
    current.viewers = []


# -- the number of Ps


def resize(s: State) -> bool:
    """Go on with stopping the world; whether it is stopped or stopping, so that nobody may be given a P."""
    while s.resizes:
        asked = s.resizes[0]
        asker = s.members.ms.get(asked.m)
        for m in s.members.ms.values():
            stays = m is asker and m.p is not None and m.p < asked.procs
            if m.p is not None and not stays and m.id not in asked.told:
                asked.told[m.id] = None
                p = s.table.ps[m.p]
                s.tell(m, Retake(p.id, p.epoch))
        if any(m.p is not None and not (m is asker and m.p < asked.procs) for m in s.members.ms.values()):
            return True
        before = len(s.table)
        s.globrunq.put_first(s.table.resize(asked.procs))
        s.step("ProcResize", detail=f"{before} to {asked.procs}")
        del s.resizes[0]
        if asker is not None:
            s.tell(asker, Reply(asked.ticket, before, ()))
            if asker.status in (MStatus.IDLE, MStatus.WANTING):
                grant(s, asker)
    return False
