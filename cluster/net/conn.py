"""A stream to somebody else: TCP or Unix.

Writes of several goroutines follow one another, each whole; reads do not wait for each other. A deadline is for
operations that are under way as well as for those to come, until another is set.
Sources: Go 1.19 net/net.go: conn; internal/poll/fd_unix.go: FD.Write; net/tcpsock.go: newTCPConn.
"""

import socket
from functools import partial
from types import TracebackType
from typing import Final, NoReturn, Self

from cluster.kernel.mutex import Mutex
from cluster.kernel.netpoll import Polled
from cluster.model.errors import CannotShipError, NetError
from cluster.model.limits import NET_BYTES_MAX, TCP_KEEPALIVE_S
from cluster.net.netfd import NetFD


class Conn:
    """One end of a stream. It is for goroutines of one M, and cannot be sent to others."""

    __slots__ = ("_fd", "_writing")

    def __init__(self, fd: NetFD) -> None:
        """Of a connected socket. For `dial` and `accept`."""
        self._fd: Final = fd
        self._writing: Final = Mutex()
        if fd.network == "tcp":
            _tune(fd.socket)

    async def read(self, n: int) -> bytes:
        """At least one byte and at most `n`, as soon as there are some; b"" at the end. Raises NetError."""
        if n < 0:
            raise ValueError(f"read takes how many bytes at most, and cannot take {n}")
        if n == 0:
            return b""
        recv = partial(self._fd.socket.recv, min(n, NET_BYTES_MAX))
        return await self._fd.attempt("read", "read", False, recv)

    async def write(self, data: bytes | bytearray | memoryview) -> int:
        """Send all of it; how many bytes that were. Raises NetError, whose `written` says how many went before."""
        fd, written = self._fd, 0
        async with self._writing:
            left = memoryview(data).cast("B")
            try:
                while True:
                    part = left[written : written + NET_BYTES_MAX]
                    written += await fd.attempt("write", "write", True, partial(fd.socket.send, part))
                    if written == len(left):
                        return written
            except NetError as error:
                error.written = written
                raise

    def set_deadline(self, seconds: float | None) -> None:
        """Reads and writes fail by `i/o timeout` from `seconds` from now on; None: never. Raises NetError."""
        self._fd.set_deadline(seconds, False, True)

    def set_read_deadline(self, seconds: float | None) -> None:
        """For reads only."""
        self._fd.set_deadline(seconds, False)

    def set_write_deadline(self, seconds: float | None) -> None:
        """For writes only. Some of what a failed write was given may have been sent: see `NetError.written`."""
        self._fd.set_deadline(seconds, True)

    def close_write(self) -> None:
        """The other side reads an end after what was written; reading goes on. Raises NetError."""
        if self._fd.pd.closing:
            raise self._fd.error("close", Polled.CLOSING.value)
        try:
            self._fd.socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise self._fd.refused("close", "shutdown", error) from None

    def close(self) -> None:
        """Close both directions; all who wait for them fail. Raises NetError when it was closed before."""
        self._fd.close()

    @property
    def local_addr(self) -> str:
        """This end: `host:port`, or the path of a Unix socket, "@" if it has none."""
        return self._fd.local

    @property
    def remote_addr(self) -> str:
        """The other end."""
        return self._fd.remote

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._fd.pd.closing:
            self._fd.close()

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise CannotShipError(
            f"{self!r} stays on the M that has opened it: its socket belongs to that process. "
            f"Send what was read, and let a goroutine of that M read and write"
        )

    def __repr__(self) -> str:
        state = ", closed" if self._fd.pd.closing else ""
        return f"<Conn {self._fd.network} {self._fd.local}->{self._fd.remote}{state}>"


def _tune(sock: socket.socket) -> None:
    """As Go does: small writes leave at once, and a peer that has vanished is noticed."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, TCP_KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, TCP_KEEPALIVE_S)
