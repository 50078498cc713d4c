"""What is printed for the value of a panic. Each expected text of a Go value is what Go 1.19 printed for it."""

import enum
import math
import re

import pytest

from cluster.model.errors import Panic, SendOnClosedError
from cluster.model.panics import package_of, panic_value, type_name


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (None, "nil"),
        (True, "true"),
        (False, "false"),
        (42, "42"),
        (-7, "-7"),
        (1 << 70, "1180591620717411303424"),
        (1.5, "+1.500000e+000"),
        (0.0, "+0.000000e+000"),
        (-0.0, "-0.000000e+000"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
        (1e100, "+1.000000e+100"),
        (123456789.125, "+1.234568e+008"),
        (1e-7, "+1.000000e-007"),
        (9.9999995, "+1.000000e+001"),
        (9.9999999, "+1.000000e+001"),
        (1 - 2j, "(+1.000000e+000-2.000000e+000i)"),
        ('te"xt\nmore', 'te"xt\nmore'),
        ("", ""),
        (ValueError("boom"), "boom"),
    ],
)
def test_values_are_printed_as_go_prints_them(value: object, printed: str) -> None:
    assert panic_value(value) == printed
    assert str(Panic(value)) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (2.5, "+2.500000e+000"),
        (1 / 3, "+3.333333e-001"),
        (2 / 3, "+6.666667e-001"),
        (1e22, "+1.000000e+022"),
        (5e-324, "+4.940656e-324"),
        (1.7976931348623157e308, "+1.797693e+308"),
        (0.1, "+1.000000e-001"),
        (1234567.5, "+1.234567e+006"),
        (1234566.5, "+1.234567e+006"),
        (-99999994.9, "-9.999999e+007"),
    ],
)
def test_floats_are_rounded_as_the_runtime_of_go_rounds_them(value: float, printed: str) -> None:
    assert panic_value(value) == printed


class code(int): ...  # noqa: N801  # the names that Go programs give them


class reason(str):  # noqa: N801
    __slots__ = ()


class ratio(float): ...  # noqa: N801


class wave(complex): ...  # noqa: N801


class Named(int):
    def __str__(self) -> str:
        return "by its name"


class Level(enum.IntEnum):
    HIGH = 3


class Colour(enum.Enum):
    RED = 1


class Bare: ...


class WithText:
    def __str__(self) -> str:
        return "I am text"


class WithRepr:
    def __repr__(self) -> str:
        return "WithRepr()"


@pytest.fixture
def _in_main(monkeypatch: pytest.MonkeyPatch) -> None:
    for cls in (code, reason, ratio, wave, Named, Level, Bare):
        monkeypatch.setattr(cls, "__module__", "__gmp_main_3__")


@pytest.mark.usefixtures("_in_main")
@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (code(42), "main.code(42)"),
        (reason('te"xt\nx'), 'main.reason("te"xt\nx")'),
        (ratio(2.5), "main.ratio(+2.500000e+000)"),
        (wave(1 + 2j), "main.wave(+1.000000e+000+2.000000e+000i)"),
        (Level.HIGH, "main.Level(3)"),
    ],
)
def test_a_programs_own_kind_of_number_or_string_is_printed_with_its_name(value: object, printed: str) -> None:
    assert panic_value(value) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (Named(1), "by its name"),
        (WithText(), "I am text"),
        (WithRepr(), "WithRepr()"),
        (Colour.RED, "Colour.RED"),
        ([1, "a"], "[1, 'a']"),
        (SendOnClosedError(), "send on closed channel"),
        (Panic(Panic(1.5)), "+1.500000e+000"),
    ],
)
def test_what_has_a_text_of_its_own_is_printed_by_it(value: object, printed: str) -> None:
    assert panic_value(value) == printed


@pytest.mark.usefixtures("_in_main")
def test_what_has_no_text_is_printed_by_type_and_address() -> None:
    """Go: `(main.st) 0x5379a8`."""
    assert re.fullmatch(r"\(main\.Bare\) 0x[0-9a-f]+", panic_value(Bare()))


def test_a_text_that_fails_fails_for_who_asks() -> None:
    class Broken:
        def __str__(self) -> str:
            raise KeyError("no text")

    with pytest.raises(KeyError, match="no text"):
        panic_value(Broken())


def test_the_program_file_is_package_main_and_no_other() -> None:
    modules = ("__main__", "__gmp_main_0__", "__gmp_main_12__", "mainly", "os.path")
    assert [package_of(module) for module in modules] == ["main", "main", "main", "mainly", "os.path"]
    assert type_name(re.Pattern) == "re.Pattern"
