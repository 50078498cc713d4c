"""`cluster why`: where a goroutine is, for what it waits, who could wake it, and how it came there.

Rounds.     All Ms are asked for the goroutine. When one has it, and what it waits for has a name that other Ms may
            know, these are asked for the objects: their home knows the state, each M knows its own goroutines. Nobody
            is waited for longer than PATIENCE_NS in each round; who has not answered is named as silent.
Place.      On the M that says so. Else between two Ms, as far as is known here: in a queue of ours, or sent to an M
            that has not said that it has it. Else on an M that is silent, if it was there last. Else nowhere: it has
            ended, or never was; nobody keeps a list of the dead. Since a goroutine may run from one M to another past
            those that are being asked, they are asked TRIES times before that is said.
History.    What an M takes it says (Took), so the moves of all goroutines are known here. The last few of each are
            kept, of those goroutines of a program that have moved last: see programs.py. What has never moved is on
            the M that made it, which its number tells: ids come in stripes, one for each M.
Bound.      WHYS_MAX questions at a time.
Unlike Go.  Go has no such question: its delve stops the program for it.
"""

from typing import Final

from cluster.model.clock import SECOND, Instant, after
from cluster.model.ids import MAIN_GOID, NO_M, NO_P, MId, ObjId
from cluster.model.limits import GOID_BATCH
from cluster.wire.inquiry import AskWhy, Inquire, Inquired, Moved, ObjAt, Silent, Why
from cluster.wire.messages import Record, Refused
from coordinator.core.membership import M, PeerId
from coordinator.core.programs import Program
from coordinator.core.state import State, WhyRound

WHYS_MAX: Final = 64
PATIENCE_NS: Final = 1 * SECOND  # as of a dump: an M that is stopped, or keeps the GIL in a call, does not answer
TRIES: Final = 3
IN_FLIGHT: Final = "in flight"  # as Ms say it


def ask(s: State, client: PeerId, question: AskWhy) -> None:
    """A client asks for a goroutine."""
    program = s.programs.get(question.program)
    if program is None or program.result is not None:
        s.send(client, Refused(f"there is no program {question.program}, or no longer"))
    elif len(s.whys) >= WHYS_MAX:
        s.send(client, Refused(f"{WHYS_MAX} such questions are being answered: ask again"))
    else:
        s.next_why += 1
        s.whys[s.next_why] = current = WhyRound(client, program.id, question.goid, {}, s.now)
        _ask_all(s, s.next_why, current)


def _ask_all(s: State, ticket: int, current: WhyRound) -> None:
    current.tries += 1
    current.began_at = s.now
    for m in s.members.ms.values():
        current.awaiting[m.id] = None
        s.tell(m, Inquire(ticket, current.program, current.goid, ()))


def answered(s: State, m: M, answer: Inquired) -> None:
    """An M has told what it knows."""
    current = s.whys.get(answer.ticket)
    if current is None or m.id not in current.awaiting:
        return
    del current.awaiting[m.id]
    current.objs += [ObjAt(m.id, known) for known in answer.objs]
    for found in answer.found:
        if current.holder is None or current.found is None or current.found.status == IN_FLIGHT:
            current.holder, current.found = m.id, found  # who has it knows more than who has given it away


def tick(s: State) -> None:
    """Go on with questions whose Ms have answered, or had time enough."""
    for ticket, current in list(s.whys.items()):
        current.awaiting = {m: None for m in current.awaiting if m in s.members.ms}
        late = s.now >= after(current.began_at, PATIENCE_NS) or current.program not in s.programs
        if current.awaiting and not late:
            continue
        current.silent |= current.awaiting
        current.awaiting = {}
        again = current.program in s.programs and bool(s.members.ms) and current.tries < TRIES
        if current.found is None and not current.silent and again:
            _ask_all(s, ticket, current)
            continue
        names = _names(current)
        if names and not current.asked_objects:
            current.asked_objects, current.began_at = True, s.now
            for m in s.members.ms.values():
                if m.id != current.holder and m.id not in current.silent:
                    current.awaiting[m.id] = None
                    s.tell(m, Inquire(ticket, current.program, current.goid, names))
        if not current.awaiting:
            del s.whys[ticket]
            _tell(s, current)


def deadline(s: State) -> Instant | None:
    """When `tick` has something to do though nobody answers."""
    return min((after(current.began_at, PATIENCE_NS) for current in s.whys.values()), default=None)


def _names(current: WhyRound) -> tuple[ObjId, ...]:
    """The objects for which the goroutine waits that others may know, in the order of its cases."""
    known = [at.known for at in current.objs if at.m == current.holder]
    return tuple(dict.fromkeys(ObjId(obj.home, obj.serial) for obj in known if obj.home != NO_M))


def _tell(s: State, current: WhyRound) -> None:
    program = s.programs.get(current.program)
    if program is None:
        s.send(current.client, Refused(f"program {current.program} has ended meanwhile"))
        return
    place, detail, m = _place(s, program, current)
    p = NO_P if m is None or m.p is None else m.p
    silent = [s.members.ms[id] for id in current.silent if id in s.members.ms]
    s.send(
        current.client,
        Why(
            program.id, current.goid, place, detail,
            NO_M if m is None else m.id, -1 if m is None else m.pid, p, "" if m is None else m.status.value,
            maker(program, current.goid),
            () if current.found is None else (current.found,),
            tuple(current.objs),
            tuple(Silent(m.id, m.pid, s.now - m.spoke_at) for m in silent),
            tuple(Moved(one.m, s.now - one.at, one.started) for one in program.places.get(current.goid, ())),
        ),
    )  # fmt: skip


def _place(s: State, program: Program, current: WhyRound) -> tuple[str, str, M | None]:
    """(place, detail, the M) of a goroutine; see `Why`."""
    goid = current.goid
    holder = None if current.holder is None else s.members.ms.get(current.holder)
    if holder is not None and current.found is not None and current.found.status != IN_FLIGHT:
        return "m", "", holder
    for m in s.members.ms.values():
        if (program.id, goid) in m.untaken:
            return "flight", f"sent to M {m.id}, which has not said that it has it", m
    for name, records in _queues(s):
        for at, record in enumerate(records, 1):
            if (record.program, record.goid) == (program.id, goid):
                return "queue", f"{name}, place {at} of {len(records)}", None
    if holder is not None and current.found is not None:
        return "flight", current.found.queue, holder
    last = _last_place(program, goid)
    if last in current.silent and last in s.members.ms:
        return "silent", f"M {last} had it last, and does not answer", s.members.ms[last]
    return "nowhere", "", None


def _queues(s: State) -> list[tuple[str, list[Record]]]:
    ours = [("the coordinator's global queue", s.globrunq.records())]
    return ours + [(f"the queue of P {p.id}, which no M holds", list(p.runq)) for p in s.table.ps if p.runq]


def _last_place(program: Program, goid: int) -> MId:
    """Where a goroutine was when it was heard of last."""
    moves = program.places.get(goid)
    return moves[-1].m if moves else maker(program, goid)


def maker(program: Program, goid: int) -> MId:
    """The M that has made a goroutine, told by its number; NO_M for main, for a task and for no number of ours."""
    if goid <= MAIN_GOID:
        return NO_M
    lap, rest = divmod(goid - 1, 1 << 40)
    return program.stripe_of.get(lap * program.stripes + rest // GOID_BATCH % program.stripes, NO_M)
