"""How Go prints the value of a panic.

Order.      `nil`, `true`, `42`, `+1.500000e+000` and strings are bare. An error, and whatever else has a text of
            its own, is that text. A program's own kind of number or string is `main.code(42)`,
            `main.reason("text")`, the string not escaped. What is left is `(main.T) 0x7f…`, its address.
Unlike Go.  Lists and dicts have a text in Python, and are printed by it; Go prints their address.
Sources.    Go 1.19 runtime/error.go: printany, printanycustomtype; runtime/print.go: printfloat;
            runtime/panic.go: preprintpanics.
"""

from collections.abc import Callable
from typing import Final

_DIGITS: Final = 7  # Go's printfloat
_PLAIN: Final[tuple[type, ...]] = (bool, int, float, complex, str)
_INHERITED_TEXTS: Final = frozenset(
    method for kind in (object, int, float, complex, str) for method in (kind.__str__, kind.__repr__)
)


def panic_value(value: object) -> str:
    """The text after `panic: ` for `panic(value)`. Runs the value's own `__str__`, and raises what that raises."""
    for kind in _PLAIN:
        if isinstance(value, kind):
            return _number_or_string(value, kind)
    if value is None:
        return "nil"
    cls = type(value)
    if cls.__str__ is object.__str__ and cls.__repr__ is object.__repr__:
        return f"({type_name(cls)}) {hex(id(value))}"
    return str(value)


def type_name(cls: type) -> str:
    """The name of a type as Go would print it: `main.code`."""
    return f"{package_of(cls.__module__)}.{cls.__name__}"


def package_of(module: str) -> str:
    """The module's name as Go would call its package: the program file is `main`."""
    return "main" if module.startswith(("__gmp_main_", "__main__")) else module


def _number_or_string(value: object, kind: type) -> str:
    cls = type(value)
    if cls is not kind and cls.__str__ not in _INHERITED_TEXTS:  # Go's Stringer
        return str(value)
    text = _FORMATS[kind](value)
    if cls is kind:
        return text
    if kind is str:
        return f'{type_name(cls)}("{text}")'
    if kind is complex:  # its text has parentheses already
        return type_name(cls) + text
    return f"{type_name(cls)}({text})"


def _float(v: float) -> str:
    """`+d.dddddde+ddd`, by Go's own steps: its rounding differs from the C library's in the last digit."""
    if v != v:
        return "NaN"
    if v + v == v and v != 0:
        return "+Inf" if v > 0 else "-Inf"
    sign = "-" if str(v)[0] == "-" else "+"  # of -0.0 too
    v, exponent = abs(v), 0
    if v != 0:
        while v >= 10:
            exponent += 1
            v /= 10
        while v < 1:
            exponent -= 1
            v *= 10
        half = 5.0
        for _ in range(_DIGITS):
            half /= 10
        v += half
        if v >= 10:
            exponent += 1
            v /= 10
    digits = ""
    for _ in range(_DIGITS):
        digit = int(v)
        digits += str(digit)
        v = (v - digit) * 10
    return f"{sign}{digits[0]}.{digits[1:]}e{'-' if exponent < 0 else '+'}{abs(exponent):03d}"


def _complex(v: complex) -> str:
    return f"({_float(v.real)}{_float(v.imag)}i)"


_FORMATS: Final[dict[type, Callable[..., str]]] = {
    bool: lambda v: "true" if v else "false",
    int: int.__repr__,
    float: lambda v: _float(float.__float__(v)),
    complex: lambda v: _complex(complex.__complex__(v)),
    str: str.__str__,
}
