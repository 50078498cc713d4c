"""Pools: programs without a main, whose client submits tasks and waits for their results.

Owner.      The client has the tasks, and decides what is run again; here is only which M has which. Results pass
            through unread.
Loss.       When an M dies the client hears which tasks may have been lost with it: also those that it has not said it
            took, for a task that kills its M may do so before that word has left. That is possible as long as
            nothing of one M knows of anything on another: a goroutine that a task has started, and that was stolen,
            or a task that was stolen when it had begun, leaves objects behind. From then on the program is
            entangled, and ends with an M as any program does; the client starts another.
Invariants. `holder` names an M that has taken the carrier or task, and has neither given it on nor died. What the
            client has heard of all is forgotten when it says so.
Unlike Go.  A pool that waits for tasks is idle, not deadlocked; tasks that wait for ever are.
Sources.    design.md 6. CPython Lib/concurrent/futures/process.py: BrokenProcessPool is what this spares.
"""

from typing import Final

from cluster.kernel.tasks import is_task
from cluster.model.clock import SECOND, Instant, after
from cluster.model.ids import ProgramId
from cluster.model.limits import WITHDRAWN_MAX
from cluster.wire.messages import EndM, Record, Results, Submit, TasksLost, Withdraw
from coordinator.core.membership import M, PeerId
from coordinator.core.programs import Program
from coordinator.core.state import State

DEAF_NS: Final = 2 * SECOND  # an M that can speak renews its lease four times in it, and ends itself in a quarter


def submit(s: State, client: PeerId, message: Submit) -> None:
    """A client wants these run."""
    program = _of_client(s, client, message.program)
    if program is not None:
        for number in message.done:
            program.holder.pop(number, None)
        s.globrunq.put(message.records)


def withdraw(s: State, client: PeerId, message: Withdraw) -> None:
    """A client does not want these any more: whoever has them is told, and who may get them."""
    program = _of_client(s, client, message.program)
    if program is None:
        return
    for m in s.members.ms.values():
        s.tell(m, message)
    program.withdrawn.update(dict.fromkeys(message.tasks, message))
    while len(program.withdrawn) > WITHDRAWN_MAX:
        del program.withdrawn[next(iter(program.withdrawn))]
    for number in message.tasks if message.end else ():
        holder = program.holder.get(number, program.holder.get(message.carrier))
        if holder is not None:
            program.to_end[holder] = s.now


def tell_withdrawn(s: State, program: Program, m: M) -> None:
    """`m` has come since: it may be given these tasks as any other M may."""
    numbers: dict[tuple[bool, bool], list[int]] = {}
    for number, message in program.withdrawn.items():
        numbers.setdefault((message.force, message.end), []).append(number)
    for (force, end), those in numbers.items():
        s.tell(m, Withdraw(program.id, tuple(those), force, end))


def end_deaf(s: State, program: Program) -> None:
    """End the Ms that were told to end a task or themselves, and have not said a word since: a call of C keeps them."""
    for id, since in list(program.to_end.items()):
        if s.now < after(since, DEAF_NS):
            continue
        del program.to_end[id]
        m = s.members.ms.get(id)
        if m is not None and m.spoke_at <= since:
            s.warn("m is deaf, and ended", m=id, pid=m.pid)
            for peer in s.members.nurseries:
                s.send(peer, EndM(m.pid))


def next_deaf(program: Program) -> Instant | None:
    """When `end_deaf` has something to do."""
    return min((after(since, DEAF_NS) for since in program.to_end.values()), default=None)


def _of_client(s: State, client: PeerId, id: ProgramId) -> Program | None:
    program = s.programs.get(id)
    mine = program is not None and program.client == client and program.options.pool and program.result is None
    return program if mine else None


def results(s: State, message: Results) -> None:
    """Pass on what an M tells of its tasks."""
    program = s.programs.get(message.program)
    if program is not None and program.result is None:
        for number in message.tasks:
            program.holder.pop(number, None)
            program.withdrawn.pop(number, None)
        s.send(program.client, message)


def took(program: Program, m: M, goids: tuple[int, ...]) -> None:
    """`m` has these from now on."""
    for goid in goids:
        program.holder[goid] = m.id


def left(program: Program, record: Record) -> None:
    """An M has given this goroutine away."""
    program.holder.pop(record.goid, None)
    if record.started or not is_task(record.goid):
        program.entangled = True


def lose(s: State, program: Program, m: M, why: str, untaken: list[int]) -> bool:
    """Tell the client what died with `m`; False when the program cannot go on without it."""
    if program.entangled:
        return False
    held = [goid for goid, holder in program.holder.items() if holder == m.id]
    for goid in held:
        del program.holder[goid]
    lost = (*held, *untaken)
    program.crippled = True
    on_their_way = [
        r.goid for other in s.members.ms.values() for r in other.untaken.values() if r.program == program.id
    ]
    kept = (*program.holder, *on_their_way, *s.globrunq.goids(program.id))
    s.send(program.client, TasksLost(program.id, lost, kept, f"M {m.id} (pid {m.pid}) {why}", m.pid))
    return True
