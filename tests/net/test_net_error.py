"""NetError: Go's OpError, and Python's OSError."""

import pickle

import pytest

from cluster.model.errors import ClusterError, NetError
from cluster.net.netfd import cause_of


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (NetError("dial", "foo", "unknown network foo"), "dial foo: unknown network foo"),
        (NetError("accept", "unix", "i/o timeout", addr="/run/s"), "accept unix /run/s: i/o timeout"),
        (NetError("read", "tcp", "i/o timeout", "a:1", "b:2"), "read tcp a:1->b:2: i/o timeout"),
    ],
)
def test_its_text_is_gos(error: NetError, text: str) -> None:
    assert str(error) == text


def test_it_is_an_os_error_of_ours_and_crosses_ms_as_it_is() -> None:
    error = NetError("dial", "tcp", cause_of("connect", 111), addr="127.0.0.1:1", errno=111)
    error.written = 5
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert isinstance(each, OSError) and isinstance(each, ClusterError) and type(each) is NetError
        assert str(each) == "dial tcp 127.0.0.1:1: connect: connection refused"
        assert (each.errno, each.written, each.timeout, each.closed) == (111, 5, False, False)


def test_what_has_ended_it_can_be_asked() -> None:
    assert NetError("read", "tcp", "i/o timeout").timeout
    assert NetError("read", "tcp", "use of closed network connection").closed
