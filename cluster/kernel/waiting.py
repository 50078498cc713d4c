"""Why a goroutine waits: the objects that it waits for, what is known of them, and who has to do with them.

How.        All that is asked is in the frames of parked goroutines: the runtime's own frames below the last one of the
            program name the object, and what the frames hold says who else has it. So no operation pays for a question
            that people ask now and then.
Inside.     A goroutine inside of `async with mu` has the `__aexit__` of `mu` on its stack of values: it holds the lock.
            Who holds one that was locked by a plain `lock()` is recorded nowhere, as in Go.
Variables.  A goroutine has an object when a variable of its frames is that object, or holds it: an element, an
            attribute, a variable of an outer function. What lies deeper is not looked for, nor are globals.
Threads.    The sysmon thread may ask beside a running goroutine: all that is walked is copied first, and of one that
            runs only its variables are seen.
Bound.      LOOKED_MAX goroutines are looked at; how many are left is said.
Unlike Go.  Go's dump names no object, and since when a goroutine waits only after a collection of garbage. Here that is
            known of locks and timers only: for all others it would cost each park a look at the clock.
"""

from collections.abc import Iterable, Sequence
from gc import get_referents
from itertools import islice
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    MethodType,
    ModuleType,
)
from typing import Final, NamedTuple

from cluster.kernel import deals
from cluster.kernel.chan import Chan
from cluster.kernel.cond import Cond
from cluster.kernel.context import CancelContext
from cluster.kernel.dump import awaits_of, is_of_runtime
from cluster.kernel.errgroup import ErrGroup
from cluster.kernel.g import CHAN_SEND, CHAN_SEND_NIL, COND_WAIT, IO_WAIT, SLEEP, SYSCALL, G
from cluster.kernel.mutex import LOCKED, STARVING, WAITER, Mutex
from cluster.kernel.netpoll import PollDesc
from cluster.kernel.nilchan import NilChan
from cluster.kernel.once import Once
from cluster.kernel.rwmutex import READERS_MAX, Reading, RWMutex, Writing
from cluster.kernel.sched import Sched
from cluster.kernel.select import Stands, select
from cluster.kernel.semaphore import Semaphore
from cluster.kernel.shared import KIND_OF
from cluster.kernel.timers import RuntimeTimer
from cluster.kernel.waitgroup import WaitGroup
from cluster.kernel.waitq import Case, Hchan, Queue
from cluster.model.clock import MILLISECOND, SECOND, Instant

LOOKED_MAX: Final = 10_000  # at some 10 us each
HELD_MAX: Final = 1000  # a larger list is not searched for what it holds
_NO_HOLDERS: Final = (ModuleType, type, FunctionType, BuiltinFunctionType, CodeType, FrameType, str, bytes, int)


class On(NamedTuple):
    """What a goroutine waits for."""

    kind: str  # a kind of shared object, or "nil chan", "file", "sleep", "syscall"
    obj: object | None  # None where nothing can be asked further
    doing: str  # what it wants there: "send", "lock" …
    since: Instant | None  # None: it is recorded nowhere
    facts: dict[str, str]  # of what is no object


class Ties(NamedTuple):
    """Goroutines of this M that have to do with an object."""

    waiting: list[tuple[int, str]]  # for it, and what for
    inside: list[int]  # of its `async with`
    having: list[int]  # it in their variables
    unseen: int  # goroutines that were not looked at


# -- what it waits for


def waits_for(g: G, sched: Sched) -> list[On]:
    """What a parked goroutine waits for, each case of a select; [] when it is not parked, or that is not known."""
    reason = g.wait_reason
    if reason is None or g is sched.cur:
        return []
    if reason is SLEEP:
        ends = next((when for when, _, who in list(sched.timers.heap) if who is g), None)
        return [On("sleep", None, "wait", None, {} if ends is None else {"ends": _in(ends, sched)})]
    frames = _below(g)
    if reason is SYSCALL:
        return [On("syscall", None, "return", None, {"of": "a call on a helper thread"})]
    if reason is IO_WAIT:
        return [_file(frames)]
    doing = "send" if reason in (CHAN_SEND, CHAN_SEND_NIL) else "receive"
    found: list[On] = []
    for frame in frames:
        mine = frame.f_locals
        if frame.f_code is select.__code__ and isinstance(on := getattr(mine.get("begun"), "on", None), Stands):
            return [_on_chan(ch, "send" if sending else "receive") for ch, sending in on.ends]
        me = mine.get("self")
        if isinstance(me, Chan):
            return [_on_chan(me, doing)]
        if type(me) in KIND_OF and not (isinstance(me, Cond) and reason is not COND_WAIT):
            found.append(On(KIND_OF[type(me)], me, _want(frame), None, {}))
        if found and type(since := mine.get("since")) is int:
            found[0] = found[0]._replace(since=Instant(since))
    return found[:1]  # a lock that is part of another object is no object of its own


def _below(g: G) -> list[FrameType]:
    """The frames of the runtime under the last one of the program, outermost first."""
    frames: list[FrameType] = []
    for _, frame in awaits_of(g):
        if frame is not None and is_of_runtime(frame):
            frames.append(frame)
        elif frame is not None:
            frames.clear()
    return frames


def _on_chan(ch: Hchan, doing: str) -> On:
    if isinstance(ch, NilChan):
        return On("nil chan", None, doing, None, {})
    return On("chan", ch, doing, None, {})


def _want(frame: FrameType) -> str:
    """What a method of a lock was called for: `_lock_for` is part of `lock`."""
    return frame.f_code.co_name.strip("_").removesuffix("_for")


def _file(frames: Sequence[FrameType]) -> On:
    for frame in frames:
        mine = frame.f_locals
        if isinstance(desc := mine.get("self"), PollDesc):
            return On("file", None, "write" if mine.get("write") else "read", None, {"fd": str(desc.fd)})
        if "file" in mine:
            file = mine["file"]
            doing = "write" if frame.f_code.co_name == "writable" else "read"
            return On("file", None, doing, None, {"fd": str(file if isinstance(file, int) else _fileno(file))})
    return On("file", None, "read or write", None, {})


def _fileno(file: object) -> object:
    """Its number; the file itself where it has none any more."""
    try:
        return file.fileno()  # type: ignore[attr-defined]  # whatever the program waits for has one
    except Exception:  # it is the program's own object, and may be closed
        return "closed"


# -- what is known of it, at its home


def facts(obj: object, sched: Sched) -> dict[str, str]:
    """What there is to know of an object at its home, in words, in a fixed order; {} elsewhere."""
    if getattr(obj, "home", None) is not None:
        return {}
    match obj:
        case Chan():
            known = _chan(obj)
        case Mutex():
            known = _mutex(obj)
        case RWMutex():
            readers = obj._readers + READERS_MAX if obj._readers < 0 else obj._readers
            writer = "yes" if obj._readers < 0 else "no"
            known = {"readers, and those who wait to read": str(readers), "a writer has it or is next": writer}
            known["readers that the writer waits for"] = str(obj._leaving)
        case WaitGroup():
            known = {"counter": str(obj._count), "waiting": str(len(obj._waiters))}
        case Cond():
            known = {"waiting": str(len(obj._waiters)), "its lock": repr(obj.mu)}
        case Once():
            known = {"done": "yes" if obj._done else "no, its first call is under way"}
        case Semaphore():
            known = {"free": f"{obj._free} of {obj._size}", "waiting": str(len(obj._waiters))}
            known |= {"first in line wants": str(obj._waiters[0][0])} if obj._waiters else {}
        case ErrGroup():
            known = {"members that have not ended": str(obj._wg._count), "waiting for a turn": str(len(obj._turns))}
        case _:
            known = {}
    fires = min((when for when, timer in _timers(sched) if _is_about(timer, obj)), default=None)
    return known if fires is None else known | {"a timer fires": _in(fires, sched)}


def _chan(ch: Chan[object]) -> dict[str, str]:
    known = {
        "buffered": f"{deals.length(ch)} of {ch.cap}",
        "closed": "yes" if deals.closed(ch) else "no",
        "receivers waiting": str(_living(ch._recvq)),
        "senders waiting": str(_living(ch._sendq)),
    }
    return known if ch._loan is None else known | {"ends": "lent to other Ms when one uses them alone"}


def _living(queue: Queue) -> int:
    return sum(1 for w in list(queue) if not (type(w) is Case and w.claim.over))


def _mutex(mu: Mutex) -> dict[str, str]:
    state = mu._state
    known = {"locked": "yes" if state & LOCKED else "no", "waiting": str(state // WAITER)}
    known |= {"starving": "yes: it is handed over in order"} if state & STARVING else {}
    return known


def _timers(sched: Sched) -> Iterable[tuple[Instant, RuntimeTimer]]:
    for when, serial, timer in list(sched.timers.heap):
        if isinstance(timer, RuntimeTimer) and timer.serial == serial:
            yield when, timer


def _is_about(timer: RuntimeTimer, obj: object) -> bool:
    """Whether what a timer calls sends on this channel, or ends the context whose Done it is."""
    for cell in getattr(timer.f, "__closure__", None) or ():
        held = cell.cell_contents
        if held is obj or (isinstance(held, CancelContext) and held.done() is obj):
            return True
    return False


def _in(when: Instant, sched: Sched) -> str:
    left = when - sched.clock.now()
    if left < 0:
        return f"is overdue by {-left / MILLISECOND:.0f} ms"
    return f"in {left / SECOND:.3f} s"


# -- who has to do with it


def ties(obj: object, gs: Sequence[G], sched: Sched, but: G | None) -> Ties:
    """Which of these goroutines, without `but`, wait for an object, are inside of it, or have it."""
    found = Ties([], [], [], max(0, len(gs) - LOOKED_MAX))
    for g in islice(gs, LOOKED_MAX):
        if g is but:
            continue
        values = _variables(g)
        if waits := [on.doing for on in waits_for(g, sched) if on.obj is obj]:
            found.waiting.extend((g.goid, doing) for doing in waits)
        elif any(_leaves(held, obj) for held in values):
            found.inside.append(g.goid)
        elif any(_is_in(held, obj) for held in values):
            found.having.append(g.goid)
    return found


def _variables(g: G) -> list[object]:
    """What the frames of a goroutine hold; of one that is executing its variables only."""
    if g.send is None:
        return [*g.args, *_cells(g.fn), getattr(g.fn, "__self__", None)]
    values: list[object] = []
    for awaited, frame in awaits_of(g):
        if isinstance(awaited, CoroutineType) and awaited.cr_running and frame is not None:
            values += frame.f_locals.values()
        else:
            values += get_referents(awaited)
    return [held.cell_contents if isinstance(held, CellType) and _is_filled(held) else held for held in values]


def _cells(fn: object) -> list[object]:
    return [cell.cell_contents for cell in getattr(fn, "__closure__", None) or () if _is_filled(cell)]


def _is_filled(cell: CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _leaves(held: object, obj: object) -> bool:
    """Whether this is what a goroutine inside of `async with obj` will call."""
    if type(held) is not MethodType or held.__name__ != "__aexit__":
        return False
    owner = held.__self__
    return owner is obj or (isinstance(owner, Reading | Writing) and owner.lock is obj)


def _is_in(held: object, obj: object) -> bool:
    if held is obj:
        return True
    if isinstance(held, _NO_HOLDERS) or type(held) in KIND_OF or isinstance(held, CoroutineType):
        return False
    inner = get_referents(held)
    return len(inner) <= HELD_MAX and any(item is obj for item in _with_attributes(inner))


def _with_attributes(inner: list[object]) -> Iterable[object]:
    """These, and what a dict of attributes among them holds."""
    for item in inner:
        yield item
        if type(item) is dict and len(item) <= HELD_MAX:
            yield from list(item.values())
