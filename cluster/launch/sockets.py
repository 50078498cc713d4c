"""What all shells do with ZeroMQ sockets: make them, bounded; bind and connect them, with the keys that TCP needs.

Whatever the transport, one frame is at most FRAME_BYTES_MAX, and a peer that does not finish its handshake in time is
dropped by libzmq. On TCP with keys the socket takes part in no conversation without CURVE: libzmq drops whoever
speaks anything else, before a byte of it gets here.
"""

import os
import socket as system
from typing import Final

import zmq

from cluster.model.clock import MILLISECOND
from cluster.model.errors import ClusterError
from cluster.model.limits import FRAME_BYTES_MAX, HANDSHAKE_NS
from cluster.wire.security import DOMAIN, EVERYWHERE, IPC, Keys, Pair, TcpAddress, tcp_address

NOWHERE_NEAR: Final = ("192.0.2.1", 9)  # RFC 5737: an address that is nobody's; nothing is sent to it
_POLLIN: Final = int(zmq.POLLIN)  # as an int: the enum's own `&` costs more than asking the socket


def readable(socket: "zmq.Socket[bytes]") -> bool:
    """Whether a frame can be read now. Cost: 0.5 us; a poll costs six times that."""
    return bool(int(socket.getsockopt(zmq.EVENTS)) & _POLLIN)


def make(context: "zmq.Context[zmq.Socket[bytes]]", kind: int, linger_ms: int) -> "zmq.Socket[bytes]":
    """A socket that is neither bound nor connected."""
    socket: zmq.Socket[bytes] = context.socket(kind)
    socket.linger = linger_ms
    socket.sndhwm = socket.rcvhwm = 0  # the protocol bounds what is under way, not the socket
    socket.setsockopt(zmq.MAXMSGSIZE, FRAME_BYTES_MAX)
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_NS // MILLISECOND)
    return socket


def bind(socket: "zmq.Socket[bytes]", address: str, pair: Pair | None) -> str:
    """Listen, with a `pair` only for those who have been let in; the address with the port that was found.

    OSError or zmq.ZMQError when it cannot be had. The file of an `ipc://` socket has mode 0700, whatever is in the
    directory above it.
    """
    if address.startswith(IPC):
        before = os.umask(0o077)
        try:
            socket.bind(address)
        finally:
            os.umask(before)
        return address
    parts = tcp_address(address)
    if pair is not None:
        socket.curve_server = True
        socket.curve_publickey, socket.curve_secretkey = pair.public.encode(), pair.secret.encode()
        socket.zap_domain = DOMAIN
    parts = TcpAddress(parts.host if parts.host in EVERYWHERE else _number(parts.host), parts.port)
    socket.ipv6 = ":" in parts.host
    socket.bind(str(parts))
    return str(TcpAddress(parts.host, _bound_port(socket)))


def _bound_port(socket: "zmq.Socket[bytes]") -> int:
    last = socket.getsockopt(zmq.LAST_ENDPOINT)
    assert isinstance(last, bytes), "it is an option of bytes"
    return tcp_address(last.decode().rstrip("\0")).port


def connect(socket: "zmq.Socket[bytes]", address: str, server: str, mine: Pair | None) -> None:
    """Speak to `address`; with keys only if it proves to have the secret of `server`."""
    if not address.startswith(IPC):
        if mine is not None:
            socket.curve_serverkey = server.encode()
            socket.curve_publickey, socket.curve_secretkey = mine.public.encode(), mine.secret.encode()
        socket.ipv6 = "[" in address
    socket.connect(address)


def connect_to_coordinator(socket: "zmq.Socket[bytes]", address: str, keys: Keys | None) -> None:
    """Speak to the coordinator, as one who may enter."""
    if keys is None:
        connect(socket, address, "", None)
    else:
        connect(socket, address, keys.server, Pair(keys.client, keys.secret))


def say(socket: "zmq.Socket[bytes]", frame: bytes) -> bool:
    """Send, never waiting; False when there is nobody: libzmq has given up on a side that speaks otherwise."""
    try:
        socket.send(frame, zmq.NOBLOCK)
    except zmq.Again:
        return False
    return True


def new_pair() -> Pair:
    """A key pair that nobody ever had; ClusterError when libzmq was built without CURVE."""
    if not zmq.has("curve"):
        raise ClusterError(
            "this libzmq was built without CURVE, so no keys can be made, and without keys nothing is bound beyond "
            "this machine: install pyzmq from its wheel (`pip install --force-reinstall pyzmq`), or use ipc://"
        )
    public, secret = zmq.curve_keypair()
    return Pair(public.decode(), secret.decode())


def own_host(towards: tuple[str, int] = NOWHERE_NEAR) -> str:
    """The address of this machine on the way to `towards`; the loopback's when it has no way there."""
    try:
        family, _, _, _, destination = system.getaddrinfo(*towards, type=system.SOCK_DGRAM)[0]
        with system.socket(family, system.SOCK_DGRAM) as probe:
            probe.connect(destination)  # of a datagram socket: chooses a route, sends nothing
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def _number(host: str) -> str:
    """The address behind a name: libzmq binds no names."""
    return str(system.getaddrinfo(host, None, type=system.SOCK_STREAM)[0][4][0])
