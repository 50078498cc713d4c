"""`listen`, and the listener that it gives.

A port that was closed a moment ago can be listened on again. A Unix socket's file goes with its listener.
Unlike Go, a listener belongs to one process: `reuse_port`, Go's ListenConfig.Control with SO_REUSEPORT, has
several of them take calls.
Sources: Go 1.19 net/dial.go: Listen; net/sock_posix.go: listenStream; net/unixsock_posix.go: UnixListener.close.
"""

import contextlib
import os
import socket
from errno import ECONNABORTED
from types import TracebackType
from typing import Final, NoReturn, Self

from cluster.model.errors import CannotShipError, NetError
from cluster.model.limits import LISTEN_BACKLOG
from cluster.net.address import NETWORKS, AddressError, Target, targets
from cluster.net.conn import Conn
from cluster.net.netfd import NetFD, cause_of


async def listen(network: str, address: str, *, reuse_port: bool = False) -> "Listener":
    """Take calls at `address`: "host:port" by "tcp", a path by "unix". Port 0 is a free one. Raises NetError.

    No host is every address of this machine: say 127.0.0.1 if only it shall call. With `reuse_port` several
    goroutines may listen at one port, each on its M, and the kernel shares the calls out among them.
    """
    if network not in NETWORKS:
        raise NetError("listen", network, f"unknown network {network}")
    try:
        found = await targets(network, address, listening=True)
    except AddressError as error:
        raise NetError("listen", network, str(error)) from None
    # Of a name's addresses Go takes the first that is IPv4's, too.
    target = next((each for each in found if each.family == socket.AF_INET), found[0])
    return Listener(_bound(network, target, reuse_port))


def _bound(network: str, target: Target, reuse_port: bool) -> NetFD:
    fd, call = None, "socket"
    try:
        fd = NetFD(network, socket.socket(target.family, socket.SOCK_STREAM))
        if network == "tcp":
            fd.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            call = "setsockopt"
            fd.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if target.family == socket.AF_INET6:
            wildcard = target.text.startswith(":")
            fd.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not wildcard)
        call = "bind"
        fd.socket.bind(target.sockaddr)  # type: ignore[arg-type]  # of the target's family
        call = "listen"
        fd.socket.listen(LISTEN_BACKLOG)
    except OSError as error:
        if fd is not None:
            fd.close()
        cause = cause_of(call, error.errno) if error.errno else f"{call}: invalid argument"
        raise NetError("listen", network, cause, addr=target.text, errno=error.errno) from None
    fd.named()
    return fd


class Listener:
    """Takes calls. It is for goroutines of one M, and cannot be sent to others."""

    __slots__ = ("_fd", "_path")

    def __init__(self, fd: NetFD) -> None:
        """Of a socket that listens. For `listen`."""
        self._fd: Final = fd
        self._path: Final = fd.local if fd.network == "unix" and not fd.local.startswith("@") else ""

    async def accept(self) -> Conn:
        """The next call. Raises NetError, also when the listener is closed meanwhile."""
        while True:
            try:
                sock, _ = await self._fd.attempt("accept", "accept4", False, self._fd.socket.accept)
            except NetError as error:
                if error.errno == ECONNABORTED:  # the caller has given up
                    continue
                raise
            fd = NetFD(self._fd.network, sock)
            fd.named()
            return Conn(fd)

    def set_deadline(self, seconds: float | None) -> None:
        """`accept` fails by `i/o timeout` from `seconds` from now on; None: never. Raises NetError."""
        self._fd.set_deadline(seconds, False)

    def close(self) -> None:
        """Take no more calls; who waits in `accept` fails. Raises NetError when it was closed before."""
        self._fd.close()
        if self._path:
            with contextlib.suppress(OSError):  # somebody was faster
                os.unlink(self._path)

    @property
    def addr(self) -> str:
        """Where it listens, with the port that it got."""
        return self._fd.local

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._fd.pd.closing:
            self.close()

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise CannotShipError(
            f"{self!r} stays on the M that has opened it: its socket belongs to that process. Accept there"
        )

    def __repr__(self) -> str:
        state = ", closed" if self._fd.pd.closing else ""
        return f"<Listener {self._fd.network} {self._fd.local}{state}>"
