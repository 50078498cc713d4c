"""The semaphore under the locks."""

from collections.abc import Callable, Generator
from typing import Any

from cluster.kernel.g import SEMACQUIRE, G
from cluster.kernel.handles import caller
from cluster.kernel.parks import parks
from cluster.kernel.sched import go, gosched, here
from cluster.kernel.sema import TICKET, Sema
from tests.fakes import StandIn, run


@parks
def acquire(sema: Sema, front: bool = False) -> Generator[Any, Any, None]:
    yield from sema.acquire(caller(here("acquire"), "acquire"), front)


def in_a_goroutine(test: Callable[[Sema, list[str]], Any]) -> list[str]:
    log = list[str]()

    async def main() -> None:
        await test(Sema(here("main")), log)

    run(main)
    return log


async def waiter(sema: Sema, log: list[str], name: str, front: bool = False) -> None:
    await acquire(sema, front)
    log.append(name)


def test_who_finds_a_count_does_not_park() -> None:
    async def test(sema: Sema, log: list[str]) -> None:
        go(log.append, "other")
        assert not sema.release() and not sema.release()
        await acquire(sema)
        await acquire(sema)
        log.append("main")

    assert in_a_goroutine(test) == ["main"]


def test_waiters_are_fifo_and_those_at_the_front_lifo() -> None:
    async def test(sema: Sema, log: list[str]) -> None:
        for name, front in (("a", False), ("b", False), ("c", True), ("d", True)):
            go(waiter, sema, log, name, front)
            await gosched()
        for _ in range(4):
            sema.release()
            await gosched()

    assert in_a_goroutine(test) == ["d", "c", "a", "b"]


def test_the_woken_waiter_competes_and_the_loser_queues_again_where_it_asked_for() -> None:
    async def test(sema: Sema, log: list[str]) -> None:
        for name in "ab":
            go(waiter, sema, log, name)
            await gosched()
        sema.release()  # a is on its way
        await acquire(sema)  # and finds nothing
        await gosched()
        sema.release()
        await gosched()
        log.append("main")
        sema.release()
        await gosched()

    assert in_a_goroutine(test) == ["b", "main", "a"]


def test_a_handed_count_cannot_be_taken_by_others_and_the_releaser_is_told_to_yield() -> None:
    async def test(sema: Sema, log: list[str]) -> None:
        go(waiter, sema, log, "a")
        await gosched()
        assert sema.release(hand_off=True)
        go(waiter, sema, log, "b")
        await gosched()
        assert log == ["a"]
        sema.release()

    in_a_goroutine(test)


def test_nobody_yields_to_a_waiter_of_another_m_nor_to_none() -> None:
    async def test(sema: Sema, _: list[str]) -> None:
        away = StandIn()
        steps = sema.acquire(away)
        assert next(steps) is SEMACQUIRE
        assert not sema.release(hand_off=True)
        assert away.woken == [TICKET] and repr(TICKET) == "TICKET"
        assert not sema.release(hand_off=True)
        assert not isinstance(away, G)

    in_a_goroutine(test)
