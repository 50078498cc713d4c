"""The seam through which a goroutine reaches what is around its kernel: helper threads, and the other Ms.

Owner.      Who implements `Outside` owns threads and links; the kernel knows neither.
Invariants. `count`, `others` and `set_procs` return when the answer is there: they may block this M for
            a round trip, and no other goroutine runs meanwhile. A G that entered a system call is about
            to park; it comes back through `exit_syscall` (runtime.py), once.
Unlike Go.  In Go one process is all there is, and a thread in a system call costs nobody else a thread.
Sources.    Go 1.19 runtime/proc.go: entersyscall, exitsyscall, gcount, stopTheWorld.
"""

from collections.abc import Callable
from typing import Protocol

from cluster.kernel.dump import describe
from cluster.kernel.g import G


class Outside(Protocol):
    """What an M offers to its kernel beside far objects."""

    def count(self, g: G) -> int:
        """How many goroutines the program of `g` has on all Ms."""
        ...

    def others(self, g: G) -> list[str]:
        """Descriptions of all other goroutines of its program, in the order of their making."""
        ...

    def set_procs(self, g: G, procs: int) -> int:
        """Stop the world, have `procs` Ps, start the world; how many there were before."""
        ...

    def enter_syscall(self, g: G, call: Callable[[], object]) -> None:
        """Make the call on a helper thread, then let `g` exit the system call with its outcome."""
        ...


class Alone:
    """A kernel that is alone, as in tests: it has one M, and no threads."""

    def __init__(self, resize: Callable[[int], int]) -> None:
        self._resize = resize

    def count(self, g: G) -> int:
        return len(g.program.gs)

    def others(self, g: G) -> list[str]:
        return [describe(other, g) for other in g.program.gs.values() if other is not g]

    def set_procs(self, g: G, procs: int) -> int:
        return self._resize(procs)

    def enter_syscall(self, g: G, call: Callable[[], object]) -> None:
        raise AssertionError(f"goroutine {g.goid} makes a system call, and this kernel has no helper threads")
