"""Addresses of sockets: `host:port` or a path, as people write them and as the operating system has them.

Names are looked up by the system's resolver, which blocks: on a helper thread, as a system call. What is a
number already needs none.
Sources: Go 1.19 net/ipsock.go: SplitHostPort, JoinHostPort, internetAddrList; net/port.go: parsePort;
net/dnsclient.go: the texts of DNSError; net/unixsock_posix.go: sockaddrToUnix.
"""

import ipaddress
import socket
from typing import Final, NamedTuple, cast

from cluster.kernel.chan import Chan
from cluster.kernel.runtime import syscall
from cluster.kernel.sched import go
from cluster.kernel.select import select
from cluster.kernel.tickers import Timer

PORT_MAX: Final = 65535
NETWORKS: Final = ("tcp", "unix")


class AddressError(Exception):
    """What is wrong with an address, in Go's words: the cause of a NetError."""


class Target(NamedTuple):
    """Where to connect, or to listen."""

    family: int
    sockaddr: object  # as `connect` and `bind` take it
    text: str


async def targets(network: str, address: str, listening: bool, timeout: float | None = None) -> list[Target]:
    """All that an address means, the best first. Raises AddressError, also when a look-up takes too many seconds."""
    if network == "unix":
        if not address:
            raise AddressError("missing address")
        # As Go has it, "@" begins a name of the abstract namespace.
        return [Target(socket.AF_UNIX, "\0" + address[1:] if address[0] == "@" else address, address)]
    if not address and not listening:
        raise AddressError("missing address")
    host, port = split_host_port(address) if address else ("", "0")
    number = await _port(port)
    if not host:
        return wildcard(number) if listening else loopback(number)
    if (numeric := _numeric(host, number)) is not None:
        return [numeric]
    return await (_look_up(host, number) if timeout is None else _look_up_within(timeout, host, number))


def split_host_port(address: str) -> tuple[str, str]:
    """`host:port`, `[ipv6]:port` or `:port` in two. Raises AddressError."""
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        if not bracket:
            raise AddressError(f"address {address}: missing ']' in address")
        if not rest:
            raise AddressError(f"address {address}: missing port in address")
        if not rest.startswith(":"):
            raise AddressError(f"address {address}: missing port in address")
        port = rest[1:]
        if ":" in port:
            raise AddressError(f"address {address}: too many colons in address")
    else:
        host, colon, port = address.rpartition(":")
        if not colon:
            raise AddressError(f"address {address}: missing port in address")
        if ":" in host:
            raise AddressError(f"address {address}: too many colons in address")
    for bracket in "[]":
        if bracket in host + port:
            raise AddressError(f"address {address}: unexpected '{bracket}' in address")
    return host, port


def join_host_port(host: str, port: int) -> str:
    """The text of a TCP address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def text_of(sockaddr: object) -> str:
    """What the system says of an end of a socket, for people. A Unix socket without a name is "@", as in Go."""
    if isinstance(sockaddr, tuple):
        return join_host_port(sockaddr[0], sockaddr[1])
    if isinstance(sockaddr, bytes):
        return sockaddr.replace(b"\0", b"@", 1).decode("utf-8", "surrogateescape")
    assert isinstance(sockaddr, str), "an address of another family"
    return sockaddr or "@"


def wildcard(port: int) -> list[Target]:
    """Every address of this machine: by IPv6, which takes IPv4 as well, if there is that."""
    if socket.has_dualstack_ipv6():
        return [Target(socket.AF_INET6, ("::", port, 0, 0), f":{port}")]
    return [Target(socket.AF_INET, ("0.0.0.0", port), f":{port}")]


def loopback(port: int) -> list[Target]:
    """This machine, for who calls it."""
    return [
        Target(socket.AF_INET, ("127.0.0.1", port), f"127.0.0.1:{port}"),
        Target(socket.AF_INET6, ("::1", port, 0, 0), f"[::1]:{port}"),
    ]


def _numeric(host: str, port: int) -> Target | None:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return None
    if ip.version == 4:
        return Target(socket.AF_INET, (host, port), join_host_port(host, port))
    address, _, zone = host.partition("%")
    return Target(socket.AF_INET6, (address, port, 0, _scope(zone)), join_host_port(host, port))


def _scope(zone: str) -> int:
    if not zone or zone.isdigit():
        return int(zone or 0)
    try:
        return socket.if_nametoindex(zone)
    except OSError:
        return 0  # as Go: the system will say what it thinks of that


async def _port(port: str) -> int:
    digits = port.removeprefix("-").removeprefix("+")
    if not digits:
        return 0
    if digits.isascii() and digits.isdigit():
        if not 0 <= int(port) <= PORT_MAX:
            raise AddressError(f"address {port}: invalid port")
        return int(port)
    try:
        return await syscall(socket.getservbyname, port, "tcp")
    except OSError:
        raise AddressError(f"address tcp/{port}: unknown port") from None


async def _look_up_within(timeout: float, host: str, port: int) -> list[Target]:
    """The resolver cannot be stopped: when it is late, nobody waits for its answer any more."""
    answers: Chan[list[Target] | AddressError] = Chan(1)
    timer = Timer(timeout)
    go(_answer, answers, host, port)
    chosen = await select(answers.recv(), timer.c.recv())
    timer.stop()
    if chosen.index == 1:
        raise AddressError(f"lookup {host}: i/o timeout")
    if isinstance(chosen.value, AddressError):
        raise chosen.value
    return cast("list[Target]", chosen.value)


async def _answer(answers: Chan[list[Target] | AddressError], host: str, port: int) -> None:
    try:
        found: list[Target] | AddressError = await _look_up(host, port)
    except AddressError as error:
        found = error
    await answers.send(found)


async def _look_up(host: str, port: int) -> list[Target]:
    try:
        found = await syscall(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        missing = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
        what = "no such host" if missing else (error.strerror or "server misbehaving").lower()
        raise AddressError(f"lookup {host}: {what}") from None
    except UnicodeError:  # a label of more than 63 characters
        raise AddressError(f"lookup {host}: no such host") from None
    return [Target(family, sockaddr, text_of(sockaddr)) for family, _, _, _, sockaddr in found]
