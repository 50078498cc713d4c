"""Which values go many in a message, as they are."""

from enum import IntEnum

import pytest

from cluster.kernel.plain import INT_MAX, PLAIN, SHORT_MAX, all_short


class Word(str):
    """Its own type: perhaps with attributes of its own."""

    __slots__ = ()


class Number(IntEnum):
    ONE = 1


@pytest.mark.parametrize("value", [0, -7, INT_MAX - 1, 1.5, "", "é" * SHORT_MAX, b"x" * SHORT_MAX, True, None])
def test_short_values_of_plain_types_are(value: object) -> None:
    assert type(value) in PLAIN and all_short((value, value))


@pytest.mark.parametrize(
    "value", [INT_MAX, -INT_MAX, "a" * (SHORT_MAX + 1), b"a" * (SHORT_MAX + 1), Word("a"), Number.ONE, (1,), [], 1j]
)
def test_long_ones_and_all_others_are_not(value: object) -> None:
    assert not all_short((1, value, 2))


def test_nothing_is_all_short() -> None:
    assert all_short(())
