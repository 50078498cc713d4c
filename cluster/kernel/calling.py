"""`@calls_out`: a function of ours that calls the program's, and has nothing half done meanwhile.

Why.        A goroutine is not preempted, and its M does not serve others, while code of ours is in progress on
            its stack: see worker/preempt.py. But what a wait group has started is a function of ours that
            waits for the program's to end: without this mark it would keep its P for ever.
Invariants. At the call, all that others can see is whole. The mark holds for the frames below that call: in
            its own body the function is as any other.
Rejected.   To mark what must not be left: the one that is forgotten would corrupt; this way it only waits.
Unlike Go.  Go's compiler knows the points at which a stack may be left.
"""

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Final, TypeVar

F = TypeVar("F", bound=Callable[..., object])

CALLS_OUT: Final[set[CodeType]] = set()


def calls_out(fn: F) -> F:
    """`fn`, whose code is remembered."""
    assert isinstance(fn, FunctionType)
    CALLS_OUT.add(fn.__code__)
    return fn
