"""Package runtime, as goroutines call it: how they end a program, and what they may ask of it.

Ends.       panic is an exception: `finally` is defer, and runs. exit, like a fatal error, ends the
            program inside the call: the goroutine is left where it stands (see runner.py).
Asking.     num_goroutine, stack and gomaxprocs let no other goroutine of their P run: where other Ms
            must be asked, this M is blocked for a round trip.
Wiring.     lock_os_thread says so in dumps, and keeps the goroutine on its M: no thief takes it. It is
            not exclusive: an M may hold others.
Unlike Go.  SystemExit that leaves a goroutine is exit, too: Python programs say it so. A system call
            gives the P to nobody: the M itself goes on with other goroutines, and a helper thread waits.
            So the call comes back to its own P, if that has nothing else to run, else to the end of the
            global queue, as in Go when the P was retaken.
Sources.    Go 1.19 runtime/panic.go: gopanic; os/proc.go: Exit; runtime/proc.go: LockOSThread,
            entersyscall, exitsyscall; runtime/debug.go: GOMAXPROCS, NumGoroutine.
"""

from collections.abc import Callable, Generator
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, NoReturn, ParamSpec, TypeVar

from cluster.kernel.dump import describe
from cluster.kernel.g import SYSCALL, G, WaitReason
from cluster.kernel.parks import parks
from cluster.kernel.sched import Sched, here
from cluster.model.errors import Panic
from cluster.model.limits import PROCS_MAX

P = ParamSpec("P")
R = TypeVar("R")


def panic(value: object = None) -> NoReturn:
    """Raise Panic(value)."""
    raise Panic(value)


def exit(code: int = 0) -> NoReturn:
    """End the program at once with this exit code: no `except` and no `finally` of any goroutine runs."""
    sched = here("exit")
    if not isinstance(code, int):
        raise TypeError(f"exit takes an int from 0 to 255, not {type(code).__name__}: print a text before")
    sched.leave(SystemExit(code))


async def num_goroutine() -> int:
    """How many goroutines the program has, on all Ms; this one is among them."""
    sched, g = _caller("num_goroutine")
    return sched.outside.count(g)


async def stack(all: bool = False) -> str:
    """Go's dump of this goroutine and, with `all`, of the program's others after it."""
    sched, g = _caller("stack")
    mine = describe(g, g)
    return "\n\n".join([mine, *sched.outside.others(g)] if all else [mine]) + "\n"


async def gomaxprocs(n: int = 0) -> int:
    """The number of Ps; with n >= 1, the number before it is set to `n`, which stops the world. At most PROCS_MAX."""
    sched, g = _caller("gomaxprocs")
    n = min(n, PROCS_MAX)
    return sched.procs if n < 1 or n == sched.procs else sched.outside.set_procs(g, n)


def lock_os_thread() -> None:
    """Wire this goroutine to its M. As often as it was locked it must be unlocked."""
    _, g = _caller("lock_os_thread")
    g.program.wired[g.goid] = g.program.wired.get(g.goid, 0) + 1


def unlock_os_thread() -> None:
    """Undo one lock_os_thread; without one, nothing."""
    _, g = _caller("unlock_os_thread")
    wired = g.program.wired
    if (count := wired.pop(g.goid, 0)) > 1:
        wired[g.goid] = count - 1


@parks
def _syscall(call: Callable[[], Any]) -> Generator[WaitReason, Any, Any]:
    sched, g = _caller("syscall")
    sched.outside.enter_syscall(g, call)
    del call  # it is made here, wherever this goroutine goes on
    return (yield SYSCALL)


async def syscall(fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """What `fn(*args)` returns or raises: a blocking plain function, called on a thread of its own.

    Others run meanwhile. `fn` is no goroutine: it can use nothing of this package.
    """
    if iscoroutinefunction(fn):
        raise TypeError(f"syscall takes a plain function that blocks; {fn.__qualname__} is an async def: await it")
    call = _syscall(partial(fn, *args, **kwargs))
    del fn, args, kwargs
    result: R = await call
    return result


def exit_syscall(sched: Sched, g: G, val: object, error: BaseException | None) -> None:
    """The call of `g` is done: to its P if that is idle, else to the global queue. Source: exitsyscall."""
    if g.program.dropped:
        return
    if error is None:
        g.val = val
    else:
        sched.throw_at_next_await(g, error)
    g.wait_reason = None
    if sched.runnable() or sched.cur is not None:
        sched.globrunq.append(g)
    else:
        sched.runnext = g


def forget_p(sched: Sched) -> None:
    """The P is no more: its queue goes to the head of the global one. Source: (*p).destroy."""
    sched.globrunq.extendleft(reversed(sched.ring))
    sched.ring.clear()
    if sched.runnext is not None:
        sched.globrunq.appendleft(sched.runnext)
        sched.runnext = None


def _caller(what: str) -> tuple[Sched, G]:
    sched = here(what)
    assert sched.cur is not None
    return sched, sched.cur
