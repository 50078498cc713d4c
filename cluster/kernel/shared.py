"""Which types of objects are shared: one object for goroutines of all Ms, real at its home.

Invariants. A kind is a word on the wire, and is never used again for another type. `facts` is what a
            handle must know besides its home; `handle` takes just that.
Unlike Go.  In Go whatever has an address is shared.
"""

from collections.abc import Mapping
from typing import Final, Protocol, Self, cast

from cluster.kernel.chan import Chan, RacingChan
from cluster.kernel.cond import Cond
from cluster.kernel.context import CancelContext, ValueContext
from cluster.kernel.errgroup import ErrGroup
from cluster.kernel.far import FarOp
from cluster.kernel.g import Waiter
from cluster.kernel.mutex import Mutex
from cluster.kernel.once import Once
from cluster.kernel.rwmutex import RWMutex
from cluster.kernel.sched import Sched
from cluster.kernel.semaphore import Semaphore
from cluster.kernel.tickers import Ticker, Timer
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.ids import ObjId, ProgramId


class Shared(Protocol):
    """What every shared type has."""

    id: ObjId | None  # given when it first leaves its M; a handle has its home's
    home: ObjId | None  # set on handles
    program: ProgramId | None  # None on handles

    def facts(self) -> tuple[object, ...]:
        """What a handle must know."""
        ...

    @classmethod
    def handle(cls, sched: Sched, home: ObjId, /, *facts: object) -> Self:
        """A stand-in on this M for the object `home` of another."""
        ...

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """Do `op` for `waiter`, which is woken now or later. Raises Panic where a local call would."""
        ...


# A cast, because each class has the `handle` that takes the facts of that class.
SHARED: Final = cast(
    "Mapping[str, type[Shared]]",
    {
        "chan": Chan,
        "wg": WaitGroup,
        "mutex": Mutex,
        "rwmutex": RWMutex,
        "once": Once,
        "cond": Cond,
        "semaphore": Semaphore,
        "errgroup": ErrGroup,
        "timer": Timer,
        "ticker": Ticker,
        "context": CancelContext,
        "context value": ValueContext,
    },
)
KIND_OF: Final[Mapping[type, str]] = {shared: kind for kind, shared in SHARED.items()} | {RacingChan: "chan"}
