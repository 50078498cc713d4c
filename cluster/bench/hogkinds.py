"""The goroutines of hogs.py: seventeen kinds of work without an await, and what each comes to.

In each, something is in progress that preemption could spoil: a C function that calls back, an exception, a
generator, a finaliser, a context, a class that is being made. Each takes some ten milliseconds, and its
result depends on every step.
"""

import contextlib
import ctypes
import decimal
import functools
import gc
import json
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final

from cluster import gosched

VARIABLE: Final[ContextVar[int]] = ContextVar("VARIABLE", default=0)
MODULUS: Final = (1 << 61) - 1
OBJECTS: Final = "[" + ",".join(f'{{"a": {i}}}' for i in range(2_000)) + "]"


def mixed(values: Any) -> int:  # noqa: ANN401  # any integers
    """One number that depends on each value and their order."""
    total = 0
    for value in values:
        total = (total * 31 + value) % MODULUS
    return total


def nested_calls() -> int:
    def inner(i: int) -> int:
        return i * i

    def middle(i: int) -> int:
        return inner(i) + inner(i + 1)

    return mixed(middle(i) for i in range(12_000))


def sort_with_key() -> int:
    return mixed(sorted(range(30_000), key=lambda i: (i * 7919) % 30_011))


def sort_with_cmp() -> int:
    def compare(a: int, b: int) -> int:
        for _ in range(2):
            pass
        return (a * 7919) % 5003 - (b * 7919) % 5003

    return mixed(sorted(range(4_000), key=functools.cmp_to_key(compare)))


def regular_expression() -> int:
    return mixed(map(ord, re.sub("[abc]", lambda found: str(ord(found[0])), "abcd" * 4_000)))


def json_hooks() -> int:
    made = json.loads(OBJECTS, object_hook=lambda found: mixed(range(found["a"] % 50)))
    return mixed(made) + len(json.dumps([set()] * 2_000, default=lambda _: mixed(range(20))))


def exceptions() -> int:
    caught = []
    for i in range(12_000):
        try:
            try:
                if i % 3:
                    raise ValueError(i)
            finally:
                caught.append(i)
        except ValueError as error:
            caught.append(error.args[0] + 1)
    return mixed(caught)


def recursion() -> int:
    def fib(n: int) -> int:
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    return fib(21)


def generators() -> int:
    def numbers(n: int) -> Iterator[int]:
        if n:
            yield from numbers(n - 1)
        yield from range(700)

    return mixed(numbers(20))


def finalisers() -> int:
    told: list[int] = []

    class Told:
        def __init__(self, i: int) -> None:
            self.i = i

        def __del__(self) -> None:
            told.append(mixed(range(self.i % 20)))

    for i in range(5_000):
        Told(i)
    return mixed(told)


def equality() -> int:
    class Odd:
        def __init__(self, i: int) -> None:
            self.i = i

        def __eq__(self, other: object) -> bool:
            return mixed(range(10)) >= 0 and isinstance(other, Odd) and self.i == other.i

        def __hash__(self) -> int:
            return 1

    return mixed(one.i for one in dict.fromkeys(Odd(i % 60) for i in range(90)))


def context_variables() -> int:
    seen = []
    for i in range(200):
        token = VARIABLE.set(i + 1)
        with decimal.localcontext() as context:
            context.prec = 20 + i % 30
            seen.append(mixed(range(100)) + VARIABLE.get())
            seen.append(len(str(decimal.Decimal(1) / 7)))
        VARIABLE.reset(token)
        seen.append(VARIABLE.get())
    return mixed(seen)


def libc_qsort() -> int:
    prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))

    def compare(a: Any, b: Any) -> int:  # noqa: ANN401  # pointers
        for _ in range(2):
            pass
        return int(a[0] - b[0])

    values = (ctypes.c_int * 1_500)(*((i * 7919) % 1_511 for i in range(1_500)))
    ctypes.CDLL(None).qsort(values, len(values), ctypes.sizeof(ctypes.c_int), prototype(compare))
    return mixed(values)


def metaclasses() -> int:
    class Meta(type):
        def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> "Meta":
            space["number"] = mixed(range(space["seed"] % 60))
            return super().__new__(cls, name, bases, space)

    return mixed(Meta(f"C{i}", (), {"seed": i}).number for i in range(600))  # type: ignore[attr-defined]  # see __new__


def collections_of_garbage() -> int:
    dead: list[int] = []

    class Ring:
        def __init__(self, i: int) -> None:
            self.i, self.me = i, self

        def __del__(self) -> None:
            dead.append(self.i)

    for i in range(4):
        rings = [Ring(100 * i + k) for k in range(100)]
        del rings
        while len(dead) < 100 * (i + 1):
            gc.collect()  # does nothing while another thread collects: any may, when it makes an object
    return mixed(sorted(dead))


def comprehensions() -> int:
    return mixed({i: [k * i for k in range(i % 30)] for i in range(2_000)}[1_999]) + len(
        {i % 99 for i in range(20_000)}
    )


def context_managers() -> int:
    log: list[int] = []

    @contextlib.contextmanager
    def logged(i: int) -> Iterator[int]:
        log.append(i)
        try:
            yield i + 1
        finally:
            log.append(-i)

    for i in range(1_500):
        with contextlib.suppress(KeyError), logged(i) as k:
            if k % 2:
                raise KeyError(k)
    return mixed(log)


async def awaits() -> int:
    total = 0
    for i in range(40):
        total = (total * 31 + mixed(range(400)) + i) % MODULUS
        await gosched()
    return total


KINDS: Final[dict[str, Callable[[], Any]]] = {
    kind.__name__: kind
    for kind in (
        nested_calls, sort_with_key, sort_with_cmp, regular_expression, json_hooks, exceptions, recursion, generators,
        finalisers, equality, context_variables, libc_qsort, metaclasses, collections_of_garbage, comprehensions,
        context_managers, awaits,
    )
}  # fmt: skip
