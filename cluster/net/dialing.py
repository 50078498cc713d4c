"""`dial`: a stream to an address.

Addresses that a name has are tried one after the other; when none answers, the first one's error is told.
A connection is made as soon as the socket can be written to.
Unlike Go, IPv6 and IPv4 are not raced, and each address may use up all of the time that is left.
Sources: Go 1.19 net/dial.go: DialTimeout, dialSerial; net/fd_unix.go: netFD.connect.
"""

import errno
import socket

from cluster.kernel.netpoll import Polled
from cluster.kernel.sched import here
from cluster.model.clock import SECOND
from cluster.model.errors import NetError
from cluster.net.address import NETWORKS, AddressError, Target, targets
from cluster.net.conn import Conn
from cluster.net.netfd import NetFD, cause_of

UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY, errno.EINTR)


async def dial(network: str, address: str, timeout: float | None = None) -> Conn:
    """Connect to `address`: "host:port" by "tcp", a path by "unix", within `timeout` seconds. Raises NetError."""
    clock = here("dial").clock
    began = clock.now()
    if network not in NETWORKS:
        raise NetError("dial", network, f"unknown network {network}")
    try:
        found = await targets(network, address, listening=False, timeout=timeout)
    except AddressError as error:
        raise NetError("dial", network, str(error)) from None
    first: NetError | None = None
    for target in found:
        left = None if timeout is None else timeout - (clock.now() - began) / SECOND
        try:
            return await _connect(network, target, left)
        except NetError as error:
            first = first or error
            if error.timeout:
                break
    assert first is not None, "a name that was found has an address"
    raise first


async def _connect(network: str, target: Target, timeout: float | None) -> Conn:
    try:
        fd = NetFD(network, socket.socket(target.family, socket.SOCK_STREAM))
    except OSError as error:
        raise NetError("dial", network, cause_of("socket", error.errno), addr=target.text, errno=error.errno) from None
    try:
        fd.set_deadline(timeout, True)
        if (now := fd.pd.check(True)) is not Polled.READY:
            raise NetError("dial", network, now.value, addr=target.text)
        number = _begin(fd.socket, target)
        if number in UNDER_WAY:
            if (now := await fd.pd.wait(True)) is not Polled.READY:
                raise NetError("dial", network, now.value, addr=target.text)
            number = fd.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise NetError("dial", network, cause_of("connect", number), addr=target.text, errno=number)
        fd.set_deadline(None, True)
        fd.named()
        return Conn(fd)
    except BaseException:
        if not fd.pd.closing:
            fd.close()
        raise


def _begin(sock: socket.socket, target: Target) -> int:
    """The number of the error with which the connection begins: 0 when it is there."""
    try:
        return sock.connect_ex(target.sockaddr)  # type: ignore[arg-type]  # of the target's family
    except OSError as error:  # what Python itself refuses, as a path that is too long
        return error.errno or errno.EINVAL
