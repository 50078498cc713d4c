"""Answers to `cluster why`: what this M knows of one goroutine, and of the objects for which it waits.

Where.      Here, in a queue or in none; or in flight: it came and was not read yet, or was given away and the receiver
            has not said that it has it.
Owner.      The goroutine's own M tells what it waits for. The home of an object tells its state, and each M that has
            heard of it which of its goroutines wait for it or have it. One without a name is known to its M only.
Threads.    Also beside a running goroutine: what is walked is copied, and what changes meanwhile was so a moment ago.
Bound.      HAVING_MAX goroutines are named of those that only have an object in a variable.
Unlike Go.  Go stops the world for a dump; here each M answers for itself, and the answers are a message apart.
"""

from typing import Final, Protocol

from cluster.kernel.dump import describe
from cluster.kernel.g import G, pinned_by, status_of
from cluster.kernel.sched import Sched
from cluster.kernel.waiting import On, facts, ties, waits_for
from cluster.model.clock import Instant
from cluster.model.ids import NO_M, ObjId, ProgramId
from cluster.model.status import GStatus
from cluster.wire.inquiry import Fact, Found, Inquire, Inquired, Known, Party
from worker.core import census
from worker.core.homes import Homes
from worker.core.programs import Hosted
from worker.core.tracing import Tracer

HAVING_MAX: Final = 100
IN_FLIGHT: Final = "in flight"
_UNREAD: Final = "it came to this M, which has not read it yet"
_LEFT: Final = "it was given away, and who got it has not said so yet"


class Asked(Protocol):
    """The M, to who asks."""

    programs: dict[ProgramId, Hosted]
    sched: Sched
    homes: Homes
    tracer: Tracer


def answer(question: Inquire, m: Asked) -> Inquired:
    """What this M knows of the goroutine; or of the objects, when there are some."""
    sched, hosted = m.sched, m.programs.get(question.program)
    if hosted is None:
        return Inquired(question.ticket, (), ())
    g = hosted.kernel.gs.get(question.goid)
    if question.objs:
        found = [m.homes.known(ref) for ref in question.objs]
        objs = [_known(On("", obj, "", None, {}), hosted, sched, g) for obj in found if obj is not None]
        return Inquired(question.ticket, (), tuple(objs))
    if g is None:
        return Inquired(question.ticket, _in_flight(hosted, question.goid), ())
    objs = [_known(on, hosted, sched, g) for on in waits_for(g, sched)]
    return Inquired(question.ticket, (_found(g, sched, m.tracer),), tuple(objs))


def _in_flight(hosted: Hosted, goid: int) -> tuple[Found, ...]:
    if any(record.goid == goid for record in list(hosted.inbox)):
        return (Found(IN_FLIGHT, "", _UNREAD, "", "", -1, 0, 0),)
    if goid in hosted.departed:
        return (Found(IN_FLIGHT, "", _LEFT, "", "", -1, 0, 0),)
    return ()


def _found(g: G, sched: Sched, tracer: Tracer) -> Found:
    status = status_of(g, sched.cur)
    reason = g.wait_reason.text if status is GStatus.WAITING and g.wait_reason is not None else ""
    ran = tracer.last_run(g.program.id, g.goid)
    ago, slices, preempted = (-1, 0, 0) if ran is None else (sched.clock.now() - ran.last, ran.slices, ran.preempted)
    queue = _queue(g, sched) if status is GStatus.RUNNABLE else ""
    text = describe(g, sched.cur)
    return Found(status.name.lower(), reason, queue, pinned_by(g), text, max(-1, ago), slices, preempted)


def _queue(g: G, sched: Sched) -> str:
    """Where a runnable goroutine stands."""
    if sched.runnext is g:
        return "runnext: it runs next"
    for name, queue in (("the ring of its P", list(sched.ring)), ("this M's global queue", list(sched.globrunq))):
        if g in queue:
            return f"{name}, place {queue.index(g) + 1} of {len(queue)}"
    return ""


def _known(on: On, hosted: Hosted, sched: Sched, g: G | None) -> Known:
    now = sched.clock.now()
    obj = on.obj
    told = tuple(Fact(*fact) for fact in (on.facts or facts(obj, sched)).items())
    if obj is None:
        return Known(on.kind, NO_M, 0, 0, on.doing, -1, told, (), (), (), 0)
    ref: ObjId | None = getattr(obj, "id", None)
    home, serial = (NO_M, 0) if ref is None else ref
    address = 0 if getattr(obj, "home", None) is not None else id(obj)
    tied = ties(obj, census.goroutines(hosted), sched, g)
    return Known(
        on.kind, home, serial, address, on.doing, _since(on.since, now), told,
        tuple(Party(*party) for party in tied.waiting), tuple(tied.inside), tuple(tied.having[:HAVING_MAX]),
        tied.unseen + len(tied.having[HAVING_MAX:]),
    )  # fmt: skip


def _since(since: Instant | None, now: Instant) -> int:
    return -1 if since is None else max(0, now - since)
