"""Goroutines that have not started, as records that any M can run, and back.

Body.       (function, arguments, where it was made), pickled; of main (function, arguments), as its
            client writes it, or b"" for the `main` of a program that was named by its path.
Owner.      Whoever has the record has the goroutine: `pack` takes it off this M, `unpack` puts it on.
Invariants. A goroutine is in at most one of: an M's kernel, a record. Each crossing is counted once
            as sent and once as received.
Pinned.     One whose arguments cannot be pickled stays where it is, for good: the reason is kept on
            the G, so that no thief tries again.
Unlike Go.  A G of Go is a pointer, which any P may take. Its wired goroutines are the model of ours
            that are pinned.
Sources.    Go 1.19 runtime/proc.go: newproc1, runqgrab, stoplockedm.
"""

from collections.abc import Callable, Mapping
from typing import cast

from cluster.kernel.dump import created_by
from cluster.kernel.g import G
from cluster.kernel.sched import Sched
from cluster.kernel.stealing import steal
from cluster.model.errors import CannotShipError
from cluster.model.ids import MAIN_GOID, ProgramId
from cluster.wire.messages import Record
from cluster.wire.pickling import Pickling
from worker.core.endings import Failure, unreadable
from worker.core.programs import Hosted

Function = Callable[..., object]


def pack(hosted: Hosted, pickling: Pickling, g: G) -> Record | None:
    """A record of `g`, which is then no longer this M's; None when it cannot leave, and is pinned."""
    made_at = () if g.goid == MAIN_GOID else (created_by(g),)
    try:
        body = pickling.dumps((g.fn, g.args, *made_at), f"goroutine {g.goid}")
    except CannotShipError as error:
        g.pinned = str(error)
        return None
    del hosted.kernel.gs[g.goid]
    hosted.sent += 1
    hosted.away += 1
    return Record(hosted.id, g.goid, body)


def pack_half(sched: Sched, programs: Mapping[ProgramId, Hosted], last_resort: bool) -> tuple[Record, ...]:
    """Records of half of what can leave, oldest first; what turns out to be pinned stays, in globrunq.

    For `last_resort` see `steal`.
    """
    packed = []
    for g in steal(sched, last_resort):
        hosted = programs[g.program.id]
        assert hosted.pickling is not None, "a program whose goroutines run is loaded"
        record = pack(hosted, hosted.pickling, g)
        if record is None:
            sched.globrunq.append(g)
        else:
            packed.append(record)
    return tuple(packed)


def unpack_inbox(hosted: Hosted, sched: Sched) -> Failure | None:
    """Queue the goroutines that came, once their program is loaded; why the program is over, if one cannot be read."""
    if hosted.inbox and hosted.failure:
        return Failure("load", 1, hosted.failure)
    while hosted.inbox and hosted.pickling is not None:
        record = hosted.inbox.popleft()
        try:
            unpack(hosted, hosted.pickling, sched, record)
        except Exception as error:  # noqa: BLE001  # reading arguments runs their classes' code
            return unreadable(record.goid, error)
    return None


def unpack(hosted: Hosted, pickling: Pickling, sched: Sched, record: Record) -> None:
    """Queue the goroutine of a record at the tail of the ring. Raises what reading its arguments raises."""
    if record.goid == MAIN_GOID:
        # A body is written by `pack`, or by the client for main, so its shape is known.
        main = (pickling.main_attribute("main"), ()) if not record.body else pickling.loads(record.body)
        fn, args = cast("tuple[Function, tuple[object, ...]]", main)
        sched.spawn_main(hosted.kernel, fn, args)
        hosted.away -= 1
        return
    fn, args, made_at = cast("tuple[Function, tuple[object, ...], tuple[str, ...]]", pickling.loads(record.body))
    g = G(record.goid, hosted.kernel, fn, args, made_at, 0)
    hosted.kernel.gs[g.goid] = g
    hosted.away -= 1
    sched.put([g])
