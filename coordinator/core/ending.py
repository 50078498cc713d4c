"""How a program begins and ends, seen from the coordinator.

End.        The first result stands. All Ms are told to drop the program and answer when they will
            print nothing of it any more; the client hears the result after the last answer, so
            after the last line. An M that does not answer within DROP_GRACE_NS is not waited for:
            it sits in a long call, and what it prints later is thrown away.
Loss.       An M that ever had goroutines of a program may hold some, or channels that others wait on: its
            death ends the program with LostError. Nobody hangs. Those that were sent to it and that it
            has not said to be its own go to another M; unless no M is left, or DEATHS_MAX have died so.
Sources.    Go 1.19 runtime/proc.go: main; runtime/panic.go: fatalpanic.
"""

from typing import Final

from cluster.kernel.dump import deadlock_text, others_after
from cluster.model.clock import SECOND, after
from cluster.model.ids import MId, ProgramId
from cluster.model.limits import DROP_GRACE_NS, PROGRAMS_MAX
from cluster.wire.messages import (
    Accepted,
    Back,
    Drop,
    Dump,
    Dumped,
    Ended,
    LoadProgram,
    Record,
    Refused,
    Roster,
    StartProgram,
    Step,
    Traced,
)
from coordinator.core import pools
from coordinator.core.membership import M, PeerId
from coordinator.core.programs import Program, begin
from coordinator.core.state import Forget, State

DEATHS_MAX: Final = 3  # Ms that died with goroutines on their way to them: then these are taken for what kills


def start(s: State, client: PeerId, request: StartProgram) -> None:
    """A client starts a program: its main goroutine goes on P0's queue, or the first idle P's, or globrunq."""
    if s.stopping or len(s.programs) >= PROGRAMS_MAX:
        s.send(client, Refused("the cluster is stopping" if s.stopping else f"{PROGRAMS_MAX} programs are running"))
        return
    program = begin(
        Program(
            ProgramId(s.next_program),
            client,
            request.name,
            request.source,
            request.options,
            s.now,
            stripes=max(1, len(s.members.ms)),
        )
    )
    s.next_program += 1
    alone = not s.programs
    s.programs[program.id] = program
    s.send(client, Accepted(program.id))
    if program.watched:
        s.send(client, Traced(program.id, (), tuple(s.boot_steps)))
    s.step("ProgramStart", detail=request.name, program=program)
    for m in s.members.ms.values():
        introduce(s, m, program)
    if not request.options.pool:
        _make_main(s, program, request.main, alone)


def _make_main(s: State, program: Program, body: bytes, alone: bool) -> None:
    idle = [p for p in s.table.ps if p.holder is None]
    if s.members.ms and not s.members.idle:
        idle = []  # nobody would come for what lies on an idle P before some M has nothing else to do
    record = Record(program.id, 1, body)
    if not idle:
        s.globrunq.put([record])
    else:
        idle[0].runq.append(record)
        if alone:
            for p in idle:
                p.tick = 0  # main starts on a fresh P
    s.step("GoCreate", p=idle[0].id if idle else -1, goid=1, detail="runtime.main", program=program)


def introduce(s: State, m: M, program: Program) -> None:
    """Tell an M of a program, once, before anything else of it."""
    s.tell(m, LoadProgram(program.id, program.source, program.options, program.next_stripe, program.stripes))
    program.stripe_of[program.next_stripe] = m.id
    program.next_stripe += 1
    pools.tell_withdrawn(s, program, m)


def finish(s: State, program: Program, kind: str, code: int, text: str, value: bytes = b"") -> None:
    """The program is over with this result; what comes later does not change it."""
    if program.result is not None or (program.dumping and kind != "interrupted"):
        return
    program.dumping = {}
    program.result = Ended(program.id, kind, code, text, value)
    s.step("ProgramEnd", detail=str(code), program=program)
    s.globrunq.drop(program.id)
    for p in s.table.ps:
        p.runq = [record for record in p.runq if record.program != program.id]
    for m in s.members.ms.values():
        m.untaken = {key: record for key, record in m.untaken.items() if record.program != program.id}
    program.dropping = dict.fromkeys(s.members.ms)
    program.drop_deadline = after(s.now, DROP_GRACE_NS)
    for m in s.members.ms.values():
        s.tell(m, Drop(program.id))
    conclude_if_dropped(s, program)


def dropped(s: State, m: M, program_id: ProgramId) -> None:
    """An M has dropped the program."""
    if (program := s.programs.get(program_id)) is not None and program.result is not None:
        program.dropping.pop(m.id, None)
        conclude_if_dropped(s, program)


def conclude_if_dropped(s: State, program: Program) -> None:
    """Tell the client the result, once no M will print for it any more."""
    if program.result is None or (program.dropping and s.now < program.drop_deadline):
        return
    if program.dropping:
        s.warn("m still busy with an ended program", program=program.id, ms=list(program.dropping))
    s.send(program.client, program.result)
    del s.programs[program.id]


def deadlock(s: State, program: Program) -> None:
    """The program is dead: collect its goroutines from all Ms, then end it."""
    s.step("Deadlock", program=program)
    _ask_for_dumps(s, program)


def fatal(s: State, program: Program, text: str) -> None:
    """A fatal error: `text` tells of the goroutine that caused it; the others follow, as in Go."""
    if program.result is None and not program.dumping:
        program.fatal = text
        _ask_for_dumps(s, program)


def _ask_for_dumps(s: State, program: Program) -> None:
    program.dumping = dict.fromkeys(s.members.ms)
    program.dump_deadline = after(s.now, DROP_GRACE_NS)
    for m in s.members.ms.values():
        s.tell(m, Dump(program.id))


def dumped(s: State, m: M, message: Dumped) -> None:
    """Take an M's part of the dump."""
    program = s.programs.get(message.program)
    if program is None or m.id not in program.dumping:
        return
    program.dumps.extend(zip(message.goids, message.texts, strict=False))
    del program.dumping[m.id]
    end_when_dumped(s, program)


def end_when_dumped(s: State, program: Program) -> None:
    """End a dead program when all Ms have told of its goroutines, or have had time enough."""
    if s.now >= program.dump_deadline:
        program.dumping = {}
    if not program.dumping:
        dumps = program.dumps
        finish(s, program, "fatal", 2, others_after(program.fatal, dumps) if program.fatal else deadlock_text(dumps))


def lose(s: State, m: M, why: str) -> None:
    """An M is dead or silent: its P is free, and programs that it had a part in are over."""
    s.warn("m lost", m=m.id, pid=m.pid, why=why)
    leave(s, m, why)
    s.out.append(Forget(m.peer))


def leave(s: State, m: M, why: str) -> None:
    """An M is no member any more."""
    s.members.lose(m)
    s.outputs.pop(m.peer, None)  # who comes back under the same address counts from 0
    s.acknowledge.pop(m.peer, None)
    s.slowed.pop(m.peer, None)
    if m.p is not None:
        s.table.release(s.table.ps[m.p])
        s.step("ProcStop", m=m.id, p=m.p, detail="retaken")
        m.p = None
    s.step("MExit", m=m.id, detail=why)
    for program in list(s.programs.values()):
        if program.result is not None:
            dropped(s, m, program.id)
        elif program.dumping.pop(m.id, m) is None:
            end_when_dumped(s, program)
        else:
            _lose_goroutines(s, program, m, why)
    tell_roster(s, (m.id,))


def _lose_goroutines(s: State, program: Program, m: M, why: str) -> None:
    untaken = [record for record in m.untaken.values() if record.program == program.id]
    if program.options.pool:
        if not pools.lose(s, program, m, why, [record.goid for record in untaken]):
            finish(s, program, "lost", 1, _lost_text(m, why))
        return
    program.deaths += bool(untaken)
    hopeless = untaken and (program.deaths >= DEATHS_MAX or not s.members.ms)
    if m.took.get(program.id) or hopeless:
        finish(s, program, "lost", 1, _lost_text(m, why))
    elif untaken:
        program.sent -= len(untaken)
        s.globrunq.put_first(untaken)


def refused(s: State, m: M, record: Record) -> None:
    """`m` cannot run this goroutine: it goes back to where it came from, also if that holds no P."""
    m.untaken.pop((record.program, record.goid), None)
    program = s.programs.get(record.program)
    if program is None or program.result is not None:
        return
    program.received += 1
    giver = s.members.ms.get(record.giver)
    if giver is None:  # then the program is about to end, too: it had goroutines there
        finish(s, program, "lost", 1, f"cluster.LostError: goroutine {record.goid} can go nowhere: {record.refused}")
        return
    program.sent += 1
    giver.untaken[record.program, record.goid] = record
    s.tell(giver, Back(record))


def _lost_text(m: M, why: str) -> str:
    return (
        f"cluster.LostError: M {m.id} (pid {m.pid}) {why}, with goroutines of this program on it. They are lost, and "
        f"so is the program: other goroutines may wait for them."
    )


def silence_text(silent_ns: int) -> str:
    """Why an M that said nothing is given up."""
    return f"was silent for {silent_ns / SECOND:.1f} s"


def tell_roster(s: State, gone: tuple[MId, ...] = ()) -> None:
    """Tell all Ms who can be spoken to."""
    peers = s.members.roster()
    for m in s.members.ms.values():
        s.tell(m, Roster(peers, gone))


def boot(s: State) -> None:
    """The steps of Go's bootstrap that precede any program."""
    s.boot_steps.append(Step("SchedInit", s.now, -1, -1, -1, f"procs={len(s.table)}"))
    for p in s.table.ps:
        s.boot_steps.append(Step("ProcCreate", s.now, -1, p.id, -1, ""))
