"""Waiting until a file can be read or written: `readable`, `writable`, and what a connection has in the poller.

Owner.      The kernel of the M that has the file. The poller itself is behind the seam (outside.py): the kernel
            knows numbers of files, and no socket.
Invariants. A G that waits is known to the poller until it is injected, or withdrawn by who readies it for another
            reason: a deadline, or the end of the file. So it is readied once.
Order.      What has become ready goes to the tail of the ring, in the order in which the poller tells it, and not
            into runnext. A deadline or `evict` readies as a timer does, the oldest waiter first.
Several.    Any number may wait for one file and direction, and all of them are woken: ready is a hint, and whoever
            comes too late waits again.
Deadlock.   A goroutine in IO wait counts as active: somebody outside may still write.
Moving.     Nothing is left to do when `readable` returns, so its goroutine may then move as any other may. The
            number of a file means nothing on another M: who works with such numbers locks its thread. A
            goroutine that has a file object or a connection stays by itself.
Unlike Go.  Go's `pollDesc` keeps a permit, since its poller is edge-triggered; ours says what is the case. Sysmon
            does not poll itself, since the poller has no lock: when nobody did for 10 ms it has the running goroutine
            give up its slice or, where it may not be left, its M poll in a signal's handler: see worker/loop.py.
Sources.    Go 1.19 runtime/netpoll.go: pollDesc, netpollcheckerr, poll_runtime_pollWait, netpollblock,
            netpollunblock, netpolldeadlineimpl, poll_runtime_pollSetDeadline, poll_runtime_pollUnblock;
            runtime/proc.go: injectglist.
"""

from collections import deque
from collections.abc import Generator, Iterable
from enum import Enum
from typing import Final, NoReturn, Protocol

from cluster.kernel.g import IO_WAIT, G, WaitReason
from cluster.kernel.parks import parks
from cluster.kernel.sched import Sched, here
from cluster.kernel.timers import RuntimeTimer
from cluster.model.clock import SECOND, Instant
from cluster.model.errors import CannotShipError
from cluster.model.limits import SLEEP_MAX_S


class HasFileno(Protocol):
    """A file, a socket, a pipe's end."""

    def fileno(self) -> int:
        """Its number."""
        ...


@parks
def readable(file: int | HasFileno) -> Generator[WaitReason, object, None]:
    """Park until `file` can be read without waiting, or is at its end. A regular file always can. Raises OSError.

    An IO wait is for non-blocking files: another goroutine may read what was there. A goroutine that uses
    bare numbers of files locks its thread: see `lock_os_thread`.
    """
    sched, g = _caller("readable")
    if sched.outside.netpoll.poll(g, _fd_of(file), False):
        yield IO_WAIT


@parks
def writable(file: int | HasFileno) -> Generator[WaitReason, object, None]:
    """Park until `file` can be written without waiting, or nobody will read it. Else as `readable`."""
    sched, g = _caller("writable")
    if sched.outside.netpoll.poll(g, _fd_of(file), True):
        yield IO_WAIT


def inject(sched: Sched, gs: Iterable[G]) -> None:
    """What these waited for is ready. Source: injectglist, with a P."""
    ready = [g for g in gs if not g.program.dropped]
    for g in ready:
        g.wait_reason = None
    sched.put(ready)


class Polled(Enum):
    """How a wait ended, in Go's words for what is wrong."""

    READY = ""
    CLOSING = "use of closed network connection"
    TIMEOUT = "i/o timeout"


class _Side:
    """One direction of a file."""

    __slots__ = ("expired", "timer", "waiting")

    def __init__(self, timer: RuntimeTimer) -> None:
        self.waiting: Final[deque[G]] = deque()
        self.timer: Final = timer
        self.expired = False


class PollDesc:
    """What a connection has in the poller: who waits, until when, and whether it is closed."""

    __slots__ = ("fd", "_sched", "_sides", "closing")

    def __init__(self, fd: int) -> None:
        sched, g = _caller("PollDesc")
        self._sched: Final = sched
        self.fd: Final = fd
        self._sides: Final = (
            _Side(RuntimeTimer(g.program, lambda: self._expire(False))),
            _Side(RuntimeTimer(g.program, lambda: self._expire(True))),
        )
        self.closing = False

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise CannotShipError("what waits for a file stays on the M that has the file")

    def check(self, write: bool) -> Polled:
        """Whether an operation may begin. Source: netpollcheckerr."""
        if self.closing:
            return Polled.CLOSING
        return Polled.TIMEOUT if self._sides[write].expired else Polled.READY

    @parks
    def wait(self, write: bool) -> Generator[WaitReason, object, Polled]:
        """Park until the file is ready, or the wait is over for another reason. Source: poll_runtime_pollWait."""
        if (now := self.check(write)) is not Polled.READY:
            return now
        sched, g = _caller("wait")
        if not sched.outside.netpoll.poll(g, self.fd, write):
            return Polled.READY
        waiting = self._sides[write].waiting
        waiting.append(g)
        woken = yield IO_WAIT
        waiting.remove(g)
        if self.closing:  # perhaps after it had become ready
            return Polled.CLOSING
        return woken if isinstance(woken, Polled) else Polled.READY

    def set_deadline(self, seconds: float | None, write: bool) -> None:
        """Operations end by TIMEOUT from `seconds` from now on; None: never. Source: poll_runtime_pollSetDeadline."""
        side, timers = self._sides[write], self._sched.timers
        timers.stop(side.timer)
        side.expired = False
        if seconds is None:
            return
        if seconds > 0:
            after = int(min(seconds, SLEEP_MAX_S) * SECOND)
            timers.start(side.timer, Instant(self._sched.clock.now() + after))
        else:
            self._expire(write)

    def evict(self) -> None:
        """The file is about to be closed: all waits end by CLOSING. Source: poll_runtime_pollUnblock."""
        self.closing = True
        for write in (False, True):
            self._sched.timers.stop(self._sides[write].timer)
            self._unblock(write, Polled.CLOSING)

    def _expire(self, write: bool) -> None:
        self._sides[write].expired = True
        self._unblock(write, Polled.TIMEOUT)

    def _unblock(self, write: bool, why: Polled) -> None:
        for g in self._sides[write].waiting:
            if g.wait_reason is IO_WAIT:  # else it was readied, and has not run since
                self._sched.outside.netpoll.forget(g, self.fd, write)
                g.val = why
                self._sched.ready(g)


def _fd_of(file: int | HasFileno) -> int:
    fd = file if isinstance(file, int) else file.fileno()
    if fd < 0:
        raise ValueError(f"the number of a file is never negative: {file!r} is closed, or no file")
    return fd


def _caller(what: str) -> tuple[Sched, G]:
    sched = here(what)
    assert sched.cur is not None
    return sched, sched.cur
