"""Who runs next, on one P: programs of `orders.go`, in Python, print what Go 1.19 printed for them there."""

from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.sched import go, gosched, sleep
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import Panic
from tests.fakes import FakeShell


class Orders:
    """The words that a program says, and the tools that orders.go has, too."""

    def __init__(self, shell: FakeShell) -> None:
        self.shell = shell
        self.words: list[str] = []
        self._done: Chan[bool]

    def say(self, word: object, *numbers: int) -> None:
        self.words.append(f"{word}{''.join(map(str, numbers))}")

    async def wait(self, n: int) -> None:
        for _ in range(n):
            await self._done.recv()

    def each(self, n: int, f: Callable[[int], Awaitable[None]]) -> None:
        """Start `n` goroutines."""
        for i in range(n):
            go(self._one, f, i)

    async def parked(self, n: int, f: Callable[[int], Awaitable[None]]) -> None:
        """Start `n` goroutines; each runs, and so parks, before the next is started."""
        for i in range(n):
            go(self._one, f, i)
            await gosched()

    async def _one(self, f: Callable[[int], Awaitable[None]], i: int) -> None:
        await f(i)
        await self._done.send(True)

    async def main(self, program: Callable[["Orders"], Awaitable[None]]) -> None:
        self._done = Chan(1000)
        await program(self)


async def spawn(o: Orders) -> None:
    async def one(i: int) -> None:
        o.say(i)

    o.each(5, one)
    await o.wait(5)


async def spawn_then_gosched(o: Orders) -> None:
    async def one(i: int) -> None:
        o.say(i)

    o.each(3, one)
    await gosched()
    o.say("main")


async def children(o: Orders) -> None:
    async def parent(i: int) -> None:
        async def child(_: int) -> None:
            o.say("xy"[i] + "'")

        o.say("xy"[i])
        o.each(1, child)
        o.say("xy"[i] + ".")

    o.each(2, parent)
    await o.wait(4)


async def chain(o: Orders) -> None:
    n, stop = 0, False

    async def link() -> None:
        nonlocal n
        n += 1
        if n < 1000 and not stop:
            go(link)

    async def other(_: int) -> None:
        nonlocal stop
        o.say("others ran after ", n)
        stop = True

    o.each(1, other)
    go(link)
    await o.wait(1)


async def goscheds(o: Orders) -> None:
    async def one(i: int) -> None:
        for k in range(3):
            o.say("", i, k)
            await gosched()

    o.each(3, one)
    await o.wait(3)


async def send_to_parked(o: Orders) -> None:
    c = Chan[int]()

    async def receiver(i: int) -> None:
        await c.recv()
        o.say(i)

    await o.parked(5, receiver)
    for i in range(5):
        await c.send(i)
    o.say("main")
    await o.wait(5)


async def receive_from_parked(o: Orders) -> None:
    c = Chan[int]()

    async def sender(i: int) -> None:
        await c.send(i)
        o.say("sent", i)

    await o.parked(3, sender)
    for _ in range(3):
        o.say("got", await c.recv())
    await o.wait(3)


async def close_receivers(o: Orders) -> None:
    c = Chan[int]()

    async def receiver(i: int) -> None:
        await c.recv()
        o.say(i)

    await o.parked(5, receiver)
    c.close()
    o.say("main")
    await o.wait(5)


async def close_senders(o: Orders) -> None:
    c = Chan[int]()

    async def sender(i: int) -> None:
        try:
            await c.send(i)
        except Panic as panic:
            o.say(f"{i} {panic}")

    await o.parked(3, sender)
    c.close()
    o.say("main")
    await o.wait(3)


async def wait_group(o: Orders) -> None:
    wg = WaitGroup()
    wg.add(1)

    async def waiter(i: int) -> None:
        await wg.wait()
        o.say(i)

    await o.parked(5, waiter)
    wg.done()
    o.say("main")
    await o.wait(5)


async def displaced(o: Orders) -> None:
    c = Chan[int]()

    async def receiver(_: int) -> None:
        await c.recv()
        o.say("receiver")

    async def one(i: int) -> None:
        o.say(i)

    await o.parked(1, receiver)
    o.each(2, one)
    await c.send(1)
    o.say("main")
    await o.wait(3)


async def pair_and_third(o: Orders) -> None:
    a, b = Chan[int](), Chan[int]()

    async def pong(_: int) -> None:
        for _ in range(3):
            await a.recv()
            o.say("pong")
            await b.send(0)

    async def ping(_: int) -> None:
        for _ in range(3):
            await a.send(0)
            o.say("ping")
            await b.recv()

    async def third(_: int) -> None:
        o.say("third")

    for f in (pong, ping, third):
        o.each(1, f)
    await o.wait(3)


async def sleeps(o: Orders) -> None:
    async def sleeper(i: int) -> None:
        await sleep((i + 1) / 1000)
        o.say(i + 1)

    o.each(4, sleeper)
    await gosched()
    o.shell.clock.advance(8_000_000)
    await o.wait(4)


async def sleep_0(o: Orders) -> None:
    async def other(_: int) -> None:
        o.say("other")

    o.each(1, other)
    await sleep(0)
    await sleep(-5)
    o.say("main")
    await o.wait(1)


async def bypass(o: Orders) -> None:
    c = Chan[int](2)

    async def receiver(_: int) -> None:
        o.say("got", await c.recv())

    await o.parked(1, receiver)
    for i in range(7, 10):
        await c.send(i)
        o.say("len", len(c))
    await o.wait(1)


async def head_out_tail_in(o: Orders) -> None:
    c = Chan[int](2)
    await c.send(0)
    await c.send(1)

    async def sender(i: int) -> None:
        await c.send(i + 2)
        o.say("sent", i + 2)

    await o.parked(2, sender)
    for _ in range(4):
        o.say("got", await c.recv())
        o.say("len", len(c))
    await o.wait(2)


async def ranges(o: Orders) -> None:
    c = Chan[int]()

    async def receiver(_: int) -> None:
        async for v in c:
            o.say(v)
        o.say("closed")

    o.each(1, receiver)
    for i in range(3):
        await c.send(i)
        o.say("sent", i)
    c.close()
    o.say("main")
    await o.wait(1)


async def producer(o: Orders) -> None:
    c = Chan[int](2)

    async def produce(_: int) -> None:
        for i in range(5):
            await c.send(i)
            o.say("sent", i)
        c.close()

    o.each(1, produce)
    async for v in c:
        o.say(v)
    await o.wait(1)


async def drained(o: Orders) -> None:
    c = Chan[int](2, zero=0)
    await c.send(1)
    await c.send(2)
    c.close()
    async for v in c:
        o.say(v)
    v, ok = await c.recv_ok()
    o.say(f"{v} {str(ok).lower()} {len(c)} {c.cap}")


async def reused_wait_group(o: Orders) -> None:
    wg = WaitGroup()
    wg.add(1)

    async def waiter(_: int) -> None:
        try:
            await wg.wait()
        except Panic as panic:
            o.say(panic)

    await o.parked(1, waiter)
    wg.done()
    wg.add(1)
    await o.wait(1)


async def negative_wait_group(o: Orders) -> None:
    wg = WaitGroup()
    try:
        wg.add(-1)
    except Panic as panic:
        o.say(panic)
    wg.add(1)
    await wg.wait()
    o.say("main")


GO_PRINTED = [
    (spawn, "4 0 1 2 3"),
    (spawn_then_gosched, "2 0 1 main"),
    (children, "y y. x x. y' x'"),
    (chain, "others ran after 1000"),
    (goscheds, "20 00 10 21 01 11 22 02 12"),
    (send_to_parked, "main 4 0 1 2 3"),
    (receive_from_parked, "got0 got1 got2 sent2 sent0 sent1"),
    (close_receivers, "main 0 4 3 2 1"),
    (close_senders, "main 0 send on closed channel 2 send on closed channel 1 send on closed channel"),
    (wait_group, "main 4 0 1 2 3"),
    (displaced, "main receiver 0 1"),
    (pair_and_third, "third ping pong ping pong ping pong"),
    (sleeps, "4 1 2 3"),
    (sleep_0, "main other"),
    (bypass, "len0 len1 len2 got7"),
    (head_out_tail_in, "got0 len2 got1 len2 got2 len1 got3 len0 sent3 sent2"),
    (ranges, "0 sent0 sent1 1 2 sent2 main closed"),
    (producer, "sent0 sent1 sent2 0 1 2 3 sent3 sent4 4"),
    (drained, "1 2 0 false 0 2"),
    (reused_wait_group, "sync: WaitGroup is reused before previous Wait has returned"),
    (negative_wait_group, "sync: negative WaitGroup counter main"),
]


@pytest.mark.parametrize("budget", [1, 2, 7, 64])
@pytest.mark.parametrize(("program", "printed"), GO_PRINTED, ids=[program.__name__ for program, _ in GO_PRINTED])
def test_the_order_is_what_go_printed_however_often_the_shell_looks_at_the_clock(
    program: Callable[[Orders], Awaitable[None]], printed: str, budget: int
) -> None:
    shell = FakeShell(budget=budget, tick=5)
    orders = Orders(shell)
    shell.run(orders.main, program)
    assert " ".join(orders.words) == printed


GO_RAN = {
    258: "257-257 128-164 0-0 165-224 1-1 225-255 2-127 256-256",
    300: "299-299 128-164 0-0 165-224 1-1 225-255 257-285 2-2 286-298 3-127 256-256",
    600: "599-599 386-422 0-0 423-482 1-1 483-513 515-543 2-2 544-598 3-7 130-130 8-67 131-131 68-127 132-132 256-256 "
    "128-129 133-189 261-261 190-249 262-262 250-255 385-385 257-260 263-384 514-514",
    1000: "999-999 773-809 0-0 810-869 1-1 870-900 902-930 2-2 931-990 3-3 991-998 4-55 131-131 56-115 132-132 116-127 "
    "256-256 128-130 133-176 261-261 177-236 262-262 237-255 385-385 257-260 263-298 391-391 299-358 392-392 359-384 "
    "514-514 386-390 393-420 521-521 421-480 522-522 481-513 643-643 515-520 523-542 651-651 543-602 652-652 603-642 "
    "772-772 644-650 653-771 901-901",
}


@pytest.mark.parametrize("n", GO_RAN)
def test_a_ring_that_overflows_and_every_61st_tick_give_the_order_in_which_go_ran_them(n: int) -> None:
    """Ids of goroutines, as runs of consecutive ones: runnext, ring, overflow, batches of globrunq, tick 61."""
    ran: list[int] = []

    async def main() -> None:
        done = Chan[bool]()

        async def one(i: int) -> None:
            ran.append(i)
            if len(ran) == n:
                await done.send(True)

        for i in range(n):
            go(one, i)
        await done.recv()

    FakeShell(tick=24).run(main)
    breaks = [0, *(i for i in range(1, n) if ran[i] != ran[i - 1] + 1), n]
    runs = [f"{ran[start]}-{ran[end - 1]}" for start, end in pairwise(breaks)]
    assert " ".join(runs) == GO_RAN[n]
