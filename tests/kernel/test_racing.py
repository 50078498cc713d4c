"""`--race`: who is given something has a copy, on one M too; without it, the thing itself."""

import threading
from collections.abc import Awaitable, Callable

import pytest

from cluster.kernel.chan import Chan, RacingChan
from cluster.kernel.errgroup import ErrGroup
from cluster.kernel.g import CHAN_SEND, Program
from cluster.kernel.nilchan import nil
from cluster.kernel.racing import begun, sent
from cluster.kernel.sched import go, gosched, sleep
from cluster.kernel.select import default, select
from cluster.kernel.shared import KIND_OF
from cluster.kernel.tickers import after_func
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import BadCaseError, CannotShipError, SendOnClosedError
from cluster.model.ids import ProgramId
from cluster.wire.pickling import Pickling
from tests.fakes import AsleepError, FakeShell

Given = list[object]


class Kept:
    """Knows the shared objects of one kernel by their place in a list. Implements `Objects`."""

    def __init__(self) -> None:
        self._kept: list[object] = []

    def name(self, obj: object) -> tuple[object, ...] | None:
        if type(obj) not in KIND_OF:
            return None
        self._kept.append(obj)
        return (len(self._kept) - 1,)

    def find(self, *name: object) -> object:
        (place,) = name
        assert isinstance(place, int)
        return self._kept[place]


def raced(main: Callable[..., object], *args: object) -> object:
    """Run a program that races: what its main returned."""
    shell = FakeShell()
    shell.program.race = Pickling("__main__", Kept()).copy
    return shell.run(main, *args)


async def change(given: Given, done: Chan[None]) -> None:
    given.append("changed")
    done.close()


async def take_and_change(ch: Chan[Given], done: Chan[None]) -> None:
    await change(await ch.recv(), done)


async def by_go(given: Given, done: Chan[None]) -> None:
    go(change, given, done)


async def by_keyword(given: Given, done: Chan[None]) -> None:
    go(change, given=given, done=done)


class Changes:
    def __init__(self, given: Given) -> None:
        self.given = given

    async def change(self, done: Chan[None]) -> None:
        await change(self.given, done)


async def by_method(given: Given, done: Chan[None]) -> None:
    go(Changes(given).change, done)


async def by_closure(given: Given, done: Chan[None]) -> None:
    async def closure() -> None:
        await change(given, done)

    go(closure)


async def by_wait_group(given: Given, done: Chan[None]) -> None:
    WaitGroup().go(change, given, done)


async def by_error_group(given: Given, done: Chan[None]) -> None:
    ErrGroup().go(change, given, done)


async def by_timer(given: Given, done: Chan[None]) -> None:
    after_func(0.001, change, given, done)


async def by_send_to_one_who_waits(given: Given, done: Chan[None]) -> None:
    ch = Chan[Given]()
    go(take_and_change, ch, done)
    await gosched()
    await ch.send(given)


async def by_send_that_waits(given: Given, done: Chan[None]) -> None:
    ch = Chan[Given]()
    go(take_and_change, ch, done)
    await ch.send(given)


async def by_buffer(given: Given, done: Chan[None]) -> None:
    ch = Chan[Given](1)
    await ch.send(given)
    go(take_and_change, ch, done)


async def by_select_of_one(given: Given, done: Chan[None]) -> None:
    ch = Chan[Given]()
    go(take_and_change, ch, done)
    await select(ch.send(given))


async def by_select_that_is_ready(given: Given, done: Chan[None]) -> None:
    ch = Chan[Given](1)
    go(take_and_change, ch, done)
    await select(ch.send(given), default)


async def by_select_that_waits(given: Given, done: Chan[None]) -> None:
    ch = Chan[Given]()
    go(take_and_change, ch, done)
    await select(ch.send(given), Chan[None]().recv())


WAYS = [value for name, value in globals().items() if name.startswith("by_")]


async def give(way: Callable[[Given, Chan[None]], Awaitable[None]]) -> Given:
    given: Given = []
    done = Chan[None]()
    await way(given, done)
    await done.recv()
    return given


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_given_is_a_copy_in_a_race_and_else_the_thing_itself(way: object) -> None:
    assert raced(give, way) == []
    assert FakeShell().run(give, way) == ["changed"]


def test_what_is_one_object_in_what_a_goroutine_is_given_stays_one() -> None:
    async def main() -> list[bool]:
        log, xs = Chan[bool](4), ["x"]

        async def closure(ys: Given, zs: Given) -> None:
            for same in (ys is zs, ys is xs, ys == ["x"]):
                await log.send(same)

        go(closure, xs, xs)
        return [await log.recv() for _ in range(3)]

    assert raced(main) == [True, True, True]


def test_channels_and_what_has_a_name_stay_themselves() -> None:
    async def main() -> list[bool]:
        c, d = Chan[object](8), Chan[None](3)
        values = (c, d, nil, default, change, Chan, WaitGroup())
        for value in values:
            await c.send(value)
        await c.send([d, d])
        got = [await c.recv() for _ in values]
        return [a is b for a, b in zip(values, got, strict=True)] + [await c.recv() == [d, d]]

    assert raced(main) == [True] * 8


def test_what_nobody_can_change_is_not_copied() -> None:
    text = "a text that is not interned"
    assert sent(racing(lambda _: "a copy"), text) is text
    assert sent(racing(lambda _: "a copy"), [text]) == "a copy"  # type: ignore[comparison-overlap]
    assert sent(Program(ProgramId(1)), [text]) == [text]


def racing(copy: Callable[[object], object]) -> Program:
    program = Program(ProgramId(1))
    program.race = copy
    return program


def test_a_send_of_what_has_no_copy_is_refused_and_nothing_has_happened() -> None:
    async def main() -> tuple[int, int]:
        c = Chan[object](1)
        operations = (
            lambda: c.send(threading.Lock()),
            lambda: select(c.send(threading.Lock())),
            lambda: select(c.send(threading.Lock()), default),
        )
        for operation in operations:
            with pytest.raises(CannotShipError, match=r"cannot pickle '_thread\.lock' object"):
                await operation()
        empty = len(c)
        await c.send(1)
        selected = await select(nil.send(threading.Lock()), default)
        return empty, selected.index

    assert raced(main) == (0, 1)


def test_a_goroutine_whose_arguments_have_no_copy_gets_them_as_they_are() -> None:
    lock = threading.Lock()

    async def main() -> tuple[Given, Given]:
        shared: Given = []
        go(shared.append, lock)
        copied: Given = []
        go(copied.append, 1)
        await gosched()
        return shared, copied

    assert raced(main) == ([lock], [])


def test_an_error_of_a_value_that_cannot_be_read_is_its_senders() -> None:
    def broken(_: object) -> object:
        raise LookupError("it is written, and cannot be read")

    with pytest.raises(LookupError):
        begun(broken, print, ())
    with pytest.raises(LookupError):
        sent(racing(broken), [1])


def test_what_a_timer_starts_is_copied_when_it_fires() -> None:
    async def main() -> tuple[list[int], Given, list[Given]]:
        ran, given, seen = Chan[int](3), list[object](), Chan[Given](3)
        n = 0

        async def again() -> None:
            await ran.send(n)
            given.append("changed")
            await seen.send(given)
            if len(ran) < 3:
                timer.reset(0.001)

        timer = after_func(0.001, again)
        given.append("in time")
        n = 1
        return [await ran.recv() for _ in range(3)], given, [await seen.recv() for _ in range(3)]

    assert raced(main) == ([1, 1, 1], ["in time"], [["in time", "changed"]] * 3)


def test_a_function_of_a_timer_that_cannot_be_read_is_a_panic_of_its_goroutine() -> None:
    def broken(_: object) -> object:
        raise LookupError("it is written, and cannot be read")

    shell = FakeShell()
    shell.program.race = broken

    async def main() -> None:
        after_func(0.001, print)
        await sleep(1)

    with pytest.raises(LookupError, match="cannot be read"):
        shell.run(main)


def test_a_copy_is_made_when_its_send_begins() -> None:
    async def main() -> object:
        c, xs = Chan[Given](1), list[object]()
        operation = c.send(xs)
        xs.append("in time")
        await operation
        xs.append("late")
        return await c.recv()

    assert raced(main) == ["in time"]


def test_the_channels_of_a_race_are_of_a_type_of_their_own_and_all_else_is_as_ever() -> None:
    class Special(Chan[int]):
        __slots__ = ()

    async def main() -> tuple[type, type, str, str]:
        c = Chan[int](1)
        assert isinstance(c, Chan)
        return type(c), type(Special()), KIND_OF[type(c)], repr(c)

    assert raced(main) == (RacingChan, Special, "chan", "<Chan cap=1, 0 buffered>")
    assert FakeShell().run(main) == (Chan, Special, "chan", "<Chan cap=1, 0 buffered>")


def test_a_send_of_a_race_panics_parks_and_is_used_once_like_any_other() -> None:
    async def main() -> None:
        c = Chan[Given](1)
        operation = c.send([])
        await operation
        with pytest.raises(BadCaseError, match="is a send that was used before"):
            await select(operation, default)
        c.close()
        with pytest.raises(SendOnClosedError):
            await c.send([])
        await Chan[Given]().send([])

    shell = FakeShell()
    shell.program.race = Pickling("__main__", Kept()).copy
    g = shell.start(main)
    with pytest.raises(AsleepError):
        shell.finish()
    assert g.wait_reason is CHAN_SEND
