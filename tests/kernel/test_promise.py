"""Goroutines whose results other goroutines wait for."""

import pytest

from cluster.kernel.g import G
from cluster.kernel.goexit import goexit
from cluster.kernel.promise import Promise, submit
from cluster.kernel.sched import go, gosched, here
from cluster.model.errors import ClusterError, Panic
from tests.fakes import FakeShell, Loopback, run


async def fib(n: int) -> int:
    if n < 2:
        return n
    a, b = submit(fib, n - 1), submit(fib, n - 2)
    return int(await a + await b)


def test_awaiting_gives_what_a_plain_or_an_async_function_returns() -> None:
    async def main() -> tuple[object, ...]:
        return await submit(pow, 2, 5), await submit(dict, a=1), await submit(fib, 2)

    assert run(main) == (32, {"a": 1}, 1)


def test_nested_fork_and_join_comes_to_its_end() -> None:
    assert run(fib, 12) == 144


def test_a_promise_may_be_awaited_often_and_by_many() -> None:
    async def main() -> list[object]:
        log = list[object]()
        promise = submit(fib, 5)

        async def waits() -> None:
            log.append(await promise)

        for _ in range(3):
            go(waits)
        log.append(await promise)
        log.append(await promise)
        await gosched()
        return log

    assert run(main) == [5] * 5


def test_what_the_function_raises_is_raised_by_each_await_and_by_nothing_else() -> None:
    async def main() -> None:
        promise = submit(divmod, 1, 0)
        submit(divmod, 1, 0)  # nobody asks
        await gosched()
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await promise

    run(main)


def test_a_panic_ends_the_program() -> None:
    def panics() -> None:
        raise Panic("no")

    async def main() -> None:
        await submit(panics)

    with pytest.raises(Panic):
        run(main)


def test_who_awaits_one_that_ended_itself_has_an_error() -> None:
    async def main() -> None:
        with pytest.raises(ClusterError, match="the goroutine that was to keep this promise has ended itself"):
            await submit(goexit)

    run(main)


class HeldError(Exception):
    """Cannot be made anew."""

    def __init__(self, place: str, number: int) -> None:
        super().__init__(f"{number} at {place}")


def test_a_promise_that_is_kept_on_another_m_is_the_same() -> None:
    there = Loopback()

    def holds() -> None:
        raise HeldError("home", 3)

    async def main() -> None:
        here_kept, kept = submit(pow, 2, 3), submit(holds)
        await gosched()
        for promise in (here_kept, kept):
            promise._kept = there.handle(promise._kept)  # type: ignore[misc]  # as it would be read elsewhere
        assert await here_kept == 8
        with pytest.raises(HeldError):
            await kept

    FakeShell(far=there).run(main)


def test_the_newest_begins_first_and_goroutines_are_ordinary_ones() -> None:
    async def main() -> list[object]:
        log = list[object]()
        promises = [submit(log.append, i) for i in range(3)]
        assert all(isinstance(promise, Promise) for promise in promises)
        gs = here("main").cur
        assert isinstance(gs, G)
        await promises[0]
        await promises[1]
        return log

    assert run(main) == [2, 0, 1]
