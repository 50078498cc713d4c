"""Who may enter a cluster: addresses, the keys that they need, and the answer at the door. No socket here.

One machine. `ipc://` sockets in a directory of mode 0700. The directory is the door, and nobody has a key.
Across.      `tcp://` with CURVE (CurveZMQ: Curve25519, a fresh key for each connection, nothing can be read, changed
             or replayed). The coordinator proves that it has the secret of `Keys.server`; whoever comes proves that
             he has `Keys.secret`: both are made by the coordinator, and only the second leaves it, in the connection
             file. What is no proof does not get a byte to the decoder.
Ms.          Each M has a pair of its own, and tells its public half to the coordinator when it registers; the roster
             tells it to the others. So an M knows which M speaks, and none can speak for another.
Rejected.    A password in the protocol (it would be asked after the decoder has read bytes of strangers). TLS
             (certificates to make and to renew; ZeroMQ does not speak it).
Sources.     RFC 26/CurveZMQ and 27/ZAP of the ZeroMQ project; Z85 is RFC 32.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from cluster.model.errors import ClusterError

TCP: Final = "tcp://"
IPC: Final = "ipc://"
ZAP_ENDPOINT: Final = "inproc://zeromq.zap.01"  # where libzmq asks who may enter: RFC 27
DOMAIN: Final = b"gmp-cluster"
EVERYWHERE: Final = ("*", "0.0.0.0", "::")
_Z85: Final = re.compile(r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")  # of 32 bytes
_TCP_ADDRESS: Final = re.compile(r"tcp://(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):(\*|\d{1,5})")
_LOOPBACK: Final = re.compile(r"127(\.\d{1,3}){3}")  # ipaddress says it, too, and takes 3 ms of each start to load
_PORT_MAX: Final = 65535


@dataclass(frozen=True, slots=True)
class Keys:
    """What a legitimate peer of a coordinator has: each 40 characters of Z85. The secret is in no text of this."""

    server: str  # the coordinator's public key
    client: str  # the public key of all who may enter
    secret: str = field(repr=False)  # its other half


@dataclass(frozen=True, slots=True)
class Pair:
    """A key pair of one process: it never leaves it."""

    public: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """`tcp://HOST:PORT`."""

    host: str  # a name, an address without its brackets, or one of EVERYWHERE
    port: int  # 0: any that is free

    def __str__(self) -> str:
        return f"{TCP}[{self.host}]:{self.port}" if ":" in self.host else f"{TCP}{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it. A name is not: it may mean anything."""
        return self.host in ("localhost", "::1") or _LOOPBACK.fullmatch(self.host) is not None


def tcp_address(address: str) -> TcpAddress:
    """`tcp://HOST:PORT` in its parts; ClusterError for anything else."""
    found = _TCP_ADDRESS.fullmatch(address)
    port = 0 if found is None or found[2] == "*" else int(found[2])
    if found is None or port > _PORT_MAX:
        raise ClusterError(
            f"{address!r} is no address of a cluster: it should look like tcp://HOST:PORT, or like "
            f"ipc:///directory/coordinator.sock."
        )
    return TcpAddress(found[1].strip("[]"), port)


def is_key(text: object) -> bool:
    """Whether this is a key as ZeroMQ writes them."""
    return isinstance(text, str) and _Z85.fullmatch(text) is not None


def check_bind(address: TcpAddress, *, keyed: bool) -> None:
    """ClusterError when listening there would let in whoever can reach the port."""
    if not keyed and not address.is_loopback:
        raise ClusterError(
            f"{address} can be reached from other machines, and without keys anybody who reaches it could run code as "
            f"this user. Leave --no-keys out: the coordinator then makes keys, and writes them to its connection file "
            f"(mode 0600), which workers and clients need; or bind 127.0.0.1."
        )


def check_endpoint(endpoint: str, key: str, *, like: str, keyed: bool) -> None:
    """ClusterError when an M should not speak to another M at `endpoint`: `like` is where it listens itself."""
    if endpoint.partition("://")[0] != like.partition("://")[0]:
        raise ClusterError(f"{endpoint!r} is no endpoint of a cluster whose Ms listen at {like!r} and the like")
    if keyed != bool(key) or (keyed and not is_key(key)):
        raise ClusterError(f"{endpoint!r} came {'without a key' if keyed else 'with a key'}")


# -- the door: ZAP, RFC 27


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has proved that he has the secret of `key`, and whether he may enter is asked."""

    request: bytes  # the number of the question, for the answer
    address: str
    key: bytes  # 32 bytes


def visitor(frames: list[bytes]) -> Visitor | None:
    """Who stands at the door, of a ZAP request; None when it is not about a key, or for another domain."""
    if len(frames) != 7:
        return None
    version, request, domain, address, _, mechanism, key = frames
    if version != b"1.0" or domain != DOMAIN or mechanism != b"CURVE" or len(key) != 32:
        return None
    return Visitor(request, address.decode("ascii", "replace"), key)


def admit(request: bytes, name: str) -> list[bytes]:
    """The answer that lets him in; each of his frames says `name`, whatever he says himself."""
    return [b"1.0", request, b"200", b"OK", name.encode("ascii"), b""]
