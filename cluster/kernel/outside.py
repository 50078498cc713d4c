"""The seam through which a goroutine reaches what is around its kernel: helper threads, files, and the other Ms.

Owner.      Who implements `Outside` owns threads and links; the kernel knows neither.
Invariants. `count`, `others` and `set_procs` return when the answer is there: they may block this M for
            a round trip, and no other goroutine runs meanwhile. A G that entered a system call is about
            to park; it comes back through `exit_syscall` (runtime.py), once. So is a G that `poll` has taken;
            it comes back through `inject` (netpoll.py), once, unless it is forgotten before.
Unlike Go.  In Go one process is all there is, and a thread in a system call costs nobody else a thread.
Sources.    Go 1.19 runtime/proc.go: entersyscall, exitsyscall, gcount, stopTheWorld;
            runtime/netpoll.go.
"""

from collections.abc import Callable
from typing import NoReturn, Protocol

from cluster.kernel.dump import describe
from cluster.kernel.g import G, Program
from cluster.kernel.plain import Data

Call = tuple[Callable[..., object], tuple[object, ...], dict[str, object]]  # a function, and what it is called with


class Closes(Protocol):
    """A socket."""

    def close(self) -> object:
        """Give it back to the operating system; again: nothing."""
        ...


class Poller(Protocol):
    """Who knows which files are ready."""

    def poll(self, g: G, fd: int, write: bool) -> bool:
        """Inject `g` when `fd` can be read, or with `write` be written; False when it always can. Raises OSError."""
        ...

    def forget(self, g: G, fd: int, write: bool) -> None:
        """`g` waits for that no more. The file is still open."""
        ...

    def adopt(self, program: Program, file: Closes) -> None:
        """Close `file` when the program is over: its goroutines are left where they stand, and close nothing."""
        ...


class Tasks(Protocol):
    """Who knows what a client has submitted, and tells it how that ended. See tasks.py."""

    def begin(self, g: G, function: bytes, data: Data) -> Call:
        """What task `g` does: Goexit when it is not wanted any more; raises what reading it raises."""
        ...

    def returned(self, g: G, value: object, ran_ns: int) -> None:
        """It returned `value`."""
        ...

    def describe(self, error: BaseException) -> bytes:
        """An exception of the goroutine that is executing, as its client reads it."""
        ...

    def raised(self, g: G, error: BaseException, ran_ns: int) -> None:
        """`error` left it; a Goexit, when it ended itself or was withdrawn."""
        ...


class Outside(Protocol):
    """What an M offers to its kernel beside far objects."""

    @property
    def tasks(self) -> Tasks:
        """Where the tasks of pools come from."""
        ...

    @property
    def netpoll(self) -> Poller:
        """Where goroutines wait for files."""
        ...

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

    @property
    def tasks(self) -> NoReturn:
        raise AssertionError("a task of a pool, and this kernel has no clients")

    @property
    def netpoll(self) -> NoReturn:
        raise AssertionError("a goroutine waits for a file, and this kernel has no poller")

    def enter_syscall(self, g: G, call: Callable[[], object]) -> None:
        raise AssertionError(f"goroutine {g.goid} makes a system call, and this kernel has no helper threads")
