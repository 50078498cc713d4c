"""Addresses: what is taken apart and put together, and what Go says of those that are wrong."""

import pytest

from cluster.net.address import AddressError, Target, join_host_port, split_host_port, targets, text_of
from tests.fakes import run


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("127.0.0.1:80", "127.0.0.1", "80"),
        (":80", "", "80"),
        ("name:http", "name", "http"),
        ("name:", "name", ""),
        ("[::1]:80", "::1", "80"),
        ("[fe80::1%lo]:80", "fe80::1%lo", "80"),
    ],
)
def test_an_address_is_a_host_and_a_port(address: str, host: str, port: str) -> None:
    assert split_host_port(address) == (host, port)


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("127.0.0.1", "missing port in address"),
        ("", "missing port in address"),
        ("::1:80", "too many colons in address"),
        ("[::1]", "missing port in address"),
        ("[::1]80", "missing port in address"),
        ("[::1]:80:90", "too many colons in address"),
        ("[::1:80", "missing ']' in address"),
        ("a[b:80", "unexpected '[' in address"),
        ("ab]:80", "unexpected ']' in address"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_in_gos_words(address: str, what: str) -> None:
    with pytest.raises(AddressError) as caught:
        split_host_port(address)
    assert str(caught.value) == f"address {address}: {what}"


def test_addresses_of_the_system_as_people_write_them() -> None:
    assert join_host_port("::1", 80) == text_of(("::1", 80, 0, 0)) == "[::1]:80"
    assert join_host_port("127.0.0.1", 80) == text_of(("127.0.0.1", 80)) == "127.0.0.1:80"
    assert [text_of(name) for name in ("/run/s", "", b"\0hidden")] == ["/run/s", "@", "@hidden"]


def found(network: str, address: str, listening: bool = False) -> list[Target]:
    """What an address means that needs no look-up."""

    async def main() -> list[Target]:
        return await targets(network, address, listening)

    return run(main)  # type: ignore[return-value]  # what main returned


def test_numbers_and_paths_need_no_look_up() -> None:
    assert [target[1:] for target in found("tcp", "127.0.0.1:80")] == [(("127.0.0.1", 80), "127.0.0.1:80")]
    assert [target[1:] for target in found("tcp", "[::1]:80")] == [(("::1", 80, 0, 0), "[::1]:80")]
    assert [target[1:] for target in found("unix", "/run/s")] == [("/run/s", "/run/s")]
    assert [target[1:] for target in found("unix", "@hidden")] == [("\0hidden", "@hidden")]


def test_no_host_is_this_machine_for_who_calls_and_all_its_addresses_for_who_listens() -> None:
    assert [target.text for target in found("tcp", ":80")] == ["127.0.0.1:80", "[::1]:80"]
    (all_of_them,) = found("tcp", ":0", listening=True)
    assert all_of_them.text == ":0" and all_of_them.sockaddr in (("::", 0, 0, 0), ("0.0.0.0", 0))


@pytest.mark.parametrize(
    ("network", "address", "what"),
    [
        ("tcp", "", "missing address"),
        ("unix", "", "missing address"),
        ("tcp", "127.0.0.1:99999", "address 99999: invalid port"),
        ("tcp", "127.0.0.1:-1", "address -1: invalid port"),
    ],
)
def test_an_address_that_nobody_can_have_is_refused(network: str, address: str, what: str) -> None:
    with pytest.raises(AddressError) as caught:
        found(network, address)
    assert str(caught.value) == what
