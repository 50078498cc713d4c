"""Promises: goroutines whose results other goroutines wait for.

How.        `submit` is `go`, and a channel with room for one: the goroutine puts there what it returned or raised, and
            who awaits it takes that out and puts it back, for the next. So a promise may be awaited often, by any
            goroutine on any M, and nothing but a channel has to cross.
Errors.     What the function raises is raised by each `await`, and by nothing else. A Panic ends the program, as in
            any goroutine; see errgroup.py.
Invariants. A promise is kept once, whatever its goroutine does: who awaits one of a goroutine that ended itself has
            an error.
Order.      That of `go`: the newest begins first, so that nested fork and join goes deep before it goes wide.
Rejected.   A type of its own among the shared ones: less memory (2 KB are the channel's), and all questions of a
            channel once more.
Unlike Go.  Go has none: there one writes the channel.
"""

from collections.abc import Callable, Generator
from types import CoroutineType
from typing import Any, Final, Generic, TypeVar

from cluster.kernel.calling import calls_out
from cluster.kernel.chan import Chan
from cluster.kernel.errgroup import in_words, portable
from cluster.kernel.sched import go
from cluster.model.errors import CannotShipError, ClusterError, Panic

T = TypeVar("T")

Outcome = tuple[object, Exception | None]

ENDED: Final = "the goroutine that was to keep this promise has ended itself, by goexit or because it was cancelled"


class Promise(Generic[T]):
    """What a goroutine will return: `await` it. One object for all Ms."""

    __slots__ = ("_kept",)

    def __init__(self, kept: Chan[Outcome]) -> None:
        self._kept: Final = kept

    def __await__(self) -> Generator[Any, Any, T]:
        outcome = yield from self._kept.recv().__await__()
        yield from self._kept.send(outcome).__await__()
        value, error = outcome
        if error is not None:
            raise error
        return value  # type: ignore[return-value]  # what a function of that type has returned


def submit(fn: Callable[..., Any], /, *args: object, **kwargs: object) -> Promise[Any]:
    """Start a goroutine, `fn(*args, **kwargs)`, plain or async: awaiting the promise gives what it returns."""
    kept: Chan[Outcome] = Chan(1)  # `Chan[Outcome](1)` would take twice as long
    go(_keep, kept, fn, args, kwargs)
    return Promise(kept)


@calls_out
async def _keep(
    kept: Chan[Outcome], fn: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
) -> None:
    outcome: Outcome = None, ClusterError(ENDED)
    try:
        value = fn(*args, **kwargs)
        if type(value) is CoroutineType:
            value = await value
        outcome = value, None
    except Panic:
        raise
    except Exception as error:
        outcome = None, error
    finally:
        await _give(kept, outcome)


async def _give(kept: Chan[Outcome], outcome: Outcome) -> None:
    value, error = outcome
    try:
        await kept.send((value, portable(error) if kept.home is not None else error))
    except CannotShipError as refusal:
        await kept.send((None, refusal if error is None else in_words(error)))
