"""`select`: of several channel operations, do exactly one.

Operations. What `ch.send(v)` and `ch.recv()` make is a coroutine that has not begun. Select knows it by
            its code, takes the channel and the value out of its frame, and closes it: to Python it has
            been used, so that it cannot be used again. One that nobody awaits or selects is reported by
            Python itself.
Order.      Cases are tried in a random order, each order equally likely, and the first that is ready is
            done: pass 1. No other goroutine runs before that. If none is, and there is no default, the
            goroutine stands in the queues of all channels, as whoever came to wait for one: pass 2.
            Leaving the queues of the others is pass 3; see waitq.py.
Far.        Channels of one other M: that M does all of it. Of several: see claims.py.
Rejected.   Operations as objects of a class of their own: each plain receive and send would make one.
Moving.     While it is parked, its frame holds nothing of this M, and no value that it has sent.
Unlike Go.  `a.recv()` of a single case is rewritten by Go's compiler to a plain receive; here by us.
Sources.    Go 1.19 runtime/select.go: selectgo; cmd/compile walk/select.go for the short forms.
"""

from collections.abc import Coroutine, Sequence
from random import Random
from types import CodeType, CoroutineType
from typing import Any, Final, NamedTuple, cast

from cluster.kernel import racing
from cluster.kernel.chan import Chan, RacingChan
from cluster.kernel.claims import NO_CASE, Select, Selected, attempt, selected, sent
from cluster.kernel.far import FarOp
from cluster.kernel.g import SELECT, SELECT_NO_CASES, G
from cluster.kernel.nilchan import NilChan, nil
from cluster.kernel.sched import Sched, here, park
from cluster.kernel.waitq import Case
from cluster.model.errors import BadCaseError
from cluster.model.ids import MId


class Default:
    """The case that is chosen when no other is ready."""

    __slots__ = ()

    def __reduce__(self) -> str:
        return "default"

    def __repr__(self) -> str:
        return "default"


default: Final = Default()


def _code(fn: object) -> CodeType:
    code = getattr(fn, "__code__", None)
    assert isinstance(code, CodeType)
    return code


SENDS: Final = {_code(kind.send): True for kind in (Chan, RacingChan, NilChan)}
OPERATIONS: Final = SENDS | {_code(fn): False for kind in (Chan, NilChan) for fn in (kind.recv, kind.recv_ok)}


async def select(*cases: object) -> Selected:
    """Do one of the operations `cases`, or the `default` case when none is ready: its position, value and ok.

    Parks until one is ready; for ever when there are none. Panics as the chosen operation would.
    Raises BadCaseError for what is no operation or has been used.
    """
    reason = SELECT if cases else SELECT_NO_CASES
    begun = _begin(cases)
    del cases  # what was sent is its receiver's, should this goroutine move
    if isinstance(begun, Selected):
        return begun
    if not isinstance(begun, _Parks):
        return await begun
    got = await park(reason)
    if begun.far:
        index, value, ok = cast("tuple[int, object, bool]", got)
        return Selected(begun.default_at if index == NO_CASE else index, value, ok)
    return selected(*cast("tuple[Case | None, object]", got), begun.default_at)


class Stands:
    """At which channels a parked select stands, and whether it sends there: for those who ask why it waits.

    The frame of the select has it, which may move when it has been woken, and then nobody asks.
    """

    __slots__ = ("ends",)

    def __init__(self, cases: Sequence[Case] = ()) -> None:
        self.ends: Final = tuple([(case.ch, case.sending) for case in cases])

    def __reduce__(self) -> tuple[object, ...]:
        return Stands, ()


class _Parks(NamedTuple):
    """The select has begun, and waits: what comes back is a result, of a far one in its home's words."""

    far: bool
    default_at: int
    on: Stands


def _begin(cases: tuple[object, ...]) -> "Selected | Coroutine[Any, Any, Selected] | _Parks":
    """What is done at once; what a select with one case and no default is; or how the caller must park."""
    sched = here("select")
    g = sched.cur
    assert g is not None
    operations, default = _parse(cases)
    if default is None and len(operations) == 1:
        only = operations[0]
        ch = cast("Chan[object]", only.ch)
        return _send(ch.send(only.val)) if only.sending else _receive(ch.recv_ok())
    default_at = NO_CASE if default is None else default
    order = [case for case in operations if case.ch is not nil]
    if g.program.race is not None:
        for case in order:
            case.val = racing.sent(g.program, case.val)  # None where it receives
    _shuffle(order, sched.rng)
    home = _one_home(order)
    if home is not None:
        _ask(sched, g, home, order, default is not None)
        return _Parks(True, default_at, Stands(order))
    done = attempt(order, g)
    if done:
        return selected(*done, NO_CASE)
    if done is False and default is not None:
        return Selected(default, None, False)
    waiting = Select(sched, g.program.id, g, order, default)
    if done is None:
        waiting.enlist()
    else:
        waiting.queue()
    if waiting.result is not None:
        return selected(*waiting.result, default_at)
    waiting.parked = True
    return _Parks(False, default_at, Stands(order))


async def _send(operation: Coroutine[Any, Any, None]) -> Selected:
    await operation
    return Selected(0, None, True)


async def _receive(operation: Coroutine[Any, Any, tuple[object, bool]]) -> Selected:
    return Selected(0, *await operation)


def _one_home(cases: list[Case]) -> MId | None:
    """The M, other than this, that is the home of all these channels."""
    homes = [case.ch.home for case in cases]
    first = homes[0] if homes else None
    if first is None or any(home is None or home.home != first.home for home in homes):
        return None
    return first.home


def _ask(sched: Sched, g: G, home: MId, cases: list[Case], has_default: bool) -> None:
    """Let `home` do it."""
    ref = cases[0].ch.home
    assert ref is not None and ref.home == home
    sched.far.ask(g, ref, FarOp.SELECT, (has_default, [sent(case, case.position) for case in cases]))


def _shuffle(cases: list[Case], rng: Random) -> None:
    """Put in a random order, each equally likely. A fifth of what Random.shuffle takes."""
    chance = rng.random
    for last in range(len(cases) - 1, 0, -1):
        at = int(chance() * (last + 1))
        cases[at], cases[last] = cases[last], cases[at]


# -- operations


def _parse(cases: tuple[object, ...]) -> tuple[list[Case], int | None]:
    """The cases, and the position of the default case. All operations count as used, also when one is bad."""
    found: list[Case] = []
    default_at: int | None = None
    problem: BadCaseError | None = None
    for position, case in enumerate(cases):
        if case is default:
            if default_at is not None:
                problem = problem or BadCaseError(position, "is a second default: a select has at most one")
            default_at = position
            continue
        made = _case(position, case)
        if isinstance(made, Case):
            found.append(made)
        else:
            problem = problem or made
    if problem is not None:
        raise problem
    return found, default_at


def _case(position: int, operation: object) -> Case | BadCaseError:
    if type(operation) is not CoroutineType:
        hint = "pass ch.recv() or ch.send(value)" if isinstance(operation, Chan) or callable(operation) else "drop it"
        return BadCaseError(position, f"is {_named(operation)}, which is no channel operation: {hint}")
    sending = OPERATIONS.get(operation.cr_code)
    if sending is None:
        operation.close()
        return BadCaseError(
            position,
            f"is the coroutine {operation.__qualname__!r}, which is no channel operation: a case is ch.recv(), "
            f"ch.recv_ok(), ch.send(value) or default; for a timeout receive from after(seconds)",
        )
    frame = operation.cr_frame
    if frame is None or operation.cr_suspended or operation.cr_running:
        return BadCaseError(
            position,
            f"is a {operation.__name__} that was used before: an operation can be used once; make a new one",
        )
    operands = frame.f_locals
    case = Case(position, operands["self"], sending, operands.get("value"))
    operation.close()
    return case


def _named(thing: object) -> str:
    return f"of type {type(thing).__name__}"
