"""What a goroutine that moves shares with others: found where it is shared, and nowhere else."""

import asyncio
import enum
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import pytest

from cluster.bench.movepeer import NoneShared
from cluster.kernel.g import G, Program
from cluster.model.ids import ProgramId
from cluster.wire import frame
from cluster.wire.moving import Packed, pack, unpack, void
from cluster.wire.pickling import Pickling
from cluster.wire.sharing import Finding, Sharing, findings
from tests.wire.movable import PROGRAMS, Main, park
from tests.wire.test_moving import answers

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)

GLOBAL: list[int] = []


class Config:
    def __init__(self) -> None:
        self.names = ["a"]


class Slotted:
    __slots__ = ("x",)

    def __init__(self) -> None:
        self.x = [1]


@dataclass(frozen=True)
class Frozen:
    x: object


class Color(enum.Enum):
    RED = 1


class Code(int):
    pass


class Named(NamedTuple):
    x: object


async def holds(value: object) -> object:
    await park()
    return value


class Goroutine:
    """A started coroutine of somebody who may keep what it was given.

    In an `assert`, pytest keeps all that is given: so what must not be kept is given before it.
    """

    def __init__(self, main: Callable[..., Any], *args: object) -> None:
        self.g = G(7, Program(ProgramId(1)), main, (), None, 0)
        coroutine = main(*args)
        coroutine.send(None)
        self.g.send = coroutine.send
        self.coroutine = coroutine

    def packed(self) -> Packed:
        return pack((self.g.val, self.coroutine), Pickling("__main__", NoneShared()), (self.g,), keep=True)

    def found(self) -> list[tuple[str, str]]:
        found = [(finding.kind, finding.variable) for finding in findings(self.packed(), self.g)]
        self.coroutine.close()
        return found


MUTABLE: list[Callable[[], Any]] = [
    lambda: [1], lambda: {1: 2}, lambda: {1}, lambda: bytearray(b"x"), lambda: deque([1]), Config, Slotted,
]  # fmt: skip
KINDS = ("list", "dict", "set", "bytearray", "deque", "Config", "Slotted")


@pytest.mark.parametrize(("make", "kind"), [*zip(MUTABLE, KINDS, strict=True)], ids=KINDS)
def test_what_can_change_is_found_when_somebody_else_has_it_and_only_then(make: Callable[[], Any], kind: str) -> None:
    kept = make()
    assert Goroutine(holds, kept).found() == [(kind, "local 'value'")]
    assert kept is not None
    alone = Goroutine(holds, make()).found()
    assert alone == []


UNCHANGING = (1, "text", 1.5, (1, 2), frozenset({1}), Color.RED, Code(2), Frozen(1), Named(1), holds, Config, None)


@pytest.mark.parametrize("value", UNCHANGING, ids=lambda value: getattr(value, "__name__", repr(value)))
def test_what_cannot_change_may_be_shared(value: object) -> None:
    assert Goroutine(holds, value).found() == []


@pytest.mark.parametrize("wrap", [lambda x: (x,), Named, Frozen, lambda x: partial(print, x), lambda x: x.append])
def test_what_can_change_is_shared_with_what_holds_it(wrap: Callable[[Any], object]) -> None:
    kept = wrap([1])
    assert Goroutine(holds, kept).found() == [("list", "local 'value'")]
    assert kept is not None
    alone = Goroutine(holds, wrap([1])).found()
    assert alone == []


def test_what_is_deep_inside_of_a_variable_is_named_by_that_variable() -> None:
    kept = Config()
    found = Goroutine(holds, {"first": [1], "second": (kept.names, [2])}).found()
    assert found == [("list", "local 'value'")]
    assert kept.names == ["a"]


def test_whole_and_part_that_are_both_known_elsewhere_are_two_findings() -> None:
    part = [1]
    whole = {"part": part}
    assert sorted(Goroutine(holds, whole).found()) == [("dict", "local 'value'"), ("list", "local 'value'")]


def test_a_module_global_is_shared_with_its_module() -> None:
    assert Goroutine(holds, GLOBAL).found() == [("list", "local 'value'")]


def test_what_is_used_many_times_within_the_goroutine_is_its_own() -> None:
    async def main() -> object:
        xs: list[Any] = [1]
        xs.append(xs)
        ys = {"xs": xs, "again": [xs, (xs,)]}
        config = Config()
        names = config.names

        def closure() -> object:
            return xs, ys, names

        def series() -> Iterator[object]:
            yield from ys.values()

        async def inner(*args: object, **kwargs: object) -> object:
            with_items = zip(args, kwargs.items(), strict=False)
            return await park(), closure, with_items

        generator = series()
        next(generator)
        return await inner(xs, config, slotted=Slotted(), frozen=Frozen(xs)), generator, [await park() for _ in xs]

    assert Goroutine(main).found() == []


@pytest.mark.parametrize("main", PROGRAMS, ids=lambda main: main.__name__)
def test_a_goroutine_that_shares_nothing_raises_no_alarm_wherever_it_stands(main: Main) -> None:
    coroutine, steps = main(), 0
    for value in answers():
        try:
            coroutine.send(value)
        except StopIteration:
            break
        packed = pack(coroutine, Pickling("__main__", NoneShared()), keep=True)
        assert findings(packed, None) == []
        steps += 1
    assert steps


def test_each_suspended_frame_is_looked_at_and_the_function_that_has_it_named() -> None:
    kept = [1]

    async def inner(mine: list[int]) -> None:
        async for _ in series(mine):
            pass

    async def series(items: list[int]) -> AsyncIterator[object]:
        for i in items:
            yield i, await park()

    async def outer() -> None:
        await inner(kept.copy())
        await inner(kept)

    goroutine = Goroutine(outer)
    assert findings(goroutine.packed(), goroutine.g) == [
        Finding("list", "local 'kept'", f"{__name__}.{outer.__qualname__}", f"test_sharing.py:{outer_line(outer)}")
    ]
    asyncio.run(closed(goroutine))


async def closed(goroutine: Goroutine) -> None:
    """Async generators want a loop when they end."""
    goroutine.coroutine.close()


def outer_line(fn: Callable[..., object]) -> int:
    return fn.__code__.co_firstlineno + 1


def test_a_variable_of_a_closure_is_shared_with_the_other_functions_that_have_it() -> None:
    def make() -> tuple[Goroutine, Callable[[], object]]:
        xs, n, own = [1], 1, [2]

        async def goroutine(own: list[int]) -> object:
            return xs, n, own, await park()

        return Goroutine(goroutine, own), lambda: (xs, n)

    goroutine, other = make()
    assert goroutine.found() == [("list", "local 'xs'")]
    assert other() == ([1], 1)
    alone = make()[0]
    assert alone.found() == []


def test_what_its_g_holds_goes_with_it() -> None:
    goroutine = Goroutine(partial(holds, value=[1]))
    goroutine.g.val = {1: 2}
    assert goroutine.found() == []


def test_a_value_on_its_way_that_somebody_else_has_has_no_variable_and_is_not_told() -> None:
    kept = [1]
    goroutine = Goroutine(holds, None)
    goroutine.g.val = kept
    assert goroutine.found() == []


def test_what_only_an_expression_has_is_told_too() -> None:
    async def walks() -> None:
        for _ in GLOBAL:
            await park()

    GLOBAL.append(1)
    goroutine = Goroutine(walks)
    (found,) = findings(goroutine.packed(), goroutine.g)
    assert (found.kind, found.variable) == ("list", "in an expression, a `with` or a `for`")
    assert f"of the list in an expression, a `with` or a `for` of {__name__}.{walks.__qualname__} (" in (
        Sharing().report(goroutine.packed(), goroutine.g)
    )
    goroutine.coroutine.close()


def test_each_variable_is_told_once_with_words_for_people() -> None:
    kept = [1]
    sharing, goroutine, other = Sharing(), Goroutine(holds, kept), Goroutine(holds, kept)
    line = holds.__code__.co_firstlineno + 1
    assert sharing.report(goroutine.packed(), goroutine.g) == (
        "sharecheck: goroutine 7 moves to another M and takes a copy of the list in local 'value' of "
        f"{__name__}.holds (test_sharing.py:{line}); others here still refer to the original\n"
    )
    assert sharing.report(other.packed(), other.g) == ""
    assert Sharing().report(other.packed(), other.g) != ""
    for each in (goroutine, other):
        each.coroutine.close()


def test_the_check_leaves_the_goroutine_as_it_was() -> None:
    kept = [1]
    goroutine = Goroutine(holds, kept)
    pickling = Pickling("__main__", NoneShared())
    packed = goroutine.packed()
    before = packed.data
    assert findings(packed, goroutine.g) and goroutine.packed().data == before
    void(packed)
    _, copy = unpack(packed.data, pickling, (goroutine.g,))  # type: ignore[misc]
    with pytest.raises(StopIteration) as ended:
        copy.send(None)
    assert ended.value.value == [1] and ended.value.value is not kept


def test_what_goes_by_value_is_looked_at_as_well() -> None:
    kept = [1]
    space: dict[str, Any] = {"__name__": "nowhere", "park": park}
    exec("async def main(xs, own):\n  await park()\n  return xs, own", space)
    found = Goroutine(space["main"], kept, [2]).found()
    assert found == [("list", "local 'xs'")]


def test_nothing_is_kept_unless_it_is_asked_for() -> None:
    goroutine = Goroutine(holds, [1])
    assert pack(goroutine.coroutine, Pickling("__main__", NoneShared())).written == []
    goroutine.coroutine.close()
