"""Who gets which P, and which goroutines; and who is asked for some.

Order.      Ms that already have goroutines and want a P come first, in the order of their asking.
            Then goroutines that nobody owns: to Ms that spin, else to an idle P with the M that
            became idle last. Whoever still has nothing is hungry, and Ms that run are told.
Hunger.     Told once, answered once by Give, told again while it lasts. A broadcast, not one
            victim: the loads we know are up to a renewal old, and an M that has nothing to spare
            does not answer. What is given goes to whoever is hungry at that moment.
Blocked.    An M whose goroutine blocks says so, and keeps its P while nobody could use that; else it is told
            to hand it off, and all that can move goes with it. It comes back as one that wants a P, and its own
            is the first that it gets if that is idle.
Waking.     One M is woken per batch, and each batch is at most n/procs + 1: a few goroutines do not
            wake all Ms, and no two Ms are sent after the same work.
Unlike Go.  A thief cannot look into a victim's queue; and a P that spins keeps its lease, so that a
            message from another M finds it ready, and is asked back when somebody else wants a P.
Sources.    Go 1.19 runtime/proc.go: wakep, startm, findRunnable, stealWork, handoffp, retake.
"""

from cluster.model.clock import Instant, after
from cluster.model.ids import NO_M, MId, ProgramId
from cluster.model.limits import SLICE_NS
from cluster.model.status import MEvent, MStatus
from cluster.wire.messages import Gone, HandOff, Hunger, LeaseP, Record, Retake, Work
from coordinator.core import newm, pools
from coordinator.core.membership import M
from coordinator.core.programs import Place, came
from coordinator.core.ptable import P
from coordinator.core.state import State


def balance(s: State) -> None:
    """Bring Ps, Ms and goroutines together, as far as they go. Called after every message."""
    _hand_off(s)
    _serve_wanting(s)
    _place_goroutines(s)
    _tell_hunger(s)


def _hand_off(s: State) -> None:
    """Ms that are blocked hand their Ps off, if there is, or could be, an M to take them. Source: retake, handoffp."""
    if not (s.members.idle or s.members.first_wanting() is not None or newm.growing(s)):
        return
    for m in s.members.with_status(MStatus.RUNNING):
        if m.blocked:
            p = holding(s, m)
            m.blocked, m.retake_asked_at = False, s.now
            s.step("Retake", m=m.id, p=p.id, detail="blocked")
            s.tell(m, HandOff(p.id, p.epoch))


def _serve_wanting(s: State) -> None:
    while s.table.idle and (m := s.members.first_wanting()) is not None:
        grant(s, m)
    if s.members.first_wanting() is not None:
        _ask_back(s)


def _ask_back(s: State) -> None:
    """Somebody wants a P and all are leased: ask for that of a spinning M, else for the oldest lease.

    One is asked at a time; but one that has not answered within a slice is in a long call, and the
    next is asked.
    """
    at = next_retake(s)
    if at is None or s.now < at:
        return
    victim = min(_not_asked(s), key=lambda m: _slice_end(s, m))
    p = holding(s, victim)
    victim.retake_asked_at = s.now
    s.step("Retake", m=victim.id, p=p.id, detail="" if victim.status is MStatus.RUNNING else "spinning")
    s.tell(victim, Retake(p.id, p.epoch))


def next_retake(s: State) -> Instant | None:
    """When a P will be asked back; None when nobody waits for one, or may have one, or all holders have been asked."""
    if s.resizes or s.members.first_wanting() is None or not (candidates := _not_asked(s)):
        return None
    asked = [m.retake_asked_at for m in s.members.ms.values() if m.p is not None and m.retake_asked_at is not None]
    return max([min(_slice_end(s, m) for m in candidates), *(after(at, SLICE_NS) for at in asked)])


def _not_asked(s: State) -> list[M]:
    """Holders of Ps, those that spin first, that were not asked for theirs."""
    holders = s.members.with_status(MStatus.SPINNING) + s.members.with_status(MStatus.RUNNING)
    return [m for m in holders if m.retake_asked_at is None]


def _slice_end(s: State, m: M) -> Instant:
    """When the P of `m` may be asked back: at once while `m` has no work for it."""
    return Instant(0) if m.status is MStatus.SPINNING else after(holding(s, m).granted_at, SLICE_NS)


def _place_goroutines(s: State) -> None:
    for m in s.members.with_status(MStatus.SPINNING):
        if not s.globrunq:
            break
        s.members.move(m, MEvent.FIND)
        ship(s, m, s.globrunq.batch(len(s.table)))
    while s.table.idle and (s.globrunq or any(p.runq for p in s.table.ps)):
        idle = s.members.last_idle()
        if idle is None:
            newm.newm(s)
            break
        grant(s, idle)
        if s.globrunq:
            ship(s, idle, s.globrunq.batch(len(s.table)))


def grant(s: State, m: M) -> P:
    """Lease an idle P to `m`, with the goroutines that wait on it."""
    p = s.table.acquire(m.id, s.now, own=m.status is MStatus.WANTING)
    assert p is not None, "the caller saw an idle P"
    s.members.move(m, MEvent.LEASE)
    m.p, m.retake_asked_at, m.blocked = p.id, None, False
    m.told_hungry = hungry(s)
    s.tell(m, LeaseP(p.id, p.epoch, m.nonce, p.tick, len(s.table), m.told_hungry))
    s.step("ProcStart", m=m.id, p=p.id, detail=f"epoch={p.epoch}")
    if p.runq:
        records, p.runq = tuple(p.runq), []
        ship(s, m, records)
    return p


def ship(s: State, m: M, records: tuple[Record, ...]) -> None:
    """Send goroutines to the holder of a P."""
    p = holding(s, m)
    for record in records:
        m.untaken[record.program, record.goid] = record
        if (program := s.programs.get(record.program)) is not None:
            program.sent += 1
    s.tell(m, Work(p.id, p.epoch, records))


def given(s: State, m: M, records: tuple[Record, ...]) -> None:
    """`m` gives these away. Started ones go to one thief together, as Go's thief takes half of one queue.

    If only one M is hungry, the others do, too, and what `m` gives later with nobody hungry: the rest of that half.
    What waited here instead would be pulled back by who gave it, and fetched by the thief in ever smaller parts.
    """
    s.tally.steals, s.tally.stolen = s.tally.steals + 1, s.tally.stolen + len(records)
    s.step("Steal", m=m.id, p=holding(s, m).id, detail=f"{len(records)} goroutines")
    hungry_ms = len(s.members.with_status(MStatus.SPINNING)) + min(s.table.idle, s.members.idle)
    if (
        records
        and hungry_ms == 0
        and (last := s.members.ms.get(m.gave_to)) is not None
        and last.status is MStatus.RUNNING
    ):
        ship(s, last, records)
        return
    direct = records if hungry_ms == 1 else tuple(record for record in records if record.started)
    thief = _thief(s) if direct else None
    if thief is not None:
        ship(s, thief, direct)
        records = tuple(record for record in records if hungry_ms > 1 and not record.started)
    m.gave_to = NO_M if thief is None or hungry_ms > 1 else thief.id
    s.globrunq.put(records)


def _thief(s: State) -> M | None:
    """An M that can run goroutines at once, and now holds a P for them; None when nobody is hungry."""
    if s.resizes:
        return None  # the world is being stopped: nobody gets a P
    for spinning in s.members.with_status(MStatus.SPINNING):
        s.members.move(spinning, MEvent.FIND)
        return spinning
    idle = s.members.last_idle()
    if idle is not None and s.table.idle:
        grant(s, idle)
        return idle
    return None


def took(s: State, m: M, program: ProgramId, goids: tuple[int, ...]) -> None:
    """Goroutines that were sent to `m` are its own from now on: nobody else can have them, or need keep them."""
    gone: dict[MId, list[int]] = {}
    living = s.programs.get(program)
    for goid in goids:
        record = m.untaken.pop((program, goid), None)
        if living is not None and record is not None:
            came(living, goid, Place(m.id, s.now, record.started))
        if record is not None and record.started and record.giver != m.id:
            gone.setdefault(record.giver, []).append(goid)
    m.took[program] = m.took.get(program, 0) + len(goids)
    if living is not None and living.options.pool:
        pools.took(living, m, goids)
    for giver, theirs in gone.items():
        if giver in s.members.ms:
            s.tell(s.members.ms[giver], Gone(program, tuple(theirs)))


def holding(s: State, m: M) -> P:
    """The P that `m` holds."""
    assert m.p is not None, f"M {m.id} holds no P"
    return s.table.ps[m.p]


def hungry(s: State) -> bool:
    """Whether somebody could run goroutines at once: a spinning M; for an idle P one that is idle, or will be made."""
    idle = s.table.idle > 0 and (s.members.idle > 0 or newm.growing(s))
    return not s.globrunq and (idle or any(m.status is MStatus.SPINNING for m in s.members.ms.values()))


def _tell_hunger(s: State) -> None:
    want, backlog = hungry(s), len(s.globrunq) > 0
    for m in s.members.with_status(MStatus.RUNNING):
        if (m.told_hungry, m.told_backlog) != (want, backlog):
            m.told_hungry, m.told_backlog = want, backlog
            s.tell(m, Hunger(want, backlog))
