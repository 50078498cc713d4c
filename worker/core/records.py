"""Goroutines as records that another M can run, and back.

Body.       Of one that has not started: (function, arguments, where it was made), pickled; of main (function,
            arguments), as its client writes it, or b"" for the `main` of a program that was named by its
            path. Of one that has: its frames, what it was woken with, and its stack of `call`s; see
            wire/moving.py. Its G and this M's kernel are in its frames, too: there the receiver's own stand.
Owner.      Whoever has the record has the goroutine: `pack` takes it off this M, what `read` makes puts it on.
Originals.  What was written need not be readable: classes have their own ways. So the original of one that has
            started is kept, and runs nowhere, until the receiver has read its record (Gone); then it is
            emptied, and none of its code runs for that. If it comes back (Back), the original goes on.
Invariants. A goroutine is in at most one of: an M's kernel, a record. Each crossing is counted once
            as sent and once as received.
Pinned.     One that cannot be pickled stays: of one that has not started its arguments are asked once, of one
            that has its variables, again when it has run. The reason is kept on the G.
Unlike Go.  A G of Go is a pointer, which any P may take. Its wired goroutines are the model of ours
            that are pinned.
Sources.    Go 1.19 runtime/proc.go: newproc1, runqgrab, stoplockedm.
"""

import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import CoroutineType
from typing import Any, cast

from cluster.kernel.dump import created_by
from cluster.kernel.g import G, HasFrames, Named, name_of, refuse
from cluster.kernel.sched import Sched
from cluster.kernel.tasks import is_task, run_task
from cluster.model.errors import CannotShipError
from cluster.model.ids import MAIN_GOID, MId
from cluster.model.limits import MOVE_CALLS_MAX
from cluster.wire import moving
from cluster.wire.messages import Record
from cluster.wire.pickling import PROTOCOL, Pickling
from cluster.wire.refusal import text_of
from cluster.wire.sharing import shared_generators
from worker.core.programs import Departed, Hosted

Function = Callable[..., object]
Queue = Callable[[], G]  # puts a goroutine on this M; to be called once, under the shell's lock
_State = tuple[str, tuple[str, ...], object, HasFrames | None, "CoroutineType[Any, Any, Any]"]


def pack(hosted: Hosted, pickling: Pickling, sched: Sched, me: MId, g: G) -> Record | None:
    """A record of `g`, which is then no longer this M's; None when it cannot leave, and is pinned."""
    kernel = hosted.kernel
    try:
        if g.send is None:
            body, packed = _unstarted(pickling, g), None
        else:
            packed = _started(hosted, pickling, sched, g)
            body = packed.data
    except BaseException as error:  # noqa: BLE001  # it may be the program's own: see what pickling calls
        refuse(g, text_of(error))
        return None
    if kernel.gs.pop(g.goid, None) is None:
        return None  # the program has ended meanwhile
    stack = kernel.stacks.pop(g.goid, None)
    if packed is not None:
        hosted.departed[g.goid] = Departed(g, stack, replace(packed, data=b"", written=[]))
    if kernel.main is g:
        kernel.main = None
    hosted.sent += 1
    hosted.away += 1
    return Record(hosted.id, g.goid, body, g.send is not None, me)


def _unstarted(pickling: Pickling, g: G) -> bytes:
    if is_task(g.goid) and g.fn is run_task:
        return pickle.dumps((g.fn, g.args, created_by(g)), PROTOCOL)  # of ours, and bytes: a tenth of what is below
    made_at = () if g.goid == MAIN_GOID else (created_by(g),)
    return pickling.dumps((g.fn, g.args, *made_at), f"goroutine {g.goid}")


def _started(hosted: Hosted, pickling: Pickling, sched: Sched, g: G) -> moving.Packed:
    """The goroutine as bytes, untouched."""
    coroutine = getattr(g.send, "__self__", None)
    assert isinstance(coroutine, CoroutineType), "its `send` is a coroutine's own"
    stack = hosted.kernel.stacks.get(g.goid)
    calls = stack.frames if stack is not None else []
    if len(calls) > MOVE_CALLS_MAX:
        raise CannotShipError(f"it is {len(calls)} calls deep, more than {MOVE_CALLS_MAX} (MOVE_CALLS_MAX)")
    state = name_of(g.fn), created_by(g), g.val, stack, coroutine
    mine, sharing = (g, sched, hosted.kernel), hosted.sharing
    packed = moving.pack(state, pickling, mine, [coroutine, *calls], keep=sharing is not None)
    if any(_is_generator(generator) for generator, _ in packed.frames):
        packed = packed if packed.written else moving.pack(state, pickling, mine, [coroutine, *calls], keep=True)
        if held := [one for one in shared_generators(packed, g) if _is_generator(one)]:
            raise CannotShipError(f"generator {held[0].__qualname__}: somebody who stays refers to it, too")
    if sharing is not None and (said := sharing.report(packed, g)):
        hosted.warn(said)
    return packed


def _is_generator(obj: Any) -> bool:  # noqa: ANN401  # one of three types, which have different attributes
    """Whether it is a program's generator: those of the runtime are their goroutine's alone."""
    made = getattr(obj, "gi_frame", None) or getattr(obj, "ag_frame", None)
    return made is not None and not str(made.f_globals.get("__name__")).startswith("cluster.kernel.")


def read(hosted: Hosted, pickling: Pickling, sched: Sched, record: Record) -> Queue:
    """What queues the goroutine of a record, at the tail of the ring. Raises what reading it raises.

    Of one that no other M has taken the original goes on: it is what was here before it left.
    """
    if record.started:
        departed = hosted.departed.get(record.goid)
        if departed is None:
            return partial(_queue, hosted, sched, *_restarted(hosted, pickling, sched, record))
        return partial(_queue, hosted, sched, departed.g, departed.stack)
    if record.goid == MAIN_GOID:
        # A body is written by `pack`, or by the client for main, so its shape is known.
        main = (pickling.main_attribute("main"), ()) if not record.body else pickling.loads(record.body)
        return partial(_queue_main, hosted, sched, *cast("tuple[Function, tuple[object, ...]]", main))
    fn, args, made_at = cast("tuple[Function, tuple[object, ...], tuple[str, ...]]", pickling.read(record.body))
    return partial(_queue, hosted, sched, G(record.goid, hosted.kernel, fn, args, made_at, 0), None)


def _queue(hosted: Hosted, sched: Sched, g: G, stack: HasFrames | None) -> G:
    kernel = hosted.kernel
    hosted.departed.pop(g.goid, None)
    if stack is not None:
        kernel.stacks[g.goid] = stack
    if g.goid == MAIN_GOID:
        kernel.main = g
    kernel.gs[g.goid] = g
    hosted.away -= 1
    sched.put([g])
    return g


def _queue_main(hosted: Hosted, sched: Sched, fn: Function, args: tuple[object, ...]) -> G:
    hosted.away -= 1
    return sched.spawn_main(hosted.kernel, fn, args)


def _restarted(hosted: Hosted, pickling: Pickling, sched: Sched, record: Record) -> tuple[G, HasFrames | None]:
    g = G(record.goid, hosted.kernel, Named(""), (), None, 0)
    mine = g, sched, hosted.kernel
    name, made_at, val, stack, coroutine = cast("_State", moving.unpack(record.body, pickling, mine))
    g.fn, g.creator, g.val, g.send = Named(name), made_at, val, coroutine.send
    return g, stack
