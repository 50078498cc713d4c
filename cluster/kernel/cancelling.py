"""Cancelling: a Goexit in a goroutine that others do not want any more.

Where.      At the await at which it is. One that is runnable has it raised when it runs. One that sleeps, or waits to
            send to or receive from a channel of this M, is taken out of the queue there: nobody who comes later
            meets it. Who waits for anything else (a lock, a select, another M) has it raised when he is woken, for
            what he is woken with may be a lock, which he then gives back in his `finally`.
Invariants. A G is in at most one queue, before and after.
Unlike Go.  Go has none: a goroutine ends itself. Here tasks of a pool can be cancelled by their client.
"""

from types import CoroutineType, GeneratorType
from typing import Any

from cluster.kernel.chan import Chan
from cluster.kernel.g import CHAN_RECEIVE, CHAN_SEND, SLEEP, G
from cluster.kernel.sched import Sched
from cluster.model.errors import Goexit


def cancel(sched: Sched, g: G) -> None:
    """Raise Goexit in `g`, which has begun, and is neither executing nor preempted."""
    if g.wait_reason is None:
        sched.throw_at_next_await(g, Goexit())
    elif _leaves(sched, g):
        sched.throw(g, Goexit())
    else:
        sched.throw_at_next_await(g, Goexit())


def _leaves(sched: Sched, g: G) -> bool:
    """Take `g` out of where it waits; False where that cannot be done."""
    if g.wait_reason is SLEEP:
        return sched.timers.remove(g)
    if g.wait_reason is not CHAN_SEND and g.wait_reason is not CHAN_RECEIVE:
        return False
    ch = _channel(g)
    if ch is None or ch.home is not None:
        return False
    queue = ch._sendq if g.wait_reason is CHAN_SEND else ch._recvq
    if g not in queue:
        return False
    queue.remove(g)
    return True


def _channel(g: G) -> Chan[Any] | None:
    """The channel at which `g` waits: its innermost frame is of a method of that."""
    inner: object = getattr(g.send, "__self__", None)
    while isinstance(inner, CoroutineType | GeneratorType):
        deeper = inner.cr_await if isinstance(inner, CoroutineType) else inner.gi_yieldfrom
        if not isinstance(deeper, CoroutineType | GeneratorType):
            frame = inner.cr_frame if isinstance(inner, CoroutineType) else inner.gi_frame
            ch = None if frame is None else frame.f_locals.get("self")
            return ch if isinstance(ch, Chan) else None
        inner = deeper
    return None
