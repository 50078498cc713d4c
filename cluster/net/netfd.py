"""A socket whose operations wait through the poller, and the errors that they end with.

Owner.      The M that has made it: no other process has the file. When the program is over the M closes it.
Invariants. The socket never blocks. It is closed once, and after `close` nobody touches it: who waited
            for it finds CLOSING when he goes on.
Order.      Each operation first looks whether it may begin, then tries, and parks only if it would block.
Unlike Go.  Reads of several goroutines are not put in a line: each gets whole what the system gives it.
Sources.    Go 1.19 internal/poll/fd_unix.go: FD.Read, FD.Accept, prepareRead; net/net.go: OpError.
"""

import os
import socket
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

from cluster.kernel.netpoll import PollDesc, Polled
from cluster.kernel.sched import here
from cluster.model.errors import CannotShipError, NetError
from cluster.net.address import text_of

T = TypeVar("T")


class NetFD:
    """A socket, its two ends in words, and what it has in the poller."""

    __slots__ = ("local", "network", "pd", "remote", "socket")

    def __init__(self, network: str, sock: socket.socket) -> None:
        """Takes `sock` over."""
        sched = here("net")
        assert sched.cur is not None
        sock.setblocking(False)
        sched.outside.netpoll.adopt(sched.cur.program, sock)
        self.network: Final = network
        self.socket: Final = sock
        self.pd: Final = PollDesc(sock.fileno())
        self.local = self.remote = ""

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise CannotShipError("a socket belongs to the process that has opened it")

    def named(self) -> None:
        """Learn both ends, now that they are known."""
        self.local = text_of(self.socket.getsockname())
        try:
            self.remote = text_of(self.socket.getpeername())
        except OSError:  # it listens, or the other end is gone again
            self.remote = ""

    async def attempt(self, op: str, call: str, write: bool, syscall: Callable[[], T]) -> T:
        """What `syscall` returns as soon as it does not block. Raises NetError; `call` is its name in the text."""
        while True:
            if (now := self.pd.check(write)) is not Polled.READY:
                raise self.error(op, now.value)
            try:
                return syscall()
            except BlockingIOError:
                pass
            except OSError as error:
                raise self.refused(op, call, error) from None
            if (now := await self.pd.wait(write)) is not Polled.READY:
                raise self.error(op, now.value)

    def set_deadline(self, seconds: float | None, *sides: bool) -> None:
        """For operations of these sides: whether they write. Raises NetError on a closed socket."""
        if self.pd.closing:
            raise NetError("set", self.network, Polled.CLOSING.value, addr=self.local)
        for write in sides:
            self.pd.set_deadline(seconds, write)

    def close(self) -> None:
        """Wake all who wait, and close. Raises NetError when it was closed before."""
        if self.pd.closing:
            raise self.error("close", Polled.CLOSING.value)
        self.pd.evict()
        self.socket.close()

    def error(self, op: str, cause: str, errno: int | None = None) -> NetError:
        """The error of an operation on this socket."""
        source, addr = (self.local, self.remote) if self.remote else ("", self.local)
        return NetError(op, self.network, cause, source, addr, errno)

    def refused(self, op: str, call: str, error: OSError) -> NetError:
        """What the system has said to `call`."""
        return self.error(op, cause_of(call, error.errno), error.errno)


def cause_of(call: str, errno: int | None) -> str:
    """Go's text for what a system call has said: `connect: connection refused`."""
    text = os.strerror(errno or 0)
    return f"{call}: {text[:1].lower()}{text[1:]}"
