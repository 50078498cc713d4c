"""Addresses, keys, and what is answered at the door."""

import pytest

from cluster.model.errors import ClusterError
from cluster.wire import security
from cluster.wire.security import DOMAIN, Keys, Pair, TcpAddress, check_bind, check_endpoint, is_key, tcp_address

KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"  # RFC 32's example, and as good as any


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("tcp://127.0.0.1:7878", "127.0.0.1", 7878),
        ("tcp://machine.example:1", "machine.example", 1),
        ("tcp://[::1]:7878", "::1", 7878),
        ("tcp://*:7878", "*", 7878),
        ("tcp://10.0.0.1:*", "10.0.0.1", 0),
        ("tcp://10.0.0.1:0", "10.0.0.1", 0),
    ],
)
def test_an_address_on_tcp_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert tcp_address(text) == TcpAddress(host, port)
    assert tcp_address(str(tcp_address(text))) == TcpAddress(host, port)


@pytest.mark.parametrize(
    "text",
    ["", "tcp://", "tcp://host", "tcp://:1", "tcp://host:", "tcp://host:x", "tcp://host:65536", "tcp://a:1:2", "tcp://::1:7",
     "udp://host:1", "tcp://a b:1", "tcp://host:1/x", "host:1", "tcp://host:1;tcp://other:1"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_says_what_one_looks_like(text: str) -> None:
    with pytest.raises(ClusterError, match="it should look like tcp://HOST:PORT, or like ipc:///directory/"):
        tcp_address(text)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.9.8.7", True), ("localhost", True), ("::1", True),
        ("0.0.0.0", False), ("*", False), ("::", False), ("10.0.0.1", False), ("machine", False),
        ("127.0.0.1.evil.example", False), ("1270.0.0.1", False), ("localhost.evil.example", False),
    ],
)  # fmt: skip
def test_only_the_loopback_may_be_bound_without_keys(host: str, loopback: bool) -> None:
    address = TcpAddress(host, 7878)
    assert address.is_loopback == loopback
    check_bind(address, keyed=True)
    if loopback:
        check_bind(address, keyed=False)
    else:
        with pytest.raises(
            ClusterError, match=r"without keys anybody who reaches it could run code .* Leave --no-keys out"
        ):
            check_bind(address, keyed=False)


def test_a_secret_is_in_no_text() -> None:
    assert KEY not in f"{Keys('server', 'client', KEY)!r} {Keys('server', 'client', KEY)} {Pair('public', KEY)!r}"


@pytest.mark.parametrize("text", ["", KEY[:-1], KEY + "x", KEY[:-1] + "~", KEY[:-1] + "\n", 7, None, KEY.encode()])
def test_what_is_no_key_is_none(text: object) -> None:
    assert is_key(KEY)
    assert not is_key(text)


def test_an_m_speaks_only_to_ms_that_listen_as_it_does_itself() -> None:
    tcp, ipc = "tcp://10.0.0.1:1", "ipc:///d/m-1.sock"
    check_endpoint("tcp://10.0.0.2:2", KEY, like=tcp, keyed=True)
    check_endpoint("ipc:///d/m-2.sock", "", like=ipc, keyed=False)
    for endpoint, key, like, keyed in (
        ("tcp://10.0.0.2:2", "", ipc, False),
        ("ipc:///d/m-2.sock", KEY, tcp, True),
        ("tcp://10.0.0.2:2", "", tcp, True),
        ("tcp://10.0.0.2:2", KEY[1:], tcp, True),
        ("ipc:///d/m-2.sock", KEY, ipc, False),
        ("garbage", "", ipc, False),
    ):
        with pytest.raises(ClusterError):
            check_endpoint(endpoint, key, like=like, keyed=keyed)


REQUEST = [b"1.0", b"42", DOMAIN, b"10.0.0.9", b"identity", b"CURVE", b"k" * 32]


def test_who_stands_at_the_door_has_an_address_and_a_key() -> None:
    assert security.visitor(REQUEST) == security.Visitor(b"42", "10.0.0.9", b"k" * 32)


@pytest.mark.parametrize(
    ("at", "frame"), [(0, b"2.0"), (2, b"other"), (5, b"NULL"), (5, b"PLAIN"), (6, b"k" * 31), (6, b"")]
)
def test_who_comes_without_a_key_is_no_visitor(at: int, frame: bytes) -> None:
    assert security.visitor([*REQUEST[:at], frame, *REQUEST[at + 1 :]]) is None
    assert security.visitor(REQUEST[:-1]) is None
    assert security.visitor([*REQUEST, b""]) is None
    assert security.visitor([]) is None


def test_the_answer_at_the_door_is_that_of_zap() -> None:
    assert security.admit(b"42", "member") == [b"1.0", b"42", b"200", b"OK", b"member", b""]
